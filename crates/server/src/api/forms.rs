//! Filling in instead of uploading: web forms and workbooks to fill; and who has to be urged.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Body, Call, Params, PathOf};
use super::desk::Answer;
use super::dto::*;
use super::table::Reply;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_form, submit_form))
        .routes(routes!(check_form))
        .routes(routes!(get_dataset_workbook))
        .routes(routes!(list_urging))
}

/// A dataset as a form (网上填报) for an institution and month, with what is there already.
#[utoipa::path(get, path = "/datasets/{id}/form", tag = "datasets",
    params(("id" = String, Path, description = "Dataset's id"), FormQuery),
    responses((status = 200, body = DatasetForm), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn get_form(
    call: Call,
    PathOf(id): PathOf<String>,
    Params(query): Params<FormQuery>,
) -> Answer<Json<DatasetForm>> {
    call.json(move |desk, scope| desk.form(scope, &id, &query)).await
}

/// Sends a filled form in. It becomes an official file and goes the way of every file; `409` lists
/// the rows that would disappear, to be confirmed.
#[utoipa::path(post, path = "/datasets/{id}/form", tag = "datasets",
    params(("id" = String, Path, description = "Dataset's id")), request_body = FilledForm,
    responses((status = 200, body = Outcome), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn submit_form(call: Call, PathOf(id): PathOf<String>, Body(form): Body<FilledForm>) -> Answer<Json<Outcome>> {
    call.json(move |desk, scope| desk.submit_form(scope, &id, form)).await
}

/// Tries a filled form (预检).
#[utoipa::path(post, path = "/datasets/{id}/form/check", tag = "datasets",
    params(("id" = String, Path, description = "Dataset's id")), request_body = FilledForm,
    responses((status = 200, body = Outcome), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn check_form(call: Call, PathOf(id): PathOf<String>, Body(form): Body<FilledForm>) -> Answer<Json<Outcome>> {
    call.json(move |desk, scope| desk.check_form(scope, &id, form)).await
}

/// A workbook to fill in: codes, names, choices, and a sheet that explains every field and check.
#[utoipa::path(get, path = "/datasets/{id}/template.xlsx", tag = "datasets",
    params(("id" = String, Path, description = "Dataset's id"), TemplateQuery),
    responses((status = 200, description = "The file", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 404, body = Problem)))]
async fn get_dataset_workbook(
    call: Call,
    PathOf(id): PathOf<String>,
    Params(query): Params<TemplateQuery>,
) -> Answer<Response> {
    call.reply(move |desk, scope| desk.dataset_workbook(scope, &id, &query).map(Reply::File)).await
}

/// Who has not reported a month or was returned: whom to call, and the notice to send (催报).
#[utoipa::path(get, path = "/urging", tag = "institutions", params(UrgingQuery, TableQuery),
    responses((status = 200, body = Page<UrgingRow>), (status = 400, body = Problem)))]
async fn list_urging(
    call: Call,
    Params(query): Params<UrgingQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("催报清单", table, move |desk, scope| desk.urging(scope, &query)).await
}

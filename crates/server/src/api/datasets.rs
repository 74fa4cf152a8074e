//! Datasets: fields, checks, an empty file to fill.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Call, Params, PathOf};
use super::desk::Answer;
use super::dto::*;
use super::table::Reply;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_datasets))
        .routes(routes!(get_dataset))
        .routes(routes!(list_dataset_fields))
        .routes(routes!(list_dataset_checks))
        .routes(routes!(get_dataset_template))
}

/// Every dataset.
#[utoipa::path(get, path = "/datasets", tag = "datasets", params(TableQuery),
    responses((status = 200, body = Page<DatasetRow>), (status = 400, body = Problem)))]
async fn list_datasets(call: Call, Params(table): Params<TableQuery>) -> Answer<Response> {
    call.list("数据集", table, |desk, scope| desk.datasets(scope)).await
}

/// One dataset.
#[utoipa::path(get, path = "/datasets/{id}", tag = "datasets", params(("id" = String, Path, description = "Dataset's id")),
    responses((status = 200, body = Dataset), (status = 404, body = Problem)))]
async fn get_dataset(call: Call, PathOf(id): PathOf<String>) -> Answer<Json<Dataset>> {
    call.json(move |desk, scope| desk.dataset(scope, &id)).await
}

/// Its fields, as a table.
#[utoipa::path(get, path = "/datasets/{id}/fields", tag = "datasets",
    params(("id" = String, Path, description = "Dataset's id"), TableQuery),
    responses((status = 200, body = Page<DatasetField>), (status = 404, body = Problem)))]
async fn list_dataset_fields(
    call: Call,
    PathOf(id): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("数据项", table, move |desk, scope| Ok(desk.dataset(scope, &id)?.fields)).await
}

/// Its checks, as a table.
#[utoipa::path(get, path = "/datasets/{id}/checks", tag = "datasets",
    params(("id" = String, Path, description = "Dataset's id"), TableQuery),
    responses((status = 200, body = Page<CheckDefinition>), (status = 404, body = Problem)))]
async fn list_dataset_checks(
    call: Call,
    PathOf(id): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("校验规则", table, move |desk, scope| Ok(desk.dataset(scope, &id)?.checks)).await
}

/// A file with the official headers and no rows.
#[utoipa::path(get, path = "/datasets/{id}/template.csv", tag = "datasets",
    params(("id" = String, Path, description = "Dataset's id")),
    responses((status = 200, description = "The file", content_type = "text/csv"), (status = 404, body = Problem)))]
async fn get_dataset_template(call: Call, PathOf(id): PathOf<String>) -> Answer<Response> {
    call.reply(move |desk, scope| desk.dataset_template(scope, &id).map(Reply::File)).await
}

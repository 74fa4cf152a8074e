//! Institutions of the register.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Call, Params, PathOf};
use super::desk::Answer;
use super::dto::*;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_institutions))
        .routes(routes!(get_institution))
        .routes(routes!(list_institution_versions))
        .routes(routes!(list_licence_parts))
}

/// Every institution in scope.
#[utoipa::path(get, path = "/institutions", tag = "institutions", params(TableQuery),
    responses((status = 200, body = Page<InstitutionRow>), (status = 400, body = Problem)))]
async fn list_institutions(call: Call, Params(table): Params<TableQuery>) -> Answer<Response> {
    call.list("医疗机构", table, |desk, scope| desk.institutions(scope)).await
}

/// One institution: dated attributes, licence, reporting.
#[utoipa::path(get, path = "/institutions/{code}", tag = "institutions",
    params(("code" = String, Path, description = "Licence number (登记号)")),
    responses((status = 200, body = Institution), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_institution(call: Call, PathOf(code): PathOf<String>) -> Answer<Json<Institution>> {
    call.json(move |desk, scope| desk.institution(scope, &code)).await
}

/// Its dated attributes, as a table.
#[utoipa::path(get, path = "/institutions/{code}/versions", tag = "institutions",
    params(("code" = String, Path, description = "Licence number (登记号)"), TableQuery),
    responses((status = 200, body = Page<InstitutionVersion>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_institution_versions(
    call: Call,
    PathOf(code): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("登记变更", table, move |desk, scope| Ok(desk.institution(scope, &code)?.versions)).await
}

/// What the pieces of its licence number mean, as a table.
#[utoipa::path(get, path = "/institutions/{code}/licence", tag = "institutions",
    params(("code" = String, Path, description = "Licence number (登记号)"), TableQuery),
    responses((status = 200, body = Page<LicencePart>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_licence_parts(
    call: Call,
    PathOf(code): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("登记号的含义", table, move |desk, scope| Ok(desk.institution(scope, &code)?.licence)).await
}

//! Definitions: the index, and each as its reference page.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Call, Params, PathOf};
use super::desk::Answer;
use super::dto::*;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_definitions)).routes(routes!(get_definition)).routes(routes!(list_definition_changes))
}

/// Every definition, and the national indicators that are not computed under their own ids.
#[utoipa::path(get, path = "/definitions", tag = "definitions", params(DefinitionsQuery, TableQuery),
    responses((status = 200, body = Page<DefinitionRow>), (status = 400, body = Problem)))]
async fn list_definitions(
    call: Call,
    Params(query): Params<DefinitionsQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("口径库", table, move |desk, scope| desk.definitions(scope, &query)).await
}

/// One definition as a page: head, sections, tables, formulas, its test cases as examples.
#[utoipa::path(get, path = "/definitions/{kind}/{id}", tag = "definitions",
    params(("kind" = DefinitionKind, Path, description = "Kind"), ("id" = String, Path, description = "Definition's id")),
    responses((status = 200, body = DefinitionPage), (status = 404, body = Problem)))]
async fn get_definition(call: Call, PathOf((kind, id)): PathOf<(DefinitionKind, String)>) -> Answer<Json<DefinitionPage>> {
    call.json(move |desk, scope| desk.definition(scope, &DefinitionRef { kind, id })).await
}

/// What the versions of the packs changed, newest first.
#[utoipa::path(get, path = "/definition-changes", tag = "definitions", params(TableQuery),
    responses((status = 200, body = Page<DefinitionChange>), (status = 400, body = Problem)))]
async fn list_definition_changes(call: Call, Params(table): Params<TableQuery>) -> Answer<Response> {
    call.list("口径变更记录", table, move |desk, scope| desk.definition_changes(scope)).await
}

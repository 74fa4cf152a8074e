//! The first page, what the service holds, and reporting by month.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Call, Params};
use super::desk::Answer;
use super::dto::*;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_meta))
        .routes(routes!(get_overview))
        .routes(routes!(list_attention))
        .routes(routes!(list_quality))
        .routes(routes!(list_trend))
        .routes(routes!(list_reporting))
}

/// What this service holds.
#[utoipa::path(get, path = "/meta", tag = "overview", responses((status = 200, body = Meta)))]
async fn get_meta(call: Call) -> Answer<Json<Meta>> {
    call.json(|desk, scope| desk.meta(scope)).await
}

/// The first page.
#[utoipa::path(get, path = "/overview", tag = "overview", params(PeriodQuery),
    responses((status = 200, body = Overview), (status = 400, body = Problem)))]
async fn get_overview(call: Call, Params(query): Params<PeriodQuery>) -> Answer<Json<Overview>> {
    call.json(move |desk, scope| desk.overview(scope, &query)).await
}

/// What needs attention, as a table.
#[utoipa::path(get, path = "/attention", tag = "overview", params(PeriodQuery, TableQuery),
    responses((status = 200, body = Page<Attention>), (status = 400, body = Problem)))]
async fn list_attention(
    call: Call,
    Params(query): Params<PeriodQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("需要关注的事项", table, move |desk, scope| Ok(desk.overview(scope, &query)?.attention)).await
}

/// How clean each institution's rows are, as a table.
#[utoipa::path(get, path = "/quality", tag = "overview", params(PeriodQuery, TableQuery),
    responses((status = 200, body = Page<InstitutionQuality>), (status = 400, body = Problem)))]
async fn list_quality(
    call: Call,
    Params(query): Params<PeriodQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("数据质量", table, move |desk, scope| Ok(desk.overview(scope, &query)?.quality.institutions)).await
}

/// Discharges of the region by month, as a table.
#[utoipa::path(get, path = "/trend", tag = "overview", params(PeriodQuery, TableQuery),
    responses((status = 200, body = Page<TrendPoint>), (status = 400, body = Problem)))]
async fn list_trend(
    call: Call,
    Params(query): Params<PeriodQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("出院人次", table, move |desk, scope| Ok(desk.overview(scope, &query)?.trend)).await
}

/// Who has reported a month, when and how clean.
#[utoipa::path(get, path = "/reporting", tag = "overview", params(ReportingQuery, TableQuery),
    responses((status = 200, body = Page<ReportingRow>), (status = 400, body = Problem)))]
async fn list_reporting(
    call: Call,
    Params(query): Params<ReportingQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("报送情况", table, move |desk, scope| desk.reporting(scope, &query)).await
}

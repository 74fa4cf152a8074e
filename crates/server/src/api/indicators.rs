//! Indicators: definitions, figures, series, and where a value comes from.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Call, Params, PathOf};
use super::columns::explain_columns;
use super::desk::Answer;
use super::dto::*;
use super::table::{self, Title};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_indicators))
        .routes(routes!(get_indicator))
        .routes(routes!(list_figures))
        .routes(routes!(list_values))
        .routes(routes!(explain_value))
        .routes(routes!(list_explain_parts))
        .routes(routes!(list_explain_files))
        .routes(routes!(list_explain_rows))
}

/// Every indicator.
#[utoipa::path(get, path = "/indicators", tag = "indicators", params(TableQuery),
    responses((status = 200, body = Page<IndicatorRow>), (status = 400, body = Problem)))]
async fn list_indicators(call: Call, Params(table): Params<TableQuery>) -> Answer<Response> {
    call.list("指标目录", table, |desk, scope| desk.indicators(scope)).await
}

/// One indicator.
#[utoipa::path(get, path = "/indicators/{id}", tag = "indicators", params(("id" = String, Path, description = "Indicator's id")),
    responses((status = 200, body = Indicator), (status = 404, body = Problem)))]
async fn get_indicator(call: Call, PathOf(id): PathOf<String>) -> Answer<Json<Indicator>> {
    call.json(move |desk, scope| desk.indicator(scope, &id)).await
}

/// Values of one period with everything that they are compared with.
#[utoipa::path(get, path = "/figures", tag = "indicators", params(FiguresQuery, TableQuery),
    responses((status = 200, body = Page<Figure>), (status = 400, body = Problem)))]
async fn list_figures(
    call: Call,
    Params(query): Params<FiguresQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    let name = format!("指标值{}", query.period.as_deref().unwrap_or_default());
    call.list(name, table, move |desk, scope| desk.figures(scope, &query)).await
}

/// Values over time.
#[utoipa::path(get, path = "/values", tag = "indicators", params(ValuesQuery, TableQuery),
    responses((status = 200, body = Page<ValueRow>), (status = 400, body = Problem)))]
async fn list_values(
    call: Call,
    Params(query): Params<ValuesQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("指标趋势", table, move |desk, scope| desk.values(scope, &query)).await
}

/// Where a value comes from: sums, months, files, definition.
#[utoipa::path(get, path = "/explain/{indicator}", tag = "indicators",
    params(("indicator" = String, Path, description = "Indicator's id"), ExplainQuery),
    responses((status = 200, body = Explanation), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn explain_value(
    call: Call,
    PathOf(indicator): PathOf<String>,
    Params(query): Params<ExplainQuery>,
) -> Answer<Json<Explanation>> {
    call.json(move |desk, scope| desk.explain(scope, &indicator, &query)).await
}

/// The sums that a value is read from.
#[utoipa::path(get, path = "/explain/{indicator}/parts", tag = "indicators",
    params(("indicator" = String, Path, description = "Indicator's id"), ExplainQuery, TableQuery),
    responses((status = 200, body = Page<ExplainPart>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_explain_parts(
    call: Call,
    PathOf(indicator): PathOf<String>,
    Params(query): Params<ExplainQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    let name = format!("{indicator}各项合计");
    call.list(name, table, move |desk, scope| Ok(desk.explain(scope, &indicator, &query)?.parts)).await
}

/// The files that a value rests on.
#[utoipa::path(get, path = "/explain/{indicator}/files", tag = "indicators",
    params(("indicator" = String, Path, description = "Indicator's id"), ExplainQuery, TableQuery),
    responses((status = 200, body = Page<SourceFile>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_explain_files(
    call: Call,
    PathOf(indicator): PathOf<String>,
    Params(query): Params<ExplainQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    let name = format!("{indicator}来源文件");
    call.list(name, table, move |desk, scope| Ok(desk.explain(scope, &indicator, &query)?.files)).await
}

/// The rows behind a value. Takes no `filter` and no `search`.
#[utoipa::path(get, path = "/explain/{indicator}/rows", tag = "indicators",
    params(("indicator" = String, Path, description = "Indicator's id"), ExplainRowsQuery, TableQuery),
    responses((status = 200, body = ExplainRows), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_explain_rows(
    call: Call,
    PathOf(indicator): PathOf<String>,
    Params(query): Params<ExplainRowsQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    let origin = call.origin();
    call.reply(move |desk, scope| {
        let window = table::first_window(&table)?;
        let (columns, first) = desk.explain_rows(scope, &indicator, &query, &window)?;
        if table::is_export(&table) {
            let name = format!("{indicator}明细记录");
            let title = Title { name: &name, origin: &origin };
            return table::export_stretches(&title, &table, explain_columns(&columns), window, first, |window| {
                desk.explain_rows(scope, &indicator, &query, window).map(|(_, rows)| rows)
            });
        }
        let (page, size) = table::page_and_size(&table)?;
        table::json(&ExplainRows { columns, total: first.total, page, size, rows: first.rows })
    })
    .await
}

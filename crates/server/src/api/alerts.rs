//! Alerts and the rules by which they are found.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Body, Call, Params, PathOf};
use super::desk::Answer;
use super::dto::*;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_alerts))
        .routes(routes!(get_alert))
        .routes(routes!(list_alert_points))
        .routes(routes!(list_alert_history))
        .routes(routes!(handle_alert))
        .routes(routes!(list_alert_rules))
}

/// Alerts, newest first.
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(AlertsQuery, TableQuery),
    responses((status = 200, body = Page<AlertRow>), (status = 400, body = Problem)))]
async fn list_alerts(
    call: Call,
    Params(query): Params<AlertsQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("预警", table, move |desk, scope| desk.alerts(scope, &query)).await
}

/// One alert: series, evidence, history, what can be done now.
#[utoipa::path(get, path = "/alerts/{alert}", tag = "alerts", params(("alert" = String, Path, description = "Alert's number")),
    responses((status = 200, body = Alert), (status = 404, body = Problem)))]
async fn get_alert(call: Call, PathOf(alert): PathOf<String>) -> Answer<Json<Alert>> {
    call.json(move |desk, scope| desk.alert(scope, &alert)).await
}

/// The months of its series, as a table.
#[utoipa::path(get, path = "/alerts/{alert}/points", tag = "alerts",
    params(("alert" = String, Path, description = "Alert's number"), TableQuery),
    responses((status = 200, body = Page<AlertPoint>), (status = 404, body = Problem)))]
async fn list_alert_points(
    call: Call,
    PathOf(alert): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    let name = format!("预警{alert}数据");
    call.list(name, table, move |desk, scope| {
        Ok(desk.alert(scope, &alert)?.series.map(|series| series.points).unwrap_or_default())
    })
    .await
}

/// What was done with it, as a table.
#[utoipa::path(get, path = "/alerts/{alert}/history", tag = "alerts",
    params(("alert" = String, Path, description = "Alert's number"), TableQuery),
    responses((status = 200, body = Page<AlertStep>), (status = 404, body = Problem)))]
async fn list_alert_history(
    call: Call,
    PathOf(alert): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    let name = format!("预警{alert}办理记录");
    call.list(name, table, move |desk, scope| Ok(desk.alert(scope, &alert)?.history)).await
}

/// Acknowledges, explains, closes or reopens an alert in the caller's name.
#[utoipa::path(post, path = "/alerts/{alert}/actions", tag = "alerts",
    params(("alert" = String, Path, description = "Alert's number")), request_body = NewAlertAction,
    responses((status = 200, body = Alert), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn handle_alert(
    call: Call,
    PathOf(alert): PathOf<String>,
    Body(action): Body<NewAlertAction>,
) -> Answer<Json<Alert>> {
    call.json(move |desk, scope| desk.handle_alert(scope, &alert, action)).await
}

/// The alert rules, with how many months they could and could not judge.
#[utoipa::path(get, path = "/alert-rules", tag = "alerts", params(TableQuery),
    responses((status = 200, body = Page<AlertRuleRow>), (status = 400, body = Problem)))]
async fn list_alert_rules(call: Call, Params(table): Params<TableQuery>) -> Answer<Response> {
    call.list("预警规则", table, |desk, scope| desk.alert_rules(scope)).await
}

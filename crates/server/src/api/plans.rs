//! Work plans, the section chief's briefing, the monthly meeting.

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Body, Call, Params, PathOf};
use super::desk::{Answer, PaperForm};
use super::download;
use super::dto::*;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_briefing))
        .routes(routes!(list_plans))
        .routes(routes!(get_plan))
        .routes(routes!(list_plan_items))
        .routes(routes!(list_plan_targets))
        .routes(routes!(list_plan_reminders))
        .routes(routes!(get_plan_item))
        .routes(routes!(assign_plan_item))
        .routes(routes!(add_plan_progress))
        .routes(routes!(withdraw_plan_progress))
        .routes(routes!(get_meeting))
        .routes(routes!(get_meeting_docx))
        .routes(routes!(get_meeting_xlsx))
}

/// What the section chief must know.
#[utoipa::path(get, path = "/briefing", tag = "plans", params(PeriodQuery),
    responses((status = 200, body = Briefing), (status = 400, body = Problem), (status = 403, body = Problem)))]
async fn get_briefing(call: Call, Params(query): Params<PeriodQuery>) -> Answer<Json<Briefing>> {
    call.json(move |desk, scope| desk.briefing(scope, &query)).await
}

/// Every plan.
#[utoipa::path(get, path = "/plans", tag = "plans", params(AsOfQuery, TableQuery),
    responses((status = 200, body = Page<PlanRow>), (status = 400, body = Problem), (status = 403, body = Problem)))]
async fn list_plans(
    call: Call,
    Params(query): Params<AsOfQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("工作要点", table, move |desk, scope| desk.plans(scope, &query)).await
}

/// One plan with its lights by chapter.
#[utoipa::path(get, path = "/plans/{plan}", tag = "plans", params(("plan" = String, Path, description = "Plan's id"), AsOfQuery),
    responses((status = 200, body = Plan), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_plan(call: Call, PathOf(plan): PathOf<String>, Params(query): Params<AsOfQuery>) -> Answer<Json<Plan>> {
    call.json(move |desk, scope| desk.plan(scope, &plan, &query)).await
}

/// Its items, as a table.
#[utoipa::path(get, path = "/plans/{plan}/items", tag = "plans",
    params(("plan" = String, Path, description = "Plan's id"), AsOfQuery, TableQuery),
    responses((status = 200, body = Page<PlanItemRow>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_plan_items(
    call: Call,
    PathOf(plan): PathOf<String>,
    Params(query): Params<AsOfQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("工作要点进展", table, move |desk, scope| desk.plan_items(scope, &plan, &query)).await
}

/// Its targets, as a table.
#[utoipa::path(get, path = "/plans/{plan}/targets", tag = "plans",
    params(("plan" = String, Path, description = "Plan's id"), AsOfQuery, TableQuery),
    responses((status = 200, body = Page<PlanTargetRow>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_plan_targets(
    call: Call,
    PathOf(plan): PathOf<String>,
    Params(query): Params<AsOfQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("工作要点目标值", table, move |desk, scope| desk.plan_targets(scope, &plan, &query)).await
}

/// Reminders that are due, as a table.
#[utoipa::path(get, path = "/plans/{plan}/reminders", tag = "plans",
    params(("plan" = String, Path, description = "Plan's id"), AsOfQuery, TableQuery),
    responses((status = 200, body = Page<PlanReminder>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_plan_reminders(
    call: Call,
    PathOf(plan): PathOf<String>,
    Params(query): Params<AsOfQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("提醒与督办", table, move |desk, scope| desk.plan_reminders(scope, &plan, &query)).await
}

/// One item with everything known of it.
#[utoipa::path(get, path = "/plans/{plan}/items/{item}", tag = "plans",
    params(("plan" = String, Path, description = "Plan's id"), ("item" = String, Path, description = "Item's number"), AsOfQuery),
    responses((status = 200, body = PlanItem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_plan_item(
    call: Call,
    PathOf((plan, item)): PathOf<(String, String)>,
    Params(query): Params<AsOfQuery>,
) -> Answer<Json<PlanItem>> {
    call.json(move |desk, scope| desk.plan_item(scope, &plan, &item, &query)).await
}

/// Says who answers for an item (责任分解).
#[utoipa::path(post, path = "/plans/{plan}/items/{item}/assignments", tag = "plans",
    params(("plan" = String, Path, description = "Plan's id"), ("item" = String, Path, description = "Item's number")),
    request_body = NewPlanAssignment,
    responses((status = 200, body = PlanItem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn assign_plan_item(
    call: Call,
    PathOf((plan, item)): PathOf<(String, String)>,
    Body(new): Body<NewPlanAssignment>,
) -> Answer<Json<PlanItem>> {
    call.json(move |desk, scope| desk.assign_plan_item(scope, &plan, &item, new)).await
}

/// Enters progress, supervision, judgement or closing (进展、督办、判定、销号).
#[utoipa::path(post, path = "/plans/{plan}/items/{item}/progress", tag = "plans",
    params(("plan" = String, Path, description = "Plan's id"), ("item" = String, Path, description = "Item's number")),
    request_body = NewPlanProgress,
    responses((status = 200, body = PlanItem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn add_plan_progress(
    call: Call,
    PathOf((plan, item)): PathOf<(String, String)>,
    Body(new): Body<NewPlanProgress>,
) -> Answer<Json<PlanItem>> {
    call.json(move |desk, scope| desk.add_plan_progress(scope, &plan, &item, new)).await
}

/// Withdraws an entry; it stays visible with the reason.
#[utoipa::path(post, path = "/plans/{plan}/items/{item}/progress/{entry}/withdrawal", tag = "plans",
    params(("plan" = String, Path, description = "Plan's id"), ("item" = String, Path, description = "Item's number"),
        ("entry" = String, Path, description = "Entry's id")),
    request_body = Withdrawal,
    responses((status = 200, body = PlanItem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn withdraw_plan_progress(
    call: Call,
    PathOf((plan, item, entry)): PathOf<(String, String, String)>,
    Body(reason): Body<Withdrawal>,
) -> Answer<Json<PlanItem>> {
    call.json(move |desk, scope| desk.withdraw_plan_progress(scope, &plan, &item, &entry, reason)).await
}

/// The monthly report on the plan (月度进展报告).
#[utoipa::path(get, path = "/meeting", tag = "plans", params(MeetingQuery),
    responses((status = 200, body = Meeting), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_meeting(call: Call, Params(query): Params<MeetingQuery>) -> Answer<Json<Meeting>> {
    call.json(move |desk, scope| desk.meeting(scope, &query)).await
}

/// The same as a document.
#[utoipa::path(get, path = "/meeting.docx", tag = "plans", params(MeetingQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_meeting_docx(call: Call, Params(query): Params<MeetingQuery>) -> Answer<Response> {
    download::respond(call.ask(move |desk, scope| desk.meeting_file(scope, &query, PaperForm::Docx)).await?).await
}

/// The same as a workbook.
#[utoipa::path(get, path = "/meeting.xlsx", tag = "plans", params(MeetingQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_meeting_xlsx(call: Call, Params(query): Params<MeetingQuery>) -> Answer<Response> {
    download::respond(call.ask(move |desk, scope| desk.meeting_file(scope, &query, PaperForm::Xlsx)).await?).await
}

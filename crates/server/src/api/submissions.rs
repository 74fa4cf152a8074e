//! Submissions and dry runs: files in, findings out.

use axum::Json;
use axum::extract::Multipart;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::call::{Body, Call, Params, PathOf};
use super::desk::{Answer, CheckRequest, FindingsForm, SubmitRequest};
use super::dto::*;
use super::error::ApiError;
use super::table::Reply;
use super::upload::Form;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_submissions, submit_file))
        .routes(routes!(submit_zero_report))
        .routes(routes!(get_submission))
        .routes(routes!(list_submission_checks))
        .routes(routes!(list_findings))
        .routes(routes!(get_findings_file))
        .routes(routes!(list_changes))
        .routes(routes!(get_change_summary))
        .routes(routes!(explain_finding))
        .routes(routes!(check_file))
        .routes(routes!(get_check))
        .routes(routes!(list_check_results))
        .routes(routes!(list_check_findings))
        .routes(routes!(get_check_findings_file))
}

/// Submissions, newest first.
#[utoipa::path(get, path = "/submissions", tag = "submissions", params(SubmissionsQuery, TableQuery),
    responses((status = 200, body = Page<SubmissionRow>), (status = 400, body = Problem)))]
async fn list_submissions(
    call: Call,
    Params(query): Params<SubmissionsQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("数据报送", table, move |desk, scope| desk.submissions(scope, &query)).await
}

/// Sends a file in (报送). A returned file is an answer too, with its faults; `409` lists the rows
/// that would disappear, to be confirmed.
#[utoipa::path(post, path = "/submissions", tag = "submissions",
    request_body(content = SubmissionForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Outcome), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem)))]
async fn submit_file(call: Call, multipart: Multipart) -> Answer<Json<Outcome>> {
    let mut form = Form::read(multipart, call.temporary(), call.max_upload()).await?;
    let mode = form.take_optional("mode");
    let mode = match mode.as_deref() {
        None | Some("full") => Mode::Full,
        Some("patch") => Mode::Patch,
        Some(other) => return Err(form_error("报送方式", other)),
    };
    let confirm = form.take_optional("confirm_disappearing");
    let confirm_disappearing = match confirm.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(form_error("确认删除", other)),
    };
    let (dataset, institution, period) =
        (form.take("dataset", "数据集")?, form.take("institution", "医疗机构")?, form.take("period", "月份")?);
    let (upload, kept) = form.finish()?;
    call.json(move |desk, scope| {
        let request = SubmitRequest { dataset, institution, period, mode, confirm_disappearing, upload };
        let outcome = desk.submit(scope, request);
        drop(kept);
        outcome
    })
    .await
}

/// Reports that nothing happened in a month (零报告).
#[utoipa::path(post, path = "/submissions/zero", tag = "submissions", request_body = ZeroReport,
    responses((status = 200, body = Outcome), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn submit_zero_report(call: Call, Body(request): Body<ZeroReport>) -> Answer<Json<Outcome>> {
    call.json(move |desk, scope| desk.submit_zero(scope, request)).await
}

/// One submission with the history of its institution, dataset and month.
#[utoipa::path(get, path = "/submissions/{id}", tag = "submissions", params(("id" = String, Path, description = "Submission's id")),
    responses((status = 200, body = Submission), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_submission(call: Call, PathOf(id): PathOf<String>) -> Answer<Json<Submission>> {
    call.json(move |desk, scope| desk.submission(scope, &id)).await
}

/// How each check came out.
#[utoipa::path(get, path = "/submissions/{id}/checks", tag = "submissions",
    params(("id" = String, Path, description = "Submission's id"), TableQuery),
    responses((status = 200, body = Page<CheckResult>), (status = 404, body = Problem)))]
async fn list_submission_checks(
    call: Call,
    PathOf(id): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("校验结果", table, move |desk, scope| desk.submission_checks(scope, &id)).await
}

/// Its findings, in the file's order. Takes no `filter`, `search` or `sort`.
#[utoipa::path(get, path = "/submissions/{id}/findings", tag = "submissions",
    params(("id" = String, Path, description = "Submission's id"), FindingsQuery, TableQuery),
    responses((status = 200, body = Page<Finding>), (status = 404, body = Problem)))]
async fn list_findings(
    call: Call,
    PathOf(id): PathOf<String>,
    Params(query): Params<FindingsQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    refuse_sort(&table)?;
    call.stretches("问题清单", table, move |desk, scope, window| desk.findings(scope, &id, &query, window)).await
}

/// Its findings as a file: `xlsx` is the original with the cells marked, `csv` and `json` are lists.
#[utoipa::path(get, path = "/submissions/{id}/findings/{form}", tag = "submissions",
    params(("id" = String, Path, description = "Submission's id"), ("form" = String, Path, description = "xlsx, csv or json")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream"), (status = 404, body = Problem)))]
async fn get_findings_file(call: Call, PathOf((id, form)): PathOf<(String, String)>) -> Answer<Response> {
    let form = findings_form(&form)?;
    call.reply(move |desk, scope| desk.findings_file(scope, &id, form).map(Reply::File)).await
}

/// What differs from the version before. Takes no `filter`, `search` or `sort`.
#[utoipa::path(get, path = "/submissions/{id}/changes", tag = "submissions",
    params(("id" = String, Path, description = "Submission's id"), TableQuery),
    responses((status = 200, body = Page<Change>), (status = 404, body = Problem)))]
async fn list_changes(
    call: Call,
    PathOf(id): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    refuse_sort(&table)?;
    call.stretches("版本差异", table, move |desk, scope, window| desk.changes(scope, &id, window)).await
}

/// How many rows differ from the version before.
#[utoipa::path(get, path = "/submissions/{id}/changes/summary", tag = "submissions",
    params(("id" = String, Path, description = "Submission's id")),
    responses((status = 200, body = ChangeSummary), (status = 404, body = Problem)))]
async fn get_change_summary(call: Call, PathOf(id): PathOf<String>) -> Answer<Json<ChangeSummary>> {
    call.json(move |desk, scope| desk.change_summary(scope, &id)).await
}

/// Explains a warning (情况说明).
#[utoipa::path(post, path = "/submissions/{id}/explanations", tag = "submissions",
    params(("id" = String, Path, description = "Submission's id")), request_body = NewExplanation,
    responses((status = 200, body = GivenExplanation), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn explain_finding(
    call: Call,
    PathOf(id): PathOf<String>,
    Body(explanation): Body<NewExplanation>,
) -> Answer<Json<GivenExplanation>> {
    if explanation.text.trim().is_empty() {
        return Err(ApiError::refused("情况说明不能为空。", "请写明数据无误的理由后再提交。"));
    }
    call.json(move |desk, scope| desk.explain_finding(scope, &id, explanation)).await
}

/// Tries a file (预检): nothing is kept but the findings, for a while, under a token.
#[utoipa::path(post, path = "/checks", tag = "checks",
    request_body(content = CheckForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Outcome), (status = 400, body = Problem), (status = 413, body = Problem)))]
async fn check_file(call: Call, multipart: Multipart) -> Answer<Json<Outcome>> {
    let mut form = Form::read(multipart, call.temporary(), call.max_upload()).await?;
    let dataset = form.take("dataset", "数据集")?;
    let (institution, period) = (form.take_optional("institution"), form.take_optional("period"));
    let (upload, kept) = form.finish()?;
    call.json(move |desk, scope| {
        let outcome = desk.check(scope, CheckRequest { dataset, institution, period, upload });
        drop(kept);
        outcome
    })
    .await
}

/// A dry run's outcome again.
#[utoipa::path(get, path = "/checks/{token}", tag = "checks", params(("token" = String, Path, description = "Token of the dry run")),
    responses((status = 200, body = Outcome), (status = 410, body = Problem)))]
async fn get_check(call: Call, PathOf(token): PathOf<String>) -> Answer<Json<Outcome>> {
    call.json(move |desk, scope| desk.check_outcome(scope, &token)).await
}

/// How each check came out in a dry run.
#[utoipa::path(get, path = "/checks/{token}/checks", tag = "checks",
    params(("token" = String, Path, description = "Token of the dry run"), TableQuery),
    responses((status = 200, body = Page<CheckResult>), (status = 410, body = Problem)))]
async fn list_check_results(
    call: Call,
    PathOf(token): PathOf<String>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    call.list("预检校验结果", table, move |desk, scope| Ok(desk.check_outcome(scope, &token)?.checks)).await
}

/// A dry run's findings, in the file's order. Takes no `filter`, `search` or `sort`.
#[utoipa::path(get, path = "/checks/{token}/findings", tag = "checks",
    params(("token" = String, Path, description = "Token of the dry run"), FindingsQuery, TableQuery),
    responses((status = 200, body = Page<Finding>), (status = 410, body = Problem)))]
async fn list_check_findings(
    call: Call,
    PathOf(token): PathOf<String>,
    Params(query): Params<FindingsQuery>,
    Params(table): Params<TableQuery>,
) -> Answer<Response> {
    refuse_sort(&table)?;
    call.stretches("预检问题清单", table, move |desk, scope, window| desk.check_findings(scope, &token, &query, window))
        .await
}

/// A dry run's findings as a file.
#[utoipa::path(get, path = "/checks/{token}/findings/{form}", tag = "checks",
    params(("token" = String, Path, description = "Token of the dry run"), ("form" = String, Path, description = "xlsx, csv or json")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream"), (status = 410, body = Problem)))]
async fn get_check_findings_file(call: Call, PathOf((token, form)): PathOf<(String, String)>) -> Answer<Response> {
    let form = findings_form(&form)?;
    call.reply(move |desk, scope| desk.check_findings_file(scope, &token, form).map(Reply::File)).await
}

fn findings_form(text: &str) -> Answer<FindingsForm> {
    match text {
        "xlsx" => Ok(FindingsForm::Xlsx),
        "csv" => Ok(FindingsForm::Csv),
        "json" => Ok(FindingsForm::Json),
        other => Err(ApiError::not_found(format!("格式“{other}”的问题清单"))),
    }
}

fn form_error(field: &str, value: &str) -> ApiError {
    ApiError::bad_request(format!("“{field}”的取值“{value}”不正确。"), "请刷新页面后重新选择。")
}

fn refuse_sort(table: &TableQuery) -> Answer<()> {
    match &table.sort {
        None => Ok(()),
        Some(_) => Err(ApiError::bad_request("这张表按文件中的顺序排列，不支持排序。", "需要排序时请导出后处理。")),
    }
}

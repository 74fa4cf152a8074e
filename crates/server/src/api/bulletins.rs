//! Bulletins: the list, one of them, its life, its files.

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
        .routes(routes!(list_bulletin_kinds))
        .routes(routes!(list_bulletins, draft_bulletin))
        .routes(routes!(get_bulletin))
        .routes(routes!(renew_bulletin))
        .routes(routes!(edit_bulletin))
        .routes(routes!(handle_bulletin))
        .routes(routes!(check_bulletin))
        .routes(routes!(get_bulletin_docx))
        .routes(routes!(get_bulletin_xlsx))
}

/// The kinds of bulletins that can be drafted.
#[utoipa::path(get, path = "/bulletin-kinds", tag = "bulletins", params(TableQuery),
    responses((status = 200, body = Page<BulletinKindRow>), (status = 400, body = Problem), (status = 403, body = Problem)))]
async fn list_bulletin_kinds(call: Call, Params(table): Params<TableQuery>) -> Answer<Response> {
    call.list("通报种类", table, |desk, scope| desk.bulletin_kinds(scope)).await
}

/// Every bulletin, the newest period first.
#[utoipa::path(get, path = "/bulletins", tag = "bulletins", params(TableQuery),
    responses((status = 200, body = Page<BulletinRow>), (status = 400, body = Problem), (status = 403, body = Problem)))]
async fn list_bulletins(call: Call, Params(table): Params<TableQuery>) -> Answer<Response> {
    call.list("通报", table, |desk, scope| desk.bulletins(scope)).await
}

/// Drafts a bulletin (起草) of what is measured now.
#[utoipa::path(post, path = "/bulletins", tag = "bulletins", request_body = NewBulletin,
    responses((status = 200, body = Bulletin), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn draft_bulletin(call: Call, Body(new): Body<NewBulletin>) -> Answer<Json<Bulletin>> {
    call.json(move |desk, scope| desk.draft_bulletin(scope, new)).await
}

/// One bulletin: what it says, its words, its history.
#[utoipa::path(get, path = "/bulletins/{bulletin}", tag = "bulletins",
    params(("bulletin" = String, Path, description = "Bulletin's number")),
    responses((status = 200, body = Bulletin), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_bulletin(call: Call, PathOf(bulletin): PathOf<String>) -> Answer<Json<Bulletin>> {
    call.json(move |desk, scope| desk.bulletin(scope, &bulletin)).await
}

/// Takes the numbers of a draft anew (重新取数).
#[utoipa::path(post, path = "/bulletins/{bulletin}/renewal", tag = "bulletins",
    params(("bulletin" = String, Path, description = "Bulletin's number")), request_body = BulletinSeen,
    responses((status = 200, body = Bulletin), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn renew_bulletin(
    call: Call,
    PathOf(bulletin): PathOf<String>,
    Body(seen): Body<BulletinSeen>,
) -> Answer<Json<Bulletin>> {
    call.json(move |desk, scope| desk.renew_bulletin(scope, &bulletin, seen)).await
}

/// Changes the words of a draft that are a person's.
#[utoipa::path(post, path = "/bulletins/{bulletin}/prose", tag = "bulletins",
    params(("bulletin" = String, Path, description = "Bulletin's number")), request_body = BulletinProse,
    responses((status = 200, body = Bulletin), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn edit_bulletin(
    call: Call,
    PathOf(bulletin): PathOf<String>,
    Body(prose): Body<BulletinProse>,
) -> Answer<Json<Bulletin>> {
    call.json(move |desk, scope| desk.edit_bulletin(scope, &bulletin, prose)).await
}

/// Approves, returns, finalises or withdraws a bulletin (审核、退回、定稿、撤回).
#[utoipa::path(post, path = "/bulletins/{bulletin}/actions", tag = "bulletins",
    params(("bulletin" = String, Path, description = "Bulletin's number")), request_body = NewBulletinAction,
    responses((status = 200, body = Bulletin), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn handle_bulletin(
    call: Call,
    PathOf(bulletin): PathOf<String>,
    Body(action): Body<NewBulletinAction>,
) -> Answer<Json<Bulletin>> {
    call.json(move |desk, scope| desk.handle_bulletin(scope, &bulletin, action)).await
}

/// Whether a bulletin can be made again, and which numbers would be others today.
#[utoipa::path(get, path = "/bulletins/{bulletin}/check", tag = "bulletins",
    params(("bulletin" = String, Path, description = "Bulletin's number")),
    responses((status = 200, body = BulletinCheck), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn check_bulletin(call: Call, PathOf(bulletin): PathOf<String>) -> Answer<Json<BulletinCheck>> {
    call.json(move |desk, scope| desk.bulletin_check(scope, &bulletin)).await
}

/// The bulletin as a document; of a final one the bytes as issued.
#[utoipa::path(get, path = "/bulletins/{bulletin}/file.docx", tag = "bulletins",
    params(("bulletin" = String, Path, description = "Bulletin's number")),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_bulletin_docx(call: Call, PathOf(bulletin): PathOf<String>) -> Answer<Response> {
    download::respond(call.ask(move |desk, scope| desk.bulletin_file(scope, &bulletin, PaperForm::Docx)).await?).await
}

/// Its tables as a workbook; of a final one the bytes as issued.
#[utoipa::path(get, path = "/bulletins/{bulletin}/file.xlsx", tag = "bulletins",
    params(("bulletin" = String, Path, description = "Bulletin's number")),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_bulletin_xlsx(call: Call, PathOf(bulletin): PathOf<String>) -> Answer<Response> {
    download::respond(call.ask(move |desk, scope| desk.bulletin_file(scope, &bulletin, PaperForm::Xlsx)).await?).await
}

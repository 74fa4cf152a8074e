//! The built pages, embedded in a release and read from `web/dist` while developing.
//!
//! A path that is no file is a page of the application and gets `index.html`. Names under
//! `assets/` carry a hash of their content and are kept by the browser for good.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{Method, Request, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::ApiError;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Pages;

const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>页面尚未构建</title>\
<body style=\"font:16px/1.8 sans-serif;max-width:40em;margin:4em auto;padding:0 1em\"><h1>页面尚未构建</h1>\
<p>服务已在运行，但网页还没有构建。请在源码目录执行：</p><pre>cargo xtask setup</pre>\
<p>完成后刷新本页。接口 <code>/api</code> 不受影响。</p></body></html>";

/// Answers everything that is not under `/api`.
pub async fn serve<B>(request: Request<B>) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::not_found("这个接口").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let known = request.headers().get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    if let Some(file) = Pages::get(path).filter(|_| !path.is_empty()) {
        let forever = path.starts_with("assets/");
        return respond(file, known, if forever { "public, max-age=31536000, immutable" } else { "no-cache" });
    }
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Pages::get("index.html") {
        Some(index) => respond(index, known, "no-cache"),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

fn respond(file: EmbeddedFile, known: Option<&str>, cache: &'static str) -> Response {
    let hash: String = file.metadata.sha256_hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    // A compressed answer's tag comes back weak.
    if known.is_some_and(|known| known.trim_start_matches("W/") == tag) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag), (CACHE_CONTROL, cache.to_owned())]).into_response();
    }
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") || text == "application/javascript" => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    let headers = [(CONTENT_TYPE, kind), (ETAG, tag), (CACHE_CONTROL, cache.to_owned())];
    (headers, file.data.into_owned()).into_response()
}

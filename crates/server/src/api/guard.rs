//! What every request and answer passes.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};
use yizheng_pack::pack::Origin;

use super::error::ApiError;

/// Query parameters by path, as the contract has them.
pub type KnownParameters = HashMap<String, HashSet<String>>;

/// Reads the query parameters of every `GET` from the document.
pub fn known_parameters(document: &OpenApi) -> KnownParameters {
    let of_path = |item: &utoipa::openapi::PathItem| {
        let parameters = item.get.iter().flat_map(|operation| operation.parameters.iter().flatten());
        let in_query = |parameter: &RefOr<Parameter>| match parameter {
            RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query) => Some(parameter.name.clone()),
            _ => None,
        };
        parameters.filter_map(in_query).collect()
    };
    document.paths.paths.iter().map(|(path, item)| (path.clone(), of_path(item))).collect()
}

/// A parameter that the contract does not have is refused: a mistyped filter would otherwise
/// answer more than was asked for.
pub async fn refuse_unknown_parameters(
    State(known): State<Arc<KnownParameters>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let known = known.get(path.as_str());
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    let names = query.map(|query| query.0).unwrap_or_default();
    let mut seen = HashSet::new();
    for (name, _) in &names {
        if !known.is_some_and(|known| known.contains(name)) {
            return ApiError::bad_request(format!("不认识的查询条件“{name}”。"), "请检查链接，或返回上一页重新筛选。")
                .into_response();
        }
        if !seen.insert(name) {
            return ApiError::bad_request(format!("查询条件“{name}”重复出现。"), "请检查链接，或返回上一页重新筛选。")
                .into_response();
        }
    }
    next.run(request).await
}

/// Another site's page may not send anything in here in the user's name.
pub async fn refuse_foreign_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().ok().and_then(|origin| origin.split_once("://")));
    let foreign = origin.is_some_and(|origin| origin.map(|(_, host)| host) != host);
    if foreign && request.method() != Method::GET {
        return ApiError::foreign_origin().into_response();
    }
    next.run(request).await
}

/// Headers that every answer has: no guessing of types, no framing, scripts only of our own,
/// nothing of `/api` kept by the browser.
pub async fn add_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
        ),
    );
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Headers that every answer of the contract has: what its numbers were computed with. A csv has no
/// other place for it.
pub async fn add_origin(State(origin): State<Arc<Origin>>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let texts = [("yizheng-pack", &origin.pack), ("yizheng-fingerprint", &origin.fingerprint), ("yizheng-program", &origin.program)];
    for (name, text) in texts {
        // Ids and versions are short words; one that no header can hold stands in the workbook all the same.
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
            headers.insert(name, value);
        }
    }
    response
}

/// A bug in a handler is an answer like every other failure.
pub fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    ApiError::internal(text.unwrap_or("panic")).into_response()
}

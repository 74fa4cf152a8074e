//! One request on its way to the desk: who asks, and the forms of asking.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path as FilePath;
use std::sync::Arc;
use yizheng_pack::pack::Origin;
use yizheng_pack::scope::Scope;

use super::desk::{Answer, Desk, Stretch, Window};
use super::dto::TableQuery;
use super::error::ApiError;
use super::table::{self, Reply, Row, Title};
use super::{Api, download};

/// Largest JSON body taken, in bytes.
const MAX_JSON: usize = 1 << 20;

/// The desk, and the scope in which this request asks it. The only way for a handler to the desk.
pub struct Call {
    api: Api,
    scope: Scope,
}

impl FromRequestParts<Api> for Call {
    type Rejection = ApiError;

    /// Here a session will become a scope; while there are no accounts it is the service's own.
    async fn from_request_parts(_parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        Ok(Self { api: api.clone(), scope: api.settings.scope.clone() })
    }
}

impl Call {
    /// Asks the desk on the blocking pool.
    pub async fn ask<T: Send + 'static>(
        self,
        question: impl FnOnce(&dyn Desk, &Scope) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let desk = Arc::clone(&self.api.desk);
        let answer = tokio::task::spawn_blocking(move || question(desk.as_ref(), &self.scope)).await;
        answer.unwrap_or_else(|failed| Err(ApiError::internal(failed)))
    }

    /// Asks for one thing.
    pub async fn json<T: Serialize + Send + 'static>(
        self,
        question: impl FnOnce(&dyn Desk, &Scope) -> Answer<T> + Send + 'static,
    ) -> Answer<Json<T>> {
        self.ask(question).await.map(Json)
    }

    /// Asks for a table that fits in memory.
    pub async fn list<R: Row>(
        self,
        name: impl Into<String>,
        query: TableQuery,
        question: impl FnOnce(&dyn Desk, &Scope) -> Answer<Vec<R>> + Send + 'static,
    ) -> Answer<Response> {
        let (name, origin) = (name.into(), self.origin());
        self.reply(move |desk, scope| {
            let title = Title { name: &name, origin: &origin };
            table::from_list(&title, &query, question(desk, scope)?)
        })
        .await
    }

    /// Asks for a long table in stretches.
    pub async fn stretches<R: Row>(
        self,
        name: impl Into<String>,
        query: TableQuery,
        question: impl Fn(&dyn Desk, &Scope, &Window) -> Answer<Stretch<R>> + Send + 'static,
    ) -> Answer<Response> {
        let (name, origin) = (name.into(), self.origin());
        self.reply(move |desk, scope| {
            let title = Title { name: &name, origin: &origin };
            table::from_stretches(&title, &query, |window| question(desk, scope, window))
        })
        .await
    }

    /// Asks for an answer that is a page or a file.
    pub async fn reply(
        self,
        question: impl FnOnce(&dyn Desk, &Scope) -> Answer<Reply> + Send + 'static,
    ) -> Answer<Response> {
        match self.ask(question).await? {
            Reply::Json(bytes) => Ok(([(CONTENT_TYPE, "application/json")], bytes).into_response()),
            Reply::File(file) => download::respond(file).await,
        }
    }

    /// What the answer's numbers come from.
    pub fn origin(&self) -> Origin {
        self.api.settings.origin.clone()
    }

    /// Where an upload may wait.
    pub fn temporary(&self) -> &FilePath {
        &self.api.settings.temporary
    }

    /// Largest upload, in bytes.
    pub fn max_upload(&self) -> u64 {
        self.api.settings.max_upload
    }
}

/// The query of a request; a value of the wrong kind is refused in Chinese.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(wrong) => Err(ApiError::bad_request(
                format!("链接中的查询条件不正确：{wrong}。"),
                "请返回上一页，重新选择筛选条件。",
            )),
        }
    }
}

/// The variable parts of a request's path.
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(_) => Err(ApiError::not_found("这个页面")),
        }
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = axum::body::to_bytes(request.into_body(), MAX_JSON)
            .await
            .map_err(|_| ApiError::too_large(MAX_JSON as u64))?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(value)),
            Err(wrong) => Err(ApiError::bad_request(
                format!("提交的内容不正确：{wrong}。"),
                "请检查填写的内容后重试。",
            )),
        }
    }
}

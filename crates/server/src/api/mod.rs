//! The HTTP contract: what is answered under `/api`, and the pages beside it.
//!
//! Handlers are thin: they read the request, ask the [`desk::Desk`] on the blocking pool within the
//! caller's scope, and shape the answer. No handler knows the store, the lake or a definition.
//!
//! Reading order: [`dto`], [`desk`], [`error`], [`table`] with its [`columns`] and [`labels`],
//! [`call`], the resources, [`upload`], [`download`], [`guard`], [`assets`].

pub mod dto;

pub mod desk;
pub mod error;

pub mod labels;

pub mod table;

pub mod columns;

pub mod call;

mod alerts;
mod bulletins;
mod datasets;
mod definitions;
mod forms;
mod indicators;
mod institutions;
mod overview;
mod plans;
mod submissions;

mod download;
mod upload;

mod assets;
mod guard;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::trace::TraceLayer;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use yizheng_pack::pack::Origin;
use yizheng_pack::scope::Scope;

use desk::Desk;

/// What the service needs to know beside its desk.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What a caller may see while there are no accounts.
    pub scope: Scope,
    /// Where uploads wait while they are read; best on the data's own disk.
    pub temporary: PathBuf,
    /// Largest file taken, in bytes.
    pub max_upload: u64,
    /// What the desk's numbers are computed with.
    pub origin: Origin,
}

/// What every handler shares.
#[derive(Clone)]
pub struct Api {
    desk: Arc<dyn Desk>,
    settings: Arc<Settings>,
}

/// The whole service: the contract under `/api`, the pages everywhere else.
pub fn router(desk: Arc<dyn Desk>, settings: Settings) -> Router {
    let (routes, document) = routes().split_for_parts();
    let known = Arc::new(guard::known_parameters(&document));
    let compressed = DefaultPredicate::new().and(NotForContentType::new("application/vnd.openxmlformats"));
    routes
        .route_layer(middleware::from_fn_with_state(known, guard::refuse_unknown_parameters))
        .route_layer(middleware::from_fn(guard::refuse_foreign_origin))
        .route_layer(middleware::map_response_with_state(Arc::new(settings.origin.clone()), guard::add_origin))
        .layer(DefaultBodyLimit::disable())
        .fallback(assets::serve)
        .layer(CatchPanicLayer::custom(guard::after_panic))
        .layer(middleware::map_response(guard::add_headers))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(TraceLayer::new_for_http())
        .with_state(Api { desk, settings: Arc::new(settings) })
}

/// The contract as an OpenAPI document; the pages' client is generated from it.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Api> {
    let info = InfoBuilder::new()
        .title("yizheng 医政")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("What the pages ask the server. Every refusal has the `Problem` envelope."));
    OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info.build()).build())
        .nest("/api", overview::routes())
        .nest("/api", indicators::routes())
        .nest("/api", institutions::routes())
        .nest("/api", submissions::routes())
        .nest("/api", datasets::routes())
        .nest("/api", definitions::routes())
        .nest("/api", alerts::routes())
        .nest("/api", forms::routes())
        .nest("/api", plans::routes())
        .nest("/api", bulletins::routes())
}

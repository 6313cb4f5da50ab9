//! The server around the endpoints: routes, bounds, request ids, logs, metrics, the error envelope.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum_server::Handle;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tracing::Instrument;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;
use uuid::Uuid;

use crate::app::App;
use crate::endpoints::{
    audit, batch, cancel, dead_letters, execute, keys, languages, organisations, probes, result,
    results, submit, usage, users,
};
use crate::error::ApiError;
use crate::rates::Told;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A client's own request id is kept if it is no longer than this and of harmless characters.
const MAX_REQUEST_ID_BYTES: usize = 64;

/// How long requests that are under way may take after the process was asked to stop. Waiting ones
/// are answered at once, so this is for slow clients only.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection may take to send a request's head, and so also how long it may be idle.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);

/// What a connection may have read and not yet handed on: at least a whole head, so it bounds that, too.
/// Every client that waits has such a buffer.
const CONNECTION_BUFFER_BYTES: usize = 8 * 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Airlock",
        description = "Runs untrusted programs in single-use containers.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "submissions", description = "Programs and their results"),
        (name = "languages", description = "What programs may be written in"),
        (name = "usage", description = "What was used"),
        (name = "accounts", description = "Organisations, users and keys"),
        (name = "operations", description = "For whoever runs Airlock"),
    ),
    security((), ("key" = []), ("keyHeader" = [])),
    modifiers(&Credentials)
)]
struct ApiDoc;

/// What endpoints want: a key, in one of two headers, or the superadmin's token.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let bearer = || SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-api-key")));
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("key", bearer());
        components.add_security_scheme("keyHeader", header);
        components.add_security_scheme("token", bearer());
    }
}

/// Serves until the app's shutdown is cancelled and the requests under way are answered.
pub(crate) async fn serve(listener: TcpListener, app: App) -> std::io::Result<()> {
    let handle = Handle::new();
    let (stop, shutdown) = (handle.clone(), app.shutdown.clone());
    tokio::spawn(async move {
        shutdown.cancelled().await;
        stop.graceful_shutdown(Some(DRAIN_PATIENCE));
    });
    let mut server = axum_server::from_tcp(listener.into_std()?)?.handle(handle);
    let http = server.http_builder();
    *http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(CONNECTION_BUFFER_BYTES);
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    server.serve(service).await
}

/// The OpenAPI description, as it is served.
pub fn openapi_json() -> String {
    let (_, description) = documented_routes().split_for_parts();
    description.to_pretty_json().unwrap_or_default()
}

fn documented_routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(ApiDoc::openapi())
        .routes(routes!(submit::submit))
        .routes(routes!(batch::submit_batch))
        .routes(routes!(result::result))
        .routes(routes!(results::results))
        .routes(routes!(execute::execute))
        .routes(routes!(cancel::cancel))
        .routes(routes!(languages::languages))
        .routes(routes!(probes::healthz))
        .routes(routes!(probes::readyz))
        .routes(routes!(probes::metrics))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(dead_letters::requeue))
        .routes(routes!(usage::usage))
        .routes(routes!(usage::usage_of_all))
        .routes(routes!(audit::audit))
        .routes(routes!(organisations::list, organisations::create))
        .routes(routes!(organisations::read, organisations::update, organisations::remove))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::read, users::update, users::remove))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::read, keys::revoke))
}

fn router(app: App) -> Router {
    let (routes, description) = documented_routes().split_for_parts();
    let bound = Arc::new(Semaphore::new(app.http.max_requests));
    let body_timeout = Duration::from_secs(app.http.body_timeout_seconds);
    routes
        .merge(SwaggerUi::new("/api/docs").url("/api/openapi.json", description))
        .fallback(|| async { ApiError::UnknownPath })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(RequestBodyTimeoutLayer::new(body_timeout))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            ApiError::Internal.into_response()
        }))
        .layer(middleware::from_fn_with_state((app.clone(), bound), around))
        .with_state(app)
}

/// Around every request: its id, its place, its log line, its figures, and its error's envelope.
async fn around(
    State((app, bound)): State<(App, Arc<Semaphore>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.as_str().into()));
    let told = Told::default();
    request.extensions_mut().insert(told.clone());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request.id = id, %method, route);
    async {
        let mut response = match bound.try_acquire() {
            Ok(_place) => next.run(request).await,
            Err(_) => ApiError::Overloaded.into_response(),
        };
        if let Some(error) = response.extensions_mut().remove::<ApiError>() {
            response = error.respond(&id);
        }
        if let Ok(value) = HeaderValue::try_from(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        told.write(response.headers_mut());
        let (status, took) = (response.status().as_u16(), started.elapsed());
        tracing::debug!(status, duration_ms = took.as_secs_f64() * 1e3, "request answered");
        app.metrics.count_request(method.as_str(), &route, status, took);
        response
    }
    .instrument(span)
    .await
}

/// Names a request in the logs, for endpoints whose answer has errors in it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn request_id(request: &Request) -> String {
    let harmless = |id: &&str| {
        (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(harmless);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_client_s_request_id_is_kept_only_if_it_is_harmless() {
        let with = |id: &str| {
            request_id(&Request::builder().header(REQUEST_ID, id).body(Body::empty()).unwrap())
        };
        assert_eq!(with("trace-42"), "trace-42");
        assert_ne!(with("a b\"c"), "a b\"c");
        assert_ne!(with(&"x".repeat(65)), "x".repeat(65));
        assert_ne!(request_id(&Request::new(Body::empty())), "");
    }
}

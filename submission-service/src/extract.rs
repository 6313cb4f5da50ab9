//! Reading requests so that whatever is wrong with one is an [`ApiError`].

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use shared::submission::{InvalidId, SubmissionId};

use crate::app::App;
use crate::error::ApiError;

/// A request's body, whole and within the limit.
pub(crate) struct Body(pub(crate) Bytes);

/// Of a body that is too large, what is read and thrown away, in bytes. A client that is answered
/// while it still sends finds its connection broken instead of the answer.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

impl FromRequest<App> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let limit = app.http.body_bytes;
        let mut chunks = request.into_body().into_data_stream();
        let mut body = Vec::new();
        let mut received = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| body_error(&error))?;
            received += chunk.len();
            if received > MAX_DISCARDED_BYTES.max(limit) {
                break;
            } else if received > limit {
                body = Vec::new();
            } else {
                body.extend_from_slice(&chunk);
            }
        }
        match received <= limit {
            true => Ok(Self(body.into())),
            false => Err(ApiError::BodyTooLarge(limit)),
        }
    }
}

fn body_error(error: &axum::Error) -> ApiError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<tower_http::timeout::TimeoutError>() {
            return ApiError::BodyTimeout;
        }
        cause = error.source();
    }
    ApiError::UnreadableBody
}

/// A JSON value, whatever the content type says.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ApiError::InvalidField(error.to_string()),
        _ => ApiError::InvalidJson(error.to_string()),
    })
}

/// A body that says it is JSON, not read yet.
pub(crate) struct JsonText(pub(crate) Bytes);

impl FromRequest<App> for JsonText {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        if media_type(request.headers()) != Some(MediaType::Json) {
            return Err(ApiError::UnsupportedMediaType("send `content-type: application/json`"));
        }
        let Body(bytes) = Body::from_request(request, app).await?;
        Ok(Self(bytes))
    }
}

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let JsonText(bytes) = JsonText::from_request(request, app).await?;
        json(&bytes).map(Self)
    }
}

/// The kinds of body that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    Json,
    PlainText,
}

/// What a request says its body is; `None` for anything that is not understood.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next()?.trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Some(MediaType::Json),
        "text/plain" => Some(MediaType::PlainText),
        other if other.starts_with("application/") && other.ends_with("+json") => {
            Some(MediaType::Json)
        }
        _ => None,
    }
}

/// The submission that a path names.
pub(crate) struct Id(pub(crate) SubmissionId);

impl FromRequestParts<App> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let path = Path::<SubmissionId>::from_request_parts(parts, app).await;
        Ok(path.map(|Path(id)| Self(id)).map_err(|_| InvalidId)?)
    }
}

/// A query string.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        axum::extract::Query::from_request_parts(parts, app)
            .await
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection: QueryRejection| ApiError::InvalidQuery(rejection.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("application/json", Some(MediaType::Json))]
    #[case("Application/JSON; charset=utf-8", Some(MediaType::Json))]
    #[case("application/vnd.airlock+json", Some(MediaType::Json))]
    #[case("text/plain;charset=utf-8", Some(MediaType::PlainText))]
    #[case("application/x-www-form-urlencoded", None)]
    #[case("", None)]
    fn the_content_type_says_what_a_body_is(
        #[case] value: &'static str,
        #[case] expected: Option<MediaType>,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        assert_eq!(media_type(&headers), expected);
        assert_eq!(media_type(&HeaderMap::new()), None);
    }
}

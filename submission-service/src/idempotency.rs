//! The `Idempotency-Key` of a request: sent again with it, a submission is taken in once.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::submission::{Idempotency, SubmissionId};

use crate::app::App;
use crate::error::ApiError;

/// The request's header.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The answer's header, where the submission is that of an earlier request.
pub(crate) const REPLAY: HeaderName = HeaderName::from_static("idempotent-replay");

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// The key that a request has, if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(KEY).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let bytes = value.as_bytes();
        let is_key = (1..=MAX_KEY_BYTES).contains(&bytes.len())
            && bytes.iter().all(u8::is_ascii_graphic)
            && values.next().is_none();
        match value.to_str() {
            Ok(key) if is_key => Ok(Self(Some(key.to_owned()))),
            _ => Err(ApiError::InvalidHeader(format!(
                "`{KEY}` must be there at most once, and be 1 to {MAX_KEY_BYTES} visible ASCII \
                 characters"
            ))),
        }
    }

    /// The key with what a JSON body says. Two bodies that differ only in white space, or in the
    /// order of their fields, say the same.
    pub(crate) fn over_json(self, body: &[u8]) -> Option<Idempotency> {
        let said = || serde_json::from_slice(body).unwrap_or(Value::Null);
        self.0.map(|key| Idempotency { key, digest: digest(&said()) })
    }

    /// The key with a plain-text body and what its query says.
    pub(crate) fn over_plain(
        self,
        lang: &str,
        std_input: Option<&str>,
        body: &[u8],
    ) -> Option<Idempotency> {
        let said = || json!([lang, std_input, hex(&Sha256::digest(body))]);
        self.0.map(|key| Idempotency { key, digest: digest(&said()) })
    }
}

/// What keeps a dead letter from being queued again twice. No client can send this key: it has a
/// space.
pub(crate) fn of_requeue(id: SubmissionId) -> Idempotency {
    Idempotency { key: format!("requeue {id}"), digest: String::new() }
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        Self::of(&parts.headers)
    }
}

/// Objects are sorted by their keys, so what says the same has the same digest.
fn digest(said: &Value) -> String {
    hex(&Sha256::digest(said.to_string()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    fn key(values: &[&str]) -> Option<IdempotencyKey> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        IdempotencyKey::of(&headers).ok()
    }

    #[rstest]
    #[case::none(&[], true)]
    #[case::uuid(&["01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f"], true)]
    #[case::visible(&["!\"#~"], true)]
    #[case::empty(&[""], false)]
    #[case::space(&["a b"], false)]
    #[case::tab(&["a\tb"], false)]
    #[case::not_ascii(&["ä"], false)]
    #[case::two(&["a", "a"], false)]
    fn a_key_is_short_and_visible(#[case] values: &[&str], #[case] taken: bool) {
        assert_eq!(key(values).is_some(), taken);
    }

    #[test]
    fn a_key_has_255_characters_at_most() {
        assert!(key(&[&"x".repeat(255)]).is_some());
        assert!(key(&[&"x".repeat(256)]).is_none());
    }

    #[rstest]
    #[case::same(r#"{"a":1,"b":{"c":[1,2],"d":null}}"#, true)]
    #[case::other_order_and_space("{\"b\": {\"d\":null, \"c\":[1,2]},\n \"a\":1}", true)]
    #[case::other_value(r#"{"a":2,"b":{"c":[1,2],"d":null}}"#, false)]
    #[case::other_order_of_a_list(r#"{"a":1,"b":{"c":[2,1],"d":null}}"#, false)]
    #[case::more(r#"{"a":1,"b":{"c":[1,2],"d":null},"e":0}"#, false)]
    fn the_digest_is_of_what_a_body_says(#[case] body: &str, #[case] same: bool) {
        let over = |body: &str| key(&["k"]).unwrap().over_json(body.as_bytes()).unwrap().digest;
        let first = over(r#"{"a":1,"b":{"c":[1,2],"d":null}}"#);
        assert_eq!(first.len(), 64);
        assert_eq!(over(body) == first, same);
    }

    #[test]
    fn of_plain_text_the_query_counts_too() {
        let over = |lang, input, body: &[u8]| {
            key(&["k"]).unwrap().over_plain(lang, input, body).unwrap().digest
        };
        let first = over("c", None, b"x");
        assert_eq!(over("c", None, b"x"), first);
        for other in [over("d", None, b"x"), over("c", Some(""), b"x"), over("c", None, b"y")] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn without_a_key_nothing_is_remembered() {
        assert_eq!(key(&[]).unwrap().over_json(b"{}"), None);
        assert_eq!(key(&[]).unwrap().over_plain("c", None, b""), None);
    }
}

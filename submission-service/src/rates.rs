//! How many requests may come, and what a client is told of that.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use shared::accounts::Holder;
use shared::rate::{Rate, Standing};

use crate::app::App;
use crate::error::ApiError;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Where a request's standing is put for the answer's headers; an extension of the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<OnceLock<Standing>>);

impl Told {
    /// Says in an answer how the tightest rate stands, if any was asked.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let Some(standing) = self.0.get() else { return };
        headers.insert(LIMIT, HeaderValue::from(standing.limit));
        headers.insert(REMAINING, HeaderValue::from(standing.remaining));
        headers.insert(RESET, HeaderValue::from(seconds(standing.reset)));
    }
}

/// Takes a request from all of these rates.
pub(crate) async fn take(parts: &Parts, app: &App, rates: &[Rate]) -> Result<(), ApiError> {
    let Some(standing) = app.rates.take(rates).await else { return Ok(()) };
    if let Some(told) = parts.extensions.get::<Told>() {
        let _ = told.0.set(standing);
    }
    match standing.retry_after {
        None => Ok(()),
        Some(after) => Err(ApiError::RateLimited {
            of: standing.of,
            limit: standing.limit,
            retry_after: seconds(after).max(1),
        }),
    }
}

/// The rates of whoever holds a key: its own, the user's, the organisation's.
pub(crate) fn of_holder(Holder { key, user, organisation }: &Holder) -> Vec<Rate> {
    let rate = |of, name: String, per_minute: Option<u32>| {
        per_minute.map(|per_minute| Rate { name: format!("{of}:{name}"), of, per_minute })
    };
    let name = &organisation.name;
    [
        rate("key", key.id.to_string(), key.requests_per_minute),
        rate("user", format!("{name}/{}", user.name), user.policy.requests_per_minute),
        rate("organisation", name.to_string(), organisation.policy.requests_per_minute),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The rate of the address that a request is from.
pub(crate) fn of_address(parts: &Parts, per_minute: u32) -> Vec<Rate> {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let rate = |from: IpAddr| Rate { name: name_of(from), of: "address", per_minute };
    from.filter(|_| per_minute > 0).map(rate).into_iter().collect()
}

/// Of IPv6, whoever has one address has the whole network of 64 bits.
fn name_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address:{address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("address:{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

/// Whole seconds, after which it is so for certain.
fn seconds(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("192.0.2.1", "address:192.0.2.1")]
    #[case("::ffff:192.0.2.1", "address:192.0.2.1")]
    #[case("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2")]
    fn an_address_is_counted_by_what_one_client_has(#[case] address: &str, #[case] name: &str) {
        assert_eq!(name_of(address.parse().unwrap()), name);
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_millis(1000)), 1);
        assert_eq!(seconds(Duration::from_millis(1001)), 2);
    }
}

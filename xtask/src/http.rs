//! Just enough HTTP to ask the API on loopback.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

/// Longer than the API holds a request open.
const READ_LIMIT: Duration = Duration::from_secs(70);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// An answer of the API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }
}

pub(crate) fn get(port: u16, path: &str) -> Result<Reply> {
    exchange(port, "GET", path, &[], "")
}

pub(crate) fn post(port: u16, path: &str, content_type: &str, body: &str) -> Result<Reply> {
    exchange(port, "POST", path, &[("Content-Type", content_type)], body)
}

/// Asks for what only whoever runs Airlock may.
pub(crate) fn as_operator(port: u16, method: &str, path: &str, token: &str) -> Result<Reply> {
    exchange(port, method, path, &[("Authorization", &format!("Bearer {token}"))], "")
}

fn exchange(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Reply> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_LIMIT)?;
    stream.set_read_timeout(Some(READ_LIMIT))?;
    // HTTP/1.0: the answer comes whole and ends with the connection.
    let length = body.len();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&String::from_utf8_lossy(&answer))
        .with_context(|| format!("{method} {path}: no HTTP answer"))
}

fn parse(answer: &str) -> Option<Reply> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_its_body() {
        let reply = parse("HTTP/1.0 201 Created\r\nA: b\r\n\r\n{}\r\n\r\n").unwrap();
        assert_eq!(reply, Reply { status: 201, body: "{}\r\n\r\n".into() });
        assert_eq!(parse("HTTP/1.1 200 OK\r\n"), None);
        assert_eq!(parse(""), None);
    }
}

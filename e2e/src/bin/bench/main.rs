//! The measurements of `./dev bench`: the first argument names one.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]
#![expect(clippy::unwrap_used, reason = "a measurement that goes wrong is none")]

mod figures;
mod known;
mod languages;
mod queue;
mod sandbox;
mod waiting;

use e2e::plain;

#[tokio::main]
async fn main() {
    if plain::served() || queue::served().await {
        return;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["known"] => known::measure().await,
        ["languages"] => languages::measure().await,
        ["queue"] => queue::measure(None).await,
        ["queue", part] => queue::measure(Some(part)).await,
        ["sandbox"] => sandbox::measure().await,
        ["waiting"] => waiting::measure().await,
        _ => panic!("there is no such measurement: {arguments:?}"),
    }
}

//! `GET /api/languages`: what can be submitted.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// A language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LanguageBody {
    #[schema(example = "python")]
    name: String,
    #[schema(example = "Python")]
    display_name: String,
    /// What the interpreter or compiler says of itself; null while no worker serves it.
    #[schema(example = "Python 3.13.5")]
    version: Option<String>,
    /// The main file: where `code` goes, and what a submission without `code` has among its `files`.
    #[schema(example = "main.py")]
    source_file: String,
    /// Other names for `lang`.
    aliases: Vec<String>,
    /// Whether a living worker serves it.
    available: bool,
    /// A program that prints `Hello, World!`.
    hello: String,
}

/// List the languages.
#[utoipa::path(
    get,
    path = "/api/languages",
    tag = "languages",
    responses((status = 200, description = "All languages, by name", body = Vec<LanguageBody>))
)]
pub(crate) async fn languages(State(app): State<App>) -> Json<Vec<LanguageBody>> {
    let served = app.queue.served_languages().await.unwrap_or_else(|error| {
        tracing::warn!(error = ?error, "cannot tell which languages are served");
        Default::default()
    });
    let languages = app.languages.iter().map(|language| LanguageBody {
        name: language.name.clone(),
        display_name: language.display_name.clone(),
        version: served.get(&language.name).cloned(),
        source_file: language.source_file.clone(),
        aliases: language.aliases.clone(),
        available: served.contains_key(&language.name),
        hello: language.hello.clone(),
    });
    Json(languages.collect())
}

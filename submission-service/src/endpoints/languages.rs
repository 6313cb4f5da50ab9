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
    /// What the interpreter or compiler says of itself; null where its image was not built.
    #[schema(example = "Python 3.13.5")]
    version: Option<String>,
    /// The main file: where `code` goes, and what a submission without `code` has among its `files`.
    #[schema(example = "main.py")]
    source_file: String,
    /// Other names for `lang`, with and without the version.
    aliases: Vec<String>,
    /// Whether a worker serves it; if none does, submissions in it are refused.
    available: bool,
    /// A program that prints `Hello, World!`.
    hello: String,
}

/// List the languages.
#[utoipa::path(
    get,
    path = "/api/languages",
    tag = "languages",
    responses((status = 200, description = "The languages that workers know, by name", body = Vec<LanguageBody>))
)]
pub(crate) async fn languages(State(app): State<App>) -> Json<Vec<LanguageBody>> {
    let known = app.catalogue.latest().await;
    let languages = known.iter().map(|(language, version)| LanguageBody {
        name: language.name.clone(),
        display_name: language.display_name.clone(),
        version: version.map(str::to_owned),
        source_file: language.source_file.clone(),
        aliases: language.names().filter(|name| *name != language.name).collect(),
        available: known.serves(&language.name),
        hello: language.hello.clone(),
    });
    Json(languages.collect())
}

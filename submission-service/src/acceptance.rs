//! From what a client sent to a submission that can be stored: the only checks there are.

use serde::Deserialize;
use shared::language::Languages;
use shared::program::Program;
use shared::queue::QueueError;
use shared::submission::{NewSubmission, SubmissionId};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;

/// A program to execute.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SubmitRequest {
    /// The source text.
    #[schema(example = "print(input()[::-1])")]
    code: String,
    /// A language's name or alias, as `GET /api/languages` lists them.
    #[schema(example = "python")]
    lang: String,
    /// What the program reads on its stdin.
    #[serde(default)]
    #[schema(example = "hello")]
    std_input: Option<String>,
}

impl SubmitRequest {
    /// A request from its parts.
    pub(crate) fn new(code: String, lang: String, std_input: Option<String>) -> Self {
        Self { code, lang, std_input }
    }

    /// Checks the request against the languages there are.
    fn parse(self, languages: &Languages) -> Result<NewSubmission, ApiError> {
        if self.code.is_empty() {
            return Err(ApiError::InvalidField("`code` is empty".into()));
        }
        let Some(language) = languages.find(&self.lang) else {
            return Err(ApiError::UnknownLanguage(shortened(&self.lang)));
        };
        let program = Program {
            lang: language.name.clone(),
            code: self.code,
            std_input: self.std_input,
            ..Program::default()
        };
        Ok(NewSubmission { id: SubmissionId::new(), program })
    }
}

/// Checks, stores and queues a submission. When this returns an id, the submission is never lost.
pub(crate) async fn accept(app: &App, request: SubmitRequest) -> Result<SubmissionId, ApiError> {
    let new = request.parse(&app.languages)?;
    let id = new.id;
    match app.queue.is_full().await {
        Ok(true) => return Err(ApiError::QueueFull),
        Ok(false) => {}
        Err(error) => note_queue_failure(id, &error),
    }
    app.store.insert(&new).await?;
    // Whatever happens to the queue now, the reconciler finds the submission in the store.
    match app.queue.enqueue(id).await {
        Ok(_) => {}
        Err(error) => note_queue_failure(id, &error),
    }
    let lang = &new.program.lang;
    app.metrics.count_accepted(lang);
    tracing::info!(submission.id = %id, lang, "submission accepted");
    Ok(id)
}

fn note_queue_failure(id: SubmissionId, error: &QueueError) {
    tracing::warn!(submission.id = %id, error = ?error, "queue is away");
}

/// What a client called a language, short enough to repeat in an answer.
fn shortened(lang: &str) -> String {
    const MAX_CHARS: usize = 64;
    match lang.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &lang[..end]),
        None => lang.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_repeated_only_in_part() {
        assert_eq!(shortened("klingon"), "klingon");
        let long = shortened(&"ä".repeat(10_000));
        assert_eq!(long.chars().count(), 65);
    }

    #[test]
    fn an_unknown_language_and_an_empty_program_are_refused() {
        let languages = Languages::default();
        let request = |code: &str| SubmitRequest::new(code.into(), "cobol".into(), None);
        assert!(matches!(
            request("x").parse(&languages),
            Err(ApiError::UnknownLanguage(lang)) if lang == "cobol"
        ));
        assert!(matches!(request("").parse(&languages), Err(ApiError::InvalidField(_))));
    }
}

//! What is shown of one step: what it wrote, how it ended, what it used.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use shared::outcome::{Output, StepOutcome};
use utoipa::ToSchema;

/// One step: a compilation, a run, or the run with one test.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StepBody {
    /// What it wrote to stdout; bytes that are not UTF-8 are replaced.
    pub(super) std_output: String,
    /// What it wrote to stderr; bytes that are not UTF-8 are replaced.
    pub(super) std_error: String,
    /// Its exit code, if it exited.
    pub(super) exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    pub(super) signal: Option<i32>,
    /// Wall time, in milliseconds.
    pub(super) wall_ms: i64,
    /// User and system CPU time, in milliseconds.
    pub(super) cpu_ms: i64,
    /// Peak memory, in bytes.
    pub(super) memory_bytes: i64,
    /// `stdOutput` is only the beginning of what was written.
    pub(super) std_output_truncated: bool,
    /// `stdError` is only the beginning of what was written.
    pub(super) std_error_truncated: bool,
    /// The bytes of stdout, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) std_output_base64: Option<String>,
    /// The bytes of stderr, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) std_error_base64: Option<String>,
}

impl From<&StepOutcome> for StepBody {
    fn from(step: &StepOutcome) -> Self {
        let output = Text::from(&step.std_output);
        Self {
            std_output: output.text,
            exit_code: step.exit_code,
            signal: step.signal,
            wall_ms: step.wall_ms,
            cpu_ms: step.cpu_ms,
            memory_bytes: step.memory_bytes,
            std_output_truncated: output.truncated,
            std_output_base64: output.base64,
            ..Self::only_std_error(step)
        }
    }
}

impl StepBody {
    /// Of a step, nothing but what it wrote to stderr.
    pub(super) fn only_std_error(step: &StepOutcome) -> Self {
        let error = Text::from(&step.std_error);
        Self {
            std_error: error.text,
            std_error_truncated: error.truncated,
            std_error_base64: error.base64,
            ..Self::default()
        }
    }
}

/// Output as JSON can carry it.
#[derive(Debug, PartialEq, Eq)]
struct Text {
    text: String,
    base64: Option<String>,
    truncated: bool,
}

impl From<&Output> for Text {
    fn from(output: &Output) -> Self {
        let truncated = output.truncated;
        match std::str::from_utf8(&output.bytes) {
            Ok(text) => Self { text: text.to_owned(), base64: None, truncated },
            // Only the cut went through a character: the text before it is whole.
            Err(error) if truncated && error.error_len().is_none() => {
                let whole = &output.bytes[..error.valid_up_to()];
                Self { text: String::from_utf8_lossy(whole).into_owned(), base64: None, truncated }
            }
            Err(_) => Self {
                text: String::from_utf8_lossy(&output.bytes).into_owned(),
                base64: Some(BASE64.encode(&output.bytes)),
                truncated,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("hé".as_bytes(), false, "hé", false)]
    #[case::cut_inside_a_character("h\u{e9}".as_bytes().split_last().unwrap().1, true, "h", false)]
    #[case::not_cut_but_incomplete("h\u{e9}".as_bytes().split_last().unwrap().1, false, "h\u{fffd}", true)]
    #[case::not_utf8(&[b'a', 0xff, b'b'], true, "a\u{fffd}b", true)]
    fn output_is_text_where_it_can_be(
        #[case] bytes: &[u8],
        #[case] truncated: bool,
        #[case] text: &str,
        #[case] base64: bool,
    ) {
        let shown = Text::from(&Output { bytes: bytes.to_vec(), truncated });
        assert_eq!(shown.text, text);
        assert_eq!(shown.base64, base64.then(|| BASE64.encode(bytes)));
    }
}

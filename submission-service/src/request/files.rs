//! A submission's files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use shared::program::{FilePath, MAX_FILES, ProgramFile, collision};
use utoipa::ToSchema;

use super::refuse;
use crate::error::ApiError;

/// One file, as it is sent in and handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FileBody {
    /// Where it is, inside the work directory.
    #[schema(example = "src/greeting.py")]
    path: String,
    /// Its contents.
    #[schema(example = "def greet(): print('hello')\n")]
    content: String,
    /// How `content` is to be read; `utf8` where nothing is said.
    encoding: Option<Encoding>,
}

/// How a file's bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Encoding {
    /// As they are.
    Utf8,
    /// In the standard alphabet, with padding.
    Base64,
}

impl From<&ProgramFile> for FileBody {
    fn from(file: &ProgramFile) -> Self {
        let (content, encoding) = match std::str::from_utf8(&file.contents) {
            Ok(text) => (text.to_owned(), Encoding::Utf8),
            Err(_) => (BASE64.encode(&file.contents), Encoding::Base64),
        };
        Self { path: file.path.to_string(), content, encoding: Some(encoding) }
    }
}

/// The files, each with a place inside the work directory.
pub(super) fn parse(files: Vec<FileBody>) -> Result<Vec<ProgramFile>, ApiError> {
    if files.len() > MAX_FILES {
        return refuse(format!("`files` has more than {MAX_FILES} entries"));
    }
    files.into_iter().enumerate().map(|(index, file)| parse_file(index, file)).collect()
}

fn parse_file(index: usize, file: FileBody) -> Result<ProgramFile, ApiError> {
    let path = match FilePath::try_from(file.path) {
        Ok(path) => path,
        Err(error) => {
            return refuse(format!("`files[{index}].path` cannot be used: {error}"));
        }
    };
    let contents = match file.encoding {
        None | Some(Encoding::Utf8) => file.content.into_bytes(),
        Some(Encoding::Base64) => match BASE64.decode(file.content) {
            Ok(contents) => contents,
            Err(error) => {
                return refuse(format!("`files[{index}].content` is not base64: {error}"));
            }
        },
    };
    Ok(ProgramFile { path, contents })
}

/// Whether there is a main file, and a place for every file.
pub(super) fn check_places(
    source_file: &str,
    code: &str,
    files: &[ProgramFile],
) -> Result<(), ApiError> {
    let given = || files.iter().map(|file| file.path.as_str());
    if code.is_empty() && !given().any(|path| path == source_file) {
        return refuse(format!(
            "`code` is empty, and `{source_file}`, which would be the program, is not among `files`"
        ));
    }
    let from_code = (!code.is_empty()).then_some(source_file);
    match collision(given().chain(from_code)) {
        None => Ok(()),
        Some(path) if from_code == Some(path) => {
            refuse(format!("`files`: `{path}` is where `code` goes; send one of the two"))
        }
        Some(path) => refuse(format!(
            "`files`: `{path}` is there twice, or is both a file and another file's directory"
        )),
    }
}

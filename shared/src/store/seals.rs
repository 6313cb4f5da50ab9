//! Encryption at rest: what clients send and what programs print can be sealed before MongoDB gets it.
//!
//! A sealed part of a document has its whole under `sealed`, as BSON, encrypted by XChaCha20-Poly1305
//! with a nonce of its own, and bound to its place: it can be neither read nor moved to another
//! submission. Beside that it keeps, in the clear, what the store itself needs: the language, the verdict
//! and the figures. What was stored without keys stays readable.
//!
//! The first key seals; all of them open. Whichever key a database is sealed with is noted in it, so that
//! a process that could not read what others write does not start.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bson::raw::{RawDocument, RawDocumentBuf, cstr};
use bson::spec::BinarySubtype;
use bson::{Binary, doc, rawdoc};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use mongodb::Collection;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::mongo::Mongo;
use crate::outcome::Outcome;
use crate::program::Program;
use crate::submission::SubmissionId;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const MAX_NAME_CHARS: usize = 32;

/// In place of a key: nothing is sealed from now on.
const NONE: &str = "none";

/// Where the key is noted with which a database is sealed.
const NOTED: &str = "seals";
const NOTE: &str = "note";

/// Seals and opens; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Seals(Arc<Keys>);

#[derive(Default)]
struct Keys {
    all: Vec<Key>,
    /// Whether the first of them seals.
    seal: bool,
}

struct Key {
    name: String,
    cipher: XChaCha20Poly1305,
}

/// What stands in place of a sealed whole.
#[derive(Serialize, Deserialize)]
struct Sealed {
    /// The key's name.
    key: String,
    nonce: Binary,
    text: Binary,
}

/// The place of a sealed part, to which it is bound.
#[derive(Clone, Copy)]
struct Place<'a> {
    part: &'static str,
    id: &'a str,
}

impl Place<'_> {
    fn bytes(self) -> Vec<u8> {
        format!("{} {}", self.part, self.id).into_bytes()
    }
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.all.iter().map(|key| &key.name);
        f.debug_list().entries(names).finish()
    }
}

impl Seals {
    /// Reads the keys of the settings: `name:key`, separated by commas, each key 32 bytes in base64.
    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        let mut keys = Keys { all: Vec::new(), seal: true };
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        for (nth, word) in words.enumerate() {
            if nth == 0 && word == NONE {
                keys.seal = false;
                continue;
            }
            // The word itself is a secret.
            let refused = |why: &str| StoreError::Keys(format!("key {}: {why}", nth + 1));
            let (name, key) =
                word.split_once(':').ok_or_else(|| refused("it is not `name:base64`"))?;
            let is_name = (1..=MAX_NAME_CHARS).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !is_name || name == NONE {
                return Err(refused("its name must be 1 to 32 letters, digits, `-`, `_` and `.`"));
            }
            if keys.all.iter().any(|key| key.name == name) {
                return Err(refused("another has its name"));
            }
            let cipher = STANDARD
                .decode(key)
                .ok()
                .filter(|key| key.len() == KEY_BYTES)
                .and_then(|key| XChaCha20Poly1305::new_from_slice(&key).ok())
                .ok_or_else(|| refused("it is not 32 bytes in base64"))?;
            keys.all.push(Key { name: name.to_owned(), cipher });
        }
        Ok(Self(Arc::new(keys)))
    }

    /// A submission's program, as it is to be stored.
    pub(super) fn program(
        &self,
        id: SubmissionId,
        program: &Program,
    ) -> Result<RawDocumentBuf, StoreError> {
        let rest = || Program { lang: program.lang.clone(), ..Program::default() };
        self.close(Place { part: "program", id: &id.to_string() }, program, rest)
    }

    /// Reads it again.
    pub(super) fn open_program(
        &self,
        id: SubmissionId,
        stored: &RawDocument,
    ) -> Result<Program, StoreError> {
        self.open(Place { part: "program", id: &id.to_string() }, stored)
    }

    /// A submission's outcome, as it is to be stored.
    pub(super) fn outcome(
        &self,
        id: SubmissionId,
        outcome: &Outcome,
    ) -> Result<RawDocumentBuf, StoreError> {
        let place = Place { part: "outcome", id: &id.to_string() };
        self.close(place, outcome, || outcome.without_contents())
    }

    /// Reads it again.
    pub(super) fn open_outcome(
        &self,
        id: SubmissionId,
        stored: &RawDocument,
    ) -> Result<Outcome, StoreError> {
        self.open(Place { part: "outcome", id: &id.to_string() }, stored)
    }

    /// A result that may be given again, as it is to be stored under its name.
    pub(super) fn result(
        &self,
        name: &str,
        outcome: &Outcome,
    ) -> Result<RawDocumentBuf, StoreError> {
        self.close(Place { part: "result", id: name }, outcome, || outcome.without_contents())
    }

    /// Reads it again.
    pub(super) fn open_result(
        &self,
        name: &str,
        stored: &RawDocument,
    ) -> Result<Outcome, StoreError> {
        self.open(Place { part: "result", id: name }, stored)
    }

    /// Makes sure that what this database is sealed with can be opened, and notes what it is sealed with
    /// from now on.
    pub(super) async fn check(&self, mongo: &Mongo) -> Result<(), StoreError> {
        let notes: Collection<RawDocumentBuf> = mongo.database.collection(NOTED);
        let place = Place { part: "note", id: NOTE };
        let found = mongo.bounded(notes.find_one(doc! { "_id": NOTE })).await?;
        let noted = found.as_ref().map(|found| sealed_in(place, found)).transpose()?.flatten();
        if let Some(noted) = &noted {
            self.text_of(place, noted)?;
        }
        let seals = self.sealing().map(|key| &key.name);
        if noted.as_ref().map(|noted| &noted.key) == seals {
            return Ok(());
        }
        let by_id = doc! { "_id": NOTE };
        if seals.is_none() {
            return mongo.bounded(notes.delete_one(by_id)).await.map(drop);
        }
        let rest = || rawdoc! { "_id": NOTE };
        let note = self.close(place, &rest(), rest)?;
        mongo.bounded(notes.replace_one(by_id, note).upsert(true)).await.map(drop)
    }

    fn sealing(&self) -> Option<&Key> {
        self.0.all.first().filter(|_| self.0.seal)
    }

    /// The whole as it is, or sealed beside the rest of it.
    fn close<T: Serialize>(
        &self,
        place: Place<'_>,
        whole: &T,
        rest: impl FnOnce() -> T,
    ) -> Result<RawDocumentBuf, StoreError> {
        let stored = |value: &T| {
            bson::serialize_to_raw_document_buf(value).map_err(|source| unreadable(place, source))
        };
        let whole = stored(whole)?;
        let Some(key) = self.sealing() else { return Ok(whole) };
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| failed(place, "there is no randomness"))?;
        let payload = Payload { msg: whole.as_bytes(), aad: &place.bytes() };
        let text = key
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| failed(place, "it cannot be sealed"))?;
        let sealed =
            Sealed { key: key.name.clone(), nonce: binary(nonce.to_vec()), text: binary(text) };
        let sealed = bson::serialize_to_raw_document_buf(&sealed)
            .map_err(|source| unreadable(place, source))?;
        let mut document = stored(&rest())?;
        document.append(cstr!("sealed"), sealed);
        Ok(document)
    }

    fn open<T: DeserializeOwned>(
        &self,
        place: Place<'_>,
        stored: &RawDocument,
    ) -> Result<T, StoreError> {
        let read = |bytes: &[u8]| {
            bson::deserialize_from_slice(bytes).map_err(|source| unreadable(place, source))
        };
        match sealed_in(place, stored)? {
            None => read(stored.as_bytes()),
            Some(sealed) => read(&self.text_of(place, &sealed)?),
        }
    }

    fn text_of(&self, place: Place<'_>, sealed: &Sealed) -> Result<Vec<u8>, StoreError> {
        let key = self.0.all.iter().find(|key| key.name == sealed.key).ok_or_else(|| {
            failed(place, &format!("it is sealed with the key `{}`, which is not here", sealed.key))
        })?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(sealed.nonce.bytes.as_slice())
            .map_err(|_| failed(place, "its nonce is none"))?;
        let payload = Payload { msg: &sealed.text.bytes, aad: &place.bytes() };
        key.cipher
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| failed(place, &format!("the key `{}` does not open it", sealed.key)))
    }
}

fn sealed_in(place: Place<'_>, stored: &RawDocument) -> Result<Option<Sealed>, StoreError> {
    let found = stored.get("sealed").map_err(|_| failed(place, "it is no document"))?;
    let Some(sealed) = found.and_then(|found| found.as_document()) else { return Ok(None) };
    bson::deserialize_from_slice(sealed.as_bytes())
        .map(Some)
        .map_err(|source| unreadable(place, source))
}

fn binary(bytes: Vec<u8>) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes }
}

fn unreadable(place: Place<'_>, source: bson::error::Error) -> StoreError {
    StoreError::Unreadable { id: place.id.to_owned(), source }
}

fn failed(place: Place<'_>, why: &str) -> StoreError {
    StoreError::Keys(format!("the {} of {}: {why}", place.part, place.id))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::outcome::{Output, StepOutcome, Verdict};

    const OLD: &str = "old:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "new:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

    fn seals(text: &str) -> Seals {
        Seals::parse(text).unwrap()
    }

    fn program() -> Program {
        let code = "print('a secret')".to_owned();
        let std_input = Some("a secret, too".to_owned());
        Program { lang: "python".into(), code, std_input, ..Program::default() }
    }

    fn outcome() -> Outcome {
        let bytes = b"a secret".to_vec();
        let run = StepOutcome {
            std_output: Output { bytes, truncated: false },
            wall_ms: 7,
            ..StepOutcome::default()
        };
        Outcome { run: Some(run), ..Outcome::new(Verdict::Success) }
    }

    fn has_secret(stored: &RawDocument) -> bool {
        stored.as_bytes().windows(8).any(|window| window == b"a secret")
    }

    #[test]
    fn without_keys_all_is_stored_as_it_is() {
        let id = SubmissionId::new();
        let stored = Seals::default().program(id, &program()).unwrap();
        assert!(has_secret(&stored));
        assert_eq!(Seals::default().open_program(id, &stored).unwrap(), program());
        assert_eq!(seals(OLD).open_program(id, &stored).unwrap(), program(), "and stays readable");
    }

    #[test]
    fn what_is_sealed_keeps_only_what_the_store_needs() {
        let (id, old) = (SubmissionId::new(), seals(OLD));
        let stored = old.program(id, &program()).unwrap();
        assert!(!has_secret(&stored));
        assert_eq!(stored.get_str("lang").unwrap(), "python");
        assert_eq!(old.open_program(id, &stored).unwrap(), program());
        let stored = old.outcome(id, &outcome()).unwrap();
        assert!(!has_secret(&stored));
        assert_eq!(stored.get_document("run").unwrap().get_i64("wallMs").unwrap(), 7);
        assert_eq!(old.open_outcome(id, &stored).unwrap(), outcome());
        let again = old.outcome(id, &outcome()).unwrap();
        assert_ne!(stored, again, "each has a nonce of its own");
    }

    #[rstest]
    #[case::both(&format!("{NEW},{OLD}"), true)]
    #[case::both_the_other_way_round(&format!("{OLD} , {NEW}"), true)]
    #[case::only_to_open(&format!("none,{OLD}"), true)]
    #[case::other_key(NEW, false)]
    #[case::other_key_of_the_same_name(&NEW.replace("new", "old"), false)]
    #[case::none("", false)]
    fn only_who_has_the_key_opens_it(#[case] keys: &str, #[case] opens: bool) {
        let id = SubmissionId::new();
        let stored = seals(OLD).outcome(id, &outcome()).unwrap();
        assert_eq!(seals(keys).open_outcome(id, &stored).is_ok(), opens);
    }

    #[test]
    fn it_can_be_neither_moved_nor_changed() {
        let (id, old) = (SubmissionId::new(), seals(OLD));
        let stored = old.outcome(id, &outcome()).unwrap();
        assert!(old.open_outcome(SubmissionId::new(), &stored).is_err());
        assert!(old.open_result(&id.to_string(), &stored).is_err());
        let mut bytes = stored.into_bytes();
        let place = bytes.len() - 5;
        bytes[place] ^= 1;
        let changed = RawDocumentBuf::from_bytes(bytes).unwrap();
        assert!(old.open_outcome(id, &changed).is_err());
    }

    #[rstest]
    #[case::no_name("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    #[case::empty_name(":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    #[case::odd_name("a/b:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    #[case::reserved_name("none:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    #[case::short("a:AAECAwQ=")]
    #[case::no_base64("a:???")]
    #[case::twice(&format!("{OLD},{OLD}"))]
    #[case::none_later(&format!("{OLD},none"))]
    fn what_is_no_key_is_refused_and_not_told(#[case] keys: &str) {
        let error = Seals::parse(keys).unwrap_err().to_string();
        assert!(!error.contains("AAECAwQ"), "{error}");
        assert!(!format!("{:?}", seals(OLD)).contains("AAECAwQ"));
    }
}

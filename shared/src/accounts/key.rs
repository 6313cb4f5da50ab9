//! API keys: how they look, what is stored of them, and whether one is good.
//!
//! A key is `alk_<id>_<secret>`: 16 and 43 letters and digits, the latter with 256 random bits. Only
//! its SHA-256 is stored, which for that much randomness is as good as any slower hash. Whatever is
//! wrong with a key, the same work is done before it is refused.

use std::fmt;

use bson::DateTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Holder;
use crate::settings::Secret;

const PREFIX: &str = "alk_";
const ID_CHARS: usize = 16;
const SECRET_CHARS: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Of what claims to be a key, what is looked at, in bytes.
const MAX_PRESENTED_BYTES: usize = 256;

/// The name of no key: what is looked for where none was presented.
const NO_KEY: &str = "";

/// The part of a key that names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KeyId {
    type Error = InvalidKeyId;

    fn try_from(text: String) -> Result<Self, InvalidKeyId> {
        match is_base62(&text, ID_CHARS) {
            true => Ok(Self(text)),
            false => Err(InvalidKeyId),
        }
    }
}

/// Text that names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key's name is 16 letters and digits")]
pub struct InvalidKeyId;

/// The SHA-256 of a key, in hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash(String);

impl KeyHash {
    fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A key that was just made: the only time that it can be shown.
#[derive(Debug)]
pub struct NewKey {
    /// Its name.
    pub id: KeyId,
    /// What is stored of it.
    pub hash: KeyHash,
    /// The key itself.
    pub key: Secret,
}

impl NewKey {
    /// A key that nobody else has. Fails where the system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let (id, secret) = (random(ID_CHARS)?, random(SECRET_CHARS)?);
        let key = format!("{PREFIX}{id}_{secret}");
        Ok(Self { id: KeyId(id), hash: KeyHash::of(key.as_bytes()), key: Secret::from(key) })
    }
}

/// What a client presents as its key.
#[derive(Debug, Clone)]
pub struct Presented {
    id: KeyId,
    hash: KeyHash,
}

impl Presented {
    /// Of what was sent, if anything was. What cannot be a key is looked for like one, and not found.
    pub fn of(sent: Option<&[u8]>) -> Self {
        let sent = sent.unwrap_or_default();
        let looked_at = &sent[..sent.len().min(MAX_PRESENTED_BYTES)];
        let id = std::str::from_utf8(sent).ok().and_then(id_in).unwrap_or(NO_KEY);
        Self { id: KeyId(id.to_owned()), hash: KeyHash::of(looked_at) }
    }

    /// The key to look for.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// Whose it is, if it is the key that was found under its name, and good now.
    pub fn check(&self, found: Option<Holder>, now: DateTime) -> Option<Holder> {
        let nobody = KeyHash("0".repeat(64));
        let is_it = self.hash.is(found.as_ref().map_or(&nobody, |holder| &holder.key.hash));
        let is_good = found.as_ref().is_some_and(|holder| is_good(holder, now));
        found.filter(|_| is_it & is_good)
    }
}

fn is_good(holder: &Holder, now: DateTime) -> bool {
    let Holder { key, user, organisation } = holder;
    let expired = key.expires_at.is_some_and(|at| at <= now);
    !(key.revoked_at.is_some() | expired | user.disabled | organisation.disabled)
}

fn id_in(sent: &str) -> Option<&str> {
    let (id, secret) = sent.strip_prefix(PREFIX)?.split_once('_')?;
    (is_base62(id, ID_CHARS) && is_base62(secret, SECRET_CHARS)).then_some(id)
}

fn is_base62(text: &str, chars: usize) -> bool {
    text.len() == chars && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Letters and digits, each as likely as any other.
fn random(chars: usize) -> Result<String, getrandom::Error> {
    /// What is above would make the first ones of the alphabet more likely.
    const FAIR: u8 = 248;
    let mut text = String::with_capacity(chars);
    let mut bytes = [0; 64];
    while text.len() < chars {
        getrandom::fill(&mut bytes)?;
        let fair = bytes.into_iter().filter(|byte| *byte < FAIR);
        let letters = fair.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        text.extend(letters.take(chars - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use rstest::rstest;

    use super::super::{Key, Organisation, User};
    use super::*;

    fn at(ms: i64) -> DateTime {
        DateTime::from_millis(ms)
    }

    fn holder(new: &NewKey) -> Holder {
        let (organisation, user): (crate::placement::Tenant, crate::placement::UserName) =
            ("acme".parse().unwrap(), "ann".parse().unwrap());
        Holder {
            key: Key {
                id: new.id.clone(),
                organisation: organisation.clone(),
                user: user.clone(),
                label: None,
                hash: new.hash.clone(),
                scopes: BTreeSet::new(),
                requests_per_minute: None,
                created_at: at(0),
                expires_at: None,
                last_used_at: None,
                revoked_at: None,
            },
            user: User {
                organisation: organisation.clone(),
                name: user,
                policy: Default::default(),
                disabled: false,
                created_at: at(0),
                version: 0,
            },
            organisation: Organisation {
                name: organisation,
                policy: Default::default(),
                disabled: false,
                created_at: at(0),
                version: 0,
            },
        }
    }

    #[test]
    fn keys_have_one_form_and_are_never_the_same() {
        let keys: Vec<NewKey> = (0..100).map(|_| NewKey::generate().unwrap()).collect();
        for new in &keys {
            let text = new.key.expose();
            assert_eq!(text.len(), 4 + 16 + 1 + 43, "{text}");
            let presented = Presented::of(Some(text.as_bytes()));
            assert_eq!(presented.id(), &new.id);
            assert!(presented.check(Some(holder(new)), at(0)).is_some());
            assert!(!format!("{new:?}").contains(text), "and are not printed");
        }
        let different: HashSet<&str> = keys.iter().map(|new| new.key.expose()).collect();
        assert_eq!(different.len(), keys.len());
        assert!(different.iter().all(|key| !key.contains(keys[0].hash.0.as_str())));
    }

    type Change = fn(&mut Holder);

    #[rstest]
    #[case::good(|_: &mut Holder| {}, true)]
    #[case::expires_later(|holder: &mut Holder| holder.key.expires_at = Some(at(1001)), true)]
    #[case::expires_now(|holder: &mut Holder| holder.key.expires_at = Some(at(1000)), false)]
    #[case::expired(|holder: &mut Holder| holder.key.expires_at = Some(at(1)), false)]
    #[case::revoked(|holder: &mut Holder| holder.key.revoked_at = Some(at(1)), false)]
    #[case::user_disabled(|holder: &mut Holder| holder.user.disabled = true, false)]
    #[case::organisation_disabled(|holder: &mut Holder| holder.organisation.disabled = true, false)]
    #[case::another(|holder: &mut Holder| holder.key.hash = KeyHash::of(b"another"), false)]
    fn a_key_is_good_until_somebody_says_otherwise(#[case] change: Change, #[case] good: bool) {
        let new = NewKey::generate().unwrap();
        let mut found = holder(&new);
        change(&mut found);
        let presented = Presented::of(Some(new.key.expose().as_bytes()));
        assert_eq!(presented.check(Some(found), at(1000)).is_some(), good);
    }

    #[rstest]
    #[case::none(None)]
    #[case::empty(Some(""))]
    #[case::other_prefix(Some("sk__0123456789abcdef_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"))]
    #[case::short_id(Some("alk_0123456789abcde_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"))]
    #[case::short_secret(Some("alk_0123456789abcdef_0123456789abcdefghijklmnopqrstuvwxyzABCDEF"))]
    #[case::long_secret(Some("alk_0123456789abcdef_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"))]
    #[case::other_letters(Some(
        "alk_0123456789abcdef_0123456789abcdefghijklmnopqrstuvwxyzABCDE-é"
    ))]
    #[case::no_secret(Some("alk_0123456789abcdef"))]
    fn what_is_no_key_is_looked_for_under_no_name(#[case] sent: Option<&str>) {
        let presented = Presented::of(sent.map(str::as_bytes));
        assert_eq!(presented.id().as_str(), NO_KEY);
        assert_eq!(presented.check(None, at(0)), None);
        assert!(KeyId::try_from(NO_KEY.to_owned()).is_err());
    }

    #[test]
    fn a_key_with_another_s_secret_is_refused() {
        let (mine, other) = (NewKey::generate().unwrap(), NewKey::generate().unwrap());
        let secret = other.key.expose().rsplit('_').next().unwrap();
        let forged = format!("alk_{}_{secret}", mine.id);
        let presented = Presented::of(Some(forged.as_bytes()));
        assert_eq!(presented.id(), &mine.id);
        assert_eq!(presented.check(Some(holder(&mine)), at(0)), None);
    }
}

//! The two secrets of a region, and the pseudonyms made with one of them.
//!
//! Whoever has the sealing key reads identities; whoever has the pseudonym key can test whether a
//! given ID number is among the data. Lost keys cannot be had back: identity files stay closed, and
//! the same person gets another pseudonym.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use sm3::Sm3;
use yizheng_pack::identifiers;

use crate::hex;

/// Bytes of a key.
pub const KEY_LENGTH: usize = 32;

/// The two secrets. Never printed: `Debug` shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub(crate) sealing: [u8; KEY_LENGTH],
    pseudonym: [u8; KEY_LENGTH],
}

/// A key file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// Not the format of [`Keys::to_text`].
    #[error("the key file is not readable: {0}")]
    Format(String),
    /// A key of another length, or not hexadecimal.
    #[error("`{0}` in the key file is not 64 hexadecimal digits")]
    Length(&'static str),
    /// One key for both purposes, or a key of zeros.
    #[error("the two keys in the key file must be different and random")]
    Weak,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysText {
    sealing: String,
    pseudonym: String,
}

impl Keys {
    /// New keys from a source of randomness fit for secrets.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut keys = Self { sealing: [0; KEY_LENGTH], pseudonym: [0; KEY_LENGTH] };
        rng.fill_bytes(&mut keys.sealing);
        rng.fill_bytes(&mut keys.pseudonym);
        keys
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// When it is not what [`Keys::to_text`] writes.
    pub fn from_text(text: &str) -> Result<Self, KeysError> {
        let text: KeysText = serde_json::from_str(text).map_err(|e| KeysError::Format(e.to_string()))?;
        let sealing = hex::decode(&text.sealing).ok_or(KeysError::Length("sealing"))?;
        let pseudonym = hex::decode(&text.pseudonym).ok_or(KeysError::Length("pseudonym"))?;
        let zeros = [0; KEY_LENGTH];
        if sealing == pseudonym || sealing == zeros || pseudonym == zeros {
            return Err(KeysError::Weak);
        }
        Ok(Self { sealing, pseudonym })
    }

    /// The text of a key file: JSON with both keys in hexadecimal. The caller keeps it from others.
    pub fn to_text(&self) -> String {
        format!(
            "{{\n  \"sealing\": \"{}\",\n  \"pseudonym\": \"{}\"\n}}\n",
            hex::encode(&self.sealing),
            hex::encode(&self.pseudonym)
        )
    }

    pub(crate) fn pseudonyms(&self) -> Pseudonyms {
        Pseudonyms::new(&self.pseudonym)
    }

    /// Tells these keys from others without giving them away.
    pub(crate) fn fingerprint(&self) -> String {
        let of = |key| Pseudonyms::new(key).digest(&["which key is this"]);
        format!("{}{}", of(&self.sealing), of(&self.pseudonym))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// What is known of who a row is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    /// Kind and number of the document; the kind may be unknown.
    pub document: Option<&'a str>,
    pub number: Option<&'a str>,
    /// The institution's own record number.
    pub record: Option<&'a str>,
    pub institution: &'a str,
    /// Names the row where nothing else names the person.
    pub submission: &'a str,
    pub row: i64,
}

/// Makes pseudonyms; the key is worked in once.
#[derive(Clone)]
pub(crate) struct Pseudonyms {
    mac: Hmac<Sm3>,
}

/// A pseudonym's length: 128 bits, 32 hexadecimal digits.
const PSEUDONYM_BYTES: usize = 16;

impl Pseudonyms {
    fn new(key: &[u8; KEY_LENGTH]) -> Self {
        // HMAC itself fills a shorter key with zeros to the digest's block of 64 bytes.
        let mut block = [0; 64];
        for (slot, byte) in block.iter_mut().zip(key) {
            *slot = *byte;
        }
        Self { mac: Hmac::new(&block.into()) }
    }

    /// The same person by the same document gets the same pseudonym everywhere; without a document
    /// number the institution's record number stands in, and strangers of two institutions are never
    /// taken for one; without that each row is a person of its own.
    pub fn of(&self, who: Who<'_>) -> String {
        match (known(who.number), known(who.record)) {
            (Some(number), _) => match citizen_number(number) {
                Some(citizen) => self.digest(&["citizen", &citizen]),
                None => {
                    let kind = who.document.unwrap_or_default().trim();
                    self.digest(&["document", kind, &number.to_uppercase()])
                }
            },
            (None, Some(record)) => self.digest(&["record", who.institution, record]),
            (None, None) => self.digest(&["row", who.institution, who.submission, &who.row.to_string()]),
        }
    }

    pub(crate) fn digest(&self, pieces: &[&str]) -> String {
        let mut mac = self.mac.clone();
        for piece in pieces {
            // The length keeps "ab" + "c" apart from "a" + "bc".
            mac.update(&(piece.len() as u64).to_be_bytes());
            mac.update(piece.as_bytes());
        }
        let digest = mac.finalize().into_bytes();
        hex::encode(digest.get(..PSEUDONYM_BYTES).unwrap_or_default())
    }
}

fn known(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// A valid citizen number in its one spelling (18 characters, capital X). It names the person by
/// itself, so a kind of document that a layout does not carry cannot split one person in two.
fn citizen_number(number: &str) -> Option<String> {
    if identifiers::gb11643_ok(number) {
        return Some(number.to_ascii_uppercase());
    }
    identifiers::gb11643_birth(number)?;
    identifiers::gb11643_from_15(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn keys(seed: u64) -> Keys {
        Keys::generate(&mut StdRng::seed_from_u64(seed))
    }

    fn who<'a>(document: Option<&'a str>, number: Option<&'a str>, record: Option<&'a str>) -> Who<'a> {
        Who { document, number, record, institution: "A", submission: "s", row: 1 }
    }

    #[test]
    fn keys_go_through_their_text() {
        let keys = keys(1);
        assert_eq!(Keys::from_text(&keys.to_text()).unwrap(), keys);
        assert_eq!(format!("{keys:?}"), "Keys(…)");
    }

    #[test]
    fn unusable_key_files_are_refused() {
        let text = |s: &str, p: &str| format!(r#"{{"sealing":"{s}","pseudonym":"{p}"}}"#);
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        assert!(Keys::from_text(&text(&one, &two)).is_ok());
        for (sealing, pseudonym, error) in [
            (one.as_str(), one.as_str(), KeysError::Weak),
            (&"0".repeat(64), &two, KeysError::Weak),
            ("11", &two, KeysError::Length("sealing")),
            (&one, &"x".repeat(64), KeysError::Length("pseudonym")),
        ] {
            assert_eq!(Keys::from_text(&text(sealing, pseudonym)), Err(error));
        }
        assert!(matches!(Keys::from_text(""), Err(KeysError::Format(_))));
    }

    /// 11010519491231002X is the standard's own example; 110105491231002 is its old form.
    #[test]
    fn one_person_has_one_pseudonym() {
        let of = |w: Who<'_>| keys(1).pseudonyms().of(w);
        let person = of(who(Some("01"), Some("11010519491231002X"), Some("R1")));
        assert_eq!(person.len(), 32);
        for same in [
            who(Some("01"), Some("11010519491231002x"), Some("R1")),
            who(None, Some(" 11010519491231002X "), None),
            who(Some("01"), Some("110105491231002"), Some("R9")),
            Who { institution: "B", submission: "t", row: 9, ..who(None, Some("11010519491231002X"), None) },
        ] {
            assert_eq!(of(same), person, "{same:?}");
        }
        assert_ne!(keys(2).pseudonyms().of(who(Some("01"), Some("11010519491231002X"), None)), person);
    }

    #[test]
    fn strangers_never_become_one() {
        let of = |w: Who<'_>| keys(1).pseudonyms().of(w);
        let people = [
            of(who(Some("01"), Some("11010519491231002X"), None)),
            of(who(Some("02"), Some("E1234567"), None)),
            of(who(Some("03"), Some("E1234567"), None)),
            of(who(None, None, Some("R1"))),
            of(Who { institution: "B", ..who(None, None, Some("R1")) }),
            of(Who { institution: "AR", ..who(None, None, Some("1")) }),
            of(who(None, None, None)),
            of(Who { row: 2, ..who(None, None, None) }),
            of(Who { submission: "t", ..who(None, None, Some("  ")) }),
        ];
        let distinct: std::collections::BTreeSet<&String> = people.iter().collect();
        assert_eq!(distinct.len(), people.len());
    }
}

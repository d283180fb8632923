//! The site's secrets and the keys made with them.
//!
//! A key is an HMAC-SHA-256 (RFC 2104) cut to 60 bits, written in lower-case base32 behind one
//! character that names the secret: it survives mail programs that fold case. A code is the same
//! with 100 bits, because it proves what a key only routes. Both are compared in constant time.
//! Deliberately absent: where secrets are kept (`config`), what a key is for, and when a code is
//! used up or too old (callers).

use std::fmt;

use base32ct::{Base32Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Characters of a key: one for the secret, twelve of five bits each.
pub const KEY_CHARS: usize = 13;
/// Characters of a code: one for the secret, twenty of five bits each.
pub const CODE_CHARS: usize = 21;

/// One secret of the site.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The character that its keys begin with.
    pub id: char,
    /// The day it was made, for the reader of the file.
    pub made_on: String,
    /// At least 32 characters of randomness.
    pub value: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}, ..)", self.id)
    }
}

/// The secrets of a site: the first makes keys, all verify them.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    secrets: Vec<Secret>,
}

impl Keyring {
    /// A keyring of these secrets, the making one first.
    #[must_use]
    pub const fn new(secrets: Vec<Secret>) -> Self {
        Self { secrets }
    }

    /// Makes the key that binds `parts` together, in order and apart from each other.
    ///
    /// An empty keyring makes an empty key, which verifies nowhere.
    #[must_use]
    pub fn key(&self, parts: &[&str]) -> String {
        self.made(parts, KEY_CHARS)
    }

    /// Makes the one-time code that binds `parts` together: a key of 100 bits.
    #[must_use]
    pub fn code(&self, parts: &[&str]) -> String {
        self.made(parts, CODE_CHARS)
    }

    fn made(&self, parts: &[&str], chars: usize) -> String {
        self.secrets.first().map(|secret| key_of(secret, parts, chars)).unwrap_or_default()
    }

    /// Whether `key` was made by one of the secrets for exactly `parts`, in constant time.
    #[must_use]
    pub fn verifies(&self, key: &str, parts: &[&str]) -> bool {
        self.made_here(key, parts, KEY_CHARS)
    }

    /// Whether `code` was made by one of the secrets for exactly `parts`, in constant time. A key
    /// is too short to be one.
    #[must_use]
    pub fn verifies_code(&self, code: &str, parts: &[&str]) -> bool {
        self.made_here(code, parts, CODE_CHARS)
    }

    fn made_here(&self, key: &str, parts: &[&str], chars: usize) -> bool {
        let key = key.to_ascii_lowercase();
        key.len() == chars
            && self
                .secrets
                .iter()
                .filter(|secret| key.starts_with(secret.id))
                .any(|secret| key_of(secret, parts, chars).as_bytes().ct_eq(key.as_bytes()).into())
    }
}

fn key_of(secret: &Secret, parts: &[&str], chars: usize) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.value.as_bytes()) else {
        return String::new();
    };
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    let digest = mac.finalize().into_bytes();
    let text = Base32Unpadded::encode_string(digest.get(..16).unwrap_or_default());
    let cut: String = text.chars().take(chars - 1).collect();
    format!("{}{cut}", secret.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Keyring {
        let secret =
            |id, value: &str| Secret { id, made_on: "2026-11-21".into(), value: value.into() };
        Keyring::new(vec![
            secret('b', "new secret of thirty-two octets!"),
            secret('a', "old secret"),
        ])
    }

    #[test]
    fn key_survives_folding_and_names_its_secret() {
        let key = ring().key(&["reply", "17", "otto"]);
        assert_eq!(key.len(), KEY_CHARS);
        assert!(key.starts_with('b'));
        assert!(ring().verifies(&key.to_uppercase(), &["reply", "17", "otto"]));
    }

    #[test]
    fn key_binds_its_parts_in_order_and_apart() {
        let key = ring().key(&["reply", "17", "otto"]);
        for other in [["reply", "1", "7otto"], ["reply", "otto", "17"], ["reply", "18", "otto"]] {
            assert!(!ring().verifies(&key, &other));
        }
    }

    #[test]
    fn code_has_eighty_bits_or_more_and_no_key_stands_for_it() {
        let code = ring().code(&["reply", "17", "otto"]);
        assert!((code.len() - 1) * 5 >= 80, "{code}");
        assert!(ring().verifies_code(&code.to_uppercase(), &["reply", "17", "otto"]));
        assert!(!ring().verifies_code(&code, &["reply", "17", "anna"]));
        let key = ring().key(&["reply", "17", "otto"]);
        assert!(!ring().verifies_code(&key, &["reply", "17", "otto"]));
        assert!(!ring().verifies(&code, &["reply", "17", "otto"]));
    }

    #[test]
    fn old_secret_verifies_and_makes_no_more() {
        let old = Keyring::new(ring().secrets.into_iter().skip(1).collect());
        assert!(ring().verifies(&old.key(&["x"]), &["x"]));
        assert_ne!(ring().key(&["x"]), old.key(&["x"]));
        assert!(!Keyring::default().verifies(&Keyring::default().key(&["x"]), &["x"]));
    }
}

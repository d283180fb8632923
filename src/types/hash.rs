//! SHA-256 sums that are kept, compared and printed.
//!
//! Deliberately absent: keys (`secret`), checksums against accidents (`store::frame`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// A SHA-256 sum, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The sum over octets as they are.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }

    /// The sum over parts, each behind its length, under the name of what it is a sum of: no two
    /// lists of parts have the same sum, and none has that of another thing.
    #[must_use]
    pub fn over(what: &str, parts: &[&[u8]]) -> Self {
        let mut sum = Sha256::new();
        for part in std::iter::once(what.as_bytes()).chain(parts.iter().copied()) {
            sum.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            sum.update(part);
        }
        Self(sum.finalize().into())
    }

    /// The sum that was printed, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut octets = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (place, octet) in octets.iter_mut().enumerate() {
            let digits = text.get(place * 2..place * 2 + 2)?;
            *octet = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(octets))
    }

    /// Its octets.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its first twelve digits: enough for people to compare by eye.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({})", self.short())
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a SHA-256 sum has 64 digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_back_as_they_are_printed() {
        let sum = Hash::of(b"abc");
        let printed = sum.to_string();
        assert!(printed.starts_with("ba7816bf") && printed.len() == 64);
        assert_eq!(Hash::parse(&printed), Some(sum));
        assert_eq!(Hash::parse("ba78"), None);
        assert_eq!(Hash::parse(&"ä".repeat(32)), None);
    }

    #[test]
    fn lists_that_only_read_alike_have_other_sums() {
        let sums = [
            Hash::over("a", &[b"bc", b"d"]),
            Hash::over("a", &[b"b", b"cd"]),
            Hash::over("ab", &[b"c", b"d"]),
        ];
        assert!(sums[0] != sums[1] && sums[1] != sums[2] && sums[0] != sums[2]);
    }
}

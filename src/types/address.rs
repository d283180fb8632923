//! Addresses as RFC 5322 section 3.4.1 and RFC 5321 section 4.1.2 write them, with subaddresses of
//! RFC 5233.
//!
//! Deliberately absent: groups and comments (the mail parser takes them apart), routing, DNS.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize, Serializer};

/// Octets that RFC 5321 section 4.5.3.1.1 allows for a local-part.
pub const LOCAL_BYTES_MAX: usize = 64;
/// Octets that RFC 5321 section 4.5.3.1.3 leaves for an address without its angle brackets.
pub const ADDRESS_BYTES_MAX: usize = 254;

/// An addr-spec: `local-part@domain`.
///
/// Kept as written, because RFC 5321 section 2.4 leaves the case of a local-part to its host;
/// compared without case, because people write their addresses in any.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Address {
    text: String,
    folded: String,
    at: usize,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@`, or nothing beside it.
    #[error("`{0}` is no address: it needs a name, an @ and a domain")]
    Shape(String),
    /// The local-part or the whole is longer than RFC 5321 allows.
    #[error("`{0}` is too long for an address")]
    Length(String),
    /// A character that no address may hold, such as a space or a line end.
    #[error("`{0}` holds a character that no address may hold")]
    Character(String),
}

impl Address {
    /// Parses an addr-spec without angle brackets.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let Some((local, domain)) = text.rsplit_once('@') else {
            return Err(AddressError::Shape(text.to_owned()));
        };
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Shape(text.to_owned()));
        }
        if local.len() > LOCAL_BYTES_MAX || text.len() > ADDRESS_BYTES_MAX {
            return Err(AddressError::Length(text.to_owned()));
        }
        if !is_local(local) || !is_domain(domain) {
            return Err(AddressError::Character(text.to_owned()));
        }
        let text = format!("{local}@{}", domain.to_lowercase());
        Ok(Self { folded: text.to_lowercase(), at: local.len(), text })
    }

    /// Stands for an author that no field names (RFC 6761 reserves the domain).
    #[must_use]
    pub fn unknown() -> Self {
        let text = "unknown@invalid".to_owned();
        Self { folded: text.clone(), at: "unknown".len(), text }
    }

    /// The address as it was written, its domain in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address in lower case: equal for equal addresses, fit to be a key.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The part before the last `@`, as written.
    #[must_use]
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The part after the last `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// User and detail of a subaddress (RFC 5233): `help+17@` with `+` is `help` and `17`.
    ///
    /// Without a separator, or where the local-part holds none, there is no detail.
    #[must_use]
    pub fn subaddress(&self, separator: &str) -> (&str, Option<&str>) {
        if separator.is_empty() {
            return (self.local(), None);
        }
        match self.local().split_once(separator) {
            Some((user, detail)) if !user.is_empty() => (user, Some(detail)),
            _ => (self.local(), None),
        }
    }

    /// The same mailbox with `detail` behind `separator`, if RFC 5321 leaves room for it.
    #[must_use]
    pub fn with_detail(&self, separator: &str, detail: &str) -> Option<Self> {
        Self::parse(&format!("{}{separator}{detail}@{}", self.local(), self.domain())).ok()
    }
}

fn is_local(local: &str) -> bool {
    if let Some(quoted) = local.strip_prefix('"') {
        return quoted.len() > 1
            && quoted.ends_with('"')
            && !quoted.chars().any(|c| c.is_control() || c == '<' || c == '>');
    }
    local.chars().all(|c| !c.is_control() && !c.is_whitespace() && !"<>()[],;:\\\"@".contains(c))
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[') {
        return literal.ends_with(']')
            && literal
                .trim_end_matches(']')
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ":.".contains(c));
    }
    domain.split('.').all(|label| !label.is_empty() && label.chars().all(is_label_char))
}

fn is_label_char(c: char) -> bool {
    c == '-' || c == '_' || c.is_alphanumeric()
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl Borrow<str> for Address {
    fn borrow(&self) -> &str {
        &self.folded
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.text)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// As written; without a copy of it, because every record holds addresses.
impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

/// A mailbox (RFC 5322 section 3.4): an address and the name shown beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The display name, decoded; empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where mail to it goes.
    pub address: Address,
}

impl Mailbox {
    /// A mailbox with a display name.
    #[must_use]
    pub fn new(name: impl Into<String>, address: Address) -> Self {
        Self { name: name.into(), address }
    }

    /// The name if there is one, else the address: what a reader sees first.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { self.address.as_str() } else { &self.name }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{} <{}>", self.name, self.address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_keeps_its_case_and_compares_without() {
        let one = Address::parse("Otto.Normal@Outside.Example").unwrap();
        assert_eq!(one.as_str(), "Otto.Normal@outside.example");
        assert_eq!(one, Address::parse("otto.normal@OUTSIDE.example").unwrap());
    }

    #[test]
    fn subaddress_is_split_at_the_first_separator() {
        let one = Address::parse("desk+17.k3f9+x@nrw.example").unwrap();
        assert_eq!(one.subaddress("+"), ("desk", Some("17.k3f9+x")));
        assert_eq!(one.subaddress(""), ("desk+17.k3f9+x", None));
        assert_eq!(one.subaddress("-"), ("desk+17.k3f9+x", None));
    }

    #[test]
    fn detail_never_makes_a_local_part_longer_than_64_octets() {
        let desk = Address::parse("desk@nrw.example").unwrap();
        assert!(desk.with_detail("+", &"x".repeat(59)).is_some());
        assert!(desk.with_detail("+", &"x".repeat(60)).is_none());
    }

    #[test]
    fn texts_that_are_no_addresses_say_why() {
        for (text, error) in [
            ("kontakt", "needs a name"),
            ("@nrw.example", "needs a name"),
            ("a b@nrw.example", "character"),
            ("a\r\nBcc: x@nrw.example", "character"),
            ("a@nrw..example", "character"),
        ] {
            let said = Address::parse(text).unwrap_err().to_string();
            assert!(said.contains(error), "{text}: {said}");
        }
    }
}

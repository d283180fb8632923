//! The frame around every stored record: `[format u8][schema u16][version u64]`, then JSON.
//!
//! JSON because an added field breaks no old record and a dump can be read with any tool.
//! Deliberately absent: which records there are, and how an old schema becomes a new one.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StoreError, Value};

/// The only framing there has been.
const FORMAT: u8 = 1;
/// Octets before the JSON.
const HEAD_BYTES: usize = 11;

/// A record with what stood before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The schema that it was written with.
    pub schema: u16,
    /// Differs after each change; what [`super::Condition::Version`] names.
    pub version: u64,
    /// The record itself.
    pub record: T,
}

/// Encodes a record.
///
/// # Errors
/// [`StoreError::Refused`] if the record has no JSON, such as a map whose keys are no strings.
pub fn encode<T: Serialize>(schema: u16, version: u64, record: &T) -> Result<Value, StoreError> {
    let mut value = Vec::with_capacity(1024);
    push_head(&mut value, schema, version);
    serde_json::to_writer(&mut value, record)
        .map_err(|error| StoreError::Refused(format!("a record that has no JSON: {error}")))?;
    Ok(value)
}

/// Encodes a record as the next after the one of version `before`, or as the first.
///
/// The upper half of its version counts, the lower is a checksum of the record: two writers who
/// both go on from the same version do not arrive at the same one unless they wrote the same.
///
/// # Errors
/// As [`encode`].
pub fn encode_next<T: Serialize>(
    schema: u16,
    before: Option<u64>,
    record: &T,
) -> Result<Value, StoreError> {
    let mut value = encode(schema, 0, record)?;
    set_next_version(&mut value, before);
    Ok(value)
}

/// Begins a record whose JSON the caller appends, with room for so many octets; [`close`] ends it.
#[must_use]
pub fn open(schema: u16, bytes: usize) -> Value {
    let mut value = Vec::with_capacity(HEAD_BYTES + bytes);
    push_head(&mut value, schema, 0);
    value
}

/// Ends a record that [`open`] began, as [`encode_next`] does.
pub fn close(value: &mut Value, before: Option<u64>) {
    set_next_version(value, before);
}

fn push_head(value: &mut Value, schema: u16, version: u64) {
    value.push(FORMAT);
    value.extend_from_slice(&schema.to_be_bytes());
    value.extend_from_slice(&version.to_be_bytes());
}

fn set_next_version(value: &mut Value, before: Option<u64>) {
    let checksum = crc32fast::hash(value.get(HEAD_BYTES..).unwrap_or_default());
    let count = before.map_or(0, |before| before >> 32).wrapping_add(1);
    let version = (count << 32) | u64::from(checksum);
    if let Some(place) = value.get_mut(HEAD_BYTES - 8..HEAD_BYTES) {
        place.copy_from_slice(&version.to_be_bytes());
    }
}

/// Decodes a record.
///
/// # Errors
/// [`StoreError::Damaged`] says what does not fit.
pub fn decode<T: DeserializeOwned>(value: &[u8]) -> Result<Versioned<T>, StoreError> {
    let Some((schema, version, json)) = split(value) else {
        return Err(StoreError::Damaged("no record begins like this".into()));
    };
    let record = serde_json::from_slice(json)
        .map_err(|error| StoreError::Damaged(format!("schema {schema}: {error}")))?;
    Ok(Versioned { schema, version, record })
}

/// The version of an encoded record; `None` if these octets are no record.
#[must_use]
pub fn version(value: &[u8]) -> Option<u64> {
    split(value).map(|(_, version, _)| version)
}

/// The record itself, as the octets in which it was written; `None` if these are no record.
#[must_use]
pub fn content(value: &[u8]) -> Option<&[u8]> {
    split(value).map(|(_, _, json)| json)
}

fn split(value: &[u8]) -> Option<(u16, u64, &[u8])> {
    let (head, json) = value.split_at_checked(HEAD_BYTES)?;
    let (&format, head) = head.split_first()?;
    let (schema, version) = head.split_first_chunk::<2>()?;
    let version = version.first_chunk::<8>()?;
    (format == FORMAT).then(|| (u16::from_be_bytes(*schema), u64::from_be_bytes(*version), json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_comes_back_with_schema_and_version() {
        let value = encode(3, 17, &vec!["a", "b"]).unwrap();
        assert_eq!(value[..14], *b"\x01\x00\x03\0\0\0\0\0\0\0\x11[\"a");
        assert_eq!(version(&value), Some(17));
        let found: Versioned<Vec<String>> = decode(&value).unwrap();
        assert_eq!((found.schema, found.version), (3, 17));
        assert_eq!(found.record, ["a", "b"]);
    }

    #[test]
    fn record_that_the_caller_writes_is_the_same() {
        let mut value = open(1, 0);
        value.extend_from_slice(b"[\"a\",1]");
        close(&mut value, Some(7 << 32));
        assert_eq!(value, encode_next(1, Some(7 << 32), &("a", 1)).unwrap());
    }

    #[test]
    fn versions_of_different_records_differ() {
        let first = encode_next(1, None, &"a").unwrap();
        let before = version(&first);
        let one = encode_next(1, before, &"b").unwrap();
        let other = encode_next(1, before, &"c").unwrap();
        let again = encode_next(1, version(&one), &"b").unwrap();
        assert!(version(&one) > before && version(&other) > before);
        assert!(version(&one) != version(&other) && version(&one) < version(&again));
        assert_eq!(decode::<String>(&one).unwrap().record, "b");
    }

    #[test]
    fn what_is_no_record_says_so() {
        assert_eq!(version(b"short"), None);
        assert_eq!(version(b"\x02\x00\x03\0\0\0\0\0\0\0\x11{}"), None);
        let value = encode(3, 17, &"text").unwrap();
        let error = decode::<u32>(&value).unwrap_err().to_string();
        assert!(error.contains("schema 3"), "{error}");
    }
}

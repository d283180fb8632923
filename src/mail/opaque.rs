//! Texts inside signatures: opaque S/MIME (RFC 8551 section 3.5.2) and clear-signed OpenPGP
//! (RFC 9580 section 7).
//!
//! Deliberately absent: whether the signature is right, and everything encrypted.

use std::borrow::Cow;

/// How deep elements stand in elements up to the signed content.
const DEPTH_MAX: u32 = 16;
/// 1.2.840.113549.1.7.2, signed-data (RFC 5652 section 5.1).
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT: u8 = 0xa0;

/// The MIME entity that an `application/pkcs7-mime` part of signed data holds.
pub(super) fn signed_content(bytes: &[u8]) -> Option<Vec<u8>> {
    let (info, _) = expect(bytes, SEQUENCE)?;
    let (kind, info) = expect(info, IDENTIFIER)?;
    if kind != SIGNED_DATA {
        return None;
    }
    let (signed, _) = expect(info, EXPLICIT)?;
    let (signed, _) = expect(signed, SEQUENCE)?;
    let (_, signed) = expect(signed, INTEGER)?;
    let (_, signed) = expect(signed, SET)?;
    let (content, _) = expect(signed, SEQUENCE)?;
    let (_, content) = expect(content, IDENTIFIER)?;
    let (content, _) = expect(content, EXPLICIT)?;
    let (tag, content, _) = element(content, 0)?;
    match tag {
        OCTETS => Some(content.to_vec()),
        OCTETS_IN_PIECES => Some(pieces(content)),
        _ => None,
    }
}

fn pieces(mut rest: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(rest.len());
    while let Some((OCTETS, piece, after)) = element(rest, 0) {
        octets.extend_from_slice(piece);
        rest = after;
    }
    octets
}

/// The content of the next element, which must have this tag, and what follows it.
fn expect(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(bytes, 0)?;
    (tag == wanted).then_some((content, rest))
}

/// The next element (X.690): tag, content, what follows. One that was cut off ends with the bytes.
fn element(bytes: &[u8], depth: u32) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if first == 0x80 {
        return indefinite(tag, rest, depth);
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        let length = digits.iter().fold(0, |length, &digit| (length << 8) | usize::from(digit));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    Some((tag, content, rest))
}

/// An element whose end is marked by two zeros.
fn indefinite(tag: u8, content: &[u8], depth: u32) -> Option<(u8, &[u8], &[u8])> {
    if depth >= DEPTH_MAX {
        return None;
    }
    let mut rest = content;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b"\0\0") {
            let length = content.len() - rest.len();
            return Some((tag, content.get(..length)?, after));
        }
        rest = element(rest, depth + 1)?.2;
    }
    Some((tag, content, rest))
}

const SIGNED_BEGINS: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE_BEGINS: &str = "-----BEGIN PGP SIGNATURE-----";
const SIGNATURE_ENDS: &str = "-----END PGP SIGNATURE-----";

/// The text without the lines that a clear signature put around it, dashes unescaped.
pub(super) fn without_armor(text: &str) -> Cow<'_, str> {
    if !text.contains(SIGNED_BEGINS) || !text.contains(SIGNATURE_BEGINS) {
        return Cow::Borrowed(text);
    }
    #[derive(PartialEq)]
    enum Place {
        Outside,
        Head,
        Signed,
        Signature,
    }
    let mut place = Place::Outside;
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        match place {
            Place::Outside if bare == SIGNED_BEGINS => place = Place::Head,
            Place::Outside => plain.push_str(line),
            Place::Head if bare.is_empty() => place = Place::Signed,
            Place::Head => {}
            Place::Signed if bare == SIGNATURE_BEGINS => place = Place::Signature,
            Place::Signed => plain.push_str(line.strip_prefix("- ").unwrap_or(line)),
            Place::Signature if bare == SIGNATURE_ENDS => place = Place::Outside,
            Place::Signature => {}
        }
    }
    // What ends inside its head was no signed text at all.
    if place == Place::Head { Cow::Borrowed(text) } else { Cow::Owned(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, 0x82];
        bytes.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        bytes.extend(content);
        bytes
    }

    fn endless(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], content, &[0, 0]].concat()
    }

    fn signed(octets: &[u8], wrap: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
        let data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        let content = wrap(SEQUENCE, &[&data[..], &wrap(EXPLICIT, octets)].concat());
        let signed = [&b"\x02\x01\x01\x31\x00"[..], &content, b"\x31\x00"].concat();
        let kind = [&[IDENTIFIER, 9], SIGNED_DATA].concat();
        let info = wrap(EXPLICIT, &wrap(SEQUENCE, &signed));
        wrap(SEQUENCE, &[kind, info].concat())
    }

    #[test]
    fn signed_content_is_found_in_both_forms() {
        let whole = wrapped(OCTETS, b"Content-Type: text/plain\n\nHallo\n");
        assert!(signed_content(&signed(&whole, wrapped)).unwrap().ends_with(b"Hallo\n"));
        let pieces = endless(OCTETS_IN_PIECES, b"\x04\x03Hal\x04\x02lo");
        assert_eq!(signed_content(&signed(&pieces, endless)).unwrap(), b"Hallo");
        for end in 0..60 {
            let bytes = signed(&pieces, endless);
            assert!(signed_content(&bytes[..end.min(bytes.len())]).is_none_or(|c| c.len() <= 5));
        }
        assert_eq!(signed_content(&b"\x30\x80".repeat(50_000)), None);
    }

    #[test]
    fn clear_signatures_leave_the_text() {
        let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHallo\n- -- \nOtto\n\
                    -----BEGIN PGP SIGNATURE-----\n\nabc=\n-----END PGP SIGNATURE-----\nfooter\n";
        assert_eq!(without_armor(text), "Hallo\n-- \nOtto\nfooter\n");
        let quoted = "> -----BEGIN PGP SIGNED MESSAGE-----\n> -----BEGIN PGP SIGNATURE-----\n";
        assert_eq!(without_armor(quoted), quoted);
    }
}

//! Content transfer encodings (RFC 2045 section 6), read forgivingly and written readably.
//!
//! Deliberately absent: uuencode and its like; such a body stays as it is.

use std::borrow::Cow;

/// How a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Transfer {
    /// 7bit, 8bit, binary, and everything unknown.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
}

impl Transfer {
    /// The encoding that a `Content-Transfer-Encoding` field names.
    pub(super) fn parse(value: &str) -> Self {
        let value = value.trim().trim_matches('"');
        if value.eq_ignore_ascii_case("base64") {
            Self::Base64
        } else if value.eq_ignore_ascii_case("quoted-printable") {
            Self::QuotedPrintable
        } else {
            Self::Identity
        }
    }

    /// The decoded octets.
    pub(super) fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(bytes),
            Self::Base64 => Cow::Owned(base64_decoded(bytes)),
            Self::QuotedPrintable => {
                let mut decoded = Vec::with_capacity(bytes.len());
                quoted_printable_decoded(bytes, |run| decoded.extend_from_slice(run));
                Cow::Owned(decoded)
            }
        }
    }

    /// How many octets [`Transfer::decode`] would give, without making them.
    pub(super) fn decoded_len(self, bytes: &[u8]) -> usize {
        match self {
            Self::Identity => bytes.len(),
            Self::Base64 => {
                let ends = memchr::memchr_iter(b'=', bytes).chain([bytes.len()]);
                let mut from = 0;
                ends.map(|end| {
                    let run = bytes.get(from..end).unwrap_or_default();
                    from = end + 1;
                    sextets_in(run) * 6 / 8
                })
                .sum()
            }
            Self::QuotedPrintable => {
                let mut length = 0;
                quoted_printable_decoded(bytes, |run| length += run.len());
                length
            }
        }
    }
}

/// What [`SEXTETS`] says of octets outside the alphabet.
const NO_SEXTET: u8 = 0xff;
/// The value of each octet in the alphabet of RFC 4648 section 4.
const SEXTETS: [u8; 256] = sextets();

#[expect(clippy::indexing_slicing, reason = "made by the compiler, which would refuse to go past")]
const fn sextets() -> [u8; 256] {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut sextets = [NO_SEXTET; 256];
    let mut value = 0_u8;
    while value < 64 {
        sextets[digits[value as usize] as usize] = value;
        value += 1;
    }
    sextets
}

fn sextet(byte: u8) -> Option<u8> {
    SEXTETS.get(usize::from(byte)).copied().filter(|&value| value != NO_SEXTET)
}

/// How many octets are of the alphabet. Counted in octets, sixteen or more at once: this reads
/// every attachment.
fn sextets_in(run: &[u8]) -> usize {
    let is_sextet = |byte: u8| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        is_letter | (byte.wrapping_sub(b'0') < 10) | (byte == b'+') | (byte == b'/')
    };
    let count = |octets: &[u8]| {
        octets.iter().fold(0_u8, |count, &byte| count.wrapping_add(u8::from(is_sextet(byte))))
    };
    run.chunks(128).map(|octets| usize::from(count(octets))).sum()
}

/// Base64 without regard to line ends and strange characters; padding starts anew, because some
/// programs glue encoded pieces together.
pub(super) fn base64_decoded(mut bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut bits, mut pending) = (0_u32, 0_u32);
    loop {
        if pending == 0 {
            bytes = quads_decoded(bytes, &mut decoded);
        }
        let Some((&byte, rest)) = bytes.split_first() else { return decoded };
        bytes = rest;
        let Some(value) = sextet(byte) else {
            if byte == b'=' {
                pending = 0;
            }
            continue;
        };
        bits = (bits << 6) | u32::from(value);
        pending += 6;
        if pending >= 8 {
            pending -= 8;
            decoded.push(low_octet(bits >> pending));
        }
    }
}

/// Decodes as long as four octets of the alphabet follow each other; what is left.
fn quads_decoded<'a>(mut bytes: &'a [u8], decoded: &mut Vec<u8>) -> &'a [u8] {
    let value = |byte: u8| SEXTETS.get(usize::from(byte)).copied().unwrap_or(NO_SEXTET);
    while let Some((quad, rest)) = bytes.split_first_chunk::<4>() {
        let [a, b, c, d] = quad.map(value);
        if (a | b | c | d) == NO_SEXTET {
            break;
        }
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, first, second, third] = bits.to_be_bytes();
        decoded.extend_from_slice(&[first, second, third]);
        bytes = rest;
    }
    bytes
}

fn low_octet(bits: u32) -> u8 {
    bits.to_le_bytes()[0]
}

/// Quoted-printable; what is no valid escape stands for itself.
fn quoted_printable_decoded(bytes: &[u8], mut put: impl FnMut(&[u8])) {
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let end = line.get(content.len()..).unwrap_or_default();
        let content = content.trim_ascii_end();
        if let Some(content) = content.strip_suffix(b"=") {
            escapes_decoded(content, &mut put);
        } else {
            escapes_decoded(content, &mut put);
            put(end);
        }
    }
}

fn escapes_decoded(mut rest: &[u8], put: &mut impl FnMut(&[u8])) {
    while let Some(at) = rest.iter().position(|&byte| byte == b'=') {
        let (before, from) = rest.split_at(at);
        put(before);
        if let [_, high, low, after @ ..] = from
            && let (Some(high), Some(low)) = (nibble(*high), nibble(*low))
        {
            put(&[(high << 4) | low]);
            rest = after;
        } else {
            put(b"=");
            rest = from.get(1..).unwrap_or_default();
        }
    }
    put(rest);
}

/// The value of a hexadecimal digit.
pub(super) fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
/// RFC 2045 section 6.7: 76, of which one is the `=` of a soft break.
const LINE_CHARS_MAX: usize = 75;

/// Text with LF line ends as quoted-printable with CRLF, broken between characters so that it can
/// be read undecoded.
pub(super) fn quoted_printable(text: &str) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(text.len() + text.len() / 8 + 64);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            encoded.extend_from_slice(b"\r\n");
        }
        quoted_line(line, &mut encoded);
    }
    encoded
}

fn quoted_line(line: &str, encoded: &mut Vec<u8>) {
    let mut column = 0;
    let mut rest = line;
    // A lone dot and `From ` at the start of a line were damaged by too many programs.
    if line == "." || line.starts_with("From ") {
        escape(line.get(..1).unwrap_or_default(), &mut column, encoded);
        rest = line.get(1..).unwrap_or_default();
    }
    // A space at the end of a line would be lost; escaped, it protects those before it.
    let last = rest.len() - usize::from(rest.ends_with([' ', '\t']));
    let (body, tail) = rest.split_at_checked(last).unwrap_or((rest, ""));
    rest = body;
    while !rest.is_empty() {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'<' | b'>'..=b'~' | b'\t');
        let run = rest.bytes().take_while(is_plain).count();
        let (plain, after) = rest.split_at_checked(run).unwrap_or((rest, ""));
        put_plain(plain, &mut column, encoded);
        let width = after.chars().next().map_or(0, char::len_utf8);
        let (letter, after) = after.split_at_checked(width).unwrap_or((after, ""));
        escape(letter, &mut column, encoded);
        rest = after;
    }
    escape(tail, &mut column, encoded);
}

/// ASCII that stands for itself.
fn put_plain(mut plain: &str, column: &mut usize, encoded: &mut Vec<u8>) {
    while *column + plain.len() > LINE_CHARS_MAX {
        let (line, rest) = plain.split_at_checked(LINE_CHARS_MAX - *column).unwrap_or((plain, ""));
        encoded.extend_from_slice(line.as_bytes());
        encoded.extend_from_slice(b"=\r\n");
        *column = 0;
        plain = rest;
    }
    encoded.extend_from_slice(plain.as_bytes());
    *column += plain.len();
}

/// One character in escapes, never torn apart.
fn escape(letter: &str, column: &mut usize, encoded: &mut Vec<u8>) {
    if *column + 3 * letter.len() > LINE_CHARS_MAX {
        encoded.extend_from_slice(b"=\r\n");
        *column = 0;
    }
    *column += 3 * letter.len();
    for &octet in letter.as_bytes() {
        encoded.push(b'=');
        encoded.extend(HEX.get(usize::from(octet >> 4)));
        encoded.extend(HEX.get(usize::from(octet & 15)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_is_counted_as_it_is_decoded() {
        for byte in 0..=u8::MAX {
            let run = vec![byte; 300];
            let counted = if sextet(byte).is_some() { 300 } else { 0 };
            assert_eq!(sextets_in(&run), counted, "{byte}");
        }
    }
    use proptest::prelude::*;

    #[test]
    fn broken_encodings_still_give_their_octets() {
        assert_eq!(base64_decoded(b"SGFs\r\nbG8="), b"Hallo");
        assert_eq!(base64_decoded(b"SGE=bGxv"), b"Hallo");
        assert_eq!(base64_decoded(b"S!G*E"), b"Ha");
        let quoted = Transfer::QuotedPrintable;
        assert_eq!(&*quoted.decode(b"a=C3=A4 \r\nb=\r\nc =3d =zz ="), b"a\xc3\xa4\r\nbc = =zz ");
    }

    proptest! {
        #[test]
        fn length_is_told_without_decoding(bytes: Vec<u8>) {
            for transfer in [Transfer::Identity, Transfer::Base64, Transfer::QuotedPrintable] {
                prop_assert_eq!(transfer.decoded_len(&bytes), transfer.decode(&bytes).len());
            }
        }

        #[test]
        fn quoted_printable_comes_back_and_keeps_its_width(text in "[^\r]{0,300}") {
            let encoded = quoted_printable(&text);
            for line in encoded.split(|&byte| byte == b'\n') {
                prop_assert!(line.strip_suffix(b"\r").unwrap_or(line).len() <= 76);
            }
            let decoded = Transfer::QuotedPrintable.decode(&encoded);
            prop_assert_eq!(String::from_utf8_lossy(&decoded).replace("\r\n", "\n"), text);
        }
    }
}

//! Octets to text, whatever their label says.
//!
//! Deliberately absent: transfer encodings (`transfer`), encoded words (`field`).

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Text made of octets, and whether their label was wrong or missing.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) is_mislabeled: bool,
}

/// Decodes `bytes` by the charset `label`. Never fails: what the label cannot explain is taken as
/// UTF-8 if it is that, else as windows-1252, which is what unlabeled 8-bit mail nearly always is.
/// NUL and a leading byte order mark are left out.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    let label = label.unwrap_or_default().trim().trim_matches(['"', '\'']);
    let mut decoded = match Encoding::for_label(label.as_bytes()) {
        _ if bytes.is_ascii() && !is_stateful(label) => plain(bytes),
        Some(encoding) if encoding == UTF_8 => utf8(bytes),
        Some(encoding) if encoding == WINDOWS_1252 => latin(bytes),
        Some(encoding) => labeled(bytes, encoding),
        None => other(bytes, label),
    };
    if decoded.text.contains(['\0', '\u{feff}']) {
        decoded.text.retain(|c| c != '\0' && c != '\u{feff}');
    }
    decoded
}

/// Charsets that write other letters with ASCII octets.
fn is_stateful(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    ["utf-7", "utf-16", "iso-2022", "csiso2022", "hz-gb", "unicode-1-1-utf-7"]
        .iter()
        .any(|start| label.starts_with(start))
}

fn plain(bytes: &[u8]) -> Decoded {
    Decoded { text: String::from_utf8_lossy(bytes).into_owned(), is_mislabeled: false }
}

/// Labeled UTF-8. A cut character is forgiven; mostly wrong octets are another charset.
fn utf8(bytes: &[u8]) -> Decoded {
    if std::str::from_utf8(bytes).is_ok() {
        return plain(bytes);
    }
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += chunk.invalid().len();
    }
    if right >= wrong {
        return Decoded { is_mislabeled: true, ..plain(bytes) };
    }
    windows_1252(bytes)
}

/// Labeled Latin-1. Several octets that happen to be UTF-8 are not there by chance.
fn latin(bytes: &[u8]) -> Decoded {
    if std::str::from_utf8(bytes).is_ok() {
        return Decoded { is_mislabeled: true, ..plain(bytes) };
    }
    Decoded { is_mislabeled: false, ..windows_1252(bytes) }
}

fn labeled(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
    if has_errors && std::str::from_utf8(bytes).is_ok() {
        return Decoded { is_mislabeled: true, ..plain(bytes) };
    }
    Decoded { text: text.into_owned(), is_mislabeled: has_errors }
}

fn other(bytes: &[u8], label: &str) -> Decoded {
    // The mail library knows what browsers have forgotten: UTF-7, code pages 437 and 850.
    if !label.is_empty()
        && let Some(decoder) =
            mail_parser::decoders::charsets::map::charset_decoder(label.as_bytes())
    {
        return Decoded { text: decoder(bytes), is_mislabeled: false };
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Decoded { is_mislabeled: !label.is_empty(), ..plain(bytes) };
    }
    windows_1252(bytes)
}

fn windows_1252(bytes: &[u8]) -> Decoded {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    Decoded { text: text.into_owned(), is_mislabeled: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_become_what_their_author_saw() {
        for (bytes, label, text) in [
            (&b"Gr\xfc\xdfe"[..], None, "Grüße"),
            ("Grüße".as_bytes(), None, "Grüße"),
            (b"Gr\xfc\xdfe", Some("utf-8"), "Grüße"),
            ("Grüße".as_bytes(), Some("us-ascii"), "Grüße"),
            ("Grüße".as_bytes(), Some("iso-8859-1"), "Grüße"),
            (b"5 \x80", Some("iso-8859-1"), "5 €"),
            (b"Gr\x81\xe1e", Some("cp850"), "Grüße"),
            (b"Gr+APwA3w-e", Some("utf-7"), "Grüße"),
            (b"\xef\xbb\xbfja", Some("utf-8"), "ja"),
            (b"j\0a", None, "ja"),
            (b"\xd0\xe0\xe4", Some("windows-1251"), "Рад"),
            (b"Gr\xfc\xdfe", Some("x-no-such-thing"), "Grüße"),
        ] {
            assert_eq!(decode(bytes, label).text, text, "{label:?}");
        }
    }
}

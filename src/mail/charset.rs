//! Octets to text, whatever their label says.
//!
//! Deliberately absent: transfer encodings (`transfer`), encoded words (`field`).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_KR, Encoding, GBK, ISO_2022_JP, ISO_8859_15, UTF_8, WINDOWS_1252};

/// Octets that are looked at when a charset is guessed.
const GUESS_BYTES_MAX: usize = 16 * 1024;

/// Text made of octets, and whether their label was wrong or missing.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) is_mislabeled: bool,
}

/// What is known of octets that have no label of their own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hint<'a> {
    /// The charset of the text that they stand with.
    pub(super) charset: Option<&'static Encoding>,
    /// The author's top-level domain, in any case: a country makes some charsets likelier.
    pub(super) country: Option<&'a str>,
}

/// Decodes `bytes` by the charset `label`. Never fails: what the label cannot explain is taken as
/// UTF-8 if it is that, else its charset is guessed from the letters. NUL and byte order marks are
/// left out.
pub(super) fn decode(bytes: &[u8], label: Option<&str>, hint: Hint<'_>) -> Decoded {
    let label = label.map(normal_label).unwrap_or_default();
    let mut decoded = if bytes.contains(&0x1b) && !is_stateful(&label) {
        escaped(bytes).unwrap_or_else(|| by_label(bytes, &label, hint))
    } else {
        by_label(bytes, &label, hint)
    };
    // One after the other, each at the speed of memory.
    if decoded.text.contains('\0') || decoded.text.contains('\u{feff}') {
        decoded.text.retain(|c| c != '\0' && c != '\u{feff}');
    }
    decoded
}

/// The charset that a label names, if it names one.
pub(super) fn named(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(normal_label(label).as_bytes())
}

/// The charset that octets are most probably in.
pub(super) fn guess(bytes: &[u8], country: Option<&str>) -> &'static Encoding {
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or_default();
    // A word's beginning tells as much as its end.
    let sample = bytes.get(start.saturating_sub(64)..).unwrap_or_default();
    let sample = sample.get(..GUESS_BYTES_MAX).unwrap_or(sample);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, sample.len() < GUESS_BYTES_MAX);
    let country = country.map(str::to_ascii_lowercase);
    // The detector refuses anything else with a panic.
    let is_plain = |name: &String| {
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let country = country.filter(is_plain);
    let guessed = detector.guess(country.as_ref().map(String::as_bytes), Utf8Detection::Deny);
    if guessed == WINDOWS_1252 && is_latin_9(sample) { ISO_8859_15 } else { guessed }
}

/// Whether octets of Western Europe make sense only with the letters that ISO-8859-15 put in the
/// place of signs: the euro, and letters where else a fraction would stand inside a word.
fn is_latin_9(bytes: &[u8]) -> bool {
    if bytes.iter().any(|byte| (0x80..0xa0).contains(byte)) {
        return false;
    }
    bytes.windows(3).any(|around| match around {
        [before, 0xa4, after] => {
            let is_price = |byte: &u8| byte.is_ascii_digit() || *byte == b' ' || *byte == 0xa0;
            is_price(before) || is_price(after)
        }
        [before, 0xa6 | 0xa8 | 0xb4 | 0xb8 | 0xbc | 0xbd, after] => {
            before.is_ascii_alphabetic() && after.is_ascii_lowercase()
        }
        _ => false,
    })
}

/// A label as the tables know it: without what programs put around it, under its usual name; empty
/// if it says nothing.
fn normal_label(label: &str) -> String {
    let label = label.trim().trim_matches(['"', '\'', '<', '>']).to_ascii_lowercase();
    let label = label.strip_prefix("charset=").unwrap_or(&label).trim();
    let bare: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let number = |start: &str| bare.strip_prefix(start).filter(|rest| !rest.is_empty());
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let known = match bare.as_str() {
        "usascii" | "ascii" | "ansix341968" | "iso646us" | "unknown8bit" | "xunknown"
        | "unknown" | "default" | "none" | "binary" | "8bit" | "7bit" | "ansi" | "xuserdefined" => {
            ""
        }
        "utf8" | "utf8mb4" | "utf8n" | "xutf8" => "utf-8",
        "cp932" | "mskanji" | "sjis" | "xsjis" | "shiftjis" | "windows31j" => "shift_jis",
        "cp936" | "ms936" | "gb2312" | "xgbk" | "gbk" | "euccn" => "gbk",
        "gb18030" | "gb180302000" | "gb180302005" | "gb180302022" => "gb18030",
        "cp949" | "uhc" | "ksc56011987" | "euckr" | "ksc5601" => "euc-kr",
        "cp950" | "big5" | "xbig5" | "cnbig5" | "big5hkscs" => "big5",
        "eucjp" | "xeucjp" | "ujis" => "euc-jp",
        _ => {
            if let Some(part) = number("iso8859").filter(|part| is_number(part)) {
                return format!("iso-8859-{part}");
            }
            let page = ["windows", "win", "cp", "xcp", "ms"].into_iter().find_map(number);
            if let Some(page) = page.filter(|page| page.starts_with("125") && is_number(page)) {
                return format!("windows-{page}");
            }
            label
        }
    };
    known.to_owned()
}

/// Charsets that write other letters with ASCII octets.
fn is_stateful(label: &str) -> bool {
    ["utf-7", "utf-16", "iso-2022", "csiso2022", "hz-gb", "unicode-1-1-utf-7"]
        .iter()
        .any(|start| label.starts_with(start))
}

fn by_label(bytes: &[u8], label: &str, hint: Hint<'_>) -> Decoded {
    if label.starts_with("hz-gb") {
        return Decoded { text: hz(bytes), is_mislabeled: false };
    }
    if label.starts_with("iso-2022-kr") || label == "csiso2022kr" {
        return Decoded { text: korean(bytes), is_mislabeled: false };
    }
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        _ if bytes.is_ascii() && !is_stateful(label) => plain(bytes),
        Some(encoding) if encoding == UTF_8 => utf8(bytes, hint),
        Some(encoding) if encoding == WINDOWS_1252 => latin(bytes, hint),
        Some(encoding) if encoding == ISO_2022_JP => japanese(bytes, hint),
        Some(encoding) => labeled(bytes, encoding, hint),
        None => other(bytes, label, hint),
    }
}

fn plain(bytes: &[u8]) -> Decoded {
    Decoded { text: String::from_utf8_lossy(bytes).into_owned(), is_mislabeled: false }
}

/// Labeled UTF-8. A cut character is forgiven; mostly wrong octets are another charset.
fn utf8(bytes: &[u8], hint: Hint<'_>) -> Decoded {
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
    guessed(bytes, hint)
}

/// Labeled Latin-1. Several octets that happen to be UTF-8 are not there by chance; and no language
/// that is written in Latin letters puts an accent on most of them.
fn latin(bytes: &[u8], hint: Hint<'_>) -> Decoded {
    if std::str::from_utf8(bytes).is_ok() {
        return Decoded { is_mislabeled: true, ..plain(bytes) };
    }
    let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let low = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if high > low && high >= 6 {
        let found = guessed(bytes, hint);
        if !found.text.contains('\u{fffd}') {
            return found;
        }
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    Decoded { text: text.into_owned(), is_mislabeled: false }
}

/// Words that were encoded one by one and are decoded together switch back and forth between them,
/// which a strict decoder refuses.
fn japanese(bytes: &[u8], hint: Hint<'_>) -> Decoded {
    let mut octets = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let is_useless = byte == 0x1b && after.get(2) == Some(&0x1b);
        rest = if is_useless { after.get(2..).unwrap_or_default() } else { after };
        if !is_useless {
            octets.push(byte);
        }
    }
    labeled(&octets, ISO_2022_JP, hint)
}

fn labeled(bytes: &[u8], encoding: &'static Encoding, hint: Hint<'_>) -> Decoded {
    let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
    if !has_errors {
        return Decoded { text: text.into_owned(), is_mislabeled: false };
    }
    if !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() {
        return Decoded { is_mislabeled: true, ..plain(bytes) };
    }
    let wrong = text.chars().filter(|&c| c == '\u{fffd}').count();
    let right = text.chars().filter(|c| !c.is_ascii()).count().saturating_sub(wrong);
    let found = guessed(bytes, hint);
    // One damaged letter among many is no reason to doubt the label.
    if !bytes.is_ascii() && wrong > right && !found.text.contains('\u{fffd}') {
        return found;
    }
    Decoded { text: text.into_owned(), is_mislabeled: true }
}

fn other(bytes: &[u8], label: &str, hint: Hint<'_>) -> Decoded {
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
    guessed(bytes, hint)
}

/// What the octets are in by what stands around them, else by their letters.
fn guessed(bytes: &[u8], hint: Hint<'_>) -> Decoded {
    let near = hint.charset.filter(|&charset| charset != UTF_8);
    let near = near.map(|charset| charset.decode_without_bom_handling(bytes));
    let text = match near {
        Some((text, false)) => text,
        _ => guess(bytes, hint.country).decode_without_bom_handling(bytes).0,
    };
    Decoded { text: text.into_owned(), is_mislabeled: true }
}

/// Unlabeled text with escapes: ISO-2022-JP or ISO-2022-KR, if it decodes as that.
fn escaped(bytes: &[u8]) -> Option<Decoded> {
    let holds = |sign: &[u8]| bytes.windows(sign.len()).any(|window| window == sign);
    if holds(b"\x1b$)C") {
        return Some(Decoded { text: korean(bytes), is_mislabeled: true });
    }
    if !bytes.is_ascii() || !holds(b"\x1b$") {
        return None;
    }
    let found = japanese(bytes, Hint::default());
    (!found.text.contains('\u{fffd}')).then_some(Decoded { is_mislabeled: true, ..found })
}

/// HZ (RFC 1843): between `~{` and `~}` stand letters of GB 2312 without their eighth bit.
fn hz(bytes: &[u8]) -> String {
    let mut octets = Vec::with_capacity(bytes.len());
    let mut is_chinese = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.first()) {
            (b'~', Some(b'{' | b'}')) => {
                is_chinese = after.first() == Some(&b'{');
                rest = after.get(1..).unwrap_or_default();
            }
            (b'~', Some(b'~')) if !is_chinese => {
                octets.push(b'~');
                rest = after.get(1..).unwrap_or_default();
            }
            (b'\n', _) => {
                is_chinese = false;
                octets.push(b'\n');
            }
            _ => octets.push(if is_chinese && byte > 0x20 { byte | 0x80 } else { byte }),
        }
    }
    GBK.decode_without_bom_handling(&octets).0.into_owned()
}

/// ISO-2022-KR (RFC 1557): between SO and SI stand letters of KS C 5601 without their eighth bit.
fn korean(bytes: &[u8]) -> String {
    let mut octets = Vec::with_capacity(bytes.len());
    let mut is_korean = false;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let line = line.strip_prefix(b"\x1b$)C").unwrap_or(line);
        for &byte in line {
            match byte {
                0x0e => is_korean = true,
                0x0f => is_korean = false,
                _ => octets.push(if is_korean && byte > 0x20 { byte | 0x80 } else { byte }),
            }
        }
    }
    EUC_KR.decode_without_bom_handling(&octets).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], label: Option<&str>) -> String {
        decode(bytes, label, Hint::default()).text
    }

    #[test]
    fn octets_become_what_their_author_saw() {
        for (bytes, label, expected) in [
            (&b"Gr\xfc\xdfe"[..], None, "Grüße"),
            ("Grüße".as_bytes(), None, "Grüße"),
            (b"Gr\xfc\xdfe", Some("utf-8"), "Grüße"),
            ("Grüße".as_bytes(), Some("us-ascii"), "Grüße"),
            ("Grüße".as_bytes(), Some("iso-8859-1"), "Grüße"),
            (b"Gr\xfc\xdfe", Some("us-ascii"), "Grüße"),
            (b"5 \x80", Some("iso-8859-1"), "5 €"),
            (b"Gr\x81\xe1e", Some("cp850"), "Grüße"),
            (b"Gr+APwA3w-e", Some("utf-7"), "Grüße"),
            (b"\xef\xbb\xbfja", Some("utf-8"), "ja"),
            (b"j\0a", None, "ja"),
            (b"\xd0\xe0\xe4", Some("windows-1251"), "Рад"),
            (b"\xd0\xe0\xe4", Some("CP-1251"), "Рад"),
            (b"Gr\xfc\xdfe", Some("x-no-such-thing"), "Grüße"),
            (b"Gr\xfc\xdfe", Some("\"iso8859_1\""), "Grüße"),
            (b"das kostet 5 \xa4 im Jahr", None, "das kostet 5 € im Jahr"),
            (b"~{;6S-~} a~~b", Some("hz-gb-2312"), "欢迎 a~b"),
            (b"\x1b$)C\x0e>H3g\x0f!", Some("iso-2022-kr"), "안녕!"),
            (b"\x1b$B$3$s$K$A$O\x1b(B!", None, "こんにちは!"),
            (b"\x1b$B$3$s$K$A$O\x1b(B!", Some("iso-8859-1"), "こんにちは!"),
            (b"\x1b[1mbold", None, "\u{1b}[1mbold"),
        ] {
            assert_eq!(text(bytes, label), expected, "{label:?}");
        }
    }

    #[test]
    fn charsets_are_guessed_from_letters() {
        for (label, sentence) in [
            ("windows-1252", "Schöne Grüße aus Köln, die Übergabe ist am Dienstag – früh"),
            ("iso-8859-2", "Proszę o klucz do świetlicy, żeby przygotować spotkanie w środę"),
            ("koi8-r", "Здравствуйте, пришлите мне, пожалуйста, ключ от зала"),
            ("windows-1251", "Здравствуйте, пришлите мне, пожалуйста, ключ от зала"),
            ("gb18030", "您好，请把会议室的钥匙寄给我，谢谢您的帮助"),
            ("big5", "您好，請把會議室的鑰匙寄給我，謝謝您的幫助"),
            ("shift_jis", "お世話になっております。会議室の鍵を送ってください。"),
            ("euc-jp", "お世話になっております。会議室の鍵を送ってください。"),
            ("euc-kr", "안녕하세요, 회의실 열쇠를 보내 주시면 감사하겠습니다"),
            ("windows-1258", "Xin chào, tôi muốn hỏi về chìa khóa phòng họp của câu lạc bộ"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let written = if label == "windows-1258" {
                vietnamese(sentence)
            } else {
                encoding.encode(sentence).0.into_owned()
            };
            let expected = encoding.decode(&written).0.into_owned();
            for wrong in [None, Some("us-ascii"), Some("utf-8"), Some("x-unknown")] {
                assert_eq!(text(&written, wrong), expected, "{label} as {wrong:?}");
            }
        }
    }

    /// windows-1258 writes tones as letters of their own.
    fn vietnamese(text: &str) -> Vec<u8> {
        let tones = [('à', "a\u{300}"), ('ố', "ô\u{301}"), ('ỏ', "o\u{309}"), ('ì', "i\u{300}")];
        let more = [('ọ', "o\u{323}"), ('ạ', "a\u{323}"), ('ộ', "ô\u{323}"), ('ò', "o\u{300}")];
        let text = tones
            .into_iter()
            .chain(more)
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        encoding_rs::WINDOWS_1258.encode(&text.replace('ề', "ê\u{300}")).0.into_owned()
    }

    #[test]
    fn what_stands_beside_it_tells_more_than_three_letters() {
        let hint = Hint { charset: named("iso-8859-5"), country: None };
        let (bytes, _, _) = named("iso-8859-5").unwrap().encode("Рад");
        assert_eq!(decode(&bytes, None, hint).text, "Рад");
        assert_eq!(decode("Рад".as_bytes(), None, hint).text, "Рад");
        let odd = Hint { charset: None, country: Some("Ex.Ämple") };
        assert_eq!(decode(b"Gr\xfc\xdfe", None, odd).text, "Grüße");
    }
}

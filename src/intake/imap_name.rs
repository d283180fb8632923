//! Mailbox names as they travel: modified UTF-7 (RFC 3501 section 5.1.3).
//!
//! Deliberately absent: decoding, because lotse names folders and never shows the server's names.

/// Writes a mailbox name so that every server of RFC 3501 understands it.
pub(super) fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut shifted = Vec::new();
    for character in name.chars() {
        if (' '..='~').contains(&character) {
            flush(&mut encoded, &mut shifted);
            encoded.push(character);
            if character == '&' {
                encoded.push('-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(character.encode_utf16(&mut units).iter().copied());
        }
    }
    flush(&mut encoded, &mut shifted);
    encoded
}

/// Ends a shifted run: base64 of UTF-16, with `,` for `/` and without padding.
fn flush(encoded: &mut String, shifted: &mut Vec<u16>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    if shifted.is_empty() {
        return;
    }
    encoded.push('&');
    let bytes: Vec<u8> = shifted.drain(..).flat_map(u16::to_be_bytes).collect();
    for three in bytes.chunks(3) {
        let bits = (0..3)
            .fold(0u32, |bits, index| bits << 8 | three.get(index).copied().map_or(0, u32::from));
        for place in 0..=three.len() {
            let sextet = bits >> (18 - 6 * place) & 63;
            let letter = usize::try_from(sextet).ok().and_then(|sextet| ALPHABET.get(sextet));
            encoded.extend(letter.copied().map(char::from));
        }
    }
    encoded.push('-');
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn names_travel_in_modified_utf_7() {
        for (name, encoded) in [
            ("INBOX.Done", "INBOX.Done"),
            ("Lost & Found", "Lost &- Found"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Käsittelemättä", "K&AOQ-sittelem&AOQ-tt&AOQ-"),
            ("日本語", "&ZeVnLIqe-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("\u{1f4ee}", "&2D3c7g-"),
        ] {
            assert_eq!(encode(name), encoded);
        }
        assert_eq!(encode(""), "");
    }
}

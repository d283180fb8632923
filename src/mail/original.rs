//! A message as it came, for a reader who doubts what was understood of it.
//!
//! Its body octet for octet, below the header fields that say who wrote it and how it is to be
//! read. Deliberately absent: its other fields, because recipients and references hold reply keys,
//! which were made for its author alone (design section 4).

use crate::mail::header::Block;
use crate::mail::{Attachment, Defect};

/// The number of the original among the parts of a message: no part has it.
pub(super) const PART: u32 = u32::MAX;
/// What the file is called.
const NAME: &str = "original.eml";

/// What is broken in such a way that what a reader sees was guessed.
const GUESSED: &[&str] = &[
    "a line in the header is no field",
    "a multipart has no end",
    "a multipart has no parts",
    "a multipart names no boundary",
    "line ends are bare CR",
    "no empty line ends the header",
    "parts stand too deep in parts: they were not told apart",
    "the text holds NUL",
    "the text is in another charset than its label says",
    "too many parts: the rest was not told apart",
];

/// Fields that go along, beside all that begin with `Content-`.
const FIELDS: &[&str] = &["mime-version", "from", "sender", "date", "subject", "user-agent"];

/// The original as a file, where something in its text or parts was guessed.
pub(super) fn file(raw: &[u8], block: &Block<'_>, defects: &[Defect]) -> Option<Attachment> {
    let is_guessed = defects.iter().any(|defect| GUESSED.contains(&defect.0.as_str()));
    is_guessed.then(|| Attachment {
        name: NAME.to_owned(),
        // A message would be given other line ends on its way.
        media_type: "application/octet-stream".to_owned(),
        bytes: octets(raw, block).len(),
        part: PART,
        content_id: None,
        summary: String::new(),
        hash: None,
    })
}

/// Its octets; `block` is the header of the same octets with line ends that can be read.
pub(super) fn octets(raw: &[u8], block: &Block<'_>) -> Vec<u8> {
    let is_kept = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("content-") || FIELDS.contains(&name.as_str())
    };
    let mut whole = Vec::with_capacity(block.body.len() + 512);
    for field in block.fields.iter().filter(|field| is_kept(field.name)) {
        whole.extend_from_slice(field.name.as_bytes());
        whole.extend_from_slice(b": ");
        whole.extend_from_slice(field.value.trim_ascii());
        whole.push(b'\n');
    }
    whole.push(b'\n');
    let start = raw.len().saturating_sub(block.body.len());
    whole.extend_from_slice(raw.get(start..).unwrap_or_default());
    whole
}

#[cfg(test)]
mod tests {
    use crate::mail::{ReversePath, attachment_content, parse};

    #[test]
    fn what_was_guessed_can_be_seen_as_it_came() {
        let latin = b"From: a@x.example\nTo: desk+17.key@y.example\n\
            Content-Type: text/plain;\n charset=utf-8\n\nGr\xfc\xdfe, \xe4\xf6\n";
        let returns = b"From: a@x.example\rTo: desk+17.key@y.example\r\reins\rzwei\r";
        let junk = b"From: a@x.example\nReferences: <17.key@y.example>\nno field\n\
            Subject: x\n\nja\n";
        let cases: [(&[u8], &[u8]); 3] =
            [(latin, b"Gr\xfc\xdfe, \xe4\xf6\n"), (returns, b"eins\rzwei\r"), (junk, b"ja\n")];
        for (raw, body) in cases {
            let message = parse(raw, &ReversePath::Unknown);
            let file = message.original.expect("a file");
            let octets = attachment_content(raw, file.part).expect("octets");
            assert_eq!(octets.len(), file.bytes);
            assert!(octets.ends_with(body), "{octets:?}");
            assert!(octets.starts_with(b"From: a@x.example\n"), "{octets:?}");
            assert!(!String::from_utf8_lossy(&octets).contains("key@"), "{octets:?}");
        }
        let plain = parse(b"From: a@x.example\n\nja\n", &ReversePath::Unknown);
        assert_eq!(plain.original, None);
    }
}

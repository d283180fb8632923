//! What a mailbox still knows of the envelope: the header fields that deliverers left on top.
//!
//! Deliberately absent: header fields that people write (`To`, `Cc`); who could write there could
//! pretend to have written to a queue, and the mail layer reads them anyway.

use crate::mail::ReversePath;
use crate::types::Address;

/// The recipients in the topmost field of each of these names, in their order, each once.
pub(super) fn recipients(message: &[u8], names: &[String]) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for name in names {
        let Some((_, value)) = fields(message).find(|(field, _)| field.eq_ignore_ascii_case(name))
        else {
            continue;
        };
        for address in addresses(&value) {
            if !found.contains(&address) {
                found.push(address);
            }
        }
    }
    found
}

/// The topmost `Return-Path` above the first `Received`: below it, it is somebody else's.
pub(super) fn reverse_path(message: &[u8]) -> ReversePath {
    let ours = fields(message).take_while(|(name, _)| !name.eq_ignore_ascii_case("Received"));
    for (name, value) in ours {
        if name.eq_ignore_ascii_case("Return-Path") {
            return match value.trim() {
                "<>" => ReversePath::Null,
                path => bare(path).map_or(ReversePath::Unknown, ReversePath::Address),
            };
        }
    }
    ReversePath::Unknown
}

/// The header section of a message, up to the empty line.
fn fields(message: &[u8]) -> impl Iterator<Item = (String, String)> {
    let mut lines = message
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
        .peekable();
    std::iter::from_fn(move || {
        loop {
            let mut text = String::from_utf8_lossy(lines.next()?).into_owned();
            while let Some(folded) =
                lines.next_if(|line| line.starts_with(b" ") || line.starts_with(b"\t"))
            {
                text.push_str(&String::from_utf8_lossy(folded));
            }
            if let Some((name, value)) = text.split_once(':') {
                return Some((name.trim_end().to_owned(), value.trim().to_owned()));
            }
        }
    })
}

/// Every address of a list such as `a@b, Name <c@d>`; what is none is left out.
fn addresses(value: &str) -> Vec<Address> {
    let mut is_quoted = false;
    value
        .split(|character| {
            is_quoted ^= character == '"';
            !is_quoted && (character == ',' || character == ';')
        })
        .filter_map(bare)
        .collect()
}

/// One address, with or without a name and angle brackets.
fn bare(text: &str) -> Option<Address> {
    let inner = match text.rsplit_once('<') {
        Some((_, rest)) => rest.split_once('>')?.0,
        None => text,
    };
    Address::parse(inner).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["Delivered-To".to_owned(), "X-Original-To".to_owned()]
    }

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn topmost_field_of_each_name_gives_the_recipients() {
        let message = b"delivered-to: desk@nrw.example\r\n\
            X-Original-To:\r\n Kontakt <kontakt@nrw.example>,\r\n\t\"a, b\" <desk@NRW.example>\r\n\
            Delivered-To: elsewhere@outside.example\r\n\r\nX-Original-To: body@nrw.example\r\n";
        let expected = vec![address("desk@nrw.example"), address("kontakt@nrw.example")];
        assert_eq!(recipients(message, &names()), expected);
        let bare_line_feeds: Vec<u8> = message.iter().copied().filter(|b| *b != b'\r').collect();
        assert_eq!(recipients(&bare_line_feeds, &names()), expected);
        assert_eq!(recipients(b"", &names()), vec![]);
        assert_eq!(recipients(b"Delivered-To: nobody here\r\n", &names()), vec![]);
    }

    #[test]
    fn return_path_counts_above_the_first_received_only() {
        let otto = ReversePath::Address(address("otto@outside.example"));
        for (header, expected) in [
            ("Return-Path: <otto@outside.example>\nReceived: x\n", otto.clone()),
            ("Return-Path:otto@outside.example\nReturn-Path: <>\n", otto),
            ("Delivered-To: a@b.example\nReturn-Path: <>\nReceived: x\n", ReversePath::Null),
            ("Received: x\nReturn-Path: <otto@outside.example>\n", ReversePath::Unknown),
            ("Return-Path: broken\n", ReversePath::Unknown),
            ("\nReturn-Path: <>\n", ReversePath::Unknown),
        ] {
            assert_eq!(reverse_path(header.as_bytes()), expected, "{header}");
        }
    }
}

//! What of a message's parts is its text, its HTML, and what is attached.
//!
//! Deliberately absent: what is new in the text and what is quoted (`quote`).

use std::borrow::Cow;

use crate::mail::charset::{self, Hint};
use crate::mail::field;
use crate::mail::flowed;
use crate::mail::header::{self, Defects};
use crate::mail::part::{self, Part};
use crate::mail::{Attachment, card, html, opaque, tnef};
use crate::types::Hash;

/// Octets of text, and of HTML, that are kept; what is longer stays in the raw message.
const TEXT_BYTES_MAX: usize = 2 * 1024 * 1024;
const NAME_BYTES_MAX: usize = 120;
/// What stands inside a part that was unpacked is numbered from here: the part's own number plus
/// this for the first, twice this for the second. More parts are never told apart (`part`).
const INSIDE: u32 = 1_000;

/// The readable side of a message.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) html: Option<String>,
    pub(super) attachments: Vec<Attachment>,
}

/// A run of the message's text.
enum Run {
    Plain(String),
    Html(String),
}

impl Run {
    fn is_blank(&self) -> bool {
        match self {
            Self::Plain(text) | Self::Html(text) => text.trim().is_empty(),
        }
    }
}

/// What a part and its own parts come to.
#[derive(Default)]
struct Reading {
    text: Vec<Run>,
    html: Vec<String>,
}

struct Reader<'d> {
    attachments: Vec<Attachment>,
    has_text: bool,
    /// The part that is being unpacked.
    outer: Option<u32>,
    /// What is shown where there is no text.
    instead: Vec<String>,
    /// Whether attachments are summed.
    has_sums: bool,
    hint: Hint<'d>,
    defects: &'d mut Defects,
}

/// Reads the tree of a message. `hint` tells what unlabeled text may be in; attachments get their
/// sums only if they are wanted.
pub(super) fn read(root: &Part<'_>, hint: Hint<'_>, has_sums: bool, defects: &mut Defects) -> Body {
    let mut reader = Reader {
        attachments: Vec::new(),
        has_text: false,
        outer: None,
        instead: Vec::new(),
        has_sums,
        hint,
        defects,
    };
    let reading = reader.part(root);
    let mut attachments = reader.attachments;
    let html = Some(reading.html.join("\n")).filter(|html| !html.trim().is_empty());
    for attachment in &mut attachments {
        let is_shown = match (&attachment.content_id, &html) {
            (Some(id), Some(html)) => html.contains(&format!("cid:{id}")),
            _ => false,
        };
        if !is_shown {
            attachment.content_id = None;
        }
    }
    let mut text = joined(&reading.text);
    if text.trim().is_empty() {
        text = reader.instead.join("\n");
    }
    let text = bounded(text, reader.defects);
    let html = html.map(|html| bounded(html, reader.defects));
    Body { text, html, attachments }
}

/// The decoded octets of an attachment by the number that [`read`] gave it.
pub(super) fn content(root: &Part<'_>, number: u32) -> Option<Vec<u8>> {
    let outer = root.find(number % INSIDE)?;
    let octets = outer.content();
    let Some(inside) = (number / INSIDE).checked_sub(1) else { return Some(octets.into_owned()) };
    if is_container(outer) {
        let files = tnef::unpack(&octets)?.files;
        return files.get(usize::try_from(inside).ok()?).map(|file| file.content.to_vec());
    }
    let signed = opaque::signed_content(&octets)?;
    let mut defects = Defects::default();
    let block = header::split(&signed, &mut defects);
    let root = part::tree(&block, Hint::default(), &mut defects);
    root.find(inside).map(|part| part.content().into_owned())
}

fn is_container(part: &Part<'_>) -> bool {
    let is_named = part.file_name().is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"));
    part.media_type.ends_with("/ms-tnef") || part.media_type.ends_with("/vnd.ms-tnef") || is_named
}

fn joined(runs: &[Run]) -> String {
    let mut text = String::new();
    for run in runs.iter().filter(|run| !run.is_blank()) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        match run {
            Run::Plain(plain) => text.push_str(plain.trim_end().trim_start_matches('\n')),
            Run::Html(html) => text.push_str(html::to_text(html).trim_matches('\n')),
        }
    }
    text
}

fn bounded(mut text: String, defects: &mut Defects) -> String {
    if text.len() > TEXT_BYTES_MAX {
        defects.note("the text is too long: its end was not read");
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    }
    text
}

impl Reader<'_> {
    fn part(&mut self, part: &Part<'_>) -> Reading {
        if part.media_type == "multipart/alternative" {
            return self.alternative(part);
        }
        if !part.children.is_empty() {
            let mut all = Reading::default();
            for child in &part.children {
                let reading = self.part(child);
                all.text.extend(reading.text);
                all.html.extend(reading.html);
            }
            return all;
        }
        if self.is_text(part) {
            self.has_text = true;
            return self.text(part);
        }
        if matches!(part.media_type.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
            && self.outer.is_none()
            && let Some(signed) = opaque::signed_content(&part.content())
        {
            return self.signed(part, &signed);
        }
        self.attach(part);
        Reading::default()
    }

    /// What stands inside an opaque signature.
    fn signed(&mut self, part: &Part<'_>, signed: &[u8]) -> Reading {
        let signed = header::with_line_ends(signed, self.defects);
        let block = header::split(&signed, self.defects);
        let inner = part::tree(&block, self.hint, self.defects);
        self.outer = Some(part.number);
        let reading = self.part(&inner);
        self.outer = None;
        reading
    }

    /// The plainest reading that is not empty; the HTML of the richest.
    fn alternative(&mut self, part: &Part<'_>) -> Reading {
        let mut readings: Vec<Reading> =
            part.children.iter().map(|child| self.part(child)).collect();
        let is_plain = |reading: &Reading| {
            reading.text.iter().any(|run| matches!(run, Run::Plain(_)) && !run.is_blank())
        };
        let has_text = |reading: &Reading| reading.text.iter().any(|run| !run.is_blank());
        let html = readings
            .iter_mut()
            .rev()
            .map(|reading| std::mem::take(&mut reading.html))
            .find(|html| !html.is_empty())
            .unwrap_or_default();
        let best =
            readings.iter().position(is_plain).or_else(|| readings.iter().position(has_text));
        let text = best.map(|at| readings.swap_remove(at).text).unwrap_or_default();
        Reading { text, html }
    }

    fn is_text(&self, part: &Part<'_>) -> bool {
        if part.disposition.value == "attachment" {
            return false;
        }
        let is_readable = matches!(
            part.media_type.as_str(),
            "text/plain" | "text/html" | "text/markdown" | "text/x-markdown" | "text/enriched"
        );
        is_readable && (part.file_name().is_none() || part.number == 0 || !self.has_text)
    }

    fn text(&mut self, part: &Part<'_>) -> Reading {
        let content = part.content();
        let label = part.content_type.parameter("charset");
        let label = label.and_then(|label| label.split_whitespace().next());
        if content.contains(&0) {
            self.defects.note("the text holds NUL");
        }
        let kept = content.get(..content.len().min(2 * TEXT_BYTES_MAX)).unwrap_or_default();
        let decoded = charset::decode(kept, label, self.hint);
        if decoded.is_mislabeled {
            self.defects.note("the text is in another charset than its label says");
        }
        let text = line_feeds(decoded.text);
        if part.media_type == "text/html" {
            return Reading { text: vec![Run::Html(text.clone())], html: vec![text] };
        }
        let is = |name, value| {
            part.content_type
                .parameter(name)
                .is_some_and(|said: &str| said.eq_ignore_ascii_case(value))
        };
        let text =
            if is("format", "flowed") { flowed::unfold(&text, is("delsp", "yes")) } else { text };
        let text = match opaque::without_armor(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(plain) => plain,
        };
        Reading { text: vec![Run::Plain(text)], html: Vec::new() }
    }

    fn attach(&mut self, part: &Part<'_>) {
        let number = self.outer.map_or(part.number, |outer| outer + INSIDE * (part.number + 1));
        let summary = self.summary(part);
        let attachment = Attachment {
            name: name(part, &summary),
            media_type: part.media_type.clone(),
            bytes: part.content_len(),
            part: number,
            content_id: part.content_id.clone(),
            summary,
            hash: self.has_sums.then(|| Hash::of(&part.content())),
        };
        self.attachments.push(attachment);
        if is_container(part) {
            self.unpack(part);
        }
        let is_encrypted = part.media_type == "application/pgp-encrypted"
            || part.media_type.ends_with("pkcs7-mime")
                && part.content_type.parameter("smime-type") != Some("certs-only");
        if is_encrypted {
            self.defects.note("the text is encrypted");
        }
    }

    /// An invitation or a business card in a line, which is shown where there is no text.
    fn summary(&mut self, part: &Part<'_>) -> String {
        const TYPES: [&str; 5] =
            ["text/calendar", "application/ics", "text/vcard", "text/x-vcard", "text/directory"];
        if !TYPES.contains(&part.media_type.as_str()) {
            return String::new();
        }
        let label = part.content_type.parameter("charset");
        let text = charset::decode(&part.content(), label, self.hint).text;
        let summary = card::summary(&part.media_type, &text);
        if !summary.is_empty() {
            self.instead.push(format!("[{summary}]"));
        }
        summary
    }

    /// Lists what a `winmail.dat` holds beside it.
    fn unpack(&mut self, part: &Part<'_>) {
        let octets = part.content();
        let found = tnef::unpack(&octets).filter(|found| {
            let is_empty = found.files.is_empty() && found.text.is_empty() && found.html.is_empty();
            self.outer.is_none() && !is_empty
        });
        let Some(found) = found else {
            self.defects.note("parts are hidden in a winmail.dat that cannot be read");
            return;
        };
        for (number, file) in (1..).zip(&found.files) {
            let name = file_name(&file.name);
            let name = if name.is_empty() { format!("winmail-{number}.bin") } else { name };
            let media_type = if file.media_type.contains('/') {
                file.media_type.clone()
            } else {
                "application/octet-stream".to_owned()
            };
            self.attachments.push(Attachment {
                name,
                media_type,
                bytes: file.content.len(),
                part: part.number + INSIDE * number,
                content_id: None,
                summary: String::new(),
                hash: self.has_sums.then(|| Hash::of(file.content)),
            });
        }
        if !found.text.is_empty() {
            self.instead.push(line_feeds(found.text.clone()));
        } else if !found.html.is_empty() {
            self.instead.push(html::to_text(&found.html).trim_matches('\n').to_owned());
        }
    }
}

/// LF line ends, whatever they were.
fn line_feeds(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let mut lines = String::with_capacity(text.len());
    for (index, piece) in text.split('\r').enumerate() {
        if index > 0 && !piece.starts_with('\n') {
            lines.push('\n');
        }
        lines.push_str(piece);
    }
    lines
}

fn name(part: &Part<'_>, summary: &str) -> String {
    let given = part.file_name().map(file_name).unwrap_or_default();
    if !given.is_empty() {
        return given;
    }
    let title = file_name(&summary.split(", ").next().unwrap_or_default().replace('/', "-"));
    if !title.is_empty() {
        return bound(&title, &format!(".{}", extension(&part.media_type)));
    }
    if matches!(part.media_type.as_str(), "message/rfc822" | "message/global") {
        let content = part.content();
        let block = header::split(&content, &mut Defects::default());
        let subject = block.value("Subject");
        let subject = subject.map(|value| field::text(value, Hint::default())).unwrap_or_default();
        let subject = file_name(&subject.replace(['/', '\\'], "-"));
        return if subject.is_empty() { "message.eml".into() } else { bound(&subject, ".eml") };
    }
    format!("part-{}.{}", part.number, extension(&part.media_type))
}

fn extension(media_type: &str) -> &str {
    let subtype = media_type.split_once('/').unwrap_or_default().1;
    match subtype {
        "plain" | "delivery-status" | "rfc822-headers" => "txt",
        "calendar" => "ics",
        "jpeg" => "jpg",
        "pgp-signature" | "pgp-encrypted" => "asc",
        "pkcs7-signature" | "x-pkcs7-signature" => "p7s",
        "vcard" | "x-vcard" => "vcf",
        "html" | "csv" | "pdf" | "png" | "gif" | "zip" | "xml" | "json" | "webp" | "rtf" => subtype,
        _ => "bin",
    }
}

/// A name that may stand in a list or become a file: no folders, nothing that hides letters.
fn file_name(given: &str) -> String {
    let given = given.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(given);
    let decoded = percent_decoded(given);
    let given = decoded.as_deref().unwrap_or(given);
    let last = given.rsplit(['/', '\\']).find(|piece| !piece.trim().is_empty()).unwrap_or_default();
    let cleaned: String = last.chars().filter(|&c| !c.is_control() && !is_unseen(c)).collect();
    let cleaned = cleaned.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    match cleaned.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 10 => {
            bound(stem, &format!(".{extension}"))
        }
        _ => bound(cleaned, ""),
    }
}

/// A name in which a program encoded its letters as in an address of the web, without saying so:
/// nothing unless letters beyond ASCII come of it.
fn percent_decoded(given: &str) -> Option<String> {
    let mut pieces = given.split('%');
    let mut octets = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        octets.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        octets.extend_from_slice(piece.get(2..)?.as_bytes());
    }
    let decoded = String::from_utf8(octets).ok()?;
    (given.is_ascii() && !decoded.is_ascii()).then_some(decoded)
}

/// Characters that show nothing, or turn the direction of what follows.
fn is_unseen(c: char) -> bool {
    let unseen = ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    unseen.iter().any(|range| range.contains(&c))
}

fn bound(stem: &str, extension: &str) -> String {
    let room = stem.floor_char_boundary(NAME_BYTES_MAX - extension.len());
    format!("{}{extension}", stem.get(..room).unwrap_or_default().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_folders_and_tricks() {
        for (given, kept) in [
            ("/etc/passwd", "passwd"),
            ("C:\\temp\\Rechnung.pdf", "Rechnung.pdf"),
            ("..", ""),
            (".profile", "profile"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("a\r\nb.txt", "ab.txt"),
            ("ordner/", "ordner"),
        ] {
            assert_eq!(file_name(given), kept, "{given}");
        }
        let long = file_name(&("ä".repeat(300) + ".pdf"));
        assert!(long.len() <= NAME_BYTES_MAX && long.ends_with("ä.pdf"), "{long}");
    }
}

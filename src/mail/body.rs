//! What of a message's parts is its text, its HTML, and what is attached.
//!
//! Deliberately absent: what is new in the text and what is quoted (`quote`).

use crate::mail::field;
use crate::mail::flowed;
use crate::mail::header::{self, Defects};
use crate::mail::part::Part;
use crate::mail::{Attachment, charset, html};

/// Octets of text, and of HTML, that are kept; what is longer stays in the raw message.
const TEXT_BYTES_MAX: usize = 2 * 1024 * 1024;
const NAME_BYTES_MAX: usize = 120;

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
    defects: &'d mut Defects,
}

/// Reads the tree of a message.
pub(super) fn read(root: &Part<'_>, defects: &mut Defects) -> Body {
    let mut reader = Reader { attachments: Vec::new(), has_text: false, defects };
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
    let text = bounded(joined(&reading.text), reader.defects);
    let html = html.map(|html| bounded(html, reader.defects));
    Body { text, html, attachments }
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
        self.attach(part);
        Reading::default()
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
        let decoded = charset::decode(kept, label);
        if decoded.is_mislabeled {
            self.defects.note("the text is in another charset than its label says");
        }
        let text = line_feeds(&decoded.text);
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
        Reading { text: vec![Run::Plain(text)], html: Vec::new() }
    }

    fn attach(&mut self, part: &Part<'_>) {
        let bytes = part.content_len();
        if part.media_type == "application/ms-tnef" {
            self.defects.note("parts are hidden in a winmail.dat");
        }
        self.attachments.push(Attachment {
            name: name(part),
            media_type: part.media_type.clone(),
            bytes,
            part: part.number,
            content_id: part.content_id.clone(),
        });
    }
}

/// LF line ends, whatever they were.
fn line_feeds(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

fn name(part: &Part<'_>) -> String {
    let given = part.file_name().map(file_name).unwrap_or_default();
    if !given.is_empty() {
        return given;
    }
    if matches!(part.media_type.as_str(), "message/rfc822" | "message/global") {
        let content = part.content();
        let block = header::split(&content, &mut Defects::default());
        let subject = block.value("Subject").map(field::text).unwrap_or_default();
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

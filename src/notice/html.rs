//! The blocks of a page as HTML: the same words in the same order, every one escaped.
//!
//! Styles stand in the elements and set no colors of text or ground, so that dark mode is right by
//! itself. Buttons are `mailto:` links whose body is a keyword. Deliberately absent: HTML of
//! strangers, scripts, pictures, web links.

use std::fmt::Write as _;

use crate::notice::page::{Block, Page, Style, is_marker_first};

const PARAGRAPH: &str = "margin:0 0 16px";
const HEADING: &str = "margin:24px 0 8px;font-size:18px";
const WORDS: &str =
    "margin:0 0 16px;padding:4px 0 4px 14px;border-left:4px solid #4a7ebb;overflow-wrap:anywhere";
const FOOT: &str = "margin:24px 0 0;padding:12px 0 0;border-top:1px solid #8a8a8a";
const BUTTON: &str = "display:inline-block;margin:0 8px 8px 0;padding:10px 16px;\
                      border:2px solid #4a7ebb;border-radius:8px;color:inherit;\
                      font-weight:bold;text-decoration:none";

/// What one tap answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: &'static str,
    /// The keyword that its mail holds, with the marker.
    pub body: String,
}

/// Where buttons lead and what they are.
#[derive(Debug, Clone, Default)]
pub struct Buttons {
    /// The reply address; without one there are no buttons.
    pub address: Option<String>,
    /// The subject of the answer.
    pub subject: String,
    /// The buttons of the mail, or of each of its tickets.
    pub buttons: Vec<(Option<u64>, Button)>,
}

/// The picture of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The part that holds it.
    pub content_id: String,
    /// What it says, for those who do not see it.
    pub alt: String,
    /// Pixels on a wide screen; on a narrow one it is as wide as the text.
    pub width: u32,
}

/// The inside of the HTML body.
#[must_use]
pub fn body(page: &Page, buttons: &Buttons, picture: Option<&Shown>) -> String {
    let mut html = String::with_capacity(4096);
    blocks(&page.body, (buttons, picture), &mut html);
    if page.has_foot {
        open("div", FOOT, &mut html);
        blocks(&page.foot, (buttons, picture), &mut html);
        html.push_str("</div>\n");
    }
    html
}

fn blocks(
    blocks: &[(bool, Block)],
    (buttons, picture): (&Buttons, Option<&Shown>),
    html: &mut String,
) {
    for (_, block) in blocks {
        match block {
            Block::Heading(heading) => {
                open("h2", HEADING, html);
                escape(heading, html);
                html.push_str("</h2>\n");
            }
            Block::Lines(lines) => paragraph(lines, html),
            Block::Excerpt(_, lines) if lines.is_empty() => {}
            Block::Excerpt(Style::Verbatim, lines) => paragraphs(lines, html),
            Block::Excerpt(Style::Words | Style::Quote, lines) => {
                open("blockquote", WORDS, html);
                quoted_lines(lines, html);
                html.push_str("</blockquote>\n");
            }
            Block::Buttons(ticket) => row(*ticket, buttons, html),
            Block::Picture => picture.into_iter().for_each(|picture| shown(picture, html)),
        }
    }
}

fn open(element: &str, style: &str, html: &mut String) {
    html.push('<');
    html.push_str(element);
    html.push_str(" style=\"");
    html.push_str(style);
    html.push_str("\">");
}

fn shown(picture: &Shown, html: &mut String) {
    let Shown { content_id, alt, width } = picture;
    html.push_str("<p style=\"margin:0 0 16px\"><img src=\"cid:");
    escape(content_id, html);
    html.push_str("\" alt=\"");
    escape(alt, html);
    let size = format!("\" width=\"{width}\" style=\"width:100%;max-width:{width}px;height:auto");
    html.push_str(&size);
    html.push_str(";border:0\"></p>\n");
}

fn paragraph(lines: &[String], html: &mut String) {
    open("p", PARAGRAPH, html);
    inner_lines(lines, html);
    html.push_str("</p>\n");
}

fn paragraphs(lines: &[String], html: &mut String) {
    for part in lines.split(String::is_empty) {
        if !part.is_empty() {
            paragraph(part, html);
        }
    }
}

fn inner_lines(lines: &[String], html: &mut String) {
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            html.push_str("<br>\n");
        }
        escape(line, html);
    }
}

fn quoted_lines(lines: &[String], html: &mut String) {
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            html.push_str("<br>\n");
        }
        if is_marker_first(line) {
            html.push_str("&gt;\u{A0}");
        }
        escape(line, html);
    }
}

fn row(ticket: Option<u64>, buttons: &Buttons, html: &mut String) {
    let Some(address) = &buttons.address else { return };
    let mut chosen = buttons.buttons.iter().filter(|(of, _)| *of == ticket).peekable();
    if chosen.peek().is_none() {
        return;
    }
    open("p", PARAGRAPH, html);
    for (_, button) in chosen {
        html.push_str("<a role=\"button\" style=\"");
        html.push_str(BUTTON);
        html.push_str("\" href=\"");
        escape(&mailto(address, &buttons.subject, &button.body), html);
        html.push_str("\">");
        escape(button.label, html);
        html.push_str("</a>\n");
    }
    html.push_str("</p>\n");
}

/// A `mailto:` link (RFC 6068).
#[must_use]
pub fn mailto(address: &str, subject: &str, body: &str) -> String {
    let mut link = String::with_capacity(160);
    link.push_str("mailto:");
    percent(address, "@", &mut link);
    link.push_str("?subject=");
    percent(subject, "", &mut link);
    link.push_str("&body=");
    percent(body, "", &mut link);
    link
}

fn percent(text: &str, allowed: &str, link: &mut String) {
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || allowed.contains(c) {
            link.push(c);
        } else if write!(link, "%{byte:02X}").is_err() {
            return;
        }
    }
}

/// Text as HTML text or a quoted attribute.
fn escape(text: &str, html: &mut String) {
    let mut rest = text;
    while let Some((before, special, after)) = split_special(rest) {
        html.push_str(before);
        html.push_str(special);
        rest = after;
    }
    html.push_str(rest);
}

fn split_special(text: &str) -> Option<(&str, &'static str, &str)> {
    let at = text.find(['&', '<', '>', '"', '\''])?;
    let (before, rest) = text.split_at_checked(at)?;
    let (special, after) = rest.split_at_checked(1)?;
    let escaped = match special {
        "&" => "&amp;",
        "<" => "&lt;",
        ">" => "&gt;",
        "\"" => "&quot;",
        _ => "&#39;",
    };
    Some((before, escaped, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_encoded_whole() {
        let link = mailto("desk+17.k3@nrw.example", "[nrw #17] Frage & Gruß", "!nehme");
        assert_eq!(
            link,
            "mailto:desk%2B17.k3@nrw.example?subject=%5Bnrw%20%2317%5D%20Frage%20%26%20Gru%C3%9F\
             &body=%21nehme"
        );
    }

    #[test]
    fn words_of_strangers_are_text() {
        let lines = vec!["<script>alert('x')</script> & \"y\"".to_owned()];
        let page = Page { body: vec![(false, Block::Lines(lines))], ..Page::default() };
        let html = body(&page, &Buttons::default(), None);
        assert!(
            html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;")
        );
    }
}

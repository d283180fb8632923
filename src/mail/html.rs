//! HTML of strangers: to readable text, and made harmless.
//!
//! Deliberately absent: styles, pictures from elsewhere, and any wish to look like the original.

mod role;
mod tables;
pub(in crate::mail) mod text;
mod tree;

use std::panic::catch_unwind;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use crate::mail::html::tree::Tree;

/// Octets that the cleaner is given; its parser is quadratic in what is not closed.
const HTML_BYTES_MAX: usize = 256 * 1024;
/// Elements whose parent ends before them, for the cleaner.
const CROSSED_MAX: usize = 100;
/// How deep elements may stand in elements for the cleaner.
const DEPTH_MAX: usize = 256;

/// Readable text of an HTML document: links, lists and tables kept, what nobody sees left out.
/// Work grows with its size, whatever is in it.
///
/// Lines end in LF and are as long as their author's; each mark `> ` is a quote, with the
/// attribution that belongs to it; a link's target stands behind its words in brackets.
#[must_use]
pub fn to_text(html: &str) -> String {
    text::lines(&Tree::parse(html))
}

/// The HTML without anything that acts, tracks or loads: fit to be quoted in a notice.
///
/// Pictures only from the message itself (`cid:`); links with `rel="noopener noreferrer"`. What is
/// larger than 256 KiB or nested too deep becomes its text.
#[must_use]
pub fn sanitize(html: &str) -> String {
    let cleaned =
        if is_modest(html) { catch_unwind(|| CLEANER.clean(html).to_string()).ok() } else { None };
    cleaned.unwrap_or_else(|| {
        let text = ammonia::clean_text(&to_text(html)).replace("&#10;", "\n").replace('\n', "<br>");
        format!("<p>{text}</p>")
    })
}

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    const STYLES: [&str; 7] = [
        "color",
        "background-color",
        "font-weight",
        "font-style",
        "text-align",
        "text-decoration",
        "white-space",
    ];
    let mut builder = Builder::default();
    builder
        .rm_tags(["map", "area", "details", "summary"])
        .add_tags(["font"])
        .add_clean_content_tags(["title", "template", "textarea", "svg", "math"])
        .add_tag_attributes("font", ["color"])
        .add_generic_attributes(["style", "dir"])
        .filter_style_properties(STYLES.into_iter().collect())
        .url_schemes(["http", "https", "mailto", "tel", "cid"].into_iter().collect())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer"))
        .attribute_filter(|element, attribute, value| {
            let is_own =
                value.trim_start().get(..4).is_some_and(|s| s.eq_ignore_ascii_case("cid:"));
            let is_picture = element == "img" && attribute == "src";
            let is_address = is_picture || matches!(attribute, "href" | "cite");
            (!is_address || is_picture == is_own).then(|| value.into())
        });
    builder
});

/// Whether the full parsers may be given it: not too long, nothing opened too often unclosed.
fn is_modest(html: &str) -> bool {
    if html.len() > HTML_BYTES_MAX {
        return false;
    }
    let mut open: Vec<&str> = Vec::new();
    let mut crossed = 0;
    for piece in html.split('<').skip(1) {
        let (is_end, piece) = piece.strip_prefix('/').map_or((false, piece), |rest| (true, rest));
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let name = piece.get(..end).unwrap_or_default();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || is_alone(name) {
            continue;
        }
        if !is_end {
            open.push(name);
        } else if let Some(at) = open.iter().rposition(|known| known.eq_ignore_ascii_case(name)) {
            crossed += open.drain(at..).skip(1).filter(|name| is_reopened(name)).count();
        }
        if open.len() > DEPTH_MAX || crossed > CROSSED_MAX {
            return false;
        }
    }
    true
}

/// Elements that the cleaner's parser opens anew in all that follows when their parent ends first.
fn is_reopened(name: &str) -> bool {
    const REOPENED: [&str; 14] = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
        "u",
    ];
    REOPENED.iter().any(|reopened| name.eq_ignore_ascii_case(reopened))
}

/// Elements that hold nothing, or end where the next of their kind begins.
fn is_alone(name: &str) -> bool {
    const ALONE: [&str; 22] = [
        "br", "img", "hr", "meta", "link", "col", "wbr", "input", "area", "base", "p", "li", "tr",
        "td", "th", "tbody", "thead", "tfoot", "dd", "dt", "option", "source",
    ];
    ALONE.iter().any(|alone| name.eq_ignore_ascii_case(alone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_what_people_read() {
        for (html, text) in [
            ("<p>Hallo <b>!take</b></p><p>Gru&szlig;</p>", "Hallo !take\n\nGruß"),
            ("eins<br>zwei<br><br>drei", "eins\nzwei\n\ndrei"),
            ("<div>eins</div><div>zwei</div>", "eins\nzwei"),
            ("<blockquote><p>alt</p></blockquote><p>neu</p>", "> alt\n\nneu"),
            ("<a href='https://x.example/'>hier</a>", "hier <https://x.example/>"),
            ("<a href='mailto:a@x.example'>a@x.example</a>", "a@x.example"),
            ("<a href='https://x.example/a'>x.example/a</a>, ja", "x.example/a, ja"),
            ("<ul><li>a<li>b</ul>", "* a\n* b"),
            ("<style>p{}</style><script>x()</script><title>t</title>ja", "ja"),
            ("<img src='https://t.example/1.gif'><img src='cid:1' alt='Plan'>", "[Plan]"),
            ("", ""),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
        for (html, text) in [
            ("<ol start=3><li>a<li>b<ul><li>c</ul></ol>", "3. a\n4. b\n   * c"),
            ("<table><tr><th>Raum<th>Preis<tr><td>Saal<td>40</table>", "Raum  Preis\nSaal  40"),
            ("<table><tr><td><div>a</div><div>b</div><td>c</table>", "a\nb\nc"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            (
                "a<blockquote>b<blockquote>c</blockquote>d</blockquote>e",
                "a\n\n> b\n>\n> > c\n>\n> d\n\ne",
            ),
            ("<font><blockquote>a</font><p>b</blockquote>c", "> a\n>\n> b\n\nc"),
            ("<div style='display:none'>x</div><p hidden>x</p>a", "a"),
            ("<td style='font-size:0'>x<b style='font-size:12px'>a</b></td>", "a"),
            ("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>", "a\nb"),
            ("a < b, c <= d", "a < b, c <= d"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
        let table = to_text("<table><tr><td>Name:</td><td>Otto</td></tr></table>");
        assert_eq!(table.split_whitespace().collect::<Vec<_>>(), ["Name:", "Otto"]);
        let long = to_text(&format!("<p>{}</p>", "wort ".repeat(400)));
        assert_eq!(long.lines().count(), 1);
    }

    #[test]
    fn sanitized_html_loads_and_does_nothing() {
        for (html, kept) in [
            ("<p onclick=x()>a</p>", "<p>a</p>"),
            ("<script>x()</script>a", "a"),
            ("<img src=\"https://t.example/1.gif\" alt=\"a\">", "<img alt=\"a\">"),
            ("<img src=\"cid:1@x\">", "<img src=\"cid:1@x\">"),
            ("<a href=\"javascript:x()\">a</a>", "<a rel=\"noopener noreferrer\">a</a>"),
            (
                "<a href=\"https://x.example/\" target=_blank>a</a>",
                "<a href=\"https://x.example/\" rel=\"noopener noreferrer\">a</a>",
            ),
            ("<p style=\"position:fixed;color:red;top:0\">a</p>", "<p style=\"color:red\">a</p>"),
            ("<p style=\"background:url(https://t.example/)\">a</p>", "<p style=\"\">a</p>"),
            ("<form action=x><input name=y>a</form><iframe src=x></iframe>", "a"),
            ("<title>t</title><base href=x><meta http-equiv=refresh content=0>a", "a"),
            ("<!-- c -->a", "a"),
        ] {
            assert_eq!(sanitize(html), kept, "{html}");
        }
    }

    #[test]
    fn hostile_html_costs_little() {
        let deep = "<div>".repeat(40_000) + "tief";
        assert!(to_text(&deep).ends_with("tief"));
        assert!(sanitize(&deep).contains("tief"));
        let long = "<p>a &amp; b</p>".repeat(200_000);
        assert!(to_text(&long).starts_with("a & b"));
        assert!(!sanitize(&(long + "<script>x()</script>")).contains("<script"));
        let crossed: String = (0..4_000).map(|i| format!("<div><b id={i}></div>")).collect();
        assert!(sanitize(&crossed).len() < 100_000);
        let wide = "<table><tr>".to_owned() + &"<td colspan=99999>a".repeat(200) + "</table>";
        assert!(to_text(&wide).len() < 2_000_000);
    }
}

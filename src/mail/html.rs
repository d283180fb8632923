//! HTML of strangers: to readable text, and nothing else.
//!
//! Notices quote that text. Deliberately absent: HTML of strangers in mail of ours, so that nothing
//! needs to be made harmless; styles, pictures, any wish to look like the original.

mod role;
mod tables;
pub(in crate::mail) mod text;
mod tree;

use crate::mail::html::tree::Tree;

/// Readable text of an HTML document: links, lists and tables kept, what nobody sees left out.
/// Work grows with its size, whatever is in it.
///
/// Lines end in LF and are as long as their author's; each mark `> ` is a quote, with the
/// attribution that belongs to it; a link's target stands behind its words in brackets.
#[must_use]
pub fn to_text(html: &str) -> String {
    text::lines(&Tree::parse(html))
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
    fn hostile_html_costs_little() {
        let deep = "<div>".repeat(40_000) + "tief";
        assert!(to_text(&deep).ends_with("tief"));
        let long = "<p>a &amp; b</p>".repeat(200_000);
        assert!(to_text(&long).starts_with("a & b"));
        let wide = "<table><tr>".to_owned() + &"<td colspan=99999>a".repeat(200) + "</table>";
        assert!(to_text(&wide).len() < 2_000_000);
    }
}

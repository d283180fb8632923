//! Mails that somebody made to cost: each of about so many octets as are asked for.
//!
//! Deliberately absent: mails that are only large; one of each kind is here to compare with.

/// A name, and what makes such a mail of a number of octets.
pub(crate) type Shape = (&'static str, fn(usize) -> Vec<u8>);

/// All of them.
pub(crate) const SHAPES: &[Shape] = &[
    ("plain text", |bytes| text("Wir treffen uns am Dienstag um sieben im Hafen.\n", bytes)),
    ("lines of >", |bytes| text(">\n", bytes)),
    ("nothing but >", |bytes| text(">", bytes)),
    ("300 nested quotes", |bytes| text(&format!("{} x\n", "> ".repeat(300)), bytes)),
    ("quotes that deepen", |bytes| ladder(bytes).into_bytes()),
    ("attributions", |bytes| {
        text("On Fri, 20 Nov 2026 at 9:14 Anna <a@x.example> wrote:\n", bytes)
    }),
    ("half attributions", |bytes| {
        text("On Friday the twentieth of November Anna Muster wrote\n", bytes)
    }),
    ("header blocks", |bytes| text("From: Anna\nSent: today\n", bytes)),
    ("signature marks", |bytes| text("-- \nOtto\n\n", bytes)),
    ("blank lines", |bytes| text("\n", bytes)),
    ("one line", |bytes| text("x", bytes)),
    ("carriage returns", |bytes| text("x\r", bytes)),
    ("octets of no charset", |bytes| typed("text/plain", b"\x81\xfe\xa4\x40 ", bytes)),
    ("escapes of ISO-2022-JP", |bytes| {
        typed("text/plain; charset=iso-2022-jp", b"\x1b$B\x1b(B", bytes)
    }),
    ("quoted-printable", |bytes| {
        let field = "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable";
        filled(field, b"=C3=A4=\n", bytes)
    }),
    ("base64", |bytes| {
        let field = "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\
                     Content-Disposition: attachment; filename=a.pdf";
        filled(field, &[b"QUJD".repeat(19), b"\n".to_vec()].concat(), bytes)
    }),
    ("one header line", |bytes| format!("X: {}\n\nHallo\n", "x".repeat(bytes)).into_bytes()),
    ("encoded words", |bytes| {
        format!("Subject: {}\n\nHallo\n", "=?utf-8?q?=C3=A4?= ".repeat(bytes / 18)).into_bytes()
    }),
    ("words without an end", |bytes| {
        format!("Subject: {}\n\nHallo\n", "=?utf-8?q?".repeat(bytes / 10)).into_bytes()
    }),
    ("header fields", |bytes| format!("{}\nHallo\n", "X: y\n".repeat(bytes / 5)).into_bytes()),
    ("recipients", |bytes| format!("To: {}\n\nHallo\n", "a@x.example, ".repeat(bytes / 13)).into()),
    ("comments in comments", |bytes| format!("To: {}\n\nHallo\n", "(".repeat(bytes)).into_bytes()),
    ("deep MIME", |bytes| nested(bytes).into_bytes()),
    ("many parts", |bytes| {
        filled("Content-Type: multipart/mixed; boundary=b", b"--b\n\nx\n", bytes)
    }),
    ("a boundary everywhere", |bytes| {
        filled("Content-Type: multipart/mixed; boundary=b", b"--", bytes)
    }),
    ("deep HTML", |bytes| html("<div>", bytes)),
    ("quotes in HTML", |bytes| html("<blockquote>x", bytes)),
    ("words across blocks", |bytes| html("<div><b>x</div>", bytes)),
    ("tags without an end", |bytes| html("<a href='", bytes)),
    ("comments without an end", |bytes| html("<!-- ", bytes)),
    ("scripts without an end", |bytes| html("<script>x</", bytes)),
    ("tables in tables", |bytes| html("<table><tr><td>x", bytes)),
    ("lists in lists", |bytes| html("<ul><li>x", bytes)),
    ("characters with names", |bytes| html("&amp;&aum", bytes)),
    ("spaces in HTML", |bytes| html(" ", bytes)),
    ("a report of addresses", |bytes| report("<a@b.example>: 550 no such user\n", bytes)),
    ("a report of announcements", |bytes| report("could not be delivered to:\n", bytes)),
    ("a status of recipients", |bytes| {
        let field = "From: MAILER-DAEMON@x.example\nContent-Type: message/delivery-status";
        filled(field, b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n", bytes)
    }),
];

fn text(unit: &str, bytes: usize) -> Vec<u8> {
    filled("Content-Type: text/plain; charset=utf-8", unit.as_bytes(), bytes)
}

fn html(unit: &str, bytes: usize) -> Vec<u8> {
    filled("Content-Type: text/html; charset=utf-8", unit.as_bytes(), bytes)
}

fn report(unit: &str, bytes: usize) -> Vec<u8> {
    let field = "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice";
    filled(field, unit.as_bytes(), bytes)
}

fn typed(media_type: &str, unit: &[u8], bytes: usize) -> Vec<u8> {
    filled(&format!("Content-Type: {media_type}"), unit, bytes)
}

fn filled(fields: &str, unit: &[u8], bytes: usize) -> Vec<u8> {
    let head = format!("From: Otto <otto@x.example>\nSubject: Hallo\n{fields}\n\n");
    let mut raw = head.into_bytes();
    raw.reserve(bytes);
    while raw.len() < bytes {
        raw.extend_from_slice(unit);
    }
    raw
}

/// Lines of one quote mark, two, three and so on, and from the start again.
fn ladder(bytes: usize) -> String {
    let mut text = "From: Otto <otto@x.example>\n\n".to_owned();
    for depth in (1..=300).cycle() {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&">".repeat(depth));
        text.push_str(" a\nneu\n");
    }
    text
}

/// A multipart in a multipart, and so on.
fn nested(bytes: usize) -> String {
    let mut text = "From: Otto <otto@x.example>\n".to_owned();
    for depth in 0_u32.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n"));
    }
    text
}

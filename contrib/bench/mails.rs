//! Mails as strangers write them, from a seed: the same number gives the same mail.
//!
//! Three in ten plain text, six text with HTML, one with an attachment of 50 to 200 KiB; about 5 KB
//! in the middle and 20 KB on average. Every mail has its own author and subject; one in twenty
//! answers an earlier one of the same author. Deliberately absent: anybody's real mail.

use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::servers;

/// One in so many mails is a reply.
const REPLY_EVERY: usize = 20;
/// A reply answers a mail this much earlier, so that nobody waits long until that is in.
const REPLY_DISTANCE: usize = 400;
const OPENINGS: [&str; 8] = [
    "the door of the club room does not close since last night, and the lock makes a noise",
    "wir haben am Samstag die Halle gemietet, auf der Rechnung steht aber auch der Freitag",
    "I moved to another district and would like to know which branch I belong to now",
    "für das Sommerfest brauchen wir noch zwei Zelte und jemanden, der den Strom anschließt",
    "the list for the excursion is full, but two of our group fell ill and will not come",
    "der neue Beamer zeigt nur noch Blau, egal welches Kabel wir nehmen",
    "please take my old address off the mailing list; the new one works",
    "könnte jemand die Satzung in der Fassung vom März an unsere Bank schicken",
];
const SENTENCES: [&str; 14] = [
    "We tried it again this morning with a colleague, and it was just the same.",
    "Falls noch Unterlagen fehlen, reiche ich sie gern bis Freitag nach.",
    "Last year somebody from the office had a spare key; is that still so?",
    "Am Telefon sagte man mir, dass die Frist bis zum Monatsende läuft.",
    "There is no hurry, but before the general meeting would be good.",
    "Außerdem fragen die Eltern, ob es in diesem Jahr wieder einen Bus gibt.",
    "The photograph shows the place; the second one was taken after the rain.",
    "Unsere Kassenprüferin hat die Belege schon gesehen und nichts zu beanstanden.",
    "If it is easier, I can come by on Tuesday after six and show you.",
    "Die Nummer auf dem Gerät ist kaum noch zu lesen, vermutlich steht da eine Sieben.",
    "I have put the others in copy so that everybody knows what we agreed on.",
    "Vielleicht lässt sich das mit der Bestellung vom Frühjahr zusammenlegen.",
    "The offer of the carpenter was higher than we thought, but he would start at once.",
    "Der Hausmeister ist ab vierzehn Uhr da und weiß Bescheid.",
];
const STYLE: &str = "<style>body { font-family: Calibri, sans-serif; font-size: 11pt; }\r\n\
     p.normal { margin: 0 0 8pt 0; color: #1f1f1f; }\r\n\
     td { padding: 2pt 6pt; border: 1pt solid #cccccc; vertical-align: top; }\r\n\
     a:link { color: #0563c1; text-decoration: underline; }\r\n\
     span.signature { font-size: 9pt; color: #666666; }</style>\r\n";

/// A mail, ready to be sent after DATA: dots doubled, the closing line included.
#[derive(Debug)]
pub(crate) struct Mail {
    /// Where it goes.
    pub(crate) to: &'static str,
    /// The octets.
    pub(crate) data: Vec<u8>,
    /// The earlier one that it answers, by its place.
    pub(crate) answers: Option<usize>,
}

/// Where mails come from.
#[derive(Debug)]
pub(crate) struct Source {
    seed: u64,
    /// What follows the fields that are ours: of files, or made here.
    bodies: Vec<Vec<u8>>,
}

impl Source {
    /// Mails made from a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { seed, bodies: Vec::new() }
    }

    /// Mails with the MIME fields and bodies of the files of a folder; author, subject, date and
    /// ids are ours, so that receipts are due as for any other.
    ///
    /// # Errors
    /// The folder holds no mail, or cannot be read.
    pub(crate) fn folder(folder: &Path, seed: u64) -> io::Result<Self> {
        let mut paths: Vec<_> = std::fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<_>>()?;
        paths.retain(|path| path.is_file());
        paths.sort();
        let bodies: Vec<Vec<u8>> = paths
            .iter()
            .map(|path| std::fs::read(path).map(|bytes| without_our_fields(&bytes)))
            .collect::<io::Result<_>>()?;
        if bodies.is_empty() {
            return Err(io::Error::other(format!("{} holds no mail", folder.display())));
        }
        Ok(Self { seed, bodies })
    }

    /// The mails of one run: `run` keeps those of several runs apart, `date` is theirs.
    pub(crate) fn mails(&self, run: &str, date: &str, count: usize) -> Vec<Mail> {
        (0..count).map(|number| self.mail(run, date, number)).collect()
    }

    /// The same mails as they are before they are sent.
    pub(crate) fn raw(&self, run: &str, date: &str, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|number| self.bytes(run, date, number).0).collect()
    }

    fn mail(&self, run: &str, date: &str, number: usize) -> Mail {
        let (bytes, answers) = self.bytes(run, date, number);
        Mail { to: servers::QUEUE, data: stuffed(&bytes), answers }
    }

    /// Requests, each of an author of its own and as large as other mails, that lack two facts.
    pub(crate) fn requests(&self, run: &str, date: &str, count: usize) -> Vec<Mail> {
        (0..count).map(|number| self.request(run, date, number)).collect()
    }

    /// The same requests as they are before they are sent.
    pub(crate) fn raw_requests(&self, run: &str, date: &str, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|number| self.request_text(run, date, number).into_bytes()).collect()
    }

    fn request(&self, run: &str, date: &str, number: usize) -> Mail {
        let text = self.request_text(run, date, number);
        Mail { to: servers::REQUESTS, data: stuffed(text.as_bytes()), answers: None }
    }

    fn request_text(&self, run: &str, date: &str, number: usize) -> String {
        let mut dice = Dice::new(self.seed, number as u64);
        let mut text = head(run, date, number);
        let (id, subject) = (message_id(run, number), subject(run, number));
        text.push_str(&format!("Message-ID: <{id}>\r\nSubject: {subject}\r\n"));
        text = text.replace(servers::QUEUE, servers::REQUESTS);
        let words = format!("Boat: Seabird {number}\r\n\r\n{}", words(&mut dice, false));
        text.push_str(&body_of(&mut dice, &words));
        text
    }

    /// The octets of a mail, and which earlier one it answers.
    fn bytes(&self, run: &str, date: &str, number: usize) -> (Vec<u8>, Option<usize>) {
        let is_reply = number >= REPLY_DISTANCE && number.is_multiple_of(REPLY_EVERY);
        let about = if is_reply { number - REPLY_DISTANCE + 1 } else { number };
        let mut dice = Dice::new(self.seed, number as u64);
        let mut text = head(run, date, about);
        if is_reply {
            let root = message_id(run, about);
            text.push_str(&format!(
                "Message-ID: <{}>\r\nSubject: Re: {}\r\nIn-Reply-To: <{root}>\r\n\
                 References: <{root}>\r\n",
                message_id(run, number),
                subject(run, about)
            ));
        } else {
            let (id, subject) = (message_id(run, number), subject(run, number));
            text.push_str(&format!("Message-ID: <{id}>\r\nSubject: {subject}\r\n"));
        }
        let mut bytes = text.into_bytes();
        match self.bodies.get(number % self.bodies.len().max(1)) {
            Some(body) => bytes.extend_from_slice(body),
            None => bytes.extend_from_slice(body(&mut dice, is_reply).as_bytes()),
        }
        (bytes, is_reply.then_some(about))
    }
}

fn message_id(run: &str, number: usize) -> String {
    format!("{run}.{number}@mail.outside.example")
}

fn subject(run: &str, number: usize) -> String {
    let opening = OPENINGS.iter().cycle().nth(number % OPENINGS.len()).unwrap_or(&"");
    let words: Vec<&str> = opening.split(' ').filter(|word| word.is_ascii()).take(5).collect();
    format!("{} {run} {number}", words.join(" "))
}

fn head(run: &str, date: &str, about: usize) -> String {
    format!(
        "Received: from gateway.outside.example (gateway.outside.example [192.0.2.17])\r\n\
         \tby mx.nrw.example (Postfix) with ESMTPS id 4F{about:08X}\r\n\
         \tfor <kontakt@nrw.example>; {date}\r\n\
         Received: from [10.20.30.{}] (unknown [198.51.100.{}])\r\n\
         \tby gateway.outside.example (Postfix) with ESMTPSA id 7A{about:08X};\r\n\t{date}\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=outside.example;\r\n\
         \ts=autumn; h=from:to:subject:date:message-id:mime-version:content-type;\r\n\
         \tbh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=Zm9yIHRoZSBzaXplIG9ubHk7\r\n\
         \tbm8gcmVzb2x2ZXIgaXMgYXNrZWQgaGVyZSwgYW5kIG5vYm9keSB2ZXJpZmllcyB0aGlzLg==\r\n\
         From: \"Person {run} {about}\" <person-{run}-{about}@outside.example>\r\n\
         To: kontakt@nrw.example\r\nDate: {date}\r\nUser-Agent: Outside Mail 3.2\r\n\
         X-Spam-Status: No, score=-0.1 required=5.0\r\n",
        about % 250,
        about % 250
    )
}

fn body(dice: &mut Dice, is_reply: bool) -> String {
    let text = words(dice, is_reply);
    body_of(dice, &text)
}

/// These words in the shape that the dice want.
fn body_of(dice: &mut Dice, text: &str) -> String {
    let boundary = format!("=_part_{:016x}", dice.next());
    let plain = format!(
        "Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
        quoted_printable(text)
    );
    match dice.below(10) {
        0..3 => format!("MIME-Version: 1.0\r\n{plain}"),
        3..9 => format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n\
             \tboundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{plain}--{boundary}\r\n\
             Content-Type: text/html; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n--{boundary}--\r\n",
            quoted_printable(&html(text))
        ),
        _ => format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\
             \tboundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{plain}--{boundary}\r\n\
             Content-Type: application/pdf; name=\"paper.pdf\"\r\n\
             Content-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"paper.pdf\"\r\n\r\n{}--{boundary}--\r\n",
            attachment(dice)
        ),
    }
}

fn words(dice: &mut Dice, is_reply: bool) -> String {
    let opening = dice.pick(&OPENINGS);
    let mut text = format!("Hello,\r\n\r\n{opening}.\r\n");
    for _ in 0..4 + dice.below(16) {
        text.push_str(dice.pick(&SENTENCES));
        text.push_str(if dice.below(4) == 0 { "\r\n\r\n" } else { "\r\n" });
    }
    text.push_str("\r\nBest wishes\r\n");
    if is_reply {
        text.push_str("\r\nOn Friday the office wrote:\r\n> Your message has arrived.\r\n");
        for _ in 0..6 {
            let _always_fits = write!(text, "> {}\r\n", dice.pick(&SENTENCES));
        }
    }
    text.push_str("-- \r\nA. Person\r\nHarbor Street 12, 40213 Somewhere\r\n");
    text
}

fn html(text: &str) -> String {
    let mut html = format!("<html><head><meta charset=\"utf-8\">\r\n{STYLE}</head><body>\r\n");
    for line in text.lines().filter(|line| !line.is_empty()) {
        let _always_fits = write!(html, "<p class=\"normal\">{line}</p>\r\n");
    }
    html.push_str("</body></html>\r\n");
    html
}

/// RFC 2045 section 6.7, for text with CR LF line ends.
fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    for line in text.split("\r\n") {
        let mut column = 0;
        for byte in line.bytes() {
            if column > 70 {
                out.push_str("=\r\n");
                column = 0;
            }
            if byte.is_ascii_graphic() && byte != b'=' || byte == b' ' {
                out.push(char::from(byte));
                column += 1;
            } else {
                let _always_fits = write!(out, "={byte:02X}");
                column += 3;
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// Lines of base64 that stand for 50 to 200 KiB.
fn attachment(dice: &mut Dice) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let lines = (50 + dice.below(150)) * 1024 / 57;
    let mut out = String::with_capacity(lines * 78);
    for _ in 0..lines {
        for _ in 0..76 / 4 {
            let mut drawn = dice.next();
            for _ in 0..4 {
                let at = usize::try_from(drawn & 63).unwrap_or(0);
                out.push(char::from(DIGITS.get(at).copied().unwrap_or(b'A')));
                drawn >>= 6;
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// The fields that describe the body, and the body.
fn without_our_fields(bytes: &[u8]) -> Vec<u8> {
    let text = bytes.split_inclusive(|byte| *byte == b'\n');
    let (mut kept, mut is_kept, mut in_head) = (Vec::new(), false, true);
    for line in text {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        if in_head {
            let is_folded = bare.first().is_some_and(u8::is_ascii_whitespace);
            let name = bare.to_ascii_lowercase();
            let describes = name.starts_with(b"content-") || name.starts_with(b"mime-version");
            is_kept = if is_folded { is_kept } else { describes };
            in_head = !bare.is_empty();
            if in_head && !is_kept {
                continue;
            }
        }
        kept.extend_from_slice(bare);
        kept.extend_from_slice(b"\r\n");
    }
    kept
}

/// RFC 5321 section 4.5.2, and the line that ends the data.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 50 + 5);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// Chance that can be repeated (splitmix64).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    fn pick(&mut self, from: &'static [&'static str]) -> &'static str {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }
}

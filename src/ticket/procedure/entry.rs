//! What the lines of a mail give: values behind labels, remarks at quoted lines, free words.
//!
//! Deliberately absent: what a value means (`value`), which one counts (`facts`).

use std::borrow::Cow;

use crate::desk::procedure::{Fact, FactType, Procedure};
use crate::mail::Message;
use crate::mail::quote::{Part, Reply};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label::{self, Said};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::{
    facts, label_short, names, paper, stance, table, told, value, value_name,
};

/// Words of somebody who wants what another has.
const LIKEWISE: [&str; 12] = [
    "auch",
    "ebenfalls",
    "ebenso",
    "genauso",
    "same",
    "too",
    "also",
    "likewise",
    "myoes",
    "samoin",
    "ocksa",
    "likadant",
];
/// Lines of so many characters or more were cut by a program.
const WIDE: usize = 45;

/// A value behind a label.
pub(super) struct Entry<'a> {
    pub(super) fact: &'a Fact,
    pub(super) value: String,
    pub(super) corrects: bool,
    /// Whether the author's own label stands before it.
    pub(super) is_sure: bool,
}

/// What the lines of a mail give.
#[derive(Default)]
pub(super) struct Entries<'a> {
    pub(super) own: Vec<Entry<'a>>,
    pub(super) filled_in: Vec<Entry<'a>>,
    /// Own lines without a label, as far as nobody takes leave.
    pub(super) words: String,
    /// Own lines below the leave, once somebody took it.
    signed: Option<String>,
    /// The folded name in the head of the mail.
    author: String,
    /// What stood below a leave before a postscript.
    signature: String,
    /// How many entries at the end of `own` may go on in the next line.
    open: usize,
    /// The known fact of ours that is quoted right above, and whether nothing is between.
    above: Option<(&'a Fact, bool)>,
    /// Own words below such a line.
    pub(super) remarks: Vec<(&'a Fact, String)>,
    /// What a mail says that is passed on, as far as labels do not: its words, and who wrote them.
    pub(super) passed_on: Option<(String, names::Writer)>,
    /// Whether the label of the last entry stood behind a bullet.
    is_bullet: bool,
    /// Whether the value of the last entry began below its label.
    is_below: bool,
    /// Characters of the longest line of that value, its label with it.
    width: usize,
}

impl<'a> Entries<'a> {
    pub(super) fn of(
        request: &'a Request,
        reply: &Reply<'_>,
        is_answer: bool,
        author: &str,
    ) -> Self {
        let procedure = &request.procedure;
        let mut entries = Self { author: fold(author), ..Self::default() };
        let bare: Vec<Cow<'_, str>> = reply
            .lines
            .iter()
            .map(|line| label_short::without_leader(without_marks(line.text)))
            .collect();
        let bare: Vec<&str> = bare.iter().map(Cow::as_ref).collect();
        let is_own = |at: usize| {
            let quoted = |text: &str| text.trim_start().starts_with(['>', '\u{ff1e}']);
            reply.lines.get(at).is_some_and(|line| line.part == Part::New && !quoted(line.text))
        };
        let own: Vec<&str> = bare
            .iter()
            .enumerate()
            .map(|(at, line)| if is_own(at) { *line } else { "" })
            .take_while(|line| !table::is_forward(line))
            .collect();
        let (tabled, taken) = table::read(procedure, &own);
        for (fact, value) in tabled {
            entries.own.push(Entry { fact, value, corrects: false, is_sure: true });
        }
        for (at, line) in bare.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
            let part = reply.lines.get(at).map_or(Part::History, |line| line.part);
            let is_old =
                matches!(part, Part::Quoted | Part::History) || (part == Part::New && !is_own(at));
            if at >= own.len() {
                break;
            }
            let above = at.checked_sub(1).filter(|at| is_own(*at)).and_then(|at| bare.get(at));
            let whole = above.and_then(|above| label::wrapped(procedure, above, line));
            let line = whole.as_deref().unwrap_or(line);
            let said = label::said(procedure, line);
            let is_next = entries.is_waiting() && said.is_empty();
            let is_inside = || {
                bare.iter().enumerate().skip(at + 1).any(|(below, line)| {
                    !line.is_empty()
                        && !is_own(below)
                        && reply.lines.get(below).is_some_and(|line| line.part == Part::Quoted)
                })
            };
            if is_own(at) && is_next && is_bare_label(procedure, line) {
                // The next label is no value of the one above, whose cell is empty.
                entries.open = 0;
            } else if is_own(at) {
                if said.is_empty() {
                    let is_inside = entries.above.is_some() && is_inside();
                    entries.remark(line, is_inside);
                }
                entries.own_statements(procedure, line, said);
            } else if is_old {
                entries.old_line(request, line, said, is_answer);
            } else {
                entries.open = 0;
            }
        }
        entries.own.retain(|entry| !entry.value.trim().is_empty());
        let forwarded = reply.lines.iter().position(|line| line.part == Part::Forwarded);
        let cut = || (own.len() < bare.len()).then_some(own.len());
        // What stands below a mail that answers nothing of ours is passed on with it.
        let below = || reply.lines.iter().position(|line| line.part == Part::History);
        let is_note = !is_answer && !wants_the_same(&entries.words);
        let first = forwarded.or_else(cut).or_else(|| below().filter(|_| is_note));
        if let Some(first) = first.filter(|_| !entries.has_labels()) {
            entries.pass_on(request, bare.get(first..).unwrap_or_default());
        }
        entries
    }

    /// What a mail that is passed on says: its labels are taken where nothing is known, because a
    /// person sends them and is shown what was understood. What only its author may say, a
    /// consent, is not.
    fn pass_on(&mut self, request: &'a Request, lines: &[&str]) {
        let mut inner = Self::default();
        let mut is_head = true;
        let mut name = "";
        for line in lines {
            is_head &= !line.trim().is_empty() || inner.words.trim().is_empty();
            name = Some(name).filter(|_| !is_head).or_else(|| sender(line)).unwrap_or(name);
            let is_field = is_head
                && line.split_once(':').is_some_and(|(name, _)| !name.trim().contains(' '))
                && label::said(&request.procedure, line).is_empty();
            let statements = label::statements(&request.procedure, line).into_iter();
            for statement in statements.filter(|_| !is_field) {
                inner.own_line(statement, label::said(&request.procedure, statement));
            }
        }
        let (tabled, _) = table::read(&request.procedure, lines);
        for (fact, value) in tabled {
            if !inner.own.iter().any(|entry| entry.fact.name == fact.name) {
                inner.own.push(Entry { fact, value, corrects: false, is_sure: true });
            }
        }
        let is_takable = |entry: &Entry<'_>| {
            let is_personal = matches!(entry.fact.kind, FactType::Consent | FactType::CoSignature);
            let is_filled = !entry.value.trim().is_empty();
            is_filled && !is_personal && !request.facts.contains_key(&entry.fact.name)
        };
        let writer = inner.writer(name);
        self.own.extend(inner.own.into_iter().filter(is_takable));
        self.passed_on = Some((inner.words, writer));
    }

    /// A line of the author's own, and what it says as a whole.
    fn own_statements(&mut self, procedure: &'a Procedure, line: &str, said: Vec<Said<'a>>) {
        let statements = label::statements(procedure, line);
        if statements.len() == 1 {
            self.own_line(line, said);
            return;
        }
        for statement in statements {
            self.own_line(statement, label::said(procedure, statement));
        }
    }

    fn own_line(&mut self, line: &str, said: Vec<Said<'a>>) {
        if !said.is_empty() {
            let before = self.own.len();
            self.is_below = false;
            self.width = line.chars().count();
            self.is_bullet = label::without_bullet(line).len() < line.trim().len();
            self.words.push_str("\n\n");
            let mut rest = String::new();
            for one in said {
                rest = self.push(one);
            }
            self.open = self.own.len() - before;
            if !rest.is_empty() {
                self.open = 0;
                self.words.push_str(&rest);
                self.words.push('\n');
            }
            return;
        }
        let goes_on = self.goes_on(line);
        if goes_on {
            self.extend(line);
            return;
        }
        self.open = 0;
        if !self.is_in_leave(line) {
            self.signature.extend(self.signed.take());
        } else if self.signed.is_none() {
            self.signed = Some(String::new());
        }
        let text = self.signed.as_mut().unwrap_or(&mut self.words);
        text.push_str(line);
        text.push('\n');
    }

    /// Whether what stands here belongs to the leave: from its line, or the author's name alone,
    /// on to a postscript.
    fn is_in_leave(&self, line: &str) -> bool {
        let folded = fold(line);
        if self.signed.is_some() {
            return !folded.starts_with("ps") && !folded.starts_with("p s");
        }
        let thanks = ["danke", "thanks", "kiitos", "tack"];
        let is_thanks = thanks.iter().any(|one| folded.starts_with(one));
        let is_name = folded.contains(' ') && folded == self.author;
        !self.words.trim().is_empty() && (is_name || (!is_thanks && stance::is_closing(line)))
    }

    /// Whether the mail begins a request.
    pub(super) fn is_first(&self, request: &Request) -> bool {
        request.asked.is_none() && request.facts.is_empty()
    }

    /// The values behind labels of facts of a kind.
    fn values(&self, kind: FactType) -> Vec<String> {
        let of_kind = self.own.iter().filter(|entry| entry.fact.kind == kind);
        of_kind.map(|entry| entry.value.clone()).collect()
    }

    /// Who wrote: the name in the head of the mail, the words below the leave, a last line of names
    /// alone. Who passes something on is not whom it is about.
    pub(super) fn writer(&self, name: &str) -> names::Writer {
        if self.passed_on.is_some() {
            return names::Writer::default();
        }
        let last = self.words.trim_end().lines().next_back().unwrap_or_default();
        let is_name = |word: &str| word.starts_with(char::is_uppercase);
        let is_signed = last.split_whitespace().count() <= 3
            && last.split_whitespace().all(is_name)
            && !last.ends_with([':', '?', '!', ',']);
        let mut signed = fold(&self.signature);
        signed.push(' ');
        signed.push_str(&fold(self.signed.as_deref().unwrap_or_default()));
        if is_signed {
            signed = format!("{signed} {}", fold(last));
        }
        names::Writer {
            names: self.values(FactType::Name),
            handles: self.values(FactType::UserName),
            name: name.to_owned(),
            signed: signed.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            signature: self.signature_name(),
        }
    }

    /// The whole name that stands alone in the first line below the leave.
    fn signature_name(&self) -> Option<String> {
        let below = self.signed.as_deref().unwrap_or(&self.signature);
        let line = below.lines().skip(1).find(|line| !line.trim().is_empty())?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_whole =
            (2..=3).contains(&words.len()) && words.iter().all(|one| names::is_name(one));
        is_whole.then(|| words.join(" "))
    }

    /// A line of an old text: behind our label stands an answer, or below it.
    fn old_line(&mut self, request: &Request, line: &str, said: Vec<Said<'a>>, is_answer: bool) {
        let is_blank = line.trim().is_empty();
        if is_blank && self.own.last().is_some_and(|entry| !entry.is_sure && entry.value.is_empty())
        {
            return;
        }
        self.open = 0;
        self.above = None;
        for Said { facts, value, .. } in said {
            let ([fact], true) = (facts.as_slice(), is_answer || !value.is_empty()) else {
                continue;
            };
            if request.facts.get(&fact.name).is_some_and(|known| *known == value) {
                self.above = Some((fact, true));
            }
            if !value.is_empty() {
                self.filled_in.push(Entry { fact, value, corrects: false, is_sure: true });
            } else if facts::is_asked(request, &fact.name) {
                self.own.push(Entry { fact, value, corrects: false, is_sure: false });
                self.open = 1;
            }
        }
    }

    /// Takes what stands behind a label; gives back the sentences that only follow it.
    fn push(&mut self, said: Said<'a>) -> String {
        let Said { facts, value, corrects, is_shared } = said;
        if let [fact] = facts.as_slice() {
            let (value, rest) = value::first_sentence(fact, &value);
            let (value, rest) = (value.to_owned(), rest.to_owned());
            self.own.push(Entry { fact, value, corrects, is_sure: true });
            return rest;
        }
        let values = table::distributed(&facts, &value, is_shared);
        for (fact, value) in facts.into_iter().zip(values) {
            self.own.push(Entry { fact, value, corrects, is_sure: true });
        }
        String::new()
    }

    /// Own words at a quoted line of ours with a fact that is known: between quoted lines, or at
    /// once below.
    fn remark(&mut self, line: &str, is_inside: bool) {
        let Some((fact, is_adjacent)) = self.above else { return };
        if line.trim().is_empty() {
            self.above = Some((fact, false));
        } else if (is_inside || is_adjacent) && !stance::is_closing(line) {
            self.remarks.push((fact, line.to_owned()));
        } else {
            self.above = None;
        }
    }

    /// Whether an own line without a label goes on what stands above it.
    fn goes_on(&self, line: &str) -> bool {
        let Some(entry) = self.own.last().filter(|_| self.open == 1) else { return false };
        let is_blank = line.trim().is_empty();
        if stance::is_closing(line) {
            return false;
        }
        let is_empty = entry.value.is_empty();
        if is_blank {
            return is_empty && !entry.is_sure;
        }
        let is_point = label::without_bullet(line).len() < line.trim().len();
        // Where the label is a point of a list itself, the next point says something else.
        let is_bullet = is_point && !self.is_bullet;
        match entry.fact.kind {
            FactType::Text => {
                let is_next = is_point && self.is_bullet && !is_empty;
                self.wraps(entry, line) && !is_next && !paper::speaks_of_attachment(line)
            }
            FactType::Evidence => is_empty || paper::begins_minutes(&entry.value),
            FactType::Queues => {
                let is_short = line.split_whitespace().count() <= 2;
                is_empty
                    || is_bullet
                    || (self.is_below && is_short)
                    || value_name::is_handle(line.trim())
                    || entry.value.trim_end().ends_with([',', '+', '&'])
            }
            _ => is_empty,
        }
    }

    /// Whether a label stands above whose value has not come.
    fn is_waiting(&self) -> bool {
        self.open == 1 && self.own.last().is_some_and(|entry| entry.value.is_empty())
    }

    /// Whether a line can be the rest of a text above it: a program wraps long lines, a person who
    /// begins a sentence after a short one has begun something else.
    fn wraps(&self, entry: &Entry<'_>, line: &str) -> bool {
        let is_begun = line.trim_start().starts_with(char::is_uppercase);
        let ends_open = entry.value.trim_end().ends_with([',', ';', ':', '-', '(']);
        // Who asks as another label does goes on with that.
        let first = fold(line.split_whitespace().next().unwrap_or_default());
        let is_full = self.width >= WIDE && !told::ASKS.contains(&first.as_str());
        entry.value.is_empty() || self.is_below || !is_begun || ends_open || is_full
    }

    fn extend(&mut self, line: &str) {
        self.width = self.width.max(line.chars().count());
        let Some(entry) = self.own.last_mut() else { return };
        self.is_below |= entry.value.is_empty();
        let is_text = entry.fact.kind == FactType::Text;
        let line = if is_text { line.trim() } else { label::without_bullet(line) };
        if !entry.value.is_empty() && !line.is_empty() {
            entry.value.push(if is_text { ' ' } else { '\n' });
        }
        entry.value.push_str(line);
    }

    pub(super) fn has_labels(&self) -> bool {
        self.own.iter().any(|entry| entry.is_sure)
    }
}

fn is_bare_label(procedure: &Procedure, line: &str) -> bool {
    label::is_label(procedure, &fold(label::without_bullet(line)))
}

/// Whether somebody shows what another wrote because the same is wanted: then it is not passed on.
fn wants_the_same(words: &str) -> bool {
    let words = fold(words);
    words.split(' ').any(|word| LIKEWISE.contains(&word))
}

/// The name in a line that says who sent what is passed on.
fn sender(line: &str) -> Option<&str> {
    let (label, value) = line.split_once(':')?;
    let is_it = ["von", "from", "laehettaejae", "fran", "avsaendare", "absender"];
    is_it.contains(&fold(label).as_str()).then(|| value.split(['<', '[']).next())?.map(str::trim)
}

fn without_marks(text: &str) -> &str {
    let text = text.trim();
    text.trim_start_matches(['>', '\u{ff1e}', ' '])
}

/// The name in the head of a mail.
pub(super) fn author_of(message: &Message) -> &str {
    message.author().map(|author| author.name.as_str()).unwrap_or_default()
}

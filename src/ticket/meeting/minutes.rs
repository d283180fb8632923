//! Results of a meeting as people write them: in the fields of the agenda, in own words, by
//! keyword. Numbers are ticket numbers; a place in the list is told apart and asked about.
//!
//! Deliberately absent: whether a result may stand (`results`), what words say (`clause`).

use crate::mail::quote::{Part, Reply};
use crate::ticket::command::read::{Place, shorten};
use crate::ticket::meeting::clause::{clause, is_in, votes_of};
use crate::ticket::meeting::heads::{Head, heads};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::stance;
use crate::ticket::tally::{Verdict, Votes};
use crate::types::TicketId;

/// What a result is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A request by its number.
    Ticket(TicketId),
    /// The how manyth of the agenda, from 1.
    Position(u16),
}

/// A result as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For what.
    pub target: Target,
    /// What was decided, as far as it says so.
    pub verdict: Option<Verdict>,
    /// It says two things at once, or asks.
    pub is_unclear: bool,
    /// With how many votes.
    pub votes: Option<Votes>,
    /// The lines that give a reason, and how much of each is cut off.
    pub reason: Vec<Place>,
    /// The line as written, shortened.
    pub written: String,
}

/// What an answer to an agenda says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Minutes {
    /// Results, one for each target, in the order in which they were given.
    pub entries: Vec<Entry>,
    /// The author's own lines that are no results.
    pub rest: Vec<Place>,
    /// Those lines as one text.
    pub words: String,
}

/// A field of the block: the label behind a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Result,
    Votes,
    Reason,
}

const FIELDS: [(Field, &[&str]); 3] = [
    (Field::Result, &["ergebnis", "beschluss", "result", "decision", "tulos", "resultat"]),
    (Field::Votes, &["stimmen", "abstimmung", "votes", "vote", "äänet", "röster"]),
    (
        Field::Reason,
        &["grund", "begründung", "reason", "perustelu", "perustelut", "syy", "skäl", "motivering"],
    ),
];

/// Reads an answer; `items` are the requests of the agenda, in its order.
#[must_use]
pub fn read(reply: &Reply<'_>, text: &str, items: &[TicketId]) -> Minutes {
    let mut reader = Reader { items, ..Reader::default() };
    for ((at, line), raw) in reply.lines.iter().enumerate().zip(text.lines()) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let bare = without_marks(line.text);
        let is_marked = line.text.trim_start().starts_with(['>', '\u{ff1e}']);
        match line.part {
            Part::New if !is_marked => reader.own(at, bare, raw),
            Part::New | Part::Quoted | Part::History => reader.old(at, bare, raw),
            Part::Attribution | Part::Signature | Part::Forwarded => reader.ends(),
        }
    }
    reader.minutes
}

/// A result from what stands behind a keyword, and where the words of its reason begin in it.
#[must_use]
pub fn of_argument(argument: &str, ticket: TicketId, verdict: Verdict) -> (Entry, Option<usize>) {
    let clause = clause(argument, Some(verdict));
    let entry = Entry {
        target: Target::Ticket(ticket),
        verdict: clause.verdict,
        is_unclear: clause.is_unclear,
        votes: clause.votes,
        reason: Vec::new(),
        written: shorten(argument),
    };
    (entry, clause.reason)
}

fn without_marks(text: &str) -> &str {
    text.trim().trim_start_matches(['>', '\u{ff1e}', '|', ' '])
}

#[derive(Default)]
struct Reader<'a> {
    items: &'a [TicketId],
    minutes: Minutes,
    /// The field of ours that stood above, still empty.
    below: Option<(TicketId, Field)>,
    /// Whether the next own line may go on the reason of the last entry.
    is_open: bool,
    /// A line took leave: what follows of the author's own is none of ours.
    has_left: bool,
}

impl Reader<'_> {
    fn ends(&mut self) {
        (self.below, self.is_open, self.has_left) = (None, false, false);
    }

    /// A line of an old text: behind our label stands an answer, or below it.
    fn old(&mut self, at: u32, bare: &str, raw: &str) {
        if bare.is_empty() && self.below.is_some() {
            return;
        }
        self.ends();
        let Some((ticket, field, value)) = field_of(bare) else { return };
        if value.is_empty() {
            self.below = Some((ticket, field));
        } else {
            self.fill((ticket, field), value, (at, raw));
        }
    }

    fn own(&mut self, at: u32, bare: &str, raw: &str) {
        if self.has_left {
            return;
        }
        if bare.is_empty() {
            self.is_open = false;
            return;
        }
        let is_first = self.minutes.entries.is_empty() && self.minutes.rest.is_empty();
        if stance::is_closing(bare) && !is_first {
            self.has_left = true;
            return;
        }
        if let Some((ticket, field, value)) = field_of(bare) {
            if value.is_empty() {
                self.below = Some((ticket, field));
            } else {
                self.fill((ticket, field), value, (at, raw));
                self.is_open = field == Field::Reason;
            }
            return;
        }
        if let Some(field) = self.below.take()
            && heads(bare, self.items).is_empty()
        {
            self.fill(field, bare, (at, raw));
            self.is_open = field.1 == Field::Reason;
            return;
        }
        if self.results(at, bare, raw) {
            return;
        }
        self.goes_on(at, bare);
    }

    /// A line that is no result by itself: it goes on the one above, or is for people.
    fn goes_on(&mut self, at: u32, bare: &str) {
        let votes = votes_of(bare);
        if let (Some(votes), Some(last)) = (votes, self.minutes.entries.last_mut())
            && last.votes.is_none()
            && last.reason.is_empty()
        {
            last.votes = Some(votes);
            return;
        }
        if let Some(last) = self.minutes.entries.last_mut().filter(|_| self.is_open) {
            last.reason.push((at, 0));
            return;
        }
        self.minutes.rest.push((at, 0));
        if !self.minutes.words.is_empty() {
            self.minutes.words.push('\n');
        }
        self.minutes.words.push_str(bare);
    }

    /// What stands in a field of the block.
    fn fill(&mut self, (ticket, field): (TicketId, Field), value: &str, (at, raw): (u32, &str)) {
        let mut entry = Entry {
            target: Target::Ticket(ticket),
            verdict: None,
            is_unclear: false,
            votes: None,
            reason: Vec::new(),
            written: shorten(without_marks(raw)),
        };
        match field {
            Field::Votes => entry.votes = votes_of(value),
            Field::Reason => {
                if value.chars().any(char::is_alphanumeric) {
                    entry.reason.push(place(at, raw, value));
                }
            }
            Field::Result => {
                let clause = clause(value, None);
                entry.verdict = clause.verdict;
                entry.is_unclear = clause.is_unclear || clause.verdict.is_none();
                entry.votes = clause.votes;
                let reason = clause.reason.and_then(|begin| value.get(begin..));
                entry.reason = reason.map(|words| place(at, raw, words)).into_iter().collect();
            }
        }
        self.push(entry);
    }

    /// The results that a line of the author's own gives; says whether it gives any.
    fn results(&mut self, at: u32, bare: &str, raw: &str) -> bool {
        let heads = heads(bare, self.items);
        let is_any = !heads.is_empty();
        for Head { targets, verdict, rest } in heads {
            let clause = clause(rest, verdict);
            let reason = clause.reason.and_then(|begin| rest.get(begin..));
            // Where several results stand on a line, what is between them is no reason.
            let ends_line = raw.trim_end().ends_with(rest.trim_end());
            let reason: Vec<Place> = reason
                .filter(|_| ends_line)
                .map(|words| place(at, raw, words))
                .into_iter()
                .collect();
            self.is_open = !reason.is_empty() || rest.trim_end().ends_with(':');
            for target in targets {
                self.push(Entry {
                    target,
                    verdict: clause.verdict,
                    is_unclear: clause.is_unclear,
                    votes: clause.votes,
                    reason: reason.clone(),
                    written: shorten(bare),
                });
            }
        }
        is_any
    }

    /// One entry a target: what is given in several places is put together.
    fn push(&mut self, entry: Entry) {
        let Some(known) =
            self.minutes.entries.iter_mut().find(|known| known.target == entry.target)
        else {
            self.minutes.entries.push(entry);
            return;
        };
        let differs = |one: Option<Verdict>, other: Option<Verdict>| {
            one.zip(other).is_some_and(|(one, other)| one != other)
        };
        known.is_unclear |= entry.is_unclear || differs(known.verdict, entry.verdict);
        known.is_unclear |= known.votes.zip(entry.votes).is_some_and(|(one, two)| one != two);
        known.verdict = known.verdict.or(entry.verdict);
        known.votes = known.votes.or(entry.votes);
        if known.reason.is_empty() {
            known.reason = entry.reason;
        }
    }
}

/// Where `words`, the end of a line, begin in it.
fn place(at: u32, raw: &str, words: &str) -> Place {
    let end = raw.trim_end().chars().count();
    let cut = end.saturating_sub(words.trim_end().chars().count());
    (at, u32::try_from(cut).unwrap_or(u32::MAX))
}

/// `41 Ergebnis, ..: value` or `Grund für 41: value`.
fn field_of(line: &str) -> Option<(TicketId, Field, &str)> {
    let line = line.trim_start_matches(['-', '*', '\u{2022}', ' ']);
    let field = |word: &str| {
        let folded = fold(word);
        FIELDS.iter().find(|(_, names)| is_in(names, &folded)).map(|(field, _)| *field)
    };
    let (head, value) = line.split_once([':', '\u{ff1a}'])?;
    let words: Vec<&str> =
        head.split([' ', ',', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    let number = |word: &&str| word.trim_start_matches('#').parse().ok().map(TicketId);
    let (ticket, field) = match words.as_slice() {
        [one, two, ..] if number(one).is_some() => (number(one)?, field(two)?),
        [one, two] if number(two).is_some() => (number(two)?, field(one)?),
        [one, _, three] if number(three).is_some() => (number(three)?, field(one)?),
        _ => return None,
    };
    Some((ticket, field, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::quote;
    use crate::ticket::command::read::excerpt;
    use crate::ticket::words;
    use crate::types::Position;

    const BLOCK: &str = "Hallo Jo,\n\nzwei Anträge warten. Etwa: 41 angenommen mit 7 zu 2.\n\n\
        41 Ergebnis, angenommen, abgelehnt oder vertagt:\n\n\
        41 Stimmen, ja, nein, enthalten:\n\n\
        41 Grund, bei Ablehnung nötig:\n\n\
        35 Ergebnis, angenommen, abgelehnt oder vertagt:\n\n\
        35 Stimmen, ja, nein, enthalten:\n\n\
        35 Grund, bei Ablehnung nötig:\n";

    fn minutes(text: &str, answered: Option<&str>) -> Minutes {
        read(&quote::split(text, answered), text, &[TicketId(41), TicketId(35)])
    }

    /// Target, verdict, votes and reason of every entry, in short.
    fn said(text: &str, answered: Option<&str>) -> Vec<String> {
        let of = |entry: Entry| {
            let target = match entry.target {
                Target::Ticket(id) => id.to_string(),
                Target::Position(place) => format!("top {place}"),
            };
            let verdict = match entry.verdict {
                Some(Verdict::Accepted) => "yes",
                Some(Verdict::Rejected) => "no",
                Some(Verdict::Postponed) => "later",
                None => "-",
            };
            let votes = entry.votes.map_or(String::new(), |votes| {
                format!(" {}:{}:{}", votes.yes, votes.no, votes.abstain)
            });
            let reason = words::of(&excerpt(Position(1), &entry.reason), text).replace('\n', " / ");
            let reason = if reason.is_empty() { reason } else { format!(" ({reason})") };
            let unclear = if entry.is_unclear { " ?" } else { "" };
            format!("{target} {verdict}{votes}{reason}{unclear}")
        };
        minutes(text, answered).entries.into_iter().map(of).collect()
    }

    #[test]
    fn results_in_own_words_are_read() {
        for (text, expected) in [
            ("41 angenommen mit 7 zu 2, eine Enthaltung", vec!["41 yes 7:2:1"]),
            ("41 angenommen 7:2:1", vec!["41 yes 7:2:1"]),
            ("41 angenommen (7:2:1)", vec!["41 yes 7:2:1"]),
            ("#41: mit 7 ja und 2 nein bei 1 Enthaltung angenommen.", vec!["41 yes 7:2:1"]),
            ("Antrag 41 wurde einstimmig angenommen", vec!["41 yes"]),
            ("41 einstimmig angenommen, 9 Ja-Stimmen, keine Enthaltung", vec!["41 yes 9:0:0"]),
            ("41 und 35 vertagt", vec!["41 later", "35 later"]),
            ("Wir haben 41 angenommen und 35 vertagt.", vec!["41 yes", "35 later"]),
            ("41 angenommen, 35 abgelehnt: kein Bedarf", vec!["41 yes", "35 no (kein Bedarf)"]),
            ("angenommen: 41, 35", vec!["41 yes", "35 yes"]),
            ("35 abgelehnt", vec!["35 no"]),
            (
                "35 nicht angenommen, weil das Protokoll fehlt",
                vec!["35 no (weil das Protokoll fehlt)"],
            ),
            (
                "35 abgelehnt: 3 Leute reichen dafür nicht",
                vec!["35 no (3 Leute reichen dafür nicht)"],
            ),
            (
                "35 abgelehnt 2 zu 7: das Protokoll nennt\nnur die AG, nicht Robin",
                vec!["35 no 2:7:0 (das Protokoll nennt / nur die AG, nicht Robin)"],
            ),
            ("top 2 abgelehnt", vec!["top 2 no"]),
            ("TOP 1: angenommen mit 5 zu 0", vec!["top 1 yes 5:0:0"]),
            ("41 angenomen", vec!["41 yes"]),
            ("41 accepted 7 to 2 with one abstention", vec!["41 yes 7:2:1"]),
            ("41 approved, 35 postponed", vec!["41 yes", "35 later"]),
            (
                "35 rejected: the minutes name only the group",
                vec!["35 no (the minutes name only the group)"],
            ),
            ("41 hyväksytty 7 puolesta ja 2 vastaan, 1 tyhjä", vec!["41 yes 7:2:1"]),
            ("35 lykätty", vec!["35 later"]),
            ("41 antagen med 7 röster mot 2", vec!["41 yes 7:2:0"]),
            ("35 avslagen: protokollet saknas", vec!["35 no (protokollet saknas)"]),
            ("12 angenommen", vec!["12 yes"]),
            ("41 angenommen\n7 ja, 2 nein", vec!["41 yes 7:2:0"]),
            ("41 ja\n35 nein", vec!["41 yes", "35 no"]),
        ] {
            assert_eq!(said(text, None), expected, "{text}");
        }
    }

    #[test]
    fn keywords_are_read_with_the_number_before_or_behind() {
        for (text, expected) in [
            ("!accept 41: 7 yes 2 no 1 abstain", vec!["41 yes 7:2:1"]),
            ("! accept 41", vec!["41 yes"]),
            (
                "!reject 35: the minutes name only the group",
                vec!["35 no (the minutes name only the group)"],
            ),
            ("!postpone 41", vec!["41 later"]),
            ("!41 accept 7:2", vec!["41 yes 7:2:0"]),
            ("!ablehnen 35: kein Bedarf", vec!["35 no (kein Bedarf)"]),
            ("!vertagen 41, 35", vec!["41 later", "35 later"]),
        ] {
            assert_eq!(said(text, None), expected, "{text}");
        }
    }

    #[test]
    fn what_says_two_things_or_asks_is_unclear() {
        for text in [
            "41 angenommen oder vertagt",
            "41 angenommen?",
            "41 nicht vertagt",
            "41 angenommen\n41 abgelehnt: doch nicht",
        ] {
            let entries = minutes(text, None).entries;
            assert!(entries.iter().all(|entry| entry.is_unclear), "{text}: {entries:?}");
        }
    }

    #[test]
    fn words_without_a_result_are_for_people() {
        for text in [
            "Um 20 Uhr waren wir da.",
            "Danke euch allen",
            "Wer schreibt Protokoll?",
            "7 Leute waren da, 2 kamen später",
        ] {
            let minutes = minutes(text, None);
            assert!(minutes.entries.is_empty() && !minutes.words.is_empty(), "{text}: {minutes:?}");
        }
    }

    #[test]
    fn untouched_block_below_the_words_says_nothing() {
        let quoted: String = BLOCK.lines().map(|line| format!("> {line}\n")).collect();
        let text = format!("41 angenommen 7:2:1\ntop 2 abgelehnt\n\n{quoted}");
        assert_eq!(said(&text, Some(BLOCK)), ["41 yes 7:2:1", "top 2 no"]);
        assert_eq!(said(&text, None), ["41 yes 7:2:1", "top 2 no"]);
        let unmarked = format!("41 vertagt\n\n-----Ursprüngliche Nachricht-----\n{BLOCK}");
        assert_eq!(said(&unmarked, Some(BLOCK)), ["41 later"]);
    }

    #[test]
    fn block_is_read_however_it_was_filled_in() {
        let filled = BLOCK
            .replace(
                "41 Ergebnis, angenommen, abgelehnt oder vertagt:",
                "41 Ergebnis, angenommen, abgelehnt oder vertagt: angenommen",
            )
            .replace("41 Stimmen, ja, nein, enthalten:", "41 Stimmen, ja, nein, enthalten: 7, 2, 1")
            .replace(
                "35 Ergebnis, angenommen, abgelehnt oder vertagt:",
                "35 Ergebnis, angenommen, abgelehnt oder vertagt: abgelehnt",
            )
            .replace(
                "35 Grund, bei Ablehnung nötig:",
                "35 Grund, bei Ablehnung nötig: kein Bedarf",
            );
        let expected = ["41 yes 7:2:1", "35 no (kein Bedarf)"];
        let quoted: String = filled.lines().map(|line| format!("> {line}\n")).collect();
        for text in [&quoted, &filled] {
            assert_eq!(said(text, Some(BLOCK)), expected, "{text}");
        }
        let below = "> 41 Ergebnis, angenommen, abgelehnt oder vertagt:\nangenommen\n\n\
            > 41 Stimmen, ja, nein, enthalten:\n7:2:1\n> 41 Grund, bei Ablehnung nötig:\n\
            > 35 Ergebnis, angenommen, abgelehnt oder vertagt:\nabgelehnt\n\
            > 35 Grund, bei Ablehnung nötig:\nkein Bedarf\n";
        assert_eq!(said(below, Some(BLOCK)), expected);
        assert_eq!(said("Grund für 35: kein Bedarf", None), ["35 - (kein Bedarf)"]);
    }

    #[test]
    fn votes_are_read_in_every_order() {
        let votes = |yes, no, abstain| Some(Votes { yes, no, abstain });
        assert_eq!(votes_of("7:2:1"), votes(7, 2, 1));
        assert_eq!(votes_of("7 zu 2"), votes(7, 2, 0));
        assert_eq!(votes_of("ja 7, nein 2, enthalten 1"), votes(7, 2, 1));
        assert_eq!(votes_of("Ja: 7 Nein: 2 Enthaltung: 1"), votes(7, 2, 1));
        assert_eq!(votes_of("7 yes 2 no 1 abstain"), votes(7, 2, 1));
        assert_eq!(votes_of("sieben dafür, zwei dagegen"), votes(7, 2, 0));
        assert_eq!(votes_of("eine Enthaltung"), None);
        assert_eq!(votes_of("7"), None);
        assert_eq!(votes_of("7 Leute"), None);
    }
}

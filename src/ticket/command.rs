//! Keywords: one table that says for each what it is called, who may use it, what it does.
//!
//! A keyword stands in the table of its family (`work`, `talk`) with the function that runs it;
//! reading (`read`), help and the answer to an unknown word are made from the table. Deliberately
//! absent: who is proven and what waits for a question (`member`), the words of notices.

pub mod away;
pub mod bond;
pub mod canned;
pub mod day;
pub mod decide;
pub mod decision;
pub mod find;
pub mod fold;
pub mod named;
pub mod priority;
pub mod read;
pub mod register;
pub mod rest;
pub mod rhythm;
pub mod site;
pub mod talk;
pub mod train;
pub mod undo;
pub mod warn;
pub mod watch;
pub mod why;
pub mod work;

pub use named::queue_of;
pub use read::{Eyes, Line, Reader, Reading, What, kept, read};

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::Access;
use crate::mail::Attachment;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
pub use crate::ticket::matter::{Aside, Left, Stand};
use crate::ticket::matter::{Excerpt, ResultKind};
use crate::ticket::proof::Purpose;
use crate::types::{Address, Locale, Mailbox, PersonId, Position, TicketId};

/// The families of keywords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Whose a ticket is and where it stands.
    Work,
    /// What is said, and to whom.
    Talk,
    /// What becomes of a request.
    Decision,
    /// What meetings and voters decide.
    Decide,
    /// What keeps the site going; for coordinators, on no ticket.
    Site,
}

/// What stands behind a keyword on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing that matters.
    None,
    /// Words, if any: behind a colon they are an answer to the requestor.
    Reason,
    /// Words that stay inside, and all that follows in the mail.
    Words,
    /// The reason of a decision, and all that follows in the mail; never an answer.
    Because,
    /// An address.
    Address,
    /// The name of a queue.
    Queue,
    /// Somebody of the register, oneself, or nobody.
    Person,
    /// A day to come.
    Day,
    /// A day to come, or nothing.
    AnyDay,
    /// Numbers of other tickets.
    Tickets,
    /// The name of a queue, or nothing; what is quoted above belongs to it.
    Part,
    /// How soon.
    Level,
    /// The name of a canned answer, or nothing.
    Canned,
    /// Until when somebody is away, and who stands in.
    Absence,
    /// A new title.
    Title,
    /// What is looked for: words and conditions.
    Query,
    /// A register, and words that select from it.
    Table,
    /// A keyword line.
    Line,
    /// What the keyword of the site reads by itself.
    Site,
    /// Which notices one gets: `each`, `mine`, `digest`, `none`; or when one gets digests.
    Choice,
    /// Whom it is about, what becomes of it, a colon and the reason, and all that follows in the
    /// mail; never an answer.
    Charge,
}

/// How far a keyword can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// Wholly: the ticket stands as before, and nobody was told.
    Whole,
    /// The ticket stands as before, but what was told stays told.
    Inside,
    /// By the same keyword once more, with what was chosen before.
    Again,
    /// Not at all: others act on it at once.
    Never,
    /// There is nothing to take back.
    Nothing,
}

impl Undo {
    /// The word for it in the table of keywords.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "wholly",
            Self::Inside => "but not what was told",
            Self::Again => "by itself",
            Self::Never => "never",
            Self::Nothing => "",
        }
    }
}

/// What a keyword without its marker does when it is all that a member wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// It is done: nothing outside changes.
    Done,
    /// It may be meant for the requestor, so its author is asked.
    Asked,
}

/// Texts by language, in the order of [`Locale::ALL`].
pub type ByLocale<T> = [T; 4];

/// A keyword as it is declared.
#[derive(Debug)]
pub struct Keyword {
    /// Its short name, in code and tests.
    pub name: &'static str,
    /// What it is called; the first of a language is shown.
    pub names: ByLocale<&'static [&'static str]>,
    /// Whole texts that say the same without a marker, unfolded, without punctuation.
    pub phrases: ByLocale<&'static [&'static str]>,
    /// Its family.
    pub family: Family,
    /// The access that a member needs; nothing: it is not for members.
    pub member: Option<Access>,
    /// The right of a role that it needs instead of looking after the site.
    pub right: Option<&'static str>,
    /// Whether a requestor may use it on the own ticket.
    pub requestor: bool,
    /// What it is said for: the site says which rung of the proof ladder that needs.
    pub purpose: Purpose,
    /// What stands behind it.
    pub argument: Argument,
    /// How far it can be taken back.
    pub undo: Undo,
    /// What it does without its marker.
    pub plain: Plain,
    /// One line that says what it does.
    pub help: ByLocale<&'static str>,
    /// Does it.
    pub run: Run,
}

/// The function behind a keyword.
pub type Run = fn(&mut Draft<'_>, &Act<'_>) -> Result<Outcome, Missing>;

/// Who uses a keyword.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// Somebody who serves the queue.
    Member(&'a PersonId),
    /// Who asked.
    Requestor(&'a Mailbox),
}

/// A keyword that is about to run.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// On which ticket.
    pub id: TicketId,
    /// By whom.
    pub by: By<'a>,
    /// The same for the transactions it records.
    pub origin: &'a Origin,
    /// What stands behind it.
    pub argument: &'a str,
    /// The words that belong to it.
    pub words: Option<&'a Excerpt>,
    /// The message that the notice showed which the mail answers, if it showed one: whoever quotes
    /// a part in it means that message.
    pub quotes: Option<Position>,
    /// What was attached to the mail.
    pub attachments: &'a [Attachment],
    /// Who has the mail already.
    pub has_it: &'a BTreeSet<Address>,
}

/// What became of a keyword, and the name that the sentence about it mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What.
    pub kind: ResultKind,
    /// The name, or nothing.
    pub detail: String,
    /// The moment that the sentence mentions.
    pub until: Option<Timestamp>,
    /// What is said besides.
    pub aside: Aside,
    /// A mail of its own says it already.
    pub is_told: bool,
}

impl Outcome {
    /// An outcome whose sentence mentions nobody.
    #[must_use]
    pub const fn plain(kind: ResultKind) -> Self {
        Self { kind, detail: String::new(), until: None, aside: Aside::NONE, is_told: false }
    }

    /// An outcome that a mail of its own told already.
    #[must_use]
    pub fn told() -> Self {
        Self { is_told: true, ..Self::plain(ResultKind::NoEffect) }
    }

    /// An outcome whose sentence mentions a moment.
    #[must_use]
    pub fn until(kind: ResultKind, at: Timestamp) -> Self {
        Self { until: Some(at), ..Self::plain(kind) }
    }

    /// The same, with something said besides.
    #[must_use]
    pub fn with(self, aside: Aside) -> Self {
        Self { aside, ..self }
    }

    /// An outcome whose sentence mentions `detail`.
    #[must_use]
    pub fn of(kind: ResultKind, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::plain(kind) }
    }
}

/// Every keyword, by family. The order is that of the help.
pub static TABLE: &[&[Keyword]] = &[
    work::KEYWORDS,
    rest::KEYWORDS,
    priority::KEYWORDS,
    bond::KEYWORDS,
    talk::KEYWORDS,
    canned::KEYWORDS,
    watch::KEYWORDS,
    away::KEYWORDS,
    why::KEYWORDS,
    find::KEYWORDS,
    register::KEYWORDS,
    undo::KEYWORDS,
    train::KEYWORDS,
    decide::KEYWORDS,
    decision::KEYWORDS,
    site::KEYWORDS,
    warn::KEYWORDS,
];

/// Every keyword.
pub fn keywords() -> impl Iterator<Item = &'static Keyword> {
    TABLE.iter().flat_map(|family| family.iter())
}

/// The place of a language in [`ByLocale`].
const fn place(locale: Locale) -> usize {
    match locale {
        Locale::De => 0,
        Locale::En => 1,
        Locale::Fi => 2,
        Locale::Sv => 3,
    }
}

impl Keyword {
    /// What most keywords have in common: a member who reads says it, nothing stands behind it,
    /// there is nothing to take back. Each declares what it is called, what it does, and the rest.
    pub(crate) const BASE: Self = Self {
        name: "",
        names: [&[], &[], &[], &[]],
        phrases: [&[], &[], &[], &[]],
        family: Family::Talk,
        member: Some(Access::Read),
        right: None,
        requestor: false,
        purpose: Purpose::Answer,
        argument: Argument::None,
        undo: Undo::Nothing,
        plain: Plain::Asked,
        help: ["", "", "", ""],
        run: |_, _| Ok(Outcome::plain(ResultKind::NoEffect)),
    };

    /// What it is called in a language; the first is the one that is shown.
    #[must_use]
    pub fn names_in(&self, locale: Locale) -> &'static [&'static str] {
        self.names.get(place(locale)).copied().unwrap_or_default()
    }

    /// The name that a reader of this language is shown.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> &'static str {
        self.names_in(locale).first().copied().unwrap_or(self.name)
    }

    /// What it does, in one line.
    #[must_use]
    pub fn help_in(&self, locale: Locale) -> &'static str {
        self.help.get(place(locale)).copied().unwrap_or_default()
    }

    /// Whether `reader` may ever use it.
    #[must_use]
    pub const fn is_for(&self, reader: Reader) -> bool {
        match reader {
            Reader::Member => self.member.is_some(),
            Reader::Requestor => self.requestor,
        }
    }
}

/// What the keyword of this short name is called in a language; the name itself if there is none.
#[must_use]
pub fn shown(name: &'static str, locale: Locale) -> &'static str {
    keywords().find(|keyword| keyword.name == name).map_or(name, |keyword| keyword.shown(locale))
}

/// The lines of a help: names and what each does, for members or for requestors.
pub fn help(
    locale: Locale,
    reader: Reader,
) -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    help_with(locale, reader, |_| true)
}

/// The same, with those keywords of the site that the reader may use.
pub fn help_with(
    locale: Locale,
    reader: Reader,
    may: impl Fn(&Keyword) -> bool,
) -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    keywords()
        .filter(move |keyword| keyword.is_for(reader))
        .filter(move |keyword| keyword.family != Family::Site || may(keyword))
        .map(move |keyword| (keyword.names_in(locale), keyword.help_in(locale)))
}

/// The keyword of this name, in whatever language, umlauts as two letters or none.
#[must_use]
pub fn find(word: &str, reader: Reader) -> Option<&'static Keyword> {
    let forms = fold::forms(word);
    keywords().filter(|keyword| keyword.is_for(reader)).find(|keyword| {
        let mut names = keyword.names.iter().flat_map(|names| names.iter());
        names.any(|name| fold::is_same(&forms, &fold::forms(name)))
    })
}

/// The keyword that a whole text says in plain words, or by its name.
#[must_use]
pub fn find_plain(text: &str, reader: Reader) -> Option<&'static Keyword> {
    let forms = fold::forms(text);
    keywords().filter(|keyword| keyword.is_for(reader)).find(|keyword| {
        let mut phrases = keyword.phrases.iter().flat_map(|phrases| phrases.iter());
        phrases.any(|phrase| fold::is_same(&forms, &fold::forms(phrase)))
    })
}

/// The keyword whose name is nearest to a mistyped word, the reader's language first.
#[must_use]
pub fn nearest(word: &str, reader: Reader, locale: Locale) -> Option<&'static Keyword> {
    let mut best: Option<(usize, bool, &'static Keyword)> = None;
    for keyword in keywords().filter(|keyword| keyword.is_for(reader)) {
        for (at, names) in Locale::ALL.into_iter().zip(&keyword.names) {
            for name in *names {
                let Some(distance) = fold::distance(word, name) else { continue };
                let rank = (distance, at != locale);
                if best.is_none_or(|(near, foreign, _)| rank < (near, foreign)) {
                    best = Some((rank.0, rank.1, keyword));
                }
            }
        }
    }
    best.map(|(_, _, keyword)| keyword)
}

/// An argument that will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which sentence says so.
    pub kind: ResultKind,
    /// What belongs there, for a reader.
    pub detail: String,
    /// The argument that was probably meant.
    pub meant: Option<String>,
}

impl Wrong {
    fn of(kind: ResultKind, detail: &str) -> Self {
        Self { kind, detail: detail.to_owned(), meant: None }
    }

    /// The nearest names; a single one was probably meant.
    fn near(kind: ResultKind, names: &[String]) -> Self {
        let meant = if let [one] = names { Some(one.clone()) } else { None };
        Self { kind, detail: names.join(", "), meant }
    }
}

/// Whether an argument will do, before anything is done.
///
/// # Errors
/// [`Wrong`] says what belongs there.
pub fn check(draft: &Draft<'_>, keyword: &Keyword, argument: &str) -> Result<(), Wrong> {
    let desk = draft.desk;
    let held = |is_right: bool, kind: ResultKind, detail: &str| {
        if is_right { Ok(()) } else { Err(Wrong::of(kind, detail)) }
    };
    let incomplete = ResultKind::BadArgument;
    match keyword.argument {
        Argument::None
        | Argument::Reason
        | Argument::Words
        | Argument::Because
        | Argument::Canned
        | Argument::Site
        | Argument::Charge
        | Argument::Line => Ok(()),
        Argument::Title | Argument::Query => held(!argument.trim().is_empty(), incomplete, ""),
        Argument::Address => {
            held(talk::address_of(desk, argument).is_some(), incomplete, "name@example.org")
        }
        Argument::Choice => {
            let is_one = rhythm::rhythm_of(desk, argument).is_some();
            held(is_one || talk::choice_of(argument).is_some(), incomplete, talk::CHOICE_NAMES)
        }
        Argument::Table => register::check(desk, argument),
        Argument::Day => held(rest::is_day(draft, argument), ResultKind::NoDay, ""),
        Argument::AnyDay if argument.trim().is_empty() => Ok(()),
        Argument::AnyDay => held(rest::is_day(draft, argument), ResultKind::NoDay, ""),
        Argument::Level => held(priority::level_of(argument).is_some(), ResultKind::NoPriority, ""),
        Argument::Absence => {
            away::check(draft, argument).map_err(|(kind, detail)| Wrong::of(kind, &detail))
        }
        Argument::Tickets => held(!bond::numbers(argument).is_empty(), ResultKind::NoOther, ""),
        Argument::Part if argument.trim().is_empty() => Ok(()),
        Argument::Person => rest::check_person(desk, argument)
            .map_err(|near| Wrong::near(ResultKind::NoPerson, &near)),
        Argument::Queue | Argument::Part => queue_of(desk, argument).map(|_| ()).map_err(|near| {
            let near: Vec<String> = near.iter().map(ToString::to_string).collect();
            Wrong::near(incomplete, &near)
        }),
    }
}

/// The day that it is where the site is.
fn today(draft: &Draft<'_>) -> Date {
    draft.now.to_zoned(draft.desk.site.time_zone.clone()).date()
}

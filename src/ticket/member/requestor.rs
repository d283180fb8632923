//! What a requestor does with the own ticket by a keyword or in plain words.
//!
//! Nothing of the inside is told: not who works on it, not what it was taken for. Whatever is no
//! keyword of a requestor is text, and text is read by people.

use crate::mail::quote::Reply;
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::command::fold::{self, Word};
use crate::ticket::command::read::excerpt;
use crate::ticket::command::{self, Act, By, Eyes, Family, Keyword, Reader, Reading, What};
use crate::ticket::draft::Draft;
use crate::ticket::effect::ReplyTo;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::{Matter, ResultKind, ResultLine};
use crate::ticket::member::task::{new_text, remark};
use crate::ticket::member::{answered, split};
use crate::ticket::proof;
use crate::ticket::receive;
use crate::ticket::state::{Change, Status, Ticket};
use crate::ticket::tell::{self, CopyNote};
use crate::ticket::words;
use crate::types::{Address, Mailbox, Sequence, TicketId};

/// What a requestor asked for.
struct Wish {
    /// Each with the line as written and what stands behind it.
    keywords: Vec<(&'static Keyword, String, String)>,
    /// It was said with a marker.
    is_marked: bool,
    /// There are words for people as well.
    has_words: bool,
}

/// Does what a requestor's keywords say; says whether the message is settled with it.
pub(crate) fn keywords(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
) -> Result<bool, Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(false) };
    let own = ticket.requestors.iter().find(|known| known.address == author.mailbox.address);
    // A word of one does not end what others asked as well.
    let is_shared = ticket.merged.iter().any(|merged| !merged.people.is_empty());
    let is_ours = !author.suspect && ticket.status != Status::Rejected && !is_shared;
    let Some(own) = own.filter(|_| is_ours).cloned() else { return Ok(false) };
    let sent = answered(draft, mail)?;
    let reply = split(mail, sent.as_ref());
    let eyes = Eyes { reader: Reader::Requestor, locale: ticket.locale, pseudo: None };
    let Some(wish) = wish(mail, &ticket, &reply, &command::read(&reply, &eyes)) else {
        return Ok(false);
    };
    let needed = |keyword| proof::needed_by(draft.desk, keyword);
    if wish.keywords.iter().any(|(keyword, ..)| author.rung < needed(keyword)) {
        return Ok(false);
    }
    let works = wish.keywords.iter().any(|(keyword, ..)| keyword.family == Family::Work);
    let is_words = wish.has_words || !wish.is_marked;
    if works {
        let text = words::new_or_whole(mail.position, &mail.message.text, &reply);
        let change = receive::letter(mail, author.mailbox.clone(), text, None);
        draft.record(id, &receive::origin(mail, Some(author)), change);
    } else if !is_words {
        let text = words::new_or_whole(mail.position, &mail.message.text, &reply);
        let origin = receive::origin(mail, Some(author));
        draft.record_inside(id, &origin, Change::Comment { text });
    }
    let may_tell = caps::may_answer(draft, mail, author);
    let lines = run(draft, mail, &ticket, author, (&own, &wish, may_tell))?;
    if works {
        show(draft, mail, id, author, &lines)?;
    }
    let is_told = wish.is_marked || !works;
    let lines: Vec<ResultLine> = lines.into_iter().flatten().collect();
    if is_told && !lines.is_empty() && may_tell && caps::spend(draft, &own.address)?.is_ok() {
        let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(true) };
        let to = tell::outsider(draft.desk, &ticket, &own);
        let matter = Matter::Result { lines, answered: false };
        let reply_to = ReplyTo::Requestor(own.address.clone());
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(works || !is_words)
}

fn wish(mail: &MailEvent, ticket: &Ticket, reply: &Reply<'_>, reading: &Reading) -> Option<Wish> {
    let marked: Vec<_> = reading
        .lines
        .iter()
        .filter_map(|line| match &line.what {
            What::Known(keyword, argument) if line.ticket.is_none_or(|id| id == ticket.id) => {
                Some((*keyword, line.written.clone(), argument.clone()))
            }
            What::Known(..) | What::Unknown(..) | What::NotCounted => None,
        })
        .collect();
    if !marked.is_empty() {
        let words = excerpt(mail.position, &reading.words);
        let has_words = !words::of(&words, &mail.message.text).is_empty();
        return Some(Wish { keywords: marked, is_marked: true, has_words });
    }
    let text = new_text(reply);
    if text.contains('?') || !mail.message.attachments.is_empty() {
        return None;
    }
    let signer = mail.message.author().map(|author| author.name.as_str()).unwrap_or_default();
    let (core, _) = fold::core(&text, signer);
    let keyword = command::find_plain(&core, Reader::Requestor)?;
    let written = command::read::shorten(&text);
    Some(Wish {
        keywords: vec![(keyword, written, String::new())],
        is_marked: false,
        has_words: false,
    })
}

/// Runs each keyword; a line is nothing where a mail of its own says it.
fn run(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    (own, wish, may_tell): (&Mailbox, &Wish, bool),
) -> Result<Vec<Option<ResultLine>>, Missing> {
    let origin = receive::origin(mail, Some(author));
    let has_it = tell::has_it(mail);
    let mut lines = Vec::new();
    for (keyword, written, argument) in &wish.keywords {
        let is_help = keyword.name == "help";
        if is_help && (!may_tell || caps::spend(draft, &own.address)?.is_err()) {
            continue;
        }
        let act = Act {
            id: ticket.id,
            by: By::Requestor(own),
            origin: &origin,
            argument,
            words: None,
            quotes: None,
            attachments: &[],
            has_it: &has_it,
        };
        let outcome = (keyword.run)(draft, &act)?;
        let line = remark(Some(ticket.id), written, outcome.kind, &outcome.detail);
        lines.push((!outcome.is_told).then_some(line));
    }
    Ok(lines)
}

/// Shows the members what the requestor wrote, if it changed anything.
fn show(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    lines: &[Option<ResultLine>],
) -> Result<(), Missing> {
    let is = |kind| lines.iter().flatten().any(|line| line.outcome == kind);
    let note = CopyNote {
        author: author.mailbox.clone(),
        text: receive::words_of(mail),
        is_new: false,
        reopened: is(ResultKind::Reopened),
        doubt: None,
        linked: None,
        also: Vec::new(),
    };
    if lines.iter().flatten().all(|line| line.outcome == ResultKind::Already) {
        return Ok(());
    }
    tell::copies(draft, id, mail, &note)
}

/// A question to a requestor whether an address may be added, and the word that answers it.
pub(crate) struct Addition {
    pub(crate) question: Sequence,
    pub(crate) address: Address,
    pub(crate) word: Option<Word>,
}

/// The requestor said whether another address may be added; with more behind it, it is words for
/// a person.
pub(crate) fn may_add(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    addition: &Addition,
) -> Result<(), Missing> {
    let origin = receive::origin(mail, Some(author));
    let Some(word) = addition.word else { return receive::from_outside(draft, mail, id, author) };
    if word == Word::Text {
        return receive::from_outside(draft, mail, id, author);
    }
    draft.record_inside(id, &origin, Change::Answered { question: addition.question });
    if word == Word::Yes {
        let mailbox = Mailbox::new("", addition.address.clone());
        draft.record_inside(id, &origin, Change::AddRequestor { mailbox });
    }
    Ok(())
}

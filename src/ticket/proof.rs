//! Proof by one-time codes: the second rung of the ladder (design section 4).
//!
//! [`demand`] is the one way to it, for keywords and for steps of procedures: what is proven goes
//! on at once; what is not waits as a record of the ticket, and the registered address, no other,
//! gets one question whose reply address carries a code. A code is single use, ends by itself, and
//! belongs to the transaction that asked, which names person and purpose for good.
//! Deliberately absent: who wrote a mail (`identity`), the code's letters (`key`).

pub mod waiting;

use jiff::{SignedDuration, Timestamp};

pub use waiting::{Deed, Purpose, Waiting, needed, needed_by, needed_to_report};

use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::command::fold::{self, Word};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::erasing;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{self, Author, CONFIRMED, KNOWN};
use crate::ticket::later;
use crate::ticket::matter::Matter;
use crate::ticket::member;
use crate::ticket::procedure;
use crate::ticket::procedure::stance;
use crate::ticket::receive::{origin, words_of};
use crate::ticket::state::{Actor, Change, Question, Ticket};
use crate::ticket::tell::{self, Recipient};
use crate::types::{Address, Mailbox, Position, Sequence, TicketId};

/// For so long a code counts.
pub const CODE_SPAN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// So many things wait for one person's proof on one ticket; more are filed and not asked about.
const OPEN_MAX: usize = 3;

/// What somebody wants to do with a mail.
#[derive(Debug)]
pub struct Demand<'a> {
    /// On which ticket.
    pub id: TicketId,
    /// The mail.
    pub mail: &'a MailEvent,
    /// Who wrote it, by `identity`.
    pub author: &'a Author,
    /// The key that it came on.
    pub holder: Option<&'a ReplyTo>,
    /// What for.
    pub purpose: Purpose,
    /// The rung that it needs: [`needed`], or what the step says.
    pub rung: u8,
    /// What is done once it is proven, for later.
    pub deed: Deed,
}

/// How a demand stands.
#[derive(Debug, Clone)]
pub enum Proof {
    /// Do it now, under this origin: its author is proven as surely as is needed.
    Proven(Origin),
    /// Do nothing: the registered address was asked, now or before, by this transaction.
    Asked(Sequence),
    /// Do nothing, nobody was asked.
    Refused(Refusal),
}

/// Why nobody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A trusted verdict failed the mail, or the filter condemned it.
    Suspect,
    /// Nobody is registered who could be asked.
    Unknown,
    /// The mail must not lead to automatic mail, or a cap holds the question back.
    Held,
}

/// Whether an author may do something; if it is not proven as surely as is needed, the registered
/// address is asked, and `procedure::proven` or the member's letter goes on with its yes.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn demand(draft: &mut Draft<'_>, demand: &Demand<'_>) -> Result<Proof, Missing> {
    let Demand { id, mail, author, holder, purpose, .. } = demand;
    if author.suspect {
        return Ok(Proof::Refused(Refusal::Suspect));
    }
    let origin = origin(mail, Some(author));
    let code = draft.ticket(*id)?.and_then(|ticket| {
        let code = presented(ticket, author, *holder, mail.received_at)?;
        (code.purpose == *purpose).then_some(code.question)
    });
    if let Some(question) = code {
        use_up(draft, *id, &origin, question);
        return Ok(Proof::Proven(Origin { rung: CONFIRMED, ..origin }));
    }
    if author.rung >= demand.rung {
        return Ok(Proof::Proven(origin));
    }
    if !may_ask(mail, author) {
        return Ok(Proof::Refused(Refusal::Held));
    }
    let whom = author.actor();
    if address_of(draft, *id, &whom)?.is_none() {
        return Ok(Proof::Refused(Refusal::Unknown));
    }
    let asking = Asking {
        id: *id,
        whom,
        from: author.mailbox.address.clone(),
        origin,
        message: mail.position,
        purpose: *purpose,
        deed: demand.deed.clone(),
        lines: Vec::new(),
        matter: None,
    };
    let asked = ask(draft, asking)?;
    Ok(asked.map_or(Proof::Refused(Refusal::Held), Proof::Asked))
}

/// Whether somebody may be asked because of a mail at all. The question goes to the registered
/// address, so a list that brought the mail is no obstacle.
#[must_use]
pub fn may_ask(mail: &MailEvent, author: &Author) -> bool {
    let may_answer = mail.message.may_answer || mail.message.via_list.is_some();
    may_answer && !author.suspect && !mail.is_backlog
}

/// What waits for a yes, and what is told of it.
pub(crate) struct Asking {
    pub(crate) id: TicketId,
    pub(crate) whom: Actor,
    /// The address that the mail came from.
    pub(crate) from: Address,
    /// Who wrote it, when.
    pub(crate) origin: Origin,
    pub(crate) message: Position,
    pub(crate) purpose: Purpose,
    pub(crate) deed: Deed,
    /// What was asked for, in words of the reader.
    pub(crate) lines: Vec<String>,
    /// What is asked instead of whether it was the reader.
    pub(crate) matter: Option<Matter>,
}

/// Keeps what was asked for and asks the registered address, once for the same. Nothing where
/// nobody can be asked now; where a cap holds the question back, the ticket says so.
pub(crate) fn ask(draft: &mut Draft<'_>, asking: Asking) -> Result<Option<Sequence>, Missing> {
    let Asking { id, whom, from, origin, message, purpose, deed, lines, matter } = asking;
    let received_at = origin.at;
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(None) };
    let Some(to) = recipient(draft, &ticket, &whom) else { return Ok(None) };
    let open: Vec<_> = open(&ticket).filter(|(_, waiting)| waiting.whom == whom).collect();
    let is_same = |one: &Waiting| one.purpose == purpose && one.deed.is_same(&deed);
    if let Some((question, _)) = open.iter().find(|(_, waiting)| is_same(waiting)) {
        return Ok(Some(*question));
    }
    let address = to.mailbox.address.clone();
    if open.len() >= OPEN_MAX || caps::spend(draft, &address)?.is_err() {
        let change = Change::NotSent { address, why: "cap".to_owned() };
        draft.record_inside(id, &origin, change);
        return Ok(None);
    }
    let expires_at = later(received_at.max(draft.now), CODE_SPAN);
    let said = match &deed {
        Deed::Step { value, .. } => Some((purpose, value.clone())),
        Deed::Letter(_) | Deed::Erase(_) => None,
    };
    let address_to = address.clone();
    let waiting = Waiting { whom, address, purpose, message, received_at, expires_at, deed };
    let change = Change::Prove { waiting: Box::new(waiting) };
    let question = draft.record_inside(id, &origin, change);
    draft.arm(id, &origin, Timer::Proof(id, question), expires_at);
    let was_it = || Matter::WasItYou { claimed: from.to_string(), at: received_at, lines, said };
    let matter = matter.unwrap_or_else(was_it);
    let reply_to = ReplyTo::Question(question, address_to);
    let mut notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    notice.sequence = question;
    draft.notify(notice);
    Ok(Some(question))
}

/// What waits on a ticket, by the transaction that asked.
pub fn open(ticket: &Ticket) -> impl Iterator<Item = (Sequence, &Waiting)> {
    ticket.questions.iter().filter_map(|question| match ticket.asked.get(question) {
        Some(Question::Proof(waiting)) => Some((*question, &**waiting)),
        Some(Question::Addition(_)) | None => None,
    })
}

fn recipient(draft: &Draft<'_>, ticket: &Ticket, whom: &Actor) -> Option<Recipient> {
    match whom {
        Actor::Person(person) => tell::member(draft.desk, person),
        Actor::Outside(address) => {
            let mut known = ticket.requestors.iter().chain(&ticket.cc);
            let mailbox: &Mailbox = known.find(|mailbox| &mailbox.address == address)?;
            Some(tell::outsider(draft.desk, ticket, mailbox))
        }
        Actor::Program => None,
    }
}

fn address_of(draft: &Draft<'_>, id: TicketId, whom: &Actor) -> Result<Option<Address>, Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(None) };
    Ok(recipient(draft, ticket, whom).map(|to| to.mailbox.address))
}

/// A code that came back and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The transaction that asked.
    pub question: Sequence,
    /// What it was sent for.
    pub purpose: Purpose,
}

/// The code that a mail brought back to the address made for it: its author is whom it was sent
/// to, no verdict fails the mail, it is not used up and not too old. It proves nothing but its
/// purpose.
#[must_use]
pub fn presented(
    ticket: &Ticket,
    author: &Author,
    holder: Option<&ReplyTo>,
    at: Timestamp,
) -> Option<Code> {
    let holder = holder?;
    let ReplyTo::Question(question, _) = holder else { return None };
    let is_for = identity::is_for(holder, &author.mailbox.address, author.person.as_ref());
    if !is_for || author.suspect || author.rung < KNOWN {
        return None;
    }
    let question = *question;
    if let Some((_, waiting)) = open(ticket).find(|(known, _)| *known == question) {
        let counts = at < waiting.expires_at && waiting.whom == author.actor();
        return counts.then_some(Code { question, purpose: waiting.purpose });
    }
    if let Some(sitting) = &ticket.sitting {
        let counts =
            sitting.questions.contains_key(&question) && at < later(sitting.begins_at, CODE_SPAN);
        return counts.then_some(Code { question, purpose: Purpose::Minutes });
    }
    let asked = ticket.request.as_ref()?.questions.get(&question)?;
    let purpose = asked.about.purpose()?;
    let counts = !asked.used && at < later(asked.at, CODE_SPAN) && asked.by == author.actor();
    counts.then_some(Code { question, purpose })
}

/// The rung that an author reaches for one purpose with the key that the mail came on.
#[must_use]
pub fn rung(
    ticket: &Ticket,
    author: &Author,
    holder: Option<&ReplyTo>,
    (purpose, at): (Purpose, Timestamp),
) -> u8 {
    let code = presented(ticket, author, holder, at);
    if code.is_some_and(|code| code.purpose == purpose) { CONFIRMED } else { author.rung }
}

/// A code is used up: it proves nothing a second time.
pub fn use_up(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, question: Sequence) {
    draft.record_inside(id, origin, Change::Answered { question });
    draft.disarm(id, origin, &Timer::Proof(id, question));
}

/// Somebody answered whether a mail in his name was his. Says whether the mail is settled with it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    holder: &ReplyTo,
) -> Result<bool, Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(false) };
    let Some(code) = presented(&ticket, author, Some(holder), mail.received_at) else {
        return Ok(false);
    };
    let Some((_, waiting)) = open(&ticket).find(|(known, _)| *known == code.question) else {
        return Ok(false);
    };
    let Some(is_yes) = yes_or_no(draft, mail, author)? else { return Ok(false) };
    let origin = Origin { rung: CONFIRMED, ..origin(mail, Some(author)) };
    match &waiting.deed {
        Deed::Letter(claim) => {
            member::proven(draft, mail, author, id, (code.question, is_yes, claim))?;
        }
        Deed::Erase(target) => {
            use_up(draft, id, &origin, code.question);
            erasing::answered(draft, id, (waiting, target), &origin, is_yes)?;
        }
        Deed::Step { .. } => {
            draft.record_inside(id, &origin, Change::Comment { text: words_of(mail) });
            use_up(draft, id, &origin, code.question);
            if is_yes {
                procedure::proven(draft, id, waiting, &origin)?;
            }
        }
    }
    Ok(true)
}

/// A yes or a no and nothing else; more is words for people.
fn yes_or_no(
    draft: &Draft<'_>,
    mail: &MailEvent,
    author: &Author,
) -> Result<Option<bool>, Missing> {
    let text = member::new_words(draft, mail)?;
    let word = match (fold::one_word(&text, &author.mailbox.name), stance::answer(&text)) {
        (Some(Word::Yes), _) | (None, Some(stance::Word::Yes)) => Some(true),
        (Some(Word::No), _) | (None, Some(stance::Word::No)) => Some(false),
        (Some(Word::Text), _) | (None, Some(stance::Word::Done) | None) => None,
    };
    Ok(word)
}

/// A request ended: what waited for somebody's proof on it ends with it.
pub(crate) fn end(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    for (question, waiting) in open(&ticket) {
        if matches!(waiting.deed, Deed::Step { .. }) {
            draft.disarm(id, origin, &Timer::Proof(id, question));
            draft.record_inside(id, origin, Change::Lapsed { question });
        }
    }
    Ok(())
}

/// The time of a code is over: what waited for it ends, and nothing was done.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn lapse(
    draft: &mut Draft<'_>,
    id: TicketId,
    question: Sequence,
    due_at: Timestamp,
) -> Result<(), Missing> {
    let timer = Timer::Proof(id, question);
    let Some(origin) = draft.due(id, &timer, due_at)? else { return Ok(()) };
    let is_open = |ticket| open(ticket).any(|(known, _)| known == question);
    if draft.ticket(id)?.is_some_and(is_open) {
        draft.record_inside(id, &origin, Change::Lapsed { question });
    }
    Ok(())
}

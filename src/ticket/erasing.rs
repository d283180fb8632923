//! Erasing by mail: what would go is surveyed, its asker reads the plan and says yes with a code,
//! and reads once more when it is done.
//!
//! Each erasure is a ticket with the asker, which tells who asked what and when, and names nobody.
//! Deliberately absent: surveying and erasing, which are errands of the shell (`daemon::erase`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, By, Outcome, site};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, Errand, Timer};
use crate::ticket::event::Surveyed;
use crate::ticket::matter::{Aside, Matter, ResultKind, ResultLine};
use crate::ticket::proof::{self, Asking, Deed, Purpose, Waiting};
use crate::ticket::state::{Actor, Change, Status};
use crate::ticket::tell;
use crate::types::{Address, Locale, PersonId, Position, TicketId};

/// What is erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Somebody, by an address or by the id in the register.
    Person(String),
    /// A ticket.
    Ticket(TicketId),
}

/// What an erasure would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Tickets of which nothing stays but number, queue and times.
    pub tickets: Vec<TicketId>,
    /// Messages that go.
    pub messages: usize,
    /// When the first and the last of them came.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Messages of others that lose words.
    pub masked: usize,
    /// Other tickets that lose messages.
    pub touched: Vec<TicketId>,
    /// Who leaves the register.
    pub person: Option<PersonId>,
}

/// What an erasure is called as a ticket.
const fn subject(locale: Locale) -> &'static str {
    match locale {
        Locale::De => "Löschung",
        Locale::En => "Erasure",
        Locale::Fi => "Poistaminen",
        Locale::Sv => "Radering",
    }
}

/// Words before a target that say which kind it is; folded by their first letters.
const KINDS: [&str; 12] = [
    "ticket", "asia", "arende", "ärende", "person", "henkilo", "henkilö", "von", "of", "den",
    "the", "av",
];

/// What words name: a ticket by its number, a person by an address or the id; else the ticket that
/// they are said on.
fn target(desk: &Desk, act: &Act<'_>) -> Option<Target> {
    let is_sign = |c: char| matches!(c, ',' | ';' | '.' | ':' | '!' | '#' | '<' | '>');
    let words = act.argument.split_whitespace().map(|word| word.trim_matches(is_sign));
    let mut words = words.filter(|word| !KINDS.contains(&word.to_lowercase().as_str()));
    let Some(word) = words.next() else {
        return (act.id != TicketId(0)).then_some(Target::Ticket(act.id));
    };
    if words.next().is_some() {
        return None;
    }
    if let Ok(number) = word.parse() {
        return Some(Target::Ticket(TicketId(number)));
    }
    let is_known = desk.register.person(&PersonId::new(word)).is_some();
    (is_known || Address::parse(word).is_ok()).then(|| Target::Person(word.to_owned()))
}

/// A coordinator asks to erase: a ticket begins, and it is surveyed what would go.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(crate) fn ask(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let (By::Member(by), Some(message)) = (act.by, act.origin.message) else {
        return Ok(Outcome::plain(ResultKind::NotAllowed));
    };
    let Some(target) = target(draft.desk, act) else {
        return Ok(Outcome::of(ResultKind::BadArgument, "ticket 17, person name@example.org"));
    };
    let desk = draft.desk;
    let create = Change::Create {
        queue: desk.dispatcher().clone(),
        subject: subject(desk.site.locale).to_owned(),
        requestors: Vec::new(),
        locale: desk.site.locale,
        linked: None,
        suspect: false,
        message_id: None,
    };
    let ticket = draft.create(act.origin, create);
    draft.record_inside(ticket, act.origin, Change::Owner { owner: Some(by.clone()) });
    let by = by.clone();
    draft.push(Effect::Errand(Box::new(Errand::Survey { ticket, target, by, message })));
    Ok(Outcome::told())
}

/// It is known what would go: the asker reads it and is asked, or reads why nothing does.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn surveyed(draft: &mut Draft<'_>, survey: &Surveyed) -> Result<(), Missing> {
    let Surveyed { ticket: id, target, by, message, plan } = survey;
    let Some(ticket) = draft.ticket(*id)?.cloned() else { return Ok(()) };
    let whom = Actor::Person(by.clone());
    let origin = Origin { by: whom.clone(), rung: 0, at: draft.now, message: Some(*message) };
    let plan = match plan {
        Ok(plan) => plan,
        Err(why) => return end(draft, *id, &origin, by, (ResultKind::NotErased, why)),
    };
    let Some(to) = tell::member(draft.desk, by) else { return Ok(()) };
    let matter = Matter::ErasePlan { target: target.clone(), plan: Box::new(plan.clone()) };
    let asking = Asking {
        id: *id,
        whom,
        from: to.mailbox.address,
        origin: Origin { at: ticket.created_at, ..origin.clone() },
        message: *message,
        purpose: Purpose::Erase,
        deed: Deed::Erase(target.clone()),
        lines: Vec::new(),
        matter: Some(matter),
    };
    if proof::ask(draft, asking)?.is_none() {
        return end(draft, *id, &origin, by, (ResultKind::NotErased, ""));
    }
    Ok(())
}

/// The code came back with a yes or a no.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(crate) fn answered(
    draft: &mut Draft<'_>,
    id: TicketId,
    (waiting, target): (&Waiting, &Target),
    origin: &Origin,
    is_yes: bool,
) -> Result<(), Missing> {
    let Actor::Person(by) = &waiting.whom else { return Ok(()) };
    if !is_yes || !site::is_coordinator(draft.desk, by) {
        return end(draft, id, origin, by, (ResultKind::NotErased, ""));
    }
    let what = match target {
        Target::Ticket(ticket) => format!("erase ticket {ticket}"),
        Target::Person(who) => format!("erase person {who}"),
    };
    let (at, rung, message) = (origin.at, origin.rung, origin.message);
    let deed = crate::ticket::effect::Deed { at, by: by.clone(), rung, what, message };
    draft.push(Effect::Note(deed));
    let asked: Vec<Position> = [Some(waiting.message), message].into_iter().flatten().collect();
    let (target, by) = (target.clone(), by.clone());
    draft.push(Effect::Errand(Box::new(Errand::Erase { ticket: id, target, by, asked })));
    Ok(())
}

/// It is done.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn erased(draft: &mut Draft<'_>, id: TicketId, due_at: Timestamp) -> Result<(), Missing> {
    draft.push(Effect::Disarm(Timer::Erased(id), due_at));
    let owner = draft.ticket(id)?.and_then(|ticket| ticket.owner.clone());
    let origin = Origin { by: Actor::Program, rung: 0, at: due_at, message: None };
    match owner {
        Some(by) => end(draft, id, &origin, &by, (ResultKind::Erased, "")),
        None => {
            draft.record_inside(id, &origin, Change::Status { status: Status::Resolved });
            Ok(())
        }
    }
}

/// The ticket is closed, and its asker reads what became of it.
fn end(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    by: &PersonId,
    (outcome, detail): (ResultKind, &str),
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    draft.record_inside(id, origin, Change::Status { status: Status::Resolved });
    let line = ResultLine {
        ticket: Some(id),
        line: ticket.subject.clone(),
        outcome,
        detail: detail.to_owned(),
        until: None,
        aside: Aside::NONE,
        meant: None,
    };
    let Some(to) = tell::member(draft.desk, by) else { return Ok(()) };
    let matter = Matter::Result { lines: vec![line], answered: false };
    let reply_to = crate::ticket::ReplyTo::Internal(by.clone());
    let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    draft.notify(notice);
    Ok(())
}

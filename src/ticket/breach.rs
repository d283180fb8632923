//! Breaches of the rules: recorded with the rule that held, told to their person, heard, withdrawn,
//! forgotten (000-08).
//!
//! Each has a ticket of its own in the coordinators' queue, with its person as requestor: what he
//! answers is read there. Nothing follows by itself from how many there are: coordinators are
//! asked. Deliberately absent: how a line is read (`command::warn`), words (`notice`).

use jiff::{SignedDuration, Timestamp};

use crate::desk::breach::{self, Level, RIGHT, Settings, day_of, days};
use crate::desk::{Access, Breach, Desk, RegisterChange, readership, resting};
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Aside, By, Left, Outcome, rest, site};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::later;
use crate::ticket::matter::{BreachPage, BreachStage, Matter, ResultKind, TextPart};
use crate::ticket::shelf::unanswered_since;
use crate::ticket::state::{Change, Status, Ticket};
use crate::ticket::tell::{self, Recipient};
use crate::types::{Locale, PersonId, QueueName, TicketId};

/// For so long a register shows what was withdrawn.
const WITHDRAWN_SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 1200;

/// What is to be recorded, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Whose breach.
    pub person: PersonId,
    /// How much it weighs.
    pub level: Level,
    /// The short name of the rule text.
    pub text: String,
    /// What happened.
    pub reason: String,
    /// The end of the last day of a suspension.
    pub until: Option<Timestamp>,
}

/// What a breach's ticket is called where there is no rule text.
const fn subject(locale: Locale) -> &'static str {
    match locale {
        Locale::De => "Unsere Regeln",
        Locale::En => "Our rules",
        Locale::Fi => "Sääntömme",
        Locale::Sv => "Våra regler",
    }
}

/// Whether somebody may record a breach of a person: nobody does of himself.
fn may(desk: &Desk, by: &PersonId, person: &PersonId) -> bool {
    by != person && readership::may_about(desk, RIGHT, by, person)
}

/// Records a breach, tells its person and the coordinators.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn record(draft: &mut Draft<'_>, act: &Act<'_>, charge: &Charge) -> Result<Outcome, Missing> {
    let desk = draft.desk;
    let By::Member(by) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    if !may(desk, by, &charge.person) {
        return Ok(Outcome::plain(ResultKind::NotAllowed));
    }
    let Some(to) = tell::member(desk, &charge.person) else {
        return Ok(Outcome::plain(ResultKind::NoPerson));
    };
    let name = desk.register.name_of(&charge.person);
    let at = act.origin.at;
    let (resting, changes, kept) = match charge.level {
        Level::Suspension => resting::rest(&draft.register(), &charge.person),
        Level::Note | Level::Warning => Default::default(),
    };
    let before = draft.register().breaches().find(|one| suspends(one, &charge.person)).cloned();
    if charge.level == Level::Suspension && changes.is_empty() && before.is_none() {
        return Ok(Outcome::of(ResultKind::NothingRests, name));
    }
    let text = desk.register.text_on(&charge.text, day_of(desk, at));
    let title = text.map_or_else(|| subject(to.locale), |text| text.shown(to.locale)).to_owned();
    let ticket = open_ticket(draft, act, &to, title);
    changes.into_iter().for_each(|change| draft.enroll(change));
    let expires_at = later(charge.until.unwrap_or(at), days(desk.site.breaches.expire_days));
    let mut breach = Breach {
        ticket,
        person: charge.person.clone(),
        level: charge.level,
        rule: text.map(|text| (text.name.clone(), text.version)),
        reason: charge.reason.chars().take(REASON_CHARS_MAX).collect(),
        by: by.clone(),
        rung: act.origin.rung,
        at,
        message: act.origin.message,
        about: Some(act.id).filter(|id| *id != TicketId(0)),
        follow_up: None,
        until: charge.until,
        resting,
        returned_at: None,
        withdrawn_at: None,
        expires_at,
    };
    if let Some(before) = before.filter(|_| charge.level == Level::Suspension) {
        // A later suspension takes the place of an earlier one, and what rests with it.
        breach.resting.extend(before.resting.clone());
        let over = Breach { resting: Vec::new(), returned_at: Some(at), ..before };
        draft.enroll(RegisterChange::Breach(over));
    }
    let asked = follow(draft, act.origin, &mut breach);
    if breach.level == Level::Suspension {
        settle(draft, act.origin, &breach)?;
    }
    draft.enroll(RegisterChange::Breach(breach.clone()));
    let (what, who) = (breach.level.name(), &breach.person);
    site::note(draft, act, format!("{what} of {who} in {ticket}"));
    let stage = match breach.level {
        Level::Note => BreachStage::Noted,
        Level::Warning => BreachStage::Warned,
        Level::Suspension => BreachStage::Suspended,
    };
    let kept = kept.iter().map(ToString::to_string).collect();
    let said = Said { stage, by: Some(by), reason: &breach.reason, asked, kept };
    tell_all(draft, &breach, &said)?;
    let kind = match breach.level {
        Level::Note => ResultKind::Noted,
        Level::Warning => ResultKind::Warned,
        Level::Suspension => ResultKind::Suspended,
    };
    let until = breach.until.or(breach.follow_up);
    Ok(Outcome { detail: name, until, is_told: true, ..Outcome::plain(kind) })
}

/// Whether a breach is the suspension that holds for a person.
fn suspends(breach: &Breach, person: &PersonId) -> bool {
    &breach.person == person && breach.suspends()
}

/// Begins the ticket on which a person is heard: with who recorded the breach, read by the others
/// who may.
fn open_ticket(draft: &mut Draft<'_>, act: &Act<'_>, to: &Recipient, subject: String) -> TicketId {
    let desk = draft.desk;
    let queue = desk.site.breaches.queue(desk).clone();
    let create = Change::Create {
        queue: queue.clone(),
        subject,
        requestors: vec![to.mailbox.clone()],
        locale: to.locale,
        linked: None,
        suspect: false,
        message_id: None,
    };
    let id = draft.create(act.origin, create);
    if let Some(text) = act.words {
        draft.record_inside(id, act.origin, Change::Comment { text: text.clone() });
    }
    let by = if let By::Member(by) = act.by { Some(by) } else { None };
    let writes = |id: &&PersonId| desk.register.access(id, &queue) == Some(Access::Write);
    if let Some(owner) = by.filter(writes) {
        draft.record_inside(id, act.origin, Change::Owner { owner: Some(owner.clone()) });
    }
    let others = readers(desk, &queue).into_iter().filter(|one| Some(one) != by);
    for person in others.filter(|one| to.person.as_ref() != Some(one)) {
        draft.record_inside(id, act.origin, Change::Watch { person, on: true });
    }
    id
}

/// Coordinators of breaches who read a queue.
fn readers(desk: &Desk, queue: &QueueName) -> Vec<PersonId> {
    let reads = |id: &PersonId| desk.register.access(id, queue).is_some();
    breach::coordinators(desk).into_iter().filter(reads).collect()
}

/// Sets when a breach is looked at again and when it is forgotten; says whether the coordinators
/// are asked about a suspension now.
fn follow(draft: &mut Draft<'_>, origin: &Origin, breach: &mut Breach) -> bool {
    let (desk, id) = (draft.desk, breach.ticket);
    let settings = &desk.site.breaches;
    draft.arm(id, origin, Timer::Breach(id), breach.until.unwrap_or(breach.expires_at));
    let status = |draft: &mut Draft<'_>, status| {
        draft.record_inside(id, origin, Change::Status { status });
    };
    match breach.level {
        Level::Note => status(draft, Status::Resolved),
        Level::Suspension => status(draft, Status::Stalled),
        Level::Warning if is_enough(draft, breach, settings) => {
            breach.follow_up = Some(origin.at);
            status(draft, Status::Open);
            return true;
        }
        Level::Warning => {
            let at = later(origin.at, days(settings.follow_up_days));
            breach.follow_up = Some(rest::rest(draft, (id, origin), day_of(desk, at)));
        }
    }
    false
}

/// A suspension is decided: what the coordinators were to look at again is settled, but for what
/// its person wrote and nobody answered.
fn settle(draft: &mut Draft<'_>, origin: &Origin, breach: &Breach) -> Result<(), Missing> {
    let register = draft.register();
    let is_other =
        |one: &&Breach| one.person == breach.person && one.stands() && one.ticket != breach.ticket;
    let others: Vec<TicketId> =
        register.breaches().filter(is_other).map(|one| one.ticket).collect();
    let is_settled =
        |ticket: &&Ticket| ticket.status.is_active() && unanswered_since(ticket).is_none();
    let tickets = draft.case().tickets(&others)?;
    let settled: Vec<TicketId> =
        tickets.into_iter().filter(is_settled).map(|ticket| ticket.id).collect();
    for id in settled {
        draft.disarm(id, origin, &Timer::Wake(id));
        draft.record_inside(id, origin, Change::Status { status: Status::Resolved });
    }
    Ok(())
}

/// Whether a person has so many open warnings with this one that a suspension is talked about.
fn is_enough(draft: &Draft<'_>, breach: &Breach, settings: &Settings) -> bool {
    let register = draft.register();
    let open = breach::open_warnings(&register, &breach.person, (breach.at, settings)).len();
    let is_suspended = register.breaches().any(|one| suspends(one, &breach.person));
    settings.warnings > 0 && open + 1 >= usize::from(settings.warnings) && !is_suspended
}

/// What is said of a breach.
struct Said<'a> {
    stage: BreachStage,
    by: Option<&'a PersonId>,
    reason: &'a str,
    asked: bool,
    /// Queues whose place stays open.
    kept: Vec<String>,
}

/// Tells the person of a breach, and the coordinators.
fn tell_all(draft: &mut Draft<'_>, breach: &Breach, said: &Said<'_>) -> Result<(), Missing> {
    let desk = draft.desk;
    let Some(ticket) = draft.ticket(breach.ticket)?.cloned() else { return Ok(()) };
    if let Some(to) = tell::member(desk, &breach.person) {
        let page = page(draft, breach, said, to.locale);
        let matter = Matter::Breach { stage: said.stage, inside: false, page: Box::new(page) };
        let reply_to = ReplyTo::Requestor(to.mailbox.address.clone());
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    let mut readers = breach::coordinators(desk);
    readers.extend(said.by.cloned());
    readers.remove(&breach.person);
    for person in readers {
        let Some(to) = tell::member(desk, &person) else { continue };
        let page = BreachPage { texts: Vec::new(), ..page(draft, breach, said, to.locale) };
        let matter = Matter::Breach { stage: said.stage, inside: true, page: Box::new(page) };
        let notice = if desk.register.access(&person, &ticket.queue).is_some() {
            tell::notice(draft, &ticket, &to, ReplyTo::Internal(person), matter)
        } else {
            let subject = ticket.subject.clone();
            let told = tell::of_the_site(draft, &person, to, draft.now, matter);
            crate::ticket::Notice { subject, ..told }
        };
        draft.notify(notice);
    }
    Ok(())
}

/// A breach as a mail in a language tells it.
fn page(draft: &Draft<'_>, breach: &Breach, said: &Said<'_>, locale: Locale) -> BreachPage {
    let (desk, register) = (draft.desk, draft.register());
    let text = breach.rule.as_ref().and_then(|(name, version)| register.text(name, *version));
    let open = breach::open_warnings(&register, &breach.person, (draft.now, &desk.site.breaches));
    let warning = |one: &&Breach| (one.ticket, one.at, one.reason.clone());
    let is_new = matches!(said.stage, BreachStage::Noted | BreachStage::Warned);
    let is_told = is_new || said.stage == BreachStage::Suspended;
    let part = text.filter(|_| is_told).and_then(|text| {
        let locale = text.locale_for(locale)?;
        Some(TextPart { text: text.name.clone(), version: text.version, locale })
    });
    BreachPage {
        name: register.name_of(&breach.person),
        by: said.by.map(|by| register.name_of(by)),
        rule: text.map(|text| (text.shown(locale).to_owned(), text.version)),
        reason: said.reason.to_owned(),
        at: breach.at,
        count: u16::try_from(open.len()).unwrap_or(u16::MAX),
        asked: said.asked,
        warnings: if said.asked { open.iter().map(warning).collect() } else { Vec::new() },
        follow_up: breach.follow_up,
        until: breach.until,
        places: breach.resting.iter().map(|(queue, _)| queue.to_string()).collect(),
        kept: said.kept.clone(),
        expires_at: breach.expires_at,
        texts: part.into_iter().collect(),
    }
}

/// How a breach is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It never counted.
    Withdraw,
    /// The suspension is over.
    Return,
}

/// Ends the breach of a ticket, or the last of a person: withdrawn, or a suspension that is over.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn end(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    (person, end): (&PersonId, End),
    reason: &str,
) -> Result<Outcome, Missing> {
    let By::Member(by) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    if !may(draft.desk, by, person) {
        return Ok(Outcome::plain(ResultKind::NotAllowed));
    }
    let register = draft.register();
    let fits = |one: &&Breach| match end {
        End::Withdraw => &one.person == person && one.stands(),
        End::Return => suspends(one, person),
    };
    let here = register.breach(act.id).filter(fits);
    // What is over by itself is withdrawn on its own ticket only.
    let is_last = |one: &&Breach| fits(one) && one.returned_at.is_none();
    let last = || register.breaches().filter(is_last).max_by_key(|one| (one.at, one.ticket));
    let name = register.name_of(person);
    let Some(breach) = here.or_else(last).cloned() else {
        return Ok(Outcome::of(ResultKind::NoBreach, name));
    };
    match end {
        End::Withdraw => withdraw(draft, act, breach, reason)?,
        End::Return => {
            site::note(draft, act, format!("return of {person} in {}", breach.ticket));
            let said = Ended { origin: act.origin, by: Some(by), reason };
            restore(draft, breach, &said)?;
        }
    }
    let kind = if end == End::Withdraw { ResultKind::WarnWithdrawn } else { ResultKind::Returned };
    Ok(Outcome { is_told: true, ..Outcome::of(kind, name) })
}

/// Takes back what a person recorded last on this ticket or about it, where nothing else he did
/// there is younger, and says on which ticket and when it stood; nothing where there is no such
/// breach.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn undo(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    (by, since, deed_at): (&PersonId, Timestamp, Option<Timestamp>),
) -> Result<Option<(TicketId, Timestamp, Outcome)>, Missing> {
    let register = draft.register();
    let is_here = |one: &&Breach| one.ticket == act.id || one.about == Some(act.id);
    let is_own = |one: &&Breach| &one.by == by && one.stands() && one.at >= since;
    let is_last = |one: &&Breach| deed_at.is_none_or(|at| one.at >= at);
    let found = register.breaches().filter(is_here).filter(is_own).filter(is_last);
    let Some(breach) = found.max_by_key(|one| (one.at, one.ticket)).cloned() else {
        return Ok(None);
    };
    let name = register.name_of(&breach.person);
    let (ticket, at) = (breach.ticket, breach.at);
    withdraw(draft, act, breach, "")?;
    let left = vec![Left::Shown(vec![name.clone()])];
    let outcome = Outcome::of(ResultKind::WarnWithdrawn, name);
    Ok(Some((ticket, at, outcome.with(Aside { left, ..Aside::NONE }))))
}

/// A breach never counted: what rests because of it comes back, and its person reads so.
fn withdraw(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    mut breach: Breach,
    reason: &str,
) -> Result<(), Missing> {
    let By::Member(by) = act.by else { return Ok(()) };
    let (id, at) = (breach.ticket, act.origin.at);
    site::note(
        draft,
        act,
        format!("withdraw {} of {} in {id}", breach.level.name(), breach.person),
    );
    let said = Ended { origin: act.origin, by: Some(by), reason };
    breach.withdrawn_at = Some(at);
    breach.expires_at = breach.expires_at.min(later(at, WITHDRAWN_SPAN));
    close(draft, breach, BreachStage::Withdrawn, &said)
}

/// Who ends a breach, and why.
struct Ended<'a> {
    origin: &'a Origin,
    by: Option<&'a PersonId>,
    reason: &'a str,
}

/// A suspension is over: places come back, and its person reads so.
fn restore(draft: &mut Draft<'_>, mut breach: Breach, ended: &Ended<'_>) -> Result<(), Missing> {
    breach.returned_at = Some(ended.origin.at);
    close(draft, breach, BreachStage::Returned, ended)
}

/// Ends a breach: what rests comes back, its ticket needs nobody, those concerned read so.
fn close(
    draft: &mut Draft<'_>,
    mut breach: Breach,
    stage: BreachStage,
    ended: &Ended<'_>,
) -> Result<(), Missing> {
    let (id, person) = (breach.ticket, breach.person.clone());
    if draft.ticket(id)?.is_none() {
        return Ok(());
    }
    let rested = std::mem::take(&mut breach.resting);
    draft.enroll(RegisterChange::Breach(breach.clone()));
    let told = Breach { resting: rested.clone(), ..breach };
    come_back(draft, &person, rested);
    draft.disarm(id, ended.origin, &Timer::Wake(id));
    draft.arm(id, ended.origin, Timer::Breach(id), told.expires_at);
    let is_active = draft.ticket(id)?.is_some_and(|ticket| ticket.status.is_active());
    if is_active && stage == BreachStage::Withdrawn {
        draft.record_inside(id, ended.origin, Change::Status { status: Status::Resolved });
    } else if is_active {
        draft.record_inside(id, ended.origin, Change::Status { status: Status::Open });
    }
    let (by, reason) = (ended.by, ended.reason);
    tell_all(draft, &told, &Said { stage, by, reason, asked: false, kept: Vec::new() })
}

/// Places of a person come back that rested; while a suspension holds, with it.
pub(crate) fn come_back(draft: &mut Draft<'_>, person: &PersonId, rested: resting::Resting) {
    let register = draft.register();
    let holds = register.breaches().find(|one| suspends(one, person)).cloned();
    if let Some(mut breach) = holds.filter(|_| !rested.is_empty()) {
        breach.resting.extend(rested);
        draft.enroll(RegisterChange::Breach(breach));
        return;
    }
    let back = resting::come_back(&register, person, &rested);
    back.into_iter().for_each(|change| draft.enroll(change));
}

/// The day has come on which a suspension ends, or a breach is forgotten.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn ring(draft: &mut Draft<'_>, id: TicketId, due_at: Timestamp) -> Result<(), Missing> {
    let Some(origin) = draft.due(id, &Timer::Breach(id), due_at)? else { return Ok(()) };
    let Some(breach) = draft.register().breach(id).cloned() else { return Ok(()) };
    if breach.suspends() && breach.until.is_none_or(|until| until <= origin.at) {
        return restore(draft, breach, &Ended { origin: &origin, by: None, reason: "" });
    }
    if draft.now < breach.expires_at {
        draft.arm(id, &origin, Timer::Breach(id), breach.expires_at);
        return Ok(());
    }
    draft.enroll(RegisterChange::Forgotten(id, breach.person));
    if draft.ticket(id)?.is_some_and(|ticket| ticket.status.is_active()) {
        draft.disarm(id, &origin, &Timer::Wake(id));
        draft.record_inside(id, &origin, Change::Status { status: Status::Resolved });
    }
    Ok(())
}

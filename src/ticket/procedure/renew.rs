//! Renewals: on the first day of a new version of a rule text everybody concerned is asked for
//! consent by a request of one's own, which the daemon begins (000-09).
//!
//! Reminders, expiry and taking up again are those of any request; what rests because a consent
//! did not come comes back with it. Deliberately absent: who is concerned (`desk::renewal`), how
//! words are understood as a consent (`agreement`).

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::renewal::{Asked, concerned, follows, of_units};
use crate::desk::resting;
use crate::desk::{
    Consent, Consenting, Desk, Procedure, Register, RegisterChange, Renewal, RuleText,
};
use crate::ticket::breach;
use crate::ticket::case::{Lookups, Missing};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, Timer};
use crate::ticket::later;
use crate::ticket::matter::{FactLine, Matter, RenewalStage, TextPart};
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{collect, record, remind, request_of, steps};
use crate::ticket::state::{Actor, Change};
use crate::ticket::tell;
use crate::types::{Address, Locale, PersonId, QueueName, TicketId};

/// People who are asked at once; the next are asked a minute later, so that mail goes between.
const ASKED_AT_ONCE: usize = 50;
/// Until the next are asked.
const PAUSE: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

fn day_of(desk: &Desk, at: Timestamp) -> Date {
    at.to_zoned(desk.site.time_zone.clone()).date()
}

/// The renewals that begin today or later, for a daemon that begins or a register that changed: the
/// same timer for the same time, however often it is asked. A version that held before it was
/// registered is how the site was set up, and renews nothing.
#[must_use]
pub fn first_renewals(desk: &Desk, now: Timestamp) -> Vec<(Timer, Timestamp)> {
    let today = day_of(desk, now);
    let mut timers = Vec::new();
    for procedure in desk.procedures.values() {
        let Some(renews) = &procedure.renews else { continue };
        let texts = desk.register.texts().filter(|text| text.name == renews.text);
        let coming = texts.filter(|text| text.effective >= today && follows(&desk.register, text));
        for text in coming {
            if desk.register.renewal(&procedure.name, text.version).is_none() {
                let timer = Timer::Renew(procedure.name.clone(), text.version);
                timers.extend(begins_at(desk, text).map(|at| (timer, at)));
            }
        }
    }
    timers
}

/// When those concerned are asked: in the morning of the first day.
fn begins_at(desk: &Desk, text: &RuleText) -> Option<Timestamp> {
    let morning = text.effective.at(desk.site.digest_hour, 0, 0, 0);
    morning.to_zoned(desk.site.time_zone.clone()).ok().map(|zoned| zoned.timestamp())
}

/// Whom a renewal asks next.
struct Next<'a> {
    procedure: &'a Arc<Procedure>,
    text: &'a RuleText,
    renewal: Renewal,
    people: Vec<(Consenting, PersonId, Address)>,
}

impl<'a> Next<'a> {
    fn of(desk: &'a Desk, name: &str, version: u16, now: Timestamp) -> Option<Self> {
        let procedure = desk.procedures.get(name)?;
        let renews = procedure.renews.as_ref()?;
        let text = desk.register.text(&renews.text, version)?;
        let day = day_of(desk, now);
        let holds = desk.register.text_on(&renews.text, day).is_some_and(|held| held == text);
        if !holds || text.effective > day {
            return None;
        }
        let new = || Renewal {
            procedure: name.to_owned(),
            text: renews.text.clone(),
            version,
            begun_at: now,
            asked: Vec::new(),
        };
        let renewal = desk.register.renewal(name, version).cloned().unwrap_or_else(new);
        let is_asked = |by: &Consenting| renewal.asked.iter().any(|asked| asked.who == *by);
        let left = concerned(&desk.register, procedure, text, day);
        let left = left.into_iter().filter(|by| !is_asked(by));
        let people = left.filter_map(|by| {
            let person = answers_for(&desk.register, &by, day)?;
            let address = tell::member(desk, &person)?.mailbox.address;
            Some((by, person, address))
        });
        let people = people.collect();
        Some(Self { procedure, text, renewal, people })
    }

    fn lookups(&self) -> Lookups {
        let now = || self.people.iter().take(ASKED_AT_ONCE);
        Lookups {
            correspondents: now().map(|(.., address)| address.clone()).collect(),
            inboxes: now().map(|(_, person, _)| person.clone()).collect(),
            ..Lookups::default()
        }
    }
}

/// Who says it for somebody: the person, or who speaks for the unit.
fn answers_for(register: &Register, by: &Consenting, day: Date) -> Option<PersonId> {
    match by {
        Consenting::Person(id) => Some(id.clone()),
        Consenting::Unit(id) => register.unit(id)?.speakers(day).next().cloned(),
        Consenting::Address(_) => None,
    }
}

/// What must be known before a renewal asks.
#[must_use]
pub fn renewal_needs(desk: &Desk, name: &str, version: u16) -> Lookups {
    let text = desk.procedures.get(name).and_then(|procedure| procedure.renews.as_ref());
    let text = text.and_then(|renews| desk.register.text(&renews.text, version));
    let at = text.and_then(|text| begins_at(desk, text)).unwrap_or(Timestamp::MIN);
    Next::of(desk, name, version, at).map_or_else(Lookups::default, |next| next.lookups())
}

/// A version begins to hold: everybody concerned is asked, each by a request. Asked once more, it
/// asks those who were not asked yet.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn renew(
    draft: &mut Draft<'_>,
    (name, version): (&str, u16),
    due_at: Timestamp,
) -> Result<(), Missing> {
    let desk = draft.desk;
    let timer = Timer::Renew(name.to_owned(), version);
    draft.push(Effect::Disarm(timer.clone(), due_at));
    if draft.now < due_at {
        draft.push(Effect::Arm(timer, due_at));
        return Ok(());
    }
    let Some(mut next) = Next::of(desk, name, version, draft.now) else { return Ok(()) };
    let is_known = |(.., address): &(Consenting, PersonId, Address)| {
        draft.case().correspondent(address).is_ok()
    };
    if !next.people.iter().take(ASKED_AT_ONCE).all(is_known) {
        return Err(Missing(Box::new(next.lookups())));
    }
    let is_more = next.people.len() > ASKED_AT_ONCE;
    for (who, person, _) in next.people.iter().take(ASKED_AT_ONCE) {
        let Some(ticket) = ask(draft, next.procedure, next.text, (who, person))? else { continue };
        let at = draft.now;
        let who = who.clone();
        next.renewal.asked.push(Asked {
            who,
            ticket,
            at,
            declined_at: None,
            lapsed_at: None,
            resting: Vec::new(),
        });
    }
    draft.enroll(RegisterChange::Renewal(next.renewal));
    if is_more {
        draft.push(Effect::Arm(timer, later(draft.now, PAUSE)));
    }
    Ok(())
}

/// Begins a request in somebody's name, which asks for the consent.
fn ask(
    draft: &mut Draft<'_>,
    procedure: &Arc<Procedure>,
    text: &RuleText,
    (who, person): (&Consenting, &PersonId),
) -> Result<Option<TicketId>, Missing> {
    let desk = draft.desk;
    let Some(to) = tell::member(desk, person) else { return Ok(None) };
    let is_there = |queue: &&QueueName| desk.register.queue(queue).is_some();
    let queue = procedure.queue.as_ref().filter(is_there).unwrap_or_else(|| desk.dispatcher());
    let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
    let create = Change::Create {
        queue: queue.clone(),
        subject: procedure.shown(to.locale).to_owned(),
        requestors: vec![to.mailbox],
        locale: to.locale,
        linked: None,
        suspect: false,
        message_id: None,
    };
    let id = draft.create(&origin, create);
    record(draft, id, &origin, RequestChange::Begin { procedure: Arc::clone(procedure) });
    if let (Some(fact), Consenting::Unit(unit)) = (of_units(procedure, &text.name), who)
        && let Some(unit) = desk.register.unit(unit)
    {
        let (name, value) = (fact.to_owned(), unit.name.clone());
        record(draft, id, &origin, RequestChange::Fact { name, value, person: None, unfit: false });
    }
    collect::remember(draft, id, true)?;
    steps::advance(draft, id, &origin)?;
    Ok(Some(id))
}

/// The renewal that asked on a ticket, with the place of who was asked.
fn of_ticket(register: &Register, id: TicketId) -> Option<(&Renewal, usize)> {
    register.renewals().find_map(|renewal| {
        let at = renewal.asked.iter().position(|asked| asked.ticket == id)?;
        Some((renewal, at))
    })
}

/// The time is over: places rest where the procedure says so, with what they were remembered. A
/// queue keeps its last writer, so that somebody is left who may act.
pub(super) fn lapse(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, request: &Request) {
    let Some(renews) = &request.procedure.renews else { return };
    let register = draft.register();
    let Some((renewal, at)) = of_ticket(&register, id) else { return };
    let mut renewal = renewal.clone();
    let Some(asked) = renewal.asked.get_mut(at) else { return };
    asked.lapsed_at = Some(origin.at);
    if let (true, Consenting::Person(person)) = (renews.suspend, &asked.who) {
        let (resting, changes, _) = resting::rest(&register, person);
        asked.resting.extend(resting);
        changes.into_iter().for_each(|change| draft.enroll(change));
    }
    draft.enroll(RegisterChange::Renewal(renewal));
}

/// Somebody agreed: what rested because of it comes back, wherever the consent was given.
pub(super) fn agreed(draft: &mut Draft<'_>, consent: &Consent) {
    let register = draft.register();
    let is_it =
        |renewal: &&Renewal| renewal.text == consent.text && renewal.version == consent.version;
    for renewal in register.renewals().filter(is_it) {
        let mut renewal = renewal.clone();
        let mut is_changed = false;
        for asked in renewal.asked.iter_mut().filter(|asked| asked.who == consent.by) {
            let Consenting::Person(person) = &asked.who else { continue };
            let rested = std::mem::take(&mut asked.resting);
            is_changed |= !rested.is_empty();
            breach::come_back(draft, person, rested);
        }
        if is_changed {
            draft.enroll(RegisterChange::Renewal(renewal));
        }
    }
}

/// What a renewal says, where a request is one.
pub(super) fn matter(
    draft: &Draft<'_>,
    (id, request): (TicketId, &Request),
    locale: Locale,
    say: &Say,
) -> Option<Matter> {
    let renews = request.procedure.renews.as_ref()?;
    let given = request.proofs.consents.values().find(|consent| consent.text == renews.text);
    let register = &draft.desk.register;
    let text = match given {
        Some(given) => register.text(&given.text, given.version),
        None => register.text_on(&renews.text, day_of(draft.desk, draft.now)),
    }?;
    let stage = say.stage;
    let now = draft.register();
    let places = |register: &Register| {
        let asked = of_ticket(register, id).and_then(|(renewal, at)| renewal.asked.get(at));
        let resting = asked.map(|asked| asked.resting.as_slice()).unwrap_or_default();
        resting.iter().map(|(queue, _)| queue.to_string()).collect::<Vec<_>>()
    };
    let unit = of_units(&request.procedure, &renews.text);
    Some(Matter::Renewal {
        stage,
        title: text.shown(locale).to_owned(),
        version: text.version,
        effective: text.effective,
        approved_by: text.approved_by.clone(),
        unit: unit.and_then(|fact| request.facts.get(fact)).cloned(),
        missing: say.missing.clone(),
        texts: say.texts.clone(),
        remind_at: say.remind_at,
        until: say.until,
        suspends: renews.suspend,
        places: places(if stage == RenewalStage::Agreed { register } else { &now }),
    })
}

/// What a mail of a renewal says besides.
#[derive(Debug)]
pub(super) struct Say {
    pub(super) stage: RenewalStage,
    pub(super) missing: Vec<FactLine>,
    pub(super) texts: Vec<TextPart>,
    pub(super) remind_at: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

impl Say {
    pub(super) const fn of(stage: RenewalStage, until: Option<Timestamp>) -> Self {
        Self { stage, missing: Vec::new(), texts: Vec::new(), remind_at: None, until }
    }
}

/// Whether somebody said no who is asked by a renewal: he knows, and is only reminded.
pub(super) fn is_declined(request: &Request) -> bool {
    let Some(renews) = &request.procedure.renews else { return false };
    let is_asked = request.asked.as_ref().is_some_and(|(_, at)| *at != Timestamp::MIN);
    let mut facts = request.procedure.facts.iter();
    is_asked
        && facts.any(|fact| {
            fact.text.as_ref() == Some(&renews.text) && request.unfit.contains_key(&fact.name)
        })
}

/// Somebody said no: it is noted, and he reads how it becomes a yes.
pub(super) fn tell_declined(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    let register = draft.register();
    if let Some((renewal, at)) = of_ticket(&register, id) {
        let mut renewal = renewal.clone();
        if let Some(asked) = renewal.asked.get_mut(at) {
            asked.declined_at = Some(origin.at);
        }
        draft.enroll(RegisterChange::Renewal(renewal));
    }
    // Who said no to what had lapsed is not asked the same by a second mail.
    let asked = request_of(draft, id)?.and_then(|request| request.asked);
    if let Some((missing, _)) = asked.filter(|(_, at)| *at == Timestamp::MIN) {
        record(draft, id, origin, RequestChange::Asked { missing });
        remind::remind_later(draft, id, origin)?;
    }
    tell_stage(draft, id, origin, RenewalStage::Declined)
}

/// Everything is there: who agreed reads that it is noted, and what is open again.
pub(super) fn tell_agreed(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    tell_stage(draft, id, origin, RenewalStage::Agreed)
}

fn tell_stage(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    stage: RenewalStage,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    if request.procedure.renews.is_none() {
        return Ok(());
    }
    collect::to_requestor(draft, id, origin, |draft, request, locale| {
        let until = remind::expires_at(draft, id, &request.procedure);
        let say = Say::of(stage, until);
        matter(draft, (id, request), locale, &say).unwrap_or(Matter::Help)
    })
}

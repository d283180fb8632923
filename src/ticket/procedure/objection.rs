//! Objections: who says so, whether it stands, what it does to the clock.
//!
//! An objection received before the end stops the clock at once, whoever carried it and at any
//! rung; only whether it stands needs proof. Deliberately absent: the meeting that decides.
//! Size: everything that one person's stand can do to the clock is read in one place.

use jiff::{SignedDuration, Timestamp};

use crate::desk::Access;
use crate::desk::procedure::{Step, objectors_queue};
use crate::mail::quote;
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::Matter;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::request::{About, Request, RequestChange, Standing, Window};
use crate::ticket::procedure::stance::{self, Stance, Word};
use crate::ticket::procedure::{
    Answered, agenda, announce, collect, record, request_of, ruling, silence, steps, title, window,
};
use crate::ticket::proof::{self, Purpose};
use crate::ticket::receive::{origin, words_of};
use crate::ticket::state::{Actor, Change};
use crate::ticket::tell::{self, Recipient};
use crate::types::{Address, Locale, PersonId, Sequence, TicketId};

/// So often a window begins anew where the procedure says nothing; after that people decide.
const RESTARTS_MAX: u16 = 2;

/// So long nobody is asked again whether an objection is withdrawn.
const ASK_AGAIN_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// Whose words they are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Voice {
    /// Somebody whose objection counts, and how surely.
    Objector(PersonId, u8),
    /// Somebody whose objection does not count.
    Other,
    /// A list hid its author, who may be anybody on it.
    Hidden,
}

/// The author's own words and what they say.
pub(super) fn stance_of(mail: &MailEvent, answered: Option<&str>) -> (String, Stance) {
    let reply = quote::split(&mail.message.text, answered);
    let words = stance::own_words(&reply, &mail.message);
    let stance = stance::of(&words, &mail.message);
    (words, stance)
}

/// Somebody wrote about a published request.
pub(super) fn hear(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<(), Missing> {
    let origin = origin(mail, Some(author));
    draft.record_inside(id, &origin, Change::Comment { text: words_of(mail) });
    weigh(draft, mail, author, id)
}

/// What words that are already on the ticket do to the window.
fn weigh(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<(), Missing> {
    let answered = collect::answered_text(draft, mail)?;
    let (_, stance) = stance_of(mail, answered.as_deref());
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let voice = voice(draft, mail, author, &request);
    let by = actor(&voice, author);
    let Some(window) = request.window.clone() else {
        return collect::shown_to_people(draft, mail, author, id);
    };
    let is_against = matches!(stance, Stance::Objection | Stance::Possible);
    let is_in_time = mail.received_at < window.ends_at || window.stopped_at.is_some();
    if window.closed || request.is_ended() || !is_in_time {
        let is_open = request.ruling.is_none() && mail.received_at < window.ends_at;
        if is_against && voice != Voice::Other && is_open {
            too_late_decided(draft, mail, author, id, by)?;
        }
        return collect::shown_to_people(draft, mail, author, id);
    }
    match (stance, &voice) {
        (Stance::Nothing, _) => Ok(()),
        (Stance::Support | Stance::Withdrawal, Voice::Objector(person, _))
            if window.objection(&by).is_some() =>
        {
            ask_withdrawal(draft, mail, author, id, person)
        }
        (Stance::Support, _) => Ok(()),
        (Stance::Question | Stance::Beside | Stance::Withdrawal, _) => {
            collect::shown_to_people(draft, mail, author, id)
        }
        (Stance::Objection, Voice::Other) => {
            tell_not_counted(draft, mail, author, id, &window)?;
            collect::shown_to_people(draft, mail, author, id)
        }
        (Stance::Possible, Voice::Other) => collect::shown_to_people(draft, mail, author, id),
        (Stance::Objection | Stance::Possible, Voice::Hidden) => {
            let is_known = window.objection(&by).is_some();
            stop(draft, mail, author, id, (by.clone(), Standing::Unclear))?;
            if is_known {
                return collect::shown_to_people(draft, mail, author, id);
            }
            ruling::ask(draft, id, &origin(mail, Some(author)), &by)
        }
        (Stance::Objection | Stance::Possible, Voice::Objector(person, rung)) => {
            let is_clear = stance == Stance::Objection;
            let is_proven = *rung >= proof::needed(draft.desk, Purpose::Object);
            object(draft, mail, author, id, (person, is_proven && is_clear, is_clear))
        }
    }
}

fn actor(voice: &Voice, author: &Author) -> Actor {
    match voice {
        Voice::Objector(person, _) => Actor::Person(person.clone()),
        Voice::Other | Voice::Hidden => author.actor(),
    }
}

/// The window closed although an objection had come before its end: people decide.
fn too_late_decided(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    by: Actor,
) -> Result<(), Missing> {
    let origin = origin(mail, Some(author));
    let at = mail.received_at;
    let text = words_of(mail);
    let standing = Standing::Unclear;
    record(draft, id, &origin, RequestChange::Object { by, at, standing, text });
    steps::wait_for_people(draft, id, &origin, "late-objection")
}

/// Who speaks: also behind a list that put its own address into `From`.
fn voice(draft: &Draft<'_>, mail: &MailEvent, author: &Author, request: &Request) -> Voice {
    let Some(queue) = objectors(request) else { return Voice::Other };
    let register = &draft.desk.register;
    let counts = |person: &PersonId| register.access(person, &queue).is_some();
    if let Some(person) = &author.person {
        let rung = if author.suspect { 0 } else { author.rung };
        return if counts(person) { Voice::Objector(person.clone(), rung) } else { Voice::Other };
    }
    let Some(list) = mail.message.via_list.as_ref().filter(|list| list.author_munged) else {
        return Voice::Other;
    };
    let is_hidden = list.post.as_ref().is_none_or(|post| *post == author.mailbox.address);
    let shown = mail.message.author().map(|one| one.name.as_str()).unwrap_or_default();
    let name = fold(shown.split(" via ").next().unwrap_or(shown));
    let mut named = register
        .members(&queue)
        .iter()
        .filter(|member| member.access > Access::Suspended)
        .filter_map(|member| register.person(&member.person))
        .filter(|person| fold(&person.name) == name);
    match (named.next(), named.next()) {
        (Some(person), None) => Voice::Objector(person.id.clone(), 0),
        _ if is_hidden => Voice::Hidden,
        _ => Voice::Other,
    }
}

/// The queue whose members may object at the step where the request stands, or at its window if it
/// stands elsewhere, also behind its last step: an objection may be decided late.
fn objectors(request: &Request) -> Option<crate::types::QueueName> {
    let of = |step: &Step| match step {
        Step::Window { objectors, .. } => objectors_queue(objectors),
        _ => None,
    };
    let here = request.procedure.step(request.step).and_then(of);
    here.or_else(|| request.procedure.steps.iter().find_map(of))
}

/// Somebody who may object is against it, or may be.
fn object(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    (person, stands, is_clear): (&PersonId, bool, bool),
) -> Result<(), Missing> {
    let by = Actor::Person(person.clone());
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(window) = request.open_window() else { return Ok(()) };
    let origin = origin(mail, Some(author));
    if let Some(known) = window.objection(&by) {
        if stands && known.standing != Standing::Stands {
            return confirm(draft, id, &origin, &by);
        }
        return collect::shown_to_people(draft, mail, author, id);
    }
    if stands {
        stop(draft, mail, author, id, (by, Standing::Stands))?;
        let (at, text) = (mail.received_at, words_of(mail));
        let meeting_at = agenda::put(draft, id, &origin)?;
        put(draft, mail, id, (person, About::Noted), |request, locale| Matter::Objection {
            title: title(request, locale),
            at,
            text: text.clone(),
            meeting_at,
        })?;
        return tell_stopped(draft, id, &origin, meeting_at);
    }
    if window.asked.contains(&by) {
        if is_clear {
            stop(draft, mail, author, id, (by.clone(), Standing::Unclear))?;
            return ruling::ask(draft, id, &origin, &by);
        }
        return collect::shown_to_people(draft, mail, author, id);
    }
    let may_ask = !mail.is_backlog && (!author.suspect || mail.message.via_list.is_some());
    let (at, text) = (mail.received_at, words_of(mail));
    stop(draft, mail, author, id, (by.clone(), Standing::Asked))?;
    let asked = may_ask
        && put(draft, mail, id, (person, About::Objection), |request, locale| {
            Matter::ObjectionAsked { title: title(request, locale), at, text: text.clone() }
        })?;
    if !asked {
        // Nobody can be asked now: the coordinators decide at once.
        stop(draft, mail, author, id, (by.clone(), Standing::Unclear))?;
        return ruling::ask(draft, id, &origin, &by);
    }
    ruling::expect_word(draft, id, &origin)
}

/// The clock stands still from the moment the words were received.
fn stop(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    (by, standing): (Actor, Standing),
) -> Result<(), Missing> {
    let origin = origin(mail, Some(author));
    let (at, text) = (mail.received_at, words_of(mail));
    record(draft, id, &origin, RequestChange::Object { by, at, standing, text });
    draft.disarm(id, &origin, &Timer::Window(id));
    Ok(())
}

/// Puts a mail to a person's registered address whose answer means something. Says whether it
/// went; where a cap holds it back, the ticket says so.
fn put(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    (person, about): (&PersonId, About),
    matter: impl Fn(&Request, Locale) -> Matter,
) -> Result<bool, Missing> {
    let Some(to) = tell::member(draft.desk, person) else { return Ok(false) };
    let address = to.mailbox.address.clone();
    let origin =
        Origin { by: Actor::Program, rung: 0, at: mail.received_at, message: Some(mail.position) };
    if caps::spend(draft, &address)?.is_err() {
        let change = Change::NotSent { address, why: "cap".to_owned() };
        draft.record_inside(id, &origin, change);
        return Ok(false);
    }
    let by = Actor::Person(person.clone());
    let change = RequestChange::Question { by, address: address.clone(), about, of: None };
    let question = record(draft, id, &origin, change);
    send(draft, id, &to, (question, address), matter)?;
    Ok(true)
}

/// Sends a question to the address that it was recorded for.
pub(super) fn send(
    draft: &mut Draft<'_>,
    id: TicketId,
    to: &Recipient,
    (question, address): (Sequence, Address),
    matter: impl Fn(&Request, Locale) -> Matter,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = &ticket.request else { return Ok(()) };
    let matter = matter(request, to.locale);
    let reply_to = ReplyTo::Question(question, address);
    let mut notice = tell::notice(draft, &ticket, to, reply_to, matter);
    notice.sequence = question;
    draft.notify(notice);
    Ok(())
}

/// The requestor, and where the request was published, hear once that the clock stands.
fn tell_stopped(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    meeting_at: Option<Timestamp>,
) -> Result<(), Missing> {
    let standing = request_of(draft, id)?.and_then(|request| request.window).map(|window| {
        window.objections.iter().filter(|one| one.standing == Standing::Stands).count()
    });
    if standing != Some(1) {
        return Ok(());
    }
    collect::to_requestor(draft, id, origin, |_, request, locale| Matter::Stopped {
        title: title(request, locale),
        meeting_at,
    })?;
    // Lists hear of a request when it opens or begins anew, when it stops, once, and at its end.
    let was_told = request_of(draft, id)?
        .and_then(|request| request.window)
        .is_some_and(|window| window.restarts > 0);
    if was_told {
        return Ok(());
    }
    announce::to_lists(draft, id, |request, recipient| Matter::Stopped {
        title: title(request, recipient.locale),
        meeting_at,
    })
}

/// One mail to somebody who may not object: it is read and does not stop the clock.
fn tell_not_counted(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    window: &Window,
) -> Result<(), Missing> {
    let by = author.actor();
    let registered = author.person.as_ref().and_then(|person| tell::member(draft.desk, person));
    if window.told.contains(&by) || author.suspect || mail.is_backlog {
        return Ok(());
    }
    if registered.is_none() && !caps::may_answer(draft, mail, author) {
        return Ok(());
    }
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let to = registered.unwrap_or_else(|| tell::outsider(draft.desk, &ticket, author.reachable()));
    if caps::spend(draft, &to.mailbox.address)?.is_err() {
        return Ok(());
    }
    let origin = origin(mail, Some(author));
    record(draft, id, &origin, RequestChange::ToldNotCounted { by });
    let Some(request) = &ticket.request else { return Ok(()) };
    let matter = Matter::ObjectionNotCounted { title: title(request, to.locale) };
    let mut notice = tell::notice(draft, &ticket, &to, ReplyTo::Queue, matter);
    notice.in_reply_to.clone_from(&mail.message.message_id);
    draft.notify(notice);
    Ok(())
}

/// A withdrawal starts a clock, so its author confirms it once, where he is not proven as surely
/// as that needs; asked once a day.
fn ask_withdrawal(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    person: &PersonId,
) -> Result<(), Missing> {
    let by = Actor::Person(person.clone());
    if !author.suspect && author.rung >= proof::needed(draft.desk, Purpose::Withdraw) {
        return withdraw(draft, id, &origin(mail, Some(author)), &by);
    }
    let was_asked = request_of(draft, id)?.is_some_and(|request| {
        request.questions.values().any(|question| {
            let span = mail.received_at.duration_since(question.at);
            let is_about_it = question.about == About::Withdrawal && !question.used;
            is_about_it && question.by == by && span < ASK_AGAIN_SPAN
        })
    });
    let may_ask =
        !mail.is_backlog && !was_asked && (!author.suspect || mail.message.via_list.is_some());
    let went = may_ask
        && put(draft, mail, id, (person, About::Withdrawal), |request, locale| {
            Matter::WithdrawalAsked { title: title(request, locale) }
        })?;
    if went { Ok(()) } else { collect::shown_to_people(draft, mail, author, id) }
}

/// Somebody answered a mail that was made for exactly this person.
pub(super) fn answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    answered: &Answered,
) -> Result<(), Missing> {
    let Answered { asked, question, rung } = answered;
    let origin = Origin { rung: *rung, ..origin(mail, Some(author)) };
    draft.record_inside(id, &origin, Change::Comment { text: words_of(mail) });
    let sent = collect::answered_text(draft, mail)?;
    let (words, stance) = stance_of(mail, sent.as_deref());
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let (Some(window), Actor::Person(person)) = (request.open_window(), &asked.by) else {
        return collect::shown_to_people(draft, mail, author, id);
    };
    let Some(known) = window.objection(&asked.by).map(|known| known.standing) else {
        return weigh(draft, mail, author, id);
    };
    let needed = |purpose| proof::needed(draft.desk, purpose);
    let (may_confirm, may_withdraw) =
        (*rung >= needed(Purpose::Object), *rung >= needed(Purpose::Withdraw));
    if !may_confirm {
        return collect::shown_to_people(draft, mail, author, id);
    }
    let word = stance::answer(&words);
    let is_open = known != Standing::Stands;
    let says_yes = stance::begins_with_yes(&words) || stance == Stance::Objection;
    match (asked.about, word) {
        // A denial lets the clock run again, as a withdrawal does.
        (About::Objection, Some(Word::No)) if is_open && may_withdraw => {
            proof::use_up(draft, id, &origin, *question);
            deny(draft, id, &origin, &asked.by)
        }
        (About::Withdrawal, Some(Word::Yes | Word::Done)) if may_withdraw => {
            proof::use_up(draft, id, &origin, *question);
            withdraw(draft, id, &origin, &asked.by)
        }
        (About::Withdrawal, Some(Word::Yes | Word::Done)) => {
            ask_withdrawal(draft, mail, author, id, person)
        }
        (About::Withdrawal, Some(Word::No)) => Ok(()),
        (About::Objection | About::Noted, Some(Word::Done)) => {
            ask_withdrawal(draft, mail, author, id, person)
        }
        (About::Objection | About::Noted, _) if stance == Stance::Withdrawal => {
            ask_withdrawal(draft, mail, author, id, person)
        }
        // What starts no clock needs no exact word.
        (About::Objection, _) if is_open && says_yes => {
            proof::use_up(draft, id, &origin, *question);
            confirm(draft, id, &origin, &asked.by)
        }
        _ => collect::shown_to_people(draft, mail, author, id),
    }
}

/// The objection stands.
pub(super) fn confirm(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    by: &Actor,
) -> Result<(), Missing> {
    record(draft, id, origin, RequestChange::Confirm { by: by.clone() });
    let meeting_at = agenda::put(draft, id, origin)?;
    tell_stopped(draft, id, origin, meeting_at)
}

/// It was no objection: it never was, and the clock goes on with what was left.
pub(super) fn deny(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    by: &Actor,
) -> Result<(), Missing> {
    record(draft, id, origin, RequestChange::Deny { by: by.clone() });
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(window) = request.open_window() else { return Ok(()) };
    let goes_on = window.objections.is_empty() && request.agenda.is_none();
    let (true, Some(stopped_at)) = (goes_on, window.stopped_at) else {
        return Ok(());
    };
    agenda::take_off(draft, id, origin)?;
    let days = draft.desk.site.days();
    let ends_at = window::resumed(window.ends_at, stopped_at, draft.now, days);
    record(draft, id, origin, RequestChange::Resume { ends_at });
    draft.arm(id, origin, Timer::Window(id), ends_at);
    Ok(())
}

/// An objection is withdrawn: with the last one the window begins anew, or people decide.
pub(super) fn withdraw(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    by: &Actor,
) -> Result<(), Missing> {
    let Actor::Person(person) = by else { return Ok(()) };
    let by = by.clone();
    record(draft, id, origin, RequestChange::Withdraw { by: by.clone() });
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(window) = request.open_window() else { return Ok(()) };
    let is_last = window.objections.is_empty();
    let restarts_max = request.procedure.restarts_max.unwrap_or(RESTARTS_MAX);
    let ends_at = if is_last && window.restarts >= restarts_max {
        steps::wait_for_people(draft, id, origin, "restarts")?;
        None
    } else if is_last {
        agenda::take_off(draft, id, origin)?;
        silence::restart(draft, id, origin)?
    } else {
        None
    };
    let Some(to) = tell::member(draft.desk, person) else { return Ok(()) };
    let address = to.mailbox.address.clone();
    if caps::spend(draft, &address)?.is_err() {
        return Ok(());
    }
    let about = About::Noted;
    let change = RequestChange::Question { by, address: address.clone(), about, of: None };
    let question = record(draft, id, origin, change);
    send(draft, id, &to, (question, address), |request, locale| Matter::Withdrawn {
        title: title(request, locale),
        ends_at,
    })
}

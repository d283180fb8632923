//! Requests on agendas, and what follows when a meeting or a vote has decided.
//!
//! Deliberately absent: meetings and their mails (`ticket::meeting`), votes (`vote`).

use jiff::Timestamp;

use crate::desk::procedure::Step;
use crate::desk::{Desk, Meeting};
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{AgendaItem, FactLine, Matter, Quoted};
use crate::ticket::meeting;
use crate::ticket::procedure::request::{Request, RequestChange, Ruling, Standing};
use crate::ticket::procedure::{announce, collect, record, request_of, sheet, steps, title};
use crate::ticket::state::{Actor, Change, Ticket};
use crate::ticket::tally::Votes;
use crate::ticket::tell;
use crate::types::{Locale, Mailbox, PersonId, TicketId};

/// The meeting that decides on a request where it stands: the step's own, else that of the window
/// before it or behind.
fn meeting_of(request: &Request) -> Option<String> {
    let here = request.procedure.step(request.step).and_then(Step::meeting);
    let any = || request.procedure.steps.iter().find_map(Step::meeting);
    here.or_else(any).map(str::to_owned)
}

/// Puts a request on the next agenda of its meeting; says when that is. Nothing where no meeting
/// is named, or none takes place: then the coordinators decide.
pub(super) fn put(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<Option<Timestamp>, Missing> {
    let Some(request) = request_of(draft, id)?.filter(|request| !request.is_ended()) else {
        return Ok(None);
    };
    let Some(name) = meeting_of(&request) else { return Ok(None) };
    meeting::table(draft, id, origin, &name)
}

/// The step `agenda`: says whether the request goes on. It waits for the meeting.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    name: &str,
) -> Result<bool, Missing> {
    if request_of(draft, id)?.is_some_and(|request| request.tabled.is_some()) {
        return Ok(false);
    }
    match meeting::table(draft, id, origin, name)? {
        Some(at) => tell_who_decides(draft, id, origin, Some(name), at)?,
        None => steps::left_to_people(draft, id, origin, "no-meeting"),
    }
    Ok(false)
}

/// The requestor hears once who decides, where nothing else said that the request is complete.
pub(super) fn tell_who_decides(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    meeting: Option<&str>,
    at: Timestamp,
) -> Result<(), Missing> {
    if request_of(draft, id)?.is_none_or(|request| request.window.is_some()) {
        return Ok(());
    }
    collect::to_requestor(draft, id, origin, |draft, request, locale| Matter::Decides {
        title: title(request, locale),
        meeting: meeting.map(|name| called(draft.desk.site.meeting(name), name, locale)),
        at,
    })
}

/// What a meeting is called for a reader.
pub(crate) fn called(meeting: Option<&Meeting>, name: &str, locale: Locale) -> String {
    meeting.map_or(name, |meeting| meeting.shown(locale)).to_owned()
}

/// A request as it stands on an agenda, for a reader.
pub(crate) fn item(draft: &Draft<'_>, ticket: &Ticket, locale: Locale) -> Option<AgendaItem> {
    let request = ticket.request.as_deref()?;
    let window = request.window.as_ref().filter(|window| !window.closed);
    let register = &draft.desk.register;
    let stands = window.into_iter().flat_map(|window| &window.objections);
    let stands = stands.filter(|objection| objection.standing != Standing::Asked);
    let objections = stands.map(|objection| Quoted {
        author: match &objection.by {
            Actor::Person(id) => register.name_of(id),
            Actor::Outside(address) => address.to_string(),
            Actor::Program => String::new(),
        },
        at: objection.at,
        text: objection.text.clone(),
    });
    Some(AgendaItem {
        ticket: ticket.id,
        title: title(request, locale),
        from: ticket.requestors.first().map_or("", Mailbox::shown).to_owned(),
        facts: collect::known_lines(request, locale),
        objections: objections.collect(),
        since: window.and_then(|window| window.stopped_at),
    })
}

/// It leaves the agenda without a decision: nothing is left to decide.
pub(super) fn take_off(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    let Some((_, sitting)) = request_of(draft, id)?.and_then(|request| request.tabled) else {
        return Ok(());
    };
    record(draft, id, origin, RequestChange::Untabled);
    meeting::drop_item(draft, sitting, origin, id)
}

/// Whether a request still waits for the sitting on whose agenda it stands.
pub(crate) fn waits_for(ticket: &Ticket, sitting: TicketId) -> bool {
    let request = ticket.request.as_deref().filter(|request| !request.is_ended());
    let tabled = request.and_then(|request| request.tabled.as_ref());
    ticket.status.is_active() && tabled.is_some_and(|(_, known)| *known == sitting)
}

/// A request stands on the agenda of a sitting from now on.
pub(crate) fn tabled(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    meeting: String,
    sitting: TicketId,
) {
    record(draft, id, origin, RequestChange::Tabled { meeting, sitting });
}

/// No meeting will decide: the coordinators do.
pub(crate) fn left_to_coordinators(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) {
    record(draft, id, origin, RequestChange::Untabled);
    steps::left_to_people(draft, id, origin, "no-meeting");
}

/// A meeting or a vote decided: everybody hears of it once, and a granted request goes on.
pub(crate) fn rule(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    ruling: &Ruling,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)?.filter(|request| !request.is_ended()) else {
        return Ok(());
    };
    let desk = draft.desk;
    let change = RequestChange::Ruled { ruling: Box::new(ruling.clone()) };
    record(draft, id, origin, change);
    // The sheets of a meeting go out together, once all its results stand.
    sheet::make(draft, id, origin, (ruling.granted, ruling.meeting.is_none()))?;
    tell_objectors(draft, id, origin, &request)?;
    announce::to_lists(draft, id, |request, to| {
        let shown = announce::public(request, to);
        // A list reads no more of a decision than of the request: not the words of the reason.
        let ruling = Ruling { reason: None, by: None, ..ruling.clone() };
        matter(desk, request, &ruling, to.locale, shown)
    })?;
    if ruling.granted {
        if let Some(step) = next_step(&request) {
            record(draft, id, origin, RequestChange::Step { step });
        }
        steps::advance(draft, id, origin)?;
        return tell_granted(draft, id, origin, ruling);
    }
    collect::to_requestor(draft, id, origin, |_, request, locale| {
        let facts = collect::known_lines(request, locale);
        matter(desk, request, ruling, locale, (facts, false))
    })?;
    steps::end(draft, id, origin, false)
}

/// The votes of what a meeting decided were written down wrong: there is a new sheet.
pub(crate) fn recounted(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    votes: Option<Votes>,
) -> Result<(), Missing> {
    let Some(votes) = votes else { return Ok(()) };
    record(draft, id, origin, RequestChange::Recounted { votes });
    let granted = request_of(draft, id)?.and_then(|request| Some(request.ruling?.granted));
    granted.map_or(Ok(()), |granted| sheet::make(draft, id, origin, (granted, false)))
}

/// What was decided is not yet carried out: the requestor hears that it will be, unless something
/// else said so just now.
fn tell_granted(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    ruling: &Ruling,
) -> Result<(), Missing> {
    let desk = draft.desk;
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let runs = ticket.request.as_deref().is_some_and(|request| !request.is_ended());
    let requestor = ticket.requestors.first().map(|requestor| requestor.address.clone());
    let Some(requestor) = requestor.filter(|_| runs) else { return Ok(()) };
    if draft.tells(id, &requestor) {
        return Ok(());
    }
    collect::to_requestor(draft, id, origin, |_, request, locale| {
        let facts = collect::known_lines(request, locale);
        matter(desk, request, ruling, locale, (facts, false))
    })
}

fn matter(
    desk: &Desk,
    request: &Request,
    ruling: &Ruling,
    locale: Locale,
    (facts, left_out): (Vec<FactLine>, bool),
) -> Matter {
    let meeting = ruling.meeting.as_deref();
    Matter::Ruling {
        title: title(request, locale),
        granted: ruling.granted,
        meeting: meeting.map(|name| called(desk.site.meeting(name), name, locale)),
        at: ruling.at,
        votes: ruling.votes,
        by: ruling.by.as_ref().map(|person| desk.register.name_of(person)),
        reason: ruling.reason.clone(),
        facts,
        left_out,
    }
}

/// Who objected hears what came of it, with the reason, at the registered address.
fn tell_objectors(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    before: &Request,
) -> Result<(), Missing> {
    let is_said = |request: &Request| {
        let ruling = request.ruling.as_ref();
        ruling.is_some_and(|ruling| ruling.reason.is_none()) && !request.announced_to.is_empty()
    };
    // Who objected to what a list published reads there what was decided, unless words go along.
    if request_of(draft, id)?.as_ref().is_some_and(is_said) {
        return Ok(());
    }
    let window = before.window.as_ref().filter(|window| !window.closed);
    let objectors = window.into_iter().flat_map(|window| &window.objections);
    let people: Vec<PersonId> = objectors
        .filter_map(|objection| match &objection.by {
            Actor::Person(person) => Some(person.clone()),
            Actor::Outside(_) | Actor::Program => None,
        })
        .collect();
    for person in people {
        let Some(to) = tell::member(draft.desk, &person) else { continue };
        let Some(ticket) = draft.ticket(id)?.cloned() else { continue };
        let Some((request, ruling)) = ticket
            .request
            .as_deref()
            .and_then(|request| Some((request, request.ruling.as_deref()?)))
        else {
            continue;
        };
        if caps::spend(draft, &to.mailbox.address)?.is_err() {
            let address = to.mailbox.address;
            let change = Change::NotSent { address, why: "cap".to_owned() };
            draft.record_inside(id, origin, change);
            continue;
        }
        let shown = announce::public(request, &to);
        let matter = matter(draft.desk, request, ruling, to.locale, shown);
        let notice = tell::notice(draft, &ticket, &to, ReplyTo::Queue, matter);
        draft.notify(notice);
    }
    Ok(())
}

/// Where a request goes on once people have decided instead of the step where it stands: behind
/// the window that silence would have closed, or behind the step that asked them; where it stands
/// if neither is left.
fn next_step(request: &Request) -> Option<u16> {
    let is_window = |place: u16| matches!(request.procedure.step(place), Some(Step::Window { .. }));
    let here = request.step;
    match request.procedure.step(here)? {
        Step::Window { .. } | Step::Agenda { .. } | Step::Vote(_) => here.checked_add(1),
        Step::Announce { .. } => {
            let count = u16::try_from(request.procedure.steps.len()).unwrap_or(u16::MAX);
            let window = (here..count).find(|place| is_window(*place)).unwrap_or(here);
            window.checked_add(1)
        }
        _ => None,
    }
}

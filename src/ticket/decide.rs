//! The one function that decides, and what it must know first.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::desk::{Desk, Person, Queue};
use crate::ticket::case::{Case, Lookups, Missing};
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Decision, Effect, Timer};
use crate::ticket::event::{Event, MailEvent, Outage};
use crate::ticket::{
    breach, changes, command, digest, erasing, liaison, meeting, member, neglect, outbox, practice,
    procedure, proof, quarantine, receive, route, stay, way_out,
};

/// What is best looked up before `event` is decided: keys, addresses, Message-IDs. Pure.
///
/// More may turn out to be needed; [`decide`] names it.
#[must_use]
pub fn needs(desk: &Desk, event: &Event) -> Lookups {
    match event {
        Event::Mail(mail) => mail_needs(desk, mail),
        Event::Timer { timer: Timer::Renew(name, version), .. } => {
            procedure::renew::renewal_needs(desk, name, *version)
        }
        Event::Timer { timer, .. } => Lookups {
            tickets: timer.ticket().into_iter().collect(),
            inboxes: if let Timer::Digest(person) = timer {
                [person.clone()].into()
            } else {
                BTreeSet::new()
            },
            ..Lookups::default()
        },
        Event::Submitted(row) => Lookups {
            tickets: row.notice.ticket.into_iter().collect(),
            correspondents: [row.notice.to.address.clone()].into(),
            ..Lookups::default()
        },
        Event::Ran(ran) => Lookups { tickets: [ran.ticket].into(), ..Lookups::default() },
        Event::WayOut(_) => Lookups { way_out: true, ..Lookups::default() },
        Event::File(mail, _) => mail_needs(desk, mail),
        Event::Surveyed(survey) => {
            Lookups { tickets: [survey.ticket].into(), ..Lookups::default() }
        }
        Event::Aside(_) | Event::Again(_) => Lookups::default(),
    }
}

/// What is best looked up before a message is decided, as [`needs`] says it of the event.
#[must_use]
pub fn mail_needs(desk: &Desk, mail: &MailEvent) -> Lookups {
    let mut lookups = route::first_lookups(desk, mail);
    lookups.seen.insert(mail.fingerprint.key);
    lookups.threads.extend(mail.message.message_id.clone());
    let authors = mail.message.from.iter().chain(&mail.message.reply_to);
    lookups.correspondents.extend(authors.map(|mailbox| mailbox.address.clone()));
    let addresses = route::addresses(mail);
    let is_named = |queue: &&Queue| addresses.iter().any(|at| queue.addresses.contains(at));
    for queue in desk.register.queues().filter(is_named) {
        let members = desk.register.members(&queue.name).iter();
        let people = members.filter_map(|member| desk.register.person(&member.person));
        let people: Vec<&Person> = people.collect();
        lookups.inboxes.extend(people.iter().map(|person| person.id.clone()));
        let people = people.into_iter();
        let addresses = people.filter_map(|person| person.addresses.first());
        lookups.correspondents.extend(addresses.cloned());
    }
    lookups
}

/// What a daemon wakes for by itself: digests of members, rule texts that will hold, what changed
/// while it did not run.
pub fn first_timers(desk: &Desk, now: Timestamp) -> impl Iterator<Item = (Timer, Timestamp)> {
    let digests = digest::first_timers(desk, now).into_iter();
    let renewals = procedure::renew::first_renewals(desk, now);
    let own = changes::first_timer(desk, now).into_iter().chain(neglect::first_timer(desk, now));
    digests.chain(renewals).chain(own).chain(liaison::first_timers(desk, now))
}

/// Decides what follows from `event`. Pure: same arguments, same decision.
#[must_use]
pub fn decide(desk: &Desk, case: &Case, event: &Event, now: Timestamp) -> Decision {
    let mut draft = Draft::new(desk, case, now);
    let decided = match event {
        Event::Mail(mail) => receive::receive(&mut draft, mail),
        Event::Timer { timer, due_at, outages } => fire(&mut draft, timer, *due_at, outages),
        Event::Submitted(row) => outbox::submitted(&mut draft, row),
        Event::WayOut(finding) => way_out::found(&mut draft, finding),
        Event::Ran(ran) => procedure::ran(&mut draft, ran),
        Event::Aside(message) => quarantine::tell(&mut draft, *message),
        Event::File(mail, queue) => quarantine::file(&mut draft, mail, queue),
        Event::Again(again) => quarantine::told(&mut draft, again),
        Event::Surveyed(survey) => erasing::surveyed(&mut draft, survey),
    };
    match decided.and_then(|()| draft.finish()) {
        Ok(effects) => Decision::Effects(effects),
        Err(Missing(lookups)) => Decision::Needs(lookups),
    }
}

fn fire(
    draft: &mut Draft<'_>,
    timer: &Timer,
    due_at: Timestamp,
    outages: &[Outage],
) -> Result<(), Missing> {
    match timer {
        Timer::Held(id, hold) => member::remind_held(draft, *id, *hold, due_at),
        Timer::Proof(id, question) => proof::lapse(draft, *id, *question, due_at),
        Timer::Settle(_)
        | Timer::Remind(..)
        | Timer::Window(_)
        | Timer::Unconfirmed(_)
        | Timer::Vote(_)
        | Timer::Due(..)
        | Timer::Run(_) => procedure::fire(draft, timer, due_at, outages),
        Timer::Wake(id) => command::rest::wake(draft, *id, due_at),
        Timer::Breach(id) => breach::ring(draft, *id, due_at),
        Timer::Leave(id, answer) => stay::leave(draft, *id, *answer, due_at),
        Timer::Erased(id) => erasing::erased(draft, *id, due_at),
        Timer::Deadline(id) => command::rest::due_today(draft, *id, due_at),
        Timer::Practice(id) => practice::lapse(draft, *id, due_at),
        Timer::Meeting(id) => meeting::fire(draft, *id, due_at),
        Timer::Digest(person) => digest::send(draft, person, due_at),
        Timer::Renew(name, version) => procedure::renew::renew(draft, (name, *version), due_at),
        Timer::Return(person) => {
            command::away::returns(draft, person, due_at.max(draft.now));
            Ok(())
        }
        Timer::Changes => changes::tell(draft, due_at),
        Timer::Neglect => neglect::check(draft, due_at),
        Timer::Liaison(name) => liaison::ask(draft, name, due_at),
        Timer::Answer(id) => liaison::due(draft, *id, due_at),
        Timer::Erase(position) => {
            draft.push(Effect::Erase(*position));
            draft.push(Effect::Aside(*position, None));
            Ok(())
        }
        Timer::Outbox(_) => Ok(()),
    }
}

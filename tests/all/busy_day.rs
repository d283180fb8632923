//! A busy day of a site: 500 mails, 12 people, and what reaches each of them.
//!
//! Deliberately absent: how the bound is kept (`ticket::inbox`), requests with rules (`nrw_month`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use lotse::desk::Access;
use lotse::mail::authres::AuthResult;
use lotse::ticket::{Matter, Notice, Status, digest};
use lotse::types::{PersonId, QueueName, TicketId};

use crate::core::{Core, desk, organization};
use crate::readme::hold;

const PEOPLE: [&str; 12] = [
    "Anna Adler",
    "Bernd Busch",
    "Carla Clasen",
    "Dora Dahl",
    "Emil Ernst",
    "Frida Falk",
    "Gero Graf",
    "Hanna Horn",
    "Ida Iversen",
    "Jan Jung",
    "Karla Kern",
    "Lars Lang",
];

/// The queues, who serves each, and how many of ten mails go there.
const QUEUES: [(&str, &[&str], usize); 4] = [
    ("kontakt", &["anna", "bernd", "carla", "dora", "emil"], 5),
    ("presse", &["frida", "gero", "hanna"], 2),
    ("mitglieder", &["dora", "ida", "jan", "karla"], 2),
    ("technik", &["lars", "jan", "bernd"], 1),
];

const LETTERS: usize = 500;
/// One letter of so many is a further one of somebody who wrote before.
const FURTHER_EVERY: usize = 7;
const DAY: Date = date(2026, 11, 23);

/// What a day was for those who work there.
struct Day {
    core: Core,
    /// Every letter: on which ticket, and who had that when it came.
    letters: Vec<(TicketId, Option<PersonId>)>,
}

fn site(notify: &str) -> Core {
    let members: Vec<Vec<String>> = QUEUES
        .iter()
        .map(|(_, people, _)| people.iter().map(|id| format!("{id} write {notify}")).collect())
        .collect();
    let members: Vec<Vec<&str>> =
        members.iter().map(|names| names.iter().map(String::as_str).collect()).collect();
    let queues: Vec<(&str, &[&str])> =
        QUEUES.iter().zip(&members).map(|((name, ..), members)| (*name, &members[..])).collect();
    let mut desk = desk(&organization(&PEOPLE, &queues));
    desk.site.mails_per_day = 40;
    let mut core = Core::at_desk(desk);
    core.verdicts.dmarc = AuthResult::Pass;
    core.now = at(7, 0);
    for (timer, at) in digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    core
}

fn at(hour: i8, minute: i8) -> Timestamp {
    DAY.at(hour, minute, 0, 0).in_tz("Europe/Berlin").unwrap().timestamp()
}

/// Lets time pass until just before a mail comes in at `at`; taking it moves the clock itself.
fn await_mail(core: &mut Core, at: Timestamp) {
    core.pass(at.duration_since(core.now));
    core.now = at - SignedDuration::from_mins(3);
}

/// From 8 to 20 o'clock a letter every 86 seconds; each half hour everybody takes what is oldest
/// and nobody's in the own queues.
fn play(notify: &str) -> Day {
    let mut day = Day { core: site(notify), letters: Vec::new() };
    for number in 0..LETTERS {
        let seconds = i64::try_from(number).unwrap() * 86;
        let at = at(8, 0) + seconds.seconds();
        if number % 21 == 20 {
            everybody_takes_one(&mut day.core, at);
        }
        await_mail(&mut day.core, at);
        day.letter(number);
    }
    let end = DAY.tomorrow().unwrap().at(12, 0, 0, 0).in_tz("Europe/Berlin").unwrap();
    let rest = end.timestamp().duration_since(day.core.now);
    day.core.pass(rest);
    day.core.told();
    day
}

fn everybody_takes_one(core: &mut Core, at: Timestamp) {
    for name in PEOPLE {
        let id = name.split(' ').next().unwrap().to_lowercase();
        let serves = |queue: &QueueName| {
            QUEUES.iter().any(|(name, people, _)| *name == queue.as_str() && people.contains(&&*id))
        };
        let is_nobodys = |status: &Status| matches!(status, Status::New);
        let mut open = core.tickets.values();
        let Some(ticket) = open.find(|ticket| {
            ticket.owner.is_none() && is_nobodys(&ticket.status) && serves(&ticket.queue)
        }) else {
            continue;
        };
        let (number, queue) = (ticket.id, ticket.queue.clone());
        await_mail(core, at);
        let from = format!("{name} <{id}@members.example>");
        let subject = format!("Re: [nrw #{number}] Frage");
        core.write(&from, &format!("{queue}@nrw.example"), &subject, "!nehme");
        assert_eq!(core.tickets[&number].owner, Some(PersonId::new(id)), "{number}");
    }
}

impl Day {
    fn letter(&mut self, number: usize) {
        let core = &mut self.core;
        let before = core.tickets.len();
        let further = number.is_multiple_of(FURTHER_EVERY).then_some(number / 2);
        let earlier = further.and_then(|place| Some(self.letters.get(place)?.0));
        let (queue, subject, from, owner) = match earlier {
            Some(id) => {
                let ticket = &core.tickets[&id];
                let from = ticket.requestors[0].to_string();
                (
                    ticket.queue.to_string(),
                    format!("Re: [nrw #{id}] Frage"),
                    from,
                    ticket.owner.clone(),
                )
            }
            None => {
                let share = number % 10;
                let reaches = QUEUES.iter().scan(0, |sum, (name, _, part)| {
                    *sum += part;
                    Some((*name, *sum))
                });
                let queue = reaches.clone().find(|(_, sum)| share < *sum).unwrap().0;
                let from = format!("Sam {number} <sam{number}@outside.example>");
                (queue.to_owned(), format!("Frage {number}"), from, None)
            }
        };
        core.write(
            &from,
            &format!("{queue}@nrw.example"),
            &subject,
            &format!("Wie geht {number}?"),
        );
        let id = earlier.unwrap_or_else(|| *core.tickets.keys().next_back().unwrap());
        assert_eq!(core.tickets.len(), before + usize::from(earlier.is_none()), "{number}");
        self.letters.push((id, owner));
    }

    fn mails(&self, id: &str, day: Date) -> impl Iterator<Item = &Notice> {
        let person = PersonId::new(id);
        self.core.outbox.iter().filter(move |notice| {
            let zone = self.core.desk.site.time_zone.clone();
            notice.person.as_ref() == Some(&person) && notice.at.to_zoned(zone).date() == day
        })
    }

    /// The tickets that a person read of, by a mail of its own or in digests with all their pages,
    /// and how many more the last page counts.
    fn heard_of(&mut self, id: &str) -> (BTreeSet<TicketId>, usize) {
        let from = format!("{id} <{id}@members.example>");
        let mut heard = BTreeSet::new();
        let mut beyond = 0;
        let mut pages: Vec<Notice> = self.core.outbox.clone();
        pages.retain(|notice| notice.person.as_ref() == Some(&PersonId::new(id)));
        while let Some(notice) = pages.pop() {
            heard.extend(notice.ticket);
            let Matter::Digest { items, more, report } = &notice.matter else { continue };
            heard.extend(items.iter().map(|item| item.ticket));
            let news = report.iter().flat_map(|report| &report.news);
            heard.extend(news.map(|line| line.ticket));
            if *more > 0 {
                let known = self.core.outbox.len();
                self.core.answer(&notice, &from, "mehr");
                let page = self.core.outbox[known..].iter().filter(is_digest).cloned();
                let count = pages.len();
                pages.extend(page);
                beyond = if pages.len() == count { usize::try_from(*more).unwrap() } else { 0 };
            }
        }
        self.core.told();
        (heard, beyond)
    }
}

fn is_digest(notice: &&Notice) -> bool {
    matches!(notice.matter, Matter::Digest { .. })
}

/// Mails to each person on the day that answer none of the own, the middle of twelve and the most.
fn spread(day: &Day) -> (usize, usize) {
    let is_own = |notice: &&Notice| matches!(notice.matter, Matter::Result { .. });
    let mut counts: Vec<usize> =
        ids().map(|id| day.mails(&id, DAY).filter(|one| !is_own(one)).count()).collect();
    counts.sort_unstable();
    (counts[counts.len() / 2], *counts.last().unwrap())
}

fn ids() -> impl Iterator<Item = String> {
    PEOPLE.iter().map(|name| name.split(' ').next().unwrap().to_lowercase())
}

/// What nobody has taken in the queues of a person.
fn due<'a>(core: &'a Core, id: &str) -> impl Iterator<Item = TicketId> + 'a {
    let person = PersonId::new(id);
    let tickets = core.tickets.values();
    tickets.filter(|ticket| ticket.owner.is_none() && ticket.status == Status::New).filter_map(
        move |ticket| {
            let access = core.desk.register.access(&person, &ticket.queue)?;
            (access == Access::Write).then_some(ticket.id)
        },
    )
}

#[test]
fn busy_day_stays_within_the_bound_and_loses_nothing() {
    let mut rows = String::from(
        "| `notify` | mails to a person, the middle of twelve | the most |\n|---|---|---|\n",
    );
    for notify in ["each", "mine", "digest"] {
        let mut day = play(notify);
        let (middle, most) = spread(&day);
        writeln!(rows, "| `{notify}` | {middle} | {most} |").unwrap();
        assert!(most <= usize::from(day.core.desk.site.mails_per_day), "{notify}: {most}");
        let letters = std::mem::take(&mut day.letters);
        let mut heard = BTreeMap::new();
        for id in ids() {
            let (known, beyond) = day.heard_of(&id);
            let missed = due(&day.core, &id).filter(|ticket| !known.contains(ticket)).count();
            assert_eq!(missed, beyond, "{notify}: {id}");
            heard.insert(id, known);
        }
        for (ticket, owner) in letters {
            let owner = owner.map(|owner| owner.to_string());
            let is_heard = owner.is_none_or(|owner| heard[&owner].contains(&ticket));
            assert!(is_heard, "{notify}: {ticket}");
        }
    }
    hold("README.md", "busy day", &rows);
}

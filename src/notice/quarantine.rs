//! What the templates of messages that lie aside and of erasing may name, and what is answered.
//!
//! All that is said of such a message is a guess: see [`Glance`](crate::mail::Glance). Deliberately
//! absent: wording.

use serde_json::{Value, json};

use crate::mail::Glance;
use crate::notice::date::age;
use crate::notice::html::Button;
use crate::notice::slots::{Scene, filled, short};
use crate::notice::words::fill;
use crate::ticket::command;
use crate::ticket::erasing::{Plan, Target};
use crate::ticket::quarantine::{self, Lying};
use crate::types::TicketId;

/// Characters of what went wrong.
const CAUSE_CHARS_MAX: usize = 200;

impl Scene<'_> {
    pub(super) fn quarantine(&self, lying: &[Lying], more: u32) -> Value {
        let shown: Vec<Value> = lying.iter().map(|one| self.lying(one)).collect();
        let total = u64::try_from(shown.len()).unwrap_or(u64::MAX).saturating_add(u64::from(more));
        json!({
            "total": total, "more": more, "lying": shown,
            "name": lying.first().map(|one| quarantine::name(one.message)),
            "queue": self.desk.dispatcher().as_str(),
        })
    }

    /// A message that lies aside: all of it is somebody's guess.
    pub(super) fn lying(&self, lying: &Lying) -> Value {
        let seen = self.contents.get(&lying.message);
        let glance = seen.map(|seen| Glance::of_text(&seen.text)).unwrap_or_default();
        json!({
            "name": quarantine::name(lying.message),
            "age": age(lying.at, self.notice.at, self.notice.locale),
            "from": filled(&glance.from),
            "title": filled(&glance.subject).map(|subject| self.quote(&subject)),
            "begin": filled(&glance.words).map(|words| self.quote(&words)),
            "cause": short(&lying.why, CAUSE_CHARS_MAX),
        })
    }
}

impl Scene<'_> {
    /// What would be erased.
    pub(super) fn erase_plan(&self, target: &Target, plan: &Plan) -> Value {
        let numbers = |tickets: &[TicketId]| {
            let numbers: Vec<String> = tickets.iter().map(ToString::to_string).collect();
            self.list(&numbers)
        };
        let (ticket, who) = match target {
            Target::Ticket(ticket) => (Some(ticket.0), None),
            Target::Person(who) => (None, Some(short(who, CAUSE_CHARS_MAX))),
        };
        json!({
            "target": ticket, "who": who,
            "tickets": numbers(&plan.tickets), "messages": plan.messages,
            "first": plan.span.map(|(first, _)| self.moment(first).slot()),
            "last": plan.span.map(|(_, last)| self.moment(last).slot()),
            "masked": plan.masked, "touched": numbers(&plan.touched),
            "leaves": plan.person.as_ref().map(|person| self.desk.register.name_of(person)),
        })
    }
}

/// The subject of a report.
pub(super) fn subject(scene: &Scene<'_>, lying: &[Lying], more: u32) -> String {
    let phrases = &scene.words.phrases;
    match u64::from(more) + u64::try_from(lying.len()).unwrap_or(u64::MAX) {
        1 => phrases.one_aside.to_owned(),
        count => fill(phrases.many_aside, &[&count.to_string()]),
    }
}

/// What may become of the only message that lies aside; of several, all are read anew.
pub(super) fn buttons(scene: &Scene<'_>, lying: &[Lying], more: u32) -> Vec<(Option<u64>, Button)> {
    let labels = &scene.words.labels;
    let button = |label: &'static str, name, rest: &str| {
        let word = command::shown(name, scene.notice.locale);
        (None, Button { label, body: format!("!{word} {rest}") })
    };
    match lying {
        [only] if more == 0 => {
            let name = quarantine::name(only.message);
            let filed = format!("{name} {}", scene.desk.dispatcher());
            vec![
                button(labels.retry, "retry", &name),
                button(labels.file, "file", &filed),
                button(labels.discard, "drop", &name),
            ]
        }
        _ => vec![button(labels.retry, "retry", "all")],
    }
}

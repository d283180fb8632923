//! The course of a request in sentences, for who explains a message or plays a scenario.
//!
//! Facts and steps are named as their file names them, times are those of the site. Deliberately
//! absent: what readers of mail are told (`templates/`), how anybody voted.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::daemon::scenario::shown;
use crate::desk::Procedure;
use crate::desk::procedure::{Fact, Need, Step};
use crate::ticket::procedure::RequestChange;
use crate::ticket::procedure::request::{About, Request, Standing};
use crate::ticket::{Actor, Timer};

/// Where a sentence stands.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// The procedure that the request began with, once it has.
    pub procedure: Option<&'a Procedure>,
    /// The zone of the site.
    pub zone: &'a TimeZone,
}

/// The number of a step from 1, how many there are, and its kind: `2 of 6, review`.
#[must_use]
pub fn step(procedure: &Procedure, place: u16) -> String {
    let (number, all) = (usize::from(place) + 1, procedure.steps.len());
    match procedure.step(place) {
        Some(step) => format!("{number} of {all}, {}", kind(step)),
        None => "behind the last".to_owned(),
    }
}

fn kind(step: &Step) -> String {
    let step = serde_json::to_value(step).unwrap_or_default();
    step.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Person(person) => person.to_string(),
        Actor::Outside(address) => address.to_string(),
        Actor::Program => "lotse".to_owned(),
    }
}

/// Where a request stands: its step, what is known, what is missing.
#[must_use]
pub fn standing(request: &Request) -> String {
    let procedure = &request.procedure;
    let lacks =
        |fact: &&Fact| fact.need == Need::Required && !request.facts.contains_key(&fact.name);
    let names = |facts: Vec<&str>| match facts.as_slice() {
        [] => "nothing".to_owned(),
        facts => facts.join(", "),
    };
    let known = names(request.facts.keys().map(String::as_str).collect());
    let missing = procedure.facts.iter().filter(lacks).map(|fact| fact.name.as_str());
    let missing = names(missing.collect());
    let at = match request.granted {
        Some(true) => "has ended, granted".to_owned(),
        Some(false) => "has ended, not granted".to_owned(),
        None => format!("stands at step {}", step(procedure, request.step)),
    };
    format!("of `{}` {at}; known: {known}; missing: {missing}", procedure.name)
}

impl Telling<'_> {
    fn at(&self, at: Timestamp) -> String {
        shown(at, self.zone)
    }

    fn step(&self, place: u16) -> String {
        match self.procedure {
            Some(procedure) => step(procedure, place),
            None => (place + 1).to_string(),
        }
    }

    /// What a change means; nothing for what nobody reads.
    #[must_use]
    pub fn said(&self, change: &RequestChange) -> Option<String> {
        let of_facts = self.of_facts(change);
        let said = of_facts.or_else(|| self.of_windows(change)).or_else(|| self.of_people(change));
        said.or_else(|| self.of_steps(change))
    }

    fn of_facts(&self, change: &RequestChange) -> Option<String> {
        Some(match change {
            RequestChange::Begin { procedure } => {
                let steps: Vec<String> = procedure.steps.iter().map(kind).collect();
                format!("a request of `{}` begins: {}", procedure.name, steps.join(", "))
            }
            RequestChange::Fact { name, value, unfit: false, .. } => format!("{name} is {value}"),
            RequestChange::Fact { name, value, .. } => {
                format!("{name} is said to be {value}, which does not do")
            }
            RequestChange::Asked { missing } => format!("asked for {}", missing.join(", ")),
            RequestChange::Complete { since } => {
                format!("everything required is there since {}", self.at(*since))
            }
            RequestChange::Expire => "expires, because nothing came".to_owned(),
            RequestChange::TakeUp => "is taken up again".to_owned(),
            RequestChange::Paper { paper } => {
                let proves = paper.things.join(", ");
                let proves = if proves.is_empty() { String::new() } else { format!(", {proves}") };
                format!("a paper for {}{proves}: {}", paper.fact, paper.name)
            }
            RequestChange::NothingAttached => "an attachment is spoken of, and none came".into(),
            RequestChange::TextSent { sent } => {
                format!("the rule text `{}`, version {}, goes along", sent.text, sent.version)
            }
            RequestChange::Agreed { name, consent } => {
                format!("{name}: {} agrees to {} {}", consent.by, consent.text, consent.version)
            }
            RequestChange::AgreementNoted { name } => {
                format!("{name} is agreed to before the text was sent: to be confirmed")
            }
            RequestChange::Contested { name, contested } => {
                format!("{} says that {name} is {}: asked", contested.by, contested.value)
            }
            _ => return None,
        })
    }

    fn of_windows(&self, change: &RequestChange) -> Option<String> {
        Some(match change {
            RequestChange::Announced { to } => {
                let to: Vec<String> = to.iter().map(ToString::to_string).collect();
                format!("announced to {}", to.join(", "))
            }
            RequestChange::Open { ends_at, anew, .. } => {
                let anew = if *anew { " anew" } else { "" };
                format!("the window opens{anew}, until {}", self.at(*ends_at))
            }
            RequestChange::Extend { ends_at, .. } => {
                format!("a door was silent: the window is longer, until {}", self.at(*ends_at))
            }
            RequestChange::Object { by, standing, .. } => {
                let stands = match standing {
                    Standing::Stands => "and stands",
                    Standing::Asked => "and is asked whether it stands",
                    Standing::Unclear => "and the coordinators decide whether it stands",
                };
                format!("{} objects, {stands}: the clock stands still", who(by))
            }
            RequestChange::Confirm { by } => format!("{}: the objection stands", who(by)),
            RequestChange::Deny { by } => format!("{}: it was no objection", who(by)),
            RequestChange::Withdraw { by } => format!("{} withdraws the objection", who(by)),
            RequestChange::Resume { ends_at } => {
                format!("the clock runs again, until {}", self.at(*ends_at))
            }
            RequestChange::Close => "the window ends with nobody against it".to_owned(),
            _ => return None,
        })
    }

    fn of_people(&self, change: &RequestChange) -> Option<String> {
        Some(match change {
            RequestChange::Question { by, about, .. } => match about {
                About::Objection => format!("{} is asked: an objection?", who(by)),
                About::Noted => return None,
                About::Withdrawal => format!("{} is asked: withdrawn?", who(by)),
                About::Ruling => format!("{} is asked whether the objection stands", who(by)),
                About::Ballot => format!("{} gets a ballot", who(by)),
                About::Signature => format!("{} is asked to sign as well", who(by)),
                About::Duty { step, .. } => {
                    format!("{} is asked at step {}", who(by), self.step(*step))
                }
                About::Reason { .. } => format!("{} is asked for the reason", who(by)),
                About::Support => format!("{} is asked to support it", who(by)),
                About::Unclear { .. } => format!("{} is asked for a clear word", who(by)),
            },
            RequestChange::Verdict { granted: true, step, .. } => {
                format!("yes at step {}", self.step(*step))
            }
            RequestChange::Verdict { step, .. } => {
                format!("no, with a reason, at step {}", self.step(*step))
            }
            RequestChange::Support { granted: true } => "supported".to_owned(),
            RequestChange::Support { .. } => "not supported".to_owned(),
            RequestChange::Signature { name, signature } => {
                let stands = match (&signature.signed, &signature.refused_at) {
                    (Some(_), _) => "signs as well",
                    (None, Some(_)) => "does not sign",
                    (None, None) => "has to sign as well",
                };
                format!("{name}: {} {stands}", signature.address)
            }
            RequestChange::Agenda { why } => format!("waits for people to decide: {why}"),
            RequestChange::Tabled { meeting, sitting } => {
                format!("on the agenda of `{meeting}`, ticket {sitting}")
            }
            RequestChange::Untabled => "off the agenda, undecided".to_owned(),
            RequestChange::Ruled { ruling } => {
                let granted = if ruling.granted { "granted" } else { "refused" };
                let by = ruling.meeting.as_deref().unwrap_or("vote by mail");
                format!("{granted} by `{by}`")
            }
            RequestChange::PollOpened { voters, ends_at } => {
                format!("{} may vote until {}", voters.len(), self.at(*ends_at))
            }
            RequestChange::PollExtended { ends_at, .. } => {
                format!("a door was silent: votes until {}", self.at(*ends_at))
            }
            RequestChange::PollClosed { votes, .. } => {
                format!("voted: {} yes, {} no, {} abstain", votes.yes, votes.no, votes.abstain)
            }
            _ => return None,
        })
    }

    fn of_steps(&self, change: &RequestChange) -> Option<String> {
        Some(match change {
            RequestChange::Step { step } => format!("step {}", self.step(*step)),
            RequestChange::Applied { step } => {
                format!("the register is changed at step {}", self.step(*step))
            }
            RequestChange::Await { due_at: Some(due_at) } => {
                format!("waits, due on {}", self.at(*due_at))
            }
            RequestChange::Chased { escalated: true } => "late: handed on".to_owned(),
            RequestChange::Chased { .. } => "reminded".to_owned(),
            RequestChange::Tasked { ticket } => format!("a task for another team: ticket {ticket}"),
            RequestChange::Reported { ticket, done } => {
                let done = if *done { "is done" } else { "cannot be done" };
                format!("ticket {ticket} {done}")
            }
            RequestChange::Escalate { to, .. } => format!("handed to `{to}`, who decides now"),
            RequestChange::Probed { address } => format!("a mail of ours goes through {address}"),
            RequestChange::Bound => "that mail came back: the address works".to_owned(),
            RequestChange::Started { attempt, .. } => format!("the program starts, run {attempt}"),
            RequestChange::Ran { ending, .. } => {
                format!("the program ended: {}", json!(ending).to_string().replace('"', ""))
            }
            RequestChange::Help { kind, .. } => {
                format!("help: {}", json!(kind).as_str().unwrap_or_default())
            }
            RequestChange::End { granted: true } => "ends, granted".to_owned(),
            RequestChange::End { .. } => "ends, not granted".to_owned(),
            _ => return None,
        })
    }

    /// What a timer of a request will do.
    #[must_use]
    pub fn timer(&self, timer: &Timer, at: Timestamp) -> Option<String> {
        let at = self.at(at);
        Some(match timer {
            Timer::Settle(id) => format!(
                "Request #{id} waits for more mails of its author until {at}; then it asks for \
                 what is missing, or goes on."
            ),
            Timer::Remind(id, _) => format!("Request #{id} reminds, or expires, at {at}."),
            Timer::Window(id) => format!("The window of request #{id} ends at {at}."),
            Timer::Unconfirmed(id) => {
                format!("An objection to request #{id} goes to the coordinators at {at}.")
            }
            Timer::Vote(id) => format!("The vote on request #{id} ends at {at}."),
            Timer::Due(id, _) => format!("Request #{id} looks after its step again at {at}."),
            Timer::Run(id) => format!("The program of request #{id} must have ended by {at}."),
            Timer::Held(..)
            | Timer::Leave(..)
            | Timer::Proof(..)
            | Timer::Digest(_)
            | Timer::Renew(..)
            | Timer::Changes
            | Timer::Neglect
            | Timer::Liaison(_)
            | Timer::Answer(_)
            | Timer::Return(_)
            | Timer::Erase(_)
            | Timer::Outbox(_)
            | Timer::Wake(_)
            | Timer::Deadline(_)
            | Timer::Practice(_)
            | Timer::Erased(_)
            | Timer::Breach(_)
            | Timer::Meeting(_) => return None,
        })
    }
}

/// The course of every request among `tickets`, as `ticket show --json` prints them: rows with
/// `ticket`, `procedure`, `at` and `said`.
#[must_use]
pub fn rows(tickets: &[Value], zone: &TimeZone) -> Vec<Value> {
    let mut rows = Vec::new();
    for ticket in tickets {
        let mut procedure: Option<Arc<Procedure>> = None;
        for transaction in
            ticket.get("transactions").and_then(Value::as_array).into_iter().flatten()
        {
            let Some(change) = change(transaction) else { continue };
            if let RequestChange::Begin { procedure: begun } = &change {
                procedure = Some(Arc::clone(begun));
            }
            let telling = Telling { procedure: procedure.as_deref(), zone };
            let Some(said) = telling.said(&change) else { continue };
            let at = transaction.get("at").and_then(Value::as_str);
            let at = at.and_then(|at| at.parse().ok()).map(|at: Timestamp| shown(at, zone));
            rows.push(json!({
                "ticket": ticket.get("ticket"),
                "procedure": procedure.as_ref().map(|procedure| &procedure.name),
                "at": at,
                "by": transaction.get("by"),
                "said": said,
            }));
        }
    }
    rows
}

fn change(transaction: &Value) -> Option<RequestChange> {
    if transaction.get("kind")?.as_str()? != "request" {
        return None;
    }
    let text: Value = serde_json::from_str(transaction.get("text")?.as_str()?).ok()?;
    serde_json::from_value(text.get("change")?.clone()).ok()
}

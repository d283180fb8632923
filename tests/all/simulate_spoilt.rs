//! Faults that are planted in what requests, votes and meetings decide: each must break its law.
//!
//! Deliberately absent: all other faults (`faults`).

use jiff::SignedDuration;
use lotse::ticket::procedure::RequestChange;
use lotse::ticket::procedure::request::About;
use lotse::ticket::sitting::SittingChange;
use lotse::ticket::tally::{Poll, Verdict, Votes};
use lotse::ticket::{Case, Change, Effect, Event, Matter, Notice, Timer, Transaction};
use lotse::types::{OutboxId, Sequence, TicketId};

use super::faults::Fault;

/// Spoils what was decided.
pub(crate) fn effects(fault: Fault, event: &Event, case: &Case, effects: &mut Vec<Effect>) {
    match fault {
        Fault::ForgetReport => return forget_report(effects),
        Fault::ShowPoll | Fault::TellAwaited => return tell_too_early(fault, case, effects),
        Fault::ShortenPoll => return shorten_poll(effects),
        _ => {}
    }
    let mut more = Vec::new();
    for effect in effects.iter_mut() {
        let Effect::Record(id, transaction) = effect else { continue };
        let before = transaction.clone();
        spoil(fault, event, transaction);
        let change = match &before.change {
            Change::Request { change } => twice(fault, change, case, *id),
            _ => None,
        };
        let change = change.map(|change| Change::Request { change });
        more.extend(change.map(|change| (*id, Transaction { change, ..before })));
    }
    for (id, transaction) in more {
        append(effects, id, transaction);
    }
}

/// One more line of a ticket's history, behind all others.
fn append(effects: &mut Vec<Effect>, id: TicketId, transaction: Transaction) {
    let last = effects.iter().rev().find_map(|effect| match effect {
        Effect::Record(known, transaction) if *known == id => Some(transaction.sequence),
        _ => None,
    });
    let sequence = Sequence(last.map_or(0, |last| last.0) + 1);
    effects.push(Effect::Record(id, Transaction { sequence, ..transaction }));
}

/// What is recorded otherwise than it was decided.
fn spoil(fault: Fault, event: &Event, transaction: &mut Transaction) {
    let month = SignedDuration::from_hours(24 * 30);
    let is_nothing = match &mut transaction.change {
        Change::Request { change } => match (fault, change) {
            (Fault::RefuseSilently, RequestChange::Verdict { reason, .. }) => {
                *reason = None;
                false
            }
            (Fault::MixSteps, RequestChange::Verdict { step, .. }) => {
                *step += 1;
                false
            }
            (Fault::DecideUnproven, RequestChange::Verdict { .. }) => {
                transaction.rung = 0;
                false
            }
            (Fault::EscalateEarly, RequestChange::Chased { escalated: true }) => {
                transaction.at -= SignedDuration::from_hours(24 * 7);
                false
            }
            (Fault::RemindAtNight, RequestChange::Chased { escalated: false }) => {
                transaction.at += SignedDuration::from_hours(12);
                false
            }
            (Fault::CloseUnnoticed, change @ RequestChange::Repeated { .. }) => {
                *change = RequestChange::Close;
                false
            }
            (Fault::NameBallot, RequestChange::Ballot { .. }) => {
                if let Event::Mail(mail) = event {
                    transaction.message = Some(mail.position);
                }
                false
            }
            (Fault::CountTwice, RequestChange::PollClosed { votes, .. }) => {
                votes.yes += 1;
                false
            }
            (Fault::RuleTooEarly, RequestChange::Ruled { ruling }) => {
                ruling.at += month;
                false
            }
            (Fault::ForgetSheet, RequestChange::Sheet { .. }) => true,
            (Fault::AskNobody, RequestChange::Question { about: About::Duty { .. }, .. }) => true,
            _ => false,
        },
        Change::Sitting { change: SittingChange::Call } if fault == Fault::CallLate => {
            transaction.at += month;
            false
        }
        Change::Sitting { change: SittingChange::Result { given, .. } }
            if fault == Fault::RecordDoubtful =>
        {
            given.verdict = Some(Verdict::Accepted);
            given.votes = Some(Votes { yes: 0, no: 3, abstain: 0 });
            false
        }
        _ => false,
    };
    if is_nothing {
        transaction.change = Change::Automatic { what: "planted".to_owned() };
    }
}

/// What is recorded besides.
fn twice(fault: Fault, change: &RequestChange, case: &Case, id: TicketId) -> Option<RequestChange> {
    let is_again = match (fault, change) {
        (Fault::AskTwice, RequestChange::Question { about, .. }) => {
            matches!(about, About::Duty { .. })
        }
        (Fault::EscalateTwice, RequestChange::Chased { escalated }) => *escalated,
        (Fault::ReportTwice, RequestChange::Reported { .. })
        | (Fault::ApplyTwice, RequestChange::Applied { .. })
        | (Fault::RuleTwice, RequestChange::Ruled { .. }) => true,
        _ => false,
    };
    match (fault, change) {
        _ if is_again => Some(change.clone()),
        (Fault::BindBlindly, RequestChange::Probed { .. }) => Some(RequestChange::Bound),
        (Fault::LeaveTooEarly, RequestChange::Await { .. }) => {
            let ticket = case.tickets.get(&id)?.as_ref()?;
            let step = ticket.request.as_ref()?.step;
            // It stands at the first step behind the facts, or where it stood.
            Some(RequestChange::Step { step: step.max(1) + 1 })
        }
        _ => None,
    }
}

/// A team's report reaches nobody.
fn forget_report(effects: &mut Vec<Effect>) {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Record(
            id,
            Transaction {
                change: Change::Request { change: RequestChange::Reported { .. } }, ..
            },
        ) => Some(*id),
        _ => None,
    });
    let Some(id) = found else { return };
    effects.retain(|effect| match effect {
        Effect::Record(known, _) => *known != id,
        Effect::Arm(timer, _) | Effect::Disarm(timer, _) => timer.ticket() != Some(id),
        Effect::Run(_) | Effect::Enroll(_) => false,
        _ => true,
    });
}

/// A vote ends a day before its time.
fn shorten_poll(effects: &mut [Effect]) {
    let day = SignedDuration::from_hours(24);
    let mut is_short = false;
    for effect in effects {
        match effect {
            Effect::Record(_, transaction) => match &mut transaction.change {
                Change::Request { change: RequestChange::PollOpened { ends_at, .. } } => {
                    *ends_at -= day;
                    is_short = true;
                }
                Change::Arm { timer: Timer::Vote(_), at } if is_short => *at -= day,
                _ => {}
            },
            Effect::Arm(Timer::Vote(_), at) if is_short => *at -= day,
            _ => {}
        }
    }
}

/// Somebody reads a result before it is one.
fn tell_too_early(fault: Fault, case: &Case, effects: &mut Vec<Effect>) {
    let is_early = effects.iter().any(|effect| match effect {
        Effect::Record(_, transaction) => match &transaction.change {
            Change::Request { change: RequestChange::Ballot { .. } } => fault == Fault::ShowPoll,
            Change::Sitting { change: SittingChange::Await { .. } } => fault == Fault::TellAwaited,
            _ => false,
        },
        _ => false,
    });
    let notices = effects.iter().filter_map(|effect| match effect {
        Effect::Notify(notice) => Some((**notice).clone()),
        _ => None,
    });
    let Some(notice) = notices.max_by_key(|notice| notice.id).filter(|_| is_early) else {
        return;
    };
    let (title, votes) = (String::new(), Votes::default());
    let matter = if fault == Fault::ShowPoll {
        Matter::Polled { title, poll: Poll::Carried, votes, voters: 2, names: Vec::new() }
    } else {
        Matter::Ruling {
            title,
            granted: true,
            meeting: None,
            at: notice.at,
            votes: None,
            by: None,
            reason: None,
            facts: Vec::new(),
            left_out: false,
            appeal: None,
        }
    };
    let id = OutboxId(notice.id.0.max(case.next_outbox.0) + 1);
    effects.push(Effect::Notify(Box::new(Notice { id, matter, ..notice })));
}

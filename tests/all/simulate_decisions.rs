//! What holds of votes by mail and of meetings in every world.
//!
//! Deliberately absent: what a decision leads to (`steps`), outages (`outages`).

use std::collections::BTreeMap;

use jiff::SignedDuration;
use lotse::desk::step::{Step, days};
use lotse::desk::vote::Vote;
use lotse::ticket::procedure::request::{Choice, Polling};
use lotse::ticket::procedure::{Request, RequestChange};
use lotse::ticket::proof::Purpose;
use lotse::ticket::sitting::{ItemState, Sitting, SittingChange};
use lotse::ticket::tally::{Verdict, Votes};
use lotse::ticket::{Case, Change, Effect, Matter, Notice, Transaction};
use lotse::types::PersonId;

use super::laws::{Held, hold};
use super::steps::{Line, decided_by_somebody_proven};
use super::world::World;

/// A line of a history, with the ticket before it.
pub(crate) fn look(world: &World, seen: &Line<'_>) -> Held {
    match (&seen.line.change, seen.request(), seen.before.sitting.as_deref()) {
        (Change::Request { change }, Some(request), _) => voted(world, seen, (request, change)),
        (Change::Sitting { change }, _, Some(sitting)) => met(world, seen, (sitting, change)),
        _ => Ok(()),
    }
}

fn voted(world: &World, seen: &Line<'_>, (request, change): (&Request, &RequestChange)) -> Held {
    let what = || seen.shown();
    match change {
        RequestChange::PollOpened { ends_at, .. } => {
            let long = SignedDuration::from_hours(24 * days_of(request) - 1);
            hold(*ends_at >= seen.line.at + long, "poll_lasts_as_promised", what)
        }
        RequestChange::Ballot { .. } => {
            let is_secret = seen.line.internal && seen.line.message.is_none();
            hold(is_secret, "ballots_lead_to_no_words", what)?;
            decided_by_somebody_proven(world, seen, Purpose::Vote)
        }
        RequestChange::PollClosed { votes, .. } => {
            let polling = request.open_poll();
            let is_over = polling.is_some_and(|polling| seen.line.at >= polling.ends_at);
            hold(is_over, "poll_lasts_as_promised", what)?;
            let counted = polling.map(|polling| count(&polling.ballots));
            hold(counted == Some(*votes), "vote_counts_once_for_each", what)
        }
        RequestChange::Ruled { ruling } => {
            let is_poll = ruling.meeting.is_none();
            let may = if is_poll { has_result(request) } else { request.tabled.is_some() };
            hold(may, "nothing_is_ruled_twice", what)?;
            let has_reason = ruling.granted || is_poll || ruling.reason.is_some();
            hold(has_reason, "refusal_has_a_reason", what)?;
            let has_been = ruling.at <= seen.line.at;
            hold(has_been, "results_come_from_a_meeting_that_was", what)
        }
        _ => Ok(()),
    }
}

fn days_of(request: &Request) -> i64 {
    match request.procedure.step(request.step) {
        Some(Step::Vote(Vote { span, .. })) => days(span).map_or(0, i64::from),
        _ => 0,
    }
}

fn has_result(request: &Request) -> bool {
    let is_closed = |polling: &Polling| polling.result.is_some();
    let ended_at = request.polling.as_deref().filter(|polling| is_closed(polling));
    let ruled_at = request.ruling.as_deref().map(|ruling| ruling.at);
    ended_at.is_some_and(|polling| ruled_at != Some(polling.ends_at))
}

fn count(ballots: &BTreeMap<PersonId, Choice>) -> Votes {
    let of = |wanted: Choice| {
        let found = ballots.values().filter(|choice| **choice == wanted);
        u16::try_from(found.count()).unwrap()
    };
    Votes { yes: of(Choice::Yes), no: of(Choice::No), abstain: of(Choice::Abstain) }
}

fn met(world: &World, seen: &Line<'_>, (sitting, change): (&Sitting, &SittingChange)) -> Held {
    let what = || seen.shown();
    match change {
        SittingChange::Call => {
            let is_first = sitting.called_at.is_none();
            let is_timely = seen.line.at <= sitting.begins_at;
            hold(is_timely || !is_first, "agenda_goes_out_before_the_meeting", what)
        }
        SittingChange::Result { item, given } => {
            let has_reason = given.verdict != Some(Verdict::Rejected) || given.reason.is_some();
            hold(has_reason, "refusal_has_a_reason", what)?;
            let fits = given
                .verdict
                .is_some_and(|verdict| given.votes.is_none_or(|votes| votes.fit(verdict)));
            // Who was asked about it may say it again.
            let was_asked = sitting
                .item(*item)
                .is_some_and(|item| matches!(item.state, ItemState::Awaited(..)));
            hold(fits || was_asked, "results_agree_with_their_votes", what)?;
            decided_by_somebody_proven(world, seen, Purpose::Minutes)
        }
        _ => Ok(()),
    }
}

/// What is looked at when an event was decided.
pub(crate) fn at_decision(world: &World, case: &Case, effects: &[Effect]) -> Held {
    let notices: Vec<&Notice> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Notify(notice) => Some(&**notice),
            _ => None,
        })
        .collect();
    for notice in &notices {
        result_waits_for_the_decision(effects, notice)?;
        ballots_are_shown_to_nobody(world, case, notice)?;
    }
    Ok(())
}

/// A result is told with the transaction that decided, never before.
fn result_waits_for_the_decision(effects: &[Effect], notice: &Notice) -> Held {
    let Some(id) = notice.ticket else { return Ok(()) };
    let is_there = |wanted: &dyn Fn(&RequestChange) -> bool| {
        effects.iter().any(|effect| match effect {
            Effect::Record(known, Transaction { change: Change::Request { change }, .. }) => {
                *known == id && wanted(change)
            }
            _ => false,
        })
    };
    let (is_told, law) = match &notice.matter {
        Matter::Polled { .. } => (
            is_there(&|change| matches!(change, RequestChange::PollClosed { .. })),
            "votes_are_not_shown_before_the_close",
        ),
        Matter::Ruling { .. } => (
            is_there(&|change| matches!(change, RequestChange::Ruled { .. })),
            "nobody_hears_a_result_before_the_minutes_are_whole",
        ),
        _ => return Ok(()),
    };
    hold(is_told, law, || format!("row {} to {} on #{id}", notice.id, notice.to.address))
}

/// The words of an answer to a ballot stand in no mail about the request. What comes a month after
/// its end is a new ticket, and no vote.
fn ballots_are_shown_to_nobody(world: &World, case: &Case, notice: &Notice) -> Held {
    let ticket = notice.ticket.and_then(|id| case.tickets.get(&id)?.as_ref());
    let has_votes = ticket.is_some_and(|ticket| {
        ticket.request.as_ref().is_some_and(|request| request.polling.is_some())
    });
    if !has_votes || world.ballots.is_empty() {
        return Ok(());
    }
    let matter = serde_json::to_string(&notice.matter).unwrap();
    let shown = world.ballots.iter().find(|position| {
        matter.contains(&format!("\"message\":{position},"))
            || matter.contains(&format!("\"message\":{position}}}"))
    });
    hold(shown.is_none(), "ballots_lead_to_no_words", || {
        format!("row {} to {} shows the ballot {shown:?}", notice.id, notice.to.address)
    })
}

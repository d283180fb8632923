//! Votes by mail: one ballot a person, changeable until the close, shown to nobody before it.
//!
//! The words of an answer to a ballot stand on no ticket: what is recorded is the choice, which no
//! notice and no command shows. Deliberately absent: counting (`tally`).

use jiff::{SignedDuration, Timestamp};

use crate::desk::Access;
use crate::desk::calendar::Counting;
use crate::desk::procedure::{Step, objectors_queue, window_days};
use crate::desk::vote::Vote;
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::{MailEvent, Outage};
use crate::ticket::identity::{Author, KNOWN};
use crate::ticket::matter::{BallotAgain, FactLine, Matter};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::request::{
    About, Choice, Polling, Question, Request, RequestChange, Ruling,
};
use crate::ticket::procedure::{
    agenda, collect, objection, record, request_of, steps, title, window,
};
use crate::ticket::proof::{self, Purpose};
use crate::ticket::receive::origin;
use crate::ticket::state::{Actor, Change};
use crate::ticket::tally::{Poll, Votes};
use crate::ticket::tell;
use crate::types::{Locale, PersonId, Sequence, TicketId};

/// Words of a mail that is nothing but a vote.
const BALLOT_WORDS_MAX: usize = 8;
/// So long nobody is sent the same ballot again because of mail that proves nothing.
const AGAIN_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// The step `vote`: ballots go out, once. It waits for the close, or for the meeting that decides
/// where too few voted.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    vote: &Vote,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if request.open_poll().is_some() || request.tabled.is_some() {
        return Ok(false);
    }
    let voters = voters(draft, vote);
    if voters.is_empty() {
        steps::wait_for_people(draft, id, origin, "quorum")?;
        return Ok(false);
    }
    let days = window_days(&vote.span).unwrap_or(1);
    let ends_at = window::end(draft.now, days, Counting::Calendar, draft.desk.site.days());
    record(draft, id, origin, RequestChange::PollOpened { voters: voters.clone(), ends_at });
    draft.arm(id, origin, Timer::Vote(id), ends_at);
    for voter in &voters {
        send_ballot(draft, id, origin, voter, None)?;
    }
    agenda::tell_who_decides(draft, id, origin, None, ends_at)?;
    Ok(false)
}

/// Who may vote: who may write in the queue that votes.
fn voters(draft: &Draft<'_>, vote: &Vote) -> Vec<PersonId> {
    let Some(queue) = objectors_queue(&vote.by) else { return Vec::new() };
    let members = draft.desk.register.members(&queue).iter();
    let may = members.filter(|member| member.access == Access::Write);
    may.map(|member| member.person.clone()).collect()
}

/// Sends a person's ballot, with a key of its own.
fn send_ballot(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    voter: &PersonId,
    again: Option<BallotAgain>,
) -> Result<(), Missing> {
    let Some((ends_at, open)) = request_of(draft, id)?
        .and_then(|request| Some((request.polling.as_ref()?.ends_at, request.is_open_vote())))
    else {
        return Ok(());
    };
    ask(draft, id, origin, voter, |request, locale| Matter::Ballot {
        title: title(request, locale),
        facts: collect::known_lines(request, locale),
        ends_at,
        open,
        again,
    })
}

/// Sends a voter something whose answer is a vote.
fn ask(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    voter: &PersonId,
    matter: impl Fn(&Request, Locale) -> Matter,
) -> Result<(), Missing> {
    let Some(to) = tell::member(draft.desk, voter) else { return Ok(()) };
    let address = to.mailbox.address.clone();
    if caps::spend(draft, &address)?.is_err() {
        let change = Change::NotSent { address, why: "cap".to_owned() };
        draft.record_inside(id, origin, change);
        return Ok(());
    }
    let by = Actor::Person(voter.clone());
    let (about, of) = (About::Ballot, None);
    let change = RequestChange::Question { by, address: address.clone(), about, of };
    let question = record(draft, id, origin, change);
    objection::send(draft, id, &to, (question, address), matter)
}

/// The ballot of a voter whose program kept nothing of the thread: nothing but a vote, while one
/// runs, or after it where nothing else was asked since. It proves nothing either, but it must be
/// shown to nobody, and the voter must hear of it.
pub(super) fn ballot_of(mail: &MailEvent, request: &Request, author: &Author) -> Option<Sequence> {
    request.polling.as_ref()?;
    let (words, _) = objection::stance_of(mail, None);
    let is_short = words.split_whitespace().count() <= BALLOT_WORDS_MAX;
    choice_of(&words).filter(|_| is_short)?;
    let by = author.actor();
    let is_over = request.open_poll().is_none();
    let may_be =
        |question: &Question| question.by == by && (is_over || question.about == About::Ballot);
    let mut asked = request.questions.iter().filter(|(_, question)| may_be(question));
    let (sequence, last) = asked.next_back()?;
    (last.about == About::Ballot).then_some(*sequence)
}

/// Somebody answered a ballot. Only the person whose it is votes by it; what proves nothing is
/// not counted, and the registered address gets the ballot once more.
pub(super) fn hear(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    (asked, is_for): (&Question, bool),
) -> Result<(), Missing> {
    let Actor::Person(voter) = &asked.by else { return Ok(()) };
    let answered = collect::answered_text(draft, mail)?;
    let (words, _) = objection::stance_of(mail, answered.as_deref());
    // The message is not named: nothing on the ticket leads to its words.
    let origin = Origin { by: asked.by.clone(), message: None, ..origin(mail, Some(author)) };
    let is_voter = is_for || author.actor() == asked.by;
    if !is_voter || author.rung < proof::needed(draft.desk, Purpose::Vote) || author.suspect {
        return unproven(draft, author, id, voter);
    }
    cast(draft, id, &origin, voter, choice_of(&words))
}

/// Counts a proven person's vote, as far as there is one to take part in.
pub(super) fn cast(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    voter: &PersonId,
    choice: Option<Choice>,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let open = request.open_poll().filter(|polling| polling.voters.contains(voter));
    let Some(polling) = open.filter(|polling| origin.at < polling.ends_at) else {
        let was_voter = request.polling.is_some_and(|polling| polling.voters.contains(voter));
        let again = Some(BallotAgain::Late);
        return if was_voter {
            send_ballot(draft, id, &program(origin), voter, again)
        } else {
            Ok(())
        };
    };
    let ends_at = polling.ends_at;
    let Some(choice) = choice else {
        let again = Some(BallotAgain::Unclear);
        return send_ballot(draft, id, &program(origin), voter, again);
    };
    let change = RequestChange::Ballot { by: voter.clone(), choice };
    draft.record_inside(id, origin, Change::Request { change });
    ask(draft, id, &program(origin), voter, |request, locale| Matter::BallotTaken {
        title: title(request, locale),
        ends_at,
    })
}

fn program(origin: &Origin) -> Origin {
    Origin { by: Actor::Program, rung: 0, at: origin.at, message: None }
}

/// Mail in a voter's name that proves too little: the registered address gets the ballot, once a
/// day where nothing says that it was the voter at all.
fn unproven(
    draft: &mut Draft<'_>,
    author: &Author,
    id: TicketId,
    voter: &PersonId,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(polling) = request.open_poll().filter(|polling| draft.now < polling.ends_at) else {
        return Ok(());
    };
    let by = Actor::Person(voter.clone());
    let asked_at = request.questions.values().filter(|question| {
        question.about == About::Ballot && question.by == by && question.at > polling.opens_at
    });
    let is_fresh = |at: Timestamp| draft.now.duration_since(at) < AGAIN_SPAN;
    let is_known = author.rung >= KNOWN;
    if author.suspect || !is_known && asked_at.into_iter().any(|one| is_fresh(one.at)) {
        return Ok(());
    }
    let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
    ask_again(draft, id, &origin, voter)
}

/// A vote came that is not proven as surely as is needed: its ballot is what proves it.
pub(super) fn ask_again(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    voter: &PersonId,
) -> Result<(), Missing> {
    send_ballot(draft, id, &program(origin), voter, Some(BallotAgain::Unproven))
}

/// The time of a vote is over: it is counted, once, if it has not been already.
pub(super) fn close(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    outages: &[Outage],
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(Step::Vote(vote)) = request.procedure.step(request.step).cloned() else {
        return Ok(());
    };
    let Some(polling) = request.open_poll() else { return Ok(()) };
    if draft.now < polling.ends_at {
        draft.arm(id, origin, Timer::Vote(id), polling.ends_at);
        return Ok(());
    }
    let span = (polling.opens_at, polling.ends_at);
    let silent_span = window::silent_between(outages, span, polling.heard_at);
    if silent_span > SignedDuration::ZERO {
        let days = draft.desk.site.days();
        let ends_at = window::extended(polling.ends_at, silent_span, draft.now, days);
        let change = RequestChange::PollExtended { ends_at, heard_at: draft.now };
        record(draft, id, origin, change);
        draft.arm(id, origin, Timer::Vote(id), ends_at);
        return Ok(());
    }
    let voters = u16::try_from(polling.voters.len()).unwrap_or(u16::MAX);
    let votes = count(polling);
    let poll = votes.poll(vote.majority, vote.quorum, voters);
    let (ended_at, people) = (polling.ends_at, polling.voters.clone());
    record(draft, id, origin, RequestChange::PollClosed { votes, poll });
    for person in &people {
        tell_result(draft, id, origin, person)?;
    }
    if poll == Poll::Quorum {
        return steps::wait_for_people(draft, id, origin, "quorum");
    }
    let ruling = Ruling {
        granted: poll == Poll::Carried,
        meeting: None,
        at: ended_at,
        votes: Some(votes),
        reason: None,
        by: None,
    };
    agenda::rule(draft, id, origin, &ruling)
}

fn count(polling: &Polling) -> Votes {
    let mut votes = Votes::default();
    for choice in polling.ballots.values() {
        match choice {
            Choice::Yes => votes.yes += 1,
            Choice::No => votes.no += 1,
            Choice::Abstain => votes.abstain += 1,
        }
    }
    votes
}

/// A voter hears the result: counts, and names only where the procedure says so.
fn tell_result(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    voter: &PersonId,
) -> Result<(), Missing> {
    let Some(to) = tell::member(draft.desk, voter) else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some((request, polling)) =
        ticket.request.as_deref().and_then(|one| Some((one, one.polling.as_deref()?)))
    else {
        return Ok(());
    };
    let Some((votes, poll)) = polling.result else { return Ok(()) };
    let address = to.mailbox.address.clone();
    if caps::spend(draft, &address)?.is_err() {
        draft.record_inside(id, origin, Change::NotSent { address, why: "cap".to_owned() });
        return Ok(());
    }
    let matter = Matter::Polled {
        title: title(request, to.locale),
        poll,
        votes,
        voters: u16::try_from(polling.voters.len()).unwrap_or(u16::MAX),
        names: names(draft, request, polling),
    };
    let notice = tell::notice(draft, &ticket, &to, ReplyTo::Queue, matter);
    draft.notify(notice);
    Ok(())
}

/// Who voted how: empty unless the procedure says that the vote is open. The value is the choice
/// as a word of the table.
fn names(draft: &Draft<'_>, request: &Request, polling: &Polling) -> Vec<FactLine> {
    let ballots = polling.ballots.iter().filter(|_| request.is_open_vote());
    let line = |(person, choice): (&PersonId, &Choice)| FactLine {
        label: draft.desk.register.name_of(person),
        value: match choice {
            Choice::Yes => "yes",
            Choice::No => "no",
            Choice::Abstain => "abstain",
        }
        .to_owned(),
    };
    ballots.map(line).collect()
}

const YES: [&str; 20] = [
    "ja",
    "jo",
    "jawohl",
    "dafür",
    "zustimmung",
    "annehmen",
    "angenommen",
    "yes",
    "yep",
    "aye",
    "for",
    "approve",
    "in favour",
    "in favor",
    "kyllä",
    "joo",
    "puolesta",
    "hyväksyn",
    "jakande",
    "tillstyrker",
];
const NO: [&str; 17] = [
    "nein",
    "nee",
    "ne",
    "dagegen",
    "ablehnen",
    "abgelehnt",
    "no",
    "nay",
    "nope",
    "against",
    "reject",
    "ei",
    "vastaan",
    "hylkään",
    "nej",
    "emot",
    "avslår",
];
const ABSTAIN: [&str; 15] = [
    "enthaltung",
    "enthalten",
    "enthalte",
    "abstain",
    "abstention",
    "abstaining",
    "tyhjä",
    "tyhjää",
    "pidättäydyn",
    "pidättyn",
    "avstår",
    "avstå",
    "blankt",
    "blank",
    "neutral",
];

/// The vote that words are: their first line says one of the three and no other.
pub(super) fn choice_of(words: &str) -> Option<Choice> {
    let line = words.lines().find(|line| !line.trim().is_empty())?;
    if line.contains('?') {
        return None;
    }
    let line = fold(line);
    let says = |table: &[&str]| {
        let padded = format!(" {line} ");
        table.iter().any(|word| padded.contains(&format!(" {} ", fold(word))))
    };
    let is_negated = line.split(' ').any(|word| {
        ["nicht", "not", "inte", "kein", "keine", "dont", "en", "ingen"].contains(&word)
    });
    match (says(&YES), says(&NO), says(&ABSTAIN)) {
        (true, false, false) if !is_negated => Some(Choice::Yes),
        (false, true, false) if !is_negated => Some(Choice::No),
        (false, false, true) if !is_negated => Some(Choice::Abstain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_are_read_where_they_say_one_thing() {
        for (words, choice) in [
            ("ja", Choice::Yes),
            ("Ja, gern.\nGruß Anna", Choice::Yes),
            ("Ich bin dafür", Choice::Yes),
            ("!stimme nein", Choice::No),
            ("Nej", Choice::No),
            ("ei", Choice::No),
            ("Kyllä!", Choice::Yes),
            ("I abstain", Choice::Abstain),
            ("Ich enthalte mich.", Choice::Abstain),
            ("!vote abstain", Choice::Abstain),
        ] {
            assert_eq!(choice_of(words), Some(choice), "{words}");
        }
        for words in ["", "ja oder nein?", "ja und nein", "ich bin nicht dafür", "hm", "not for me"]
        {
            assert_eq!(choice_of(words), None, "{words}");
        }
    }
}

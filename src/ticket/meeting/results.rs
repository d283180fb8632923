//! What becomes of an answer to an agenda: results that stand are carried out and told, doubtful
//! ones come back as one question, and nobody hears of those before it is answered.
//!
//! Deliberately absent: how results are written (`minutes`), what they do to a request
//! (`procedure::agenda`).

use jiff::Timestamp;

use crate::mail::quote;
use crate::ticket::caps::{self, Held};
use crate::ticket::case::Missing;
use crate::ticket::command::fold::{self, Word};
use crate::ticket::command::read::excerpt;
use crate::ticket::command::{Act, By, Outcome};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::ReplyTo;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::{Excerpt, Matter, MinuteLine, ResultKind};
use crate::ticket::meeting::minutes::{self, Entry, Minutes, Target};
use crate::ticket::meeting::{agenda, record, sheets, sitting_of};
use crate::ticket::procedure;
use crate::ticket::procedure::agenda as requests;
use crate::ticket::procedure::collect_answered;
use crate::ticket::procedure::request::Ruling;
use crate::ticket::proof::{self, Purpose};
use crate::ticket::receive::{origin, words_of};
use crate::ticket::sitting::{Given, ItemState, Query, Sitting, SittingChange};
use crate::ticket::state::{Actor, Change};
use crate::ticket::tally::Verdict;
use crate::ticket::{tell, thanks};
use crate::types::{PersonId, TicketId};

/// Somebody wrote on the ticket of a sitting. Says whether the mail is settled with it.
pub(super) fn hear(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    (id, sitting): (TicketId, &Sitting),
    author: &Author,
    holder: Option<&ReplyTo>,
) -> Result<bool, Missing> {
    let Some(meeting) = draft.desk.site.meeting(&sitting.meeting) else { return Ok(false) };
    let is_asked = holder.is_some_and(|holder| match holder {
        ReplyTo::Question(question, _) => sitting.questions.contains_key(question),
        _ => false,
    });
    let Some(person) = author.person.clone().filter(|person| meeting.records(person)) else {
        return Ok(false);
    };
    let answered = collect_answered(draft, mail)?;
    let reply = quote::split_message(&mail.message, answered.as_deref());
    let items: Vec<TicketId> = sitting.items.iter().map(|item| item.ticket).collect();
    let minutes = minutes::read(&reply, &mail.message.text, &items);
    let is_decided = minutes.entries.iter().any(|entry| entry.verdict.is_some());
    if !is_asked && !is_decided {
        return Ok(false);
    }
    let origin = origin(mail, Some(author));
    draft.record_inside(id, &origin, Change::Comment { text: words_of(mail) });
    let answer = Answer { mail, minutes };
    if author.suspect || (thanks::is_only_thanks(&mail.message) && !is_decided) {
        return Ok(true);
    }
    let at = (Purpose::Minutes, mail.received_at);
    let rung = match draft.ticket(id)? {
        Some(ticket) => proof::rung(ticket, author, holder, at),
        None => author.rung,
    };
    let origin = Origin { rung, ..origin };
    if rung < proof::needed(draft.desk, Purpose::Minutes) {
        let first = answer.minutes.entries.first().filter(|_| is_decided);
        let lines = first.map(|entry| line(None, "", Some(Query::Unproven), entry));
        let lines: Vec<MinuteLine> = lines.into_iter().collect();
        if !lines.is_empty() {
            tell(draft, (id, &origin), &person, (Vec::new(), lines), None)?;
        }
        return Ok(true);
    }
    answer.apply(draft, (id, &origin), &person)?;
    Ok(true)
}

/// An answer with results, by somebody who may record them.
struct Answer<'a> {
    mail: &'a MailEvent,
    minutes: Minutes,
}

impl Answer<'_> {
    fn apply(
        &self,
        draft: &mut Draft<'_>,
        (id, origin): (TicketId, &Origin),
        person: &PersonId,
    ) -> Result<(), Missing> {
        let mut recorded = Vec::new();
        let mut asked = Vec::new();
        let mut entries = self.minutes.entries.clone();
        entries.extend(self.plain(draft, id)?);
        for entry in &entries {
            let reason =
                (!entry.reason.is_empty()).then(|| excerpt(self.mail.position, &entry.reason));
            let Some(line) = weigh(draft, (id, origin), entry, reason)? else { continue };
            if line.query.is_some() { asked.push(line) } else { recorded.push(line) }
        }
        if entries.is_empty() {
            asked.extend(self.not_understood(draft, (id, origin))?);
        }
        told(draft, (id, origin), person, recorded, asked)
    }

    /// Words without a number, where exactly one result waits for an answer: the reason that was
    /// asked for, or a yes to what was understood.
    fn plain(&self, draft: &Draft<'_>, id: TicketId) -> Result<Option<Entry>, Missing> {
        let Some(sitting) = sitting_of(draft, id)? else { return Ok(None) };
        let mut awaited = sitting.items.iter().filter_map(|item| match &item.state {
            ItemState::Awaited(given, query) => Some((item.ticket, given, *query)),
            _ => None,
        });
        let (Some((ticket, given, query)), None) = (awaited.next(), awaited.next()) else {
            return Ok(None);
        };
        let is_named = |entry: &Entry| entry.target == Target::Ticket(ticket);
        let words = self.minutes.words.as_str();
        if words.trim().is_empty() || self.minutes.entries.iter().any(is_named) {
            return Ok(None);
        }
        let word = fold::one_word(words, "");
        let entry = Entry {
            target: Target::Ticket(ticket),
            verdict: given.verdict,
            is_unclear: false,
            votes: None,
            reason: Vec::new(),
            written: words.lines().next().unwrap_or_default().to_owned(),
        };
        Ok(match (query, word) {
            (Query::Votes | Query::Position, Some(Word::Yes)) => Some(entry),
            (Query::Reason | Query::PositionAndReason, None) if !words.trim().ends_with('?') => {
                Some(Entry { reason: self.minutes.rest.clone(), ..entry })
            }
            _ => None,
        })
    }

    /// Nothing in an answer was a result: it is said once.
    fn not_understood(
        &self,
        draft: &mut Draft<'_>,
        (id, origin): (TicketId, &Origin),
    ) -> Result<Option<MinuteLine>, Missing> {
        if sitting_of(draft, id)?.is_none_or(|sitting| sitting.told) {
            return Ok(None);
        }
        record(draft, id, origin, SittingChange::Told);
        let words = self.minutes.words.lines().next().unwrap_or_default();
        Ok(Some(MinuteLine {
            ticket: None,
            title: String::new(),
            verdict: None,
            votes: None,
            query: Some(Query::Unclear),
            line: words.chars().take(100).collect(),
            next_at: None,
        }))
    }
}

fn line(ticket: Option<TicketId>, title: &str, query: Option<Query>, entry: &Entry) -> MinuteLine {
    MinuteLine {
        ticket,
        title: title.to_owned(),
        verdict: entry.verdict,
        votes: entry.votes,
        query,
        line: entry.written.clone(),
        next_at: None,
    }
}

/// What becomes of one result: it stands and is carried out, or a question is asked. Nothing where
/// it says what stands already.
fn weigh(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    entry: &Entry,
    reason: Option<Excerpt>,
) -> Result<Option<MinuteLine>, Missing> {
    let Some(sitting) = sitting_of(draft, id)? else { return Ok(None) };
    let (found, named) = match entry.target {
        Target::Ticket(ticket) => (sitting.item(ticket), Some(ticket)),
        Target::Position(place) => {
            let place = usize::from(place).checked_sub(1);
            (place.and_then(|place| sitting.items.get(place)), None)
        }
    };
    let Some(item) = found.map(|item| item.ticket) else {
        return Ok(Some(line(named, "", Some(Query::NotHere), entry)));
    };
    let ask = |query| Some(line(Some(item), "", Some(query), entry));
    if origin.at < sitting.begins_at {
        return Ok(ask(Query::TooEarly));
    }
    // Minutes may come after what was left went to the next agenda: they count where it is now.
    let (here, state) = followed(draft, id, item)?;
    let before = match state {
        ItemState::Decided(given, _) => {
            let corrected = correct(draft, (here, origin), item, &given, entry)?;
            if corrected.as_ref().is_some_and(|line| line.query.is_none()) {
                record(draft, id, origin, SittingChange::Sheet { item });
            }
            return Ok(corrected);
        }
        ItemState::Awaited(given, query) => Some((given, query)),
        ItemState::Open => None,
        ItemState::Dropped | ItemState::Carried(_) => return Ok(ask(Query::NotHere)),
    };
    if !draft.ticket(item)?.is_some_and(|ticket| requests::waits_for(ticket, here)) {
        return Ok(ask(Query::NotHere));
    }
    let is_place = matches!(entry.target, Target::Position(_));
    let (given, query) = merged(entry, reason, before, is_place);
    if let Some(query) = query {
        record(draft, here, origin, SittingChange::Await { item, given, query });
        return Ok(ask(query));
    }
    let (verdict, votes) = (given.verdict, given.votes);
    let next_at = stand(draft, (here, origin), (&sitting, item), given)?;
    if verdict != Some(Verdict::Postponed) {
        record(draft, id, origin, SittingChange::Sheet { item });
    }
    Ok(Some(MinuteLine { verdict, votes, next_at, ..line(Some(item), "", None, entry) }))
}

/// Where an item of a sitting stands now: there, or on the agenda that it went to.
fn followed(
    draft: &Draft<'_>,
    id: TicketId,
    item: TicketId,
) -> Result<(TicketId, ItemState), Missing> {
    let mut here = id;
    loop {
        let Some(sitting) = sitting_of(draft, here)? else { return Ok((id, ItemState::Dropped)) };
        match sitting.item(item).map(|item| item.state.clone()) {
            Some(ItemState::Carried(next)) if next > here => here = next,
            Some(state) => return Ok((here, state)),
            None => return Ok((here, ItemState::Dropped)),
        }
    }
}

/// A result put together with what was given before, and what is to be asked about it.
fn merged(
    entry: &Entry,
    reason: Option<Excerpt>,
    before: Option<(Given, Query)>,
    is_place: bool,
) -> (Given, Option<Query>) {
    let (known, asked) = match before {
        Some((given, query)) => (given, Some(query)),
        None => (Given::default(), None),
    };
    let is_confirmed = asked == Some(Query::Votes)
        && entry.votes.is_none()
        && entry.verdict == known.verdict
        && entry.verdict.is_some();
    // A new result with other votes is a new one; what it does not say is as it was given.
    let given = Given {
        verdict: entry.verdict.or(known.verdict),
        votes: entry.votes.or(known.votes),
        reason: reason.or(known.reason),
    };
    let Some(verdict) = given.verdict.filter(|_| !entry.is_unclear) else {
        return (given, Some(Query::Unclear));
    };
    let lacks_reason = verdict == Verdict::Rejected && given.reason.is_none();
    let contradicts = !is_confirmed && given.votes.is_some_and(|votes| !votes.fit(verdict));
    let query = match (is_place, lacks_reason) {
        (true, true) => Some(Query::PositionAndReason),
        (true, false) => Some(Query::Position),
        (false, true) => Some(Query::Reason),
        (false, false) => None,
    };
    (given, if contradicts { Some(Query::Votes) } else { query })
}

/// Something was recorded before: the same once more changes nothing, other votes are corrected,
/// another result is not taken, because the first was told.
fn correct(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    item: TicketId,
    known: &Given,
    entry: &Entry,
) -> Result<Option<MinuteLine>, Missing> {
    let is_same = entry.verdict.is_none_or(|verdict| known.verdict == Some(verdict));
    let fits = entry.votes.zip(known.verdict).is_none_or(|(votes, verdict)| votes.fit(verdict));
    if !is_same || entry.is_unclear || !fits {
        let line = line(Some(item), "", Some(Query::Already), entry);
        return Ok(Some(MinuteLine { verdict: known.verdict, votes: known.votes, ..line }));
    }
    if entry.votes.is_none() || entry.votes == known.votes {
        return Ok(None);
    }
    let given = Given { votes: entry.votes, ..known.clone() };
    record(draft, id, origin, SittingChange::Result { item, given });
    requests::recounted(draft, item, origin, entry.votes)?;
    let line = line(Some(item), "", None, entry);
    Ok(Some(MinuteLine { verdict: known.verdict, ..line }))
}

/// A result stands: it is recorded where the item is now and carried out, or the request goes to
/// the next meeting; says when that is. `sitting` is the one that decided.
fn stand(
    draft: &mut Draft<'_>,
    (here, origin): (TicketId, &Origin),
    (sitting, item): (&Sitting, TicketId),
    given: Given,
) -> Result<Option<Timestamp>, Missing> {
    let verdict = given.verdict;
    let (votes, reason) = (given.votes, given.reason.clone());
    if verdict == Some(Verdict::Postponed) {
        let begins_at = sitting_of(draft, here)?.map(|sitting| sitting.begins_at);
        // What went to the next agenda already is postponed already.
        if begins_at.is_some_and(|begins_at| begins_at > origin.at) {
            return Ok(begins_at);
        }
        return agenda::pass_on(draft, here, origin, (&sitting.meeting, item));
    }
    record(draft, here, origin, SittingChange::Result { item, given });
    agenda::settle(draft, here, origin)?;
    let by = match &origin.by {
        Actor::Person(person) => Some(person.clone()),
        Actor::Outside(_) | Actor::Program => None,
    };
    let ruling = Ruling {
        granted: verdict == Some(Verdict::Accepted),
        meeting: Some(sitting.meeting.clone()),
        at: sitting.begins_at,
        votes,
        reason,
        by,
    };
    requests::rule(draft, item, origin, &ruling)?;
    Ok(None)
}

/// Who recorded reads what stands and what is asked, in one mail; the other who may record reads
/// what stands. Where nothing is asked, the mail with the sheets says it.
fn told(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    person: &PersonId,
    recorded: Vec<MinuteLine>,
    asked: Vec<MinuteLine>,
) -> Result<(), Missing> {
    agenda::settle(draft, id, origin)?;
    if asked.is_empty() && sheets::send(draft, (id, origin), Some(person), &recorded)? {
        return Ok(());
    }
    let Some(sitting) = sitting_of(draft, id)? else { return Ok(()) };
    let others =
        draft.desk.site.meeting(&sitting.meeting).into_iter().flat_map(|meeting| {
            [&meeting.chair].into_iter().chain(meeting.minutes.as_ref()).cloned()
        });
    let other = others.into_iter().find(|other| other != person);
    if let Some(other) = other.filter(|_| !recorded.is_empty()) {
        let by = draft.desk.register.name_of(person);
        tell(draft, (id, origin), &other, (recorded.clone(), Vec::new()), Some(by))?;
    }
    if recorded.is_empty() && asked.is_empty() {
        return Ok(());
    }
    tell(draft, (id, origin), person, (recorded, asked), None)
}

fn tell(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    person: &PersonId,
    (recorded, asked): (Vec<MinuteLine>, Vec<MinuteLine>),
    by: Option<String>,
) -> Result<(), Missing> {
    let Some(to) = tell::member(draft.desk, person) else { return Ok(()) };
    let Some(sitting) = sitting_of(draft, id)? else { return Ok(()) };
    let address = to.mailbox.address.clone();
    if caps::spend(draft, &address)?.err().is_some_and(|held| held != Held::Count) {
        draft.record_inside(id, origin, Change::NotSent { address, why: "cap".to_owned() });
        return Ok(());
    }
    let mut lines = [recorded, asked];
    for line in lines.iter_mut().flatten() {
        if let Some(ticket) = line.ticket
            && sitting.item(ticket).is_some()
            && let Some(request) = draft.ticket(ticket)?.and_then(|one| one.request.as_deref())
        {
            line.title = procedure::title(request, to.locale);
        }
    }
    let [recorded, asked] = lines;
    let matter = Matter::Minutes {
        meeting: agenda::title(draft, &sitting, to.locale),
        begins_at: sitting.begins_at,
        recorded,
        asked,
        by,
    };
    let change = SittingChange::Question { by: person.clone(), address: address.clone() };
    let question = record(draft, id, origin, change);
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let reply_to = ReplyTo::Question(question, address);
    let mut notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    notice.sequence = question;
    draft.notify(notice);
    Ok(())
}

/// A result by keyword, from anywhere: on the ticket of the request or with its number behind.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(crate) fn keyword(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    verdict: Verdict,
) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let (item, argument) = numbered(act.argument).unwrap_or((act.id, act.argument));
    let tabled = draft
        .ticket(item)?
        .and_then(|ticket| ticket.request.as_deref())
        .and_then(|request| request.tabled.clone());
    let Some((name, id)) = tabled else { return Ok(Outcome::plain(ResultKind::NoEffect)) };
    let may = draft.desk.site.meeting(&name).is_some_and(|meeting| meeting.records(person));
    if !may {
        return Ok(Outcome::plain(ResultKind::NotAllowed));
    }
    let (entry, begin) = minutes::of_argument(argument, item, verdict);
    let reason = begin.and_then(|begin| {
        let cut = act.argument.len().saturating_sub(argument.len()) + begin;
        let cut = act.argument.get(..cut)?.chars().count();
        act.words.map(|words| cut_off(words, cut))
    });
    let line = weigh(draft, (id, act.origin), &entry, reason)?;
    let (recorded, asked) = match line {
        Some(line) if line.query.is_some() => (Vec::new(), vec![line]),
        line => (line.into_iter().collect(), Vec::new()),
    };
    if recorded.is_empty() && asked.is_empty() {
        return Ok(Outcome::plain(ResultKind::Already));
    }
    told(draft, (id, act.origin), person, recorded, asked)?;
    Ok(Outcome::told())
}

/// The request that an argument names before anything else.
fn numbered(argument: &str) -> Option<(TicketId, &str)> {
    let start = argument.trim_start().trim_start_matches('#');
    let end = start.find(|c: char| !c.is_ascii_digit()).unwrap_or(start.len());
    let (number, rest) = start.split_at_checked(end)?;
    let is_vote = rest.trim_start().starts_with(':')
        && rest.trim_start_matches([':', ' ']).starts_with(|c: char| c.is_ascii_digit())
        && !rest.contains(' ');
    (!is_vote).then_some(())?;
    Some((TicketId(number.parse().ok()?), rest))
}

/// The words of a keyword's line without their first characters.
fn cut_off(words: &Excerpt, characters: usize) -> Excerpt {
    let mut words = words.clone();
    let more = u32::try_from(characters).unwrap_or(u32::MAX);
    let first = words.lines.first().map(|(from, _)| *from);
    match words.cuts.iter_mut().find(|(at, _)| Some(*at) == first) {
        Some((_, cut)) => *cut = cut.saturating_add(more),
        None => words.cuts.extend(first.map(|at| (at, more))),
    }
    words
}

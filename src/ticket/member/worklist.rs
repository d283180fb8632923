//! Lists that members send: answers to digests, and mails to the control address.
//!
//! Each line is done in its writer's right, and one mail says what became of all. Words go out
//! only behind a colon; what changed since a digest is left alone. Deliberately absent: how lines
//! are read (`lines`), what keywords do.

use jiff::Timestamp;

use crate::desk::Desk;
use crate::mail::subject;
use crate::ticket::caps;
use crate::ticket::case::{Missing, Sent};
use crate::ticket::command::fold::Word;
use crate::ticket::command::rhythm::{choose_rhythm, rhythm_of};
use crate::ticket::command::{By, Family, Outcome, away, fold, register, talk, train, undo, watch};
use crate::ticket::digest;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Notice, ReplyTo};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, KNOWN};
use crate::ticket::matter::{Matter, ResultKind, ResultLine};
use crate::ticket::member::lines::{self, Item, List};
use crate::ticket::member::task::{self, Task, Writer, remark};
use crate::ticket::member::{answered, asked_what_was_meant, carry_out_meant, claim, hold, split};
use crate::ticket::practice;
use crate::ticket::proof;
use crate::ticket::quarantine;
use crate::ticket::state::Actor;
use crate::ticket::{stay, tell};
use crate::types::{OutboxId, PersonId, QueueName, Sequence, TicketId};

/// Lines without effect that are named; more are a letter.
const NAMED_MAX: usize = 5;

/// Works a list by its lines. Who holds it is asked where its author is not proven.
pub(crate) fn work(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    (holder, list): (&PersonId, List),
) -> Result<(), Missing> {
    let sent = answered(draft, mail)?;
    let reply = split(mail, sent.as_ref());
    let person = author.person.as_ref().unwrap_or(holder);
    let locale = draft.desk.register.person(person).and_then(|person| person.locale);
    let locale = locale.unwrap_or(draft.desk.site.locale);
    let (items, rest) = lines::read(draft.desk, &reply, locale, list);
    if author.rung < KNOWN || author.person.is_none() {
        return unproven(draft, mail, author, holder, &items);
    }
    let writer = Writer::new(draft, mail, author, person);
    let answer = Answer { mail, sent: sent.as_ref(), writer };
    let mut lines = Vec::new();
    for item in &items {
        lines.extend(item.run(draft, &answer)?);
    }
    lines.extend(answer.without_number(draft, &rest, items.is_empty())?);
    stay::tell(draft, &answer.writer.origin, &mut lines, None);
    let to = tell::member(draft.desk, person).map(|to| to.mailbox.address);
    let subject = &mail.message.subject;
    if !lines.is_empty()
        && let Some(to) = to
        && caps::spend_result(draft, &to, subject)?
    {
        tell(draft, &answer.writer, mail, Matter::Result { lines, answered: false });
    }
    Ok(())
}

/// An answer to a digest, or to the result of one, by a proven member.
struct Answer<'a> {
    mail: &'a MailEvent,
    sent: Option<&'a Sent>,
    writer: Writer,
}

impl Answer<'_> {
    /// What follows from lines that name no ticket: the rest of the digest, a yes to the only
    /// thing that was asked, else nothing.
    fn without_number(
        &self,
        draft: &mut Draft<'_>,
        rest: &[String],
        is_alone: bool,
    ) -> Result<Vec<ResultLine>, Missing> {
        let text = rest.join("\n");
        if is_alone && let Some(word) = fold::one_word(&text, &self.writer.name) {
            return self.bare(draft, &text, word);
        }
        let mut lines = Vec::new();
        for line in rest {
            if !fold::is_more(line) {
                lines.push(remark(None, line, ResultKind::NoEffect, ""));
                continue;
            }
            let answered = self.sent.map(|sent| &sent.notice);
            let in_reply_to = self.mail.message.message_id.clone();
            if !digest::send_rest(draft, &self.writer.person, answered, in_reply_to)? {
                lines.push(remark(None, line, ResultKind::NoMore, ""));
            }
        }
        lines.truncate(NAMED_MAX);
        Ok(lines)
    }

    /// One word is the whole answer.
    fn bare(
        &self,
        draft: &mut Draft<'_>,
        text: &str,
        word: Word,
    ) -> Result<Vec<ResultLine>, Missing> {
        if let Some(asked) = asked_what_was_meant(self.sent, &self.writer) {
            return self.meant(draft, asked, word);
        }
        let items = self.sent.and_then(|sent| match &sent.notice.matter {
            Matter::Digest { items, .. } => Some(items),
            _ => None,
        });
        let mut held = items.into_iter().flatten().filter(|item| item.held);
        match (held.next(), held.next()) {
            (Some(only), None) => self.word_on(draft, only.ticket, text, word),
            _ => Ok(vec![remark(None, text, ResultKind::NoEffect, "")]),
        }
    }

    fn meant(
        &self,
        draft: &mut Draft<'_>,
        asked: &[ResultLine],
        word: Word,
    ) -> Result<Vec<ResultLine>, Missing> {
        if word == Word::Yes {
            carry_out_meant(draft, &self.writer, (asked, self.sent.map(|sent| sent.notice.at)))
        } else {
            Ok(Vec::new())
        }
    }

    /// One word behind a ticket's number: to what the result asked about it, or to the answer
    /// that waits there.
    fn word_on(
        &self,
        draft: &mut Draft<'_>,
        id: TicketId,
        written: &str,
        word: Word,
    ) -> Result<Vec<ResultLine>, Missing> {
        let asked = asked_what_was_meant(self.sent, &self.writer).unwrap_or_default();
        let asked: Vec<ResultLine> =
            asked.iter().filter(|line| line.ticket == Some(id)).cloned().collect();
        if asked.iter().any(|line| line.meant.is_some()) {
            return self.meant(draft, &asked, word);
        }
        let person = &self.writer.person;
        if task::access(draft, person, id)?.is_none() {
            return Ok(vec![remark(Some(id), written, ResultKind::NoTicket, "")]);
        }
        let held = hold::settleable(draft, person, id)?;
        if let [only] = held.as_slice()
            && let Some(done) = hold::settle(draft, &self.writer, id, *only, word)?
        {
            let mut lines = done.lines;
            if done.answered {
                let to = task::requestor_of(draft, id)?;
                lines.insert(0, remark(Some(id), written, ResultKind::Answered, &to));
            }
            return Ok(lines);
        }
        for hold in &held {
            hold::ask_person(draft, person, id, *hold)?;
        }
        let nothing = remark(Some(id), written, ResultKind::NoEffect, "");
        Ok(if held.is_empty() { vec![nothing] } else { Vec::new() })
    }
}

/// Sends the writer something that belongs to the digest and to no ticket.
fn tell(draft: &mut Draft<'_>, writer: &Writer, mail: &MailEvent, matter: Matter) {
    let desk = draft.desk;
    let Some(to) = tell::member(desk, &writer.person) else { return };
    let day = mail.received_at.to_zoned(desk.site.time_zone.clone()).date();
    let queue = served(desk, &writer.person).first().cloned();
    draft.notify(Notice {
        id: OutboxId(0),
        to: to.mailbox,
        person: to.person,
        locale: to.locale,
        form: to.form,
        queue: queue.unwrap_or_else(|| desk.dispatcher().clone()),
        ticket: None,
        sequence: Sequence(0),
        subject: subject::split(&mail.message.subject).bare,
        subject_day: None,
        reply_to: ReplyTo::Digest(writer.person.clone(), day),
        in_reply_to: mail.message.message_id.clone(),
        at: draft.now,
        best_before: None,
        leaves_at: None,
        matter,
    });
}

/// The queues that a person serves, by own or inherited membership.
pub(crate) fn served(desk: &Desk, person: &PersonId) -> Vec<QueueName> {
    let queues = desk.register.queues().map(|queue| &queue.name);
    queues.filter(|name| desk.register.access(person, name).is_some()).cloned().collect()
}

/// An unproven answer does nothing; the member is asked on the first ticket that is his to work on.
fn unproven(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    holder: &PersonId,
    items: &[Item],
) -> Result<(), Missing> {
    let mut kept = Vec::new();
    let mut shown = Vec::new();
    let mut first = None;
    for task in items.iter().flat_map(|item| item.tasks(mail)) {
        let Some(id) = task.ticket else { continue };
        if task::access(draft, holder, id)?.is_some() {
            first = first.or(Some(id));
            shown.push(task.written.clone());
            kept.push(task.keep());
        }
    }
    shown.dedup();
    let Some(id) = first else { return ask_again(draft, mail, author, holder, items) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    claim::question(draft, mail, &ticket, author, (holder, claim::of_lines(author, kept), shown))
}

/// Lines that belong to no ticket did nothing: the registered address is told, and the same line in
/// answer to that mail comes by its key.
fn ask_again(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    holder: &PersonId,
    items: &[Item],
) -> Result<(), Missing> {
    let lines = items.iter().filter(|item| item.tickets.is_empty() && item.keyword.is_ok());
    let lines: Vec<ResultLine> =
        lines.map(|item| remark(None, &item.written, ResultKind::Unproven, "")).collect();
    let Some(to) = tell::member(draft.desk, holder) else { return Ok(()) };
    if lines.is_empty()
        || !proof::may_ask(mail, author)
        || !caps::spend_result(draft, &to.mailbox.address, &mail.message.subject)?
    {
        return Ok(());
    }
    tell::to_coordinator(draft, mail, holder, Matter::Result { lines, answered: false });
    Ok(())
}

impl Item {
    fn run(&self, draft: &mut Draft<'_>, answer: &Answer<'_>) -> Result<Vec<ResultLine>, Missing> {
        let Answer { mail, writer, .. } = answer;
        if self.tickets.is_empty() {
            let only = answer.sent.and_then(|sent| only_ticket(&sent.notice));
            return match (&self.keyword, only) {
                (Ok(keyword), Some(id)) if keyword.name == undo::UNDO => {
                    task::run(draft, writer, id, &self.task(keyword, id, mail))
                }
                (Ok(keyword), _) if keyword.family == Family::Site => {
                    let said = self.task(keyword, task::NOWHERE, mail);
                    let argument = shown_in(answer.sent, said.argument);
                    let task = Task { ticket: None, argument, ..said };
                    task::run(draft, writer, task::NOWHERE, &task)
                }
                (Ok(keyword), _) if keyword.name == watch::LIST => {
                    let is_sent = digest::send_now(draft, &writer.person)?;
                    let nothing = remark(None, &self.written, ResultKind::NothingWaits, "");
                    Ok(if is_sent { Vec::new() } else { vec![nothing] })
                }
                _ => Ok(self.run_alone(draft, writer, mail)),
            };
        }
        let since = answer.sent.map(|sent| sent.notice.at);
        let mut lines = Vec::new();
        for id in self.tickets.iter().filter(|_| self.keyword.is_err()) {
            match self.word {
                Some(word) => lines.extend(answer.word_on(draft, *id, &self.written, word)?),
                None => lines.push(self.not_understood(draft, answer, *id)?),
            }
        }
        for task in self.tasks(mail) {
            let Some(id) = task.ticket else { continue };
            lines.extend(unless_moved(draft, writer, (id, &task), since)?);
        }
        Ok(lines)
    }

    /// No keyword: the nearest one is offered.
    fn not_understood(
        &self,
        draft: &Draft<'_>,
        Answer { mail, writer, .. }: &Answer<'_>,
        id: TicketId,
    ) -> Result<ResultLine, Missing> {
        if task::access(draft, &writer.person, id)?.is_none() {
            return Ok(remark(Some(id), &self.written, ResultKind::NoTicket, ""));
        }
        let near = self.keyword.as_ref().err().copied().flatten();
        let shown = near.map_or("", |near| near.shown(writer.locale));
        let result = remark(Some(id), &self.written, ResultKind::NotUnderstood, shown);
        let meant = near.map(|keyword| self.task(keyword, id, mail).keep());
        Ok(ResultLine { meant, ..result })
    }

    /// The writer is away, or there again.
    fn absence(&self, draft: &mut Draft<'_>, writer: &Writer, is_away: bool) -> ResultLine {
        let mut scratch = draft.clone();
        let draft = if self.tried { &mut scratch } else { draft };
        let Outcome { kind, detail, until, mut aside, .. } = if is_away {
            away::leave(draft, &writer.person, &self.argument)
        } else {
            away::end(draft, &writer.person)
        };
        aside.tried = self.tried.then(Vec::new);
        ResultLine { until, aside, ..remark(None, &self.written, kind, &detail) }
    }

    /// A keyword for no ticket: help, the choice of notices; the others need a number.
    fn run_alone(
        &self,
        draft: &mut Draft<'_>,
        writer: &Writer,
        mail: &MailEvent,
    ) -> Vec<ResultLine> {
        let line = |kind, detail: &str| remark(None, &self.written, kind, detail);
        match &self.keyword {
            Ok(keyword) if keyword.name == "help" => {
                let by = By::Member(&writer.person);
                match talk::help_of(draft.desk, &self.argument, by, writer.locale) {
                    Ok(matter) => tell(draft, writer, mail, matter),
                    Err(names) => return vec![line(ResultKind::BadArgument, &names)],
                }
                Vec::new()
            }
            Ok(keyword) if keyword.name == "notify" => {
                if talk::choice_of(&self.argument).is_none()
                    && let Some(choice) = rhythm_of(draft.desk, &self.argument)
                {
                    let outcome = choose_rhythm(draft, &writer.person, choice);
                    return vec![line(outcome.kind, &outcome.detail)];
                }
                let queues = served(draft.desk, &writer.person);
                let outcomes: Vec<_> = queues
                    .iter()
                    .filter(|name| {
                        let queue = draft.desk.register.queue(name);
                        queue.is_some_and(|queue| queue.member(&writer.person).is_some())
                    })
                    .map(|name| talk::choose(draft, name, &writer.person, &self.argument))
                    .collect();
                let last = outcomes.iter().find(|outcome| outcome.kind == ResultKind::NotifySet);
                let told = last.or_else(|| outcomes.first());
                told.map(|outcome| line(outcome.kind, &outcome.detail)).into_iter().collect()
            }
            Ok(keyword) if keyword.name == register::REGISTER => {
                let outcome = register::send(draft, &writer.person, &self.argument);
                let told = (!outcome.is_told).then(|| line(outcome.kind, &outcome.detail));
                told.into_iter().collect()
            }
            Ok(keyword) if matches!(keyword.name, away::AWAY | away::BACK) => {
                vec![self.absence(draft, writer, keyword.name == away::AWAY)]
            }
            Ok(keyword) if keyword.name == train::PRACTICE => {
                if let Some(queue) =
                    served(draft.desk, &writer.person).first().filter(|_| !self.tried)
                {
                    practice::begin(draft, &writer.origin, &writer.person, queue);
                }
                Vec::new()
            }
            Ok(_) => vec![line(ResultKind::NoNumber, "")],
            Err(near) => {
                let near = near.map_or("", |near| near.shown(writer.locale));
                vec![line(ResultKind::NotUnderstood, near)]
            }
        }
    }
}

/// What stands behind a keyword of the site, or the only message that the answered report shows.
fn shown_in(sent: Option<&Sent>, argument: String) -> String {
    let lying = sent.and_then(|sent| match &sent.notice.matter {
        Matter::Quarantine { lying, more: 0 } => Some(lying.as_slice()),
        _ => None,
    });
    match lying {
        Some([only]) if !argument.contains(|c: char| c.is_ascii_digit()) => {
            format!("{} {argument}", quarantine::name(only.message)).trim_end().to_owned()
        }
        _ => argument,
    }
}

/// The only ticket that a result is about.
fn only_ticket(notice: &Notice) -> Option<TicketId> {
    if matches!(notice.matter, Matter::Practice { .. }) {
        return notice.ticket;
    }
    let Matter::Result { lines, .. } = &notice.matter else { return None };
    let mut tickets: Vec<TicketId> = lines.iter().filter_map(|line| line.ticket).collect();
    tickets.dedup();
    match tickets.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Does a line, unless somebody else changed its ticket since the mail that it answers: what would
/// still change something is asked about once more.
pub(crate) fn unless_moved(
    draft: &mut Draft<'_>,
    writer: &Writer,
    (id, task): (TicketId, &Task),
    since: Option<Timestamp>,
) -> Result<Vec<ResultLine>, Missing> {
    let who = match since {
        Some(since) if task.keyword.family == Family::Work && !task.tried => {
            moved_by(draft, writer, id, since)?
        }
        _ => None,
    };
    let Some(who) = who else { return task::run(draft, writer, id, task) };
    let mut scratch = draft.clone();
    let would = task::run(&mut scratch, writer, id, task)?;
    // Who is asked first whether it was he is asked about this with his yes.
    if would.is_empty() || scratch.records().count() == draft.records().count() {
        return task::run(draft, writer, id, task);
    }
    let line = remark(Some(id), &task.written, ResultKind::MovedOn, &who);
    let meant = Task { ticket: Some(id), ..task.clone() };
    Ok(vec![ResultLine { meant: Some(meant.keep()), ..line }])
}

/// Who else answered on a ticket, or changed how it stands, since then.
fn moved_by(
    draft: &Draft<'_>,
    writer: &Writer,
    id: TicketId,
    since: Timestamp,
) -> Result<Option<String>, Missing> {
    let is_touched = draft.ticket(id)?.is_some_and(|ticket| ticket.updated_at > since);
    if !is_touched || task::access(draft, &writer.person, id)?.is_none() {
        return Ok(None);
    }
    let me = Actor::Person(writer.person.clone());
    let mut history = draft.case().history(id)?.iter().rev().take_while(|line| line.at > since);
    let moved = history.find(|line| line.by != me && undo::moves(&line.change));
    Ok(moved.map(|line| match &line.by {
        Actor::Person(person) => draft.desk.register.name_of(person),
        Actor::Outside(address) => address.to_string(),
        Actor::Program => draft.desk.site.name.clone(),
    }))
}

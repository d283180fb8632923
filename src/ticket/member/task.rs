//! A keyword line that is to be done: on which ticket, with which right, what became of it.

use std::collections::BTreeSet;

use crate::desk::Access;
use crate::mail::Attachment;
use crate::mail::quote::Reply;
use crate::ticket::answer::{self, Answer};
use crate::ticket::case::Missing;
use crate::ticket::command::read::{excerpt, shorten};
use crate::ticket::command::{
    self, Act, Argument, By, Family, Keyword, Line, Outcome, What, site, talk, undo,
};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::{Aside, Excerpt, ResultKind, ResultLine};
use crate::ticket::merge;
use crate::ticket::proof::{self, Asking, Deed, Purpose};
use crate::ticket::receive::origin;
use crate::ticket::state::{Actor, Change, Claim, Held, KeptLine, Status};
use crate::ticket::tell;
use crate::types::{Address, Locale, Mailbox, PersonId, Position, TicketId};

/// Who writes, with what: the same for every line of one mail.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) locale: Locale,
    pub(crate) origin: Origin,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) has_it: BTreeSet<Address>,
    /// Where the mail came from, and whether it may lead to a question about its author.
    pub(crate) from: Mailbox,
    pub(crate) may_be_asked: bool,
}

impl Writer {
    pub(crate) fn new(
        draft: &Draft<'_>,
        mail: &MailEvent,
        author: &Author,
        person: &PersonId,
    ) -> Self {
        let known = draft.desk.register.person(person);
        Self {
            person: person.clone(),
            name: known.map(|person| person.name.clone()).unwrap_or_default(),
            locale: known.and_then(|person| person.locale).unwrap_or(draft.desk.site.locale),
            origin: origin(mail, Some(author)),
            attachments: mail.message.attachments.clone(),
            has_it: tell::has_it(mail),
            from: author.mailbox.clone(),
            may_be_asked: proof::may_ask(mail, author),
        }
    }

    /// Who wrote a held answer, acting through the word of a colleague who has it already.
    pub(crate) fn of_held(draft: &Draft<'_>, held: &Held, releaser: &Self) -> Self {
        let known = draft.desk.register.person(&held.by);
        let has_it = tell::member(draft.desk, &releaser.person).map(|to| to.mailbox.address);
        let origin = Origin {
            by: Actor::Person(held.by.clone()),
            message: Some(held.message),
            ..releaser.origin.clone()
        };
        Self {
            person: held.by.clone(),
            name: draft.desk.register.name_of(&held.by),
            locale: known.and_then(|person| person.locale).unwrap_or(draft.desk.site.locale),
            origin,
            attachments: held.attachments.clone(),
            has_it: has_it.into_iter().collect(),
            from: releaser.from.clone(),
            may_be_asked: false,
        }
    }
}

/// One keyword that is to be done.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) ticket: Option<TicketId>,
    pub(crate) keyword: &'static Keyword,
    pub(crate) argument: String,
    /// The line as it was written.
    pub(crate) written: String,
    pub(crate) words: Option<Excerpt>,
    /// The message that these words were quoted from, if a notice of ours showed it.
    pub(crate) quotes: Option<Position>,
    /// The words go to the requestor.
    pub(crate) is_answer: bool,
    /// It is only tried.
    pub(crate) tried: bool,
}

impl Task {
    /// The task of a line that was understood.
    pub(crate) fn of(line: &Line, mail: &MailEvent) -> Option<Self> {
        let What::Known(keyword, argument) = &line.what else { return None };
        let words = excerpt(mail.position, &line.words);
        let is_empty = crate::ticket::words::of(&words, &mail.message.text).is_empty();
        Some(Self {
            ticket: line.ticket,
            keyword,
            argument: argument.clone(),
            written: line.written.clone(),
            words: (!is_empty).then_some(words),
            quotes: None,
            is_answer: line.is_answer,
            tried: line.tried,
        })
    }

    /// The task of a line that was kept.
    pub(crate) fn of_kept(kept: &KeptLine) -> Option<Self> {
        let line = command::kept(&kept.line)?;
        let What::Known(keyword, argument) = line.what else { return None };
        Some(Self {
            ticket: line.ticket,
            keyword,
            argument,
            written: line.written,
            words: kept.text.clone(),
            quotes: kept.quotes,
            is_answer: line.is_answer && kept.text.is_some(),
            tried: line.tried,
        })
    }

    /// The line as it is kept until a question is answered.
    pub(crate) fn keep(&self) -> KeptLine {
        let number = self.ticket.map(|ticket| format!("{ticket} ")).unwrap_or_default();
        let colon = if self.is_answer { ":" } else { "" };
        let tried = if self.tried { "try " } else { "" };
        let line = format!("!{number}{tried}{}{colon} {}", self.keyword.name, self.argument);
        KeptLine { line: line.trim_end().to_owned(), text: self.words.clone(), quotes: self.quotes }
    }

    /// The line for a reader of a language, without its marker.
    pub(crate) fn shown(&self, locale: Locale) -> String {
        let number = self.ticket.map(|ticket| format!("{ticket} ")).unwrap_or_default();
        let line = format!("{number}{} {}", self.keyword.shown(locale), self.argument);
        line.trim_end().to_owned()
    }

    fn result(&self, ticket: TicketId, kind: ResultKind, detail: &str) -> ResultLine {
        let detail = detail.to_owned();
        ResultLine {
            ticket: Some(ticket),
            line: self.written.clone(),
            outcome: kind,
            detail,
            until: None,
            aside: Aside::NONE,
            meant: None,
        }
    }
}

/// What a writer may do on a ticket; nothing if there is no such ticket for him.
pub(crate) fn access(
    draft: &Draft<'_>,
    person: &PersonId,
    id: TicketId,
) -> Result<Option<Access>, Missing> {
    let queue = draft.ticket(id)?.map(|ticket| ticket.queue.clone());
    Ok(queue.and_then(|queue| draft.desk.register.access(person, &queue)))
}

/// Does one keyword and says what became of it.
pub(crate) fn run(
    draft: &mut Draft<'_>,
    writer: &Writer,
    home: TicketId,
    task: &Task,
) -> Result<Vec<ResultLine>, Missing> {
    if task.tried && task.keyword.name != undo::TRY {
        return try_out(draft, writer, home, task);
    }
    if task.keyword.family == Family::Site {
        return for_the_site(draft, writer, home, (task, false));
    }
    let id = merge::last(draft, task.ticket.unwrap_or(home))?;
    let access = match access(draft, &writer.person, id)? {
        None if task.keyword.name == undo::UNDO => undo::lost_access(draft, &writer.person, id)?,
        access => access,
    };
    let Some(access) = access else {
        return Ok(vec![task.result(id, ResultKind::NoTicket, "")]);
    };
    if task.keyword.member.is_none_or(|needed| access < needed) {
        return Ok(vec![task.result(id, ResultKind::NotAllowed, "")]);
    }
    if let Err(wrong) = command::check(draft, task.keyword, &task.argument) {
        return Ok(vec![refused(writer, id, task, &wrong)]);
    }
    let is_task = draft.ticket(id)?.is_some_and(|ticket| ticket.task_of.is_some());
    let needed = if is_task { proof::needed_to_report } else { proof::needed_by };
    if writer.origin.rung < needed(draft.desk, task.keyword) {
        // The question is a mail of its own, so no line of a result says it.
        let asked = ask_for_proof(draft, writer, home, task)?;
        let refused = task.result(id, ResultKind::NotAllowed, "");
        return Ok(if asked { Vec::new() } else { vec![refused] });
    }
    carry_out(draft, writer, id, task)
}

/// Where no ticket is: what keywords of the site are said on in lists.
pub(crate) const NOWHERE: TicketId = TicketId(0);

/// Does a keyword of the site, for coordinators only.
fn for_the_site(
    draft: &mut Draft<'_>,
    writer: &Writer,
    home: TicketId,
    (task, is_tried): (&Task, bool),
) -> Result<Vec<ResultLine>, Missing> {
    let said = |kind, detail: &str| ResultLine { ticket: None, ..task.result(home, kind, detail) };
    if !site::may_use(draft.desk, task.keyword, &writer.person) {
        return Ok(vec![said(ResultKind::NotAllowed, "")]);
    }
    if writer.origin.rung < proof::needed_by(draft.desk, task.keyword) {
        let asked = home != NOWHERE && ask_for_proof(draft, writer, home, task)?;
        return Ok(if asked { Vec::new() } else { vec![said(ResultKind::NotAllowed, "")] });
    }
    let act = Act {
        id: task.ticket.unwrap_or(home),
        by: By::Member(&writer.person),
        origin: &writer.origin,
        argument: &task.argument,
        words: task.words.as_ref(),
        quotes: task.quotes,
        attachments: &[],
        has_it: &writer.has_it,
    };
    let Outcome { kind, detail, until, aside, is_told } = (task.keyword.run)(draft, &act)?;
    let line = ResultLine { until, aside, ..said(kind, &detail) };
    // What is only tried reaches nobody by the mail of its own that would tell it.
    let is_silent = is_told && !(is_tried && kind != ResultKind::NoEffect);
    Ok(if is_silent { Vec::new() } else { vec![line] })
}

/// A line whose argument will not do.
fn refused(writer: &Writer, id: TicketId, task: &Task, wrong: &command::Wrong) -> ResultLine {
    let Some(argument) = wrong.meant.clone() else {
        return task.result(id, wrong.kind, &wrong.detail);
    };
    let shown = format!("{} {argument}", task.keyword.shown(writer.locale));
    let line = task.result(id, ResultKind::NotUnderstood, &shown);
    let meant = Task { ticket: Some(id), argument, ..task.clone() };
    ResultLine { meant: Some(meant.keep()), ..line }
}

/// Says what a keyword would do and who would get mail, and does nothing.
fn try_out(
    draft: &Draft<'_>,
    writer: &Writer,
    home: TicketId,
    task: &Task,
) -> Result<Vec<ResultLine>, Missing> {
    let mut scratch = draft.clone();
    let before = scratch.notices().count();
    let real = Task { tried: false, ..task.clone() };
    let mut lines = match task.keyword.family {
        Family::Site => for_the_site(&mut scratch, writer, home, (&real, true))?,
        _ => run(&mut scratch, writer, home, &real)?,
    };
    if lines.is_empty() {
        let id = task.ticket.unwrap_or(home);
        let line = task.result(id, ResultKind::Mails, "");
        let is_of_site = task.keyword.family == Family::Site;
        return Ok(vec![ResultLine { ticket: line.ticket.filter(|_| !is_of_site), ..line }]);
    }
    let own = tell::member(draft.desk, &writer.person).map(|to| to.mailbox.address);
    let told = scratch.notices().skip(before).map(|notice| &notice.to);
    let told = told.filter(|to| Some(&to.address) != own.as_ref());
    let mut seen = BTreeSet::new();
    let told = told.map(|to| to.shown().to_owned());
    let names: Vec<String> = told.filter(|name| seen.insert(name.clone())).collect();
    let done = lines.iter_mut().filter(|line| line.meant.is_none());
    done.for_each(|line| line.aside.tried = Some(names.clone()));
    Ok(lines)
}

/// Sends the words behind a keyword's colon, if there are any, and does it.
fn carry_out(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    task: &Task,
) -> Result<Vec<ResultLine>, Missing> {
    let mut lines = Vec::new();
    let mut words = task.words.as_ref();
    if task.is_answer
        && let Some(text) = words.take()
    {
        let answer = Answer {
            text: text.clone(),
            canned: None,
            attachments: vec![],
            has_it: BTreeSet::new(),
        };
        let to = send(draft, writer, id, &answer)?;
        lines.push(task.result(id, ResultKind::Answered, &to));
    }
    let act = Act {
        id,
        by: By::Member(&writer.person),
        origin: &writer.origin,
        argument: &task.argument,
        words,
        quotes: task.quotes,
        attachments: if task.keyword.argument == Argument::Words {
            &writer.attachments
        } else {
            &[]
        },
        has_it: &writer.has_it,
    };
    let Outcome { kind, detail, until, aside, is_told } = (task.keyword.run)(draft, &act)?;
    if !lines.is_empty() {
        own(draft, writer, id)?;
    }
    if !is_told {
        lines.push(ResultLine { until, aside, ..task.result(id, kind, &detail) });
    }
    Ok(lines)
}

/// A keyword needs more proof than its writer has: his registered address is asked, and a yes does
/// it. Says whether somebody was asked.
fn ask_for_proof(
    draft: &mut Draft<'_>,
    writer: &Writer,
    home: TicketId,
    task: &Task,
) -> Result<bool, Missing> {
    let Some(message) = writer.origin.message.filter(|_| writer.may_be_asked) else {
        return Ok(false);
    };
    let claim = Claim {
        from: writer.from.clone(),
        text: None,
        attachments: Vec::new(),
        keywords: vec![task.keep()],
    };
    let asking = Asking {
        id: home,
        whom: Actor::Person(writer.person.clone()),
        from: writer.from.address.clone(),
        origin: writer.origin.clone(),
        message,
        purpose: Purpose::Answer,
        deed: Deed::Letter(Box::new(claim)),
        lines: vec![task.shown(writer.locale)],
        matter: None,
    };
    Ok(proof::ask(draft, asking)?.is_some())
}

/// Sends a member's answer: the ticket is open. Returns to whom it went.
pub(crate) fn send(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    answer: &Answer,
) -> Result<String, Missing> {
    answer::send(draft, id, &writer.origin, &writer.person, answer)?;
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(String::new()) };
    if ticket.status == Status::New || (ticket.suspect && ticket.status.is_active()) {
        draft.record_inside(id, &writer.origin, Change::Status { status: Status::Open });
    }
    Ok(ticket.requestors.first().map_or("", Mailbox::shown).to_owned())
}

/// Whoever answered has the ticket, unless somebody has it or the writer left its queue.
pub(crate) fn own(draft: &mut Draft<'_>, writer: &Writer, id: TicketId) -> Result<(), Missing> {
    let is_nobodys = draft
        .ticket(id)?
        .is_some_and(|ticket| ticket.owner.is_none() && ticket.status != Status::Rejected);
    // A line of the same mail that gave it to nobody was meant.
    if is_nobodys && !draft.gives(id) && access(draft, &writer.person, id)? == Some(Access::Write) {
        let owner = Some(writer.person.clone());
        draft.record_inside(id, &writer.origin, Change::Owner { owner });
    }
    Ok(())
}

/// Says words inside: to the owner, watchers, or everyone while the ticket is nobody's.
pub(crate) fn comment(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    words: &Excerpt,
) -> Result<ResultKind, Missing> {
    let act = Act {
        id,
        by: By::Member(&writer.person),
        origin: &writer.origin,
        argument: "",
        words: Some(words),
        quotes: None,
        attachments: &writer.attachments,
        has_it: &writer.has_it,
    };
    talk::say(draft, &act).map(|outcome| outcome.kind)
}

/// The name that a reader knows a ticket's requestor by.
pub(crate) fn requestor_of(draft: &Draft<'_>, id: TicketId) -> Result<String, Missing> {
    let ticket = draft.ticket(id)?;
    let requestor = ticket.and_then(|ticket| ticket.requestors.first());
    Ok(requestor.map_or("", Mailbox::shown).to_owned())
}

/// The new words of a reply as they stand.
pub(crate) fn new_text(reply: &Reply<'_>) -> String {
    let new = reply.lines.iter().filter(|line| line.part.is_shown());
    let lines: Vec<&str> = new.map(|line| line.text).collect();
    lines.join("\n").trim().to_owned()
}

/// A result line about a text that is no keyword.
pub(crate) fn remark(
    ticket: Option<TicketId>,
    text: &str,
    outcome: ResultKind,
    detail: &str,
) -> ResultLine {
    let line = shorten(text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default());
    ResultLine {
        ticket,
        line,
        outcome,
        detail: detail.to_owned(),
        until: None,
        aside: Aside::NONE,
        meant: None,
    }
}

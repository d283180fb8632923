//! Mail in a member's name that proves nothing: kept inside, and the registered address is asked.
//!
//! Nothing is done before the member says yes; nobody is asked where the mail would have had no
//! effect, or where a trusted verdict failed it.

use crate::desk::{Access, RegisterChange};
use crate::ticket::answer::Answer;
use crate::ticket::case::Missing;
use crate::ticket::command::read::excerpt;
use crate::ticket::command::{self, Argument, Eyes, Reader, What};
use crate::ticket::draft::Draft;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::ResultKind;
use crate::ticket::member::task::{self, Task, Writer, remark};
use crate::ticket::member::{Way, answered, confirm, split};
use crate::ticket::proof::{self, Asking, Deed, Purpose};
use crate::ticket::receive;
use crate::ticket::state::{Actor, Change, Claim, KeptLine, Ticket};
use crate::ticket::tell;
use crate::ticket::words;
use crate::types::{PersonId, Sequence, TicketId};

/// In whose name a mail came, and where its words would go.
pub(crate) struct Whose<'a> {
    pub(crate) person: &'a PersonId,
    pub(crate) way: Way,
}

/// Keeps the words inside and asks the member.
pub(crate) fn ask(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    whose: &Whose<'_>,
) -> Result<(), Missing> {
    let sent = answered(draft, mail)?;
    let reply = split(mail, sent.as_ref());
    let Some(to) = tell::member(draft.desk, whose.person) else { return Ok(()) };
    let eyes = Eyes { reader: Reader::Member, locale: to.locale, pseudo: None };
    let reading = command::read(&reply, &eyes);
    let origin = receive::origin(mail, Some(author));
    let text = words::new_or_whole(mail.position, &mail.message.text, &reply);
    draft.record_inside(ticket.id, &origin, Change::Comment { text });
    let tasks = reading.lines.iter().filter_map(|line| Task::of(line, mail));
    // What was to stay inside is kept inside already.
    let tasks: Vec<Task> = tasks.filter(|task| task.keyword.argument != Argument::Words).collect();
    let text = excerpt(mail.position, &reading.words);
    let is_empty = words::of(&text, &mail.message.text).is_empty();
    let claim = Claim {
        from: author.mailbox.clone(),
        text: (!is_empty && whose.way == Way::Public).then_some(text),
        attachments: mail.message.attachments.clone(),
        keywords: tasks.iter().map(Task::keep).collect(),
    };
    let shown = tasks.iter().map(|task| task.shown(to.locale));
    question(draft, mail, ticket, author, (whose.person, claim, shown.collect()))
}

/// Whether a mail is nothing but keywords that this site lets even a claimed author use.
pub(crate) fn needs_no_proof(
    draft: &Draft<'_>,
    mail: &MailEvent,
    author: &Author,
) -> Result<bool, Missing> {
    let sent = answered(draft, mail)?;
    let reply = split(mail, sent.as_ref());
    let eyes = Eyes { reader: Reader::Member, locale: draft.desk.site.locale, pseudo: None };
    let reading = command::read(&reply, &eyes);
    let words = excerpt(mail.position, &reading.words);
    let is_enough = |line: &command::Line| {
        matches!(&line.what, What::Known(keyword, _)
            if proof::needed_by(draft.desk, keyword) <= author.rung && !line.is_answer)
    };
    Ok(!author.suspect
        && mail.message.attachments.is_empty()
        && words::of(&words, &mail.message.text).is_empty()
        && !reading.lines.is_empty()
        && reading.lines.iter().all(is_enough))
}

/// Asks a member whether a mail in his name was his.
pub(crate) fn question(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    (person, claim, lines): (&PersonId, Claim, Vec<String>),
) -> Result<(), Missing> {
    let has_effect = claim.text.is_some() || !claim.keywords.is_empty();
    if !has_effect || !proof::may_ask(mail, author) {
        return Ok(());
    }
    let asking = Asking {
        id: ticket.id,
        whom: Actor::Person(person.clone()),
        from: author.mailbox.address.clone(),
        origin: receive::origin(mail, Some(author)),
        message: mail.position,
        purpose: Purpose::Answer,
        deed: Deed::Letter(Box::new(claim)),
        lines,
        matter: None,
    };
    proof::ask(draft, asking)?;
    Ok(())
}

/// The member said whether it was him: a claim is what his yes does, and the address that it came
/// from is his from now on.
pub(crate) fn settle(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    question: Sequence,
    claim: Option<&Claim>,
) -> Result<(), Missing> {
    proof::use_up(draft, id, &writer.origin, question);
    let Some(claim) = claim else { return Ok(()) };
    adopt(draft, writer, claim);
    let mut lines = Vec::new();
    let mut is_sent = false;
    if let Some(text) = &claim.text {
        is_sent = task::access(draft, &writer.person, id)? == Some(Access::Write);
        if is_sent {
            let answer = Answer {
                canned: None,
                text: text.clone(),
                attachments: claim.attachments.clone(),
                has_it: std::collections::BTreeSet::new(),
            };
            task::send(draft, writer, id, &answer)?;
        } else {
            lines.push(remark(Some(id), "", ResultKind::NotAllowed, ""));
        }
    }
    for kept in claim.keywords.iter().filter_map(Task::of_kept).collect::<Vec<_>>() {
        lines.extend(task::run(draft, writer, id, &kept)?);
    }
    if is_sent {
        task::own(draft, writer, id)?;
    }
    confirm(draft, writer, id, lines, is_sent)
}

/// Adds the address that a member wrote from, unless it is somebody's or ours.
fn adopt(draft: &mut Draft<'_>, writer: &Writer, claim: &Claim) {
    let desk = draft.desk;
    let address = &claim.from.address;
    if desk.register.person_at(address).is_some() || desk.is_own(address) {
        return;
    }
    if let Some(person) = desk.register.person(&writer.person) {
        let mut person = person.clone();
        person.addresses.push(address.clone());
        draft.enroll(RegisterChange::Person(person));
    }
}

/// Keyword lines for several tickets, kept as a claim.
pub(crate) fn of_lines(author: &Author, keywords: Vec<KeptLine>) -> Claim {
    Claim { from: author.mailbox.clone(), text: None, attachments: Vec::new(), keywords }
}

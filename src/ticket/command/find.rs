//! The keyword that finds tickets by their words.
//!
//! Only tickets of queues that its author may read are found. Deliberately absent: where words are
//! kept (`store::index`).

use crate::desk::Access;
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Argument, By, Keyword, Outcome};
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::query::{Query, Search};
use crate::ticket::state::Ticket;

/// Tickets that one line of a result names.
const NAMED_MAX: usize = 10;
/// Characters of a subject that are shown.
const SUBJECT_CHARS_MAX: usize = 60;

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[Keyword {
    name: "search",
    names: [
        &["suche", "suchen", "finde"],
        &["search", "find"],
        &["etsi", "haku", "hae"],
        &["sök", "hitta"],
    ],
    argument: Argument::Query,
    help: [
        "und Wörter: wo sie stehen; auch Anfang*, queue:NAME, since:JJJJ-MM",
        "and words: where they stand; also begin*, queue:NAME, since:YYYY-MM",
        "ja sanoja: missä ne ovat; myös alku*, queue:NIMI, since:VVVV-KK",
        "och ord: var de står; även början*, queue:NAMN, since:ÅÅÅÅ-MM",
    ],
    run: search,
    ..Keyword::BASE
}];

fn search(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let query = match Query::parse(act.argument, &draft.desk.site.time_zone) {
        Ok(query) => query,
        Err(part) => return Ok(Outcome::of(ResultKind::BadArgument, part)),
    };
    let register = &draft.desk.register;
    let may_read = |name: &&crate::types::QueueName| {
        register.access(person, name).is_some_and(|access| access >= Access::Read)
    };
    let queues = register.queues().map(|queue| &queue.name).filter(may_read).cloned().collect();
    let Some((tickets, more)) = draft.case().search(&Search { query, queues })? else {
        return Ok(Outcome::plain(ResultKind::NoSearch));
    };
    if tickets.is_empty() {
        return Ok(Outcome::plain(ResultKind::NothingFound));
    }
    let beyond = more + tickets.len().saturating_sub(NAMED_MAX);
    let mut named: Vec<String> = tickets.iter().take(NAMED_MAX).map(named).collect();
    if beyond > 0 {
        named.push(format!("+{beyond}"));
    }
    Ok(Outcome::of(ResultKind::Found, named.join("; ")))
}

/// A ticket in a few words: number, subject, queue.
fn named(ticket: &Ticket) -> String {
    let mut subject: String = ticket.subject.chars().take(SUBJECT_CHARS_MAX).collect();
    if subject.len() < ticket.subject.len() {
        subject.push_str("..");
    }
    format!("#{} {subject} ({})", ticket.id, ticket.queue).replace("  ", " ")
}

//! What becomes of an answer to the question whether help is needed.
//!
//! Questions about how things are done go to the area, technical ones to the team for it, and what
//! no rule says to the dispatcher, where the coordinator finds it. Deliberately absent: the
//! question itself (`outcome`).

use jiff::SignedDuration;

use crate::desk::step::{Step, Tell};
use crate::mail::quote;
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::event::MailEvent;
use crate::ticket::first::{self, First};
use crate::ticket::identity::Author;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::request::{HelpKind, RequestChange};
use crate::ticket::procedure::stance::{self, Word};
use crate::ticket::procedure::{collect, record};
use crate::ticket::receive::{letter, origin, words_of};
use crate::types::TicketId;

/// For so long an answer to the outcome is one about help.
const ANSWER_SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Words of technical questions, or their beginnings; folded.
const TECHNICAL: [&str; 40] = [
    "passwort",
    "password",
    "salasana",
    "loesenord",
    "login",
    "einlogg",
    "logga",
    "kirjautu",
    "anmeld",
    "zugangsdaten",
    "browser",
    "fehlermeldung",
    "fehler",
    "error",
    "virhe",
    "felmeddelande",
    "server",
    "link",
    "app",
    "outlook",
    "thunderbird",
    "gmail",
    "smtp",
    "imap",
    "anhang",
    "attachment",
    "liite",
    "bilaga",
    "zertifikat",
    "certificate",
    "verschluessel",
    "pgp",
    "spam",
    "technisch",
    "technical",
    "tekninen",
    "teknisk",
    "funktioniert",
    "installier",
    "install",
];
/// Words of questions about how things are done, or their beginnings; folded.
const PROCEDURAL: [&str; 40] = [
    "wie beantworte",
    "antwort",
    "answer",
    "vastaa",
    "svara",
    "regel",
    "rule",
    "saanto",
    "saeaentoe",
    "frist",
    "deadline",
    "maeaeraeaika",
    "tidsfrist",
    "zustaendig",
    "responsible",
    "wer ist",
    "wer darf",
    "darf ich",
    "may i",
    "saanko",
    "far jag",
    "muss ich",
    "should i",
    "ablauf",
    "procedure",
    "menettely",
    "queue",
    "ticket",
    "schliess",
    "close",
    "uebernehm",
    "take over",
    "vertret",
    "urlaub",
    "absence",
    "eskal",
    "escalat",
    "vorgehen",
    "wie geht man",
    "what do i do",
];
/// Plain words that say that nothing is needed; folded.
const NONE: [&str; 16] = [
    "alles klar",
    "alles gut",
    "passt",
    "brauche keine",
    "keine hilfe",
    "keine fragen",
    "all clear",
    "all good",
    "no help",
    "fine",
    "kaikki selvaeae",
    "en tarvitse",
    "allt klart",
    "behoevs inte",
    "allt bra",
    "komme zurecht",
];

/// The requestor of a request that was granted wrote: says whether the answer is settled with it.
pub(super) fn answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<bool, Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(false) };
    let Some(request) = ticket.request.as_deref() else { return Ok(false) };
    let asked = request.procedure.steps.iter().find_map(|step| match step {
        Step::Tell(tell) if tell.ask_help => Some(tell.clone()),
        _ => None,
    });
    let ended_at = ticket.ended_at.filter(|_| request.granted == Some(true));
    let (Some(tell), Some(ended_at)) = (asked, ended_at) else { return Ok(false) };
    let is_late = mail.received_at.duration_since(ended_at) > ANSWER_SPAN;
    if request.help.is_some() || is_late || author.suspect {
        return Ok(false);
    }
    let answered = collect::answered_text(draft, mail)?;
    let reply = quote::split_message(&mail.message, answered.as_deref());
    let words = stance::own_words(&reply, &mail.message);
    let kind = kind(&words);
    let origin = origin(mail, Some(author));
    let text = words_of(mail);
    draft.record(id, &origin, letter(mail, author.mailbox.clone(), text.clone(), None));
    record(draft, id, &origin, RequestChange::Help { kind, text });
    if kind == HelpKind::None {
        return Ok(true);
    }
    let queue = route(draft, &tell, kind);
    let first = First { queues: vec![queue], claims: None, linked: Some(id), receipt: false };
    first::begin(draft, mail, Some(author), &first)?;
    Ok(true)
}

fn route(draft: &Draft<'_>, tell: &Tell, kind: HelpKind) -> crate::types::QueueName {
    let help = tell.help.as_ref();
    let named = match kind {
        HelpKind::Procedure => help.and_then(|help| help.procedure.clone()),
        HelpKind::Technical => help.and_then(|help| help.technical.clone()),
        HelpKind::Undecided | HelpKind::None => None,
    };
    let is_queue = |queue: &crate::types::QueueName| draft.desk.register.queue(queue).is_some();
    named.filter(is_queue).unwrap_or_else(|| draft.desk.dispatcher().clone())
}

/// What kind of help words ask for.
fn kind(words: &str) -> HelpKind {
    let folded = fold(words);
    let is_none = stance::answer(words) == Some(Word::No)
        || stance::begins_with_no(words) && folded.split(' ').count() <= 4
        || NONE.iter().any(|phrase| folded.contains(phrase)) && !words.contains('?');
    if folded.is_empty() || is_none {
        return HelpKind::None;
    }
    let padded = format!(" {folded}");
    let count =
        |table: &[&str]| table.iter().filter(|start| padded.contains(&format!(" {start}"))).count();
    let (technical, procedural) = (count(&TECHNICAL), count(&PROCEDURAL));
    match technical.cmp(&procedural) {
        std::cmp::Ordering::Greater => HelpKind::Technical,
        std::cmp::Ordering::Less => HelpKind::Procedure,
        std::cmp::Ordering::Equal => HelpKind::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_about_help_are_told_apart() {
        for (text, expected) in [
            ("Nein", HelpKind::None),
            ("Nein danke, alles klar", HelpKind::None),
            ("Allt klart, tack", HelpKind::None),
            ("Mein Passwort geht nicht", HelpKind::Technical),
            ("I get an error in my browser", HelpKind::Technical),
            ("Wer darf denn eine Queue schließen?", HelpKind::Procedure),
            ("What is the rule about deadlines?", HelpKind::Procedure),
            ("Ja bitte", HelpKind::Undecided),
            ("Kann mich jemand anrufen?", HelpKind::Undecided),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}

//! Which procedure a first mail starts, where several start at one address (000-10).
//!
//! Labels and words tell: those of the subject and of the author's own text. A mail that tells
//! nothing belongs to the one request of its author that is being collected, else to people.
//! Deliberately absent: reading facts (`facts`).

use crate::desk::{Desk, Procedure};
use crate::mail::{Message, quote};
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::{collect, label};

/// What a label before a colon weighs against a word.
const LABEL_WEIGHT: usize = 2;
/// What a word of the subject weighs against one of the text.
const SUBJECT_WEIGHT: usize = 2;

/// The procedures that start where this one does, itself among them.
fn beside<'a>(desk: &'a Desk, name: &str) -> Vec<&'a Procedure> {
    let Some(known) = desk.procedures.get(name) else { return Vec::new() };
    let all = desk.procedures.values().map(AsRef::as_ref);
    all.filter(|other| other.name == name || other.shares_address_with(known)).collect()
}

/// The procedure that a mail to the address of `name` speaks for; the only one that starts there.
pub(super) fn told(desk: &Desk, message: &Message, name: &str) -> Option<String> {
    let candidates = beside(desk, name);
    if candidates.len() < 2 {
        return Some(name.to_owned());
    }
    clearest(&candidates, message).map(str::to_owned)
}

/// The procedure that a mail to the address of `name` starts or joins; nothing where it does not
/// tell.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(super) fn meant(
    draft: &Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    name: &str,
) -> Result<Option<String>, Missing> {
    let candidates = beside(draft.desk, name);
    let ahead = draft.case().first_facts.as_deref().and_then(|ahead| ahead.meant(name));
    let told = match ahead {
        Some(told) => told.map(str::to_owned),
        None => told(draft.desk, &mail.message, name),
    };
    if told.is_some() {
        return Ok(told);
    }
    let mut open = Vec::new();
    for procedure in &candidates {
        if !collect::open_requests(draft, author, &procedure.name)?.is_empty() {
            open.push(procedure.name.clone());
        }
    }
    Ok(open.pop().filter(|_| open.is_empty()))
}

/// The only one that most of a mail speaks for.
fn clearest<'a>(candidates: &[&'a Procedure], message: &Message) -> Option<&'a str> {
    let reply = quote::split_message(message, None);
    let lines: Vec<&str> = reply.lines.iter().map(|line| line.text).collect();
    let (subject, text) = (words_of(&message.subject), words_of(&lines.join(" ")));
    let weight = |procedure: &Procedure| {
        let labels = lines.iter().filter(|line| !label::said(procedure, line).is_empty()).count();
        let words = procedure.words.values().flatten().map(|word| words_of(word));
        let said: usize = words
            .map(|word| {
                SUBJECT_WEIGHT * usize::from(subject.contains(&word))
                    + usize::from(text.contains(&word))
            })
            .sum();
        LABEL_WEIGHT * labels + said
    };
    let weights: Vec<usize> = candidates.iter().map(|one| weight(one)).collect();
    let most = *weights.iter().max()?;
    let mut best = candidates.iter().zip(&weights).filter(|(_, weight)| **weight == most);
    let (first, _) = best.next()?;
    (most > 0 && best.next().is_none()).then_some(first.name.as_str())
}

/// Whole words, so that one is not found inside another.
fn words_of(text: &str) -> String {
    format!(" {} ", fold(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{self, ReversePath};

    fn procedure(name: &str, words: &str, label: &str) -> Procedure {
        Procedure::parse(&format!(
            "name = \"{name}\"\naddresses = [\"a@nrw.example\"]\nwords.de = [{words}]\n\
             [[fact]]\nname = \"{name}-fact\"\ntype = \"text\"\nneed = \"required\"\n\
             label.de = [\"{label}\"]\n[[step]]\nkind = \"tell\"\n"
        ))
        .unwrap()
    }

    fn meant(mail: &str) -> Option<String> {
        let account = procedure("account", "\"Zugang\", \"Login\"", "Benutzername");
        let queue = procedure("queue", "\"eigene Queue\", \"Queue für\"", "Einheit");
        let message = mail::parse(mail.as_bytes(), &ReversePath::Unknown);
        clearest(&[&account, &queue], &message).map(str::to_owned)
    }

    #[test]
    fn a_mail_tells_by_words_and_labels() {
        for (mail, name) in [
            ("Subject: RT zugang\n\nbrauche zugang zur Presse-Queue", Some("account")),
            ("Subject: Queue f\u{fc}r uns\n\nhätten gern eine eigene queue", Some("queue")),
            ("Subject: Antrag\n\nEinheit: Crew\n", Some("queue")),
            ("Subject: Antrag\n\nBenutzername: kim\n", Some("account")),
            ("Subject: Frage\n\nWas ist ein Zugangscode?", None),
            ("Subject: Frage\n\nZugang oder eigene Queue, was nehme ich?", None),
        ] {
            assert_eq!(meant(mail).as_deref(), name, "{mail}");
        }
    }
}

//! What the author of a request stands for, where a procedure says so: a name, a unit.
//!
//! Taken from the mail's `From` and shown with all that was understood, so that it can be put
//! right. Deliberately absent: what people write (`value`), who may ask for a unit (`support`).

use crate::desk::Desk;
use crate::desk::procedure::{Fact, FromAuthor};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::request::RequestChange;
use crate::ticket::procedure::{record, request_of};
use crate::types::{Mailbox, TicketId};

/// Takes down what is still open and the author tells.
pub(super) fn take(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let Some(author) = ticket.requestors.first().cloned() else { return Ok(()) };
    let known = draft.desk.register.person_at(&author.address).map(|person| person.id.to_string());
    let is_open = |fact: &&Fact| {
        let given = request.unfit.get(&fact.name);
        !request.facts.contains_key(&fact.name)
            && given.is_none_or(|given| Some(given) == known.as_ref())
    };
    for fact in request.procedure.facts.iter().filter(is_open) {
        let name = |which: fn((String, String)) -> String| of(&author).map(which);
        let value = match fact.from_author {
            Some(FromAuthor::First) => name(|both| both.0),
            Some(FromAuthor::Last) => name(|both| both.1),
            Some(FromAuthor::Unit) => unit(draft.desk, &author),
            Some(FromAuthor::User) => known.clone(),
            None => None,
        };
        let Some(value) = value else { continue };
        let name = fact.name.clone();
        let change = RequestChange::Fact { name, value, person: None, unfit: false };
        record(draft, id, origin, change);
    }
    Ok(())
}

/// The unit that an author writes for: by its shared address, else the only one he speaks for.
fn unit(desk: &Desk, author: &Mailbox) -> Option<String> {
    let mut by_address =
        desk.register.units().filter(|unit| unit.addresses.contains(&author.address));
    if let Some(unit) = by_address.next() {
        return Some(unit.name.clone());
    }
    let person = desk.register.person_at(&author.address)?;
    let mut spoken = desk.register.units().filter(|unit| unit.speaker.as_ref() == Some(&person.id));
    let first = spoken.next()?;
    spoken.next().is_none().then(|| first.name.clone())
}

/// First and last name: two words before the address, or one that the address goes on from:
/// `Kim <kim.sommer@..>`.
fn of(mailbox: &Mailbox) -> Option<(String, String)> {
    let turned = mailbox.name.split_once(',').map(|(last, first)| format!("{first} {last}"));
    let name = turned.unwrap_or_else(|| mailbox.name.clone());
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_name = |word: &&str| word.chars().all(|c| c.is_alphabetic() || c == '-');
    match words.as_slice() {
        [first, last] if is_name(first) && is_name(last) => {
            Some(((*first).to_owned(), (*last).to_owned()))
        }
        [first] if is_name(first) => {
            let (head, tail) = mailbox.address.local().split_once('.')?;
            let is_it = fold(head) == fold(first) && tail.chars().all(char::is_alphabetic);
            (is_it && !tail.is_empty()).then(|| ((*first).to_owned(), capital(tail)))
        }
        _ => None,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Address;

    #[test]
    fn names_of_authors() {
        for (name, address, found) in [
            ("Kim Sommer", "ks@mail.example", Some(("Kim", "Sommer"))),
            ("Sommer, Kim", "ks@mail.example", Some(("Kim", "Sommer"))),
            ("Kim", "kim.sommer@mail.example", Some(("Kim", "Sommer"))),
            ("Kim", "sommerkind@mail.example", None),
            ("Kim von Sommer", "kim@mail.example", None),
            ("", "kim.sommer@mail.example", None),
            ("Kim 42", "kim@mail.example", None),
        ] {
            let mailbox = Mailbox::new(name, Address::parse(address).unwrap());
            let of = of(&mailbox);
            let of = of.as_ref().map(|(first, last)| (first.as_str(), last.as_str()));
            assert_eq!(of, found, "{name} <{address}>");
        }
    }
}

//! Who wrote a message, and how surely: the one function for all paths (design section 4).
//!
//! `From` is a claim. A reply address or a Message-ID of ours routes; together with the author it
//! was made for it proves rung 1. A trusted verdict that fails is the end of it.

use crate::desk::Desk;
use crate::mail::authres::AuthResult;
use crate::mail::{self, Message};
use crate::ticket::effect::ReplyTo;
use crate::ticket::event::MailEvent;
use crate::ticket::route;
use crate::ticket::state::{Actor, Ticket};
use crate::types::{Address, Mailbox, PersonId};

/// Rung of the proof ladder on which only the `From` field says so.
pub const CLAIMED: u8 = 0;
/// Rung on which the author is known.
pub const KNOWN: u8 = 1;
/// Rung on which a one-time code came back from the registered address.
pub const CONFIRMED: u8 = 2;

/// The author of a message as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// As claimed; answers to a first mail go to `answers_to`.
    pub mailbox: Mailbox,
    /// The person of the register with that address.
    pub person: Option<PersonId>,
    /// 0 claimed, 1 known.
    pub rung: u8,
    /// A trusted verdict failed it or called it spam: filed, answered by nobody.
    pub suspect: bool,
    /// Where answers go, if not to the author: a contact form's or a differing Reply-To.
    pub answers_to: Option<Mailbox>,
}

impl Author {
    /// The author as the actor of transactions.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.person
            .clone()
            .map_or_else(|| Actor::Outside(self.mailbox.address.clone()), Actor::Person)
    }

    /// Where mail to this author goes.
    #[must_use]
    pub fn reachable(&self) -> &Mailbox {
        self.answers_to.as_ref().unwrap_or(&self.mailbox)
    }
}

/// Who wrote `mail`; `ticket` and `holder` are what its key or Message-ID belongs to.
///
/// Nothing if the message names no author at all.
#[must_use]
pub fn identify(
    desk: &Desk,
    mail: &MailEvent,
    ticket: Option<&Ticket>,
    holder: Option<&ReplyTo>,
) -> Option<Author> {
    let mailbox = claimed(&mail.message)?;
    let is_munged = mail.message.via_list.as_ref().is_some_and(|list| list.author_munged);
    let person = desk.register.person_at(&mailbox.address).map(|person| person.id.clone());
    let takes_part = ticket.is_some_and(|ticket| ticket.takes_part(&mailbox.address));
    let fails = mail.verdicts.dmarc == AuthResult::Fail;
    let is_signed =
        mail.verdicts.dmarc == AuthResult::Pass || mail.verdicts.dkim_aligned == AuthResult::Pass;
    let is_held = holder.is_some_and(|holder| is_for(holder, &mailbox.address, person.as_ref()));
    let is_known = (person.is_some() || takes_part) && (is_signed || is_held);
    Some(Author {
        rung: if is_known && !fails && !is_munged { KNOWN } else { CLAIMED },
        suspect: fails || mail.verdicts.spam,
        answers_to: answers_to(&mail.message, &mailbox, is_munged),
        mailbox,
        person,
    })
}

/// Whether a good signature of the author's domain can lend a right: nobody has one here but who is
/// registered or may take part in a ticket.
#[must_use]
pub fn gains_by_signature(desk: &Desk, mail: &MailEvent) -> bool {
    let is_registered = |author: Mailbox| desk.register.person_at(&author.address).is_some();
    claimed(&mail.message).is_some_and(is_registered)
        || route::may_continue(desk, &mail.recipients, &mail.message)
}

/// The author as the message claims it; behind a list that put its own address into `From`,
/// what the list kept of the author.
fn claimed(message: &Message) -> Option<Mailbox> {
    let author = message.author().cloned();
    if !message.via_list.as_ref().is_some_and(|list| list.author_munged) {
        return author;
    }
    mail::original_author(message).or(author)
}

fn answers_to(message: &Message, author: &Mailbox, is_munged: bool) -> Option<Mailbox> {
    let list = message.via_list.as_ref().and_then(|list| list.post.as_ref());
    let other = message.reply_to.first()?;
    let differs = other.address != author.address && Some(&other.address) != list;
    (differs && !is_munged).then(|| other.clone())
}

/// Whether a key was made for exactly this author.
#[must_use]
pub fn is_for(holder: &ReplyTo, address: &Address, person: Option<&PersonId>) -> bool {
    match holder {
        ReplyTo::Requestor(known) | ReplyTo::Question(_, known) => known == address,
        ReplyTo::Member(known) | ReplyTo::Internal(known) | ReplyTo::Digest(known, _) => {
            person == Some(known)
        }
        ReplyTo::Queue | ReplyTo::None => false,
    }
}

/// Local parts that no automatic mail goes to, whatever the message says of itself.
#[must_use]
pub fn is_machine_address(address: &Address) -> bool {
    let local = address.local().to_lowercase();
    let plain: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    ["noreply", "donotreply", "mailerdaemon", "postmaster", "nobody"]
        .iter()
        .any(|name| plain.starts_with(name) || plain.ends_with(name))
        || ["-bounces", "-bounce", "-request", "-owner", "-admin+bounces"]
            .iter()
            .any(|end| local.ends_with(end))
        || local.starts_with("bounce")
        || local.starts_with("owner-")
}

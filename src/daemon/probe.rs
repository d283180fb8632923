//! Mails of lotse to itself: which are sent, and what it means how they come back, or do not.
//!
//! Each goes to one address of ours, or to a person of our own domains, and carries our mark, so
//! that a daemon that meets one does nothing with it (failure 5). Deliberately absent: sending them
//! and listening for them (`cli`).

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::daemon::clock::Clock;
use crate::desk::{Desk, Place};
use crate::intake::{Envelope, RecipientVerdict, Spool, SpoolError};
use crate::mail::{self, Outgoing, authres};
use crate::submit::{Outcome, Parcel};
use crate::ticket::key;
use crate::types::{Address, Mailbox, OutboxId, Position};

/// What a probe is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The site's own address is taken as sender, and leads to a door.
    Site,
    /// So do reply addresses, with what follows the separator.
    Detail,
    /// The null reverse-path is taken.
    Null,
    /// An address of a queue or procedure, or the control address, leads to a door; a queue's is
    /// taken as `From`.
    Place,
    /// The address of a person in a domain of ours does not lead to a door.
    Person,
}

/// A mail to ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What it is to show.
    pub purpose: Purpose,
    /// What it is found again by.
    pub token: String,
    /// The author.
    pub from: Mailbox,
    /// Where reports about it go; nothing is the null reverse-path.
    pub reverse_path: Option<Address>,
    /// Where it goes.
    pub to: Address,
}

/// A probe that came to a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The door.
    pub door: String,
    /// For whom it was, as far as the door is told.
    pub recipients: Vec<Address>,
    /// The message.
    pub bytes: Vec<u8>,
}

/// What a probe showed, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Fine(String),
    /// Nothing has to be done, but it is good to know.
    Note(String),
    /// Mail would be lost, refused or run in a circle.
    Problem(String),
}

/// The probes of a site. `run` distinguishes this check from every other.
#[must_use]
pub fn plan(desk: &Desk, run: &str) -> Vec<Probe> {
    let site = &desk.site.address;
    let own = Mailbox::new("", site.clone());
    let mut probes = Vec::new();
    let mut add = |purpose, from: &Mailbox, reverse_path: Option<&Address>, to: &Address| {
        let token = format!("{run}x{:03}", probes.len());
        let (from, reverse_path) = (from.clone(), reverse_path.cloned());
        probes.push(Probe { purpose, token, from, reverse_path, to: to.clone() });
    };
    add(Purpose::Site, &own, Some(site), site);
    if !desk.site.separator.is_empty()
        && let Some(to) = site.with_detail(&desk.site.separator, &format!("check.{run}"))
    {
        add(Purpose::Detail, &own, Some(&to), &to);
    }
    add(Purpose::Null, &own, None, site);
    for queue in desk.register.queues() {
        let from = desk.sender(&queue.name).unwrap_or(site);
        let from = Mailbox::new(queue.shown(), from.clone());
        for to in &queue.addresses {
            add(Purpose::Place, &from, Some(site), to);
        }
    }
    let starts = desk.procedures.values().flat_map(|procedure| &procedure.addresses);
    for to in starts.chain(&desk.site.control) {
        add(Purpose::Place, &own, Some(site), to);
    }
    let people = desk.register.people().flat_map(|person| &person.addresses);
    for to in people.filter(|to| desk.site.domains.iter().any(|ours| ours == to.domain())) {
        add(Purpose::Person, &own, Some(site), to);
    }
    probes
}

const TEXT: &str = "This mail was sent by \"lotse check --live\" to find out whether mail\n\
                    to this address arrives where it should. Nothing has to be done.\n";

impl Probe {
    /// The mail. `number` keeps apart what one check sends.
    #[must_use]
    pub fn parcel(&self, desk: &Desk, number: u64, now: Timestamp) -> Parcel {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let outgoing = Outgoing {
            from: self.from.clone(),
            to: Mailbox::new("", self.to.clone()),
            reply_to: None,
            subject: format!("lotse check {}", self.token),
            message_id: self.message_id(desk),
            in_reply_to: None,
            references: Vec::new(),
            date: now,
            fields: vec![
                field("Auto-Submitted", "auto-generated"),
                field("X-Lotse-Mark", &key::mark(desk, OutboxId(0))),
            ],
            text: TEXT.to_owned(),
            html: None,
            pictures: Vec::new(),
            attachments: Vec::new(),
        };
        Parcel {
            id: OutboxId(number),
            reverse_path: self.reverse_path.clone(),
            forward_path: self.to.clone(),
            bytes: mail::compose(&outgoing),
        }
    }

    fn message_id(&self, desk: &Desk) -> String {
        format!("{}@{}", self.token, desk.site.address.domain())
    }

    /// Whether mail to it should come to a door.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        self.purpose != Purpose::Person
    }

    /// The same under nothing but the site's own address, if that is not what it was.
    #[must_use]
    pub fn under_own_name(&self, desk: &Desk) -> Option<Self> {
        let site = &desk.site.address;
        let own = Self {
            from: Mailbox::new(self.from.name.clone(), site.clone()),
            reverse_path: Some(site.clone()),
            ..self.clone()
        };
        (self.purpose != Purpose::Null && own != *self).then_some(own)
    }

    /// What it means that the way out did not take it; nothing if it did.
    #[must_use]
    pub fn refused(&self, outcome: &Outcome) -> Option<Finding> {
        let (to, from) = (&self.to, &self.from.address);
        let sentence = match (outcome, self.purpose) {
            (Outcome::Sent(_) | Outcome::Uncertain(_), _) => return None,
            (Outcome::RefusedSender { diagnostic }, Purpose::Null) => {
                return Some(Finding::Note(format!(
                    "the way out does not take the null reverse-path ({diagnostic}): lotse sends \
                     under the site's address there"
                )));
            }
            (Outcome::RefusedSender { diagnostic }, Purpose::Detail) => {
                return Some(Finding::Note(format!(
                    "the way out does not take reply addresses as reverse-path ({diagnostic}): \
                     lotse sends under the site's address there"
                )));
            }
            (Outcome::RefusedSender { diagnostic }, Purpose::Place) => {
                return Some(Finding::Note(format!(
                    "the way out does not take mail from {from} ({diagnostic}): lotse sends under \
                     the site's address and the queue's name; to have it otherwise, allow the \
                     login this sender"
                )));
            }
            (Outcome::RefusedSender { diagnostic }, _) => format!(
                "the way out does not take mail from {from} ({diagnostic}): `address` of [site] \
                 must be one that the login may send from"
            ),
            (Outcome::Permanent { diagnostic, .. }, Purpose::Detail) => format!(
                "mail to the reply address {to} is refused ({diagnostic}): let the mail server \
                 know the separator (Postfix: recipient_delimiter), or set separator = \"\""
            ),
            (Outcome::Permanent { diagnostic, .. }, _) => format!(
                "mail to {to} is refused ({diagnostic}): the mail server must know the address"
            ),
            (Outcome::Transient(words), _) => {
                format!("mail to {to} cannot leave now ({words})")
            }
        };
        Some(Finding::Problem(sentence))
    }

    /// What it means that it did not come within the time.
    #[must_use]
    pub fn missing(&self) -> Finding {
        let to = &self.to;
        let sentence = match self.purpose {
            Purpose::Person => return Finding::Fine(format!("{to} does not lead back here")),
            Purpose::Detail => format!(
                "mail to the reply address {to} left and came to no door: let the mail server \
                 deliver it as it does {}, or set separator = \"\"",
                self.from.address
            ),
            Purpose::Null => format!(
                "mail with the null reverse-path to {to} left and came to no door, though others \
                 may: a filter takes it; delivery reports come so, let it pass"
            ),
            Purpose::Site | Purpose::Place => format!(
                "mail to {to} left and came to no door: lead the address to a door (a transport, \
                 an alias, or the mailbox that is read), or look into the junk folder and the mail \
                 server's queue"
            ),
        };
        Finding::Problem(sentence)
    }

    /// What it means that it came, and how.
    #[must_use]
    pub fn judge(&self, desk: &Desk, returned: &Returned) -> Vec<Finding> {
        let message = mail::parse(&returned.bytes, &mail::ReversePath::Unknown);
        if let Some(bounce) = &message.bounce {
            let said = bounce.recipients.first().map_or("", |one| one.diagnostic.as_str());
            return vec![Finding::Problem(format!(
                "mail to {} cannot be delivered ({said}): the mail server must know the address",
                self.to
            ))];
        }
        let mut findings = vec![self.arrival(desk, returned)];
        let author = message.author().map(|author| &author.address);
        if let Some(author) = author.filter(|author| **author != self.from.address) {
            findings.push(Finding::Note(format!(
                "the mail server makes mail from {} one from {author}",
                self.from.address
            )));
        }
        if message.message_id.as_ref() != Some(&self.message_id(desk)) {
            let note = "the mail server replaces Message-IDs: answers are found by other keys";
            findings.push(Finding::Note(note.to_owned()));
        }
        findings.extend(authserv_id(desk, &message));
        findings
    }

    /// Where it came to.
    fn arrival(&self, desk: &Desk, returned: &Returned) -> Finding {
        let Returned { door, recipients, .. } = returned;
        let to = &self.to;
        let shown: Vec<&str> = recipients.iter().map(Address::as_str).collect();
        let shown = if shown.is_empty() { "nobody by name".into() } else { shown.join(", ") };
        if self.purpose == Purpose::Person {
            return Finding::Problem(format!(
                "{to} is a person's address and leads back to the door {door}: copies would come \
                 back to lotse; give the person another address or lead this one elsewhere"
            ));
        }
        let (place, dispatcher) = (desk.place(to), Place::Queue(desk.dispatcher().clone()));
        let places: Vec<Option<Place>> = recipients.iter().map(|one| desk.place(one)).collect();
        // What comes without a queue's name, or to the site's address, is the dispatcher's.
        let is_dispatched = self.purpose != Purpose::Detail
            && (place.as_ref() == Some(&dispatcher) || matches!(place, Some(Place::Site(_))))
            && places.iter().all(|one| matches!(one, None | Some(Place::Site(_))));
        if recipients.contains(to) || is_dispatched || places.contains(&place) {
            return Finding::Fine(format!("{to} leads to the door {door}"));
        }
        let remedy = match self.purpose {
            Purpose::Detail => {
                "what follows the separator is lost on the way, and with it the ticket: have the \
                 server deliver the whole address, or set separator = \"\""
            }
            _ => {
                "it would be filed in another place: correct the alias, or have the server note \
                 the first address in a field of `recipient_fields`"
            }
        };
        Finding::Problem(format!("mail to {to} comes to the door {door} for {shown}: {remedy}"))
    }
}

/// A server that tells whether authors are genuine and is not believed.
fn authserv_id(desk: &Desk, message: &mail::Message) -> Option<Finding> {
    let field = message.field("Authentication-Results")?;
    let id = authres::parse(field)?.authserv_id;
    let is_known = desk.site.authserv_ids.iter().any(|known| known.eq_ignore_ascii_case(&id));
    (!is_known).then(|| {
        Finding::Note(format!(
            "the mail server says in Authentication-Results, as {id}, whether authors are genuine: \
             if {id} is yours, set authserv_ids = [\"{id}\"] under [authentication]"
        ))
    })
}

/// Stands in for the spool while no daemon runs: keeps probes, and asks for everything else to come
/// again.
#[derive(Debug, Clone)]
pub struct Catcher {
    /// Whose addresses are taken.
    pub desk: std::sync::Arc<Desk>,
    /// What probes hold.
    pub run: String,
    /// Where they go.
    pub caught: UnboundedSender<Returned>,
}

impl Spool for Catcher {
    async fn accept(&self, envelope: Envelope, message: Vec<u8>) -> Result<Position, SpoolError> {
        let Envelope { door, recipients, .. } = envelope;
        if !holds(&message, &self.run) {
            return Err(SpoolError::Closing);
        }
        let returned = Returned { door, recipients, bytes: message };
        self.caught.send(returned).map_or(Err(SpoolError::Closing), |()| Ok(Position(0)))
    }

    fn recipient(&self, address: &Address) -> RecipientVerdict {
        let is_ours = self.desk.site.domains.iter().any(|ours| ours == address.domain());
        match self.desk.place(address) {
            Some(_) => RecipientVerdict::Accept,
            None if is_ours => RecipientVerdict::Unknown,
            None => RecipientVerdict::Relay,
        }
    }

    fn has_room(&self, _bytes: u64) -> bool {
        true
    }

    fn caught_up(&self, _door: &str, _at: Timestamp) {}

    fn now(&self) -> Timestamp {
        Clock::Real.now()
    }
}

/// Whether a message holds these words.
#[must_use]
pub fn holds(message: &[u8], words: &str) -> bool {
    memchr::memmem::find(message, words.as_bytes()).is_some()
}

//! Who and what there is: the site, its people and queues, who may do what.
//!
//! A [`Desk`] is the rule book (settings, procedures: immutable, a reload makes a new one) and the
//! register (people, units, queues, rule texts: changes only by [`RegisterChange`]). Deliberately
//! absent: tickets, mail, files; the rule book is read by `config`, the register kept by `store`.

pub mod account;
pub mod breach;
pub mod calendar;
pub mod canned;
pub mod consent;
pub mod declaration;
pub mod digest;
pub mod fact;
pub mod holiday;
pub mod labels;
pub mod liaison;
pub mod listing;
pub mod meeting;
pub mod member;
pub mod organization;
mod passage;
pub mod procedure;
mod proofs;
pub mod readership;
pub mod register;
pub mod renewal;
pub mod resting;
pub mod role;
pub mod rule_text;
pub mod site;
mod soundness;
mod speech;
pub mod step;
pub mod table;
pub mod unit;
pub mod vote;

pub use account::Account;
pub use breach::Breach;
pub use calendar::{Absence, Calendar};
pub use consent::{Consent, Consenting};
pub use declaration::Declaration;
pub use digest::{DigestChoice, Every, Scope};
pub use liaison::Liaison;
pub use meeting::Meeting;
pub use member::{Access, Member, NotifyChoice};
pub use organization::Organization;
pub use procedure::Procedure;
pub use register::{Person, Queue, Register, RegisterChange};
pub use renewal::{Renewal, Renews};
pub use role::Role;
pub use rule_text::RuleText;
pub use site::{AddressForm, Site};
pub use table::Table;
pub use unit::{Delegate, Unit};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::types::{Address, Keyring, QueueName};

/// Rule book and register.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The settings of the site.
    pub site: Site,
    /// The secrets that keys are made with.
    pub keyring: Keyring,
    /// The procedures by name.
    pub procedures: BTreeMap<String, Arc<Procedure>>,
    /// People, units, queues, memberships, rule texts, consents.
    pub register: Register,
}

/// What an address of ours stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A queue's own address.
    Queue(QueueName),
    /// An address whose first mails start a procedure.
    Procedure(String),
    /// The site's address, with what followed the separator.
    Site(Option<String>),
    /// The control address.
    Control,
}

impl Desk {
    /// What `address` stands for here, if anything: queue, procedure, site or control address.
    ///
    /// The detail behind the separator is judged by the reader of the mail, not here.
    #[must_use]
    pub fn place(&self, address: &Address) -> Option<Place> {
        if let Some(queue) = self.register.queue_at(address) {
            return Some(Place::Queue(queue.name.clone()));
        }
        if let Some(procedure) =
            self.procedures.values().find(|procedure| procedure.addresses.contains(address))
        {
            return Some(Place::Procedure(procedure.name.clone()));
        }
        if self.site.control.as_ref() == Some(address) {
            return Some(Place::Control);
        }
        let (user, detail) = address.subaddress(&self.site.separator);
        let is_site = address.domain() == self.site.address.domain()
            && user.eq_ignore_ascii_case(self.site.address.local());
        if is_site {
            return Some(Place::Site(detail.map(str::to_owned)));
        }
        detail?;
        let bare = Address::parse(&format!("{user}@{}", address.domain())).ok()?;
        self.place(&bare)
    }

    /// Where mails of a queue come from: its own address, else one whose requests stand in it.
    #[must_use]
    pub fn sender(&self, queue: &QueueName) -> Option<&Address> {
        let own = self.register.queue(queue).and_then(|known| known.addresses.first());
        let mut all = self.procedures.values();
        own.or_else(|| {
            all.find(|one| one.queue.as_ref() == Some(queue)).and_then(|one| one.addresses.first())
        })
    }

    /// Whether mail to `address` would come back to us: never send automatic mail there.
    #[must_use]
    pub fn is_own(&self, address: &Address) -> bool {
        self.place(address).is_some()
    }

    /// The queue for what fits nowhere.
    #[must_use]
    pub fn dispatcher(&self) -> &QueueName {
        &self.site.dispatcher
    }
}

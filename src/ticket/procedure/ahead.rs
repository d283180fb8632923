//! What a first mail says of the request that it would begin, read before its turn comes.
//!
//! It depends on mail and desk alone, so whoever has time reads it, and it counts only for a
//! decision by the same desk. Deliberately absent: answers, which are read by what was asked.

use std::sync::Arc;

use crate::desk::{Desk, Place, Procedure, Register};
use crate::ticket::event::MailEvent;
use crate::ticket::procedure::facts::{self, Found};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::which;
use crate::ticket::{key, route};

/// Facts of a first mail, and the procedure that they were read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstFacts {
    /// The procedure at whose address the mail came in.
    addressed: String,
    /// The procedure that it speaks for, where several start there.
    meant: Option<String>,
    procedure: Option<Arc<Procedure>>,
    found: Vec<Found>,
}

impl FirstFacts {
    /// Reads a mail to a procedure's address; nothing for any other.
    #[must_use]
    pub fn read(desk: &Desk, mail: &MailEvent) -> Option<Self> {
        if route::answered(mail).any(|id| key::own_id(desk, id).is_some()) {
            return None;
        }
        let addressed = mail.recipients.iter().find_map(|to| match desk.place(to) {
            Some(Place::Procedure(name)) => Some(name),
            Some(Place::Queue(_) | Place::Site(_) | Place::Control) | None => None,
        })?;
        let meant = which::told(desk, &mail.message, &addressed);
        let procedure = meant.as_ref().and_then(|name| desk.procedures.get(name)).cloned();
        let register = &desk.register;
        let found = procedure.as_ref().map(|procedure| of(procedure, register, mail));
        Some(Self { addressed, meant, procedure, found: found.unwrap_or_default() })
    }

    /// Which procedure the mail speaks for that came to the address of `name`, if that was read.
    pub(super) fn meant(&self, name: &str) -> Option<Option<&str>> {
        (self.addressed == name).then_some(self.meant.as_deref())
    }

    /// What the mail says of a request that begins with this procedure, if that was read.
    pub(super) fn found(&self, procedure: &Arc<Procedure>) -> Option<&[Found]> {
        let is_it = self.procedure.as_ref().is_some_and(|known| Arc::ptr_eq(known, procedure));
        is_it.then_some(self.found.as_slice())
    }
}

/// What a mail alone says of a request.
pub(super) fn of(procedure: &Arc<Procedure>, register: &Register, mail: &MailEvent) -> Vec<Found> {
    facts::read(&Request::new(Arc::clone(procedure)), register, &mail.message, None)
}

//! Requests of procedures: the interpreter of their steps.

pub mod facts;
pub mod fold;
pub mod people;
pub mod request;
pub mod stance;
pub mod window;

use jiff::Timestamp;

use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::Timer;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::types::TicketId;

/// A first mail came to a procedure's address.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn begin(
    _draft: &mut Draft<'_>,
    _mail: &MailEvent,
    _author: &Author,
    _name: &str,
) -> Result<Vec<TicketId>, Missing> {
    Ok(Vec::new())
}

/// The requestor of a running request wrote.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn receive(
    _draft: &mut Draft<'_>,
    _mail: &MailEvent,
    _author: &Author,
    _id: TicketId,
) -> Result<(), Missing> {
    Ok(())
}

/// A timer of a request is due.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn fire(_draft: &mut Draft<'_>, _timer: &Timer, _due_at: Timestamp) -> Result<(), Missing> {
    Ok(())
}

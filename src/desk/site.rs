//! The settings of a site that decisions and notices read.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::desk::breach;
use crate::desk::calendar::Days;
use crate::desk::canned::Canned;
use crate::desk::{Calendar, Liaison, Meeting};
use crate::types::{Address, Locale, QueueName};

/// How a language addresses its reader where it tells two ways apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum AddressForm {
    /// German "Sie": the public.
    #[default]
    Formal,
    /// German "du": members.
    Informal,
}

/// Settings of the site.
#[derive(Debug, Clone)]
pub struct Site {
    /// The subject tag: `nrw` of `[nrw #17]`.
    pub name: String,
    /// The site's own mailbox; reply addresses are made from it.
    pub address: Address,
    /// `+`, `-`, or empty where the provider knows no subaddresses.
    pub separator: String,
    /// Domains of ours: unknown recipients there are refused.
    pub domains: Vec<String>,
    /// The queue for what fits nowhere.
    pub dispatcher: QueueName,
    /// Where lists of keywords may be sent.
    pub control: Option<Address>,
    /// The language where nothing says another.
    pub locale: Locale,
    /// The zone in which days begin and end.
    pub time_zone: TimeZone,
    /// Working hours, holidays and pauses.
    pub calendar: Calendar,
    /// Servers whose Authentication-Results are believed.
    pub authserv_ids: Vec<String>,
    /// The rung of the proof ladder that keywords and purposes need here, by name; the table's
    /// where none is named.
    pub rungs: BTreeMap<String, u8>,
    /// The address of the privacy statement, for receipts.
    pub privacy_url: Option<String>,
    /// The hour of the day, local time, at which digests are made.
    pub digest_hour: i8,
    /// Mails of ours to one person in a day beyond which what can wait goes into the digest.
    pub mails_per_day: u16,
    /// How long what somebody did by keywords can be taken back.
    pub undo_span: SignedDuration,
    /// Answers that are written already.
    pub canned: Canned,
    /// Octets that a mail of ours may have: attachments that make it bigger do not leave.
    pub outgoing_bytes_max: u64,
    /// Who meets when.
    pub meetings: Vec<Meeting>,
    /// What teams ask each other again and again.
    pub liaisons: Vec<Liaison>,
    /// Settings as they are written, by path, and sums of texts: what changes in them is told.
    pub settings: BTreeMap<String, String>,
    /// The queue whose members are told of such changes; the dispatcher's where none is named.
    pub changes: Option<QueueName>,
    /// What follows from breaches of the rules.
    pub breaches: breach::Settings,
}

impl Site {
    /// The days of this site.
    #[must_use]
    pub const fn days(&self) -> Days<'_> {
        Days { calendar: &self.calendar, zone: &self.time_zone }
    }

    /// The liaison task of this name.
    #[must_use]
    pub fn liaison(&self, name: &str) -> Option<&Liaison> {
        self.liaisons.iter().find(|liaison| liaison.name == name)
    }

    /// The meeting of this name.
    #[must_use]
    pub fn meeting(&self, name: &str) -> Option<&Meeting> {
        self.meetings.iter().find(|meeting| meeting.name == name)
    }
}

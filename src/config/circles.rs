//! Failure 5: copies of mail and announcements that would come back to us.
//!
//! Deliberately absent: addresses with two owners (`desk::organization`).

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::Config;
use crate::config::problem::Problems;
use crate::config::source::Within;
use crate::desk::{Desk, Organization, Register};
use crate::types::{Address, Keyring};

/// Every address of ours that somebody's copies or announcements would go to; `procedures` are the
/// files of the procedures, by name.
pub(super) fn check(
    problems: &mut Problems,
    (path, procedures): (&Path, &BTreeMap<&str, &Path>),
    organization: &Organization,
    config: &Config,
) {
    let mut register = Register::default();
    organization.changes(&register).iter().for_each(|change| register.apply(change));
    let desk = Desk {
        site: config.site.clone(),
        keyring: Keyring::default(),
        procedures: config.procedures.clone(),
        register,
    };
    let remedy = "is an address of ours: what is sent there would come back; leave it out";
    for queue in &organization.queues {
        for address in queue.notify.iter().filter(|address| desk.is_own(address)) {
            let sentence = format!("queue `{}`: notify: {address} {remedy}", queue.name);
            problems.add(path, Within::File, sentence);
        }
    }
    for procedure in desk.procedures.values() {
        let Some(path) = procedures.get(procedure.name.as_str()) else { continue };
        for (place, to) in procedure.announcements().filter(|(_, to)| desk.is_own(to)) {
            let sentence = format!("step {place}: {to} {remedy}");
            problems.add(path, Within::File, sentence);
        }
    }
    // Where a queue's or the site's plain address is a person's too, that is said already.
    let is_said = |address: &Address| {
        desk.register.queue_at(address).is_some() || *address == desk.site.address
    };
    for person in &organization.people {
        let own = person.addresses.iter().filter(|address| desk.is_own(address));
        for address in own.filter(|address| !is_said(address)) {
            let sentence = format!("person `{}`: addresses: {address} {remedy}", person.id);
            problems.add(path, Within::File, sentence);
        }
    }
}

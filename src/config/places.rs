//! Settings that name queues and people, beside the register.
//!
//! Deliberately absent: what is wrong whatever the register is (`config`).

use std::path::Path;

use crate::config::problem::Problems;
use crate::config::source::Within;
use crate::config::{Config, SITE};
use crate::desk::Register;

/// What only shows beside the register.
pub(super) fn check(problems: &mut Problems, path: &Path, config: &Config, register: &Register) {
    let site = &config.site;
    if register.queue(&site.dispatcher).is_none() {
        let remedy = "name a queue of the organization, because what fits nowhere goes there";
        problems.add(path, SITE, format!("dispatcher = \"{}\": {remedy}", site.dispatcher));
    }
    if let Some(queue) = &site.changes
        && register.members(queue).is_empty()
    {
        let remedy = "name a queue that has members, or leave it out";
        problems.add(path, SITE, format!("changes = \"{queue}\": {remedy}"));
    }
    for sentence in site.breaches.problems(register) {
        problems.add(path, Within::Table("breaches"), sentence);
    }
    if let Some(person) = register.person_at(&site.address) {
        let remedy = "the site cannot write to itself; take one of the two elsewhere";
        let sentence = format!("{} is also an address of `{}`: {remedy}", site.address, person.id);
        problems.add(path, SITE, sentence);
    }
}

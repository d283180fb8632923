//! The `[[meeting]]` and `[[liaison]]` tables of `lotse.toml`, checked.
//!
//! Deliberately absent: when meetings take place (`desk::meeting`), when teams ask each other
//! (`desk::liaison`).

use std::path::Path;

use crate::config::Config;
use crate::config::problem::Problems;
use crate::config::source::Within;
use crate::desk::Register;

/// The meetings, each with its own mistakes; two of one name are one too many.
pub(super) fn check(
    problems: &mut Problems,
    path: &Path,
    config: &Config,
    register: Option<&Register>,
) {
    let site = &config.site;
    for (number, meeting) in site.meetings.iter().enumerate() {
        let within = Within::Item("meeting", number);
        for sentence in meeting.check(site.locale, register, site.days()) {
            problems.add(path, within, sentence);
        }
        let earlier = site.meetings.iter().take(number);
        if earlier.into_iter().any(|earlier| earlier.name == meeting.name) {
            let name = &meeting.name;
            problems.add(path, within, format!("two meetings are called `{name}`: rename one"));
        }
    }
    for (number, liaison) in site.liaisons.iter().enumerate() {
        let within = Within::Item("liaison", number);
        for sentence in liaison.check(site.locale, register, site.days()) {
            problems.add(path, within, sentence);
        }
        let earlier = site.liaisons.iter().take(number);
        if earlier.into_iter().any(|earlier| earlier.name == liaison.name) {
            let name = &liaison.name;
            problems.add(path, within, format!("two liaisons are called `{name}`: rename one"));
        }
    }
}

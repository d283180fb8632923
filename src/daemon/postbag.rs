//! How many mails a play sends to whom: what a setting costs its people, before it costs them.
//!
//! Deliberately absent: how many are too many (`contrib`'s tests say that of their sites).

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::daemon::scenario::Block;
use crate::mail::{self, ReversePath};

/// What one address was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Postbag {
    /// The name that the mails carry, if any.
    pub name: String,
    /// The subjects, in order.
    pub subjects: Vec<String>,
    /// How many a week, by the week's Monday.
    pub weeks: BTreeMap<Date, usize>,
    /// How many of them are digests, by the week's Monday.
    pub digest_weeks: BTreeMap<Date, usize>,
}

impl Postbag {
    /// How many mails in all.
    #[must_use]
    pub const fn mails(&self) -> usize {
        self.subjects.len()
    }

    /// How many in the fullest week.
    #[must_use]
    pub fn week_max(&self) -> usize {
        fullest(&self.weeks)
    }

    /// How many of them are digests.
    #[must_use]
    pub fn digests(&self) -> usize {
        self.digest_weeks.values().sum()
    }

    /// How many digests in the week that has most of them.
    #[must_use]
    pub fn digest_week_max(&self) -> usize {
        fullest(&self.digest_weeks)
    }
}

fn fullest(weeks: &BTreeMap<Date, usize>) -> usize {
    weeks.values().copied().max().unwrap_or_default()
}

/// The mails of a play by the address they went to.
#[must_use]
pub fn sorted(blocks: &[Block], zone: &TimeZone) -> BTreeMap<String, Postbag> {
    let mut bags: BTreeMap<String, Postbag> = BTreeMap::new();
    for block in blocks {
        let message = mail::parse(&block.message, &ReversePath::Unknown);
        let day = block.at.to_zoned(zone.clone()).date();
        let since_monday = i64::from(day.weekday().to_monday_zero_offset());
        let monday = day.checked_sub(since_monday.days()).unwrap_or(day);
        let bag = bags.entry(block.to.clone()).or_default();
        if let Some(to) = message.to.first().filter(|to| !to.name.is_empty()) {
            bag.name.clone_from(&to.name);
        }
        if message.field("List-Unsubscribe").is_some() {
            *bag.digest_weeks.entry(monday).or_default() += 1;
        }
        bag.subjects.push(message.subject);
        *bag.weeks.entry(monday).or_default() += 1;
    }
    bags
}

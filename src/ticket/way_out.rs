//! What is remembered of the way out: which senders it refused, and how much left lately.
//!
//! Deliberately absent: sockets, and which refusal is about the sender (`submit`).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::ticket::budget::{self, Bound, Spent};
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::Effect;
use crate::ticket::matter::Matter;
use crate::ticket::tell;

/// Senders that the way out takes no mail from (design section 9). Each is met once, with a mail
/// that is then sent otherwise, and not tried again.
#[expect(clippy::struct_excessive_bools, reason = "three independent refusals of a server")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refused {
    /// The null reverse-path: the site's address stands for it.
    #[serde(default)]
    pub null_path: bool,
    /// A queue's address in From: the site's address stands for it, under the queue's name.
    #[serde(default)]
    pub queue_from: bool,
    /// A reverse-path of our own for each mail: the site's address stands for it, and reports are
    /// matched by what they return.
    #[serde(default)]
    pub own_path: bool,
}

impl Refused {
    /// What to try next after a refusal of the sender; nothing if nothing is left.
    #[must_use]
    pub const fn next(self, is_null: bool, has_own_path: bool) -> Option<Self> {
        if is_null {
            return if self.null_path { None } else { Some(Self { null_path: true, ..self }) };
        }
        if !self.queue_from {
            Some(Self { queue_from: true, ..self })
        } else if has_own_path && !self.own_path {
            Some(Self { own_path: true, ..self })
        } else {
            None
        }
    }

    /// What either of two knows.
    #[must_use]
    pub const fn merged(self, other: Self) -> Self {
        Self {
            null_path: self.null_path || other.null_path,
            queue_from: self.queue_from || other.queue_from,
            own_path: self.own_path || other.own_path,
        }
    }
}

/// What is remembered, as one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WayOut {
    /// Which senders it refused.
    #[serde(default)]
    pub refused: Refused,
    /// The day that is counted.
    #[serde(default)]
    pub day: Date,
    /// Mails of that day.
    #[serde(default)]
    pub today: u32,
    /// The beginning of the hour that is counted.
    #[serde(default)]
    pub hour: Timestamp,
    /// Mails of that hour.
    #[serde(default)]
    pub this_hour: u32,
    /// The day on which the administrator was last told that mail waits.
    #[serde(default)]
    pub told_on: Option<Date>,
}

impl WayOut {
    /// What has left in the hour and the day of `now`.
    #[must_use]
    pub fn spent(&self, now: Timestamp, zone: &TimeZone) -> Spent {
        let (hour, day) = budget::period(now, zone);
        Spent {
            today: if self.day == day { self.today } else { 0 },
            this_hour: if self.hour == hour { self.this_hour } else { 0 },
        }
    }

    /// Counts one mail.
    pub fn spend(&mut self, now: Timestamp, zone: &TimeZone) {
        let spent = self.spent(now, zone);
        (self.hour, self.day) = budget::period(now, zone);
        self.today = spent.today.saturating_add(1);
        self.this_hour = spent.this_hour.saturating_add(1);
    }

    /// Takes back one mail that was counted and did not leave.
    pub fn give_back(&mut self) {
        self.today = self.today.saturating_sub(1);
        self.this_hour = self.this_hour.saturating_sub(1);
    }
}

/// Something new about the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A mail left, and counts.
    Spent,
    /// A mail left that was refused under other senders.
    Refused(Refused),
    /// Mail waits for the budget.
    Over {
        /// Which bound.
        bound: Bound,
        /// How many mails that is.
        limit: u32,
        /// When it goes on.
        opens_at: Timestamp,
    },
}

/// Remembers what was found; who administers the site is told of waiting mail once a day.
///
/// # Errors
/// [`Missing`] if the record was not looked up.
pub fn found(draft: &mut Draft<'_>, finding: &Finding) -> Result<(), Missing> {
    let before = draft.case().way_out()?;
    let mut now = before;
    let zone = &draft.desk.site.time_zone;
    match finding {
        Finding::Spent => now.spend(draft.now, zone),
        Finding::Refused(refused) => now.refused = before.refused.merged(*refused),
        Finding::Over { bound, limit, opens_at } => {
            let (_, today) = budget::period(draft.now, zone);
            if now.told_on != Some(today) {
                now.told_on = Some(today);
                let matter = Matter::OverBudget {
                    per_day: *bound == Bound::Day,
                    limit: *limit,
                    opens_at: *opens_at,
                };
                tell::report(draft, &matter, draft.now);
            }
        }
    }
    if now != before {
        draft.push(Effect::WayOut(now));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_begin_anew_with_the_hour_and_the_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut way_out = WayOut::default();
        for time in ["2026-11-21T21:10:00Z", "2026-11-21T21:59:59Z", "2026-11-21T22:00:00Z"] {
            way_out.spend(at(time), &zone);
        }
        let spent = |time| way_out.spent(at(time), &zone);
        assert_eq!(spent("2026-11-21T22:30:00Z"), Spent { today: 3, this_hour: 1 });
        assert_eq!(spent("2026-11-21T23:00:00Z"), Spent { today: 0, this_hour: 0 });
    }

    #[test]
    fn senders_are_conceded_one_after_the_other() {
        let none = Refused::default();
        let null = none.next(true, true).unwrap();
        assert_eq!(null, Refused { null_path: true, ..none });
        assert_eq!(null.next(true, true), None);
        let from = none.next(false, true).unwrap();
        let path = from.next(false, true).unwrap();
        assert_eq!(path, Refused { queue_from: true, own_path: true, ..none });
        assert_eq!((path.next(false, true), from.next(false, false)), (None, None));
    }
}

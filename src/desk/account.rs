//! What a site runs with, in rows that can be compared: version, settings, addresses, promises,
//! procedures, rule texts; and in what two of them differ (000-07).
//!
//! It is kept to be compared with, so no secret stands in it: what may be one is a sum made with
//! the site's own key. Deliberately absent: memberships, which requests and people change and tell
//! themselves; who is told (`ticket::changes`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, Queue, Register};
use crate::types::{Hash, Keyring};

/// Characters of a setting that are shown; what is longer is only said to have changed.
const SHOWN_CHARS_MAX: usize = 80;
/// Begins what is a sum and not a value.
const SUM: char = '#';
/// Words in the name of a setting that may be a secret.
const SECRET_WORDS: [&str; 5] = ["password", "secret", "token", "key", "credential"];

/// What a site runs with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The version of lotse.
    pub version: String,
    /// Settings and files of texts by their path, `site.digest_hour`; sums begin with `#`.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Where mail to an address goes.
    #[serde(default)]
    pub addresses: BTreeMap<String, Goes>,
    /// Days of the promise of each queue; 0 where nothing is promised.
    #[serde(default)]
    pub queues: BTreeMap<String, u16>,
    /// Sums of procedures by name.
    #[serde(default)]
    pub procedures: BTreeMap<String, String>,
    /// Sums of rule texts by name and version, `rules 5`.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    /// Queues that were said to be neglected, and when that was so last.
    #[serde(default)]
    pub neglected: BTreeMap<String, Timestamp>,
}

/// Where mail to an address goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goes {
    /// Into a queue.
    Queue(String),
    /// It begins a request.
    Procedure(String),
}

/// What became of something that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// It was not there before.
    New,
    /// It reads otherwise.
    Changed,
    /// It is there no longer.
    Gone,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Difference {
    /// Another version of lotse runs.
    Version {
        /// Before.
        from: String,
        /// Now.
        to: String,
    },
    /// Mail to an address goes elsewhere.
    Address {
        /// Which.
        address: String,
        /// Before; nothing if it was none of ours.
        from: Option<Goes>,
        /// Now; nothing if it is none any more.
        to: Option<Goes>,
    },
    /// A queue is new or gone.
    Queue {
        /// Which.
        queue: String,
        /// What became of it.
        turn: Turn,
    },
    /// Answers of a queue are promised within other days; 0 is no promise.
    Promise {
        /// Which queue.
        queue: String,
        /// Before.
        from: u16,
        /// Now.
        to: u16,
    },
    /// A procedure.
    Procedure {
        /// Its short name.
        procedure: String,
        /// What became of it.
        turn: Turn,
    },
    /// A version of a rule text.
    Text {
        /// Its name and version.
        text: String,
        /// What became of it.
        turn: Turn,
    },
    /// A setting, or a file of texts.
    Setting {
        /// Its path.
        path: String,
        /// Before, where it was set and may be shown.
        from: Option<String>,
        /// Now, where it is set and may be shown.
        to: Option<String>,
        /// What became of it.
        turn: Turn,
    },
}

impl Account {
    /// What a desk runs with.
    #[must_use]
    pub fn of(desk: &Desk) -> Self {
        let procedures = desk.procedures.values();
        let sums = procedures.clone().map(|one| {
            let text = serde_json::to_vec(&**one).unwrap_or_default();
            (one.name.clone(), Hash::of(&text).short())
        });
        let begins = procedures.flat_map(|one| {
            let goes = || Goes::Procedure(one.name.clone());
            one.addresses.iter().map(move |address| (address.to_string(), goes()))
        });
        let known = desk.register.account();
        let before = known.map(|known| &known.settings);
        let settings = desk.site.settings.iter().map(|(path, value)| {
            let known = before.and_then(|before| before.get(path));
            (path.clone(), shown(&desk.keyring, path, value, known))
        });
        let account = Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: settings.collect(),
            addresses: begins.collect(),
            procedures: sums.collect(),
            neglected: known.map(|known| known.neglected.clone()).unwrap_or_default(),
            ..Self::default()
        };
        account.with(&desk.register)
    }

    /// The same with what a register says.
    #[must_use]
    pub fn with(mut self, register: &Register) -> Self {
        self.addresses.retain(|_, goes| matches!(goes, Goes::Procedure(_)));
        for queue in register.queues() {
            let goes = || Goes::Queue(queue.name.to_string());
            let addresses = queue.addresses.iter().map(|address| (address.to_string(), goes()));
            self.addresses.extend(addresses);
        }
        let promise = |queue: &Queue| (queue.name.to_string(), queue.answer_days.unwrap_or(0));
        self.queues = register.queues().map(promise).collect();
        let texts = register.texts().map(|text| {
            let sum = Hash::of(&serde_json::to_vec(&text.content).unwrap_or_default()).short();
            (format!("{} {}", text.name, text.version), sum)
        });
        self.texts = texts.collect();
        self
    }

    /// In what this differs from what ran before, in the order in which it is told.
    #[must_use]
    pub fn since(&self, before: &Self) -> Vec<Difference> {
        let mut all = Vec::new();
        if before.version != self.version {
            let (from, to) = (before.version.clone(), self.version.clone());
            all.push(Difference::Version { from, to });
        }
        all.extend(changed(&before.queues, &self.queues).into_iter().map(
            |(queue, from, to)| match (from, to) {
                (Some(from), Some(to)) => Difference::Promise { queue, from: *from, to: *to },
                (from, _) => {
                    let turn = if from.is_some() { Turn::Gone } else { Turn::New };
                    Difference::Queue { queue, turn }
                }
            },
        ));
        let addresses = changed(&before.addresses, &self.addresses).into_iter();
        all.extend(addresses.map(|(address, from, to)| Difference::Address {
            address,
            from: from.cloned(),
            to: to.cloned(),
        }));
        let procedures = changed(&before.procedures, &self.procedures).into_iter();
        all.extend(procedures.map(|(procedure, from, to)| {
            let turn = turn(from, to);
            Difference::Procedure { procedure, turn }
        }));
        let texts = changed(&before.texts, &self.texts).into_iter();
        all.extend(texts.map(|(text, from, to)| Difference::Text { text, turn: turn(from, to) }));
        let visible = |value: Option<&String>| value.filter(|it| !it.starts_with(SUM)).cloned();
        let settings = changed(&before.settings, &self.settings).into_iter();
        all.extend(settings.map(|(path, from, to)| Difference::Setting {
            path,
            from: visible(from),
            to: visible(to),
            turn: turn(from, to),
        }));
        all
    }
}

impl fmt::Display for Difference {
    /// For whoever runs the server, before the daemon is started.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = |days: &u16| if *days == 0 { "none".to_owned() } else { format!("{days} days") };
        let goes = |goes: &Option<Goes>| match goes {
            Some(Goes::Queue(name)) => format!("queue {name}"),
            Some(Goes::Procedure(name)) => format!("procedure {name}"),
            None => "nowhere".to_owned(),
        };
        match self {
            Self::Version { from, to } => write!(f, "version {to} (was {from})"),
            Self::Address { address, from, to } => {
                write!(f, "mail to {address} goes to {} (was {})", goes(to), goes(from))
            }
            Self::Queue { queue, turn } => write!(f, "queue {queue} {turn}"),
            Self::Promise { queue, from, to } => {
                write!(f, "promise of queue {queue}: {} (was {})", days(to), days(from))
            }
            Self::Procedure { procedure, turn } => write!(f, "procedure {procedure} {turn}"),
            Self::Text { text, turn } => write!(f, "rule text {text} {turn}"),
            Self::Setting { path, from: Some(from), to: Some(to), .. } => {
                write!(f, "setting {path}: {to} (was {from})")
            }
            Self::Setting { path, to: Some(to), turn, .. } => {
                write!(f, "setting {path} {turn}: {to}")
            }
            Self::Setting { path, turn, .. } => write!(f, "setting {path} {turn}"),
        }
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "is new",
            Self::Changed => "changed",
            Self::Gone => "is gone",
        })
    }
}

impl Register {
    /// What the site ran with when that was told last; nothing before its first start.
    #[must_use]
    pub const fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }
}

/// Names whose values differ, with both.
fn changed<'a, T: PartialEq>(
    before: &'a BTreeMap<String, T>,
    after: &'a BTreeMap<String, T>,
) -> Vec<(String, Option<&'a T>, Option<&'a T>)> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let both = names.into_iter().map(|name| (name.clone(), before.get(name), after.get(name)));
    both.filter(|(_, before, after)| before != after).collect()
}

fn turn<T>(from: Option<&T>, to: Option<&T>) -> Turn {
    match (from, to) {
        (None, _) => Turn::New,
        (Some(_), None) => Turn::Gone,
        (Some(_), Some(_)) => Turn::Changed,
    }
}

/// A setting as it may be kept and shown: a sum where it may be a secret or is long. The one that
/// is known stays while it is right, also where another of the site's secrets makes new ones.
fn shown(keyring: &Keyring, path: &str, value: &str, known: Option<&String>) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    let is_path = name.ends_with("_file");
    let is_secret = !is_path && SECRET_WORDS.iter().any(|word| name.contains(word));
    // `postgres://user:password@host/name`
    let has_user = value.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    let is_sum = is_secret || has_user || value.chars().count() > SHOWN_CHARS_MAX;
    if !is_sum {
        return value.to_owned();
    }
    let parts = ["account", path, value];
    let is_right =
        |sum: &&String| sum.strip_prefix(SUM).is_some_and(|sum| keyring.verifies(sum, &parts));
    let made = || format!("{SUM}{}", keyring.key(&parts));
    known.filter(is_right).cloned().unwrap_or_else(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Secret;

    fn account(settings: &[(&str, &str)], queues: &[(&str, u16)]) -> Account {
        let named = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Account {
            version: "0.3.0".into(),
            settings: settings.iter().map(named).collect(),
            queues: queues.iter().map(|(name, days)| ((*name).to_owned(), *days)).collect(),
            ..Account::default()
        }
    }

    #[test]
    fn what_is_the_same_differs_in_nothing() {
        let one = account(&[("site.name", "nrw")], &[("kontakt", 3)]);
        assert_eq!(one.since(&one), []);
    }

    #[test]
    fn differences_are_named_with_both_values() {
        let before = account(&[("site.digest_hour", "8"), ("site.gone", "1")], &[("a", 2)]);
        let mut after = account(&[("site.digest_hour", "9")], &[("a", 3), ("b", 0)]);
        after.version = "0.4.0".into();
        let queue = |name: &str| name.to_owned();
        let setting = |path: &str, from: &str, to: Option<&str>, turn| Difference::Setting {
            path: path.into(),
            from: Some(from.into()),
            to: to.map(str::to_owned),
            turn,
        };
        assert_eq!(
            after.since(&before),
            [
                Difference::Version { from: "0.3.0".into(), to: "0.4.0".into() },
                Difference::Promise { queue: queue("a"), from: 2, to: 3 },
                Difference::Queue { queue: queue("b"), turn: Turn::New },
                setting("site.digest_hour", "8", Some("9"), Turn::Changed),
                setting("site.gone", "1", None, Turn::Gone),
            ]
        );
    }

    #[test]
    fn secrets_and_long_values_are_sums_that_only_this_site_can_make() {
        let ring = |value: &str| {
            Keyring::new(vec![Secret {
                id: 'a',
                made_on: "2026-01-01".into(),
                value: value.into(),
            }])
        };
        let (one, other) = (ring("one".repeat(20).as_str()), ring("two".repeat(20).as_str()));
        let long = "x".repeat(100);
        let hidden = [
            ("submit.password", "hunter2"),
            ("store.url", "postgres://lotse:hunter2@db/lotse"),
            ("site.note", long.as_str()),
        ];
        for (path, value) in hidden {
            let sum = shown(&one, path, value, None);
            assert!(sum.starts_with(SUM) && !sum.contains("hunter2"), "{path}: {sum}");
            assert_ne!(sum, shown(&other, path, value, None), "{path}");
            assert_ne!(sum, shown(&one, path, "other", None), "{path}");
        }
        for (path, value) in [("submit.password_file", "smtp.password"), ("site.name", "nrw")] {
            assert_eq!(shown(&one, path, value, None), value);
        }
    }
}

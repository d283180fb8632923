//! Units: areas, teams, parishes, crews; a tree, with who speaks for each and until when.
//!
//! Deliberately absent: what a unit may ask for (`procedure`), queues and their members.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::types::{Address, PersonId, UnitId};

/// A unit of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// The short name that settings and keywords use.
    pub id: UnitId,
    /// The name that people read.
    pub name: String,
    /// The unit that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
    /// Shared addresses that write for it. They prove nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Who speaks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<PersonId>,
    /// Who coordinates it and what is below it; the nearest above where nobody is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coordinators: Vec<PersonId>,
    /// How many responsible people it needs (000-01).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minimum: u16,
    /// Who speaks for it besides, each up to a day.
    #[serde(default, rename = "delegate", skip_serializing_if = "Vec::is_empty")]
    pub delegates: Vec<Delegate>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u16) -> bool {
    *number == 0
}

/// Somebody who speaks for a unit for a time (000-24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegate {
    /// Who.
    pub person: PersonId,
    /// The last day on which it is valid; no end where nothing is said.
    #[serde(default, deserialize_with = "some_day", skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Delegate {
    /// Whether it is valid on a day.
    #[must_use]
    pub fn is_valid(&self, day: Date) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}

impl Unit {
    /// Whether a person speaks for this unit on a day: its speaker, or a valid delegate.
    #[must_use]
    pub fn is_spoken_for_by(&self, person: &PersonId, day: Date) -> bool {
        self.speakers(day).any(|speaker| speaker == person)
    }

    /// Who speaks for this unit on a day, the speaker first.
    pub fn speakers(&self, day: Date) -> impl Iterator<Item = &PersonId> {
        let valid = self.delegates.iter().filter(move |delegate| delegate.is_valid(day));
        self.speaker.iter().chain(valid.map(|delegate| &delegate.person))
    }

    /// Who is responsible for it on a day: who speaks for it, and its own coordinators.
    #[must_use]
    pub fn responsible(&self, day: Date) -> Vec<&PersonId> {
        let mut people: Vec<&PersonId> = self.speakers(day).chain(&self.coordinators).collect();
        people.sort();
        people.dedup();
        people
    }

    /// How many responsible people it lacks on a day.
    #[must_use]
    pub fn lacking(&self, day: Date) -> u16 {
        let count = u16::try_from(self.responsible(day).len()).unwrap_or(u16::MAX);
        self.minimum.saturating_sub(count)
    }
}

/// A day as TOML writes it, in quotes or without.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Quoted(String),
        Bare(std::collections::BTreeMap<String, String>),
    }
    let written = match Written::deserialize(deserializer) {
        Ok(Written::Quoted(text)) => text,
        Ok(Written::Bare(parts)) => parts.into_values().next().unwrap_or_default(),
        Err(_error) => String::new(),
    };
    let problem = || de::Error::custom("a day is written as 2027-01-31");
    written.parse().map_err(|_error| problem())
}

fn some_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    day(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn delegate_speaks_up_to_the_last_day() {
        let unit = unit(
            "id = \"crew\"\nname = \"Crew\"\nspeaker = \"nele\"\nminimum = 3\n\
             [[delegate]]\nperson = \"kim\"\nuntil = 2027-01-01\n\
             [[delegate]]\nperson = \"jo\"\nuntil = \"2027-02-01\"\n",
        );
        let kim = PersonId::new("kim");
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert!(unit.is_spoken_for_by(&kim, day("2027-01-01")));
        assert!(!unit.is_spoken_for_by(&kim, day("2027-01-02")));
        assert!(unit.is_spoken_for_by(&PersonId::new("nele"), day("2030-01-01")));
        assert_eq!(unit.lacking(day("2027-01-01")), 0);
        assert_eq!(unit.lacking(day("2027-01-15")), 1);
    }

    #[test]
    fn day_that_is_none_is_refused_with_a_remedy() {
        let text = "id = \"a\"\nname = \"A\"\n[[delegate]]\nperson = \"kim\"\nuntil = \"soon\"\n";
        let error = toml::from_str::<Unit>(text).unwrap_err();
        assert!(error.message().contains("2027-01-31"), "{error}");
    }
}

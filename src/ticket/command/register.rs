//! The keyword that sends a register: people, units, queues, consents, declarations, renewals,
//! rules, roles, breaches.
//!
//! It is sent to who asked and to nobody else, as a mail to read with its table attached; what the
//! reader may not see is not in it. Deliberately absent: the rows (`desk::listing`), who may read
//! them (`desk::readership`), words (`notice`).

use serde_json::Value;

use crate::desk::readership::{self, Reach};
use crate::desk::{Desk, Table, listing};
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Argument, By, Keyword, Outcome, Wrong, fold};
use crate::ticket::draft::Draft;
use crate::ticket::matter::{Matter, RegisterPage, ResultKind};
use crate::ticket::tell;
use crate::types::{Locale, PersonId};

/// The keyword that sends a register.
pub const REGISTER: &str = "register";

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[Keyword {
    name: REGISTER,
    names: [
        &["verzeichnis", "register"],
        &["register"],
        &["rekisteri"],
        &["register", "förteckning"],
    ],
    argument: Argument::Table,
    help: [
        "und Benutzer, Einheiten, Queues oder Regeln: das Verzeichnis als Mail",
        "and users, units, queues or rules: the register as a mail",
        "ja käyttäjät, yksiköt, jonot tai säännöt: rekisteri viestinä",
        "och användare, enheter, köer eller regler: registret som mejl",
    ],
    run: register,
    ..Keyword::BASE
}];

/// What a register is called, by language; the first of each is shown.
const fn names(table: Table) -> [&'static [&'static str]; 4] {
    match table {
        Table::Users => [
            &["Benutzer", "Leute", "Personen", "Mitglieder"],
            &["users", "people", "members"],
            &["käyttäjät", "henkilöt", "jäsenet"],
            &["användare", "personer", "medlemmar"],
        ],
        Table::Units => [
            &["Einheiten", "Gruppen", "Einheit"],
            &["units", "groups", "unit"],
            &["yksiköt", "ryhmät"],
            &["enheter", "grupper"],
        ],
        Table::Queues => {
            [&["Queues", "Queue"], &["queues", "queue"], &["jonot", "jono"], &["köer", "kö"]]
        }
        Table::Consents => [
            &["Zustimmungen", "Einwilligungen", "Zustimmung"],
            &["consents", "consent"],
            &["suostumukset", "suostumus"],
            &["samtycken", "samtycke"],
        ],
        Table::Declarations => [
            &["Erklärungen", "Datenschutzerklärungen", "Erklärung"],
            &["declarations", "declaration"],
            &["sitoumukset", "sitoumus"],
            &["förbindelser", "försäkringar"],
        ],
        Table::Renewals => [
            &["Erneuerungen", "Erneuerung", "Kampagnen"],
            &["renewals", "renewal", "campaigns"],
            &["uusinnat", "uusinta"],
            &["förnyelser", "förnyelse"],
        ],
        Table::Rules => [
            &["Regeln", "Regeltexte", "Texte"],
            &["rules", "texts"],
            &["säännöt", "tekstit"],
            &["regler", "texter"],
        ],
        Table::Roles => [&["Rollen", "Rolle"], &["roles", "role"], &["roolit"], &["roller"]],
        Table::Evidence => [&[], &[], &[], &[]],
        Table::Breaches => [
            &["Verwarnungen", "Verstöße", "Verwarnung", "Regelverstöße"],
            &["breaches", "warnings", "breach"],
            &["huomautukset", "rikkomukset", "huomautus"],
            &["varningar", "överträdelser", "varning"],
        ],
    }
}

/// What a register is called in a language.
#[must_use]
pub fn shown(table: Table, locale: Locale) -> &'static str {
    let at = Locale::ALL.iter().position(|one| *one == locale).unwrap_or_default();
    let name = names(table).get(at).and_then(|names| names.first()).copied();
    name.unwrap_or_else(|| table.name())
}

/// The register that an argument names first, in whatever language, and the words behind it.
fn named(argument: &str) -> Option<(Table, &str)> {
    let argument = argument.trim();
    let (word, rest) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let forms = fold::forms(word.trim_end_matches(['.', ',', ':', ';']));
    let is_it = |table: &Table| {
        let mut all = names(*table).into_iter().flatten();
        all.any(|name| fold::is_same(&forms, &fold::forms(name)))
    };
    Table::by_mail().find(is_it).map(|table| (table, rest.trim()))
}

/// Whether an argument names a register; else the one that was probably meant, or all.
pub(super) fn check(desk: &Desk, argument: &str) -> Result<(), Wrong> {
    if named(argument).is_some() {
        return Ok(());
    }
    Err(wrong(argument, desk.site.locale))
}

/// The register that was probably meant, or all there are.
fn wrong(argument: &str, locale: Locale) -> Wrong {
    let word = argument.split_whitespace().next().unwrap_or_default();
    let distance = |table: Table| {
        let all = names(table).into_iter().flatten();
        all.filter_map(|name| fold::distance(word, name)).min()
    };
    let near = Table::by_mail().filter_map(|table| Some((distance(table)?, table))).min();
    let all: Vec<&str> = Table::by_mail().map(|table| shown(table, locale)).collect();
    Wrong {
        kind: ResultKind::BadArgument,
        detail: all.join(", "),
        meant: near.map(|(_, table)| shown(table, locale).to_owned()),
    }
}

fn register(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    Ok(send(draft, person, act.argument))
}

/// Sends the register that an argument names to a person of the register, as far as the person
/// may read it.
pub(crate) fn send(draft: &mut Draft<'_>, person: &PersonId, argument: &str) -> Outcome {
    let desk = draft.desk;
    let Some(to) = tell::member(desk, person) else {
        return Outcome::plain(ResultKind::NotAllowed);
    };
    let Some((table, about)) = named(argument) else {
        let Wrong { kind, detail, meant } = wrong(argument, to.locale);
        let Some(meant) = meant else { return Outcome::of(kind, detail) };
        let keyword = super::shown(REGISTER, to.locale);
        return Outcome::of(ResultKind::NotUnderstood, format!("{keyword} {meant}"));
    };
    let day = super::today(draft);
    let mut rows = listing::rows(desk, table, day);
    readership::restrict(desk, table, person, &mut rows);
    let is_whole = readership::reach(desk, person, table) == Reach::Whole;
    let readers: Vec<String> =
        readership::readers_of(desk, table).iter().map(|id| desk.register.name_of(id)).collect();
    // That nothing is on record of somebody is what he asks for.
    if rows.is_empty() && !is_whole && table != Table::Breaches {
        return Outcome::of(ResultKind::NotReader, readers.join(", "));
    }
    rows.retain(|row| is_about(row, about));
    let page = RegisterPage {
        table,
        day,
        about: about.to_owned(),
        readers: if is_whole { Vec::new() } else { readers },
        rows,
    };
    let matter = Matter::Register { page: Box::new(page) };
    let notice = tell::of_the_site(draft, person, to, draft.now, matter);
    draft.send_asked(notice);
    Outcome::told()
}

/// Whether every word stands in some cell of a row, as a part of it.
fn is_about(row: &Value, about: &str) -> bool {
    let cells = row.as_object().into_iter().flat_map(serde_json::Map::values);
    let cells: Vec<String> = cells.map(|value| listing::cell(Some(value)).to_lowercase()).collect();
    about.split_whitespace().all(|word| {
        let word = word.to_lowercase();
        cells.iter().any(|cell| cell.contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_register_has_a_name_of_its_own_in_each_language() {
        let mut seen: Vec<(&str, Table)> = Vec::new();
        for table in Table::by_mail() {
            for of_language in names(table) {
                assert!(!of_language.is_empty(), "{table:?}");
                for name in of_language {
                    let other = seen.iter().find(|(known, _)| known == name);
                    assert!(other.is_none_or(|(_, known)| *known == table), "{name}");
                    assert_eq!(named(name), Some((table, "")), "{name}");
                    seen.push((name, table));
                }
            }
        }
        assert_eq!(named("Kaeyttaejaet technik"), Some((Table::Users, "technik")));
    }
}

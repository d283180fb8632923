//! Registers by mail: who gets which rows, and that nobody else gets any.
//!
//! Deliberately absent: how they read (the scenarios), the command line (`registers`).

use lotse::desk::{Desk, Register, Table};
use lotse::mail::authres::AuthResult;
use lotse::notice::registers;
use lotse::ticket::Matter;
use lotse::ticket::matter::RegisterPage;
use lotse::types::{Address, Locale};

use crate::core::{Core, organization};

const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";
const NELE: &str = "Nele Nord <nele@members.example>";

/// Anna may read all registers, Nele coordinates a crew with a queue of its own.
fn site() -> String {
    let people = ["Anna Muster", "Bernd Beispiel", "Nele Nord", "Tina Technik"];
    let queues: [(&str, &[&str]); 2] =
        [("kontakt", &["anna write", "bernd write"]), ("technik", &["tina write"])];
    let mut text = organization(&people, &queues);
    text += "[[queue]]\nname = \"crew\"\nunit = \"crew\"\n\
             [[queue.member]]\nperson = \"tina\"\naccess = \"read\"\n\
             [[unit]]\nid = \"lv\"\nname = \"Landesverband\"\nspeaker = \"bernd\"\n\
             [[unit]]\nid = \"crew\"\nname = \"Crew Köln\"\nparent = \"lv\"\n\
             coordinators = [\"nele\"]\n\
             [[role]]\nname = \"office\"\nrights = [\"register\"]\n";
    text.replacen("access = \"write\"\n", "access = \"write\"\nrole = \"office\"\n", 1)
}

fn core_of(organization: &str) -> Core {
    let mut desk: Desk = crate::core::desk(organization);
    desk.site.control = Some(Address::parse("control@nrw.example").unwrap());
    let mut core = Core::at_desk(desk);
    core.verdicts.dmarc = AuthResult::Pass;
    core
}

/// What a line to the control address brings: the pages, and the results.
fn asked(core: &mut Core, from: &str, line: &str) -> (Vec<RegisterPage>, Vec<String>) {
    let before = core.outbox.len();
    core.write(from, "control@nrw.example", "", line);
    let told = core.told();
    let pages = core.outbox.iter().skip(before).filter_map(|notice| match &notice.matter {
        Matter::Register { page } => {
            assert!(from.contains(notice.to.address.as_str()), "{:?}", notice.to);
            Some(RegisterPage::clone(page))
        }
        _ => None,
    });
    (pages.collect(), told)
}

fn cells(page: &RegisterPage, column: &str) -> Vec<String> {
    let cell = |row: &serde_json::Value| lotse::desk::listing::cell(row.get(column));
    page.rows.iter().map(cell).collect()
}

#[test]
fn register_goes_to_who_may_read_it_as_mail_and_table() {
    let mut core = core_of(&site());
    for words in ["register users", "verzeichnis benutzer", "rekisteri käyttäjät"] {
        let (pages, _) = asked(&mut core, ANNA, words);
        assert_eq!(pages.len(), 1, "{words}");
        assert_eq!(cells(&pages[0], "id"), ["anna", "bernd", "nele", "tina", "tina"]);
        assert_eq!(cells(&pages[0], "queue"), ["kontakt", "kontakt", "", "crew", "technik"]);
        assert!(pages[0].readers.is_empty());
        let file = registers::file(Locale::De, &pages[0]);
        assert_eq!(file.name, "users-2026-11-21.csv");
        let table = String::from_utf8(file.content).unwrap();
        assert!(table.starts_with("\u{FEFF}id;name;addresses;"), "{table}");
    }
    let (pages, _) = asked(&mut core, ANNA, "register users technik");
    assert_eq!(cells(&pages[0], "id"), ["tina", "tina"], "a word selects");
    for table in Table::by_mail() {
        let (pages, told) = asked(&mut core, ANNA, &format!("register {}", table.name()));
        assert_eq!(pages.iter().map(|page| page.table).collect::<Vec<_>>(), [table], "{told:?}");
    }
}

#[test]
fn others_read_their_branch_or_what_is_about_themselves() {
    let mut core = core_of(&site());
    let (pages, _) = asked(&mut core, NELE, "register users");
    assert_eq!(cells(&pages[0], "id"), ["nele", "tina"], "in their own queue only");
    assert_eq!(cells(&pages[0], "queue"), ["", "crew"]);
    assert_eq!(pages[0].readers, ["Anna Muster"]);
    let (pages, _) = asked(&mut core, NELE, "register units");
    assert_eq!(cells(&pages[0], "unit"), ["crew"]);
    let (pages, _) = asked(&mut core, BERND, "register users");
    assert_eq!(cells(&pages[0], "id"), ["bernd"]);
    let (pages, told) = asked(&mut core, BERND, "register queues");
    assert!(pages.is_empty());
    assert_eq!(told, ["bernd: result: NotReader by Anna Muster"]);
    let (pages, _) = asked(&mut core, BERND, "register rules");
    assert_eq!(pages.len(), 1, "rule texts are for everybody inside");
}

#[test]
fn outsiders_and_unproven_authors_get_nothing() {
    let mut core = core_of(&site());
    for from in ["Otto <otto@outside.example>", "Anna Muster <anna@outside.example>"] {
        let (pages, told) = asked(&mut core, from, "register users");
        assert!(pages.is_empty(), "{told:?}");
    }
    core.verdicts.dmarc = AuthResult::Fail;
    let (pages, told) = asked(&mut core, ANNA, "register users");
    assert!(pages.is_empty() && told.is_empty(), "{told:?}");
    core.verdicts = Default::default();
    let (pages, told) = asked(&mut core, ANNA, "register users");
    assert!(pages.is_empty());
    assert_eq!(told, ["anna: result: Unproven"], "told where it is registered, and nothing else");
    let question = core.outbox.last().cloned().unwrap();
    let text = core.text(&question).replace('\n', " ");
    assert!(text.contains("„register users“ kam in deinem Namen"), "{text}");
    let before = core.outbox.len();
    core.answer(&question, ANNA, "register users");
    core.told();
    let sent = core.outbox.split_off(before);
    assert!(matches!(sent[0].matter, Matter::Register { .. }), "{sent:?}");
    core.write("Otto <otto@outside.example>", "kontakt@nrw.example", "x", "!register users");
    core.told();
    let is_register = |one: &&lotse::ticket::Notice| matches!(one.matter, Matter::Register { .. });
    assert_eq!(core.outbox.iter().filter(is_register).count(), 0);
}

#[test]
fn mistyped_name_is_met_with_the_nearest() {
    let mut core = core_of(&site());
    let (_, told) = asked(&mut core, ANNA, "register einheitn");
    assert_eq!(told, ["anna: result: NotUnderstood by verzeichnis Einheiten"]);
    let (_, told) = asked(&mut core, ANNA, "register");
    assert!(told[0].contains("Benutzer, Einheiten, Queues"), "{told:?}");
    let (_, told) = asked(&mut core, ANNA, "register evidence");
    assert!(told[0].contains("BadArgument"), "it would read every ticket: {told:?}");
}

#[test]
fn without_any_declaration_those_who_dispatch_read_them() {
    let people = ["Anna Muster", "Tina Technik"];
    let queues: [(&str, &[&str]); 2] = [("kontakt", &["anna write"]), ("technik", &["tina write"])];
    let mut core = core_of(&organization(&people, &queues));
    let (pages, _) = asked(&mut core, ANNA, "register users");
    assert_eq!(cells(&pages[0], "id"), ["anna", "tina"]);
    let (pages, _) = asked(&mut core, "Tina <tina@members.example>", "register users");
    assert_eq!(cells(&pages[0], "id"), ["tina"]);
}

#[test]
fn register_of_a_site_without_anybody_is_empty_and_harmless() {
    let mut desk = crate::core::desk(&organization(&[], &[]));
    desk.register = Register::default();
    for table in Table::ALL {
        let day = jiff::civil::date(2026, 11, 21);
        assert!(lotse::desk::listing::rows(&desk, table, day).is_empty(), "{table:?}");
    }
}

//! Units, rule texts and roles in the register: read from the file, planned, applied, looked at.

use std::fs;

use serde_json::json;

use crate::daemon::{Plan, Site};

const MORE: &str = r#"
[[person]]
id = "nele"
name = "Nele Nord"
addresses = ["nele@members.example"]
[[person]]
id = "kim"
name = "Kim Sommer"
addresses = ["kim@members.example"]

[[unit]]
id = "nrw"
name = "Landesverband"
coordinators = ["nele"]
[[unit]]
id = "crew-koeln"
name = "Crew Köln"
parent = "nrw"
addresses = ["crew@provider.example"]
speaker = "nele"
minimum = 3
[[unit.delegate]]
person = "kim"
until = 2027-01-01

[[text]]
name = "rules"
version = 4
title.de = "Regeln zum Umgang mit Queues"
effective = 2026-10-01
approved_by = "Treffen vom 1. September"
file.de = "rules-4.de.txt"

[[role]]
name = "speaker"
title.de = "Sprecherin"
rights = ["support"]
"#;

/// A site that began without units, and now has the file that names them.
fn site() -> Site {
    let site = Site::started(Plan::new("nrw", "sled"));
    let path = site.path("organization.toml");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{before}\n{MORE}")).unwrap();
    fs::write(site.path("rules-4.de.txt"), "Wer eine Queue hat, liest sie täglich.\n").unwrap();
    site
}

fn apply(site: &Site) -> (bool, String) {
    let output = site.run(&["apply", "--yes", site.path("organization.toml").to_str().unwrap()]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn units_texts_and_roles_are_planned_applied_and_seen_over_a_rebuild() {
    let mut site = site();
    let (is_done, said) = apply(&site);
    assert!(is_done, "{said}");
    for line in [
        "add person nele (Nele Nord)",
        "add unit crew-koeln (Crew Köln), speaker: nele",
        "add text rules, version 4, in effect from 2026-10-01",
        "add role speaker",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(apply(&site), (true, "nothing differs\n".to_owned()));
    for _ in 0..2 {
        let units = site.look(&["unit"]);
        assert_eq!(units[0]["unit"], "crew-koeln");
        assert_eq!(units[0]["above"], json!(["nrw"]));
        assert_eq!(units[0]["coordinators"], json!(["nele"]), "of the unit above");
        assert_eq!(units[0]["lacking"], 1, "{units:?}");
        let texts = site.look(&["text"]);
        assert_eq!(texts[0]["hash"].as_str().map(str::len), Some(64), "{texts:?}");
        assert_eq!(site.look(&["role"])[0]["rights"], json!(["support"]));
        let people = site.look(&["person"]);
        let kim = people.iter().find(|person| person["id"] == "kim").unwrap();
        let until = json!([{ "unit": "crew-koeln", "as": "delegate", "until": "2027-01-01" }]);
        assert_eq!(kim["units"], until);
        assert_eq!(site.stop().code(), Some(0));
        assert!(site.run(&["rebuild"]).status.success());
        site.start().unwrap();
    }
    site.move_clock("2027-01-02T00:00:00+01:00");
    assert_eq!(site.look(&["unit"])[0]["lacking"], 2, "the delegate's time is over");
}

#[test]
fn registered_version_of_a_text_never_reads_otherwise() {
    let site = site();
    assert!(apply(&site).0);
    fs::write(site.path("rules-4.de.txt"), "Wer eine Queue hat, liest sie wöchentlich.\n").unwrap();
    let (is_done, said) = apply(&site);
    assert!(!is_done);
    assert!(said.contains("give these words the version 5"), "{said}");
}

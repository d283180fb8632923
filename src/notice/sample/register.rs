//! Samples of registers: each with full and with missing cells, in words of strangers.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Table;
use crate::desk::account::{Difference, Goes, Turn};
use crate::notice::sample::{at, fact};
use crate::ticket::Matter;
use crate::ticket::matter::{
    BreachPage, BreachStage, ChangeLine, RegisterPage, RenewalStage, TextPart,
};
use crate::types::{Locale, TicketId};

fn page(table: Table, rows: Vec<Value>, is_part: bool) -> Matter {
    let day = date(2026, 11, 21);
    let readers = if is_part { vec!["Jo Probe".to_owned()] } else { Vec::new() };
    let about = if is_part { "!crew".to_owned() } else { String::new() };
    Matter::Register { page: Box::new(RegisterPage { table, day, about, readers, rows }) }
}

fn renewal(stage: RenewalStage, is_full: bool) -> Matter {
    let asked = is_full || stage != RenewalStage::Agreed;
    let filled = |text: &str| if is_full { text.to_owned() } else { String::new() };
    Matter::Renewal {
        stage,
        title: "Regeln zum Umgang".into(),
        version: 5,
        effective: date(2026, 11, 21),
        approved_by: filled("!Treffen vom 1. September"),
        unit: is_full.then(|| "Crew Nord".into()),
        missing: if asked { vec![fact("Einverstanden, ja oder nein", "")] } else { Vec::new() },
        texts: Vec::new(),
        remind_at: is_full.then(|| at(72)),
        until: is_full.then(|| at(24 * 21)),
        suspends: is_full,
        places: if is_full { vec!["kontakt".into(), "technik".into()] } else { Vec::new() },
    }
}

const STAGES: [RenewalStage; 5] = [
    RenewalStage::First,
    RenewalStage::Reminder,
    RenewalStage::Declined,
    RenewalStage::Lapsed,
    RenewalStage::Agreed,
];

/// The first fills every slot.
pub(super) fn full() -> Vec<Matter> {
    let mut matters = registers();
    matters.extend(STAGES.map(|stage| renewal(stage, true)));
    matters.push(changes());
    matters.extend(breaches(true));
    matters
}

fn registers() -> Vec<Matter> {
    let user = |id: usize, name: &str| {
        json!({
            "id": format!("person-{id}"), "name": name,
            "addresses": ["anna@members.example", "=1+1@x.example"], "locale": "de",
            "queue": "kontakt", "access": "write", "role": "!chef",
            "units": ["crew delegate 2027-01-01", "ag speaker", "lv coordinator"],
        })
    };
    let many = (0..62).map(|id| user(id, "!!! Anna Muster")).collect();
    vec![
        page(Table::Users, many, true),
        page(Table::Units, units(), true),
        page(Table::Queues, queues(), true),
        page(Table::Consents, consents(), true),
        page(Table::Declarations, declarations(), true),
        page(Table::Renewals, renewed(), true),
        page(Table::Rules, rules(), true),
        page(Table::Roles, roles(), true),
        page(Table::Breaches, breached(), true),
    ]
}

fn units() -> Vec<Value> {
    vec![json!({
        "unit": "crew", "name": "Crew Nord", "parent": "lv", "addresses": ["crew@x.example"],
        "speaker": "anna", "delegate": "anna", "until": "2027-01-01", "coordinators": ["anna"],
        "minimum": 2, "lacking": 1,
    })]
}

fn queues() -> Vec<Value> {
    let row = |access: &str| {
        json!({
            "queue": "kontakt", "title": "Kontakt NRW", "addresses": ["kontakt@nrw.example"],
            "parent": "a", "unit": "crew", "person": "anna", "name": "Anna Muster",
            "access": access, "role": null, "inherited": true, "minimum": 2, "lacking": 1,
        })
    };
    vec![row("write"), row("read"), row("suspended")]
}

fn consents() -> Vec<Value> {
    let row = |given: Option<u8>, back: bool| {
        json!({
            "text": "rules", "version": 4, "who": "anna", "name": "Anna Muster",
            "agreed_at": given.map(|_| at(0)), "rung": given, "ticket": given.map(|_| 17),
            "hash": "00", "taken_back": back.then(|| at(24)),
        })
    };
    let given = (0..4).map(|rung| row(Some(rung), rung == 3));
    given.chain([row(None, false), row(None, false)]).collect()
}

fn declarations() -> Vec<Value> {
    let row = |is_there: bool| {
        json!({
            "declaration": "declaration", "title": {"de": "Datenschutzerklärung"}, "who": "anna",
            "name": "Anna Muster", "given_at": at(0), "rung": 1, "file": "!scan.pdf", "hash": "00",
            "ticket": 17, "until": "2027-01-01", "custodian": "anna",
            "acknowledged_at": is_there.then(|| at(24)),
        })
    };
    let lacks = json!({"declaration": "declaration", "who": "jo", "name": "Jo Probe"});
    vec![row(true), row(false), lacks]
}

fn renewed() -> Vec<Value> {
    let row = |state: &str| {
        json!({
            "procedure": "renewal", "text": "rules", "version": 5, "begun_at": at(0), "who": "anna",
            "name": "!!! Anna", "asked_at": at(0), "ticket": 17, "state": state, "resting": [],
        })
    };
    vec![row("asked"), row("declined"), row("lapsed"), row("resting"), row("agreed")]
}

fn rules() -> Vec<Value> {
    let row = |version: u16, holds: bool| {
        json!({
            "text": "rules", "version": version, "title": "Regeln", "effective": "2026-10-01",
            "holds": holds, "approved_by": "Treffen", "locale": "de", "hash": "0123456789ab",
            "agreed": 3,
        })
    };
    vec![row(4, true), row(5, false)]
}

fn roles() -> Vec<Value> {
    vec![json!({
        "role": "speaker", "title": {"de": "Sprecherin"}, "rights": ["support"],
        "denials": ["erase"], "invites": ["member"], "gives": ["member"], "sees": "own",
    })]
}

fn breached() -> Vec<Value> {
    let row = |level: &str, state: &str| {
        json!({
            "who": "anna", "name": "!!! Anna", "level": level, "state": state, "at": at(0),
            "text": "rules", "version": 4, "reason": "!warn hat =1+1 weitergegeben", "by": "anna",
            "rung": 1, "ticket": 17, "follow_up": at(24), "until": at(48), "resting": ["kontakt"],
            "ended_at": at(24), "expires_at": at(72),
        })
    };
    vec![row("warning", "open"), row("note", "withdrawn"), row("suspension", "over")]
}

fn breaches(is_full: bool) -> Vec<Matter> {
    let page = |stage: BreachStage| {
        let is_rest = matches!(stage, BreachStage::Suspended | BreachStage::Returned);
        let names = |all: &[&str]| all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let is_withdrawn = stage == BreachStage::Withdrawn;
        let is_new = !is_withdrawn && stage != BreachStage::Returned;
        let part = TextPart { text: "rules".into(), version: 4, locale: Locale::De };
        BreachPage {
            name: "!!! Anna Muster".into(),
            by: (is_full || stage != BreachStage::Returned).then(|| "Jo Probe".into()),
            rule: is_full.then(|| ("!Regeln zum Umgang".into(), 4)),
            reason: if is_full || is_new { "!warn hat es verraten".into() } else { String::new() },
            at: at(0),
            count: if is_full { 2 } else { 1 },
            asked: is_full,
            warnings: if is_full {
                vec![(TicketId(17), at(0), "!eins".into()), (TicketId(18), at(2), "zwei".into())]
            } else {
                Vec::new()
            },
            follow_up: is_full.then(|| at(24 * 30)),
            until: (is_full || is_rest).then(|| at(24 * 14)),
            places: if is_rest || is_full { names(&["kontakt", "technik"]) } else { Vec::new() },
            kept: if is_full { names(&["presse"]) } else { Vec::new() },
            expires_at: at(24 * 365),
            texts: if is_full && is_new { vec![part] } else { Vec::new() },
        }
    };
    let both = |stage: BreachStage| {
        [false, true].map(|inside| Matter::Breach { stage, inside, page: Box::new(page(stage)) })
    };
    BreachStage::ALL.into_iter().flat_map(both).collect()
}

/// Every register with nothing in it, and rows with nothing in their cells.
pub(super) fn bare() -> Vec<Matter> {
    let empty = Table::by_mail().map(|table| page(table, Vec::new(), false));
    let hollow = Table::by_mail().map(|table| page(table, vec![json!({})], false));
    let renewals = STAGES.map(|stage| renewal(stage, false));
    let changes = Matter::Changes { lines: Vec::new(), more: 0 };
    empty.chain(hollow).chain(renewals).chain([changes]).chain(breaches(false)).collect()
}

/// Every kind of change, with and without what was before.
pub(super) fn changes() -> Matter {
    let goes = |name: &str| Goes::Queue(name.to_owned());
    let begins = || Goes::Procedure("club-key".to_owned());
    let address =
        |from, to| Difference::Address { address: "kontakt@nrw.example".into(), from, to };
    let turns = || [Turn::New, Turn::Changed, Turn::Gone].into_iter();
    let mut all = vec![
        Difference::Version { from: "0.3.0".into(), to: "0.4.0".into() },
        Difference::Promise { queue: "kontakt".into(), from: 2, to: 3 },
        Difference::Promise { queue: "kontakt".into(), from: 1, to: 0 },
        Difference::Promise { queue: "kontakt".into(), from: 0, to: 1 },
        address(Some(goes("kontakt")), Some(goes("!vorstand"))),
        address(Some(begins()), Some(goes("kontakt"))),
        address(Some(goes("kontakt")), Some(begins())),
        address(Some(goes("kontakt")), None),
        address(None, Some(goes("kontakt"))),
    ];
    all.extend(turns().map(|turn| Difference::Queue { queue: "!presse".into(), turn }));
    all.extend(turns().map(|turn| Difference::Procedure { procedure: "club-key".into(), turn }));
    all.extend(turns().map(|turn| Difference::Text { text: "rules 5".into(), turn }));
    let setting = |from: Option<&str>, to: Option<&str>, turn| Difference::Setting {
        path: "site.digest_hour".into(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        turn,
    };
    all.push(setting(Some("8"), Some("!9"), Turn::Changed));
    all.push(setting(None, Some("9"), Turn::New));
    all.push(setting(Some("8"), None, Turn::Gone));
    all.push(setting(None, None, Turn::Changed));
    let line = |(kept, difference)| ChangeLine { difference, kept };
    Matter::Changes { lines: (0..).zip(all).map(line).collect(), more: 3 }
}

//! Breaches of the rules: who records them of whom, what its person and the coordinators read, when
//! somebody is asked, and that they end.
//!
//! Deliberately absent: how the mails read (the scenario).

use jiff::SignedDuration;
use lotse::desk::breach::Level;
use lotse::desk::{Access, Desk, RegisterChange, RuleText, Table, listing, readership};
use lotse::mail::authres::AuthResult;
use lotse::ticket::matter::{BreachPage, BreachStage};
use lotse::ticket::{Effect, Matter, Notice, ReplyTo, Status};
use lotse::types::{Address, Locale, PersonId, QueueName, TicketId};
use serde_json::{Value, json};

use crate::core::{Core, organization};
use crate::daemon::{Plan, Site};
use crate::erase_whole::holders;

const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";
const JO: &str = "Jo Brook <jo@members.example>";
const NELE: &str = "Nele Nord <nele@members.example>";
const OTTO: &str = "Otto Normal <otto@outside.example>";
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Jo and Ute may warn, and read the queue of the coordination; Anna and Bernd serve kontakt, Bernd
/// alone serves presse; Nele coordinates the crew that Tina works for.
fn core() -> Core {
    let people = [
        "Anna Muster",
        "Bernd Beispiel",
        "Jo Brook",
        "Ute Umsicht",
        "Nele Nord",
        "Tina Technik",
        "Anna-Lena Zwei",
    ];
    let queues: [(&str, &[&str]); 4] = [
        ("leitung", &["jo write", "ute write"]),
        ("kontakt", &["anna write", "bernd write"]),
        ("presse", &["bernd write", "anna read"]),
        ("crew", &["tina write", "bernd read"]),
    ];
    let mut text = organization(&people, &queues);
    text =
        text.replace("name = \"crew\"\naddresses", "name = \"crew\"\nunit = \"crew\"\naddresses");
    text += "[[unit]]\nid = \"lv\"\nname = \"Landesverband\"\n[[unit]]\nid = \"crew\"\n\
             name = \"Crew Köln\"\nparent = \"lv\"\ncoordinators = [\"nele\"]\n\
             [[role]]\nname = \"office\"\nrights = [\"warn\"]\n";
    // Both members of the first queue have the role.
    text = text.replacen("access = \"write\"\n", "access = \"write\"\nrole = \"office\"\n", 2);
    let mut desk: Desk = crate::core::desk(&text);
    desk.site.control = Some(Address::parse("control@nrw.example").unwrap());
    desk.site.breaches.queue = Some(QueueName::new("leitung"));
    for (version, effective) in [(4, "2026-10-01"), (5, "2027-01-01")] {
        desk.register.apply(&RegisterChange::Text(RuleText {
            name: "rules".into(),
            version,
            title: [(Locale::De, "Regeln zum RT".to_owned())].into(),
            effective: effective.parse().unwrap(),
            approved_by: "Treffen".into(),
            file: Default::default(),
            content: [(Locale::De, format!("Fassung {version}\n"))].into(),
        }));
    }
    let mut core = Core::at_desk(desk);
    core.verdicts.dmarc = AuthResult::Pass;
    core
}

fn says(core: &mut Core, from: &str, line: &str) -> Vec<String> {
    core.told();
    core.write(from, "control@nrw.example", "", line);
    core.told()
}

fn page_to(core: &Core, person: &str) -> (BreachStage, BreachPage) {
    let mut notices = core.outbox.iter().rev();
    let found = notices.find_map(|notice| match &notice.matter {
        Matter::Breach { stage, page, .. } if notice.to.address.local() == person => {
            Some((*stage, BreachPage::clone(page)))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing to {person}"))
}

fn states(core: &Core) -> Vec<(Level, &'static str)> {
    core.desk.register.breaches().map(|one| (one.level, one.state())).collect()
}

fn access(core: &Core, person: &str, queue: &str) -> Option<Access> {
    core.desk.register.access(&PersonId::new(person), &QueueName::new(queue))
}

fn last_ticket(core: &Core) -> u64 {
    core.tickets.keys().next_back().unwrap().0
}

fn notes(core: &Core) -> Vec<String> {
    let note = |effect: &Effect| match effect {
        Effect::Note(deed) => Some(format!("{}: {}", deed.by, deed.what)),
        _ => None,
    };
    core.followed.iter().filter_map(note).collect()
}

#[test]
fn warning_is_on_record_with_the_rule_of_the_day_and_both_sides_read_it() {
    let mut core = core();
    let told = says(&mut core, JO, "warn anna@members.example: Hat Interna weitergegeben.");
    assert_eq!(told, ["anna: Breach", "jo: told of a breach", "ute: told of a breach"]);
    let number = last_ticket(&core);
    let breach = core.desk.register.breach(TicketId(number)).unwrap().clone();
    assert_eq!(breach.person.as_str(), "anna");
    assert_eq!((breach.level, breach.rule.clone()), (Level::Warning, Some(("rules".into(), 4))));
    assert_eq!((breach.by.as_str(), breach.rung), ("jo", 1));
    assert_eq!(breach.reason, "Hat Interna weitergegeben.");
    assert!(breach.about.is_none() && breach.message.is_some());
    let ticket = core.ticket(number);
    assert_eq!((ticket.queue.as_str(), ticket.status), ("leitung", Status::Stalled));
    assert_eq!(ticket.owner, Some(PersonId::new("jo")));
    assert_eq!(ticket.watchers, [PersonId::new("ute")]);
    assert_eq!(core.requestors(number), ["anna@members.example"]);
    let notice = core.last("anna", "Breach");
    let text = core.text(&notice);
    for words in ["Regeln zum RT, Fassung 4", "> Hat Interna weitergegeben.", "Jo Brook"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(notice.reply_to, ReplyTo::Requestor(notice.to.address.clone()));
    assert_eq!(notes(&core), [format!("jo: warning of anna in {number}")]);
}

#[test]
fn person_is_heard_on_the_ticket_that_the_coordinators_read() {
    let mut core = core();
    says(&mut core, JO, "warn anna: Hat Interna weitergegeben.");
    let notice = core.last("anna", "Breach");
    core.told();
    core.answer(&notice, ANNA, "Das war ein Versehen, die Adresse war falsch.");
    let told = core.told();
    let said = "copy: Das war ein Versehen, die Adresse war falsch.";
    assert_eq!(told, [format!("jo: {said}"), format!("ute: {said}")]);
    let ticket = core.ticket(last_ticket(&core));
    assert_eq!(ticket.status, Status::Open, "it needs a coordinator again");
}

#[test]
fn only_who_has_the_right_warns_and_nobody_himself() {
    let mut core = core();
    for (from, line) in [
        (ANNA, "warn bernd: Hat Interna weitergegeben."),
        (NELE, "warn bernd: Hat Interna weitergegeben."),
        (JO, "warn jo: Hat Interna weitergegeben."),
    ] {
        let may = from == NELE && line.contains("bernd");
        let told = says(&mut core, from, line);
        // Bernd reads in the crew's queue, so Nele coordinates him.
        assert_eq!(told.iter().any(|one| one.contains("NotAllowed")), !may, "{from}: {told:?}");
    }
    let told = says(&mut core, NELE, "warn ute: Hat Interna weitergegeben.");
    assert_eq!(told, ["nele: result: NotAllowed"]);
    assert_eq!(states(&core), [(Level::Warning, "open")]);
    core.verdicts.dmarc = AuthResult::Fail;
    says(&mut core, JO, "warn anna: Hat Interna weitergegeben.");
    core.verdicts = Default::default();
    core.write(OTTO, "kontakt@nrw.example", "x", "!warn anna: Hat Interna weitergegeben.");
    core.told();
    assert_eq!(states(&core).len(), 1);
}

#[test]
fn line_names_a_person_and_a_reason_or_nothing_is_recorded() {
    let mut core = core();
    for (line, expected) in [
        ("warn ana: Hat Interna weitergegeben.", "NoPerson by Anna Muster"),
        ("warn anna@outside.example: So.", "NoPerson"),
        ("warn anna", "NoReason"),
        ("warn anna:", "NoReason"),
        ("warn : Hat Interna weitergegeben.", "WhoIsMeant"),
        ("warn anna hausordnung: Hat Interna weitergegeben.", "NoRule by hausordnung"),
        ("warn anna suspended: Hat Interna weitergegeben.", "NoDay"),
        ("warn anna suspended until 1.11.2026: Zu spät.", "NoDay"),
        ("warn anna withdrawn: War nichts.", "NoBreach by Anna Muster"),
        ("warn jemanden: Hat Interna weitergegeben.", "NoPerson"),
    ] {
        let told = says(&mut core, JO, line);
        assert_eq!(told.len(), 1, "{line}: {told:?}");
        assert!(told[0].contains(expected), "{line}: {told:?}");
    }
    assert!(states(&core).is_empty());
    for line in [
        "verwarne Anna Muster: Um 14:05 Uhr: weitergegeben",
        "varna anna Regeln zum RT: Hat Interna weitergegeben.",
        "huomauta <anna@members.example> Hat Interna weitergegeben.",
        "warn anna note: Hat Interna weitergegeben.",
        "verwarne anna vermerk: Hat Interna weitergegeben.",
    ] {
        says(&mut core, JO, line);
    }
    let found = states(&core);
    assert_eq!(found.iter().filter(|(level, _)| *level == Level::Warning).count(), 3);
    assert_eq!(found.iter().filter(|(level, _)| *level == Level::Note).count(), 2);
    let first = core.desk.register.breaches().next().unwrap();
    assert_eq!(first.reason, "Um 14:05 Uhr: weitergegeben");
}

/// Otto asked, Anna answered him what she should not have; Jo is shown it.
fn on_a_ticket(core: &mut Core) -> Notice {
    let member = lotse::desk::Member {
        person: PersonId::new("jo"),
        access: Access::Write,
        notify: lotse::desk::NotifyChoice::Each,
        role: None,
    };
    let joined = core.desk.register.joined(&QueueName::new("kontakt"), member).unwrap();
    core.desk.register.apply(&joined);
    core.write(OTTO, "kontakt@nrw.example", "Frage", "Wer hat das beschlossen?");
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "Das war der Vorstand, mit 3 zu 2, Vera dagegen.");
    let copy = core.last("jo", "copy");
    core.told();
    copy
}

#[test]
fn on_a_ticket_it_means_who_wrote_and_no_word_of_it_leaves() {
    let mut core = core();
    let copy = on_a_ticket(&mut core);
    core.answer(
        &copy,
        JO,
        "!verwarne: Hat ein Abstimmungsergebnis\nnach außen gegeben.\n\n\
         Ich habe mit ihr telefoniert.",
    );
    let told = core.told();
    assert_eq!(told, ["anna: Breach", "jo: told of a breach", "ute: told of a breach"]);
    let number = last_ticket(&core);
    let breach = core.desk.register.breach(TicketId(number)).unwrap();
    assert_eq!(breach.reason, "Hat ein Abstimmungsergebnis nach außen gegeben.");
    assert_eq!(breach.about, Some(TicketId(17)));
    let of_otto = core.outbox.iter().filter(|one| one.to.address.local() == "otto").count();
    assert_eq!(of_otto, 2, "a receipt and Anna's answer, nothing of the warning");
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
    // The rest of what Jo wrote stands on the ticket of the warning, inside.
    let history = &core.histories[&TicketId(number)];
    let comment = history.iter().find_map(|line| match &line.change {
        lotse::ticket::Change::Comment { text } if line.internal => Some(text.clone()),
        _ => None,
    });
    let words = lotse::notice::words_of(&comment.unwrap(), &core.contents);
    assert!(words.contains("telefoniert"), "{words}");
}

#[test]
fn who_can_be_meant_on_a_ticket_is_asked_where_two_can() {
    let mut core = core();
    on_a_ticket(&mut core);
    core.write(
        "Bernd Beispiel <bernd@members.example>",
        "kontakt@nrw.example",
        "Beschwerde",
        "Ihr seid alle unfähig.",
    );
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "Selber.");
    core.told();
    let copy = core.last("jo", "copy");
    core.answer(&copy, JO, "!warn: Beleidigt andere.");
    let told = core.told();
    assert_eq!(told, ["jo: result: WhoIsMeant by Bernd Beispiel, Anna Muster"]);
    assert!(states(&core).is_empty());
}

#[test]
fn trying_says_it_and_does_nothing() {
    let mut core = core();
    let copy = on_a_ticket(&mut core);
    core.answer(&copy, JO, "!probe !warn anna: Hat Interna weitergegeben.");
    let told = core.told();
    assert_eq!(told, ["jo: result: try Warned by Anna Muster"]);
    assert!(states(&core).is_empty());
    assert_eq!(core.tickets.len(), 1);
    let text = core.text(&core.last("jo", "result"));
    let text = text.replace('\n', " ");
    assert!(text.contains("Post ginge an Anna Muster und Ute Umsicht."), "{text}");
}

#[test]
fn undo_withdraws_where_it_was_said_and_where_it_stands() {
    for is_there in [false, true] {
        let mut core = core();
        let copy = on_a_ticket(&mut core);
        core.answer(&copy, JO, "!warn: Hat Interna weitergegeben.");
        let told = core.last("jo", "told of a breach");
        core.told();
        core.answer(if is_there { &told } else { &copy }, JO, "!undo");
        let said = core.told();
        assert!(said.contains(&"anna: Breach".to_owned()), "{said:?}");
        assert!(said.iter().any(|one| one.contains("WarnWithdrawn")), "{said:?}");
        assert_eq!(states(&core), [(Level::Warning, "withdrawn")]);
        assert_eq!(page_to(&core, "anna").0, BreachStage::Withdrawn);
        assert_eq!(core.ticket(last_ticket(&core)).status, Status::Resolved);
        core.answer(&copy, JO, "!undo");
        assert!(core.told()[0].contains("NothingToUndo"));
    }
}

#[test]
fn withdrawn_warning_says_why_counts_no_more_and_is_soon_forgotten() {
    let mut core = core();
    says(&mut core, JO, "warn anna: Hat Interna weitergegeben.");
    let told = says(
        &mut core,
        "Ute Umsicht <ute@members.example>",
        "warn anna withdrawn: Die Adresse war vorgeschlagen.",
    );
    assert_eq!(told, ["anna: Breach", "jo: told of a breach", "ute: told of a breach"]);
    let (stage, page) = page_to(&core, "anna");
    assert_eq!(
        (stage, page.reason.as_str()),
        (BreachStage::Withdrawn, "Die Adresse war vorgeschlagen.")
    );
    says(&mut core, JO, "warn anna: Noch einmal.");
    assert!(!page_to(&core, "anna").1.asked, "only one is open");
    core.pass(31 * DAY);
    core.told();
    assert_eq!(states(&core), [(Level::Warning, "open")]);
}

#[test]
fn coordinators_are_asked_after_so_many_and_nothing_happens_by_itself() {
    let mut core = core();
    says(&mut core, JO, "warn bernd: Hat Interna weitergegeben.");
    core.pass(100 * DAY);
    says(&mut core, JO, "warn bernd: Hat es wieder getan.");
    let (stage, page) = page_to(&core, "ute");
    assert_eq!((stage, page.asked, page.count), (BreachStage::Warned, true, 2));
    assert_eq!(page.warnings.len(), 2);
    assert!(page_to(&core, "bernd").1.asked);
    assert_eq!(core.ticket(last_ticket(&core)).status, Status::Open);
    core.pass(60 * DAY);
    core.told();
    assert_eq!(access(&core, "bernd", "kontakt"), Some(Access::Write));
    // A third after the span of the first: two count.
    core.desk.site.breaches.within_days = 30;
    says(&mut core, JO, "warn bernd: Und noch einmal.");
    assert!(!page_to(&core, "ute").1.asked);
    core.desk.site.breaches = lotse::desk::breach::Settings {
        warnings: 0,
        within_days: 365,
        ..core.desk.site.breaches.clone()
    };
    says(&mut core, JO, "warn bernd: Zu oft.");
    assert!(!page_to(&core, "ute").1.asked, "0 is never");
}

#[test]
fn suspension_rests_until_its_day_and_comes_back_by_itself() {
    let mut core = core();
    says(&mut core, JO, "warn bernd: Hat Interna weitergegeben.");
    says(&mut core, JO, "warn bernd: Hat es wieder getan.");
    let asked = core.last("ute", "told of a breach");
    core.told();
    core.answer(
        &asked,
        "Ute Umsicht <ute@members.example>",
        "!verwarne ruht bis 15. Dezember: Zweimal Interna weitergegeben.",
    );
    let told = core.told();
    assert_eq!(told, ["bernd: Breach", "jo: told of a breach", "ute: told of a breach"]);
    assert_eq!(access(&core, "bernd", "kontakt"), None);
    assert_eq!(access(&core, "bernd", "crew"), None);
    assert_eq!(access(&core, "bernd", "presse"), Some(Access::Write), "nobody else writes there");
    let (stage, page) = page_to(&core, "jo");
    assert_eq!((stage, page.kept), (BreachStage::Suspended, vec!["presse".to_owned()]));
    assert_eq!(page.places, ["crew", "kontakt"]);
    core.pass(20 * DAY);
    assert_eq!(access(&core, "bernd", "kontakt"), None);
    core.pass(6 * DAY);
    assert_eq!(access(&core, "bernd", "kontakt"), Some(Access::Write));
    assert_eq!(access(&core, "bernd", "crew"), Some(Access::Read));
    assert_eq!(page_to(&core, "bernd").0, BreachStage::Returned);
    core.told();
    let suspension = core.desk.register.breaches().last().unwrap();
    assert_eq!((suspension.level, suspension.state()), (Level::Suspension, "over"));
    assert!(suspension.resting.is_empty());
}

#[test]
fn suspension_ends_earlier_or_is_withdrawn_and_a_later_one_takes_its_place() {
    let mut core = core();
    says(&mut core, JO, "warn bernd suspended until 31.12.2026: Hat Interna weitergegeben.");
    let told = says(&mut core, JO, "warn bernd suspended until 31.1.2027: Hat es wieder getan.");
    assert_eq!(told, ["bernd: Breach", "jo: told of a breach", "ute: told of a breach"]);
    assert_eq!(page_to(&core, "bernd").1.places, ["crew", "kontakt"]);
    core.pass(45 * DAY);
    assert_eq!(access(&core, "bernd", "kontakt"), None, "the first day has passed");
    says(&mut core, JO, "warn bernd zurück: Wir haben gesprochen.");
    assert_eq!(access(&core, "bernd", "kontakt"), Some(Access::Write));
    assert_eq!(page_to(&core, "bernd").0, BreachStage::Returned);
    let told = says(&mut core, JO, "warn bernd zurück: Noch einmal.");
    assert_eq!(told, ["jo: result: NoBreach by Bernd Beispiel"]);
    says(&mut core, JO, "warn tina suspended until 31.1.2027: Hat Interna weitergegeben.");
    assert_eq!(access(&core, "tina", "crew"), Some(Access::Write), "its last writer");
    let told = says(&mut core, JO, "warn anna suspended until 31.1.2027: So.");
    assert_eq!(told.len(), 3);
    says(&mut core, JO, "warn anna withdrawn: War anders.");
    assert_eq!(access(&core, "anna", "kontakt"), Some(Access::Write));
    core.told();
}

#[test]
fn consent_that_comes_back_does_not_end_a_suspension() {
    let mut core = core();
    says(&mut core, JO, "warn bernd suspended until 31.12.2026: Hat Interna weitergegeben.");
    let breach = core.desk.register.breaches().next().unwrap().clone();
    let resting = breach.resting.clone();
    let back = lotse::desk::resting::come_back(&core.desk.register, &breach.person, &resting);
    assert_eq!(back.len(), 2, "what would come back");
    core.pass(45 * DAY);
    core.told();
    assert_eq!(access(&core, "bernd", "kontakt"), Some(Access::Write));
    assert!(
        lotse::desk::resting::come_back(&core.desk.register, &breach.person, &resting).is_empty()
    );
}

#[test]
fn follow_up_stands_in_the_digest_of_coordinators_until_it_is_settled() {
    let mut core = core();
    says(&mut core, JO, "warn anna: Hat Interna weitergegeben.");
    let number = last_ticket(&core);
    let listed = |core: &Core, person: &str| {
        let mut digests = core.outbox.iter().filter_map(|notice| match &notice.matter {
            Matter::Digest { report: Some(report), .. } if notice.to.address.local() == person => {
                Some(report.breaches.len())
            }
            _ => None,
        });
        digests.next_back().unwrap_or_default()
    };
    for (timer, at) in lotse::ticket::first_timers(&core.desk, core.now).collect::<Vec<_>>() {
        core.timers.insert(timer, at);
    }
    core.pass(25 * DAY);
    assert_eq!(listed(&core, "ute"), 0, "it rests");
    core.pass(10 * DAY);
    assert_eq!((listed(&core, "jo"), listed(&core, "ute")), (1, 1));
    assert_eq!(listed(&core, "anna"), 0);
    let text = core.text(&core.last("ute", "digest"));
    assert!(text.contains(&format!("{number}, Anna Muster")), "{text}");
    let again = core.last("jo", "again");
    core.told();
    core.answer(&again, JO, "!erledigt");
    let before = core.outbox.len();
    core.pass(3 * DAY);
    let new = core.outbox.iter().skip(before);
    let still = new.filter(|one| match &one.matter {
        Matter::Digest { report: Some(report), .. } => !report.breaches.is_empty(),
        _ => false,
    });
    assert_eq!(still.count(), 0);
    core.told();
}

#[test]
fn breach_is_forgotten_when_its_time_is_over() {
    let mut core = core();
    says(&mut core, JO, "warn anna: Hat Interna weitergegeben.");
    let number = last_ticket(&core);
    core.pass(364 * DAY);
    assert_eq!(states(&core).len(), 1);
    core.pass(2 * DAY);
    assert!(states(&core).is_empty());
    assert!(!core.ticket(number).status.is_active());
    core.told();
}

#[test]
fn register_is_for_coordinators_and_everybody_reads_what_is_about_him() {
    let mut core = core();
    says(&mut core, JO, "warn anna: =1+1 weitergegeben.");
    says(&mut core, JO, "warn bernd note: War grob.");
    let pages = |core: &mut Core, from: &str| {
        let before = core.outbox.len();
        says(core, from, "register breaches");
        let pages = core.outbox.iter().skip(before).filter_map(|one| match &one.matter {
            Matter::Register { page } => Some((page.clone(), core.text(one))),
            _ => None,
        });
        pages.collect::<Vec<_>>()
    };
    let all = pages(&mut core, JO);
    assert_eq!(all[0].0.rows.len(), 2);
    assert!(all[0].1.lines().all(|line| line.chars().count() <= 72), "{}", all[0].1);
    let file = lotse::notice::registers::file(Locale::De, &all[0].0);
    let table = String::from_utf8(file.content).unwrap();
    assert!(table.contains("'=1+1 weitergegeben."), "{table}");
    let own = pages(&mut core, ANNA);
    let who = |page: &lotse::ticket::matter::RegisterPage| {
        page.rows.iter().map(|row| row["who"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(who(&own[0].0), ["anna"]);
    assert_eq!(own[0].0.readers, ["Jo Brook", "Ute Umsicht"]);
    assert_eq!(who(&pages(&mut core, NELE)[0].0), ["bernd"], "her branch");
    let tina = pages(&mut core, "Tina Technik <tina@members.example>");
    assert!(tina[0].0.rows.is_empty() && tina[0].1.contains("0 Einträge"), "{}", tina[0].1);
    assert_eq!(pages(&mut core, BERND)[0].0.rows.len(), 1);
    let day = "2026-11-21".parse().unwrap();
    let mut rows = listing::rows(&core.desk, Table::Breaches, day);
    readership::restrict(&core.desk, Table::Breaches, &PersonId::new("ute"), &mut rows);
    assert_eq!(rows.len(), 2);
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn daemon_keeps_a_breach_over_a_rebuild_shows_it_exports_it_and_erases_it() {
    let mut site = Site::started(Plan::new("nrw", "redb"));
    let queue = site.plan.queue();
    let mail = |from: &str, to: &str, id: &str, text: &str| {
        let mail = format!(
            "From: {from}\r\nTo: {to}\r\nSubject: Frage\r\nMessage-ID: <{id}@x.example>\r\n\
             Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n\r\n{text}\r\n"
        );
        let path = from.split(['<', '>']).nth(1).unwrap();
        assert_eq!(site.deliver(path, to, &mail).unwrap(), 250);
    };
    mail("Otto <otto@outside.example>", &queue, "a1", "Wann trifft sich die Runde?");
    site.move_clock("+1min");
    let sent = site.outgoing();
    let copy = sent.values().find(|sent| sent.forward_path.starts_with("anna@")).unwrap();
    let key = copy.field("Reply-To").unwrap();
    let key = key.split(['<', '>']).nth(1).unwrap();
    let anna = "anna <anna@members.nrw.example>";
    mail(anna, key, "b1", "!warn bruno: =Geheimes weitererzaehlt.");
    site.move_clock("+1min");
    let rows = || site.look(&["register", "breaches"]);
    let before = rows();
    assert_eq!((&before[0]["who"], &before[0]["by"]), (&json!("bruno"), &json!("anna")));
    assert_eq!(before[0]["reason"], "=Geheimes weitererzaehlt.");
    let csv = said(&site.run(&["register", "--csv", "breaches"]));
    assert!(csv.starts_with("who,name,level,state,at,"), "{csv}");
    assert!(csv.contains("'=Geheimes weitererzaehlt."), "{csv}");
    assert!(said(&site.run(&["register", "breaches"])).contains("bruno"));
    let audit = format!("{:?}", site.look(&["audit"]));
    assert!(audit.contains("warning of bruno in 2"), "{audit}");
    assert!(
        site.run(&["export", "--person", "bruno", site.path("out").to_str().unwrap()])
            .status
            .success()
    );
    let person = std::fs::read_to_string(site.path("out/person.json")).unwrap();
    assert!(person.contains("=Geheimes weitererzaehlt."), "{person}");
    assert_eq!(site.stop().code(), Some(0));
    assert!(site.run(&["rebuild"]).status.success());
    site.start().unwrap();
    assert_eq!(site.look(&["register", "breaches"]), before);
    assert!(site.run(&["erase", "--person", "bruno", "--yes"]).status.success());
    assert_eq!(site.look(&["register", "breaches"]), Vec::<Value>::new());
    assert_eq!(holders(&site.path("data"), &["bruno@members"]), Vec::<String>::new());
    assert_eq!(site.stop().code(), Some(0));
    assert!(site.run(&["rebuild"]).status.success());
    assert_eq!(site.look(&["register", "breaches"]), Vec::<Value>::new());
}

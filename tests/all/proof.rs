//! One-time codes: who is asked, what an answer does, what it never does.
//!
//! Deliberately absent: signatures (`dkim`), fields of trusted servers (`reading`), the windows of
//! objections (`procedure`).

use jiff::SignedDuration;
use lotse::mail::authres::AuthResult;
use lotse::ticket::caps::AUTOMATIC_PER_DAY;
use lotse::ticket::identity::{self, Author, CONFIRMED, KNOWN};
use lotse::ticket::procedure::request::About;
use lotse::ticket::proof::{self, CODE_SPAN, Deed, Demand, Proof, Purpose, Refusal};
use lotse::ticket::{
    Actor, Case, Change, Draft, Effect, MailEvent, Notice, ReplyTo, Status, Ticket, Transaction,
};
use lotse::types::{Address, PersonId, Sequence, TicketId};

use crate::core::Core;

const ORGANIZATION: &str = r#"
[[person]]
id = "anna"
name = "Anna Muster"
addresses = ["anna@members.example"]
[[person]]
id = "bernd"
name = "Bernd Beispiel"
addresses = ["bernd@members.example"]
[[queue]]
name = "kontakt"
addresses = ["kontakt@nrw.example"]
[[queue.member]]
person = "anna"
access = "write"
notify = "each"
[[queue.member]]
person = "bernd"
access = "write"
notify = "digest"
"#;

const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";
const OTTO: &str = "Otto Normal <otto@outside.example>";

/// Ticket 17 of Otto, of which Anna has a copy.
fn core() -> Core {
    let mut core = Core::new(ORGANIZATION);
    core.write(OTTO, "kontakt@nrw.example", "Beamer", "Ist der Beamer da?");
    core.told();
    core
}

/// A mail in Anna's name on ticket 17 that proves nothing; the question that she gets.
fn forged(core: &mut Core, text: &str) -> Notice {
    core.write(ANNA, "desk@nrw.example", "Re: [nrw #17] Beamer", text);
    core.last("anna", "was it you")
}

fn kinds(core: &Core) -> Vec<(&'static str, u8)> {
    let name = |transaction: &Transaction| match &transaction.change {
        Change::Prove { .. } => Some("prove"),
        Change::Answered { .. } => Some("answered"),
        Change::Lapsed { .. } => Some("lapsed"),
        Change::Status { .. } => Some("status"),
        Change::Owner { .. } => Some("owner"),
        Change::NotSent { .. } => Some("not sent"),
        _ => None,
    };
    let history = core.histories[&TicketId(17)].iter();
    history.filter_map(|one| name(one).map(|kind| (kind, one.rung))).collect()
}

#[test]
fn failure_8_and_9_forged_mail_changes_nothing_and_tells_whom_it_pretended_to_be() {
    let mut core = core();
    let before = core.desk.register.clone();
    let asked = forged(&mut core, "!close");
    assert_eq!(core.told(), ["anna: was it you: anna@members.example: erledigt"]);
    assert_eq!(asked.to.address.as_str(), "anna@members.example");
    assert_eq!(core.ticket(17).status, Status::New);
    assert_eq!(core.desk.register, before);
    core.answer(&asked, ANNA, "nein");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(kinds(&core), [("prove", 0), ("answered", CONFIRMED)]);
    core.answer(&asked, ANNA, "ja");
    core.told();
    assert_eq!(core.ticket(17).status, Status::New, "what was denied stays denied");
}

#[test]
fn yes_with_the_code_does_it_once_at_rung_two() {
    let mut core = core();
    let asked = forged(&mut core, "!close");
    core.answer(&asked, ANNA, "Ja");
    assert_eq!(core.told().last().unwrap(), "anna: result: Closed 17");
    assert_eq!(
        kinds(&core),
        [("prove", 0), ("answered", CONFIRMED), ("status", CONFIRMED)],
        "each line says how surely"
    );
    core.write(OTTO, "desk@nrw.example", "Re: [nrw #17] Beamer", "Er ist doch nicht da.");
    assert_eq!(core.ticket(17).status, Status::Open);
    core.answer(&asked, ANNA, "Ja");
    assert_eq!(core.ticket(17).status, Status::Open, "a code is good once");
    core.told();
}

#[test]
fn code_in_anybody_elses_mail_proves_nothing() {
    let mut core = core();
    let asked = forged(&mut core, "!close");
    core.answer(&asked, BERND, "ja");
    core.answer(&asked, OTTO, "ja");
    core.answer_with(&asked, ANNA, "Auto-Submitted: auto-replied\n", "ja");
    core.verdicts.dmarc = AuthResult::Fail;
    core.answer(&asked, ANNA, "ja");
    assert_eq!(core.ticket(17).status, Status::New);
    assert!(!kinds(&core).iter().any(|(kind, _)| *kind == "answered"), "and uses nothing up");
    core.verdicts.dmarc = AuthResult::Unknown;
    core.answer(&asked, ANNA, "ja");
    assert_eq!(core.ticket(17).status, Status::Resolved);
    core.told();
}

#[test]
fn code_is_for_its_question_and_its_ticket_alone() {
    let mut core = core();
    core.write(OTTO, "kontakt@nrw.example", "Saal", "Ist der Saal frei?");
    let asked = forged(&mut core, "!close");
    core.told();
    core.answer(&asked, ANNA, "!18 close\n!take");
    assert_eq!(core.ticket(18).status, Status::Resolved, "her address, her work");
    assert_ne!(core.ticket(17).status, Status::Resolved, "what was asked waits on");
    let rungs = core.histories.values().flatten().map(|one| one.rung).max();
    assert!(rungs < Some(CONFIRMED), "words beside a yes are proven as any mail is");
    let to = lotse::ticket::key::reply_address(&core.desk, &asked).unwrap();
    core.write(OTTO, "kontakt@nrw.example", "Tisch", "Ist ein Tisch da?");
    let other = to.as_str().replace("+17.", "+19.");
    core.write(ANNA, &other, "Re: Tisch", "ja");
    assert_eq!(core.ticket(19).status, Status::New);
    core.told();
}

#[test]
fn code_ends_by_itself_and_nothing_was_done() {
    let mut core = core();
    let asked = forged(&mut core, "!close");
    core.pass(CODE_SPAN + SignedDuration::from_hours(1));
    assert_eq!(kinds(&core), [("prove", 0), ("lapsed", 0)]);
    assert!(core.timers.keys().all(|timer| timer.ticket() != Some(TicketId(17))));
    core.answer(&asked, ANNA, "ja");
    assert_eq!(core.ticket(17).status, Status::New);
    core.told();
}

#[test]
fn same_is_asked_once_and_no_more_than_caps_allow() {
    let mut core = core();
    for _ in 0..3 {
        forged(&mut core, "!close");
    }
    assert_eq!(core.told().len(), 1, "the same is asked once");
    for text in ["!take", "!comment Haus", "Ja, der ist da.", "Nein.", "Vielleicht."] {
        core.write(ANNA, "desk@nrw.example", "Re: [nrw #17] Beamer", text);
    }
    assert_eq!(core.told().len(), 1, "what stays inside is no question, and few wait at a time");
    for number in 0..u64::from(AUTOMATIC_PER_DAY) {
        let from = format!("Gast <gast{number}@outside.example>");
        core.write(&from, "kontakt@nrw.example", &format!("Frage {number}"), "Wie?");
        let subject = format!("Re: [nrw #{}] Frage {number}", 18 + number);
        core.write(ANNA, "desk@nrw.example", &subject, "!close");
    }
    let told = core.told();
    let asked = told.iter().filter(|line| line.starts_with("anna: was it you")).count();
    assert!(asked <= usize::from(AUTOMATIC_PER_DAY), "{told:?}");
    let last = &core.histories[&TicketId(17 + u64::from(AUTOMATIC_PER_DAY))];
    let is_said =
        |one: &Transaction| matches!(&one.change, Change::NotSent { why, .. } if why == "cap");
    assert!(last.iter().any(is_said), "the ticket says that nobody was asked: {last:?}");
}

#[test]
fn condemned_mail_asks_nobody() {
    let mut core = core();
    core.verdicts.dmarc = AuthResult::Fail;
    core.write(ANNA, "desk@nrw.example", "Re: [nrw #17] Beamer", "!close");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn failure_14_site_sets_the_rung_of_a_keyword_by_name() {
    let mut core = core();
    core.desk.site.rungs.insert("take".into(), 0);
    core.desk.site.rungs.insert("close".into(), CONFIRMED);
    core.write(ANNA, "desk@nrw.example", "Re: [nrw #17] Beamer", "!take");
    assert_eq!(core.told(), ["anna: result: Taken 17"], "a claim is enough here");
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!close");
    assert_eq!(core.told(), ["anna: was it you: anna@members.example: erledigt"]);
    assert_eq!(core.ticket(17).status, Status::Open, "her own reply address is not enough here");
    let asked = core.last("anna", "was it you");
    core.answer(&asked, ANNA, "ja");
    assert_eq!(core.ticket(17).status, Status::Resolved);
    assert!(kinds(&core).contains(&("status", CONFIRMED)));
    core.told();
}

/// What a mail of Anna's on some key is decided with.
struct Scene {
    core: Core,
    case: Case,
    mail: MailEvent,
}

impl Scene {
    fn new(core: Core) -> Self {
        let mut case = Case::default();
        case.tickets.extend(core.tickets.iter().map(|(id, one)| (*id, Some(one.clone()))));
        let people = core.desk.register.people();
        let addresses = people.filter_map(|person| person.addresses.first().cloned());
        case.correspondents.extend(addresses.map(|address| (address, Default::default())));
        let message = lotse::mail::parse(
            b"From: anna@members.example\nSubject: x\n\nja\n",
            &lotse::mail::ReversePath::Unknown,
        );
        let position = lotse::types::Position(900);
        let words = lotse::ticket::words::unaided(position, &message);
        let mail = MailEvent {
            position,
            received_at: core.now,
            door: "test".into(),
            is_backlog: false,
            whole_bytes: None,
            reverse_path: lotse::mail::ReversePath::Unknown,
            recipients: Vec::new(),
            fingerprint: lotse::ticket::fingerprint::of(&message, b"x"),
            words: words.words,
            language: words.language,
            is_only_thanks: words.is_only_thanks,
            message,
            verdicts: core.verdicts,
        };
        Self { core, case, mail }
    }

    fn draft(&self) -> Draft<'_> {
        Draft::new(&self.core.desk, &self.case, self.mail.received_at)
    }

    fn author(&self, draft: &Draft<'_>, holder: Option<&ReplyTo>) -> Author {
        let ticket = draft.ticket(TicketId(17)).unwrap();
        identity::identify(&self.core.desk, &self.mail, ticket, holder).unwrap()
    }

    fn demand(&self, draft: &mut Draft<'_>, holder: Option<&ReplyTo>, purpose: Purpose) -> Proof {
        let author = self.author(draft, holder);
        let rung = proof::needed(draft.desk, purpose);
        let deed = Deed::step("yes", None);
        let mail = &self.mail;
        let demand =
            Demand { id: TicketId(17), mail, author: &author, holder, purpose, rung, deed };
        proof::demand(draft, &demand).unwrap()
    }
}

fn notices(effects: &[Effect]) -> Vec<&Notice> {
    let mut found = Vec::new();
    for effect in effects {
        if let Effect::Notify(notice) = effect {
            found.push(&**notice);
        }
    }
    found
}

#[test]
fn step_is_proven_by_its_rung_or_asked_for_once() {
    let scene = Scene::new(core());
    let mut draft = scene.draft();
    let key = ReplyTo::Member(PersonId::new("anna"));
    let proven = scene.demand(&mut draft, Some(&key), Purpose::Consent);
    assert!(matches!(proven, Proof::Proven(origin) if origin.rung == KNOWN), "rung 1 is enough");
    let Proof::Asked(question) = scene.demand(&mut draft, Some(&key), Purpose::Vote) else {
        panic!("a vote needs rung 2");
    };
    let again = scene.demand(&mut draft, Some(&key), Purpose::Vote);
    assert!(matches!(again, Proof::Asked(same) if same == question), "asked once");
    let ticket = draft.ticket(TicketId(17)).unwrap().unwrap().clone();
    let waits: Vec<_> = proof::open(&ticket).collect();
    assert_eq!(waits.len(), 1);
    assert_eq!(waits[0].1.purpose, Purpose::Vote);
    assert_eq!(waits[0].1.received_at, scene.mail.received_at);
    let effects = draft.finish().unwrap();
    let sent = notices(&effects);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to.address.as_str(), "anna@members.example");
    let text = scene.core.text(sent[0]);
    assert!(text.contains("Stimme: ja"), "it says what for: {text}");
    assert!(text.contains("noch nichts geschehen"), "{text}");
}

fn asked(draft: &mut Draft<'_>, about: About) -> (Sequence, ReplyTo) {
    use lotse::ticket::procedure::RequestChange;
    let id = TicketId(17);
    let anna = Actor::Person(PersonId::new("anna"));
    let address = Address::parse("anna@members.example").unwrap();
    let origin =
        lotse::ticket::draft::Origin { by: anna.clone(), rung: 0, at: draft.now, message: None };
    let procedure = lotse::desk::Procedure::parse("name = \"x\"").unwrap();
    let begin = RequestChange::Begin { procedure: std::sync::Arc::new(procedure) };
    draft.record(id, &origin, Change::Request { change: begin });
    let change = RequestChange::Question { by: anna, address: address.clone(), about, of: None };
    let question = draft.record(id, &origin, Change::Request { change });
    (question, ReplyTo::Question(question, address))
}

#[test]
fn mail_that_asks_anyway_carries_the_code_of_its_purpose() {
    let scene = Scene::new(core());
    let mut draft = scene.draft();
    let (question, holder) = asked(&mut draft, About::Withdrawal);
    let other = scene.demand(&mut draft, Some(&holder), Purpose::Vote);
    assert!(matches!(other, Proof::Asked(_)), "a code is for one purpose: {other:?}");
    let proven = scene.demand(&mut draft, Some(&holder), Purpose::Withdraw);
    assert!(matches!(proven, Proof::Proven(origin) if origin.rung == CONFIRMED));
    let ticket = draft.ticket(TicketId(17)).unwrap().unwrap();
    assert!(ticket.request.as_ref().unwrap().questions[&question].used);
    let again = scene.demand(&mut draft, Some(&holder), Purpose::Withdraw);
    assert!(matches!(again, Proof::Asked(_)), "a code is good once: {again:?}");
}

#[test]
fn code_of_a_question_is_good_for_whom_and_as_long_as_it_was_made() {
    let mut scene = Scene::new(core());
    let mut draft = scene.draft();
    let (_, holder) = asked(&mut draft, About::Withdrawal);
    let ticket: Ticket = draft.ticket(TicketId(17)).unwrap().unwrap().clone();
    let anna = scene.author(&draft, Some(&holder));
    let at = scene.mail.received_at;
    let code = |author: &Author, at| proof::presented(&ticket, author, Some(&holder), at);
    assert_eq!(code(&anna, at).map(|code| code.purpose), Some(Purpose::Withdraw));
    assert_eq!(code(&anna, at + CODE_SPAN), None);
    assert_eq!(code(&Author { suspect: true, ..anna.clone() }, at), None);
    assert_eq!(code(&Author { rung: 0, ..anna.clone() }, at), None);
    let bernd = Author {
        person: Some(PersonId::new("bernd")),
        mailbox: lotse::types::Mailbox::new("", Address::parse("bernd@members.example").unwrap()),
        ..anna
    };
    assert_eq!(code(&bernd, at), None);
    assert!(notices(&draft.finish().unwrap()).is_empty());
    scene.mail.verdicts.dmarc = AuthResult::Fail;
    let mut draft = scene.draft();
    let refused = scene.demand(&mut draft, None, Purpose::Vote);
    assert!(matches!(refused, Proof::Refused(Refusal::Suspect)));
    assert_eq!(notices(&draft.finish().unwrap()), Vec::<&Notice>::new());
}

#[test]
fn codes_have_eighty_bits_or_more() {
    let mut core = core();
    let asked = forged(&mut core, "!close");
    let key = lotse::ticket::key::reply_key(&core.desk, asked.ticket, &asked.reply_to).unwrap();
    assert!((key.len() - 1) * 5 >= 80, "{key}");
    let to = lotse::ticket::key::reply_address(&core.desk, &asked).unwrap();
    assert!(to.local().len() <= 64);
    core.told();
}

#[test]
fn plain_address_carries_the_code_in_its_reference_line_and_proves_the_same() {
    let mut desk = crate::core::desk(ORGANIZATION);
    desk.site.separator = String::new();
    let mut core = Core::at_desk(desk);
    core.write(OTTO, "kontakt@nrw.example", "Beamer", "Ist der Beamer da?");
    core.told();
    let asked = forged(&mut core, "!close");
    let text = core.text(&asked);
    let line = text.lines().find(|line| line.contains("nrw-17-")).unwrap().to_owned();
    core.told();
    // The provider put its own Message-ID in the place of ours: only the quote tells.
    let root = lotse::ticket::key::root_id(&core.desk, TicketId(17));
    let answer = format!(
        "From: {ANNA}\nTo: desk@nrw.example\nSubject: Re: [nrw #17] Beamer\n\
         Message-ID: <phone@members.example>\nIn-Reply-To: <made@provider.example>\n\
         References: <{root}> <made@provider.example>\n\nja\n\n> {line}\n"
    );
    core.accept(&["desk@nrw.example"], &answer);
    assert_eq!(core.ticket(17).status, Status::Resolved);
    assert!(kinds(&core).contains(&("status", CONFIRMED)));
    core.told();
}

//! Machines that answer each other: every loop ends by itself, and people are told (failures 1
//! and 2).

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::daemon::{Plan, Sent, Site};

/// Far more mails than any cap lets through.
const MAILS_MAX: usize = 400;

/// A site and what of its outgoing mail was carried already.
struct Carried {
    site: Site,
    seen: BTreeSet<String>,
}

impl Carried {
    fn new(plan: Plan) -> Self {
        Self { site: Site::started(plan), seen: BTreeSet::new() }
    }

    /// Everything decided and sent, then what left since the last call.
    fn fresh(&mut self) -> Vec<Sent> {
        self.site.move_clock("+1s");
        let outgoing = self.site.outgoing().into_iter();
        outgoing.filter(|(name, _)| self.seen.insert(name.clone())).map(|(_, sent)| sent).collect()
    }

    fn is_at(&self, address: &str) -> bool {
        address.ends_with(&format!("@{}.example", self.site.plan.name))
    }

    fn sent_to(&self, address: &str) -> Vec<Sent> {
        let all = self.site.outgoing().into_values();
        all.filter(|sent| sent.forward_path == address).collect()
    }
}

/// Carries mail between two sites until nothing moves; how many were carried.
fn shuttle(sites: &mut [Carried; 2], change: impl Fn(&Sent) -> Option<Sent>) -> usize {
    let mut carried = 0;
    loop {
        let fresh: Vec<Sent> = sites.iter_mut().flat_map(Carried::fresh).collect();
        let before = carried;
        for sent in fresh.iter().filter_map(&change) {
            let Some(to) = sites.iter().find(|site| site.is_at(&sent.forward_path)) else {
                continue;
            };
            let message = &sent.message;
            let code = to.site.deliver(&sent.reverse_path, &sent.forward_path, message).unwrap();
            assert_eq!(code, 250, "{}", sent.forward_path);
            carried += 1;
            assert!(carried < MAILS_MAX, "it does not end by itself");
        }
        if carried == before {
            return carried;
        }
    }
}

fn first_mail(from: &str, to: &str) -> String {
    format!(
        "From: Kontakt <{from}>\r\nTo: {to}\r\nSubject: Guten Tag\r\n\
         Message-ID: <first@outside.example>\r\n\r\nWie geht es weiter?\r\n"
    )
}

/// A and B, each with a first mail that says it comes from the other's queue.
fn two_sites(plan: impl Fn(Plan) -> Plan) -> [Carried; 2] {
    let sites = ["nrw", "hessen"].map(|name| Carried::new(plan(Plan::new(name, "redb"))));
    let [a, b] = sites.each_ref().map(|carried| carried.site.plan.queue());
    let first = first_mail(&b, &a);
    assert_eq!(sites[0].site.deliver(&b, &a, &first).unwrap(), 250);
    sites
}

/// The same message as a gateway passes it on that keeps no field that it does not know.
fn stripped(sent: &Sent) -> Sent {
    let known = ["from", "to", "subject", "date", "message-id", "reply-to", "mime-version"];
    let (header, body) = sent.message.split_once("\r\n\r\n").unwrap();
    let mut message = String::new();
    let mut keeps = false;
    for line in header.split("\r\n") {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap().to_lowercase();
            keeps = known.contains(&name.as_str()) || name.starts_with("content-");
        }
        if keeps {
            message += &format!("{line}\r\n");
        }
    }
    Sent { message: format!("{message}\r\n{body}"), ..sent.clone() }
}

#[test]
fn two_daemons_with_each_other_as_requestor_stop_at_once() {
    let mut sites = two_sites(|plan| plan);
    let carried = shuttle(&mut sites, |sent| Some(sent.clone()));
    assert!(carried <= 2, "{carried} mails: a receipt is automatic mail, which nobody answers");
}

#[test]
fn two_daemons_that_notify_each_other_stop() {
    let mut sites = two_sites(|plan| {
        let other = if plan.name == "nrw" { "hessen" } else { "nrw" };
        Plan { notify: vec![format!("kontakt@{other}.example")], ..plan }
    });
    let carried = shuttle(&mut sites, |sent| Some(sent.clone()));
    assert!(carried <= 10, "{carried} mails");
}

#[test]
fn two_daemons_behind_gateways_that_drop_fields_stop() {
    let mut sites = two_sites(|plan| plan);
    let carried = shuttle(&mut sites, |sent| Some(stripped(sent)));
    assert!(carried <= 4, "{carried} mails: one receipt a day for the same subject");
}

/// The same without Reply-To, so that every answer is a first mail.
fn bare(sent: &Sent) -> Sent {
    let sent = stripped(sent);
    let lines = sent.message.split("\r\n").filter(|line| !line.starts_with("Reply-To:"));
    Sent { message: lines.collect::<Vec<_>>().join("\r\n"), ..sent.clone() }
}

#[test]
fn receipt_that_answers_a_receipt_is_reported_by_who_sees_it() {
    let mut sites = two_sites(|plan| plan);
    let carried = shuttle(&mut sites, |sent| Some(bare(sent)));
    // The other one got a first mail and nothing else: it has nothing to tell.
    assert_eq!((carried, told(&sites[0]), told(&sites[1])), (2, 2, 0));
}

/// The worst pair: no field tells anything, and every mail has a subject of its own.
#[test]
fn two_daemons_that_answer_each_other_stop_and_both_coordinators_are_told() {
    let mut sites = two_sites(|plan| plan);
    let number = Cell::new(0_u32);
    let carried = shuttle(&mut sites, |sent| {
        number.set(number.get() + 1);
        let words = char::from_u32(u32::from('a') + number.get()).unwrap().to_string();
        let sent = bare(sent);
        let subject = sent.message.split("\r\n").find(|line| line.starts_with("Subject:"));
        let message = sent.message.replacen(subject.unwrap(), &format!("Subject: {words}"), 1);
        Some(Sent { message, ..sent })
    });
    assert!(carried <= 10, "{carried} mails");
    assert_eq!((told(&sites[0]), told(&sites[1])), (2, 2), "both coordinators of both, once");
}

/// Each other's queue as requestor again and again, as two systems that forward to each other do.
#[test]
fn two_daemons_with_each_other_as_requestor_stop_at_the_cap_and_both_coordinators_are_told() {
    let mut sites = two_sites(|plan| plan);
    let [a, b] = sites.each_ref().map(|carried| carried.site.plan.queue());
    for number in 0..15_u32 {
        let word = char::from_u32(u32::from('a') + number).unwrap();
        for (site, from, to) in [(0, &b, &a), (1, &a, &b)] {
            let mail = first_mail(from, to)
                .replace("<first@", &format!("<{number}{site}@"))
                .replace("Guten Tag", &format!("Anfrage {word}"));
            assert_eq!(sites[site].site.deliver(from, to, &mail).unwrap(), 250);
            // So slowly that nothing looks like an answer.
            sites[site].site.move_clock("+3m");
        }
    }
    let carried = shuttle(&mut sites, |sent| Some(sent.clone()));
    assert_eq!(carried, 20, "ten receipts each, which nobody answers");
    assert_eq!((told(&sites[0]), told(&sites[1])), (2, 2), "both coordinators of both, once");
}

/// Answers a mail as a bad responder does: at once, under a fresh Message-ID and another subject,
/// with nothing that says it is a machine.
fn respond(sent: &Sent, number: usize, to_field: &str) -> Option<(String, String)> {
    let address = |name: &str| {
        let field = sent.field(name)?;
        let address = field.rsplit(['<', ' ']).next()?.trim_end_matches('>').to_owned();
        Some(address)
    };
    let to = address(to_field)?;
    let from = &sent.forward_path;
    let letter = char::from_u32(u32::from('a') + u32::try_from(number % 26).unwrap())?;
    let subject = format!("Ihre Nachricht {}", letter.to_string().repeat(number / 26 + 1));
    let message = format!(
        "From: Otto <{from}>\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Message-ID: <r{number}@outside.example>\r\n\r\nDanke, wir melden uns. {number}\r\n"
    );
    Some((to, message))
}

/// Plays a responder at these addresses against one site; how many mails it answered.
fn play_responder(site: &mut Carried, who: &[&str], field: &str) -> usize {
    let (otto, queue) = ("otto@outside.example", site.site.plan.queue());
    let first = first_mail(otto, &queue);
    assert_eq!(site.site.deliver(otto, &queue, &first).unwrap(), 250);
    let mut answered = 0;
    loop {
        let fresh = site.fresh();
        let before = answered;
        for sent in fresh.iter().filter(|sent| who.contains(&sent.forward_path.as_str())) {
            let Some((to, message)) = respond(sent, answered, field) else { continue };
            assert_eq!(site.site.deliver(&sent.forward_path, &to, &message).unwrap(), 250);
            answered += 1;
            assert!(answered < MAILS_MAX, "it does not end by itself: {:#?}", matters(&site.site));
        }
        if answered == before {
            return answered;
        }
    }
}

/// How many mails of each kind went to whom.
fn matters(site: &Site) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for row in site.look(&["outbox", "--all"]) {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        *counts.entry((text("matter"), text("recipient"))).or_default() += 1;
    }
    counts
}

fn breakers(site: &Carried) -> Vec<String> {
    let rows = site.site.look(&["outbox", "--all"]);
    let told = rows.iter().filter(|row| row["matter"] == "breaker" && row["state"] == "sent");
    told.map(|row| row["recipient"].as_str().unwrap().to_owned()).collect()
}

/// How many mails to coordinators say that automatic mail has stopped.
fn told(site: &Carried) -> usize {
    breakers(site).len()
}

/// Answers everything at once as a help desk does that names another address for answers.
fn play_help_desk(from: &str, reply_to: &str) -> (usize, Carried) {
    let mut site = Carried::new(Plan::new("nrw", "redb"));
    let queue = site.site.plan.queue();
    let mut number = 0;
    loop {
        let word = char::from_u32(u32::from('a') + u32::try_from(number).unwrap()).unwrap();
        let (from, reply_to) =
            [from, reply_to].map(|name| name.replace('N', &word.to_string())).into();
        let mail = format!(
            "From: Hilfe <{from}>\r\nReply-To: {reply_to}\r\nTo: {queue}\r\n\
             Subject: Vorgang {word}\r\nMessage-ID: <{number}@outside.example>\r\n\r\n\
             Wir haben Ihre Nachricht erhalten.\r\n"
        );
        assert_eq!(site.site.deliver(&from, &queue, &mail).unwrap(), 250);
        number += 1;
        let is_answered = |sent: &Sent| sent.forward_path == reply_to;
        if !site.fresh().iter().any(is_answered) {
            return (number, site);
        }
        assert!(number < 26, "it does not end by itself");
    }
}

#[test]
fn responders_with_another_reply_to_stop_and_people_are_told() {
    for (from, reply_to) in [
        ("hilfe@outside.example", "antworten@outside.example"),
        ("hilfe@outside.example", "antworten-N@outside.example"),
        ("hilfe-N@outside.example", "antworten@outside.example"),
    ] {
        let (mails, site) = play_help_desk(from, reply_to);
        assert!(mails <= 11, "{from} {reply_to}: {mails} mails");
        assert_eq!(told(&site), 2, "{from} {reply_to}: both coordinators, once");
    }
}

/// The same words again and again, some time apart, under one subject; who was told.
fn play_writer(mails: u32, subject: &str) -> Carried {
    let mut site = Carried::new(Plan::new("nrw", "redb"));
    let (otto, queue) = ("otto@outside.example", site.site.plan.queue());
    for number in 0..mails {
        let mail = first_mail(otto, &queue)
            .replace("<first@", &format!("<m{number}@"))
            .replace("Guten Tag", &format!("{subject} {number}"));
        assert_eq!(site.site.deliver(otto, &queue, &mail).unwrap(), 250);
        site.site.move_clock("+1m");
    }
    site.fresh();
    site
}

#[test]
fn person_who_writes_twice_is_nobodys_business_and_a_machine_is() {
    for subject in ["Guten Tag", "Re: Guten Tag", "AW: [Runde] Guten Tag"] {
        assert_eq!(told(&play_writer(4, subject)), 0, "one receipt, three forgotten things");
    }
    let machine = play_writer(12, "Platte voll");
    assert_eq!(told(&machine), 2, "both coordinators, once");
    assert_eq!(machine.sent_to("otto@outside.example").len(), 1);
}

/// What a coordinator answers to the report holds from then on.
#[test]
fn coordinators_resume_and_block() {
    let mut site = Carried::new(Plan::new("nrw", "redb"));
    play_responder(&mut site, &["otto@outside.example"], "From");
    let (otto, queue) = ("otto@outside.example", site.site.plan.queue());
    let before = site.sent_to(otto).len();
    let (anna, subject) = ("anna@members.nrw.example", "Keine automatische Post mehr an");
    let report = site.sent_to(anna).into_iter().find(|sent| sent.message.contains(subject));
    let report = report.unwrap_or_else(|| panic!("{:?}", matters(&site.site)));
    let field = report.field("Reply-To").unwrap();
    let to = field.rsplit('<').next().unwrap().trim_end_matches('>').to_owned();
    let say = |site: &mut Carried, word: &str, number: u32| {
        let mail = format!(
            "From: {anna}\r\nTo: {to}\r\nSubject: Re: [nrw] {subject} {otto}\r\n\
             Message-ID: <a{number}@members.nrw.example>\r\n\r\n{word}\r\n"
        );
        assert_eq!(site.site.deliver(anna, &to, &mail).unwrap(), 250);
        site.site.move_clock("+1h");
        let mail = first_mail(otto, &queue)
            .replace("<first@", &format!("<again{number}@"))
            .replace("Guten Tag", &format!("Wieder da, {word}"));
        assert_eq!(site.site.deliver(otto, &queue, &mail).unwrap(), 250);
        site.fresh();
        site.sent_to(otto).len() - before
    };
    assert_eq!(say(&mut site, "Danke fuer die Nachricht", 0), 0, "words for nobody change nothing");
    assert_eq!(say(&mut site, "weiter", 1), 1);
    assert_eq!(say(&mut site, "!sperre", 2), 1);
    assert_eq!(say(&mut site, "Resume.", 3), 2, "in any of the languages");
}

#[test]
fn responder_that_answers_from_stops_at_the_cap_and_people_are_told() {
    let mut site = Carried::new(Plan::new("nrw", "redb"));
    let answered = play_responder(&mut site, &["otto@outside.example"], "From");
    assert!((2..=11).contains(&answered), "{answered} answers");
    assert_eq!(site.sent_to("otto@outside.example").len(), answered);
    assert_eq!(breakers(&site).len(), 2, "both coordinators, once");
}

#[test]
fn responder_that_answers_reply_to_ends_at_its_ticket() {
    let mut site = Carried::new(Plan::new("nrw", "redb"));
    let answered = play_responder(&mut site, &["otto@outside.example"], "Reply-To");
    assert_eq!(answered, 1, "words on a ticket get no receipt");
    assert_eq!(site.site.look(&["ticket", "list"]).len(), 1);
}

#[test]
fn responders_of_requestor_and_members_stop() {
    for field in ["Reply-To", "From"] {
        let mut site = Carried::new(Plan::new("nrw", "redb"));
        let who = ["otto@outside.example", "anna@members.nrw.example", "bruno@members.nrw.example"];
        let answered = play_responder(&mut site, &who, field);
        // Thirty mails on a ticket, and forty results for each of two members.
        assert!(answered <= 220, "{field}: {answered} answers");
        assert!(!breakers(&site).is_empty(), "{field}: nobody was told after {answered}");
    }
}

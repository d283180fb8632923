//! Machines that answer each other: every loop ends by itself, and people are told (failures 1
//! and 2).

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

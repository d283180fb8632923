//! A month of `contrib/nrw`: how many mails each person gets, held to what was promised.
//!
//! Four weeks, in each of which kontakt@ gets 40 letters, 60 spam and 24 follow-ups, beside the
//! requests of `month.txt`. The table stands in a golden file; `UPDATE=1` writes it anew. A number
//! that rises needs its reason in the commit. Deliberately absent: what the mails say (`scenario`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::Zoned;
use jiff::civil::date;
use jiff::tz::TimeZone;
use lotse::config;
use lotse::daemon::postbag::{self, Postbag};
use lotse::daemon::rehearse;

const WEEKS: i64 = 4;
const LETTERS: i64 = 40;
const SPAM: i64 = 60;
const FOLLOW_UPS: i64 = 24;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios/nrw")
}

/// One block of a scenario, by its time.
struct Block {
    at: Zoned,
    text: String,
}

/// A mail at an instant: author, recipient, further fields with their line ends, body.
fn mail(at: &Zoned, from: &str, to: &str, fields: &str, body: &str) -> Block {
    let (stamp, sent) = (at.strftime("%Y-%m-%dT%H:%M:%S%:z"), at.strftime("%d %b %Y %H:%M:%S %z"));
    let number = at.timestamp().as_second();
    let local: String = from.chars().take_while(|c| *c != '@').collect();
    let text = format!(
        "## at {stamp} from <{from}> to <{to}>\nFrom: {from}\nTo: {to}\nDate: {sent}\n\
         Message-ID: <{local}.{number}@{}>\n{fields}\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\n{body}\n",
        from.rsplit('@').next().unwrap(),
    );
    Block { at: at.clone(), text }
}

/// What comes to kontakt@ and what Anna answers, from the first Monday on.
fn letters(zone: &TimeZone) -> Vec<Block> {
    let monday = date(2026, 11, 16).to_zoned(zone.clone()).unwrap();
    let mut blocks = Vec::new();
    for week in 0..WEEKS {
        for number in 0..LETTERS {
            let (day, turn) = (week * 7 + number / 8, number % 8);
            let at = &monday + day.days() + (9 * 60 + turn * 11).minutes();
            let (author, subject) = letter(week, number);
            let fields = format!("Subject: {subject}\n");
            blocks.push(mail(&at, &author, "kontakt@nrw.example", &fields, "Wann ist das?"));
            blocks.push(answer(&(&at + 2.hours()), &subject, "Am Dienstag um 19 Uhr."));
            if number < FOLLOW_UPS {
                let at = &at + 5.hours();
                let slot = format!("{{{{reply-to {author}}}}}");
                let fields =
                    format!("Subject: Re: {subject}\nIn-Reply-To: <{{{{message-id {author}}}}}>\n");
                blocks.push(mail(&at, &author, &slot, &fields, "Und wo genau?"));
                blocks.push(answer(&(&at + 1.hour()), &subject, "Im Café Beispiel."));
            }
        }
        for number in 0..SPAM {
            let at = &monday + (week * 7 + number % 7).days() + (60 + number * 7).minutes();
            let author = format!("offer{week}x{number}@bulk.example");
            let fields = format!("Subject: Offer {week}-{number}\nX-Spam-Flag: YES\n");
            blocks.push(mail(&at, &author, "kontakt@nrw.example", &fields, "Cheap."));
        }
    }
    blocks
}

fn letter(week: i64, number: i64) -> (String, String) {
    (format!("otto{week}x{number}@outside.example"), format!("Frage {week}-{number}-ende"))
}

fn answer(at: &Zoned, subject: &str, words: &str) -> Block {
    let slot = |name: &str| format!("{{{{{name} anna@members.example \"{subject}\"}}}}");
    let fields = format!("Subject: Re: {subject}\nIn-Reply-To: <{}>\n", slot("message-id"));
    let body = format!("{words}\n!erledigt");
    mail(at, "anna@members.example", &slot("reply-to"), &fields, &body)
}

/// The requests of the month, as they stand in their file.
fn requests(zone: &TimeZone) -> Vec<Block> {
    let text = std::fs::read_to_string(folder().join("month.txt")).unwrap();
    let blocks = text.split("\n## at ").skip(1);
    blocks
        .map(|block| {
            let at: jiff::Timestamp = block.split(' ').next().unwrap().parse().unwrap();
            Block { at: at.to_zoned(zone.clone()), text: format!("## at {block}\n") }
        })
        .collect()
}

async fn month() -> BTreeMap<String, Postbag> {
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/nrw/lotse.toml");
    let config = config::load(&settings).unwrap();
    let zone = config.site.time_zone.clone();
    let mut blocks = letters(&zone);
    blocks.extend(requests(&zone));
    blocks.sort_by(|one, other| one.at.cmp(&other.at));
    let mut scenario: String = blocks.iter().map(|block| block.text.clone() + "\n").collect();
    scenario.push_str("## at 2026-12-13T23:59:00+01:00\n");
    let sent = rehearse::simulate(&config, scenario.as_bytes()).await.unwrap();
    postbag::sorted(&sent, &zone)
}

/// What one kind of person gets: how it is counted, how much of it, and the most that is promised.
struct Promise {
    who: &'static str,
    mails: usize,
    most: usize,
}

fn promises(bags: &BTreeMap<String, Postbag>) -> Vec<Promise> {
    let bag = |address: &str| bags.get(address).cloned().unwrap_or_default();
    let at_once = |address: &str| bag(address).mails() - bag(address).digests();
    let of_letter = |is_followed: bool| {
        let numbers = (0..WEEKS).flat_map(|week| (0..LETTERS).map(move |number| (week, number)));
        let its = numbers.filter(|(_, number)| (*number < FOLLOW_UPS) == is_followed);
        its.map(|(week, number)| bag(&letter(week, number).0).mails()).max().unwrap_or_default()
    };
    let list = bag("koordination@lists.nrw.example").mails();
    let jo = bag("jo@members.example");
    let is_meeting = |subject: &&String| subject.contains("AG-Treffen");
    let meeting = jo.subjects.iter().filter(is_meeting).count();
    let digest = ["cem", "dora", "emil", "fine", "gero", "hanna"]
        .map(|name| bag(&format!("{name}@members.example")).week_max());
    let promise = |who, mails, most| Promise { who, mails, most };
    vec![
        promise("requestor, one letter", of_letter(false), 2),
        promise("requestor, one letter and one follow-up", of_letter(true), 3),
        promise("applicant (Kim)", at_once("kim.sommer@mail.example"), 4),
        promise("unit that asks (Crew Köln)", at_once("crew-koeln@provider.example"), 5),
        promise("speaker of that unit (Nele)", at_once("nele@members.example"), 1),
        promise("objector (Ute), with the list", at_once("ute@provider.example") + list, 5),
        promise("list, one request", list, 3),
        promise("chair (Jo), one meeting", meeting, 3),
        promise("coordinator (Jo), at once, in the month", jo.mails() - jo.digests() - meeting, 3),
        promise("coordinator (Jo), digests, fullest week", jo.digest_week_max(), 1),
        promise("member on digest, fullest week", digest.into_iter().max().unwrap(), 7),
    ]
}

fn written(bags: &BTreeMap<String, Postbag>, promises: &[Promise]) -> String {
    let mut text = String::from("Mails in the month, the most that is promised\n\n");
    for Promise { who, mails, most } in promises {
        let over = if mails > most { "  over" } else { "" };
        writeln!(text, "{who:<42} {mails:>3}  of {most}{over}").unwrap();
    }
    text.push_str("\nBy address, without those who wrote letters\n\n");
    for (address, bag) in bags.iter().filter(|(address, _)| !address.ends_with("outside.example")) {
        writeln!(
            text,
            "{address:<32} {:>3} mails, {:>2} in the fullest week, {:>2} digests",
            bag.mails(),
            bag.week_max(),
            bag.digests()
        )
        .unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_mails_per_person_is_as_it_was_read() {
    let bags = month().await;
    let found = written(&bags, &promises(&bags));
    let golden = folder().join("mails-per-person.txt");
    if std::env::vars().any(|(name, _)| name == "UPDATE") {
        std::fs::write(&golden, found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, expected, "UPDATE=1 cargo test --test all nrw_month writes it anew");
}

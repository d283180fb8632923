//! `lotse check --live` between real servers: what is sound, what is told, what must be mended.
//!
//! Deliberately absent: settings that are wrong by themselves (`settings`).

use crate::servers_lotse::Lotse;
use crate::servers_proxy::{self, Rules};
use crate::servers_world::{ORGANIZATION, Town, Way, World, settings};

/// A town whose lotse has settings and does not run.
fn asleep(world: &World<'_>, rules: Rules, organization: &str) -> Town {
    Town::start_around(
        world,
        |port| servers_proxy::start(rules, port).0,
        |ports| {
            let lotse = Lotse::furnish(&settings(world, ports), organization);
            std::fs::write(lotse.path("imap.password"), crate::dovecot::PASSWORD).unwrap();
            lotse
        },
    )
}

fn check(town: &Town, wait: &str) -> (i32, String) {
    town.lotse.run(&["check", "--live", "--wait", wait])
}

/// Lines that begin so.
fn lines<'a>(said: &'a str, begin: &str) -> Vec<&'a str> {
    said.lines().filter(|line| line.starts_with(begin)).collect()
}

fn assert_sound(said: &str, code: i32, notes: usize) {
    assert_eq!(code, 0, "{said}");
    assert_eq!(lines(said, "note: ").len(), notes, "{said}");
    for address in ["desk@nrw.example", "kontakt@nrw.example", "vorstand@nrw.example"] {
        assert!(said.contains(&format!("ok: {address} leads to the door ")), "{said}");
    }
    assert!(said.ends_with("problems: 0\n"), "{said}");
}

#[test]
fn sound_site_behind_postfix_is_found_sound_with_and_without_its_daemon() {
    let mut town = asleep(&World::default(), Rules::default(), ORGANIZATION);
    let (code, said) = check(&town, "1min");
    assert_sound(&said, code, 0);
    assert!(said.contains("ok: desk+check."), "{said}");
    assert!(!town.lotse.path("data").exists(), "whoever checks makes no folder of the daemon's");

    town.lotse.serve();
    let (code, said) = check(&town, "1min");
    assert_sound(&said, code, 0);
    assert!(said.contains("the daemon takes connections"), "{said}");
    assert_eq!(town.lotse.tickets(), 0, "our own mail causes nothing");
    assert_eq!(town.lotse.outbox(), Vec::<serde_json::Value>::new());
}

#[test]
fn sound_mailbox_is_found_sound_and_is_left_as_it_was() {
    let world = World { way: Way::Imap, has_inbox_prefix: true, ..World::default() };
    let rules = Rules { refuses_null: true, refuses_foreign: true, ..Rules::default() };
    let town = asleep(&world, rules, ORGANIZATION);
    town.post("otto@outside.example", "kontakt@nrw.example", "From: o@outside.example\n\nHallo\n");
    let (code, said) = check(&town, "1min");
    // The null reverse-path, that of a reply address, and the address of each of two queues.
    assert_sound(&said, code, 4);
    assert!(said.contains("folders INBOX.Done and INBOX.Failed are there"), "{said}");
    assert!(said.contains("does not take the null reverse-path (501 5.1.7"), "{said}");
    assert!(said.contains("does not take mail from vorstand@nrw.example (550"), "{said}");
    let mailbox = crate::servers_reader::Reader::new("", "desk@nrw.example", town.dovecot.port);
    mailbox.wait_for(1);
    let left = mailbox.letters();
    let left: Vec<&str> = left.iter().map(|letter| letter.message.text.trim()).collect();
    assert_eq!(left, ["Hallo"], "probes are moved away, the rest stays");
}

#[test]
fn provider_that_rewrites_is_told_about() {
    let world = World { way: Way::Imap, site: "separator = \"\"", ..World::default() };
    let rules = Rules { rewrites: true, ..Rules::default() };
    let mut town = asleep(&world, rules, ORGANIZATION);
    for is_running in [false, true] {
        if is_running {
            town.lotse.serve();
        }
        let (code, said) = check(&town, "1min");
        assert_sound(&said, code, 3);
        assert!(said.contains("replaces Message-IDs"), "{said}");
        assert!(said.contains("from vorstand@nrw.example one from desk@nrw.example"), "{said}");
    }
    assert_eq!(town.lotse.tickets(), 0);
}

/// Failure 5: a member's address that is an alias of ours; and an address that nobody delivers.
#[test]
fn aliases_that_lead_in_a_circle_or_nowhere_are_named() {
    let organization = ORGANIZATION
        .replace("vorstand@nrw.example", "presse@nrw.example")
        .replace("bernd@members.example", "vorstand@nrw.example");
    let world = World { way: Way::Imap, ..World::default() };
    let town = asleep(&world, Rules::default(), &organization);
    let (code, said) = check(&town, "1min");
    assert_eq!(code, 1, "{said}");
    let problems = lines(&said, "problem: ");
    assert_eq!(problems.len(), 2, "{said}");
    let circle = "problem: vorstand@nrw.example is a person's address and leads back to the door";
    assert!(problems.iter().any(|problem| problem.starts_with(circle)), "{said}");
    let nowhere = "problem: mail to presse@nrw.example cannot be delivered (";
    assert!(problems.iter().any(|problem| problem.starts_with(nowhere)), "{said}");
}

#[test]
fn address_without_a_way_to_a_door_is_named_when_the_time_is_over() {
    let mut town = asleep(&World::default(), Rules::default(), ORGANIZATION);
    let organization = ORGANIZATION.replace("vorstand@nrw.example", "otto@outside.example");
    std::fs::write(town.lotse.path("organization.toml"), organization).unwrap();
    let (code, said) = check(&town, "8s");
    assert_eq!(code, 1, "{said}");
    let problems = lines(&said, "problem: ");
    assert_eq!(problems.len(), 1, "{said}");
    let expected = "problem: mail to otto@outside.example left and came to no door: lead the";
    assert!(problems[0].starts_with(expected), "{said}");
    town.lotse.end();
}

#[test]
fn servers_that_do_not_let_us_in_are_named_with_what_to_do() {
    let world = World { way: Way::Imap, ..World::default() };
    let town = asleep(&world, Rules::default(), ORGANIZATION);
    std::fs::write(town.lotse.path("imap.password"), "wrong").unwrap();
    let settings = std::fs::read_to_string(town.lotse.config()).unwrap();
    let (doors, submit) = settings.split_once("[submit]").unwrap();
    let port = crate::parts::free_port();
    let submit = submit.replace("port = ", &format!("port = {port} # "));
    std::fs::write(town.lotse.config(), format!("{doors}[submit]{submit}")).unwrap();
    let (code, said) = check(&town, "1min");
    assert_eq!(code, 1, "{said}");
    let problems = lines(&said, "problem: ");
    assert!(problems[0].contains("refuses the login of desk@nrw.example"), "{said}");
    assert!(
        problems[0].ends_with("correct `user`, or what `password_file` or `token_command` gives")
    );
    assert!(problems[1].contains("is the server running, and are `host` and `port` right?"));
    assert_eq!(problems.len(), 2, "{said}");
    assert!(!said.contains("probes to"), "{said}");
}

//! Silence counts only where the notice arrived: our own post comes back, or no bounce does.
//!
//! Deliberately absent: what follows from a bounce (`procedure`), delivery reports (`mail`).

use lotse::ticket::{Event, MailEvent};
use lotse::types::Mailbox;

use crate::procedure::{
    HOUR, KIM, LIST, World, address, announced, at, letter, named_as_unreached, refused,
};

const SHORT: &str = r#"
name = "short"
addresses = ["schluessel@nrw.example"]
title.de = "Schlüssel"
[[fact]]
name = "reason"
type = "text"
need = "required"
label.de = ["Grund"]
[[step]]
kind = "collect"
[[step]]
kind = "announce"
to = ["vorstand@lists.nrw.example"]
[[step]]
kind = "window"
span = "1 day"
objectors = "queue:vorstand"
on_objection = "agenda"
[[step]]
kind = "tell"
"#;

/// A request that is published on Tuesday at five past ten; its window ends on Wednesday at 24:00.
fn short(procedure: &str) -> World {
    let mut world = World::of(procedure, "2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Grund: Chorprobe\n"));
    world.wait(HOUR / 12);
    assert_eq!(world.matters_to(LIST), ["announcement"]);
    world
}

/// The list's own copy of what was published last reaches a door.
fn comes_back(world: &mut World) -> Event {
    let notice = world.last_to(LIST);
    let own = world.message_id(&notice);
    let post = letter("queue-kontakt@nrw.example", "queue-kontakt@nrw.example", "wie gesagt");
    let Event::Mail(mail) = world.accepted(&post) else { panic!("no mail") };
    let mut message = mail.message.clone();
    message.message_id = Some(own);
    message.from = vec![Mailbox::new("Kontakt", address("queue-kontakt@nrw.example"))];
    Event::Mail(Box::new(MailEvent { message, ..*mail }))
}

fn granted(world: &World) -> bool {
    world.request().granted == Some(true)
}

#[test]
fn end_waits_for_the_bounces_that_may_still_come() {
    let mut world = short(SHORT);
    let before = world.ends_at();
    assert_eq!(before, at("2026-11-26T00:00:00+01:00"));
    world.until(at("2026-11-26T10:04:00+01:00"));
    assert!(!granted(&world), "two days have not passed since it was published");
    assert_eq!(world.ends_at(), before, "the promised end is as it was");
    world.until(at("2026-11-26T10:06:00+01:00"));
    assert!(granted(&world));
    let mut world = short(&format!("bounce_span = \"6 hours\"\n{SHORT}"));
    world.until(at("2026-11-26T00:00:00+01:00"));
    assert!(granted(&world), "the procedure says how long a bounce takes here");
}

#[test]
fn bounce_in_that_time_is_heard() {
    let mut world = short(SHORT);
    world.until(at("2026-11-26T09:00:00+01:00"));
    refused(&mut world, 1);
    world.until(at("2026-11-26T11:00:00+01:00"));
    assert!(!granted(&world));
    assert!(world.request().window.as_ref().unwrap().repeated, "published again, in full length");
}

#[test]
fn post_that_came_back_waits_for_nothing() {
    let mut world = short(SHORT);
    let (tickets, sent) = (world.tickets.len(), world.outbox.len());
    let event = comes_back(&mut world);
    world.play(&event);
    world.play(&event);
    assert_eq!((world.tickets.len(), world.outbox.len()), (tickets, sent), "and causes no mail");
    assert_eq!(world.request().arrived, [LIST]);
    world.until(at("2026-11-26T00:00:00+01:00"));
    assert!(granted(&world), "at its promised end");
}

#[test]
fn report_about_one_reader_says_nothing_of_a_list_that_distributed_it() {
    for arrives_first in [true, false] {
        let mut world = announced();
        if arrives_first {
            let event = comes_back(&mut world);
            world.play(&event);
        }
        refused(&mut world, 1);
        if !arrives_first {
            let event = comes_back(&mut world);
            world.play(&event);
        }
        world.until(at("2026-11-29T00:00:00+01:00"));
        assert!(world.is_member(), "not published again");
        assert!(named_as_unreached(&world).is_empty());
    }
}

#[test]
fn foreign_message_id_proves_no_arrival() {
    let mut world = short(SHORT);
    let Event::Mail(mut mail) = comes_back(&mut world) else { panic!("no mail") };
    let own = mail.message.message_id.clone().unwrap();
    mail.message.message_id = Some(format!("x{own}"));
    world.play(&Event::Mail(mail));
    assert!(world.request().arrived.is_empty(), "its key does not verify");
}

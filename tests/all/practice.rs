//! Practice: every step is answered, nobody else hears of it, it counts nowhere and ends by itself.
//!
//! Deliberately absent: the words of the steps, which the scenario shows.

use jiff::SignedDuration;
use lotse::ticket::practice::Step;
use lotse::ticket::{Matter, Notice, Status, shelf};
use lotse::types::TicketId;

use crate::core::{Core, organization};

const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";

/// Anna practices on 18.
fn practicing() -> Core {
    let people = ["Anna Muster", "Bernd Beispiel", "Tina Technik"];
    let queues: [(&str, &[&str]); 2] =
        [("kontakt", &["anna write", "bernd write"]), ("technik", &["tina write"])];
    let mut core = Core::new(&organization(&people, &queues));
    core.write(OTTO, "kontakt@nrw.example", "Beamer", "Kann ich ihn leihen?");
    let copy = core.last("anna", "copy");
    core.told();
    core.answer(&copy, ANNA, "üben");
    assert_eq!(core.told(), ["anna: Practice"]);
    core
}

/// Anna answers the last mail of her practice; says what lotse offers next.
fn anna(core: &mut Core, text: &str) -> Option<Step> {
    let last = last(core);
    core.answer(&last, ANNA, text);
    let told = core.told();
    assert!(told.iter().all(|line| line.starts_with("anna: Practice")), "{told:?}");
    let Matter::Practice { next, .. } = self::last(core).matter else { panic!() };
    next
}

fn last(core: &Core) -> Notice {
    core.last("anna", "Practice")
}

#[test]
fn every_step_is_answered_and_the_last_ends_it() {
    let mut core = practicing();
    assert!(core.text(&last(&core)).contains("Paula Probe fragt"));
    assert_eq!(anna(&mut core, "!nehme"), Some(Step::Answer));
    assert_eq!(anna(&mut core, "Guten Tag, am Dienstag um 19 Uhr."), Some(Step::Close));
    assert!(core.text(&last(&core)).contains("deine Antwort wäre jetzt bei"));
    assert_eq!(anna(&mut core, "!erledigt"), Some(Step::Undo));
    assert_eq!(anna(&mut core, "!rückgängig"), Some(Step::Move));
    assert_eq!(anna(&mut core, "!nach technik"), None);
    assert_eq!(core.ticket(18).status, Status::Resolved);
    assert!(core.timers.is_empty(), "{:?}", core.timers);
    let mail = core.outbox.iter().filter(|notice| notice.ticket == Some(TicketId(18)));
    assert!(mail.into_iter().all(|notice| notice.to.address.local() == "anna"));
}

#[test]
fn nobody_else_hears_of_it_whatever_is_done() {
    let mut core = practicing();
    for text in [
        "!zuweisen bernd",
        "!cc otto@outside.example\n!nehme",
        "Ein Satz.\n!intern nur für uns",
        "Noch ein Satz.\n!clsoe",
        "!nach technik",
    ] {
        let last = last(&core);
        core.answer(&last, ANNA, text);
        let told = core.told();
        assert!(!told.is_empty() && told.iter().all(|line| line.starts_with("anna")), "{told:?}");
    }
    core.pass(SignedDuration::from_hours(24 * 8));
    let told = core.told();
    assert!(told.iter().all(|line| line.starts_with("anna")), "{told:?}");
}

#[test]
fn it_counts_nowhere_and_waits_in_no_digest() {
    let mut core = practicing();
    anna(&mut core, "!nehme");
    let ticket = core.ticket(18);
    assert!(shelf::places(ticket).is_empty() && shelf::counts(ticket).is_empty());
}

#[test]
fn it_ends_by_itself_after_a_week() {
    let mut core = practicing();
    anna(&mut core, "!nehme");
    core.pass(SignedDuration::from_hours(24 * 7));
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(18).status, Status::Resolved);
    assert!(core.timers.is_empty(), "{:?}", core.timers);
}

//! The family of work: whose a ticket is, where it stands, in which queue.
//!
//! None of these tells anybody outside. Deliberately absent: answers that go out with a close,
//! which `member` sends before the keyword runs.

use crate::desk::Access;
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Argument, By, Family, Keyword, Outcome, Plain, Undo, queue_of};
use crate::ticket::draft::Draft;
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::matter::{Doubt, Matter, ResultKind};
use crate::ticket::state::{Actor, Change, Status, Ticket};
use crate::ticket::{merge, procedure, tell};
use crate::types::{PersonId, QueueName};

/// The keywords of this family.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "take",
        names: [
            &["nehme", "nehm", "nimm", "nehmen", "übernehme", "übernehmen"],
            &["take", "claim", "grab"],
            &["otan", "ota", "hoidan"],
            &["tar", "övertar"],
        ],
        phrases: [
            &[
                "nehme",
                "nehm",
                "nehme ich",
                "nehm ich",
                "ich nehme",
                "ich nehms",
                "übernehme ich",
                "ich übernehme",
                "mach ich",
                "mache ich",
                "ich mach das",
            ],
            &["take", "taken", "i take it", "ill take it", "i ll take it", "mine"],
            &["otan", "otan tämän", "minä otan", "hoidan", "hoidan tämän"],
            &["tar", "jag tar", "jag tar det", "tar det", "jag tar den"],
        ],
        plain: Plain::Done,
        help: [
            "das Ticket ist bei dir",
            "the ticket is yours",
            "asia on sinun hoidossasi",
            "ärendet är ditt",
        ],
        run: take,
        ..WORK
    },
    Keyword {
        name: "close",
        names: [
            &["erledigt", "schließen", "abschließen", "fertig"],
            &["done", "close", "closed", "resolve", "resolved"],
            &["valmis", "sulje", "suljettu", "hoidettu"],
            &["klart", "stäng", "stängd", "avsluta", "löst"],
        ],
        phrases: [
            &[
                "erledigt",
                "ist erledigt",
                "schon erledigt",
                "hat sich erledigt",
                "hat sich schon erledigt",
                "es hat sich erledigt",
                "das hat sich erledigt",
                "die frage hat sich erledigt",
                "meine frage hat sich erledigt",
                "die sache hat sich erledigt",
                "abgeschlossen",
            ],
            &[
                "done",
                "closed",
                "close",
                "resolved",
                "solved",
                "it is solved",
                "its solved",
                "this is solved",
                "problem solved",
                "never mind",
                "nevermind",
                "no longer needed",
            ],
            &[
                "valmis",
                "hoidettu",
                "asia on hoidettu",
                "asia hoidettu",
                "asia selvisi",
                "asia kunnossa",
                "ei enää tarpeen",
            ],
            &[
                "klart",
                "löst",
                "det har löst sig",
                "har löst sig",
                "det löste sig",
                "behövs inte längre",
                "ärendet är klart",
            ],
        ],
        requestor: true,
        argument: Argument::Reason,
        plain: Plain::Done,
        help: [
            "es ist erledigt; mit Doppelpunkt und Text geht der Text vorher hinaus",
            "it is done; with a colon and text, the text goes out first",
            "asia on valmis; kaksoispisteen jälkeinen teksti lähtee ensin",
            "det är klart; text efter ett kolon skickas först",
        ],
        run: close,
        ..WORK
    },
    Keyword {
        name: "withdraw",
        names: [
            &["zurückziehen", "zurückgezogen", "widerrufen"],
            &["withdraw", "withdrawn", "retract"],
            &["peru", "peruuta", "peruttu", "perun"],
            &["återta", "återtagen", "återkalla"],
        ],
        phrases: [
            &[
                "zurückgezogen",
                "ich ziehe zurück",
                "ich ziehe das zurück",
                "ich ziehe meine anfrage zurück",
                "ich ziehe meinen antrag zurück",
            ],
            &["withdrawn", "i withdraw", "i withdraw it", "i withdraw my request"],
            &["peruttu", "perun", "perun pyynnön", "perun hakemukseni"],
            &["återtagen", "jag återtar", "jag återtar min begäran", "jag drar tillbaka"],
        ],
        member: None,
        requestor: true,
        plain: Plain::Done,
        help: [
            "Sie brauchen keine Antwort mehr",
            "you no longer need an answer",
            "et tarvitse enää vastausta",
            "du behöver inget svar längre",
        ],
        run: close,
        ..WORK
    },
    Keyword {
        name: "reopen",
        names: [
            &["öffne", "öffnen", "wiederöffnen", "wiedereröffnen"],
            &["reopen", "open"],
            &["avaa"],
            &["öppna", "återöppna"],
        ],
        phrases: [
            &["wieder öffnen", "bitte wieder öffnen", "wieder aufmachen"],
            &["reopen", "please reopen", "reopen it", "please reopen it"],
            &["avaa uudelleen", "avatkaa uudelleen"],
            &["öppna igen", "öppna ärendet igen"],
        ],
        requestor: true,
        help: ["es ist wieder offen", "it is open again", "asia on taas auki", "det är öppet igen"],
        run: reopen,
        ..WORK
    },
    Keyword {
        name: "spam",
        names: [
            &["spam", "müll"],
            &["spam", "junk"],
            &["spam", "roskaposti", "roska"],
            &["spam", "skräppost", "skräp"],
        ],
        phrases: [
            &["spam", "ist spam", "das ist spam"],
            &["spam", "junk", "this is spam", "its spam"],
            &["roskaposti", "roskapostia"],
            &["skräppost", "det är skräppost"],
        ],
        plain: Plain::Done,
        help: [
            "es ist Spam und wird in Stille geschlossen",
            "it is spam and is closed in silence",
            "se on roskapostia ja suljetaan hiljaa",
            "det är skräppost och stängs i tysthet",
        ],
        run: spam,
        ..WORK
    },
    Keyword {
        name: "move",
        names: [&["nach", "verschieben", "verschiebe"], &["move"], &["siirrä"], &["flytta"]],
        argument: Argument::Queue,
        undo: Undo::Inside,
        plain: Plain::Done,
        help: [
            "und der Name einer Queue: dort geht es weiter",
            "and the name of a queue: it goes on there",
            "ja jonon nimi: asia jatkuu siellä",
            "och namnet på en kö: där fortsätter det",
        ],
        run: move_to,
        ..WORK
    },
    Keyword {
        name: "retitle",
        names: [
            &["betreff", "umbenennen"],
            &["retitle", "subject", "rename"],
            &["otsikko", "nimeä"],
            &["rubrik", "ämne"],
        ],
        argument: Argument::Title,
        help: [
            "und ein Betreff: so heißt das Ticket ab jetzt",
            "and a subject: the ticket is called that from now on",
            "ja otsikko: se on asian uusi nimi",
            "och en rubrik: så heter ärendet från och med nu",
        ],
        run: retitle,
        ..WORK
    },
];

/// What most keywords of this family have in common.
const WORK: Keyword = Keyword {
    family: Family::Work,
    member: Some(Access::Write),
    undo: Undo::Whole,
    ..Keyword::BASE
};

/// What is already so, with who did it, as far as the reader may know.
pub(super) fn already(draft: &Draft<'_>, act: &Act<'_>, who: Option<&Actor>) -> Outcome {
    let name = match (act.by, who) {
        (By::Member(_), Some(Actor::Person(person))) => draft.desk.register.name_of(person),
        (By::Member(_), Some(Actor::Outside(address))) => address.to_string(),
        (By::Member(_), Some(Actor::Program) | None) | (By::Requestor(_), _) => String::new(),
    };
    Outcome::of(ResultKind::Already, name)
}

fn take(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if ticket.owner.as_ref() == Some(person) {
        return Ok(already(draft, act, Some(&Actor::Person(person.clone()))));
    }
    draft.record_inside(act.id, act.origin, Change::Owner { owner: Some(person.clone()) });
    if ticket.status == Status::New || (ticket.suspect && ticket.status.is_active()) {
        draft.record_inside(act.id, act.origin, Change::Status { status: Status::Open });
    }
    Ok(match &ticket.owner {
        Some(before) => Outcome::of(ResultKind::TakenFrom, draft.desk.register.name_of(before)),
        None => Outcome::plain(ResultKind::Taken),
    })
}

/// Whether a procedure still decides about the ticket: only its steps end it.
pub(super) fn is_running(ticket: &Ticket) -> bool {
    ticket.request.as_ref().is_some_and(|request| request.granted.is_none())
}

fn close(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if is_running(&ticket) {
        return Ok(Outcome::plain(ResultKind::NotAllowed));
    }
    if let (By::Member(_), Some(text)) = (act.by, act.words) {
        draft.record_inside(act.id, act.origin, Change::Comment { text: text.clone() });
    }
    if !ticket.status.is_active() {
        return Ok(already(draft, act, ticket.ended_by.as_ref()));
    }
    draft.record_inside(act.id, act.origin, Change::Status { status: Status::Resolved });
    procedure::report(draft, act.id, act.origin, (true, None))?;
    Ok(Outcome::plain(ResultKind::Closed))
}

fn reopen(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if ticket.status.is_active() && ticket.status != Status::Stalled {
        return Ok(already(draft, act, None));
    }
    if is_running(&ticket) {
        return Ok(Outcome::plain(ResultKind::NotAllowed));
    }
    draft.record_inside(act.id, act.origin, Change::Status { status: Status::Open });
    draft.disarm(act.id, act.origin, &Timer::Wake(act.id));
    Ok(Outcome::plain(ResultKind::Reopened))
}

fn spam(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if is_running(&ticket) {
        return Ok(Outcome::plain(ResultKind::NotAllowed));
    }
    if ticket.status == Status::Rejected {
        return Ok(already(draft, act, ticket.ended_by.as_ref()));
    }
    draft.record_inside(act.id, act.origin, Change::Spam);
    Ok(Outcome::plain(ResultKind::Spam))
}

fn move_to(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let queue = match queue_of(draft.desk, act.argument) {
        Ok(queue) => queue,
        Err(near) => {
            let near: Vec<&str> = near.iter().map(QueueName::as_str).collect();
            return Ok(Outcome::of(ResultKind::BadArgument, near.join(", ")));
        }
    };
    let Some(before) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if before.queue == queue {
        return Ok(already(draft, act, None));
    }
    draft.record_inside(act.id, act.origin, Change::Queue { queue: queue.clone() });
    let register = &draft.desk.register;
    if before.owner.as_ref().is_some_and(|owner| register.access(owner, &queue).is_none()) {
        draft.record_inside(act.id, act.origin, Change::Owner { owner: None });
    }
    tell_newcomers(draft, act, &before, person)?;
    Ok(Outcome::of(ResultKind::Moved, queue.as_str()))
}

/// Those who are told of the new queue's mail get the last words from outside, unless they had
/// them in the old one.
fn tell_newcomers(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    before: &Ticket,
    author: &PersonId,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(act.id)?.cloned() else { return Ok(()) };
    let Some(last) = ticket.last_received.clone().filter(|_| ticket.status.is_active()) else {
        return Ok(());
    };
    let had = tell::told(draft.desk, before, act.has_it);
    let matter = Matter::Copy {
        author: last.from.clone(),
        doubt: ticket.suspect.then_some(Doubt::Suspect),
        is_new: ticket.last_answer.is_none(),
        owner: ticket.owner.as_ref().map(|owner| draft.desk.register.name_of(owner)),
        goes_to: ticket.requestors.first().cloned(),
        besides: ticket.requestors.iter().skip(1).cloned().collect(),
        text: last.text.clone(),
        attachments: last.attachments.clone(),
        reopened: false,
        linked: ticket.linked,
        links: merge::links(&ticket),
        also: Vec::new(),
        parked: tell::is_too_big(draft.desk, &last.attachments),
    };
    for person in tell::told(draft.desk, &ticket, act.has_it) {
        if &person == author || had.contains(&person) {
            continue;
        }
        let Some(to) = tell::member(draft.desk, &person) else { continue };
        if draft.case().correspondent(&to.mailbox.address)?.suspended_at.is_some() {
            continue;
        }
        let reply_to = ReplyTo::Member(person.clone());
        let mut copy = tell::notice(draft, &ticket, &to, reply_to, matter.clone());
        copy.in_reply_to.clone_from(&last.message_id);
        draft.notify(copy);
    }
    Ok(())
}

fn retitle(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let words: Vec<&str> = act.argument.split_whitespace().collect();
    let subject: String = words.join(" ").chars().take(200).collect();
    let Some(ticket) = draft.ticket(act.id)? else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if ticket.subject == subject {
        return Ok(already(draft, act, None));
    }
    draft.record_inside(act.id, act.origin, Change::Retitle { subject: subject.clone() });
    Ok(Outcome::of(ResultKind::Retitled, subject))
}

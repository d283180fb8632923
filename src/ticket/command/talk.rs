//! The family of talk: what is said inside, who is served, who is told, what there is to know.
//!
//! Deliberately absent: answers to requestors, which need no keyword (`member`).

use crate::desk::{Access, Desk, Member, NotifyChoice, Procedure, Queue};
use crate::ticket::case::Missing;
use crate::ticket::command::rhythm::{choose_rhythm, rhythm_of};
use crate::ticket::command::why;
use crate::ticket::command::{Act, Argument, By, Keyword, Outcome, Plain, Undo, fold};
use crate::ticket::draft::Draft;
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{Doubt, Matter, ResultKind};
use crate::ticket::state::{Change, Status};
use crate::ticket::{merge, procedure, tell};
use crate::types::{Address, Locale, Mailbox, PersonId, QueueName};

/// The keywords of this family.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "comment",
        names: [
            &["intern", "kommentar", "notiz"],
            &["comment", "internal", "inside"],
            &["sisäinen", "sisäisesti", "kommentti"],
            &["internt", "kommentar", "anteckning"],
        ],
        argument: Argument::Words,
        undo: Undo::Inside,
        help: [
            "und dein Text: nur die anderen hier lesen ihn",
            "and your text: only the others here read it",
            "ja tekstisi: vain muut täällä lukevat sen",
            "och din text: bara de andra här läser den",
        ],
        run: say,
        ..Keyword::BASE
    },
    Keyword {
        name: "cc",
        names: [&["cc", "kopie"], &["cc", "copy"], &["cc", "kopio"], &["cc", "kopia"]],
        member: Some(Access::Write),
        argument: Argument::Address,
        undo: Undo::Whole,
        help: [
            "und eine Adresse: sie bekommt die Antworten auch",
            "and an address: it gets the answers as well",
            "ja osoite: sekin saa vastaukset",
            "och en adress: den får svaren också",
        ],
        run: cc,
        ..Keyword::BASE
    },
    Keyword {
        name: "notify",
        names: [
            &["melde", "melden", "benachrichtigen", "benachrichtigung"],
            &["notify"],
            &["ilmoita", "ilmoitukset"],
            &["meddela", "avisera"],
        ],
        argument: Argument::Choice,
        undo: Undo::Again,
        help: [
            "und each, mine, digest oder none: was sofort kommt; oder wöchentlich 7",
            "and each, mine, digest or none: what comes at once; or weekly 7",
            "ja each, mine, digest tai none: mitä tulee heti; tai viikoittain 7",
            "och each, mine, digest eller none: vad du får genast; eller veckovis 7",
        ],
        run: notify,
        ..Keyword::BASE
    },
    Keyword {
        name: "show",
        names: [&["zeige", "zeig", "zeigen"], &["show"], &["näytä"], &["visa"]],
        help: [
            "schickt dir das letzte Schreiben von außen noch einmal",
            "sends you the last mail from outside once more",
            "lähettää sinulle viimeisimmän ulkopuolisen viestin uudelleen",
            "skickar dig det senaste brevet utifrån en gång till",
        ],
        run: show,
        ..Keyword::BASE
    },
    Keyword {
        name: "status",
        names: [&["stand", "status"], &["status"], &["tilanne", "tila"], &["läge", "status"]],
        phrases: [&["status", "stand"], &["status"], &["tilanne"], &["läge"]],
        member: None,
        requestor: true,
        plain: Plain::Done,
        help: [
            "wie es um Ihre Nachricht steht",
            "how your message stands",
            "mikä viestisi tilanne on",
            "hur det står till med ditt meddelande",
        ],
        run: status,
        ..Keyword::BASE
    },
    Keyword {
        name: "help",
        names: [&["hilfe"], &["help"], &["apua", "ohje"], &["hjälp"]],
        phrases: [&["hilfe"], &["help"], &["apua", "ohje"], &["hjälp"]],
        requestor: true,
        help: [
            "diese Liste; mit dem Namen eines Antrags, wie der bearbeitet wird",
            "this list; with the name of a request, how that is worked on",
            "tämä luettelo; hakemuksen nimen kanssa, miten se käsitellään",
            "den här listan; med namnet på en begäran, hur den behandlas",
        ],
        run: help,
        ..Keyword::BASE
    },
];

/// Says words inside, to those who are told.
pub(crate) fn say(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let (By::Member(person), Some(text)) = (act.by, act.words) else {
        return Ok(Outcome::plain(ResultKind::BadArgument));
    };
    draft.record_inside(act.id, act.origin, Change::Comment { text: text.clone() });
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    let author = draft.desk.register.person(person).map_or("", |person| person.name.as_str());
    let matter = Matter::Comment {
        author: author.to_owned(),
        text: text.clone(),
        attachments: act.attachments.to_vec(),
    };
    for reader in tell::told(draft.desk, &ticket, act.has_it) {
        if &reader == person {
            continue;
        }
        let Some(to) = tell::member(draft.desk, &reader) else { continue };
        if draft.case().correspondent(&to.mailbox.address)?.suspended_at.is_some() {
            continue;
        }
        let reply_to = ReplyTo::Internal(reader.clone());
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter.clone());
        draft.notify(notice);
    }
    Ok(Outcome::plain(ResultKind::Commented))
}

/// The address in an argument: alone, in angle brackets, or of a `mailto:`; never one of ours.
#[must_use]
pub fn address_of(desk: &Desk, argument: &str) -> Option<Mailbox> {
    let argument = argument.trim().trim_end_matches(['.', ',', ';']);
    let (name, address) = match argument.rsplit_once('<') {
        Some((name, rest)) => (name, rest.split('>').next().unwrap_or_default()),
        None => ("", argument),
    };
    let address = address.trim();
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    let address = Address::parse(address).ok().filter(|address| !desk.is_own(address))?;
    Some(Mailbox::new(name.trim().trim_matches('"'), address))
}

fn cc(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let Some(mailbox) = address_of(draft.desk, act.argument) else {
        return Ok(Outcome::of(ResultKind::BadArgument, "name@example.org"));
    };
    let takes_part =
        draft.ticket(act.id)?.is_some_and(|ticket| ticket.takes_part(&mailbox.address));
    if takes_part {
        return Ok(Outcome::plain(ResultKind::Already));
    }
    let shown = mailbox.address.to_string();
    draft.record_inside(act.id, act.origin, Change::AddCc { mailbox });
    Ok(Outcome::of(ResultKind::CcAdded, shown))
}

/// What may be chosen, for a reader.
pub(crate) const CHOICE_NAMES: &str = "each, mine, digest, none, daily, weekly 7, monthly, never";

/// What may be chosen, with the words for it in every language.
const CHOICES: [(NotifyChoice, &str, &[&str]); 4] = [
    (NotifyChoice::Each, "each", &["each", "all", "alle", "alles", "jede", "kaikki", "alla"]),
    (NotifyChoice::Mine, "mine", &["mine", "meine", "eigene", "omat", "mina", "egna"]),
    (
        NotifyChoice::Digest,
        "digest",
        &["digest", "übersicht", "sammelmail", "kooste", "sammandrag"],
    ),
    (NotifyChoice::None, "none", &["none", "off", "keine", "nichts", "aus", "ei", "inga", "av"]),
];

/// The choice that an argument names, and the word for it that notices use.
#[must_use]
pub fn choice_of(argument: &str) -> Option<(NotifyChoice, &'static str)> {
    let argument = fold::forms(argument.trim_end_matches(['.', ',', ';']));
    CHOICES.iter().find_map(|(choice, shown, words)| {
        let mut words = words.iter();
        words.any(|word| fold::is_same(&argument, &fold::forms(word))).then_some((*choice, *shown))
    })
}

fn notify(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    if choice_of(act.argument).is_none()
        && let Some(choice) = rhythm_of(draft.desk, act.argument)
    {
        return Ok(choose_rhythm(draft, person, choice));
    }
    let Some(queue) = draft.ticket(act.id)?.map(|ticket| ticket.queue.clone()) else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    Ok(choose(draft, &queue, person, act.argument))
}

/// Changes what a member is told of a queue. The membership is changed where it stands: an own
/// one in a queue that inherits would take the access of all others away.
pub fn choose(
    draft: &mut Draft<'_>,
    queue: &QueueName,
    person: &PersonId,
    argument: &str,
) -> Outcome {
    let Some((choice, shown)) = choice_of(argument) else {
        return Outcome::of(ResultKind::BadArgument, CHOICE_NAMES);
    };
    let Some(home) = home_of(draft.desk, queue) else {
        return Outcome::plain(ResultKind::NotAllowed);
    };
    let Some(member) = home.member(person) else { return Outcome::plain(ResultKind::NotAllowed) };
    if member.notify == choice {
        return Outcome::plain(ResultKind::Already);
    }
    let member = Member { notify: choice, ..member.clone() };
    if let Some(change) = draft.desk.register.joined(&home.name, member) {
        draft.enroll(change);
    }
    Outcome::of(ResultKind::NotifySet, shown)
}

/// The queue whose own members serve `name`: itself, or its nearest ancestor that has any.
fn home_of<'a>(desk: &'a Desk, name: &QueueName) -> Option<&'a Queue> {
    let mut at = desk.register.queue(name)?;
    for _ in 0..=desk.register.queues().count() {
        if !at.members.is_empty() {
            return Some(at);
        }
        at = desk.register.queue(at.parent.as_ref()?)?;
    }
    None
}

/// The last words from outside, as a copy that can be answered: a digest has only their subject.
fn show(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if ticket.request.is_some() {
        return why::send(draft, act, false);
    }
    let (Some(last), Some(to)) = (&ticket.last_received, tell::member(draft.desk, person)) else {
        return Ok(Outcome::plain(ResultKind::NoEffect));
    };
    let owner = ticket.owner.as_ref().and_then(|owner| draft.desk.register.person(owner));
    let matter = Matter::Copy {
        author: last.from.clone(),
        doubt: ticket.suspect.then_some(Doubt::Suspect),
        // What is asked for is sent, also where a first copy would no longer be.
        is_new: false,
        owner: owner.map(|owner| owner.name.clone()),
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
    let mut copy = tell::notice(draft, &ticket, &to, ReplyTo::Member(person.clone()), matter);
    copy.in_reply_to.clone_from(&last.message_id);
    draft.send_asked(copy);
    Ok(Outcome::told())
}

fn status(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let word = draft.ticket(act.id)?.map_or("", |ticket| match ticket.status {
        Status::New => "new",
        Status::Open => "open",
        Status::Stalled => "stalled",
        // That somebody took it for spam stays inside.
        Status::Resolved | Status::Rejected => "resolved",
    });
    Ok(Outcome::of(ResultKind::Stands, word))
}

fn help(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    let (to, reply_to) = match act.by {
        By::Member(person) => {
            let to = tell::member(draft.desk, person);
            (to, ReplyTo::Internal(person.clone()))
        }
        By::Requestor(mailbox) => {
            let to = tell::outsider(draft.desk, &ticket, mailbox);
            (Some(to), ReplyTo::Requestor(mailbox.address.clone()))
        }
    };
    let Some(to) = to else { return Ok(Outcome::told()) };
    let matter = match help_of(draft.desk, act.argument, act.by, to.locale) {
        Ok(matter) => matter,
        Err(names) => return Ok(Outcome::of(ResultKind::BadArgument, names)),
    };
    let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    draft.notify(notice);
    Ok(Outcome::told())
}

/// What the word for help leads to: the list, or what a procedure tells those who work on it; the
/// names of all where a member named something that is none.
pub(crate) fn help_of(
    desk: &Desk,
    argument: &str,
    by: By<'_>,
    locale: Locale,
) -> Result<Matter, String> {
    if let Some(procedure) = procedure_of(desk, argument) {
        return Ok(playbook(desk, procedure, by, locale));
    }
    let is_member = matches!(by, By::Member(_));
    if !is_member || argument.trim().is_empty() || desk.procedures.is_empty() {
        return Ok(Matter::Help);
    }
    let names: Vec<&str> = desk.procedures.values().map(|one| one.shown(locale)).collect();
    Err(names.join(", "))
}

/// The procedure of this short name or title, in whatever language.
fn procedure_of<'a>(desk: &'a Desk, argument: &str) -> Option<&'a Procedure> {
    let wanted = fold::forms(argument.trim());
    if argument.trim().is_empty() {
        return None;
    }
    let is_named = |procedure: &&Procedure| {
        let mut names = procedure.title.values().chain([&procedure.name]);
        names.any(|name| fold::is_same(&wanted, &fold::forms(name)))
    };
    desk.procedures.values().map(AsRef::as_ref).find(is_named)
}

/// What a procedure tells those who work on its requests; to others, that it tells them.
fn playbook(desk: &Desk, procedure: &Procedure, by: By<'_>, locale: Locale) -> Matter {
    let may_read = match by {
        By::Member(person) => procedure::may_read_playbook(desk, procedure, person),
        By::Requestor(_) => false,
    };
    let words = procedure.playbook.get(&locale).or_else(|| procedure.playbook.values().next());
    Matter::Playbook {
        title: procedure.shown(locale).to_owned(),
        text: words.filter(|_| may_read).cloned().unwrap_or_default(),
        address: procedure.addresses.first().map(ToString::to_string),
    }
}

//! What a result says of a line besides what became of it: how the ticket stands again, what left,
//! and that it was only tried.

use jiff::tz::TimeZone;

use crate::notice::date::Moment;
use crate::notice::slots::short;
use crate::notice::words::{list, words};
use crate::ticket::Status;
use crate::ticket::matter::{Left, ResultLine, Stand};
use crate::ticket::state::Priority;
use crate::types::Locale;

/// Characters of a subject that are shown.
const SUBJECT_CHARS_MAX: usize = 60;
/// Characters of a canned answer that are shown before it is sent.
const TEXT_CHARS_MAX: usize = 1200;

/// How a ticket stands, behind a colon; nothing where there is nothing to say.
pub(super) fn stands(stands: &[Stand], zone: &TimeZone, locale: Locale) -> String {
    let said: Vec<String> = stands.iter().map(|one| stand(one, zone, locale)).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

const fn pick(locale: Locale, words: [&'static str; 4]) -> &'static str {
    let [de, en, fi, sv] = words;
    match locale {
        Locale::De => de,
        Locale::En => en,
        Locale::Fi => fi,
        Locale::Sv => sv,
    }
}

fn stand(stand: &Stand, zone: &TimeZone, locale: Locale) -> String {
    let say = |words| pick(locale, words);
    let with = |words, name: &str| pick(locale, words).replace("{}", name);
    match stand {
        Stand::Owner(Some(name)) => with(["bei {}", "with {}", "hoitaja {}", "hos {}"], name),
        Stand::Owner(None) => {
            say(["bei niemandem", "with nobody", "ei hoitajaa", "hos ingen"]).to_owned()
        }
        Stand::Status(status) => status_word(*status, locale).to_owned(),
        Stand::Queue(name) => with(["in {}", "in {}", "jonossa {}", "i {}"], name),
        Stand::Subject(subject) => {
            let subject = super::quote(&short(subject, SUBJECT_CHARS_MAX), locale);
            with(["mit dem Betreff {}", "called {}", "otsikolla {}", "med rubriken {}"], &subject)
        }
        Stand::Priority(priority) => say(match priority {
            Priority::High => ["dringend", "urgent", "kiireellinen", "brådskande"],
            Priority::Normal => [
                "mit normaler Priorität",
                "with normal priority",
                "tavallisella sijalla",
                "med vanlig prioritet",
            ],
            Priority::Low => ["nicht eilig", "not urgent", "ei kiireinen", "utan brådska"],
        })
        .to_owned(),
        Stand::Bonds => say([
            "mit den Verknüpfungen von vorher",
            "with the links it had before",
            "samat linkit kuin ennen",
            "med samma länkar som förut",
        ])
        .to_owned(),
        Stand::Due(Some(at)) => {
            let until = Moment::new(*at, zone, locale).until();
            with(["mit Frist bis {}", "due by {}", "määräaika {}", "med frist till {}"], &until)
        }
        Stand::Due(None) => {
            say(["ohne Frist", "without a deadline", "ilman määräaikaa", "utan frist"]).to_owned()
        }
        Stand::People => say([
            "mit den Beteiligten von vorher",
            "with those who took part before",
            "samat osalliset kuin ennen",
            "med samma deltagare som förut",
        ])
        .to_owned(),
        Stand::From(at) => {
            let day = Moment::new(*at, zone, locale).on();
            with(["ab {}", "from {} on", "alkaen {}", "från och med {}"], &day)
        }
        Stand::Rest => {
            say(["auch sonst", "in all else too", "muutenkin", "även i övrigt"]).to_owned()
        }
    }
}

const fn status_word(status: Status, locale: Locale) -> &'static str {
    let words = match status {
        Status::New => ["neu", "new", "uusi", "nytt"],
        Status::Open => ["offen", "open", "auki", "öppet"],
        Status::Stalled => ["es ruht", "at rest", "lepäämässä", "i vila"],
        Status::Resolved => ["erledigt", "done", "valmis", "klart"],
        Status::Rejected => ["geschlossen", "closed", "suljettu", "stängt"],
    };
    pick(locale, words)
}

/// What left, in a sentence.
pub(super) fn left(left: &Left, locale: Locale) -> String {
    match left {
        Left::Answer(name) => pick(
            locale,
            [
                "Die Antwort an {} ist schon hinausgegangen.",
                "The answer to {} has already gone out.",
                "Vastaus on jo lähtenyt, saaja: {}.",
                "Svaret till {} har redan gått ut.",
            ],
        )
        .replace("{}", name),
        Left::Caught(name) => pick(
            locale,
            [
                "Die Antwort an {} ist abgefangen: Es ist nichts hinausgegangen.",
                "The answer to {} was caught: nothing has gone out.",
                "Vastaus ehdittiin pysäyttää, mitään ei lähtenyt. Saaja olisi ollut {}.",
                "Svaret till {} hejdades: inget har gått ut.",
            ],
        )
        .replace("{}", name),
        Left::Words => pick(
            locale,
            [
                "Was intern gesagt ist, bleibt gesagt.",
                "What was said inside stays said.",
                "Sisäisesti sanottu jää sanotuksi.",
                "Det som sagts internt är sagt.",
            ],
        )
        .to_owned(),
        Left::Shown(names) => pick(
            locale,
            [
                "Post darüber ging schon an {}.",
                "Mail about it has already gone to {}.",
                "Viestin siitä ovat jo saaneet: {}.",
                "Ett mejl om det har redan gått till {}.",
            ],
        )
        .replace("{}", &list(names, words(locale).phrases.and)),
    }
}

/// The same, said of a line that was only tried.
pub(super) fn tried(said: &str, line: &ResultLine, locale: Locale) -> String {
    let Some(names) = line.aside.tried.as_deref() else { return said.to_owned() };
    let text = line.aside.text.as_deref().map(|text| {
        let words: Vec<&str> = text.split_whitespace().collect();
        format!(" {}", super::quote(&short(&words.join(" "), TEXT_CHARS_MAX), locale))
    });
    let text = text.unwrap_or_default();
    let mail = if names.is_empty() {
        pick(
            locale,
            [
                "Post ginge an niemanden.",
                "Nobody would get mail.",
                "Kukaan ei saisi viestiä.",
                "Ingen skulle få mejl.",
            ],
        )
        .to_owned()
    } else {
        pick(
            locale,
            [
                "Post ginge an {}.",
                "Mail would go to {}.",
                "Viestin saisivat: {}.",
                "Mejl skulle gå till {}.",
            ],
        )
        .replace("{}", &list(names, words(locale).phrases.and))
    };
    let only = pick(
        locale,
        [
            "Nur eine Probe, nichts ist geschehen:",
            "Only a try, nothing was done:",
            "Vain kokeilu, mitään ei tehty:",
            "Bara ett prov, inget har gjorts:",
        ],
    );
    format!("{only} {said} {mail}{text}")
}

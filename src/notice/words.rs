//! The words that code puts into mails, by language: answers, button labels, names of addresses.
//!
//! One table a language, so that the compiler asks for every word in each. `{}` stands for what
//! is filled in. Deliberately absent: sentences of a mail's text, which stand in `templates/`, and
//! what a keyword does (`ticket`).

use crate::ticket::command;
use crate::types::Locale;

/// One-word answers that are no keywords of the table, and the choice of silence.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is the answer of its name")]
pub struct Answers {
    pub yes: &'static str,
    pub no: &'static str,
    pub text: &'static str,
    /// Neither for nor against.
    pub abstain: &'static str,
    /// The rest of a digest.
    pub more: &'static str,
    pub resume: &'static str,
    pub block: &'static str,
    /// The choice of [`NotifyChoice::None`](crate::desk::NotifyChoice) behind `notify`.
    pub none: &'static str,
}

/// Every word that a template may ask for as `{{keyword.NAME}}`, in a language: the keywords of
/// the table, and one-word answers.
pub fn keywords(locale: Locale) -> impl Iterator<Item = (&'static str, &'static str)> {
    let answers = &words(locale).answers;
    let of_table = command::keywords().map(move |keyword| (keyword.name, keyword.shown(locale)));
    of_table.chain([
        ("yes", answers.yes),
        ("no", answers.no),
        ("abstain", answers.abstain),
        ("text", answers.text),
        ("more", answers.more),
        ("resume", answers.resume),
        ("block", answers.block),
    ])
}

/// What buttons say.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is the label of the keyword of its name")]
pub struct Labels {
    pub take: &'static str,
    pub show: &'static str,
    pub close: &'static str,
    pub move_to: &'static str,
    pub spam: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub text: &'static str,
    pub resume: &'static str,
    pub block: &'static str,
    pub retry: &'static str,
    pub file: &'static str,
    pub discard: &'static str,
    pub withdraw: &'static str,
    pub grant: &'static str,
    pub refuse: &'static str,
    pub cannot: &'static str,
    pub abstain: &'static str,
}

/// Names beside `From` and `Reply-To`, and what subjects say.
#[derive(Debug)]
pub struct Phrases {
    /// Reply-To: to the requestor.
    pub answer_to: &'static str,
    /// Reply-To: inside only, with the ticket's number.
    pub inside: &'static str,
    /// Reply-To: inside only, without a number.
    pub inside_bare: &'static str,
    /// Reply-To: two words that answer, such as "ja oder text".
    pub either: &'static str,
    /// Reply-To of a digest.
    pub work: &'static str,
    /// Reply-To of an objection: only to us.
    pub only_us: &'static str,
    /// Subject where the requestor gave none: formal.
    pub your_mail_formal: &'static str,
    /// Subject where the requestor gave none: informal.
    pub your_mail: &'static str,
    /// The same to members.
    pub mail_of: &'static str,
    /// Subject where not even a day is known.
    pub mail: &'static str,
    /// Subject of a digest: day, then one of these.
    pub one_waits: &'static str,
    /// Subject of a digest: day, then the count.
    pub many_wait: &'static str,
    /// Subject of a digest with a point that is the reader's own: day.
    pub one_needs: &'static str,
    /// Subject of one with several: day, then the count.
    pub many_need: &'static str,
    /// Subject of one that only tells how things stand: day.
    pub nothing_needs: &'static str,
    /// Subject of a breaker report.
    pub stopped: &'static str,
    /// Subject where mail of an address is no longer shown at once.
    pub not_shown: &'static str,
    /// Subject of a report that one message lies aside.
    pub one_aside: &'static str,
    /// The same, of several.
    pub many_aside: &'static str,
    /// Subject of a report that mail waits for the budget.
    pub over_budget: &'static str,
    /// Subject of a change notice, with the day.
    pub changes: &'static str,
    /// Subject about a queue that is neglected.
    pub neglected: &'static str,
    /// Subject about a queue that is well again.
    pub well: &'static str,
    /// Subject of a register: its name.
    pub register: &'static str,
    /// Subject of an announcement: title and last day.
    pub objections_until: &'static str,
    /// The line that names the ticket where no reply address can.
    pub reference: &'static str,
    /// The greeting of the public.
    pub greeting_formal: &'static str,
    /// The greeting of somebody known, by name.
    pub greeting_name: &'static str,
    /// The greeting of somebody whose name is not known.
    pub greeting: &'static str,
    /// Between the last two of a list.
    pub and: &'static str,
    /// Instead of what was left out of a long text.
    pub cut: &'static str,
    /// Reply-To: results of a meeting.
    pub record: &'static str,
    /// Reply-To: a ballot.
    pub vote: &'static str,
    /// A meeting and its day.
    pub meeting_on: &'static str,
    /// Subject of an agenda with one request: meeting and day.
    pub agenda_one: &'static str,
    /// Subject of an agenda: meeting and day, how many requests.
    pub agenda_many: &'static str,
    /// Subject of what came on an agenda later: meeting and day.
    pub agenda_adds: &'static str,
    /// Subject of a ballot: title and last day.
    pub vote_until: &'static str,
}

/// All of one language.
#[derive(Debug)]
pub struct Words {
    /// Keywords.
    pub answers: Answers,
    /// Buttons.
    pub labels: Labels,
    /// Names and subjects.
    pub phrases: Phrases,
}

/// The words of a language.
#[must_use]
pub const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::De => &DE,
        Locale::En => &EN,
        Locale::Fi => &FI,
        Locale::Sv => &SV,
    }
}

const DE: Words = Words {
    answers: Answers {
        yes: "ja",
        no: "nein",
        abstain: "enthaltung",
        text: "text",
        more: "mehr",
        resume: "weiter",
        block: "sperre",
        none: "none",
    },
    labels: Labels {
        retry: "Noch einmal lesen",
        file: "Ablegen",
        discard: "Weglegen",
        take: "Nehme ich",
        show: "Zeigen",
        close: "Erledigt",
        move_to: "Verschieben",
        spam: "Spam",
        yes: "Ja",
        no: "Nein",
        text: "Als Text senden",
        resume: "Wieder schreiben",
        block: "Nie mehr",
        withdraw: "Antrag zurückziehen",
        grant: "Bewilligen",
        refuse: "Ablehnen",
        cannot: "Geht nicht",
        abstain: "Enthaltung",
    },
    phrases: Phrases {
        answer_to: "Antwort an {}",
        inside: "Nur intern, {}",
        inside_bare: "Nur intern",
        either: "{} oder {}",
        work: "Zum Arbeiten antworten",
        only_us: "Nur an {}",
        your_mail_formal: "Ihre Nachricht vom {}",
        your_mail: "Deine Nachricht vom {}",
        mail_of: "Nachricht vom {}",
        mail: "Ihre Nachricht",
        one_waits: "{}: eine Nachricht wartet",
        many_wait: "{}: {} Nachrichten warten",
        one_needs: "{}: ein Punkt braucht dich",
        many_need: "{}: {} Punkte brauchen dich",
        nothing_needs: "{}: nichts braucht dich",
        stopped: "Keine automatische Post mehr an {}",
        not_shown: "Keine Kopien mehr von {}",
        one_aside: "Eine Mail liegt beiseite",
        many_aside: "{} Mails liegen beiseite",
        register: "Verzeichnis: {}",
        over_budget: "Post wartet, das Kontingent ist verbraucht",
        changes: "Änderungen an lotse, {}",
        neglected: "{}: länger ohne Antwort als versprochen",
        well: "{}: es läuft wieder",
        objections_until: "{}: Einwand bis {}",
        reference: "Vorgang {}",
        greeting_formal: "Guten Tag,",
        greeting_name: "Hallo {},",
        greeting: "Hallo,",
        and: "und",
        cut: "[gekürzt]",
        record: "Ergebnisse eintragen",
        vote: "Abstimmen",
        meeting_on: "{} am {}",
        agenda_one: "{}: ein Antrag",
        agenda_many: "{}: {} Anträge",
        agenda_adds: "{}: neu auf der Tagesordnung",
        vote_until: "{}: deine Stimme bis {}",
    },
};

const EN: Words = Words {
    answers: Answers {
        yes: "yes",
        no: "no",
        abstain: "abstain",
        text: "text",
        more: "more",
        resume: "resume",
        block: "block",
        none: "none",
    },
    labels: Labels {
        retry: "Read again",
        file: "File it",
        discard: "Drop it",
        take: "Take it",
        show: "Show",
        close: "Done",
        move_to: "Move",
        spam: "Spam",
        yes: "Yes",
        no: "No",
        text: "Send as text",
        resume: "Resume",
        block: "Block",
        withdraw: "Withdraw request",
        grant: "Grant",
        refuse: "Refuse",
        cannot: "Not possible",
        abstain: "Abstain",
    },
    phrases: Phrases {
        answer_to: "Reply to {}",
        inside: "Inside only, {}",
        inside_bare: "Inside only",
        either: "{} or {}",
        work: "To work, answer",
        only_us: "Only to {}",
        your_mail_formal: "Your message of {}",
        your_mail: "Your message of {}",
        mail_of: "Message of {}",
        mail: "Your message",
        one_waits: "{}: one message waits",
        many_wait: "{}: {} messages wait",
        one_needs: "{}: one point needs you",
        many_need: "{}: {} points need you",
        nothing_needs: "{}: nothing needs you",
        stopped: "No more automatic mail to {}",
        not_shown: "No more copies of mail from {}",
        one_aside: "One mail lies aside",
        many_aside: "{} mails lie aside",
        register: "Register: {}",
        over_budget: "Mail waits, the allowance is used up",
        changes: "Changes to lotse, {}",
        neglected: "{}: unanswered longer than promised",
        well: "{}: well again",
        objections_until: "{}: objections until {}",
        reference: "Reference {}",
        greeting_formal: "Hello,",
        greeting_name: "Hello {},",
        greeting: "Hello,",
        and: "and",
        cut: "[shortened]",
        record: "Record results",
        vote: "Vote",
        meeting_on: "{} on {}",
        agenda_one: "{}: one request",
        agenda_many: "{}: {} requests",
        agenda_adds: "{}: new on the agenda",
        vote_until: "{}: your vote by {}",
    },
};

const FI: Words = Words {
    answers: Answers {
        yes: "kyllä",
        no: "ei",
        abstain: "tyhjä",
        text: "teksti",
        more: "lisää",
        resume: "jatka",
        block: "estä",
        none: "none",
    },
    labels: Labels {
        retry: "Lue uudelleen",
        file: "Kirjaa",
        discard: "Hävitä",
        take: "Otan tämän",
        show: "Näytä",
        close: "Valmis",
        move_to: "Siirrä",
        spam: "Roskaposti",
        yes: "Kyllä",
        no: "Ei",
        text: "Lähetä tekstinä",
        resume: "Jatka lähettämistä",
        block: "Estä pysyvästi",
        withdraw: "Peru hakemus",
        grant: "Hyväksy",
        refuse: "Hylkää",
        cannot: "Ei onnistu",
        abstain: "Tyhjä",
    },
    phrases: Phrases {
        answer_to: "Vastaus: {}",
        inside: "Vain sisäisesti, {}",
        inside_bare: "Vain sisäisesti",
        either: "{} tai {}",
        work: "Vastaa ja hoida",
        only_us: "Vain meille: {}",
        your_mail_formal: "Viestisi {}",
        your_mail: "Viestisi {}",
        mail_of: "Viesti {}",
        mail: "Viestisi",
        one_waits: "{}: yksi viesti odottaa",
        many_wait: "{}: {} viestiä odottaa",
        one_needs: "{}: yksi kohta odottaa sinua",
        many_need: "{}: {} kohtaa odottaa sinua",
        nothing_needs: "{}: mikään ei odota sinua",
        stopped: "Automaattinen posti pysäytetty: {}",
        not_shown: "Kopioita ei enää lähetetä: {}",
        one_aside: "Yksi viesti on sivussa",
        many_aside: "{} viestiä on sivussa",
        register: "Rekisteri: {}",
        over_budget: "Posti odottaa, lähetysraja on täynnä",
        changes: "Lotsen muutoksia, {}",
        neglected: "{}: vastausta odotetaan luvattua kauemmin",
        well: "{}: kaikki taas hyvin",
        objections_until: "{}: vastalauseet viimeistään {}",
        reference: "Asia {}",
        greeting_formal: "Hei,",
        greeting_name: "Hei {},",
        greeting: "Hei,",
        and: "ja",
        cut: "[lyhennetty]",
        record: "Kirjaa tulokset",
        vote: "Äänestä",
        meeting_on: "{} {}",
        agenda_one: "{}: yksi hakemus",
        agenda_many: "{}: {} hakemusta",
        agenda_adds: "{}: uutta esityslistalla",
        vote_until: "{}: äänesi viimeistään {}",
    },
};

const SV: Words = Words {
    answers: Answers {
        yes: "ja",
        no: "nej",
        abstain: "blankt",
        text: "text",
        more: "mer",
        resume: "fortsätt",
        block: "spärra",
        none: "none",
    },
    labels: Labels {
        retry: "Läs igen",
        file: "Arkivera",
        discard: "Släng",
        take: "Jag tar det",
        show: "Visa",
        close: "Klart",
        move_to: "Flytta",
        spam: "Skräppost",
        yes: "Ja",
        no: "Nej",
        text: "Skicka som text",
        resume: "Fortsätt",
        block: "Spärra",
        withdraw: "Återta begäran",
        grant: "Bevilja",
        refuse: "Avslå",
        cannot: "Går inte",
        abstain: "Blank röst",
    },
    phrases: Phrases {
        answer_to: "Svar till {}",
        inside: "Bara internt, {}",
        inside_bare: "Bara internt",
        either: "{} eller {}",
        work: "Svara för att arbeta",
        only_us: "Bara till {}",
        your_mail_formal: "Ditt meddelande den {}",
        your_mail: "Ditt meddelande den {}",
        mail_of: "Meddelande den {}",
        mail: "Ditt meddelande",
        one_waits: "{}: ett meddelande väntar",
        many_wait: "{}: {} meddelanden väntar",
        one_needs: "{}: en punkt behöver dig",
        many_need: "{}: {} punkter behöver dig",
        nothing_needs: "{}: inget behöver dig",
        stopped: "Ingen automatisk post längre till {}",
        not_shown: "Inga kopior längre från {}",
        one_aside: "Ett mejl ligger åt sidan",
        many_aside: "{} mejl ligger åt sidan",
        register: "Register: {}",
        over_budget: "Post väntar, sändningsgränsen är nådd",
        changes: "Ändringar i lotse, {}",
        neglected: "{}: utan svar längre än utlovat",
        well: "{}: det går bra igen",
        objections_until: "{}: invändningar senast {}",
        reference: "Ärende {}",
        greeting_formal: "Hej,",
        greeting_name: "Hej {},",
        greeting: "Hej,",
        and: "och",
        cut: "[förkortat]",
        record: "Skriv in resultat",
        vote: "Rösta",
        meeting_on: "{} {}",
        agenda_one: "{}: en ansökan",
        agenda_many: "{}: {} ansökningar",
        agenda_adds: "{}: nytt på dagordningen",
        vote_until: "{}: din röst senast {}",
    },
};

/// Puts `values` where `{}` stands, in order.
#[must_use]
pub fn fill(pattern: &str, values: &[&str]) -> String {
    let mut filled = String::with_capacity(pattern.len() + 32);
    let mut values = values.iter();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("{}") {
        filled.push_str(before);
        filled.push_str(values.next().copied().unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Joins names as a sentence does: "a, b und c".
#[must_use]
pub fn list(names: &[String], and: &str) -> String {
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} {and} {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_in_order() {
        assert_eq!(fill("{}: {} warten", &["Montag", "4"]), "Montag: 4 warten");
        assert_eq!(fill("ohne", &["x"]), "ohne");
    }

    #[test]
    fn lists_read_as_sentences() {
        let names = |names: &[&str]| {
            list(&names.iter().map(ToString::to_string).collect::<Vec<_>>(), "und")
        };
        assert_eq!(names(&[]), "");
        assert_eq!(names(&["a"]), "a");
        assert_eq!(names(&["a", "b", "c"]), "a, b und c");
    }
}

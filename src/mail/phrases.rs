//! Subjects that machines write, in many languages.
//!
//! They prove nothing alone: a person may write "I am out of office". Phrases are compared at the
//! beginning of the subject or as its whole, so that a question about an absence is none.
//! Deliberately absent: bodies, whose words are everybody's.

/// How much a subject looks like an automatic answer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// Not at all.
    None,
    /// It speaks of an absence, as a person may.
    Absence,
    /// It calls itself an automatic answer.
    Named,
}

/// How much a subject looks like an automatic answer's.
#[must_use]
pub(super) fn auto_reply(subject: &str) -> Likeness {
    let subject = subject.trim().to_lowercase();
    let bare = without_prefixes(&subject);
    let begins = |phrases: &[&str]| phrases.iter().any(|phrase| bare.starts_with(phrase));
    if begins(NAMED) {
        Likeness::Named
    } else if begins(ABSENCE) {
        Likeness::Absence
    } else {
        Likeness::None
    }
}

/// The subject behind prefixes of answers and tags in brackets.
fn without_prefixes(subject: &str) -> &str {
    let mut rest = subject;
    loop {
        let tag = rest.strip_prefix('[').and_then(|tag| tag.split_once(']')).map(|(_, rest)| rest);
        let shorter = tag.or_else(|| PREFIXES.iter().find_map(|prefix| rest.strip_prefix(prefix)));
        match shorter {
            Some(shorter) if !shorter.trim().is_empty() => rest = shorter.trim_start(),
            _ => return rest,
        }
    }
}

/// Whether a subject looks like a list server's own notice.
#[must_use]
pub(super) fn is_list_notice(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    LIST_NOTICE.iter().any(|phrase| subject.contains(phrase))
}

const PREFIXES: &[&str] = &[
    "re:",
    "aw:",
    "sv:",
    "vs:",
    "antw:",
    "tr:",
    "odp:",
    "rif:",
    "ynt:",
    "回复:",
    "回復:",
    "回复：",
];

const NAMED: &[&str] = &[
    // en
    "automatic reply",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "autoresponse",
    "automated reply",
    "automated response",
    "automatic response",
    "vacation reply",
    "out of office:",
    "out of office autoreply",
    "out of office reply",
    "out of office message",
    "out-of-office reply",
    "autoresponder",
    "auto:",
    // de
    "automatische antwort",
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "automatische e-mail-antwort",
    "automatische empfangsbestätigung",
    "autoreply:",
    "abwesenheitsmeldung",
    "automatische abwesenheit",
    "automatische eingangsbestätigung",
    "abwesenheitsassistent",
    "automatische rückmeldung",
    // fi
    "automaattinen vastaus",
    "poissaoloviesti",
    "automaattivastaus",
    "automaattinen poissaolo",
    // sv, da, no
    "autosvar",
    "automatiskt svar",
    "frånvaromeddelande",
    "automatisk svar",
    "fraværsbesked",
    "fraværsmelding",
    "fraværsmeddelelse",
    // fr
    "réponse automatique",
    "réponse auto",
    "reponse automatique",
    "message d’absence",
    "message d'absence",
    "réponse d'absence",
    // es, pt
    "respuesta automática",
    "respuesta automatica",
    "aviso de ausencia",
    "respuesta de fuera de la oficina",
    "autorespuesta",
    "resposta de ausência",
    "mensagem de ausência",
    "resposta automática",
    "resposta automatica",
    // it, nl, pl
    "risposta automatica",
    "automatisch antwoord",
    "automatische beantwoording",
    "automatyczna odpowiedź",
    "risponditore automatico",
    "messaggio automatico",
    "afwezigheidsbericht",
    "afwezigheidsmelding",
    "out of office antwoord",
    "odpowiedź automatyczna",
    "autoodpowiedź",
    // ru, ja, zh
    "автоответ",
    "автоматический ответ",
    "自動応答",
    "автоматическое уведомление",
    "авто-ответ",
    "自动应答",
    "離席中の自動応答",
    "自動返信",
    "不在通知",
    "自动回复",
    "自動回覆",
    "自动答复",
    "自動答覆",
];

const ABSENCE: &[&str] = &[
    "out of office",
    "out of the office",
    "out-of-office",
    "i am out of the office",
    "on vacation",
    "away from my mail",
    "away from the office",
    "abwesenheit",
    "abwesend",
    "nicht im büro",
    "nicht im haus",
    "außer haus",
    "eingangsbestätigung",
    "urlaubsvertretung",
    "im urlaub",
    "poissaolo",
    "poissa toimistosta",
    "lomalla",
    "olen lomalla",
    "frånvaro",
    "inte på kontoret",
    "absence",
    "absent du bureau",
    "en congé",
    "fuera de la oficina",
    "fuera de oficina",
    "ausencia",
    "fuori ufficio",
    "fuori sede",
    "assenza",
    "non in ufficio",
    "afwezig",
    "niet aanwezig",
    "niet op kantoor",
    "nieobecność",
    "poza biurem",
    "fravær",
    "ikke til stede",
    "ikke på kontoret",
    "fora do escritório",
    "ausência",
    "ausente",
    "нет на месте",
    "отсутствую",
    "вне офиса",
    "不在のお知らせ",
    "外出",
];

const LIST_NOTICE: &[&str] = &[
    "subscription",
    "unsubscribe",
    "moderator",
    "confirm ",
    "mailing list",
    "mailinglist",
    "your message to",
    "awaits",
    "digest, vol",
    "welcome to the",
    "probe",
    "results of your email",
    "willkommen bei der",
    "abonnement",
    "post by non-member",
    "uncaught bounce",
    "bounce action",
    "password reminder",
    "held for",
    "postilista",
    "e-postlista",
];

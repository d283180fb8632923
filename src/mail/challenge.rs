//! Answers of programs that only words betray: challenges, absences told in the text, reactions.
//!
//! Words count only beside a sign that people do not make.
//! Deliberately absent: fields that say it openly (`automatic`), subjects (`phrases`).

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::mail::Message;
use crate::mail::servertalk::folded;

/// Octets of the text that are looked at.
const BYTES_MAX: usize = 2_048;

/// A filter of the recipient's that asks the author to prove to be a person.
pub(super) fn is_challenge(message: &Message) -> bool {
    let is_named = message.fields.iter().any(|field| {
        let name = field.name.to_ascii_lowercase();
        name.starts_with("x-")
            && FIELDS.iter().any(|known| name.contains(known))
            && !field.value.trim().eq_ignore_ascii_case("no")
    });
    if is_named {
        return true;
    }
    is_unattended(message) && {
        let subject = folded(&message.subject);
        says(&subject, Says::Confirm) || says(&opening(message), Says::Confirm)
    }
}

/// Parts of names of fields that only challenges carry.
const FIELDS: &[&str] = &[
    "challenge-response",
    "x-challenge",
    "registration-request",
    "confirmation-request",
    "x-ask-info",
    "x-boxtrapper",
    "x-spamarrest",
    "x-askversion",
    "x-ask-version",
    "x-boxbe-notification",
    "x-mailinblack",
    "x-vaderetro-challenge",
];

/// What filters and vacation programs leave in the header, or their addresses hold.
fn is_unattended(message: &Message) -> bool {
    let has = |name: &str| message.field(name).is_some_and(|value| !value.trim().is_empty());
    let null_path = message.field("Return-Path").is_some_and(|path| path.trim() == "<>");
    let is_set = |name: &str| {
        message.field(name).is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"))
    };
    let answers_go_to_it = message.from.iter().chain(&message.reply_to).any(|mailbox| {
        let local = mailbox.address.local().to_lowercase();
        ["confirm", "challenge", "verify", "tmda", "antispam", "anti-spam"]
            .iter()
            .any(|word| local.contains(word))
    });
    null_path
        || is_set("Auto-Submitted")
        || has("Precedence")
        || has("X-Loop")
        || message.field("X-Delivery-Agent").is_some_and(|agent| agent.starts_with("TMDA"))
            && answers_go_to_it
        || answers_go_to_it && !message.in_reply_to.is_empty()
}

/// Whether the text tells of an absence. Only for mail that no person's program sends.
pub(super) fn tells_absence(message: &Message) -> bool {
    says(&folded(&message.subject), Says::Away) || says(&opening(message), Says::Away)
}

/// The part that Gmail writes for a reaction: nothing that anybody attached.
pub(super) const REACTION: &str = "text/vnd.google.email-reaction+json";

/// A reaction: a click that a mail program wrote out. Never a consent, an objection or a vote.
pub(super) fn is_reaction(message: &Message) -> bool {
    let is_gmail = message.attachments.iter().any(|part| part.media_type == REACTION);
    is_gmail || !message.in_reply_to.is_empty() && is_outlook_reaction(&message.text)
}

/// Outlook's form: "Otto reacted to your message:", perhaps a sign, the message.
fn is_outlook_reaction(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if first.len() > 200 {
        return false;
    }
    let first = folded(first);
    let first = first.trim_end_matches([':', '.', ' ', '\u{3002}']);
    if !REACTED.iter().any(|phrase| first.ends_with(phrase)) {
        return false;
    }
    let is_old = |line: &str| {
        line.starts_with(['>', '_', '-'])
            || line
                .split_whitespace()
                .next()
                .is_some_and(|word| word.ends_with(':') && word.len() > 2)
    };
    let own: Vec<&str> = lines.take_while(|line| !is_old(line)).take(2).collect();
    match own.as_slice() {
        [] => true,
        [sign] => sign.chars().count() <= 4,
        _ => false,
    }
}

const REACTED: &[&str] = &[
    "reacted to your message",
    "reacted to your email",
    "hat auf ihre nachricht reagiert",
    "hat auf deine nachricht reagiert",
    "a reagi a votre message",
    "ha reaccionado a su mensaje",
    "ha reaccionado a tu mensaje",
    "reacciono a su mensaje",
    "reacciono a tu mensaje",
    "reagiu a sua mensagem",
    "ha reagito al tuo messaggio",
    "ha reagito al messaggio",
    "heeft op uw bericht gereageerd met een emoji",
    "zareagowal na twoja wiadomosc",
    "zareagowala na twoja wiadomosc",
    "zareagowal(a) na twoja wiadomosc",
    "reagerade pa ditt meddelande",
    "reagerede pa din meddelelse",
    "reagerte pa meldingen din",
    "reagoi viestiisi",
    "あなたのメッセージに反応しました",
    "对你的邮件作出了回应",
    "对你的邮件做出了回应",
];

fn opening(message: &Message) -> String {
    let text = &message.text;
    folded(text.get(..text.floor_char_boundary(BYTES_MAX)).unwrap_or_default())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Confirm,
    Away,
}

fn says(folded: &str, what: Says) -> bool {
    let count = CONFIRM.len();
    WORDS.find_overlapping_iter(folded).any(|hit| {
        let found = if hit.pattern().as_usize() < count { Says::Confirm } else { Says::Away };
        found == what
    })
}

#[expect(clippy::expect_used, reason = "built from the tables below, which a test builds too")]
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new(CONFIRM.iter().chain(AWAY).copied().collect::<Vec<_>>()).expect("phrases")
});

const CONFIRM: &[&str] = &[
    "please confirm your message",
    "confirm your message",
    "confirm that you sent",
    "confirm you are a person",
    "confirm you are human",
    "prove that you are human",
    "prove you are human",
    "verify that you are a person",
    "verify that you are a human",
    "verify you are human",
    "your email requires verification",
    "requires verification",
    "requires confirmation",
    "message needs confirmation",
    "sender verification",
    "sender confirmation",
    "confirm your email address so that",
    "approve your email address",
    "approved senders",
    "approved sender list",
    "to have your message delivered",
    "in order for your message to be delivered",
    "your message is being held",
    "your message has been held",
    "your message has been quarantined until",
    "is protected by an anti-spam",
    "is protected by a spam",
    "challenge/response",
    "challenge-response",
    "one-time verification",
    "add yourself to my allowed",
    "allowed senders list",
    "bestatigen sie ihre nachricht",
    "bestatigen sie bitte ihre nachricht",
    "bestatigen sie, dass sie",
    "absender bestatigen",
    "absenderbestatigung",
    "freischalten",
    "confirmez votre message",
    "confirmer votre message",
    "confirmer votre envoi",
    "vous authentifier",
    "authentifiez-vous",
    "demande d'authentification",
    "confirme su mensaje",
    "confirmar su mensaje",
    "confirme que usted",
    "confirme sua mensagem",
    "confirmar sua mensagem",
    "confirmar o envio",
    "confirmacao de remetente",
    "conferma il tuo messaggio",
    "confermare il messaggio",
    "confermi il suo messaggio",
    "bevestig uw bericht",
    "bevestig uw e-mail",
    "potwierdz swoja wiadomosc",
    "potwierdzenie nadawcy",
    "bekrafta ditt meddelande",
    "bekraft din besked",
    "bekreft meldingen din",
    "vahvista viestisi",
    "подтвердите отправку",
    "подтвердите, что вы",
    "подтверждение отправителя",
    "送信者確認",
    "送信の確認をお願い",
    "请确认您的邮件",
    "發件人驗證",
    "发件人验证",
];

const AWAY: &[&str] = &[
    "out of the office",
    "out of office",
    "on vacation",
    "on holiday",
    "on annual leave",
    "on parental leave",
    "away from my e-mail",
    "away from my email",
    "away from my desk",
    "no longer with the company",
    "no longer working",
    "automatic reply",
    "automated reply",
    "automated response",
    "automatic response",
    "auto-reply",
    "autoreply",
    "limited access to e",
    "nicht im buro",
    "nicht im hause",
    "im urlaub",
    "ausser haus",
    "außer haus",
    "abwesend",
    "nicht erreichbar",
    "wieder erreichbar",
    "automatische antwort",
    "elternzeit",
    "absent",
    "en conge",
    "en vacances",
    "reponse automatique",
    "fuera de la oficina",
    "de vacaciones",
    "respuesta automatica",
    "fora do escritorio",
    "de ferias",
    "resposta automatica",
    "fuori ufficio",
    "in ferie",
    "saro assente",
    "sono assente",
    "assente dal",
    "assente fino",
    "risposta automatica",
    "niet aanwezig",
    "afwezig",
    "met vakantie",
    "op vakantie",
    "poza biurem",
    "na urlopie",
    "nieobecn",
    "automatyczna odpowiedz",
    "inte pa kontoret",
    "pa semester",
    "foraldraledig",
    "tjanstledig",
    "ikke pa kontoret",
    "pa ferie",
    "fravaerende",
    "lomalla",
    "poissa",
    "toimistolta",
    "отпуск",
    "отсутств",
    "вне офиса",
    "автоматическ",
    "不在",
    "休暇",
    "自動返信",
    "自动回复",
    "自動回覆",
    "休假",
    "出差",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_written_as_texts_are_compared() {
        for phrase in CONFIRM.iter().chain(AWAY).chain(REACTED) {
            assert_eq!(folded(phrase), *phrase);
        }
        assert!(says("please confirm your message", Says::Confirm));
        assert!(!says("please confirm your message", Says::Away));
    }

    #[test]
    fn only_a_reaction_without_words_is_one() {
        for (text, is_reaction) in [
            ("Otto Normal reacted to your message:\n\n\u{1f44d}\n\nFrom: lotse\nSent: today", true),
            ("Otto hat auf Ihre Nachricht reagiert:\n> alt", true),
            ("Otto reacted to your message: he is angry", false),
            ("Otto reacted to your message.\nWhat shall I tell him?\nAnna", false),
        ] {
            assert_eq!(is_outlook_reaction(text), is_reaction, "{text}");
        }
    }
}

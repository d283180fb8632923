//! What became of a keyword line: one short sentence a kind and language.
//!
//! `{n}` is the ticket's number, or the line itself where none is known; `{d}` the name that the
//! result mentions; `{l}` the line as it was written. Deliberately absent: what the line did.

use crate::ticket::matter::{ResultKind, ResultLine};
use crate::types::{Locale, TicketId};

/// The sentence for a line, as the reader gets it.
#[must_use]
pub fn sentence(line: &ResultLine, ticket: Option<TicketId>, locale: Locale) -> String {
    let number = line.ticket.or(ticket).map(|ticket| ticket.to_string());
    let quoted = quote(&line.line, locale);
    let number = number.unwrap_or_else(|| quoted.clone());
    let pattern = pattern(line.outcome, !line.detail.is_empty(), locale);
    pattern.replace("{n}", &number).replace("{l}", &quoted).replace("{d}", &line.detail)
}

/// A person's words in the language's quotation marks.
#[must_use]
pub fn quote(words: &str, locale: Locale) -> String {
    match locale {
        Locale::De => format!("„{words}“"),
        Locale::En => format!("\"{words}\""),
        Locale::Fi | Locale::Sv => format!("”{words}”"),
    }
}

fn pattern(kind: ResultKind, has_detail: bool, locale: Locale) -> &'static str {
    match locale {
        Locale::De => german(kind, has_detail),
        Locale::En => english(kind, has_detail),
        Locale::Fi => finnish(kind, has_detail),
        Locale::Sv => swedish(kind, has_detail),
    }
}

const fn german(kind: ResultKind, has_detail: bool) -> &'static str {
    match (kind, has_detail) {
        (ResultKind::Taken, _) | (ResultKind::TakenFrom, false) => "{n} ist bei dir.",
        (ResultKind::TakenFrom, true) => "{n} ist jetzt bei dir, vorher bei {d}.",
        (ResultKind::Already, true) => "{n} war schon so, durch {d}; nichts geändert.",
        (ResultKind::Already, false) => "{n} war schon so; nichts geändert.",
        (ResultKind::Closed, _) => "{n} ist erledigt.",
        (ResultKind::Reopened, _) => "{n} ist wieder offen.",
        (ResultKind::Commented, _) => "{n}: Deine Worte bleiben intern.",
        (ResultKind::CcAdded, true) => "{n}: Antworten gehen ab jetzt auch an {d}.",
        (ResultKind::CcAdded, false) => "{n}: Antworten gehen ab jetzt an eine Adresse mehr.",
        (ResultKind::Spam, _) => "{n} ist Spam und in Stille geschlossen.",
        (ResultKind::Moved, true) => "{n} ist in {d}.",
        (ResultKind::Moved, false) => "{n} ist in einer anderen Queue.",
        (ResultKind::NotifySet, true) => "Du bekommst ab jetzt: {d}.",
        (ResultKind::NotifySet, false) => "Deine Auswahl ist gemerkt.",
        (ResultKind::Answered, true) => "{n}: Deine Antwort ging an {d}.",
        (ResultKind::Answered, false) => "{n}: Deine Antwort ist hinausgegangen.",
        (ResultKind::NotUnderstood, true) => "{l} wurde nicht verstanden. War {d} gemeint?",
        (ResultKind::NotUnderstood, false) => "{l} wurde nicht verstanden.",
        (ResultKind::NotAllowed, _) => "{l} darfst du hier nicht; nichts geändert.",
        (ResultKind::NoTicket, _) => "{l}: So ein Ticket gibt es für dich nicht.",
        (ResultKind::BadArgument, true) => "{l} ist nicht vollständig. Es fehlt: {d}.",
        (ResultKind::BadArgument, false) => "{l} ist nicht vollständig.",
        (ResultKind::NotCounted, _) => {
            "{l} stand unter einer Signatur oder alten Mail und zählt nicht."
        }
        (ResultKind::NoEffect, _) => "{l} blieb ohne Wirkung.",
    }
}

const fn english(kind: ResultKind, has_detail: bool) -> &'static str {
    match (kind, has_detail) {
        (ResultKind::Taken, _) | (ResultKind::TakenFrom, false) => "{n} is with you.",
        (ResultKind::TakenFrom, true) => "{n} is with you now; before, it was with {d}.",
        (ResultKind::Already, true) => "{n} was so already, by {d}; nothing changed.",
        (ResultKind::Already, false) => "{n} was so already; nothing changed.",
        (ResultKind::Closed, _) => "{n} is done.",
        (ResultKind::Reopened, _) => "{n} is open again.",
        (ResultKind::Commented, _) => "{n}: your words stay inside.",
        (ResultKind::CcAdded, true) => "{n}: answers go to {d} as well from now on.",
        (ResultKind::CcAdded, false) => "{n}: answers go to one more address from now on.",
        (ResultKind::Spam, _) => "{n} is spam and closed in silence.",
        (ResultKind::Moved, true) => "{n} is in {d}.",
        (ResultKind::Moved, false) => "{n} is in another queue.",
        (ResultKind::NotifySet, true) => "From now on you get: {d}.",
        (ResultKind::NotifySet, false) => "Your choice is kept.",
        (ResultKind::Answered, true) => "{n}: your answer went to {d}.",
        (ResultKind::Answered, false) => "{n}: your answer has gone out.",
        (ResultKind::NotUnderstood, true) => "{l} was not understood. Was {d} meant?",
        (ResultKind::NotUnderstood, false) => "{l} was not understood.",
        (ResultKind::NotAllowed, _) => "{l} is not yours to do here; nothing changed.",
        (ResultKind::NoTicket, _) => "{l}: there is no such ticket for you.",
        (ResultKind::BadArgument, true) => "{l} is not complete. Missing: {d}.",
        (ResultKind::BadArgument, false) => "{l} is not complete.",
        (ResultKind::NotCounted, _) => {
            "{l} stood below a signature or an old mail and does not count."
        }
        (ResultKind::NoEffect, _) => "{l} had no effect.",
    }
}

const fn finnish(kind: ResultKind, has_detail: bool) -> &'static str {
    match (kind, has_detail) {
        (ResultKind::Taken, _) | (ResultKind::TakenFrom, false) => "{n} on nyt sinulla.",
        (ResultKind::TakenFrom, true) => "{n} on nyt sinulla. Aiempi hoitaja: {d}.",
        (ResultKind::Already, true) => "{n} oli jo niin, tekijä: {d}. Mikään ei muuttunut.",
        (ResultKind::Already, false) => "{n} oli jo niin. Mikään ei muuttunut.",
        (ResultKind::Closed, _) => "{n} on valmis.",
        (ResultKind::Reopened, _) => "{n} on taas auki.",
        (ResultKind::Commented, _) => "{n}: sanasi jäävät sisäisiksi.",
        (ResultKind::CcAdded, true) => "{n}: vastaukset saa tästä lähtien myös {d}.",
        (ResultKind::CcAdded, false) => "{n}: vastaukset saa tästä lähtien yksi osoite lisää.",
        (ResultKind::Spam, _) => "{n} on roskapostia ja suljettu hiljaa.",
        (ResultKind::Moved, true) => "{n} on nyt jonossa {d}.",
        (ResultKind::Moved, false) => "{n} on nyt toisessa jonossa.",
        (ResultKind::NotifySet, true) => "Saat tästä lähtien: {d}.",
        (ResultKind::NotifySet, false) => "Valintasi on tallessa.",
        (ResultKind::Answered, true) => "{n}: vastauksesi lähti. Saaja: {d}.",
        (ResultKind::Answered, false) => "{n}: vastauksesi on lähtenyt.",
        (ResultKind::NotUnderstood, true) => "{l} jäi ymmärtämättä. Tarkoititko: {d}?",
        (ResultKind::NotUnderstood, false) => "{l} jäi ymmärtämättä.",
        (ResultKind::NotAllowed, _) => "{l} ei kuulu oikeuksiisi täällä. Mikään ei muuttunut.",
        (ResultKind::NoTicket, _) => "{l}: sellaista asiaa ei sinulle löydy.",
        (ResultKind::BadArgument, true) => "{l} on vajaa. Puuttuu: {d}.",
        (ResultKind::BadArgument, false) => "{l} on vajaa.",
        (ResultKind::NotCounted, _) => {
            "{l} oli allekirjoituksen tai vanhan viestin alla, joten sitä ei laskettu."
        }
        (ResultKind::NoEffect, _) => "{l} ei vaikuttanut mihinkään.",
    }
}

const fn swedish(kind: ResultKind, has_detail: bool) -> &'static str {
    match (kind, has_detail) {
        (ResultKind::Taken, _) | (ResultKind::TakenFrom, false) => "{n} är hos dig.",
        (ResultKind::TakenFrom, true) => "{n} är nu hos dig, förut hos {d}.",
        (ResultKind::Already, true) => "{n} var redan så, genom {d}; inget ändrades.",
        (ResultKind::Already, false) => "{n} var redan så; inget ändrades.",
        (ResultKind::Closed, _) => "{n} är klart.",
        (ResultKind::Reopened, _) => "{n} är öppet igen.",
        (ResultKind::Commented, _) => "{n}: dina ord stannar internt.",
        (ResultKind::CcAdded, true) => "{n}: svaren går från och med nu även till {d}.",
        (ResultKind::CcAdded, false) => "{n}: svaren går från och med nu till en adress till.",
        (ResultKind::Spam, _) => "{n} är skräppost och stängt i tysthet.",
        (ResultKind::Moved, true) => "{n} är i {d}.",
        (ResultKind::Moved, false) => "{n} är i en annan kö.",
        (ResultKind::NotifySet, true) => "Från och med nu får du: {d}.",
        (ResultKind::NotifySet, false) => "Ditt val är sparat.",
        (ResultKind::Answered, true) => "{n}: ditt svar gick till {d}.",
        (ResultKind::Answered, false) => "{n}: ditt svar har gått ut.",
        (ResultKind::NotUnderstood, true) => "{l} gick inte att förstå. Menades {d}?",
        (ResultKind::NotUnderstood, false) => "{l} gick inte att förstå.",
        (ResultKind::NotAllowed, _) => "{l} får du inte göra här; inget ändrades.",
        (ResultKind::NoTicket, _) => "{l}: något sådant ärende finns inte för dig.",
        (ResultKind::BadArgument, true) => "{l} är inte komplett. Det saknas: {d}.",
        (ResultKind::BadArgument, false) => "{l} är inte komplett.",
        (ResultKind::NotCounted, _) => {
            "{l} stod under en signatur eller ett gammalt mejl och räknas inte."
        }
        (ResultKind::NoEffect, _) => "{l} hade ingen verkan.",
    }
}

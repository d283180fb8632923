//! What became of a keyword line: one short sentence a kind and language.
//!
//! `{n}` is the ticket's number, or the line itself where none is known; `{d}` the name that the
//! result mentions, `{u}` the moment; `{l}` the line as it was written. Deliberately absent: what
//! the line did.

use jiff::tz::TimeZone;

use crate::desk::AddressForm;
use crate::notice::date::Moment;
use crate::ticket::Notice;
use crate::ticket::matter::{ResultKind, ResultLine};
use crate::types::Locale;

/// The sentence for a line, as the reader gets it.
#[must_use]
pub fn sentence(line: &ResultLine, notice: &Notice, zone: &TimeZone) -> String {
    let locale = notice.locale;
    let number = line.ticket.or(notice.ticket).map(|ticket| ticket.to_string());
    let quoted = quote(&line.line, locale);
    let number = number.unwrap_or_else(|| quoted.clone());
    let pattern = pattern(line.outcome, !line.detail.is_empty(), locale);
    let until = line.until.map(|at| Moment::new(at, zone, locale).until());
    let pattern = pattern.replace("{n}", &number).replace("{l}", &quoted);
    pattern.replace("{d}", &line.detail).replace("{u}", &until.unwrap_or_default())
}

/// The sentence for a line of a requestor, who knows neither numbers nor tickets.
#[must_use]
pub fn sentence_outside(line: &ResultLine, locale: Locale, form: AddressForm) -> String {
    let pattern = match (line.outcome, line.detail.as_str()) {
        (ResultKind::Closed, _) | (ResultKind::Stands, "resolved" | "rejected") => match locale {
            Locale::De => "{Ihr} Anliegen ist abgeschlossen.",
            Locale::En => "Your request is closed.",
            Locale::Fi => "Asiasi on päättynyt.",
            Locale::Sv => "Ditt ärende är avslutat.",
        },
        (ResultKind::Reopened, _) => match locale {
            Locale::De => "{Ihr} Anliegen ist wieder offen.",
            Locale::En => "Your request is open again.",
            Locale::Fi => "Asiasi on taas auki.",
            Locale::Sv => "Ditt ärende är öppet igen.",
        },
        (ResultKind::Stands, "new") => match locale {
            Locale::De => "{Ihre} Nachricht ist da; eine Antwort steht noch aus.",
            Locale::En => "Your message is here; an answer is still to come.",
            Locale::Fi => "Viestisi on perillä; vastaus on vielä tulossa.",
            Locale::Sv => "Ditt meddelande är framme; ett svar återstår.",
        },
        (ResultKind::Stands, "stalled") => match locale {
            Locale::De => "{Ihr} Anliegen wartet, bis etwas anderes geklärt ist.",
            Locale::En => "Your request waits for something else to be settled.",
            Locale::Fi => "Asiasi odottaa, että jokin muu selviää.",
            Locale::Sv => "Ditt ärende väntar på att något annat ska bli klart.",
        },
        (ResultKind::Stands, _) => match locale {
            Locale::De => "{Ihr} Anliegen ist in Arbeit.",
            Locale::En => "Your request is being worked on.",
            Locale::Fi => "Asiaasi hoidetaan.",
            Locale::Sv => "Ditt ärende behandlas.",
        },
        (ResultKind::Already, _) => match locale {
            Locale::De => "Das war schon so; nichts geändert.",
            Locale::En => "It was so already; nothing changed.",
            Locale::Fi => "Niin oli jo. Mikään ei muuttunut.",
            Locale::Sv => "Så var det redan; inget ändrades.",
        },
        _ => match locale {
            Locale::De => "{l} hat nichts geändert.",
            Locale::En => "{l} has changed nothing.",
            Locale::Fi => "{l} ei muuttanut mitään.",
            Locale::Sv => "{l} ändrade inget.",
        },
    };
    let (its, their) = match form {
        AddressForm::Formal => ("Ihr", "Ihre"),
        AddressForm::Informal => ("Dein", "Deine"),
    };
    let pattern = pattern.replace("{Ihr}", its).replace("{Ihre}", their);
    pattern.replace("{l}", &quote(&line.line, locale))
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
        (ResultKind::Retitled, true) => "{n} heißt jetzt: {d}.",
        (ResultKind::Retitled, false) => "{n} hat einen neuen Betreff.",
        (ResultKind::Found, _) => "{l}: Gefunden: {d}.",
        (ResultKind::NothingFound, _) => "{l}: Dazu ist nichts zu finden.",
        (ResultKind::NoSearch, _) => "{l}: Die Suche ist hier nicht eingeschaltet.",
        (ResultKind::NotifySet, true) => "Du bekommst ab jetzt: {d}.",
        (ResultKind::NotifySet, false) => "Deine Auswahl ist gemerkt.",
        (ResultKind::Answered, true) => "{n}: Deine Antwort ging an {d}.",
        (ResultKind::Answered, false) => "{n}: Deine Antwort ist hinausgegangen.",
        (ResultKind::NotUnderstood, true) => "{l} wurde nicht verstanden. War {d} gemeint?",
        (ResultKind::NotUnderstood, false) => "{l} wurde nicht verstanden.",
        (ResultKind::NotAllowed, _) => "{l} darfst du hier nicht; nichts geändert.",
        (ResultKind::NoTicket, _) => "{l}: So ein Ticket gibt es für dich nicht.",
        (ResultKind::NoNumber, _) => "{l} nennt kein Ticket. Die Nummer gehört davor.",
        (ResultKind::BadArgument, true) => "{l} ist nicht vollständig. Es fehlt: {d}.",
        (ResultKind::BadArgument, false) => "{l} ist nicht vollständig.",
        (ResultKind::NotCounted, _) => {
            "{l} stand in einem Zitat, einer Signatur oder einer weitergeleiteten Mail \
             und zählt nicht."
        }
        (ResultKind::NoEffect, _) => "{l} blieb ohne Wirkung.",
        (ResultKind::CopyLeft, true) => {
            "{n}: Deine Worte bleiben hier intern, aber dein Programm hat sie \
             auch an {d} geschickt."
        }
        (ResultKind::CopyLeft, false) => {
            "{n}: Deine Worte bleiben hier intern, aber dein Programm hat sie \
             auch nach außen geschickt."
        }
        (ResultKind::NotSent, true) => {
            "{n}: {d} hat entschieden, dass deine Antwort intern bleibt."
        }
        (ResultKind::NotSent, false) => "{n}: Deine Antwort wurde nicht gesendet.",
        (ResultKind::Released, true) => "{n}: Die Antwort von {d} ist hinausgegangen.",
        (ResultKind::Released, false) => "{n}: Die Antwort ist hinausgegangen.",
        (ResultKind::ReleasedBy, true) => "{n}: {d} hat deine Antwort hinausgehen lassen.",
        (ResultKind::ReleasedBy, false) => "{n}: Deine Antwort ist hinausgegangen.",
        (ResultKind::Withheld, true) => "{n}: Die Antwort von {d} bleibt intern.",
        (ResultKind::Withheld, false) => "{n}: Die Antwort bleibt intern.",
        (ResultKind::NoMore, _) => "Mehr wartet nicht.",
        (ResultKind::Resumed, _) => "An {d} geht wieder automatische Post.",
        (ResultKind::Blocked, _) => "An {d} geht keine automatische Post mehr.",
        (ResultKind::Escalated, _) => {
            "{n} liegt jetzt bei der nächsthöheren Stelle, mit dem ganzen Verlauf."
        }
        (ResultKind::NoBody, _) => {
            "{n}: Für diesen Antrag ist keine höhere Stelle benannt; nichts geändert."
        }
        (ResultKind::Assigned, _) => "{n} ist jetzt bei {d}.",
        (ResultKind::Unassigned, _) => "{n} ist wieder bei niemandem.",
        (ResultKind::NotServing, _) => {
            "{n}: {d} darf in dieser Queue nicht schreiben; nichts geändert."
        }
        (ResultKind::NoPerson, true) => "{l} nennt niemanden von hier. Am nächsten kommt: {d}.",
        (ResultKind::NoPerson, false) => "{l} nennt niemanden von hier; nichts geändert.",
        (ResultKind::Resting, _) => "{n} ruht bis {u}.",
        (ResultKind::Awaiting, _) => "{n} wartet auf eine Antwort von außen, längstens bis {u}.",
        (ResultKind::DueSet, _) => "{n} soll bis {u} erledigt sein.",
        (ResultKind::DueUnset, _) => "{n} hat keine Frist mehr.",
        (ResultKind::NoDay, _) => {
            "{l} nennt keinen Tag, der noch kommt. So geht es: Freitag, 12.12. oder 3 Tage."
        }
        (ResultKind::Ended, _) => "{n} ist abgeschlossen; nichts geändert.",
        (ResultKind::Runs, _) => "{n} folgt den Schritten seines Antrags; {l} ändert daran nichts.",
        (ResultKind::Stands, true) => "{n} steht auf {d}.",
        (ResultKind::Stands, false) => "{n} ist, wie es war.",
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
        (ResultKind::Retitled, true) => "{n} is called now: {d}.",
        (ResultKind::Retitled, false) => "{n} has a new subject.",
        (ResultKind::Found, _) => "{l}: Found: {d}.",
        (ResultKind::NothingFound, _) => "{l}: Nothing was found for it.",
        (ResultKind::NoSearch, _) => "{l}: Search is not switched on here.",
        (ResultKind::NotifySet, true) => "From now on you get: {d}.",
        (ResultKind::NotifySet, false) => "Your choice is kept.",
        (ResultKind::Answered, true) => "{n}: your answer went to {d}.",
        (ResultKind::Answered, false) => "{n}: your answer has gone out.",
        (ResultKind::NotUnderstood, true) => "{l} was not understood. Was {d} meant?",
        (ResultKind::NotUnderstood, false) => "{l} was not understood.",
        (ResultKind::NotAllowed, _) => "{l} is not yours to do here; nothing changed.",
        (ResultKind::NoTicket, _) => "{l}: there is no such ticket for you.",
        (ResultKind::NoNumber, _) => "{l} names no ticket. Its number goes first.",
        (ResultKind::BadArgument, true) => "{l} is not complete. Missing: {d}.",
        (ResultKind::BadArgument, false) => "{l} is not complete.",
        (ResultKind::NotCounted, _) => {
            "{l} stood in a quote, a signature or a forwarded mail and does not count."
        }
        (ResultKind::NoEffect, _) => "{l} had no effect.",
        (ResultKind::CopyLeft, true) => {
            "{n}: your words stay inside here, but your own program sent them to {d} as well."
        }
        (ResultKind::CopyLeft, false) => {
            "{n}: your words stay inside here, but your own program sent them outside as well."
        }
        (ResultKind::NotSent, true) => "{n}: {d} has decided that your answer stays inside.",
        (ResultKind::NotSent, false) => "{n}: your answer was not sent.",
        (ResultKind::Released, true) => "{n}: the answer of {d} has gone out.",
        (ResultKind::Released, false) => "{n}: the answer has gone out.",
        (ResultKind::ReleasedBy, true) => "{n}: {d} has let your answer go out.",
        (ResultKind::ReleasedBy, false) => "{n}: your answer has gone out.",
        (ResultKind::Withheld, true) => "{n}: the answer of {d} stays inside.",
        (ResultKind::Withheld, false) => "{n}: the answer stays inside.",
        (ResultKind::NoMore, _) => "No more is waiting.",
        (ResultKind::Resumed, _) => "Automatic mail goes to {d} again.",
        (ResultKind::Blocked, _) => "No automatic mail goes to {d} any more.",
        (ResultKind::Escalated, _) => {
            "{n} is now with the next higher body, with the whole history."
        }
        (ResultKind::NoBody, _) => {
            "{n}: no higher body is named for this request; nothing changed."
        }
        (ResultKind::Assigned, _) => "{n} is with {d} now.",
        (ResultKind::Unassigned, _) => "{n} is with nobody again.",
        (ResultKind::NotServing, _) => "{n}: {d} may not write in this queue; nothing changed.",
        (ResultKind::NoPerson, true) => "{l} names nobody from here. Nearest: {d}.",
        (ResultKind::NoPerson, false) => "{l} names nobody from here; nothing changed.",
        (ResultKind::Resting, _) => "{n} rests until {u}.",
        (ResultKind::Awaiting, _) => {
            "{n} waits for an answer from outside, until {u} at the longest."
        }
        (ResultKind::DueSet, _) => "{n} should be done by {u}.",
        (ResultKind::DueUnset, _) => "{n} has no deadline any more.",
        (ResultKind::NoDay, _) => {
            "{l} names no day to come. This works: friday, 12 December or 3 days."
        }
        (ResultKind::Ended, _) => "{n} is closed; nothing changed.",
        (ResultKind::Runs, _) => "{n} follows the steps of its request; {l} does not change them.",
        (ResultKind::Stands, true) => "{n} stands at {d}.",
        (ResultKind::Stands, false) => "{n} is as it was.",
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
        (ResultKind::Retitled, true) => "{n}, uusi otsikko: {d}.",
        (ResultKind::Retitled, false) => "{n} sai uuden otsikon.",
        (ResultKind::Found, _) => "{l}: Löytyi: {d}.",
        (ResultKind::NothingFound, _) => "{l}: Sillä ei löytynyt mitään.",
        (ResultKind::NoSearch, _) => "{l}: Haku ei ole täällä käytössä.",
        (ResultKind::NotifySet, true) => "Saat tästä lähtien: {d}.",
        (ResultKind::NotifySet, false) => "Valintasi on tallessa.",
        (ResultKind::Answered, true) => "{n}: vastauksesi lähti. Saaja: {d}.",
        (ResultKind::Answered, false) => "{n}: vastauksesi on lähtenyt.",
        (ResultKind::NotUnderstood, true) => "{l} jäi ymmärtämättä. Tarkoititko: {d}?",
        (ResultKind::NotUnderstood, false) => "{l} jäi ymmärtämättä.",
        (ResultKind::NotAllowed, _) => "{l} ei kuulu oikeuksiisi täällä. Mikään ei muuttunut.",
        (ResultKind::NoTicket, _) => "{l}: sellaista asiaa ei sinulle löydy.",
        (ResultKind::NoNumber, _) => "{l} ei nimeä asiaa. Numero tulee ensin.",
        (ResultKind::BadArgument, true) => "{l} on vajaa. Puuttuu: {d}.",
        (ResultKind::BadArgument, false) => "{l} on vajaa.",
        (ResultKind::NotCounted, _) => {
            "{l} oli lainauksessa, allekirjoituksessa tai välitetyssä viestissä, \
             joten sitä ei laskettu."
        }
        (ResultKind::NoEffect, _) => "{l} ei vaikuttanut mihinkään.",
        (ResultKind::CopyLeft, true) => {
            "{n}: sanasi jäävät täällä sisäisiksi, mutta ohjelmasi lähetti ne myös: {d}."
        }
        (ResultKind::CopyLeft, false) => {
            "{n}: sanasi jäävät täällä sisäisiksi, mutta ohjelmasi lähetti ne myös ulos."
        }
        (ResultKind::NotSent, true) => "{n}: vastauksesi jää sisäiseksi, niin päätti {d}.",
        (ResultKind::NotSent, false) => "{n}: vastaustasi ei lähetetty.",
        (ResultKind::Released, true) => "{n}: vastaus on lähtenyt, kirjoittaja: {d}.",
        (ResultKind::Released, false) => "{n}: vastaus on lähtenyt.",
        (ResultKind::ReleasedBy, true) => "{n}: vastauksesi on lähtenyt, luvan antoi {d}.",
        (ResultKind::ReleasedBy, false) => "{n}: vastauksesi on lähtenyt.",
        (ResultKind::Withheld, true) => "{n}: vastaus jää sisäiseksi, kirjoittaja: {d}.",
        (ResultKind::Withheld, false) => "{n}: vastaus jää sisäiseksi.",
        (ResultKind::NoMore, _) => "Muuta ei odota.",
        (ResultKind::Resumed, _) => "Automaattista postia lähtee taas, osoite {d}.",
        (ResultKind::Blocked, _) => "Automaattista postia ei enää lähde, osoite {d}.",
        (ResultKind::Escalated, _) => "{n} on nyt ylemmän elimen käsittelyssä, koko kulku mukana.",
        (ResultKind::NoBody, _) => {
            "{n}: tälle hakemukselle ei ole nimetty ylempää elintä; mikään ei muuttunut."
        }
        (ResultKind::Assigned, _) => "{n}, uusi hoitaja: {d}.",
        (ResultKind::Unassigned, _) => "{n} on taas ilman hoitajaa.",
        (ResultKind::NotServing, _) => {
            "{n}: {d} ei voi kirjoittaa tässä jonossa. Mikään ei muuttunut."
        }
        (ResultKind::NoPerson, true) => "{l} ei nimeä ketään täältä. Lähimpänä: {d}.",
        (ResultKind::NoPerson, false) => "{l} ei nimeä ketään täältä. Mikään ei muuttunut.",
        (ResultKind::Resting, _) => "{n} lepää ja palaa {u}.",
        (ResultKind::Awaiting, _) => "{n} odottaa vastausta ulkopuolelta ja palaa viimeistään {u}.",
        (ResultKind::DueSet, _) => "{n} pitäisi hoitaa viimeistään {u}.",
        (ResultKind::DueUnset, _) => "{n} on nyt ilman määräaikaa.",
        (ResultKind::NoDay, _) => {
            "{l} ei nimeä tulevaa päivää. Näin onnistuu: perjantai, 12.12. tai 3 päivää."
        }
        (ResultKind::Ended, _) => "{n} on päättynyt. Mikään ei muuttunut.",
        (ResultKind::Runs, _) => "{n} etenee hakemuksensa vaiheissa, eikä {l} muuta niitä.",
        (ResultKind::Stands, true) => "{n}, tila: {d}.",
        (ResultKind::Stands, false) => "{n} on ennallaan.",
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
        (ResultKind::Retitled, true) => "{n} heter nu: {d}.",
        (ResultKind::Retitled, false) => "{n} har en ny rubrik.",
        (ResultKind::Found, _) => "{l}: Hittat: {d}.",
        (ResultKind::NothingFound, _) => "{l}: Inget hittades på det.",
        (ResultKind::NoSearch, _) => "{l}: Sökning är inte påslagen här.",
        (ResultKind::NotifySet, true) => "Från och med nu får du: {d}.",
        (ResultKind::NotifySet, false) => "Ditt val är sparat.",
        (ResultKind::Answered, true) => "{n}: ditt svar gick till {d}.",
        (ResultKind::Answered, false) => "{n}: ditt svar har gått ut.",
        (ResultKind::NotUnderstood, true) => "{l} gick inte att förstå. Menades {d}?",
        (ResultKind::NotUnderstood, false) => "{l} gick inte att förstå.",
        (ResultKind::NotAllowed, _) => "{l} får du inte göra här; inget ändrades.",
        (ResultKind::NoTicket, _) => "{l}: något sådant ärende finns inte för dig.",
        (ResultKind::NoNumber, _) => "{l} nämner inget ärende. Numret står först.",
        (ResultKind::BadArgument, true) => "{l} är inte komplett. Det saknas: {d}.",
        (ResultKind::BadArgument, false) => "{l} är inte komplett.",
        (ResultKind::NotCounted, _) => {
            "{l} stod i ett citat, en signatur eller ett vidarebefordrat mejl \
             och räknas inte."
        }
        (ResultKind::NoEffect, _) => "{l} hade ingen verkan.",
        (ResultKind::CopyLeft, true) => {
            "{n}: dina ord stannar internt här, men ditt eget program skickade dem också till {d}."
        }
        (ResultKind::CopyLeft, false) => {
            "{n}: dina ord stannar internt här, men ditt eget program skickade dem också utåt."
        }
        (ResultKind::NotSent, true) => "{n}: {d} har bestämt att ditt svar stannar internt.",
        (ResultKind::NotSent, false) => "{n}: ditt svar skickades inte.",
        (ResultKind::Released, true) => "{n}: svaret från {d} har gått ut.",
        (ResultKind::Released, false) => "{n}: svaret har gått ut.",
        (ResultKind::ReleasedBy, true) => "{n}: {d} har låtit ditt svar gå ut.",
        (ResultKind::ReleasedBy, false) => "{n}: ditt svar har gått ut.",
        (ResultKind::Withheld, true) => "{n}: svaret från {d} stannar internt.",
        (ResultKind::Withheld, false) => "{n}: svaret stannar internt.",
        (ResultKind::NoMore, _) => "Inget mer väntar.",
        (ResultKind::Resumed, _) => "Automatisk post går åter till {d}.",
        (ResultKind::Blocked, _) => "Ingen automatisk post går längre till {d}.",
        (ResultKind::Escalated, _) => "{n} ligger nu hos nästa instans, med hela förloppet.",
        (ResultKind::NoBody, _) => {
            "{n}: för den här begäran är ingen högre instans angiven; inget ändrades."
        }
        (ResultKind::Assigned, _) => "{n} är nu hos {d}.",
        (ResultKind::Unassigned, _) => "{n} är åter hos ingen.",
        (ResultKind::NotServing, _) => "{n}: {d} får inte skriva i den här kön; inget ändrades.",
        (ResultKind::NoPerson, true) => "{l} nämner ingen härifrån. Närmast: {d}.",
        (ResultKind::NoPerson, false) => "{l} nämner ingen härifrån; inget ändrades.",
        (ResultKind::Resting, _) => "{n} vilar till {u}.",
        (ResultKind::Awaiting, _) => "{n} väntar på svar utifrån, längst till {u}.",
        (ResultKind::DueSet, _) => "{n} ska vara klart senast {u}.",
        (ResultKind::DueUnset, _) => "{n} har ingen frist längre.",
        (ResultKind::NoDay, _) => {
            "{l} nämner ingen kommande dag. Så går det: fredag, 12.12. eller 3 dagar."
        }
        (ResultKind::Ended, _) => "{n} är avslutat; inget ändrades.",
        (ResultKind::Runs, _) => "{n} följer stegen i sin begäran; {l} ändrar inget i dem.",
        (ResultKind::Stands, true) => "{n} står på {d}.",
        (ResultKind::Stands, false) => "{n} är som det var.",
    }
}

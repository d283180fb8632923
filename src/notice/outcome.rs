//! What became of a keyword line: one short sentence a kind and language.
//!
//! `{n}` is the ticket's number, or the line itself where none is known; `{d}` the name that the
//! result mentions, `{u}` the moment, `{s}` how it stands; `{l}` the line as it was written.
//! Deliberately absent: what the line did.

mod aside;
mod english;
mod finnish;
mod german;
mod swedish;

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
    let stands = aside::stands(&line.aside.stands, zone, locale);
    let said = pattern.replace("{u}", &until.unwrap_or_default()).replace("{s}", &stands);
    let said = said.replace("{d}", &line.detail);
    let left = line.aside.left.iter().map(|left| aside::left(left, locale));
    let said: Vec<String> = std::iter::once(said).chain(left).collect();
    aside::tried(&said.join(" "), line, locale)
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
        Locale::De => german::pattern(kind, has_detail),
        Locale::En => english::pattern(kind, has_detail),
        Locale::Fi => finnish::pattern(kind, has_detail),
        Locale::Sv => swedish::pattern(kind, has_detail),
    }
}

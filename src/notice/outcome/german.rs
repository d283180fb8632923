//! What became of a keyword line, in German.

use crate::ticket::matter::ResultKind;

/// The sentence for a kind, where a name is known and where none is.
#[expect(clippy::too_many_lines, reason = "one line for each kind")]
pub(super) const fn pattern(kind: ResultKind, has_detail: bool) -> &'static str {
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
        (ResultKind::RunsThere, _) => "{d} folgt den Schritten eines Antrags; {n} bleibt für sich.",
        (ResultKind::EndedThere, _) => "{d} ist als Spam geschlossen; {n} bleibt für sich.",
        (ResultKind::Urgent, _) => "{n} ist dringend und steht in Übersichten oben.",
        (ResultKind::InTurn, _) => "{n} hat wieder die normale Priorität.",
        (ResultKind::HasTime, _) => "{n} hat Zeit und steht in Übersichten unten.",
        (ResultKind::NoPriority, _) => {
            "{l} nennt keine Priorität. Es gibt hoch, normal und niedrig."
        }
        (ResultKind::Linked, _) => "{n} ist jetzt mit {d} verknüpft.",
        (ResultKind::Unlinked, _) => "{n} ist nicht mehr mit {d} verknüpft.",
        (ResultKind::Merged, _) => {
            "{n} gehört jetzt zu {d}: Was dazu noch kommt, steht dort, und Antworten \
             gehen an alle, die gefragt haben."
        }
        (ResultKind::Split, _) => {
            "Ein Teil von {n} ist jetzt ein eigenes Ticket: {d}. Beide nennen einander."
        }
        (ResultKind::NoPart, _) => "{n}: Von außen kam noch nichts, das sich abtrennen ließe.",
        (ResultKind::NoOther, _) => "{l} nennt kein anderes Ticket. Die Nummer gehört dahinter.",
        (ResultKind::Itself, _) => "{l} nennt dasselbe Ticket; nichts geändert.",
        (ResultKind::OneOnly, _) => {
            "{l} nennt mehrere Tickets; hier gehört eine Nummer hin. Nichts geändert."
        }
        (ResultKind::AssignedAway, _) => "{n} ist jetzt bei {d}. {d} ist bis {u} abwesend.",
        (ResultKind::Away, true) => {
            "Du bist bis {u} abwesend. Was auf dich wartet, geht so lange an {d}."
        }
        (ResultKind::Away, false) => {
            "Du bist bis {u} abwesend. Was auf dich wartet, steht so lange in den \
             Übersichten der anderen."
        }
        (ResultKind::Back, _) => "Du bist wieder da; was wartet, kommt wieder zu dir.",
        (ResultKind::Answers, _) => "Fertige Antworten hier: {d}.",
        (ResultKind::NoAnswers, _) => "Fertige Antworten gibt es hier noch nicht.",
        (ResultKind::NoSuchAnswer, _) => "{l} nennt keine fertige Antwort von hier. Es gibt: {d}.",
        (ResultKind::NoRequestor, _) => "{n}: Niemand hat gefragt, dem zu antworten wäre.",
        (ResultKind::OwnWords, _) => {
            "{n}: Deine eigenen Worte sind hinausgegangen, die fertige Antwort deshalb \
             nicht."
        }
        (ResultKind::Undone, _) => "{n} ist wieder, wie es war{s}.",
        (ResultKind::OnlySaid, _) => {
            "{n}: Am Ticket hatte sich nichts geändert, also ist nichts \
             zurückzunehmen."
        }
        (ResultKind::NothingToUndo, _) => {
            "{n}: In den letzten {d} Stunden hast du hier nichts getan, was sich \
             zurücknehmen lässt."
        }
        (ResultKind::ChangedSince, true) => {
            "{n} hat sich seither noch einmal geändert, durch {d}; nichts \
             zurückgenommen."
        }
        (ResultKind::ChangedSince, false) => {
            "{n} hat sich seither noch einmal geändert; nichts \
             zurückgenommen."
        }
        (ResultKind::Lasts, _) => {
            "{n}: Darauf bauen andere schon auf; das lässt sich nicht \
             zurücknehmen."
        }
        (ResultKind::OnlyTried, _) => "Das war eine Probe: nichts in der Mail ist geschehen.",
        (ResultKind::Mails, _) => "{l} schickt nur eine Mail und ändert nichts.",
        (ResultKind::WouldAnswer, true) => {
            "{n}: Deine Antwort ginge an {d}. Hinausgegangen ist \
             nichts."
        }
        (ResultKind::WouldAnswer, false) => {
            "{n}: Deine Antwort ginge hinaus. Hinausgegangen ist \
             nichts."
        }
        (ResultKind::WouldSay, _) => {
            "{n}: Deine Worte blieben intern. Gelesen hat sie noch \
             niemand."
        }
        (ResultKind::Watching, _) => "{n}: Du bekommst ab jetzt alles dazu.",
        (ResultKind::Unwatched, _) => "{n}: Du beobachtest es nicht mehr.",
        (ResultKind::NothingWaits, _) => "Nichts wartet auf dich.",
        (ResultKind::NotReader, true) => "{l}: Dieses Verzeichnis ist nicht für dich; frag {d}.",
        (ResultKind::NotReader, false) => "{l}: Dieses Verzeichnis ist nicht für dich.",
        (ResultKind::MovedOn, _) => {
            "{n} hat sich inzwischen geändert, durch {d}. Soll {l} trotzdem geschehen?"
        }
        (ResultKind::Reread, true) => "{l} war jetzt lesbar und ist Ticket {d}.",
        (ResultKind::Reread, false) => "{l} war jetzt lesbar und ist abgelegt.",
        (ResultKind::StillAside, _) => "{l} liegt weiter beiseite: {d}.",
        (ResultKind::Discarded, _) => "{l}: weggelegt. Bis {u} holt das Wort erneut es zurück.",
        (ResultKind::NothingLies, _) => {
            "{l}: So eine Mail liegt nicht beiseite, oder jemand war schneller."
        }
        (ResultKind::WhichAside, _) => "{l}: Mehrere liegen beiseite. Welche? Eine davon ist {d}.",
        (ResultKind::Erased, _) => "{n}: gelöscht. Was, wann und von wem, steht im Prüfprotokoll.",
        (ResultKind::NotErased, true) => "{n}: Nichts wurde gelöscht: {d}.",
        (ResultKind::NotErased, false) => "{n}: Nichts wurde gelöscht.",
        (ResultKind::Unproven, _) => {
            "{l} kam in deinem Namen, doch nichts zeigt, dass du es warst; nichts ist \
             geschehen. Warst du es, antworte auf diese Mail mit derselben Zeile."
        }
        (ResultKind::AwayLater, true) => {
            "Deine Abwesenheit bis {u} ist vorgemerkt{s}. Was dann auf dich wartet, \
             geht an {d}."
        }
        (ResultKind::AwayLater, false) => {
            "Deine Abwesenheit bis {u} ist vorgemerkt{s}. Was dann auf dich wartet, \
             steht in den Übersichten der anderen."
        }
        (ResultKind::Leaves, true) => {
            "{n}: Deine Antwort an {d} bleibt bis {u} hier und geht dann hinaus."
        }
        (ResultKind::Leaves, false) => {
            "{n}: Deine Antwort bleibt bis {u} hier und geht dann hinaus."
        }
        (ResultKind::Stands, true) => "{n} steht auf {d}.",
        (ResultKind::Stands, false) => "{n} ist, wie es war.",
        (ResultKind::Warned, _) => "{d} bekommt eine Verwarnung und kann darauf antworten.",
        (ResultKind::Noted, _) => {
            "Zu {d} ist etwas vermerkt; {d} liest es und kann darauf antworten."
        }
        (ResultKind::Suspended, _) => "Der Zugang von {d} ruht bis {u}.",
        (ResultKind::Returned, _) => "Der Zugang von {d} ist wieder offen.",
        (ResultKind::WarnWithdrawn, _) => "Was zu {d} vermerkt war, ist zurückgenommen.",
        (ResultKind::NoBreach, _) => "{l}: Zu {d} ist nichts vermerkt, was dazu passt.",
        (ResultKind::NoReason, _) => "{l} nennt keinen Grund. Er gehört hinter einen Doppelpunkt.",
        (ResultKind::NoRule, _) => "{l}: {d} ist keine unserer Regeln; nichts vermerkt.",
        (ResultKind::WhoIsMeant, true) => {
            "{l}: Wer ist gemeint? Der Name gehört vor den Doppelpunkt: {d}."
        }
        (ResultKind::WhoIsMeant, false) => {
            "{l}: Wer ist gemeint? Der Name gehört vor den Doppelpunkt."
        }
        (ResultKind::NothingRests, _) => {
            "{l}: {d} hat keinen Platz in einer Queue, der ruhen könnte."
        }
    }
}

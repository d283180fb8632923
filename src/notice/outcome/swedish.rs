//! What became of a keyword line, in Swedish.

use crate::ticket::matter::ResultKind;

/// The sentence for a kind, where a name is known and where none is.
#[expect(clippy::too_many_lines, reason = "one line for each kind")]
pub(super) const fn pattern(kind: ResultKind, has_detail: bool) -> &'static str {
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
        (ResultKind::RunsThere, _) => "{d} följer stegen i en begäran; {n} förblir för sig.",
        (ResultKind::EndedThere, _) => "{d} är stängt som skräppost; {n} förblir för sig.",
        (ResultKind::Urgent, _) => "{n} är brådskande och står först i sammandrag.",
        (ResultKind::InTurn, _) => "{n} har vanlig prioritet igen.",
        (ResultKind::HasTime, _) => "{n} kan vänta och står sist i sammandrag.",
        (ResultKind::NoPriority, _) => "{l} nämner ingen prioritet. Det finns hög, normal och låg.",
        (ResultKind::Linked, _) => "{n} är nu länkat med {d}.",
        (ResultKind::Unlinked, _) => "{n} är inte längre länkat med {d}.",
        (ResultKind::Merged, _) => {
            "{n} hör nu till {d}: det som kommer hamnar där, och svaren går till alla som \
             har frågat."
        }
        (ResultKind::Split, _) => "En del av {n} är nu ett nytt ärende: {d}. De nämner varandra.",
        (ResultKind::NoPart, _) => "{n}: Inget har kommit utifrån som kan brytas ut.",
        (ResultKind::NoOther, _) => "{l} nämner inget annat ärende. Numret ska stå efter ordet.",
        (ResultKind::Itself, _) => "{l} nämner samma ärende; inget ändrades.",
        (ResultKind::OneOnly, _) => {
            "{l} nämner flera ärenden där ett nummer ska stå; inget ändrades."
        }
        (ResultKind::AssignedAway, _) => "{n} är nu hos {d}. {d} är borta till {u}.",
        (ResultKind::Away, true) => {
            "Du är borta till {u}. Det som väntar på dig går till {d} så länge."
        }
        (ResultKind::Away, false) => {
            "Du är borta till {u}. Det som väntar på dig står så länge i de andras \
             sammandrag."
        }
        (ResultKind::Back, _) => "Du är här igen, och det som väntar kommer till dig.",
        (ResultKind::Answers, _) => "Färdiga svar här: {d}.",
        (ResultKind::NoAnswers, _) => "Här finns inga färdiga svar ännu.",
        (ResultKind::NoSuchAnswer, _) => "{l} nämner inget färdigt svar härifrån. Det finns: {d}.",
        (ResultKind::NoRequestor, _) => "{n}: Ingen har frågat som kunde få svaret.",
        (ResultKind::OwnWords, _) => {
            "{n}: Dina egna ord skickades, därför inte det färdiga svaret."
        }
        (ResultKind::Undone, _) => "{n} är åter som det var{s}.",
        (ResultKind::OnlySaid, _) => {
            "{n}: ärendet hade inte ändrats, så det finns inget att \
             ångra."
        }
        (ResultKind::NothingToUndo, _) => {
            "{n}: under de senaste {d} timmarna har du inte gjort något här som \
             går att ångra."
        }
        (ResultKind::ChangedSince, true) => {
            "{n} har ändrats en gång till sedan dess, genom {d}; inget togs \
             tillbaka."
        }
        (ResultKind::ChangedSince, false) => {
            "{n} har ändrats en gång till sedan dess; inget togs \
             tillbaka."
        }
        (ResultKind::Lasts, _) => "{n}: andra bygger redan på det; det går inte att ångra.",
        (ResultKind::OnlyTried, _) => "Det var ett prov: inget i mejlet har gjorts.",
        (ResultKind::Mails, _) => "{l} skickar bara ett mejl och ändrar inget.",
        (ResultKind::WouldAnswer, true) => "{n}: ditt svar skulle gå till {d}. Inget har gått ut.",
        (ResultKind::WouldAnswer, false) => "{n}: ditt svar skulle gå ut. Inget har gått ut.",
        (ResultKind::WouldSay, _) => {
            "{n}: dina ord skulle stanna internt. Ingen har läst dem \
             ännu."
        }
        (ResultKind::Watching, _) => "{n}: du får från och med nu allt om det.",
        (ResultKind::Unwatched, _) => "{n}: du bevakar det inte längre.",
        (ResultKind::NothingWaits, _) => "Inget väntar på dig.",
        (ResultKind::NotReader, true) => "{l}: Det här registret är inte öppet för dig; fråga {d}.",
        (ResultKind::NotReader, false) => "{l}: Det här registret är inte öppet för dig.",
        (ResultKind::MovedOn, _) => "{n} har ändrats under tiden, genom {d}. Ska {l} ändå göras?",
        (ResultKind::Reread, true) => "{l} gick att läsa nu och är ärende {d}.",
        (ResultKind::Reread, false) => "{l} gick att läsa nu och är arkiverat.",
        (ResultKind::StillAside, _) => "{l} ligger fortfarande åt sidan: {d}.",
        (ResultKind::Discarded, _) => "{l}: undanlagt. Till {u} hämtar ordet igen tillbaka det.",
        (ResultKind::NothingLies, _) => {
            "{l}: inget sådant mejl ligger åt sidan, eller så hann någon före."
        }
        (ResultKind::WhichAside, _) => "{l}: flera ligger åt sidan. Vilket? Ett av dem är {d}.",
        (ResultKind::Erased, _) => "{n}: raderat. Granskningsloggen säger vad, när och av vem.",
        (ResultKind::NotErased, true) => "{n}: inget raderades: {d}.",
        (ResultKind::NotErased, false) => "{n}: inget raderades.",
        (ResultKind::Unproven, _) => {
            "{l} kom i ditt namn, men inget visar att det var du; inget har gjorts. Om det \
             var du, svara på detta mejl med samma rad."
        }
        (ResultKind::AwayLater, true) => {
            "Din frånvaro till {u} är noterad{s}. Det som då väntar på dig går till \
             {d}."
        }
        (ResultKind::AwayLater, false) => {
            "Din frånvaro till {u} är noterad{s}. Det som då väntar på dig står i \
             de andras sammandrag."
        }
        (ResultKind::Leaves, true) => {
            "{n}: ditt svar till {d} stannar här till {u} och går sedan ut."
        }
        (ResultKind::Leaves, false) => "{n}: ditt svar stannar här till {u} och går sedan ut.",
        (ResultKind::Stands, true) => "{n} står på {d}.",
        (ResultKind::Stands, false) => "{n} är som det var.",
        (ResultKind::Warned, _) => "{d} får en varning och kan svara på den.",
        (ResultKind::Noted, _) => "Något om {d} är antecknat; {d} läser det och kan svara.",
        (ResultKind::Suspended, _) => "Åtkomsten för {d} vilar till {u}.",
        (ResultKind::Returned, _) => "Åtkomsten för {d} är öppen igen.",
        (ResultKind::WarnWithdrawn, _) => "Det som var antecknat om {d} är återtaget.",
        (ResultKind::NoBreach, _) => "{l}: Inget som passar är antecknat om {d}.",
        (ResultKind::NoReason, _) => "{l} anger inget skäl. Det hör hemma bakom ett kolon.",
        (ResultKind::NoRule, _) => "{l}: {d} är ingen av våra regler; inget antecknat.",
        (ResultKind::WhoIsMeant, true) => "{l}: Vem menas? Namnet hör hemma före kolonet: {d}.",
        (ResultKind::WhoIsMeant, false) => "{l}: Vem menas? Namnet hör hemma före kolonet.",
        (ResultKind::NothingRests, _) => "{l}: {d} har ingen plats i en kö som kan vila.",
    }
}

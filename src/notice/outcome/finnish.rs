//! What became of a keyword line, in Finnish.

use crate::ticket::matter::ResultKind;

/// The sentence for a kind, where a name is known and where none is.
#[expect(clippy::too_many_lines, reason = "one line for each kind")]
pub(super) const fn pattern(kind: ResultKind, has_detail: bool) -> &'static str {
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
        (ResultKind::RunsThere, _) => "{d} seuraa hakemuksen vaiheita; {n} jää omaksi asiakseen.",
        (ResultKind::EndedThere, _) => "{d} on suljettu roskapostina; {n} jää omaksi asiakseen.",
        (ResultKind::Urgent, _) => "{n} on kiireellinen ja on koosteissa ensimmäisenä.",
        (ResultKind::InTurn, _) => "{n} on taas tavallisella sijalla.",
        (ResultKind::HasTime, _) => "{n} voi odottaa ja on koosteissa viimeisenä.",
        (ResultKind::NoPriority, _) => {
            "{l} ei kerro tärkeyttä. Valittavana on korkea, normaali tai matala."
        }
        (ResultKind::Linked, _) => "{n} ja {d} on nyt linkitetty toisiinsa.",
        (ResultKind::Unlinked, _) => "{n} ja {d} eivät ole enää linkitettyjä.",
        (ResultKind::Merged, _) => {
            "{n} kuuluu nyt asiaan {d}: kaikki myöhempi tulee sinne, ja vastaukset saavat \
             kaikki kysyjät."
        }
        (ResultKind::Split, _) => "Asian {n} osasta tuli uusi asia: {d}. Ne mainitsevat toisensa.",
        (ResultKind::NoPart, _) => "{n}: Ulkopuolelta ei ole tullut mitään, minkä voisi erottaa.",
        (ResultKind::NoOther, _) => "{l} ei mainitse toista asiaa. Numero kuuluu sanan perään.",
        (ResultKind::Itself, _) => "{l} mainitsee saman asian. Mikään ei muuttunut.",
        (ResultKind::OneOnly, _) => {
            "{l} mainitsee useita asioita, vaikka tähän kuuluu yksi numero. Mikään ei \
             muuttunut."
        }
        (ResultKind::AssignedAway, _) => {
            "{n}, uusi hoitaja: {d}. {d} on poissa, viimeinen päivä {u}."
        }
        (ResultKind::Away, true) => {
            "Olet poissa, viimeinen päivä {u}. Sinua odottavat asiat saa siihen asti {d}."
        }
        (ResultKind::Away, false) => {
            "Olet poissa, viimeinen päivä {u}. Sinua odottavat asiat ovat siihen asti \
             muiden koosteissa."
        }
        (ResultKind::Back, _) => "Olet taas paikalla, ja sinua odottavat asiat tulevat sinulle.",
        (ResultKind::Answers, _) => "Valmiit vastaukset täällä: {d}.",
        (ResultKind::NoAnswers, _) => "Valmiita vastauksia ei täällä vielä ole.",
        (ResultKind::NoSuchAnswer, _) => {
            "{l} ei mainitse tämän jonon valmista vastausta. Näitä on: {d}."
        }
        (ResultKind::NoRequestor, _) => {
            "{n}: Kukaan ei ole kysynyt, joten vastauksella ei ole saajaa."
        }
        (ResultKind::OwnWords, _) => "{n}: Omat sanasi lähtivät, joten valmis vastaus ei lähtenyt.",
        (ResultKind::Undone, _) => "{n} on taas ennallaan{s}.",
        (ResultKind::OnlySaid, _) => "{n}: mikään ei ollut muuttunut, joten kumottavaa ei ole.",
        (ResultKind::NothingToUndo, _) => {
            "{n}: viimeisten {d} tunnin aikana et ole tehnyt täällä mitään \
             kumottavaa."
        }
        (ResultKind::ChangedSince, true) => {
            "{n} on muuttunut sen jälkeen, tekijä: {d}. Mitään ei \
             kumottu."
        }
        (ResultKind::ChangedSince, false) => "{n} on muuttunut sen jälkeen. Mitään ei kumottu.",
        (ResultKind::Lasts, _) => "{n}: muut toimivat jo sen mukaan, joten sitä ei voi kumota.",
        (ResultKind::OnlyTried, _) => "Tämä oli kokeilu: mitään viestin riveistä ei tehty.",
        (ResultKind::Mails, _) => "{l} lähettää vain viestin eikä muuta mitään.",
        (ResultKind::WouldAnswer, true) => {
            "{n}: vastauksesi lähtisi, saaja: {d}. Mitään ei \
             lähtenyt."
        }
        (ResultKind::WouldAnswer, false) => "{n}: vastauksesi lähtisi ulos. Mitään ei lähtenyt.",
        (ResultKind::WouldSay, _) => {
            "{n}: sanasi jäisivät sisäisiksi. Kukaan ei ole vielä lukenut \
             niitä."
        }
        (ResultKind::Watching, _) => "{n}: saat tästä lähtien kaiken siitä.",
        (ResultKind::Unwatched, _) => "{n}: et enää seuraa sitä.",
        (ResultKind::NothingWaits, _) => "Mikään ei odota sinua.",
        (ResultKind::NotReader, true) => {
            "{l}: Tämä rekisteri ei ole sinulle avoin; sen lukijat: {d}."
        }
        (ResultKind::NotReader, false) => "{l}: Tämä rekisteri ei ole sinulle avoin.",
        (ResultKind::MovedOn, _) => {
            "{n} on muuttunut tällä välin, tekijä: {d}. Tehdäänkö silti {l}?"
        }
        (ResultKind::Reread, true) => "{l} saatiin nyt luettua. Asia: {d}.",
        (ResultKind::Reread, false) => "{l} saatiin nyt luettua ja kirjattiin.",
        (ResultKind::StillAside, _) => "{l} on yhä sivussa: {d}.",
        (ResultKind::Discarded, _) => {
            "{l}: pantu pois. Sana uudelleen tuo sen takaisin viimeistään {u}."
        }
        (ResultKind::NothingLies, _) => {
            "{l}: sellaista viestiä ei ole sivussa, tai joku ehti ensin."
        }
        (ResultKind::WhichAside, _) => "{l}: sivussa on useita. Mikä niistä? Yksi on {d}.",
        (ResultKind::Erased, _) => "{n}: poistettu. Tarkastusloki kertoo mitä, milloin ja kuka.",
        (ResultKind::NotErased, true) => "{n}: mitään ei poistettu: {d}.",
        (ResultKind::NotErased, false) => "{n}: mitään ei poistettu.",
        (ResultKind::Unproven, _) => {
            "{l} tuli sinun nimissäsi, mutta mikään ei osoita, että lähettäjä olit sinä. \
             Mitään ei tehty. Jos se olit sinä, vastaa tähän viestiin samalla rivillä."
        }
        (ResultKind::AwayLater, true) => {
            "Poissaolosi on merkitty, viimeinen päivä {u}{s}. Sinua odottavat asiat \
             menevät silloin: {d}."
        }
        (ResultKind::AwayLater, false) => {
            "Poissaolosi on merkitty, viimeinen päivä {u}{s}. Sinua odottavat asiat \
             ovat silloin muiden koosteissa."
        }
        (ResultKind::Leaves, true) => "{n}: vastauksesi odottaa. Se lähtee {u}. Saaja: {d}.",
        (ResultKind::Leaves, false) => "{n}: vastauksesi odottaa. Se lähtee {u}.",
        (ResultKind::Stands, true) => "{n}, tila: {d}.",
        (ResultKind::Stands, false) => "{n} on ennallaan.",
        (ResultKind::Warned, _) => "{d} saa huomautuksen ja voi vastata siihen.",
        (ResultKind::Noted, _) => "Merkintä on tehty: {d}. Hän lukee sen ja voi vastata.",
        (ResultKind::Suspended, _) => "Oikeudet ovat tauolla: {d}, viimeinen päivä {u}.",
        (ResultKind::Returned, _) => "Oikeudet ovat taas voimassa: {d}.",
        (ResultKind::WarnWithdrawn, _) => "Merkintä on peruttu: {d}.",
        (ResultKind::NoBreach, _) => "{l}: Sopivaa merkintää ei ole: {d}.",
        (ResultKind::NoReason, _) => "{l}: syy puuttuu. Se kuuluu kaksoispisteen jälkeen.",
        (ResultKind::NoRule, _) => "{l}: {d} ei ole sääntömme; merkintää ei tehty.",
        (ResultKind::WhoIsMeant, true) => {
            "{l}: Ketä tarkoitat? Nimi kuuluu ennen kaksoispistettä: {d}."
        }
        (ResultKind::WhoIsMeant, false) => {
            "{l}: Ketä tarkoitat? Nimi kuuluu ennen kaksoispistettä."
        }
        (ResultKind::NothingRests, _) => {
            "{l}: {d} ei ole jonossa, jonka oikeudet voisivat olla tauolla."
        }
    }
}

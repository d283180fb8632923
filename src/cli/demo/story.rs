//! What is played: some days at kontakt@, in German and in English, and a request for a key.
//!
//! Every answer is made from the mail that the daemon wrote. A scene that does not find what it
//! must answer ends the demo with a sentence, so a story that no longer holds is seen.

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::cli::demo::letter::{self, Letter, Program, Writer};
use crate::cli::demo::postman::Envelope;
use crate::cli::demo::site::{Played, Received};
use crate::cli::demo::transcript::Transcript;
use crate::cli::out;
use crate::daemon::look::Request;
use crate::mail::{self, ReversePath};
use crate::types::Mailbox;

/// Otto, who has one question.
const OTTO: Writer =
    Writer { name: "Otto Normal", address: "otto@outside.example", program: Program::Bare };
/// Dana, who writes English.
const DANA: Writer =
    Writer { name: "Dana Doe", address: "dana@abroad.example", program: Program::Marked };
/// Somebody who names a number that is not theirs.
const STRANGER: Writer =
    Writer { name: "Robin Muster", address: "robin@elsewhere.example", program: Program::Bare };
/// Anna, a member, on her phone.
const ANNA: Writer =
    Writer { name: "Anna Muster", address: "anna@members.example", program: Program::Unmarked };
/// Bernd, a member.
const BERND: Writer =
    Writer { name: "Bernd Beispiel", address: "bernd@members.example", program: Program::Marked };

/// Jo, a member who gets the digest, and reads English.
const JO: Writer =
    Writer { name: "Jo Brook", address: "jo@members.example", program: Program::Marked };
/// Kim, who wants a key.
const KIM: Writer =
    Writer { name: "Kim Sommer", address: "kim@members.example", program: Program::Marked };
/// Somebody who sells nothing.
const PARCELS: Writer =
    Writer { name: "Parcel Service", address: "fee@parcels.example", program: Program::Bare };

/// The story's first day.
fn day(number: i8, hour: i8, minute: i8) -> DateTime {
    date(2026, 11, 23).at(hour, minute, 0, 0).saturating_add(i64::from(number).days())
}

/// A moment of the story's days, in the site's zone.
fn moment(at: DateTime) -> Timestamp {
    at.to_zoned(zone()).map(|zoned| zoned.timestamp()).unwrap_or_default()
}

/// The zone of the shipped organization.
pub(super) fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)
}

/// When the story begins.
pub(super) fn begin() -> Timestamp {
    moment(day(0, 9, 0))
}

/// The story while it is played.
#[derive(Debug)]
pub(super) struct Story<'a> {
    played: &'a mut Played,
    transcript: &'a mut Transcript,
    at: Timestamp,
    mails: usize,
    notices: usize,
}

impl<'a> Story<'a> {
    /// Plays everything; returns how many mails came in and went out.
    ///
    /// # Errors
    /// A sentence that says what did not happen as it should.
    pub(super) async fn play(
        played: &'a mut Played,
        transcript: &'a mut Transcript,
    ) -> Result<(usize, usize), String> {
        let mut story = Story { played, transcript, at: begin(), mails: 0, notices: 0 };
        story.monday().await?;
        story.tuesday().await?;
        Ok((story.mails, story.notices))
    }

    async fn monday(&mut self) -> Result<(), String> {
        self.transcript.heading("Monday, 23 November 2026");
        self.otto_asks().await?;
        self.dana_asks().await?;
        self.stranger_claims().await?;
        self.evening().await
    }

    async fn otto_asks(&mut self) -> Result<(), String> {
        self.transcript.narrate(
            "Otto taps \"Kontakt\" on the web site, on his phone. His mail has no subject and \
             consists of HTML only. When is the next meeting, he asks, and is there a step at the \
             door, because he sits in a wheelchair.",
        );
        self.wait(day(0, 10, 0)).await?;
        let question = [
            "Hallo wann ist der nächste stammtisch in köln???",
            "Ich sitze im rollstuhl gibt es am eingang eine stufe",
            "!!! bitte schnell",
        ];
        let letter = letter::from_phone(&OTTO, self.at, "kontakt@nrw.example", &question)?;
        let came = self.post(letter).await?;
        to(&came, &OTTO, "receipt")?;
        let copy = to(&came, &ANNA, "copy")?;

        self.transcript.narrate(
            "Anna answers on her phone: on Tuesday, and no step. Her program puts the whole mail \
             below her words, without quote marks; Otto gets her words and none of that. Her \
             last line is a keyword: it closes the ticket, and nobody outside is told.",
        );
        self.wait(day(0, 10, 40)).await?;
        let text = "Hallo Herr Normal, der nächste Stammtisch ist am Dienstag, 24. November, um \
                    19 Uhr im Café Beispiel. Der Eingang im Hof hat keine Stufe.\n\
                    Viele Grüße\nAnna\n!erledigt";
        let came = self.post(ANNA.answers(self.at, &copy, text)?).await?;
        let answer = to(&came, &OTTO, "answer")?;

        self.transcript
            .narrate("Otto is glad. Thanks need no answer and do not open anything again.");
        self.wait(day(0, 10, 55)).await?;
        self.post(OTTO.answers(self.at, &answer, "Super danke, bis Dienstag!")?).await?;
        Ok(())
    }

    async fn dana_asks(&mut self) -> Result<(), String> {
        self.transcript.narrate(
            "Dana writes to the English address of the same people, and leaves. Her \
                     program answers the receipt by itself, and nothing follows from that: two \
                     programs must never talk to each other.",
        );
        self.wait(day(0, 13, 5)).await?;
        let text = "Hello,\n\nI am moving to Cologne in January. Can I join before I have an \
                    address there?\n\nDana";
        let came = self
            .post(DANA.writes(self.at, "contact@nrw.example", "Joining from abroad", text)?)
            .await?;
        let receipt = to(&came, &DANA, "receipt")?;
        let copy = to(&came, &BERND, "copy")?;
        self.wait(day(0, 13, 6)).await?;
        let away = "I am out of the office until Thursday.";
        let came = self.post(DANA.is_away(self.at, &receipt, away)?).await?;
        nobody(&came)?;

        self.transcript.narrate(
            "Bernd answers her in English, and mistypes the keyword. A line that looks \
                     like one and is none must not go out by accident: he is asked.",
        );
        self.wait(day(0, 13, 30)).await?;
        let text = "Hello Dana,\n\nyes, any address in Europe will do. Tell us the new one when \
                    you have it.\n\nBernd\n!erledgit";
        let came = self.post(BERND.answers(self.at, &copy, text)?).await?;
        none_to(&came, &DANA)?;
        let question = to(&came, &BERND, "held")?;
        self.wait(day(0, 13, 32)).await?;
        let came = self.post(BERND.answers(self.at, &question, "ja")?).await?;
        to(&came, &DANA, "answer").map(|_| ())
    }

    async fn stranger_claims(&mut self) -> Result<(), String> {
        self.transcript.narrate(
            "Somebody else has seen the number of Otto's ticket and writes it into a subject. A \
             number proves nothing: this becomes a ticket of its own, at the queue for what \
             fits nowhere, and says what it claims. Otto hears nothing of it.",
        );
        self.wait(day(0, 15, 20)).await?;
        let text = "Bitte schickt mir alles, was Otto geschrieben hat.";
        let letter =
            STRANGER.writes(self.at, "desk@nrw.example", "Re: [nrw #1] Stammtisch", text)?;
        let came = self.post(letter).await?;
        to(&came, &ANNA, "copy")?;
        none_to(&came, &OTTO)
    }

    async fn evening(&mut self) -> Result<(), String> {
        self.transcript.narrate("In the evening comes what comes to every public address.");
        self.wait(day(0, 22, 41)).await?;
        let text = "Dear customer, your parcel waits. Pay the fee within 24 hours.";
        let letter = PARCELS.writes(self.at, "kontakt@nrw.example", "Invoice 88123", text)?;
        self.post(letter).await.map(|_| ())
    }

    async fn tuesday(&mut self) -> Result<(), String> {
        self.transcript.heading("Tuesday, 24 November 2026");
        self.transcript.narrate(
            "Two mails are still nobody's. Whoever serves the queue reads it once a day, and Jo \
             gets nothing else. Two lines settle both; behind a number no keyword needs its \
             marker.",
        );
        let came = self.wait(day(1, 8, 0)).await?;
        let digest = to(&came, &JO, "digest")?;
        self.wait(day(1, 8, 12)).await?;
        let came = self.post(JO.answers(self.at, &digest, "3 take\n4 spam")?).await?;
        to(&came, &JO, "result")?;
        self.kim_asks_for_a_key().await
    }

    async fn kim_asks_for_a_key(&mut self) -> Result<(), String> {
        self.transcript.narrate(
            "Kim wants a key for the club room. That is a procedure, one file in the folder \
             procedures: facts that are needed, and the board has four days to object. Kim \
             forgets the reason. lotse waits five minutes for what people send after, then asks.",
        );
        self.wait(day(1, 10, 0)).await?;
        let text = "Hallo,\n\nich hätte gern einen Schlüssel.\n\nName: Kim Sommer";
        self.post(KIM.writes(self.at, "schluessel@nrw.example", "Schlüssel", text)?).await?;
        let came = self.wait(day(1, 10, 6)).await?;
        let question = to(&came, &KIM, "question")?;
        self.wait(day(1, 10, 20)).await?;
        let text = "Grund: ich leite jetzt den Spieleabend.";
        self.post(KIM.answers(self.at, &question, text)?).await?;
        let came = self.wait(day(1, 10, 30)).await?;
        let announced = at_list(&came)?;
        self.bernd_objects(&announced).await
    }

    async fn bernd_objects(&mut self, announced: &Received) -> Result<(), String> {
        self.transcript.heading("Wednesday, 25 November 2026");
        self.transcript.narrate("Bernd is on the board and against it, in his own words.");
        self.wait(day(2, 19, 30)).await?;
        let text = "Ich bin dagegen, wir haben schon zu viele Schlüssel verteilt.";
        let came = self.post(BERND.answers(self.at, announced, text)?).await?;
        let question = to(&came, &BERND, "objection-asked")?;
        self.transcript.narrate(
            "The objection stopped the clock at once, whoever sent it. Whether it stands is \
             asked, because so far only the From field says that it is Bernd's.",
        );
        self.wait(day(2, 19, 40)).await?;
        let came = self.post(BERND.answers(self.at, &question, "ja")?).await?;
        to(&came, &KIM, "stopped")?;
        self.bernd_withdraws(&question).await
    }

    async fn bernd_withdraws(&mut self, asked: &Received) -> Result<(), String> {
        self.transcript.heading("Thursday, 26 November 2026");
        self.transcript.narrate(
            "Kim and Bernd have talked. Taking an objection back starts a clock, so it is asked \
             about too; then the four days begin anew and end on Monday at 24:00.",
        );
        self.wait(day(3, 18, 0)).await?;
        let text = "Ich habe mit Kim gesprochen und ziehe meinen Einwand zurück.";
        let came = self.post(BERND.answers(self.at, asked, text)?).await?;
        let question = to(&came, &BERND, "withdrawal-asked")?;
        self.wait(day(3, 18, 5)).await?;
        let came = self.post(BERND.answers(self.at, &question, "ja")?).await?;
        none_to(&came, &OTTO)?;

        self.transcript.heading("Tuesday, 1 December 2026");
        self.transcript.narrate(
            "Nobody objected until the end of Monday. Kim is put among those who have a key, \
             and told.",
        );
        let came = self.wait(day(8, 9, 0)).await?;
        to(&came, &KIM, "outcome").map(|_| ())
    }

    /// Moves the clock, and shows what became due on the way.
    async fn wait(&mut self, until: DateTime) -> Result<Vec<Received>, String> {
        self.at = moment(until);
        self.played.move_clock(self.at).await?;
        self.show().await
    }

    /// Sends a mail, shows it and what follows from it.
    async fn post(&mut self, letter: Letter) -> Result<Vec<Received>, String> {
        self.mails += 1;
        let message = mail::parse(&letter.bytes, &ReversePath::Unknown);
        self.transcript.sent(self.at, &message, &letter);
        let envelope = Envelope { from: &letter.from, to: letter.to.as_str() };
        self.played.deliver(&envelope, &letter.bytes).await?;
        let message_id = message.message_id.unwrap_or_default();
        let (taken_for, why) = self.played.taken_for(&message_id).await?;
        let came = self.played.collect().await?;
        self.transcript.taken(&taken_for, &why, !came.is_empty());
        self.tell(&came);
        Ok(came)
    }

    async fn show(&mut self) -> Result<Vec<Received>, String> {
        let came = self.played.collect().await?;
        self.tell(&came);
        Ok(came)
    }

    /// Shows mails; those with the same words once.
    fn tell(&mut self, came: &[Received]) {
        self.notices += came.len();
        let mut told: Vec<usize> = Vec::new();
        for (number, mail) in came.iter().enumerate() {
            if told.contains(&number) {
                continue;
            }
            let is_same = |other: &Received| {
                other.matter == mail.matter && other.message.text == mail.message.text
            };
            let same: Vec<usize> =
                (number..came.len()).filter(|at| came.get(*at).is_some_and(is_same)).collect();
            let names: Vec<String> = same
                .iter()
                .filter_map(|at| came.get(*at)?.message.to.first())
                .map(|to| to.shown().to_owned())
                .collect();
            self.transcript.received(self.at, mail, &names);
            told.extend(same);
        }
    }
}

/// The tickets as `lotse ticket list` has them, one line each.
///
/// # Errors
/// A sentence with the refusal.
pub(super) async fn tickets(played: &Played) -> Result<Vec<String>, String> {
    let rows = played.ask(&Request::Tickets).await?;
    Ok(rows.iter().map(ticket).collect())
}

fn ticket(row: &Value) -> String {
    let word = |name: &str| out::cell(row.get(name));
    let (number, queue, status) = (word("ticket"), word("queue"), word("status"));
    let (owner, subject) = (word("owner"), word("subject"));
    format!("#{number}  {queue:<8} {status:<9} owner {owner:<6} subject {subject}")
}

/// The mail of this matter that went to `reader`.
fn to(came: &[Received], reader: &Writer, matter: &str) -> Result<Received, String> {
    let is_it = |mail: &&Received| mail.matter == matter && is_to(mail, reader);
    let missing = || format!("the story wants a {matter} to {}, and none came", reader.name);
    came.iter().find(is_it).cloned().ok_or_else(missing)
}

/// The announcement.
fn at_list(came: &[Received]) -> Result<Received, String> {
    let found = came.iter().find(|mail| mail.matter == "announcement");
    found.cloned().ok_or_else(|| "the story wants an announcement, and none came".to_owned())
}

fn none_to(came: &[Received], reader: &Writer) -> Result<(), String> {
    let found = came.iter().find(|mail| is_to(mail, reader));
    found.map_or(Ok(()), |mail| {
        Err(format!("{} got a {} that the story does not want", reader.name, mail.matter))
    })
}

fn nobody(came: &[Received]) -> Result<(), String> {
    match came.first() {
        None => Ok(()),
        Some(mail) => Err(format!("a {} went out that the story does not want", mail.matter)),
    }
}

fn is_to(mail: &Received, reader: &Writer) -> bool {
    let is_address = |to: &Mailbox| to.address.as_str() == reader.address;
    mail.message.to.iter().any(is_address)
}

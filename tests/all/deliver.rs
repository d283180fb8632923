//! `lotse deliver`: what it hands to a door at a Unix socket, and its exit codes.

use std::path::PathBuf;

use lotse::intake::SpoolError;
use lotse::intake::lmtp::{Listen, LmtpSettings};
use lotse::intake::pipe::{
    DeliverOutcome, EXIT_ACCEPTED, EXIT_DATA, EXIT_NO_USER, EXIT_TRY_AGAIN, EXIT_USAGE, deliver,
};
use lotse::mail::ReversePath;
use lotse::types::Address;
use tempfile::TempDir;

use crate::memory_spool::Door;

struct Site {
    folder: TempDir,
    door: Door,
}

impl Site {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = LmtpSettings {
            listen: Listen::Unix(folder.path().join("mail.sock")),
            name: "pipe".to_owned(),
            message_bytes_max: 100_000,
            ..Default::default()
        };
        Self { door: Door::open(settings).await, folder }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("mail.sock")
    }

    async fn deliver(&self, recipients: &[&str], message: &str) -> DeliverOutcome {
        let otto = ReversePath::Address(Address::parse("otto@outside.example").unwrap());
        self.deliver_from(&otto, recipients, message).await
    }

    async fn deliver_from(
        &self,
        sender: &ReversePath,
        recipients: &[&str],
        message: &str,
    ) -> DeliverOutcome {
        let recipients: Vec<_> = recipients.iter().map(|to| Address::parse(to).unwrap()).collect();
        deliver(&self.socket(), sender, &recipients, message.as_bytes(), 200_000).await
    }
}

#[tokio::test]
async fn a_message_arrives_with_whole_line_ends_and_its_dots() {
    let site = Site::open().await;
    let message = "From otto@outside.example Sat Nov 21 10:00:00 2026\nSubject: a\n\n.\n..b\r\nc";
    let recipients = ["kontakt@nrw.example", "schlüssel@nrw.example"];
    let outcome = site.deliver(&recipients, message).await;
    assert_eq!(outcome, DeliverOutcome { exit: EXIT_ACCEPTED, sentence: "accepted".to_owned() });
    let accepted = site.door.spool.take();
    let (envelope, bytes) = &accepted[0];
    assert_eq!(accepted.len(), 1);
    assert_eq!(bytes.escape_ascii().to_string(), "Subject: a\\r\\n\\r\\n.\\r\\n..b\\r\\nc\\r\\n");
    assert_eq!(envelope.recipients.iter().map(Address::as_str).collect::<Vec<_>>(), recipients);
    assert_eq!(envelope.door, "pipe");
}

#[tokio::test]
async fn an_unknown_sender_is_looked_for_and_never_taken_for_the_null_one() {
    let site = Site::open().await;
    let otto = ReversePath::Address(Address::parse("otto@outside.example").unwrap());
    for (given, message, taken) in [
        (ReversePath::Unknown, "Subject: a\n\nb\n", ReversePath::Unknown),
        (ReversePath::Unknown, "Return-Path: <>\n\nb\n", ReversePath::Null),
        (ReversePath::Unknown, "From otto@outside.example Sat\n\nb\n", otto.clone()),
        (ReversePath::Null, "From otto@outside.example Sat\n\nb\n", ReversePath::Null),
        (otto.clone(), "Return-Path: <>\n\nb\n", otto.clone()),
    ] {
        let outcome = site.deliver_from(&given, &["kontakt@nrw.example"], message).await;
        assert_eq!(outcome.exit, EXIT_ACCEPTED, "{}", outcome.sentence);
        assert_eq!(site.door.spool.take()[0].0.reverse_path, taken, "{message}");
    }
}

#[tokio::test]
async fn what_the_door_refuses_for_good_ends_with_65_or_67() {
    let site = Site::open().await;
    let (big, huge) = ("x".repeat(100_001), "x".repeat(200_001));
    for (recipient, message, exit, words) in [
        ("nobody@nrw.example", "a\n", EXIT_NO_USER, "550 5.1.1"),
        ("anna@elsewhere.example", "a\n", EXIT_NO_USER, "550 5.7.1"),
        ("kontakt@nrw.example", &big, EXIT_DATA, "552 5.3.4"),
        ("kontakt@nrw.example", &huge, EXIT_DATA, "larger than 200000 octets"),
        ("kontakt@nrw.example", "", EXIT_DATA, "no message"),
    ] {
        let outcome = site.deliver(&[recipient], message).await;
        assert_eq!(outcome.exit, exit, "{}", outcome.sentence);
        assert!(outcome.sentence.contains(words), "{}", outcome.sentence);
    }
    assert_eq!(site.deliver(&[], "a\n").await.exit, EXIT_USAGE);
    assert_eq!(site.door.spool.take(), []);
    let two = ["kontakt@nrw.example", "nobody@nrw.example"];
    let outcome = site.deliver(&two, "a\n").await;
    assert_eq!(outcome.exit, EXIT_NO_USER);
    assert!(outcome.sentence.starts_with("nobody@nrw.example: "), "{}", outcome.sentence);
    assert_eq!(site.door.spool.take().len(), 1, "the other one has it");
}

#[tokio::test]
async fn every_fault_of_ours_ends_with_75() {
    let site = Site::open().await;
    for fault in
        [SpoolError::Full, SpoolError::Poisoned("sync: EIO".to_owned()), SpoolError::Closing]
    {
        site.door.spool.fail(Some(fault.clone()));
        let outcome = site.deliver(&["kontakt@nrw.example"], "a\n").await;
        assert_eq!(outcome.exit, EXIT_TRY_AGAIN, "{fault}: {}", outcome.sentence);
    }
    site.door.spool.fail(None);
    site.door.spool.leave_room(0);
    assert_eq!(site.deliver(&["kontakt@nrw.example"], "a\n").await.exit, EXIT_TRY_AGAIN);
    site.door.spool.leave_room(u64::MAX);
    site.door.spool.start_slowly(true);
    let two = ["nobody@nrw.example", "kontakt@nrw.example"];
    assert_eq!(site.deliver(&two, "a\n").await.exit, EXIT_TRY_AGAIN);
    assert_eq!(site.door.spool.take(), []);
}

#[tokio::test]
async fn without_a_daemon_the_caller_is_to_try_again() {
    let site = Site::open().await;
    site.door.shutdown.send_replace(true);
    site.door.ended.await.unwrap().unwrap();
    let socket = site.folder.path().join("mail.sock");
    let kontakt = [Address::parse("kontakt@nrw.example").unwrap()];
    let gone = deliver(&socket, &ReversePath::Null, &kontakt, &b"a\n"[..], 1000).await;
    assert_eq!(gone.exit, EXIT_TRY_AGAIN);
    assert!(gone.sentence.contains("mail.sock"), "{}", gone.sentence);
    // A socket file nobody listens at, as a killed daemon leaves it.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let dead = deliver(&socket, &ReversePath::Null, &kontakt, &b"a\n"[..], 1000).await;
    assert_eq!(dead.exit, EXIT_TRY_AGAIN);
}

#[tokio::test]
async fn a_daemon_that_dies_before_its_answer_means_try_again() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("mail.sock");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let kontakt = [Address::parse("kontakt@nrw.example").unwrap()];
    let client = tokio::spawn(async move {
        deliver(&socket, &ReversePath::Null, &kontakt, &b"a\n"[..], 1000).await
    });
    drop(listener.accept().await.unwrap());
    assert_eq!(client.await.unwrap().exit, EXIT_TRY_AGAIN);
}

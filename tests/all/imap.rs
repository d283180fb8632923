//! The IMAP door against a real Dovecot, and against scripted servers where a real one would not
//! misbehave.

use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use lotse::intake::imap::{
    Backlog, DoorHealth, DoorReport, FileState, FolderMark, FolderState, ImapDoor, ImapSettings,
    Survey, survey,
};
use lotse::intake::{Envelope, RecipientVerdict, Spool, SpoolError};
use lotse::mail::ReversePath;
use lotse::types::{Address, Position};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::dovecot::{Dovecot, PASSWORD, Wish};

/// How long anything may take before a test gives up.
const DEADLINE: Duration = Duration::from_secs(20);

/// A second in 2001, and one in 2096.
const YEAR_2001: u64 = 1_000_000_000;
const YEAR_2096: u64 = 4_000_000_000;

/// A spool in memory that records what it accepted.
#[derive(Debug, Clone)]
struct Recorder {
    seen: Arc<Mutex<Seen>>,
    /// One permit for each message that may still be accepted.
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Seen {
    accepted: Vec<(Envelope, String)>,
    /// For each time the door was caught up: how much was accepted by then.
    caught_up: Vec<usize>,
    refusal: Option<SpoolError>,
}

impl Recorder {
    fn new() -> Self {
        Self { seen: Arc::default(), room: Arc::new(Semaphore::new(1 << 20)) }
    }

    /// Accepts nothing before `let_in`.
    fn closed() -> Self {
        Self { seen: Arc::default(), room: Arc::new(Semaphore::new(0)) }
    }

    fn let_in(&self, messages: usize) {
        self.room.add_permits(messages);
    }

    fn refuse(&self, refusal: Option<SpoolError>) {
        self.seen.lock().unwrap().refusal = refusal;
    }

    fn accepted(&self) -> Vec<(Envelope, String)> {
        self.seen.lock().unwrap().accepted.clone()
    }

    /// The subjects in the order in which they were accepted.
    fn subjects(&self) -> Vec<String> {
        self.accepted().iter().map(|(_, message)| subject(message)).collect()
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().accepted.len()
    }

    fn times_caught_up(&self) -> usize {
        self.seen.lock().unwrap().caught_up.len()
    }

    async fn wait_for(&self, messages: usize) {
        let what = format!("{messages} messages");
        until(&what, || async { self.count() >= messages }).await;
    }

    /// Waits until the door says twice more that nothing is left: what was on its way is there.
    async fn settle(&self) {
        let before = self.times_caught_up();
        until("two more looks", || async { self.times_caught_up() >= before + 2 }).await;
    }
}

impl Spool for Recorder {
    async fn accept(&self, envelope: Envelope, message: Vec<u8>) -> Result<Position, SpoolError> {
        self.room.acquire().await.unwrap().forget();
        let mut seen = self.seen.lock().unwrap();
        if let Some(refusal) = &seen.refusal {
            return Err(refusal.clone());
        }
        seen.accepted.push((envelope, String::from_utf8(message).unwrap()));
        Ok(Position(seen.accepted.len() as u64))
    }

    fn recipient(&self, _address: &Address) -> RecipientVerdict {
        RecipientVerdict::Accept
    }

    fn has_room(&self, _bytes: u64) -> bool {
        true
    }

    fn caught_up(&self, door: &str, at: Timestamp) {
        assert_eq!(door, "imap:desk/INBOX");
        assert!(at <= self.now());
        let mut seen = self.seen.lock().unwrap();
        let count = seen.accepted.len();
        seen.caught_up.push(count);
    }

    #[expect(clippy::disallowed_methods, reason = "the server has a real clock, so this has one")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A door that is being served.
struct Served {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), SpoolError>>,
    health: DoorHealth,
}

impl Served {
    fn begin(settings: ImapSettings, spool: &Recorder, files: &TempDir) -> Self {
        assert_eq!(settings.check(), Vec::<String>::new());
        let (stop, shutdown) = watch::channel(false);
        let state = FileState::new(files.path().to_owned());
        let has_key = |header: &[u8]| String::from_utf8_lossy(header).contains("desk+17.");
        let door = ImapDoor::new(settings, spool.clone(), state, has_key, shutdown);
        let health = door.health();
        Self { stop, task: tokio::spawn(door.serve()), health }
    }

    async fn wait_for(&self, what: &str, is_so: impl Fn(&DoorReport) -> bool) -> DoorReport {
        until(what, || async { is_so(&self.health.report()) }).await;
        self.health.report()
    }

    async fn end(self) -> Result<(), SpoolError> {
        self.stop.send_replace(true);
        tokio::time::timeout(DEADLINE, self.task).await.expect("the door ends").unwrap()
    }
}

/// Polls until it is so, or fails.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let polling = tokio::time::timeout(DEADLINE, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(polling.await.is_ok(), "never came to be: {what}");
}

fn mail(subject: &str) -> String {
    format!(
        "Return-Path: <otto@outside.example>\r\nDelivered-To: desk@nrw.example\r\n\
         Received: from outside.example by mx.nrw.example\r\nReturn-Path: <>\r\n\
         X-Original-To: Kontakt <kontakt@nrw.example>\r\nDelivered-To: old@outside.example\r\n\
         From: Otto <otto@outside.example>\r\nSubject: {subject}\r\n\r\nHello, {subject}.\r\n"
    )
}

fn subject(message: &str) -> String {
    let line = message.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.unwrap_or_default().to_owned()
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{prefix} {number}")).collect()
}

/// Settings for a server on this machine, with short spans so that tests need not wait.
fn settings(port: u16, files: &TempDir, more: &str) -> ImapSettings {
    let password = files.path().join("password");
    if !password.exists() {
        fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    }
    let tls = if more.contains("tls = ") { "" } else { "tls = \"none\"\n" };
    let credential = if more.contains("token_command") {
        String::new()
    } else {
        format!("password_file = {password:?}\n")
    };
    let text = format!(
        "host = \"127.0.0.1\"\nport = {port}\nuser = \"desk\"\npoll_span = \"100 ms\"\n\
         retry_span = \"50 ms\"\n{tls}{credential}{more}"
    );
    toml::from_str(&text).unwrap()
}

fn files() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// What the door remembers of the folder.
async fn mark(settings: &ImapSettings, files: &TempDir, folder: &str) -> FolderMark {
    let key = format!("desk@127.0.0.1:{}/{folder}", settings.port());
    FileState::new(files.path().to_owned()).load(&key).await.unwrap().unwrap()
}

#[tokio::test]
async fn mail_is_accepted_in_order_and_then_moved() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    for name in names("mail", 5) {
        server.deliver("", &mail(&name));
    }
    spool.wait_for(5).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), names("mail", 5));
    assert_eq!((server.files("").len(), server.files(".Done").len()), (0, 5));

    let (envelope, message) = spool.accepted().remove(0);
    assert_eq!(message, mail("mail 1"), "not one octet is changed");
    let otto = Address::parse("otto@outside.example").unwrap();
    assert_eq!(envelope.reverse_path, ReversePath::Address(otto));
    let recipients: Vec<&str> = envelope.recipients.iter().map(Address::as_str).collect();
    assert_eq!(recipients, ["desk@nrw.example", "kontakt@nrw.example"]);
    assert_eq!((envelope.door.as_str(), envelope.is_backlog), ("imap:desk/INBOX", false));
    let report = door.health.report();
    assert_eq!((report.taken, report.left, report.failure), (5, 0, None));

    server.deliver_at(YEAR_2096, &mail("from the future"));
    spool.wait_for(6).await;
    assert!(spool.accepted()[5].0.received_at.unwrap() <= spool.now());
    door.end().await.unwrap();
}

#[tokio::test]
async fn backlog_that_is_left_stays() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    for name in names("old", 300) {
        server.deliver("", &mail(&name));
    }
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    assert_eq!(door.health.report().left, 300);
    server.deliver("", &mail("new"));
    spool.wait_for(1).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), ["new"]);
    assert_eq!((server.files("").len(), server.files(".Done").len()), (300, 1));
    door.end().await.unwrap();
}

#[tokio::test]
async fn backlog_that_is_taken_is_marked() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    for name in names("old", 60) {
        server.deliver_at(YEAR_2001, &mail(&name));
    }
    let settings = settings(server.port, &files, "backlog = \"take\"");
    assert_eq!(settings.backlog, Backlog::Take);
    let door = Served::begin(settings, &spool, &files);
    spool.wait_for(60).await;
    server.deliver("", &mail("new"));
    spool.wait_for(61).await;
    spool.settle().await;
    let mut expected = names("old", 60);
    expected.push("new".to_owned());
    assert_eq!(spool.subjects(), expected);
    let accepted = spool.accepted();
    assert!(accepted[..60].iter().all(|(envelope, _)| envelope.is_backlog));
    assert!(!accepted[60].0.is_backlog);
    let came_at = Timestamp::from_second(YEAR_2001.cast_signed()).unwrap();
    assert_eq!(accepted[0].0.received_at, Some(came_at));
    assert_eq!(server.files("").len(), 0);
    door.end().await.unwrap();
}

#[tokio::test]
async fn killed_server_brings_each_mail_exactly_once() {
    let (files, spool) = (files(), Recorder::closed());
    let mut server = Dovecot::start(&Wish::default()).await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    for name in names("mail", 200) {
        server.deliver("", &mail(&name));
    }
    for (let_in, sum) in [(10, 10), (30, 40), (35, 75)] {
        spool.let_in(let_in);
        spool.wait_for(sum).await;
        server.kill();
        server.restart().await;
    }
    spool.let_in(1000);
    spool.wait_for(200).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), names("mail", 200));
    assert_eq!(server.files("").len(), 0);
    // A server killed within MOVE may keep both copies of a message; all that counts is there.
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let done: BTreeSet<String> = server.files(".Done").iter().map(read).collect();
    assert_eq!(done.len(), 200);
    door.end().await.unwrap();
}

/// Failure 27: what was taken and not moved was taken again at every poll.
#[tokio::test]
async fn crash_between_accept_and_move_brings_nothing_twice() {
    let (files, spool) = (files(), Recorder::closed());
    let mut server = Dovecot::start(&Wish::default()).await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    for name in names("mail", 3) {
        server.deliver("", &mail(&name));
    }
    spool.let_in(2);
    spool.wait_for(2).await;
    server.kill();
    // The third is accepted and noted; its move finds no server, and the daemon ends.
    spool.let_in(1);
    spool.wait_for(3).await;
    door.wait_for("the failed move", |report| report.failure.is_some()).await;
    door.end().await.unwrap();
    assert_eq!(server.files(".Done").len(), 0);
    server.restart().await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    assert_eq!(spool.subjects(), names("mail", 3));
    assert_eq!((server.files("").len(), server.files(".Done").len()), (0, 3));
    door.end().await.unwrap();
}

#[tokio::test]
async fn new_uid_validity_brings_no_backlog_and_loses_nothing() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    for name in names("old", 30) {
        server.deliver_at(YEAR_2001, &mail(&name));
    }
    let settings = settings(server.port, &files, "");
    let door = Served::begin(settings.clone(), &spool, &files);
    spool.settle().await;
    server.deliver("", &mail("first"));
    spool.wait_for(1).await;
    spool.settle().await;
    let before = mark(&settings, &files, "INBOX").await;
    server.kill();
    server.renumber(before.uid_validity + 1);
    server.deliver("", &mail("second"));
    server.deliver_at(YEAR_2001, &mail("old 31"));
    server.restart().await;
    spool.wait_for(2).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), ["first", "second"]);
    let after = mark(&settings, &files, "INBOX").await;
    assert_eq!(before.uid_validity + 1, after.uid_validity);
    assert_eq!(before.first_contact_at, after.first_contact_at);
    assert_eq!(server.files("").len(), 31, "what is older than first contact stays");
    server.deliver_at(YEAR_2001, &mail("third, with an old date"));
    spool.wait_for(3).await;
    spool.settle().await;
    assert_eq!(spool.count(), 3);
    door.end().await.unwrap();
}

#[tokio::test]
async fn mail_expunged_under_the_door_is_passed_over() {
    let (files, spool) = (files(), Recorder::closed());
    let mut server = Dovecot::start(&Wish::default()).await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    let paths: Vec<PathBuf> =
        names("mail", 100).iter().map(|name| server.deliver("", &mail(name))).collect();
    spool.let_in(1);
    spool.wait_for(1).await;
    // 26 to 35 vanish behind the server's back, 60 to 69 by another client.
    for file in server.files("") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let lost = paths[25..35]
            .iter()
            .any(|path| name.starts_with(path.file_name().unwrap().to_string_lossy().as_ref()));
        if lost {
            fs::remove_file(file).unwrap();
        }
    }
    let stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let mut other = Peer::new(stream);
    other.say("a LOGIN \"desk\" {13+}\r\n").await;
    other.say(&format!("{PASSWORD}\r\nb SELECT INBOX\r\n")).await;
    other.say("c STORE 60:69 +FLAGS.SILENT (\\Deleted)\r\nd EXPUNGE\r\n").await;
    while !other.line().await.unwrap().starts_with("d OK") {}
    spool.let_in(1000);
    spool.wait_for(80).await;
    spool.settle().await;
    assert_eq!(spool.count(), 80);
    let subjects = spool.subjects();
    assert_eq!(subjects[..25], names("mail", 25));
    assert_eq!((server.files("").len(), server.files(".Done").len()), (0, 80));
    assert_eq!(server.files(".Failed").len(), 0);
    door.end().await.unwrap();
}

#[tokio::test]
async fn mail_that_came_while_away_is_taken_once() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    let settings = settings(server.port, &files, "");
    let door = Served::begin(settings.clone(), &spool, &files);
    spool.settle().await;
    door.end().await.unwrap();
    for name in names("mail", 500) {
        server.deliver("", &mail(&name));
    }
    let door = Served::begin(settings, &spool, &files);
    spool.wait_for(500).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), names("mail", 500));
    assert_eq!((server.files("").len(), server.files(".Done").len()), (0, 500));
    assert!(spool.seen.lock().unwrap().caught_up.iter().all(|count| [0, 500].contains(count)));
    door.end().await.unwrap();
}

#[tokio::test]
async fn folders_are_made_in_the_namespace_of_the_server() {
    let (files, spool) = (files(), Recorder::new());
    let wish = Wish { has_inbox_prefix: true, ..Wish::default() };
    let mut server = Dovecot::start(&wish).await;
    server.deliver("", &mail("old"));
    let settings =
        settings(server.port, &files, "done = \"Übrig & gut\"\nfailed = \"INBOX.Failed\"");
    let found = survey(&settings).await.unwrap();
    let done = "INBOX.&ANw-brig &- gut".to_owned();
    let failed = "INBOX.Failed".to_owned();
    assert_eq!(found, Survey { waiting: 1, done, failed, has_junk: None });
    let door = Served::begin(settings, &spool, &files);
    spool.settle().await;
    server.deliver("", &mail("new"));
    spool.wait_for(1).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), ["new"]);
    assert_eq!(server.files(".&ANw-brig &- gut").len(), 1);
    door.end().await.unwrap();
}

#[tokio::test]
async fn server_without_any_extension_is_enough() {
    let (files, spool) = (files(), Recorder::new());
    let wish = Wish { has_inbox_prefix: true, capability: Some("IMAP4rev1"), ..Wish::default() };
    let mut server = Dovecot::start(&wish).await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    for name in names("mail", 30) {
        server.deliver("", &mail(&name));
    }
    spool.wait_for(30).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), names("mail", 30));
    assert_eq!((server.files("").len(), server.files(".Done").len()), (0, 30));
    door.end().await.unwrap();
}

#[tokio::test]
async fn idle_wakes_the_door_within_moments() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    let mut settings = settings(server.port, &files, "");
    settings.poll_span = jiff::SignedDuration::from_mins(5);
    let door = Served::begin(settings, &spool, &files);
    until("the first look", || async { spool.times_caught_up() > 0 }).await;
    for number in 1..=3 {
        server.deliver("", &mail(&format!("mail {number}")));
        tokio::time::timeout(Duration::from_secs(5), spool.wait_for(number)).await.unwrap();
    }
    door.end().await.unwrap();
}

#[tokio::test]
async fn certificates_are_checked() {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let certificate = certified.cert.pem();
    let wish = Wish {
        certificate: Some((certificate, certified.signing_key.serialize_pem())),
        ..Wish::default()
    };
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&wish).await;
    let stranger = settings(server.tls_port, &files, "tls = \"implicit\"");
    let words = survey(&stranger).await.unwrap_err().to_string();
    assert!(words.contains("TLS"), "{words}");

    let ca_file = format!("ca_file = {:?}\n", server.path("certificate.pem"));
    let starttls = settings(server.port, &files, &format!("tls = \"starttls\"\n{ca_file}"));
    assert_eq!(survey(&starttls).await.unwrap().waiting, 0);
    let implicit = settings(server.tls_port, &files, &format!("tls = \"implicit\"\n{ca_file}"));
    let door = Served::begin(implicit, &spool, &files);
    spool.settle().await;
    let large = mail("large") + &"0123456789abcdef\r\n".repeat(300_000);
    server.deliver("", &large);
    spool.wait_for(1).await;
    assert_eq!(spool.accepted()[0].1, large);
    door.end().await.unwrap();
}

#[tokio::test]
async fn starttls_that_is_not_offered_sends_no_password() {
    let files = files();
    let server = Dovecot::start(&Wish::default()).await;
    let words = survey(&settings(server.port, &files, "tls = \"starttls\"")).await.unwrap_err();
    assert!(words.to_string().contains("offers no STARTTLS"), "{words}");
}

#[tokio::test]
async fn wrong_password_is_said_and_tried_again() {
    let (files, spool) = (files(), Recorder::new());
    let server = Dovecot::start(&Wish::default()).await;
    let settings = settings(server.port, &files, "");
    fs::write(files.path().join("password"), "wrong").unwrap();
    let door = Served::begin(settings, &spool, &files);
    let report = door.wait_for("a failure", |report| report.failure.is_some()).await;
    let words = report.failure.unwrap();
    assert!(words.starts_with("the server refuses the login of desk: "), "{words}");
    assert!(words.contains("Authentication failed") && !words.contains("wrong"), "{words}");
    fs::remove_file(files.path().join("password")).unwrap();
    door.wait_for("another failure", |report| {
        report.failure.as_ref().is_some_and(|words| words.contains("cannot be read"))
    })
    .await;
    fs::write(files.path().join("password"), PASSWORD).unwrap();
    door.wait_for("contact", |report| report.failure.is_none()).await;
    door.end().await.unwrap();
}

#[tokio::test]
async fn silent_door_raises_the_alarm_and_comes_back() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    let settings = settings(server.port, &files, "alarm_span = \"300 ms\"");
    let door = Served::begin(settings, &spool, &files);
    spool.settle().await;
    server.kill();
    let report = door.wait_for("the alarm", |report| report.is_alarming).await;
    assert!(report.last_contact_at.is_some() && report.failure.is_some());
    server.deliver("", &mail("meanwhile"));
    server.restart().await;
    spool.wait_for(1).await;
    door.wait_for("the end of the alarm", |report| !report.is_alarming).await;
    door.end().await.unwrap();
}

/// Failure 28: a mail that could not be kept was marked as read and lost.
#[tokio::test]
async fn full_disk_moves_nothing_and_loses_nothing() {
    let (files, spool) = (files(), Recorder::closed());
    let mut server = Dovecot::start(&Wish::default()).await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.settle().await;
    for name in names("mail", 10) {
        server.deliver("", &mail(&name));
    }
    spool.let_in(4);
    spool.wait_for(4).await;
    spool.refuse(Some(SpoolError::Full));
    spool.let_in(1000);
    let words = door.wait_for("a failure", |report| report.failure.is_some()).await.failure;
    assert_eq!(words.as_deref(), Some("not enough free space to accept mail"));
    assert_eq!((spool.count(), server.files("").len(), server.files(".Done").len()), (4, 6, 4));
    spool.refuse(None);
    spool.wait_for(10).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), names("mail", 10));
    spool.refuse(Some(SpoolError::Poisoned("sync".to_owned())));
    server.deliver("", &mail("one more"));
    let ended = tokio::time::timeout(DEADLINE, door.task).await.unwrap().unwrap();
    assert_eq!(ended, Err(SpoolError::Poisoned("sync".to_owned())));
    assert_eq!(server.files("").len(), 1);
}

#[tokio::test]
async fn junk_is_read_and_never_moved() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    let ours = |subject: &str| format!("In-Reply-To: <desk+17.x@nrw.example>\r\n{}", mail(subject));
    server.deliver(".Spam", &ours("lay there before"));
    let door = Served::begin(settings(server.port, &files, "junk = \"Spam\""), &spool, &files);
    spool.settle().await;
    server.deliver(".Spam", &mail("strange 1"));
    server.deliver(".Spam", &ours("answer"));
    server.deliver(".Spam", &mail("strange 2"));
    server.deliver("", &mail("ordinary"));
    spool.wait_for(2).await;
    door.wait_for("both counts", |report| (report.junk, report.taken) == (2, 2)).await;
    spool.settle().await;
    let mut accepted: Vec<(String, String)> = spool
        .accepted()
        .iter()
        .map(|(envelope, message)| (envelope.door.clone(), subject(message)))
        .collect();
    accepted.sort();
    let expected = [("imap:desk/INBOX", "ordinary"), ("imap:desk/Spam", "answer")];
    assert_eq!(accepted, expected.map(|(door, name)| (door.to_owned(), name.to_owned())));
    assert_eq!((server.files(".Spam").len(), server.files("").len()), (4, 0));
    door.end().await.unwrap();
}

#[tokio::test]
async fn failure_35_header_of_what_is_too_large_is_taken_and_the_rest_set_aside() {
    let (files, spool) = (files(), Recorder::new());
    let mut server = Dovecot::start(&Wish::default()).await;
    let settings = settings(server.port, &files, "message_bytes_max = 10000");
    let door = Served::begin(settings, &spool, &files);
    spool.settle().await;
    server.deliver("", &mail("one"));
    server.deliver("", &(mail("large") + &"x\r\n".repeat(5000)));
    server.deliver("", &mail("two"));
    spool.wait_for(3).await;
    spool.settle().await;
    let accepted = spool.accepted();
    let taken: Vec<_> = accepted
        .iter()
        .map(|(envelope, message)| (subject(message), envelope.whole_bytes))
        .collect();
    assert_eq!((taken[0].clone(), taken[2].clone()), (("one".into(), None), ("two".into(), None)));
    assert_eq!((taken.len(), taken[1].0.as_str()), (3, "large"));
    assert!(taken[1].1.unwrap() > 15_000, "{taken:?}");
    assert!(!accepted[1].1.contains("x\r\nx"), "only its header is taken");
    assert_eq!((server.files("").len(), server.files(".Failed").len()), (0, 1));
    assert_eq!(door.health.report().failed, 1);
    door.end().await.unwrap();
}

/// One end of a scripted dialog.
struct Peer {
    stream: BufReader<TcpStream>,
}

impl Peer {
    fn new(stream: TcpStream) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    async fn say(&mut self, words: &str) {
        self.stream.get_mut().write_all(words.as_bytes()).await.unwrap();
    }

    /// The next line, or nothing once the other end is gone.
    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }
}

/// A scripted server: what it says to a command, beside the usual. `None` is the usual.
type Script = fn(&mut Mailbox, &str) -> Option<String>;

/// The mailbox of a scripted server.
#[derive(Debug, Default, Clone)]
struct Mailbox {
    waiting: Vec<u32>,
    moves: Vec<String>,
    connections: usize,
    said: Vec<String>,
}

struct FakeServer {
    port: u16,
    mailbox: Arc<Mutex<Mailbox>>,
    task: JoinHandle<()>,
}

impl FakeServer {
    async fn start(waiting: Vec<u32>, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mailbox = Arc::new(Mutex::new(Mailbox { waiting, ..Mailbox::default() }));
        let shared = Arc::clone(&mailbox);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().connections += 1;
                attend(Peer::new(stream), &shared, script).await;
            }
        });
        Self { port, mailbox, task }
    }

    fn mailbox(&self) -> Mailbox {
        self.mailbox.lock().unwrap().clone()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one connection until the client goes.
async fn attend(mut peer: Peer, mailbox: &Mutex<Mailbox>, script: Script) {
    peer.say("* OK ready\r\n").await;
    let mut idle_tag = String::new();
    while let Some(line) = peer.line().await {
        let (tag, command) = line.split_once(' ').unwrap_or((&idle_tag, &line));
        let answer = {
            let mut mailbox = mailbox.lock().unwrap();
            mailbox.said.push(line.clone());
            let scripted = script(&mut mailbox, command);
            scripted.unwrap_or_else(|| usual(&mut mailbox, command))
        };
        // `+` and the like stand alone; everything else ends with the tagged OK.
        let end = match answer.as_str() {
            "hang" => continue,
            "cut" => return,
            answer if answer.starts_with('+') || answer.ends_with("!\r\n") => String::new(),
            answer if answer.ends_with("NO") => format!("{tag} NO no\r\n"),
            _ => format!("{tag} OK done\r\n"),
        };
        peer.say(&format!("{}{end}", answer.trim_end_matches("NO"))).await;
        idle_tag = tag.to_owned();
    }
}

fn usual(mailbox: &mut Mailbox, command: &str) -> String {
    if command == "CAPABILITY" {
        return "* CAPABILITY IMAP4rev1 IDLE MOVE\r\n".to_owned();
    }
    if command.starts_with("SELECT") {
        let (count, next) = (mailbox.waiting.len(), 100);
        return format!(
            "* {count} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {next}] ok\r\n"
        );
    }
    if command.starts_with("UID SEARCH") {
        let uids: Vec<String> = mailbox.waiting.iter().map(u32::to_string).collect();
        return format!("* SEARCH {}\r\n", uids.join(" "));
    }
    if command.starts_with("UID FETCH") {
        let wanted = asked(mailbox, command);
        return wanted.iter().map(|uid| fetch_answer(*uid, command)).collect();
    }
    if command.starts_with("UID MOVE") {
        let gone = asked(mailbox, command);
        mailbox.waiting.retain(|uid| !gone.contains(uid));
        mailbox.moves.push(command.to_owned());
    }
    if command == "IDLE" {
        return "+ idling\r\n".to_owned();
    }
    String::new()
}

/// The waiting messages that a command names.
fn asked(mailbox: &Mailbox, command: &str) -> Vec<u32> {
    let set = command.split(' ').nth(2).unwrap();
    let is_in = |uid: &u32| {
        set.split(',').any(|range| {
            let (first, last) = range.split_once(':').unwrap_or((range, range));
            (first.parse::<u32>().unwrap()..=last.parse().unwrap()).contains(uid)
        })
    };
    mailbox.waiting.iter().copied().filter(is_in).collect()
}

fn fetch_answer(uid: u32, command: &str) -> String {
    let message = mail(&format!("mail {uid}"));
    if command.contains("BODY.PEEK[]") {
        return format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{message})\r\n", message.len());
    }
    format!("* {uid} FETCH (UID {uid} RFC822.SIZE {})\r\n", message.len())
}

#[tokio::test]
async fn answer_that_cannot_be_read_stops_only_its_message() {
    let (files, spool) = (files(), Recorder::new());
    let server = FakeServer::start(vec![101, 102, 103, 104], |mailbox, command| {
        let is_bad = command.contains("BODY.PEEK") && asked(mailbox, command).contains(&102);
        is_bad.then(|| "* 102 FETCH (UID 102 BODY[] what is this)\r\n".to_owned())
    });
    let server = server.await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.wait_for(3).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), ["mail 101", "mail 103", "mail 104"]);
    let mailbox = server.mailbox();
    assert!(mailbox.moves.contains(&"UID MOVE 102 \"Failed\"".to_owned()), "{mailbox:?}");
    assert_eq!(mailbox.waiting, Vec::<u32>::new());
    assert_eq!(mailbox.connections, 3, "it was tried once more, on a new connection");
    door.end().await.unwrap();
}

#[tokio::test]
async fn message_that_never_comes_is_noted_where_it_cannot_be_moved() {
    let (files, spool) = (files(), Recorder::new());
    let server = FakeServer::start(vec![101, 102, 103], |mailbox, command| {
        if command.contains("MOVE 102") {
            return Some("NO".to_owned());
        }
        let wanted = command.contains("BODY.PEEK").then(|| asked(mailbox, command))?;
        let given = wanted.iter().filter(|uid| **uid != 102);
        Some(given.map(|uid| fetch_answer(*uid, command)).collect())
    });
    let server = server.await;
    let settings = settings(server.port, &files, "");
    let door = Served::begin(settings.clone(), &spool, &files);
    spool.wait_for(2).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), ["mail 101", "mail 103"]);
    assert_eq!(server.mailbox().waiting, [102]);
    assert_eq!(mark(&settings, &files, "INBOX").await.failed, [102]);
    door.end().await.unwrap();
}

/// Failure 31: IDLE went deaf, and the process looked healthy.
#[tokio::test]
async fn connection_that_died_in_idle_is_replaced() {
    let (files, spool) = (files(), Recorder::new());
    let server = FakeServer::start(vec![], |mailbox, command| {
        let is_dead = mailbox.connections == 1 && command == "DONE";
        if is_dead {
            mailbox.waiting.push(101);
        }
        is_dead.then(|| "hang".to_owned())
    });
    let server = server.await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    let taken = tokio::time::timeout(Duration::from_secs(30), async {
        while spool.count() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    taken.await.expect("a new connection takes the mail");
    assert_eq!(server.mailbox().connections, 2);
    door.end().await.unwrap();
}

/// Failure 26: a single mail stopped all fetching.
#[tokio::test]
async fn message_that_cuts_every_connection_stops_only_itself() {
    let (files, spool) = (files(), Recorder::new());
    let server = FakeServer::start(vec![101, 102, 103], |mailbox, command| {
        let is_bad = command.contains("BODY.PEEK") && asked(mailbox, command).contains(&102);
        is_bad.then(|| "cut".to_owned())
    });
    let server = server.await;
    let door = Served::begin(settings(server.port, &files, ""), &spool, &files);
    spool.wait_for(2).await;
    spool.settle().await;
    assert_eq!(spool.subjects(), ["mail 101", "mail 103"]);
    let mailbox = server.mailbox();
    assert!(mailbox.moves.contains(&"UID MOVE 102 \"Failed\"".to_owned()), "{mailbox:?}");
    assert_eq!(mailbox.connections, 5, "one cut in the group, three alone, and the last");
    door.end().await.unwrap();
}

#[tokio::test]
async fn server_that_stops_answering_is_asked_anew() {
    let (files, spool) = (files(), Recorder::new());
    let server = FakeServer::start(vec![101], |mailbox, command| {
        let fault = match mailbox.connections {
            1 => "hang",
            2 => "cut",
            _ => return None,
        };
        command.starts_with("UID SEARCH").then(|| fault.to_owned())
    });
    let server = server.await;
    let settings = settings(server.port, &files, "answer_span = \"200 ms\"");
    let door = Served::begin(settings, &spool, &files);
    let said = door.wait_for("a failure", |report| report.failure.is_some()).await.failure;
    assert_eq!(said.as_deref(), Some("no answer to SEARCH: the connection is dead"));
    spool.wait_for(1).await;
    spool.settle().await;
    assert_eq!((spool.count(), server.mailbox().connections), (1, 3));
    // The end of a connection is not the news that the folder is empty.
    assert!(!spool.seen.lock().unwrap().caught_up.contains(&0));
    door.end().await.unwrap();
}

#[tokio::test]
async fn token_is_asked_for_anew_at_each_login() {
    let (files, spool) = (files(), Recorder::new());
    let server = FakeServer::start(vec![], |mailbox, command| {
        if command == "AUTHENTICATE XOAUTH2" {
            return Some("+ \r\n".to_owned());
        }
        // The answers to challenges have no tag: the second of them is the empty one.
        let first = mailbox.said.iter().rev().find(|line| line.contains("AUTHENTICATE"))?;
        let tag = first.split(' ').next().unwrap().to_owned();
        if mailbox.said.iter().rev().nth(1).is_some_and(|line| line.contains("AUTHENTICATE")) {
            return Some(match mailbox.connections {
                1 => "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n".to_owned(),
                _ => format!("{tag} OK welcome!\r\n"),
            });
        }
        command.is_empty().then(|| format!("{tag} NO expired!\r\n"))
    });
    let server = server.await;
    let more = "token_command = [\"printf\", \"ya29.token\"]";
    let door = Served::begin(settings(server.port, &files, more), &spool, &files);
    spool.settle().await;
    let said = server.mailbox().said;
    // user=desk^Aauth=Bearer ya29.token^A^A
    let words = "dXNlcj1kZXNrAWF1dGg9QmVhcmVyIHlhMjkudG9rZW4BAQ==";
    assert_eq!(said.iter().filter(|line| *line == words).count(), 2, "{said:?}");
    assert_eq!(server.mailbox().connections, 2);
    door.end().await.unwrap();

    let broken = settings(server.port, &files, "token_command = [\"false\"]");
    let words = survey(&broken).await.unwrap_err().to_string();
    assert!(words.contains("token_command false gave no token"), "{words}");
}

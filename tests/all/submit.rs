//! Ways out against scripted servers, real folders and programs written by the test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lotse::submit::settings::{Kind, Tls};
use lotse::submit::{Maildir, Outcome, Parcel, Submit, SubmitError, SubmitSettings};
use lotse::types::{Address, OutboxId};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

/// No test waits longer than this for a peer.
const PATIENCE: Duration = Duration::from_secs(20);

fn parcel(id: u64, from: &str, to: &str, bytes: impl Into<Vec<u8>>) -> Parcel {
    let address = |text: &str| Address::parse(text).unwrap();
    Parcel {
        id: OutboxId(id),
        reverse_path: Some(from).filter(|from| !from.is_empty()).map(address),
        forward_path: address(to),
        bytes: bytes.into(),
    }
}

fn hello(id: u64) -> Parcel {
    parcel(id, "desk@nrw.example", "otto@outside.example", "Subject: one\r\n\r\nHello.\r\n")
}

fn smtp_settings(port: u16, tls: Tls) -> SubmitSettings {
    SubmitSettings {
        host: Some("localhost".to_owned()),
        port: Some(port),
        tls: Some(tls),
        ..SubmitSettings::new(Kind::Smtp)
    }
}

/// The outcome as the dialog files write it.
fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent(words) => format!("Sent: {words}"),
        Outcome::Transient(words) => format!("Transient: {words}"),
        Outcome::Permanent { status, diagnostic } => format!("Permanent {status}: {diagnostic}"),
        Outcome::RefusedSender { diagnostic } => format!("RefusedSender: {diagnostic}"),
        Outcome::Uncertain(words) => format!("Uncertain: {words}"),
    }
}

// Dialogs: above `---` the parcels and what must become of each, below it the server's script.

struct Dialog {
    needs_login: bool,
    parcels: Vec<(Parcel, String)>,
    script: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    /// Waits for the next connection.
    Accept,
    /// Says these octets.
    Say(Vec<u8>),
    /// Expects this line.
    Hear(Vec<u8>),
    /// Reads up to the end of the data.
    Data,
    /// Closes, whatever was not read.
    Close,
    /// Waits until the client closes.
    Hangup,
}

impl Dialog {
    fn parse(text: &str) -> Self {
        let (head, script) = text.split_once("\n---\n").expect("a line of three dashes");
        let mut dialog = Self { needs_login: false, parcels: vec![], script: vec![Step::Accept] };
        for line in head.lines().filter(|line| !line.starts_with('#')) {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("login", _) => dialog.needs_login = true,
                ("parcel", rest) => dialog.parcels.push((parse_parcel(rest), String::new())),
                ("outcome", rest) => dialog.parcels.last_mut().unwrap().1 = rest.to_owned(),
                _ => panic!("not understood: {line}"),
            }
        }
        dialog.script.extend(script.lines().map(parse_step));
        dialog
    }
}

fn parse_parcel(text: &str) -> Parcel {
    let mut words = text.splitn(3, ' ');
    let mut path = || words.next().unwrap().trim_matches(['<', '>']);
    let (from, to) = (path(), path());
    let text = words.next().unwrap();
    let bytes = match text.strip_prefix('*') {
        Some(octets) => "0123456789abcd\r\n".repeat(octets.parse::<usize>().unwrap() / 16).into(),
        None => unescape(text),
    };
    parcel(1, from, to, bytes)
}

fn parse_step(line: &str) -> Step {
    match line.split_once(": ").unwrap_or_else(|| (line.trim_end_matches(':'), "")) {
        ("S", text) => Step::Say([unescape(text), b"\r\n".to_vec()].concat()),
        ("C", text) => Step::Hear(unescape(text)),
        ("accept", _) => Step::Accept,
        ("data", _) => Step::Data,
        ("close", _) => Step::Close,
        ("hangup", _) => Step::Hangup,
        _ => panic!("not understood: {line}"),
    }
}

/// `\n` is CRLF, `\xFC` is one octet.
fn unescape(text: &str) -> Vec<u8> {
    let mut parts = text.split('\\');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        if let Some(rest) = part.strip_prefix('n') {
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(rest.as_bytes());
        } else {
            let (octet, rest) = part.strip_prefix('x').unwrap().split_at(2);
            bytes.push(u8::from_str_radix(octet, 16).unwrap());
            bytes.extend_from_slice(rest.as_bytes());
        }
    }
    bytes
}

/// Plays the script; an `Err` says where the client left it.
async fn play(listener: TcpListener, script: Vec<Step>) -> Result<(), String> {
    let mut stream: Option<BufReader<TcpStream>> = None;
    for step in script {
        let place = format!("{step:?}");
        match step {
            Step::Accept => {
                let (socket, _) = listener.accept().await.map_err(|error| error.to_string())?;
                stream = Some(BufReader::new(socket));
            }
            Step::Say(bytes) => {
                let said = stream.as_mut().unwrap().write_all(&bytes).await;
                said.map_err(|error| format!("{place}: {error}"))?;
            }
            Step::Hear(expected) => {
                let heard = hear(stream.as_mut().unwrap()).await;
                if heard.as_deref() != Some(expected.as_slice()) {
                    let heard = heard.map(|line| String::from_utf8_lossy(&line).into_owned());
                    let expected = String::from_utf8_lossy(&expected);
                    return Err(format!("expected {expected:?}, heard {heard:?}"));
                }
            }
            Step::Data => loop {
                match hear(stream.as_mut().unwrap()).await.as_deref() {
                    Some(b".") => break,
                    Some(_) => {}
                    None => return Err("the data had no end".to_owned()),
                }
            },
            Step::Close => stream = None,
            Step::Hangup => {
                if let Some(line) = hear(stream.as_mut().unwrap()).await {
                    return Err(format!("heard {line:?} instead of the end"));
                }
            }
        }
    }
    Ok(())
}

/// One line without its CRLF; a line that ends otherwise keeps its end and so equals nothing.
async fn hear(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok().filter(|count| *count > 0)?;
    Some(line.strip_suffix(b"\r\n").map(<[u8]>::to_vec).unwrap_or(line))
}

async fn run_dialog(text: &str) -> Result<(), String> {
    let dialog = Dialog::parse(text);
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = smtp_settings(listener.local_addr().unwrap().port(), Tls::None);
    settings.host = Some("127.0.0.1".to_owned());
    settings.connections = Some(1);
    if dialog.needs_login {
        fs::write(folder.path().join("smtp.password"), "secret word\n").unwrap();
        settings.user = Some("desk".to_owned());
        settings.password_file = Some("smtp.password".into());
    }
    let submit = Submit::open(&settings, folder.path()).unwrap();
    let peer = tokio::spawn(play(listener, dialog.script));
    let mut differences = Vec::new();
    for (parcel, expected) in dialog.parcels {
        let submitted = timeout(PATIENCE, submit.submit(parcel)).await;
        let found = submitted.map_or_else(|_| "nothing in time".to_owned(), |o| shown(&o));
        let is_same = match expected.split_once("..") {
            Some((start, end)) => found.starts_with(start) && found.ends_with(end),
            None => found == expected,
        };
        if !is_same {
            differences.push(format!("expected `{expected}`, found `{found}`"));
        }
    }
    match timeout(PATIENCE, peer).await {
        Ok(played) => differences.extend(played.unwrap().err()),
        Err(_) => differences.push("the script was not played to its end".to_owned()),
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n    ")) }
}

#[tokio::test]
async fn dialogs_with_a_server_end_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dialogs/smtp");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 30, "only {} dialogs", paths.len());
    let mut failures = Vec::new();
    for path in paths {
        if let Err(difference) = run_dialog(&fs::read_to_string(&path).unwrap()).await {
            failures.push(format!("{}:\n    {difference}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn a_harness_that_hears_something_else_says_so() {
    let script = "S: 220 mx\nC: HELO localhost\n";
    let text =
        format!("parcel <a@b.example> <c@d.example> x\noutcome Transient: ..\n---\n{script}");
    let difference = run_dialog(&text).await.unwrap_err();
    assert!(difference.contains("EHLO localhost"), "{difference}");
}

// A server that takes everything, for pools and TLS.

struct Server {
    port: u16,
    accepted: Arc<AtomicUsize>,
    at_once: Arc<AtomicUsize>,
}

async fn serve(tls: Option<(TlsAcceptor, Tls)>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server { port, accepted: Arc::default(), at_once: Arc::default() };
    let (accepted, at_once) = (Arc::clone(&server.accepted), Arc::clone(&server.at_once));
    tokio::spawn(async move {
        let open = Arc::new(AtomicUsize::new(0));
        while let Ok((socket, _)) = listener.accept().await {
            socket.set_nodelay(true).unwrap();
            accepted.fetch_add(1, Ordering::SeqCst);
            at_once.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let (tls, open) = (tls.clone(), Arc::clone(&open));
            tokio::spawn(async move {
                // A client that breaks off is a case of its own test.
                drop(take_all(socket, tls).await);
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    server
}

async fn take_all(socket: TcpStream, tls: Option<(TlsAcceptor, Tls)>) -> std::io::Result<()> {
    match tls {
        None | Some((_, Tls::None)) => converse(socket, true, "").await.map(drop),
        Some((acceptor, Tls::Implicit)) => {
            let stream = acceptor.accept(socket).await?;
            converse(stream, true, "").await.map(drop)
        }
        Some((acceptor, Tls::StartTls)) => {
            if let Some(socket) = converse(socket, true, "STARTTLS").await? {
                let stream = acceptor.accept(socket).await?;
                converse(stream, false, "").await?;
            }
            Ok(())
        }
    }
}

/// Takes every mail; the stream comes back when STARTTLS was asked for and offered.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    is_greeting: bool,
    offer: &str,
) -> std::io::Result<Option<S>> {
    let mut stream = BufReader::new(stream);
    if is_greeting {
        stream.write_all(b"220 mx ESMTP\r\n").await?;
        stream.flush().await?;
    }
    while let Some(line) = hear(&mut stream).await {
        let line = String::from_utf8_lossy(&line).into_owned();
        let answer = match line.split(' ').next().unwrap() {
            "EHLO" if offer.is_empty() => "250-mx\r\n250 PIPELINING\r\n".to_owned(),
            "EHLO" => format!("250-mx\r\n250 {offer}\r\n"),
            "STARTTLS" => {
                stream.write_all(b"220 2.0.0 go on\r\n").await?;
                stream.flush().await?;
                return Ok(Some(stream.into_inner()));
            }
            "DATA" => {
                stream.write_all(b"354 go\r\n").await?;
                stream.flush().await?;
                while hear(&mut stream).await.as_deref().unwrap_or(b".") != b"." {}
                "250 2.0.0 taken\r\n".to_owned()
            }
            _ => "250 2.0.0 ok\r\n".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(None)
}

async fn submit_all(submit: &Submit, count: u64) -> Vec<Outcome> {
    let tasks: Vec<_> = (0..count)
        .map(|id| {
            let submit = submit.clone();
            tokio::spawn(async move { submit.submit(hello(id)).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(timeout(PATIENCE, task).await.unwrap().unwrap());
    }
    outcomes
}

fn assert_all_sent(outcomes: &[Outcome]) {
    for outcome in outcomes {
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_bounded_and_used_again() {
    let server = serve(None).await;
    let settings = SubmitSettings { connections: Some(3), ..smtp_settings(server.port, Tls::None) };
    let submit = Submit::open(&settings, Path::new("/")).unwrap();
    assert_all_sent(&submit_all(&submit, 200).await);
    assert_all_sent(&submit_all(&submit.clone(), 200).await);
    let accepted = server.accepted.load(Ordering::SeqCst);
    assert!((1..=3).contains(&accepted), "{accepted} connections for 400 parcels");
    assert!(server.at_once.load(Ordering::SeqCst) <= 3);
}

#[tokio::test]
async fn no_server_is_a_transient_outcome() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let submit = Submit::open(&smtp_settings(port, Tls::None), Path::new("/")).unwrap();
    let outcome = submit.submit(hello(1)).await;
    assert!(
        matches!(&outcome, Outcome::Transient(words) if words.contains("refused")),
        "{outcome:?}"
    );
}

struct Authority {
    folder: tempfile::TempDir,
    acceptor: TlsAcceptor,
}

/// A certificate for `name` that is its own authority, as `ca.pem` in a folder.
fn authority(name: &str) -> Authority {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    Authority { folder, acceptor: TlsAcceptor::from(Arc::new(config)) }
}

fn tls_settings(port: u16, tls: Tls) -> SubmitSettings {
    SubmitSettings { ca_file: Some("ca.pem".into()), ..smtp_settings(port, tls) }
}

#[tokio::test]
async fn mail_leaves_over_tls_of_both_kinds() {
    for tls in [Tls::Implicit, Tls::StartTls] {
        let authority = authority("localhost");
        let server = serve(Some((authority.acceptor.clone(), tls))).await;
        let settings = tls_settings(server.port, tls);
        let submit = Submit::open(&settings, authority.folder.path()).unwrap();
        assert_all_sent(&submit_all(&submit, 20).await);
        let accepted = server.accepted.load(Ordering::SeqCst);
        assert!((1..=4).contains(&accepted), "{tls:?}: {accepted} connections");
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_prove_the_server_stops_the_mail() {
    for tls in [Tls::Implicit, Tls::StartTls] {
        let (theirs, ours) = (authority("localhost"), authority("localhost"));
        let server = serve(Some((theirs.acceptor.clone(), tls))).await;
        let submit = Submit::open(&tls_settings(server.port, tls), ours.folder.path()).unwrap();
        let outcome = submit.submit(hello(1)).await;
        assert!(
            matches!(&outcome, Outcome::Transient(words) if words.contains("certificate")),
            "{outcome:?}"
        );

        let other = authority("mail.elsewhere.example");
        let server = serve(Some((other.acceptor.clone(), tls))).await;
        let submit = Submit::open(&tls_settings(server.port, tls), other.folder.path()).unwrap();
        let outcome = submit.submit(hello(1)).await;
        assert!(
            matches!(&outcome, Outcome::Transient(words) if words.contains("certificate")),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn without_starttls_or_with_words_behind_it_nothing_is_sent() {
    for (script, words) in [
        ("S: 220 mx\nC: EHLO localhost\nS: 250 mx\nhangup", "does not offer STARTTLS"),
        (
            "S: 220 mx\nC: EHLO localhost\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\n\
             S: 220 go on\\n250-mx\\n250 PIPELINING\nhangup",
            "behind the answer to STARTTLS",
        ),
    ] {
        let authority = authority("localhost");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let steps = std::iter::once(Step::Accept).chain(script.lines().map(parse_step)).collect();
        let peer = tokio::spawn(play(listener, steps));
        let settings = tls_settings(port, Tls::StartTls);
        let submit = Submit::open(&settings, authority.folder.path()).unwrap();
        let outcome = timeout(PATIENCE, submit.submit(hello(1))).await.unwrap();
        assert!(
            matches!(&outcome, Outcome::Transient(said) if said.contains(words)),
            "{outcome:?}"
        );
        assert_eq!(timeout(PATIENCE, peer).await.unwrap().unwrap(), Ok(()));
    }
}

#[test]
fn what_cannot_be_opened_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let with_login = SubmitSettings {
        user: Some("desk".to_owned()),
        password_file: Some("missing.password".into()),
        ..smtp_settings(25, Tls::None)
    };
    let cases = [
        (with_login, "missing.password"),
        (tls_settings(465, Tls::Implicit), "ca.pem"),
        (SubmitSettings::new(Kind::Smtp), "needs `host`"),
    ];
    for (settings, word) in cases {
        let error = Submit::open(&settings, folder.path()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    fs::write(folder.path().join("ca.pem"), "nothing").unwrap();
    let error = Submit::open(&tls_settings(465, Tls::Implicit), folder.path()).unwrap_err();
    assert!(matches!(error, SubmitError::Authorities(_)), "{error}");
}

// The maildir.

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn maildir(base: &Path) -> Submit {
    Submit::open(&SubmitSettings::default(), base).unwrap()
}

#[tokio::test]
async fn a_file_of_the_maildir_begins_with_its_envelope() {
    let base = tempfile::tempdir().unwrap();
    let submit = maildir(base.path());
    let body = "Subject: one\r\n\r\nHello.\r\n";
    let null = parcel(8, "", "otto@outside.example", body);
    for (parcel, reverse_path) in [(hello(7), "desk@nrw.example"), (null, "")] {
        assert_eq!(submit.submit(parcel.clone()).await, Outcome::Sent(Maildir::file_name(&parcel)));
        let path = base.path().join("outgoing/new").join(Maildir::file_name(&parcel));
        let expected = format!(
            "Return-Path: <{reverse_path}>\r\nDelivered-To: otto@outside.example\r\n{body}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(names(&base.path().join("outgoing/tmp")), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_submit_replaces_the_file() {
    let base = tempfile::tempdir().unwrap();
    let submit = maildir(base.path());
    assert_all_sent(&submit_all(&submit, 100).await);
    assert_all_sent(&submit_all(&maildir(base.path()), 100).await);
    let new = base.path().join("outgoing/new");
    assert_eq!(names(&new).len(), 100);

    let later = parcel(7, "desk@nrw.example", "otto@outside.example", "Subject: two\r\n\r\n");
    assert_all_sent(&[submit.submit(later.clone()).await]);
    assert_eq!(names(&new).len(), 100);
    let text = fs::read_to_string(new.join(Maildir::file_name(&later))).unwrap();
    assert!(text.ends_with("Subject: two\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn a_reader_that_moved_the_file_sees_the_same_name_again() {
    let base = tempfile::tempdir().unwrap();
    let submit = maildir(base.path());
    let name = Maildir::file_name(&hello(7));
    assert_all_sent(&[submit.submit(hello(7)).await]);
    let folder = base.path().join("outgoing");
    fs::rename(folder.join("new").join(&name), folder.join("cur").join(format!("{name}:2,S")))
        .unwrap();
    assert_all_sent(&[submit.submit(hello(7)).await]);
    assert_eq!(names(&folder.join("new")), vec![name]);
}

#[tokio::test]
async fn a_failure_leaves_no_half_file_where_readers_look() {
    let base = tempfile::tempdir().unwrap();
    let submit = maildir(base.path());
    let folder = base.path().join("outgoing");
    // A folder in the file's place lets everything pass but the last step.
    let blocked = folder.join("new").join(Maildir::file_name(&hello(7)));
    fs::create_dir(&blocked).unwrap();
    let outcome = submit.submit(hello(7)).await;
    assert!(matches!(outcome, Outcome::Transient(_)), "{outcome:?}");
    assert_eq!(names(&folder.join("tmp")), Vec::<String>::new());
    assert_eq!(names(&folder.join("new")), vec![Maildir::file_name(&hello(7))]);

    fs::remove_dir(&blocked).unwrap();
    fs::remove_dir(folder.join("tmp")).unwrap();
    let outcome = submit.submit(hello(7)).await;
    assert!(matches!(outcome, Outcome::Transient(_)), "{outcome:?}");
    assert_eq!(names(&folder.join("new")), Vec::<String>::new());

    fs::create_dir(folder.join("tmp")).unwrap();
    assert_all_sent(&[submit.submit(hello(7)).await]);
}

// The program.

/// A program in a fresh folder; `script` runs there.
fn sendmail(script: &str) -> (tempfile::TempDir, Submit) {
    let base = tempfile::tempdir().unwrap();
    let program = base.path().join("sendmail");
    let draft = base.path().join("draft");
    fs::write(&draft, format!("#!/bin/sh\ncd '{}'\n{script}\n", base.path().display())).unwrap();
    // Not by our own hands: a program that another test starts in this moment would inherit the
    // open file, and what is open for writing cannot be run.
    let install =
        std::process::Command::new("install").arg("-m755").args([&draft, &program]).status();
    assert!(install.unwrap().success());
    let settings = SubmitSettings {
        program: Some("sendmail".into()),
        connections: Some(1),
        ..SubmitSettings::new(Kind::Sendmail)
    };
    let submit = Submit::open(&settings, base.path()).unwrap();
    (base, submit)
}

#[tokio::test]
async fn the_program_gets_envelope_and_message() {
    let (base, submit) =
        sendmail("for word in \"$@\"; do echo \"[$word]\"; done > words; cat > mail");
    for (from, words) in [
        ("desk@nrw.example", "[-i]\n[-f]\n[desk@nrw.example]\n[--]\n[-otto@outside.example]\n"),
        ("", "[-i]\n[-f]\n[]\n[--]\n[-otto@outside.example]\n"),
    ] {
        let parcel = parcel(1, from, "-otto@outside.example", "Subject: one\r\n\r\n.\r\nHello\r\n");
        assert_all_sent(&[submit.submit(parcel).await]);
        assert_eq!(fs::read_to_string(base.path().join("words")).unwrap(), words);
        let mail = fs::read_to_string(base.path().join("mail")).unwrap();
        assert_eq!(mail, "Subject: one\n\n.\nHello\n");
    }
}

#[tokio::test]
async fn exits_of_the_program_are_understood() {
    for (script, start) in [
        ("cat > mail", "Sent: "),
        ("cat > mail; echo busy >&2; exit 75", "Transient: "),
        ("cat > mail; exit 1", "Transient: "),
        ("cat > mail; exit 64", "Transient: "),
        ("cat > mail; echo nobody >&2; exit 67", "Permanent 5.1.1: "),
        ("exit 68", "Permanent 5.1.1: "),
        ("cat > mail; kill -9 $$", "Uncertain: "),
    ] {
        let (_base, submit) = sendmail(script);
        let found = shown(&timeout(PATIENCE, submit.submit(hello(1))).await.unwrap());
        assert!(found.starts_with(start), "{script}: {found}");
        for word in ["busy", "nobody"] {
            assert_eq!(found.contains(word), script.contains(word), "{script}: {found}");
        }
    }
}

#[tokio::test]
async fn a_program_that_says_much_or_reads_nothing_does_not_block() {
    let big = parcel(1, "desk@nrw.example", "otto@outside.example", "x\r\n".repeat(1_000_000));
    for (script, start) in [
        ("head -c 1000000 /dev/zero | tr '\\0' x >&2; cat > mail", "Sent: "),
        ("exit 75", "Transient: "),
        ("exec 0<&-; kill -9 $$", "Transient: "),
        ("cat > mail; sleep 10 & exit 0", "Sent: "),
    ] {
        let (_base, submit) = sendmail(script);
        let found = shown(&timeout(PATIENCE, submit.submit(big.clone())).await.unwrap());
        assert!(found.starts_with(start), "{script}: {found}");
        assert!(found.len() < 1000, "{script}: {} octets", found.len());
    }
}

#[tokio::test]
async fn a_missing_program_is_a_transient_outcome() {
    let base = tempfile::tempdir().unwrap();
    let settings =
        SubmitSettings { program: Some("not-there".into()), ..SubmitSettings::new(Kind::Sendmail) };
    let submit = Submit::open(&settings, base.path()).unwrap();
    let found = shown(&submit.submit(hello(1)).await);
    assert!(found.starts_with("Transient: ") && found.contains("not-there"), "{found}");
}

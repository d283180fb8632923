//! What a mailbox's login is proven with stands in no log, however much is logged.
//!
//! Deliberately absent: the site's own secrets, whose type prints none.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::parts::wait_for;
use crate::servers_lotse::{Lotse, PROGRAM};
use crate::servers_reader::PATIENCE;
use crate::servers_world::ORGANIZATION;

/// A server that refuses every login; it tells what it heard.
fn server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            refuse(&stream.unwrap(), &sender);
        }
    });
    (port, heard)
}

fn refuse(stream: &TcpStream, heard: &Sender<String>) {
    let answer = |line: &str| {
        let mut writer = stream;
        let _peer_left = writer.write_all(format!("{line}\r\n").as_bytes());
    };
    answer("* OK ready");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        let (tag, command) = line.split_once(' ').unwrap();
        let _test_over = heard.send(command.to_owned());
        if command.starts_with("AUTHENTICATE") {
            answer("+ ");
            let _test_over = heard.send(lines.next().unwrap_or_default());
        }
        answer(&format!("{tag} NO not this time"));
    }
}

/// Starts a daemon that logs all it can, and waits until it said `secret` to the server.
fn log_after_login(login: &str, files: &[(&str, &str)], secret: &str) -> String {
    let (port, heard) = server();
    let settings = format!(
        "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\ndispatcher = \"kontakt\"\n\
         organization = \"organization.toml\"\n[[door]]\nkind = \"imap\"\nhost = \"127.0.0.1\"\n\
         port = {port}\ntls = \"none\"\nuser = \"desk\"\nretry_span = \"50 ms\"\n{login}\n"
    );
    let mut lotse = Lotse::furnish(&settings, ORGANIZATION);
    for (name, text) in files {
        std::fs::write(lotse.path(name), text).unwrap();
    }
    let log = std::fs::File::create(lotse.path("log")).unwrap();
    let mut serve = Command::new(PROGRAM);
    serve.args(["serve", "--config"]).arg(lotse.config()).current_dir(lotse.home());
    serve.env("RUST_LOG", "trace,async_imap=trace,async_imap::imap_stream=trace");
    lotse.serve_by({
        serve.stdout(Stdio::null()).stderr(log);
        serve
    });
    wait_for("the login", PATIENCE, || {
        let line = heard.try_recv().ok()?;
        line.contains(secret).then_some(())
    });
    wait_for("its refusal", PATIENCE, || lotse.log().contains("not this time").then_some(()));
    lotse.end();
    let log = lotse.log();
    assert!(log.contains("TRACE"), "{log}");
    log
}

#[test]
fn passwords_and_tokens_are_logged_at_no_level() {
    let password = "correct-horse-17";
    let login = "password_file = \"password\"";
    let log = log_after_login(login, &[("password", password)], password);
    assert!(!log.contains(password), "{log}");
    // PLAIN and XOAUTH2 in base64, as they cross the wire.
    let plain = "AGRlc2sAU2NobMO8c3NlbC0xNw==";
    let log = log_after_login(login, &[("password", "Schlüssel-17")], plain);
    assert!(!log.contains(plain) && !log.contains("Schlüssel-17"), "{log}");
    let token = "user=desk\u{1}auth=Bearer t0k3n-of-desk\u{1}\u{1}";
    let encoded = "dXNlcj1kZXNrAWF1dGg9QmVhcmVyIHQwazNuLW9mLWRlc2sBAQ==";
    let login = "token_command = [\"echo\", \"t0k3n-of-desk\"]";
    let log = log_after_login(login, &[], encoded);
    assert!(!log.contains(encoded) && !log.contains("t0k3n") && !log.contains(token), "{log}");
}

//! Plays the files of `fixtures/dialogs/lmtp` against a real listener on loopback.
//!
//! Lines of a dialog: `C:` a command (CR LF is added); `R:` raw octets with `\r \n \0 \xNN`;
//! `F: 9 text` raw octets nine times; `S:` the exact next answer line;
//! `M: reverse-path to,to text` the next accepted message with escapes, `N:` the same with its
//! octets counted; `E:` the server closes; `D:` something done to the door; `#` a remark. Lines
//! sent without an answer between them go out in one write. An answer or a message that no line
//! awaits fails the dialog.

use std::path::Path;

use lotse::intake::lmtp::LmtpSettings;
use lotse::intake::{Envelope, SpoolError};
use lotse::mail::ReversePath;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::memory_spool::{Door, PATIENCE};

struct Player {
    door: Door,
    stream: BufReader<TcpStream>,
    unsent: Vec<u8>,
    accepted: std::collections::VecDeque<(Envelope, Vec<u8>)>,
}

impl Player {
    async fn begin(settings: LmtpSettings) -> Self {
        let door = Door::open(settings).await;
        let stream = BufReader::new(TcpStream::connect(door.address()).await.unwrap());
        Self { door, stream, unsent: Vec::new(), accepted: Default::default() }
    }

    async fn send(&mut self) {
        let unsent = std::mem::take(&mut self.unsent);
        timeout(PATIENCE, self.stream.write_all(&unsent)).await.expect("sent in time").unwrap();
    }

    async fn play(&mut self, kind: &str, rest: &str) {
        match kind {
            "C" => self.unsent.extend([rest.as_bytes(), b"\r\n"].concat()),
            "R" => self.unsent.extend(unescape(rest)),
            "F" => {
                let (times, text) = rest.split_once(' ').unwrap();
                self.unsent.extend(unescape(text).repeat(times.parse().unwrap()));
            }
            _ => {
                self.send().await;
                self.compare(kind, rest).await;
            }
        }
    }

    async fn compare(&mut self, kind: &str, rest: &str) {
        match kind {
            "S" => {
                let mut line = String::new();
                let read = self.stream.read_line(&mut line);
                timeout(PATIENCE, read).await.expect("an answer in time").unwrap();
                assert_eq!(line, format!("{rest}\r\n"));
            }
            "M" => {
                let (envelope, message) = self.next_accepted();
                let shown = format!("{} {}", show(&envelope), message.escape_ascii());
                assert_eq!(shown.trim_end(), rest);
            }
            "N" => {
                let (envelope, message) = self.next_accepted();
                assert_eq!(format!("{} {}", show(&envelope), message.len()), rest);
            }
            "E" => self.expect_end().await,
            "D" => self.change(rest),
            other => panic!("no such kind of line: {other}"),
        }
    }

    fn next_accepted(&mut self) -> (Envelope, Vec<u8>) {
        self.accepted.extend(self.door.spool.take());
        self.accepted.pop_front().expect("an accepted message")
    }

    async fn expect_end(&mut self) {
        let mut rest = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await;
        read.expect("an end in time").unwrap();
        assert_eq!(String::from_utf8(rest).unwrap(), "", "an answer nobody awaits");
    }

    fn change(&mut self, what: &str) {
        let spool = &self.door.spool;
        match what {
            "full" => spool.fail(Some(SpoolError::Full)),
            "poisoned" => spool.fail(Some(SpoolError::Poisoned("sync: EIO".to_owned()))),
            "closing" => spool.fail(Some(SpoolError::Closing)),
            "well" => spool.fail(None),
            "no room" => spool.leave_room(9999),
            "room" => spool.leave_room(u64::MAX),
            "starting" => spool.start_slowly(true),
            "started" => spool.start_slowly(false),
            "shutdown" => {
                self.door.shutdown.send_replace(true);
            }
            other => panic!("no such change: {other}"),
        }
    }

    async fn end(mut self) {
        self.send().await;
        self.stream.shutdown().await.unwrap();
        self.expect_end().await;
        self.accepted.extend(self.door.spool.take());
        assert_eq!(self.accepted, [], "a message nobody awaits");
    }
}

fn show(envelope: &Envelope) -> String {
    let sender = match &envelope.reverse_path {
        ReversePath::Unknown => "unknown".to_owned(),
        ReversePath::Null => "<>".to_owned(),
        ReversePath::Address(address) => address.to_string(),
    };
    let to: Vec<_> = envelope.recipients.iter().map(ToString::to_string).collect();
    format!("{sender} {}", to.join(","))
}

fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&octet, tail)) = rest.split_first() {
        let (value, length) = match (octet, tail.first()) {
            (b'\\', Some(b'r')) => (b'\r', 1),
            (b'\\', Some(b'n')) => (b'\n', 1),
            (b'\\', Some(b'0')) => (0, 1),
            (b'\\', Some(b'x')) => {
                let digits = std::str::from_utf8(&tail[1..3]).unwrap();
                (u8::from_str_radix(digits, 16).unwrap(), 3)
            }
            _ => (octet, 0),
        };
        octets.push(value);
        rest = &tail[length..];
    }
    octets
}

async fn play(text: &str) {
    let settings =
        LmtpSettings { message_bytes_max: 70_000, recipients_max: 3, ..Default::default() };
    let mut player = Player::begin(settings).await;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        println!("{line}");
        let (kind, rest) = line.split_once(':').unwrap();
        player.play(kind, rest.strip_prefix(' ').unwrap_or(rest)).await;
    }
    player.end().await;
}

#[tokio::test]
async fn dialogs_go_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dialogs/lmtp");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap()).collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(file.path()).unwrap();
        println!("== {}", file.path().display());
        play(&text).await;
    }
}

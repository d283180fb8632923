//! The LMTP door beyond single dialogs: borders of chunks, many messages, many connections,
//! back-pressure, limits, draining, settings.

use std::time::Duration;

use lotse::intake::lmtp::{Listen, LmtpSettings, Rules, Session, Step, converse};
use lotse::intake::{Envelope, RecipientVerdict};
use lotse::types::Position;
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::memory_spool::{Door, MemorySpool, PATIENCE};

/// Answers and accepted messages of a session that is fed in these pieces.
fn feed(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> (String, Vec<(Envelope, Vec<u8>)>) {
    let rules = Rules {
        host: "localhost".to_owned(),
        door: "lmtp".to_owned(),
        message_bytes_max: 10_000,
        recipients_max: 10,
    };
    let (mut session, mut accepted) = (Session::new(rules), Vec::new());
    for piece in pieces {
        let mut input = piece.as_ref();
        loop {
            match session.step(&mut input) {
                Step::More | Step::Close => break,
                Step::Room(offer) => session.offered(offer, true),
                Step::Recipient(address) => session.judged(address, RecipientVerdict::Accept),
                Step::Accept(envelope, message) => {
                    accepted.push((envelope, message));
                    session.accepted(&Ok(Position(accepted.len() as u64)));
                }
            }
        }
    }
    (String::from_utf8(session.output().clone()).unwrap(), accepted)
}

/// RFC 5321 section 4.5.2 octet by octet, as simply as it can be said: the message, and what
/// stands behind its end.
fn decode(data: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let whole = [b"\r\n", data].concat();
    let end = whole.windows(5).position(|octets| octets == b"\r\n.\r\n")?;
    let mut message = Vec::new();
    for at in 2..end + 2 {
        let is_stuffed = whole[at] == b'.' && whole[..at].ends_with(b"\r\n");
        if !is_stuffed {
            message.push(whole[at]);
        }
    }
    Some((message, &data[end + 3..]))
}

const CONVERSATION: &[u8] = b"LHLO mx.example\r\nMAIL FROM:<otto@outside.example> SIZE=20\r\n\
    RCPT TO:<kontakt@nrw.example>\r\nRCPT TO:<technik@nrw.example>\r\nDATA\r\n\
    Subject: a\r\n\r\n..dot\r\n.\n.\r.\n.\r\nlast\r\n.\r\n\
    MAIL FROM:<> XUNKNOWN\r\nRCPT TO:<kontakt@nrw.example>\r\nBDAT 8\r\na\r\n.\r\nbc\
    BDAT 3 LAST\r\n\0\r\nBREW\r\nRSET\r\n\
    MAIL FROM:<>\r\nRCPT TO:<a@nrw.example>\r\nDATA\r\n.\r\nQUIT\r\n";

#[test]
fn a_border_between_any_two_octets_changes_nothing() {
    let whole = feed([CONVERSATION]);
    assert_eq!(whole.1.len(), 3);
    assert_eq!(whole.1[0].1, b"Subject: a\r\n\r\n.dot\r\n\n.\r.\n.\r\nlast\r\n");
    assert_eq!(whole.1[1].1, b"a\r\n.\r\nbc\0\r\n");
    assert!(whole.0.ends_with("221 2.0.0 closing\r\n"));
    for border in 0..CONVERSATION.len() {
        let (one, two) = CONVERSATION.split_at(border);
        assert_eq!(feed([one, two]), whole, "border at {border}");
    }
    assert_eq!(feed(CONVERSATION.chunks(1)), whole);
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(vec!["\r\n", "\r\n.", "\r\n.\r\n", ".", "\r", "\n", "\n.\n"])
            .prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..6),
        1 => prop::sample::select(vec!["x", "MAIL FROM:<>\r\n", "DATA\r\n", "QUIT"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

proptest! {
    #[test]
    fn any_text_in_any_pieces_is_the_message_of_the_rfc(
        pieces in prop::collection::vec(piece(), 0..40),
    ) {
        let head = b"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<kontakt@nrw.example>\r\nDATA\r\n";
        let data = pieces.concat();
        let fed = [&head[..]].into_iter().chain(pieces.iter().map(Vec::as_slice));
        let (answers, accepted) = feed(fed);
        let first = accepted.first().map(|(_, message)| message.clone());
        prop_assert_eq!(first, decode(&data).map(|(message, _)| message));
        let whole = [head, &data[..]].concat();
        prop_assert_eq!(feed([&whole[..]]), (answers, accepted));
    }

    #[test]
    fn no_octets_stop_the_session(pieces in prop::collection::vec(piece(), 0..40)) {
        let (_, accepted) = feed(pieces.iter().map(Vec::as_slice));
        prop_assert_eq!(accepted, Vec::new());
    }
}

/// A client that says a whole transaction in two writes.
struct Client<T> {
    stream: BufReader<T>,
}

impl Client<TcpStream> {
    async fn connect(door: &Door) -> Self {
        let stream = TcpStream::connect(door.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    async fn greeted(door: &Door) -> Self {
        let mut client = Self::connect(door).await;
        client.greet().await;
        client
    }
}

impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Client<T> {
    async fn answer(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line);
        timeout(PATIENCE, read).await.expect("an answer in time").unwrap();
        line.trim_end().to_owned()
    }

    async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    async fn greet(&mut self) {
        assert!(self.answer().await.starts_with("220 "));
        self.send(b"LHLO client.example\r\n").await;
        while !self.answer().await.starts_with("250 ") {}
    }

    async fn begin(&mut self) {
        self.send(b"MAIL FROM:<otto@outside.example>\r\nRCPT TO:<kontakt@nrw.example>\r\nDATA\r\n")
            .await;
        for code in ["250 2.1.0", "250 2.1.5", "354"] {
            let answer = self.answer().await;
            assert!(answer.starts_with(code), "{answer}");
        }
    }

    async fn deliver(&mut self, text: &str) {
        self.begin().await;
        self.send(format!("{text}\r\n.\r\n").as_bytes()).await;
        let answer = self.answer().await;
        assert!(answer.starts_with("250 2.0.0 accepted"), "{answer}");
    }

    async fn expect_end(&mut self) {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("an end").unwrap();
        assert_eq!(rest, b"");
    }
}

fn texts(spool: &MemorySpool) -> Vec<String> {
    let accepted = spool.take().into_iter();
    let mut texts: Vec<_> =
        accepted.map(|(_, message)| String::from_utf8(message).unwrap()).collect();
    texts.sort();
    texts
}

#[tokio::test]
async fn a_thousand_messages_come_in_order_on_one_connection() {
    let door = Door::open(LmtpSettings::default()).await;
    let mut client = Client::greeted(&door).await;
    for number in 0..1000 {
        client.deliver(&format!("{number:04}")).await;
    }
    let expected: Vec<_> = (0..1000).map(|number| format!("{number:04}\r\n")).collect();
    let accepted = door.spool.take().into_iter().map(|(_, message)| message);
    assert_eq!(accepted.map(|text| String::from_utf8(text).unwrap()).collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_connections_do_not_mix_their_messages() {
    let door = Door::open(LmtpSettings::default()).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..64 {
        let mut client = Client::greeted(&door).await;
        clients.spawn(async move {
            for turn in 0..8 {
                client.deliver(&format!("{number:02} {turn} ").repeat(2000)).await;
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let text = |number, turn| format!("{}\r\n", format!("{number:02} {turn} ").repeat(2000));
    let numbers = (0..64).flat_map(|number| (0..8).map(move |turn| (number, turn)));
    let expected: Vec<_> = numbers.map(|(number, turn)| text(number, turn)).collect();
    assert_eq!(texts(&door.spool), expected);
}

/// A conversation over a pipe in memory, so that what is read can be counted.
fn pipe(spool: &MemorySpool, octets: usize) -> (Client<DuplexStream>, watch::Sender<bool>) {
    let (ours, theirs) = tokio::io::duplex(octets);
    let (shutdown, closing) = watch::channel(false);
    tokio::spawn(converse(theirs, LmtpSettings::default(), spool.clone(), closing));
    (Client { stream: BufReader::new(ours) }, shutdown)
}

#[tokio::test]
async fn nothing_is_read_while_a_message_is_being_stored() {
    let spool = MemorySpool::new();
    let (mut client, _shutdown) = pipe(&spool, 4096);
    client.greet().await;
    client.begin().await;
    spool.close();
    client.send(b"slowly\r\n.\r\n").await;
    spool.wait_for_begun(1).await;
    let mut sent = 0;
    // All on one thread: what the session would read, it reads while this task gives way.
    for _ in 0..1000 {
        let write = client.stream.write(b"NOOP\r\n");
        tokio::select! {
            biased;
            written = write => sent += written.unwrap(),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(sent, 4096, "as much as the pipe holds");
    spool.open();
    assert_eq!(client.answer().await, "250 2.0.0 accepted as 1");
    client.send(b"\r\nQUIT\r\n").await;
    while client.answer().await != "221 2.0.0 closing" {}
}

#[tokio::test]
async fn a_connection_over_the_limit_is_told_to_come_again() {
    let settings = LmtpSettings { connections_max: 2, ..Default::default() };
    let door = Door::open(settings).await;
    let first = Client::greeted(&door).await;
    let mut second = Client::greeted(&door).await;
    let mut third = Client::connect(&door).await;
    assert_eq!(third.answer().await, "421 4.3.2 too many connections, try again");
    third.expect_end().await;
    drop(first);
    // The place is free as soon as the door has seen the end of the first.
    let freed = async { while !Client::connect(&door).await.answer().await.starts_with("220 ") {} };
    timeout(PATIENCE, freed).await.expect("a place becomes free");
    second.deliver("still here").await;
}

#[tokio::test]
async fn a_silent_client_is_told_and_left() {
    let settings = LmtpSettings { idle_span: Duration::from_millis(50), ..Default::default() };
    let door = Door::open(settings).await;
    let mut client = Client::greeted(&door).await;
    assert_eq!(client.answer().await, "421 4.4.2 nothing came for too long");
    client.expect_end().await;
    let mut client = Client::greeted(&door).await;
    client.begin().await;
    client.send(b"half a message\r\n").await;
    assert_eq!(client.answer().await, "421 4.4.2 nothing came for too long");
    client.expect_end().await;
    assert_eq!(texts(&door.spool), [""; 0]);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let door = Door::open(LmtpSettings::default()).await;
    let mut client = Client::greeted(&door).await;
    client.begin().await;
    client.send(b"half a message\r\n.\r").await;
    client.stream.shutdown().await.unwrap();
    client.expect_end().await;
    Client::greeted(&door).await.deliver("whole").await;
    assert_eq!(texts(&door.spool), ["whole\r\n"]);
}

#[tokio::test]
async fn shutdown_finishes_what_is_being_stored_and_ends() {
    let door = Door::open(LmtpSettings::default()).await;
    let (mut resting, mut storing) = (Client::greeted(&door).await, Client::greeted(&door).await);
    door.spool.close();
    storing.begin().await;
    storing.send(b"just in time\r\n.\r\n").await;
    door.spool.wait_for_begun(1).await;
    door.shutdown.send_replace(true);
    assert_eq!(resting.answer().await, "421 4.3.2 shutting down, try again");
    resting.expect_end().await;
    door.spool.open();
    assert_eq!(storing.answer().await, "250 2.0.0 accepted as 1");
    assert_eq!(storing.answer().await, "421 4.3.2 shutting down, try again");
    storing.expect_end().await;
    let address = door.address();
    timeout(PATIENCE, door.ended).await.expect("the door ends").unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(texts(&door.spool), ["just in time\r\n"]);
}

#[tokio::test]
async fn the_door_says_that_it_is_caught_up() {
    let settings = LmtpSettings { name: "lmtp:inner".to_owned(), ..Default::default() };
    let door = Door::open(settings).await;
    assert_eq!(door.spool.wait_for_caught_up().await, "lmtp:inner");
    Client::greeted(&door).await.deliver("a").await;
    assert_eq!(door.spool.take()[0].0.door, "lmtp:inner");
}

#[test]
fn settings_have_the_defaults_of_the_manual_and_refuse_what_they_do_not_know() {
    let settings: LmtpSettings = toml::from_str("").unwrap();
    assert_eq!(settings, LmtpSettings::default());
    assert_eq!(settings.check(), [""; 0]);
    let written = toml::to_string(&settings).unwrap();
    assert_eq!(toml::from_str::<LmtpSettings>(&written).unwrap(), settings);
    assert!(written.contains("listen = \"127.0.0.1:2424\""), "{written}");
    assert!(written.contains("idle_span = \"5m\""), "{written}");
    let settings: LmtpSettings =
        toml::from_str("listen = \"unix:l.sock\"\nmode = 0o666\nidle_span = \"2 minutes\"")
            .unwrap();
    assert_eq!(settings.listen, Listen::Unix("l.sock".into()));
    assert_eq!((settings.mode, settings.idle_span), (0o666, Duration::from_mins(2)));
    for (text, words) in [
        ("port = 24", "unknown field `port`"),
        ("listen = \"2424\"", "write 127.0.0.1:2424, [::1]:2424 or unix:lmtp.sock"),
        ("idle_span = \"soon\"", "idle_span"),
    ] {
        let error = toml::from_str::<LmtpSettings>(text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn every_problem_of_the_settings_is_told_at_once() {
    let text = "listen = \"0.0.0.0:25\"\nrecipients_max = 0\nmode = 660\nhost = \"\"";
    let problems = toml::from_str::<LmtpSettings>(text).unwrap().check();
    let begins: Vec<_> =
        problems.iter().map(|text| text.split([' ', ':']).next().unwrap()).collect();
    assert_eq!(begins, ["listen", "recipients_max", "mode", "host"], "{problems:?}");
}

//! A client of LMTP (RFC 2033) over so many connections, each with one mail after the other.
//!
//! MAIL, RCPT and DATA go out together (RFC 2920). What is measured is the whole transaction, from
//! its first octet to the 250, which is longer than the wait for the 250 alone.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::machine;
use crate::mails::Mail;

/// What happened to the mails of one run.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// When the first was offered.
    pub(crate) started: Instant,
    /// From then to the last answer.
    pub(crate) span: Duration,
    /// How long each transaction took, in order of length.
    pub(crate) transactions: Vec<Duration>,
    /// How many mails were answered 250, new ones and replies.
    pub(crate) accepted: usize,
    /// The answers that were none.
    pub(crate) refusals: Vec<String>,
    /// What else stood in each 250: lotse names the place in its archive.
    pub(crate) words: Vec<String>,
}

/// Sends all mails in order, over `connections`.
///
/// # Errors
/// A connection cannot be made or breaks.
pub(crate) fn send(port: u16, mails: &[Mail], connections: usize) -> io::Result<Loaded> {
    let (next, barrier) = (AtomicUsize::new(0), Barrier::new(connections + 1));
    let is_over: Vec<AtomicBool> = mails.iter().map(|_| AtomicBool::new(false)).collect();
    let (started, results) = std::thread::scope(|scope| {
        let client = || {
            let line = Connection::open(port);
            barrier.wait();
            line.and_then(|line| send_some(line, mails, (&next, &is_over)))
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(client)).collect();
        barrier.wait();
        let started = machine::now();
        let joined = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a client panicked")))
        });
        (started, joined.collect::<Vec<_>>())
    });
    let span = started.elapsed();
    let mut loaded = Loaded {
        started,
        span,
        transactions: Vec::new(),
        accepted: 0,
        refusals: Vec::new(),
        words: Vec::new(),
    };
    for result in results {
        for (took, answer) in result? {
            loaded.transactions.push(took);
            match answer.strip_prefix("250 ") {
                Some(words) => loaded.words.push(words.to_owned()),
                None => loaded.refusals.push(answer),
            }
        }
    }
    loaded.accepted = loaded.words.len();
    loaded.transactions.sort_unstable();
    Ok(loaded)
}

/// One mail, to see whether a server answers at all.
///
/// # Errors
/// It does not, or says no.
pub(crate) fn send_one(port: u16, mail: &Mail) -> io::Result<()> {
    let mut line = Connection::open(port)?;
    let answer = line.transact(mail)?;
    if answer.starts_with("250") { Ok(()) } else { Err(io::Error::other(answer)) }
}

fn send_some(
    mut line: Connection,
    mails: &[Mail],
    (next, is_over): (&AtomicUsize, &[AtomicBool]),
) -> io::Result<Vec<(Duration, String)>> {
    let mut answers = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (Some(mail), Some(own)) = (mails.get(number), is_over.get(number)) else { break };
        // Nobody answers what did not arrive; on a busy machine one connection may lag far behind.
        let lags = |at: usize| is_over.get(at).is_some_and(|one| !one.load(Ordering::Acquire));
        while mail.answers.is_some_and(lags) {
            machine::pause(Duration::from_millis(1));
        }
        let started = machine::now();
        let answer = line.transact(mail);
        own.store(true, Ordering::Release);
        answers.push((started.elapsed(), answer?));
    }
    line.writer.write_all(b"QUIT\r\n")?;
    Ok(answers)
}

struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    fn open(port: u16) -> io::Result<Self> {
        let writer = TcpStream::connect(("127.0.0.1", port))?;
        writer.set_nodelay(true)?;
        writer.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut connection = Self { reader: BufReader::new(writer.try_clone()?), writer };
        connection.expect("220")?;
        connection.writer.write_all(b"LHLO load.outside.example\r\n")?;
        connection.expect("250")?;
        Ok(connection)
    }

    fn transact(&mut self, mail: &Mail) -> io::Result<String> {
        let to = mail.to;
        let envelope = format!("MAIL FROM:<bounces@outside.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        self.writer.write_all(envelope.as_bytes())?;
        for code in ["250", "250", "354"] {
            self.expect(code)?;
        }
        self.writer.write_all(&mail.data)?;
        self.answer()
    }

    fn expect(&mut self, code: &str) -> io::Result<()> {
        let answer = self.answer()?;
        if answer.starts_with(code) { Ok(()) } else { Err(io::Error::other(answer)) }
    }

    /// The last line of an answer.
    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line.trim_end().to_owned());
            }
        }
    }
}

//! What `/proc` says of time, processors and memory.
//!
//! Deliberately absent: any other system than Linux.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

/// Ticks of processor time in a second (`USER_HZ`, the same on every Linux that we know of).
const TICKS_PER_SECOND: f64 = 100.0;

/// Now, by the clock that never steps.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    Instant::now()
}

/// Waits for a program that nothing tells of.
pub(crate) fn pause(span: Duration) {
    #[expect(clippy::disallowed_methods, reason = "nothing tells when another program is ready")]
    std::thread::sleep(span);
}

/// The date of a mail that is written now.
pub(crate) fn date() -> String {
    #[expect(clippy::disallowed_methods, reason = "mails that are older get no receipt")]
    let zoned = jiff::Zoned::now();
    zoned.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// The same moment for a program.
pub(crate) fn timestamp() -> jiff::Timestamp {
    #[expect(clippy::disallowed_methods, reason = "old mails would be treated otherwise")]
    jiff::Timestamp::now()
}

/// Seconds of processor time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Work {
    /// Of a server and all its children.
    pub(crate) server: f64,
    /// Of this program and of who takes what the server sends.
    pub(crate) client: f64,
    /// Of everything on the machine.
    pub(crate) all: f64,
}

impl Work {
    /// What was done until now.
    pub(crate) fn done(server: u32, sink: Option<u32>) -> Self {
        let processes = processes();
        let sink = sink.map_or(0.0, |sink| tree(&processes, sink));
        Self { server: tree(&processes, server), client: own(&processes) + sink, all: machine() }
    }

    /// What was done since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            server: self.server - before.server,
            client: self.client - before.client,
            all: self.all - before.all,
        }
    }
}

struct Process {
    parent: u32,
    seconds: f64,
}

fn processes() -> BTreeMap<u32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter_map(|number| Some((number, read_process(number)?))).collect()
}

/// Children that were waited for are counted with their parent.
fn read_process(number: u32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: f64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Some(Process { parent: fields.get(1)?.parse().ok()?, seconds: ticks / TICKS_PER_SECOND })
}

fn tree(processes: &BTreeMap<u32, Process>, root: u32) -> f64 {
    let own = processes.get(&root).map_or(0.0, |process| process.seconds);
    let children = processes.iter().filter(|(_, process)| process.parent == root);
    own + children.map(|(number, _)| tree(processes, *number)).sum::<f64>()
}

/// This program without the servers that it started.
fn own(processes: &BTreeMap<u32, Process>) -> f64 {
    processes.get(&std::process::id()).map_or(0.0, |process| process.seconds)
}

/// Idle time and waiting for disks are no work; time of guests is in `user` already.
fn machine() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|at| ticks.get(*at)).sum::<f64>();
    busy / TICKS_PER_SECOND
}

/// Milliseconds of processor time that this thread has used.
pub(crate) fn thread_millis() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e6
}

/// Resident memory of a process in MB: now, and at its highest.
pub(crate) fn memory(process: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let kilobytes = line.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
        kilobytes.unwrap_or(0.0) / 1024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}

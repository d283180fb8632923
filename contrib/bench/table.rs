//! Medians of runs as an aligned table, each with its ratio to Dovecot beside it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::ingest::Run;

/// One run in one line.
pub(crate) fn line(run: &Run) -> String {
    let drained = run.drained_per_second.map(|rate| format!(", drained {rate:.0}/s"));
    format!(
        "{:<8} {:>2} connections: {:>6.0}/s (accepted {:.0}/s{}), p99 {:.1} ms, {:.2} ms CPU, \
         foreign {:.2}{}",
        run.server,
        run.connections,
        run.per_second,
        run.accepted_per_second,
        drained.unwrap_or_default(),
        run.p99,
        run.cpu,
        run.foreign,
        if run.faults.is_empty() { "" } else { ", WRONG" }
    )
}

/// The medians of all runs.
///
/// # Errors
/// Nobody reads.
pub(crate) fn print(runs: &[Run]) -> io::Result<()> {
    let mut groups: BTreeMap<(usize, &str), Vec<&Run>> = BTreeMap::new();
    for run in runs {
        groups.entry((run.connections, run.server.as_str())).or_default().push(run);
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header([
        "connections",
        "server",
        "runs",
        "mails/s",
        "min-max",
        "ratio",
        "accepted/s",
        "drained/s",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "MB",
        "foreign",
    ]);
    for ((connections, server), group) in &groups {
        let of = |field: fn(&Run) -> f64| median(group.iter().map(|run| field(run)).collect());
        let rates = group.iter().map(|run| run.per_second);
        let (low, high) = (rates.clone().fold(f64::MAX, f64::min), rates.fold(0.0, f64::max));
        let beside = groups.get(&(*connections, "dovecot")).filter(|_| *server != "dovecot");
        let ratio = beside.map(|beside| {
            let beside = median(beside.iter().map(|run| run.per_second).collect());
            format!("{:.2}", of(|run| run.per_second) / beside)
        });
        let drained = group.iter().filter_map(|run| run.drained_per_second).collect::<Vec<_>>();
        table.add_row([
            connections.to_string(),
            (*server).to_owned(),
            group.len().to_string(),
            format!("{:.0}", of(|run| run.per_second)),
            format!("{low:.0}-{high:.0}"),
            ratio.unwrap_or_default(),
            format!("{:.0}", of(|run| run.accepted_per_second)),
            if drained.is_empty() { String::new() } else { format!("{:.0}", median(drained)) },
            format!("{:.1}", of(|run| run.p50)),
            format!("{:.1}", of(|run| run.p99)),
            format!("{:.2}", of(|run| run.cpu)),
            format!("{:.0}", of(|run| run.memory)),
            format!("{:.2}", of(|run| run.foreign)),
        ]);
    }
    for column in table.column_iter_mut().filter(|column| column.index != 1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    writeln!(io::stdout(), "{}", table.to_string().trim_end())
}

/// The middle value; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

//! What is printed: plain lines, aligned tables, JSON; a reader that went away is no error.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

/// Prints one line.
pub(super) fn line(text: &str) {
    write_line(&mut io::stdout().lock(), text);
}

/// Prints a text as it stands.
pub(super) fn text(text: &str) {
    if io::stdout().lock().write_all(text.as_bytes()).is_err() {
        // The reader went away: nobody is left to be told.
    }
}

/// Prints one line for a person who watches, beside the result.
pub(super) fn note(text: &str) {
    write_line(&mut io::stderr().lock(), text);
}

/// Says why nothing was done; returns the exit code.
pub(super) fn refuse(code: u8, sentence: &str) -> u8 {
    note(&format!("lotse: {sentence}"));
    code
}

fn write_line(to: &mut impl Write, text: &str) {
    if writeln!(to, "{text}").is_err() {
        // The reader went away, as `head` does: nobody is left to be told.
    }
}

/// Prints objects as JSON, one a line.
pub(super) fn json(rows: &[Value]) {
    for row in rows {
        line(&row.to_string());
    }
}

/// Prints objects as a table of these members, in this order.
pub(super) fn table(columns: &[&str], rows: &[Value]) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|name| name.replace('_', " ")));
    for row in rows {
        table.add_row(columns.iter().map(|name| cell(row.get(*name))));
    }
    line(table.to_string().trim_end());
}

/// A value as a person reads it.
pub(super) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".into(),
        Some(Value::String(text)) if text.is_empty() => "-".into(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let shown: Vec<String> = items.iter().map(|item| cell(Some(item))).collect();
            if shown.is_empty() { "-".into() } else { shown.join(", ") }
        }
        Some(other) => other.to_string(),
    }
}

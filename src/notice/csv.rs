//! Tables as comma-separated values (RFC 4180), harmless in a table program.
//!
//! Deliberately absent: which tables there are.

use csv::{QuoteStyle, Terminator, WriterBuilder};

/// A table with the names of its columns, its cells apart by `separator`, an ASCII sign. A cell
/// that a table program would take for a formula begins with an apostrophe.
#[must_use]
pub fn table<Row>(separator: u8, columns: &[&str], rows: impl IntoIterator<Item = Row>) -> String
where
    Row: IntoIterator<Item = String>,
{
    let mut writer = WriterBuilder::new()
        .delimiter(separator)
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .flexible(true)
        .from_writer(Vec::new());
    let written = writer.write_record(columns).and_then(|()| {
        rows.into_iter().try_for_each(|row| {
            writer.write_record(row.into_iter().map(|cell| defused(&cell).into_owned()))
        })
    });
    debug_assert!(written.is_ok(), "a vector takes every row");
    writer.into_inner().ok().and_then(|octets| String::from_utf8(octets).ok()).unwrap_or_default()
}

fn defused(cell: &str) -> std::borrow::Cow<'_, str> {
    let is_formula =
        cell.trim_start().starts_with(['=', '+', '-', '@']) || cell.starts_with(['\t', '\r', '\n']);
    let is_number = cell.parse::<f64>().is_ok();
    if is_formula && !is_number { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_of_strangers_are_defused() {
        let rows = [["=1+1", "-3"], ["@SUM(A1)", " +x"], ["a \"b\", c", "\tx"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        let text = table(b',', &["name", "count"], rows);
        let wanted = "name,count\r\n'=1+1,-3\r\n'@SUM(A1),' +x\r\n\"a \"\"b\"\", c\",'\tx\r\n";
        assert_eq!(text, wanted);
    }
}

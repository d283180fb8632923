//! Tables: rows of short cells become lines with columns, all others are read cell by cell.
//!
//! Most tables of mails only place things on a page. Deliberately absent: cells over several
//! columns or rows.

use crate::mail::html::text::Writer;
use crate::mail::html::tree::{Content, NodeId, Tree};

/// Cells of one table that are lined up.
const CELLS_MAX: usize = 4_000;
/// Characters to which a column is widened.
const COLUMN_MAX: usize = 40;
/// Characters of a cell that still is one of a row.
const CELL_MAX: usize = 200;

/// Writes a table as rows, if it is one of short cells; false if nothing was written.
pub(super) fn write(writer: &mut Writer, tree: &Tree<'_>, id: NodeId) -> bool {
    let Some(rows) = rows(tree, id) else { return false };
    let widths = widths(&rows);
    writer.gap();
    for row in &rows {
        let filled = row.iter().filter(|cell| !cell.is_empty()).count();
        if filled == 0 {
            continue;
        }
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            if at > 0 && !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(cell);
            let width = widths.get(at).copied().unwrap_or_default();
            let missing = width.saturating_sub(cell.chars().count());
            if !line.is_empty() {
                line.extend(std::iter::repeat_n(' ', missing));
            }
        }
        writer.whole_line(line.trim_end());
    }
    writer.gap();
    true
}

/// The cells of each row; nothing if a cell is no short line or the table only places things.
fn rows(tree: &Tree<'_>, id: NodeId) -> Option<Vec<Vec<String>>> {
    let mut rows: Vec<Vec<NodeId>> = Vec::new();
    for part in tree.children(id) {
        let Some(name) = name(tree, part) else { continue };
        match name {
            "tr" => rows.push(cells(tree, part)?),
            "tbody" | "thead" | "tfoot" => {
                for row in tree.children(part).filter(|row| name_is(tree, *row, "tr")) {
                    rows.push(cells(tree, row)?);
                }
            }
            _ => return None,
        }
    }
    let is_wide = rows.iter().any(|row| row.len() > 1);
    if !is_wide || rows.iter().map(Vec::len).sum::<usize>() > CELLS_MAX {
        return None;
    }
    rows.into_iter().map(|row| row.into_iter().map(|cell| short(tree, cell)).collect()).collect()
}

fn cells(tree: &Tree<'_>, row: NodeId) -> Option<Vec<NodeId>> {
    let is_cell = |id: &NodeId| matches!(name(tree, *id), Some("td" | "th"));
    let cells: Vec<NodeId> = tree.children(row).filter(is_cell).collect();
    let is_plain = cells.iter().all(|cell| is_read(tree, *cell));
    is_plain.then_some(cells)
}

/// Whether a cell has no style that may hide it, which the writer of its row would know.
fn is_read(tree: &Tree<'_>, id: NodeId) -> bool {
    let Some(Content::Element(element)) = tree.content(id) else { return false };
    let style = element.attribute("style").unwrap_or_default().to_ascii_lowercase();
    !style.contains("none") && !style.contains("hidden") && !style.contains("font-size:0")
}

fn short(tree: &Tree<'_>, cell: NodeId) -> Option<String> {
    if is_long(tree, cell) {
        return None;
    }
    let text = Writer::cell(tree, cell);
    let is_short = !text.contains('\n') && text.chars().count() <= CELL_MAX;
    (is_short && !text.starts_with('>')).then_some(text)
}

/// Whether a cell holds more nodes than a short line has.
fn is_long(tree: &Tree<'_>, cell: NodeId) -> bool {
    let mut waiting = vec![cell];
    for _ in 0..30 {
        let Some(id) = waiting.pop() else { return false };
        if name_is(tree, id, "table") {
            return true;
        }
        waiting.extend(tree.children(id).take(30));
    }
    true
}

fn name<'t>(tree: &'t Tree<'_>, id: NodeId) -> Option<&'t str> {
    match tree.content(id)? {
        Content::Element(element) => Some(&element.name),
        Content::Text(_) => None,
    }
}

fn name_is(tree: &Tree<'_>, id: NodeId, wanted: &str) -> bool {
    name(tree, id) == Some(wanted)
}

/// How wide each column is, up to a bound.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            let width = if width > COLUMN_MAX { 0 } else { width };
            match widths.get_mut(at) {
                Some(known) => *known = (*known).max(width),
                None => widths.push(width),
            }
        }
    }
    widths
}

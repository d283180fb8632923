//! The chart of a digest: what was open, and what came and went, week by week.
//!
//! A drawing in SVG, and a picture of it as PNG, because mail programs show no SVG. It stands on
//! a ground of its own, so that it reads alike in light and dark. The same numbers stand in the
//! mail as text. Deliberately absent: counting them (`ticket::digest`), the file that has them too
//! (`digest_files`).

use std::fmt::Write as _;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::notice::page::clean;
use crate::ticket::report::Week;
use crate::types::Locale;

/// Units of the drawing: a phone's width, so that its letters can be read there.
pub const WIDTH: u32 = 360;
/// Units of the drawing.
pub const HEIGHT: u32 = 264;
/// Pixels to a unit, for sharp letters on fine screens.
const SCALE: u8 = 3;

/// Where the drawings begin and end, from the left.
const LEFT: f32 = 14.0;
const RIGHT: f32 = 346.0;

const INK: &str = "#1f2933";
const FAINT: &str = "#5b6770";
const GRID: &str = "#d5dbe1";
const OPENED: &str = "#2f6db5";
const CLOSED: &str = "#e0a030";

/// The font of every chart, read once.
#[derive(Debug, Clone)]
pub struct Charts {
    fonts: Arc<fontdb::Database>,
    family: String,
}

impl Default for Charts {
    fn default() -> Self {
        let mut fonts = fontdb::Database::new();
        fonts
            .load_font_source(fontdb::Source::Binary(Arc::new(epaint_default_fonts::UBUNTU_LIGHT)));
        let family = fonts.faces().next().and_then(|face| face.families.first());
        let family = family.map(|(name, _)| name.clone()).unwrap_or_default();
        Self { fonts: Arc::new(fonts), family }
    }
}

impl Charts {
    /// The weeks as a PNG of [`WIDTH`] by [`HEIGHT`] units; nothing where there is nothing to
    /// draw. `days` are the names of the weeks' first days.
    #[must_use]
    pub fn png(&self, weeks: &[Week], days: &[String], locale: Locale) -> Option<Vec<u8>> {
        let svg = svg(weeks, days, locale, &self.family)?;
        let options = Options {
            font_family: self.family.clone(),
            fontdb: Arc::clone(&self.fonts),
            ..Options::default()
        };
        let tree = Tree::from_str(&svg, &options).ok()?;
        let scale = u32::from(SCALE);
        let mut picture = Pixmap::new(WIDTH * scale, HEIGHT * scale)?;
        let scale = f32::from(SCALE);
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
        picture.encode_png().ok()
    }
}

/// What somebody hears who cannot see the chart.
#[must_use]
pub fn alt(weeks: &[Week], locale: Locale) -> String {
    let count = weeks.len();
    match locale {
        Locale::De => format!("Neu, erledigt und offen in {count} Wochen; die Zahlen stehen hier"),
        Locale::En => format!("New, closed and open in {count} weeks; the numbers stand here"),
        Locale::Fi => format!("Uudet, suljetut ja avoimet {count} viikolta; luvut ovat tässä"),
        Locale::Sv => format!("Nya, stängda och öppna under {count} veckor; talen står här"),
    }
}

/// What the two panels show.
const fn labels(locale: Locale) -> [&'static str; 3] {
    match locale {
        Locale::De => ["offen", "neu", "erledigt"],
        Locale::En => ["open", "new", "closed"],
        Locale::Fi => ["avoinna", "uusia", "suljettu"],
        Locale::Sv => ["öppna", "nya", "stängda"],
    }
}

/// A panel of the drawing.
struct Panel {
    top: f32,
    height: f32,
    /// The highest value that it shows, at least 1.
    highest: u32,
}

impl Panel {
    fn y(&self, value: u32) -> f32 {
        self.top + self.height * (1.0 - of(value) / of(self.highest))
    }

    /// The ground line, one for the highest value, and its number.
    fn frame(&self, svg: &mut String) {
        let floor = self.top + self.height;
        push(
            svg,
            format_args!(
                r#"<path d="M{LEFT} {floor}H{RIGHT}M{LEFT} {top}H{RIGHT}" stroke="{GRID}"/>"#,
                top = self.top,
            ),
        );
        push(
            svg,
            format_args!(
                r#"<text x="{RIGHT}" y="{y}" text-anchor="end" fill="{FAINT}">{highest}</text>"#,
                y = self.top - 4.0,
                highest = self.highest,
            ),
        );
    }
}

/// The drawing: above what was open at the end of each week, below what came and went in it.
fn svg(weeks: &[Week], days: &[String], locale: Locale, family: &str) -> Option<String> {
    let last = weeks.last()?;
    let open = Panel { top: 44.0, height: 72.0, highest: highest(weeks, |week| week.open) };
    let flow = Panel {
        top: 168.0,
        height: 64.0,
        highest: highest(weeks, |week| week.opened.max(week.closed)),
    };
    let [opens, new, closed] = labels(locale);
    let mut svg = String::with_capacity(8192);
    push(
        &mut svg,
        format_args!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}""#),
    );
    push(&mut svg, format_args!(r#" font-family="{family}" font-size="13" fill="none">"#));
    push(
        &mut svg,
        format_args!(r##"<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>"##),
    );
    label(&mut svg, (LEFT, 24.0), INK, &format!("{opens}: {}", last.open));
    open.frame(&mut svg);
    line(&mut svg, weeks, &open);
    mark(&mut svg, (LEFT, 138.0), OPENED);
    label(&mut svg, (LEFT + 16.0, 148.0), INK, &format!("{new}: {}", last.opened));
    mark(&mut svg, (LEFT + 106.0, 138.0), CLOSED);
    label(&mut svg, (LEFT + 122.0, 148.0), INK, &format!("{closed}: {}", last.closed));
    flow.frame(&mut svg);
    bars(&mut svg, weeks, &flow);
    let ends = [(days.first(), LEFT, "start"), (days.last(), RIGHT, "end")];
    for (day, x, anchor) in ends.into_iter().take(weeks.len().min(2)) {
        let day = escaped(day.map(String::as_str).unwrap_or_default());
        push(
            &mut svg,
            format_args!(
                r#"<text x="{x}" y="252" text-anchor="{anchor}" fill="{FAINT}">{day}</text>"#
            ),
        );
    }
    svg.push_str("</svg>");
    Some(svg)
}

fn highest(weeks: &[Week], value: impl Fn(&Week) -> u32) -> u32 {
    weeks.iter().map(value).max().unwrap_or_default().max(1)
}

fn label(svg: &mut String, (x, y): (f32, f32), color: &str, text: &str) {
    let text = escaped(text);
    push(svg, format_args!(r#"<text x="{x}" y="{y}" fill="{color}">{text}</text>"#));
}

fn mark(svg: &mut String, at: (f32, f32), color: &str) {
    rect(svg, at, (10.0, 10.0), color);
}

fn rect(svg: &mut String, (x, y): (f32, f32), (width, height): (f32, f32), color: &str) {
    let size = format_args!(r#"width="{width:.1}" height="{height:.1}" fill="{color}""#);
    push(svg, format_args!(r#"<rect x="{x:.1}" y="{y:.1}" {size}/>"#));
}

/// The width that each week has.
fn stride(weeks: &[Week]) -> f32 {
    (RIGHT - LEFT) / of(u32::try_from(weeks.len().max(1)).unwrap_or(u32::MAX))
}

fn places(weeks: &[Week]) -> impl Iterator<Item = (f32, &Week)> {
    let stride = stride(weeks);
    (0u16..).zip(weeks).map(move |(number, week)| (LEFT + stride * f32::from(number), week))
}

fn line(svg: &mut String, weeks: &[Week], panel: &Panel) {
    let middle = stride(weeks) / 2.0;
    let points: Vec<(f32, f32)> =
        places(weeks).map(|(x, week)| (x + middle, panel.y(week.open))).collect();
    svg.push_str("<path d=\"");
    for (number, (x, y)) in points.iter().enumerate() {
        push(svg, format_args!("{}{x:.1} {y:.1}", if number == 0 { 'M' } else { 'L' }));
    }
    push(svg, format_args!(r#"" stroke="{INK}" stroke-width="2" stroke-linejoin="round"/>"#));
    if let Some((x, y)) = points.last() {
        push(svg, format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{INK}"/>"#));
    }
}

fn bars(svg: &mut String, weeks: &[Week], panel: &Panel) {
    let stride = stride(weeks);
    let width = (stride * 0.36).min(24.0);
    let floor = panel.top + panel.height;
    for (x, week) in places(weeks) {
        let middle = x + stride / 2.0;
        let pair = [(middle - width, week.opened, OPENED), (middle + 1.0, week.closed, CLOSED)];
        for (left, value, color) in pair {
            let top = panel.y(value);
            rect(svg, (left, top), (width - 1.0, floor - top), color);
        }
    }
}

fn push(svg: &mut String, piece: std::fmt::Arguments<'_>) {
    let written = svg.write_fmt(piece);
    debug_assert!(written.is_ok(), "a string takes every piece");
}

/// Text inside an element (XML 1.0 section 2.4).
fn escaped(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A count as a length; a drawing needs no more than its first digits.
#[expect(clippy::cast_precision_loss, reason = "a pixel is coarser than what is lost")]
const fn of(count: u32) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn weeks(values: &[(u32, u32, u32)]) -> Vec<Week> {
        let mondays = date(2026, 9, 7).series(jiff::ToSpan::week(1));
        let week = |(monday, (opened, closed, open)): (_, &(u32, u32, u32))| Week {
            monday,
            opened: *opened,
            closed: *closed,
            open: *open,
        };
        mondays.zip(values).map(week).collect()
    }

    fn pixels(png: &[u8]) -> Pixmap {
        Pixmap::decode_png(png).unwrap()
    }

    #[test]
    fn picture_holds_its_numbers_in_letters() {
        let charts = Charts::default();
        let days = ["7. September".to_owned(), "14. September".to_owned()];
        let some = weeks(&[(3, 1, 9), (4, 6, 7)]);
        let seen = pixels(&charts.png(&some, &days, Locale::De).unwrap());
        assert_eq!((seen.width(), seen.height()), (WIDTH * 3, HEIGHT * 3));
        let mute = Charts { fonts: Arc::new(fontdb::Database::new()), family: String::new() };
        let without = pixels(&mute.png(&some, &days, Locale::De).unwrap());
        let differ = seen.pixels().iter().zip(without.pixels()).filter(|(a, b)| a != b).count();
        assert!(differ > 2_000, "{differ}");
        let other = weeks(&[(3, 1, 9), (4, 6, 8)]);
        let other = pixels(&charts.png(&other, &days, Locale::De).unwrap());
        assert!(seen.pixels() != other.pixels());
    }

    #[test]
    fn empty_single_and_huge_weeks_are_drawn() {
        let charts = Charts::default();
        assert!(charts.png(&[], &[], Locale::En).is_none());
        for values in [&[(0, 0, 0)][..], &[(u32::MAX, 0, u32::MAX), (1, u32::MAX, 0)]] {
            let png = charts.png(&weeks(values), &["<&\"\u{1}".to_owned()], Locale::Fi).unwrap();
            assert_eq!(pixels(&png).width(), WIDTH * 3);
        }
    }
}

//! Registers as mails to read on a phone, and the tables that go along.
//!
//! One heading for each person, unit, queue or text, a short line for each thing there is to say.
//! Deliberately absent: rows and who may read them (`desk`), the words (`registers_words`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::desk::Table;
use crate::desk::listing::cell;
use crate::mail::compose::OutgoingPart;
use crate::notice::csv;
use crate::notice::registers_words::{Labels, labels};
use crate::notice::slots::{Scene, facts, filled, short};
use crate::notice::words::fill;
use crate::ticket::Matter;
use crate::ticket::command;
use crate::ticket::matter::{RegisterPage, RenewalStage};
use crate::types::{Locale, PersonId, day};

/// Entries that stand in the mail itself; the table has all.
const ENTRIES_MAX: usize = 60;
/// Characters of one line.
const LINE_CHARS_MAX: usize = 600;

/// The table as a file, as the table programs of a language open it: where the comma is the decimal
/// sign, cells are apart by semicolons, and the mark in front says that the letters are UTF-8.
#[must_use]
pub fn file(locale: Locale, page: &RegisterPage) -> OutgoingPart {
    let separator = if locale == Locale::En { b',' } else { b';' };
    let columns = page.table.columns();
    let cells = |row: &Value| columns.iter().map(|name| cell(row.get(*name))).collect::<Vec<_>>();
    let text = csv::table(separator, columns, page.rows.iter().map(cells));
    OutgoingPart {
        name: format!("{}-{}.csv", page.table.name(), page.day),
        media_type: "text/csv".to_owned(),
        content: format!("\u{FEFF}{text}").into_bytes(),
    }
}

/// Rows that belong together, in their order.
fn groups(page: &RegisterPage) -> Vec<Vec<&Value>> {
    let key = |row: &Value| {
        page.table.key().iter().map(|name| cell(row.get(*name))).collect::<Vec<String>>()
    };
    let mut groups: Vec<(Vec<String>, Vec<&Value>)> = Vec::new();
    for row in &page.rows {
        match groups.last_mut() {
            Some((last, rows)) if *last == key(row) => rows.push(row),
            _ => groups.push((key(row), vec![row])),
        }
    }
    groups.into_iter().map(|(_, rows)| rows).collect()
}

impl Scene<'_> {
    /// The slots of registers, and of what is said about a new version of a rule text.
    pub(super) fn registers(&self) -> Value {
        match &self.notice.matter {
            Matter::Register { page } => self.register(page),
            _ => self.renewal(),
        }
    }

    fn register(&self, page: &RegisterPage) -> Value {
        let locale = self.notice.locale;
        let groups = groups(page);
        let entries: Vec<Value> = groups
            .iter()
            .take(ENTRIES_MAX)
            .filter_map(|rows| {
                let (title, lines) = Entry { scene: self, words: labels(locale) }.of(page, rows)?;
                let lines = lines.iter().map(|line| short(line, LINE_CHARS_MAX));
                let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
                Some(json!({"title": short(&title, 200), "lines": lines}))
            })
            .collect();
        json!({
            "name": command::register::shown(page.table, locale),
            "at": self.moment(self.notice.at).slot(),
            "count": groups.len(), "about": filled(&page.about),
            "readers": self.list(&page.readers),
            "entries": entries, "more": groups.len().saturating_sub(ENTRIES_MAX),
        })
    }
}

impl Scene<'_> {
    fn renewal(&self) -> Value {
        let Matter::Renewal {
            stage,
            title,
            version,
            effective,
            approved_by,
            unit,
            missing,
            texts,
            remind_at,
            until,
            suspends,
            places,
        } = &self.notice.matter
        else {
            return json!({});
        };
        let begins = effective.to_zoned(self.desk.site.time_zone.clone()).ok();
        let begins = begins.map_or(self.notice.at, |zoned| zoned.timestamp());
        json!({
            "first": *stage == RenewalStage::First, "reminder": *stage == RenewalStage::Reminder,
            "declined": *stage == RenewalStage::Declined, "lapsed": *stage == RenewalStage::Lapsed,
            "agreed": *stage == RenewalStage::Agreed,
            "title": short(title, 200), "version": version,
            "effective": self.moment(begins).slot(),
            "approved_by": filled(&short(approved_by, 200)),
            "unit": unit, "missing": facts(missing), "has_text": !texts.is_empty(),
            "remind": remind_at.map(|at| self.moment(at).slot()),
            "until": until.map(|at| self.moment(at).slot()),
            "suspends": suspends, "places": self.list(places),
        })
    }
}

/// How the rows of one entry read.
struct Entry<'a> {
    scene: &'a Scene<'a>,
    words: &'static Labels,
}

impl Entry<'_> {
    fn of(&self, page: &RegisterPage, rows: &[&Value]) -> Option<(String, Vec<String>)> {
        let first = rows.first()?;
        Some(match page.table {
            Table::Users => self.user(first, rows),
            Table::Units => self.unit(first, rows),
            Table::Queues => self.queue(first, rows),
            Table::Consents => self.consents(first, rows),
            Table::Declarations => self.declarations(first, rows),
            Table::Renewals => self.renewals(first, rows),
            Table::Rules => self.rules(first, rows),
            Table::Roles => self.role(first),
            Table::Evidence => return None,
            Table::Breaches => self.breaches(first, rows),
        })
    }

    /// A line with a label, empty where there is nothing behind it.
    fn labeled(&self, label: &str, values: &[String]) -> String {
        let values: Vec<&str> =
            values.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
        if values.is_empty() { String::new() } else { format!("{label}: {}", values.join(", ")) }
    }

    fn name_of(&self, id: &str) -> String {
        if id.is_empty() {
            return String::new();
        }
        self.scene.desk.register.name_of(&PersonId::new(id))
    }

    fn unit_name(&self, id: &str) -> String {
        let unit = self.scene.desk.register.unit(&crate::types::UnitId::new(id));
        unit.map_or_else(|| id.to_owned(), |unit| unit.name.clone())
    }

    fn day_of(&self, text: &str) -> String {
        let date = text.parse::<Date>().ok();
        date.map_or_else(|| text.to_owned(), |date| day(date, self.scene.notice.locale))
    }

    fn moment_of(&self, text: &str) -> String {
        let at = text.parse::<Timestamp>().ok();
        at.map_or_else(|| text.to_owned(), |at| self.scene.moment(at).day())
    }

    fn access(&self, row: &Value) -> String {
        let word = match text(row, "access").as_str() {
            "write" => self.words.writes,
            "read" => self.words.reads,
            "suspended" => self.words.rests,
            _ => return String::new(),
        };
        let role = text(row, "role");
        let role = self
            .scene
            .desk
            .register
            .role(&role)
            .map_or(role, |role| role.shown(self.scene.notice.locale).to_owned());
        if role.is_empty() { word.to_owned() } else { format!("{word}, {role}") }
    }

    fn user(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let queues: Vec<String> = rows
            .iter()
            .filter(|row| !text(row, "queue").is_empty())
            .map(|row| format!("{} ({})", text(row, "queue"), self.access(row)))
            .collect();
        let units = list(first, "units").into_iter().map(|duty| {
            let mut words = duty.split(' ');
            let (unit, duty) = (words.next().unwrap_or_default(), words.next());
            let duty = match duty.unwrap_or_default() {
                "speaker" => self.words.speaks,
                "delegate" => self.words.delegate,
                _ => self.words.coordinates,
            };
            let until = words.next().map(|until| fill(self.words.until, &[&self.day_of(until)]));
            let until = until.map(|until| format!(" {until}")).unwrap_or_default();
            format!("{} ({duty}{until})", self.unit_name(unit))
        });
        let lines = vec![
            list(first, "addresses").join(", "),
            self.labeled(self.words.queues, &queues),
            self.labeled(self.words.units, &units.collect::<Vec<_>>()),
        ];
        (format!("{}, {}", text(first, "name"), text(first, "id")), lines)
    }

    fn unit(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let delegates: Vec<String> = rows
            .iter()
            .filter(|row| !text(row, "delegate").is_empty())
            .map(|row| {
                let until = text(row, "until");
                let until = (!until.is_empty())
                    .then(|| format!(" {}", fill(self.words.until, &[&self.day_of(&until)])));
                format!("{}{}", self.name_of(&text(row, "delegate")), until.unwrap_or_default())
            })
            .collect();
        let coordinators: Vec<String> =
            list(first, "coordinators").iter().map(|id| self.name_of(id)).collect();
        let lines = vec![
            self.labeled(self.words.part_of, &[self.unit_name(&text(first, "parent"))]),
            list(first, "addresses").join(", "),
            self.labeled(self.words.speaker, &[self.name_of(&text(first, "speaker"))]),
            self.labeled(self.words.delegates, &delegates),
            self.labeled(self.words.coordination, &coordinators),
            self.lacking(first),
        ];
        (format!("{}, {}", text(first, "name"), text(first, "unit")), lines)
    }

    fn lacking(&self, row: &Value) -> String {
        let number = |name| text(row, name).parse::<u16>().unwrap_or_default();
        let (minimum, lacking) = (number("minimum"), number("lacking"));
        if lacking == 0 {
            return String::new();
        }
        let have = minimum.saturating_sub(lacking).to_string();
        fill(self.words.lacking, &[&have, &minimum.to_string()])
    }

    fn queue(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let with = |access: &str| -> Vec<String> {
            let rows = rows.iter().filter(|row| text(row, "access") == access);
            rows.map(|row| text(row, "name")).collect()
        };
        let inherited = first.get("inherited") == Some(&Value::Bool(true));
        let nobody = rows.iter().all(|row| text(row, "person").is_empty());
        let lines = vec![
            list(first, "addresses").join(", "),
            self.labeled(self.words.unit, &[self.unit_name(&text(first, "unit"))]),
            self.labeled(self.words.part_of, &[text(first, "parent")]),
            self.labeled(self.words.writers, &with("write")),
            self.labeled(self.words.readers, &with("read")),
            self.labeled(self.words.resting, &with("suspended")),
            if inherited { self.words.inherited.to_owned() } else { String::new() },
            if nobody { self.words.nobody.to_owned() } else { String::new() },
            self.lacking(first),
        ];
        (format!("{}, {}", text(first, "title"), text(first, "queue")), lines)
    }

    /// The name of a rule text with its version.
    fn version(&self, row: &Value) -> String {
        let version = text(row, "version");
        let known = version.parse().ok();
        let name = text(row, "text");
        let known = known.and_then(|version| self.scene.desk.register.text(&name, version));
        let title = known
            .map_or_else(|| name.clone(), |one| one.shown(self.scene.notice.locale).to_owned());
        format!("{title}, {}", fill(self.words.version, &[&version]))
    }

    fn consents(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let mut missing = Vec::new();
        let mut lines = Vec::new();
        for row in rows {
            let name = text(row, "name");
            let at = text(row, "agreed_at");
            if at.is_empty() {
                missing.push(name);
                continue;
            }
            let back = text(row, "taken_back");
            let back = (!back.is_empty())
                .then(|| format!(", {} {}", self.words.taken_back, self.moment_of(&back)));
            lines.push(format!("{name}: {}{}", self.proven(row, &at), back.unwrap_or_default()));
        }
        lines.push(self.labeled(self.words.missing, &missing));
        (self.version(first), lines)
    }

    fn declarations(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let titles = first.get("title").and_then(Value::as_object);
        let locale = self.scene.notice.locale.to_string();
        let title = titles.and_then(|all| all.get(&locale).or_else(|| all.values().next()));
        let title = title.map_or_else(|| text(first, "declaration"), |title| cell(Some(title)));
        let mut missing = Vec::new();
        let mut lines = Vec::new();
        for row in rows {
            let name = text(row, "name");
            let at = text(row, "given_at");
            if at.is_empty() {
                missing.push(name);
                continue;
            }
            let keeper = self.name_of(&text(row, "custodian"));
            let there = text(row, "acknowledged_at");
            let there = if there.is_empty() {
                fill(self.words.not_acknowledged, &[&keeper])
            } else {
                fill(self.words.acknowledged, &[&keeper, &self.moment_of(&there)])
            };
            let until = text(row, "until");
            let until =
                (!until.is_empty()).then(|| fill(self.words.until, &[&self.day_of(&until)]));
            let until = until.map(|until| format!(", {until}")).unwrap_or_default();
            lines.push(format!("{name}: {}{until}; {there}", self.proven(row, &at)));
        }
        lines.push(self.labeled(self.words.missing, &missing));
        (title, lines)
    }

    fn renewals(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let of = |state: &str| -> Vec<String> {
            let rows = rows.iter().filter(|row| text(row, "state") == state);
            rows.map(|row| text(row, "name")).collect()
        };
        let agreed = of("agreed");
        let (count, all) = (agreed.len().to_string(), rows.len().to_string());
        let lines = vec![
            fill(self.words.begun, &[&self.moment_of(&text(first, "begun_at"))]),
            fill(self.words.agreed_of, &[&count, &all]),
            self.labeled(self.words.open, &of("asked")),
            self.labeled(self.words.declined, &of("declined")),
            self.labeled(self.words.lapsed, &of("lapsed")),
            self.labeled(self.words.resting, &of("resting")),
            self.labeled(self.words.done, &agreed),
        ];
        (self.version(first), lines)
    }

    fn breaches(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let lines = rows.iter().flat_map(|row| {
            let level = match text(row, "level").as_str() {
                "note" => self.words.note,
                "warning" => self.words.warning,
                _ => self.words.suspension,
            };
            let ended = text(row, "ended_at");
            let ended = self.moment_of(&ended);
            let state = match text(row, "state").as_str() {
                "withdrawn" => fill(self.words.withdrawn, &[&ended]),
                "over" => fill(self.words.over, &[&ended]),
                _ => String::new(),
            };
            let until = self.last_day(&text(row, "until"));
            let until = if until.is_empty() { until } else { fill(self.words.until, &[&until]) };
            let ticket = fill(self.words.ticket, &[&text(row, "ticket")]);
            let rule = if text(row, "text").is_empty() { String::new() } else { self.version(row) };
            let head = [self.moment_of(&text(row, "at")), level.to_owned(), until, state, ticket];
            let head: Vec<String> = head.into_iter().filter(|part| !part.is_empty()).collect();
            let forgotten = self.moment_of(&text(row, "expires_at"));
            vec![
                head.join(", "),
                text(row, "reason"),
                rule,
                self.labeled(self.words.recorded_by, &[self.name_of(&text(row, "by"))]),
                fill(self.words.forgotten, &[&forgotten]),
            ]
        });
        (text(first, "name"), lines.collect())
    }

    /// The last day that ends with a moment.
    fn last_day(&self, text: &str) -> String {
        let at = text.parse::<Timestamp>().ok();
        at.map_or_else(|| text.to_owned(), |at| self.scene.moment(at).until())
    }

    /// When something was given, how it was proven, and where it stands.
    fn proven(&self, row: &Value, at: &str) -> String {
        let rung = match text(row, "rung").as_str() {
            "0" => self.words.claimed,
            "1" => self.words.known,
            "2" => self.words.confirmed,
            _ => self.words.signed,
        };
        let ticket = text(row, "ticket");
        let ticket = (!ticket.is_empty()).then(|| fill(self.words.ticket, &[&ticket]));
        let parts = [Some(self.moment_of(at)), Some(rung.to_owned()), ticket];
        parts.into_iter().flatten().collect::<Vec<String>>().join(", ")
    }

    fn rules(&self, first: &Value, rows: &[&Value]) -> (String, Vec<String>) {
        let holds = first.get("holds") == Some(&Value::Bool(true));
        let effective = self.day_of(&text(first, "effective"));
        let since = if holds { self.words.holds } else { self.words.effective };
        let sums = rows.iter().map(|row| {
            let sum: String = text(row, "hash").chars().take(8).collect();
            format!("{} {sum}", text(row, "locale"))
        });
        let lines = vec![
            fill(since, &[&effective]),
            self.labeled(self.words.approved, &[text(first, "approved_by")]),
            self.labeled(self.words.agreed, &[text(first, "agreed")]),
            self.labeled(self.words.sums, &sums.collect::<Vec<_>>()),
        ];
        (self.version(first), lines)
    }

    fn role(&self, row: &Value) -> (String, Vec<String>) {
        let name = text(row, "role");
        let known = self.scene.desk.register.role(&name);
        let title = known
            .map_or_else(|| name.clone(), |role| role.shown(self.scene.notice.locale).to_owned());
        let lines = vec![
            self.labeled(self.words.rights, &list(row, "rights")),
            self.labeled(self.words.denials, &list(row, "denials")),
            self.labeled(self.words.invites, &list(row, "invites")),
            self.labeled(self.words.gives, &list(row, "gives")),
            if text(row, "sees") == "own" { self.words.sees_own } else { self.words.sees_all }
                .to_owned(),
        ];
        (format!("{title}, {name}"), lines)
    }
}

fn text(row: &Value, name: &str) -> String {
    cell(row.get(name))
}

fn list(row: &Value, name: &str) -> Vec<String> {
    let items = row.get(name).and_then(Value::as_array).into_iter().flatten();
    items.map(|item| cell(Some(item))).collect()
}

//! The laws of the house that no compiler keeps: layers, heads, sizes, columns and words.
//!
//! Textual and quick: comments and literals are blanked, then lines are looked at. Each rule has a
//! planted breach below. Deliberately absent: what clippy already refuses.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// From bottom to top: a file uses only what stands in a line above its own.
const LAYERS: [&[&str]; 10] = [
    &["types"],
    &["mail"],
    &["desk"],
    &["ticket"],
    &["notice"],
    &["intake", "store", "submit"],
    &["config"],
    &["daemon"],
    &["cli"],
    &["main"],
];
/// How many lines of [`LAYERS`] hold no clock, file, network, environment, thread, async or log.
const PURE_LAYERS: usize = 5;
const IMPURE_PATHS: [&str; 5] = ["std::fs", "std::net", "std::env", "std::thread", "std::process"];
const IMPURE_WORDS: [&str; 14] = [
    "tokio",
    "tracing",
    "async",
    "await",
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "print",
    "println",
    "eprint",
    "eprintln",
    "rustix",
    "getrandom",
];
/// Matches on these name every variant, so that a new one breaks every match that forgot it.
const CLOSED_TYPES: [&str; 5] =
    ["Event::", "Effect::", "Transaction::", "TransactionKind::", "Status::"];
const REFUSED_FILES: [&str; 8] =
    ["util", "utils", "common", "helper", "helpers", "core", "domain", "mod"];
const REFUSED_WORDS: [&str; 4] = ["msg", "mgr", "util", "utils"];
const REFUSED_VERBS: [&str; 5] = ["process", "handle", "manage", "do", "get"];
const UNFINISHED: [&str; 8] =
    ["todo!", "unimplemented!", "TODO", "FIXME", "XXX", "placeholder", "stub", "#[ignore"];
const LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;
const FOLDER_DEPTH_MAX: usize = 2;

/// A source file and what the rules need of it.
struct Source {
    path: String,
    text: String,
    /// The text without comments and the content of literals, line for line.
    code: String,
    /// In how many lines the file's own code ends and its tests begin.
    code_lines: usize,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let is_test_module = |(head, module): (&str, &str)| {
            head.trim() == "#[cfg(test)]" && module.trim_start().starts_with("mod ")
        };
        let code_lines = code
            .lines()
            .zip(code.lines().skip(1))
            .position(is_test_module)
            .unwrap_or_else(|| code.lines().count());
        Self { path: path.to_owned(), text: text.to_owned(), code, code_lines }
    }

    /// The file's own code with line numbers, without its tests.
    fn own_code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines().take(self.code_lines))
    }

    /// The path below `src` without `.rs`, cut into its parts.
    fn modules(&self) -> Vec<&str> {
        let inner = self.path.strip_prefix("src/").unwrap_or_default();
        inner.trim_end_matches(".rs").split('/').collect()
    }

    fn layer(&self) -> Option<usize> {
        self.modules().first().and_then(|name| rank(name))
    }

    fn breach(&self, line: usize, what: impl Into<String>) -> Breach {
        Breach { path: self.path.clone(), line, what: what.into() }
    }
}

/// Where which rule is broken.
struct Breach {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.what)
    }
}

type Rule = fn(&Source) -> Vec<Breach>;
const RULES: [Rule; 9] =
    [arrows, purity, closed_matches, head, size, columns, names, unfinished, places];

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|line| line.contains(&layer))
}

/// Identifiers of a line, each with what stands directly before it.
fn words(line: &str) -> Vec<(&str, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (is_word(c), start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                let (before, rest) = line.split_at(begin);
                found.push((before, rest.split_at(at - begin).0));
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// The length of the comment or literal that `rest` begins with; zero if it begins with neither.
fn literal_length(rest: &str) -> usize {
    let until = |start: usize, end: &str| {
        rest.get(start..).and_then(|tail| tail.find(end)).map_or(rest.len(), |at| start + at)
    };
    let raw = rest.trim_start_matches('b').strip_prefix('r').map(|tail| {
        let hashes = tail.len() - tail.trim_start_matches('#').len();
        (hashes, tail.trim_start_matches('#').starts_with('"'))
    });
    if rest.starts_with("//") {
        until(2, "\n")
    } else if rest.starts_with("/*") {
        (until(2, "*/") + 2).min(rest.len())
    } else if let Some((hashes, true)) = raw {
        let end = format!("\"{}", "#".repeat(hashes));
        (until(until(0, "\"") + 1, &end) + end.len()).min(rest.len())
    } else if rest.starts_with('"') {
        let mut is_escaped = false;
        let is_end = |(_, c): &(usize, char)| {
            let ends = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            ends
        };
        rest.char_indices().skip(1).find(is_end).map_or(rest.len(), |(at, _)| at + 1)
    } else if rest.starts_with("'\\") {
        (until(3, "'") + 1).min(rest.len())
    } else if rest.starts_with('\'') && rest.chars().nth(2) == Some('\'') {
        rest.chars().take(3).map(char::len_utf8).sum()
    } else {
        0
    }
}

/// Takes comments and the content of literals out; keeps every line end.
fn blank(text: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(c) = rest.chars().next() {
        let in_word = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let length = if in_word && c.is_alphanumeric() { 0 } else { literal_length(rest) };
        let (piece, tail) = rest.split_at(length.max(c.len_utf8()));
        if length == 0 {
            code.push(c);
        } else {
            code.push_str(if piece.starts_with('/') { " " } else { "\"\"" });
            code.extend(piece.chars().filter(|c| *c == '\n'));
        }
        rest = tail;
    }
    code
}

/// Layers use only lower layers, edges not each other, and nothing climbs by a hidden path.
fn arrows(source: &Source) -> Vec<Breach> {
    let modules = source.modules();
    let (Some(own), Some(layer)) = (modules.first(), source.layer()) else { return Vec::new() };
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.code.lines()) {
        for piece in line.split("crate::").skip(1) {
            let name = words(piece).first().map_or("", |(_, name)| *name);
            match rank(name) {
                _ if piece.starts_with('{') => {
                    found.push(
                        source.breach(number, "`crate::{` hides an arrow: one line per layer"),
                    );
                }
                None => found.push(source.breach(number, format!("crate::{name} is no layer"))),
                Some(other) if other > layer || (other == layer && name != *own) => {
                    found.push(source.breach(number, format!("{own} may not use {name}")));
                }
                Some(_) => {}
            }
        }
    }
    let climbing = "super::".repeat(modules.len());
    for (number, line) in source.own_code().filter(|(_, line)| line.contains(&climbing)) {
        found.push(source.breach(number, format!("{} climbs past its layer", line.trim())));
    }
    found
}

/// Pure layers: no clock, files, network, environment, threads, async, log, unordered maps.
fn purity(source: &Source) -> Vec<Breach> {
    if source.layer().is_none_or(|layer| layer >= PURE_LAYERS) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, line) in source.own_code() {
        let in_braces = line.split_once("std::{").map_or("", |(_, names)| names);
        let is_impure_path = |path: &&str| {
            let name = path.trim_start_matches("std::");
            line.contains(*path) || words(in_braces).iter().any(|(_, word)| *word == name)
        };
        let is_impure_word = |word: &&str| words(line).iter().any(|(_, other)| other == word);
        let paths = IMPURE_PATHS.iter().copied().filter(is_impure_path);
        for word in paths.chain(IMPURE_WORDS.iter().copied().filter(is_impure_word)) {
            found.push(source.breach(number, format!("{word} in a pure layer")));
        }
    }
    found
}

/// The patterns of a match block (its text after the opening brace), each with its offset.
fn patterns(block: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut start, mut is_pattern) = (0_usize, 0, true);
    let mut found = Vec::new();
    for (at, c) in block.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' if depth == 0 => break,
            '}' | ')' | ']' => {
                depth -= 1;
                if depth == 0 && c == '}' && !is_pattern {
                    (start, is_pattern) = (at + 1, true);
                }
            }
            ',' if depth == 0 => (start, is_pattern) = (at + 1, true),
            '=' if depth == 0 && is_pattern && block.get(at..at + 2) == Some("=>") => {
                found.extend(block.get(start..at).map(|pattern| (start, pattern)));
                is_pattern = false;
            }
            _ => {}
        }
    }
    found
}

/// No arm for "all others" in a match on a closed type.
fn closed_matches(source: &Source) -> Vec<Breach> {
    let is_edge = source.layer() == rank("intake") && !source.code.contains("crate::ticket");
    let is_outside = !source.path.starts_with("src/");
    if is_edge || is_outside {
        // A protocol has a Status too, which is not ours to close; a test may look at one arm.
        return Vec::new();
    }
    let own: String = source.own_code().map(|(_, line)| format!("{line}\n")).collect();
    let mut found = Vec::new();
    for (at, _) in own.match_indices("match ") {
        let mut depth = 0_isize;
        let is_block = |(_, c): &(usize, char)| {
            depth += isize::from("([".contains(*c)) - isize::from(")]".contains(*c));
            *c == '{' && depth == 0
        };
        let rest = own.split_at(at).1;
        let Some((open, _)) = rest.char_indices().find(is_block) else { continue };
        let arms = patterns(rest.split_at(open + 1).1);
        let names_closed = |(_, pattern): &(usize, &str)| {
            words(pattern).windows(2).any(|pair| {
                CLOSED_TYPES.iter().any(|closed| {
                    format!("{}::", pair[0].1) == *closed && pair[1].0.ends_with(closed)
                })
            })
        };
        let is_catch_all = |pattern: &str| {
            let word = pattern.trim().trim_start_matches(',').trim();
            word.chars().all(|c| c.is_lowercase() || c == '_') && !word.is_empty()
        };
        if !arms.iter().any(names_closed) {
            continue;
        }
        for (offset, pattern) in arms.iter().filter(|(_, pattern)| is_catch_all(pattern)) {
            let spaces = pattern.len() - pattern.trim_start().len();
            let line = own.split_at(at + open + 1 + offset + spaces).0.lines().count();
            found.push(source.breach(line, "a catch-all arm in a match on a closed type"));
        }
    }
    found
}

fn head(source: &Source) -> Vec<Breach> {
    if source.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![source.breach(1, "the file does not open with its `//!` head")]
}

fn size(source: &Source) -> Vec<Breach> {
    let has_reason =
        source.text.lines().take_while(|line| line.starts_with("//!")).any(|l| l.contains("Size:"));
    if source.code_lines <= LINES_MAX || has_reason || source.path.starts_with("tests/") {
        return Vec::new();
    }
    vec![source.breach(
        source.code_lines,
        format!("over {LINES_MAX} lines and no `Size:` with a reason in the head"),
    )]
}

fn columns(source: &Source) -> Vec<Breach> {
    let lines = (1..).zip(source.text.lines());
    lines
        .map(|(number, line)| (number, line.chars().count()))
        .filter(|(_, count)| *count > COLUMNS_MAX)
        .map(|(number, count)| source.breach(number, format!("{count} columns")))
        .collect()
}

fn names(source: &Source) -> Vec<Breach> {
    let in_loop = source.path.starts_with("src/daemon");
    let mut found = Vec::new();
    let mut in_trait = false; // whose names are given
    for (number, line) in (1..).zip(source.code.lines()) {
        in_trait = !line.starts_with('}')
            && (in_trait || (line.starts_with("impl") && line.contains(" for ")));
        for (before, word) in words(line) {
            let is_path = line.get(before.len() + word.len()..).unwrap_or_default();
            let is_ours = !before.ends_with(['.', ':']) && !is_path.starts_with("::");
            let parts: Vec<&str> = word.split('_').collect();
            if is_ours && parts.iter().any(|part| REFUSED_WORDS.contains(part)) {
                found.push(source.breach(number, format!("{word} is not a full word")));
            }
            let verb = parts.first().copied().unwrap_or_default();
            let may_be = word == "get" || in_trait || (in_loop && verb == "handle");
            if before.ends_with("fn ") && REFUSED_VERBS.contains(&verb) && !may_be {
                found.push(source.breach(number, format!("fn {word}: say what it does")));
            }
        }
    }
    found
}

fn unfinished(source: &Source) -> Vec<Breach> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    if source.path.ends_with("tidy.rs") {
        return found;
    }
    for (number, line) in (1..).zip(source.text.lines()) {
        let lower = line.to_lowercase();
        for word in UNFINISHED {
            let line = if word == word.to_lowercase() { lower.as_str() } else { line };
            let stands_alone = |(at, _): (usize, &str)| {
                let (before, rest) = line.split_at(at);
                let after = rest.split_at(word.len()).1;
                !before.ends_with(is_part) && !after.starts_with(is_part)
            };
            if line.match_indices(word).any(stands_alone) {
                found.push(source.breach(number, format!("{word}: finish it or leave it out")));
            }
        }
    }
    found
}

/// Folder depth, file names, and that every first name below `src` is a layer.
fn places(source: &Source) -> Vec<Breach> {
    let mut found = Vec::new();
    let modules = source.modules();
    let Some((stem, folders)) = modules.split_last() else { return found };
    if folders.len() > FOLDER_DEPTH_MAX {
        found.push(source.breach(1, format!("deeper than {FOLDER_DEPTH_MAX} folders")));
    }
    if let Some(name) = modules.iter().find(|name| REFUSED_FILES.contains(*name)) {
        found.push(source.breach(1, format!("{name} fits everything and hides everything")));
    }
    let is_known = source.layer().is_some() || modules == ["lib"];
    if source.path.starts_with("src/") && !is_known {
        found.push(source.breach(1, format!("{stem} is in no layer of the table")));
    }
    found
}

/// Every RFC cited in `src` stands in the README's section "Standards".
fn standards(readme: &str, sources: &[Source]) -> Vec<Breach> {
    let readme_breach =
        |what: &str| vec![Breach { path: "README.md".to_owned(), line: 1, what: what.to_owned() }];
    let is_heading = |line: &&str| line.starts_with('#') && line.contains("Standards");
    let mut lines = readme.lines().skip_while(|line| !is_heading(line));
    if lines.next().is_none() {
        return readme_breach("has no section \"Standards\" with the table of RFCs");
    }
    let table: String = lines.take_while(|line| !line.starts_with("## ")).collect();
    let listed: Vec<&str> = words(&table).into_iter().map(|(_, word)| word).collect();
    let mut missing = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/")) {
        for (number, rfc) in cited(&source.text) {
            if !listed.contains(&rfc) {
                let what = format!("RFC {rfc} is not in README's Standards");
                missing.entry(rfc).or_insert_with(|| source.breach(number, what));
            }
        }
    }
    missing.into_values().collect()
}

/// The numbers of the RFCs that a text names, each with its line.
fn cited(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = (1..).zip(text.lines());
    let cited = numbered.flat_map(|(number, line)| {
        line.split("RFC ")
            .skip(1)
            .map(move |piece| (number, words(piece).first().map_or("", |(_, word)| *word)))
    });
    cited.filter(|(_, rfc)| !rfc.is_empty() && rfc.chars().all(|c| c.is_ascii_digit()))
}

fn read_folder(root: &Path, folder: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            read_folder(root, &path, sources);
        } else if path.ends_with(".rs") {
            sources.push(Source::new(&path, &std::fs::read_to_string(root.join(&path)).unwrap()));
        }
    }
}

#[test]
fn the_house_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in ["src", "tests", "contrib"] {
        read_folder(root, folder, &mut sources);
    }
    let mut found: Vec<Breach> =
        sources.iter().flat_map(|source| RULES.iter().flat_map(|rule| rule(source))).collect();
    if let Ok(readme) = std::fs::read_to_string(root.join("README.md")) {
        found.extend(standards(&readme, &sources));
    }
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} breaches:\n{}", found.len(), lines.join("\n"));
}

/// What one planted file breaks, as `line: text`, the head being there already.
fn planted(path: &str, text: &str) -> Vec<String> {
    let source = Source::new(path, &format!("//! Head.\n{text}"));
    let found = RULES.iter().flat_map(|rule| rule(&source));
    found.map(|breach| format!("{}: {}", breach.line, breach.what)).collect()
}

#[test]
fn every_planted_breach_is_found() {
    let long_file = "fn f() {}\n".repeat(501);
    let long_line = format!("// {}", "é".repeat(99));
    let cases: [(&str, &str, &str); 29] = [
        (
            "src/store/a.rs",
            "use crate::ticket;\nfn f() {\n    match s { Status::New => 1, _ => 2 }\n}",
            "4: a catch-all arm in a match on a closed type",
        ),
        ("src/mail/a.rs", "use crate::store::View;", "2: mail may not use store"),
        ("src/mail.rs", "fn f() {\n    crate::ticket::decide();\n}", "3: mail may not use ticket"),
        ("src/store/a.rs", "use crate::intake::Spool;", "2: store may not use intake"),
        (
            "src/mail.rs",
            "use crate::{types, store};",
            "2: `crate::{` hides an arrow: one line per layer",
        ),
        ("src/mail.rs", "use crate::Thing;", "2: crate::Thing is no layer"),
        ("src/mail.rs", "use super::store;", "2: use super::store; climbs past its layer"),
        (
            "src/mail/a.rs",
            "use super::super::store;",
            "2: use super::super::store; climbs past its layer",
        ),
        ("src/desk.rs", "use std::fs::File;", "2: std::fs in a pure layer"),
        ("src/desk.rs", "use std::{fmt, net};", "2: std::net in a pure layer"),
        ("src/desk.rs", "async fn f() {}", "2: async in a pure layer"),
        ("src/desk.rs", "fn f(at: Instant) {}", "2: Instant in a pure layer"),
        ("src/desk.rs", "type A = HashMap<u8, u8>;", "2: HashMap in a pure layer"),
        ("src/desk.rs", "fn f() { println!(); }", "2: println in a pure layer"),
        (
            "src/ticket.rs",
            "match e {\n    Event::Mail(m) => f(m),\n    _ => {}\n}",
            "4: a catch-all arm in a match on a closed type",
        ),
        (
            "src/ticket.rs",
            "match s { Status::New => {\n g() }\n other => h(other) }",
            "4: a catch-all arm in a match on a closed type",
        ),
        (
            "src/ticket.rs",
            "match f(|a| { a }) {\n Some(Effect::Arm(..)) => 1,\n None | _ => 2,\n _ => 3 }",
            "5: a catch-all arm in a match on a closed type",
        ),
        (
            "src/ticket.rs",
            &long_file,
            "502: over 500 lines and no `Size:` with a reason in the head",
        ),
        ("src/ticket.rs", &long_line, "2: 102 columns"),
        ("src/mail.rs", "fn f(msg_count: u8) {}", "2: msg_count is not a full word"),
        ("src/mail.rs", "fn process_mail() {}", "2: fn process_mail: say what it does"),
        ("src/mail.rs", "impl A for B {\n}\nfn handle() {}", "4: fn handle: say what it does"),
        ("src/mail.rs", "fn get_subject() {}", "2: fn get_subject: say what it does"),
        ("src/mail.rs", "fn f() { todo!() }", "2: todo!: finish it or leave it out"),
        ("src/mail.rs", "// FIXME later", "2: FIXME: finish it or leave it out"),
        ("tests/all/a.rs", "// A Stub of it.", "2: stub: finish it or leave it out"),
        ("src/mail/utils.rs", "", "1: utils fits everything and hides everything"),
        ("src/mail/a/b/c.rs", "", "1: deeper than 2 folders"),
        ("src/web.rs", "", "1: web is in no layer of the table"),
    ];
    for (path, text, expected) in cases {
        assert_eq!(planted(path, text), [expected], "planted in {path}: {text}");
    }
    assert_eq!(head(&Source::new("src/mail.rs", "use std::fmt;\n")).len(), 1);
}

#[test]
fn what_only_looks_like_a_breach_is_left_alone() {
    let cases = [
        ("src/store/a.rs", "use crate::mail::Message;\nuse std::fs;\nuse super::View;"),
        (
            "src/mail/a.rs",
            "/// See `crate::store`, HashMap.\nconst A: &str = \"std::fs \\\" async\";",
        ),
        (
            "src/mail/a.rs",
            "const A: &str = r#\"async \" println!\"#; const B: char = '\"'; // tokio",
        ),
        ("src/mail/a.rs", "fn f<'a>(a: &'a str) -> char { '\\'' } /* std::fs\n */"),
        (
            "src/mail/a.rs",
            "#[cfg(test)]\nmod tests {\n    use super::super::x;\n    use std::fs;\n}",
        ),
        ("src/ticket.rs", "match a { Some(b) => Event::Mail(b), _ => Event::None }"),
        ("src/ticket.rs", "match a { Event::A(_) => match b { 1 => 2, _ => 3 }, Event::B => 4 }"),
        ("src/ticket.rs", "match a { EventKind::A => 1, _ => 2 }"),
        ("src/daemon/serve.rs", "async fn handle(event: u8) { f.get_ref(std::msg); }"),
        (
            "src/intake/a.rs",
            "impl foreign::Login for Once {\n    fn process() {}\n}\nuse a_util::b;",
        ),
        ("src/intake/a.rs", "match a { Status::Ok => 1, _ => 2 }"),
        ("src/store/a.rs", "fn get(&self) {}\n// Substubbing is no word of the list."),
    ];
    for (path, text) in cases {
        assert_eq!(planted(path, text), [""; 0], "planted in {path}: {text}");
    }
    let sized = format!("//! Head.\n//! Size: a table.\n{}", "fn f() {}\n".repeat(600));
    assert_eq!(size(&Source::new("src/mail.rs", &sized)).len(), 0);
}

#[test]
fn an_unlisted_rfc_is_found() {
    let sources = [Source::new("src/mail.rs", "//! Head (RFC 5322 section 3).\n//! RFC 9999.\n")];
    let listed = "# lotse\n## Standards\n| [RFC 5322](x) | yes |\n## Next\nRFC 9999\n";
    let found: Vec<String> = standards(listed, &sources).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["src/mail.rs:2: RFC 9999 is not in README's Standards"]);
    assert_eq!(standards("# lotse\n", &sources).len(), 1);
}

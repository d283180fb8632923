//! `contrib/nrw`, the shipped organization: sound, complete by its own table, named nowhere else.
//!
//! Its conversations are played by `scenario`. Deliberately absent: its real servers
//! (`servers_nrw`), its month (`nrw_month`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lotse::config;

/// The lines of source 000 that this organization must show.
const LINES: [&str; 37] = [
    "000-01", "000-02", "000-03", "000-04", "000-05", "000-06", "000-07", "000-08", "000-09",
    "000-10", "000-11", "000-12", "000-13", "000-14", "000-15", "000-16", "000-17", "000-18",
    "000-19", "000-20", "000-21", "000-22", "000-23", "000-24", "000-25", "000-26", "000-27",
    "000-28", "000-29", "000-30", "000-31", "000-32", "000-33", "000-34", "000-35", "000-36",
    "000-37",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn scenarios() -> PathBuf {
    root().join("fixtures/scenarios/nrw")
}

/// One row of the table: line, files, scenarios.
struct Row {
    line: String,
    files: Vec<String>,
    scenarios: Vec<String>,
}

fn names(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(root().join("contrib/nrw/README.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| 000-"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [line, _, files, scenarios] = cells.as_slice() else { panic!("{row}") };
        let (files, scenarios) = (names(files), names(scenarios));
        Row { line: (*line).to_owned(), files, scenarios }
    })
    .collect()
}

#[test]
fn shipped_organization_passes_the_check() {
    let settings = root().join("contrib/nrw/lotse.toml");
    let checked = Command::new(env!("CARGO_BIN_EXE_lotse"))
        .args(["check", "--config"])
        .arg(&settings)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.contains(": ok"), "{said}");
}

#[test]
fn every_line_has_its_file_and_its_scenario() {
    let table = table();
    let lines: Vec<&str> = table.iter().map(|row| row.line.as_str()).collect();
    assert_eq!(lines, LINES);
    for row in &table {
        assert!(!row.files.is_empty() && !row.scenarios.is_empty(), "{}", row.line);
        for file in &row.files {
            assert!(root().join("contrib/nrw").join(file).is_file(), "{}: {file}", row.line);
        }
        for name in &row.scenarios {
            let scenario = scenarios().join(name).join("scenario.txt");
            let text = fs::read_to_string(&scenario).unwrap_or_else(|error| {
                panic!("{}: {}: {error}", row.line, scenario.display());
            });
            let head = text.split("\n## ").next().unwrap();
            assert!(head.contains(&row.line), "{name} does not name {} in its head", row.line);
        }
    }
}

#[test]
fn every_scenario_stands_in_the_table() {
    let named: BTreeSet<String> = table().into_iter().flat_map(|row| row.scenarios).collect();
    let there: BTreeSet<String> = fs::read_dir(scenarios())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(named, there);
}

/// The interpreter carries other organizations as well: no word of this one stands in Rust.
#[test]
fn shipped_organization_is_named_nowhere_in_the_code() {
    let config = config::load(&root().join("contrib/nrw/lotse.toml")).unwrap();
    let organization = config.organization.unwrap();
    let units: Vec<&str> = organization.units.iter().map(|unit| unit.name.as_str()).collect();
    assert!(units.len() > 3, "{units:?}");
    let mut folders = vec![root().join("src"), root().join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for unit in &units {
                assert!(!code.contains(unit), "{}: {unit}", path.display());
            }
        }
    }
}

//! The settings as they are written, flat: what a later start compares with.
//!
//! Deliberately absent: what is kept of them and shown (`desk::account`).

use std::collections::BTreeMap;

use toml::Value;

use crate::types::Hash;

/// What settings within an array of tables are called by, in this order.
const NAMES: [&str; 2] = ["name", "kind"];

/// Every setting of a file by its path: `site.digest_hour`, `meeting.ag.at`.
#[must_use]
pub(super) fn flat(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let root: toml::Table = text.parse().unwrap_or_default();
    for (name, value) in root {
        add(&mut all, name, &value);
    }
    all
}

/// Sums of a site's own texts by their path.
#[must_use]
pub(super) fn sums(templates: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let sum = |(name, text): (&String, &String)| {
        (format!("templates/{name}"), Hash::of(text.as_bytes()).to_string())
    };
    templates.iter().map(sum).collect()
}

fn add(all: &mut BTreeMap<String, String>, path: String, value: &Value) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                add(all, format!("{path}.{name}"), value);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (number, item) in items.iter().enumerate() {
                let name = NAMES.iter().find_map(|name| item.get(name)?.as_str());
                let path = match name {
                    Some(name) => format!("{path}.{name}"),
                    None => format!("{path}.{}", number + 1),
                };
                let is_taken = all.keys().any(|known| known.starts_with(&format!("{path}.")));
                let path = if is_taken { format!("{path}.{}", number + 1) } else { path };
                add(all, path, item);
            }
        }
        Value::String(text) => {
            all.insert(path, text.clone());
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            all.insert(path, items.join(", "));
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            all.insert(path, plain(value));
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_a_path_each() {
        let text = "[site]\nname = \"nrw\"\ndigest_hour = 8\ndomains = [\"a\", \"b\"]\n\
            [[meeting]]\nname = \"ag\"\ntitle.de = \"AG\"\n\
            [[door]]\nkind = \"lmtp\"\nlisten = \"a\"\n[[door]]\nkind = \"lmtp\"\nlisten = \"b\"\n";
        let all = flat(text);
        let expected = [
            ("door.lmtp.2.kind", "lmtp"),
            ("door.lmtp.2.listen", "b"),
            ("door.lmtp.kind", "lmtp"),
            ("door.lmtp.listen", "a"),
            ("meeting.ag.name", "ag"),
            ("meeting.ag.title.de", "AG"),
            ("site.digest_hour", "8"),
            ("site.domains", "a, b"),
            ("site.name", "nrw"),
        ];
        let all: Vec<(&str, &str)> =
            all.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
        assert_eq!(all, expected);
    }
}

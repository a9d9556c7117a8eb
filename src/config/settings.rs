//! Every key of the file with its value, flat: `school.oakfield.mode` is `"enforce"`.

use serde_json::Value;
use std::collections::BTreeMap;

/// More keys than this no file has that is read at all.
const MOST: usize = 100_000;

/// A text that is no TOML has none.
pub(super) fn flat(text: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    walk(String::new(), &toml::from_str(text).unwrap_or(Value::Null), &mut out);
    out
}

fn walk(path: String, value: &Value, out: &mut BTreeMap<String, String>) {
    let below = |name: &str| match path.is_empty() {
        true => word(name),
        false => format!("{path}.{}", word(name)),
    };
    match value {
        _ if out.len() >= MOST => {}
        Value::Object(table) => {
            for (name, value) in table {
                walk(below(name), value, out);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (n, value) in list.iter().enumerate() {
                // By its own name where it has one, so that a new neighbour changes nothing.
                let name = ["id", "name", "domain"].into_iter().find_map(|key| value[key].as_str());
                walk(below(name.unwrap_or(&n.to_string())), value, out);
            }
        }
        Value::Null => {}
        value => {
            out.insert(path, value.to_string());
        }
    }
}

/// A name as the ledger can carry it.
fn word(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+-".contains(c);
    name.chars().take(60).map(|c| if fits(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_the_name_of_its_section() {
        let found = flat(
            "mode = 'observe'\n[limits]\nparts = 10\n[[school]]\nid = 'oak'\n[school.officers]\nlead = ['a@b.example']\n[[school.list]]\nkind = 'partner'\n",
        );
        let keys: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            ["limits.parts", "mode", "school.oak.id", "school.oak.list.0.kind", "school.oak.officers.lead"]
        );
        assert_eq!((found["mode"].as_str(), found["limits.parts"].as_str()), ("\"observe\"", "10"));
    }
}

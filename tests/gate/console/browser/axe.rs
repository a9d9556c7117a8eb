//! axe-core (scripts/axe.sh) within a page: what it says against the Web Content Accessibility Guidelines 2.2, A and AA,
//! and what else it holds for good practice.

use super::chrome::Chrome;
use crate::gate::ROOT;
use serde_json::Value;
use std::{fs, process::Command, sync::OnceLock};

/// Handed to the page after axe itself. `preload` would fetch the style sheet once more.
const RUN: &str = "const done = arguments[0];
axe.run(document, {
  runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']},
  rules: {'target-size': {enabled: true}},
  resultTypes: ['violations'],
  preload: false,
  iframes: false,
}).then(found => done(found.violations.map(v => `${v.id}: ${v.help}: ` +
    v.nodes.slice(0, 4).map(n => `${n.target.join(' ')} ${n.html.slice(0, 160)} (${n.failureSummary})`).join(' | '))),
  error => done([String(error)]));";

fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let fetched = Command::new(format!("{ROOT}/scripts/axe.sh")).output().unwrap();
        assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
        let tools = fs::read_dir(format!("{ROOT}/target/tools")).unwrap().map(|entry| entry.unwrap());
        let folder = tools.filter(|entry| entry.file_name().to_string_lossy().starts_with("axe-core-"));
        let found = folder.map(|entry| entry.path().join("axe.min.js")).find(|path| path.is_file());
        fs::read_to_string(found.expect("axe under target/tools")).unwrap()
    })
}

/// Brings axe into the page that is loaded; [`faults`] asks it.
pub(super) fn bring(chrome: &Chrome) {
    chrome.run(source(), vec![]);
}

/// What is wrong with the page as it looks now, a line each.
pub(super) fn faults(chrome: &Chrome) -> Vec<String> {
    let found = chrome.wait(RUN, vec![]);
    found.as_array().expect("a list").iter().map(|one| Value::as_str(one).unwrap_or("?").to_owned()).collect()
}

#[test]
fn a_page_with_faults_is_found_out() {
    let chrome = Chrome::at("http://localhost");
    chrome.go_to(
        "data:text/html,<title>x</title><p style='color:%23ccc;background:%23fff'>pale</p><img src=x><input>",
    );
    bring(&chrome);
    let found = faults(&chrome).join("\n");
    for wanted in ["color-contrast", "image-alt", "label:", "html-has-lang", "landmark-one-main"] {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
}

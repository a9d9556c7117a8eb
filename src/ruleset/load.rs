//! From paths to a checked [`RuleSet`], or to every fault at once.

use super::{
    Fault, RuleFaults, RuleSet, detect, policy,
    reader::{File, Reader, suggest},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::de::DeTable;

/// Bounds on what is read; more is a fault, never a half-read set.
const LARGEST_FILE: u64 = 4 << 20;
const MOST_FILES: usize = 2_000;
const MOST_RULES: usize = 20_000;
const MOST_PATTERNS: usize = 50_000;
const DEEPEST_FOLDER: usize = 8;

/// Reads these files, and every `*.toml` in these folders and below, in order of their names.
pub fn load(paths: &[PathBuf]) -> Result<RuleSet, RuleFaults> {
    load_with(paths, None)
}

/// The same with one more file that does not lie there, in the place of those of its name.
pub fn load_with(paths: &[PathBuf], more: Option<(&Path, &str)>) -> Result<RuleSet, RuleFaults> {
    let mut files = BTreeSet::new();
    let mut faults = Vec::new();
    for path in paths {
        if let Err(e) = collect(path, true, DEEPEST_FOLDER, &mut files) {
            faults.push(unreadable(path, &e));
        }
    }
    let mut texts = Vec::new();
    for path in files.iter().take(MOST_FILES) {
        match read(path) {
            Ok(text) => texts.push((path.clone(), text)),
            Err(e) => faults.push(unreadable(path, &e)),
        }
    }
    if files.len() > MOST_FILES {
        faults.push(unreadable(Path::new(""), &io::Error::other(format!("more than {MOST_FILES} files"))));
    }
    if let Some((name, text)) = more {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let is_same = |path: &PathBuf| path.file_name() == name.file_name();
        match texts.iter_mut().find(|(path, _)| is_same(path)) {
            Some((_, old)) => text.clone_into(old),
            None => texts.push((name.to_owned(), text.to_owned())),
        }
    }
    checked(&texts, faults)
}

/// The same for one text, named `name` in faults.
pub fn load_str(name: &str, text: &str) -> Result<RuleSet, RuleFaults> {
    checked(&[(name.into(), text.into())], Vec::new())
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    Fault { file: path.into(), line: 1, column: 1, message: format!("cannot be read: {error}"), hint: None }
}

fn collect(path: &Path, named: bool, depth: usize, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        if named || path.extension().is_some_and(|e| e == "toml") {
            files.insert(path.to_owned());
        }
        return Ok(());
    }
    if depth == 0 {
        return Err(io::Error::other("folders are nested too deeply"));
    }
    for entry in fs::read_dir(path)? {
        if files.len() > MOST_FILES {
            break;
        }
        collect(&entry?.path(), false, depth - 1, files)?;
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LARGEST_FILE {
        return Err(io::Error::other(format!("larger than {} MiB", LARGEST_FILE >> 20)));
    }
    let text = String::from_utf8(fs::read(path)?).map_err(|_| io::Error::other("not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn checked(texts: &[(PathBuf, String)], mut faults: Vec<Fault>) -> Result<RuleSet, RuleFaults> {
    let mut set = RuleSet::default();
    let mut digest = Sha256::new();
    for (path, text) in texts {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for piece in [name.as_bytes(), text.as_bytes()] {
            digest.update((piece.len() as u64).to_be_bytes());
            digest.update(piece);
        }
        let mut file = File::new(path, text);
        one_file(&mut file, text, &mut set);
        set.digests.extend(digests(text));
        faults.extend(file.into_faults());
    }
    set.digest = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
    across_files(&set, &mut faults);
    if faults.is_empty() {
        return Ok(set);
    }
    faults.sort();
    faults.dedup();
    Err(RuleFaults(faults))
}

/// A digest of each rule of a file, over its keys in order, so that neither its place nor the
/// layout of the file counts. A file that is no TOML has none, and its fault is noted elsewhere.
fn digests(text: &str) -> Vec<(Arc<str>, String)> {
    let file: serde_json::Value = toml::from_str(text).unwrap_or_default();
    let rules = ["detect", "policy"].into_iter().filter_map(|kind| file[kind].as_array()).flatten();
    let one = |rule: &serde_json::Value| {
        let digest = Sha256::digest(rule.to_string());
        Some((rule["id"].as_str()?.into(), digest.iter().map(|b| format!("{b:02x}")).collect()))
    };
    rules.filter_map(one).collect()
}

fn one_file(file: &mut File<'_>, text: &str, set: &mut RuleSet) {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        file.fault(error.span().map_or(0, |s| s.start), error.message().replace('\n', ", "), None);
    }
    if !errors.is_empty() {
        // What the parser made up to go on would only give faults that are none.
        return;
    }
    let span = root.span();
    let mut top = Reader::new(file, root.get_ref(), span);
    let (rules, policies) = (top.tables("detect"), top.tables("policy"));
    top.finish();
    for (table, span) in rules {
        set.detection.extend(detect::read(Reader::new(file, table, span)).map(Arc::new));
    }
    for (table, span) in policies {
        set.policy.extend(policy::read(Reader::new(file, table, span)).map(Arc::new));
    }
}

/// Duplicate ids, rules that a policy names and nobody wrote, and the bounds of a set.
fn across_files(set: &RuleSet, faults: &mut Vec<Fault>) {
    let place = |origin: &str| {
        let (file, line) = origin.rsplit_once(':').unwrap_or((origin, "1"));
        (PathBuf::from(file), line.parse().unwrap_or(1))
    };
    let mut add = |origin: &str, message: String, hint: Option<String>| {
        let (file, line) = place(origin);
        faults.push(Fault { file, line, column: 1, message, hint });
    };
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let ids = set.detection.iter().map(|r| (&r.id, &r.origin));
    for (id, origin) in ids.chain(set.policy.iter().map(|r| (&r.id, &r.origin))) {
        if let Some(first) = seen.insert(id, origin) {
            add(origin, format!("the id `{id}` is taken"), Some(format!("first used at {first}")));
        }
    }
    for policy in &set.policy {
        for rule in policy.when.findings.iter().flat_map(|f| &f.rules) {
            if !set.detection.iter().any(|d| d.id == *rule) {
                let hint = suggest(rule, set.detection.iter().map(|d| d.id.as_ref()));
                add(&policy.origin, format!("there is no detection rule `{rule}`"), hint);
            }
        }
    }
    let patterns: usize = set.detection.iter().map(|r| r.patterns.len()).sum();
    if set.detection.len() + set.policy.len() > MOST_RULES || patterns > MOST_PATTERNS {
        let message = format!("more than {MOST_RULES} rules or {MOST_PATTERNS} patterns");
        add(set.detection.first().map_or("", |r| &r.origin), message, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::{Builtin, Category, Scope};

    const GOOD: &str = r#"
[[detect]]
id = "pd.nhs-number"
category = "personal-data.identifier"
area = "content"
severity = "high"
confidence = 0.9
clauses = ["PD-1"]
reason = "It seems to contain an NHS number."
patterns = ['\b\d{3} \d{3} \d{4}\b']
words = ["nhs no*"]
check = "nhs-number"
near = { words = ["nhs"], people = ["pupil"], within = 60, otherwise = 0.2 }
examples.hit = ["NHS 943 476 5919"]

[[detect]]
id = "pd.many"
category = "personal-data.recipients"
area = "contact"
severity = "low"
reason = "Many addresses stand in the open."
builtin = "visible-recipients"
minimum = 5

[[policy]]
id = "hold.nhs"
reason = "An NHS number leaves."
when = { direction = ["outbound"], findings = { category = ["personal-data"], rules = ["pd.nhs-number"] } }
then = { disposition = "hold", notices = ["sender"], sender-may-release = true }
"#;

    fn faults(text: &str) -> Vec<String> {
        let faults = load_str("r.toml", text).err().map(|f| f.0).unwrap_or_default();
        faults.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_whole_file_is_read() {
        let set = load_str("r.toml", GOOD).unwrap();
        let nhs = &set.detection[0];
        assert_eq!((nhs.category, nhs.scope, nhs.minimum), (Category::PersonalIdentifier, Scope::Any, 1));
        assert_eq!(nhs.patterns.len(), 2);
        assert_eq!((nhs.patterns[0].line, nhs.origin.as_ref()), (10, "r.toml:2"));
        assert_eq!(nhs.patterns[0].regex.as_ref(), r"\b[0-9]{3}[ \n][0-9]{3}[ \n][0-9]{4}\b");
        assert_eq!(set.detection[1].builtin, Some(Builtin::VisibleRecipients));
        assert_eq!(set.policy[0].when.findings.as_ref().unwrap().count, 1);
        assert_ne!(set.digest, load_str("r.toml", &GOOD.replace("0.9", "0.8")).unwrap().digest);
    }

    #[test]
    fn all_faults_come_at_once_with_place_and_hint() {
        let found = faults(
            r#"
[[detect]]
id = "Bad Id"
category = "personal-data.identifer"
area = "contents"
severity = 3
confidence = 1.5
reasons = "x"
patterns = ['a(?=b)', 'x*']
near = { within = 5 }
scope = "own"

[[policy]]
id = "p"
reason = "r"
[policy.when]
from = ["stafff"]
findings = { rules = ["nope"], kategory = ["harm"] }
[policy.then]
record = true
no-record = true
"#,
        );
        let wanted = [
            "r.toml:3:6: `Bad Id` is no id",
            "r.toml:4:12: `personal-data.identifer` is no category (did you mean `personal-data.identifier`?)",
            "r.toml:5:8: `contents` is no area (did you mean `content`?)",
            "r.toml:6:12: `severity` is a text, not integer",
            "r.toml:7:14: `confidence` lies from 0 to 1",
            "r.toml:8:1: unknown key `reasons` (did you mean `reason`?)",
            "r.toml:9:13: `a(?=b)`: look-around",
            "r.toml:9:23: `x*`: the pattern matches the empty text",
            "`near` names nothing",
            "r.toml:2:1: `reason` is missing",
            "`stafff` is no from (did you mean `staff`?)",
            "unknown key `kategory` (did you mean `category`?)",
            "there is no detection rule `nope`",
            "`record` and `no-record` together",
        ];
        for want in wanted {
            assert!(found.iter().any(|f| f.contains(want)), "missing: {want}\nin {found:#?}");
        }
    }

    #[test]
    fn contradictions_are_faults() {
        let with = |from: &str, to: &str| faults(&GOOD.replace(from, to)).join("\n");
        assert!(with("otherwise = 0.2", "otherwise = 0.95").contains("not below"));
        assert!(with("minimum = 5", "words = [\"x\"]").contains("takes no patterns"));
        assert!(with("builtin = \"visible-recipients\"\n", "").contains("nothing to look for"));
        assert!(with("\"personal-data\"]", "\"harm.threat\"]").contains("would be told"));
        assert!(with("pd.many", "pd.nhs-number").contains("is taken (first used at r.toml:2)"));
        assert!(with("\"hold\"", "\"refuse\"").contains("needs `refusal`"));
        assert!(with("[[policy]]", "[[polcy]]").contains("did you mean `policy`?"));
        assert!(
            with("[\"outbound\"]", "[\"outbound\"").starts_with("r.toml:"),
            "a syntax error has its place"
        );
    }

    #[test]
    fn folders_are_read_in_order_and_what_cannot_be_read_is_a_fault() {
        let dir = tempfile::tempdir().unwrap();
        let sub = dir.path().join("b/c");
        fs::create_dir_all(&sub).unwrap();
        fs::write(sub.join("two.toml"), GOOD.split("[[policy]]").next().unwrap()).unwrap();
        fs::write(
            dir.path().join("a.toml"),
            GOOD.split("\n[[policy]]").nth(1).map(|p| format!("[[policy]]{p}")).unwrap(),
        )
        .unwrap();
        fs::write(dir.path().join("notes.txt"), "not a rule").unwrap();
        let set = load(&[dir.path().to_owned()]).unwrap();
        assert_eq!((set.detection.len(), set.policy.len()), (2, 1));
        fs::write(dir.path().join("bad.toml"), b"\xff").unwrap();
        let faults = load(&[dir.path().to_owned(), dir.path().join("absent.toml")]).unwrap_err();
        assert_eq!(faults.0.len(), 2, "{faults}");
    }
}

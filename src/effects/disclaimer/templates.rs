//! The templates of `disclaimers/<language>/<name>.txt` and `.html`: read, checked, kept.
//! Every fault at once; only a set without faults exists.

use super::model::{Disclaimer, TemplateFault, Trace, Wording};
use crate::effects::html;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// All templates by language and name.
#[derive(Clone, Debug, Default)]
pub struct Disclaimers {
    wordings: BTreeMap<(String, String), Arc<Wording>>,
}

/// Bytes of one template file; a disclaimer longer than this is a document.
const LARGEST: u64 = 16 * 1024;
/// Bytes of one line: RFC 5322 section 2.1.1 allows 998 with what stands before it.
const LONGEST_LINE: usize = 900;

impl Disclaimers {
    /// Reads a folder. A `.txt` is needed for each template; a missing `.html` is made
    /// from it. Lines that start with `#!` are comments for who edits the file.
    pub fn load(dir: &Path) -> Result<Self, Vec<TemplateFault>> {
        let mut faults = Vec::new();
        let mut found = Self::default();
        for folder in entries(dir, &mut faults) {
            if folder.is_dir() {
                found.load_language(&folder, &mut faults);
            }
        }
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    fn load_language(&mut self, folder: &Path, faults: &mut Vec<TemplateFault>) {
        let language = name_of(folder);
        let mut names = BTreeSet::new();
        for file in entries(folder, faults) {
            match file.extension().and_then(|e| e.to_str()) {
                Some("txt" | "html") => {
                    names.insert(file.with_extension(""));
                }
                _ => faults.push(fault(&file, 0, "neither .txt nor .html")),
            }
        }
        for path in names {
            let name = name_of(&path);
            if let Some(wording) = load_wording(&language, &path, faults) {
                self.wordings.insert((name, language.clone()), Arc::new(wording));
            }
        }
    }

    /// The template in these languages, in this order. `None` when one is missing.
    pub fn get(&self, name: &str, languages: &[String]) -> Option<Disclaimer> {
        let wordings: Option<Vec<_>> = languages
            .iter()
            .map(|language| self.wordings.get(&(name.to_owned(), language.clone())).cloned())
            .collect();
        wordings.filter(|w| !w.is_empty()).map(|wordings| Disclaimer { wordings })
    }
}

fn load_wording(language: &str, path: &Path, faults: &mut Vec<TemplateFault>) -> Option<Wording> {
    let before = faults.len();
    let text_file = path.with_extension("txt");
    let html_file = path.with_extension("html");
    let plain = read(&text_file, faults)?;
    let html = if html_file.exists() {
        let html = read(&html_file, faults)?;
        for (at, what) in html::faults_of_fragment(&html) {
            let line = html[..at].matches('\n').count() + 1;
            faults.push(fault(&html_file, line, what));
        }
        html
    } else {
        html::from_plain(&plain)
    };
    let trace = Trace::of(&plain);
    if trace.is_none() {
        faults.push(fault(
            &text_file,
            0,
            "too short to be recognised again in a thread; 24 letters at least",
        ));
    }
    if !Trace::of(&plain)?.is_in(&super::model::letters(&html::visible_text(&html))) {
        faults.push(fault(&html_file, 0, "the words differ from those of the .txt; both must say the same"));
    }
    if faults.len() > before {
        return None;
    }
    Some(Wording { language: language.to_owned(), plain, html, trace: trace? })
}

/// The text of a template file, line ends made `\n`, comments and outer blank lines gone.
fn read(file: &Path, faults: &mut Vec<TemplateFault>) -> Option<String> {
    let text = match read_text(file) {
        Ok(text) => text,
        Err(error) => {
            faults.push(fault(file, 0, error.to_string()));
            return None;
        }
    };
    let mut lines = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.starts_with("#!") {
            continue;
        }
        if line.len() > LONGEST_LINE {
            faults.push(fault(file, number + 1, format!("longer than {LONGEST_LINE} bytes")));
        }
        if line.chars().any(|c| c.is_control() && c != '\t') {
            faults.push(fault(file, number + 1, "a control character"));
        }
        lines.push(line.trim_end());
    }
    Some(lines.join("\n").trim_matches('\n').to_owned())
}

fn read_text(file: &Path) -> io::Result<String> {
    if fs::metadata(file)?.len() > LARGEST {
        return Err(io::Error::other(format!("larger than {LARGEST} bytes")));
    }
    fs::read_to_string(file)
}

/// The entries of a folder in order of their names, hidden ones left out.
fn entries(dir: &Path, faults: &mut Vec<TemplateFault>) -> Vec<PathBuf> {
    let listed: io::Result<Vec<PathBuf>> =
        fs::read_dir(dir).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect());
    match listed {
        Ok(mut paths) => {
            paths.retain(|p| !name_of(p).starts_with('.'));
            paths.sort();
            paths
        }
        Err(error) => {
            faults.push(fault(dir, 0, error.to_string()));
            Vec::new()
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn fault(file: &Path, line: usize, what: impl Into<String>) -> TemplateFault {
    TemplateFault { file: file.to_owned(), line, what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, name: &str, text: &str) {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn a_template_is_read_with_its_comments_left_out_and_html_made() {
        let dir = tempfile::tempdir().unwrap();
        write(
            dir.path(),
            "cy/standard.txt",
            "#! to be reviewed\r\nBarn yr awdur ei hun sydd yma & neb arall.\r\n",
        );
        write(dir.path(), "en/standard.txt", "The views here are the author's own & no one else's.\n");
        let all = Disclaimers::load(dir.path()).unwrap();
        let both = all.get("standard", &["cy".into(), "en".into()]).unwrap();
        assert_eq!(both.wordings[0].plain, "Barn yr awdur ei hun sydd yma & neb arall.");
        assert_eq!(both.wordings[0].html, "<p>Barn yr awdur ei hun sydd yma &amp; neb arall.</p>");
        assert!(all.get("standard", &["fr".into()]).is_none() && all.get("standard", &[]).is_none());
    }

    #[test]
    fn all_faults_come_at_once_with_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "en/a.txt", "Short.");
        write(dir.path(), "en/b.txt", "The views here are the author's own and no one else's.");
        write(
            dir.path(),
            "en/b.html",
            "<p>The views here are the\n<script></script>author's own and no one else's.</p>",
        );
        write(dir.path(), "en/c.html", "<p>alone</p>");
        write(dir.path(), "en/d.doc", "x");
        let faults = Disclaimers::load(dir.path()).unwrap_err();
        let said: Vec<String> =
            faults.iter().map(|f| f.to_string().replace(dir.path().to_str().unwrap(), "")).collect();
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said.iter().any(|s| s.starts_with("/en/b.html:2: <script>")), "{said:?}");
        assert!(Disclaimers::load(&dir.path().join("missing")).is_err());
    }
}

//! The files and folders that the configuration names are there.

use super::{
    Config,
    read::{Marks, Need},
    secret_file::others_may_read,
    source::{At, Source},
};
use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

pub(super) fn check(source: &Source<'_>, config: &Config, marks: &Marks) {
    for (need, path) in &marks.files {
        if let Some((text, hint)) = wrong(*need, &path.value) {
            source.error(&path.span, text, hint);
        } else if *need == Need::Secret && mode(&path.value) & 0o007 != 0 {
            warn_of_others(source, path, "o=");
        } else if *need == Need::List && mode(&path.value) & 0o007 != 0 {
            let hint = format!("`chmod o= {}`", path.value.display());
            source.warning(&path.span, "Others on this host may read this list of pictures.", hint);
        } else if *need == Need::WorkingKey && others_may_read(&path.value).unwrap_or(false) {
            // As strict as whoever opens it.
            warn_of_others(source, path, "600");
        }
    }
    for template in marks.schools.iter().flat_map(|school| &school.templates) {
        let file = |ending: &str| config.disclaimers.join(format!("{}.{ending}", template.value));
        if !file("txt").is_file() {
            let text = format!("The disclaimer {} is not there.", file("txt").display());
            source.error(
                &template.span,
                text,
                "Each language has <name>.txt and, for HTML mail, <name>.html.",
            );
        } else if !file("html").is_file() {
            let text = format!("The disclaimer {} is not there.", file("html").display());
            source.warning(&template.span, text, "HTML mail gets the plain text.");
        }
    }
}

fn wrong(need: Need, path: &Path) -> Option<(String, &'static str)> {
    let shown = path.display();
    match need {
        Need::WorkingKey if !path.exists() => None,
        Need::File | Need::Secret | Need::List | Need::WorkingKey => match fs::File::open(path) {
            Ok(file) if file.metadata().is_ok_and(|m| m.is_file()) => None,
            Ok(_) => Some((format!("{shown} is no file."), "")),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Some((format!("{shown} is not there."), "")),
            Err(e) => Some((
                format!("{shown} cannot be read: {e}."),
                "Does its owner fit the account that Gatehouse runs under?",
            )),
        },
        Need::Folder => (!path.is_dir()).then(|| (format!("The folder {shown} is not there."), "")),
        Need::FolderOf => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            (!folder.is_dir()).then(|| {
                (format!("The folder {} is not there.", folder.display()), "Create it, readable for the MTA.")
            })
        }
        Need::Data => (path.exists() && !path.is_dir()).then(|| (format!("{shown} is no folder."), "")),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0, |m| m.permissions().mode())
}

fn warn_of_others(source: &Source<'_>, path: &At<std::path::PathBuf>, chmod: &str) {
    let hint = format!("`chmod {chmod} {}`", path.value.display());
    source.warning(&path.span, "Others on this host may read this key.", hint);
}

//! The prefilter: all patterns compiled into one hyperscan database, kept on disk under
//! the digest of what it was compiled from.

use hyperscan::{BlockDatabase, Builder, Matching, Pattern, PatternFlags, Patterns, Serialized};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

/// Begins every cache file; the number goes up whenever the same patterns are compiled otherwise.
const MAGIC: &[u8; 8] = b"GHPREF1\n";
/// So many databases stay on disk: a few sets of rules that are used in turn.
const KEPT: usize = 8;

/// Tells apart which database a thread's working memory was made for.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// All patterns as one automaton.
pub(crate) struct Database {
    id: u64,
    /// `None` when there are no patterns.
    inner: Option<BlockDatabase>,
    /// Whether it came from the cache.
    pub(crate) cached: bool,
}

/// Working memory of one thread for one database after another.
#[derive(Default)]
pub(crate) struct ScanMemory(Option<(u64, hyperscan::Scratch)>);

/// Why there is no database.
pub(crate) enum Refused {
    /// These expressions, by index, with the engine's words.
    Expressions(Vec<(usize, String)>),
    /// The engine itself: no memory, wrong processor.
    Engine(String),
}

/// What a database is compiled from, by the digest of it.
pub(crate) struct Source {
    key: [u8; 32],
}

impl Source {
    /// `patterns` is everything that was found fit before such a database was stored. Their
    /// expressions follow from them and from this program's version.
    pub(crate) fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Sha256::new();
        digest.update(MAGIC);
        digest.update(env!("CARGO_PKG_VERSION"));
        digest.update(hyperscan::version_str().to_bytes_with_nul());
        digest.update(std::env::consts::ARCH);
        for pattern in patterns {
            digest.update((pattern.len() as u64).to_be_bytes());
            digest.update(pattern);
        }
        Self { key: digest.finalize().into() }
    }

    /// From the cache, when it holds exactly this; anything odd there is as if it were not.
    pub(crate) fn cached(&self, cache: &Path) -> Option<Database> {
        let file = fs::read(self.path(cache)).ok()?;
        let rest = file.strip_prefix(MAGIC.as_slice())?.strip_prefix(self.key.as_slice())?;
        let (digest, body) = rest.split_at_checked(32)?;
        if Sha256::digest(body).as_slice() != digest {
            return None;
        }
        let inner: BlockDatabase = body.deserialize().ok()?;
        Some(Database { id: NEXT.fetch_add(1, Ordering::Relaxed), inner: Some(inner), cached: true })
    }

    fn path(&self, cache: &Path) -> PathBuf {
        let name: String = self.key.iter().take(16).map(|b| format!("{b:02x}")).collect();
        cache.join(format!("patterns-{name}.hs"))
    }

    /// Puts the database into the cache: whole or not at all.
    pub(crate) fn store(&self, database: &Database, cache: &Path) -> io::Result<()> {
        let Some(inner) = &database.inner else { return Ok(()) };
        let body = inner.serialize().map_err(|e| io::Error::other(e.to_string()))?;
        fs::create_dir_all(cache)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let draft = cache.join(format!(".patterns-{}-{number}.part", std::process::id()));
        let written = fs::File::create(&draft).and_then(|mut file| {
            for piece in [MAGIC.as_slice(), &self.key, Sha256::digest(&*body).as_slice(), &body] {
                file.write_all(piece)?;
            }
            file.sync_all()?;
            fs::rename(&draft, self.path(cache))
        });
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written.and_then(|()| forget_oldest(cache))
    }
}

/// Compiles the expressions; their indexes are what a scan reports.
pub(crate) fn compile(expressions: &[String]) -> Result<Database, Refused> {
    let one = |e: &String| Pattern::with_flags(e.as_str(), PatternFlags::SINGLEMATCH);
    let patterns: Result<Vec<_>, _> = expressions.iter().map(one).collect();
    let patterns = patterns.map_err(|e| Refused::Engine(e.to_string()))?;
    let inner = match patterns.is_empty() {
        true => None,
        false => Some(Patterns(patterns).build().map_err(|e| blame(expressions, &e.to_string()))?),
    };
    Ok(Database { id: NEXT.fetch_add(1, Ordering::Relaxed), inner, cached: false })
}

/// Finds all the expressions that the engine refuses, each by itself.
fn blame(expressions: &[String], message: &str) -> Refused {
    let one = |e: &String| -> Result<BlockDatabase, _> {
        Pattern::with_flags(e.as_str(), PatternFlags::SINGLEMATCH).and_then(|p| p.build())
    };
    let each = expressions.iter().enumerate();
    let bad: Vec<_> = each.filter_map(|(i, e)| Some((i, one(e).err()?.to_string()))).collect();
    match bad.is_empty() {
        true => Refused::Engine(message.to_owned()),
        false => Refused::Expressions(bad),
    }
}

fn forget_oldest(cache: &Path) -> io::Result<()> {
    let mut kept: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("patterns-") && name.ends_with(".hs") {
            kept.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    kept.sort();
    kept.iter().rev().skip(KEPT).try_for_each(|(_, path)| fs::remove_file(path))
}

impl Database {
    /// Which database this is, within the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Bytes in memory.
    pub(crate) fn size(&self) -> usize {
        self.inner.as_ref().and_then(|db| db.size().ok()).unwrap_or(0)
    }

    /// Calls `hit` with the index of every expression that may stand in `text`, each once.
    pub(crate) fn scan(
        &self,
        text: &[u8],
        memory: &mut ScanMemory,
        mut hit: impl FnMut(u32),
    ) -> Result<(), hyperscan::Error> {
        let Some(inner) = &self.inner else { return Ok(()) };
        let scratch = match &mut memory.0 {
            Some((id, scratch)) if *id == self.id => scratch,
            slot => &mut slot.insert((self.id, inner.alloc_scratch()?)).1,
        };
        inner.scan(text, scratch, |id, _, _, _| {
            hit(id);
            Matching::Continue
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(expressions: &[&str]) -> Database {
        compile(&expressions.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>()).ok().unwrap()
    }

    fn hits(database: &Database, text: &str) -> Vec<u32> {
        let (mut memory, mut out) = (ScanMemory::default(), Vec::new());
        database.scan(text.as_bytes(), &mut memory, |i| out.push(i)).unwrap();
        out.sort_unstable();
        out
    }

    #[test]
    fn a_database_comes_back_from_the_cache() {
        let dir = tempfile::tempdir().unwrap();
        let source = Source::new(["abc", r"\bx\b"]);
        assert!(source.cached(dir.path()).is_none());
        source.store(&compiled(&["abc", r"\bx\b"]), dir.path()).unwrap();
        let again = source.cached(dir.path()).unwrap();
        assert!(again.cached && hits(&again, "an abc and x, abc") == [0, 1]);
        let other = Source::new(["abc", r"\bx\b", "more"]);
        assert!(other.cached(dir.path()).is_none(), "what was not checked with it is not proved by it");
    }

    #[test]
    fn a_damaged_or_foreign_cache_is_as_if_it_were_not() {
        let dir = tempfile::tempdir().unwrap();
        let source = Source::new(["abc"]);
        source.store(&compiled(&["abc"]), dir.path()).unwrap();
        let path = source.path(dir.path());
        let good = fs::read(&path).unwrap();
        for at in [0, 10, 50, 80, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).unwrap();
            assert!(source.cached(dir.path()).is_none(), "byte {at}");
        }
        for cut in [0, 8, 40, 71, 72, good.len() - 1] {
            fs::write(&path, &good[..cut]).unwrap();
            assert!(source.cached(dir.path()).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn old_databases_leave_the_cache() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..KEPT + 3 {
            let word = format!("word{i}");
            Source::new([word.as_str()]).store(&compiled(&[&word]), dir.path()).unwrap();
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), KEPT);
    }

    #[test]
    fn every_refused_expression_is_named() {
        match compile(&["ok", "(a", "b", "[c"].map(str::to_owned)) {
            Err(Refused::Expressions(bad)) => {
                assert_eq!(bad.iter().map(|b| b.0).collect::<Vec<_>>(), [1, 3]);
            }
            _ => panic!("it must be refused"),
        }
    }

    #[test]
    fn no_patterns_is_no_engine() {
        assert!(hits(&compiled(&[]), "text").is_empty());
    }
}

//! Search through the store: what is kept is found at once and by whoever may see it; what was
//! taken back is gone; the disk tells a thief with a dictionary nothing.

use super::*;
use gatehouse::extraction::Layer;

/// A message with its own words, from and to its own people.
struct Letter {
    from: &'static str,
    to: &'static str,
    subject: &'static str,
    text: &'static str,
    at: DateTime<Utc>,
}

impl Letter {
    fn new(subject: &'static str, text: &'static str) -> Self {
        Self { from: TEACHER, to: "clinic@harbour.example", subject, text, at: Utc::now() }
    }

    async fn keep(&self, store: &Store, number: u128, kind: ItemKind) -> Keep {
        let sample = Sample::new(number);
        let mut keep = sample.keep(store, kind).await;
        keep.message.envelope = Envelope {
            sender: ReversePath::Mailbox(address(self.from)),
            parameters: vec![],
            recipients: vec![Recipient::new(address(self.to))],
        };
        keep.message.received_at = self.at;
        keep.items[0].recipients = keep.message.envelope.recipients.clone();
        keep.searchable = Searchable::default();
        keep.searchable.text(Layer::Subject, self.subject);
        keep.searchable.text(Layer::Visible, self.text);
        keep
    }

    async fn quarantined(&self, store: &Store, number: u128) -> ItemId {
        let keep = self.keep(store, number, ItemKind::Quarantine).await;
        store.keep(keep).await.unwrap().items.remove(0)
    }
}

fn concern() -> Why {
    Why { purpose: Purpose::Safeguarding, words: Some("a concern".into()) }
}

fn words(text: &str) -> Search {
    Search { words: text.into(), ..Search::default() }
}

fn ids(found: &Found<ItemSummary>) -> Vec<ItemId> {
    found.hits.iter().map(|hit| hit.id.clone()).collect()
}

async fn find(store: &Store, search: Search) -> Vec<ItemId> {
    ids(&store.search_quarantine(&search, &|_| true, &lead(), &concern()).await.unwrap())
}

#[tokio::test]
async fn a_message_is_found_by_its_words_its_people_and_its_time() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let days = |n| Utc::now() - TimeDelta::days(n);
    let old = Letter {
        at: days(9),
        ..Letter::new("The bullied child", "He said that they were waiting for him at the gates.")
    };
    let welsh = Letter {
        from: "office@brynglas.example",
        at: days(5),
        ..Letter::new("Taith ysgol", "Annwyl rieni, mae'r daith i Gaerdydd gyda'r phlant yn ŵyl.")
    };
    let (old, welsh) = (old.quarantined(store, 1).await, welsh.quarantined(store, 2).await);
    let new =
        Letter::new("Siân O'Brien's form", "Please e-mail it to the office.").quarantined(store, 3).await;
    for (text, expected) in [
        ("bullying", vec![&old]),
        ("gate waiting", vec![&old]),
        ("gate office", vec![]),
        ("plant", vec![&welsh]),
        ("mhlant Caerdydd", vec![&welsh]),
        ("rhieni GŴYL", vec![&welsh]),
        ("sian obrien", vec![&new]),
        ("email", vec![&new]),
        ("office", vec![&new]),
    ] {
        assert_eq!(find(store, words(text)).await.iter().collect::<Vec<_>>(), expected, "{text}");
    }
    let who = |text: &str| vec![vec![Correspondent::Address(address(text))]];
    assert_eq!(
        find(store, Search { from: who("OFFICE@brynglas.example"), ..Search::default() }).await,
        std::slice::from_ref(&welsh)
    );
    assert!(find(store, Search { to: who("office@brynglas.example"), ..Search::default() }).await.is_empty());
    let clinic = Search { with: who("clinic@harbour.example"), ..Search::default() };
    assert_eq!(find(store, clinic).await, [new.clone(), welsh.clone(), old.clone()], "newest first");
    let subject = |text: &str| Search { subject: text.into(), ..Search::default() };
    assert_eq!(find(store, subject("forms")).await, std::slice::from_ref(&new));
    assert!(find(store, subject("gates")).await.is_empty());
    let between = Search { since: Some(days(6)), until: Some(days(1)), ..Search::default() };
    assert_eq!(find(store, between).await, std::slice::from_ref(&welsh));
    let school = Search { school: Some(SchoolId("brynglas".into())), ..Search::default() };
    assert!(find(store, school).await.is_empty());
    assert!(find(store, Search { category: Some(Category::HarmHate), ..Search::default() }).await.is_empty());
    for (search, fits) in [(words("a - '"), false), (words(&"word 1 2 3 ".repeat(90)), true)] {
        let answer = store.search_quarantine(&search, &|_| true, &lead(), &concern()).await;
        assert_eq!(answer.is_ok(), fits);
    }
    let many: String = (0..40).map(|n| format!("{n}x ")).collect();
    let answer = store.search_quarantine(&words(&many), &|_| true, &lead(), &concern()).await;
    assert!(matches!(answer, Err(StoreError::TooMuchAsked { .. })));
}

#[tokio::test]
async fn what_the_viewer_may_not_see_is_neither_shown_nor_counted_and_each_question_is_ledgered() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let one = Letter::new("trip", "A canary in the mine.").quarantined(store, 1).await;
    let two = Letter::new("trip", "Another canary.").quarantined(store, 2).await;
    let hold = Letter::new("trip", "A canary of the sender's own.").keep(store, 3, ItemKind::Hold).await;
    store.keep(hold).await.unwrap();
    assert_eq!(find(store, words("canary")).await, [two.clone(), one.clone()], "a hold is its sender's");
    let not_two = |item: &ItemSummary| item.id != two;
    let found = store.search_quarantine(&words("canary"), &not_two, &lead(), &concern()).await.unwrap();
    assert_eq!((ids(&found), found.after), (vec![one], None));
    let mut export = Vec::new();
    store.ledger_export(&mut export).await.unwrap();
    let text = String::from_utf8(export).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let asked: Vec<String> = rows
        .iter()
        .filter(|row| row["event"] == "quarantine.searched")
        .map(|row| row["details"].to_string())
        .collect();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].contains("found\\\":2") || asked[0].contains("\"found\":2"), "{asked:?}");
    assert!(asked[1].contains("found\\\":1") || asked[1].contains("\"found\":1"), "{asked:?}");
    assert!(!text.contains("canary") && !text.contains("a concern"));
}

#[tokio::test]
async fn pages_follow_one_another_and_what_is_cut_is_said() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut all = Vec::new();
    for number in 0..7 {
        let at = Utc::now() - TimeDelta::hours(10 - number / 2);
        let letter = Letter { at, ..Letter::new("register", "Present.") };
        all.push(letter.quarantined(store, number as u128).await);
    }
    let (mut search, mut seen) = (Search { limit: Some(3), ..words("register") }, Vec::new());
    loop {
        let found = store.search_quarantine(&search, &|_| true, &lead(), &concern()).await.unwrap();
        assert!(found.hits.len() <= 3 && !found.in_part);
        seen.extend(ids(&found));
        let Some(after) = found.after else { break };
        let word = bench.store.cursor_word(after).unwrap();
        search.after = bench.store.cursor(&word).unwrap();
    }
    assert_eq!(seen.len(), 7);
    seen.sort();
    all.sort();
    assert_eq!(seen, all);
    let mut long = Letter::new("long", "").keep(store, 9, ItemKind::Quarantine).await;
    long.searchable.text(Layer::Visible, &(0..3_000).map(|n| format!("{n}z ")).collect::<String>());
    store.keep(long).await.unwrap();
    let found = store.search_quarantine(&words("2999z"), &|_| true, &lead(), &concern()).await.unwrap();
    assert!(found.hits.is_empty() && found.in_part);
}

#[tokio::test]
async fn what_is_provisional_is_not_found_and_what_was_taken_back_is_gone() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let letter = Letter::new("later", "Provisional canary.");
    let confirmed = letter.keep(store, 1, ItemKind::Quarantine).await;
    let confirmed = store.keep_provisionally(confirmed).await.unwrap();
    let discarded = letter.keep(store, 2, ItemKind::Quarantine).await;
    let discarded = store.keep_provisionally(discarded).await.unwrap();
    assert!(find(store, words("canary")).await.is_empty());
    let id = confirmed.items[0].clone();
    store.confirm(confirmed, PassFate::NextHopAccepted).await.unwrap();
    store.discard(discarded, 550).await.unwrap();
    assert_eq!(find(store, words("canary")).await, [id]);
    store.clone().close().await;
    let rows = bench.ask("SELECT COUNT(*) FROM search_fresh");
    assert_eq!(rows.trim(), "1", "the discarded one left nothing");
}

/// Enough documents for segments of two levels; the same answers before and after.
#[tokio::test]
async fn segments_answer_as_fresh_rows_do_and_survive_a_reopening() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let letter = Letter::new("count", "");
    let mut first = None;
    // Several documents come of one message: that is quicker to keep.
    for number in 0..58_u128 {
        let mut keep = letter.keep(store, number, ItemKind::Quarantine).await;
        keep.message.received_at = Utc::now() - TimeDelta::minutes(100 - number as i64);
        keep.searchable.text(Layer::Visible, &format!("every message number{number} mod{}", number % 2));
        let one = keep.items.remove(0);
        for _ in 0..90 {
            keep.items.push(NewItem { id: store.new_item_id(), retry_keys: vec![], ..copy(&one) });
        }
        let kept = store.keep(keep).await.unwrap();
        first = first.or(kept.items.first().cloned());
    }
    store.search_tidy().await.unwrap();
    let count = async |text: &str| {
        let (mut search, mut count) = (Search { limit: Some(1_000), ..words(text) }, 0);
        loop {
            let found = store.search_quarantine(&search, &|_| true, &lead(), &concern()).await.unwrap();
            assert!(found.hits.is_sorted_by(|a, b| a.received_at >= b.received_at));
            count += found.hits.len();
            search.after = found.after;
            if search.after.is_none() {
                return count;
            }
        }
    };
    for (text, expected) in [
        ("number0", 90),
        ("number57", 90),
        ("every", 58 * 90),
        ("mod0", 29 * 90),
        ("mod0 mod1", 0),
        ("number3 mod1", 90),
        ("nothing", 0),
    ] {
        assert_eq!(count(text).await, expected, "{text}");
    }
    let bench = bench.reopen().await;
    assert_eq!(find(&bench.store, Search { limit: Some(5), ..words("number57") }).await.len(), 5);
    assert!(find(&bench.store, words("number0")).await.contains(&first.unwrap()));
    bench.store.clone().close().await;
    let levels = bench.ask("SELECT COUNT(DISTINCT level) FROM search_segment WHERE state = 'live'");
    assert_eq!(levels.trim(), "2");
    let left = bench.ask("SELECT COUNT(*) FROM search_segment WHERE state <> 'live'");
    assert_eq!(left.trim(), "0");
    let stray = bench
        .ask("SELECT COUNT(*) FROM search_chunk WHERE id / 1048576 NOT IN (SELECT id FROM search_segment)");
    assert_eq!(stray.trim(), "0");
}

fn copy(item: &NewItem) -> NewItem {
    NewItem {
        id: item.id.clone(),
        kind: item.kind,
        school: item.school.clone(),
        recipients: vec![],
        owner: None,
        sender_may_release: false,
        token: None,
        category: item.category,
        severity: item.severity,
        subject: item.subject.clone(),
        conversation: vec![],
        findings: vec![],
        may_hold_image: false,
        settled_policies: vec![],
        edits: Edits::default(),
        marked_edits: None,
        grace: None,
        retry_keys: vec![],
    }
}

#[tokio::test]
async fn the_index_of_quarantine_is_made_anew_from_the_messages() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut all = Vec::new();
    for number in 0..600 {
        all.push(Letter::new("old", "stale words").quarantined(store, number).await);
    }
    store.search_tidy().await.unwrap();
    assert_eq!(find(store, words("stale")).await.len(), 600, "from here on segments are known in memory");
    let read = |transaction: &gatehouse::mail::Transaction| {
        let mut searchable = Searchable::default();
        searchable.text(Layer::Visible, &String::from_utf8_lossy(&transaction.raw));
        searchable
    };
    let done = store.search_reindex(&read).await.unwrap();
    assert_eq!((done.items, done.unreadable, done.records), (600, 0, 0));
    assert!(find(store, words("stale")).await.is_empty(), "the old words are gone");
    assert_eq!(find(store, words("canary 77")).await, [all[77].clone()]);
    assert_eq!(find(store, words("canary")).await.len(), 600);
    store.clone().close().await;
    assert_eq!(bench.ask("SELECT COUNT(*) FROM search_segment WHERE blanks > 0").trim(), "0");
}

/// All words of our example messages are kept; a thief has every file but no key, and those words.
#[tokio::test]
async fn a_thief_with_a_dictionary_finds_no_word_and_no_count() {
    // Names of tables, schools, states, categories and purposes are clear; they are in every store.
    let other = Bench::new().await;
    Letter::new("", "").quarantined(&other.store, 1).await;
    find(&other.store, words("nothing")).await;
    other.store.clone().close().await;
    let of_the_house = other.files().into_iter().flat_map(|(_, bytes)| bytes).collect::<Vec<u8>>();
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut dictionary = std::collections::BTreeSet::new();
    let mut lengths = std::collections::BTreeSet::new();
    for (number, text) in examples().into_iter().enumerate() {
        let letter = Letter::new("", "");
        let mut keep = letter.keep(store, number as u128, ItemKind::Quarantine).await;
        keep.searchable.text(Layer::Visible, &text);
        store.keep(keep).await.unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 5);
        dictionary.extend(words.map(str::to_ascii_lowercase));
    }
    for number in 1_000..1_400 {
        store.keep(Letter::new("one", "word").keep(store, number, ItemKind::Quarantine).await).await.unwrap();
    }
    assert!(dictionary.len() > 500 && dictionary.contains("pupils"), "{}", dictionary.len());
    assert!(!find(store, words("pupils")).await.is_empty());
    store.search_tidy().await.unwrap();
    store.clone().close().await;
    let chunks = bench.ask("SELECT COUNT(*) FROM search_chunk").trim().parse::<u32>().unwrap();
    assert!(chunks > 5, "{chunks}");
    let clear = |word: &&String| memchr::memmem::find(&of_the_house, word.as_bytes()).is_none();
    let mut sought: Vec<(&str, Vec<u8>)> = Vec::new();
    for word in dictionary.iter().filter(clear) {
        let digest = <sha2::Sha256 as sha2::Digest>::digest(word.as_bytes());
        let mut backwards = digest[..8].to_vec();
        backwards.reverse();
        sought.extend([
            (&word[..], word.as_bytes().to_vec()),
            (word, digest[..8].to_vec()),
            (word, backwards),
        ]);
    }
    let all = aho_corasick::AhoCorasick::new(sought.iter().map(|(_, bytes)| bytes)).unwrap();
    for (path, bytes) in bench.files() {
        let found = all.find(&bytes).map(|m| sought[m.pattern().as_usize()].0);
        assert_eq!(found, None, "{}", path.display());
    }
    // Chunks are all of one length, whatever stands in them: nothing can be counted.
    for line in bench.ask("SELECT DISTINCT LENGTH(sealed) FROM search_chunk").lines() {
        lengths.insert(line.to_owned());
    }
    assert_eq!(lengths.len(), 1);
}

/// The texts of our example messages.
fn examples() -> Vec<String> {
    fn walk(folder: &Path, out: &mut Vec<String>) {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            match path.extension() {
                _ if path.is_dir() => walk(&path, out),
                Some(ending) if ending == "eml" => {
                    out.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
                }
                _ => {}
            }
        }
    }
    let mut out = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"), &mut out);
    assert!(out.len() > 50);
    out
}

//! What is known only while it happens, in memory alone: who has given a purpose for which item, who
//! looks at which item now, and how many pages listen for what is new.

use super::{Fault, render};
use crate::storage::{AccountId, ItemId, Why};
use axum::response::Response;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, watch};

/// A purpose that was given opens the item for so long; then it is asked for again.
const LOOK_LIFE: Duration = Duration::from_secs(30 * 60);
/// Most looks that are kept; the oldest goes first.
const MOST_LOOKS: usize = 500;
/// Bytes of rendered messages that are kept for their frames, all together.
const MOST_BYTES: usize = 64 << 20;
/// Whoever has no script is taken to be there for so long after their page was made.
pub(super) const GLANCE: Duration = Duration::from_secs(120);
/// Items at which somebody is.
const MOST_ITEMS: usize = 2_000;
/// Pages that listen at once; the others show the same when they are loaded anew.
const LISTENERS: usize = 200;
const RENDERINGS: usize = 2;

/// Somebody's leave to see one item, given by themselves with a purpose.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) why: Why,
    /// The message as it was rendered for the frame beside the particulars.
    pub(super) document: Option<Arc<str>>,
    at: Instant,
}

/// Who, and the number of the item or incident.
type Looker = (AccountId, String);

struct Here {
    who: AccountId,
    /// Name and office, as the others read them.
    called: String,
    seen: Instant,
    /// Pages that are open now.
    open: usize,
}

pub(super) struct Live {
    looks: Mutex<HashMap<Looker, Look>>,
    here: Mutex<HashMap<ItemId, Vec<Here>>>,
    /// Counts up whenever somebody comes or goes.
    moved: watch::Sender<u64>,
    pub(super) listeners: Arc<Semaphore>,
    /// Messages that are read and rendered at once: the gate's own work goes before.
    renderings: Arc<Semaphore>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            looks: Mutex::default(),
            here: Mutex::default(),
            moved: watch::channel(0).0,
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            renderings: Arc::new(Semaphore::new(RENDERINGS)),
        }
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    pub(super) fn give_purpose(&self, who: &AccountId, thing: &str, why: Why) {
        let mut looks = held(&self.looks);
        looks.retain(|_, look| look.at.elapsed() < LOOK_LIFE);
        if looks.len() >= MOST_LOOKS {
            forget_oldest(&mut looks);
        }
        looks.insert((who.clone(), thing.to_owned()), Look { why, document: None, at: Instant::now() });
    }

    pub(super) fn look(&self, who: &AccountId, thing: &str) -> Option<Look> {
        let look = held(&self.looks).get(&(who.clone(), thing.to_owned())).cloned();
        look.filter(|look| look.at.elapsed() < LOOK_LIFE)
    }

    /// Renders when it is its turn, of which there are few, and not where others wait for answers.
    pub(super) async fn render<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let place = self.renderings.clone().acquire_owned().await.map_err(|_| Fault::Away)?;
        let rendered = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        rendered.await.map_err(|_| Fault::Away)
    }

    /// The frame's document: what the page beside it has rendered for them.
    pub(super) fn framed(&self, who: &AccountId, thing: &str) -> Result<Response, Fault> {
        let document = self.look(who, thing).and_then(|look| look.document).ok_or(Fault::NotThere)?;
        Ok(render::framed(&document))
    }

    /// Keeps the rendered message for the frame that asks for it next.
    pub(super) fn keep_document(&self, who: &AccountId, thing: &str, document: Arc<str>) {
        let mut looks = held(&self.looks);
        let bytes = |looks: &HashMap<Looker, Look>| -> usize {
            looks.values().filter_map(|look| look.document.as_ref()).map(|text| text.len()).sum()
        };
        while bytes(&looks) + document.len() > MOST_BYTES && !looks.is_empty() {
            forget_oldest(&mut looks);
        }
        if let Some(look) = looks.get_mut(&(who.clone(), thing.to_owned())) {
            look.document = Some(document);
        }
    }

    /// After a decision nobody needs to see it by an old purpose.
    pub(super) fn forget_look(&self, who: &AccountId, thing: &str) {
        held(&self.looks).remove(&(who.clone(), thing.to_owned()));
    }

    /// A page about the item was made for somebody.
    pub(super) fn glance(&self, item: &ItemId, who: &AccountId, called: &str) {
        self.touch(item, who, called, 0);
    }

    /// Somebody is there as long as what is returned lives.
    pub(super) fn stay(self: &Arc<Self>, item: &ItemId, who: &AccountId, called: &str) -> Stay {
        self.touch(item, who, called, 1);
        Stay { live: self.clone(), item: item.clone(), who: who.clone() }
    }

    fn touch(&self, item: &ItemId, who: &AccountId, called: &str, opens: usize) {
        let mut here = held(&self.here);
        here.retain(|_, all| {
            all.retain(|h| h.open > 0 || h.seen.elapsed() < GLANCE);
            !all.is_empty()
        });
        if here.len() >= MOST_ITEMS && !here.contains_key(item) {
            return;
        }
        let all = here.entry(item.clone()).or_default();
        match all.iter_mut().find(|h| h.who == *who) {
            Some(one) => {
                one.open += opens;
                one.seen = Instant::now();
            }
            None => all.push(Here {
                who: who.clone(),
                called: called.to_owned(),
                seen: Instant::now(),
                open: opens,
            }),
        }
        drop(here);
        self.moved.send_modify(|n| *n += 1);
    }

    /// Who else is at the item.
    pub(super) fn others(&self, item: &ItemId, but: &AccountId) -> Vec<String> {
        let here = held(&self.here);
        let is_here = |h: &&Here| h.who != *but && (h.open > 0 || h.seen.elapsed() < GLANCE);
        here.get(item).into_iter().flatten().filter(is_here).map(|h| h.called.clone()).collect()
    }

    pub(super) fn moves(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }
}

fn forget_oldest(looks: &mut HashMap<Looker, Look>) {
    let oldest = looks.iter().min_by_key(|(_, look)| look.at).map(|(looker, _)| looker.clone());
    if let Some(looker) = oldest {
        looks.remove(&looker);
    }
}

/// Somebody at an item; gone when this is dropped.
pub(super) struct Stay {
    live: Arc<Live>,
    item: ItemId,
    who: AccountId,
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut here = held(&self.live.here);
        if let Some(all) = here.get_mut(&self.item) {
            for one in all.iter_mut().filter(|h| h.who == self.who) {
                one.open = one.open.saturating_sub(1);
            }
            all.retain(|h| h.who != self.who || h.open > 0);
        }
        drop(here);
        self.live.moved.send_modify(|n| *n += 1);
    }
}

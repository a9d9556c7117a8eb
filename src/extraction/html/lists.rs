//! The numbers before the items of lists, which stand in attributes only.

/// The lists that are open, one in the other.
#[derive(Default)]
pub(super) struct Lists {
    open: Vec<List>,
}

/// What stands before an item.
pub(super) enum Number {
    /// What one would count.
    Counted(String),
    /// The page says which.
    Said(String),
}

struct List {
    is_numbered: bool,
    next: i64,
    step: i64,
    kind: Numbers,
    /// Its items are not what one would count: the page says where it begins, or it counts down.
    is_odd: bool,
    /// Items that wait for the number of all.
    waiting: Option<Vec<u32>>,
}

#[derive(Clone, Copy)]
enum Numbers {
    Decimal,
    Lower,
    Upper,
}

/// Items of one list that wait.
const MOST: usize = 10_000;

impl Lists {
    pub(super) fn begin(&mut self, is_numbered: bool, start: Option<i64>, reversed: bool, kind: &str) {
        self.open.push(List {
            is_numbered,
            next: start.unwrap_or(1),
            step: if reversed { -1 } else { 1 },
            kind: match kind.trim() {
                "a" => Numbers::Lower,
                "A" => Numbers::Upper,
                _ => Numbers::Decimal,
            },
            is_odd: reversed || start.is_some(),
            waiting: (reversed && start.is_none()).then(Vec::new),
        });
    }

    /// What stands before the next item; what waits comes at the list's end.
    pub(super) fn item(&mut self, value: Option<i64>, node: u32, hidden: bool) -> Option<Number> {
        let list = self.open.last_mut()?;
        if !list.is_numbered && value.is_none() {
            // A list with bullets; a marker of its own may stand there.
            return Some(Number::Counted(String::new()));
        }
        if let Some(value) = value {
            list.next = value;
            list.is_odd = true;
        } else if let Some(waiting) = &mut list.waiting {
            if waiting.len() < MOST && !hidden {
                waiting.push(node);
            }
            return None;
        }
        let number = list.next;
        list.next = list.next.saturating_add(list.step);
        let text = list.kind.text(number);
        Some(if list.is_odd { Number::Said(text) } else { Number::Counted(text) })
    }

    /// The numbers of items that waited.
    pub(super) fn end(&mut self) -> Vec<(u32, String)> {
        let Some(List { waiting: Some(waiting), kind, .. }) = self.open.pop() else { return Vec::new() };
        let all = waiting.len() as i64;
        waiting.into_iter().zip(0..).map(|(node, at)| (node, kind.text(all - at))).collect()
    }
}

impl Numbers {
    fn text(self, number: i64) -> String {
        let letter = |first: u8| {
            let at = number.checked_sub(1).filter(|n| (0..26).contains(n));
            at.map(|n| format!("{}. ", char::from(first + n as u8)))
        };
        let lettered = match self {
            Self::Decimal => None,
            Self::Lower => letter(b'a'),
            Self::Upper => letter(b'A'),
        };
        lettered.unwrap_or_else(|| format!("{number}. "))
    }
}

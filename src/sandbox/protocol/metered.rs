//! Reading an answer with a bound on how much memory it becomes. In memory an element (an anchor, a
//! trait) takes up to some forty times its bytes on the wire, so a bound on bytes alone would let a
//! worker fill the gate's memory. Each element has two single bytes at least (lengths, numbers), and
//! those are counted as they are taken.

use postcard::{Error, Result, de_flavors::Flavor};

/// A slice of which only so many single bytes may be taken.
pub(super) struct Metered<'de> {
    rest: &'de [u8],
    left: usize,
}

impl<'de> Metered<'de> {
    pub(super) fn new(bytes: &'de [u8], singles: usize) -> Self {
        Self { rest: bytes, left: singles }
    }
}

impl<'de> Flavor<'de> for Metered<'de> {
    type Remainder = &'de [u8];
    type Source = &'de [u8];

    #[inline]
    fn pop(&mut self) -> Result<u8> {
        self.left = self.left.checked_sub(1).ok_or(Error::DeserializeUnexpectedEnd)?;
        let (&first, rest) = self.rest.split_first().ok_or(Error::DeserializeUnexpectedEnd)?;
        self.rest = rest;
        Ok(first)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }

    #[inline]
    fn try_take_n(&mut self, count: usize) -> Result<&'de [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Error::DeserializeUnexpectedEnd)?;
        self.rest = rest;
        Ok(taken)
    }

    fn finalize(self) -> Result<&'de [u8]> {
        Ok(self.rest)
    }
}

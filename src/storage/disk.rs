//! Whether there is room on the disks: a gate with a full one keeps nothing, and so takes no mail.

use super::{error::StoreError, store::Store, vault::disk_error};

/// The disk under the data folder, with rows and objects where those lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    pub free: u64,
    pub size: u64,
}

/// With less, nothing can be counted on: a message is 50 MB at most, and several come at once.
const FULL: u64 = 500 << 20;
/// With less of a big one, it is time to act.
const NEARLY: u64 = 5 << 30;

impl Disk {
    pub fn is_full(self) -> bool {
        self.free < FULL
    }

    /// Less than a twentieth, and less than what a busy week takes.
    pub fn is_nearly_full(self) -> bool {
        self.free < NEARLY && self.free < self.size / 20
    }
}

impl Store {
    /// What whoever runs the gate may still write.
    pub fn disk(&self) -> Result<Disk, StoreError> {
        let found = rustix::fs::statvfs(&self.shared.folder).map_err(|e| disk_error(&e.into()))?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Disk { free: bytes(found.f_bavail), size: bytes(found.f_blocks) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_nearly_full_one_are_told_apart() {
        let disk = |free: u64, size: u64| Disk { free: free << 20, size: size << 20 };
        assert!(disk(100, 10_000).is_full());
        assert!(!disk(600, 8_000).is_full() && !disk(600, 8_000).is_nearly_full(), "small, and in use");
        assert!(disk(4_000, 100_000).is_nearly_full());
        assert!(!disk(40_000, 1_000_000).is_nearly_full());
    }
}

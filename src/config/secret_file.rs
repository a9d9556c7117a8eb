//! Whether the file of a key is its reader's alone. Where a file has an access list, the list's mask
//! stands in the place of the group's bits: so lies a credential of systemd, root's, with a line in
//! the list for the service's user (`0440`, though no group may read it).

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

/// Longer than any list that still names one person alone.
const MOST_BYTES: usize = 256;

/// Whether anybody may read it besides its owner and, where that is root, one more user.
pub fn others_may_read(path: &Path) -> io::Result<bool> {
    let file = fs::metadata(path)?;
    let mode = file.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(false);
    }
    let mut list = [0; MOST_BYTES];
    match rustix::fs::getxattr(path, "system.posix_acl_access", &mut list[..]) {
        Ok(length) if mode & 0o007 == 0 => Ok(names_others(&list[..length], file.uid())),
        // No list, or one that is too long: the mode counts.
        _ => Ok(true),
    }
}

/// The list as the kernel gives it (acl(5), `struct posix_acl_xattr_entry`): a version, then
/// tag, permissions and id of each line, all with the lowest byte first.
fn names_others(list: &[u8], owner: u32) -> bool {
    const VERSION: [u8; 4] = 2_u32.to_le_bytes();
    const OWNER: u16 = 0x01;
    const USER: u16 = 0x02;
    const MASK: u16 = 0x10;
    let Some(lines) = list.strip_prefix(&VERSION) else { return true };
    let (lines, rest) = lines.as_chunks::<8>();
    let mut users = 0;
    for [tag, tag_high, may, may_high, ..] in lines {
        match u16::from_le_bytes([*tag, *tag_high]) {
            OWNER | MASK => {}
            _ if (*may, *may_high) == (0, 0) => {}
            USER => users += 1,
            _ => return true,
        }
    }
    !rest.is_empty() || users > usize::from(owner == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Owner, these users, group, mask and the world, with what each may.
    fn list(users: &[u32], group: u16, world: u16) -> Vec<u8> {
        let users = users.iter().map(|id| (0x02, 4, *id));
        let lines = [(0x01, 4, u32::MAX)].into_iter().chain(users);
        let lines = lines.chain([(0x04, group, u32::MAX), (0x10, 4, u32::MAX), (0x20, world, u32::MAX)]);
        let line = |(tag, may, id): (u16, u16, u32)| {
            [&tag.to_le_bytes()[..], &may.to_le_bytes(), &id.to_le_bytes()].concat()
        };
        [2_u32.to_le_bytes().to_vec(), lines.flat_map(line).collect()].concat()
    }

    #[test]
    fn a_credential_of_systemd_is_the_services_alone() {
        // `setfacl -m u:65534:r` on a file of mode 0400, as the kernel gave it.
        let given =
            "0200000001000400ffffffff02000400feff000004000000ffffffff10000400ffffffff20000000ffffffff";
        let bytes: Vec<u8> = (0..given.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&given[at..at + 2], 16).unwrap())
            .collect();
        assert_eq!(bytes, list(&[65534], 0, 0));
        assert!(!names_others(&bytes, 0));
        // Of another owner's file that user is somebody else.
        assert!(names_others(&bytes, 1000));
        assert!(!names_others(&list(&[], 0, 0), 1000));
        for others in [list(&[1, 2], 0, 0), list(&[1], 4, 0), list(&[1], 0, 4)] {
            assert!(names_others(&others, 0), "{others:?}");
        }
        for odd in [&bytes[..3], &bytes[..bytes.len() - 1], &[]] {
            assert!(names_others(odd, 0), "{odd:?}");
        }
    }

    #[test]
    fn without_a_list_the_mode_counts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, others) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o660, true)] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(others_may_read(file.path()).unwrap(), others, "{mode:o}");
        }
    }
}

//! Files beside the store that a thief of the disk may not read: age files of a zstd stream,
//! encrypted to the working key and to recovery. `age -d -i WORKING FILE | zstd -d` shows them.

use super::{Keys, for_age};
use crate::storage::error::KeyError;
use std::io::{self, BufRead, BufReader, Read, Write};

/// Text shrinks little more above this, and time grows.
const LEVEL: i32 = 3;

/// Writes what `content` writes, sealed, and gives back what it was written to.
pub fn seal<W: Write>(
    out: W,
    to: &Keys,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<W, KeyError> {
    let failed = |e: &dyn std::fmt::Display| KeyError::NotEncrypted(e.to_string());
    let keys = to.working_recipients().ok_or(KeyError::NoWorking)?;
    let boxed = for_age(&keys)?;
    let recipients = boxed.iter().map(|r| r.as_ref() as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|e| failed(&e))?;
    let write = || {
        let mut zstd = zstd::Encoder::new(encryptor.wrap_output(out)?, LEVEL)?;
        content(&mut zstd)?;
        zstd.finish()?.finish()
    };
    write().map_err(|e| failed(&e))
}

/// What was sealed, as it is read. A change anywhere in the file is an error of the reader.
pub fn open<'r>(sealed: impl Read + 'r, by: &Keys) -> Result<Box<dyn BufRead + 'r>, KeyError> {
    let damaged = |e: &dyn std::fmt::Display| KeyError::NotDecrypted(e.to_string());
    let working = by.working.as_ref().ok_or(KeyError::NoWorking)?;
    let decryptor = age::Decryptor::new_buffered(BufReader::new(sealed)).map_err(|e| damaged(&e))?;
    let plain = decryptor.decrypt(working.identities()).map_err(|e| match e {
        age::DecryptError::NoMatchingKeys => KeyError::NotForThisKey,
        e => damaged(&e),
    })?;
    let zstd = zstd::Decoder::new(plain).map_err(|e| damaged(&e))?;
    Ok(Box::new(BufReader::new(zstd)))
}

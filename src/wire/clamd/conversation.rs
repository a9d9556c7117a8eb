//! What goes over one connection. A message is a row of pieces, each after its length, ended by a
//! length of nought (clamd(8), INSTREAM); the answer ends with NUL.

use super::{
    ScanFault, Stream,
    answer::{ANSWER_LENGTH, Heard, Said, read},
};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};

/// Bytes of one piece.
const PIECE: usize = 64 << 10;

/// Streams a message and hears the answer. clamd may answer before it has all (beyond its limit),
/// and then reads no more: so both are done at the same time.
pub(super) async fn stream(connection: impl Stream, message: &[u8]) -> Result<Said, ScanFault> {
    let (mut from, mut to) = split(connection);
    let mut hearing = std::pin::pin!(hear(&mut from, ANSWER_LENGTH));
    let (answer, heard) = tokio::select! {
        // An answer that is there is worth more than an error of sending.
        biased;
        answer = &mut hearing => (answer?, Heard::Part),
        sent = send(&mut to, message) => match sent {
            Ok(()) => (hearing.await?, Heard::All),
            // It has closed: it may have said why.
            Err(_) => (hearing.await?, Heard::Part),
        },
    };
    read(&answer, heard)
}

/// Asks one thing that is no message.
pub(super) async fn ask(
    mut connection: impl Stream,
    command: &[u8],
    longest: usize,
) -> Result<Vec<u8>, ScanFault> {
    connection.write_all(command).await?;
    hear(&mut connection, longest).await
}

async fn send(to: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    to.write_all(b"zINSTREAM\0").await?;
    for piece in message.chunks(PIECE) {
        // A piece is shorter than 2^32.
        to.write_all(&(piece.len() as u32).to_be_bytes()).await?;
        to.write_all(piece).await?;
    }
    to.write_all(&0u32.to_be_bytes()).await?;
    to.flush().await
}

/// The answer up to its NUL, which must be the last that comes with it.
async fn hear(from: &mut (impl AsyncRead + Unpin), longest: usize) -> Result<Vec<u8>, ScanFault> {
    let mut answer = Vec::with_capacity(longest);
    loop {
        let mut room = [0; 128];
        let count = from.read(&mut room).await?;
        if count == 0 {
            return Err(ScanFault::Broken);
        }
        let before = answer.len();
        answer.extend(room.iter().take(count));
        if let Some(end) = answer.iter().skip(before).position(|b| *b == 0).map(|at| before + at) {
            let whole = end + 1 == answer.len();
            answer.truncate(end);
            return if whole { Ok(answer) } else { Err(ScanFault::NotClamd) };
        }
        if answer.len() > longest {
            return Err(ScanFault::NotClamd);
        }
    }
}

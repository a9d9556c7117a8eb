//! What passes between the gate and a worker. Frames: a head of 16 bytes, then what it announces.
//!
//! To the worker, `gwq1`, length of the request (u32), length of the file (u64), the request in
//! postcard, the file's bytes as they are. From the worker, `gwa1`, number (u32), length (u64), and the
//! answer in postcard, which writes texts as they are: 16 MB of text cost two copies. Both sides count
//! the jobs of a worker, and an answer bears the number of its job; number 0 is the report with which a
//! worker begins. Integers are little-endian. No frame follows another before it was answered.

mod answer;
mod metered;

pub(super) use answer::{decode, encode, longest};

use super::confine::ShutIn;
use crate::files::FileLimits;
use serde::{Deserialize, Serialize};

/// One file to be opened; its bytes go beside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// As the message calls it; more than 1,000 bytes of it are cut.
    pub name: Option<String>,
    pub media_type: Option<String>,
    pub limits: FileLimits,
}

/// Bytes of a frame's head.
pub(super) const HEAD: usize = 16;
const TO_WORKER: u32 = u32::from_le_bytes(*b"gwq1");
const FROM_WORKER: u32 = u32::from_le_bytes(*b"gwa1");
/// Of a request in postcard; names are cut far below.
const LONGEST_REQUEST: usize = 4096;
const LONGEST_NAME: usize = 1000;

/// The head and the request, as they stand before the file's bytes.
pub(super) fn question(request: &Request, file: usize) -> Vec<u8> {
    let cut = |text: &Option<String>| {
        text.as_ref().map(|text| text[..text.floor_char_boundary(LONGEST_NAME)].to_owned())
    };
    let request =
        Request { name: cut(&request.name), media_type: cut(&request.media_type), limits: request.limits };
    // A vector grows, and these types have nothing that postcard does not know.
    let written = postcard::to_extend(&request, vec![0; HEAD]);
    let mut frame = written.unwrap_or_default();
    let length = frame.len().saturating_sub(HEAD);
    put_head(&mut frame, TO_WORKER, u32::try_from(length).unwrap_or(u32::MAX), file as u64);
    frame
}

/// The lengths of request and file that a head announces, if the worker may take so much.
pub(super) fn question_lengths(head: [u8; HEAD], most: u64) -> Option<(usize, usize)> {
    let (mark, request, file) = parts(head);
    let request = usize::try_from(request).ok().filter(|&length| length <= LONGEST_REQUEST)?;
    let file = usize::try_from(file).ok().filter(|_| file <= most)?;
    (mark == TO_WORKER).then_some((request, file))
}

pub(super) fn read_request(bytes: &[u8]) -> Option<Request> {
    postcard::take_from_bytes(bytes).ok().filter(|(_, rest)| rest.is_empty()).map(|(request, _)| request)
}

/// The number and the length that a worker's head announces, if it is one.
pub(super) fn answer_head(head: [u8; HEAD], most: usize) -> Option<(u32, usize)> {
    let (mark, number, length) = parts(head);
    let length = usize::try_from(length).ok().filter(|&length| length <= most)?;
    (mark == FROM_WORKER).then_some((number, length))
}

/// The number of a report: it stands before the first job.
pub(super) const READY: u32 = 0;
/// Bytes of a report.
pub(super) const REPORT: usize = 2;

pub(super) fn report(walls: ShutIn) -> Vec<u8> {
    let mut frame = vec![0; HEAD];
    frame.extend([walls.landlock.unwrap_or(0), u8::from(walls.seccomp)]);
    put_head(&mut frame, FROM_WORKER, READY, REPORT as u64);
    frame
}

pub(super) fn read_report(bytes: &[u8]) -> Option<ShutIn> {
    let &[landlock, seccomp @ (0 | 1)] = bytes else { return None };
    Some(ShutIn { landlock: (landlock > 0).then_some(landlock), seccomp: seccomp == 1 })
}

fn put_head(frame: &mut [u8], mark: u32, small: u32, large: u64) {
    if let Some(head) = frame.first_chunk_mut::<HEAD>() {
        head[..4].copy_from_slice(&mark.to_le_bytes());
        head[4..8].copy_from_slice(&small.to_le_bytes());
        head[8..].copy_from_slice(&large.to_le_bytes());
    }
}

fn parts(head: [u8; HEAD]) -> (u32, u32, u64) {
    let [a, b, c, d, e, f, g, h, large @ ..] = head;
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]), u64::from_le_bytes(large))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_as_it_was_asked() {
        let request =
            Request { name: Some("Y9.xlsx".into()), media_type: None, limits: FileLimits::default() };
        let frame = question(&request, 7);
        let (head, body) = frame.split_first_chunk::<HEAD>().unwrap();
        assert_eq!(question_lengths(*head, 7), Some((body.len(), 7)));
        assert_eq!(question_lengths(*head, 6), None, "longer than allowed");
        assert_eq!(read_request(body), Some(request));
        assert_eq!(read_request(&[body, &[0]].concat()), None, "more than a request");
        assert_eq!(read_request(&body[..body.len() - 1]), None);
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let request = Request { name: Some("\u{e9}".repeat(5000)), ..Request::default() };
        let frame = question(&request, 0);
        assert_eq!(read_request(&frame[HEAD..]).unwrap().name.unwrap().len(), 1000);
    }

    #[test]
    fn a_report_is_strict() {
        let walls = ShutIn { landlock: Some(7), seccomp: true };
        let frame = report(walls);
        let (head, body) = frame.split_first_chunk::<HEAD>().unwrap();
        assert_eq!(answer_head(*head, REPORT), Some((READY, REPORT)));
        assert_eq!(answer_head(*head, REPORT - 1), None);
        assert_eq!(read_report(body), Some(walls));
        assert_eq!(read_report(&[0, 2]), None);
        assert_eq!(read_report(&[0, 0]), Some(ShutIn { landlock: None, seccomp: false }));
    }
}

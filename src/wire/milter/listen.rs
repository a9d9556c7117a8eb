//! The sockets that an MTA connects to: TCP, and Unix sockets with their permission
//! bits, which appear complete under their name and are taken away at the end.

use crate::config::Listen;
use std::{
    future::poll_fn,
    io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    task::Poll,
};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

pub(super) enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listening {
    pub(super) async fn bind(listen: &Listen) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Listen::Unix(path, mode) => {
                let (listener, file) = bind_unix(path, *mode).await?;
                Ok(Self::Unix(listener, file))
            }
        }
    }

    /// Where it listens really: port 0 has become the port that the system gave.
    pub(super) fn address(&self) -> io::Result<Listen> {
        match self {
            Self::Tcp(listener) => Ok(Listen::Tcp(listener.local_addr()?)),
            Self::Unix(_, file) => Ok(Listen::Unix(file.path.clone(), file.mode)),
        }
    }
}

/// The next connection of any of them. On TCP small packets leave at once: a batch is
/// one write already.
pub(super) async fn accept(listeners: &[Listening]) -> io::Result<Stream> {
    poll_fn(|cx| {
        for listener in listeners {
            let ready = match listener {
                Listening::Tcp(tcp) => tcp.poll_accept(cx).map_ok(|(stream, _)| Stream::Tcp(stream)),
                Listening::Unix(unix, _) => unix.poll_accept(cx).map_ok(|(stream, _)| Stream::Unix(stream)),
            };
            if let Poll::Ready(Ok(Stream::Tcp(stream))) = &ready {
                stream.set_nodelay(true)?;
            }
            if ready.is_ready() {
                return ready;
            }
        }
        Poll::Pending
    })
    .await
}

/// A socket's name in the file system; removed on drop, unless another process has put
/// its own there meanwhile.
pub(super) struct SocketFile {
    path: PathBuf,
    mode: u32,
    inode: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if inode(&self.path).is_ok_and(|inode| inode == self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::symlink_metadata(path).map(|m| (m.dev(), m.ino()))
}

/// Binds beside the final name, sets the permissions, then renames, which replaces a
/// stale socket in one step and shows nobody a socket with the wrong permissions.
async fn bind_unix(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    refuse_if_taken(path).await?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_file_name(format!(".{}-{number}", std::process::id()));
    let _ = std::fs::remove_file(&beside);
    let listener = UnixListener::bind(&beside)?;
    let ready = std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(mode))
        .and_then(|()| inode(&beside))
        .and_then(|inode| std::fs::rename(&beside, path).map(|()| inode));
    match ready {
        Ok(inode) => Ok((listener, SocketFile { path: path.to_owned(), mode, inode })),
        Err(error) => {
            let _ = std::fs::remove_file(&beside);
            Err(error)
        }
    }
}

/// A living listener or a file of another kind is not ours to replace.
async fn refuse_if_taken(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(there) if !there.file_type().is_socket() => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "a file that is no socket has this name",
            ));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Also when its queue is full (EAGAIN): somebody listens.
        _ => Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens on this socket")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_living_one_or_a_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("milter.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "stale");

        let listen = Listen::Unix(path.clone(), 0o600);
        let first = Listening::bind(&listen).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let error = Listening::bind(&listen).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert!(!path.exists());

        std::fs::write(&path, "precious").unwrap();
        let error = Listening::bind(&listen).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[tokio::test]
    async fn another_process_own_socket_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("milter.sock");
        let first = Listening::bind(&Listen::Unix(path.clone(), 0o600)).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(first);
        assert!(path.exists());
    }
}

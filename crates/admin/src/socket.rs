//! The answering end: a Unix socket in the data folder that only its owner may use, or a pipe within one process.

use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use mailbox::RemoteId;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, BufWriter};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use transfer::Known;

use crate::answer::{Answer, Event};
use crate::asked::Asked;
use crate::desk::Desk;
use crate::keep::Folder;
use crate::request::Request;
use crate::wire;

/// The longest path that a Unix socket can have.
const SOCKET_PATH_OCTETS_MAX: usize = 100;

/// A name for a socket path that may be too long: through an open folder. The folder must stay open.
struct ShortPath {
    path: PathBuf,
    _folder: Option<std::os::fd::OwnedFd>,
}

impl ShortPath {
    fn of(folder: &Folder) -> io::Result<ShortPath> {
        let path = folder.admin_socket();
        if path.as_os_str().len() <= SOCKET_PATH_OCTETS_MAX {
            return Ok(ShortPath { path, _folder: None });
        }
        let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
        let open = rustix::fs::open(&folder.0, flags, rustix::fs::Mode::empty())?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/admin.sock", open.as_raw_fd()));
        Ok(ShortPath { path, _folder: Some(open) })
    }
}

/// Connects to the host that runs on a data folder; none when none does.
pub async fn connect(folder: &Folder) -> io::Result<Option<UnixStream>> {
    if !folder.0.is_dir() {
        return Ok(None);
    }
    let short = ShortPath::of(folder)?;
    match UnixStream::connect(&short.path).await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if nobody_listens(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a host runs on a data folder. Waits for the answer; for where there is no runtime yet.
pub fn is_running(folder: &Folder) -> io::Result<bool> {
    if !folder.0.is_dir() {
        return Ok(false);
    }
    match std::os::unix::net::UnixStream::connect(&ShortPath::of(folder)?.path) {
        Ok(_) => Ok(true),
        Err(error) if nobody_listens(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// There is no socket, or one that was left over from a crash.
fn nobody_listens(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Listens in a data folder. Only for who has the store open: what lies there is replaced.
pub fn listen(folder: &Folder) -> io::Result<UnixListener> {
    machine::files::remove_if_there(&folder.admin_socket())?;
    let short = ShortPath::of(folder)?;
    // The folder lets nobody else in; the socket's own mode is the second lock.
    let listener = UnixListener::bind(&short.path)?;
    std::fs::set_permissions(folder.admin_socket(), std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves an administrator in a task of its own.
pub fn welcome(stream: UnixStream, desk: &Arc<Desk>) {
    let by = stream.peer_cred().ok().map(|peer| peer.uid());
    let desk = Arc::clone(desk);
    let accounts = desk.accounts().clone();
    let serving = async move {
        // An administrator's work may be long, and mail comes first.
        lane::slow(None).await;
        if let Err(error) = serve(stream, desk, by).await {
            tracing::debug!(%error, "an administrator's connection failed");
        }
    };
    tokio::spawn(accounts.in_lanes(serving));
}

/// Serves one administrator to the end. `by` is the number of the machine's user who asks, for the log.
pub async fn serve<S>(stream: S, desk: Arc<Desk>, by: Option<u32>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send,
{
    let by = by.map(|uid| desk.name_of(uid));
    let (from, to) = tokio::io::split(stream);
    let (from, to) = (BufReader::new(from), BufWriter::new(to));
    tokio::pin!(from, to);
    while let Some(request) = wire::read::<Request>(&mut from).await? {
        let what = Asked::of(&request);
        let end = match request {
            Request::Import { address, again, known_uidls } => {
                wire::write(&mut to, &Event::Ready).await?;
                to.flush().await?;
                let known = Known { again, uidls: known_uidls };
                desk.import(&address, known, &mut from).await.map(Answer::Imported)
            }
            Request::Export { address, mailboxes } => {
                desk.export(&address, &mailboxes, &mut to).await
            }
            Request::ReadAccount { address } => {
                desk.read_account(&address, &mut from, &mut to).await
            }
            Request::Companion { address, remote } => {
                desk.companion(&address, RemoteId(remote), &mut from, &mut to).await
            }
            Request::Watch { address, before } => desk.watch(&address, before).await,
            Request::Copy => desk.copy_out(&mut to).await,
            Request::Do(task) => {
                let (progress, mut steps) = mpsc::channel(16);
                let work = desk.run(task, progress);
                tokio::pin!(work);
                loop {
                    tokio::select! {
                        biased;
                        Some(step) = steps.recv() => {
                            wire::write(&mut to, &Event::Progress(step)).await?;
                            to.flush().await?;
                        }
                        end = &mut work => break end,
                    }
                }
            }
        };
        if !matches!(end, Ok(Answer::Folders(_))) {
            // Who only waits does nothing that the log need tell.
            what.log(by.as_deref(), end.as_ref().err());
        }
        let (event, go_on) = match end {
            Ok(answer) => (Event::Done(answer), true),
            Err(fault) => (Event::Failed { why: chain(&fault) }, false),
        };
        wire::write(&mut to, &event).await?;
        to.flush().await?;
        if !go_on {
            break;
        }
    }
    to.shutdown().await
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = next.source();
    }
    text
}

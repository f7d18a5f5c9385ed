//! The asking end of the stream; `reach` says what is at the other one.

use std::io;
use std::pin::Pin;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream};
use transfer::Item;

use crate::account_copy::Told;
use crate::answer::{Answer, Event, Progress};
use crate::blocking::blocking;
use crate::companion::Reply;
use crate::keep::Keep;
use crate::request::{Request, Task};
use crate::wire::{self, Piece};

/// A stream of any kind.
trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// Who asks.
pub struct Client {
    stream: BufStream<Pin<Box<dyn Stream>>>,
    /// What was started for this.
    behind: Option<Behind>,
}

/// What was started for a client.
enum Behind {
    /// A desk in this program.
    Local(Local),
    /// A desk in another process.
    Process(std::process::Child),
}

struct Local {
    keep: Keep,
    task: tokio::task::JoinHandle<()>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AdminFault {
    /// The host says no, or failed.
    #[error("{0}")]
    Failed(String),
    /// There is no store.
    #[error(
        "there is no mail store in {0}; `correio serve` makes one, and so does `correio user add`"
    )]
    NoStore(String),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] store::OpenError),
    /// The connection failed.
    #[error("the host did not answer to the end, so that it is not known whether this was done")]
    Connection(#[from] io::Error),
    /// The answer is not one that was asked for; the host may be of another version.
    #[error("the running host gave an answer that does not fit; is it of another version?")]
    Unexpected,
    /// Ours.
    #[error(transparent)]
    Fault(#[from] mailbox::Fault),
}

impl AdminFault {
    /// Whether another program has the store open just now, without letting others in.
    pub fn is_in_use(&self) -> bool {
        matches!(self, AdminFault::Open(store::OpenError::InUse))
    }
}

fn hung_up() -> AdminFault {
    let why = "the running host closed the connection";
    io::Error::new(io::ErrorKind::UnexpectedEof, why).into()
}

impl Client {
    /// Speaks to the desk at the other end of a stream.
    pub(crate) fn over(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Client {
        Client { stream: BufStream::new(Box::pin(stream)), behind: None }
    }

    /// Speaks to a desk of our own, whose store is closed at the end.
    pub(crate) fn local(
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        keep: Keep,
        task: tokio::task::JoinHandle<()>,
    ) -> Client {
        Client { behind: Some(Behind::Local(Local { keep, task })), ..Client::over(stream) }
    }

    /// Speaks to a desk that another process was started for, and waits until it has the store open.
    pub async fn of_process(
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        process: std::process::Child,
    ) -> Result<Client, AdminFault> {
        let behind = Some(Behind::Process(process));
        let mut client = Client { behind, ..Client::over(stream) };
        match client.next().await {
            Ok(Event::Ready) => Ok(client),
            Ok(Event::Failed { why }) => {
                client.close().await?;
                Err(AdminFault::Failed(why))
            }
            Ok(_) => Err(AdminFault::Unexpected),
            // It ended before it could answer, and said on standard error why.
            Err(fault) => {
                client.close().await?;
                Err(fault)
            }
        }
    }

    /// Asks, and waits for the answer; what comes before it goes to `progress`.
    pub async fn ask(
        &mut self,
        task: Task,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Answer, AdminFault> {
        self.send(&Request::Do(task)).await?;
        loop {
            match self.next().await? {
                Event::Progress(step) => progress(step),
                Event::Done(answer) => return Ok(answer),
                Event::Ready
                | Event::Item(_)
                | Event::Segment(_)
                | Event::Index
                | Event::Beside(_) => {
                    return Err(AdminFault::Unexpected);
                }
                Event::Failed { why } => return Err(AdminFault::Failed(why)),
            }
        }
    }

    /// Waits until the folders of a user are not as they were, or about a minute. Gives a print of how they are.
    pub async fn watch(&mut self, address: &str, before: Option<u64>) -> Result<u64, AdminFault> {
        let address = address.to_owned();
        self.send(&Request::Watch { address, before }).await?;
        match self.next().await? {
            Event::Done(Answer::Folders(print)) => Ok(print),
            Event::Failed { why } => Err(AdminFault::Failed(why)),
            Event::Done(_)
            | Event::Progress(_)
            | Event::Ready
            | Event::Item(_)
            | Event::Segment(_)
            | Event::Index
            | Event::Beside(_) => Err(AdminFault::Unexpected),
        }
    }

    /// Sends a request without waiting.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<(), AdminFault> {
        wire::write(&mut self.stream, request).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Result<Event, AdminFault> {
        wire::read(&mut self.stream).await?.ok_or_else(hung_up)
    }

    /// Sends a line. It may wait in the buffer until it is flushed.
    pub(crate) async fn say<T: Serialize>(&mut self, line: &T) -> Result<(), AdminFault> {
        let sent = wire::write(&mut self.stream, line).await;
        self.or_why(sent).await
    }

    /// Sends what waits in the buffer.
    pub(crate) async fn flush(&mut self) -> Result<(), AdminFault> {
        let sent = self.stream.flush().await;
        self.or_why(sent).await
    }

    /// The next answer to a companion.
    pub(crate) async fn reply(&mut self) -> Result<Reply, AdminFault> {
        wire::read(&mut self.stream).await?.ok_or_else(hung_up)
    }

    /// The next line about an account.
    pub(crate) async fn told(&mut self) -> Result<Told, AdminFault> {
        wire::read(&mut self.stream).await?.ok_or_else(hung_up)
    }

    /// The next part of a body.
    pub(crate) async fn piece(&mut self) -> Result<Piece, AdminFault> {
        Ok(wire::read_piece(&mut self.stream).await?)
    }

    /// Waits for the end of a request whose answer says nothing.
    pub(crate) async fn done(&mut self) -> Result<(), AdminFault> {
        match self.next().await? {
            Event::Done(_) => Ok(()),
            Event::Failed { why } => Err(AdminFault::Failed(why)),
            Event::Progress(_)
            | Event::Ready
            | Event::Item(_)
            | Event::Segment(_)
            | Event::Index
            | Event::Beside(_) => Err(AdminFault::Unexpected),
        }
    }

    /// Sends a mailbox, begins to send a message, or says that there are no more.
    pub(crate) async fn item(&mut self, item: Option<Item>) -> Result<(), AdminFault> {
        let mut sent = wire::write(&mut self.stream, &item).await;
        if item.is_none() && sent.is_ok() {
            sent = self.stream.flush().await;
        }
        self.or_why(sent).await
    }

    /// Sends octets of a message; none at all end it.
    pub(crate) async fn write(&mut self, octets: &[u8]) -> Result<(), AdminFault> {
        let sent = wire::write_piece(&mut self.stream, octets).await;
        self.or_why(sent).await
    }

    /// Says that the message does not become whole.
    pub(crate) async fn abandon(&mut self) -> Result<(), AdminFault> {
        let sent = wire::write_abandoned(&mut self.stream).await;
        self.or_why(sent).await
    }

    /// When the host hung up, it may have said why.
    async fn or_why(&mut self, sent: io::Result<()>) -> Result<(), AdminFault> {
        let Err(error) = sent else { return Ok(()) };
        match self.next().await {
            Ok(Event::Failed { why }) => Err(AdminFault::Failed(why)),
            Ok(_) | Err(_) => Err(error.into()),
        }
    }

    /// Reads octets of a message; none at all end it.
    pub(crate) async fn read(&mut self) -> Result<Vec<u8>, AdminFault> {
        match wire::read_piece(&mut self.stream).await? {
            Piece::Octets(octets) => Ok(octets),
            Piece::End => Ok(Vec::new()),
            Piece::Abandoned => Err(AdminFault::Unexpected),
        }
    }

    /// Ends, and closes the store if it was opened for this.
    pub async fn close(mut self) -> Result<(), AdminFault> {
        // That the host is gone already does no harm: it gave its answer.
        drop(self.stream.shutdown().await);
        drop(self.stream);
        match self.behind {
            None => Ok(()),
            Some(Behind::Local(Local { keep, task })) => {
                drop(task.await);
                Ok(blocking(move || keep.close()).await??)
            }
            Some(Behind::Process(mut process)) => {
                let ended = blocking(move || process.wait()).await??;
                if ended.success() {
                    return Ok(());
                }
                let why = "the process that worked on the data folder failed, as said above";
                Err(AdminFault::Failed(why.to_owned()))
            }
        }
    }
}

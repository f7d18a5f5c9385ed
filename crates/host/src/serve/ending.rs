//! A stream that comes to its end when the host stops, or when what let somebody in is taken back: the door finishes the command it is in, finds no further one,
//! and ends. Then the host says good-bye.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

use super::Phase;
use super::live::End;

/// The stream of one session.
pub(super) struct Ending<S> {
    inner: S,
    end: Arc<End>,
    stopping: Pin<Box<dyn Future<Output = ()> + Send>>,
    stopped: bool,
}

impl<S> Ending<S> {
    /// Ends when the host stops and when the session is called off.
    pub(super) fn new(inner: S, mut phase: watch::Receiver<Phase>, end: Arc<End>) -> Ending<S> {
        let called = Arc::clone(&end);
        let stopping = Box::pin(async move {
            tokio::select! {
                // That the sender is gone means the same.
                _ = phase.wait_for(|phase| *phase == Phase::Stopping) => {}
                () = called.called() => {}
            }
        });
        Ending { inner, end, stopping, stopped: false }
    }

    /// Ends when the session is called off; the door itself knows when the host stops.
    pub(super) fn when_called_off(inner: S, end: Arc<End>) -> Ending<S> {
        let called = Arc::clone(&end);
        let stopping = Box::pin(async move { called.called().await });
        Ending { inner, end, stopping, stopped: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Ending<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Whoever has to go is not heard any more, however fast they talk.
        if self.end.is_called() {
            self.stopped = true;
            return Poll::Ready(Ok(()));
        }
        match Pin::new(&mut self.inner).poll_read(context, buffer) {
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending if self.stopped => Poll::Ready(Ok(())),
            Poll::Pending => {
                std::task::ready!(self.stopping.as_mut().poll(context));
                self.stopped = true;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Ending<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.stopped {
            // The good-bye is still to come.
            return Pin::new(&mut self.inner).poll_flush(context);
        }
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use directory::Revoked;
    use mailbox::{AccountId, Timestamp};
    use sasl::{Login, Peer, Security};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::Ending;
    use crate::listen::Protocol;
    use crate::serve::live::{End, Live};

    #[tokio::test]
    async fn a_session_that_is_called_off_hears_no_more_and_can_still_answer() {
        let (mut near, far) = duplex(1_000);
        let (live, end) = (Live::default(), Arc::new(End::of(Protocol::Submission)));
        let login = Login {
            account: 1,
            address: String::new(),
            device: None,
            credential: sasl::Credential::Other,
        };
        let peer = Peer::new(None, Security::Tls);
        assert!(live.enter(&login, &end, (live.moment(), &peer, Timestamp(0))).is_ok());
        let mut session = Ending::when_called_off(far, end);
        near.write_all(b"one").await.unwrap();
        let mut heard = [0; 3];
        session.read_exact(&mut heard).await.unwrap();
        // It waits for more while it is called off.
        let mut rest = Vec::new();
        let ((), read) = tokio::join!(
            async { live.end(AccountId(1), Revoked::All) },
            session.read_to_end(&mut rest)
        );
        read.unwrap();
        near.write_all(b"two").await.unwrap();
        session.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
        session.write_all(b"bye").await.unwrap();
        near.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"bye");
    }
}

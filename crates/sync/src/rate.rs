//! A stream that is read no faster than somebody wants, so that others on the line are not disturbed.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use sasl::{Nonce, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::network::{Connection, Network, NetworkFault, Server, Stream, Trust};

/// A stream that is read at so many octets a second, on average.
pub struct Limited<S> {
    stream: S,
    octets_per_s: u64,
    /// Nothing is read before then.
    not_before: Pin<Box<Sleep>>,
}

/// A network whose connections are read no faster than somebody wants.
pub struct RateLimited<N> {
    /// The network.
    pub network: N,
    /// How many octets a second.
    pub octets_per_s: u64,
}

impl<N: Network> Network for RateLimited<N> {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Ready<'a, Result<Connection, NetworkFault>> {
        Box::pin(async move {
            let Connection { stream, is_loopback } = self.network.connect(host, port).await?;
            let stream = Box::new(Limited::new(stream, self.octets_per_s));
            Ok(Connection { stream, is_loopback })
        })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
        trust: &'a Trust,
    ) -> Ready<'a, Result<Box<dyn Stream>, NetworkFault>> {
        self.network.begin_tls(stream, host, trust)
    }

    fn servers<'a>(&'a self, name: &'a str) -> Ready<'a, Result<Vec<Server>, NetworkFault>> {
        self.network.servers(name)
    }

    fn page<'a>(
        &'a self,
        host: &'a str,
        path: &'a str,
    ) -> Ready<'a, Result<Option<Vec<u8>>, NetworkFault>> {
        self.network.page(host, path)
    }

    fn nonce(&self) -> Nonce {
        self.network.nonce()
    }
}

/// After a pause no more than this is caught up on.
const CREDIT: Duration = Duration::from_millis(100);

impl<S> Limited<S> {
    /// Limits a stream; 0 octets are taken for 1.
    pub fn new(stream: S, octets_per_s: u64) -> Limited<S> {
        let not_before = Box::pin(sleep_until(Instant::now()));
        Limited { stream, octets_per_s: octets_per_s.max(1), not_before }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.not_before.as_mut().poll(context));
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        let octets = into.filled().len().saturating_sub(before);
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        let micros = octets.saturating_mul(1_000_000).checked_div(self.octets_per_s).unwrap_or(0);
        let now = Instant::now();
        let earliest = now.checked_sub(CREDIT).unwrap_or(now);
        let begin = self.not_before.deadline().max(earliest);
        let next = begin.checked_add(Duration::from_micros(micros)).unwrap_or(begin);
        self.not_before.as_mut().reset(next);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_hundred_thousand_octets_at_ten_thousand_a_second_take_ten_seconds() {
        let (mut there, here) = tokio::io::duplex(4_096);
        tokio::spawn(async move { there.write_all(&[7; 100_000]).await });
        let begin = Instant::now();
        let mut octets = Vec::new();
        Limited::new(here, 10_000).read_to_end(&mut octets).await.unwrap();
        assert_eq!(octets.len(), 100_000);
        let took = begin.elapsed().as_secs_f64();
        assert!((9.5..10.5).contains(&took), "{took}");
    }
}

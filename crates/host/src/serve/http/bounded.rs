//! The connections of the HTTP listener: so many and no more, and none that stands idle keeps others out. A connection
//! in which nothing is answered ends soon; when there is no room, the oldest makes room, of the same address first.

use std::future::Future as _;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use directory::Prefix;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, Sleep, sleep_until};

/// How many connections there may be at once.
const CONNECTIONS_MAX: usize = 64;
/// How many of them from one address (IPv6: one /64) that is not this machine's.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 8;
/// How long a connection may last: whoever watches comes back anyway.
const LIFE: Duration = Duration::from_secs(60);
/// How long a request may take to come and an answer to be taken.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Who is connected.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    given: u64,
    /// The oldest first.
    seats: Vec<Place>,
}

struct Place {
    number: u64,
    source: Option<Prefix>,
    end: Arc<Notify>,
}

/// The place of one connection; free again when dropped.
pub(super) struct Seat {
    seats: Seats,
    number: u64,
    end: Arc<Notify>,
}

impl Seats {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in. Where there is no room, the oldest goes.
    pub(super) fn take(&self, from: IpAddr) -> Seat {
        let from = from.to_canonical();
        let source = (!from.is_loopback()).then(|| Prefix::narrow(from));
        let mut taken = self.lock();
        let of_source = |place: &&Place| source.is_some() && place.source == source;
        let oldest = if taken.seats.iter().filter(of_source).count() >= CONNECTIONS_PER_ADDRESS_MAX
        {
            taken.seats.iter().position(|place| place.source == source)
        } else {
            (taken.seats.len() >= CONNECTIONS_MAX).then_some(0)
        };
        if let Some(index) = oldest
            && index < taken.seats.len()
        {
            taken.seats.remove(index).end.notify_one();
        }
        let (number, end) = (taken.given, Arc::new(Notify::new()));
        taken.given = taken.given.saturating_add(1);
        taken.seats.push(Place { number, source, end: Arc::clone(&end) });
        Seat { seats: self.clone(), number, end }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.lock().seats.retain(|place| place.number != self.number);
    }
}

/// A connection that ends in time.
pub(super) struct Bounded<S> {
    stream: S,
    /// When it ends whatever happens.
    end: Instant,
    timer: Pin<Box<Sleep>>,
    called_off: Pin<Box<dyn Future<Output = ()> + Send>>,
    _seat: Seat,
}

impl<S> Bounded<S> {
    pub(super) fn new(stream: S, seat: Seat) -> Bounded<S> {
        let end = after(LIFE);
        let called = Arc::clone(&seat.end);
        Bounded {
            stream,
            end,
            timer: Box::pin(sleep_until(end.min(after(ANSWERED_WITHIN)))),
            called_off: Box::pin(async move { called.notified().await }),
            _seat: seat,
        }
    }

    fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let called_off = self.called_off.as_mut().poll(context).is_ready();
        if called_off || self.timer.as_mut().poll(context).is_ready() {
            // It is not polled again: hyper gives up a connection at its first error.
            self.called_off = Box::pin(std::future::pending());
            return Poll::Ready(io::ErrorKind::TimedOut.into());
        }
        Poll::Pending
    }
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(over) = self.poll_over(context) {
            return Poll::Ready(Err(over));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(over) = self.poll_over(context) {
            return Poll::Ready(Err(over));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, octets);
        if let Poll::Ready(Ok(1..)) = written {
            // Something is answered: the next request has as long again.
            let until = self.end.min(after(ANSWERED_WITHIN));
            self.timer.as_mut().reset(until);
        }
        written
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
    use std::net::IpAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Duration, Instant, advance};

    use super::{
        ANSWERED_WITHIN, Bounded, CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, LIFE, Seats,
    };

    fn connect(seats: &Seats, from: &str) -> (Bounded<DuplexStream>, DuplexStream) {
        let (ours, theirs) = duplex(1024);
        (Bounded::new(ours, seats.take(from.parse::<IpAddr>().unwrap())), theirs)
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connections_keep_nobody_out() {
        let seats = Seats::default();
        for from in ["127.0.0.1", "192.0.2.1"] {
            let mut idle: Vec<_> = (0..CONNECTIONS_MAX).map(|_| connect(&seats, from)).collect();
            let (mut newest, mut client) = connect(&seats, "198.51.100.7");
            client.write_all(b"GET").await.unwrap();
            let mut octets = [0; 3];
            newest.read_exact(&mut octets).await.unwrap();
            assert!(idle[0].0.read(&mut octets).await.is_err(), "the oldest goes");
            assert!(seats.lock().seats.len() <= CONNECTIONS_MAX);
        }
        assert!(seats.lock().seats.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn one_address_makes_room_for_itself() {
        let seats = Seats::default();
        let (mut other, mut client) = connect(&seats, "198.51.100.7");
        let mut many: Vec<_> =
            (0..CONNECTIONS_PER_ADDRESS_MAX).map(|_| connect(&seats, "192.0.2.1")).collect();
        let _one_more = connect(&seats, "::ffff:192.0.2.1");
        let mut octets = [0; 1];
        assert!(many[0].0.read(&mut octets).await.is_err());
        client.write_all(b"G").await.unwrap();
        other.read_exact(&mut octets).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_comes_in_drips_ends_in_time() {
        let seats = Seats::default();
        let (mut server, mut client) = connect(&seats, "192.0.2.1");
        let began = Instant::now();
        let mut octets = [0; 1];
        while server.read(&mut octets).await.is_ok() {
            advance(Duration::from_secs(1)).await;
            client.write_all(b"x").await.unwrap();
        }
        assert!(began.elapsed() <= ANSWERED_WITHIN + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_answered_goes_on_but_not_for_ever() {
        let seats = Seats::default();
        let (mut server, mut client) = connect(&seats, "192.0.2.1");
        let began = Instant::now();
        let mut octets = [0; 1];
        loop {
            client.write_all(b"x").await.unwrap();
            advance(ANSWERED_WITHIN / 2).await;
            if server.read(&mut octets).await.is_err() || server.write_all(b"y").await.is_err() {
                break;
            }
            client.read_exact(&mut octets).await.unwrap();
        }
        assert!((LIFE..LIFE + ANSWERED_WITHIN).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
}

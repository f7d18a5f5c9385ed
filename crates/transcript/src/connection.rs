//! One connection of a test to a server, over a pipe in memory.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long the server may take to close, to want TLS, or to notice that the client has gone; and how long the end of
/// a connection is listened to.
const OPEN_MAX: Duration = Duration::from_secs(3_600);
const END: Duration = Duration::from_secs(1);

/// How a server's part of a connection ended.
pub enum Served {
    /// It is over.
    Closed,
    /// TLS comes next; the stream goes on.
    WantsTls(DuplexStream),
}

/// A connection. Reads all the time, so that a server never waits for a client that waits for it.
pub struct Connection {
    writer: WriteHalf<DuplexStream>,
    reader: JoinHandle<()>,
    incoming: UnboundedReceiver<Vec<u8>>,
    server: JoinHandle<Served>,
    /// What has come and was not looked at.
    pub input: Vec<u8>,
}

impl Connection {
    /// Connects to what serves the other end. Small pipes make the server wait for its client in the middle of lines.
    pub fn open<F>(pipe_octets: usize, serve: impl FnOnce(DuplexStream) -> F) -> Connection
    where
        F: Future<Output = Served> + Send + 'static,
    {
        let (ours, theirs) = duplex(pipe_octets);
        let server = tokio::spawn(serve(theirs));
        let (reader, writer) = split(ours);
        let (sender, incoming) = unbounded_channel();
        let reader = tokio::spawn(read(reader, sender));
        Connection { writer, reader, incoming, server, input: Vec::new() }
    }

    /// Sends octets; a server that has hung up is found out when its answers are looked for.
    pub async fn send(&mut self, octets: &[u8]) {
        drop(self.writer.write_all(octets).await);
    }

    /// The next line without its CRLF; none when the server has closed the connection.
    pub async fn line(&mut self) -> Option<Vec<u8>> {
        self.line_within(Duration::from_secs(5)).await
    }

    /// The same, from a server that may be silent for so long.
    pub(crate) async fn line_within(&mut self, silence_max: Duration) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.input.windows(2).position(|two| two == b"\r\n") {
                let line = self.input[..at].to_vec();
                self.input.drain(..at + 2);
                return Some(line);
            }
            let octets = timeout(silence_max, self.incoming.recv()).await;
            self.input.extend(octets.expect("the server is silent")?);
        }
    }

    /// What else has come, once the server has nothing more to say.
    pub async fn rest(&mut self) -> Vec<u8> {
        while let Ok(Some(octets)) = timeout(END, self.incoming.recv()).await {
            self.input.extend(octets);
        }
        std::mem::take(&mut self.input)
    }

    /// Goes over to TLS without TLS: what matters is how the session goes on.
    pub async fn upgrade<F>(&mut self, serve: impl FnOnce(DuplexStream) -> F)
    where
        F: Future<Output = Served> + Send + 'static,
    {
        let nobody = tokio::spawn(async { Served::Closed });
        let served = ended(std::mem::replace(&mut self.server, nobody)).await;
        let Served::WantsTls(stream) = served else { panic!("the server did not want TLS") };
        self.server = tokio::spawn(serve(stream));
    }

    /// Cuts the connection and waits until the server has noticed.
    pub async fn hang_up(self) {
        self.reader.abort();
        drop(self.reader.await);
        drop((self.writer, self.incoming));
        ended(self.server).await;
    }

    /// Waits until the server hangs up; gives what it said last.
    pub async fn closed(mut self) -> Vec<u8> {
        while let Some(octets) =
            timeout(OPEN_MAX, self.incoming.recv()).await.expect("the connection stays open")
        {
            self.input.extend(octets);
        }
        assert!(matches!(ended(self.server).await, Served::Closed));
        self.input
    }
}

/// What became of the server's part.
async fn ended(server: JoinHandle<Served>) -> Served {
    timeout(OPEN_MAX, server).await.expect("the server goes on").unwrap()
}

async fn read(mut reader: ReadHalf<DuplexStream>, sender: UnboundedSender<Vec<u8>>) {
    let mut octets = vec![0; 64 << 10];
    while let Ok(read @ 1..) = reader.read(&mut octets).await {
        if sender.send(octets[..read].to_vec()).is_err() {
            return;
        }
    }
}

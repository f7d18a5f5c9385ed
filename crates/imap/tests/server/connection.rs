//! One connection of a test to the server, over a pipe in memory.

use std::sync::Arc;
use std::time::Duration;

use imap::server::{End, First, Service, serve};
use sasl::{Peer, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) struct Connection {
    service: Arc<Service>,
    writer: WriteHalf<DuplexStream>,
    reader: JoinHandle<()>,
    incoming: UnboundedReceiver<Vec<u8>>,
    pub(crate) input: Vec<u8>,
    server: JoinHandle<End<DuplexStream>>,
}

impl Connection {
    /// Connects. Small pipes make the server wait for its client in the middle of lines.
    pub(crate) fn new(
        service: &Arc<Service>,
        security: Security,
        pipe_octets: usize,
    ) -> Connection {
        let (ours, theirs) = duplex(pipe_octets);
        let server = tokio::spawn(serve(
            theirs,
            Arc::clone(service),
            Peer::new(None, security),
            First::Greeting,
        ));
        let (reader, writer) = split(ours);
        let (sender, incoming) = unbounded_channel();
        let reader = tokio::spawn(read(reader, sender));
        let service = Arc::clone(service);
        Connection { service, writer, reader, incoming, input: Vec::new(), server }
    }

    /// Sends octets; a server that has hung up is found out when its answers are looked for.
    pub(crate) async fn send(&mut self, octets: &[u8]) {
        drop(self.writer.write_all(octets).await);
    }

    /// The next line without its CRLF; none when the server has closed the connection.
    pub(crate) async fn line(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.input.windows(2).position(|two| two == b"\r\n") {
                let line = self.input[..at].to_vec();
                self.input.drain(..at + 2);
                return Some(line);
            }
            let octets = timeout(Duration::from_secs(5), self.incoming.recv()).await;
            self.input.extend(octets.expect("the server is silent")?);
        }
    }

    /// What else has come, once the server has nothing more to say.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while let Ok(Some(octets)) = timeout(Duration::from_secs(1), self.incoming.recv()).await {
            self.input.extend(octets);
        }
        std::mem::take(&mut self.input)
    }

    /// Goes over to TLS without TLS: what matters is how the session goes on.
    pub(crate) async fn after_tls(&mut self) {
        let nobody = tokio::spawn(async { End::Closed });
        let End::StartTls(stream) = std::mem::replace(&mut self.server, nobody).await.unwrap()
        else {
            panic!("the server did not want TLS");
        };
        let peer = Peer::new(None, Security::Tls);
        let service = Arc::clone(&self.service);
        self.server = tokio::spawn(serve(stream, service, peer, First::AfterTls));
    }

    /// Cuts the connection and waits until the server has noticed.
    pub(crate) async fn hang_up(self) {
        self.reader.abort();
        drop(self.reader.await);
        drop((self.writer, self.incoming));
        self.server.await.unwrap();
    }

    /// Waits until the server hangs up; gives what it said last.
    pub(crate) async fn closed(mut self) -> Vec<u8> {
        let wait = Duration::from_secs(3_600);
        while let Some(octets) = timeout(wait, self.incoming.recv()).await.expect("stays open") {
            self.input.extend(octets);
        }
        assert!(matches!(self.server.await.unwrap(), End::Closed));
        self.input
    }
}

async fn read(
    mut reader: ReadHalf<DuplexStream>,
    sender: tokio::sync::mpsc::UnboundedSender<Vec<u8>>,
) {
    let mut octets = vec![0; 64 << 10];
    while let Ok(read @ 1..) = reader.read(&mut octets).await {
        if sender.send(octets[..read].to_vec()).is_err() {
            return;
        }
    }
}

//! Bodies that are made piece by piece, as the client takes them. What makes them is polled with the body and ends with it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Why a body ends before its end.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the answer cannot be completed")]
pub(crate) struct Broken;

/// Where pieces go.
pub(crate) struct Pieces(Sender<Result<Bytes, Broken>>);

impl Pieces {
    /// Hands a piece on, once the one before it was taken.
    pub(crate) async fn put(&self, piece: impl Into<Bytes>) {
        // Who makes them and who takes them end together.
        drop(self.0.send(Ok(piece.into())).await);
    }

    /// Ends the connection, so that nobody takes for whole what is not.
    pub(crate) async fn fail(&self) {
        drop(self.0.send(Err(Broken)).await);
    }
}

struct Streamed {
    maker: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    pieces: Receiver<Result<Bytes, Broken>>,
}

/// A body of what `make` puts in.
pub(crate) fn streamed<F>(make: impl FnOnce(Pieces) -> F) -> Body
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, pieces) = channel(1);
    Body::new(Streamed { maker: Some(Box::pin(make(Pieces(sender)))), pieces })
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(maker) = &mut self.maker
            && maker.as_mut().poll(context).is_ready()
        {
            self.maker = None;
        }
        self.pieces.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

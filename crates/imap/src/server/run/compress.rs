//! COMPRESS: begins to squeeze both directions (RFC 4978). Its table row lets nobody do so before login.

use super::Run;
use crate::command::Compress;
use crate::response::Code;
use crate::server::session::{Done, Next, Session, Stop};

impl Run for Compress {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if session.channel.is_squeezed() {
            let text = "The connection is compressed already";
            return Err(Stop::No(Some(Code::CompressionActive), text.into()));
        }
        Ok(Done { next: Next::Squeeze, ..Done::new("DEFLATE from here on") })
    }
}

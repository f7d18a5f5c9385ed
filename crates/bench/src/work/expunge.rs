//! EXPUNGE of a whole mailbox.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{Figures, fill, median, milliseconds};
use crate::Scale;
use crate::report::Figure;
use crate::server::Server;

/// The flags are set before the clock runs.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(10_000);
    let mut times = Vec::new();
    for round in 0..3 {
        let name = format!("expunge{round}");
        let mut client = fill::mailbox(server, 105, &name, messages, 2_000).await?;
        client.widen();
        client.command("STORE 1:* +FLAGS.SILENT (\\Deleted)").await?;
        let start = Instant::now();
        let answer = client.command("EXPUNGE").await?;
        times.push(milliseconds(start));
        ensure!(answer.lines >= u64::from(messages), "{} of {messages} lines", answer.lines);
    }
    Ok(vec![("expunge 10,000 messages", Figure::Milliseconds(median(times)))])
}

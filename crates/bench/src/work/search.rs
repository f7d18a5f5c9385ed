//! SEARCH by flag, by subject, by a field that is not kept apart, and through the text of all bodies.

use std::time::Instant;

use anyhow::Result;

use super::{Figures, fill, median, milliseconds};
use crate::Scale;
use crate::report::Figure;
use crate::server::Server;

/// The text looked for stands in no body, so that all of them are read.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let mut client = fill::mailbox(server, 104, "search", scale.messages(10_000), 8 << 10).await?;
    let mut figures = Vec::new();
    for (command, row) in [
        ("SEARCH UNSEEN", "SEARCH UNSEEN, 10,000 messages"),
        ("SEARCH SUBJECT \"meeting 77\"", "SEARCH SUBJECT, 10,000 messages"),
        (
            "SEARCH HEADER Received \"id 00000f\"",
            "SEARCH HEADER, any field, 10,000 messages of 8 KB",
        ),
        ("SEARCH TEXT \"xyzzy plugh\"", "SEARCH TEXT, 10,000 messages of 8 KB"),
    ] {
        let mut times = Vec::new();
        for _ in scale.rounds(3) {
            let start = Instant::now();
            client.command(command).await?;
            times.push(milliseconds(start));
        }
        figures.push((row, Figure::Milliseconds(median(times))));
    }
    Ok(figures)
}

//! THREAD: finds messages and puts them together with what they answer (RFC 5256, 3; REFS: draft-ietf-morg-inthread-01).

use std::sync::Arc;

use mailbox::{MailboxState, ThreadAlgorithm};

use super::search::{Wanted, look, names_numbers, warn_of_damage};
use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, News, Request, Row, uid_prefix};
use crate::response::{Place, Response, Threads};
use crate::search::{Key, parse_program, print_program};
use crate::server::Run;
use crate::server::limits::QUICK_ENTRIES_MAX;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::view::SequenceNumber;
use crate::wire::{Args, By, CommandWriter};

pub(super) const ROW: Row = Row::with_uid("THREAD", parse)
    .brings(&[
        Capability::AfterLogin("THREAD=ORDEREDSUBJECT"),
        Capability::AfterLogin("THREAD=REFERENCES"),
        Capability::AfterLogin("THREAD=REFS"),
    ])
    .hears(News::AROUND);

/// Finds messages and threads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// What the answer's numbers mean.
    pub by: By,
    /// How.
    pub algorithm: ThreadAlgorithm,
    /// The charset of the texts.
    pub charset: String,
    /// What the messages have to fulfil.
    pub key: Key,
}

/// The names of the algorithms.
const ALGORITHMS: [(&str, ThreadAlgorithm); 3] = [
    ("ORDEREDSUBJECT", ThreadAlgorithm::OrderedSubject),
    ("REFERENCES", ThreadAlgorithm::References),
    ("REFS", ThreadAlgorithm::Refs),
];

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let error = args.expected("ORDEREDSUBJECT, REFERENCES or REFS");
    let name = args.word(error.expected)?;
    let known = ALGORITHMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let algorithm = known.map(|(_, algorithm)| *algorithm).ok_or(error)?;
    args.space()?;
    let charset = args.astring_text()?.into_owned();
    args.space()?;
    let key = parse_program(args, Some(&charset))?;
    args.end()?;
    Ok(Command::new(Thread { by, algorithm, charset, key }))
}

impl Request for Thread {
    fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("THREAD ");
        let name = ALGORITHMS.iter().find(|(_, algorithm)| *algorithm == self.algorithm);
        out.raw(name.map_or("", |(name, _)| name));
        out.space();
        out.astring(self.charset.as_bytes());
        out.space();
        print_program(&self.key, out);
    }

    fn by(&self) -> By {
        self.by
    }

    fn uses_numbers(&self) -> bool {
        self.by == By::Number || names_numbers(&self.key)
    }
}

impl Run for Thread {
    async fn run(mut self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mut found = Vec::new();
        let charset = Some(self.charset.as_str());
        let wanted = Wanted { charset, key: &mut self.key, ranks: false };
        let looked = look(session, wanted, |index, _| {
            found.extend(u32::try_from(index));
        })
        .await?;
        warn_of_damage(session, &looked.damaged);
        if found.len() > QUICK_ENTRIES_MAX {
            session.channel.slow().await;
        }
        let state = Arc::clone(session.view()?.state());
        let limit = session.computing_limit();
        let collation = session.comparator.collation;
        let threaded = session.opened()?.thread_by(&state, &found, self.algorithm, collation);
        let places = limit.bounds(threaded).await??;
        let place = |place: &mailbox::ThreadPlace| Place {
            depth: place.depth,
            number: place.index.and_then(|index| number(&state, index, self.by)),
        };
        session.print(&Response::Thread(Threads(places.iter().map(place).collect())));
        Ok(Done::completed())
    }
}

fn number(state: &MailboxState, index: u32, by: By) -> Option<u32> {
    let index = usize::try_from(index).ok()?;
    match by {
        By::Number => Some(SequenceNumber::at(index).number()),
        By::Uid => state.entries.get(index).map(|entry| entry.uid.number()),
    }
}

//! STATUS: the figures of a mailbox (RFC 9051, 7.3.4).

use crate::commands::StatusItem;
use crate::wire::{Args, Name, print};
use crate::{Dialect, Syntax};

/// The figures of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxStatus {
    /// The mailbox.
    pub mailbox: Name,
    /// The figures, in the order sent.
    pub figures: Vec<(StatusItem, Figure)>,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// A number.
    Number(u64),
    /// An identity, for MAILBOXID.
    Id(String),
    /// None, for APPENDLIMIT.
    Unlimited,
}

impl MailboxStatus {
    /// The number of a figure, if it was told.
    pub fn number(&self, item: StatusItem) -> Option<u64> {
        self.figures.iter().find_map(|(told, figure)| match figure {
            Figure::Number(number) if *told == item => Some(*number),
            Figure::Number(_) | Figure::Id(_) | Figure::Unlimited => None,
        })
    }

    /// Appends it without an end of line.
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"STATUS ");
        print::mailbox(out, self.mailbox.as_str(), dialect);
        out.extend_from_slice(b" (");
        for (index, (item, figure)) in self.figures.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(item.name().as_bytes());
            out.push(b' ');
            match figure {
                Figure::Number(number) => print::number(out, *number),
                Figure::Id(id) => {
                    out.push(b'(');
                    out.extend_from_slice(id.as_bytes());
                    out.push(b')');
                }
                Figure::Unlimited => out.extend_from_slice(b"NIL"),
            }
        }
        out.push(b')');
    }

    /// Takes what follows `STATUS`.
    pub(super) fn parse(args: &mut Args<'_>) -> Result<MailboxStatus, Syntax> {
        args.space()?;
        let mailbox = Name::parse_any(args)?;
        args.space()?;
        let mut figures = Vec::new();
        args.list_or_empty(50, |args| {
            let name = args.word("a status item")?;
            args.space()?;
            let Some(item) = StatusItem::named(name) else { return args.skip_value() };
            let figure = if args.eat_nil() {
                Figure::Unlimited
            } else if args.eat(b'(') {
                let id = args.atom("a mailbox identity")?.to_owned();
                args.close()?;
                Figure::Id(id)
            } else {
                Figure::Number(args.number64()?)
            };
            figures.push((item, figure));
            Ok(())
        })?;
        Ok(MailboxStatus { mailbox, figures })
    }
}

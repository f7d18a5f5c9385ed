//! What NOTIFY names: groups of events, each for some mailboxes (RFC 5465, 8).

use crate::Syntax;
use crate::fetch::Item;
use crate::limits::NOTIFY_EVENTS_MAX;
use crate::notify::{Events, OfOpen};
use crate::sources::Source;
use crate::view::Removals;
use crate::wire::{Args, CommandWriter};

/// Some events, and of which mailboxes they are to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// Of which.
    pub mailboxes: Filter,
    /// Which events. None: `NONE`, so that nothing is told of these mailboxes, whatever other groups say.
    pub events: Vec<Event>,
}

/// Some mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The one that is open.
    Selected,
    /// The one that is open; that messages are gone is told only where a command allows it.
    SelectedDelayed,
    /// Mailboxes that are not open.
    Others(Source),
}

/// A kind of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Messages came. Of those in the open mailbox these items are to be told.
    MessageNew(Vec<Item>),
    /// Messages went.
    MessageExpunge,
    /// Flags changed.
    FlagChange,
    /// Annotations of messages changed (RFC 5257).
    AnnotationChange,
    /// Mailboxes were made, deleted or renamed.
    MailboxName,
    /// Names were subscribed to, or are not any more.
    SubscriptionChange,
    /// Metadata of mailboxes changed (RFC 5464).
    MailboxMetadataChange,
    /// Metadata of the server changed (RFC 5464).
    ServerMetadataChange,
    /// Something of a later standard.
    Other(String),
}

impl Event {
    /// The names of those that this server can tell.
    pub(super) const SUPPORTED: [&'static str; 7] = [
        "MessageNew",
        "MessageExpunge",
        "FlagChange",
        "MailboxName",
        "SubscriptionChange",
        "MailboxMetadataChange",
        "ServerMetadataChange",
    ];

    pub(super) fn is_supported(&self) -> bool {
        Event::SUPPORTED.contains(&self.name())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Event::MessageNew(_) => "MessageNew",
            Event::MessageExpunge => "MessageExpunge",
            Event::FlagChange => "FlagChange",
            Event::AnnotationChange => "AnnotationChange",
            Event::MailboxName => "MailboxName",
            Event::SubscriptionChange => "SubscriptionChange",
            Event::MailboxMetadataChange => "MailboxMetadataChange",
            Event::ServerMetadataChange => "ServerMetadataChange",
            Event::Other(name) => name,
        }
    }

    /// Whether it is about messages.
    fn is_of_messages(&self) -> bool {
        match self {
            Event::MessageNew(_)
            | Event::MessageExpunge
            | Event::FlagChange
            | Event::AnnotationChange => true,
            Event::MailboxName
            | Event::SubscriptionChange
            | Event::MailboxMetadataChange
            | Event::ServerMetadataChange
            | Event::Other(_) => false,
        }
    }

    fn parse(args: &mut Args<'_>) -> Result<Event, Syntax> {
        let name = args.atom("an event like MessageNew")?;
        Ok(match name.to_ascii_lowercase().as_str() {
            "messagenew" => {
                let mut ahead = args.clone();
                let mut items = Vec::new();
                if ahead.eat(b' ') && ahead.peek() == Some(b'(') {
                    items = Item::parse_all(&mut ahead)?;
                    *args = ahead;
                }
                Event::MessageNew(items)
            }
            "messageexpunge" => Event::MessageExpunge,
            "flagchange" => Event::FlagChange,
            "annotationchange" => Event::AnnotationChange,
            "mailboxname" => Event::MailboxName,
            "subscriptionchange" => Event::SubscriptionChange,
            "mailboxmetadatachange" => Event::MailboxMetadataChange,
            "servermetadatachange" => Event::ServerMetadataChange,
            _ => Event::Other(name.to_owned()),
        })
    }

    fn print(&self, out: &mut CommandWriter) {
        out.atom(self.name());
        if let Event::MessageNew(items) = self
            && !items.is_empty()
        {
            out.space();
            Item::print_all(items, out);
        }
    }
}

impl Filter {
    fn parse(args: &mut Args<'_>) -> Result<Filter, Syntax> {
        let mut ahead = args.clone();
        if ahead.word("mailboxes").is_ok_and(|it| it.eq_ignore_ascii_case("selected-delayed")) {
            *args = ahead;
            return Ok(Filter::SelectedDelayed);
        }
        Ok(match Source::parse(args)? {
            Source::Selected => Filter::Selected,
            source @ (Source::Inboxes
            | Source::Personal
            | Source::Subscribed
            | Source::Subtree(_)
            | Source::SubtreeOne(_)
            | Source::Mailboxes(_)) => Filter::Others(source),
        })
    }

    fn print(&self, out: &mut CommandWriter) {
        match self {
            Filter::Selected => Source::Selected.print(out),
            Filter::SelectedDelayed => out.raw("selected-delayed"),
            Filter::Others(source) => source.print(out),
        }
    }

    fn is_of_open(&self) -> bool {
        match self {
            Filter::Selected | Filter::SelectedDelayed => true,
            Filter::Others(_) => false,
        }
    }
}

impl EventGroup {
    pub(super) fn parse(args: &mut Args<'_>) -> Result<EventGroup, Syntax> {
        args.open()?;
        let mailboxes = Filter::parse(args)?;
        args.space()?;
        let events = match args.peek() {
            Some(b'(') => args.list(NOTIFY_EVENTS_MAX, Event::parse)?,
            Some(_) | None if args.eat_text("NONE") => Vec::new(),
            Some(_) | None => return Err(args.expected("events in parentheses, or NONE")),
        };
        args.close()?;
        Ok(EventGroup { mailboxes, events })
    }

    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("(");
        self.mailboxes.print(out);
        if self.events.is_empty() {
            out.raw(" NONE)");
            return;
        }
        for (index, event) in self.events.iter().enumerate() {
            out.raw(if index == 0 { " (" } else { " " });
            event.print(out);
        }
        out.raw("))");
    }

    /// What this asks of a mailbox that is not open.
    pub(super) fn watched(&self) -> Events {
        self.events.iter().fold(Events::default(), |events, event| match event {
            Event::MessageNew(_) | Event::MessageExpunge => events.with(Events::MESSAGES),
            Event::FlagChange => events.with(Events::FLAGS),
            Event::MailboxName => events.with(Events::NAMES),
            Event::SubscriptionChange => events.with(Events::SUBSCRIPTIONS),
            Event::MailboxMetadataChange => events.with(Events::METADATA),
            Event::ServerMetadataChange => events.with(Events::SERVER_METADATA),
            Event::AnnotationChange | Event::Other(_) => events,
        })
    }

    fn has(&self, is_it: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(is_it)
    }

    /// What may not be asked for together (RFC 5465, 5, 6.1 and 8).
    fn check(&self, args: &Args<'_>) -> Result<(), Syntax> {
        let comes = self.has(|event| matches!(event, Event::MessageNew(_)));
        let goes = self.has(|event| *event == Event::MessageExpunge);
        let changes =
            self.has(|event| matches!(event, Event::FlagChange | Event::AnnotationChange));
        if comes != goes || (changes && !comes) {
            return Err(args.expected("MessageNew and MessageExpunge, both together"));
        }
        let known = |event: &Event| event.is_of_messages() || matches!(event, Event::Other(_));
        if self.mailboxes.is_of_open() && !self.events.iter().all(known) {
            return Err(args.expected("only events of messages of the selected mailbox"));
        }
        let items = |event: &Event| matches!(event, Event::MessageNew(it) if !it.is_empty());
        if !self.mailboxes.is_of_open() && self.has(items) {
            return Err(args.expected("FETCH items only for the selected mailbox"));
        }
        Ok(())
    }
}

/// Refuses what may not be asked for.
pub(super) fn check_groups(args: &Args<'_>, groups: &[EventGroup]) -> Result<(), Syntax> {
    if groups.iter().filter(|group| group.mailboxes.is_of_open()).count() > 1 {
        return Err(args.expected("SELECTED or SELECTED-DELAYED only once"));
    }
    groups.iter().try_for_each(|group| group.check(args))
}

/// What is asked of the open mailbox. Not being named is as good as `NONE` (RFC 5465, 3.1).
pub(super) fn of_open(groups: &[EventGroup]) -> OfOpen {
    let group = groups.iter().find(|group| group.mailboxes.is_of_open());
    let Some(group) = group.filter(|group| !group.events.is_empty()) else {
        return OfOpen::Nothing;
    };
    let items = group.events.iter().find_map(|event| match event {
        Event::MessageNew(items) => Some(items.clone()),
        Event::MessageExpunge
        | Event::FlagChange
        | Event::AnnotationChange
        | Event::MailboxName
        | Event::SubscriptionChange
        | Event::MailboxMetadataChange
        | Event::ServerMetadataChange
        | Event::Other(_) => None,
    });
    OfOpen::Messages {
        flags: group.has(|event| *event == Event::FlagChange),
        between_commands: match group.mailboxes {
            Filter::SelectedDelayed => Removals::Kept,
            Filter::Selected | Filter::Others(_) => Removals::Told,
        },
        items: items.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use crate::command;
    use crate::wire::Literals;
    use crate::{Dialect, Tag};

    #[test]
    fn it_is_read_as_it_is_printed() {
        let tag = Tag::new(b"a1").unwrap();
        for text in [
            "NOTIFY NONE",
            "NOTIFY SET (selected NONE)",
            "NOTIFY SET STATUS (selected-delayed (MessageNew (UID FLAGS) MessageExpunge))",
            "NOTIFY SET (personal (MailboxName SubscriptionChange)) (inboxes NONE)",
            "NOTIFY SET (mailboxes (a b) (FlagChange MessageExpunge MessageNew)) (subtree x (Later))",
            "NOTIFY SET (subscribed (ServerMetadataChange MailboxMetadataChange))",
            "NOTIFY SET (selected (MessageNew MessageExpunge AnnotationChange))",
        ] {
            let read = command::parse(format!("a1 {text}").as_bytes(), Dialect::REV1).unwrap();
            let printed = read.command.print(&tag, Dialect::REV1, Literals::Waiting).octets;
            assert_eq!(String::from_utf8(printed).unwrap(), format!("a1 {text}\r\n"));
        }
    }

    #[test]
    fn what_may_not_be_asked_for_is_refused() {
        for wrong in [
            "NOTIFY",
            "NOTIFY ALL",
            "NOTIFY NONE (selected NONE)",
            "NOTIFY SET",
            "NOTIFY SET STATUS",
            "NOTIFY SET (personal)",
            "NOTIFY SET (personal ())",
            "NOTIFY SET (personal MailboxName)",
            "NOTIFY SET (mailboxes () (MailboxName))",
            "NOTIFY SET (selected (MessageNew))",
            "NOTIFY SET (selected (MessageExpunge))",
            "NOTIFY SET (personal (FlagChange))",
            "NOTIFY SET (personal (AnnotationChange MessageNew))",
            "NOTIFY SET (selected (MailboxName))",
            "NOTIFY SET (selected NONE) (selected-delayed NONE)",
            "NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
            "NOTIFY SET (selected (MessageNew () MessageExpunge))",
        ] {
            let read = command::parse(format!("a1 {wrong}").as_bytes(), Dialect::REV1);
            assert!(read.is_err(), "{wrong}");
        }
    }
}

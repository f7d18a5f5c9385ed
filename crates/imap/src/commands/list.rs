//! LIST: shows mailboxes (RFC 9051, 6.3.9), with what LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819) and SPECIAL-USE
//! (RFC 6154) add; and LSUB, its older sister for subscriptions (RFC 3501, 6.3.9).

mod names;

use std::borrow::Cow;
use std::collections::HashSet;

use mailbox::{AnnotationName, Mailbox, MailboxKind, MailboxName, Rights};

use self::names::{Kind, Line, Names, above, names_above};
use super::get_metadata::{AskedMetadata, annotations_of, print_names};
use super::my_rights::MyRights;
use super::status::{StatusItem, parse_items, print_items};
use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::limits::{ANNOTATIONS_MAX, LIST_PATTERNS_MAX};
use crate::response::{ListLine, MyRightsLine, Response, parse_annotation_name};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::pattern::Pattern as Matcher;
use crate::server::session::Session;
use crate::wire::special_use::role_name;
use crate::wire::{Args, CommandWriter, Name, Pattern};

pub(super) const LIST: Row =
    Row::new("LIST", ConnectionState::Authenticated, parse_list).brings(&[
        Capability::AfterLogin("CHILDREN"),
        Capability::AfterLogin("LIST-EXTENDED"),
        Capability::AfterLogin("LIST-METADATA"),
        Capability::AfterLogin("LIST-MYRIGHTS"),
        Capability::AfterLogin("LIST-STATUS"),
        Capability::AfterLogin("SPECIAL-USE"),
    ]);

pub(super) const LSUB: Row = Row::new("LSUB", ConnectionState::Authenticated, parse_lsub);

/// Shows mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Which form it was asked in.
    pub form: Form,
    /// Which mailboxes.
    pub select: ListSelect,
    /// What to put before each pattern.
    pub reference: Name,
    /// What names have to match one of; at least one.
    pub patterns: Vec<Pattern>,
    /// What to show of them.
    pub returns: ListReturn,
}

/// The form of a LIST. Only the extended one may show names that are not mailboxes, and an empty pattern asks for the
/// separator only in the basic one (RFC 5258, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A reference and one pattern.
    Basic,
    /// With options, or patterns in parentheses.
    Extended,
}

/// Which mailboxes a LIST is to select (RFC 5258, 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListSelect {
    /// Subscribed names, whether there is a mailbox or not.
    pub subscribed: bool,
    /// Mailboxes of other servers too.
    pub remote: bool,
    /// Names with selected ones below them too.
    pub recursive_match: bool,
    /// Mailboxes with a special use.
    pub special_use: bool,
}

/// What a LIST is to show of each mailbox (RFC 5258, 3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListReturn {
    /// Whether it is subscribed.
    pub subscribed: bool,
    /// Whether it has others below it.
    pub children: bool,
    /// Its special use.
    pub special_use: bool,
    /// What one may do in it (RFC 8440).
    pub my_rights: bool,
    /// Its annotations of these names (RFC 9590); empty: not asked.
    pub metadata: Vec<AnnotationName>,
    /// Its STATUS; empty: not asked.
    pub status: Vec<StatusItem>,
}

/// Shows subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lsub {
    /// What to put before the pattern.
    pub reference: Name,
    /// What names have to match.
    pub pattern: Pattern,
}

fn parse_list(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mut form = Form::Basic;
    let mut select = ListSelect::default();
    if args.peek() == Some(b'(') {
        form = Form::Extended;
        select = select_options(args)?;
        args.space()?;
    }
    let reference = Name::parse_reference(args)?;
    args.space()?;
    let patterns = if args.peek() == Some(b'(') {
        form = Form::Extended;
        args.list(LIST_PATTERNS_MAX, Pattern::parse)?
    } else {
        vec![Pattern::parse(args)?]
    };
    let mut returns = ListReturn::default();
    if args.eat_text(" RETURN ") {
        form = Form::Extended;
        args.list_or_empty(20, |args| return_option(args, &mut returns))?;
    }
    args.end()?;
    Ok(Command::new(List { form, select, reference, patterns, returns }))
}

fn select_options(args: &mut Args<'_>) -> Result<ListSelect, Syntax> {
    let error = args.expected("SUBSCRIBED beside RECURSIVEMATCH");
    let mut select = ListSelect::default();
    args.list_or_empty(20, |args| {
        let error = args.expected("SUBSCRIBED, REMOTE, RECURSIVEMATCH or SPECIAL-USE");
        match args.word(error.expected)?.to_ascii_uppercase().as_str() {
            "SUBSCRIBED" => select.subscribed = true,
            "REMOTE" => select.remote = true,
            "RECURSIVEMATCH" => select.recursive_match = true,
            "SPECIAL-USE" => select.special_use = true,
            _ => return Err(error),
        }
        Ok(())
    })?;
    // RFC 6154, 2 makes SPECIAL-USE an independent option, so only SUBSCRIBED can be a base (RFC 5258, 3).
    if select.recursive_match && !select.subscribed { Err(error) } else { Ok(select) }
}

fn return_option(args: &mut Args<'_>, returns: &mut ListReturn) -> Result<(), Syntax> {
    let error = args.expected("SUBSCRIBED, CHILDREN, SPECIAL-USE, MYRIGHTS, METADATA or STATUS");
    match args.word(error.expected)?.to_ascii_uppercase().as_str() {
        "SUBSCRIBED" => returns.subscribed = true,
        "CHILDREN" => returns.children = true,
        "SPECIAL-USE" => returns.special_use = true,
        "MYRIGHTS" => returns.my_rights = true,
        "METADATA" => {
            args.space()?;
            returns.metadata = args.list(ANNOTATIONS_MAX, parse_annotation_name)?;
        }
        "STATUS" => {
            args.space()?;
            returns.status = parse_items(args)?;
        }
        _ => return Err(error),
    }
    Ok(())
}

fn parse_lsub(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let reference = Name::parse_reference(args)?;
    args.space()?;
    let pattern = Pattern::parse(args)?;
    args.end()?;
    Ok(Command::new(Lsub { reference, pattern }))
}

impl List {
    /// The basic form.
    pub fn basic(reference: &str, pattern: &str) -> List {
        List {
            form: Form::Basic,
            select: ListSelect::default(),
            reference: Name(reference.to_owned()),
            patterns: vec![Pattern(pattern.to_owned())],
            returns: ListReturn::default(),
        }
    }
}

impl Request for List {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("LIST ");
        let select = self.select;
        let options = words([
            (select.subscribed, "SUBSCRIBED"),
            (select.remote, "REMOTE"),
            (select.recursive_match, "RECURSIVEMATCH"),
            (select.special_use, "SPECIAL-USE"),
        ]);
        if !options.is_empty() {
            out.raw("(");
            out.raw(&options.join(" "));
            out.raw(") ");
        }
        out.mailbox(self.reference.as_str());
        out.space();
        match (self.form, self.patterns.as_slice()) {
            (Form::Basic, [pattern]) => out.pattern(pattern.as_str()),
            (Form::Basic | Form::Extended, patterns) => {
                out.raw("(");
                for (index, pattern) in patterns.iter().enumerate() {
                    if index > 0 {
                        out.space();
                    }
                    out.pattern(pattern.as_str());
                }
                out.raw(")");
            }
        }
        self.returns.print(out);
    }
}

impl ListReturn {
    fn print(&self, out: &mut CommandWriter) {
        let words = words([
            (self.subscribed, "SUBSCRIBED"),
            (self.children, "CHILDREN"),
            (self.special_use, "SPECIAL-USE"),
            (self.my_rights, "MYRIGHTS"),
        ]);
        let mut separator = " RETURN (";
        for word in words {
            out.raw(separator);
            out.raw(word);
            separator = " ";
        }
        if !self.metadata.is_empty() {
            out.raw(separator);
            out.raw("METADATA ");
            print_names(out, &self.metadata);
            separator = " ";
        }
        if !self.status.is_empty() {
            out.raw(separator);
            out.raw("STATUS ");
            print_items(&mut out.out, &self.status);
            separator = " ";
        }
        if separator == " " {
            out.raw(")");
        }
    }
}

fn words(options: impl IntoIterator<Item = (bool, &'static str)>) -> Vec<&'static str> {
    options.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect()
}

impl Request for Lsub {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("LSUB ");
        out.mailbox(self.reference.as_str());
        out.space();
        out.pattern(self.pattern.as_str());
    }
}

type Attribute = Cow<'static, str>;

impl Run for List {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if self.form == Form::Basic && self.patterns.iter().all(|p| p.as_str().is_empty()) {
            // RFC 9051, 6.3.9: an empty pattern asks what stands between levels.
            session.print(&Response::List(ListLine {
                attributes: vec!["Noselect".into()],
                separator: Some(MailboxName::SEPARATOR),
                mailbox: Name::from(""),
                child_info: Vec::new(),
                old_name: None,
            }));
            return Ok(Done::completed());
        }
        let reference = self.reference.as_str();
        let patterns: Vec<Matcher> =
            self.patterns.iter().map(|p| Matcher::new(reference, p.as_str())).collect();
        let names = Names::of(session).await?;
        let limit = session.computing_limit();
        let with_children = above(names.of_mailboxes());
        let mut all = names.all(self.select.subscribed);
        let fits = |name: &MailboxName| patterns.iter().any(|pattern| pattern.fits(name));
        let mut above_hidden = HashSet::new();
        if self.select.recursive_match {
            // RFC 5258, 3.5: where all that is selected below a name is shown by itself, CHILDINFO would say nothing new.
            let hidden = all.values().filter(|line| line.is_selected(self.select, &names));
            for line in hidden {
                session.channel.breathe().await;
                limit.check()?;
                if !fits(line.name) {
                    above_hidden.extend(names_above(line.name.as_str()));
                }
            }
        }
        // Some have no mailbox and no subscription of their own. RFC 9051, 6.3.9.4: where `%` ends a pattern, levels are shown whose
        // mailboxes others do not let be listed.
        let ends_in_levels = self.patterns.iter().any(|p| p.as_str().ends_with('%'));
        let between = with_children.iter().filter(|_| ends_in_levels && self.select.is_plain());
        let parents: Vec<MailboxName> = above_hidden
            .iter()
            .chain(between)
            .filter(|name| !all.contains_key(*name))
            .filter_map(|name| MailboxName::new(name).ok())
            .collect();
        let own = &names.own;
        all.extend(
            parents
                .iter()
                .map(|name| (name.as_str(), Line { name, place: own, kind: Kind::Nothing })),
        );
        for line in all.values() {
            session.channel.breathe().await;
            limit.check()?;
            let hides_selected = above_hidden.contains(line.name.as_str());
            if !(line.is_selected(self.select, &names) || hides_selected) || !fits(line.name) {
                continue;
            }
            let attributes = self.attributes(line, &names, &with_children);
            let child_info = if hides_selected { self.child_info() } else { Vec::new() };
            let shown = Name::from(line.name.as_str());
            let list_line = ListLine { child_info, ..list_line(attributes, shown) };
            session.print(&Response::List(list_line));
            self.print_returns(session, line).await?;
            session.channel.send_when_full().await?;
        }
        Ok(Done::completed())
    }
}

/// What is shown of a name.
pub(crate) struct ListedName<'n> {
    /// The mailbox that has it.
    pub(crate) mailbox: Option<&'n Mailbox>,
    /// Whether others lie below it.
    pub(crate) has_children: bool,
    /// Whether it is subscribed to, and that is to be shown.
    pub(crate) is_subscribed: bool,
}

impl ListedName<'_> {
    /// Its attributes (RFC 9051, 7.3.1).
    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        match self.mailbox {
            None => attributes.push("NonExistent".into()),
            Some(mailbox) if mailbox.kind == MailboxKind::Container => {
                attributes.push("Noselect".into());
            }
            Some(_) => {}
        }
        attributes.push(if self.has_children { "HasChildren" } else { "HasNoChildren" }.into());
        if self.is_subscribed {
            attributes.push("Subscribed".into());
        }
        if let Some(role) = self.mailbox.and_then(|mailbox| mailbox.role) {
            // Shown without being asked for, too: RFC 6154, 2 lets us, and most programs do not ask.
            attributes.push(role_name(role).into());
        }
        attributes
    }
}

impl ListSelect {
    /// Whether mailboxes are selected by their names alone.
    fn is_plain(self) -> bool {
        !(self.subscribed || self.special_use)
    }
}

impl List {
    /// Prints what was asked for of a mailbox, behind its line.
    async fn print_returns(&self, session: &mut Session<'_>, line: &Line<'_>) -> Result<(), Stop> {
        let Some(mailbox) = line.mailbox() else { return Ok(()) };
        let (place, shown) = (line.place, Name::from(line.name.as_str()));
        let rights = place.account.rights(mailbox.id);
        if self.returns.my_rights && MyRights::are_told(rights) {
            session.print(&Response::MyRights(MyRightsLine {
                mailbox: shown.clone(),
                rights: rights.with_old_letters(),
            }));
        }
        if !self.returns.metadata.is_empty() {
            // RFC 9590, 3: where they may not be read, nothing is said.
            if let Ok(annotations) = annotations_of(place, mailbox) {
                let names = self.returns.metadata.clone();
                let asked = AskedMetadata { names, ..AskedMetadata::default() };
                session.print_metadata(&shown, &asked, annotations).await?;
            }
        }
        let opens = mailbox.kind == MailboxKind::Selectable && rights.has(Rights::READ);
        if opens && !self.returns.status.is_empty() {
            session.print_status(place, mailbox, &self.returns.status).await?;
        }
        Ok(())
    }

    fn attributes(
        &self,
        line: &Line<'_>,
        names: &Names,
        with_children: &HashSet<&str>,
    ) -> Vec<Attribute> {
        let asked = self.returns.subscribed || self.select.subscribed;
        let listed = ListedName {
            mailbox: line.mailbox(),
            has_children: with_children.contains(line.name.as_str()),
            is_subscribed: asked && names.subscriptions.contains(line.name),
        };
        let mut attributes = listed.attributes();
        if let (Kind::Level, Some(first)) = (line.kind, attributes.first_mut()) {
            // It is there, for what lies below it.
            *first = "Noselect".into();
        }
        attributes
    }

    /// Because of which options a name is shown for what lies below it (RFC 9051, 6.3.9.6).
    fn child_info(&self) -> Vec<Attribute> {
        let subscribed = self.select.subscribed.then_some("SUBSCRIBED".into());
        let special_use = self.select.special_use.then_some("SPECIAL-USE".into());
        subscribed.into_iter().chain(special_use).collect()
    }
}

impl Run for Lsub {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let pattern = Matcher::new(self.reference.as_str(), self.pattern.as_str());
        let names = Names::of(session).await?;
        let containers: HashSet<&str> = names
            .mailboxes
            .iter()
            .filter(|mailbox| mailbox.kind == MailboxKind::Container)
            .map(|mailbox| mailbox.name.as_str())
            .collect();
        for name in &names.subscriptions {
            session.channel.breathe().await;
            if pattern.fits(name) {
                let no_select = containers.contains(name.as_str());
                let attributes = if no_select { vec!["Noselect".into()] } else { Vec::new() };
                session.print(&Response::Lsub(list_line(attributes, Name::from(name.as_str()))));
                session.channel.send_when_full().await?;
            }
        }
        // RFC 3501, 6.3.9: with `%`, what lies above a subscribed name is shown in its stead.
        if self.pattern.as_str().ends_with('%') {
            let mut above: Vec<MailboxName> =
                above(names.subscriptions.iter().map(MailboxName::as_str))
                    .into_iter()
                    .filter_map(|name| MailboxName::new(name).ok())
                    .filter(|name| !names.subscriptions.contains(name) && pattern.fits(name))
                    .collect();
            above.sort_unstable();
            for name in &above {
                session.print(&Response::Lsub(list_line(
                    vec!["Noselect".into()],
                    Name::from(name.as_str()),
                )));
            }
        }
        Ok(Done::completed())
    }
}

/// A line of a listing.
pub(super) fn list_line(attributes: Vec<Attribute>, mailbox: Name) -> ListLine {
    ListLine {
        attributes,
        separator: Some(MailboxName::SEPARATOR),
        mailbox,
        child_info: Vec::new(),
        old_name: None,
    }
}

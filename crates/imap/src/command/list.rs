//! LIST: Shows mailboxes (RFC 9051, 6.3.9), with what LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819) and SPECIAL-USE
//! (RFC 6154) add; and LSUB, its older sister for subscriptions (RFC 3501, 6.3.9).

use super::status::{StatusItem, parse_items, print_items};
use super::{Command, Row, Stage};
use crate::Syntax;
use crate::limits::LIST_PATTERNS_MAX;
use crate::wire::{Args, CommandWriter, Name, Pattern};

pub(super) const LIST: Row = Row {
    name: "LIST",
    stage: Stage::Authenticated,
    capability: Some("LIST-EXTENDED"),
    parse: parse_list,
};

pub(super) const LSUB: Row =
    Row { name: "LSUB", stage: Stage::Authenticated, capability: None, parse: parse_lsub };

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
    let reference = Name::parse(args)?;
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
    Ok(Command::List(List { form, select, reference, patterns, returns }))
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
    let error = args.expected("SUBSCRIBED, CHILDREN, SPECIAL-USE or STATUS");
    match args.word(error.expected)?.to_ascii_uppercase().as_str() {
        "SUBSCRIBED" => returns.subscribed = true,
        "CHILDREN" => returns.children = true,
        "SPECIAL-USE" => returns.special_use = true,
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
    let reference = Name::parse(args)?;
    args.space()?;
    let pattern = Pattern::parse(args)?;
    args.end()?;
    Ok(Command::Lsub(Lsub { reference, pattern }))
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

    pub(super) fn print(&self, out: &mut CommandWriter) {
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
        let mut options = words([
            (self.subscribed, "SUBSCRIBED"),
            (self.children, "CHILDREN"),
            (self.special_use, "SPECIAL-USE"),
            (!self.status.is_empty(), "STATUS "),
        ]);
        if options.is_empty() {
            return;
        }
        out.raw(" RETURN (");
        let last = options.pop().unwrap_or_default();
        for option in options {
            out.raw(option);
            out.space();
        }
        out.raw(last);
        if !self.status.is_empty() {
            print_items(&mut out.out, &self.status);
        }
        out.raw(")");
    }
}

fn words(options: impl IntoIterator<Item = (bool, &'static str)>) -> Vec<&'static str> {
    options.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect()
}

impl Lsub {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("LSUB ");
        out.mailbox(self.reference.as_str());
        out.space();
        out.pattern(self.pattern.as_str());
    }
}

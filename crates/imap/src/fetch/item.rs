//! What a FETCH item is: something that is asked for, answered, and read as an answer. Each has a file of its own in
//! `items`, with one row.

use std::any::Any;
use std::fmt::Debug;

use super::Answer;
use super::items::TABLE;
use crate::Syntax;
use crate::capability::Capability;
use crate::commands::fetch::{AnyItem, Reply};
use crate::limits::FETCH_ITEMS_MAX;
use crate::wire::{Args, CommandWriter};

/// Something FETCH can ask for: any of `items`, which `into` makes one.
#[derive(Debug)]
pub struct Item(Box<dyn AnyItem>);

/// Whether a FETCH sets `\Seen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum See {
    /// It does.
    Seen,
    /// `.PEEK`
    Peek,
}

/// What comes behind an item's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing, or a space.
    Plain,
    /// A section or a part in brackets.
    Brackets,
}

/// Reads what stands behind an item's name in an answer.
type ParseAnswer = fn(&mut Args<'_>) -> Result<Answer, Syntax>;

/// What is known of an item by its name.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What comes behind it.
    pub shape: Shape,
    /// The capability that says that we have it, where one does.
    pub capability: Option<Capability>,
    /// Reads what stands behind the name in a command.
    pub(crate) parse: fn(&mut Args<'_>) -> Result<Item, Syntax>,
    /// Reads what stands behind the name in an answer; none: no answer has this name.
    pub(crate) parse_answer: Option<ParseAnswer>,
}

impl Row {
    /// An item without brackets.
    pub(crate) const fn plain(
        name: &'static str,
        parse: fn(&mut Args<'_>) -> Result<Item, Syntax>,
        parse_answer: ParseAnswer,
    ) -> Row {
        let parse_answer = Some(parse_answer);
        Row { name, shape: Shape::Plain, capability: None, parse, parse_answer }
    }

    /// An item with brackets.
    pub(crate) const fn brackets(
        name: &'static str,
        parse: fn(&mut Args<'_>) -> Result<Item, Syntax>,
    ) -> Row {
        Row { name, shape: Shape::Brackets, capability: None, parse, parse_answer: None }
    }

    /// With this capability.
    pub(crate) const fn brings(self, capability: Capability) -> Row {
        Row { capability: Some(capability), ..self }
    }

    /// With the reader of its answer.
    pub(crate) const fn answered(self, parse_answer: ParseAnswer) -> Row {
        Row { parse_answer: Some(parse_answer), ..self }
    }

    /// The row of an item whose name has just been read.
    pub(crate) fn find(name: &str, args: &Args<'_>) -> Option<&'static Row> {
        let brackets = args.peek() == Some(b'[');
        let shape = if brackets { Shape::Brackets } else { Shape::Plain };
        TABLE.iter().find(|row| row.shape == shape && row.name.eq_ignore_ascii_case(name))
    }
}

/// What an item says. How it is answered is `commands::fetch::Reply`.
pub(crate) trait Ask: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Appends the item as a client asks for it.
    fn print(&self, out: &mut Vec<u8>);

    /// Whether answering sets `\Seen`.
    fn sets_seen(&self) -> bool {
        false
    }
}

impl See {
    /// Appends what stands behind the name.
    pub(crate) fn print(self, out: &mut Vec<u8>) {
        if self == See::Peek {
            out.extend_from_slice(b".PEEK");
        }
    }
}

impl Item {
    /// This item, if it is one of that kind.
    pub fn downcast<I: 'static>(&self) -> Option<&I> {
        let item: &dyn Any = &*self.0;
        item.downcast_ref()
    }

    /// Whether it is of that kind.
    pub fn is<I: 'static>(&self) -> bool {
        self.downcast::<I>().is_some()
    }

    /// The item, to be answered.
    pub(crate) fn inner(&self) -> &dyn AnyItem {
        &*self.0
    }

    /// Whether answering sets `\Seen`.
    pub fn sets_seen(&self) -> bool {
        self.0.sets_seen()
    }

    /// Takes one item, items in parentheses, or a macro, which is written out.
    pub(crate) fn parse_all(args: &mut Args<'_>) -> Result<Vec<Item>, Syntax> {
        if args.peek() == Some(b'(') {
            return args.list(FETCH_ITEMS_MAX, Item::parse);
        }
        let start = args.clone();
        if let Some(items) = super::items::of_macro(args.word("a FETCH item")?) {
            return Ok(items);
        }
        *args = start;
        Ok(vec![Item::parse(args)?])
    }

    fn parse(args: &mut Args<'_>) -> Result<Item, Syntax> {
        let error = args.expected("a FETCH item like FLAGS or BODY[]");
        let name = args.word(error.expected)?;
        let row = Row::find(name, args).ok_or(error)?;
        (row.parse)(args)
    }

    /// Appends items in parentheses.
    pub(crate) fn print_all(items: &[Item], out: &mut CommandWriter) {
        out.raw("(");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.space();
            }
            item.print(&mut out.out);
        }
        out.raw(")");
    }

    /// Appends the item as a client asks for it.
    pub fn print(&self, out: &mut Vec<u8>) {
        self.0.print(out);
    }
}

impl<I: Reply> From<I> for Item {
    fn from(item: I) -> Item {
        Item(Box::new(item))
    }
}

impl Clone for Item {
    fn clone(&self) -> Item {
        Item(self.0.to_boxed())
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        self.0.equals(&*other.0)
    }
}

impl Eq for Item {}

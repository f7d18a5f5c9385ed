//! SEARCH, SORT and ESEARCH: what a search found (RFC 3501, 7.2.5; RFC 5256, 4; RFC 9051, 7.3.3; RFC 7162, 3.1.10; RFC 6203, 7;
//! RFC 7377, 2.1).

use mailbox::ModSeq;

use crate::limits::SEARCH_NUMBERS_MAX;
use crate::wire::{Args, By, Name, PartialRange, SequenceSet, print};
use crate::{Dialect, Syntax};

/// What a search found, in IMAP4rev1, or what was sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchNumbers {
    /// Message numbers or UIDs, as asked; sorted ones in their order.
    pub numbers: Vec<u32>,
    /// The highest mod-sequence among them, when the search asked for mod-sequences.
    pub modseq: Option<ModSeq>,
}

impl SearchNumbers {
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        for number in &self.numbers {
            out.push(b' ');
            print::number(out, u64::from(*number));
        }
        if let Some(modseq) = self.modseq {
            out.extend_from_slice(b" (MODSEQ ");
            print::number(out, modseq.0);
            out.push(b')');
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<SearchNumbers, Syntax> {
        let mut found = SearchNumbers::default();
        while args.eat(b' ') {
            match args.peek() {
                None | Some(b' ') => {}
                Some(b'(') => {
                    args.open()?;
                    if !args.eat_text("MODSEQ ") {
                        return Err(args.expected("MODSEQ"));
                    }
                    found.modseq = Some(ModSeq(args.number64()?));
                    args.close()?;
                }
                Some(_) if found.numbers.len() >= SEARCH_NUMBERS_MAX => {
                    return Err(args.expected("fewer numbers"));
                }
                Some(_) => found.numbers.push(args.nz_number()?),
            }
        }
        Ok(found)
    }
}

/// What a search found, as asked by RETURN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Esearch {
    /// The tag of the search, as a string.
    pub tag: Option<String>,
    /// The mailbox and its UIDVALIDITY, of a search of several (RFC 7377, 2.1).
    pub mailbox: Option<(Name, u32)>,
    /// What the numbers mean.
    pub by: By,
    /// The lowest.
    pub min: Option<u32>,
    /// The highest.
    pub max: Option<u32>,
    /// All; none if there are none.
    pub all: Option<SequenceSet>,
    /// How many.
    pub count: Option<u32>,
    /// Some, with what was asked for; none of them, if there are none (RFC 9394).
    pub partial: Option<(PartialRange, Option<SequenceSet>)>,
    /// The highest mod-sequence among them.
    pub modseq: Option<ModSeq>,
    /// How relevant those told are, in their order: each from 1 to 100 (RFC 6203, 4).
    pub relevancies: Option<Vec<u8>>,
    /// What changed in results that are kept current, in this order.
    pub changes: Vec<Change>,
}

/// A change of results that are kept current (RFC 5267, 4.3.2): places, each with the numbers that come or go there, in their
/// order. The first place is 1; 0 is wherever the order of the mailbox says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// They come.
    AddTo(Vec<(u32, SequenceSet)>),
    /// They go.
    RemoveFrom(Vec<(u32, SequenceSet)>),
}

impl Change {
    fn print(&self, out: &mut Vec<u8>) {
        let (name, pairs) = match self {
            Change::AddTo(pairs) => (b" ADDTO ".as_slice(), pairs),
            Change::RemoveFrom(pairs) => (b" REMOVEFROM ".as_slice(), pairs),
        };
        out.extend_from_slice(name);
        for (index, (place, numbers)) in pairs.iter().enumerate() {
            out.push(if index == 0 { b'(' } else { b' ' });
            print::number(out, u64::from(*place));
            out.push(b' ');
            numbers.print(out);
        }
        out.push(b')');
    }

    fn pairs(args: &mut Args<'_>) -> Result<Vec<(u32, SequenceSet)>, Syntax> {
        args.list(SEARCH_NUMBERS_MAX, |args| {
            let place = args.number()?;
            args.space()?;
            Ok((place, SequenceSet::parse(args)?))
        })
    }
}

impl Esearch {
    /// An answer with nothing in it yet.
    pub fn new(tag: Option<String>, by: By) -> Esearch {
        Esearch {
            tag,
            mailbox: None,
            by,
            min: None,
            max: None,
            all: None,
            count: None,
            partial: None,
            modseq: None,
            relevancies: None,
            changes: Vec::new(),
        }
    }

    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"ESEARCH");
        self.print_correlators(out, dialect);
        if self.by == By::Uid {
            out.extend_from_slice(b" UID");
        }
        let numbers = [
            (" MIN ", self.min.map(u64::from)),
            (" MAX ", self.max.map(u64::from)),
            (" COUNT ", self.count.map(u64::from)),
            (" MODSEQ ", self.modseq.map(|modseq| modseq.0)),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                out.extend_from_slice(name.as_bytes());
                print::number(out, number);
            }
        }
        if let Some(all) = &self.all {
            out.extend_from_slice(b" ALL ");
            all.print(out);
        }
        if let Some((range, found)) = &self.partial {
            out.extend_from_slice(b" PARTIAL (");
            range.print(out);
            out.push(b' ');
            match found {
                Some(found) => found.print(out),
                None => out.extend_from_slice(b"NIL"),
            }
            out.push(b')');
        }
        if let Some(relevancies) = &self.relevancies {
            out.extend_from_slice(b" RELEVANCY (");
            for (index, relevancy) in relevancies.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                print::number(out, u64::from(*relevancy));
            }
            out.push(b')');
        }
        self.changes.iter().for_each(|change| change.print(out));
    }

    /// What it is the answer to, and of which mailbox.
    fn print_correlators(&self, out: &mut Vec<u8>, dialect: Dialect) {
        if self.tag.is_none() && self.mailbox.is_none() {
            return;
        }
        out.extend_from_slice(b" (");
        if let Some(tag) = &self.tag {
            out.extend_from_slice(b"TAG ");
            // The examples of RFC 9051, 6.4.4 all quote it, and that is what clients look for.
            print::string(out, tag.as_bytes(), dialect);
        }
        if let Some((name, uid_validity)) = &self.mailbox {
            out.extend_from_slice(if self.tag.is_some() { b" MAILBOX " } else { b"MAILBOX " });
            print::mailbox(out, name.as_str(), dialect);
            out.extend_from_slice(b" UIDVALIDITY ");
            print::number(out, u64::from(*uid_validity));
        }
        out.push(b')');
    }

    fn parse_correlators(&mut self, args: &mut Args<'_>) -> Result<(), Syntax> {
        let (mut mailbox, mut uid_validity) = (None, None);
        args.list(10, |args| {
            let name = args.word("TAG, MAILBOX or UIDVALIDITY")?.to_ascii_uppercase();
            args.space()?;
            match name.as_str() {
                "TAG" => self.tag = Some(args.astring_text()?.into_owned()),
                "MAILBOX" => mailbox = Some(Name::parse_any(args)?),
                "UIDVALIDITY" => uid_validity = Some(args.nz_number()?),
                _ => args.skip_value()?,
            }
            Ok(())
        })?;
        self.mailbox = mailbox.zip(uid_validity);
        Ok(())
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<Esearch, Syntax> {
        let mut found = Esearch::new(None, By::Number);
        let mut ahead = args.clone();
        if ahead.eat(b' ') && ahead.peek() == Some(b'(') {
            *args = ahead;
            found.parse_correlators(args)?;
        }
        if args.eat_text(" UID") {
            found.by = By::Uid;
        }
        while args.eat(b' ') {
            if args.is_empty() {
                break;
            }
            let name = args.word("a search result")?.to_ascii_uppercase();
            args.space()?;
            match name.as_str() {
                "MIN" => found.min = Some(args.nz_number()?),
                "MAX" => found.max = Some(args.nz_number()?),
                "COUNT" => found.count = Some(args.number()?),
                "MODSEQ" => found.modseq = Some(ModSeq(args.number64()?)),
                "ADDTO" => found.changes.push(Change::AddTo(Change::pairs(args)?)),
                "REMOVEFROM" => found.changes.push(Change::RemoveFrom(Change::pairs(args)?)),
                "RELEVANCY" => found.relevancies = Some(relevancies(args)?),
                "PARTIAL" => {
                    args.open()?;
                    let range = PartialRange::parse(args)?;
                    args.space()?;
                    let some = if args.eat_nil() { None } else { Some(SequenceSet::parse(args)?) };
                    args.close()?;
                    found.partial = Some((range, some));
                }
                "ALL" => found.all = Some(SequenceSet::parse(args)?),
                _ => args.skip_value()?,
            }
        }
        Ok(found)
    }
}

/// Takes `score-list`.
fn relevancies(args: &mut Args<'_>) -> Result<Vec<u8>, Syntax> {
    let mut scores = Vec::new();
    args.list_or_empty(SEARCH_NUMBERS_MAX, |args| {
        let error = args.expected("a score from 1 to 100");
        let score = u8::try_from(args.nz_number()?).ok().filter(|score| *score <= 100);
        scores.push(score.ok_or(error)?);
        Ok(())
    })?;
    Ok(scores)
}

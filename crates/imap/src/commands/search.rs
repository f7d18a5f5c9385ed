//! SEARCH: finds messages, in bounded steps (RFC 9051, 6.4.4; ESEARCH: RFC 4731; `$`: RFC 5182; FUZZY: RFC 6203;
//! MODSEQ: RFC 7162).

mod found;
mod returns;

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

pub(super) use found::Found;
pub use returns::SearchReturn;

use mailbox::search::Query;
use mailbox::{Account, Entry, MailboxState, UidSet};

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, News, Request, Row, uid_prefix};
use crate::contexts::Results;
use crate::dialect::Feature;
use crate::response::{Code, Condition, Response, SearchNumbers};
use crate::search::key::Term;
use crate::search::{Key, parse_program, print_program};
use crate::server::Run;
use crate::server::computing::ComputingLimit;
use crate::server::limits::SEARCH_STEP_OCTETS;
use crate::server::outcome::{Done, Stop};
use crate::server::progress::Progress;
use crate::server::session::Session;
use crate::server::words;
use crate::view::View;
use crate::wire::{Args, By, CommandWriter};

pub(super) const ROW: Row = Row::with_uid("SEARCH", parse)
    .brings(&[
        Capability::AfterLogin("ESEARCH"),
        Capability::AfterLogin("PARTIAL"),
        Capability::AfterLogin("SEARCHRES"),
        Capability::AfterLogin("SEARCH=FUZZY"),
    ])
    .hears(News::AROUND);

/// Finds messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What the answer's numbers mean.
    pub by: By,
    /// What to answer; none: RETURN was not said.
    pub returns: Option<SearchReturn>,
    /// The charset named; none: none was. Texts are UTF-8 where it is `UTF-8`, `US-ASCII` or none; a server that is
    /// given another answers `NO [BADCHARSET]` and does not look at them.
    pub charset: Option<String>,
    /// What the messages have to fulfil.
    pub key: Key,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    let (returns, charset, key) = parse_asked(args)?;
    Ok(Command::new(Search { by, returns, charset, key }))
}

/// What is to be answered, the charset, and what is looked for.
pub(super) type Asked = (Option<SearchReturn>, Option<String>, Key);

/// Takes what SEARCH and ESEARCH both ask, to the end of the command.
pub(super) fn parse_asked(args: &mut Args<'_>) -> Result<Asked, Syntax> {
    let returns = SearchReturn::parse(args)?;
    args.space()?;
    let mut charset = None;
    if args.eat_text("CHARSET ") {
        charset = Some(args.astring_text()?.into_owned());
        args.space()?;
    }
    let key = parse_program(args, charset.as_deref())?;
    check_ranks(args, &key, returns.as_ref().is_some_and(|returns| returns.relevancy))?;
    args.end()?;
    Ok((returns, charset, key))
}

/// Appends what `parse_asked` takes, without the space before it.
pub(super) fn print_asked(
    out: &mut CommandWriter,
    returns: Option<&SearchReturn>,
    charset: Option<&str>,
    key: &Key,
) {
    if let Some(returns) = returns {
        returns.print(out);
    }
    if let Some(charset) = charset {
        out.raw("CHARSET ");
        out.astring(charset.as_bytes());
        out.space();
    }
    print_program(key, out);
}

/// RFC 6203, 4 and 6: nothing but FUZZY makes relevancy.
pub(super) fn check_ranks(args: &Args<'_>, key: &Key, ranks: bool) -> Result<(), Syntax> {
    if ranks && !is_fuzzy(key) {
        return Err(args.expected("FUZZY among the search keys, as RELEVANCY is asked for"));
    }
    Ok(())
}

impl Request for Search {
    fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("SEARCH ");
        print_asked(out, self.returns.as_ref(), self.charset.as_deref(), &self.key);
    }

    fn by(&self) -> By {
        self.by
    }

    /// A UID SEARCH may name numbers all the same (RFC 7162, 3.2.10.2).
    fn uses_numbers(&self) -> bool {
        self.by == By::Number || names_numbers(&self.key)
    }
}

/// What else came of looking for messages.
pub(super) struct Looked {
    /// Those of which it cannot be told.
    pub(super) damaged: UidSet,
    /// How relevant each is that was found, if that was asked for.
    pub(super) relevancies: Vec<u8>,
}

/// What messages are looked for.
pub(super) struct Wanted<'a> {
    pub(super) charset: Option<&'a str>,
    /// Given back without names of filters.
    pub(super) key: &'a mut Key,
    /// Whether to find out how relevant they are.
    pub(super) ranks: bool,
}

impl Run for Search {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mut search = self;
        let saves = search.returns.as_ref().is_some_and(|returns| returns.save);
        let updates = search.returns.as_ref().is_some_and(|returns| returns.update);
        if updates {
            session.check_context_tag()?;
        }
        let found = find_all(&mut search, session).await;
        if saves && found.is_err() {
            // RFC 5182, 2.1: a search that fails empties `$`.
            session.view_mut()?.save(UidSet::new());
        }
        let found = found?;
        warn_of_damage(session, &found.looked.damaged);
        let with_modseq = has_modseq(&search.key) && !found.numbers.is_empty();
        let returns = match search.returns.clone() {
            Some(returns) => returns.or_all(),
            None if session.dialect.is_rev2() => {
                SearchReturn { all: true, ..SearchReturn::default() }
            }
            None => {
                let modseq = with_modseq.then_some(found.highest_modseq);
                session.print(&Response::Search(SearchNumbers { numbers: found.numbers, modseq }));
                return Ok(Done::completed());
            }
        };
        // What it names by number or as `$` is what that is now (RFC 5267, 4.3).
        let query = query(&search.key, session.view()?)?;
        if returns.save {
            session.view_mut()?.save(found.saved(&returns));
        }
        if !returns.only_saves() {
            let answer = found.esearch(&search.key, &returns, session.tag.as_ref());
            session.print(&Response::Esearch(Box::new(answer)));
        }
        if updates {
            let results = Results::Searched(found.saved(&SearchReturn::default()));
            session.begin_context(search.by, query, (results, &returns.update_items))?;
        }
        Ok(Done::completed())
    }
}

async fn find_all(search: &mut Search, session: &mut Session<'_>) -> Result<Found, Stop> {
    check_charset(session, search.charset.as_deref())?;
    session.replace_filters(&mut search.key)?;
    if has_modseq(&search.key) {
        session.enable_modseq();
    }
    let query = query(&search.key, session.view()?)?;
    let state = Arc::clone(session.view()?.state());
    let ranks = search.returns.as_ref().is_some_and(|returns| returns.relevancy);
    let limit = session.computing_limit();
    let account = session.opened()?.clone();
    Found::in_state(session, (account, state), (query, ranks), search.by, limit).await
}

/// Refuses a charset where none is to be named (RFC 6855, 3), and one that is not known.
pub(super) fn check_charset(session: &Session<'_>, charset: Option<&str>) -> Result<(), Stop> {
    if charset.is_some() && session.dialect.has(Feature::Utf8Accept) {
        return Err(Stop::Bad("CHARSET is not for SEARCH after ENABLE UTF8=ACCEPT".into()));
    }
    check_known(charset)
}

fn check_known(charset: Option<&str>) -> Result<(), Stop> {
    let is_known =
        |named: &str| ["UTF-8", "US-ASCII"].iter().any(|known| known.eq_ignore_ascii_case(named));
    if charset.is_none_or(is_known) {
        return Ok(());
    }
    let text = "Texts to search for are understood in UTF-8 and US-ASCII";
    let known = vec!["US-ASCII".to_owned(), "UTF-8".to_owned()];
    Err(Stop::No(Some(Code::BadCharset(known)), text.into()))
}

/// Warns of messages of which it cannot be told whether they match.
pub(super) fn warn_of_damage(session: &mut Session<'_>, damaged: &UidSet) {
    if !damaged.is_empty() {
        // RFC 9051, 7.1.2: a warning; what was found stands.
        let text = words::not_searched(damaged);
        session.untagged(Condition::No, Some(Code::Corruption), &text);
    }
}

/// Looks for messages in the open mailbox, and hands each over with its index, ascending.
pub(super) async fn look(
    session: &mut Session<'_>,
    wanted: Wanted<'_>,
    each: impl FnMut(usize, Entry) + Send,
) -> Result<Looked, Stop> {
    check_known(wanted.charset)?;
    session.replace_filters(wanted.key)?;
    if has_modseq(wanted.key) {
        session.enable_modseq();
    }
    let query = query(wanted.key, session.view()?)?;
    let state = Arc::clone(session.view()?.state());
    let limit = session.computing_limit();
    let account = session.opened()?.clone();
    look_in(session, (&account, &state), (query, wanted.ranks), limit, each).await
}

/// Looks for messages in a state of a mailbox, and hands each over with its index, ascending.
async fn look_in(
    session: &mut Session<'_>,
    (account, state): (&Account, &Arc<MailboxState>),
    (query, ranks): (Query, bool),
    limit: ComputingLimit,
    mut each: impl FnMut(usize, Entry) + Send,
) -> Result<Looked, Stop> {
    let mut running = account.search_by(state, query, session.comparator.collation)?;
    if ranks {
        running = running.with_relevancy();
    }
    let mut progress = Progress::begin();
    while let Some(some) = running.step(SEARCH_STEP_OCTETS)? {
        some.into_iter().for_each(|(index, entry)| each(index, entry));
        session.channel.check().await?;
        session.tell_progress(&mut progress, (running.passed(), state.entries.len())).await?;
        limit.check()?;
    }
    Ok(Looked { damaged: running.damaged().clone(), relevancies: running.relevancies() })
}

/// Whether a key names message numbers.
pub(crate) fn names_numbers(key: &Key) -> bool {
    any_term(key, &|term| term.uses_numbers())
}

pub(super) fn has_modseq(key: &Key) -> bool {
    any_term(key, &|term| term.uses_modseq())
}

/// Whether some key in a key is matched with FUZZY.
fn is_fuzzy(key: &Key) -> bool {
    key.any(&|key| matches!(key, Key::Fuzzy(_)))
}

fn any_term(key: &Key, is_so: &dyn Fn(&dyn AnyTerm) -> bool) -> bool {
    key.any(&|key| if let Key::Leaf(leaf) = key { is_so(leaf.inner()) } else { false })
}

/// The query of a key. The parser bounds how deep keys lie (`NESTING_DEPTH_MAX`).
pub(super) fn query(key: &Key, view: &View) -> Result<Query, Stop> {
    let all = |keys: &[Key]| {
        keys.iter().map(|key| query(key, view)).collect::<Result<Vec<Query>, Stop>>()
    };
    Ok(match key {
        Key::And(keys) => Query::And(all(keys)?),
        Key::Or(keys) => Query::Or(all(keys)?),
        Key::Not(key) => Query::Not(Box::new(query(key, view)?)),
        Key::Fuzzy(key) => Query::Fuzzy(Box::new(query(key, view)?)),
        Key::Leaf(leaf) => leaf.inner().query(view)?,
    })
}

/// A key that can be looked for.
pub(crate) trait Look: Term {
    /// What the model is asked.
    fn query(&self, view: &View) -> Result<Query, Stop>;
}

/// Any key. The methods are those of `Term` and `Look`.
pub(crate) trait AnyTerm: Any + Debug + Send + Sync {
    fn print(&self, out: &mut CommandWriter);
    fn print_not(&self, out: &mut CommandWriter) -> bool;
    fn uses_numbers(&self) -> bool;
    fn uses_modseq(&self) -> bool;
    fn query(&self, view: &View) -> Result<Query, Stop>;
    fn to_boxed(&self) -> Box<dyn AnyTerm>;
    fn equals(&self, other: &dyn AnyTerm) -> bool;
}

impl<T: Look> AnyTerm for T {
    fn print(&self, out: &mut CommandWriter) {
        Term::print(self, out);
    }

    fn print_not(&self, out: &mut CommandWriter) -> bool {
        Term::print_not(self, out)
    }

    fn uses_numbers(&self) -> bool {
        Term::uses_numbers(self)
    }

    fn uses_modseq(&self) -> bool {
        Term::uses_modseq(self)
    }

    fn query(&self, view: &View) -> Result<Query, Stop> {
        Look::query(self, view)
    }

    fn to_boxed(&self) -> Box<dyn AnyTerm> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn AnyTerm) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<T>() == Some(self)
    }
}

//! ESEARCH: finds messages in several mailboxes with one command (RFC 7377).

use std::collections::BTreeSet;
use std::sync::Arc;

use mailbox::{
    Account, Error, Mailbox, MailboxKind, MailboxName, MailboxState, Refused, Rights, UidSet,
};

use super::search::{
    Found, check_charset, has_modseq, names_numbers, parse_asked, print_asked, query,
    warn_of_damage,
};
use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, News, Request, Row};
use crate::commands::{Access, SearchReturn};
use crate::response::Response;
use crate::search::Key;
use crate::server::Run;
use crate::server::computing::ComputingLimit;
use crate::server::limits::QUICK_ENTRIES_MAX;
use crate::server::mailboxes::Place;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::sources::{Scope, Source};
use crate::view::View;
use crate::wire::{Args, By, CommandWriter};

pub(super) const ROW: Row = Row::new("ESEARCH", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("MULTISEARCH")])
    .hears(News::AROUND);

/// Finds messages in several mailboxes. The answers have UIDs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiSearch {
    /// Where; none: in the mailbox that is open.
    pub sources: Vec<Source>,
    /// What to answer of each mailbox; none: RETURN was not said.
    pub returns: Option<SearchReturn>,
    /// The charset named, as of `Search`.
    pub charset: Option<String>,
    /// What the messages have to fulfil.
    pub key: Key,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let mut sources = Vec::new();
    if args.eat_text(" IN ") {
        args.open()?;
        sources = Source::parse_all(args)?;
        args.close()?;
    }
    let (returns, charset, key) = parse_asked(args)?;
    Ok(Command::new(MultiSearch { sources, returns, charset, key }))
}

impl Request for MultiSearch {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("ESEARCH ");
        for (index, source) in self.sources.iter().enumerate() {
            out.raw(if index == 0 { "IN (" } else { " " });
            source.print(out);
        }
        if !self.sources.is_empty() {
            out.raw(") ");
        }
        print_asked(out, self.returns.as_ref(), self.charset.as_deref(), &self.key);
    }

    fn uses_numbers(&self) -> bool {
        names_numbers(&self.key)
    }
}

impl MultiSearch {
    fn is_of_the_open_one(&self) -> bool {
        self.sources.iter().all(|source| *source == Source::Selected)
    }

    fn returns(&self) -> SearchReturn {
        self.returns.clone().unwrap_or_default().or_all()
    }

    /// Refuses what cannot be asked now (RFC 7377, 2.2).
    fn check(&self, session: &Session<'_>) -> Result<(), Stop> {
        let needs_open = self.sources.is_empty() || self.sources.contains(&Source::Selected);
        if (needs_open || self.returns().update) && session.view.is_none() {
            return Err(Stop::Bad("Select a mailbox first".into()));
        }
        if self.returns().save && !self.is_of_the_open_one() {
            return Err(Stop::Bad("SAVE is for searches of the selected mailbox alone".into()));
        }
        if self.uses_numbers() && session.dialect.is_uid_only() {
            return Err(Stop::UidRequired);
        }
        check_charset(session, self.charset.as_deref())
    }

    /// The mailboxes to look in, by name: one's own, then those of others.
    async fn mailboxes(&self, session: &mut Session<'_>) -> Result<Vec<(Place, Mailbox)>, Stop> {
        let own = session.own()?;
        let open = session.view.as_deref().map(|view| (view.other(), view.state().id));
        let of_own = open.filter(|(other, _)| other.is_none()).map(|(_, id)| id);
        let sources = if self.sources.is_empty() { &[Source::Selected] } else { &*self.sources };
        let scope = Scope::of(sources, of_own);
        let subscriptions =
            if scope.has_subscribed() { own.account.subscriptions()? } else { BTreeSet::new() };
        let is_subscribed = |name: &MailboxName| Ok::<_, Stop>(subscriptions.contains(name));
        let mut found = Vec::new();
        for mailbox in own.account.mailboxes()?.iter() {
            if scope.has(mailbox, is_subscribed)? {
                found.push((own.clone(), mailbox.clone()));
            }
        }
        let open_there = open.filter(|_| sources.contains(&Source::Selected));
        let is_open =
            |place: &Place, mailbox: &Mailbox| open_there == Some((place.other(), mailbox.id));
        if open_there.is_some_and(|(other, _)| other.is_some()) || scope.has_names() {
            for place in session.others().await? {
                for mailbox in place.account.mailboxes()?.iter() {
                    let name = place.shown(&mailbox.name);
                    let named = match MailboxName::new(name.as_str()) {
                        Ok(name) => scope.names(&name, is_subscribed)?,
                        Err(_) => false,
                    };
                    let reads = place.account.rights(mailbox.id).has(Rights::READ);
                    let opens = mailbox.kind == MailboxKind::Selectable && reads;
                    if opens && (named || is_open(&place, mailbox)) {
                        found.push((place.clone(), mailbox.clone()));
                    }
                }
            }
        }
        Ok(found)
    }

    async fn search(&self, session: &mut Session<'_>) -> Result<(), Stop> {
        let mailboxes = self.mailboxes(session).await?;
        if mailboxes.len() > QUICK_ENTRIES_MAX {
            session.channel.slow().await;
        }
        let limit = session.computing_limit();
        let mut saved = UidSet::new();
        for (place, mailbox) in mailboxes {
            let Some(found) = self.search_in(session, (&place, &mailbox), limit).await? else {
                continue;
            };
            if self.returns().save {
                // It is the only one.
                saved = found.saved(&self.returns());
            }
            self.tell(session, (&place, &mailbox), &found);
            session.channel.send_when_full().await?;
        }
        if self.returns().save {
            session.view_mut()?.save(saved);
        }
        Ok(())
    }

    /// What is found in a mailbox; none if that is gone.
    async fn search_in(
        &self,
        session: &mut Session<'_>,
        (place, mailbox): (&Place, &Mailbox),
        limit: ComputingLimit,
    ) -> Result<Option<Found>, Stop> {
        let other = place.other();
        let is_open = session
            .view
            .as_deref()
            .is_some_and(|it| it.state().id == mailbox.id && it.other() == other);
        let (query, state) = if is_open {
            // As its client knows it.
            let view = session.view()?;
            (query(&self.key, view)?, Arc::clone(view.state()))
        } else {
            let Some(state) = state_of(&place.account, mailbox).await? else { return Ok(None) };
            let view = View::new(Arc::clone(&state), Access::ReadOnly).of_other(other);
            (query(&self.key, &view)?, state)
        };
        let ranks = self.returns().relevancy;
        let of = (place.account.clone(), state);
        let found = Found::in_state(session, of, (query, ranks), By::Uid, limit).await?;
        warn_of_damage(session, &found.looked.damaged);
        Ok(Some(found))
    }

    /// Nothing is told of a mailbox in which nothing was found (RFC 7377, 2.1).
    fn tell(&self, session: &mut Session<'_>, (place, mailbox): (&Place, &Mailbox), found: &Found) {
        let returns = self.returns();
        if found.numbers.is_empty() || returns.only_saves() {
            return;
        }
        let mut answer = found.esearch(&self.key, &returns, session.tag.as_ref());
        answer.mailbox = Some((place.shown(&mailbox.name), mailbox.uid_validity.0));
        session.print(&Response::Esearch(Box::new(answer)));
    }
}

async fn state_of(account: &Account, mailbox: &Mailbox) -> Result<Option<Arc<MailboxState>>, Stop> {
    account.read_in(mailbox.id).await;
    match account.state(mailbox.id) {
        Ok(state) => Ok(Some(state)),
        // It was deleted meanwhile, or is shared no more.
        Err(Error::Refused(Refused::NoSuchMailbox | Refused::NoPermission)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Run for MultiSearch {
    async fn run(mut self, session: &mut Session<'_>) -> Result<Done, Stop> {
        self.check(session)?;
        let searched = match session.replace_filters(&mut self.key) {
            Ok(()) => {
                if has_modseq(&self.key) {
                    session.enable_modseq();
                }
                self.search(session).await
            }
            Err(stop) => Err(stop),
        };
        if searched.is_err() && self.returns().save {
            // RFC 5182, 2.1: a search that fails empties `$`.
            session.view_mut()?.save(UidSet::new());
        }
        searched?;
        if self.returns().update {
            session.say_no_update("Only SEARCH and SORT keep their results current");
        }
        Ok(Done::completed())
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
            "ESEARCH UNSEEN",
            "ESEARCH RETURN (COUNT) UNSEEN",
            "ESEARCH IN (selected) UNSEEN",
            "ESEARCH IN (mailboxes folder1 subtree folder2) UNSEEN",
            "ESEARCH IN (mailboxes (folder1 \"folder 3\") subtree-one folder2) SUBJECT chad",
            "ESEARCH IN (inboxes personal subscribed) RETURN (MIN MAX) CHARSET UTF-8 FROM x",
        ] {
            let read = command::parse(format!("a1 {text}").as_bytes(), Dialect::REV1).unwrap();
            let printed = read.command.print(&tag, Dialect::REV1, Literals::Waiting).octets;
            assert_eq!(String::from_utf8(printed).unwrap(), format!("a1 {text}\r\n"));
        }
        for wrong in [
            "ESEARCH",
            "ESEARCH IN () ALL",
            "ESEARCH IN (selected-delayed) ALL",
            "ESEARCH IN (mailboxes) ALL",
            "ESEARCH IN (mailboxes ()) ALL",
            "ESEARCH IN (personal (depth 3)) ALL",
            "ESEARCH IN (personal ALL",
            "UID ESEARCH ALL",
        ] {
            let read = command::parse(format!("a1 {wrong}").as_bytes(), Dialect::REV1);
            assert!(read.is_err(), "{wrong}");
        }
    }
}

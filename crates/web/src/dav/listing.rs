//! Answers about many resources, made while they are taken: nothing of them is held but their names.

use axum::http::StatusCode;
use axum::response::Response;
use cards::vcard::VCard;
use dav::{AddressData, Answer, CARDDAV, Filter, PropStat, Propfind};
use mailbox::{CardId, ContactsAt};

use super::properties::{Resource, stats};
use super::refused::xml;
use super::{Asking, shown};
use crate::limits::DAV_PIECE_OCTETS;
use crate::streamed::{Pieces, streamed};

/// One resource of an answer, by its address.
pub(super) struct Member {
    pub(super) path: String,
    pub(super) is: Is,
}

pub(super) enum Is {
    /// What is wanted of it is known.
    Known(Vec<PropStat>),
    /// A card, and when it last changed.
    Card(CardId, u64),
    Gone,
}

/// What is said of the members.
pub(super) struct Listing {
    pub(super) members: Vec<Member>,
    pub(super) properties: Propfind,
    /// How cards are shown, where they are.
    pub(super) data: Option<AddressData>,
    /// Which of them are told.
    pub(super) filter: Filter,
    /// How many at most.
    pub(super) limit: u64,
    pub(super) end: End,
}

/// What stands behind the last.
pub(super) enum End {
    Nothing,
    /// The state up to which this tells, and whether there is more.
    Token(String, Rest),
}

/// Whether an answer tells all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    None,
    More,
}

/// Whether cards have to be read for what is wanted.
pub(super) fn names_data(properties: &Propfind) -> bool {
    match properties {
        Propfind::These(names) | Propfind::All(names) => {
            names.iter().any(|name| name.is(CARDDAV, "address-data"))
        }
        Propfind::Names => false,
    }
}

/// Why an answer ends before its end.
struct Broken;

impl Listing {
    /// The answer.
    pub(super) fn answer(self, asking: Asking) -> Response {
        let body = streamed(async move |pieces| {
            let mut answer = Answer::begin();
            match self.tell(&asking, &mut answer, &pieces).await {
                Ok(()) => pieces.put(answer.end()).await,
                // The head is gone already: all that is left is not to end well.
                Err(Broken) => pieces.fail().await,
            }
        });
        xml(StatusCode::MULTI_STATUS, body)
    }

    async fn tell(
        self,
        asking: &Asking,
        answer: &mut Answer,
        pieces: &Pieces,
    ) -> Result<(), Broken> {
        let turns = asking.context.account.turns();
        let reads = self.data.is_some() || !self.filter.is_empty();
        let (mut contacts, mut left) = (None, self.limit);
        let mut rest = Rest::None;
        for member in &self.members {
            if left == 0 {
                rest = Rest::More;
                break;
            }
            lane::breathe(Some(turns)).await;
            if contacts.is_none() && reads {
                contacts = Some(asking.context.own_contacts().await.map_err(|_| Broken)?);
            }
            if self.member(member, asking, contacts.as_ref(), answer)? {
                left = left.saturating_sub(1);
            }
            if answer.len() > DAV_PIECE_OCTETS {
                // Nothing is held while the client is slow to read.
                contacts = None;
                lane::quick();
                pieces.put(answer.take()).await;
            }
        }
        if let End::Token(_, Rest::More) = &self.end {
            rest = Rest::More;
        }
        if rest == Rest::More {
            // RFC 6352, 8.6.2; RFC 6578, 3.6.
            let path = asking.at.of_place(&asking.place);
            answer.status(&path, 507, "<d:number-of-matches-within-limits/>");
        }
        if let End::Token(token, _) = &self.end {
            answer.sync_token(token);
        }
        Ok(())
    }

    /// Tells one of them; says whether it counts.
    fn member(
        &self,
        member: &Member,
        asking: &Asking,
        contacts: Option<&ContactsAt>,
        answer: &mut Answer,
    ) -> Result<bool, Broken> {
        let (card, changed) = match &member.is {
            Is::Known(stats) => {
                answer.response(&member.path, stats);
                return Ok(true);
            }
            Is::Gone => {
                answer.status(&member.path, 404, "");
                return Ok(true);
            }
            Is::Card(card, changed) => (*card, *changed),
        };
        let Some(contacts) = contacts else {
            let resource = Resource::Card(card, changed, None);
            answer.response(&member.path, &stats(resource, &asking.at, &self.properties));
            return Ok(true);
        };
        let failed = |fault: mailbox::Fault| {
            let user = asking.context.account.name();
            tracing::error!(user, %fault, "a card cannot be shown");
            Broken
        };
        let Some(kept) = contacts.kept(card).map_err(failed)? else {
            // It went while this was told, which is told next time, too.
            answer.status(&member.path, 404, "");
            return Ok(true);
        };
        let version = self.data.as_ref().map_or(cards::vcard::Version::V3, |data| data.version);
        if !self.filter.is_empty() {
            let made = shown::vcard(contacts, card, &kept, version).map_err(failed)?;
            if !self.filter.matches(&made) {
                return Ok(false);
            }
        }
        let text = match &self.data {
            None => None,
            Some(AddressData { only: None, .. }) => {
                Some(shown::text(contacts, card, &kept, Some(version)).map_err(failed)?)
            }
            Some(AddressData { only: Some(only), .. }) => {
                let made: VCard = shown::vcard(contacts, card, &kept, version).map_err(failed)?;
                Some(made.print_only(|name| only.iter().any(|it| it == name)))
            }
        };
        let resource = Resource::Card(card, kept.changed, text.as_deref());
        answer.response(&member.path, &stats(resource, &asking.at, &self.properties));
        Ok(true)
    }
}

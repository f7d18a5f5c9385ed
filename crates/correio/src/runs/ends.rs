//! What a run finds out besides its work: how much is only here and only there, and how full the provider is.

use admin::CompanionMail;
use machine::time_text;
use pop3::client::pull::Summary;
use serde::Serialize;
use sync::{BothEnds, Imap, Room};

use super::keep::read_standing;
use super::{Figures, RoomSample, folder_of, note_standing};
use crate::companion::now;
use crate::context::Context;

/// What is added to what a run came to.
#[derive(Default, Serialize)]
pub(crate) struct Ends {
    /// What is here and there; none: nothing changed, or it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) standing: Option<Figures>,
    /// What is used at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<RoomRow>,
}

/// What is used at a provider.
#[derive(Serialize)]
pub(crate) struct RoomRow {
    used_octets: u64,
    quota_octets: u64,
}

/// What is to be found out anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    /// The figures, also if nothing has changed.
    pub(crate) figures: bool,
    /// The figures, if something has changed and it changes again and again.
    pub(crate) recount: bool,
    /// The room, also if nothing has changed.
    pub(crate) room: bool,
    /// The room, if something has changed.
    pub(crate) sample: bool,
}

/// Figures are counted anew after so long, in seconds, though no run has changed anything: people may have.
const FIGURES_AGAIN_S: i64 = 6 * 3600;
/// What changes again and again is counted anew no sooner than this, in seconds: counting a million messages takes a second.
const RECOUNT_NOT_BEFORE_S: i64 = 10 * 60;
/// The room is asked for after so long, in seconds, though nothing has changed; and no sooner than this, whatever has.
const ROOM_AGAIN_S: i64 = 6 * 3600;
const ROOM_NOT_BEFORE_S: i64 = 10 * 60;

/// What is to be found out of an account.
pub(crate) fn due(context: &Context, account: &str) -> Due {
    let standing = folder_of(context).map(|runs| read_standing(&runs)).unwrap_or_default();
    let now_s = now().0;
    let age = |at_s: i64| now_s.saturating_sub(at_s);
    let counted = standing.figures.get(account).and_then(|it| machine::time_of(&it.at));
    let sampled = standing.room.get(account).and_then(|it| it.last()).map(|it| it.at_s);
    Due {
        figures: counted.is_none_or(|at| age(at.0) >= FIGURES_AGAIN_S),
        recount: counted.is_none_or(|at| age(at.0) >= RECOUNT_NOT_BEFORE_S),
        room: sampled.is_none_or(|at_s| age(at_s) >= ROOM_AGAIN_S),
        sample: sampled.is_none_or(|at_s| age(at_s) >= ROOM_NOT_BEFORE_S),
    }
}

/// What is here and in the folders there.
pub(crate) async fn of_folders(mail: &mut CompanionMail<'_>) -> Option<Figures> {
    // It is no harm to a mirror that it cannot be counted.
    Some(figures(&mail.both_ends().await.ok()?, 0))
}

/// What is here and in the maildrop there. What waits there was not listed as passed over.
pub(crate) async fn of_maildrop(
    mail: &mut CompanionMail<'_>,
    summary: &Summary,
) -> Option<Figures> {
    let both = mail.both_ends().await.ok()?;
    let left = u64::from(summary.listed.saturating_sub(summary.removed));
    let more = left.saturating_sub(both.there_messages.unwrap_or(0));
    Some(figures(&both, more))
}

/// `more`: so many more are there, of which nothing is known.
fn figures(both: &BothEnds, more: u64) -> Figures {
    let there = both.there_messages.map(|there| there.saturating_add(more));
    let octets = both.there_octets.filter(|_| more == 0);
    let only_there = there.map(|there| there.saturating_sub(both.both_messages));
    let only_there_octets = match only_there {
        Some(0) => Some(0),
        _ => octets.map(|octets| octets.saturating_sub(both.both_octets)),
    };
    Figures {
        at: time_text(now()),
        here_messages: both.here_messages,
        here_octets: both.here_octets,
        only_here_messages: both.here_messages.saturating_sub(both.both_messages),
        only_here_octets: both.here_octets.saturating_sub(both.both_octets),
        only_there_messages: only_there,
        only_there_octets,
    }
}

/// What is used at the provider, where it tells.
pub(crate) async fn room(client: &mut Imap) -> Option<RoomRow> {
    let Room { used, max } = sync::room_there(client).await.ok()??;
    Some(RoomRow { used_octets: used, quota_octets: max })
}

/// Notes what is used at the provider.
pub(crate) async fn note_room(context: &Context, account: &str, room: Room) {
    let Room { used: used_octets, max: quota_octets } = room;
    let sample = RoomSample { at_s: now().0, used_octets, quota_octets };
    note_standing(context, |standing| standing.sample(account, sample)).await;
}

/// A pass of a run that goes on is noted no more often than this, in seconds, unless it found out something.
const PASS_EVERY_S: i64 = 5 * 60;

/// Notes a pass of a run that goes on for long, which went well.
pub(crate) async fn note_pass(context: &Context, verb: &str, account: &str) {
    let Some(runs) = folder_of(context) else { return };
    let known = read_standing(&runs);
    let last = known.of(verb, account).filter(|it| it.failed.is_none());
    let last = last.and_then(|it| machine::time_of(&it.good.as_ref()?.at));
    let summary = context.result().unwrap_or_default();
    let is_new = last.is_none_or(|at| now().0.saturating_sub(at.0) >= PASS_EVERY_S);
    if is_new || summary.get("standing").is_some() || summary.get("room").is_some() {
        let at = time_text(now());
        note_standing(context, |it| it.take_pass(verb, account, &at, &summary)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_at_one_end_is_what_is_not_at_both() {
        let both = BothEnds {
            here_messages: 10,
            here_octets: 1_000,
            both_messages: 7,
            both_octets: 700,
            there_messages: Some(9),
            there_octets: Some(950),
        };
        let of = |both: &BothEnds, more| {
            let it = figures(both, more);
            let here = (it.only_here_messages, it.only_here_octets);
            (here, (it.only_there_messages, it.only_there_octets))
        };
        assert_eq!(of(&both, 0), ((3, 300), (Some(2), Some(250))));
        assert_eq!(of(&both, 4), ((3, 300), (Some(6), None)));
        let unsure = BothEnds { there_messages: None, there_octets: None, ..both };
        assert_eq!(of(&unsure, 0).1, (None, None));
        assert_eq!(of(&BothEnds { there_messages: Some(7), ..unsure }, 0).1, (Some(0), Some(0)));
    }
}

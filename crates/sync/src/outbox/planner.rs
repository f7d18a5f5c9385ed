//! What is to be done with a message of the outbox, and what comes of it. Pure: a state, what happened and the time go in.

use mailbox::Timestamp;
use queue::{Outcome, Progress, pause_s};

use super::parcel::{AskedCopy, Copy, Held, State};
use crate::limits::{ANSWERS_LOST_MAX, UNSURE_PAUSE_S};

/// What a message is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// To be sent to somebody, at this time.
    ForServer(Timestamp),
    /// For its copy in Sent, at this time; all who could be reached have it.
    ForCopy(Timestamp),
    /// For a person: somebody was refused, or nobody knows whether it was sent.
    ForPerson,
    /// For nothing: it is over.
    ForNothing,
}

impl State {
    /// What it is waiting for.
    pub fn waits(&self) -> Waits {
        if self.held.is_some() {
            return Waits::ForPerson;
        }
        let next = self.recipients.iter().filter_map(|recipient| match recipient.progress {
            Progress::Waiting { next_at, .. } => Some(next_at),
            Progress::Sent | Progress::Failed => None,
        });
        if let Some(next_at) = next.min() {
            return Waits::ForServer(Timestamp(next_at));
        }
        match self.copy {
            Copy::Wanted { next_at, .. } if self.has(Progress::Sent) => {
                Waits::ForCopy(Timestamp(next_at))
            }
            _ if self.has(Progress::Failed) => Waits::ForPerson,
            Copy::Wanted { .. } | Copy::Made | Copy::NotWanted => Waits::ForNothing,
        }
    }

    /// Whether a recipient is that far.
    pub fn has(&self, progress: Progress) -> bool {
        self.recipients.iter().any(|recipient| recipient.progress == progress)
    }

    /// Whether its end was sent, or was about to be, and the answer is not known.
    pub fn is_ending(&self) -> bool {
        self.ending_since.is_some()
    }

    /// The recipients to try now, by index.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<usize> {
        if self.held.is_some() {
            return Vec::new();
        }
        let is_due = |progress: Progress| match progress {
            Progress::Waiting { next_at, .. } => next_at <= now.0,
            Progress::Sent | Progress::Failed => false,
        };
        let all = self.recipients.iter().enumerate();
        all.filter(|(_, recipient)| is_due(recipient.progress)).map(|(index, _)| index).collect()
    }

    /// The end of the text goes out next.
    pub(crate) fn ends(&mut self, now: Timestamp) {
        self.ending_since = Some(now.0);
    }

    /// Enters what was answered.
    pub(crate) fn settle(&mut self, outcomes: Vec<(usize, Outcome)>, now: Timestamp) {
        self.ending_since = None;
        self.trouble = None;
        for (index, outcome) in outcomes {
            let Some(recipient) = self.recipients.get_mut(index) else { continue };
            let Progress::Waiting { tries, .. } = recipient.progress else { continue };
            let (progress, said) = match outcome {
                Outcome::Sent { said, .. } => (Progress::Sent, said),
                Outcome::Refused { said } => (Progress::Failed, said),
                Outcome::Deferred { said } => (later(tries, now), said),
            };
            (recipient.progress, recipient.last) = (progress, Some(said));
        }
    }

    /// The answer to the end of the text was lost: the provider has the message, or not (RFC 1047). It is tried once more; when
    /// that answer is lost, too, a person decides, for each try may be one more copy for those who get it.
    pub(crate) fn answer_lost(&mut self, why: String, now: Timestamp) {
        (self.ending_since, self.trouble) = (None, Some(why));
        self.answers_lost = self.answers_lost.saturating_add(1);
        if self.answers_lost >= ANSWERS_LOST_MAX {
            self.held = Some(Held::Unsure);
        }
        self.put_off(now.0.saturating_add(UNSURE_PAUSE_S));
    }

    /// Something was in the way that is not about the mail, and may pass.
    pub(crate) fn hindered(&mut self, why: String, now: Timestamp) {
        self.trouble = Some(why);
        for recipient in &mut self.recipients {
            if let Progress::Waiting { tries, .. } = recipient.progress {
                recipient.progress = later(tries, now);
            }
        }
    }

    /// There was no connection: it goes as soon as there is one.
    pub(crate) fn unconnected(&mut self, why: String) {
        self.trouble = Some(why);
    }

    fn put_off(&mut self, until: i64) {
        for recipient in &mut self.recipients {
            if let Progress::Waiting { next_at, .. } = &mut recipient.progress {
                *next_at = until;
            }
        }
    }

    /// The octets here are not what they were.
    pub(crate) fn damaged(&mut self) {
        self.held = Some(Held::Damaged);
    }

    /// A person wants it to be tried again, also for those who were refused.
    pub fn retry(&mut self, now: Timestamp) {
        (self.held, self.answers_lost, self.trouble) = (None, 0, None);
        for recipient in &mut self.recipients {
            if recipient.progress != Progress::Sent {
                recipient.progress = Progress::Waiting { next_at: now.0, tries: 0 };
            }
        }
        if let Copy::Wanted { next_at, tries, .. } = &mut self.copy {
            (*next_at, *tries) = (now.0, 0);
        }
    }

    /// The copy in Sent is asked for next.
    pub(crate) fn asks_copy(&mut self, place: AskedCopy) {
        if let Copy::Wanted { asked, .. } = &mut self.copy {
            *asked = Some(place);
        }
    }

    /// The copy is there, or none is to be made.
    pub(crate) fn copied(&mut self, copy: Copy) {
        (self.copy, self.trouble) = (copy, None);
    }

    /// The copy could not be made now.
    pub(crate) fn not_copied(&mut self, why: String, now: Timestamp) {
        self.trouble = Some(why);
        if let Copy::Wanted { next_at, tries, .. } = &mut self.copy {
            *tries = tries.saturating_add(1);
            *next_at = now.0.saturating_add(pause_s(*tries));
        }
    }
}

fn later(tries: u32, now: Timestamp) -> Progress {
    let tries = tries.saturating_add(1);
    Progress::Waiting { next_at: now.0.saturating_add(pause_s(tries)), tries }
}

#[cfg(test)]
mod tests {
    use queue::{Notifies, Said};

    use super::*;
    use crate::outbox::parcel::{Envelope, PARCEL_VERSION};

    fn state(recipients: usize) -> State {
        State::new(&Envelope {
            version: PARCEL_VERSION,
            from: Some("ana@example.org".to_owned()),
            recipients: (0..recipients).map(|number| format!("b{number}@example.net")).collect(),
            eight_bit: false,
            utf8: false,
            notify: None,
            return_full: None,
            envelope_id: None,
            copied_by_others: false,
            message_id: "1@example.org".to_owned(),
            subject: String::new(),
            queued_at: 100,
            octets: 9,
            sha256: String::new(),
        })
    }

    fn said() -> Said {
        Said::new(Some("smtp.example.org"), "2.0.0", "250 fine", Timestamp(100))
    }

    fn sent() -> Outcome {
        Outcome::Sent { said: said(), notifies: Notifies::No }
    }

    #[test]
    fn each_recipient_goes_its_own_way() {
        let mut state = state(3);
        let now = Timestamp(100);
        assert_eq!(state.due(now), [0, 1, 2]);
        state.ends(now);
        let outcomes = [
            (0, sent()),
            (1, Outcome::Refused { said: said() }),
            (2, Outcome::Deferred { said: said() }),
        ];
        state.settle(outcomes.into(), now);
        assert!(!state.is_ending());
        assert_eq!(state.waits(), Waits::ForServer(Timestamp(400)));
        assert_eq!((state.due(Timestamp(399)), state.due(Timestamp(400))), (vec![], vec![2]));
        // What was answered once is not changed by a later answer.
        state.settle(vec![(0, Outcome::Refused { said: said() }), (2, sent())], Timestamp(400));
        assert_eq!(state.waits(), Waits::ForCopy(Timestamp(100)));
        state.copied(Copy::Made);
        assert_eq!(state.waits(), Waits::ForPerson);
        state.retry(Timestamp(500));
        assert_eq!(state.due(Timestamp(500)), [1]);
        state.settle(vec![(1, sent())], Timestamp(500));
        assert_eq!(state.waits(), Waits::ForNothing);
    }

    #[test]
    fn a_lost_answer_is_one_more_try_and_then_a_persons_choice() {
        let mut state = state(1);
        state.ends(Timestamp(100));
        state.answer_lost("cut".to_owned(), Timestamp(100));
        assert_eq!(state.waits(), Waits::ForServer(Timestamp(100 + UNSURE_PAUSE_S)));
        state.ends(Timestamp(900));
        state.answer_lost("cut".to_owned(), Timestamp(900));
        assert_eq!((state.waits(), state.held), (Waits::ForPerson, Some(Held::Unsure)));
        assert!(state.due(Timestamp(i64::MAX)).is_empty());
        state.retry(Timestamp(1_000));
        assert_eq!(state.due(Timestamp(1_000)), [0]);
    }

    #[test]
    fn without_a_connection_nothing_is_put_off() {
        let mut state = state(1);
        state.unconnected("no".to_owned());
        assert_eq!(state.due(Timestamp(100)), [0]);
        state.hindered("wrong password".to_owned(), Timestamp(100));
        assert_eq!(state.waits(), Waits::ForServer(Timestamp(400)));
        state.hindered("wrong password".to_owned(), Timestamp(400));
        assert_eq!(state.waits(), Waits::ForServer(Timestamp(1_000)));
    }

    #[test]
    fn nobody_who_was_refused_makes_a_copy() {
        let mut state = state(1);
        state.settle(vec![(0, Outcome::Refused { said: said() })], Timestamp(100));
        assert_eq!(state.waits(), Waits::ForPerson);
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let mut state = state(2);
        state.ends(Timestamp(100));
        state.settle(vec![(0, sent())], Timestamp(100));
        state.asks_copy(AskedCopy { folder: "Sent".to_owned(), validity: Some(7), uid_next: None });
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
    }
}

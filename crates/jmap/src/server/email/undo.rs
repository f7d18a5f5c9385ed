//! What can be undone of what was changed by query: steps in a note of the user, under a token each (`docs/jmap/bulk.md`).

mod step;

use mailbox::{EmailStep, Timestamp, Undone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use self::step::Step;
use super::by_query::Stopped;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::limits::{UNDO_S, UNDOS_MAX};
use crate::mail::utc_date;
use crate::run::Row;
use crate::server::drawer::{self, Drawer, Forgot, Object};
use crate::server::ports::NoteKind;
use crate::server::{Context, own};
use crate::standard::as_arguments;

pub(super) const ROW: Row<Context> =
    Row { name: "Email/undo", capability: own::BULK, run: |call| Box::pin(run(call)) };

/// What one call did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Undo {
    token: String,
    until: i64,
    /// The first first.
    steps: Vec<Step>,
}

impl Object for Undo {
    const NOTE: NoteKind = NoteKind::Undo;

    /// The oldest goes.
    fn forget(drawer: &mut Drawer<Undo>) -> Forgot {
        let oldest = drawer.iter().next().map(|(number, _)| number);
        match oldest.and_then(|number| drawer.remove(number)) {
            Some(_) => Forgot::Some,
            None => Forgot::Nothing,
        }
    }

    fn catch_up(context: &Context, drawer: &mut Drawer<Undo>) -> Result<(), MethodError> {
        let now = context.now();
        let over = drawer.iter().filter(|(_, undo)| undo.until <= now.0);
        let over: Vec<u64> = over.map(|(number, _)| number).collect();
        over.into_iter().for_each(|number| drop(drawer.remove(number)));
        Ok(())
    }
}

/// What is noted of a call that is at work.
pub(super) struct Noted {
    number: u64,
    token: String,
    until: Timestamp,
}

impl Noted {
    /// The token, and until when it can be used.
    pub(super) fn told(self) -> (String, Option<String>) {
        (self.token, utc_date(self.until.0))
    }
}

impl Context {
    fn now(&self) -> Timestamp {
        self.ports.accounts.clock().now()
    }

    /// Notes how more of what a call does can be undone. None: that is more than is kept, so that the call cannot be undone.
    pub(super) async fn note_undo(
        &self,
        noted: Option<Noted>,
        steps: Vec<EmailStep>,
    ) -> Result<Option<Noted>, MethodError> {
        let until = Timestamp(self.now().0.saturating_add(UNDO_S));
        let token = match &noted {
            Some(noted) => noted.token.clone(),
            None => self.ports.fresh.name().map_err(|fault| self.failed(&fault))?,
        };
        let steps: Vec<Step> = steps.into_iter().map(Step::of).collect();
        let known = noted.as_ref().map(|noted| noted.number);
        let edited = drawer::edit::<Undo, Option<u64>>(self, |drawer| {
            let more = |undo: &Undo| {
                let steps = undo.steps.iter().chain(&steps).cloned().collect();
                Undo { until: until.0, steps, ..undo.clone() }
            };
            if let Some(number) = known {
                let Some(undo) = drawer.get(number).map(more) else { return Ok(None) };
                drawer.replace(number, undo);
                return Ok(Some(number));
            }
            let undo = Undo { token: token.clone(), until: until.0, steps: steps.clone() };
            let number = drawer.insert(undo);
            while drawer.len() > UNDOS_MAX {
                Undo::forget(drawer);
            }
            Ok(Some(number))
        });
        match edited.await {
            Ok((number, drawer)) => {
                let there = number.filter(|number| drawer.get(*number).is_some());
                Ok(there.map(|number| Noted { number, token, until }))
            }
            Err(MethodError::RequestTooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account = arguments.required("accountId")?;
    let token: String = arguments.required("undoToken")?;
    arguments.end()?;
    let context = &*call.context;
    let old = context.emails(&account).await?.states().email;
    let drawer = drawer::open::<Undo>(context).await?;
    let found = drawer.iter().find(|(_, undo)| undo.token == token);
    let (number, undo) = found.ok_or(MethodError::UndoNotFound)?;
    let mut steps = undo.steps.clone();
    let (mut emails, mut left, mut stopped) = (Vec::new(), 0_u64, None);
    // The last comes first, and what is done is taken off the note, so that it can be gone on with.
    while let Some(step) = steps.pop() {
        let Some(step) = step.read() else { continue };
        match context.account.undo_step(step).await {
            Ok(Undone { emails: some, left: more }) => {
                emails.extend(some);
                left = left.saturating_add(more);
            }
            Err(error) if emails.is_empty() && left == 0 => return Err(context.not_done(&error)),
            Err(error) => {
                stopped = Some(Stopped::of(&context.not_done(&error)));
                break;
            }
        }
        keep(context, number, &steps).await?;
        lane::breathe(Some(context.account.turns())).await;
    }
    emails.sort_unstable();
    emails.dedup();
    let now = context.emails(&account).await?.states().email;
    let answer = json!({
        "accountId": account,
        "oldState": old.to_string(),
        "newState": now.to_string(),
        "restored": emails.len(),
        "notRestored": left,
        "error": stopped,
    });
    as_arguments(&answer)
}

/// Keeps the steps that are left to be undone.
async fn keep(context: &Context, number: u64, left: &[Step]) -> Result<(), MethodError> {
    let edited = drawer::edit::<Undo, ()>(context, |drawer| {
        match drawer.get(number).cloned().filter(|_| !left.is_empty()) {
            Some(undo) => drawer.replace(number, Undo { steps: left.to_vec(), ..undo }),
            None => drop(drawer.remove(number)),
        }
        Ok(())
    });
    edited.await.map(|_| ())
}

//! Does the calls of a request, one after another.

use std::pin::Pin;

use serde_json::{Map, Value};

use crate::answers::Answers;
use crate::call::{Call, Created};
use crate::error::{MethodError, RequestError};
use crate::limits::{ANSWERS_OCTETS_MAX, Limits};
use crate::reference::{Referred, octets_of};
use crate::request::{Invocation, Request, Response};

/// What a method comes to: the arguments of its answer.
pub type Answered<'a> =
    Pin<Box<dyn Future<Output = Result<Map<String, Value>, MethodError>> + Send + 'a>>;

/// A method.
pub struct Row<C> {
    /// Its name, which is that of its answer.
    pub name: &'static str,
    /// The capability that defines it.
    pub capability: &'static str,
    /// Does it.
    pub run: for<'a, 'c> fn(&'a mut Call<'c, C>) -> Answered<'a>,
}

/// All methods of a server.
pub struct Api<C: 'static> {
    /// In tables, one for each crate or kind.
    pub tables: &'static [&'static [Row<C>]],
    /// Capabilities without methods of their own, which requests may use all the same.
    pub others: &'static [&'static str],
    /// What a request may be.
    pub limits: Limits,
}

impl<C> Api<C> {
    fn rows(&self) -> impl Iterator<Item = &'static Row<C>> {
        self.tables.iter().copied().flatten()
    }

    /// The capabilities that requests may use.
    pub fn capabilities(&self) -> Vec<&'static str> {
        let mut all: Vec<&str> =
            self.rows().map(|row| row.capability).chain(self.others.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Does a request. What one call did stays done whatever becomes of those behind it (RFC 8620, 3.6.2).
    pub async fn run(
        &self,
        request: Request,
        context: &mut C,
        session_state: String,
    ) -> Result<Response, RequestError> {
        let Request { using, calls, created_ids } = request;
        let known = self.capabilities();
        if let Some(unknown) = using.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(RequestError::UnknownCapability(unknown.clone()));
        }
        let wants_ids = created_ids.is_some();
        let mut created = Created::of(created_ids.unwrap_or_default());
        let mut referred = Referred::default();
        let mut answers = Answers::to(&calls);
        let mut answered_octets = 0_usize;
        for (index, Invocation { name, arguments, id }) in calls.into_iter().enumerate() {
            let row = self.rows().find(|row| {
                row.name == name && using.iter().any(|capability| capability == row.capability)
            });
            let mut implied = Vec::new();
            let done = match (row, referred.resolve(arguments, &answers)) {
                (None, _) => Err(MethodError::UnknownMethod),
                (Some(_), Err(error)) => Err(error),
                (Some(_), Ok(_)) if answered_octets > ANSWERS_OCTETS_MAX => Err(too_much()),
                (Some(row), Ok(arguments)) => {
                    let (created, limits) = (&mut created, &self.limits);
                    let using = using.as_slice();
                    let mut call = Call { context, created, limits, using, arguments, implied };
                    let done = (row.run)(&mut call).await;
                    implied = call.implied;
                    done
                }
            };
            let (name, arguments) = match done {
                Ok(arguments) => (name, arguments),
                Err(error) => ("error".to_owned(), error.arguments()),
            };
            answered_octets = answered_octets.saturating_add(octets_of_all(&arguments));
            answers.put(Invocation { name, arguments, id: id.clone() });
            for (name, arguments) in implied {
                answers.put(Invocation { name, arguments, id: id.clone() });
            }
            answers.done(index);
        }
        let created_ids = wants_ids.then(|| created.into_map());
        let method_responses = answers.into_all();
        Ok(Response { method_responses, created_ids, session_state })
    }
}

fn octets_of_all(arguments: &Map<String, Value>) -> usize {
    arguments.values().map(octets_of).fold(0, usize::saturating_add)
}

/// Else sixteen calls, each of which may show much, could make us hold all of that at once.
fn too_much() -> MethodError {
    let description = "the answers before it are large; ask for this by itself".to_owned();
    MethodError::RequestTooLarge { description }
}

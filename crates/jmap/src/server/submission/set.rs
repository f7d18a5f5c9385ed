//! EmailSubmission/set (RFC 8621, 7.5).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::create::create;
use super::{CAPABILITY, Submission, Undo};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::Row;
use crate::server::identity::Identity;
use crate::server::listed::Listed as _;
use crate::server::{Context, drawer, email, ids};
use crate::standard::{Patch, Set, SetAnswer};
use mailbox::EmailId;

pub(super) const ROW: Row<Context> =
    Row { name: "EmailSubmission/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// The emails of submissions that went well, by the id of the submission.
type Went = BTreeMap<Id, EmailId>;

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    let update: Option<BTreeMap<String, Map<String, Value>>> =
        arguments.optional("onSuccessUpdateEmail")?;
    let destroy: Option<Vec<String>> = arguments.optional("onSuccessDestroyEmail")?;
    arguments.end()?;
    call.context.check_account(&set.account)?;
    let account = set.account.clone();
    let (answer, went) = perform(call, set).await?;
    let of = |name: &String| {
        let id = call.created.find(name)?;
        went.get(&id).map(|email| ids::email(*email))
    };
    let update: BTreeMap<String, Map<String, Value>> = update
        .into_iter()
        .flatten()
        .filter_map(|(name, patch)| Some((of(&name)?.into(), patch)))
        .collect();
    let destroy: Vec<String> = destroy.iter().flatten().filter_map(of).map(String::from).collect();
    if !update.is_empty() || !destroy.is_empty() {
        let set = Set { account, if_in_state: None, create: BTreeMap::new(), update, destroy };
        let implied = email::set::perform(call.context, call.created, set).await;
        match implied.and_then(|implied| implied.arguments()) {
            Ok(implied) => call.imply("Email/set", implied),
            Err(error) => call.imply("error", error.arguments()),
        }
    }
    answer.arguments()
}

async fn perform(call: &mut Call<'_, Context>, set: Set) -> Result<(SetAnswer, Went), MethodError> {
    let context = &*call.context;
    let identities = drawer::open::<Identity>(context).await?;
    let mut submissions = drawer::open::<Submission>(context).await?;
    set.check_state(&submissions.state())?;
    let mut answer = SetAnswer::begin(set.account, submissions.state());
    let mut went = Went::new();
    for (creation, object) in &set.create {
        match create(context, call.created, (&identities, &submissions), object).await? {
            Err(error) => drop(answer.not_created.insert(creation.clone(), error)),
            Ok(submission) => {
                let noted = drawer::edit(context, |it| Ok(it.insert(submission.clone()))).await;
                // It is sent. A client that heard of nothing but an error would send it again.
                let (number, after) = noted.map_err(|_| MethodError::ServerPartialFail)?;
                let id = ids::submission(number);
                submissions = after;
                let mut made = submission.object(number);
                for said in ["identityId", "emailId"] {
                    made.remove(said);
                }
                if object.get("envelope").is_some_and(Value::is_object) {
                    made.remove("envelope");
                }
                answer.created.insert(creation.clone(), made);
                went.insert(id.clone(), EmailId(submission.email));
                call.created.note(creation.clone(), id);
            }
        }
    }
    for (id, patch) in answer.updates(set.update, &set.destroy, call.created) {
        match update(context, &id, &patch).await? {
            Ok(email) => {
                answer.updated.insert(id.clone(), None);
                went.insert(id, email);
            }
            Err(error) => drop(answer.not_updated.insert(id.into(), error)),
        }
    }
    for name in set.destroy {
        let id = call.created.find(&name);
        let number = id.as_ref().and_then(ids::submission_of);
        let (Some(id), Some(number)) = (id, number) else {
            answer.not_destroyed.insert(name, SetError::of("notFound"));
            continue;
        };
        // RFC 8621, 7.5: it is sent all the same. While it is held the record stays, because it counts what is.
        let removed = drawer::edit::<Submission, _>(context, |drawer| {
            Ok(match drawer.get(number).map(|it| it.undo) {
                Some(Undo::Pending) => Err(SetError::of("forbidden")),
                Some(Undo::Final | Undo::Canceled) | None => {
                    drawer.remove(number).ok_or_else(|| SetError::of("notFound"))
                }
            })
        });
        match removed.await?.0 {
            Ok(submission) => {
                went.insert(id.clone(), EmailId(submission.email));
                answer.destroyed.push(id);
            }
            Err(_) if answer.destroyed.contains(&id) => {}
            Err(error) => drop(answer.not_destroyed.insert(name, error)),
        }
    }
    answer.new_state = drawer::open::<Submission>(context).await?.state();
    Ok((answer, went))
}

/// All that changes is that it is called back.
async fn update(
    context: &Context,
    id: &Id,
    patch: &Patch,
) -> Result<Result<EmailId, SetError>, MethodError> {
    let drawer = drawer::open::<Submission>(context).await?;
    let number = ids::submission_of(id);
    let Some((number, submission)) =
        number.and_then(|number| Some((number, drawer.get(number)?.clone())))
    else {
        return Ok(Err(SetError::of("notFound")));
    };
    for (path, value) in patch.parts() {
        let is_right = matches!(path, [name] if name == "undoStatus")
            && (value == "canceled" || value == submission.undo.name());
        if !is_right {
            let name = path.first().map(String::as_str).unwrap_or_default();
            return Ok(Err(SetError::properties(&[name], "undoStatus alone changes, to canceled")));
        }
    }
    let email = EmailId(submission.email);
    let wants_back = patch.parts().any(|(_, value)| value == "canceled");
    if !wants_back || submission.undo == Undo::Canceled {
        return Ok(Ok(email));
    }
    let called_back = match &submission.held {
        Some(name) => context.ports.outbox.call_back(name).await,
        None => Ok(false),
    };
    if !called_back.map_err(|fault| context.failed(&fault))? {
        return Ok(Err(SetError::of("cannotUnsend")));
    }
    let canceled = Submission { undo: Undo::Canceled, held: None, ..submission };
    drawer::edit(context, |drawer| {
        drawer.replace(number, canceled.clone());
        Ok(())
    })
    .await?;
    Ok(Ok(email))
}

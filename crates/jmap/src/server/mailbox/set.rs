//! Mailbox/set (RFC 8621, 2.5).
//!
//! The result has to be valid, whatever order leads there (RFC 8620, 5.3): mailboxes may swap their names, or be made below others of
//! the same call. So what does not work yet is tried again after something else worked, and where names stand in each other's way
//! one steps aside.

mod asked;
mod guarded;
mod tree;

use std::collections::BTreeMap;

use mailbox::operations::MailboxEdit;
use mailbox::{Error, MailboxChange, MailboxId, MailboxName, Refused};
use serde_json::{Map, Value};

use asked::{Asked, Wanted};
use guarded::{Guarded, NotChanged};
use tree::Tree;

use super::CAPABILITY;
use super::listing::Listing;
use crate::arguments::Arguments;
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::{Answered, Row};
use crate::server::{Context, ids, states};
use crate::standard::{Patch, Set, SetAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Mailbox/set", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let set = Set::take(&mut arguments, call.limits)?;
        let with_mail: bool = arguments.or("onDestroyRemoveEmails", false)?;
        arguments.end()?;
        let before = call.context.emails(&set.account).await?;
        let old = before.states().mailbox;
        set.check_state(&old.to_string())?;
        let mut answer = SetAnswer::begin(set.account.clone(), old.to_string());
        let listing = Listing::of(call.context, &before)?;
        let mut work = Work {
            context: call.context,
            created: call.created,
            guarded: Guarded::of(&set, &before),
            tree: Tree::of(&listing),
            mail: if with_mail { MailOfDestroyed::Goes } else { MailOfDestroyed::Keeps },
            done: Vec::new(),
            failed: Vec::new(),
        };
        let mut left = Vec::new();
        for (creation, object) in set.create {
            left.push(Step::Create(creation, object));
        }
        for (id, patch) in answer.updates(set.update, &set.destroy, work.created) {
            left.push(Step::Update(id, patch, Aside::No));
        }
        left.extend(set.destroy.into_iter().map(Step::Destroy));
        work.all(left, &listing).await?;
        let Work { done, failed, .. } = work;
        for (step, error) in failed {
            match step {
                Step::Create(creation, _) => drop(answer.not_created.insert(creation, error)),
                Step::Update(id, ..) => drop(answer.not_updated.insert(id.into(), error)),
                Step::Destroy(name) => drop(answer.not_destroyed.insert(name, error)),
            }
        }
        let now = call.context.emails(&set.account).await?;
        let listing = Listing::of(call.context, &now)?;
        tell(&mut answer, &listing, &done);
        let changed = call.context.account.mailbox_changes(&now, old, None);
        let changed = changed.map_err(|fault| call.context.failed(&fault))?;
        let changed = changed.map(|(changed, _)| changed);
        let is_own = |id: &MailboxId| done.iter().any(|done| done.mailbox() == *id);
        let state = states::after(old, now.states().mailbox, changed.as_ref(), is_own);
        answer.new_state = state.to_string();
        answer.arguments()
    })
}

/// Says of what was done what the client does not know.
fn tell(answer: &mut SetAnswer, listing: &Listing<'_>, done: &[Done]) {
    for one in done {
        let object = listing.find(&ids::mailbox(one.mailbox()));
        let object = object.map(|mailbox| listing.object(mailbox, |_| true)).unwrap_or_default();
        match one {
            Done::Created(creation, id, said) => {
                let told = but_for(object, said, ids::mailbox(*id));
                answer.created.insert(creation.clone(), told);
            }
            Done::Updated(id, wanted) => {
                let differs = |(name, value): (&String, &Value)| {
                    let now = object.get(name).filter(|now| *now != value);
                    now.map(|now| (name.clone(), now.clone()))
                };
                let told: Map<String, Value> = wanted.iter().filter_map(differs).collect();
                let told = Some(told).filter(|told| !told.is_empty());
                answer.updated.insert(ids::mailbox(*id), told);
            }
            Done::Destroyed(id) => answer.destroyed.push(ids::mailbox(*id)),
        }
    }
}

/// The properties of an object that are not what the client said.
fn but_for(
    mut object: Map<String, Value>,
    said: &Map<String, Value>,
    id: Id,
) -> Map<String, Value> {
    object.retain(|name, value| said.get(name) != Some(value));
    object.insert("id".to_owned(), String::from(id).into());
    object
}

/// What becomes of the mail in a mailbox that is destroyed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MailOfDestroyed {
    /// It keeps the mailbox from being destroyed.
    Keeps,
    /// It goes with it.
    Goes,
}

/// Whether a mailbox stepped aside for another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aside {
    No,
    Yes,
}

/// What is to be done with one mailbox.
enum Step {
    Create(Id, Map<String, Value>),
    Update(Id, Patch, Aside),
    Destroy(String),
}

/// What was done.
enum Done {
    Created(Id, MailboxId, Map<String, Value>),
    Updated(MailboxId, Map<String, Value>),
    Destroyed(MailboxId),
}

impl Done {
    fn mailbox(&self) -> MailboxId {
        match self {
            Done::Created(_, id, _) | Done::Updated(id, _) | Done::Destroyed(id) => *id,
        }
    }
}

/// Why a step was not done.
enum Not {
    /// It may work once others are done.
    Yet(SetError),
    /// It cannot be done.
    Ever(SetError),
    /// The call ends.
    Call(MethodError),
}

struct Work<'w> {
    context: &'w Context,
    created: &'w mut Created,
    guarded: Guarded,
    tree: Tree,
    mail: MailOfDestroyed,
    done: Vec<Done>,
    failed: Vec<(Step, SetError)>,
}

impl Work<'_> {
    /// Does all steps that can be done.
    async fn all(&mut self, mut left: Vec<Step>, listing: &Listing<'_>) -> Result<(), MethodError> {
        loop {
            let count = left.len();
            let mut waiting = Vec::new();
            for step in left {
                lane::breathe(Some(self.context.account.turns())).await;
                match self.one(&step, listing).await {
                    Ok(done) => self.done.push(done),
                    Err(Not::Yet(error)) => waiting.push((step, error)),
                    Err(Not::Ever(error)) => self.failed.push((step, error)),
                    Err(Not::Call(error)) => return Err(error),
                }
            }
            if waiting.is_empty() {
                return Ok(());
            }
            let is_stuck = waiting.len() == count;
            if is_stuck && !self.step_aside(&mut waiting, listing).await? {
                return self.give_up(waiting, listing).await;
            }
            left = waiting.into_iter().map(|(step, _)| step).collect();
        }
    }

    async fn one(&mut self, step: &Step, listing: &Listing<'_>) -> Result<Done, Not> {
        match step {
            Step::Create(creation, object) => self.create(creation, object).await,
            Step::Update(id, patch, _) => self.update(id, patch, listing).await,
            Step::Destroy(name) => self.destroy(name).await,
        }
    }

    async fn create(&mut self, creation: &Id, object: &Map<String, Value>) -> Result<Done, Not> {
        let asked = Asked::of_new(object).map_err(Not::Ever)?;
        let parent = self.parent(asked.parent.as_deref())?;
        let name = self.tree.child(parent, &asked.name).map_err(Not::Ever)?;
        if self.tree.find(&name).is_some() {
            return Err(Not::Yet(name_taken()));
        }
        let id = self.change(MailboxChange::Make(name.clone(), asked.role)).await?;
        self.tree.put(id, name);
        let edit = MailboxEdit {
            sort_order: asked.sort_order,
            subscription: Some(asked.subscription),
            ..MailboxEdit::default()
        };
        if let Err(error) = self.context.account.edit_mailbox(id, edit).await {
            // The mailbox is there, and the answer says that it is not subscribed to.
            self.context.not_set(&error).map_err(Not::Call)?;
        }
        self.created.note(creation.clone(), ids::mailbox(id));
        let mut said = object.clone();
        if let Some(parent) = parent {
            said.insert("parentId".to_owned(), String::from(ids::mailbox(parent)).into());
        }
        Ok(Done::Created(creation.clone(), id, said))
    }

    async fn update(&mut self, id: &Id, patch: &Patch, listing: &Listing<'_>) -> Result<Done, Not> {
        let not_found = || Not::Ever(SetError::of("notFound"));
        let mailbox = listing.find(id).ok_or_else(not_found)?;
        let object = listing.object(mailbox, |_| true);
        let wanted = patch.apply(&object).map_err(Not::Ever)?;
        let Wanted { asked, role_changes, order_changes, subscription_changes, is_moved } =
            Wanted::of(patch, &object, &wanted).map_err(Not::Ever)?;
        let name = if is_moved {
            let parent = self.parent(asked.parent.as_deref())?;
            let name = self.tree.child(parent, &asked.name).map_err(Not::Ever)?;
            match self.tree.find(&name) {
                Some(other) if other != mailbox.id => return Err(Not::Yet(name_taken())),
                Some(_) | None => Some(name),
            }
        } else {
            None
        };
        let edit = MailboxEdit {
            name: name.clone(),
            role: role_changes.then_some(asked.role),
            sort_order: asked.sort_order.filter(|_| order_changes),
            subscription: subscription_changes.then_some(asked.subscription),
        };
        if edit != MailboxEdit::default() {
            self.change(MailboxChange::Edit(mailbox.id, edit)).await?;
        }
        if let Some(name) = name {
            self.tree.rename(mailbox.id, &name);
        }
        let value = |name: &str| wanted.get(name).cloned().unwrap_or_default();
        let mut said: Map<String, Value> =
            patch.properties().map(|name| (name.to_owned(), value(name))).collect();
        if let Some(Value::String(parent)) = said.get_mut("parentId")
            && let Some(parent_id) = self.created.find(parent)
        {
            *parent = parent_id.into();
        }
        Ok(Done::Updated(mailbox.id, said))
    }

    async fn destroy(&mut self, name: &str) -> Result<Done, Not> {
        let found = self.created.find(name).and_then(|id| ids::mailbox_of(&id));
        let there = found.map(|id| self.context.account.mailbox(id)).transpose();
        let there = there.map_err(|fault| Not::Call(self.context.failed(&fault)))?.flatten();
        let Some(mailbox) = there else {
            return Err(Not::Yet(SetError::of("notFound")));
        };
        if self.tree.has_child(&mailbox.name) {
            return Err(Not::Yet(SetError::of("mailboxHasChild")));
        }
        // What is marked as deleted is not there for JMAP.
        if self.mail == MailOfDestroyed::Keeps && mailbox.messages > mailbox.deleted {
            return Err(Not::Ever(SetError::of("mailboxHasEmail")));
        }
        self.change(MailboxChange::Delete(mailbox.id)).await?;
        self.tree.remove(mailbox.id);
        Ok(Done::Destroyed(mailbox.id))
    }

    /// The mailbox of an id, or of what is made by the same call, perhaps later.
    fn parent(&self, parent: Option<&str>) -> Result<Option<MailboxId>, Not> {
        let Some(text) = parent else { return Ok(None) };
        let found = self.created.find(text).and_then(|id| ids::mailbox_of(&id));
        match found.filter(|id| self.tree.name(*id).is_some()) {
            Some(id) => Ok(Some(id)),
            None => Err(Not::Yet(SetError::properties(&["parentId"], "there is no such mailbox"))),
        }
    }

    async fn change(&mut self, change: MailboxChange) -> Result<MailboxId, Not> {
        let changed = self.guarded.change(self.context, change).await;
        changed.map_err(|error| match error {
            NotChanged::Mail(error) => self.not_done(&error),
            NotChanged::Call(error) => Not::Call(error),
        })
    }

    fn not_done(&self, error: &Error) -> Not {
        let may_work_later = matches!(
            error,
            Error::Refused(Refused::MailboxExists | Refused::SpecialUse | Refused::BelowItself)
        );
        match self.context.not_set(error) {
            Ok(error) if may_work_later => Not::Yet(error),
            Ok(error) => Not::Ever(error),
            Err(error) => Not::Call(error),
        }
    }

    /// Has one mailbox make room that shall be called otherwise, and whose name another one shall have. False: there is none.
    async fn step_aside(
        &mut self,
        waiting: &mut [(Step, SetError)],
        listing: &Listing<'_>,
    ) -> Result<bool, MethodError> {
        for (step, _) in waiting {
            let Step::Update(id, _, aside @ Aside::No) = step else { continue };
            let Some(mailbox) = listing.find(id) else { continue };
            let Some(name) = self.tree.free_name(mailbox.id) else { continue };
            let edit = MailboxEdit { name: Some(name.clone()), ..MailboxEdit::default() };
            *aside = Aside::Yes;
            match self.guarded.change(self.context, MailboxChange::Edit(mailbox.id, edit)).await {
                Ok(_) => {
                    self.tree.rename(mailbox.id, &name);
                    return Ok(true);
                }
                Err(NotChanged::Mail(error)) => drop(self.context.not_set(&error)?),
                Err(NotChanged::Call(error)) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Notes what cannot be done, and has those that stepped aside go back.
    async fn give_up(
        &mut self,
        waiting: Vec<(Step, SetError)>,
        listing: &Listing<'_>,
    ) -> Result<(), MethodError> {
        let mut asides = BTreeMap::new();
        for (step, _) in &waiting {
            if let Step::Update(id, _, Aside::Yes) = step
                && let Some(mailbox) = listing.find(id)
            {
                asides.insert(mailbox.id, mailbox.name.clone());
            }
        }
        for (id, name) in asides {
            self.go_back(id, name).await?;
        }
        self.failed.extend(waiting);
        Ok(())
    }

    async fn go_back(&mut self, id: MailboxId, name: MailboxName) -> Result<(), MethodError> {
        let edit = MailboxEdit { name: Some(name.clone()), ..MailboxEdit::default() };
        match self.context.account.edit_mailbox(id, edit).await {
            Ok(()) => self.tree.rename(id, &name),
            // Another one has its name by now, which that one was given rightly: it keeps the one it stepped aside to.
            Err(error) => drop(self.context.not_set(&error)?),
        }
        Ok(())
    }
}

fn name_taken() -> SetError {
    SetError::properties(&["name"], "a mailbox of that name is there")
}

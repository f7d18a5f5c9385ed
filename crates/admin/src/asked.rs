//! The one line of the log that each command of an administrator leaves. Passwords are not in it.

use crate::desk::DeskFault;
use crate::request::{
    AliasTask, DomainTask, IdentityTask, Pop3Task, QueueTask, Request, ShareTask, Task, UserTask,
};
use crate::socket::chain;

/// What was asked for, as the command line calls it.
pub(crate) struct Asked {
    command: &'static str,
    /// Whom or what it is about.
    about: Option<String>,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Asked {
        let (command, about) = match request {
            Request::Import { address, .. } => ("import", Some(address.clone())),
            Request::Export { address, .. } => ("export", Some(address.clone())),
            Request::ReadAccount { address } => ("backup run", Some(address.clone())),
            Request::Companion { address, .. } => ("companion", Some(address.clone())),
            Request::Watch { address, .. } => ("watch", Some(address.clone())),
            Request::Copy => ("backup", None),
            Request::Do(task) => of_task(task),
        };
        Asked { command, about }
    }

    /// Logs how it went. `by` is the machine's user who asked.
    pub(crate) fn log(&self, by: Option<&str>, failed: Option<&DeskFault>) {
        log_command(
            self.command,
            self.about.as_deref(),
            by,
            failed.map(|fault| chain(fault)).as_deref(),
        );
    }
}

/// Logs a command of an administrator. `by` is the machine's user who gave it, `failed` why it was not done.
pub fn log_command(command: &str, about: Option<&str>, by: Option<&str>, failed: Option<&str>) {
    match failed {
        None => tracing::info!(door = "admin", outcome = "ok", command, about, by, "command"),
        Some(reason) => {
            let outcome = "failed";
            tracing::info!(door = "admin", outcome, reason, command, about, by, "command");
        }
    }
}

fn of_task(task: &Task) -> (&'static str, Option<String>) {
    match task {
        Task::Status => ("status", None),
        Task::Who { .. } => ("who", None),
        Task::Reload => ("reload", None),
        Task::Domain(DomainTask::Add(domain)) => ("domain add", Some(domain.clone())),
        Task::Domain(DomainTask::List) => ("domain list", None),
        Task::Domain(DomainTask::Remove(domain)) => ("domain remove", Some(domain.clone())),
        Task::User { address, task } => (of_user(task), Some(about_user(address, task))),
        Task::UserList => ("user list", None),
        Task::UserAddMany(users) => ("user add", Some(format!("{} users", users.len()))),
        Task::Alias(AliasTask::Set { address, targets }) => {
            ("alias set", Some(format!("{address} -> {}", targets.join(", "))))
        }
        Task::Alias(AliasTask::List) => ("alias list", None),
        Task::Alias(AliasTask::Remove(address)) => ("alias remove", Some(address.clone())),
        Task::Check { .. } => ("check", None),
        Task::Repair { .. } => ("repair", None),
        Task::Index { address, .. } => ("index", address.clone()),
        Task::Queue(QueueTask::List) => ("queue list", None),
        Task::Queue(QueueTask::Remove(id)) => ("queue remove", Some(id.to_string())),
        Task::Queue(QueueTask::Retry(id)) => ("queue retry", Some(id.to_string())),
        Task::Backup { folder, .. } => ("backup", Some(folder.display().to_string())),
    }
}

fn about_user(address: &str, task: &UserTask) -> String {
    if let UserTask::Rename { to, .. } = task {
        format!("{address} -> {to}")
    } else {
        address.to_owned()
    }
}

fn of_user(task: &UserTask) -> &'static str {
    match task {
        UserTask::Add { .. } => "user add",
        UserTask::Show => "user show",
        UserTask::SetPassword(_) => "user passwd",
        UserTask::SetQuota(_) => "user quota",
        UserTask::Remove => "user remove",
        UserTask::Rename { .. } => "user rename",
        UserTask::Disable => "user disable",
        UserTask::Enable => "user enable",
        UserTask::ResetFactors => "user reset-factors",
        UserTask::AddAppPassword { .. } => "user password add",
        UserTask::ListAppPasswords => "user password list",
        UserTask::RemoveAppPassword(_) => "user password remove",
        UserTask::AddToken { .. } => "user token add",
        UserTask::ListTokens => "user token list",
        UserTask::RemoveToken(_) => "user token remove",
        UserTask::Identity(IdentityTask::Add(_)) => "user identity add",
        UserTask::Identity(IdentityTask::List) => "user identity list",
        UserTask::Identity(IdentityTask::Remove(_)) => "user identity remove",
        UserTask::Share(ShareTask::List { .. }) => "user share list",
        UserTask::Share(ShareTask::Set { .. }) => "user share set",
        UserTask::Share(ShareTask::Seen { .. }) => "user share seen",
        UserTask::Retained { .. } => "user retained",
        UserTask::Purge => "user purge",
        UserTask::BringBack { .. } | UserTask::BringBackAll(_) => "user bring-back",
        UserTask::Pop3(Pop3Task::Show) => "user pop3 show",
        UserTask::Pop3(Pop3Task::Set { .. }) => "user pop3 set",
        UserTask::Pop3(Pop3Task::Reset { .. }) => "user pop3 reset",
        UserTask::Pop3(Pop3Task::ShowAgain { .. }) => "user pop3 show-again",
        UserTask::History { .. } => "user history",
        UserTask::Undoable { .. } => "undo --list",
        UserTask::Undo { .. } => "undo",
    }
}

#[cfg(test)]
mod tests {
    use super::Asked;
    use crate::request::{AliasTask, Password, Request, Task, UserTask};

    #[test]
    fn a_command_is_named_as_on_the_command_line_and_without_its_password() {
        let address = || "ana@example.org".to_owned();
        let password = Password::new("long enough".to_owned());
        let task = UserTask::SetPassword(password);
        let user = Asked::of(&Request::Do(Task::User { address: address(), task }));
        assert_eq!((user.command, user.about), ("user passwd", Some(address())));
        let task =
            AliasTask::Set { address: "info@example.org".to_owned(), targets: vec![address()] };
        let alias = Asked::of(&Request::Do(Task::Alias(task)));
        assert_eq!(alias.about.as_deref(), Some("info@example.org -> ana@example.org"));
    }
}

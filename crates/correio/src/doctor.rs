//! What `correio doctor` finds: one finding for each thing it looked at, and the report that tells of them as they come.

pub(crate) mod account;
pub(crate) mod here;

use anyhow::Result;
use serde::Serialize;

use crate::companion::{Text, language};
use crate::context::Context;
use crate::output::{Tint, json, line, tinted};

/// What was found of one thing.
#[derive(Serialize)]
pub(crate) struct Finding {
    /// The account; none: this computer.
    pub(crate) account: Option<String>,
    /// What was looked at, for programs.
    pub(crate) check: &'static str,
    /// How it is.
    pub(crate) level: Level,
    /// How it is, for people, in their language.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) to_do: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// It works, and could be safer or quicker.
    Warning,
    /// It does not work, or is in danger.
    Bad,
}

/// All findings.
pub(crate) struct Report<'r> {
    context: &'r Context,
    pub(crate) text: Text,
    account: Option<String>,
    all: Vec<Finding>,
}

impl<'r> Report<'r> {
    pub(crate) fn new(context: &'r Context) -> Report<'r> {
        Report { context, text: language(), account: None, all: Vec::new() }
    }

    /// What follows is about this account.
    pub(crate) fn about(&mut self, name: &str, address: &str) -> Result<()> {
        self.account = Some(name.to_owned());
        self.title(&format!("{name} ({address})"))
    }

    /// A title for people.
    pub(crate) fn title(&self, title: &str) -> Result<()> {
        if self.context.json {
            return Ok(());
        }
        if !self.all.is_empty() {
            line("")?;
        }
        line(&tinted(title, Tint::Bold))
    }

    pub(crate) fn ok(&mut self, check: &'static str, text: impl Into<String>) -> Result<()> {
        self.add(check, Level::Ok, text.into(), None)
    }

    pub(crate) fn warning(
        &mut self,
        check: &'static str,
        text: impl Into<String>,
        to_do: impl Into<String>,
    ) -> Result<()> {
        self.add(check, Level::Warning, text.into(), Some(to_do.into()))
    }

    pub(crate) fn bad(
        &mut self,
        check: &'static str,
        text: impl Into<String>,
        to_do: impl Into<String>,
    ) -> Result<()> {
        self.add(check, Level::Bad, text.into(), Some(to_do.into()))
    }

    fn add(
        &mut self,
        check: &'static str,
        level: Level,
        text: String,
        to_do: Option<String>,
    ) -> Result<()> {
        let to_do = to_do.filter(|it| !it.is_empty());
        if !self.context.json {
            let (mark, tint) = match level {
                Level::Ok => (self.text.of("ok", "ok"), Tint::Green),
                Level::Warning => (self.text.of("warning", "aviso"), Tint::Bold),
                Level::Bad => (self.text.of("bad", "ruim"), Tint::Red),
            };
            line(&format!("  {} {text}", tinted(&format!("{mark:<8}"), tint)))?;
            if let Some(to_do) = &to_do {
                line(&format!("           {to_do}"))?;
            }
        }
        let account = self.account.clone();
        self.all.push(Finding { account, check, level, text, to_do });
        Ok(())
    }

    /// Prints what is left to be printed. Gives how the worst is.
    pub(crate) fn end(self) -> Result<Level> {
        let worst = self.all.iter().map(|it| it.level).max().unwrap_or(Level::Ok);
        let count = |level| self.all.iter().filter(|it| it.level == level).count();
        if self.context.json {
            json(&self.all)?;
            return Ok(worst);
        }
        let (ok, warnings, bad) = (count(Level::Ok), count(Level::Warning), count(Level::Bad));
        line("")?;
        line(&self.text.of(
            format!(
                "{ok} as it should be, {warnings} to think about, {bad} to do something about."
            ),
            format!("{ok} em ordem, {warnings} para pensar, {bad} para resolver."),
        ))?;
        Ok(worst)
    }
}

//! Logging: one line an event on standard error, or in the data folder, as text or JSON. Secrets have no `Debug`, so none can come here.
//!
//! A line of text is the time, the level, what the event is about, and its fields as `name=value`, for people and for
//! programs alike:
//!
//! ```text
//! 2026-11-29T10:12:56.123456Z  INFO login door=imap address=192.0.2.7 outcome=ok user=ana@example.org device="Office PC"
//! ```
//!
//! What a stranger may have written stands in quotation marks where it is more than one plain word, and has no line end
//! in it, so that no client can write lines of its own into the log, nor fields of its own into a line.

use std::sync::OnceLock;
use std::{fmt, io};

use admin::keep::Folder;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{LogFormat, LogSection};

/// Starts logging. A second call changes nothing.
pub fn start(section: &LogSection) {
    let filter = EnvFilter::try_new(&section.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr);
    match section.format {
        LogFormat::Text => {
            let builder = builder.event_format(Lines).with_env_filter(filter);
            let builder = builder.with_filter_reloading();
            let handle = builder.reload_handle();
            drop(FILTER.set(Box::new(move |filter| handle.reload(filter).is_ok())));
            drop(tracing::subscriber::set_global_default(builder.finish()));
        }
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true).with_env_filter(filter);
            let builder = builder.with_filter_reloading();
            let handle = builder.reload_handle();
            drop(FILTER.set(Box::new(move |filter| handle.reload(filter).is_ok())));
            drop(tracing::subscriber::set_global_default(builder.finish()));
        }
    }
    std::panic::set_hook(Box::new(|panic| {
        // A panic ends one connection's task; it is a fault of ours all the same.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let words = panic.payload_as_str().unwrap_or("");
        tracing::error!(place, words, "a task panicked; the others go on");
    }));
}

/// Sets the filter of the log that was started.
static FILTER: OnceLock<SetFilter> = OnceLock::new();

type SetFilter = Box<dyn Fn(EnvFilter) -> bool + Send + Sync>;

/// Logs from now on what this level says.
pub fn set_level(level: &str) {
    if let (Ok(filter), Some(set)) = (EnvFilter::try_new(level), FILTER.get())
        && !set(filter)
    {
        tracing::warn!(level, "the level of the log cannot be set");
    }
}

/// Starts logging into the data folder, for commands that work on it without a host: nobody reads their standard error later.
pub fn start_in(folder: &Folder, section: &LogSection) {
    let filter = EnvFilter::try_new(&section.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let folder = folder.clone();
    let to = move || CommandLog(folder.clone());
    drop(tracing::subscriber::set_global_default(subscriber(section.format, filter, to)));
}

/// The longest log of commands, in octets; one such log is kept besides.
const COMMAND_LOG_OCTETS_MAX: u64 = 1 << 20;

/// Appends lines to the log of commands in a data folder.
struct CommandLog(Folder);

impl io::Write for CommandLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !self.0.is_used() {
            // A folder that is no data folder stays as it is.
            return Ok(line.len());
        }
        let log = self.0.command_log();
        if machine::files::append_private(&log, line)? > COMMAND_LOG_OCTETS_MAX {
            machine::files::rename(&log, &self.0.command_log_before())?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What writes the log of a host, to wherever it is wanted.
pub fn subscriber(
    format: LogFormat,
    filter: EnvFilter,
    to: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Box<dyn Subscriber + Send + Sync> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(to);
    match format {
        LogFormat::Text => Box::new(builder.event_format(Lines).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

/// Writes an event as one line of text.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        SystemTime.format_time(&mut writer)?;
        write!(writer, " {:>5} ", event.metadata().level())?;
        let mut message = Message(String::new());
        event.record(&mut message);
        escape(&message.0, &mut writer)?;
        let mut fields = Fields { line: &mut writer, done: Ok(()) };
        event.record(&mut fields);
        fields.done?;
        writeln!(writer)
    }
}

const MESSAGE: &str = "message";

/// What the event is about.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == MESSAGE {
            self.0 = format!("{value:?}");
        }
    }
}

/// All other fields.
struct Fields<'l, 'w> {
    line: &'l mut Writer<'w>,
    done: fmt::Result,
}

impl Fields<'_, '_> {
    fn write(&mut self, field: &Field, value: &str) {
        if field.name() != MESSAGE && self.done.is_ok() {
            self.done =
                write!(self.line, " {}=", field.name()).and_then(|()| quote(value, self.line));
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !text.contains(&words) {
                text.push_str(": ");
                text.push_str(&words);
            }
            cause = error.source();
        }
        self.write(field, &text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // What is recorded with `Display` and numbers come here too.
        self.write(field, &format!("{value:?}"));
    }
}

/// A plain word as it is, anything else in quotation marks.
fn quote(value: &str, line: &mut Writer<'_>) -> fmt::Result {
    let is_plain =
        |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '"' | '=' | '\\');
    if !value.is_empty() && value.chars().all(is_plain) {
        return line.write_str(value);
    }
    line.write_char('"')?;
    escape(value, line)?;
    line.write_char('"')
}

fn escape(value: &str, line: &mut Writer<'_>) -> fmt::Result {
    for c in value.chars() {
        match c {
            '"' | '\\' => write!(line, "\\{c}")?,
            // Separators of lines beyond ASCII too.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                write!(line, "{}", c.escape_default())?;
            }
            c => line.write_char(c)?,
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;

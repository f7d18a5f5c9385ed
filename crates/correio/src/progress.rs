//! Progress bars: on standard error, and only when that is a terminal.

use std::io::IsTerminal as _;
use std::time::Duration;

use admin::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that appears with the first step.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new() -> Bar {
        let bar = ProgressBar::new_spinner();
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Bar(bar)
    }

    /// Shows a step.
    pub(crate) fn show(&mut self, step: &Progress) {
        if self.0.length() != step.of {
            let template = match step.of {
                Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} ({eta} left)",
                None => "{spinner} {msg} {human_pos} ({elapsed})",
            };
            self.style(template, step.of);
        }
        self.0.set_message(step.what.clone());
        self.0.set_position(step.done);
    }

    /// Shows octets, of so many in all.
    pub(crate) fn octets(&mut self, what: &str, of: u64) {
        self.style("{msg} {wide_bar} {bytes}/{total_bytes} ({eta} left)", Some(of));
        self.0.set_message(what.to_owned());
    }

    /// Shows octets that come over a line: how fast, and how long it still takes.
    pub(crate) fn transfer(&mut self, what: &str, done: u64, of: u64) {
        if self.0.length() != Some(of) {
            let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} ({eta} left)";
            self.style(template, Some(of));
            self.0.set_message(what.to_owned());
        }
        self.0.set_position(done);
    }

    /// So much more is done.
    pub(crate) fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }

    fn style(&self, template: &str, of: Option<u64>) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
        match of {
            Some(of) => self.0.set_length(of),
            None => self.0.unset_length(),
        }
        self.0.enable_steady_tick(Duration::from_millis(200));
    }
}

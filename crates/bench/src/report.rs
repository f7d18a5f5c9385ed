//! The table: what was measured, the ratio, and the goal.

use comfy_table::{CellAlignment, Table};

use crate::server::Kind;
use crate::work::looking;

/// A figure.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Figure {
    /// So many a second: more is better.
    PerSecond(f64),
    /// MB/s: more is better.
    MegabytesPerSecond(f64),
    /// Milliseconds: less is better.
    Milliseconds(f64),
    /// Kilobytes (1,024 octets): less is better.
    Kilobytes(f64),
    /// Megabytes (1,048,576 octets): less is better.
    Megabytes(f64),
    /// Microseconds: less is better.
    Microseconds(f64),
    /// So many times as quick as what cannot be beaten: more is better.
    Times(f64),
    /// Octets for each of something: less is better.
    Octets(f64),
}

impl Figure {
    /// As people read it.
    pub(crate) fn shown(self) -> String {
        match self {
            Figure::PerSecond(n) => format!("{} /s", grouped(n)),
            Figure::MegabytesPerSecond(n) => format!("{} MB/s", grouped(n)),
            Figure::Milliseconds(n) if n < 10.0 => format!("{n:.1} ms"),
            Figure::Milliseconds(n) => format!("{} ms", grouped(n)),
            Figure::Kilobytes(n) => format!("{n:.1} KB"),
            Figure::Megabytes(n) => format!("{n:.0} MB"),
            Figure::Microseconds(n) => format!("{n:.1} µs"),
            Figure::Times(n) => format!("{n:.2} x"),
            Figure::Octets(n) if n < 10.0 => format!("{n:.2} octets"),
            Figure::Octets(n) => format!("{} octets", grouped(n)),
        }
    }

    fn value(self) -> f64 {
        match self {
            Figure::PerSecond(n)
            | Figure::MegabytesPerSecond(n)
            | Figure::Milliseconds(n)
            | Figure::Kilobytes(n)
            | Figure::Megabytes(n)
            | Figure::Microseconds(n)
            | Figure::Times(n)
            | Figure::Octets(n) => n,
        }
    }

    /// How many times better than another figure.
    pub(crate) fn times_better_than(self, other: Figure) -> f64 {
        match self {
            Figure::PerSecond(_) | Figure::MegabytesPerSecond(_) | Figure::Times(_) => {
                self.value() / other.value()
            }
            Figure::Milliseconds(_)
            | Figure::Kilobytes(_)
            | Figure::Megabytes(_)
            | Figure::Microseconds(_)
            | Figure::Octets(_) => other.value() / self.value(),
        }
    }
}

fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What we mean to reach.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// A ratio to the peer.
    Times(f64),
    /// No more than this, in the figure's own unit.
    Under(f64),
    /// No less than this, in the figure's own unit.
    AtLeast(f64),
    /// Only to be seen.
    None,
}

/// The rows that do not belong to a work alone, in the order in which they are shown.
const FIXED: &[(&str, Goal)] = &[
    ("LMTP 8 KB, 64 connections", Goal::Times(6.0)),
    ("LMTP 8 KB, 16 connections", Goal::Times(3.0)),
    ("LMTP 8 KB, 1 connection", Goal::Times(1.5)),
    ("APPEND 8 KB, 64 connections", Goal::Times(4.0)),
    ("APPEND 8 KB, 16 connections", Goal::Times(3.0)),
    ("APPEND 8 KB, 1 connection", Goal::Times(1.2)),
    ("login to logout, 16 connections, plain", Goal::Times(4.0)),
    ("login to logout, 64 connections, plain", Goal::Times(4.0)),
    ("the same beside 16 connections", Goal::AtLeast(1.0)),
    ("login to logout, 16 connections, TLS", Goal::Times(4.0)),
    ("FETCH of all flags, 100,000 messages", Goal::Times(2.0)),
    ("FETCH of new envelopes, 10,000 messages", Goal::Times(10.0)),
    ("bodies streamed, plain", Goal::Times(1.5)),
    ("the same beside a bare sender", Goal::AtLeast(0.8)),
    ("bodies streamed, TLS", Goal::Times(2.0)),
    ("one body by UID, 4 connections", Goal::Times(1.5)),
    ("STORE on one message, 8 connections", Goal::Times(1.0)),
    ("STORE on one message, 1 connection", Goal::None),
    ("the same beside a bare write and fdatasync", Goal::AtLeast(0.85)),
    ("SEARCH UNSEEN, 10,000 messages", Goal::None),
    ("SEARCH SUBJECT, 10,000 messages", Goal::None),
    ("SEARCH TEXT, 10,000 messages of 8 KB", Goal::None),
    ("SEARCH HEADER, any field, 10,000 messages of 8 KB", Goal::Under(10.0)),
    ("JMAP, 100,000 messages: first call after a start", Goal::None),
    ("JMAP, 100,000 messages: first screen", Goal::Under(5.0)),
    ("JMAP, 100,000 messages: first screen, 99 of 100", Goal::Under(15.0)),
    ("JMAP Email/query by date at any position", Goal::Under(2.0)),
    ("JMAP Email/query of a text", Goal::Under(40.0)),
    ("JMAP Email/get of 50 previews", Goal::Under(3.0)),
    ("JMAP Email/set of 1,000 keywords", Goal::Under(10.0)),
    ("SORT by date, 100,000 messages", Goal::Under(10.0)),
    ("SORT by subject, 100,000 messages", Goal::Under(10.0)),
    ("SORT by from, 100,000 messages", Goal::Under(10.0)),
    ("SORT by size, 100,000 messages", Goal::Under(10.0)),
    ("THREAD by references, 100,000 messages", Goal::Under(15.0)),
    ("THREAD by refs, 100,000 messages", Goal::Under(15.0)),
    ("SORT by subject, 100,000, first after a start", Goal::Under(100.0)),
    ("THREAD by references, 100,000, first after a start", Goal::Under(100.0)),
    ("expunge 10,000 messages", Goal::Times(8.0)),
    ("IDLE: news to 200 sessions, p99", Goal::Under(20.0)),
    ("memory of an idle, logged-in connection", Goal::Under(24.0)),
    ("memory of a connection that listens to 1,000 mailboxes", Goal::Under(24.0)),
    ("NOTIFY: news to 1,000 sessions, p99", Goal::Under(200.0)),
    ("POP3 login to QUIT, nothing new, 64 connections", Goal::Times(5.0)),
    ("POP3 RETR 39 KB, one by one", Goal::Times(2.5)),
    ("POP3 RETR 39 KB, 32 pipelined", Goal::Times(2.5)),
    ("POP3 DELE one by one", Goal::Times(1.0)),
    ("processor time of one DELE", Goal::Times(2.0)),
    ("POP3 STAT + LIST + UIDL, 100,000 messages", Goal::Times(15.0)),
    ("POP3 DELE of 10,000 and QUIT", Goal::Times(15.0)),
    ("user add --from FILE beside bare hashes", Goal::AtLeast(0.95)),
    ("memory after 3,000 were added", Goal::Under(64.0)),
    ("open 200,000 messages after kill -9", Goal::Under(2000.0)),
    ("LMTP 8 KB, 16 connections, no index made", Goal::None),
    ("while an index of 100,000 is made", Goal::None),
    ("the same beside no index made", Goal::AtLeast(0.9)),
    ("memory more while an index of 100,000 is made", Goal::Under(32.0)),
    ("index, for each of 1,000,000 messages", Goal::Under(800.0)),
    ("written for each octet kept, 4 KB each", Goal::Under(1.3)),
    ("STORE on one of 10,000 messages, 8 connections", Goal::None),
    ("STORE on one of 1,000,000 messages, 8 connections", Goal::None),
    ("FETCH FLAGS of 1,000,000 messages", Goal::None),
    ("FETCH RFC822.SIZE INTERNALDATE of 1,000,000", Goal::Under(100.0)),
    ("FETCH ENVELOPE of 100,000 messages", Goal::Under(100.0)),
];

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, Goal)> {
    FIXED.iter().copied().chain(looking::rows())
}

/// All figures.
#[derive(Default)]
pub(crate) struct Report {
    figures: Vec<(Kind, &'static str, Figure)>,
}

impl Report {
    /// Adds a figure.
    pub(crate) fn add(&mut self, kind: Kind, row: &'static str, figure: Figure) {
        self.figures.push((kind, row, figure));
    }

    fn figure(&self, kind: Kind, row: &str) -> Option<Figure> {
        self.figures.iter().find(|f| f.0 == kind && f.1 == row).map(|f| f.2)
    }

    fn rows(&self) -> Vec<[String; 6]> {
        let mut rows = Vec::new();
        for (row, goal) in self::rows() {
            let ours = self.figure(Kind::Correio, row);
            let peer = self.figure(Kind::Dovecot, row);
            if ours.is_none() && peer.is_none() {
                continue;
            }
            let ratio = ours.zip(peer).map(|(ours, peer)| ours.times_better_than(peer));
            let (wanted, reached) = match goal {
                Goal::Times(times) => (format!("{times}x"), ratio.map(|ratio| ratio >= times)),
                Goal::Under(most) => {
                    let unit = ours.map(|f| f.shown()).unwrap_or_default();
                    let unit = unit.rsplit(' ').next().unwrap_or_default().to_owned();
                    (format!("under {most} {unit}"), ours.map(|ours| ours.value() < most))
                }
                Goal::AtLeast(least) => {
                    (format!("at least {least}x"), ours.map(|ours| ours.value() >= least))
                }
                Goal::None => (String::new(), None),
            };
            rows.push([
                row.to_owned(),
                ours.map(Figure::shown).unwrap_or_default(),
                peer.map(Figure::shown).unwrap_or_default(),
                ratio.map(|ratio| format!("{ratio:.1}x")).unwrap_or_default(),
                wanted,
                reached.map(|yes| if yes { "yes" } else { "no" }).unwrap_or_default().to_owned(),
            ]);
        }
        rows
    }

    const HEADER: [&'static str; 6] = ["work", "correio", "Dovecot", "ratio", "goal", "reached"];

    /// As a table for the terminal.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
        table.set_header(Self::HEADER).add_rows(self.rows());
        for column in 1..5 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.to_string()
    }

    /// As Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut lines = vec![Self::HEADER.join(" | "), "---|--:|--:|--:|--:|---".to_owned()];
        lines.extend(self.rows().into_iter().map(|row| row.join(" | ")));
        lines.into_iter().map(|line| format!("|{line}|\n")).collect()
    }
}

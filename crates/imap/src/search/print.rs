//! Writes search keys, for the client; without recursion too.

use super::{DateOf, EnvelopeField, Key, Lies, SystemFlag};
use crate::wire::CommandWriter;

/// What is still to be written.
enum Todo<'a> {
    Key(&'a Key),
    Text(&'static str),
}

/// Writes a program: an `And` without parentheses around it.
pub(crate) fn print_program(key: &Key, out: &mut CommandWriter) {
    let mut todo = Vec::new();
    if let Key::And(keys) = key {
        push_all(&mut todo, keys);
    } else {
        todo.push(Todo::Key(key));
    }
    while let Some(next) = todo.pop() {
        match next {
            Todo::Text(text) => out.raw(text),
            Todo::Key(Key::And(keys)) => {
                out.raw("(");
                todo.push(Todo::Text(")"));
                push_all(&mut todo, keys);
            }
            Todo::Key(Key::Or(keys)) => {
                let ors = keys.len().saturating_sub(1);
                (0..ors).for_each(|_| out.raw("OR "));
                push_all(&mut todo, keys);
            }
            Todo::Key(Key::Not(key)) => {
                if let Key::Flag(flag) = **key
                    && flag != SystemFlag::Recent
                {
                    out.raw("UN");
                    out.raw(flag_name(flag));
                } else {
                    out.raw("NOT ");
                    todo.push(Todo::Key(key));
                }
            }
            Todo::Key(key) => print_leaf(key, out),
        }
    }
}

/// Puts keys on the stack so that they are written in order with a space between.
fn push_all<'a>(todo: &mut Vec<Todo<'a>>, keys: &'a [Key]) {
    for (index, key) in keys.iter().enumerate().rev() {
        todo.push(Todo::Key(key));
        if index > 0 {
            todo.push(Todo::Text(" "));
        }
    }
}

fn print_leaf(key: &Key, out: &mut CommandWriter) {
    let named = |out: &mut CommandWriter, name: &str, text: &str| {
        out.raw(name);
        out.space();
        out.astring(text.as_bytes());
    };
    match key {
        Key::All | Key::And(_) | Key::Or(_) | Key::Not(_) => out.raw("ALL"),
        Key::Flag(flag) => out.raw(flag_name(*flag)),
        Key::Keyword(keyword) => {
            out.raw("KEYWORD ");
            out.atom(keyword);
        }
        Key::Header { field, text } => {
            named(out, "HEADER", field);
            out.space();
            out.astring(text.as_bytes());
        }
        Key::Envelope { field, text } => named(out, field_name(*field), text),
        Key::Body(text) => named(out, "BODY", text),
        Key::Text(text) => named(out, "TEXT", text),
        Key::Date { of, lies, date } => {
            out.raw(match of {
                DateOf::Arrival => "",
                DateOf::Sent => "SENT",
            });
            out.raw(match lies {
                Lies::Before => "BEFORE ",
                Lies::On => "ON ",
                Lies::Since => "SINCE ",
            });
            date.print(&mut out.out);
        }
        Key::Larger(octets) => {
            out.raw("LARGER ");
            out.number(*octets);
        }
        Key::Smaller(octets) => {
            out.raw("SMALLER ");
            out.number(*octets);
        }
        Key::Numbers(messages) => messages.print(&mut out.out),
        Key::Uids(messages) => {
            out.raw("UID ");
            messages.print(&mut out.out);
        }
        Key::ModSeq(modseq) => {
            out.raw("MODSEQ ");
            out.number(modseq.0);
        }
        Key::EmailId(id) => {
            out.raw("EMAILID ");
            out.atom(id);
        }
        Key::ThreadId(id) => {
            out.raw("THREADID ");
            out.atom(id);
        }
    }
}

const fn flag_name(flag: SystemFlag) -> &'static str {
    match flag {
        SystemFlag::Answered => "ANSWERED",
        SystemFlag::Deleted => "DELETED",
        SystemFlag::Draft => "DRAFT",
        SystemFlag::Flagged => "FLAGGED",
        SystemFlag::Recent => "RECENT",
        SystemFlag::Seen => "SEEN",
    }
}

const fn field_name(field: EnvelopeField) -> &'static str {
    match field {
        EnvelopeField::Bcc => "BCC",
        EnvelopeField::Cc => "CC",
        EnvelopeField::From => "FROM",
        EnvelopeField::Subject => "SUBJECT",
        EnvelopeField::To => "TO",
    }
}

//! Writes search keys, for the client; without recursion too.

use super::Key;
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
                let named =
                    if let Key::Leaf(leaf) = &**key { leaf.inner().print_not(out) } else { false };
                if !named {
                    out.raw("NOT ");
                    todo.push(Todo::Key(key));
                }
            }
            Todo::Key(Key::Fuzzy(key)) => {
                out.raw("FUZZY ");
                todo.push(Todo::Key(key));
            }
            Todo::Key(Key::Leaf(leaf)) => leaf.inner().print(out),
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

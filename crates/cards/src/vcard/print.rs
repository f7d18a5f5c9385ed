//! vCards as text: lines of at most 75 octets (RFC 6350, 3.2), of which none can become two.

use super::line::is_name;
use super::{Property, VCard};

/// RFC 6350, 3.2: without the end of the line.
const LINE_OCTETS_MAX: usize = 75;

impl VCard {
    /// The whole text.
    pub fn print(&self) -> String {
        self.print_only(|_| true)
    }

    /// The text with those properties whose name, in capitals, is wanted; `VERSION` is always there.
    pub fn print_only(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        let mut out = format!("BEGIN:VCARD\r\nVERSION:{}\r\n", self.version.as_str());
        let is_sound = |property: &&Property| is_name(&property.name) && is_wanted(&property.name);
        for property in self.properties.iter().filter(is_sound) {
            fold(&property.line(), &mut out);
        }
        out.push_str("END:VCARD\r\n");
        out
    }
}

impl Property {
    fn line(&self) -> String {
        let mut line = String::with_capacity(self.value.len().saturating_add(40));
        if let Some(group) = self.group.as_deref().filter(|group| is_name(group)) {
            line.push_str(group);
            line.push('.');
        }
        line.push_str(&self.name);
        for (name, values) in self.params.iter().filter(|(name, _)| is_name(name)) {
            let values: Vec<String> = values.iter().map(|value| parameter(value)).collect();
            line.push_str(&format!(";{name}={}", values.join(",")));
        }
        line.push(':');
        line.extend(self.value.chars().filter(|letter| !letter.is_control() || *letter == '\t'));
        line
    }
}

/// A value of a parameter (RFC 6350, 3.3; RFC 6868).
fn parameter(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\n' => out.push_str("^n"),
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    if out.contains([',', ';', ':']) || out.trim() != out { format!("\"{out}\"") } else { out }
}

/// Puts a line down, folded between letters.
fn fold(line: &str, out: &mut String) {
    let mut rest = line;
    let mut most = LINE_OCTETS_MAX;
    while rest.len() > most {
        let (front, back) = rest.split_at(rest.floor_char_boundary(most));
        out.push_str(front);
        out.push_str("\r\n ");
        rest = back;
        // The blank counts.
        most = LINE_OCTETS_MAX.saturating_sub(1);
    }
    out.push_str(rest);
    out.push_str("\r\n");
}

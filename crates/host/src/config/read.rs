//! Reads a configuration file, and names every mistake in it: where it stands, which setting it is about, and what was
//! most likely meant.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::Config;
use super::settings::SETTINGS;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It is no TOML, has a setting that there is not, or a value that makes no sense.
    #[error("{}", lines(path, mistakes))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// All that is wrong in it.
        mistakes: Vec<Mistake>,
    },
}

impl ConfigFault {
    /// One line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            ConfigFault::Unreadable { .. } => vec![self.to_string()],
            ConfigFault::Wrong { path, mistakes } => {
                mistakes.iter().map(|mistake| format!("{}, {mistake}", path.display())).collect()
            }
        }
    }
}

fn lines(path: &Path, mistakes: &[Mistake]) -> String {
    let lines: Vec<String> =
        mistakes.iter().map(|mistake| format!("{}, {mistake}", path.display())).collect();
    lines.join("\n")
}

/// Something that is wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    place: Place,
    setting: Option<String>,
    why: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.place.line, self.place.column)?;
        if let Some(setting) = &self.setting {
            write!(f, "{setting}: ")?;
        }
        f.write_str(&self.why)
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
}

impl Place {
    fn of(text: &str, octet: usize) -> Place {
        let before = text.get(..octet).unwrap_or(text);
        let line = before.matches('\n').count().saturating_add(1);
        let begin = before.rfind('\n').map_or(before, |end| before.get(end..).unwrap_or(""));
        let column = begin.trim_start_matches('\n').chars().count().saturating_add(1);
        Place { line, column }
    }
}

/// What a text says, before it is looked at what it means.
#[derive(Default)]
struct Said {
    /// Where each setting stands.
    places: BTreeMap<String, Place>,
    /// Where the value of each setting and the head of each section stands.
    spans: Vec<(Range<usize>, String)>,
    mistakes: Vec<Mistake>,
}

impl Config {
    /// Reads a file and checks all values.
    pub fn read(path: &Path) -> Result<Config, ConfigFault> {
        let text = machine::files::read_text(path)
            .map_err(|cause| ConfigFault::Unreadable { path: path.to_owned(), cause })?;
        Config::parse(&text, path)
    }

    /// Checks the text of a file.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigFault> {
        read(text).map_err(|mistakes| ConfigFault::Wrong { path: path.to_owned(), mistakes })
    }
}

fn read(text: &str) -> Result<Config, Vec<Mistake>> {
    let table = DeTable::parse(text).map_err(|error| vec![of_toml(text, &[], &error)])?;
    let said = Said::of(text, table.get_ref());
    if !said.mistakes.is_empty() {
        return Err(said.mistakes);
    }
    let mut config: Config =
        toml::from_str(text).map_err(|error| vec![of_toml(text, &said.spans, &error)])?;
    let mistakes: Vec<Mistake> =
        config.check().into_iter().map(|(setting, why)| said.of_value(setting, why)).collect();
    config.said = said.places;
    if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
}

impl Said {
    fn of(text: &str, table: &DeTable<'_>) -> Said {
        let mut said = Said::default();
        for (key, value) in table {
            let (name, place) = (key.get_ref().as_ref(), Place::of(text, key.span().start));
            match value.get_ref().as_table().filter(|_| is_section(name)) {
                Some(section) => {
                    said.spans.push((value.span(), name.to_owned()));
                    for (key, value) in section {
                        let name = format!("{name}.{}", key.get_ref());
                        said.setting(name, Place::of(text, key.span().start), value.span());
                    }
                }
                None => said.setting(name.to_owned(), place, value.span()),
            }
        }
        said.mistakes.sort_by_key(|mistake| (mistake.place.line, mistake.place.column));
        said
    }

    fn setting(&mut self, name: String, place: Place, value: Range<usize>) {
        if SETTINGS.iter().any(|setting| setting.name == name) {
            self.spans.push((value, name.clone()));
            self.places.insert(name, place);
            return;
        }
        let why = if is_section(&name) {
            format!(
                "{name} is a section: write [{name}] on a line of its own, and its settings below"
            )
        } else {
            match meant(&name) {
                Some(meant) => format!("unknown setting {name}; did you mean {meant}?"),
                None => format!(
                    "unknown setting {name}; `correio config sample` prints all that there are"
                ),
            }
        };
        self.mistakes.push(Mistake { place, setting: None, why });
    }

    /// What is wrong with a value that is of the right type.
    fn of_value(&self, setting: &str, why: String) -> Mistake {
        // What several settings have together stands where the first of them does.
        let here = |name: &String| {
            name == setting || name.strip_prefix(setting).is_some_and(|rest| rest.starts_with('.'))
        };
        let place = self.places.iter().find(|(name, _)| here(name)).map(|(_, place)| *place);
        let place = place.unwrap_or(Place { line: 1, column: 1 });
        Mistake { place, setting: Some(setting.to_owned()), why }
    }
}

fn of_toml(text: &str, spans: &[(Range<usize>, String)], error: &toml::de::Error) -> Mistake {
    let at = error.span().map_or(0, |span| span.start);
    // A section holds its settings: the smallest of those around the place is what it is about.
    let around = spans.iter().filter(|(span, _)| span.contains(&at));
    let setting = around.min_by_key(|(span, _)| span.len()).map(|(_, name)| name.clone());
    let mut why = error.message().trim().replace('\n', "; ");
    for (type_name, words) in [
        ("expected usize", "expected a whole number, 0 or more"),
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected u32", "expected a whole number from 0 to 4294967295"),
    ] {
        why = why.replace(type_name, words);
    }
    Mistake { place: Place::of(text, at), setting, why }
}

fn sections() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().filter_map(|setting| setting.place().0)
}

fn is_section(name: &str) -> bool {
    sections().any(|section| section == name)
}

/// What somebody meant who wrote this name: a setting of another section, or one that is written nearly so.
fn meant(name: &str) -> Option<String> {
    let last = name.rsplit_once('.').map_or(name, |(_, last)| last);
    if let Some(elsewhere) = SETTINGS.iter().find(|setting| setting.place().1 == last) {
        return Some(match elsewhere.place() {
            (Some(section), name) => format!("{name} in [{section}]"),
            (None, name) => format!("{name} at the top of the file, before the first [section]"),
        });
    }
    let settings = SETTINGS.iter().flat_map(|setting| [setting.name, setting.place().1]);
    let distance = |known: &str| strsim::damerau_levenshtein(name, known);
    let near =
        settings
            .chain(sections())
            .map(|known| (distance(known), known))
            .chain(SETTINGS.iter().map(|setting| {
                (strsim::damerau_levenshtein(last, setting.place().1), setting.name)
            }))
            .min_by_key(|(distance, _)| *distance);
    let allowed = last.chars().count().div_ceil(4).max(1);
    let (_, known) = near.filter(|(distance, _)| *distance <= allowed)?;
    let full = SETTINGS.iter().find(|setting| setting.name == known || setting.place().1 == known);
    Some(match full {
        Some(setting) => setting.name.to_owned(),
        None => format!("[{known}]"),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;

    fn mistakes(text: &str) -> Vec<String> {
        Config::parse(text, Path::new("/c.toml")).unwrap_err().lines()
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let text = "retention_day = 3\ndomian = \"x\"\n[limits]\nhot_memory = \"1G\"\nloopbak = true\n[logg]\n";
        assert_eq!(
            mistakes(text),
            [
                "/c.toml, line 1, column 1: unknown setting retention_day; did you mean retention_days?",
                "/c.toml, line 2, column 1: unknown setting domian; did you mean domain?",
                "/c.toml, line 5, column 1: unknown setting limits.loopbak; did you mean limits.loopback?",
                "/c.toml, line 6, column 2: unknown setting logg; did you mean [log]?",
            ]
        );
        let text = "domain = \"a b\"\nlisten = [\"imap\"]\n[log]\nlevel = \"inof\"\n";
        let said = mistakes(text);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].starts_with("/c.toml, line 1, column 1: domain: "), "{said:?}");
        assert!(
            said[2].starts_with(
                "/c.toml, line 4, column 1: log.level: unknown level inof; expected error"
            ),
            "{said:?}"
        );
    }

    #[test]
    fn a_setting_in_the_wrong_section_is_shown_its_place() {
        for (text, want) in [
            ("connections_max = 3", "did you mean connections_max in [limits]?"),
            ("[limits]\nretention_days = 3", "did you mean retention_days at the top of the file"),
            ("[http]\nissuer = \"x\"", "did you mean issuer in [oauth]?"),
            ("limits = 3", "limits is a section: write [limits]"),
            ("[[limits]]\nx = 3", "limits is a section"),
            ("gopher = true", "unknown setting gopher; `correio config sample`"),
        ] {
            let said = mistakes(text);
            assert!(said[0].contains(want), "{text}: {said:?}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_with_its_setting() {
        for (text, want) in [
            ("\n[pop3]\nmark_read = \"yes\"", "line 3, column 13: pop3.mark_read: invalid type"),
            (
                "full_mailbox = \"maybe\"",
                "line 1, column 16: full_mailbox: unknown variant `maybe`",
            ),
            ("limits = { hot_memory = \"much\" }", "limits.hot_memory: expected a size"),
            ("[oauth]\nissuer = \"x\"", "oauth: missing field `audience`"),
            ("domain = ", "line 1, column "),
            (
                "retention_days = -1",
                "retention_days: invalid value: integer `-1`, expected a whole number",
            ),
        ] {
            let said = mistakes(text);
            assert!(said[0].contains(want), "{text}: {said:?}");
        }
    }
}

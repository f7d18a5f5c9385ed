//! The sample configuration: every setting with its default, made of the list of settings.

use super::settings::{SETTINGS, UnlessSaid};

const HEAD: &str = "\
# The configuration of correio: every setting, what it does, and what holds where nothing is said. All of it is optional.
# Take away the # in front of a setting to change it. `correio config check` then finds what is wrong, as a start would;
# `correio config show` prints what is in force. Made by `correio config sample`.
";

/// The sample, in which nothing is said.
pub fn sample() -> String {
    let mut text = HEAD.to_owned();
    let mut section = None;
    for setting in SETTINGS {
        let (of, name) = setting.place();
        if of != section {
            section = of;
            // An identity provider that is begun must be told whole.
            let mark = if of == Some("oauth") { "#" } else { "" };
            text.push_str(&format!("\n{mark}[{}]\n", of.unwrap_or_default()));
        } else if of.is_none() {
            text.push('\n');
        }
        text.push_str(&format!("# {}\n", setting.does));
        match setting.unless_said {
            UnlessSaid::Value(value) => text.push_str(&format!("#{name} = {value}\n")),
            UnlessSaid::Nothing { then, example } => {
                text.push_str(&format!("# Without it: {then}.\n#{name} = {example}\n"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::Config;
    use super::super::settings::{SETTINGS, UnlessSaid};
    use super::sample;

    fn parse(text: &str) -> Config {
        Config::parse(text, Path::new("correio.toml")).unwrap()
    }

    fn table(config: &Config) -> toml::Table {
        toml::Table::try_from(config).unwrap()
    }

    fn top() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
    }

    #[test]
    fn the_sample_as_it_is_says_nothing() {
        let config = parse(&sample());
        assert_eq!(table(&config), table(&Config::default()));
        assert!(config.said.is_empty());
    }

    #[test]
    fn each_setting_of_the_sample_can_be_made_to_count() {
        let uncommented: Vec<String> = sample()
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(setting) if !setting.starts_with(' ') => setting.to_owned(),
                Some(_) | None => line.to_owned(),
            })
            .collect();
        let config = parse(&uncommented.join("\n"));
        let all: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        assert_eq!(config.said.keys().map(String::as_str).collect::<BTreeSet<_>>(), all);
    }

    #[test]
    fn the_sample_in_contrib_is_this_one() {
        let kept = machine::files::read_text(&top().join("contrib/correio.toml")).unwrap();
        let how =
            "make it anew: cargo run --package correio -- config sample > contrib/correio.toml";
        assert!(kept == sample(), "{how}");
    }

    #[test]
    fn the_guide_names_each_setting_with_its_default() {
        let guide = machine::files::read_text(&top().join("docs/guide/settings.md")).unwrap();
        let block = guide.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        let config = parse(block);
        for setting in SETTINGS {
            assert!(config.said.contains_key(setting.name), "{} is not there", setting.name);
        }
        let (guide, program) = (table(&config), table(&Config::default()));
        for setting in SETTINGS {
            let (section, name) = setting.place();
            let in_section = |of: &toml::Table| match section {
                Some(section) => of.get(section).and_then(|table| table.get(name)).cloned(),
                None => of.get(name).cloned(),
            };
            if let UnlessSaid::Value(text) = setting.unless_said
                // The guide shows a value as it could be where the default is that nobody is named.
                && text != "[]"
                && section != Some("oauth")
            {
                assert_eq!(in_section(&guide), in_section(&program), "{}", setting.name);
            }
        }
    }
}

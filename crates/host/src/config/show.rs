//! What is in force: each setting with its value, and where that comes from.

use serde::Serialize;

use super::Config;
use super::read::Place;
use super::settings::{SETTINGS, UnlessSaid};

/// A setting as it is in force.
#[derive(Clone, Debug, Serialize)]
pub struct InForce {
    /// Its name.
    pub setting: &'static str,
    /// Its value; none where nothing is set.
    pub value: Option<toml::Value>,
    /// What holds without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<&'static str>,
    /// Where in the configuration file it stands; none: it is the default.
    pub line: Option<usize>,
}

impl Config {
    /// All settings, in the order of the sample. Passwords and keys are not among them: they stand in files of their own,
    /// which are named and not read.
    pub fn in_force(&self) -> Vec<InForce> {
        let values = toml::Table::try_from(self).unwrap_or_default();
        let in_force = |setting: &super::settings::Setting| {
            let (section, name) = setting.place();
            let line = self.said.get(setting.name).map(|Place { line, .. }| *line);
            let found = match section {
                Some(section) => values.get(section).and_then(|section| section.get(name)),
                None => values.get(name),
            };
            let nothing =
                line.is_none() && matches!(setting.unless_said, UnlessSaid::Nothing { .. });
            let otherwise = match setting.unless_said {
                UnlessSaid::Nothing { then, .. } if nothing => Some(then),
                UnlessSaid::Nothing { .. } | UnlessSaid::Value(_) => None,
            };
            let value = found.filter(|_| !nothing).cloned();
            InForce { setting: setting.name, value, otherwise, line }
        };
        // Without an identity provider there is nothing that its other settings could say.
        let applies = |in_force: &InForce| in_force.value.is_some() || in_force.otherwise.is_some();
        SETTINGS.iter().map(in_force).filter(applies).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;

    #[test]
    fn each_setting_has_its_value_and_its_source() {
        let text = "\ndomain = \"example.org\"\n[limits]\nhot_memory = \"1G\"\n";
        let config = Config::parse(text, Path::new("c.toml")).unwrap();
        let all = config.in_force();
        let one = |name: &str| all.iter().find(|row| row.setting == name).unwrap();
        assert_eq!(one("domain").line, Some(2));
        assert_eq!(one("limits.hot_memory").value, Some("1G".into()));
        assert_eq!(one("limits.hot_memory").line, Some(4));
        assert_eq!(
            (one("retention_days").value.clone(), one("retention_days").line),
            (Some(14.into()), None)
        );
        assert_eq!(one("hostname").otherwise, Some("the domain"));
        assert!(one("listen").value.is_none());
        assert!(all.iter().all(|row| row.setting != "oauth.address_claim"));
    }
}

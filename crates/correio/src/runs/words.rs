//! What is said of runs, in English and in Portuguese.

use machine::Size;
use serde_json::Value;
use sync::Words;

use super::{Outcome, RunRow};
use crate::companion::Text;

impl Text {
    /// A run could not be noted.
    pub(crate) fn not_noted(self, error: &std::io::Error) -> String {
        self.of(
            format!("correio: warning: this run is not, or not wholly, in `correio log`: {error}"),
            format!(
                "correio: aviso: esta execução não está, ou não toda, no `correio registo`: {error}"
            ),
        )
    }

    pub(crate) fn log_titles(self) -> [&'static str; 5] {
        self.of(
            ["begun (utc)", "took", "verb", "of", "outcome"],
            ["início (utc)", "levou", "verbo", "de", "resultado"],
        )
    }

    pub(crate) fn no_runs(self) -> &'static str {
        self.of(
            "No runs are remembered, or none of that kind.",
            "Não há execuções guardadas, ou nenhuma assim.",
        )
    }

    /// How a run ended, with its numbers or its error.
    pub(crate) fn outcome(self, row: &RunRow) -> String {
        let said = match row.outcome {
            Outcome::Running => self.of("is under way", "em andamento").to_owned(),
            Outcome::DidNotEnd => self
                .of(
                    "did not end: it was killed, or the computer stopped",
                    "não terminou: foi morta, ou o computador parou",
                )
                .to_owned(),
            Outcome::Done => row.summary.as_ref().map_or_else(
                || self.of("done", "feito").to_owned(),
                |summary| self.came_to(&row.verb, summary),
            ),
            Outcome::Failed => {
                let exit = row.exit.unwrap_or(1);
                let why = self.why_failed(row);
                self.of(format!("failed ({exit}): {why}"), format!("falhou ({exit}): {why}"))
            }
        };
        match row.dry_run {
            true => self.of(format!("dry run: {said}"), format!("ensaio: {said}")),
            false => said,
        }
    }

    /// Why a run failed. What was said above while it went on, its numbers say here.
    fn why_failed(self, row: &RunRow) -> String {
        let why = row.error.as_deref().unwrap_or_default();
        let is_said_above = [Words::English, Words::Portuguese]
            .into_iter()
            .any(|words| Text(words).incomplete() == why);
        match (&row.summary, is_said_above) {
            (_, false) => why.to_owned(),
            (None, true) => self.of("not all could be done", "nem tudo pôde ser feito").to_owned(),
            (Some(summary), true) => {
                let came_to = self.came_to(&row.verb, summary);
                self.of(
                    format!("not all could be done: {came_to}"),
                    format!("nem tudo pôde ser feito: {came_to}"),
                )
            }
        }
    }

    /// What a run came to, in a few words.
    fn came_to(self, verb: &str, summary: &Value) -> String {
        let number = |name: &str| number(summary, name);
        let sum = |name: &str| sum(summary, name);
        let said = match verb {
            "pull" => self.counts(&[
                (number("new"), "new", "novas"),
                (number("deleted"), "deleted at the provider", "apagadas no provedor"),
            ]),
            "mirror" => {
                let there = summary.get("there").unwrap_or(&Value::Null);
                let there = |name: &str| self::number(there, name);
                self.counts(&[
                    (number("new"), "new", "novas"),
                    (number("flags_changed"), "with other flags", "com outras marcas"),
                    (number("moved"), "moved", "movidas"),
                    (number("deleted"), "deleted here", "apagadas aqui"),
                    (there("sent"), "sent up", "enviadas"),
                    (there("flags_changed"), "changed there", "mudadas lá"),
                    (there("moved"), "moved there", "movidas lá"),
                    (there("deleted"), "deleted there", "apagadas lá"),
                ])
            }
            "archive" => self.sized(
                (number("deleted"), "archived and deleted there", "arquivadas e apagadas lá"),
                number("deleted_octets"),
            ),
            // Recipients, and messages.
            "send" | "outbox send" => self.counts(&[
                (number("sent"), "sent", "enviadas"),
                (number("waiting"), "still waiting", "ainda à espera"),
                (number("decided"), "for you to decide", "à espera da sua decisão"),
            ]),
            "migrate" => {
                self.sized((number("copied"), "copied", "copiadas"), number("copied_octets"))
            }
            "backup run" => self.sized(
                (sum("new_messages"), "new in the repository", "novas no repositório"),
                sum("added_octets"),
            ),
            "backup drill" => self.counts(&[
                (sum("restored"), "restored", "restauradas"),
                (sum("equal"), "equal", "iguais"),
            ]),
            "backup check" => {
                let octets = Size(number("octets_read"));
                Some(self.of(
                    format!("nothing wrong, {octets} read"),
                    format!("nada de errado, {octets} lidos"),
                ))
            }
            "backup prune" => {
                let octets = Size(number("freed_octets"));
                Some(self.of(format!("{octets} came back"), format!("{octets} liberados")))
            }
            "restore" => self.counts(&[
                (number("restored"), "restored", "restauradas"),
                (number("known"), "there already", "já estavam lá"),
            ]),
            _ => None,
        };
        said.unwrap_or_else(|| self.of("nothing to do", "nada a fazer").to_owned())
    }

    fn counts(self, counts: &[(u64, &str, &str)]) -> Option<String> {
        let some = counts.iter().filter(|(count, ..)| *count > 0);
        let said: Vec<String> =
            some.map(|(count, en, pt)| format!("{count} {}", self.of(*en, *pt))).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    fn sized(self, (count, en, pt): (u64, &str, &str), octets: u64) -> Option<String> {
        let size = Size(octets);
        (count > 0).then(|| format!("{count} {} ({size})", self.of(en, pt)))
    }
}

fn number(summary: &Value, name: &str) -> u64 {
    summary.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// Of the rows of several accounts together.
fn sum(summary: &Value, name: &str) -> u64 {
    let rows = summary.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().fold(0, |sum, row| sum.saturating_add(number(row, name)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync::Words;

    use super::super::row::tests::row;
    use super::*;

    #[test]
    fn runs_are_told_in_a_few_words() {
        for (verb, summary, want, pt) in [
            ("pull", json!({ "new": 12, "deleted": 0 }), "12 new", "12 novas"),
            ("pull", json!({ "new": 0 }), "nothing to do", "nada a fazer"),
            (
                "mirror",
                json!({ "new": 1, "there": { "sent": 2 } }),
                "1 new, 2 sent up",
                "1 novas, 2 enviadas",
            ),
            (
                "backup run",
                json!([{ "new_messages": 2, "added_octets": 1024 }, { "new_messages": 1 }]),
                "3 new in the repository (1 KB)",
                "3 novas no repositório (1 KB)",
            ),
            ("else", json!({}), "nothing to do", "nada a fazer"),
        ] {
            let row = RunRow { summary: Some(summary), ..row("1", verb, "ana") };
            assert_eq!(Text(Words::English).outcome(&row), want);
            assert_eq!(Text(Words::Portuguese).outcome(&row), pt);
        }
        let failed = RunRow {
            outcome: Outcome::Failed,
            exit: Some(4),
            error: Some("no line".to_owned()),
            dry_run: true,
            ..row("1", "pull", "ana")
        };
        assert_eq!(Text(Words::English).outcome(&failed), "dry run: failed (4): no line");
    }
}

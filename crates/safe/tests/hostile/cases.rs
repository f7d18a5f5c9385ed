//! The cases of `hostile.txt`; its head says how they are written.

/// A case.
pub(crate) struct Case {
    pub(crate) name: String,
    written: String,
    pub(crate) must: Vec<(String, String)>,
}

impl Case {
    /// Its HTML, with these in the places of RUN and TRACK.
    pub(crate) fn html(&self, run: &str, track: &str) -> String {
        self.written.replace("RUN", run).replace("TRACK", track)
    }
}

pub(crate) fn all() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in include_str!("../hostile.txt").lines() {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case { name: name.to_owned(), written: String::new(), must: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut().filter(|_| !line.is_empty() && !line.starts_with("# "))
        else {
            continue;
        };
        match line.strip_prefix("? ") {
            Some(must) => {
                let (what, value) = must.split_once(' ').unwrap();
                case.must.push((what.to_owned(), value.to_owned()));
            }
            None => case.written.push_str(&unescaped(line)),
        }
    }
    cases
}

fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        text.push(match rest.next().unwrap() {
            '0' => '\0',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'u' => {
                let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
            }
            other => other,
        });
    }
    text
}

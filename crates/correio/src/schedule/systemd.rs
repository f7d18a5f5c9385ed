//! Timers and services of systemd (systemd.timer(5), systemd.service(5)).

use super::{Clock, Every, Job, Unit};

/// The service and the timer of a job.
pub(super) fn units(job: &Job) -> [Unit; 2] {
    let Job { unit, account, verb, .. } = job;
    let about = format!("correio: {verb}, {account}").replace('%', "%%");
    let words: Vec<String> = job.words.iter().map(|word| quoted(word)).collect();
    let head = "# Made by `correio schedule`, which replaces it.\n";
    // The colon: no variables are looked for in the words.
    let service = format!(
        "{head}[Unit]\nDescription={about}\n\n[Service]\nType=oneshot\nExecStart=:{}\nNice=10\nIOSchedulingClass=idle\n",
        words.join(" ")
    );
    let timer = format!(
        "{head}[Unit]\nDescription={about}\n\n[Timer]\nOnCalendar={}\nPersistent=true\nRandomizedDelaySec={}\n\n[Install]\nWantedBy=timers.target\n",
        calendar(job.every, job.clock),
        job.every.delay_s()
    );
    [
        Unit { name: format!("{unit}.service"), text: service },
        Unit { name: format!("{unit}.timer"), text: timer },
    ]
}

/// A time as systemd.time(7) has it.
fn calendar(every: Every, clock: Clock) -> String {
    let Clock { hour, minute } = every.within(clock);
    match every {
        Every::Minutes(count) => format!("*-*-* *:{minute}/{count}:00"),
        Every::Hours(count) => format!("*-*-* {hour}/{count}:{minute:02}:00"),
        Every::Days(1) => format!("*-*-* {hour:02}:{minute:02}:00"),
        Every::Days(count) => format!("*-*-1/{count} {hour:02}:{minute:02}:00"),
        Every::Week => format!("Sun *-*-* {hour:02}:{minute:02}:00"),
        Every::Month => format!("*-*-01 {hour:02}:{minute:02}:00"),
        Every::Quarter => format!("*-01,04,07,10-01 {hour:02}:{minute:02}:00"),
    }
}

/// A word in quotation marks; `%` would begin a specifier.
fn quoted(word: &str) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '%' => text.push_str("%%"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

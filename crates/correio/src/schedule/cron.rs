//! Lines of a crontab (crontab(5)), between two marks, so that they are found again.

use super::{Clock, Every, Job};
use crate::output::shell_word;

/// The lines of all jobs of a data folder; none: nothing.
pub(super) fn block(jobs: &[Job], data: &str) -> String {
    if jobs.is_empty() {
        return String::new();
    }
    let lines: String = jobs.iter().map(line).collect();
    format!("{}\n{lines}{}\n", begin(data), end(data))
}

fn begin(data: &str) -> String {
    format!("# correio schedule: {data}")
}

fn end(data: &str) -> String {
    format!("# end of correio schedule: {data}")
}

/// A crontab with other lines of a data folder, or without any. What others wrote stays.
pub(super) fn replaced(crontab: &str, jobs: &[Job], data: &str) -> String {
    let (mut kept, mut is_ours) = (String::new(), false);
    for line in crontab.lines() {
        if line == begin(data) {
            is_ours = true;
        } else if is_ours && line == end(data) {
            is_ours = false;
        } else if !is_ours {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept + &block(jobs, data)
}

fn line(job: &Job) -> String {
    let words: Vec<String> = job.words.iter().map(|word| shell_word(word)).collect();
    // A percent sign would end the command.
    let command = words.join(" ").replace('%', "\\%");
    format!("{} nice -n 10 {command}\n", when(job.every, job.clock))
}

fn when(every: Every, clock: Clock) -> String {
    let Clock { hour, minute } = every.within(clock);
    match every {
        Every::Minutes(count) => format!("{minute}-59/{count} * * * *"),
        Every::Hours(count) => format!("{minute} {hour}-23/{count} * * *"),
        Every::Days(1) => format!("{minute} {hour} * * *"),
        Every::Days(count) => format!("{minute} {hour} */{count} * *"),
        Every::Week => format!("{minute} {hour} * * 0"),
        Every::Month => format!("{minute} {hour} 1 * *"),
        Every::Quarter => format!("{minute} {hour} 1 1,4,7,10 *"),
    }
}

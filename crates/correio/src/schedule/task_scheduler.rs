//! Tasks of the Task Scheduler of Windows (the schema of Task Scheduler 1.2).

use super::{Clock, Every, Job, Unit, xml};

/// The definition of a task.
pub(super) fn unit(job: &Job) -> Unit {
    let (program, arguments) = match job.words.split_first() {
        Some((program, arguments)) => (program.as_str(), arguments),
        None => ("", [].as_slice()),
    };
    let arguments: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
    let about = xml(&format!("correio: {}, {}", job.verb, job.account));
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n\
         \x20 <RegistrationInfo><Description>{about}</Description></RegistrationInfo>\n\
         \x20 <Triggers>\n{}\x20 </Triggers>\n\
         \x20 <Settings>\n\
         \x20   <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n\
         \x20   <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n\
         \x20   <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n\
         \x20   <StartWhenAvailable>true</StartWhenAvailable>\n\
         \x20   <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\n\
         \x20   <Priority>8</Priority>\n\
         \x20 </Settings>\n\
         \x20 <Actions>\n\
         \x20   <Exec>\n\
         \x20     <Command>{}</Command>\n\
         \x20     <Arguments>{}</Arguments>\n\
         \x20   </Exec>\n\
         \x20 </Actions>\n\
         </Task>\n",
        trigger(job.every, job.clock),
        xml(program),
        xml(&arguments.join(" "))
    );
    Unit { name: format!("{}.xml", job.unit), text }
}

fn trigger(every: Every, clock: Clock) -> String {
    let Clock { hour, minute } = every.within(clock);
    // The day lies in the past; what counts is the time of day.
    let begin = format!("<StartBoundary>2026-01-01T{hour:02}:{minute:02}:00</StartBoundary>");
    let delay = format!("<RandomDelay>PT{}S</RandomDelay>", every.delay_s());
    let repeated = |step: String| {
        format!(
            "    <TimeTrigger>{begin}<Repetition><Interval>{step}</Interval></Repetition>{delay}</TimeTrigger>\n"
        )
    };
    let calendar =
        |when: &str| format!("    <CalendarTrigger>{begin}{delay}{when}</CalendarTrigger>\n");
    match every {
        Every::Minutes(count) => repeated(format!("PT{count}M")),
        Every::Hours(count) => repeated(format!("PT{count}H")),
        Every::Days(count) => calendar(&format!(
            "<ScheduleByDay><DaysInterval>{count}</DaysInterval></ScheduleByDay>"
        )),
        Every::Week => calendar(
            "<ScheduleByWeek><WeeksInterval>1</WeeksInterval><DaysOfWeek><Sunday/></DaysOfWeek></ScheduleByWeek>",
        ),
        Every::Month => calendar(&monthly(&MONTHS)),
        Every::Quarter => calendar(&monthly(&["January", "April", "July", "October"])),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn monthly(months: &[&str]) -> String {
    let months: String = months.iter().map(|month| format!("<{month}/>")).collect();
    format!(
        "<ScheduleByMonth><DaysOfMonth><Day>1</Day></DaysOfMonth><Months>{months}</Months></ScheduleByMonth>"
    )
}

/// A word as programs of Windows take their command lines apart: backslashes count only before a quotation mark.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && c != '"';
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let (mut text, mut backslashes) = (String::from("\""), 0_usize);
    for c in word.chars() {
        match c {
            '\\' => backslashes = backslashes.saturating_add(1),
            '"' => {
                text.push_str(&"\\".repeat(backslashes.saturating_add(1)));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        text.push(c);
    }
    text.push_str(&"\\".repeat(backslashes));
    text.push('"');
    text
}

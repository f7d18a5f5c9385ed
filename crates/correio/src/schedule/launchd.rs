//! Agents of launchd (launchd.plist(5)).

use super::{Clock, Every, Job, Unit, xml};

/// The property list of a job.
pub(super) fn unit(job: &Job) -> Unit {
    let label = xml(&job.unit);
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <!-- Made by correio schedule, which replaces it. -->\n\
         <plist version=\"1.0\">\n<dict>\n",
    );
    text.push_str(&format!("\t<key>Label</key>\n\t<string>{label}</string>\n"));
    text.push_str("\t<key>ProgramArguments</key>\n\t<array>\n");
    for word in &job.words {
        text.push_str(&format!("\t\t<string>{}</string>\n", xml(word)));
    }
    text.push_str("\t</array>\n");
    text.push_str(&when(job.every, job.clock));
    text.push_str(
        "\t<key>ProcessType</key>\n\t<string>Background</string>\n\
         \t<key>LowPriorityIO</key>\n\t<true/>\n\
         \t<key>Nice</key>\n\t<integer>10</integer>\n\
         </dict>\n</plist>\n",
    );
    Unit { name: format!("{}.plist", job.unit), text }
}

/// When it is started. What the computer slept through comes once it wakes.
fn when(every: Every, clock: Clock) -> String {
    let Clock { hour, minute } = clock;
    let at = |more: &str| {
        format!(
            "<dict>{more}<key>Hour</key><integer>{hour}</integer><key>Minute</key><integer>{minute}</integer></dict>"
        )
    };
    let day = |day: u8| format!("<key>Day</key><integer>{day}</integer>");
    let month = |month: u8| format!("<key>Month</key><integer>{month}</integer>");
    let times = match every {
        Every::Minutes(_) | Every::Hours(_) => {
            let seconds = every.seconds();
            return format!(
                "\t<key>StartInterval</key>\n\t<integer>{seconds}</integer>\n\t<key>RunAtLoad</key>\n\t<true/>\n"
            );
        }
        Every::Days(1) => at(""),
        Every::Days(count) => {
            let days = (1..=31_u8).step_by(usize::from(count.max(1)));
            array(days.map(|it| at(&day(it))))
        }
        Every::Week => at("<key>Weekday</key><integer>0</integer>"),
        Every::Month => at(&day(1)),
        Every::Quarter => {
            array([1, 4, 7, 10].into_iter().map(|it| at(&format!("{}{}", month(it), day(1)))))
        }
    };
    format!("\t<key>StartCalendarInterval</key>\n\t{times}\n")
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("<array>{}</array>", items.collect::<String>())
}

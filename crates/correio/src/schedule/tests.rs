//! What is written for each system, with names that each of them would take for something else.

use super::*;

/// A folder with spaces, quotation marks, percent signs, markup and umlauts.
const ODD: &str = "/home/joão müller/d'água \"x\" & 100% <b>/$HOME\\";

fn job(verb: &str, every: &str) -> Job {
    let words = ["/opt/my programs/correio", "--scheduled", "--data", ODD, verb, "ana"];
    Job {
        account: "ana".to_owned(),
        verb: verb.to_owned(),
        every: every.parse().unwrap(),
        clock: Clock { hour: 3, minute: 17 },
        words: words.iter().map(|it| (*it).to_owned()).collect(),
        starter: Starter::Systemd,
        unit: unit_name("ana", verb, None),
        files: Vec::new(),
    }
}

fn line_of<'t>(text: &'t str, begin: &str) -> &'t str {
    text.lines().find_map(|line| line.strip_prefix(begin)).unwrap()
}

#[test]
fn systemd_reads_the_words_as_they_are() {
    let [service, timer] = systemd::units(&job("mirror", "15m"));
    assert_eq!(
        (service.name.as_str(), timer.name.as_str()),
        ("correio-ana-mirror.service", "correio-ana-mirror.timer")
    );
    // As systemd.service(5) says: quotation marks, C escapes, and specifiers.
    let (mut words, mut word, mut is_open) = (Vec::new(), String::new(), false);
    let mut rest = line_of(&service.text, "ExecStart=:").chars();
    while let Some(c) = rest.next() {
        match c {
            '"' if is_open => words.push(std::mem::take(&mut word)),
            '"' | ' ' if !is_open => {}
            '\\' => word.push(rest.next().unwrap()),
            '%' => word.push(rest.next().filter(|it| *it == '%').unwrap()),
            c => word.push(c),
        }
        is_open ^= c == '"';
    }
    assert_eq!(words, job("mirror", "15m").words);
    assert!(
        service.text.contains("\nNice=10\n") && service.text.contains("\nIOSchedulingClass=idle\n")
    );
    assert!(
        timer.text.contains("\nPersistent=true\n")
            && timer.text.contains("\nRandomizedDelaySec=90\n")
    );
    for (every, want) in [
        ("15m", "*-*-* *:2/15:00"),
        ("2h", "*-*-* 1/2:17:00"),
        ("1d", "*-*-* 03:17:00"),
        ("3d", "*-*-1/3 03:17:00"),
        ("7d", "Sun *-*-* 03:17:00"),
        ("30d", "*-*-01 03:17:00"),
        ("90d", "*-01,04,07,10-01 03:17:00"),
    ] {
        let [_, timer] = systemd::units(&job("mirror", every));
        assert_eq!(line_of(&timer.text, "OnCalendar="), want);
    }
}

fn of_xml(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (name, c)| text.replace(name, c))
}

#[test]
fn launchd_reads_the_words_as_they_are() {
    let unit = launchd::unit(&job("mirror", "15m"));
    let array = unit.text.split("<array>").nth(1).unwrap().split("</array>").next().unwrap();
    let words: Vec<String> = array
        .lines()
        .filter_map(|line| line.trim().strip_prefix("<string>")?.strip_suffix("</string>"))
        .map(of_xml)
        .collect();
    assert_eq!(words, job("mirror", "15m").words);
    assert!(unit.text.contains("<key>StartInterval</key>\n\t<integer>900</integer>"));
    for (every, dicts) in [("1d", 1), ("3d", 11), ("7d", 1), ("30d", 1), ("90d", 4)] {
        let text = launchd::unit(&job("mirror", every)).text;
        assert_eq!(text.matches("<key>Hour</key><integer>3</integer>").count(), dicts, "{every}");
    }
}

/// Takes a command line apart as programs of Windows do.
fn windows_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted, mut has_begun) =
        (Vec::new(), String::new(), false, false);
    let mut backslashes = 0;
    for c in line.chars().chain([' ']) {
        if c == '\\' {
            (backslashes, has_begun) = (backslashes + 1, true);
            continue;
        }
        let count = std::mem::take(&mut backslashes);
        match c {
            '"' => {
                word.push_str(&"\\".repeat(count / 2));
                has_begun = true;
                if count % 2 == 1 { word.push('"') } else { is_quoted = !is_quoted }
            }
            _ => {
                word.push_str(&"\\".repeat(count));
                if c == ' ' && !is_quoted {
                    if std::mem::take(&mut has_begun) {
                        words.push(std::mem::take(&mut word));
                    }
                } else {
                    (has_begun, _) = (true, word.push(c));
                }
            }
        }
    }
    words
}

#[test]
fn the_task_scheduler_reads_the_words_as_they_are() {
    let text = task_scheduler::unit(&job("mirror", "15m")).text;
    let part = |name: &str| {
        let rest = text.split(&format!("<{name}>")).nth(1).unwrap();
        of_xml(rest.split(&format!("</{name}>")).next().unwrap())
    };
    let words = job("mirror", "15m").words;
    assert_eq!(part("Command"), words[0]);
    assert_eq!(windows_words(&part("Arguments")), words[1..]);
    assert_eq!(part("Interval"), "PT15M");
    let monthly = task_scheduler::unit(&job("backup drill", "30d")).text;
    assert!(monthly.contains("<Day>1</Day>") && monthly.contains("<December/>"), "{monthly}");
}

#[test]
fn cron_reads_the_words_as_they_are_and_other_lines_stay() {
    let jobs = [job("mirror", "15m"), job("backup run", "1d")];
    let block = cron::block(&jobs, ODD);
    let line = block.lines().nth(1).unwrap();
    let command = line.strip_prefix("2-59/15 * * * * nice -n 10 ").unwrap();
    // As a shell takes it apart, once cron has taken the backslashes before percent signs.
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    let command = command.replace("\\%", "%");
    let mut rest = command.chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => word.push(rest.next().unwrap()),
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    assert_eq!(words, jobs[0].words);
    assert!(block.lines().nth(2).unwrap().starts_with("17 3 * * * nice "), "{block}");
    let before = "MAILTO=me\n0 0 * * * other\n";
    let with = cron::replaced(before, &jobs, ODD);
    assert!(with.starts_with(before) && with.ends_with(&block));
    let fewer = cron::replaced(&with, &jobs[..1], ODD);
    assert_eq!(fewer.matches("nice -n 10").count(), 1);
    assert_eq!(cron::replaced(&fewer, &[], ODD), before);
    // Those of another data folder are others.
    assert_eq!(cron::replaced(&with, &[], "/other"), with);
}

#[test]
fn it_is_said_how_often_in_steps_that_every_system_knows() {
    for text in ["5m", "12m", "30m", "1h", "12h", "1d", "6d", "7d", "30d", "90d"] {
        let every: Every = text.parse().unwrap();
        assert_eq!(every.to_string(), text);
        assert!(every.seconds() > 0);
    }
    for (text, same) in [("60m", "1h"), ("24h", "1d"), ("1w", "7d")] {
        assert_eq!(text.parse::<Every>(), same.parse::<Every>());
    }
    for wrong in ["", "m", "7m", "5h", "8d", "0d", "-1d", "1", "1x", "é"] {
        assert!(wrong.parse::<Every>().is_err(), "{wrong}");
    }
    assert_eq!("03:05".parse(), Ok(Clock { hour: 3, minute: 5 }));
    for wrong in ["", "3", "24:00", "3:60", "+3:05", "003:05"] {
        assert!(wrong.parse::<Clock>().is_err(), "{wrong}");
    }
}

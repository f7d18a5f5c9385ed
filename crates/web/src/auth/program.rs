//! What a browser is, for people to know it by in a list: "Firefox, Linux". A browser says much more of itself, most of it for other
//! reasons.

/// What tells a browser, the more particular first: nearly all call themselves Chrome and Safari too.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// What tells the device.
const DEVICES: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// The longest name of something that is no browser we know, in characters.
const NAME_CHARACTERS_MAX: usize = 40;

/// Names a program by its `User-Agent`.
pub(super) fn program(user_agent: &str) -> String {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&DEVICES)) {
        (Some(browser), Some(device)) => format!("{browser}, {device}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            // The first product (RFC 9110, 10.1.5), such as `curl/8.5.0`.
            let first = user_agent.split_ascii_whitespace().next().unwrap_or_default();
            let letters = first.chars().filter(|letter| !letter.is_control());
            letters.take(NAME_CHARACTERS_MAX).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn browsers_are_named_as_people_know_them() {
        for (user_agent, want) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox, Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
                "Chrome, Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
                "Safari, Mac",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", ""),
            ("\u{7}a\u{1b}[2J b", "a[2J"),
        ] {
            assert_eq!(program(user_agent), want);
        }
        assert_eq!(program(&"x".repeat(1_000)).len(), 40);
    }
}

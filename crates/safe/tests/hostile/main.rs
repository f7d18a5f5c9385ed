//! Mail that means harm: after it was made safe, a parser of HTML finds nothing in it that runs or loads, and it stays as it is.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may be blunt"
)]

mod any;
mod any_octets;
mod cases;
mod large;
mod parsed;

use safe::{Body, of_html};

use crate::cases::Case;
use crate::parsed::Parsed;

/// What stands for somebody who waits for a request.
pub(crate) const TRACKER: &str = "tracker.example";

/// What holds of every body, whatever it was made of.
pub(crate) fn check(body: &Body) -> Result<(), String> {
    let kept = body.to_html();
    Parsed::of(&kept).check()?;
    let again = of_html(&kept).to_html();
    if again != kept {
        return Err(format!("made safe again it is another:\n{kept}\n{again}"));
    }
    let shown = body.show(|_| None);
    let page = format!("<style>{}</style><body{}>{}", shown.style, shown.attributes, shown.content);
    let parsed = Parsed::of(&page);
    parsed.check()?;
    let leaks = parsed.loads().find(|address| !address.starts_with("data:"));
    leaks.map_or(Ok(()), |address| {
        Err(format!("with no pictures from elsewhere it loads {address}"))
    })
}

fn hold(case: &Case) -> Result<(), String> {
    let body =
        of_html(&case.html("top.postMessage(1)", &format!("https://{TRACKER}/{}", case.name)));
    check(&body)?;
    let html = body.to_html();
    let parsed = Parsed::of(&html);
    for (what, value) in &case.must {
        let holds = match what.as_str() {
            "keeps" => parsed.text.contains(value),
            "link" => parsed.links().any(|link| link == value),
            "html" => html.contains(value),
            "remote" => body.remote_pictures().to_string() == *value,
            _ => return Err(format!("{what} is nothing that a case can say")),
        };
        if !holds {
            return Err(format!("{what} {value} does not hold of {html}"));
        }
    }
    Ok(())
}

#[test]
fn nothing_in_hostile_mail_runs_or_loads() {
    let cases = cases::all();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let wrong = |case: &Case| hold(case).err().map(|why| format!("{}: {why}", case.name));
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

#[test]
fn the_check_finds_what_is_wrong() {
    for html in [
        "<script>x</script>",
        "<p onclick=x>",
        "<a href=javascript:x>",
        "<img src=x.png>",
        "<p style=\"position:fixed\">",
        "<style>@import 'x'</style>",
        "<svg></svg>",
        "<p id=x>",
        "<p style='background:url(//x)'>",
        "<body onload=x>",
    ] {
        assert!(Parsed::of(html).check().is_err(), "{html}");
    }
}

#[test]
fn the_corpus_of_the_fuzzer_is_held() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/body");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        any_octets::check(&std::fs::read(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0);
    for case in cases::all() {
        any_octets::check(case.html("x", "https://x.example/").as_bytes());
    }
}

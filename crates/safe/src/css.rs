//! Styles, by a real parser (CSS Syntax Level 3): what is on the lists is written anew, the rest goes. What is written holds no `<`, no
//! `&` and no comment, and `url(` with a quote behind it stands only for a picture.
#![expect(clippy::wildcard_enum_match_arm, reason = "whatever token is on no list is left out")]

mod property;
mod selector;
mod sheet;
mod value;

pub(crate) use sheet::{Sheet, sheet};

use cssparser::{Delimiter, ParseError, Parser};

use crate::ColorScheme;

/// How the address of a picture begins; a quote follows.
pub(crate) const URL: &str = "url(";

/// That something is left out.
type Left = ParseError<()>;

fn left_out() -> Left {
    ParseError::unexpected_token()
}

/// What stands in a `style` attribute.
pub(crate) fn declarations(style: &str) -> String {
    let mut scheme = None;
    block(&mut Parser::new(style), &mut scheme)
}

/// Declarations up to the end.
fn block(parser: &mut Parser<'_>, scheme: &mut Option<ColorScheme>) -> String {
    let mut written = String::new();
    while !parser.is_exhausted() {
        let one = parser.parse_until_after(Delimiter::Semicolon, |parser| {
            let name = parser.expect_ident()?.to_ascii_lowercase();
            parser.expect_colon()?;
            if name == "color-scheme" {
                let words = value::words(parser);
                *scheme = ColorScheme::read(words.iter().map(String::as_str)).or(*scheme);
                return Err(left_out());
            }
            let Some(pictures) = property::find(&name) else { return Err(left_out()) };
            let value = value::of(parser, pictures)?;
            Ok::<_, Left>(format!("{name}:{value}"))
        });
        if let Ok(one) = one {
            if !written.is_empty() {
                written.push(';');
            }
            written.push_str(&one);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{declarations, sheet};

    #[test]
    fn declarations_are_held_to_the_lists() {
        for (style, want) in [
            ("color: RED ; ", "color:red"),
            (
                "COLOR:#FfF!important;margin:-1px auto 0 .5em",
                "color:#fff!important;margin:-1px auto 0 0.5em",
            ),
            ("font-family:'A b', \"C\\\"(\", serif", "font-family:\"A b\",\"C\\22 \\28 \",serif"),
            ("width:calc(100% - 2 * 3px)", "width:calc(100% - 2 * 3px)"),
            ("background:url(cid:a) no-repeat,#fff", "background:url(\"cid:a\") no-repeat,#fff"),
            (
                "background-image:url('HTTPS://Example.org/a\\'b.png')",
                "background-image:url(\"https://example.org/a%27b.png\")",
            ),
            (
                "background:linear-gradient(to right,rgba(0,0,0,.5) 0%,#fff)",
                "background:linear-gradient(to right,rgba(0,0,0,0.5) 0%,#fff)",
            ),
            ("color:red;/**/position:fixed;top:0;z-index:9", "color:red"),
            ("width:expression(alert(1));color:blue", "color:blue"),
            ("color:url(x)", ""),
            ("background:url(javascript:x)", ""),
            ("background:url(data:image/svg+xml;base64,AA)", ""),
            ("background:u\\72l(https://x.example/)", "background:url(\"https://x.example/\")"),
            ("background:image-set('https://x.example/' 1x)", ""),
            ("-moz-binding:url(https://x)", ""),
            ("behavior:url(x)", ""),
            ("@import 'x';color:red", "color:red"),
            ("color:red}</style><script>", ""),
            ("content:'x';cursor:url(x)", ""),
            ("color:var(--x);--x:y", ""),
            ("height:100vh;width:9999999px", "width:100000px"),
            ("color:re\\64", "color:red"),
            ("color:\\3c script", ""),
            ("color", ""),
            (";;;color:red;;", "color:red"),
            ("color:red !important!important", ""),
            ("background-position:10px 1e3px,left", "background-position:10px 1000px,left"),
            ("line-height:1.25", "line-height:1.25"),
        ] {
            assert_eq!(declarations(style), want, "{style}");
            assert_eq!(declarations(want), want);
        }
    }

    #[test]
    fn sheets_are_held_to_the_lists() {
        for (text, want) in [
            ("p,.a > #b:hover{color:red;x:y}", "p,.m-a>#m-b:hover{color:red}"),
            ("<!-- p{color:red} -->", "p{color:red}"),
            ("@import url(https://x/);p{color:red}", "p{color:red}"),
            ("@font-face{src:url(x)}p{color:red}", "p{color:red}"),
            (
                "@media only screen and (MAX-width:600px){.a{width:100%!important}}",
                "@media only screen and (max-width:600px){.m-a{width:100%!important}}",
            ),
            ("@media x{@media y{@media z{p{color:red}}}}", ""),
            ("@media (width<600px){p{color:red}}q{color:red}", "q{color:red}"),
            ("a[href^=x],b{color:red}", "b{color:red}"),
            ("p::before{content:url(x)}", ""),
            (
                "li:nth-child(2n+1) a:first-child{color:red}",
                "li:nth-child(2n+1) a:first-child{color:red}",
            ),
            ("* html p{color:red}", "* html p{color:red}"),
            (".sm\\:w-full{width:100%}", ".m-sm_w-full{width:100%}"),
            (".\\<\\/style\\>{color:red}", ".m-__style_{color:red}"),
            ("body{margin:0}", "body{margin:0}"),
            ("p{color:red", "p{color:red}"),
            ("p{{color:red}}q{color:red}", "q{color:red}"),
            ("p{}", ""),
            ("@charset \"x\";@namespace svg url(x);p{color:red}", "p{color:red}"),
            ("u + .x .y~z{color:red}", "u+.m-x .m-y~z{color:red}"),
            ("p:not(.x){color:red}", ""),
        ] {
            assert_eq!(sheet(text).rules, want, "{text}");
            assert_eq!(sheet(want).rules, want);
        }
    }

    #[test]
    fn what_a_sheet_says_of_dark_is_known() {
        use crate::ColorScheme::{Both, Dark};
        assert_eq!(sheet(":root{color-scheme:light dark}").scheme, Some(Both));
        assert_eq!(sheet(":root{color-scheme:dark only}").scheme, Some(Dark));
        assert!(sheet("@media (prefers-color-scheme:dark){p{color:red}}").is_dark_too);
        assert!(!sheet("@media screen{p{color:red}}").is_dark_too);
    }
}

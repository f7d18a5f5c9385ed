//! Bodies of anything.

use proptest::prelude::*;
use safe::{Flow, of_html, of_plain};

use crate::check;

/// What hostile mail is made of.
const BITS: [&str; 74] = [
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<a href=javascript:x>",
    "</a>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "<svg>",
    "</svg>",
    "<math>",
    "</math>",
    "<style>",
    "</style>",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<noscript>",
    "</noscript>",
    "<template>",
    "</template>",
    "<select>",
    "<option>",
    "</select>",
    "<form>",
    "</form>",
    "<img src=x onerror=y>",
    "<img title=\"",
    "\">",
    "'",
    "<",
    ">",
    "&lt;",
    "&#60",
    "&amp",
    "&",
    "p{color:red}",
    "@import 'x';",
    "url(http://x)",
    "url(",
    ")",
    "/*",
    "*/",
    "\\3c ",
    "<body style=\"color:red\" onload=x>",
    "<div style=\"background:url('http://x')\">",
    "</div>",
    "<mglyph>",
    "<mtext>",
    "<annotation-xml>",
    "<foreignObject>",
    "<li>",
    "<ul>",
    "</ul>",
    "<h1>",
    "</h1>",
    "<pre>",
    "\n",
    "</pre>",
    "<font>",
    "</font>",
    "<nobr>",
    "\0",
    "<center>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_it_is_made_of_it_is_safe(bits in proptest::collection::vec(proptest::sample::select(&BITS[..]), 0..40)) {
        let html = bits.concat();
        check(&of_html(&html)).map_err(|why| TestCaseError::fail(format!("{html:?}: {why}")))?;
    }

    #[test]
    fn any_text_is_safe(html in "\\PC{0,200}") {
        check(&of_html(&html)).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn plain_text_is_text(text in "[<>&\"'a-z:/ \n.()]{0,200}") {
        for flow in [Flow::Fixed, Flow::Flowed, Flow::FlowedWithoutSpace] {
            let shown = of_plain(&text, flow).show(|_| None).content;
            let elements = shown.split('<').skip(1).map(|it| it.split([' ', '>']).next().unwrap());
            for element in elements {
                prop_assert!(["div", "/div", "blockquote", "/blockquote", "a", "/a"].contains(&element), "{}", shown);
            }
        }
    }

    #[test]
    fn any_style_is_safe(style in "[a-z\\\\:;{}()'\"@#/*!,.<>&0-9 \n-]{0,120}") {
        let html = format!("<style>{style}</style><p style=\"{}\">x", style.replace('"', "&quot;"));
        check(&of_html(&html)).map_err(|why| TestCaseError::fail(format!("{html:?}: {why}")))?;
    }
}

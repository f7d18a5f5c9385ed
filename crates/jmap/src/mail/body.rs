//! Which parts of a message are its text, and which are attachments (RFC 8621, 4.1.4).

use message::{Outline, Part};

/// The parts of a message, by their index in its outline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bodies {
    /// What is shown one after another, plain text preferred.
    pub text: Vec<usize>,
    /// What is shown one after another, HTML preferred.
    pub html: Vec<usize>,
    /// All else, but for multiparts.
    pub attachments: Vec<usize>,
    /// Whether any of these is one that people would want to save.
    pub has_attachment: bool,
}

impl Bodies {
    /// Of a message. Messages within it are attachments, whatever they hold.
    pub fn of(outline: &Outline<'_>) -> Bodies {
        let parts: Vec<Part<'_>> = outline.parts().collect();
        let mut children = vec![Vec::new(); parts.len()];
        for part in &parts {
            if let Some(of_parent) = part.parent.and_then(|parent| children.get_mut(parent)) {
                of_parent.push(part.index);
            }
        }
        let mut sorting = Sorting { parts: &parts, children: &children, bodies: Bodies::default() };
        let all = Place { kind: Multipart::Other, in_alternative: false, is_first: true };
        if !parts.is_empty() {
            sorting.part(0, all, &mut Wanted { text: true, html: true });
        }
        let mut bodies = sorting.bodies;
        let is_offered = |index: &usize| {
            let parent = |part: &Part<'_>| part.parent.and_then(|parent| parts.get(parent));
            parts.get(*index).is_some_and(|part| is_offered(part, parent(part)))
        };
        bodies.has_attachment = bodies.attachments.iter().any(is_offered);
        bodies
    }
}

/// The type of a part as JMAP says it, in lower case.
pub fn media_type(part: &Part<'_>) -> String {
    let [media_type, subtype] =
        [part.media_type, part.subtype].map(|it| String::from_utf8_lossy(it).to_ascii_lowercase());
    format!("{media_type}/{subtype}")
}

/// The kinds of multipart that matter here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Multipart {
    Alternative,
    Related,
    Other,
}

/// Where a part stands.
#[derive(Clone, Copy)]
struct Place {
    kind: Multipart,
    in_alternative: bool,
    is_first: bool,
}

/// Into which lists parts go. What a choice between alternatives has ruled out stays so for what comes behind it in its multipart.
#[derive(Clone, Copy)]
struct Wanted {
    text: bool,
    html: bool,
}

struct Sorting<'p, 'm> {
    parts: &'p [Part<'m>],
    children: &'p [Vec<usize>],
    bodies: Bodies,
}

impl Sorting<'_, '_> {
    fn multipart(&mut self, index: usize, in_alternative: bool, mut wanted: Wanted) {
        let Some(part) = self.parts.get(index) else { return };
        let kind = if part.subtype.eq_ignore_ascii_case(b"alternative") {
            Multipart::Alternative
        } else if part.subtype.eq_ignore_ascii_case(b"related") {
            Multipart::Related
        } else {
            Multipart::Other
        };
        let in_alternative = in_alternative || kind == Multipart::Alternative;
        let before = (self.bodies.text.len(), self.bodies.html.len());
        let children = self.children.get(index).map(Vec::as_slice).unwrap_or_default();
        for (at, child) in children.iter().enumerate() {
            let place = Place { kind, in_alternative, is_first: at == 0 };
            self.part(*child, place, &mut wanted);
        }
        if kind == Multipart::Alternative && wanted.text && wanted.html {
            self.fill_up(before);
        }
    }

    /// Where only one of the alternatives was there, it stands for the other.
    fn fill_up(&mut self, (text_before, html_before): (usize, usize)) {
        let Bodies { text, html, .. } = &mut self.bodies;
        match (text.len() == text_before, html.len() == html_before) {
            (true, false) => text.extend(html.iter().skip(html_before)),
            (false, true) => html.extend(text.iter().skip(text_before)),
            (true, true) | (false, false) => {}
        }
    }

    fn part(&mut self, index: usize, place: Place, wanted: &mut Wanted) {
        let Some(part) = self.parts.get(index) else { return };
        if part.media_type.eq_ignore_ascii_case(b"multipart") {
            return self.multipart(index, place.in_alternative, *wanted);
        }
        let Bodies { text, html, attachments, .. } = &mut self.bodies;
        let (is_plain, is_html) = (part.is("text", "plain"), part.is("text", "html"));
        if !is_shown(part, place) {
            return attachments.push(index);
        }
        if place.kind == Multipart::Alternative {
            match (is_plain && wanted.text, is_html && wanted.html) {
                (true, _) => text.push(index),
                (_, true) => html.push(index),
                (false, false) => attachments.push(index),
            }
            return;
        }
        if place.in_alternative {
            wanted.html &= !is_plain;
            wanted.text &= !is_html;
        }
        if wanted.text {
            text.push(index);
        }
        if wanted.html {
            html.push(index);
        }
        if !(wanted.text && wanted.html) && is_media(part) {
            attachments.push(index);
        }
    }
}

fn is_media(part: &Part<'_>) -> bool {
    ["image", "audio", "video"]
        .iter()
        .any(|kind| part.media_type.eq_ignore_ascii_case(kind.as_bytes()))
}

/// Whether it is shown with the text rather than below it.
fn is_shown(part: &Part<'_>, place: Place) -> bool {
    let is_media = is_media(part);
    !part.is_attachment()
        && (part.is("text", "plain") || part.is("text", "html") || is_media)
        // Of a related only the first is shown by itself; text with a file name is text only where it comes first.
        && (place.is_first
            || (place.kind != Multipart::Related && (is_media || part.file_name().is_none())))
}

/// Whether people would want to save it: not what programs deal with, nor a picture that the HTML beside it shows.
fn is_offered(part: &Part<'_>, parent: Option<&Part<'_>>) -> bool {
    let is_inline = part.disposition.is_some_and(|it| it.kind.eq_ignore_ascii_case(b"inline"));
    let is_shown_by_html = is_media(part)
        && part.id.is_some()
        && parent.is_some_and(|it| it.is("multipart", "related"));
    let is_signature = ["pgp-signature", "pkcs7-signature", "x-pkcs7-signature"]
        .iter()
        .any(|subtype| part.is("application", subtype));
    !is_inline && !is_shown_by_html && !is_signature
}

#[cfg(test)]
mod tests {
    use message::Outline;

    use super::{Bodies, media_type};

    /// A part with a name as its text.
    fn leaf(kind: &str, disposition: &str, name: &str) -> String {
        let disposition = match disposition {
            "" => String::new(),
            shown => format!("Content-Disposition: {shown}\r\n"),
        };
        format!("Content-Type: {kind}\r\n{disposition}Content-ID: <{name}>\r\n\r\n{name}\r\n")
    }

    fn multipart(subtype: &str, boundary: &str, parts: &[String]) -> String {
        let mut text = format!("Content-Type: multipart/{subtype}; boundary={boundary}\r\n\r\n");
        for part in parts {
            text.push_str(&format!("--{boundary}\r\n{part}\r\n"));
        }
        text + &format!("--{boundary}--\r\n")
    }

    /// The names of the parts in each list.
    fn sorted(message: &str) -> ([String; 3], bool) {
        let outline = Outline::of(message.as_bytes());
        let bodies = Bodies::of(&outline);
        let names: Vec<String> = outline
            .parts()
            .map(|part| {
                let id = part.id.map(|id| String::from_utf8_lossy(id).into_owned());
                id.unwrap_or_default().trim_matches(['<', '>']).to_owned()
            })
            .collect();
        let lists = [&bodies.text, &bodies.html, &bodies.attachments]
            .map(|list| list.iter().map(|index| names[*index].as_str()).collect::<String>());
        (lists, bodies.has_attachment)
    }

    #[test]
    fn the_standard_s_example_is_taken_apart_as_it_says() {
        let text = |name| leaf("text/plain", "inline", name);
        let picture = |shown, name| leaf("image/jpeg", shown, name);
        let inner = multipart("mixed", "b3", &[text("B"), picture("inline", "C"), text("D")]);
        let related = multipart("related", "b4", &[leaf("text/html", "", "E"), picture("", "F")]);
        let alternative = multipart("alternative", "b2", &[inner, related]);
        let middle = multipart(
            "mixed",
            "b1",
            &[
                alternative,
                picture("attachment", "G"),
                leaf("application/x-excel", "", "H"),
                leaf("message/rfc822", "", "J")
                    .replace("\r\n\r\nJ", "\r\n\r\nSubject: x\r\n\r\ntext"),
            ],
        );
        let message = multipart("mixed", "b0", &[text("A"), middle, text("K")]);
        let (lists, has_attachment) = sorted(&message);
        assert_eq!(lists, ["ABCDK", "AEK", "CFGHJ"]);
        assert!(has_attachment);
    }

    #[test]
    fn one_alternative_stands_for_the_other() {
        let html = multipart("alternative", "b", &[leaf("text/html", "", "A")]);
        assert_eq!(sorted(&html), (["A", "A", ""].map(str::to_owned), false));
        let plain = multipart(
            "alternative",
            "b",
            &[leaf("text/plain", "", "A"), leaf("text/calendar", "", "B")],
        );
        assert_eq!(sorted(&plain), (["A", "A", "B"].map(str::to_owned), true));
        let alone = leaf("text/plain", "", "A");
        assert_eq!(sorted(&alone), (["A", "A", ""].map(str::to_owned), false));
        let picture = leaf("image/png", "attachment", "A");
        assert_eq!(sorted(&picture), (["", "", "A"].map(str::to_owned), true));
    }

    #[test]
    fn what_programs_deal_with_is_not_offered() {
        let signed = multipart(
            "signed",
            "b",
            &[leaf("text/plain", "", "A"), leaf("application/pgp-signature; name=s.asc", "", "B")],
        );
        assert_eq!(sorted(&signed), (["A", "A", "B"].map(str::to_owned), false));
        let related = multipart(
            "related",
            "b",
            &[
                leaf("text/html", "", "A"),
                leaf("image/png", "", "B"),
                leaf("image/png", "inline", "C"),
            ],
        );
        assert_eq!(sorted(&related), (["A", "A", "BC"].map(str::to_owned), false));
        // A text with a name is a file, unless it comes first.
        let files = multipart(
            "mixed",
            "b",
            &[leaf("text/plain; name=a.txt", "", "A"), leaf("text/plain; name=b.txt", "", "B")],
        );
        assert_eq!(sorted(&files), (["A", "A", "B"].map(str::to_owned), true));
    }

    #[test]
    fn types_are_said_in_lower_case() {
        let outline = Outline::of(b"Content-Type: TEXT/Html; charset=x\r\n\r\n");
        assert_eq!(media_type(&outline.root().unwrap()), "text/html");
    }
}

//! What must hold for every octet string, mail or not. The fuzzer and the tests call `check`.

use std::ops::Range;

use crate::limits::{DEPTH_MAX, PARTS_MAX, PREVIEW_CHARACTERS_MAX};
use crate::octets::{self, slice, wide};
use crate::{
    AddressList, BaseSubject, Choice, Decoder, HeaderEnvelope, Kind, MessageId, Outline, Scanner,
    Section, SentDate, Step, ThreadKeys, decode_words, decoded_octets, fields, header_text,
    html_to_text, searchable_text, select,
};

/// Reads the octets in every way there is and says which invariant does not hold, if any.
pub fn check(octets: &[u8]) -> Result<(), String> {
    let outline = Outline::of(octets);
    check_cuts(octets, &outline)?;
    check_parts(octets, &outline)?;
    check_stored(&outline)?;
    check_sections(octets, &outline)?;
    check_header(octets, &outline)?;
    check_text(octets, &outline)
}

fn want(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// However a message is cut into pieces, its outline is the same.
fn check_cuts(octets: &[u8], outline: &Outline<'_>) -> Result<(), String> {
    let sizes = [1, 2, 3, 7, 61, 1024];
    for size in sizes.into_iter().filter(|size| *size < octets.len()) {
        let mut scanner = Scanner::new();
        octets.chunks(size).for_each(|piece| scanner.push(piece));
        want(scanner.finish() == *outline, &format!("pieces of {size} octets change the outline"))?;
    }
    if octets.len() <= 96 {
        for at in 0..=octets.len() {
            let (front, back) = octets.split_at_checked(at).unwrap_or_default();
            let mut scanner = Scanner::new();
            scanner.push(front);
            scanner.push(back);
            want(scanner.finish() == *outline, &format!("a cut at {at} changes the outline"))?;
        }
    }
    Ok(())
}

/// Parts lie inside their parents and one behind the other; each kind has the children it must have.
fn check_parts(octets: &[u8], outline: &Outline<'_>) -> Result<(), String> {
    let count = outline.part_count();
    want((1..=PARTS_MAX).contains(&count), "as many parts as allowed")?;
    want(outline.parts().count() == count, "all parts can be read")?;
    want(outline.octets() == wide(octets.len()), "the root ends where the message ends")?;
    want(outline.preview().chars().count() <= PREVIEW_CHARACTERS_MAX, "the preview is short")?;
    // For each open part: the part, where its next child may begin, and how many children it had.
    let mut open: Vec<(Range<u64>, u64, usize)> = Vec::new();
    for step in outline.walk() {
        match step {
            Step::Enter(part) => {
                let header_end = part.header.end;
                want(
                    part.header.start <= header_end && header_end <= part.body.start,
                    "header first",
                )?;
                want(part.body.start <= part.body.end, "a body does not end before it begins")?;
                if let Some((parent, next, children)) = open.last_mut() {
                    want(*next <= part.header.start, "parts do not overlap")?;
                    want(part.body.end <= parent.end, "a part lies inside its parent")?;
                    *next = part.body.end;
                    *children = children.saturating_add(1);
                }
                let text = slice(octets, part.body.clone());
                let ends = octets::count(b'\n', text);
                match part.kind {
                    Kind::Text => want(part.lines == ends, "the lines of a text are counted")?,
                    Kind::Message => {
                        want(part.lines == ends, "the lines of a message are counted")?
                    }
                    Kind::Basic | Kind::Multipart => want(part.lines == 0, "no lines elsewhere")?,
                }
                if matches!(part.kind, Kind::Message | Kind::Multipart) {
                    open.push((part.body.clone(), part.body.start, 0));
                }
                want(open.len() <= DEPTH_MAX, "not too deep")?;
            }
            Step::Leave(part) => {
                let (_, _, children) = open.pop().ok_or("no part is left twice")?;
                let enough = if part.kind == Kind::Message { children == 1 } else { children > 0 };
                want(enough, "a multipart has parts, and a message one root")?;
            }
        }
    }
    want(open.is_empty(), "every part that is entered is left")
}

/// What is stored reads back the same, and a piece of it does not read at all.
fn check_stored(outline: &Outline<'_>) -> Result<(), String> {
    let stored = outline.encode();
    want(Outline::decode(&stored).as_ref() == Some(outline), "a stored outline reads back")?;
    let cut = stored.split_last().map(|(_, front)| front).unwrap_or_default();
    want(Outline::decode(cut).is_none(), "a cut outline is refused")?;
    // Damage may go unseen, but never panics.
    for at in (0..stored.len()).step_by(stored.len().div_ceil(64).max(1)) {
        let mut damaged = stored.clone();
        if let Some(octet) = damaged.get_mut(at) {
            *octet = !*octet;
        }
        if let Some(damaged) = Outline::decode(&damaged) {
            damaged.walk().for_each(drop);
        }
    }
    Ok(())
}

/// Sections lie inside the message, and header and text make up the whole.
fn check_sections(octets: &[u8], outline: &Outline<'_>) -> Result<(), String> {
    let end = wide(octets.len());
    let kinds = [Section::Whole, Section::Header, Section::Text, Section::Mime];
    for numbers in [&[][..], &[1], &[2], &[1, 1], &[1, 2], &[2, 1], &[1, 1, 1], &[0], &[u32::MAX]] {
        for kind in kinds {
            if let Some(range) = outline.section(numbers, kind) {
                want(
                    range.start <= range.end && range.end <= end,
                    "a section lies in the message",
                )?;
            }
        }
    }
    let header = outline.section(&[], Section::Header).ok_or("every message has a header")?;
    let text = outline.section(&[], Section::Text).ok_or("every message has a text")?;
    want(header.start == 0 && header.end == text.start && text.end == end, "header, then text")?;
    want(outline.section(&[1], Section::Whole).is_some(), "every message has a part 1")
}

/// Choosing fields loses nothing and invents nothing.
fn check_header(octets: &[u8], outline: &Outline<'_>) -> Result<(), String> {
    let header = slice(octets, outline.header());
    let none: [&[u8]; 0] = [];
    want(select(header, &none, Choice::NotNamed) == header, "all fields make up the header")?;
    let names = ["from", "SUBJECT", "Received"];
    let chosen = select(header, &names, Choice::Named).len();
    let others = select(header, &names, Choice::NotNamed).len();
    let blank = select(header, &none, Choice::Named).len();
    let both = chosen.saturating_add(others);
    want(both == header.len().saturating_add(blank), "each field is chosen once")?;
    let read = HeaderEnvelope::of(header);
    let small = header.len() < crate::limits::HEADER_OCTETS_MAX;
    want(!small || read.envelope() == outline.envelope(), "one envelope, from header or outline")?;
    let _ = (ThreadKeys::of_header(header), SentDate::of_header(header), header_text(header));
    for field in fields(header) {
        let _ = (AddressList::of(field.value), SentDate::parse(field.value));
        let _ = (BaseSubject::of(field.value), MessageId::list(field.value).count());
        let decoded = decode_words(field.value);
        let limit = field.value.len().saturating_mul(4);
        want(decoded.len() <= limit, "decoded words are at most four times their octets")?;
        want(!decoded.contains(['\r', '\n', '\0']), "decoded words hold no line end")?;
    }
    Ok(())
}

/// Text is bounded, and decoding in pieces is decoding at once.
fn check_text(octets: &[u8], outline: &Outline<'_>) -> Result<(), String> {
    let text = searchable_text(outline, octets);
    want(text.len() <= octets.len().saturating_mul(4), "text is at most four times the message")?;
    let html = html_to_text(&String::from_utf8_lossy(octets));
    want(
        html.len() <= octets.len().saturating_mul(4),
        "text of HTML is at most four times as long",
    )?;
    for encoding in ["base64", "quoted-printable", "8bit"] {
        let decoder = Decoder::new(encoding.as_bytes()).ok_or("the encoding is known")?;
        let whole = decoder.clone().decode(octets);
        want(whole.len() <= octets.len(), "decoding does not make longer")?;
        let mut pieces = Vec::new();
        let mut piecewise = decoder;
        octets.chunks(3).for_each(|piece| piecewise.push(piece, &mut pieces));
        piecewise.finish(&mut pieces);
        want(pieces == whole, &format!("{encoding} in pieces is {encoding}"))?;
        let counted = decoded_octets(encoding.as_bytes(), octets);
        want(counted == Some(wide(whole.len())), "the decoded size is the size decoded")?;
    }
    for part in outline.parts() {
        let _ = (part.file_name(), part.is_attachment());
    }
    Ok(())
}

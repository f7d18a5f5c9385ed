//! Blobs: octets by their ids (RFC 8620, 6; RFC 9404). An email is one, each of its parts is one, decoded, and each upload.
//!
//! A part keeps the charset that it is in; only its transfer encoding is undone. Whoever may not see an email does not find it, nor
//! any part of it.

mod copy;
mod get;
mod lookup;
mod upload;
mod uploading;

use std::ops::Range;

use bytes::Bytes;
use cards::PhotoName;
use mailbox::operations::Email;
use mailbox::{CardId, EmailId, Fault, Upload};
use message::{Decoder, Kind, Outline, Part, Scanner};
use serde_json::{Value, json};

pub use self::uploading::{NotUploaded, Uploaded, Uploading};
use super::capabilities::Capability;
use super::{Context, ids};
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::DATA_SOURCES_MAX;
use crate::run::Row;

const CAPABILITY: &str = "urn:ietf:params:jmap:blob";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

pub(super) const ROWS: &[Row<Context>] = &[copy::ROW, get::ROW, lookup::ROW, upload::ROW];

fn of_account(context: &Context) -> Value {
    json!({
        "maxSizeBlobSet": context.ports.accounts.policy().message_octets_max,
        "maxDataSources": DATA_SOURCES_MAX,
        "supportedTypeNames": lookup::TYPES,
        "supportedDigestAlgorithms": get::DIGESTS,
    })
}

/// How many octets are read at once.
const PIECE_OCTETS: u64 = 128 << 10;

/// A blob that was found.
#[derive(Clone, Debug)]
pub struct Blob {
    content: Content,
    /// Where it lies there, in its transfer encoding.
    place: Range<u64>,
    /// The transfer encoding; none: it is as it stands.
    encoding: Option<Vec<u8>>,
    /// The charset that it is said to be in, where it is a part that says so.
    pub charset: Option<String>,
}

#[derive(Clone, Debug)]
enum Content {
    Email(Box<Email>),
    Upload(Upload),
    Photo(Bytes),
}

/// Which blob an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// An email, or with numbers a part of it.
    Email(EmailId, Vec<u32>),
    /// An upload, or with numbers a part of it, taken as a message.
    Upload(mailbox::UploadId, Vec<u32>),
    /// A photo of a card.
    Photo(CardId, PhotoName),
}

impl Blob {
    /// The blob with an id, for this user. None: there is none.
    pub async fn find(context: &Context, id: &Id) -> Result<Option<Blob>, MethodError> {
        match ids::blob_of(id) {
            None => Ok(None),
            Some(Named::Photo(card, name)) => {
                let found = context.account.card_photo(card, &name);
                let found = found.map_err(|fault| context.failed(&fault))?;
                Ok(found.map(Blob::of_photo))
            }
            Some(Named::Upload(upload, numbers)) => {
                let found = context.account.upload(upload).map_err(|it| context.failed(&it))?;
                let Some(found) = found.map(Blob::of_upload) else { return Ok(None) };
                if numbers.is_empty() {
                    return Ok(Some(found));
                }
                let outline = found.outline(context).await?;
                Ok(found.part(&outline, &numbers))
            }
            Some(Named::Email(email, numbers)) => {
                let emails = context.account.emails().await;
                let emails = emails.map_err(|error| context.not_done(&error))?;
                if emails.thread_of(email).is_none() {
                    return Ok(None);
                }
                let found = context.account.reader().and_then(|reader| reader.email(email));
                let found = found.map_err(|fault| context.failed(&fault))?;
                Ok(found.and_then(|email| Blob::of_email(email, &numbers)))
            }
        }
    }

    fn of_photo(octets: Bytes) -> Blob {
        let place = 0..u64::try_from(octets.len()).unwrap_or(u64::MAX);
        Blob { content: Content::Photo(octets), place, encoding: None, charset: None }
    }

    fn of_upload(upload: Upload) -> Blob {
        let place = 0..upload.octets;
        Blob { content: Content::Upload(upload), place, encoding: None, charset: None }
    }

    /// An email, or the part of it with these numbers. None where there is no such part, or it is a multipart (RFC 8621, 4.1.4).
    fn of_email(email: Email, numbers: &[u32]) -> Option<Blob> {
        let (place, outline) = (0..email.octets, email.outline.clone());
        let content = Content::Email(Box::new(email));
        let whole = Blob { content, place, encoding: None, charset: None };
        if numbers.is_empty() {
            return Some(whole);
        }
        whole.part(&Outline::decode(&outline)?, numbers)
    }

    /// A part of it, taken as a message of this outline.
    fn part(self, outline: &Outline<'_>, numbers: &[u32]) -> Option<Blob> {
        let part = outline.part(numbers).filter(|part| part.kind != Kind::Multipart)?;
        let is_identity = ["", "7bit", "8bit", "binary"]
            .iter()
            .any(|known| part.encoding.eq_ignore_ascii_case(known.as_bytes()));
        // RFC 8621, 4.1.4: an encoding that is not known is taken for none.
        let is_encoded = !is_identity && Decoder::new(part.encoding).is_some();
        let encoding = is_encoded.then(|| part.encoding.to_vec());
        let charset = charset_of(&part);
        Some(Blob { place: part.body.clone(), encoding, charset, ..self })
    }

    /// What it is like as a message.
    pub(super) async fn outline(&self, context: &Context) -> Result<Outline<'static>, MethodError> {
        let mut scanner = Scanner::new();
        let mut reading = self.read();
        while let Some(piece) = reading.next(context).await? {
            scanner.push(&piece);
        }
        Ok(scanner.finish())
    }

    /// Octets of it at once, without waiting. None: it is encoded, and has to be read from its beginning.
    pub(super) fn piece(
        &self,
        context: &Context,
        range: &Range<u64>,
    ) -> Option<Result<Bytes, Fault>> {
        if self.encoding.is_some() {
            return None;
        }
        let at = |offset: u64| self.place.start.saturating_add(offset).min(self.place.end);
        Some(self.kept(context, at(range.start)..at(range.end)))
    }

    /// Octets as they are kept.
    fn kept(&self, context: &Context, range: Range<u64>) -> Result<Bytes, Fault> {
        match &self.content {
            Content::Email(email) => context.account.body(email, range),
            Content::Upload(upload) => context.account.upload_octets(upload, range),
            Content::Photo(octets) => {
                let at =
                    |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(octets.len());
                let (from, to) = (at(range.start), at(range.end));
                Ok(octets.slice(from.min(to)..to))
            }
        }
    }

    /// Reads it from its beginning.
    pub fn read(&self) -> Reading<'_> {
        let decoder = self.encoding.as_deref().and_then(Decoder::new);
        Reading { blob: self, at: self.place.start, decoder }
    }

    /// How many octets it has. Those of a part that is encoded are counted, in little memory.
    pub async fn octets(&self, context: &Context) -> Result<u64, MethodError> {
        if self.encoding.is_none() {
            return Ok(self.place.end.saturating_sub(self.place.start));
        }
        let mut reading = self.read();
        let mut octets = 0_u64;
        while let Some(piece) = reading.next(context).await? {
            octets = octets.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        }
        Ok(octets)
    }

    /// Octets of it, cut to what there is. They are in memory all at once: who calls keeps the range small.
    pub async fn range(
        &self,
        context: &Context,
        range: Range<u64>,
    ) -> Result<Vec<u8>, MethodError> {
        let mut found = Vec::new();
        let mut reading = self.read_range(range);
        while let Some(piece) = reading.next(context).await? {
            found.extend_from_slice(&piece);
        }
        Ok(found)
    }

    /// Reads a range of it, cut to what there is. What is not encoded is not read before it.
    pub fn read_range(&self, range: Range<u64>) -> RangeReading<'_> {
        let mut reading = self.read();
        let mut skip = range.start;
        if self.encoding.is_none() {
            reading.at = self.place.start.saturating_add(range.start).min(self.place.end);
            skip = 0;
        }
        RangeReading { reading, skip, left: range.end.saturating_sub(range.start) }
    }
}

/// The charset that a text is said to be in.
fn charset_of(part: &Part<'_>) -> Option<String> {
    part.parameters.decoded("charset").filter(|_| part.media_type.eq_ignore_ascii_case(b"text"))
}

/// A blob being read, piece by piece.
pub struct Reading<'b> {
    blob: &'b Blob,
    at: u64,
    /// None: it is as it stands, or it has ended.
    decoder: Option<Decoder>,
}

impl Reading<'_> {
    /// The next octets; none at the end.
    pub async fn next(&mut self, context: &Context) -> Result<Option<Bytes>, MethodError> {
        loop {
            lane::breathe(Some(context.account.turns())).await;
            let end = self.blob.place.end.min(self.at.saturating_add(PIECE_OCTETS));
            if self.at >= end {
                let mut out = Vec::new();
                if let Some(decoder) = self.decoder.take() {
                    decoder.finish(&mut out);
                }
                return Ok((!out.is_empty()).then(|| out.into()));
            }
            let octets = self.blob.kept(context, self.at..end);
            let octets = octets.map_err(|fault| context.failed(&fault))?;
            self.at = end;
            let Some(decoder) = &mut self.decoder else { return Ok(Some(octets)) };
            let mut out = Vec::with_capacity(octets.len());
            decoder.push(&octets, &mut out);
            if !out.is_empty() {
                return Ok(Some(out.into()));
            }
        }
    }
}

/// A range of a blob being read, piece by piece.
pub struct RangeReading<'b> {
    reading: Reading<'b>,
    skip: u64,
    left: u64,
}

impl RangeReading<'_> {
    /// The next octets; none at the end.
    pub async fn next(&mut self, context: &Context) -> Result<Option<Bytes>, MethodError> {
        while self.left > 0 {
            let Some(mut piece) = self.reading.next(context).await? else { return Ok(None) };
            let octets = |piece: &Bytes| u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let skipped = self.skip.min(octets(&piece));
            self.skip = self.skip.saturating_sub(skipped);
            drop(piece.split_to(usize::try_from(skipped).unwrap_or(usize::MAX).min(piece.len())));
            piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left = self.left.saturating_sub(octets(&piece));
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

//! Puts messages into the store: those that are built, and those that were uploaded.

use std::collections::BTreeMap;

use mailbox::{Error, Incoming, Received, Timestamp, ZonedTime};
use message::{Encoder, Encoding, Nature, Outline, SentDate};

use crate::call::Created;
use crate::error::{MethodError, SetError};
use crate::mail::{BlobFacts, Draft, Look, Made, Piece};
use crate::server::Context;
use crate::server::blob::Blob;

/// What one object came to.
pub(super) type Outcome<T> = Result<Result<T, SetError>, MethodError>;

/// Makes a message of a draft.
pub(super) async fn build(context: &Context, draft: Draft) -> Outcome<Received> {
    let (mut blobs, mut facts) = (BTreeMap::new(), BTreeMap::new());
    for (id, look) in draft.blobs() {
        let Some(blob) = Blob::find(context, id).await? else { continue };
        facts.insert(id.clone(), look_at(context, &blob, look).await?);
        blobs.insert(id.clone(), blob);
    }
    let octets_max = context.ports.accounts.policy().message_octets_max;
    let pieces = match draft.compose(&facts, &made(context)?, octets_max) {
        Ok(pieces) => pieces,
        Err(error) => return Ok(Err(error)),
    };
    let mut incoming = context.ports.accounts.receive();
    for piece in pieces {
        let written = match piece {
            Piece::Octets(octets) => incoming.write(&octets).await,
            Piece::Blob { id, encoding } => match blobs.get(&id) {
                Some(blob) => encode(context, blob, encoding, &mut incoming).await?,
                None => Ok(()),
            },
        };
        if let Err(error) = written {
            return context.not_set(&error).map(Err);
        }
    }
    match incoming.finish().await {
        Ok(received) => Ok(Ok(received)),
        Err(error) => context.not_set(&error).map(Err),
    }
}

async fn look_at(context: &Context, blob: &Blob, look: Look) -> Result<BlobFacts, MethodError> {
    let charset = blob.charset.clone();
    match look {
        Look::Length => {
            Ok(BlobFacts { octets: blob.octets(context).await?, nature: None, charset })
        }
        Look::Octets => {
            let mut nature = Nature::default();
            let mut reading = blob.read();
            while let Some(piece) = reading.next(context).await? {
                nature.push(&piece);
            }
            Ok(BlobFacts { octets: nature.octets(), nature: Some(nature), charset })
        }
    }
}

async fn encode(
    context: &Context,
    blob: &Blob,
    encoding: Encoding,
    to: &mut Incoming,
) -> Result<Result<(), Error>, MethodError> {
    let mut encoder = Encoder::new(encoding);
    let mut reading = blob.read();
    let mut out = Vec::new();
    while let Some(piece) = reading.next(context).await? {
        encoder.push(&piece, &mut out);
        if let Err(error) = to.write(&out).await {
            return Ok(Err(error));
        }
        out.clear();
    }
    encoder.finish(&mut out);
    Ok(to.write(&out).await)
}

fn made(context: &Context) -> Result<Made, MethodError> {
    let unique = context.ports.fresh.name().map_err(|fault| context.failed(&fault))?;
    let domain = context.user.addresses.first().and_then(|address| address.rsplit_once('@'));
    let domain = domain.map_or("localhost", |(_, domain)| domain);
    Ok(Made {
        message_id: format!("{unique}@{domain}"),
        unix_s: context.ports.accounts.clock().now().0,
        unique,
    })
}

/// Takes a blob as a message. One with line ends of LF gets those of mail; NUL, and what has no header, is no message (RFC 5322, 2).
pub(super) async fn take(context: &Context, blob: &Blob) -> Outcome<Received> {
    let invalid = |why: &str| {
        Ok(Err(SetError { description: Some(why.to_owned()), ..SetError::of("invalidEmail") }))
    };
    let mut incoming = context.ports.accounts.receive();
    let mut lines: Option<Encoder> = None;
    let mut is_first = true;
    let mut reading = blob.read();
    while let Some(piece) = reading.next(context).await? {
        if piece.contains(&0) {
            return invalid("it holds a NUL");
        }
        if std::mem::take(&mut is_first) {
            if message::has_header(&piece, true) != Some(true) {
                return invalid("it does not begin with a header");
            }
            let first_line = piece.split(|octet| *octet == b'\n').next().unwrap_or_default();
            let is_of_mail = first_line.ends_with(b"\r");
            lines = (!is_of_mail).then(|| Encoder::new(Encoding::EightBit));
        }
        let written = match &mut lines {
            None => incoming.write(&piece).await,
            Some(lines) => {
                let mut out = Vec::with_capacity(piece.len());
                lines.push(&piece, &mut out);
                incoming.write(&out).await
            }
        };
        if let Err(error) = written {
            return context.not_set(&error).map(Err);
        }
    }
    if is_first {
        return invalid("it is empty");
    }
    match incoming.finish().await {
        Ok(received) => Ok(Ok(received)),
        Err(error) => context.not_set(&error).map(Err),
    }
}

/// When the topmost Received field says that a message came (RFC 8621, 4.8).
pub(super) fn received_at(header: &[u8]) -> Option<ZonedTime> {
    let field = message::find(header, "Received")?;
    let date = field.value.rsplit(|octet| *octet == b';').next()?;
    let date = SentDate::parse(date)?;
    let zone_minutes = i16::try_from(date.zone_s / 60).ok()?;
    Some(ZonedTime { time: Timestamp(date.unix_s), zone_minutes })
}

/// The header of a message that was taken, if it is in memory, or the beginning of a blob.
pub(super) async fn header_of(
    context: &Context,
    blob: &Blob,
    received: &Received,
) -> Result<Vec<u8>, MethodError> {
    let octets = Outline::decode(received.outline()).map_or(0, |outline| outline.header().end);
    blob.range(context, 0..octets).await
}

/// Puts the ids of blobs that this request made where they are named by what they were created as (RFC 9404, 4.1).
pub(super) fn resolve_blobs(value: &mut serde_json::Value, created: &Created) {
    use serde_json::Value;
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| resolve_blobs(value, created)),
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if name != "blobId" {
                    resolve_blobs(value, created);
                } else if let Value::String(text) = value
                    && text.starts_with('#')
                    && let Some(id) = created.find(text)
                {
                    *text = id.into();
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

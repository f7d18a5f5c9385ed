//! Messages on their way in: hashed and taken apart as their octets arrive, so that nothing of that is left to do
//! when they are committed.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::engine::{BodySource, BodyWriter, StagedBody};
use crate::limits::{PASSED_ON_OCTETS, STAGED_IN_MEMORY_OCTETS_MAX};
use crate::ports::Ports;
use crate::reading::{Content, Reading};
use crate::{BodyHash, Error, Refused};

/// A message on its way in: hashed and taken apart as its octets arrive, held in memory up to
/// `STAGED_IN_MEMORY_OCTETS_MAX` and on the disk beyond. Dropped before its end, it leaves nothing behind.
pub struct Incoming {
    ports: Arc<Ports>,
    hasher: blake3::Hasher,
    reading: Reading,
    octets: u64,
    held: BytesMut,
    writer: Option<Box<dyn BodyWriter>>,
}

/// A message that came in whole and belongs to no account yet. Clones share it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The body.
    pub body: StagedBody,
    pub(crate) content: Arc<Content>,
}

impl Incoming {
    pub(crate) fn new(ports: Arc<Ports>) -> Incoming {
        Incoming {
            ports,
            hasher: blake3::Hasher::new(),
            reading: Reading::default(),
            octets: 0,
            held: BytesMut::new(),
            writer: None,
        }
    }

    /// The most octets that it takes.
    fn octets_max(&self) -> u64 {
        // An entry notes the size in 32 bits.
        self.ports.policy.message_octets_max.min(u32::MAX.into())
    }

    /// Takes more octets. `Refused::TooLarge` as soon as there are too many.
    pub async fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        let more = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.octets = self.octets.saturating_add(more);
        if self.octets > self.octets_max() {
            return Err(Refused::TooLarge { octets_max: self.octets_max() }.into());
        }
        self.hasher.update(octets);
        self.reading.push(octets);
        self.held.extend_from_slice(octets);
        // One that is on its way to the disk already is passed on in smaller pieces.
        let held_max =
            if self.writer.is_some() { PASSED_ON_OCTETS } else { STAGED_IN_MEMORY_OCTETS_MAX };
        if self.held.len() > held_max {
            let octets = self.held.split();
            self.send(octets).await?;
        }
        Ok(())
    }

    /// Puts what is held of its octets on the disk at once: somebody is short of memory.
    pub async fn pass_on(&mut self) -> Result<(), Error> {
        let octets = std::mem::take(&mut self.held);
        if octets.is_empty() { Ok(()) } else { self.send(octets).await }
    }

    async fn send(&mut self, octets: BytesMut) -> Result<(), Error> {
        if self.writer.is_none() {
            self.writer = Some(self.ports.engine.write_body()?);
        }
        if let Some(writer) = &mut self.writer {
            writer.write(octets.freeze()).await?;
        }
        Ok(())
    }

    /// About how many octets of memory it takes now.
    pub fn held_octets(&self) -> usize {
        let with_engine = self.writer.as_ref().map_or(0, |writer| writer.held_octets());
        self.held.capacity().saturating_add(self.reading.held_octets()).saturating_add(with_engine)
    }

    /// Ends the message.
    pub async fn finish(mut self) -> Result<Received, Error> {
        let held = self.held.freeze();
        let source = match self.writer.take() {
            None => BodySource::Memory(held),
            Some(mut writer) => {
                if !held.is_empty() {
                    writer.write(held).await?;
                }
                BodySource::Engine(writer.finish().await?)
            }
        };
        let hash = BodyHash(*self.hasher.finalize().as_bytes());
        let body = StagedBody { hash, octets: self.octets, source };
        Ok(Received { body, content: Arc::new(self.reading.finish()) })
    }
}

impl Received {
    /// Its outline, as `message::Outline::decode` reads it.
    pub fn outline(&self) -> &Bytes {
        &self.content.outline
    }

    /// Its octets, when they are held in memory.
    pub fn octets_in_memory(&self) -> Option<&Bytes> {
        match &self.body.source {
            BodySource::Memory(octets) => Some(octets),
            BodySource::Engine(_) => None,
        }
    }
}

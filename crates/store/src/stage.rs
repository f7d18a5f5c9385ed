//! Bodies too large for memory: their octets go into the journal in pieces as they arrive.

use std::any::Any;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use mailbox::Fault;
use mailbox::engine::{BodyWriter, Ready};
use tokio::sync::oneshot;

use crate::encoding::octets_of;
use crate::limits::BODY_OCTETS_MAX;
use crate::location::{Checksummer, Location};
use crate::queue::{Chunk, Write};
use crate::segment::{Pin, Segments};
use crate::shared::Shared;

/// A body on its way into the journal.
pub(crate) struct Staging {
    shared: Arc<Shared>,
    collected: BytesMut,
    checksummer: Checksummer,
    location: Location,
    pins: Vec<Pin>,
}

impl Staging {
    pub(crate) fn new(shared: Arc<Shared>) -> Staging {
        Staging {
            shared,
            collected: BytesMut::new(),
            checksummer: Checksummer::default(),
            location: Location { octets: 0, extents: Vec::new(), checksums: Vec::new() },
            pins: Vec::new(),
        }
    }

    async fn take(&mut self, octets: Bytes) -> Result<(), Fault> {
        let sum = self.location.octets.saturating_add(octets_of(&octets));
        if sum > BODY_OCTETS_MAX {
            return Err(Fault::new("a body that is too large"));
        }
        self.location.octets = sum;
        self.checksummer.update(&octets);
        let chunk_octets = self.shared.options.chunk_octets.max(1);
        let mut rest = octets;
        while !rest.is_empty() {
            let room = chunk_octets.saturating_sub(self.collected.len()).min(rest.len());
            self.collected.extend_from_slice(&rest.split_to(room));
            if self.collected.len() >= chunk_octets {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Fault> {
        let octets = self.collected.split().freeze();
        if self.shared.lacks_room() {
            self.shared.counting.refused_for_room.add(1);
            return Err(Fault::full("the disk has no room for new mail"));
        }
        let room = self.shared.queue.room_for(octets_of(&octets)).await?;
        let (answer, answered) = oneshot::channel();
        self.shared.queue.push(Write::Chunk { octets, answer, _room: room })?;
        let Chunk { extent, pin } = answered.await.map_err(|_| self.shared.gone())??;
        self.location.extents.push(extent);
        if !self.pins.iter().any(|held| held.segments() == pin.segments()) {
            self.pins.push(pin);
        }
        Ok(())
    }

    async fn end(mut self) -> Result<Arc<dyn Any + Send + Sync>, Fault> {
        if !self.collected.is_empty() {
            self.send().await?;
        }
        self.location.checksums = self.checksummer.finish();
        let segments = self.shared.segments.clone();
        Ok(Arc::new(StagedNote { segments, location: self.location, _pins: self.pins }))
    }
}

impl BodyWriter for Staging {
    fn write(&mut self, octets: Bytes) -> Ready<'_, Result<(), Fault>> {
        Box::pin(self.take(octets))
    }

    fn held_octets(&self) -> usize {
        self.collected.capacity()
    }

    fn finish(self: Box<Self>) -> Ready<'static, Result<Arc<dyn Any + Send + Sync>, Fault>> {
        Box::pin(self.end())
    }
}

/// Where the octets of a staged body lie. They stay as long as this lives.
pub(crate) struct StagedNote {
    segments: Arc<Segments>,
    location: Location,
    _pins: Vec<Pin>,
}

impl StagedNote {
    /// Says whether the body was staged in the store that has these segments.
    pub(crate) fn is_of(&self, segments: &Arc<Segments>) -> bool {
        Arc::ptr_eq(&self.segments, segments)
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }
}

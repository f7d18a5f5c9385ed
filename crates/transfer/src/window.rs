//! A file that can be looked ahead in: reads in order, and shows what comes before it is taken.

use std::io::{self, Read};

use crate::limits::LINE_PIECE_OCTETS_MAX;

/// Reads a file.
pub(crate) struct Window<R> {
    from: R,
    /// What was read; the octets before `start` were taken.
    octets: Vec<u8>,
    start: usize,
    taken: u64,
    at_end: bool,
    /// Why the file cannot be read on behind what was read.
    failed: Option<io::Error>,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(from: R) -> Window<R> {
        Window { from, octets: Vec::new(), start: 0, taken: 0, at_end: false, failed: None }
    }

    /// What comes next: at least so many octets, unless the file ends before, or cannot be read on there. Who comes to that
    /// place asks `failure`: what lies before it is good.
    pub(crate) fn ahead(&mut self, wanted: usize) -> &[u8] {
        while !self.at_end && self.seen().len() < wanted {
            // Seldom, for what is kept is moved each time.
            if self.start.saturating_mul(2) >= self.octets.len() {
                self.octets.drain(..self.start);
                self.start = 0;
            }
            let length = self.octets.len();
            let step = wanted.saturating_sub(length).max(LINE_PIECE_OCTETS_MAX);
            self.octets.resize(length.saturating_add(step.min(STEP_OCTETS_MAX)), 0);
            let read = match self.from.read(self.octets.get_mut(length..).unwrap_or_default()) {
                Ok(read) => read,
                Err(error) => {
                    self.octets.truncate(length);
                    if error.kind() != io::ErrorKind::Interrupted {
                        self.failed = Some(error);
                        self.at_end = true;
                    }
                    continue;
                }
            };
            self.octets.truncate(length.saturating_add(read));
            self.at_end = read == 0;
        }
        self.seen()
    }

    /// Why the file does not go on behind what was seen; none: it ends there.
    pub(crate) fn failure(&mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Whether the file ends behind what was seen because it cannot be read on.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.failed.is_some()
    }

    /// What was read and not taken.
    pub(crate) fn seen(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    /// Takes octets that were seen.
    pub(crate) fn take(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.octets.len());
        self.taken = self.taken.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// How many octets were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }
}

/// So much is read at once at most.
const STEP_OCTETS_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn what_was_seen_is_not_taken_yet() {
        let text: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let mut window = Window::new(&text[..]);
        assert!(window.ahead(150_000).len() >= 150_000);
        window.take(100_000);
        assert_eq!(window.ahead(1_000_000), &text[100_000..]);
        window.take(99_999);
        assert_eq!((window.seen(), window.taken()), (&text[199_999..], 199_999));
        window.take(1);
        assert!(window.ahead(1).is_empty());
        assert!(window.failure().is_ok());
    }

    #[test]
    fn what_lies_before_damage_is_good() {
        struct Broken(u32);
        impl std::io::Read for Broken {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 => {
                        to[..3].copy_from_slice(b"abc");
                        Ok(3)
                    }
                    2 => Err(std::io::ErrorKind::Interrupted.into()),
                    _ => Err(std::io::ErrorKind::InvalidData.into()),
                }
            }
        }
        let mut window = Window::new(Broken(0));
        assert_eq!(window.ahead(10), b"abc");
        assert!(window.is_cut_off());
        window.take(3);
        assert!(window.ahead(10).is_empty());
        assert_eq!(window.failure().unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    }
}

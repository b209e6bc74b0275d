//! Frames that mean nothing (TR-03): ten of them in ten seconds, and whoever is at the other end does not speak SIP.

use crate::time::{Duration, Instant};

const TOO_MANY: usize = 10;
const WITHIN: Duration = Duration::from_secs(10);

/// When the last of them came, fewer than [`TOO_MANY`].
#[derive(Debug, Default)]
pub(super) struct Garbage(Vec<Instant>);

impl Garbage {
    /// One more has come. Whether it is one too many.
    pub(super) fn is_too_much(&mut self, now: Instant) -> bool {
        self.0.push(now);
        self.0.len() == TOO_MANY && now < self.0.remove(0) + WITHIN
    }
}

//! How long to wait before the next attempt at something that failed: a connection or a registration.

use super::Duration;
use crate::entropy::Entropy;

/// The first failures are answered quickly, because every second of silence may lose a call: at most 2, 4 and 8 s.
const QUICK: [u64; 3] = [2_000, 4_000, 8_000];
/// From then on the curve of RFC 5626 §4.5: its base time when no flow is up.
const BASE: u64 = 30_000;

/// Bounds of every wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait is drawn from zero up to this, and the next two scale with it. 2 s by default.
    pub first: Duration,
    /// No wait is longer. 1800 s by default.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after so many failures in a row (1 = the first).
    pub fn after(&self, failures: u32, entropy: &mut Entropy) -> Duration {
        let (least, most) = self.window(failures);
        entropy.between(least, most)
    }

    /// The window the wait is drawn from, uniformly.
    #[must_use]
    pub fn window(&self, failures: u32) -> (Duration, Duration) {
        let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(quick) = QUICK.get(step) {
            let scaled = self.first.saturating_mul(u32::try_from(quick / QUICK[0]).unwrap_or(1));
            return (Duration::ZERO, scaled.min(self.longest));
        }
        // RFC 5626 §4.5: W = min(max-time, base · 2^n), drawn from its upper half.
        let doublings = u32::try_from(step - QUICK.len() + 1).unwrap_or(u32::MAX).min(16);
        let window = Duration::from_millis(BASE << doublings).min(self.longest);
        (window / 2, window)
    }
}

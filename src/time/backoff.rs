//! How long to wait before the next attempt at something that failed: a connection or a registration.

use super::Duration;
use crate::entropy::Entropy;

/// How many failures in a row are answered quickly, because every second of silence may lose a call: after at most 2, 4
/// and 8 s.
const QUICK: u32 = 3;
/// From then on the curve of RFC 5626 §4.5 with its base time when no flow is up, 30 s: so many times the first wait.
const BASE: u32 = 15;
/// A server that is away is not asked without pause, whatever the first wait.
const LEAST_BASE: Duration = Duration::from_secs(1);

/// Bounds of every wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait is drawn from zero up to this, and the whole curve scales with it. 2 s by default.
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

    /// How long one of several servers is left alone after so many failures of its own in a row: the curve without its
    /// quick beginning, for meanwhile there are the others.
    pub fn hold_off(&self, failures: u32, entropy: &mut Entropy) -> Duration {
        self.after(failures.saturating_add(QUICK), entropy)
    }

    /// The window the wait is drawn from, uniformly.
    #[must_use]
    pub fn window(&self, failures: u32) -> (Duration, Duration) {
        match failures.saturating_sub(QUICK) {
            0 => (Duration::ZERO, doubled(self.first, failures.saturating_sub(1)).min(self.longest)),
            // RFC 5626 §4.5: W = min(max-time, base · 2^n), drawn from its upper half.
            doublings => {
                let base = self.first.saturating_mul(BASE).max(LEAST_BASE);
                let window = doubled(base, doublings).min(self.longest);
                (window / 2, window)
            }
        }
    }
}

fn doubled(wait: Duration, times: u32) -> Duration {
    wait.saturating_mul(1 << times.min(16))
}

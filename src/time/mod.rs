//! Time as the core sees it: instants handed in by the driver, deadlines handed back, and the agenda that
//! knows which machine waits for what.

mod agenda;
mod backoff;

pub use agenda::{Table, Timed};
pub use backoff::Backoff;

use core::ops::Add;
pub use core::time::Duration;

/// A moment, in milliseconds since the driver started. Only drivers make new ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Instant(pub u64);

impl Instant {
    /// The time from `earlier` to this moment; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates, so that no interval a peer may name can overflow.
    fn add(self, after: Duration) -> Self {
        Self(self.0.saturating_add(millis(after)))
    }
}

/// The whole milliseconds of a duration; so many as there can be when they are more. (`Duration::as_millis` counts with
/// 128 bits, which WebAssembly has not.)
#[inline(never)]
pub(crate) fn millis(duration: Duration) -> u64 {
    const MOST: u64 = u64::MAX / 1000 - 1;
    duration.as_secs().min(MOST) * 1000 + u64::from(duration.subsec_millis())
}

/// No number of seconds that a peer names counts for more: a day (SL-10).
pub const MOST_SECONDS: u32 = 86_400;

/// When a machine wants to be called again, and why: the reason is for people who read a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// The moment at which the machine acts. Being called later is harmless.
    pub at: Instant,
    /// What it will do, in a few words.
    pub why: &'static str,
}

impl Deadline {
    /// A deadline at `at` for the reason `why`.
    #[must_use]
    pub const fn new(at: Instant, why: &'static str) -> Self {
        Self { at, why }
    }

    /// The earlier of two deadlines, either of which may be missing.
    #[must_use]
    pub fn earliest(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.at < one.at { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

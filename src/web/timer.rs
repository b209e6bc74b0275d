//! The one timeout of a driver. It goes through the global `setTimeout` as it is when it is armed, so that fake
//! timers drive it.

use gloo_timers::callback::Timeout;

use crate::time::{Duration, Instant, millis};

/// The longest a timeout is armed for: a delay above 2^31 ms would fire at once, and no wait need be as long.
const LONGEST: Duration = Duration::from_secs(3_600);

/// The timeout, armed or not. Dropping it disarms it.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Armed>);

#[derive(Debug)]
struct Armed {
    deadline: Instant,
    rings_at: Instant,
    _timeout: Timeout,
}

impl Timer {
    /// Waits for `deadline` and for nothing else: `ring` is called once then, or in an hour if that is earlier.
    /// A timeout that stands for this deadline already is left alone. Returns when it rings.
    pub(super) fn arm(&mut self, now: Instant, deadline: Instant, ring: impl FnOnce() + 'static) -> Instant {
        if let Some(armed) = self.0.as_ref().filter(|armed| armed.deadline == deadline) {
            return armed.rings_at;
        }
        let after = deadline.since(now).min(LONGEST);
        let millis = u32::try_from(millis(after)).unwrap_or(u32::MAX);
        let rings_at = now + after;
        self.0 = Some(Armed { deadline, rings_at, _timeout: Timeout::new(millis, ring) });
        rings_at
    }

    /// Waits for nothing. Also to be called when it has rung.
    pub(super) fn disarm(&mut self) {
        self.0 = None;
    }
}

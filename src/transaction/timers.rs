//! The timers of transactions over a reliable transport (RFC 3261 §17 table 4, RFC 6026 §7, RFC 4320 §4.1).
//!
//! ```text
//! B  INVITE client: no response at all        64·T1    A, E, G  never run: a WebSocket repeats nothing
//! F  other client: no final response          64·T1    D, I, J, K  are zero
//! H  INVITE server: no ACK for a refusal      64·T1
//! L  INVITE server: after the first 2xx       64·T1
//! M  INVITE client: after the first 2xx       64·T1
//! ```

use crate::time::Duration;

/// How long an INVITE server transaction waits for its user before it says 100 itself (RFC 3261 §17.2.1).
pub(super) const TRYING_AFTER: Duration = Duration::from_millis(200);

/// T1, T2, T4 and everything that follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// The estimate of a round trip.
    pub t1: Duration,
    /// The longest time between two repeats.
    pub t2: Duration,
    /// How long a message may live in the network.
    pub t4: Duration,
    /// Whether requests other than INVITE are answered 100 when nothing else has been said after
    /// [`Timers::non_invite_100`] (RFC 4320 §4.1).
    pub sends_non_invite_100: bool,
}

impl Default for Timers {
    /// The values of RFC 3261: 500 ms, 4 s, 5 s; 100 is sent.
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            sends_non_invite_100: true,
        }
    }
}

impl Timers {
    /// Timer B, 64·T1: an INVITE that nobody answers at all. Also how long a CANCEL may take to end it (§9.1).
    #[must_use]
    pub const fn b(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// Timer F, 64·T1: a request other than INVITE without a final response.
    #[must_use]
    pub const fn f(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// Timer H, 64·T1: a final response to INVITE, 2xx aside, without its ACK.
    #[must_use]
    pub const fn h(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// Timer L, 64·T1: an answered INVITE may still be repeated (RFC 6026 §7.1).
    #[must_use]
    pub const fn l(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// Timer M, 64·T1: more 2xx to an INVITE may come (RFC 6026 §7.2).
    #[must_use]
    pub const fn m(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// From the arrival of a request other than INVITE to the moment at which the Timer E of a client on an
    /// unreliable transport would be set to T2: T1 + 2·T1 + 4·T1 = 3.5 s by default (RFC 4320 §4.1).
    #[must_use]
    pub fn non_invite_100(&self) -> Duration {
        let (mut wait, mut sum) = (self.t1, self.t1);
        loop {
            wait = wait.saturating_mul(2);
            if wait >= self.t2 || wait.is_zero() {
                return sum;
            }
            sum = sum.saturating_add(wait);
        }
    }
}

//! The clock of a driver in a browser: carried by `performance.now()`, set right after the computer has slept.
//!
//! `performance.now()` never jumps, but on many systems it stands still while the computer sleeps, so that an
//! agent woken after an hour would take an expired session for a living one. `Date.now()` counts sleep and also
//! jumps whenever somebody sets the clock. Two readings cannot tell the one from the other; two more facts can:
//!
//! * what was armed: within the time a timeout was armed for, nobody slept, or it does not matter;
//! * a sign of waking: the network comes back, the page is resumed, a socket turns out to be dead.
//!
//! ```text
//!            Date.now() ran ahead by more than 1 s
//!  awake ─────────┬─ the timeout is not due by either clock ──────────────▶ awake     the clock was set: ignored
//!    ▲            ├─ overdue by performance.now() itself ─────────────────▶ awake     slept: added
//!    │            └─ overdue by Date.now() alone ─▶ doubtful ─┬─ a sign ──▶ awake     slept: added
//!    │                                                        └─ no sign within 30 s: the clock was set: ignored
//!    └──────────────────────────────────────────────────────────────────────┘
//! ```
//! Pure arithmetic on what the driver reads, so that it is tested without a browser.

use crate::time::Instant;

/// How far `Date.now()` may run ahead between two readings, in milliseconds, before it means anything.
const AHEAD: f64 = 1_000.0;
/// How late a timeout may be, in milliseconds, before the driver counts as asleep.
const LATE: f64 = 1_000.0;
/// How long after the jump a sign of waking still explains it, in milliseconds.
const DOUBT: f64 = 30_000.0;

/// What a computer that wakes makes known beside the time, given with a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing: a command, a frame, a timeout.
    None,
    /// The network came back, the page was resumed, or a socket was lost.
    Waking,
}

/// The clock. It starts at zero and never goes back.
#[derive(Debug)]
pub struct Clock {
    /// `performance.now()` and `Date.now()` at the last reading.
    performance: f64,
    date: f64,
    /// Milliseconds since the start, sleep included.
    elapsed: f64,
    /// When the armed timeout is due; infinite while none is armed.
    due: f64,
    /// A jump that may have been sleep, and when it was seen.
    doubt: Option<(f64, f64)>,
}

impl Clock {
    /// A clock that starts now, given the first readings of `performance.now()` and `Date.now()`.
    #[must_use]
    pub const fn new(performance: f64, date: f64) -> Self {
        Self { performance, date, elapsed: 0.0, due: f64::INFINITY, doubt: None }
    }

    /// The moment at which `performance.now()` and `Date.now()` read so.
    pub fn reading(&mut self, performance: f64, date: f64, sign: Sign) -> Instant {
        // Only differences count: whoever puts other clocks in place of these cannot turn ours back.
        let passed = (performance - self.performance).max(0.0);
        let ahead = date - self.date - passed;
        self.performance = performance;
        self.date = date;
        self.elapsed += passed;
        self.doubt = self.doubt.filter(|(_, seen_at)| self.elapsed - seen_at <= DOUBT && ahead >= -AHEAD);
        if ahead > AHEAD {
            self.on_jump(ahead);
        }
        if sign == Sign::Waking {
            self.elapsed += self.doubt.take().map_or(0.0, |(jump, _)| jump);
        }
        self.now()
    }

    /// Notes that a timeout is armed which ends then, or that none is.
    pub fn arm(&mut self, rings_at: Option<Instant>) {
        self.due = rings_at.map_or(f64::INFINITY, |at| at.0 as f64);
    }

    fn on_jump(&mut self, ahead: f64) {
        if self.elapsed > self.due + LATE {
            self.elapsed += ahead;
        } else if self.elapsed + ahead > self.due + LATE {
            let before = self.doubt.map_or(0.0, |(jump, _)| jump);
            self.doubt = Some((before + ahead, self.elapsed));
        }
    }

    /// The moment of the last reading.
    #[must_use]
    pub fn now(&self) -> Instant {
        // A float this size is exact for 285,000 years of milliseconds, and `as` saturates.
        Instant(self.elapsed as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: f64 = 3_600_000.0;

    /// A clock with a timeout of 25 s armed, 10 s ago.
    fn awake_for_ten_seconds() -> Clock {
        let mut clock = Clock::new(500.0, 1e12);
        clock.arm(Some(Instant(25_000)));
        assert_eq!(clock.reading(10_500.0, 1e12 + 10_000.0, Sign::None), Instant(10_000));
        clock
    }

    #[test]
    fn time_passes_as_performance_now_tells_it() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(10_500.9, 1e12 + 10_001.0, Sign::None), Instant(10_000));
        assert_eq!(clock.reading(12_000.0, 1e12 + 11_500.0, Sign::Waking), Instant(11_500));
    }

    #[test]
    fn tr_09_sleep_through_which_performance_now_stood_still_is_added_at_the_sign_of_waking() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(11_500.0, 1e12 + HOUR + 11_000.0, Sign::Waking), Instant(3_611_000));
    }

    #[test]
    fn tr_09_sleep_is_added_when_the_sign_of_waking_comes_after_the_first_tick() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(25_500.0, 1e12 + HOUR + 25_000.0, Sign::None), Instant(25_000));
        clock.arm(Some(Instant(50_000)));
        assert_eq!(clock.reading(28_500.0, 1e12 + HOUR + 28_000.0, Sign::Waking), Instant(3_628_000));
        assert_eq!(clock.reading(29_500.0, 1e12 + HOUR + 29_000.0, Sign::Waking), Instant(3_629_000));
    }

    #[test]
    fn tr_09_sleep_is_added_without_a_sign_when_the_timeout_is_late_by_performance_now_too() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(30_500.0, 1e12 + HOUR + 30_000.0, Sign::None), Instant(3_630_000));
    }

    #[test]
    fn tr_09_sleep_that_performance_now_counted_is_not_added_twice() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(HOUR + 10_500.0, 1e12 + HOUR + 10_000.0, Sign::Waking), Instant(3_610_000));
    }

    #[test]
    fn tr_09_a_clock_set_ahead_while_awake_changes_nothing() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(25_500.0, 1e12 + HOUR + 25_000.0, Sign::None), Instant(25_000));
        clock.arm(Some(Instant(50_000)));
        assert_eq!(clock.reading(50_500.0, 1e12 + HOUR + 50_000.0, Sign::None), Instant(50_000));
        clock.arm(Some(Instant(75_000)));
        assert_eq!(clock.reading(60_500.0, 1e12 + HOUR + 60_000.0, Sign::Waking), Instant(60_000));
        assert_eq!(clock.reading(61_500.0, 1e12 + 3.0 * HOUR + 61_000.0, Sign::Waking), Instant(7_261_000));
    }

    #[test]
    fn tr_09_a_clock_set_ahead_by_less_than_was_armed_changes_nothing_even_at_a_sign_of_waking() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(11_500.0, 1e12 + 21_000.0, Sign::Waking), Instant(11_000));
    }

    #[test]
    fn tr_09_a_clock_set_back_changes_nothing_and_ends_the_doubt() {
        let mut clock = awake_for_ten_seconds();
        assert_eq!(clock.reading(11_500.0, 1e12 - HOUR, Sign::Waking), Instant(11_000));
        assert_eq!(clock.reading(12_500.0, 1e12 + HOUR, Sign::None), Instant(12_000));
        assert_eq!(clock.reading(13_500.0, 1e12, Sign::None), Instant(13_000));
        assert_eq!(clock.reading(14_500.0, 1e12 + 1_000.0, Sign::Waking), Instant(14_000));
    }

    #[test]
    fn tr_09_the_clock_never_goes_back_whatever_it_is_given() {
        let mut clock = awake_for_ten_seconds();
        let mut before = Instant(10_000);
        for (performance, date) in [(0.0, 0.0), (f64::NAN, f64::NAN), (5.0, 5.0), (-7.0, 1e15), (9.0, -1e15)] {
            let now = clock.reading(performance, date, Sign::Waking);
            assert!(now >= before, "{now:?} after {before:?}");
            before = now;
        }
    }
}

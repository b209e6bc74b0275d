//! What the user sees while things take their time: headings, notes, and a running clock for silent steps.
//!
//! Progress goes to stderr, results to stdout. Writing never fails the run: a closed pipe is the reader's choice.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// A silent step shows its clock from this age on …
const PATIENCE: Duration = Duration::from_secs(2);
/// … and moves it on once in this long.
const REDRAW: Duration = Duration::from_secs(1);
/// Without a terminal a silent step says that it is alive first after this long …
const FIRST_LINE: Duration = Duration::from_secs(10);
/// … and then once in this long.
const NEXT_LINE: Duration = Duration::from_secs(30);

/// Opens a step or stage.
pub(crate) fn heading(text: &str) {
    if io::stderr().is_terminal() {
        say(&format!("\n\x1b[1m== {text}\x1b[0m"));
    } else {
        say(&format!("\n== {text}"));
    }
}

/// A line within a step.
pub(crate) fn note(text: &str) {
    say(&format!("   {text}"));
}

/// A line of progress.
pub(crate) fn say(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// A line of the result.
pub(crate) fn result(text: &str) {
    let mut stdout = io::stdout();
    drop(writeln!(stdout, "{text}").and_then(|()| stdout.flush()));
}

/// Seconds with one digit behind the point: `12.3 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Real time since it was made.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "the core has no clock, but whoever runs its tests measures real time"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The clock of a silent step: one line that counts the seconds on a terminal, a line now and then elsewhere.
pub(crate) struct Ticker {
    terminal: bool,
    next: Duration,
    drawn: bool,
}

impl Ticker {
    pub(crate) fn new() -> Self {
        let terminal = io::stderr().is_terminal();
        Self { terminal, next: if terminal { PATIENCE } else { FIRST_LINE }, drawn: false }
    }

    /// To be called often; draws when it is time to.
    pub(crate) fn tick(&mut self, elapsed: Duration) {
        if !self.is_due(elapsed) {
            return;
        }
        let line = format!("   … {} s", elapsed.as_secs());
        if self.terminal {
            self.drawn = true;
            let mut stderr = io::stderr();
            drop(write!(stderr, "\r{line}").and_then(|()| stderr.flush()));
        } else {
            say(&line);
        }
    }

    fn is_due(&mut self, elapsed: Duration) -> bool {
        let due = elapsed >= self.next;
        if due {
            self.next = elapsed + if self.terminal { REDRAW } else { NEXT_LINE };
        }
        due
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if self.drawn {
            let mut stderr = io::stderr();
            drop(write!(stderr, "\r\x1b[K").and_then(|()| stderr.flush()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_one_digit_behind_the_point() {
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(seconds(Duration::ZERO), "0.0 s");
    }

    #[test]
    fn a_step_without_a_terminal_says_only_now_and_then_that_it_is_alive() {
        let ticker = Ticker { terminal: false, next: FIRST_LINE, drawn: false };
        assert_eq!(due_seconds(ticker, 100), [10, 40, 70]);
    }

    #[test]
    fn on_a_terminal_the_clock_runs_from_the_second_second_on() {
        let ticker = Ticker { terminal: true, next: PATIENCE, drawn: false };
        assert_eq!(due_seconds(ticker, 6), [2, 3, 4, 5]);
    }

    fn due_seconds(mut ticker: Ticker, until: u64) -> Vec<u64> {
        let seconds = 0..until;
        seconds.filter(|second| ticker.is_due(Duration::from_secs(*second))).collect()
    }
}

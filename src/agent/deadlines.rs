//! Which room acts when its moment has come, however late that is noticed (TR-09).
//!
//! The host may call hours late: a hidden tab, a computer asleep. What is overdue is then acted on in the order of
//! the deadlines, over all rooms, each at the real `now`; between two actions everything is handed round, so that
//! a later deadline which the earlier action has made pointless is gone. A machine that waits for several moments looks at
//! its expiry before it renews anything.

use super::UserAgent;
use crate::time::{Deadline, Instant, Timed as _};

/// A room that waits for moments. When several wait for the same one they act in this order: the socket first, for nothing
/// leaves by one that has failed; then what ends something, and last what renews something, so that nothing is renewed
/// that is over.
#[derive(Clone, Copy, Debug)]
enum Room {
    Transport,
    Transactions,
    Calls,
    Questions,
    Errand,
    Registration,
}

const ROOMS: [Room; 6] =
    [Room::Transport, Room::Transactions, Room::Calls, Room::Questions, Room::Errand, Room::Registration];

impl UserAgent {
    /// Something happens at `now`, as the driver's clock shows it.
    pub(super) fn begin(&mut self, now: Instant) {
        debug_assert!(self.polled, "the outputs of the last input were not polled until Wait");
        self.polled = false;
        if now < self.cx.now {
            self.cx.diagnostic("clock", "the clock went backwards: taken as standing still");
        }
        self.cx.now = self.cx.now.max(now);
    }

    /// What the room that must act first waits for.
    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        self.first().map(|(deadline, _)| deadline)
    }

    /// Does everything that is due.
    pub(super) fn act_on_deadlines(&mut self) {
        while let Some((_, room)) = self.first().filter(|(deadline, _)| deadline.at <= self.cx.now) {
            self.act(room);
            self.settle();
        }
    }

    fn first(&self) -> Option<(Deadline, Room)> {
        let mut first: Option<(Deadline, Room)> = None;
        for room in ROOMS {
            if let Some(deadline) = self.deadline_of(room)
                && first.is_none_or(|(earliest, _)| deadline.at < earliest.at)
            {
                first = Some((deadline, room));
            }
        }
        first
    }

    fn deadline_of(&self, room: Room) -> Option<Deadline> {
        match room {
            Room::Transport => self.transport.next_deadline(),
            Room::Transactions => self.cx.transactions.next_deadline(),
            Room::Calls => self.calls.next_deadline(),
            Room::Questions => self.asks.next_deadline(),
            Room::Errand => self.errand.deadline(),
            Room::Registration => self.registration.as_ref().and_then(|registration| registration.deadline()),
        }
    }

    /// The room acts on its first deadline, and on no other.
    fn act(&mut self, room: Room) {
        match room {
            Room::Transport => self.transport.handle_timeout(self.cx.now, &mut self.cx.entropy),
            Room::Transactions => {
                if let Some(happening) = self.cx.transactions.handle_first(self.cx.now) {
                    self.on_happening(happening);
                }
            }
            Room::Calls => self.calls.handle_timeout(&mut self.cx),
            Room::Questions => {
                if let Some((ask, owner, default)) = self.asks.overdue(self.cx.now) {
                    self.take_answer(ask, owner, default);
                }
            }
            Room::Errand => self.errand_overdue(),
            Room::Registration => {
                if let Some(registration) = &mut self.registration {
                    registration.handle_timeout(&mut self.cx);
                }
            }
        }
    }
}

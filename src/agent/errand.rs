//! What takes the whole user agent more than one step: connecting, disconnecting, closing (TD-07, RG-05).
//!
//! ```text
//!  Idle ◀──▶ Connecting: until registered, or for good refused
//!    │
//!    ├─▶ Disconnecting: unanswered calls end, then unregistered within 2 s ─▶ Idle
//!    └─▶ Closing: calls end, then unregistered within 2 s, `timeout` at most ─▶ Closed
//! ```

use super::{ConnectionState, UserAgent};
use crate::time::{Deadline, Duration, Instant};
use crate::usage::Told;
use crate::usage::data::{Failure, FailureCode, Outcome, RequestId};

/// How long the registrar may take to answer when we leave (RG-05).
const LEAVE: Duration = Duration::from_secs(2);

/// What is under way.
#[derive(Debug, Default)]
pub(super) enum Errand {
    #[default]
    Idle,
    Connecting {
        waiting: Vec<RequestId>,
    },
    Disconnecting {
        waiting: Vec<RequestId>,
        give_up_at: Instant,
    },
    Closing {
        waiting: Vec<RequestId>,
        step: Closing,
    },
    Closed,
}

/// How far closing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Calls end; at `leave_at` the rest of the time, until `close_at`, belongs to the registrar.
    Calls { leave_at: Instant, close_at: Instant },
    /// The registrar is told.
    Registration { give_up_at: Instant },
}

impl Errand {
    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Idle | Self::Connecting { .. } | Self::Closed => None,
            Self::Disconnecting { give_up_at, .. } => {
                Some(Deadline::new(*give_up_at, "disconnect without waiting longer"))
            }
            Self::Closing { step: Closing::Calls { leave_at, .. }, .. } => {
                Some(Deadline::new(*leave_at, "unregister without waiting longer for calls"))
            }
            Self::Closing { step: Closing::Registration { give_up_at }, .. } => {
                Some(Deadline::new(*give_up_at, "close without waiting longer"))
            }
        }
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self, Self::Connecting { .. })
    }

    /// Whether nothing new is begun.
    pub(super) fn is_leaving(&self) -> bool {
        matches!(self, Self::Disconnecting { .. } | Self::Closing { .. } | Self::Closed)
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting { .. } => "connecting",
            Self::Disconnecting { .. } => "disconnecting",
            Self::Closing { .. } => "closing",
            Self::Closed => "closed",
        }
    }
}

impl UserAgent {
    pub(super) fn connect(&mut self, id: RequestId) {
        match &mut self.errand {
            Errand::Connecting { waiting } => waiting.push(id),
            Errand::Idle | Errand::Disconnecting { .. } => {
                self.drop_errand(FailureCode::Ended, "connected again in the meantime");
                self.errand = Errand::Connecting { waiting: vec![id] };
                self.transport.connect(self.cx.now, &mut self.cx.entropy);
                if let Some(registration) =
                    self.registration.as_mut().filter(|registration| !registration.is_registered())
                {
                    registration.want(&mut self.cx);
                }
            }
            Errand::Closing { .. } | Errand::Closed => self.fail_closed(id),
        }
    }

    pub(super) fn disconnect(&mut self, id: RequestId) {
        match &mut self.errand {
            Errand::Disconnecting { waiting, .. } => waiting.push(id),
            Errand::Idle | Errand::Connecting { .. } => {
                self.drop_errand(FailureCode::Ended, "disconnected before the connection was made");
                self.calls.leave_unanswered(&mut self.cx);
                self.errand = Errand::Disconnecting { waiting: vec![id], give_up_at: self.cx.now + LEAVE };
                self.unregister();
            }
            Errand::Closing { .. } | Errand::Closed => self.fail_closed(id),
        }
    }

    pub(super) fn close(&mut self, id: RequestId, timeout: Duration) {
        match &mut self.errand {
            Errand::Closing { waiting, .. } => waiting.push(id),
            Errand::Closed => self.cx.out.push_back(Told::Done(id, Outcome::Done)),
            Errand::Idle | Errand::Connecting { .. } | Errand::Disconnecting { .. } => {
                self.drop_errand(FailureCode::Closed, "the user agent was closed");
                let leave_at = self.cx.now + timeout.saturating_sub(LEAVE);
                let step = Closing::Calls { leave_at, close_at: self.cx.now + timeout };
                self.errand = Errand::Closing { waiting: vec![id], step };
                self.calls.close(&mut self.cx);
            }
        }
    }

    /// Takes the errand a step further, if it can go. Whether it did.
    pub(super) fn run_errand(&mut self) -> bool {
        match &mut self.errand {
            Errand::Idle | Errand::Closed => false,
            Errand::Connecting { .. } => self.run_connecting(),
            Errand::Disconnecting { .. }
                if self.registration.as_ref().is_some_and(|registration| registration.is_busy()) =>
            {
                false
            }
            Errand::Disconnecting { .. } => {
                self.finish_disconnecting();
                true
            }
            Errand::Closing { step: Closing::Calls { close_at, .. }, .. } if self.calls.in_use() == 0 => {
                let close_at = *close_at;
                self.leave_registrar(close_at);
                true
            }
            Errand::Closing { step: Closing::Calls { .. }, .. } => false,
            Errand::Closing { step: Closing::Registration { .. }, .. } => {
                let busy = self.registration.as_ref().is_some_and(|registration| registration.is_busy());
                if !busy {
                    self.finish_closing();
                }
                !busy
            }
        }
    }

    /// The errand has taken as long as it may.
    pub(super) fn errand_overdue(&mut self) {
        match &mut self.errand {
            Errand::Idle | Errand::Connecting { .. } | Errand::Closed => {}
            Errand::Closing { step: Closing::Calls { close_at, .. }, .. } => {
                let close_at = *close_at;
                self.calls.insist(&mut self.cx);
                self.leave_registrar(close_at);
            }
            Errand::Disconnecting { .. } => self.finish_disconnecting(),
            Errand::Closing { step: Closing::Registration { .. }, .. } => self.finish_closing(),
        }
    }

    /// The servers do not want us, whatever we do.
    pub(super) fn connection_refused(&mut self, why: &str) {
        if let Errand::Connecting { .. } = self.errand {
            self.drop_errand(FailureCode::Rejected, why);
            self.calls.unreachable(&mut self.cx);
        }
        // No attempt will be made, so it waits for nothing.
        self.unregister();
    }

    /// Whether nothing will ever work again.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.errand, Errand::Closing { .. } | Errand::Closed)
    }

    fn run_connecting(&mut self) -> bool {
        let refusal = self.registration.as_ref().and_then(|registration| registration.refusal()).cloned();
        if let Some(failure) = refusal {
            for id in self.take_waiting() {
                let failure = Failure { ..failure.clone() };
                self.cx.out.push_back(Told::Done(id, Outcome::Failed { failure }));
            }
            self.calls.unreachable(&mut self.cx);
            return true;
        }
        let registered = self.registration.as_ref().is_none_or(|registration| registration.is_registered());
        if self.cx.flow.is_none() || !registered {
            return false;
        }
        for id in self.take_waiting() {
            self.cx.out.push_back(Told::Done(id, Outcome::Done));
        }
        self.calls.ready(&mut self.cx);
        true
    }

    fn finish_disconnecting(&mut self) {
        for id in self.take_waiting() {
            self.cx.out.push_back(Told::Done(id, Outcome::Done));
        }
        self.transport.close();
        self.connection(ConnectionState::Idle, None, None, None);
    }

    fn finish_closing(&mut self) {
        self.calls.abort(&mut self.cx);
        self.standalone.abandon(&mut self.cx);
        if let Some(registration) = &mut self.registration {
            registration.abandon(&mut self.cx);
        }
        for id in self.take_waiting() {
            self.cx.out.push_back(Told::Done(id, Outcome::Done));
        }
        self.transport.close();
        self.errand = Errand::Closed;
        self.connection(ConnectionState::Closed, None, None, None);
    }

    /// RG-05: however much time there is, the registrar has 2 s.
    fn leave_registrar(&mut self, close_at: Instant) {
        if let Errand::Closing { step, .. } = &mut self.errand {
            *step = Closing::Registration { give_up_at: close_at.min(self.cx.now + LEAVE) };
        }
        self.unregister();
    }

    fn unregister(&mut self) {
        if let Some(registration) = &mut self.registration {
            registration.unregister(&mut self.cx, None, false);
        }
    }

    fn take_waiting(&mut self) -> Vec<RequestId> {
        match core::mem::take(&mut self.errand) {
            Errand::Idle | Errand::Closed => Vec::new(),
            Errand::Connecting { waiting }
            | Errand::Disconnecting { waiting, .. }
            | Errand::Closing { waiting, .. } => waiting,
        }
    }

    fn drop_errand(&mut self, code: FailureCode, message: &str) {
        for id in self.take_waiting() {
            let failure = Failure { code, message: message.to_owned(), response: None };
            self.cx.out.push_back(Told::Done(id, Outcome::Failed { failure }));
        }
    }

    pub(super) fn fail_closed(&mut self, id: RequestId) {
        let message = "the user agent is closed; create a new one".to_owned();
        let failure = Failure { code: FailureCode::Closed, message, response: None };
        self.cx.out.push_back(Told::Done(id, Outcome::Failed { failure }));
    }
}

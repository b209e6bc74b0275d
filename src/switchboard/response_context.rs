//! The response context (RFC 3261 §16.7): what became of each copy of a forwarded request, and what the
//! sender of the request is told. It decides; `proxy.rs` does.
//!
//! ```text
//! a branch   Asked ──────────────────────────final / failure──▶ Failed      (not INVITE: Timer F watches it)
//!            Ringing ──2xx──▶ Accepted ──Timer M──▶ Done
//!               │ ├────────────────────────≥300 / failure──▶ Failed
//!               │ ├─CANCEL, 2xx or 6xx elsewhere──▶ Cancelled ──▶ Failed
//!               │ └─Timer C──▶ GivenUp ──487──▶ Failed(408)
//! the whole  Open ──2xx, or all branches failed──▶ Answered
//!               ├─6xx──▶ Declined ──▶ Answered
//!               └─CANCEL──▶ Withdrawn ──▶ Answered
//! ```
//! A 2xx passes in every state (a callee that answered while our CANCEL was on its way is in a call).

use super::place::Place;
use crate::message::{FlowId, Method, Name, Response, StatusCode};
use crate::time::{Deadline, Duration, Instant, Timed};
use crate::transaction::{ClientId, ServerId};

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send this on to where the request came from.
    Forward(Response),
    /// Cancel this branch, for the reasons given (values of Reason headers).
    Cancel(ClientId, Vec<String>),
    /// The request is settled.
    Settle(Verdict),
}

/// How a request ended that nobody accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// With this response of a callee.
    Received(Box<Response>),
    /// With a response of our own.
    Ours(StatusCode),
    /// Without a word: RFC 4320 §4.2 forbids 408 for anything but INVITE.
    Silence,
}

/// One forwarded request.
#[derive(Debug)]
pub(super) struct Context {
    /// Where the request waits for its answer.
    pub(super) server: ServerId,
    /// The flow the request came on.
    pub(super) upstream: FlowId,
    /// Who sent it.
    pub(super) sender: Place,
    is_invite: bool,
    lost: StatusCode,
    phase: Phase,
    branches: Vec<Branch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Withdrawn,
    Declined,
    Answered,
}

#[derive(Debug)]
struct Branch {
    client: ClientId,
    state: State,
}

#[derive(Debug)]
enum State {
    Asked,
    Ringing { give_up_at: Instant },
    Cancelled,
    GivenUp,
    Accepted,
    Failed(Verdict),
    Done,
}

impl State {
    fn is_pending(&self) -> bool {
        match self {
            Self::Asked | Self::Ringing { .. } | Self::Cancelled | Self::GivenUp => true,
            Self::Accepted | Self::Failed(_) | Self::Done => false,
        }
    }
}

impl Timed for Context {
    fn deadline(&self) -> Option<Deadline> {
        let give_up_at = self.branches.iter().filter_map(|branch| match branch.state {
            State::Ringing { give_up_at } => Some(give_up_at),
            State::Asked | State::Cancelled | State::GivenUp | State::Accepted | State::Failed(_) | State::Done => None,
        });
        give_up_at.min().map(|at| Deadline::new(at, "Timer C: a called device is silent"))
    }
}

impl Context {
    /// A context without branches. `lost` is the status that stands for a branch whose socket is gone.
    pub(super) fn new(method: &Method, server: ServerId, upstream: FlowId, sender: Place, lost: StatusCode) -> Self {
        let is_invite = *method == Method::Invite;
        Self { server, upstream, sender, is_invite, lost, phase: Phase::Open, branches: Vec::new() }
    }

    /// A copy has been sent.
    pub(super) fn add(&mut self, client: ClientId, give_up_at: Instant) {
        let state = if self.is_invite { State::Ringing { give_up_at } } else { State::Asked };
        self.branches.push(Branch { client, state });
    }

    /// Whether it carries an INVITE.
    pub(super) fn is_invite(&self) -> bool {
        self.is_invite
    }

    /// Whether nothing can come any more.
    pub(super) fn is_over(&self) -> bool {
        let is_alive = |branch: &Branch| branch.state.is_pending() || matches!(branch.state, State::Accepted);
        self.phase == Phase::Answered && !self.branches.iter().any(is_alive)
    }

    /// A response on a branch, its topmost Via already ours no longer.
    pub(super) fn on_response(
        &mut self,
        now: Instant,
        timer_c: Duration,
        client: ClientId,
        response: Response,
    ) -> Vec<Step> {
        if response.status.is_provisional() {
            self.on_provisional(now + timer_c, client, response)
        } else if response.status.is_success() {
            self.on_success(client, response)
        } else {
            self.on_refusal(client, response)
        }
    }

    /// No answer came (Timer B or F, or none to a CANCEL).
    pub(super) fn on_timeout(&mut self, client: ClientId) -> Vec<Step> {
        self.fail(client, Verdict::Ours(StatusCode::REQUEST_TIMEOUT))
    }

    /// The socket of a branch is gone.
    pub(super) fn on_lost(&mut self, client: ClientId) -> Vec<Step> {
        self.fail(client, Verdict::Ours(self.lost))
    }

    /// No repeat of a branch's 2xx can come any more.
    pub(super) fn on_client_done(&mut self, client: ClientId) {
        for branch in self.branches.iter_mut().filter(|branch| branch.client == client) {
            match branch.state {
                State::Accepted => branch.state = State::Done,
                State::Asked
                | State::Ringing { .. }
                | State::Cancelled
                | State::GivenUp
                | State::Failed(_)
                | State::Done => {}
            }
        }
    }

    /// The sender cancels (RFC 3261 §16.10). The 487 comes when every branch has ended: until then a callee may answer.
    pub(super) fn on_cancel(&mut self, reasons: &[String]) -> Vec<Step> {
        match self.phase {
            Phase::Open | Phase::Declined => {
                self.phase = Phase::Withdrawn;
                self.cancel_ringing(reasons)
            }
            Phase::Withdrawn | Phase::Answered => Vec::new(),
        }
    }

    /// The sender's socket is gone, and with it the transaction that waits for our answer.
    pub(super) fn on_orphaned(&mut self) -> Vec<Step> {
        self.phase = Phase::Answered;
        self.cancel_ringing(&[])
    }

    /// RFC 3261 §16.8: Timer C.
    pub(super) fn on_timer(&mut self, now: Instant) -> Vec<Step> {
        let mut steps = Vec::new();
        for branch in &mut self.branches {
            if matches!(branch.state, State::Ringing { give_up_at } if give_up_at <= now) {
                branch.state = State::GivenUp;
                steps.push(Step::Cancel(branch.client, Vec::new()));
            }
        }
        steps
    }

    fn on_provisional(&mut self, silent_until: Instant, client: ClientId, response: Response) -> Vec<Step> {
        // RFC 3261 §16.7 step 2, 5: 100 is between neighbours only and does not restart Timer C.
        if response.status == StatusCode::TRYING {
            return Vec::new();
        }
        for branch in self.branches.iter_mut().filter(|branch| branch.client == client) {
            if let State::Ringing { give_up_at } = &mut branch.state {
                *give_up_at = silent_until;
            }
        }
        match self.phase {
            // RFC 4320 §4.1: nothing but 100 is provisional for a non-INVITE.
            Phase::Open | Phase::Withdrawn | Phase::Declined if self.is_invite => {
                vec![Step::Forward(response)]
            }
            Phase::Open | Phase::Withdrawn | Phase::Declined | Phase::Answered => Vec::new(),
        }
    }

    fn on_success(&mut self, client: ClientId, response: Response) -> Vec<Step> {
        let was_answered = self.phase == Phase::Answered;
        self.phase = Phase::Answered;
        if !self.is_invite {
            self.set(client, State::Done);
            return if was_answered { Vec::new() } else { vec![Step::Forward(response)] };
        }
        self.set(client, State::Accepted);
        let mut steps = vec![Step::Forward(response)];
        // RFC 3261 §16.7 step 10. The reason keeps the others from noting a missed call.
        steps.extend(self.cancel_ringing(&["SIP;cause=200;text=\"Call completed elsewhere\"".to_owned()]));
        steps
    }

    fn on_refusal(&mut self, client: ClientId, response: Response) -> Vec<Step> {
        let status = response.status;
        let is_ours = self.branches.iter().any(|b| b.client == client && matches!(b.state, State::GivenUp));
        if is_ours && status == StatusCode::REQUEST_TERMINATED {
            // Nobody withdrew the call: the callee was silent.
            return self.fail(client, Verdict::Ours(StatusCode::REQUEST_TIMEOUT));
        }
        let mut steps = Vec::new();
        if status.class() == 6 && self.phase == Phase::Open {
            self.phase = Phase::Declined;
            self.set(client, State::Failed(Verdict::Received(Box::new(response))));
            steps = self.cancel_ringing(&[format!("SIP;cause={}", status.code())]);
        } else {
            self.set(client, State::Failed(Verdict::Received(Box::new(response))));
        }
        steps.extend(self.settle());
        steps
    }

    fn fail(&mut self, client: ClientId, verdict: Verdict) -> Vec<Step> {
        self.set(client, State::Failed(verdict));
        self.settle()
    }

    fn set(&mut self, client: ClientId, state: State) {
        if let Some(branch) = self.branches.iter_mut().find(|branch| branch.client == client) {
            branch.state = state;
        }
    }

    fn cancel_ringing(&mut self, reasons: &[String]) -> Vec<Step> {
        let mut steps = Vec::new();
        for branch in &mut self.branches {
            if matches!(branch.state, State::Ringing { .. }) {
                branch.state = State::Cancelled;
                steps.push(Step::Cancel(branch.client, reasons.to_vec()));
            }
        }
        steps
    }

    fn settle(&mut self) -> Vec<Step> {
        if self.phase == Phase::Answered || self.branches.iter().any(|branch| branch.state.is_pending()) {
            return Vec::new();
        }
        let verdict = self.best();
        self.phase = Phase::Answered;
        vec![Step::Settle(verdict)]
    }

    /// RFC 3261 §16.7 step 6.
    fn best(&self) -> Verdict {
        let failed = || {
            self.branches.iter().filter_map(|branch| match &branch.state {
                State::Failed(verdict) => Some(verdict),
                State::Asked
                | State::Ringing { .. }
                | State::Cancelled
                | State::GivenUp
                | State::Accepted
                | State::Done => None,
            })
        };
        if self.phase == Phase::Withdrawn {
            let terminated = failed().find(|verdict| status(verdict) == StatusCode::REQUEST_TERMINATED);
            return terminated.cloned().unwrap_or(Verdict::Ours(StatusCode::REQUEST_TERMINATED));
        }
        let best = failed().min_by_key(|verdict| rank(status(verdict)));
        let best = best.cloned().unwrap_or(Verdict::Ours(StatusCode::SERVER_INTERNAL_ERROR));
        match status(&best) {
            StatusCode::REQUEST_TIMEOUT if !self.is_invite => Verdict::Silence,
            // RFC 3261 §16.7 step 6: a 503 speaks of one server, not of what lies behind us.
            StatusCode::SERVICE_UNAVAILABLE => Verdict::Ours(StatusCode::SERVER_INTERNAL_ERROR),
            StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => merge(best, failed()),
            _ => best,
        }
    }
}

fn status(verdict: &Verdict) -> StatusCode {
    match verdict {
        Verdict::Received(response) => response.status,
        Verdict::Ours(status) => *status,
        Verdict::Silence => StatusCode::REQUEST_TIMEOUT,
    }
}

/// The lower the better: 6xx, then by class; within a class what tells the sender how to try again, then what a callee
/// decided, then what only says that nobody was there.
fn rank(status: StatusCode) -> (u16, u8) {
    let class = if status.class() == 6 { 0 } else { status.class() };
    let within = match status.code() {
        401 | 407 | 415 | 420 | 484 => 0,
        408 | 430 | 480 | 487 => 2,
        _ => 1,
    };
    (class, within)
}

/// RFC 3261 §16.7 step 7: the challenges of all branches go into one response.
fn merge<'a>(best: Verdict, failed: impl Iterator<Item = &'a Verdict>) -> Verdict {
    let Verdict::Received(mut best) = best else {
        return best;
    };
    let mut lines = Vec::new();
    for verdict in failed {
        if let Verdict::Received(response) = verdict {
            for name in [Name::WwwAuthenticate, Name::ProxyAuthenticate] {
                lines.extend(response.headers.get_all(&name).map(|line| (name.clone(), line.into_owned())));
            }
        }
    }
    for name in [Name::WwwAuthenticate, Name::ProxyAuthenticate] {
        best.headers.remove(&name);
    }
    for (name, line) in lines {
        best.headers.push(name, line);
    }
    Verdict::Received(best)
}

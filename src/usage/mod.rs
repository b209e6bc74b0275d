//! What people do with SIP: calls, registration, and what they share. A usage owns its machines, speaks through
//! the one door down ([`Cx`]) and leaves what it has to tell in `out`.
//!
//! ```text
//! agent ──▶ registration, call ──▶ auth          values up: Told
//!                 └──────┴──▶ Cx ──▶ dialogs, transactions
//! ```

pub mod auth;
pub mod call;
pub mod data;
mod description;
mod door;
mod encryption;
mod inquiry;
pub mod question;
pub mod registration;
mod request;
mod show;
mod standalone;
mod uas;

use description::{add_sdp, is_plain, is_understood, sdp_of};
pub use door::{Cx, Flow, Offline, Profile, Readiness};
pub use show::{body, message_data, response_data};
pub use standalone::Standalone;
pub use uas::For;

use crate::dialog;
use crate::message::{NameAddr, SipUri, Uri};
use data::{AskId, CallHandle, Outcome, RequestId};
use question::Question;

/// Who sent a request, and so who is told its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The registration.
    Registration,
    /// A call.
    Call(CallHandle),
    /// The requests out of dialogs.
    Standalone,
}

/// What a dialog is used for (RFC 5057).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A call.
    Invite(CallHandle),
    /// A branch of a call of ours that another branch has won: nobody's, until it answers too or can no more (FK-03).
    Lost,
}

/// The dialogs of a user agent.
pub type Dialogs = dialog::Dialogs<Usage>;

/// The transactions of a user agent.
pub type Transactions = crate::transaction::Transactions<Owner>;

/// What registration learned and others act on. It leaves registration as one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// Preloaded route of requests out of dialogs (RFC 3608).
    pub service_route: Vec<NameAddr>,
    /// Seconds between keep-alives that the edge asked for (RFC 5626 §5.4).
    pub flow_timer: Option<u32>,
    /// Whether the edge does outbound, and so answers keep-alives (RFC 5626 §5.4).
    pub outbound: bool,
    /// Our addresses that are good from everywhere (RFC 5627).
    pub gruu: Gruu,
}

/// Globally routable addresses of this very device (RFC 5627), where the registrar gives some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gruu {
    /// The one that shows whose it is, the same as long as the account lives.
    pub public: Option<Uri>,
    /// One that does not; another with each registration.
    pub temporary: Option<Uri>,
}

impl Gruu {
    /// Whether a Request-URI is an address that the registrar gave to this device: one with the mark of a GRUU at the same
    /// host, whoever sent it knows. (Temporary ones of earlier registrations are still good, RFC 5627 §3.1.2; the edge
    /// has looked up whose they are.)
    #[must_use]
    pub fn names_us(&self, uri: &SipUri) -> bool {
        let given = [&self.public, &self.temporary].into_iter().flatten().filter_map(Uri::as_sip);
        uri.params.has("gr") && given.into_iter().any(|ours| ours.host.eq_ignore_ascii_case(&uri.host))
    }
}

/// What usages tell the hub.
#[derive(Clone, Debug)]
pub enum Told {
    /// About a call.
    Call(CallHandle, call::CallEvent),
    /// About the registration.
    Registration(registration::RegistrationEvent),
    /// A command is settled.
    Done(RequestId, Outcome),
    /// Something must be asked outside; the answer goes to the owner.
    Ask(AskId, Owner, Question),
    /// The answer to this question is no longer wanted.
    Withdraw(AskId),
    /// A 2xx to REGISTER has come: the flow is good, and this is what it brought.
    Bound(Binding),
    /// Our contact is bound no longer: what the last 2xx brought is void.
    Unbound,
    /// The edge does not know the flow that we use any more (RFC 5626 §11.5); why, for people.
    FlowFailed(&'static str),
    /// Something was tolerated or could not be acted on.
    Diagnostic(&'static str, String),
}

//! SDP in provisional responses (RFC 3261 §13.2.1; IV-03, FK-05): that of the first branch that sends some is
//! played, as a preview of the answer.
//!
//! ```text
//!         1xx with SDP            media has it
//!  None ───────────────▶ Applying ────────────▶ Applied
//!   ▲                        │ media refused: a courtesy not taken
//!   └────────────────────────┘
//! ```

use crate::message::Response;
use crate::usage::data::AskId;
use crate::usage::question::Answer;
use crate::usage::{Cx, sdp_of};

/// What has been done with SDP of provisional responses: that of the first branch that sent some is played.
#[derive(Clone, Debug)]
pub(super) enum EarlyMedia {
    None,
    Applying { ask: AskId, branch: String, answer: String },
    Applied { branch: String, answer: String },
}

impl EarlyMedia {
    pub(super) fn withdraw(&self, cx: &mut Cx) {
        if let Self::Applying { ask, .. } = self {
            cx.withdraw(*ask);
        }
    }

    pub(super) fn on_answer(&mut self, cx: &mut Cx, ask: AskId, answer: Answer) {
        let Self::Applying { ask: asked, branch, answer: sdp } = self else { return };
        if *asked != ask {
            return;
        }
        *self = match answer {
            Answer::Applied => Self::Applied { branch: core::mem::take(branch), answer: core::mem::take(sdp) },
            Answer::MediaFailed { detail, .. } => {
                // Early media is a courtesy: the call goes on without.
                cx.diagnostic("early-media", detail);
                Self::None
            }
            Answer::Sdp { .. } | Answer::Credentials { .. } | Answer::Response { .. } | Answer::Usual => return,
        };
    }

    /// The answer of this branch that is played, or is about to be.
    pub(super) fn answer_of(&self, winner: &str) -> Option<String> {
        match self {
            Self::None => None,
            Self::Applying { branch, answer, .. } | Self::Applied { branch, answer } => {
                (branch == winner).then(|| answer.clone())
            }
        }
    }
}

/// The SDP of a response, if it carries some.
pub(super) fn description(response: &Response) -> Option<String> {
    sdp_of(&response.headers, &response.body)
}

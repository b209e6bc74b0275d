//! Media like a browser's: every description it makes has a direction and a version of its own, and what it is asked has
//! to come in an order that a browser can follow.
//!
//! ```text
//!           CreateOffer ──▶ Offered ── SetAnswer, Rollback ──▶ Stable
//!  Stable ──┤
//!           └ CreateAnswer ──▶ Stable
//! ```

use patchcord::usage::question::{Answer, Question};

/// The media of one call.
#[derive(Debug, Default)]
pub(crate) struct Media {
    version: u64,
    state: Signaling,
}

/// Where the exchange of descriptions stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Signaling {
    /// Nothing is under way.
    #[default]
    Stable,
    /// An offer of ours is not answered.
    Offered,
}

impl Media {
    pub(crate) const fn state(&self) -> Signaling {
        self.state
    }

    /// What it says to a question, none for one that is not about media.
    pub(crate) fn answer(&mut self, question: &Question) -> Option<Answer> {
        match question {
            Question::Credentials { .. } | Question::Request { .. } => None,
            Question::CreateOffer { hold, .. } => {
                assert_eq!(self.state, Signaling::Stable, "an offer on top of another");
                self.state = Signaling::Offered;
                Some(self.describe(if *hold { "sendonly" } else { "sendrecv" }))
            }
            Question::CreateAnswer { offer, hold, .. } => {
                assert_eq!(self.state, Signaling::Stable, "the peer's offer meets one of ours");
                Some(self.describe(mirrored(offer, *hold)))
            }
            Question::SetAnswer { provisional, .. } => {
                assert_eq!(self.state, Signaling::Offered, "an answer to nothing");
                if !provisional {
                    self.state = Signaling::Stable;
                }
                Some(Answer::Applied)
            }
            Question::Rollback { .. } => {
                self.state = Signaling::Stable;
                Some(Answer::Applied)
            }
        }
    }

    /// Every description has a higher version than the one before, changed or not, as browsers write them.
    fn describe(&mut self, direction: &str) -> Answer {
        self.version += 1;
        Answer::Sdp { sdp: description(self.version, direction) }
    }
}

/// What the media makes.
pub(crate) fn description(version: u64, direction: &str) -> String {
    format!(
        "v=0\r\no=- 4711 {version} IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
         c=IN IP4 0.0.0.0\r\na=ice-ufrag:live\r\na={direction}\r\n"
    )
}

/// What a peer with an address of its own sends.
pub(crate) fn peers(version: u64, direction: &str) -> String {
    super::SDP.replace("7 1", &format!("7 {version}")).replace("sendrecv", direction)
}

/// The version of a description.
pub(crate) fn version(sdp: &str) -> u64 {
    let origin = sdp.split("\r\n").find_map(|line| line.strip_prefix("o=")).expect("an o= line");
    origin.split(' ').nth(2).and_then(|version| version.parse().ok()).expect("a version")
}

/// Its direction.
pub(crate) fn direction(sdp: &str) -> &str {
    let ways = ["sendrecv", "sendonly", "recvonly", "inactive"];
    sdp.split("\r\n")
        .filter_map(|line| line.strip_prefix("a="))
        .find(|attribute| ways.contains(attribute))
        .unwrap_or("sendrecv")
}

fn mirrored(offer: &str, hold: bool) -> &'static str {
    match (direction(offer), hold) {
        ("sendrecv", false) => "sendrecv",
        ("sendonly", false) => "recvonly",
        ("sendrecv" | "recvonly", _) => "sendonly",
        _ => "inactive",
    }
}

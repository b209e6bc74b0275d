//! The session both sides have agreed on (RFC 3264): the two descriptions, who is on hold, and how ours are numbered.
//! Once made, a description belongs to this room: one that says nothing new goes out with the text it had before, so
//! that neither side takes a repetition for a change (IV-10, ST-11).

use crate::message::sdp::{self, origin_version, same_description, with_origin_version};

/// What stands between both sides.
#[derive(Debug, Default)]
pub(super) struct Session {
    agreed: Option<Agreed>,
    /// The description of ours that was sent last, agreed on or refused.
    sent: Option<String>,
    /// The highest version of ours the peer has seen: the next one counts on from it.
    version: Option<u64>,
    held: Held,
}

/// Both descriptions, as they were sent.
#[derive(Clone, Debug)]
struct Agreed {
    local: String,
    remote: String,
    answered_by: Side,
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// We are.
    Local,
    /// The peer is.
    Remote,
}

/// Who has put the other on hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// We have.
    pub(super) local: bool,
    /// The peer has.
    pub(super) remote: bool,
}

impl Session {
    pub(super) const fn held(&self) -> Held {
        self.held
    }

    /// The text in which a description that the media made is sent: that of the one in force, or sent last, when it says
    /// the same; else its own, with the version after the last one's (RFC 3264 §8).
    pub(super) fn send(&mut self, made: String) -> String {
        let known = [self.agreed.as_ref().map(|agreed| &agreed.local), self.sent.as_ref()];
        let same = known.into_iter().flatten().find(|known| same_description(known, &made));
        let text = match (same, self.version) {
            (Some(same), _) => same.clone(),
            (None, Some(version)) => with_origin_version(&made, version.saturating_add(1)),
            (None, None) => made,
        };
        self.version = self.version.max(origin_version(&text));
        self.sent = Some(text.clone());
        text
    }

    /// Both sides have agreed. `held` says whether we hold the peer now.
    pub(super) fn agree(&mut self, local: String, remote: String, answered_by: Side, held: bool) {
        // Our hold is answered without receiving, whether the peer holds us or not: that says nothing new.
        let receives = sdp::direction(&remote).receives();
        let tells = answered_by == Side::Local || !held;
        self.held = Held { local: held, remote: if tells || receives { !receives } else { self.held.remote } };
        self.agreed = Some(Agreed { local, remote, answered_by });
    }

    /// The answer that is in force already, where the peer offers again what it offered last.
    pub(super) fn standing_answer(&self, offer: &str) -> Option<&str> {
        let agreed = self.agreed.as_ref()?;
        // An offer of ours is no answer, even if it says the same: it leaves roles open (RFC 5763 §5).
        let stands = agreed.answered_by == Side::Local && same_description(&agreed.remote, offer);
        stands.then_some(agreed.local.as_str())
    }

    /// Whether an offer, of either side, keeps the streams that there are (RFC 3264 §8): there may be more, never fewer.
    pub(super) fn admits(&self, offer: &str) -> bool {
        let streams = self.agreed.as_ref().map_or(1, |agreed| sdp::media_count(&agreed.remote));
        sdp::media_count(offer) >= streams
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(version: u64, direction: &str) -> String {
        format!(
            "v=0\r\no=- 7 {version} IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na={direction}\r\n"
        )
    }

    #[test]
    fn iv_10_the_version_stays_when_nothing_changes_and_grows_by_one_when_something_does() {
        let mut session = Session::default();
        let first = session.send(description(4, "sendrecv"));
        assert_eq!(first, description(4, "sendrecv"));
        session.agree(first, description(1, "sendrecv"), Side::Remote, false);
        assert_eq!(session.send(description(9, "sendrecv")), description(4, "sendrecv"));
        assert_eq!(session.send(description(9, "sendonly")), description(5, "sendonly"));
        assert_eq!(
            session.send(description(12, "sendonly")),
            description(5, "sendonly"),
            "it was refused, and comes again"
        );
        assert_eq!(session.send(description(12, "inactive")), description(6, "inactive"));
        assert_eq!(session.send(description(12, "sendrecv")), description(4, "sendrecv"), "what is in force");
        assert_eq!(
            session.send(description(12, "recvonly")),
            description(7, "recvonly"),
            "no version means two things"
        );
    }

    #[test]
    fn iv_10_what_the_peer_does_not_receive_is_hold_unless_it_only_mirrors_ours() {
        let mut session = Session::default();
        let mut after = |remote: &str, by, held| {
            session.agree(description(1, "sendrecv"), description(1, remote), by, held);
            session.held()
        };
        assert_eq!(after("sendonly", Side::Local, false), Held { local: false, remote: true });
        assert_eq!(after("sendrecv", Side::Local, false), Held { local: false, remote: false });
        assert_eq!(after("inactive", Side::Remote, true), Held { local: true, remote: false });
        assert_eq!(after("inactive", Side::Local, true), Held { local: true, remote: true });
        assert_eq!(after("inactive", Side::Remote, true), Held { local: true, remote: true });
        assert_eq!(after("recvonly", Side::Remote, true), Held { local: true, remote: false });
        assert_eq!(after("sendonly", Side::Remote, false), Held { local: false, remote: true });
    }

    #[test]
    fn iv_10_only_an_answer_of_ours_answers_the_same_offer_again() {
        let mut session = Session::default();
        assert_eq!(session.standing_answer("v=0\r\n"), None);
        session.agree(description(1, "sendrecv"), description(1, "sendonly"), Side::Remote, false);
        assert_eq!(session.standing_answer(&description(2, "sendonly")), None);
        session.agree(description(1, "recvonly"), description(1, "sendonly"), Side::Local, false);
        assert_eq!(session.standing_answer(&description(2, "sendonly")), Some(description(1, "recvonly").as_str()));
        assert_eq!(session.standing_answer(&description(2, "sendrecv")), None);
    }
}

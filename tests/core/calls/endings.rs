//! Every state of a change met by everything that may end it, with a peer that answers and one that never says a word
//! again: one `ended`, every command settled, no question open, and nothing left of it all.

use patchcord::agent::{Command, Config};
use patchcord::usage::call::RefreshMethod;
use patchcord::usage::data::{CallHandle, FailureCode, Outcome};
use patchcord::usage::question::{Answer, CredentialSource, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::changes::CHALLENGE;
use super::late_offer::want_offer;
use crate::sim::{PeerDialog, Script, Text, config, description};

/// Where a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Preparing,
    Inviting,
    Updating,
    Authenticating,
    Applying,
    GoingBackToFail,
    GoingBackToRetry,
    GoingBackToAnswer,
    GoingBackToRest,
    Waiting,
    Answering,
    OfferingBack,
    AwaitingAnswer,
    Taking,
}

const STATES: [At; 14] = [
    At::Preparing,
    At::Inviting,
    At::Updating,
    At::Authenticating,
    At::Applying,
    At::GoingBackToFail,
    At::GoingBackToRetry,
    At::GoingBackToAnswer,
    At::GoingBackToRest,
    At::Waiting,
    At::Answering,
    At::OfferingBack,
    At::AwaitingAnswer,
    At::Taking,
];

/// What happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    HangUp,
    Bye,
    Lost,
    Close,
    Cancel,
    MediaFails,
    MediaIsLate,
    MediaLost,
    Nothing,
}

const BLOWS: [Blow; 9] = [
    Blow::HangUp,
    Blow::Bye,
    Blow::Lost,
    Blow::Close,
    Blow::Cancel,
    Blow::MediaFails,
    Blow::MediaIsLate,
    Blow::MediaLost,
    Blow::Nothing,
];

/// A scenario whose call stands there.
struct Scene {
    script: Script,
    call: CallHandle,
    dialog: PeerDialog,
    /// The re-INVITE of the peer's that is open.
    theirs: Option<Text>,
}

fn scene(at: At, ours: bool) -> Scene {
    let mut script = Script::connected_as(Config { credentials: CredentialSource::Ask, ..config() });
    let (call, dialog) = script.live(ours);
    let mut scene = Scene { script, call, dialog, theirs: None };
    match at {
        At::Preparing | At::GoingBackToAnswer => {
            scene.script.end.media = false;
            scene.script.set_hold(call, true);
            if at == At::GoingBackToAnswer {
                scene.theirs_comes(true);
            }
        }
        At::Inviting | At::Updating | At::Authenticating | At::Applying => scene.ours_goes(at),
        At::GoingBackToFail | At::GoingBackToRetry | At::Waiting => {
            scene.script.set_hold(call, true);
            let reinvite = scene.script.expect("INVITE ");
            scene.script.end.media = at == At::Waiting;
            let status = if at == At::GoingBackToFail { "488 Not Acceptable Here" } else { "491 Request Pending" };
            scene.script.say(&Text::answer(&reinvite, status));
            scene.script.expect("ACK ");
        }
        At::GoingBackToRest => {
            scene.script.end.media = false;
            scene.theirs_comes(true);
            scene.script.answer(Answer::MediaFailed { detail: "no".to_owned(), incompatible: true });
            scene.script.expect_response(488, "INVITE");
            scene.theirs = None;
        }
        At::Answering | At::OfferingBack => {
            scene.script.end.media = false;
            scene.theirs_comes(at == At::Answering);
        }
        At::AwaitingAnswer | At::Taking => {
            scene.theirs_comes(false);
            scene.script.expect_response(200, "INVITE");
            scene.script.end.media = false;
            let theirs = scene.theirs.take().expect("their re-INVITE");
            if at == At::Taking {
                let ack = scene.dialog.ack(&mut scene.script, &theirs).sdp();
                scene.script.say(&ack);
            }
        }
    }
    // One more change waits behind it.
    scene.script.renegotiate(call, RefreshMethod::Auto);
    scene
}

impl Scene {
    fn theirs_comes(&mut self, offers: bool) {
        self.theirs = Some(if offers {
            let invite = self.dialog.change(&mut self.script, "INVITE", 2, "sendonly");
            self.script.say(&invite);
            invite
        } else {
            want_offer(&mut self.script, &mut self.dialog)
        });
    }

    fn ours_goes(&mut self, at: At) {
        let refresh = if at == At::Updating { RefreshMethod::Update } else { RefreshMethod::Invite };
        self.script.renegotiate(self.call, refresh);
        let request = self.script.expect(if at == At::Updating { "UPDATE " } else { "INVITE " });
        self.script.say(&Text::answer(&request, "100 Trying"));
        if at == At::Authenticating {
            self.script.say(&Text::challenge(&request, 407, &[CHALLENGE]));
            self.script.expect("ACK ");
        }
        if at == At::Applying {
            self.script.end.media = false;
            self.script.say(&Text::agree(&request, 2, "recvonly"));
            self.script.expect("ACK ");
        }
    }

    fn strike(&mut self, blow: Blow) {
        let (script, call) = (&mut self.script, self.call);
        match blow {
            Blow::HangUp => {
                script.hangup(call);
            }
            Blow::Bye => {
                script.say_in(&mut self.dialog, "BYE");
            }
            Blow::Lost => {
                script.cut();
                script.reopen();
            }
            Blow::Close => {
                script.close(5_000);
            }
            Blow::Cancel => {
                if let Some(theirs) = &self.theirs {
                    script.say(&Text::cancel(theirs));
                }
            }
            Blow::MediaFails => answer_all(script, true),
            Blow::MediaIsLate => {
                script.advance(31_000);
                answer_all(script, false);
            }
            Blow::MediaLost => script.command(Command::MediaLost { call, detail: "gone".to_owned() }),
            Blow::Nothing => {}
        }
    }

    /// Until nothing happens any more; the peer answers, or does not.
    fn play_out(&mut self, answers: bool) {
        self.script.end.media = true;
        for _ in 0..400 {
            while let Some((_, _, frame)) = self.script.end.sent.pop_front() {
                let sent = Text(String::from_utf8(frame.as_bytes().to_vec()).expect("UTF-8"));
                if answers && !sent.is_response() && sent.kind() != "ACK" && self.script.end.flow.is_some() {
                    let status = if sent.kind() == "BYE" { "200 OK" } else { "488 Not Acceptable Here" };
                    self.script.say(&Text::answer(&sent, status));
                }
            }
            if self.script.end.flow.is_some() {
                answer_all(&mut self.script, false);
            }
            self.script.advance(500);
        }
    }
}

/// The media says to all it is asked that it cannot, or that it can.
fn answer_all(script: &mut Script, fails: bool) {
    while let Some((ask, question)) = script.end.asks.pop_front() {
        let no = || Answer::MediaFailed { detail: "no".to_owned(), incompatible: false };
        let answer = match question {
            Question::CreateOffer { .. } | Question::CreateAnswer { .. } if !fails => {
                Answer::Sdp { sdp: description(9, "sendrecv") }
            }
            Question::SetAnswer { .. } | Question::Rollback { .. } if !fails => Answer::Applied,
            Question::Credentials { .. } => Answer::Credentials { credentials: None },
            Question::Request { .. } => Answer::Usual,
            Question::CreateOffer { .. }
            | Question::CreateAnswer { .. }
            | Question::SetAnswer { .. }
            | Question::Rollback { .. } => no(),
        };
        script.command(Command::Answer { ask, answer });
    }
}

#[test]
fn td_06_whatever_meets_a_change_ends_it_and_leaves_nothing() {
    for at in STATES {
        for blow in BLOWS {
            for (answers, ours) in [(true, true), (false, true), (true, false), (false, false)] {
                let mut scene = scene(at, ours);
                scene.script.note(&format!("{at:?} meets {blow:?}, the peer answers: {answers}, our call: {ours}"));
                scene.script.end.live.clear();
                scene.strike(blow);
                scene.play_out(answers);
                assert_eq!(scene.script.end.unsettled(), [], "{at:?} {blow:?} {answers}: settled while the call is up");
                if scene.script.is_up(scene.call) {
                    scene.script.hangup(scene.call);
                    scene.play_out(answers);
                }
                assert_eq!(scene.script.end.ended.len(), 1, "{at:?} {blow:?} {answers}");
                scene.script.assert_nothing_left();
            }
        }
    }
}

#[test]
fn tr_08_what_the_peer_asked_by_a_lost_connection_is_not_answered_by_the_next() {
    for at in [At::Answering, At::OfferingBack, At::GoingBackToAnswer] {
        let mut scene = scene(at, true);
        scene.script.end.live.clear();
        let before = scene.script.end.asks.len();
        scene.script.cut();
        scene.script.reopen();
        answer_all(&mut scene.script, false);
        let sent: Vec<_> =
            scene.script.end.sent.iter().filter(|(_, _, frame)| frame.as_bytes().starts_with(b"SIP/2.0")).collect();
        assert!(sent.is_empty(), "{at:?}: {sent:?}");
        assert!(scene.script.is_up(scene.call) && before > 0);
    }
}

#[test]
fn td_05_what_the_peer_asked_is_487_before_our_bye() {
    for at in [At::Answering, At::OfferingBack, At::GoingBackToAnswer] {
        let mut scene = scene(at, true);
        scene.script.hangup(scene.call);
        scene.script.expect_response(487, "INVITE");
        scene.script.expect("BYE ");
    }
}

#[test]
fn iv_12_what_the_peer_asked_is_487_before_the_answer_to_its_bye() {
    for at in [At::Answering, At::OfferingBack, At::GoingBackToAnswer] {
        let mut scene = scene(at, true);
        scene.strike(Blow::Bye);
        scene.script.expect_response(487, "INVITE");
        scene.script.expect_response(200, "BYE");
        scene.script.expect_nothing();
    }
}

#[test]
fn rc_04_after_a_bye_nothing_of_a_change_is_sent() {
    for at in STATES {
        for blow in [Blow::Bye, Blow::HangUp] {
            let mut scene = scene(at, true);
            scene.script.end.live.clear();
            scene.strike(blow);
            scene.script.end.sent.clear();
            answer_all(&mut scene.script, false);
            scene.script.expect_nothing();
            scene.script.advance(31_000);
            scene.script.expect_nothing();
            let told: Vec<_> = scene.script.end.settled.values().collect();
            let ended = |outcome: &&Outcome| matches!(outcome, Outcome::Failed { failure } if failure.code == FailureCode::Ended);
            assert_eq!(
                told.iter().copied().filter(ended).count() + usize::from(at == At::GoingBackToFail),
                commands(at)
            );
        }
    }
}

/// How many commands wait for a change there.
fn commands(at: At) -> usize {
    match at {
        // Where ours gave way, it stands in the queue, and another is refused.
        At::GoingBackToAnswer
        | At::GoingBackToRest
        | At::Answering
        | At::OfferingBack
        | At::AwaitingAnswer
        | At::Taking => 1,
        At::Preparing
        | At::Inviting
        | At::Updating
        | At::Authenticating
        | At::Applying
        | At::GoingBackToFail
        | At::GoingBackToRetry
        | At::Waiting => 2,
    }
}

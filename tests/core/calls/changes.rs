//! Changes of ours: hold, re-INVITE, UPDATE, and what becomes of them.

use patchcord::agent::Config;
use patchcord::usage::call::{Cause, EndedBy, RefreshMethod};
use patchcord::usage::data::FailureCode;
use patchcord::usage::question::{Answer, CredentialSource, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{ALLOW, PeerDialog, Script, Signaling, Text, alice, config, description, direction, version};

pub(super) const CHALLENGE: &str = "Digest realm=\"p\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"";

pub(super) fn fixed() -> Config {
    Config { credentials: CredentialSource::Fixed { credentials: alice() }, ..config() }
}

#[test]
fn iv_10_hold_and_resume_raise_the_version_by_one_and_are_told() {
    for ours in [true, false] {
        let mut script = Script::connected();
        let (call, _) = script.live(ours);
        let hold = script.set_hold(call, true);
        let reinvite = script.expect("INVITE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
        assert_eq!((version(reinvite.body()), direction(reinvite.body())), (2, "sendonly"));
        assert_eq!(reinvite.get("Allow"), ALLOW);
        assert!(reinvite.get("Contact").ends_with(".invalid;transport=ws>"));
        assert!(!script.is_settled(hold));
        script.say(&Text::agree(&reinvite, 2, "recvonly"));
        let ack = script.expect("ACK ");
        assert_eq!((ack.cseq(), ack.body()), (reinvite.cseq(), ""));
        script.done(hold);
        assert_eq!(script.news_of(call), ["hold Local true"]);
        let resume = script.set_hold(call, false);
        let reinvite = script.expect("INVITE ");
        assert_eq!((version(reinvite.body()), direction(reinvite.body())), (3, "sendrecv"));
        script.say(&Text::agree(&reinvite, 3, "sendrecv"));
        script.expect("ACK ");
        script.done(resume);
        assert_eq!(script.news_of(call), ["hold Local false"]);
    }
}

#[test]
fn iv_10_what_did_not_change_goes_out_with_its_text_and_the_media_hears_the_answer_all_the_same() {
    for refresh in [RefreshMethod::Invite, RefreshMethod::Update] {
        let mut script = Script::connected();
        let (call, _) = script.live(true);
        for _ in 0..3 {
            let again = script.renegotiate(call, refresh);
            let method = if refresh == RefreshMethod::Update { "UPDATE " } else { "INVITE " };
            let request = script.expect(method);
            assert_eq!(request.body(), description(1, "sendrecv"));
            script.say(&Text::agree(&request, 1, "sendrecv"));
            if refresh == RefreshMethod::Invite {
                script.expect("ACK ");
            }
            script.done(again);
            assert_eq!(script.end.live[&call].state(), Signaling::Stable, "the media has its answer");
        }
    }
}

#[test]
fn iv_10_a_hold_that_is_so_already_takes_no_message() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    let not = script.set_hold(call, false);
    script.done(not);
    let (one, two) = (script.set_hold(call, true), script.set_hold(call, true));
    let reinvite = script.expect("INVITE ");
    script.say(&Text::agree(&reinvite, 2, "recvonly"));
    script.expect("ACK ");
    script.done(one);
    script.done(two);
    let three = script.set_hold(call, true);
    script.done(three);
    script.expect_nothing();
}

#[test]
fn iv_07_a_refused_change_leaves_media_and_call_as_they_were() {
    for (refresh, method) in [(RefreshMethod::Invite, "INVITE "), (RefreshMethod::Update, "UPDATE ")] {
        let mut script = Script::connected();
        let (call, _) = script.live(true);
        let command = script.renegotiate(call, refresh);
        let request = script.expect(method);
        script.say(&Text::answer(&request, "488 Not Acceptable Here"));
        if method == "INVITE " {
            script.expect("ACK ");
        }
        let failure = script.failure(command);
        assert_eq!(
            (failure.code, failure.response.map(|response| response.status)),
            (FailureCode::Rejected, Some(488))
        );
        assert_eq!(script.end.live[&call].state(), Signaling::Stable);
        assert!(script.is_up(call));
        script.silence_until(100_000);
        let hold = script.set_hold(call, true);
        let reinvite = script.expect("INVITE ");
        script.say(&Text::agree(&reinvite, 2, "recvonly"));
        script.expect("ACK ");
        script.done(hold);
    }
}

#[test]
fn iv_07_one_more_change_waits_and_a_third_is_refused() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    let first = script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    let second = script.set_hold(call, false);
    let third = script.renegotiate(call, RefreshMethod::Auto);
    assert_eq!(script.failure(third).code, FailureCode::WrongState);
    script.expect_nothing();
    script.say(&Text::agree(&reinvite, 2, "recvonly"));
    script.expect("ACK ");
    script.done(first);
    let reinvite = script.expect("INVITE ");
    assert_eq!(direction(reinvite.body()), "sendrecv");
    script.say(&Text::agree(&reinvite, 2, "sendrecv"));
    script.expect("ACK ");
    script.done(second);
    script.silence_until(100_000);
}

#[test]
fn iv_07_a_change_waits_for_the_ack_of_our_own_2xx() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    let hold = script.set_hold(call, true);
    script.silence_until(499);
    assert!(!script.is_settled(hold));
    let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
    script.say(&ack);
    script.expect("INVITE ");
}

#[test]
fn iv_07_a_re_invite_that_rings_for_ever_is_cancelled_after_64_t1_and_the_call_stays() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    let hold = script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    script.say(&Text::answer(&reinvite, "100 Trying"));
    script.silence_until(32_000);
    let cancel = script.expect("CANCEL ");
    assert_eq!((cancel.branch(), cancel.uri()), (reinvite.branch(), reinvite.uri()));
    script.say(&Text::answer(&cancel, "200 OK"));
    script.say(&Text::answer(&reinvite, "487 Request Terminated"));
    script.expect("ACK ");
    let failure = script.failure(hold);
    assert_eq!((failure.code, failure.response.map(|response| response.status)), (FailureCode::Rejected, Some(487)));
    assert!(script.is_up(call));
    script.silence_until(200_000);
}

#[test]
fn rc_05_a_re_invite_the_peer_forgets_after_a_bye_is_forgotten_here_too() {
    for is_bye_theirs in [true, false] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        script.set_hold(call, true);
        let reinvite = script.expect("INVITE ");
        script.say(&Text::answer(&reinvite, "100 Trying"));
        if is_bye_theirs {
            script.say_in(&mut dialog, "BYE");
        } else {
            script.hangup(call);
        }
        script.advance(200_000);
        let by = if is_bye_theirs { EndedBy::Remote } else { EndedBy::Local };
        assert_eq!((script.ended(call).by, script.ended(call).cause), (by, Cause::Hangup));
        script.assert_nothing_left();
    }
}

#[test]
fn rc_21_a_challenge_to_our_re_invite_is_answered_after_the_peers_own_re_invite() {
    let mut script = Script::connected_as(Config { credentials: CredentialSource::Ask, ..config() });
    let (call, mut dialog) = script.live(true);
    let hold = script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    script.say(&Text::challenge(&reinvite, 407, &[CHALLENGE]));
    script.expect("ACK ");
    let theirs = dialog.change(&mut script, "INVITE", 2, "sendonly");
    script.say(&theirs);
    let ok = script.expect_response(200, "INVITE");
    assert_eq!(direction(ok.body()), "recvonly");
    script.expect_nothing();
    let ack = dialog.ack(&mut script, &theirs);
    script.say(&ack);
    // Ours gave way before the credentials were there: it begins anew.
    script.answer(Answer::Credentials { credentials: Some(alice()) });
    let reinvite = script.expect("INVITE ");
    assert_eq!(direction(reinvite.body()), "sendonly");
    script.say(&Text::challenge(&reinvite, 407, &[CHALLENGE]));
    script.expect("ACK ");
    script.answer(Answer::Credentials { credentials: Some(alice()) });
    let reinvite = script.expect("INVITE ");
    assert!(reinvite.has("Proxy-Authorization"));
    script.say(&Text::agree(&reinvite, 3, "inactive"));
    script.expect("ACK ");
    script.done(hold);
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    script.advance(100_000);
    script.assert_nothing_left();
}

#[test]
fn au_03_a_challenged_change_comes_again_with_credentials_and_the_same_offer() {
    for (refresh, method) in [(RefreshMethod::Invite, "INVITE "), (RefreshMethod::Update, "UPDATE ")] {
        let mut script = Script::connected_as(fixed());
        let (call, _) = script.live(true);
        let command = script.renegotiate(call, refresh);
        let request = script.expect(method);
        script.say(&Text::challenge(&request, 407, &[CHALLENGE]));
        if method == "INVITE " {
            script.expect("ACK ");
        }
        let again = script.expect(method);
        assert_eq!((again.cseq(), again.body()), (request.cseq() + 1, request.body()));
        assert!(again.has("Proxy-Authorization"));
        script.say(&Text::agree(&again, 1, "sendrecv"));
        if method == "INVITE " {
            assert!(script.expect("ACK ").has("Proxy-Authorization"));
        }
        script.done(command);
    }
}

#[test]
fn tr_08_a_change_whose_connection_breaks_fails_and_the_call_goes_on_by_the_next() {
    for (refresh, method) in [(RefreshMethod::Invite, "INVITE "), (RefreshMethod::Update, "UPDATE ")] {
        let mut script = Script::connected();
        let (call, _) = script.live(true);
        let command = script.renegotiate(call, refresh);
        script.expect(method);
        script.cut();
        assert_eq!(script.failure(command).code, FailureCode::NotConnected);
        assert_eq!(script.end.live[&call].state(), Signaling::Stable);
        let offline = script.set_hold(call, true);
        assert_eq!(script.failure(offline).code, FailureCode::NotConnected, "TR-12");
        script.reopen();
        let hold = script.set_hold(call, true);
        let reinvite = script.expect("INVITE ");
        script.say(&Text::agree(&reinvite, 2, "recvonly"));
        script.expect("ACK ");
        script.done(hold);
    }
}

#[test]
fn js_07_media_that_makes_no_offer_in_30_s_fails_the_change_and_nothing_else() {
    for goes_back in [true, false] {
        let mut script = Script::connected();
        let (call, _) = script.live(true);
        script.end.media = false;
        let hold = script.set_hold(call, true);
        script.silence_until(29_999);
        assert_eq!(script.end.asks.len(), 1);
        script.silence_until(30_000);
        // It comes too late: the media is to go back.
        let late = Answer::Sdp { sdp: description(9, "sendonly") };
        assert!(matches!(script.answer(late), Question::CreateOffer { .. }));
        if goes_back {
            assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
        } else {
            script.silence_until(59_999);
            assert!(!script.is_settled(hold));
            script.silence_until(60_000);
        }
        assert_eq!(script.failure(hold).code, FailureCode::Media);
        script.silence_until(100_000);
        assert!(script.is_up(call));
        script.end.asks.clear();
        script.end.media = true;
        script.set_hold(call, true);
        assert_eq!(version(script.expect("INVITE ").body()), 2, "what was never sent counts for nothing");
    }
}

#[test]
fn js_06_an_offer_of_the_media_that_loses_a_stream_is_not_sent() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    script.end.media = false;
    let hold = script.set_hold(call, true);
    let offer = description(2, "sendonly").replace("m=audio", "x=audio");
    script.answer(Answer::Sdp { sdp: offer });
    script.expect_nothing();
    assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
    assert_eq!(script.failure(hold).code, FailureCode::Media);
    assert!(script.is_up(call));
}

#[test]
fn iv_03_an_answer_in_a_provisional_response_to_a_re_invite_is_a_preview_only() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    let hold = script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    script.say(&Text::answer(&reinvite, "183 Session Progress").sdp());
    script.expect_nothing();
    assert!(!script.is_settled(hold));
    script.say(&Text::agree(&reinvite, 2, "recvonly"));
    script.expect("ACK ");
    script.done(hold);
    assert_eq!(script.news_of(call), ["hold Local true"]);
}

#[test]
fn iv_07_every_repeated_2xx_to_a_re_invite_is_acknowledged_again() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    let ok = Text::agree(&reinvite, 2, "recvonly");
    script.say(&ok);
    let ack = script.expect("ACK ");
    for _ in 0..3 {
        script.say(&ok);
        assert_eq!(script.expect("ACK "), ack);
        script.expect_nothing();
    }
}

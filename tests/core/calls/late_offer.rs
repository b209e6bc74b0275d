//! Offers that come late: in our 2xx or the peer's, to be answered by the ACK (IV-02, IV-03).

use patchcord::usage::call::{Cause, DialOptions, EndedBy};
use patchcord::usage::data::CallHandle;
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{Media, PeerDialog, Script, Signaling, Text, description, direction, peers, version};

/// An INVITE without an offer has come and was accepted: the call, the INVITE, our 2xx.
fn offerless(script: &mut Script) -> (CallHandle, Text, Text) {
    script.end.live.insert(CallHandle(1), Media::default());
    let invite = script.request("INVITE");
    let call = script.invited(&invite);
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    (call, invite, ok)
}

/// Bob's re-INVITE without an offer comes.
pub(super) fn want_offer(script: &mut Script, dialog: &mut PeerDialog) -> Text {
    let invite = dialog.request(script, "INVITE").with("Contact", "<sip:bob@192.0.2.9:5062;transport=ws>");
    script.say(&invite);
    invite
}

#[test]
fn iv_02_our_2xx_offers_where_the_invite_did_not_and_the_ack_answers() {
    let mut script = Script::connected();
    let (call, invite, ok) = offerless(&mut script);
    assert_eq!(ok.body(), description(1, "sendrecv"));
    let mut dialog = PeerDialog::caller(&invite, &ok);
    let ack = dialog.ack(&mut script, &invite).sdp();
    script.say(&ack);
    assert_eq!(script.end.live[&call].state(), Signaling::Stable, "the media has the answer");
    script.silence_until(100_000);
    // The first agreement was the peer's answer: the same again is a new offer to us.
    let again = dialog.change(&mut script, "UPDATE", 1, "sendrecv");
    script.say(&again);
    assert_eq!(script.expect_response(200, "UPDATE").body(), description(1, "sendrecv"));
}

#[test]
fn iv_02_an_ack_that_lacks_the_answer_ends_the_call_with_reason_488() {
    for body in [None, Some(peers(1, "sendrecv").replace("m=audio", "x=audio"))] {
        let mut script = Script::connected();
        let (call, invite, ok) = offerless(&mut script);
        let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
        let ack = body.map_or(ack.clone(), |body| ack.body_of("application/sdp", &body));
        script.say(&ack);
        let bye = script.expect("BYE ");
        assert!(bye.get("Reason").starts_with("SIP;cause=488"));
        script.say(&Text::answer(&bye, "200 OK"));
        assert_eq!((script.ended(call).by, script.ended(call).cause), (EndedBy::Local, Cause::Protocol));
        script.advance(100_000);
        script.assert_nothing_left();
    }
}

#[test]
fn js_06_media_that_cannot_take_the_answer_of_the_ack_ends_the_call() {
    let mut script = Script::connected();
    let (call, invite, ok) = offerless(&mut script);
    script.end.media = false;
    let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite).sdp();
    script.say(&ack);
    script.answer(Answer::MediaFailed { detail: "no".to_owned(), incompatible: true });
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Media);
}

#[test]
fn rc_06_an_offer_that_meets_the_offer_in_our_2xx_is_491() {
    for method in ["INVITE", "UPDATE"] {
        for window in [0, 200] {
            let mut script = Script::connected();
            let (call, invite, ok) = offerless(&mut script);
            let mut dialog = PeerDialog::caller(&invite, &ok);
            let ack = dialog.ack(&mut script, &invite).sdp();
            script.advance(window);
            let change = dialog.change(&mut script, method, 2, "sendonly");
            script.say(&change);
            script.expect_response(491, method);
            script.say(&ack);
            script.silence_until(100_000);
            assert!(script.is_up(call));
        }
    }
}

#[test]
fn iv_04_a_call_whose_offer_was_never_answered_has_no_session_and_ends_after_64_t1() {
    let mut script = Script::connected();
    let (call, invite, ok) = offerless(&mut script);
    let info = PeerDialog::caller(&invite, &ok).request(&mut script, "INFO");
    script.say(&info);
    script.expect_response(200, "INFO");
    for at in [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] {
        script.silence_until(at);
        assert_eq!(script.expect_response(200, "INVITE"), ok);
    }
    script.silence_until(32_000);
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert!(!script.is_up(call));
    script.advance(100_000);
    script.assert_nothing_left();
}

#[test]
fn iv_02_a_re_invite_without_an_offer_gets_ours_and_its_ack_answers() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let invite = want_offer(&mut script, &mut dialog);
    let ok = script.expect_response(200, "INVITE");
    assert_eq!(ok.body(), description(1, "sendrecv"), "an unchanged description keeps its text");
    let ack = dialog.ack(&mut script, &invite).body_of("application/sdp", &peers(2, "sendonly"));
    script.say(&ack);
    assert_eq!(script.end.live[&call].state(), Signaling::Stable);
    assert_eq!(script.news_of(call), ["hold Remote true"]);
    script.silence_until(100_000);
}

#[test]
fn iv_02_the_same_answer_again_in_an_ack_reaches_the_media_all_the_same() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let invite = want_offer(&mut script, &mut dialog);
    script.expect_response(200, "INVITE");
    let ack = dialog.ack(&mut script, &invite).sdp();
    script.say(&ack);
    assert_eq!(script.end.live[&call].state(), Signaling::Stable);
}

#[test]
fn iv_02_a_re_invite_without_an_offer_under_hold_keeps_the_hold() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    script.set_hold(call, true);
    let ours = script.expect("INVITE ");
    script.say(&Text::agree(&ours, 2, "recvonly"));
    script.expect("ACK ");
    want_offer(&mut script, &mut dialog);
    let ok = script.expect_response(200, "INVITE");
    assert_eq!((version(ok.body()), direction(ok.body())), (2, "sendonly"));
}

#[test]
fn js_06_media_that_makes_no_offer_the_peer_could_take_is_488() {
    let fewer = description(2, "sendrecv").replace("m=audio", "x=audio");
    for made in [Answer::Sdp { sdp: fewer }, Answer::MediaFailed { detail: "no".to_owned(), incompatible: false }] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        script.end.media = false;
        want_offer(&mut script, &mut dialog);
        script.answer(made);
        script.expect_response(488, "INVITE");
        assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
        assert!(script.is_up(call));
    }
}

#[test]
fn js_06_media_that_cannot_take_the_answer_to_a_change_goes_back_and_the_call_stays() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let invite = want_offer(&mut script, &mut dialog);
    script.expect_response(200, "INVITE");
    script.end.media = false;
    let ack = dialog.ack(&mut script, &invite).sdp();
    script.say(&ack);
    script.answer(Answer::MediaFailed { detail: "no".to_owned(), incompatible: true });
    assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
    script.silence_until(100_000);
    assert!(script.is_up(call));
}

#[test]
fn iv_02_a_re_invite_whose_ack_lacks_the_answer_ends_the_call() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let invite = want_offer(&mut script, &mut dialog);
    script.expect_response(200, "INVITE");
    let ack = dialog.ack(&mut script, &invite);
    script.say(&ack);
    let bye = script.expect("BYE ");
    assert!(bye.get("Reason").starts_with("SIP;cause=488"));
    script.advance(100_000);
    assert_eq!(script.ended(call).cause, Cause::Protocol);
    script.assert_nothing_left();
}

#[test]
fn iv_02_an_invite_of_ours_without_an_offer_answers_the_2xx_in_the_ack() {
    let mut script = Script::connected();
    script.end.live.insert(CallHandle(2), Media::default());
    let call = script.call_with(DialOptions { late_offer: true, ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    assert_eq!(invite.body(), "");
    script.end.media = false;
    script.say(&Text::ok_to(&invite));
    script.expect_nothing();
    let mut dialog = PeerDialog::callee(&invite, "bobtag");
    let early = dialog.change(&mut script, "UPDATE", 2, "sendonly");
    script.say(&early);
    let put_off = script.expect_response(500, "UPDATE");
    assert!(put_off.has("Retry-After"), "its offer is not answered");
    let question = script.answer(Answer::Sdp { sdp: description(1, "sendrecv") });
    assert!(matches!(question, Question::CreateAnswer { .. }));
    let ack = script.expect("ACK ");
    assert_eq!(ack.body(), description(1, "sendrecv"));
    script.say(&Text::ok_to(&invite));
    assert_eq!(script.expect("ACK "), ack);
    assert_eq!(script.news_of(call).last().map(String::as_str), Some("established"));
}

#[test]
fn iv_08_an_offer_that_comes_before_the_media_has_our_first_answer_waits_for_it() {
    for method in ["INVITE", "UPDATE"] {
        let mut script = Script::connected();
        script.end.live.insert(CallHandle(2), Media::default());
        let call = script.call();
        let invite = script.expect("INVITE ");
        script.end.media = false;
        script.say(&Text::ok_to(&invite));
        script.expect("ACK ");
        let mut dialog = PeerDialog::callee(&invite, "bobtag");
        let theirs = dialog.change(&mut script, method, 2, "sendonly");
        script.say(&theirs);
        script.expect_nothing();
        script.answer(Answer::Applied);
        script.answer(Answer::Sdp { sdp: description(2, "recvonly") });
        script.expect_response(200, method);
        assert!(script.is_up(call));
    }
}

#[test]
fn js_07_an_answer_that_does_not_come_in_30_s_leaves_an_ack_without_and_a_bye() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call_with(DialOptions { late_offer: true, ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    script.say(&Text::ok_to(&invite));
    script.silence_until(30_000);
    assert_eq!(script.expect("ACK ").body(), "");
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!((script.ended(call).by, script.ended(call).cause), (EndedBy::Local, Cause::Media));
    script.advance(100_000);
    script.assert_nothing_left();
}

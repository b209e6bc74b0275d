//! Calls that come in.

use patchcord::agent::{Command, Config, Interest};
use patchcord::usage::call::{Cause, EndedBy, HangupOptions, RefusalOptions, RingOptions};
use patchcord::usage::data::{CallHandle, FailureCode, Limits};
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{ALLOW, ANSWER, OFFER, PeerDialog, SDP, Script, Text, config};

/// Bob's ACK for a response above 299.
fn ack(invite: &Text, refusal: &Text) -> Text {
    let line = format!("ACK {} SIP/2.0", invite.uri());
    let ack = Text::cancel(invite).started(&line).set("To", &refusal.get("To"));
    ack.set("CSeq", &format!("{} ACK", invite.cseq()))
}

#[test]
fn iv_01_an_incoming_call_is_told_step_by_step() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    assert_eq!(call, CallHandle(1), "calls that come in are odd");
    let id = script.ring(call);
    let ringing = script.expect_response(180, "INVITE");
    script.done(id);
    let id = script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    script.done(id);
    assert_eq!(ok.body(), ANSWER);
    assert_eq!(ok.get("To"), ringing.get("To"), "one tag");
    assert_eq!(ok.get("Allow"), ALLOW);
    assert!(ok.get("Contact").ends_with(".invalid;transport=ws>"));
    let mut dialog = PeerDialog::caller(&invite, &ok);
    let ack = dialog.ack(&mut script, &invite);
    script.say(&ack);
    script.silence_until(100_000);
    let bye = dialog.request(&mut script, "BYE");
    script.say(&bye);
    script.expect_response(200, "BYE");
    assert_eq!(
        script.news_of(call),
        ["Ringing", "Answering", "Established", "established", "Ended", "ended Remote Hangup"]
    );
}

#[test]
fn ms_15_responses_copy_what_the_request_says() {
    let mut script = Script::connected();
    let invite = script.request("INVITE").sdp();
    let via = invite.get("Via");
    let invite = invite.set("Via", &format!("{via}, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx"));
    let invite = invite.with("Record-Route", "<sip:p2.test;lr>, <sip:p1.test;lr>").with("Timestamp", "54");
    let call = script.invited(&invite);
    script.ring(call);
    let ringing = script.expect_response(180, "INVITE");
    for name in ["From", "Call-ID", "CSeq", "Timestamp", "Record-Route"] {
        assert_eq!(ringing.all(name).join(", "), invite.get(name), "{name}");
    }
    assert_eq!(ringing.all("Via").join(", "), invite.get("Via"));
    assert_eq!(ringing.get("To").split(";tag=").next(), Some("<sip:alice@example.test>"));
    assert!(ringing.tag("To").is_some_and(|tag| tag.len() >= 7), "32 random bits");
}

#[test]
fn tx_05_an_invite_nobody_has_answered_gets_100_after_200_ms() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.silence_until(200);
    let trying = script.expect_response(100, "INVITE");
    assert_eq!(trying.tag("To"), None);
    script.ring(call);
    script.expect_response(180, "INVITE");

    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.silence_until(199);
    script.ring(call);
    script.expect_response(180, "INVITE");
    script.silence_until(10_000);
}

#[test]
fn iv_04_the_2xx_is_repeated_until_64_t1_and_then_bye() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    for at in [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] {
        script.silence_until(at);
        assert_eq!(script.expect("SIP/2.0 200 "), ok);
    }
    script.silence_until(32_000);
    let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert!(script.was_told("diagnostic ack-timeout"));
    script.say(&Text::answer(&bye, "200 OK"));
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Timeout));
}

#[test]
fn iv_04_the_ack_stops_the_repeats_and_one_with_another_cseq_does_not() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    let dialog = PeerDialog::caller(&invite, &ok);
    let wrong = dialog.ack(&mut script, &invite).set("CSeq", "11 ACK");
    script.say(&wrong);
    script.silence_until(500);
    script.expect_response(200, "INVITE");
    script.silence_until(1_500);
    script.expect_response(200, "INVITE");
    let ack = dialog.ack(&mut script, &invite);
    script.say(&ack);
    script.say(&ack);
    script.silence_until(1_000_000);
    assert!(script.is_up(call));
}

#[test]
fn tr_09_a_late_wake_repeats_the_2xx_once_and_hangs_up_once() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.accept(call);
    script.expect_response(200, "INVITE");
    script.tick_late(20_000);
    script.expect_response(200, "INVITE");
    script.expect_nothing();
    script.tick_late(3_600_000);
    script.expect("BYE ");
    script.expect_nothing();
    assert!(script.is_up(call), "the BYE may still be answered");
    script.advance(32_000);
    assert!(!script.is_up(call));
}

#[test]
fn rc_22_a_repeated_invite_is_absorbed_before_and_after_its_answer() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.ring(call);
    let ringing = script.expect_response(180, "INVITE");
    script.say(&invite);
    assert_eq!(script.expect("SIP/2.0 180 "), ringing);
    script.accept(call);
    script.expect_response(200, "INVITE");
    script.say(&invite);
    script.expect_nothing();
    assert!(script.news().iter().all(|line| !line.ends_with(" incoming")));
}

#[test]
fn rc_07_hangup_before_the_ack_waits_for_it() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    script.hangup(call);
    script.silence_until(500);
    script.expect_response(200, "INVITE");
    script.silence_until(1_500);
    script.expect_response(200, "INVITE");
    script.silence_until(3_500);
    script.expect_response(200, "INVITE");
    script.silence_until(5_000);
    let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
    script.say(&ack);
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Hangup));
}

#[test]
fn tx_09_cancel_before_the_answer_is_200_and_the_invite_487_with_one_tag() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.ring(call);
    let ringing = script.expect_response(180, "INVITE");
    script.say(&Text::cancel(&invite).with("Reason", "SIP;cause=487;text=\"gone\""));
    let ok = script.expect_response(200, "CANCEL");
    let terminated = script.expect_response(487, "INVITE");
    assert_eq!((ok.tag("To"), terminated.tag("To")), (ringing.tag("To"), ringing.tag("To")));
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Cancelled));
    script.say(&ack(&invite, &terminated));
    script.silence_until(100_000);
    let late = script.accept(call);
    assert_eq!(script.failure(late).code, FailureCode::Ended);
}

#[test]
fn iv_14_cancel_with_cause_200_means_answered_elsewhere() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.say(&Text::cancel(&invite).with("Reason", "SIP;cause=200;text=\"Call completed elsewhere\""));
    assert_eq!(script.ended(call).cause, Cause::AnsweredElsewhere);
}

#[test]
fn tx_09_cancel_while_the_media_answers_withdraws_the_question() {
    let mut script = Script::connected();
    script.end.media = false;
    let (call, invite) = script.incoming();
    let accept = script.accept(call);
    script.say(&Text::cancel(&invite));
    script.expect_response(200, "CANCEL");
    script.expect_response(487, "INVITE");
    assert_eq!(script.failure(accept).code, FailureCode::Ended);
    script.answer(Answer::Sdp { sdp: ANSWER.to_owned() });
    script.expect_nothing();
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
}

#[test]
fn tx_09_cancel_of_nothing_is_481() {
    let mut script = Script::connected();
    let invite = script.request("INVITE");
    script.say(&Text::cancel(&invite));
    script.expect_response(481, "CANCEL");
}

#[test]
fn iv_11_a_call_is_refused_with_the_status_that_was_asked_for() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    let options = RefusalOptions {
        status: 486,
        phrase: Some("In a meeting".to_owned()),
        retry_after: Some(60),
        headers: vec![("X-Why".to_owned(), "busy".to_owned())],
        body: None,
    };
    let id = script.ask_for(|id| Command::Reject { id, call, options });
    let refusal = script.expect("SIP/2.0 486 In a meeting\r\n");
    assert_eq!((refusal.get("Retry-After"), refusal.get("X-Why")), ("60".to_owned(), "busy".to_owned()));
    script.done(id);
    assert_eq!(script.ended(call).cause, Cause::Rejected);
    script.say(&invite);
    assert_eq!(script.expect("SIP/2.0 486 "), refusal, "a repeat of the INVITE gets it again");
    script.say(&ack(&invite, &refusal));
    script.silence_until(32_000);
}

#[test]
fn iv_11_hangup_of_an_unanswered_call_is_480_or_what_was_asked_for() {
    for (status, sent) in [(None, 480), (Some(603), 603), (Some(200), 480)] {
        let mut script = Script::connected();
        let (call, _) = script.incoming();
        let options = HangupOptions { status, ..HangupOptions::default() };
        script.ask_for(|id| Command::Hangup { id, call, options });
        script.expect_response(sent, "INVITE");
        assert_eq!(script.ended(call).cause, Cause::Rejected);
    }
}

#[test]
fn iv_01_what_does_not_fit_the_state_fails_and_sends_nothing() {
    let mut script = Script::connected();
    let (call, _, _) = script.answered();
    for id in [script.ring(call), script.accept(call), script.reject(call, 486)] {
        assert_eq!(script.failure(id).code, FailureCode::WrongState);
    }
    let (fresh, _) = script.incoming();
    let ring = |id| Command::Ring { id, call: fresh, options: RingOptions { status: 200, headers: Vec::new() } };
    let ring = script.ask_for(ring);
    assert_eq!(script.failure(ring).code, FailureCode::WrongState);
    let reject = script.reject(fresh, 200);
    assert_eq!(script.failure(reject).code, FailureCode::WrongState);
    script.expect_nothing();
    assert!(script.is_up(call) && script.is_up(fresh));
}

#[test]
fn js_07_a_call_nobody_decides_on_is_480_after_three_minutes() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.ring(call);
    script.expect_response(180, "INVITE");
    script.silence_until(180_000);
    script.expect_response(480, "INVITE");
    assert_eq!(script.ended(call).cause, Cause::Unanswered);
}

#[test]
fn js_07_a_call_nobody_listens_for_is_480_at_once() {
    let mut script = Script::connected();
    script.command(Command::Interest { interests: vec![Interest::Trace] });
    let invite = script.request("INVITE").sdp();
    script.say(&invite);
    script.expect_response(480, "INVITE");
    assert!(script.was_told("diagnostic nobody-listens"));
}

#[test]
fn js_06_media_that_refuses_is_480_or_488() {
    for (incompatible, status, cause) in [(false, 480, Cause::Media), (true, 488, Cause::Incompatible)] {
        let mut script = Script::connected();
        script.end.media = false;
        let (call, _) = script.incoming();
        let accept = script.accept(call);
        let question = script.answer(Answer::MediaFailed { detail: "no".to_owned(), incompatible });
        assert_eq!(question, Question::CreateAnswer { call, offer: SDP.to_owned(), hold: false });
        script.expect_response(status, "INVITE");
        assert_eq!(script.failure(accept).code, FailureCode::Media);
        assert_eq!(script.ended(call).cause, cause);
    }
}

#[test]
fn js_06_media_that_never_answers_is_480_after_three_minutes() {
    let mut script = Script::connected();
    script.end.media = false;
    let (call, _) = script.incoming();
    script.advance_to(200);
    script.expect_response(100, "INVITE");
    let accept = script.accept(call);
    script.silence_until(180_200);
    script.expect_response(480, "INVITE");
    assert_eq!(script.failure(accept).code, FailureCode::Media);
}

#[test]
fn iv_12_bye_in_the_early_dialog_is_487_then_200() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.ring(call);
    let ringing = script.expect_response(180, "INVITE");
    let bye = PeerDialog::caller(&invite, &ringing).request(&mut script, "BYE");
    script.say(&bye);
    script.expect_response(487, "INVITE");
    script.expect_response(200, "BYE");
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Cancelled));
}

#[test]
fn iv_02_an_invite_without_an_offer_gets_ours_and_the_ack_answers() {
    let mut script = Script::connected();
    script.end.media = false;
    let invite = script.request("INVITE");
    let call = script.invited(&invite);
    script.accept(call);
    let question = script.answer(Answer::Sdp { sdp: OFFER.to_owned() });
    assert_eq!(question, Question::CreateOffer { call, hold: false, ice_restart: false });
    let ok = script.expect_response(200, "INVITE");
    assert_eq!(ok.body(), OFFER);
    let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite).sdp();
    script.say(&ack);
    let Question::SetAnswer { answer, provisional, .. } = script.answer(Answer::Applied) else { panic!("SetAnswer") };
    assert_eq!((answer.as_str(), provisional), (SDP, false));
    script.silence_until(100_000);
    assert!(script.is_up(call));
}

#[test]
fn sl_02_a_call_above_the_limit_is_486() {
    let mut script = Script::connected_as(Config { limits: Limits { calls: 1, ..Limits::default() }, ..config() });
    let (call, _) = script.incoming();
    let second = script.request("INVITE").sdp();
    script.say(&second);
    script.expect_response(486, "INVITE");
    assert!(script.was_told("diagnostic limit"));
    script.reject(call, 486);
    script.expect_response(486, "INVITE");
    script.incoming();
}

#[test]
fn iv_16_a_body_that_is_no_session_description_is_415_with_accept() {
    let mut script = Script::connected();
    let invite = script.request("INVITE").body_of("text/plain", "hello");
    script.say(&invite);
    assert_eq!(script.expect_response(415, "INVITE").get("Accept"), "application/sdp");
}

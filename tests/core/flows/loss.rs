//! What the loss of a socket means to calls: requirements TR-08, IV-04.

use patchcord::agent::Input;
use patchcord::message::Frame;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::CallHandle;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{PeerDialog, Script, Text};

#[test]
fn tr_08_a_call_outlives_its_socket_and_bye_goes_by_the_next() {
    let mut script = Script::registered();
    let (call, _, mut dialog) = script.outgoing();
    script.advance_to(10_000);
    let dead = script.cut();
    assert!(script.is_up(call));
    script.reopen();
    script.bind();
    assert_ne!(script.end.flow, Some(dead));
    let options = dialog.request(&mut script, "OPTIONS");
    script.say(&options);
    script.expect_response(200, "OPTIONS");
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn tr_08_a_call_in_the_making_ends_with_transport() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.cut();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Transport));
}

/// An accepted call whose socket is lost before the ACK has come.
fn unacknowledged() -> (Script, CallHandle, Text, Text) {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.accept(call);
    let answer = script.expect_response(200, "INVITE");
    script.cut();
    (script, call, invite, answer)
}

#[test]
fn tr_08_a_2xx_whose_ack_was_lost_is_repeated_by_the_next_socket() {
    let (mut script, call, invite, answer) = unacknowledged();
    script.reopen();
    script.end.sent.clear();
    script.advance(4_000);
    let again = script.expect_response(200, "INVITE");
    assert_eq!((again.get("Via"), again.body()), (answer.get("Via"), answer.body()));
    script.end.sent.clear();
    let ack = PeerDialog::caller(&invite, &answer).ack(&mut script, &invite);
    script.say(&ack);
    script.silence_until(100_000);
    assert!(script.is_up(call));
}

#[test]
fn tr_08_a_call_is_kept_when_its_ack_may_have_gone_to_the_lost_socket() {
    for comes_back in [true, false] {
        let (mut script, call, _, _) = unacknowledged();
        if comes_back {
            script.reopen();
        }
        script.advance_to(31_999);
        assert!(!script.was_told("diagnostic ack-lost"));
        script.advance_to(32_000);
        assert!(script.was_told("diagnostic ack-lost"));
        script.end.sent.clear();
        script.silence_until(33_000);
        assert!(script.is_up(call));
    }
}

#[test]
fn iv_04_where_the_ack_may_be_lost_the_peer_is_asked_and_its_silence_ends_the_call() {
    for answer in [Some("200 OK"), Some("405 Method Not Allowed"), Some("481 Call/Transaction Does Not Exist"), None] {
        let (mut script, call, _, _) = unacknowledged();
        script.reopen();
        script.advance_to(31_999);
        script.end.sent.clear();
        script.advance_to(32_000);
        let options = script.expect("OPTIONS sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
        if let Some(answer) = answer {
            script.say(&Text::answer(&options, answer));
            script.silence_until(200_000);
            assert_eq!(script.is_up(call), !answer.starts_with("481"), "{answer}");
        } else {
            script.silence_until(64_000);
            script.expect("BYE ");
            assert_eq!(script.ended(call).cause, Cause::Timeout);
        }
    }
}

#[test]
fn tr_08_what_a_dead_socket_still_says_is_not_heard() {
    let mut script = Script::connected();
    let dead = script.cut();
    script.reopen();
    script.news();
    let invite = script.request("INVITE").sdp();
    script.input(Input::Received { flow: dead, frame: Frame::Text(invite.0) });
    script.input(Input::Closed { flow: dead, code: 1006 });
    script.input(Input::Opened { flow: dead, protocol: Some("sip".to_owned()) });
    assert_eq!(script.news(), [""; 0]);
    script.expect_nothing();
    script.call();
    script.expect("INVITE ");
}

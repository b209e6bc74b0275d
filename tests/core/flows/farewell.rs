//! What is said when there was no socket to say it by: requirement TR-12.

use patchcord::agent::{Command, Hint};
use patchcord::usage::call::{Cause, EndedBy, HangupOptions, ReasonData};
use patchcord::usage::data::CallHandle;
use patchcord::usage::question::Answer;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{servers, wait_for_retry};
use crate::sim::{OFFER, Script, Text};

#[test]
fn tr_12_a_hangup_while_offline_ends_the_call_and_the_bye_leaves_first() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    script.cut();
    let id = script.hangup(call);
    script.done(id);
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Hangup));
    script.reopen();
    let bye = script.expect("BYE ");
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&bye, "200 OK"));
    script.say(&Text::bound(&register));
    script.silence_until(100_000);
    script.assert_nothing_left();
}

#[test]
fn tr_12_a_bye_whose_socket_is_lost_leaves_again_by_the_next() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    script.hangup(call);
    let first = script.expect("BYE ");
    script.cut();
    assert_eq!(script.ended(call).cause, Cause::Hangup, "for people it is over");
    script.reopen();
    let second = script.expect("BYE ");
    assert_eq!(second.cseq(), first.cseq() + 1);
    script.cut();
    script.reopen();
    let third = script.expect("BYE ");
    script.silence_until(script.now() + 31_999);
    script.say(&Text::answer(&third, "200 OK"));
    script.cut();
    script.reopen();
    script.silence_until(100_000);
    script.assert_nothing_left();
}

#[test]
fn tr_12_a_bye_that_found_no_socket_for_half_an_hour_is_dropped() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    script.cut();
    script.hangup(call);
    script.tick_late(1_800_001);
    script.open();
    script.expect_nothing();
    script.assert_nothing_left();
}

#[test]
fn tr_12_a_hangup_while_the_media_prepares_offline_ends_the_call_and_says_nothing_later() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    script.cut();
    script.hangup(call);
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
    script.reopen();
    script.expect_nothing();
}

#[test]
fn tr_12_disconnect_leaves_calls_to_be_ended_on_the_next_connection() {
    let mut script = Script::connected();
    let (call, invite, _) = script.outgoing();
    let id = script.ask_for(|id| Command::Disconnect { id });
    script.done(id);
    assert!(script.is_up(call));
    script.hangup(call);
    assert!(!script.is_up(call));
    script.connect();
    script.open();
    let bye = script.expect("BYE ");
    assert_eq!(bye.get("Call-ID"), invite.get("Call-ID"));
}

#[test]
fn tr_12_a_bye_is_dropped_half_an_hour_after_the_hangup_however_many_sockets_it_saw() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    script.hangup(call);
    script.expect("BYE ");
    for minute in [10, 20, 29] {
        script.cut();
        script.advance_to(minute * 60_000);
        if script.end.opens.is_empty() {
            script.hint(Hint::Online);
            script.advance(1_000);
        }
        script.open();
        script.expect("BYE ");
    }
    script.cut();
    script.tick_late(1_800_000);
    script.open();
    script.expect_nothing();
}

#[test]
fn tr_12_a_bye_is_given_up_64_t1_after_the_socket_opened() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    script.cut();
    script.hangup(call);
    script.reopen();
    script.expect("BYE ");
    let opened = script.now();
    let is_left = |script: &mut Script| {
        script.snapshot().iter().any(|machine| machine.machine.starts_with("BYE client transaction"))
    };
    script.silence_until(opened + 31_999);
    assert!(is_left(&mut script));
    script.advance_to(opened + 32_000);
    assert!(!is_left(&mut script));
    script.cut();
    script.reopen();
    script.silence_until(100_000);
    script.assert_nothing_left();
}

#[test]
fn tr_12_a_hangup_before_the_ack_ends_the_call_at_once_when_offline() {
    for hangup_first in [true, false] {
        let mut script = Script::connected();
        let (call, _) = script.incoming();
        script.accept(call);
        script.expect_response(200, "INVITE");
        if hangup_first {
            script.hangup(call);
            assert!(script.is_up(call), "BYE waits for the ACK");
            script.cut();
        } else {
            script.cut();
            script.hangup(call);
        }
        assert_eq!(script.ended(call).cause, Cause::Hangup, "hangup first: {hangup_first}");
        script.reopen();
        script.expect("BYE ");
    }
}

/// Asserts that nothing more will be said of any call; a transaction may still wait for what the peer repeats.
fn assert_no_call_left(script: &mut Script) {
    let machines = script.snapshot();
    assert!(machines.iter().all(|machine| !machine.machine.starts_with("call ")), "{machines:?}");
}

/// A call that rings at Bob's, its socket just lost.
fn ringing_when_cut(hangup: bool) -> (Script, CallHandle, Text) {
    let mut script = Script::registered();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    if hangup {
        script.hangup(call);
        script.expect("CANCEL ");
    }
    script.cut();
    (script, call, invite)
}

#[test]
fn tr_12_what_rings_when_the_socket_is_lost_is_cancelled_by_the_next_before_anything_else() {
    for (hangup, by, cause) in [(false, EndedBy::Network, Cause::Transport), (true, EndedBy::Local, Cause::Cancelled)] {
        let (mut script, call, invite) = ringing_when_cut(hangup);
        let end = script.ended(call);
        assert_eq!((end.by, end.cause), (by, cause), "for people it is over at once");
        script.reopen();
        let cancel = script.expect("CANCEL ");
        script.expect("REGISTER ");
        assert_eq!((cancel.uri(), cancel.get("Via")), (invite.uri(), invite.get("Via")), "RFC 3261 §9.1");
        for name in ["From", "To", "Call-ID", "Max-Forwards"] {
            assert_eq!(cancel.get(name), invite.get(name), "{name}");
        }
        assert_eq!(cancel.get("CSeq"), format!("{} CANCEL", invite.cseq()));
        script.say(&Text::answer(&cancel, "200 OK").tagged("b"));
        assert_no_call_left(&mut script);
    }
}

#[test]
fn tr_12_a_cancel_says_again_why() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    let reason = ReasonData { protocol: "SIP".to_owned(), cause: 200, text: Some("elsewhere".to_owned()) };
    let options = HangupOptions { reason: Some(reason), ..HangupOptions::default() };
    script.ask_for(|id| Command::Hangup { id, call, options });
    let first = script.expect("CANCEL ");
    script.cut();
    script.reopen();
    assert_eq!(script.expect("CANCEL ").get("Reason"), first.get("Reason"));
}

#[test]
fn tr_12_an_invite_that_nobody_has_heard_of_is_not_cancelled() {
    let mut script = Script::connected();
    let call = script.call();
    script.expect("INVITE ");
    script.hangup(call);
    script.cut();
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
    script.reopen();
    script.silence_until(100_000);
}

#[test]
fn tr_12_a_cancel_means_nothing_to_another_server() {
    let mut script = Script::connected_as(servers(2));
    script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.cut();
    wait_for_retry(&mut script);
    script.fail_to_open();
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge2.example.test/sip");
    script.expect_nothing();
    assert_no_call_left(&mut script);
}

#[test]
fn tr_12_a_cancel_that_is_not_answered_leaves_again_by_the_next_socket_and_a_challenge_ends_it() {
    let (mut script, _, _) = ringing_when_cut(false);
    script.reopen();
    let first = script.expect("CANCEL ");
    script.expect("REGISTER ");
    script.cut();
    script.advance(4_000);
    script.open();
    let second = script.expect("CANCEL ");
    assert_eq!(second, first);
    script.expect("REGISTER ");
    let challenge = "Digest realm=\"r\", nonce=\"n\", algorithm=MD5";
    script.say(&Text::challenge(&second, 401, &[challenge]));
    script.expect_nothing();
    assert_no_call_left(&mut script);
}

#[test]
fn tr_12_a_cancel_that_found_no_socket_for_half_an_hour_is_dropped() {
    let (mut script, _, _) = ringing_when_cut(false);
    script.tick_late(1_800_000);
    script.open();
    script.expect("REGISTER ");
    script.expect_nothing();
}

#[test]
fn tr_12_an_invite_that_could_leave_only_when_offline_ends_the_call_and_is_not_sent_later() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    script.cut();
    assert!(script.is_up(call), "nothing was sent yet");
    script.answer(Answer::Sdp { sdp: OFFER.to_owned() });
    assert_eq!(script.ended(call).cause, Cause::Transport, "and nothing can be");
    script.reopen();
    script.expect_nothing();
}

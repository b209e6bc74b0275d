//! How calls end, row by row of TD-T1, also where the peer says nothing any more (TD-06).

use patchcord::agent::Interest;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::CallHandle;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::races::{over, ringing};
use crate::sim::{Script, Text};

#[test]
fn td_06_tx_08_a_black_hole_ends_a_cancelled_call_without_any_response_with_timer_b() {
    let mut script = Script::connected();
    let call = script.call();
    script.expect("INVITE ");
    script.advance(5_000);
    script.hangup(call);
    script.silence_until(31_999);
    assert!(script.is_up(call));
    script.silence_until(32_000);
    script.expect_nothing();
    over(&mut script, call, EndedBy::Local, Cause::Cancelled);
}

#[test]
fn td_06_a_black_hole_ends_a_ringing_call_64_t1_after_the_cancel_and_never_says_bye() {
    let mut script = Script::connected();
    let (call, _) = ringing(&mut script);
    script.silence_until(60_000);
    script.hangup(call);
    script.expect("CANCEL ");
    script.silence_until(91_999);
    assert!(script.is_up(call));
    script.silence_until(92_000);
    script.expect_nothing();
    over(&mut script, call, EndedBy::Local, Cause::Cancelled);
}

#[test]
fn td_06_a_black_hole_does_not_keep_a_refusal() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.hangup(call);
    script.expect_response(480, "INVITE");
    assert!(!script.is_up(call), "it is over at once");
    over(&mut script, call, EndedBy::Local, Cause::Rejected);
}

#[test]
fn td_06_rc_07_a_black_hole_without_ack_is_said_bye_after_64_t1_and_given_up_after_as_much_again() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.accept(call);
    script.expect_response(200, "INVITE");
    script.hangup(call);
    for at in [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] {
        script.silence_until(at);
        script.expect_response(200, "INVITE");
    }
    script.silence_until(32_000);
    script.expect("BYE ");
    script.silence_until(63_999);
    assert!(script.is_up(call));
    script.silence_until(64_000);
    over(&mut script, call, EndedBy::Local, Cause::Hangup);
}

#[test]
fn td_06_dg_09_a_black_hole_ends_an_established_call_64_t1_after_bye() {
    for incoming in [true, false] {
        let mut script = Script::connected();
        let call = if incoming { script.answered().0 } else { script.outgoing().0 };
        script.hangup(call);
        script.expect("BYE ");
        script.silence_until(31_999);
        assert!(script.is_up(call));
        script.silence_until(32_000);
        over(&mut script, call, EndedBy::Local, Cause::Hangup);
    }
}

#[test]
fn td_t1_what_is_pending_is_487_before_bye_whoever_called() {
    for ours in [true, false] {
        let mut script = Script::connected();
        script.interested(&[Interest::Requests]);
        let (call, _, mut dialog) = if ours { script.outgoing() } else { script.answered() };
        script.end.media = false;
        let theirs = dialog.change(&mut script, "INVITE", 2, "sendonly");
        script.say(&theirs);
        let info = script.say_in(&mut dialog, "INFO");
        script.hangup(call);
        let mut refused = [script.expect("SIP/2.0 487 "), script.expect("SIP/2.0 487 ")];
        refused.sort_by_key(Text::cseq);
        assert_eq!(refused.map(|response| response.branch()), [theirs.branch(), info.branch()]);
        let bye = script.expect("BYE ");
        script.answer_request(&bye, "200 OK");
        let ack = dialog.ack(&mut script, &theirs).set("Via", &theirs.get("Via"));
        script.say(&ack);
        over(&mut script, call, EndedBy::Local, Cause::Hangup);
    }
}

#[test]
fn td_05_our_own_re_invite_is_left_and_its_final_response_acknowledged() {
    for (status, late) in [("200 OK", false), ("487 Request Terminated", false), ("200 OK", true), ("500 So", true)] {
        let mut script = Script::connected();
        let (call, ..) = script.outgoing();
        script.set_hold(call, true);
        let ours = script.expect("INVITE ");
        script.hangup(call);
        let bye = script.expect("BYE ");
        if late {
            script.answer_request(&bye, "200 OK");
        }
        let answer = Text::answer(&ours, status).with("Contact", "<sip:bob@192.0.2.9>");
        script.say(&if status.starts_with('2') { answer.sdp() } else { answer });
        assert_eq!(script.expect("ACK ").cseq(), ours.cseq());
        if !late {
            script.answer_request(&bye, "200 OK");
        }
        over(&mut script, call, EndedBy::Local, Cause::Hangup);
    }
}

#[test]
fn td_t1_hangup_of_what_has_ended_is_a_no_op() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    script.say_in(&mut dialog, "BYE");
    script.expect_response(200, "BYE");
    let id = script.hangup(call);
    script.done(id);
    let nobody = script.hangup(CallHandle(4444));
    script.done(nobody);
    script.expect_nothing();
    over(&mut script, call, EndedBy::Remote, Cause::Hangup);
}

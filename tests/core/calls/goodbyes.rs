//! How calls end, row by row of TD-T1, also where the peer says nothing any more (TD-06), and what crosses an end: RC-01 to
//! RC-07, RC-22.

use patchcord::agent::Interest;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::CallHandle;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{PeerDialog, Script, Text, respond};

/// How far apart two messages that cross arrive.
const WINDOWS: [u64; 2] = [0, 200];

/// Nothing is left: one end was told, nothing more leaves, nothing is kept.
fn over(script: &mut Script, call: CallHandle, by: EndedBy, cause: Cause) {
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (by, cause));
    let ends = script.news_of(call).into_iter().filter(|line| line.starts_with("ended")).count();
    assert!(ends <= 1);
    script.silence_until(script.now() + 70_000);
    let machines = script.snapshot();
    let memory = machines.iter().find(|machine| machine.machine == "memory").map(|machine| machine.state.as_str());
    assert_eq!(memory, Some("0 dialogs, 0 authentications, 0 acknowledgements"));
    assert!(
        machines.iter().all(|machine| !machine.machine.contains("call") && !machine.machine.contains("transaction"))
    );
}

fn ringing(script: &mut Script) -> (CallHandle, Text) {
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag").with("Contact", "<sip:bob@192.0.2.9>"));
    (call, invite)
}

fn reinvite(script: &mut Script, dialog: &mut PeerDialog) -> Text {
    let offer = dialog.request(script, "INVITE").with("Contact", "<sip:bob@192.0.2.9:5062;transport=ws>").sdp();
    let other = Text(offer.0.replace("a=sendrecv", "a=sendonly"));
    script.say(&other);
    other
}

#[test]
fn td_06_a_black_hole_ends_a_call_without_any_response_with_timer_b() {
    let mut script = Script::connected();
    let call = script.call();
    script.expect("INVITE ");
    script.advance(5_000);
    script.hangup(call);
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
fn td_06_a_black_hole_without_ack_is_said_bye_after_64_t1_and_given_up_after_as_much_again() {
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
fn td_06_a_black_hole_ends_an_established_call_64_t1_after_bye() {
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
fn td_t1_what_is_pending_is_487_before_bye_in_both_directions() {
    let mut script = Script::connected();
    script.interested(&[Interest::Requests]);
    let (call, _, mut dialog) = script.outgoing();
    script.end.media = false;
    let theirs = reinvite(&mut script, &mut dialog);
    script.say_in(&mut dialog, "INFO");
    script.hangup(call);
    let mut refused = [script.expect("SIP/2.0 487 "), script.expect("SIP/2.0 487 ")];
    refused.sort_by_key(|response| response.get("CSeq"));
    assert!(refused.iter().any(|response| response.branch() == theirs.branch()));
    let bye = script.expect("BYE ");
    script.answer_request(&bye, "200 OK");
    let ack = dialog.ack(&mut script, &theirs).set("Via", &theirs.get("Via"));
    script.say(&ack);
    over(&mut script, call, EndedBy::Local, Cause::Hangup);
}

#[test]
fn td_05_our_own_re_invite_is_left_and_its_final_response_acknowledged() {
    for (status, late) in [("200 OK", false), ("487 Request Terminated", false), ("200 OK", true), ("500 So", true)] {
        let mut script = Script::connected();
        let (call, ..) = script.outgoing();
        script.ask_for(|id| patchcord::agent::Command::SetHold { id, call, held: true });
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

#[test]
fn rc_01_cancel_crosses_the_2xx_in_either_order() {
    for window in WINDOWS {
        for cancel_answered_first in [true, false] {
            let mut script = Script::connected();
            let (call, invite) = ringing(&mut script);
            script.hangup(call);
            let cancel = script.expect("CANCEL ");
            let ok = Text::ok_to(&invite);
            if cancel_answered_first {
                script.answer_request(&cancel, "200 OK");
                script.advance(window);
                script.say(&ok);
            } else {
                script.say(&ok);
                script.advance(window);
                script.answer_request(&cancel, "481 Call/Transaction Does Not Exist");
            }
            let ack = script.expect("ACK ");
            let bye = script.expect("BYE ");
            assert_eq!(bye.cseq(), invite.cseq() + 1);
            script.say(&ok);
            assert_eq!(script.expect("ACK "), ack);
            script.answer_request(&bye, "200 OK");
            over(&mut script, call, EndedBy::Local, Cause::Cancelled);
        }
    }
}

#[test]
fn rc_02_a_cancel_that_comes_after_our_2xx_changes_nothing() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, invite) = script.incoming();
        script.accept(call);
        let ok = script.expect_response(200, "INVITE");
        script.advance(window);
        let template = "CANCEL sip:alice@example.test SIP/2.0\nVia: {Via}\nFrom: {From}\nTo: {To}\nCall-ID: {Call-ID}";
        let cancel = Text::fill(template, &invite).with("CSeq", &format!("{} CANCEL", invite.cseq()));
        script.say(&cancel);
        assert_eq!(script.expect_response(200, "CANCEL").get("To"), ok.get("To"));
        let dialog = PeerDialog::caller(&invite, &ok);
        let ack = dialog.ack(&mut script, &invite);
        script.say(&ack);
        script.silence_until(100_000);
        assert!(script.is_up(call));
    }
}

#[test]
fn rc_03_bye_crosses_bye_in_either_order() {
    for window in WINDOWS {
        for answered_first in [true, false] {
            let mut script = Script::connected();
            let (call, _, mut dialog) = script.outgoing();
            script.hangup(call);
            let ours = script.expect("BYE ");
            if answered_first {
                script.answer_request(&ours, "200 OK");
                script.advance(window);
            }
            script.say_in(&mut dialog, "BYE");
            script.expect_response(200, "BYE");
            if !answered_first {
                script.advance(window);
                script.answer_request(&ours, "200 OK");
            }
            over(&mut script, call, EndedBy::Local, Cause::Hangup);
        }
    }
}

#[test]
fn rc_04_a_re_invite_crosses_our_bye_in_either_order() {
    for window in WINDOWS {
        for bye_first in [true, false] {
            let mut script = Script::connected();
            let (call, _, mut dialog) = script.outgoing();
            script.end.media = false;
            if bye_first {
                script.hangup(call);
                script.advance(window);
            }
            let theirs = reinvite(&mut script, &mut dialog);
            if !bye_first {
                script.advance(window);
                script.hangup(call);
                script.skip_100();
                script.expect_response(487, "INVITE");
            }
            let bye = script.expect("BYE ");
            if bye_first {
                script.expect_response(481, "INVITE");
            }
            let ack = dialog.ack(&mut script, &theirs).set("Via", &theirs.get("Via"));
            script.say(&ack);
            script.answer_request(&bye, "200 OK");
            over(&mut script, call, EndedBy::Local, Cause::Hangup);
        }
    }
}

#[test]
fn rc_05_their_bye_crosses_our_re_invite_whose_final_is_acknowledged_and_not_retried() {
    for window in WINDOWS {
        for status in ["487 Request Terminated", "491 Request Pending", "200 OK", "481 Gone"] {
            let mut script = Script::connected();
            let (call, _, mut dialog) = script.outgoing();
            let hold = script.ask_for(|id| patchcord::agent::Command::SetHold { id, call, held: true });
            let ours = script.expect("INVITE ");
            script.say_in(&mut dialog, "BYE");
            script.expect_response(200, "BYE");
            assert!(script.is_settled(hold));
            script.advance(window);
            let answer = Text::answer(&ours, status).with("Contact", "<sip:bob@192.0.2.9>");
            script.say(&if status.starts_with('2') { answer.sdp() } else { answer });
            script.expect("ACK ");
            over(&mut script, call, EndedBy::Remote, Cause::Hangup);
        }
    }
}

#[test]
fn rc_07_a_hangup_before_the_ack_is_said_when_the_ack_is_there() {
    for window in WINDOWS {
        for hangup_first in [true, false] {
            let mut script = Script::connected();
            let (call, invite) = script.incoming();
            script.accept(call);
            let ok = script.expect_response(200, "INVITE");
            let dialog = PeerDialog::caller(&invite, &ok);
            let ack = dialog.ack(&mut script, &invite);
            if hangup_first {
                script.hangup(call);
                script.advance(window);
                script.expect_nothing();
                script.say(&ack);
            } else {
                script.say(&ack);
                script.advance(window);
                script.hangup(call);
            }
            let bye = script.expect("BYE ");
            script.answer_request(&bye, "200 OK");
            over(&mut script, call, EndedBy::Local, Cause::Hangup);
        }
    }
}

#[test]
fn rc_22_repeated_requests_and_responses_in_a_dialog_are_seen_once() {
    for window in WINDOWS {
        let mut script = Script::connected();
        script.interested(&[Interest::Requests]);
        let (call, _, mut dialog) = script.outgoing();
        let info = script.say_in(&mut dialog, "INFO");
        script.advance(window);
        script.say(&info);
        assert_eq!(script.end.asks.len(), 1);
        script.answer(respond(200));
        script.expect_response(200, "INFO");
        script.expect_nothing();
        // Timer J is zero: a repeat that comes later is a request of the past.
        script.say(&info);
        script.expect_response(500, "INFO");
        let id = script.call_request(call, "MESSAGE", Default::default());
        let message = script.expect("MESSAGE ");
        script.answer_request(&message, "200 OK");
        script.advance(window);
        script.answer_request(&message, "481 Gone");
        assert_eq!(script.response(id).status, 200);
        assert!(script.is_up(call));
        let bye = script.say_in(&mut dialog, "BYE");
        script.expect_response(200, "BYE");
        script.advance(window);
        script.say(&bye);
        script.expect("SIP/2.0 ");
        assert_eq!(script.ended(call).cause, Cause::Hangup);
    }
}

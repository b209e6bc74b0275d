//! What crosses on the wire, in either order: RC-01 to RC-05, RC-07, RC-22, and two real ends over a wire that delays and
//! repeats.

mod lost;
mod transactions;

use patchcord::agent::Interest;
use patchcord::time::Duration;
use patchcord::usage::call::{Cause, DialOptions, EndedBy};
use patchcord::usage::data::{CallHandle, FailureCode};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Pair, PeerDialog, Script, Text, config, respond};

/// How far apart two messages that cross arrive.
const WINDOWS: [u64; 2] = [0, 200];

const GONE: &str = "481 Call/Transaction Does Not Exist";

/// One end was told, nothing more leaves, nothing is kept.
pub(crate) fn over(script: &mut Script, call: CallHandle, by: EndedBy, cause: Cause) {
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (by, cause));
    script.silence_until(script.now() + 70_000);
    script.assert_nothing_left();
}

/// A call of ours that rings in an early dialog, and its INVITE.
pub(crate) fn ringing(script: &mut Script) -> (CallHandle, Text) {
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag").with("Contact", "<sip:bob@192.0.2.9>"));
    (call, invite)
}

#[test]
fn rc_01_tx_08_a_2xx_that_crosses_our_cancel_is_acknowledged_then_ended_once() {
    for window in WINDOWS {
        for (answered_first, answer) in [(true, "200 OK"), (false, "200 OK"), (false, GONE)] {
            let mut script = Script::connected();
            let (call, invite) = ringing(&mut script);
            script.hangup(call);
            let cancel = script.expect("CANCEL ");
            let ok = Text::ok_to(&invite);
            if answered_first {
                script.answer_request(&cancel, answer);
                script.advance(window);
            }
            script.say(&ok);
            let ack = script.expect("ACK sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
            let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
            assert_eq!(bye.cseq(), invite.cseq() + 1);
            if !answered_first {
                script.advance(window);
                script.answer_request(&cancel, answer);
            }
            script.expect_nothing();
            script.say(&ok);
            assert_eq!(script.expect("ACK "), ack);
            script.answer_request(&bye, "200 OK");
            assert_eq!(
                script.news_of(call),
                ["invited", "Ringing", "progress 180 bobtag", "Ending", "Ended", "ended Local Cancelled"],
                "it never was established"
            );
            over(&mut script, call, EndedBy::Local, Cause::Cancelled);
        }
    }
}

#[test]
fn rc_01_a_2xx_that_comes_before_the_cancel_could_leave_is_ended_too() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.hangup(call);
    script.expect_nothing();
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    over(&mut script, call, EndedBy::Local, Cause::Cancelled);
}

#[test]
fn rc_01_the_ring_timeout_may_meet_the_answer() {
    let mut script = Script::connected();
    let call = script.call_with(DialOptions { timeout_ms: 20_000, ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
    script.silence_until(20_000);
    script.expect("CANCEL ");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    over(&mut script, call, EndedBy::Local, Cause::Unanswered);
}

#[test]
fn rc_02_tx_09_a_cancel_that_comes_after_our_2xx_is_200_and_the_call_goes_on() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, invite) = script.incoming();
        script.accept(call);
        let ok = script.expect_response(200, "INVITE");
        script.advance(window);
        script.say(&Text::cancel(&invite));
        assert_eq!(script.expect_response(200, "CANCEL").get("To"), ok.get("To"), "one tag");
        script.expect_nothing();
        let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
        script.say(&ack);
        script.silence_until(100_000);
        assert!(script.is_up(call));
        assert_eq!(script.news_of(call), ["Answering", "Established", "established"]);
    }
}

#[test]
fn rc_02_tx_09_an_accept_that_comes_after_the_cancel_sends_nothing() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, invite) = script.incoming();
        script.ring(call);
        script.expect_response(180, "INVITE");
        script.say(&Text::cancel(&invite));
        script.expect_response(200, "CANCEL");
        script.expect_response(487, "INVITE");
        script.advance(window);
        let late = script.accept(call);
        assert_eq!(script.failure(late).code, FailureCode::Ended);
        script.expect_nothing();
        assert_eq!(script.news_of(call), ["Ringing", "Ended", "ended Remote Cancelled"]);
    }
}

#[test]
fn rc_03_bye_crosses_bye_each_is_answered_and_the_call_ends_once() {
    for window in WINDOWS {
        for (answered_first, answer) in
            [(true, Some("200 OK")), (false, Some("200 OK")), (false, Some(GONE)), (false, None)]
        {
            let mut script = Script::connected();
            let (call, _, mut dialog) = script.outgoing();
            script.hangup(call);
            let ours = script.expect("BYE ");
            if answered_first {
                answer.into_iter().for_each(|answer| script.answer_request(&ours, answer));
            }
            script.advance(window);
            script.say_in(&mut dialog, "BYE");
            script.expect_response(200, "BYE");
            assert_eq!(script.news_of(call), ["Ending", "Ended", "ended Local Hangup"]);
            if !answered_first {
                script.advance(window);
                answer.into_iter().for_each(|answer| script.answer_request(&ours, answer));
            }
            over(&mut script, call, EndedBy::Local, Cause::Hangup);
            assert_eq!(script.news_of(call), [""; 0], "one end");
        }
    }
}

#[test]
fn rc_03_a_hangup_that_comes_after_their_bye_says_nothing() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, _, mut dialog) = script.outgoing();
        script.say_in(&mut dialog, "BYE");
        script.expect_response(200, "BYE");
        script.advance(window);
        script.hangup(call);
        assert_eq!(script.news_of(call), ["Ended", "ended Remote Hangup"]);
        over(&mut script, call, EndedBy::Remote, Cause::Hangup);
        assert_eq!(script.news_of(call), [""; 0], "one end");
    }
}

#[test]
fn rc_03_a_bye_that_comes_after_the_answer_to_ours_is_200_for_64_t1_then_481() {
    for (at, status) in [(1_000, 200), (31_999, 200), (40_000, 481)] {
        let mut script = Script::connected();
        let (call, _, mut dialog) = script.outgoing();
        script.hangup(call);
        let ours = script.expect("BYE ");
        script.say(&Text::answer(&ours, "200 OK"));
        assert_eq!(script.ended(call).cause, Cause::Hangup);
        script.silence_until(at);
        let theirs = dialog.request(&mut script, "BYE");
        script.say(&theirs);
        script.expect_response(status, "BYE");
    }
}

#[test]
fn rc_04_once_bye_is_sent_whatever_is_asked_in_the_dialog_is_481() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    script.hangup(call);
    let bye = script.expect("BYE ");
    for method in ["INVITE", "UPDATE", "REFER", "INFO", "OPTIONS"] {
        let late = dialog.request(&mut script, method).with("Contact", "<sip:bob@192.0.2.9>");
        script.say(&late);
        script.expect_response(481, method);
    }
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn rc_04_a_re_invite_crosses_our_bye_in_either_order() {
    for (window, bye_first) in [(0, true), (0, false), (200, true), (200, false)] {
        for ours in [true, false] {
            let mut script = Script::connected();
            let (call, _, mut dialog) = if ours { script.outgoing() } else { script.answered() };
            script.end.media = false;
            if bye_first {
                script.hangup(call);
                script.advance(window);
            }
            let theirs = dialog.change(&mut script, "INVITE", 2, "sendonly");
            script.say(&theirs);
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
            let (call, mut dialog) = script.live(true);
            let hold = script.set_hold(call, true);
            let ours = script.expect("INVITE ");
            script.say_in(&mut dialog, "BYE");
            script.expect_response(200, "BYE");
            assert_eq!(script.failure(hold).code, FailureCode::Ended);
            script.advance(window);
            let is_2xx = status.starts_with('2');
            script.say(&if is_2xx { Text::agree(&ours, 2, "recvonly") } else { Text::answer(&ours, status) });
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
        let id = script.request_in(call, "MESSAGE");
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
        script.expect_response(200, "BYE");
        over(&mut script, call, EndedBy::Remote, Cause::Hangup);
    }
}

/// Both ends have told one end of the one call, and nothing waits any more.
fn assert_over(pair: &mut Pair) {
    pair.advance(200_000);
    for end in &pair.ends {
        assert_eq!(end.ended.len(), end.states.len(), "{}: every call has ended", end.name);
        assert!(end.wake.is_none(), "{} waits: {:?}", end.name, end.wake);
        assert_eq!(end.unsettled(), []);
    }
}

#[test]
fn rc_01_caller_and_callee_may_act_at_any_moments() {
    for seed in 0..40 {
        let mut pair = Pair::connected(&config(), seed);
        pair.delay = (Duration::from_millis(20), Duration::from_millis(200));
        pair.duplicates = 300;
        let call = pair.call(0);
        pair.until(1, " incoming");
        let theirs = CallHandle(1);
        pair.accept(1, theirs);
        pair.advance(u64::from(seed) * 17);
        pair.hangup(0, call);
        pair.advance(u64::from(seed % 7) * 31);
        pair.hangup(1, theirs);
        assert_over(&mut pair);
        assert!(pair.ends[0].ended.contains_key(&call) && pair.ends[1].ended.contains_key(&theirs));
    }
}

#[test]
fn rc_22_a_wire_that_says_everything_twice_makes_one_call() {
    let mut pair = Pair::connected(&config(), 3);
    pair.duplicates = 1000;
    let call = pair.call(0);
    pair.until(1, " incoming");
    let theirs = CallHandle(1);
    pair.accept(1, theirs);
    pair.until(0, " established");
    pair.advance(40_000);
    assert!(pair.ends.iter().all(|end| end.states.len() == 1 && end.ended.is_empty()));
    pair.hangup(0, call);
    assert_over(&mut pair);
}

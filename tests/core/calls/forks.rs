//! Forked calls: FK-02, FK-03, RC-10, and what branches that lost still say.

use patchcord::agent::Interest;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::CallHandle;
use patchcord::usage::question::Answer;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::changes::{CHALLENGE, fixed};
use crate::races::over;
use crate::sim::{OFFER, PeerDialog, Script, Text};

/// A call of ours that rings at these branches.
fn forked(script: &mut Script, tags: &[&str]) -> (CallHandle, Text) {
    let call = script.call();
    let invite = script.expect("INVITE ");
    for tag in tags {
        script.say(&early(&invite, tag));
    }
    (call, invite)
}

fn early(invite: &Text, tag: &str) -> Text {
    Text::answer(invite, "180 Ringing").tagged(tag).with("Contact", &format!("<sip:{tag}@192.0.2.7>"))
}

fn ok(invite: &Text, tag: &str) -> Text {
    Text::answer(invite, "200 OK").tagged(tag).with("Contact", &format!("<sip:{tag}@192.0.2.7>")).sdp()
}

fn memory(script: &mut Script) -> String {
    let machines = script.snapshot();
    machines.into_iter().find(|machine| machine.machine == "memory").map(|machine| machine.state).unwrap()
}

#[test]
fn rc_10_bye_of_one_early_branch_leaves_the_others_ringing_and_that_of_the_last_ends_the_call() {
    let mut script = Script::connected();
    let (call, invite) = forked(&mut script, &["a", "b"]);
    for tag in ["a", "b"] {
        assert!(script.is_up(call));
        let bye = PeerDialog::callee(&invite, tag).request(&mut script, "BYE");
        script.say(&bye);
        script.expect_response(200, "BYE");
    }
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Hangup));
    script.expect("CANCEL ");
    script.say(&ok(&invite, "b"));
    script.expect("ACK sip:b@192.0.2.7 ");
    script.expect("BYE sip:b@192.0.2.7 ");
}

#[test]
fn fk_02_every_later_branch_is_ended_until_timer_m_and_then_dropped() {
    let mut script = Script::connected();
    let (call, invite) = forked(&mut script, &["a", "b", "c"]);
    script.say(&ok(&invite, "a"));
    script.expect("ACK sip:a@192.0.2.7 ");
    script.news();
    for (at, tag) in [(0, "b"), (200, "unheard"), (31_999, "c")] {
        script.silence_until(at);
        script.say(&ok(&invite, tag));
        let ack = script.expect(&format!("ACK sip:{tag}@192.0.2.7 "));
        assert_eq!((ack.tag("To").as_deref(), ack.cseq()), (Some(tag), invite.cseq()));
        let bye = script.expect(&format!("BYE sip:{tag}@192.0.2.7 "));
        assert_eq!((bye.tag("To").as_deref(), bye.cseq()), (Some(tag), invite.cseq() + 1));
        assert_eq!(bye.get("Reason"), "SIP;cause=200;text=\"Call completed elsewhere\"");
        script.say(&ok(&invite, tag));
        assert_eq!(script.expect("ACK "), ack);
        script.answer_request(&bye, "200 OK");
        script.expect_nothing();
        assert_eq!(script.news(), [""; 0], "people hear nothing of it");
    }
    script.silence_until(32_000);
    script.say(&ok(&invite, "d"));
    script.expect_nothing();
    assert_eq!(script.news(), ["diagnostic stray-response"]);
    assert!(script.is_up(call));
}

#[test]
fn fk_02_a_branch_that_answers_while_the_first_is_being_ended_is_ended_too() {
    let mut script = Script::connected();
    let (call, invite) = forked(&mut script, &["a", "b"]);
    script.say(&ok(&invite, "a"));
    script.expect("ACK ");
    script.hangup(call);
    let first = script.expect("BYE sip:a@192.0.2.7 ");
    script.say(&ok(&invite, "b"));
    script.expect("ACK sip:b@192.0.2.7 ");
    let second = script.expect("BYE sip:b@192.0.2.7 ");
    script.answer_request(&second, "200 OK");
    assert!(script.is_up(call), "the first BYE is not answered");
    script.answer_request(&first, "200 OK");
    over(&mut script, call, EndedBy::Local, Cause::Hangup);
}

#[test]
fn fk_03_the_branches_that_lost_are_forgotten_when_timer_m_ends() {
    let mut script = Script::connected();
    let (_, invite) = forked(&mut script, &["a", "b", "c"]);
    assert!(memory(&mut script).starts_with("3 dialogs"));
    script.say(&ok(&invite, "a"));
    script.expect("ACK ");
    script.silence_until(31_999);
    assert!(memory(&mut script).starts_with("3 dialogs"));
    script.silence_until(32_000);
    assert!(memory(&mut script).starts_with("1 dialogs"));
    let mut lost = PeerDialog::callee(&invite, "b");
    script.say_in(&mut lost, "BYE");
    script.expect_response(481, "BYE");
}

#[test]
fn fk_03_a_refusal_ends_all_early_dialogs() {
    let mut script = Script::connected();
    let (call, invite) = forked(&mut script, &["a", "b"]);
    script.say(&Text::answer(&invite, "486 Busy Here").tagged("a"));
    script.expect("ACK ");
    assert!(!script.is_up(call));
    assert!(memory(&mut script).starts_with("0 dialogs"));
}

#[test]
fn fk_03_a_challenge_ends_all_early_dialogs_and_their_numbers_are_not_used_again() {
    let mut script = Script::connected_as(fixed());
    let (call, invite) = forked(&mut script, &["a", "b"]);
    script.say(&Text::challenge(&invite, 407, &[CHALLENGE]));
    script.expect("ACK ");
    let again = script.expect("INVITE ");
    assert!(memory(&mut script).starts_with("0 dialogs"));
    script.say(&ok(&again, "a"));
    script.expect("ACK ");
    script.hangup(call);
    assert_eq!(script.expect("BYE ").cseq(), again.cseq() + 1);
}

#[test]
fn fk_03_a_branch_that_lost_says_bye_for_itself_alone() {
    for answered in [false, true] {
        let mut script = Script::connected();
        script.end.media = answered;
        let call = script.call();
        if !answered {
            script.answer(Answer::Sdp { sdp: OFFER.to_owned() });
        }
        let invite = script.expect("INVITE ");
        for tag in ["a", "b"] {
            script.say(&early(&invite, tag));
        }
        script.say(&ok(&invite, "a"));
        script.expect("ACK ");
        script.news();
        let mut lost = PeerDialog::callee(&invite, "b");
        script.say_in(&mut lost, "BYE");
        script.expect_response(200, "BYE");
        assert!(script.is_up(call), "the branch that won goes on");
        assert_eq!(script.news_of(call), [""; 0]);
        script.say_in(&mut lost, "BYE");
        script.expect_response(481, "BYE");
        // It changes its mind: ended like any other.
        script.say(&ok(&invite, "b"));
        script.expect("ACK sip:b@192.0.2.7 ");
        script.expect("BYE sip:b@192.0.2.7 ");
    }
}

#[test]
fn fk_03_a_branch_that_lost_does_not_end_what_is_being_ended() {
    let mut script = Script::connected();
    let (call, invite) = forked(&mut script, &["a", "b"]);
    script.say(&ok(&invite, "a"));
    script.expect("ACK ");
    script.hangup(call);
    let bye = script.expect("BYE ");
    let mut lost = PeerDialog::callee(&invite, "b");
    script.say_in(&mut lost, "BYE");
    script.expect_response(200, "BYE");
    assert!(script.is_up(call));
    script.answer_request(&bye, "200 OK");
    assert!(!script.is_up(call));
}

#[test]
fn fk_02_a_branch_that_lost_touches_nothing_of_the_call() {
    let mut script = Script::connected();
    script.interested(&[Interest::Requests]);
    let (call, invite) = forked(&mut script, &["a", "b"]);
    script.say(&ok(&invite, "a"));
    script.expect("ACK ");
    script.news();
    let mut lost = PeerDialog::callee(&invite, "b");
    for method in ["INVITE", "UPDATE", "INFO", "MESSAGE", "OPTIONS", "FLURP"] {
        let request = lost.request(&mut script, method).with("Contact", "<sip:evil@192.0.2.66>");
        let request = match method {
            "INVITE" => request.sdp(),
            "INFO" => request.body_of("application/dtmf", "1"),
            _ => request,
        };
        script.say(&request);
        script.expect_response(481, method);
    }
    assert_eq!(script.news_of(call), [""; 0]);
    assert_eq!(script.end.asks.len(), 0);
    script.hangup(call);
    script.expect("BYE sip:a@192.0.2.7 ");
}

#[test]
fn rc_10_what_a_callee_asks_before_its_2xx_is_answered_in_the_early_dialog() {
    for gap in [0, 200] {
        let mut script = Script::connected();
        let (call, invite) = forked(&mut script, &["a"]);
        let mut dialog = PeerDialog::callee(&invite, "a");
        for method in ["INFO", "MESSAGE", "OPTIONS", "UPDATE"] {
            let request = dialog.request(&mut script, method).with("Contact", "<sip:a@192.0.2.8>");
            script.say(&request);
            script.expect_response(200, method);
        }
        let offer = dialog.request(&mut script, "UPDATE").with("Contact", "<sip:a@192.0.2.8>").sdp();
        script.say(&offer);
        script.expect_response(491, "UPDATE");
        script.advance(gap);
        script.say(&ok(&invite, "a"));
        script.expect("ACK sip:a@192.0.2.7 ");
        assert!(script.was_told(&format!("call {} established", call.0)));
    }
}

#[test]
fn rc_10_a_request_with_a_tag_nobody_has_heard_of_is_481() {
    let mut script = Script::connected();
    let (call, invite) = forked(&mut script, &["a"]);
    let mut unheard = PeerDialog::callee(&invite, "zzz");
    script.say_in(&mut unheard, "BYE");
    script.expect_response(481, "BYE");
    assert!(script.is_up(call));
}

#[test]
fn rc_10_bye_in_the_early_dialog_crosses_the_2xx() {
    for gap in [0, 200] {
        for bye_first in [true, false] {
            let mut script = Script::connected();
            let (call, invite) = forked(&mut script, &["a"]);
            let mut dialog = PeerDialog::callee(&invite, "a");
            if bye_first {
                script.say_in(&mut dialog, "BYE");
                script.expect_response(200, "BYE");
                let cancel = script.expect("CANCEL ");
                script.advance(gap);
                script.say(&ok(&invite, "a"));
                script.expect("ACK sip:a@192.0.2.7 ");
                let bye = script.expect("BYE sip:a@192.0.2.7 ");
                script.answer_request(&cancel, "200 OK");
                script.answer_request(&bye, "481 Call/Transaction Does Not Exist");
            } else {
                script.say(&ok(&invite, "a"));
                script.expect("ACK ");
                script.advance(gap);
                script.say_in(&mut dialog, "BYE");
                script.expect_response(200, "BYE");
            }
            over(&mut script, call, EndedBy::Remote, Cause::Hangup);
        }
    }
}

//! What crosses and repeats within one transaction: TX-02, TX-03, TX-08, TX-10, TX-13.

use std::collections::BTreeSet;

use patchcord::usage::call::{Cause, EndedBy};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::WINDOWS;
use crate::sim::{Script, Text};

#[test]
fn tx_13_no_answer_at_all_is_told_apart_from_a_408_and_a_503_on_the_wire() {
    // By itself: 32 s of silence, and the loss of the socket.
    let mut script = Script::connected();
    let (silent, lost) = (script.call(), script.call());
    script.expect("INVITE ");
    let other = script.expect("INVITE ");
    script.say(&Text::answer(&other, "100 Trying"));
    script.advance_to(32_000);
    script.cut();
    for (call, cause) in [(silent, Cause::Timeout), (lost, Cause::Transport)] {
        let end = script.ended(call);
        assert_eq!((end.by, end.cause, end.response), (EndedBy::Network, cause, None));
    }
    // From the wire.
    for (status, cause) in [("408 Request Timeout", Cause::Unanswered), ("503 Service Unavailable", Cause::Rejected)] {
        let mut script = Script::connected();
        let call = script.call();
        let refused = script.expect("INVITE ");
        script.say(&Text::answer(&refused, status).tagged("b"));
        script.expect("ACK ");
        let end = script.ended(call);
        assert_eq!((end.by, end.cause), (EndedBy::Remote, cause));
        assert_eq!(end.response.map(|response| response.status.to_string()), status.get(..3).map(str::to_owned));
    }
}

#[test]
fn tx_13_a_bye_without_an_answer_ends_the_call_and_one_whose_socket_broke_is_said_again() {
    for lost in [false, true] {
        let mut script = Script::connected();
        let (call, ..) = script.outgoing();
        script.hangup(call);
        let bye = script.expect("BYE ");
        if lost {
            script.cut();
            script.reopen();
            assert_ne!(script.expect("BYE ").branch(), bye.branch());
        } else {
            script.advance(32_000);
            script.cut();
            script.reopen();
        }
        script.expect_nothing();
        assert_eq!(script.ended(call).cause, Cause::Hangup);
    }
}

#[test]
fn tx_08_the_487_may_come_before_or_after_the_answer_to_the_cancel() {
    for window in WINDOWS {
        for answer_first in [false, true] {
            let mut script = Script::connected();
            let call = script.call();
            let invite = script.expect("INVITE ");
            script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
            script.hangup(call);
            let cancelled = Text::answer(&script.expect("CANCEL "), "200 OK");
            let terminated = Text::answer(&invite, "487 Request Terminated").tagged("bobtag");
            let (first, second) = if answer_first { (cancelled, terminated) } else { (terminated, cancelled) };
            script.say(&first);
            script.advance(window);
            script.say(&second);
            script.expect("ACK ");
            script.silence_until(100_000);
            assert_eq!(script.news_of(call).last().map(String::as_str), Some("ended Local Cancelled"));
        }
    }
}

#[test]
fn tx_03_a_refusal_that_is_repeated_is_told_once() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let call = script.call();
        let invite = script.expect("INVITE ");
        let busy = Text::answer(&invite, "486 Busy Here").tagged("b");
        script.say(&busy);
        script.expect("ACK ");
        assert_eq!(script.ended(call).cause, Cause::Busy);
        script.advance(window);
        script.news();
        script.say(&busy);
        script.expect_nothing();
        assert_eq!(script.news(), ["diagnostic stray-response"]);
    }
}

#[test]
fn tx_10_a_merged_request_is_refused_and_the_first_goes_on() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, invite) = script.incoming();
        script.advance(window);
        script.end.sent.clear();
        let other = invite.clone().set("Via", "SIP/2.0/WSS edge.example.test;branch=z9hG4bKotherway");
        script.say(&other);
        let merged = script.expect_response(482, "INVITE");
        assert_eq!(merged.get("Via"), other.get("Via"));
        script.accept(call);
        assert_eq!(script.expect_response(200, "INVITE").get("Via"), invite.get("Via"));
    }
}

#[test]
fn tx_02_every_request_has_a_branch_of_64_random_bits_or_more_of_its_own() {
    let mut script = Script::connected();
    let mut branches = BTreeSet::new();
    for _ in 0..20 {
        let (call, invite, _) = script.outgoing();
        script.hangup(call);
        let bye = script.expect("BYE ");
        script.say(&Text::answer(&bye, "200 OK"));
        for branch in [invite.branch(), bye.branch()] {
            let random = branch.strip_prefix("z9hG4bK").expect("the cookie").to_owned();
            // Base 32: five bits a letter.
            assert!(random.len() * 5 >= 64 && random.bytes().all(|letter| letter.is_ascii_alphanumeric()), "{branch}");
            assert!(branches.insert(random), "{branch} twice");
        }
    }
}

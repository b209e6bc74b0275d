//! Sockets lost in the middle: RC-20, RC-22 after a reconnect, TR-08 between two real ends.

use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::CallHandle;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::WINDOWS;
use crate::sim::{Pair, Script, Text, registering};

#[test]
fn tr_08_two_ends_survive_the_loss_of_either_socket_at_any_moment() {
    for seed in 0..30 {
        let mut pair = Pair::connected(&registering(), seed);
        let call = pair.call(0);
        pair.advance(u64::from(seed) * 9);
        pair.cut(usize::from(seed % 2));
        pair.advance(30_000);
        pair.accept(1, CallHandle(1));
        pair.advance(10_000);
        pair.hangup(0, call);
        pair.hangup(1, CallHandle(1));
        pair.advance(200_000);
        for end in &pair.ends {
            assert_eq!(end.ended.len(), end.states.len(), "seed {seed}: every call of {} has ended", end.name);
            assert_eq!(end.unsettled(), []);
        }
        assert!(pair.ends[0].ended.contains_key(&call), "seed {seed}");
    }
}

#[test]
fn tr_08_a_call_between_two_ends_outlives_the_socket_of_one() {
    let mut pair = Pair::connected(&registering(), 9);
    let call = pair.call(0);
    pair.until(1, " incoming");
    pair.accept(1, CallHandle(1));
    pair.until(0, " established");
    pair.advance(5_000);
    pair.cut(0);
    pair.advance(10_000);
    assert!(pair.ends.iter().all(|end| end.ended.is_empty()));
    pair.hangup(0, call);
    pair.until(1, "ended Remote Hangup");
    pair.until(0, "ended Local Hangup");
}

/// The INVITE of a call of ours whose socket was lost before any 2xx had come; the next socket is open.
fn orphaned() -> (Script, Text) {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
    script.cut();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Transport));
    script.reopen();
    // TR-12: whoever rings is told that nobody waits.
    let cancel = script.expect("CANCEL ");
    script.say(&Text::answer(&cancel, "200 OK"));
    script.news();
    (script, invite)
}

#[test]
fn rc_20_a_2xx_that_comes_by_the_next_socket_is_acknowledged_and_ended() {
    for window in WINDOWS {
        let (mut script, invite) = orphaned();
        script.advance(window);
        script.say(&Text::ok_to(&invite));
        let ack = script.expect("ACK sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
        assert_eq!(ack.get("CSeq"), format!("{} ACK", invite.cseq()));
        let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
        assert_eq!(bye.get("To"), format!("{};tag=bobtag", invite.get("To")));
        assert!(!bye.has("Reason"), "nobody else has the call: {}", bye.0);
        script.advance(window);
        script.say(&Text::ok_to(&invite));
        assert_eq!(script.expect("ACK "), ack, "TX-04: a repeat gets the same octets");
        script.say(&Text::answer(&bye, "200 OK"));
        assert_eq!(script.news(), [""; 0], "for people the call was over");
        script.advance(100_000);
        script.expect_nothing();
        script.assert_nothing_left();
    }
}

#[test]
fn rc_20_a_2xx_from_64_t1_after_the_loss_on_is_too_late() {
    for (late, answered) in [(31_999, true), (32_000, false)] {
        let mut script = Script::connected();
        script.call();
        let invite = script.expect("INVITE ");
        script.advance_to(5_000);
        script.cut();
        script.reopen();
        script.advance_to(5_000 + late);
        script.news();
        script.say(&Text::ok_to(&invite));
        if answered {
            script.expect("ACK ");
            script.expect("BYE ");
        }
        script.expect_nothing();
        assert_eq!(script.was_told("diagnostic stray-response"), !answered);
    }
}

#[test]
fn rc_20_every_branch_that_answers_late_is_ended() {
    let (mut script, invite) = orphaned();
    for (tag, reason) in [("bobtag", false), ("desk", true)] {
        script.say(&Text::ok_to(&invite).set("To", &format!("{};tag={tag}", invite.get("To"))));
        script.expect("ACK ");
        let bye = script.expect("BYE ");
        assert_eq!(bye.tag("To").as_deref(), Some(tag));
        assert_eq!(bye.has("Reason"), reason);
    }
}

#[test]
fn rc_20_a_call_that_was_cancelled_when_its_socket_broke_is_ended_too() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let call = script.call();
        let invite = script.expect("INVITE ");
        script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
        script.hangup(call);
        script.expect("CANCEL ");
        script.advance(window);
        script.cut();
        assert_eq!(script.ended(call).cause, Cause::Cancelled);
        script.reopen();
        let again = script.expect("CANCEL ");
        script.say(&Text::answer(&again, "200 OK"));
        script.advance(window);
        script.say(&Text::ok_to(&invite));
        script.expect("ACK ");
        script.expect("BYE ");
    }
}

#[test]
fn rc_20_a_2xx_just_before_the_loss_makes_a_call_that_outlives_it() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, invite, _) = script.outgoing();
        script.advance(window);
        script.cut();
        script.reopen();
        script.advance(window);
        script.say(&Text::ok_to(&invite));
        script.expect("ACK ");
        script.expect_nothing();
        assert!(script.is_up(call));
    }
}

#[test]
fn rc_22_what_a_server_says_again_after_a_reconnect_is_seen_once() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, invite, mut dialog) = script.answered();
        let ack = dialog.ack(&mut script, &invite);
        let options = dialog.request(&mut script, "OPTIONS");
        script.say(&options);
        script.expect_response(200, "OPTIONS");
        script.advance(window);
        script.cut();
        script.reopen();
        script.news();
        script.advance(window);
        for again in [&invite, &ack, &invite] {
            script.say(again);
        }
        script.expect_nothing();
        assert_eq!(script.news(), [""; 0]);
        let bye = dialog.request(&mut script, "BYE");
        script.say(&bye);
        script.expect_response(200, "BYE");
        assert_eq!(script.news_of(call), ["Ended", "ended Remote Hangup"]);
        script.advance(window);
        script.say(&bye);
        script.expect_response(200, "BYE");
        assert_eq!(script.news(), [""; 0], "one end");
    }
}

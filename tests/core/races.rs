//! What crosses on the wire: requirements RC-01, RC-03, RC-04, RC-05, RC-10, RC-20, RC-22, TX-13 and two real ends over a
//! wire that delays, repeats and breaks.

use patchcord::message::Frame;
use patchcord::time::Duration;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::CallHandle;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Pair, PeerDialog, Script, Text, config, registering};

#[test]
fn rc_01_a_2xx_that_crosses_our_cancel_is_acknowledged_then_ended_once() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
    script.hangup(call);
    let cancel = script.expect("CANCEL ");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    script.say(&Text::answer(&cancel, "200 OK"));
    script.expect_nothing();
    script.say(&Text::answer(&bye, "200 OK"));
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Cancelled));
    assert!(script.news_of(call).iter().all(|line| line != "established"), "it never was");
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
    script.silence_until(100_000);
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
}

#[test]
fn rc_03_bye_crosses_bye_and_each_is_answered() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    script.hangup(call);
    let ours = script.expect("BYE ");
    let theirs = dialog.request(&mut script, "BYE");
    script.say(&theirs);
    script.expect_response(200, "BYE");
    assert_eq!(script.news_of(call), ["Ending", "Ended", "ended Local Hangup"]);
    script.say(&Text::answer(&ours, "481 Call/Transaction Does Not Exist"));
    script.silence_until(100_000);
    assert_eq!(script.news_of(call), [""; 0]);
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
fn rc_10_bye_in_the_early_dialog_of_a_callee_ends_the_call() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag").with("Contact", "<sip:bob@192.0.2.9>"));
    let bye = PeerDialog::callee(&invite, "bobtag").request(&mut script, "BYE");
    script.say(&bye);
    script.expect_response(200, "BYE");
    script.expect("CANCEL ");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "481 Call/Transaction Does Not Exist"));
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Hangup));
}

#[test]
fn rc_05_a_re_invite_that_crosses_our_hangup_is_refused_and_the_call_ends_once() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.answered();
    let reinvite = dialog.request(&mut script, "INVITE").with("Contact", "<sip:bob@192.0.2.9>").sdp();
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.say(&reinvite);
    script.expect_response(481, "INVITE");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn rc_01_the_ring_timeout_may_meet_the_answer() {
    let mut script = Script::connected();
    let options = patchcord::usage::call::DialOptions { timeout_ms: 20_000, ..Default::default() };
    let call = script.call_with(options);
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
    script.silence_until(20_000);
    script.expect("CANCEL ");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Unanswered);
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

#[test]
fn ms_13_a_binary_frame_is_read_like_text() {
    let mut script = Script::connected();
    let invite = script.request("INVITE").sdp();
    let flow = script.end.flow.unwrap();
    let frame = Frame::Binary(invite.0.into_bytes());
    script.input(patchcord::agent::Input::Received { flow, frame });
    assert!(script.was_told("call 1 incoming"));
}

/// A call of ours whose socket is lost before any 2xx has come, and the INVITE; the next socket is open.
fn orphaned() -> (Script, CallHandle, Text) {
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
    (script, call, invite)
}

#[test]
fn rc_20_a_2xx_that_comes_by_the_next_socket_is_acknowledged_and_ended() {
    for window in [0, 200] {
        let (mut script, _, invite) = orphaned();
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
        let left: Vec<_> = script.snapshot().into_iter().map(|machine| (machine.machine, machine.state)).collect();
        let memory = ("memory".to_owned(), "0 dialogs, 0 authentications, 0 acknowledgements".to_owned());
        assert_eq!(left.last(), Some(&memory));
        assert_eq!(left.len(), 3, "{left:?}");
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
    let (mut script, _, invite) = orphaned();
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
    for window in [0, 200] {
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
    for window in [0, 200] {
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
    for window in [0, 200] {
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

/// The crossings of RC-01 to RC-03, with no time and with 200 ms between the two messages.
const WINDOWS: [u64; 2] = [0, 200];

fn cancel(invite: &Text) -> Text {
    let cseq = format!("{} CANCEL", invite.cseq());
    invite.clone().started(&invite.start().replace("INVITE", "CANCEL")).set("CSeq", &cseq).without("Content-Type")
}

#[test]
fn rc_01_tx_08_the_2xx_may_come_before_or_after_the_answer_to_the_cancel() {
    for window in WINDOWS {
        for answer_first in [false, true] {
            let mut script = Script::connected();
            let call = script.call();
            let invite = script.expect("INVITE ");
            script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
            script.hangup(call);
            let cancelled = Text::answer(&script.expect("CANCEL "), "200 OK");
            let accepted = Text::ok_to(&invite);
            let (first, second) = if answer_first { (cancelled, accepted) } else { (accepted, cancelled) };
            script.say(&first);
            script.advance(window);
            script.say(&second);
            script.expect("ACK ");
            let bye = script.expect("BYE ");
            script.expect_nothing();
            script.say(&Text::answer(&bye, "200 OK"));
            let news = script.news_of(call);
            assert_eq!(
                news.iter().filter(|line| *line != "invited").collect::<Vec<_>>(),
                ["Ringing", "progress 180 bobtag", "Ending", "Ended", "ended Local Cancelled"]
            );
        }
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
fn rc_02_tx_09_a_cancel_may_come_before_or_after_our_2xx() {
    for window in WINDOWS {
        let mut script = Script::connected();
        let (call, invite) = script.incoming();
        script.accept(call);
        let ok = script.expect_response(200, "INVITE");
        script.advance(window);
        script.say(&cancel(&invite));
        let answer = script.expect_response(200, "CANCEL");
        assert_eq!(answer.get("To"), ok.get("To"), "one tag");
        let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
        script.say(&ack);
        script.silence_until(100_000);
        assert_eq!(script.news_of(call), ["Answering", "Established", "established"]);

        let mut script = Script::connected();
        let (call, invite) = script.incoming();
        script.ring(call);
        script.expect_response(180, "INVITE");
        script.say(&cancel(&invite));
        script.expect_response(200, "CANCEL");
        script.expect_response(487, "INVITE");
        script.advance(window);
        let late = script.accept(call);
        script.failure(late);
        script.expect_nothing();
        assert_eq!(script.news_of(call), ["Ringing", "Ended", "ended Remote Cancelled"]);
    }
}

#[test]
fn rc_03_either_bye_may_be_first() {
    for window in WINDOWS {
        for ours_first in [false, true] {
            let mut script = Script::connected();
            let (call, _, mut dialog) = script.outgoing();
            let theirs = dialog.request(&mut script, "BYE");
            if ours_first {
                script.hangup(call);
                script.expect("BYE ");
                script.advance(window);
                script.say(&theirs);
                script.expect_response(200, "BYE");
                assert_eq!(script.news_of(call), ["Ending", "Ended", "ended Local Hangup"]);
            } else {
                script.say(&theirs);
                script.expect_response(200, "BYE");
                script.advance(window);
                script.hangup(call);
                assert_eq!(script.news_of(call), ["Ended", "ended Remote Hangup"]);
            }
            script.silence_until(100_000);
            assert_eq!(script.news_of(call), [""; 0], "one end");
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
    let mut branches = std::collections::BTreeSet::new();
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

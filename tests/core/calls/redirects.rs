//! Calls that are sent elsewhere: IV-13, SL-05 as a caller, `redirect` as a callee.

use patchcord::agent::{Command, Config};
use patchcord::usage::call::{Cause, DialOptions, EndedBy};
use patchcord::usage::data::{CallHandle, FailureCode, RequestId};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::changes::{CHALLENGE, fixed};
use crate::sim::{PeerDialog, Script, Text, config};

fn following(script: &mut Script, most: u32) -> (CallHandle, Text) {
    let call = script.call_with(DialOptions { follow_redirects: most, ..DialOptions::default() });
    (call, script.expect("INVITE sip:bob@example.test SIP/2.0\r\n"))
}

/// The INVITE is answered with these contacts and acknowledged.
fn redirect(script: &mut Script, invite: &Text, contacts: &[&str]) {
    let moved = Text::answer(invite, "302 Moved Temporarily").tagged("moved");
    script.say(&contacts.iter().fold(moved, |moved, contact| moved.with("Contact", contact)));
    script.expect("ACK ");
}

fn refuse(script: &mut Script, invite: &Text, status: &str) {
    script.say(&Text::answer(invite, status).tagged("no"));
    script.expect("ACK ");
}

fn next(script: &mut Script, target: &str) -> Text {
    script.expect(&format!("INVITE {target} SIP/2.0\r\n"))
}

#[test]
fn sl_05_a_redirection_is_not_followed_unless_it_was_allowed() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    redirect(&mut script, &invite, &["<sip:carol@192.0.2.7>"]);
    script.expect_nothing();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Redirected));
    let response = end.response.expect("the response");
    assert_eq!(response.status, 302);
    assert!(response.message.headers.contains("Contact: <sip:carol@192.0.2.7>\r\n"), "for the application to follow");
}

#[test]
fn iv_13_a_contact_is_tried_in_the_same_call() {
    let mut script = Script::connected();
    let (call, invite) = following(&mut script, 1);
    redirect(&mut script, &invite, &["<sip:carol@192.0.2.7;transport=ws>;q=0.5"]);
    let second = next(&mut script, "sip:carol@192.0.2.7;transport=ws");
    for name in ["Call-ID", "From", "To", "Contact", "Allow"] {
        assert_eq!(second.get(name), invite.get(name), "{name}");
    }
    assert_eq!(second.cseq(), invite.cseq() + 1);
    assert_ne!(second.branch(), invite.branch());
    assert_eq!(second.body(), invite.body());
    assert_eq!(second.all("Via").len(), 1);
    script.say(&Text::ok_to(&second));
    script.expect("ACK sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    let told: Vec<String> =
        script.news_of(call).into_iter().filter(|line| !["invited", "Answering"].contains(&line.as_str())).collect();
    assert_eq!(told, ["Established", "established"]);
}

#[test]
fn iv_13_contacts_are_tried_by_preference_then_by_order() {
    let mut script = Script::connected();
    let (call, invite) = following(&mut script, 5);
    let contacts = [
        "<sip:four@x.test>;q=0.1, <sip:two@x.test>;q=0.55",
        "<sip:one@x.test>",
        "<sip:five@x.test>;q=0.0",
        "<sip:three@x.test>;q=0.549",
    ];
    redirect(&mut script, &invite, &contacts);
    for user in ["one", "two", "three", "four", "five"] {
        let invite = next(&mut script, &format!("sip:{user}@x.test"));
        refuse(&mut script, &invite, "404 Not Found");
    }
    script.expect_nothing();
    let end = script.ended(call);
    assert_eq!((end.cause, end.response.map(|response| response.status)), (Cause::Rejected, Some(404)));
}

#[test]
fn iv_13_contacts_of_equal_preference_keep_their_order() {
    let mut script = Script::connected();
    let (_, invite) = following(&mut script, 5);
    redirect(&mut script, &invite, &["<sip:a@x.test>;q=0.5", "<sip:b@x.test>;q=0.5", "<sip:c@x.test>;q=0.50"]);
    for user in ["a", "b", "c"] {
        let invite = next(&mut script, &format!("sip:{user}@x.test"));
        refuse(&mut script, &invite, "486 Busy Here");
    }
    script.expect_nothing();
}

#[test]
fn iv_13_a_redirection_to_ourselves_stops() {
    for contacts in [
        &["<sip:bob@example.test>"][..],
        &["<sip:bob@EXAMPLE.test>"],
        &["<sip:b%6Fb@example.test>"],
        &["\"Bob\" <sip:bob@example.test>;q=1"],
        &["<sip:bob@example.test>", "<sip:bob@example.test>"],
    ] {
        let mut script = Script::connected();
        let (call, invite) = following(&mut script, 5);
        redirect(&mut script, &invite, contacts);
        script.expect_nothing();
        assert_eq!(script.ended(call).cause, Cause::Redirected, "{contacts:?}");
    }
}

#[test]
fn iv_13_nobody_is_tried_twice_however_they_point_at_each_other() {
    let mut script = Script::connected();
    let (call, invite) = following(&mut script, 5);
    redirect(&mut script, &invite, &["<sip:a@x.test>", "<sip:b@x.test>", "<sip:a@x.test>"]);
    let invite = next(&mut script, "sip:a@x.test");
    redirect(&mut script, &invite, &["<sip:b@x.test>", "<sip:bob@example.test>", "<sip:a@x.test>", "<sip:c@x.test>"]);
    let invite = next(&mut script, "sip:b@x.test");
    redirect(&mut script, &invite, &["<sip:a@x.test>", "<sip:c@x.test>"]);
    let invite = next(&mut script, "sip:c@x.test");
    redirect(&mut script, &invite, &["<sip:c@x.test>"]);
    script.expect_nothing();
    assert_eq!(script.ended(call).cause, Cause::Redirected);
}

#[test]
fn iv_13_only_so_many_contacts_are_tried_and_never_more_than_five() {
    let all: Vec<String> = (0..9).map(|number| format!("<sip:u{number}@x.test>")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for (most, tried) in [(1, 1), (3, 3), (5, 5), (6, 5), (u32::MAX, 5)] {
        let mut script = Script::connected();
        let (call, invite) = following(&mut script, most);
        redirect(&mut script, &invite, &all);
        for number in 0..tried {
            let invite = next(&mut script, &format!("sip:u{number}@x.test"));
            refuse(&mut script, &invite, "480 Temporarily Unavailable");
        }
        script.expect_nothing();
        assert!(!script.is_up(call));
        // A chain of redirections counts as well.
        let (call, mut invite) = following(&mut script, most);
        for number in 0..tried {
            redirect(&mut script, &invite, &[&format!("<sip:hop{number}@x.test>")]);
            invite = next(&mut script, &format!("sip:hop{number}@x.test"));
        }
        redirect(&mut script, &invite, &["<sip:beyond@x.test>"]);
        script.expect_nothing();
        assert_eq!(script.ended(call).cause, Cause::Redirected);
    }
}

#[test]
fn iv_13_contacts_that_cannot_be_called_are_skipped_and_do_not_count() {
    let mut script = Script::connected();
    let (_, invite) = following(&mut script, 2);
    let contacts = [
        "<mailto:bob@example.test>",
        "<https://example.test/bob>",
        "<urn:service:sos>",
        "<sip:bob@x.test?Replaces=1>",
        "<tel:+4930123>",
        "<sips:bob@x.test>",
    ];
    redirect(&mut script, &invite, &contacts);
    let invite = next(&mut script, "tel:+4930123");
    refuse(&mut script, &invite, "404 Not Found");
    let invite = next(&mut script, "sips:bob@x.test");
    refuse(&mut script, &invite, "404 Not Found");
    script.expect_nothing();
}

#[test]
fn iv_13_a_contact_that_cannot_be_read_does_not_stand_in_the_way_of_the_others() {
    let mut script = Script::connected();
    let (_, invite) = following(&mut script, 2);
    redirect(&mut script, &invite, &["<sip:>", "<sip:bob@x.test>"]);
    next(&mut script, "sip:bob@x.test");
}

#[test]
fn iv_13_sips_is_not_called_over_ws() {
    let servers = vec!["ws://edge.example.test".to_owned()];
    let mut script = Script::connected_as(Config { servers, allow_insecure: true, ..config() });
    let (_, invite) = following(&mut script, 5);
    redirect(&mut script, &invite, &["<sips:bob@x.test>", "<sip:bob@x.test>"]);
    next(&mut script, "sip:bob@x.test");
}

#[test]
fn iv_13_without_a_usable_contact_the_call_ends_redirected() {
    for contacts in [&[][..], &["*"], &["<mailto:a@b>"], &["<sip:a@b"]] {
        let mut script = Script::connected();
        let (call, invite) = following(&mut script, 5);
        redirect(&mut script, &invite, contacts);
        script.expect_nothing();
        assert_eq!(script.ended(call).cause, Cause::Redirected, "{contacts:?}");
    }
}

#[test]
fn iv_13_whatever_fails_at_one_contact_the_next_is_tried() {
    let mut script = Script::connected();
    let (_, invite) = following(&mut script, 5);
    redirect(&mut script, &invite, &["<sip:a@x.test>", "<sip:b@x.test>", "<sip:c@x.test>", "<sip:d@x.test>"]);
    let a = next(&mut script, "sip:a@x.test");
    script.say(&Text::answer(&a, "180 Ringing").tagged("a"));
    refuse(&mut script, &a, "503 Service Unavailable");
    next(&mut script, "sip:b@x.test");
    // Nobody answers at b.
    script.silence_until(32_000);
    let c = next(&mut script, "sip:c@x.test");
    // c wants credentials that there are none of.
    script.say(&Text::challenge(&c, 407, &[CHALLENGE]));
    script.expect("ACK ");
    let d = next(&mut script, "sip:d@x.test");
    script.say(&Text::ok_to(&d));
    script.expect("ACK ");
}

#[test]
fn iv_13_a_refusal_that_holds_everywhere_stops() {
    for status in ["600 Busy Everywhere", "603 Decline", "604 Does Not Exist Anywhere", "606 Not Acceptable"] {
        let mut script = Script::connected();
        let (call, invite) = following(&mut script, 5);
        redirect(&mut script, &invite, &["<sip:a@x.test>", "<sip:b@x.test>"]);
        let invite = next(&mut script, "sip:a@x.test");
        refuse(&mut script, &invite, status);
        script.expect_nothing();
        assert!(!script.is_up(call));
    }
}

#[test]
fn iv_13_a_challenge_at_a_contact_is_answered_there() {
    let mut script = Script::connected_as(fixed());
    let (_, first) = following(&mut script, 1);
    redirect(&mut script, &first, &["<sip:a@x.test>"]);
    let second = next(&mut script, "sip:a@x.test");
    script.say(&Text::challenge(&second, 407, &[CHALLENGE]));
    script.expect("ACK ");
    let third = next(&mut script, "sip:a@x.test");
    assert_eq!(third.cseq(), first.cseq() + 2);
    assert_eq!(third.digest("Proxy-Authorization", "uri").as_deref(), Some("sip:a@x.test"));
}

#[test]
fn fk_03_a_redirection_ends_the_early_dialogs() {
    let mut script = Script::connected();
    let (call, invite) = following(&mut script, 1);
    script.say(&Text::answer(&invite, "180 Ringing").tagged("early").with("Contact", "<sip:e@192.0.2.5>"));
    let mut dialog = PeerDialog::callee(&invite, "early");
    redirect(&mut script, &invite, &["<sip:a@x.test>"]);
    next(&mut script, "sip:a@x.test");
    script.say_in(&mut dialog, "INFO");
    script.expect_response(481, "INFO");
    assert!(script.is_up(call));
    assert_eq!(script.news_of(call).last().map(String::as_str), Some("invited"), "it still rings for people");
}

#[test]
fn td_t1_hangup_while_a_contact_is_tried_cancels_that_and_tries_no_other() {
    let mut script = Script::connected();
    let (call, invite) = following(&mut script, 5);
    redirect(&mut script, &invite, &["<sip:a@x.test>", "<sip:b@x.test>"]);
    let invite = next(&mut script, "sip:a@x.test");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("a"));
    script.hangup(call);
    script.expect("CANCEL sip:a@x.test SIP/2.0\r\n");
    refuse(&mut script, &invite, "487 Request Terminated");
    script.expect_nothing();
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
}

#[test]
fn tx_12_the_ring_timeout_counts_for_all_contacts_together() {
    let mut script = Script::connected();
    let options = DialOptions { follow_redirects: 5, timeout_ms: 20_000, ..DialOptions::default() };
    let call = script.call_with(options);
    let invite = script.expect("INVITE ");
    script.advance(15_000);
    redirect(&mut script, &invite, &["<sip:a@x.test>"]);
    let invite = next(&mut script, "sip:a@x.test");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("a"));
    script.silence_until(20_000);
    script.expect("CANCEL ");
    refuse(&mut script, &invite, "487 Request Terminated");
    assert_eq!(script.ended(call).cause, Cause::Unanswered);
}

#[test]
fn tr_08_a_lost_connection_ends_a_call_whatever_contacts_are_left() {
    let mut script = Script::connected();
    let (call, invite) = following(&mut script, 5);
    redirect(&mut script, &invite, &["<sip:a@x.test>", "<sip:b@x.test>"]);
    next(&mut script, "sip:a@x.test");
    script.cut();
    assert_eq!(script.ended(call).cause, Cause::Transport);
}

#[test]
fn iv_02_a_late_offer_stays_late_at_the_next_contact() {
    let mut script = Script::connected();
    script.call_with(DialOptions { follow_redirects: 1, late_offer: true, ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    assert_eq!(invite.body(), "");
    redirect(&mut script, &invite, &["<sip:a@x.test>"]);
    let invite = next(&mut script, "sip:a@x.test");
    assert_eq!(invite.body(), "");
    script.say(&Text::ok_to(&invite));
    assert!(!script.expect("ACK ").body().is_empty(), "the ACK answers");
}

#[test]
fn iv_13_a_call_that_came_in_may_be_sent_elsewhere() {
    for (permanent, status) in [(false, 302), (true, 301)] {
        let mut script = Script::connected();
        let (call, _) = script.incoming();
        let contacts = ["carol", "\"Dave, D.\" <sip:dave@x.test>", "tel:+4930123"].map(str::to_owned).to_vec();
        let id = script.ask_for(|id| Command::Redirect { id, call, contacts, permanent });
        let moved = script.expect_response(status, "INVITE");
        let named = ["<sip:carol@example.test>", "\"Dave, D.\" <sip:dave@x.test>", "<tel:+4930123>"];
        assert_eq!(moved.all("Contact"), named);
        script.done(id);
        let end = script.ended(call);
        assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Redirected));
        script.silence_until(100_000);
    }
}

#[test]
fn iv_13_what_is_no_address_cannot_be_redirected_to() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    let id = RequestId(900);
    for contacts in [&[][..], &["mailto:a@b"], &["carol", "sip:"], &["sip:a@b\r\nEvil: 1"], &["\"x\r\n\" <sip:a@b>"]] {
        let contacts = contacts.iter().map(|contact| (*contact).to_owned()).collect();
        script.misuse(Command::Redirect { id, call, contacts, permanent: false });
    }
    script.expect_nothing();
    assert!(script.is_up(call));
}

#[test]
fn iv_01_only_a_call_that_came_in_and_is_not_answered_can_be_redirected() {
    let mut script = Script::connected();
    let (call, ..) = script.answered();
    let send_elsewhere = |script: &mut Script, call| {
        let contacts = vec!["carol".to_owned()];
        script.ask_for(|id| Command::Redirect { id, call, contacts, permanent: false })
    };
    let late = send_elsewhere(&mut script, call);
    assert_eq!(script.failure(late).code, FailureCode::WrongState);
    let ours = script.call();
    script.expect("INVITE ");
    let odd = send_elsewhere(&mut script, ours);
    assert_eq!(script.failure(odd).code, FailureCode::WrongState);
    let gone = send_elsewhere(&mut script, CallHandle(77));
    assert_eq!(script.failure(gone).code, FailureCode::Ended);
    script.expect_nothing();
}

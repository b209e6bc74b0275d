//! Word of where we are to the peer of a call that has outlived its connection: TR-08 (RFC 3311 §5.1).

use patchcord::agent::Command;
use patchcord::usage::data::CallHandle;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{Script, Text};

/// A registered agent in a call whose peer has said this in Allow; the connection was lost and is there again.
fn moved(allow: &str) -> (Script, CallHandle) {
    let mut script = Script::registered();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let ok = Text::ok_to(&invite);
    script.say(&if allow.is_empty() { ok } else { ok.with("Allow", allow) });
    script.expect("ACK ");
    script.news();
    script.cut();
    script.reopen();
    script.bind();
    (script, call)
}

#[test]
fn tr_08_after_a_reconnect_a_peer_that_takes_update_is_told_where_we_are() {
    let (mut script, call) = moved("INVITE, ACK, BYE, UPDATE");
    let update = script.expect("UPDATE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert!(update.has("Contact") && update.has("Allow") && update.body().is_empty());
    let ok = Text::answer(&update, "200 OK").with("Contact", "<sip:bob@192.0.2.77;transport=ws>");
    script.say(&ok);
    script.expect_nothing();
    assert_eq!(script.news_of(call), [""; 0], "people hear nothing of it");
    script.request_in(call, "INFO");
    script.expect("INFO sip:bob@192.0.2.77;transport=ws SIP/2.0\r\n");
    // Once for each connection: a refreshed registration tells nothing new.
    script.ask_for(|id| Command::Register { id });
    script.bind();
    script.expect_nothing();
}

#[test]
fn tr_08_a_peer_that_does_not_take_update_is_not_told() {
    for allow in ["", "INVITE, ACK, BYE"] {
        let (mut script, call) = moved(allow);
        script.expect_nothing();
        assert!(script.is_up(call));
    }
}

#[test]
fn tr_08_a_peer_that_does_not_answer_where_we_are_keeps_its_call() {
    let (mut script, call) = moved("UPDATE");
    script.expect("UPDATE ");
    script.silence_until(script.now() + 100_000);
    assert!(script.is_up(call));
}

#[test]
fn tr_08_a_peer_that_knows_no_such_call_any_more_ends_it() {
    let (mut script, call) = moved("UPDATE");
    let update = script.expect("UPDATE ");
    script.answer_request(&update, "481 Call/Transaction Does Not Exist");
    let bye = script.expect("BYE ");
    script.answer_request(&bye, "481 Call/Transaction Does Not Exist");
    assert!(!script.is_up(call));
    assert_eq!(script.news_of(call), ["Ended", "ended Remote Rejected"]);
}

#[test]
fn tr_08_a_peer_that_refuses_update_is_not_told_again() {
    for status in ["405 Method Not Allowed", "501 Not Implemented"] {
        let (mut script, call) = moved("UPDATE");
        let update = script.expect("UPDATE ");
        script.answer_request(&update, status);
        script.cut();
        script.reopen();
        script.bind();
        script.expect_nothing();
        assert!(script.is_up(call));
    }
}

#[test]
fn tr_08_without_registration_the_connection_itself_is_the_occasion() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::ok_to(&invite).with("Allow", "UPDATE"));
    script.expect("ACK ");
    script.cut();
    script.reopen();
    script.expect("UPDATE ");
    assert!(script.is_up(call));
}

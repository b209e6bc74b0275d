//! Calls we place.

use patchcord::agent::{Command, Config};
use patchcord::usage::call::{Cause, DialOptions, EndedBy, HangupOptions, ReasonData};
use patchcord::usage::data::{CallHandle, Limits};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::races::ringing;
use crate::sim::{ALLOW, OFFER, Pair, Script, Text, config};

#[test]
fn iv_01_an_outgoing_call_is_told_step_by_step() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE sip:bob@example.test SIP/2.0\r\n");
    assert_eq!(invite.body(), OFFER);
    script.say(&Text::answer(&invite, "100 Trying"));
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag"));
    script.say(&Text::answer(&invite, "183 Session Progress").tagged("bobtag").sdp());
    script.say(&Text::ok_to(&invite));
    let ack = script.expect("ACK sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(ack.cseq(), invite.cseq());
    script.expect_nothing();
    assert_eq!(
        script.news_of(call),
        [
            "invited",
            "Ringing",
            "progress 180 bobtag",
            "Early",
            "progress 183 bobtag",
            "Answering",
            "Established",
            "established"
        ]
    );
    script.hangup(call);
    let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(bye.cseq(), invite.cseq() + 1);
    assert!(script.is_up(call), "not over before the answer");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.news_of(call), ["Ending", "Ended", "ended Local Hangup"]);
}

#[test]
fn iv_01_two_ends_call_each_other_through_a_proxy() {
    let mut pair = Pair::connected(&config(), 1);
    let call = pair.call(0);
    pair.until(1, " incoming");
    let theirs = CallHandle(1);
    pair.accept(1, theirs);
    pair.until(0, " established");
    pair.advance(60_000);
    assert!(pair.ends.iter().all(|end| end.ended.is_empty()), "acknowledged, so nothing times out");
    pair.hangup(1, theirs);
    pair.until(0, "ended Remote Hangup");
    pair.until(1, "ended Local Hangup");
    assert!(pair.ends[0].ended.contains_key(&call));
    pair.advance(64_000);
    assert!(pair.ends.iter().all(|end| end.wake.is_none()), "nothing of it is left");
}

#[test]
fn iv_02_the_invite_carries_what_a_peer_needs() {
    let mut script = Script::connected();
    script.call();
    let invite = script.expect("INVITE ");
    assert_eq!(invite.get("Max-Forwards"), "70");
    assert_eq!(invite.get("Content-Type"), "application/sdp");
    assert_eq!(invite.get("Allow"), ALLOW);
    assert!(invite.get("From").starts_with("<sip:alice@example.test>;tag="));
    assert_eq!(invite.get("To"), "<sip:bob@example.test>");
    assert!(invite.get("Contact").ends_with(".invalid;transport=ws>"));
    assert_eq!(invite.get("Content-Length"), OFFER.len().to_string());
}

#[test]
fn iv_02_a_user_of_our_own_domain_may_be_called_by_name() {
    let mut script = Script::connected();
    let call = script.end.call_handle();
    script.command(Command::Call { call, target: "bob".to_owned(), options: DialOptions::default() });
    script.expect("INVITE sip:bob@example.test SIP/2.0\r\n");
}

#[test]
fn iv_02_headers_of_the_application_stand_in_invite_and_bye() {
    let mut script = Script::connected();
    let headers = vec![("X-Case".to_owned(), "42".to_owned())];
    let call = script.call_with(DialOptions { headers: headers.clone(), ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    assert_eq!(invite.get("X-Case"), "42");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    let reason = ReasonData { protocol: "Q.850".to_owned(), cause: 16, text: Some("Normal \"clearing\"".to_owned()) };
    let options = HangupOptions { reason: Some(reason), status: None, headers };
    script.ask_for(|id| Command::Hangup { id, call, options });
    let bye = script.expect("BYE ");
    assert_eq!(bye.get("X-Case"), "42");
    assert_eq!(bye.get("Reason"), "Q.850;cause=16;text=\"Normal \\\"clearing\\\"\"");
}

#[test]
fn tx_01_nobody_answers_at_all_times_out_at_32_seconds() {
    let mut script = Script::connected();
    let call = script.call();
    script.expect("INVITE ");
    script.silence_until(31_999);
    assert!(script.is_up(call));
    script.silence_until(32_000);
    let end = script.ended(call);
    assert_eq!((end.by, end.cause, end.at.0), (EndedBy::Network, Cause::Timeout, 32_000));
}

#[test]
fn tx_01_after_a_provisional_response_it_may_ring_for_ever() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.advance_to(31_900);
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.silence_until(3_600_000);
    assert!(script.is_up(call));
}

#[test]
fn tx_12_the_ring_timeout_cancels_at_its_instant() {
    let mut script = Script::connected();
    let call = script.call_with(DialOptions { timeout_ms: 180_000, ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.silence_until(180_000);
    let cancel = script.expect("CANCEL ");
    script.say(&Text::answer(&cancel, "200 OK"));
    assert!(script.is_up(call));
    script.say(&Text::answer(&invite, "487 Request Terminated").tagged("b"));
    script.expect("ACK ");
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Unanswered));
}

#[test]
fn tx_03_the_ack_of_a_refusal_belongs_to_its_invite() {
    let mut script = Script::connected();
    script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "486 Busy Here").tagged("b"));
    let ack = script.expect("ACK ");
    assert_eq!((ack.uri(), ack.branch(), ack.cseq()), (invite.uri(), invite.branch(), invite.cseq()));
    assert_eq!((ack.get("From"), ack.get("Call-ID")), (invite.get("From"), invite.get("Call-ID")));
    assert_eq!(ack.get("To"), "<sip:bob@example.test>;tag=b");
}

#[test]
fn iv_14_refusals_are_told_by_cause() {
    for (status, cause) in [
        ("302 Moved Temporarily", Cause::Redirected),
        ("404 Not Found", Cause::Rejected),
        ("408 Request Timeout", Cause::Unanswered),
        ("415 Unsupported Media Type", Cause::Incompatible),
        ("480 Temporarily Unavailable", Cause::Unanswered),
        ("486 Busy Here", Cause::Busy),
        ("487 Request Terminated", Cause::Cancelled),
        ("488 Not Acceptable Here", Cause::Incompatible),
        ("500 Server Internal Error", Cause::Rejected),
        ("600 Busy Everywhere", Cause::Busy),
        ("603 Decline", Cause::Rejected),
        ("606 Not Acceptable", Cause::Incompatible),
        ("699 Never", Cause::Rejected),
    ] {
        let mut script = Script::connected();
        let (call, invite) = ringing(&mut script);
        let refusal = Text::answer(&invite, status).tagged("bobtag").with("Retry-After", "7");
        script.say(&refusal.with("Reason", "Q.850;cause=17;text=\"User busy\""));
        script.expect("ACK ");
        script.expect_nothing();
        let end = script.ended(call);
        assert_eq!((end.by, end.cause, end.retry_after), (EndedBy::Remote, cause, Some(7)), "{status}");
        assert_eq!(
            end.response.map(|response| format!("{} {}", response.status, response.phrase)),
            Some(status.into())
        );
        assert_eq!(end.reason.first().map(|reason| (reason.protocol.as_str(), reason.cause)), Some(("Q.850", 17)));
    }
}

#[test]
fn tx_04_every_repeated_2xx_is_acknowledged_by_the_same_octets() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let ok = Text::ok_to(&invite);
    script.say(&ok);
    let ack = script.expect("ACK ");
    assert_ne!(ack.branch(), invite.branch(), "a transaction of its own");
    for at in [500, 1_500, 3_500, 31_999] {
        script.silence_until(at);
        script.say(&ok);
        assert_eq!(script.expect("ACK "), ack);
        script.expect_nothing();
    }
    assert!(script.is_up(call));
    script.silence_until(32_000);
    script.say(&ok);
    script.expect_nothing();
}

#[test]
fn tx_04_a_2xx_is_acknowledged_even_after_the_call_has_ended() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let ok = Text::ok_to(&invite);
    script.say(&ok);
    let ack = script.expect("ACK ");
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert!(!script.is_up(call));
    script.say(&ok);
    assert_eq!(script.expect("ACK "), ack);
}

#[test]
fn tx_08_hangup_before_any_response_waits_for_one_to_cancel() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let id = script.hangup(call);
    script.done(id);
    script.silence_until(5_000);
    script.say(&Text::answer(&invite, "100 Trying"));
    let cancel = script.expect("CANCEL sip:bob@example.test SIP/2.0\r\n");
    assert_eq!(cancel.all("Via"), invite.all("Via"));
    assert_eq!(cancel.get("CSeq"), format!("{} CANCEL", invite.cseq()));
    for name in ["From", "To", "Call-ID"] {
        assert_eq!(cancel.get(name), invite.get(name));
    }
    script.say(&Text::answer(&cancel, "200 OK"));
    script.say(&Text::answer(&invite, "487 Request Terminated").tagged("b"));
    script.expect("ACK ");
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Cancelled));
}

#[test]
fn tx_08_a_final_response_overtakes_the_cancel_that_waited() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.hangup(call);
    script.say(&Text::answer(&invite, "486 Busy Here").tagged("b"));
    script.expect("ACK ");
    script.silence_until(100_000);
    assert_eq!(script.ended(call).cause, Cause::Cancelled, "as the user was told");
}

#[test]
fn tx_08_a_cancel_without_effect_ends_the_call_after_64_t1() {
    let mut script = Script::connected();
    let (call, _) = ringing(&mut script);
    script.advance_to(10_000);
    script.hangup(call);
    let cancel = script.expect("CANCEL ");
    script.say(&Text::answer(&cancel, "200 OK"));
    script.silence_until(41_999);
    assert!(script.is_up(call));
    script.silence_until(42_000);
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
}

#[test]
fn dg_10_a_2xx_without_contact_is_acknowledged_and_ended_at_the_request_uri() {
    for contact in [None, Some("*"), Some("<sip:bob@"), Some("<tel:+4930123>")] {
        let mut script = Script::connected();
        let call = script.call();
        let invite = script.expect("INVITE ");
        let ok = Text::ok_to(&invite).without("Contact");
        script.say(&contact.map_or(ok.clone(), |contact| ok.with("Contact", contact)));
        script.expect("ACK sip:bob@example.test SIP/2.0\r\n");
        let bye = script.expect("BYE sip:bob@example.test SIP/2.0\r\n");
        assert!(script.was_told("diagnostic no-contact"));
        script.say(&Text::answer(&bye, "200 OK"));
        let end = script.ended(call);
        assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Protocol));
    }
}

#[test]
fn iv_02_a_2xx_without_an_answer_is_acknowledged_and_ended() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "200 OK").tagged("b").with("Contact", "<sip:bob@192.0.2.9>"));
    script.expect("ACK ");
    let bye = script.expect("BYE ");
    assert_eq!(bye.get("Reason"), "SIP;cause=488;text=\"Not Acceptable Here\"");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Protocol);
}

#[test]
fn dg_01_a_2xx_without_a_tag_makes_a_dialog_with_an_rfc_2543_peer() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "200 OK").with("Contact", "<sip:bob@192.0.2.9>").sdp());
    assert_eq!(script.expect("ACK ").tag("To"), None);
    assert!(script.was_told(&format!("call {} established", call.0)));
    let bye = script.request("BYE").set("Call-ID", &invite.get("Call-ID")).set("To", &invite.get("From"));
    script.say(&bye.set("From", "<sip:bob@example.test>"));
    script.expect_response(200, "BYE");
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn iv_11_hangup_twice_is_harmless() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    let first = script.hangup(call);
    let bye = script.expect("BYE ");
    let second = script.hangup(call);
    script.expect_nothing();
    script.say(&Text::answer(&bye, "200 OK"));
    let third = script.hangup(call);
    script.expect_nothing();
    for id in [first, second, third] {
        script.done(id);
    }
}

#[test]
fn sl_02_more_calls_than_allowed_are_not_placed() {
    let mut script = Script::connected_as(Config { limits: Limits { calls: 1, ..Limits::default() }, ..config() });
    let first = script.call();
    script.expect("INVITE ");
    let second = script.call();
    script.expect_nothing();
    assert!(script.is_up(first) && !script.is_up(second));
    assert!(script.was_told("diagnostic limit"));
}

#[test]
fn iv_14_bye_of_the_peer_tells_its_reason() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    let bye = dialog.request(&mut script, "BYE").with("Reason", "SIP;cause=200;text=\"done, thanks\"");
    script.say(&bye);
    let ok = script.expect_response(200, "BYE");
    assert_eq!((ok.all("Via"), ok.get("To"), ok.get("From")), (bye.all("Via"), bye.get("To"), bye.get("From")));
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Hangup));
    assert_eq!(end.reason.first().and_then(|reason| reason.text.clone()).as_deref(), Some("done, thanks"));
}

#[test]
fn sl_02_no_more_than_64_branches_of_a_call_are_followed() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    for branch in 0..200 {
        script.say(&Text::answer(&invite, "180 Ringing").tagged(&format!("early{branch}")));
    }
    let memory = script.snapshot().into_iter().find(|machine| machine.machine == "memory").map(|machine| machine.state);
    assert_eq!(memory.as_deref().and_then(|memory| memory.split(' ').next()), Some("64"), "dialogs");
    for branch in 0..200 {
        script.say(&Text::ok_to(&invite).set("To", &format!("<sip:bob@example.test>;tag=b{branch}")));
    }
    assert!(script.is_up(call));
    let acks = script.end.sent.iter().filter(|(_, _, frame)| frame.as_bytes().starts_with(b"ACK ")).count();
    assert_eq!(acks, 64);
    assert!(script.was_told("diagnostic limit"));
}

#[test]
fn ms_05_the_parameters_of_a_target_are_its_uris() {
    for (target, uri) in [
        ("sip:+4930123@gw.example.test;user=phone", "sip:+4930123@gw.example.test;user=phone"),
        ("sip:john.doe@[2001:db8::1]:5066;transport=tcp", "sip:john.doe@[2001:db8::1]:5066;transport=tcp"),
        ("\"Bob\" <sip:bob@example.test;gr=urn:uuid:1>;tag=x", "sip:bob@example.test;gr=urn:uuid:1"),
        ("tel:7042;phone-context=example.test", "tel:7042;phone-context=example.test"),
        ("bob", "sip:bob@example.test"),
    ] {
        let mut script = Script::connected();
        let call = script.end.call_handle();
        script.command(Command::Call { call, target: target.to_owned(), options: DialOptions::default() });
        let invite = script.expect("INVITE ");
        assert_eq!(invite.uri(), uri);
        assert!(invite.get("To").ends_with(&format!("<{uri}>")), "{}", invite.get("To"));
    }
}

//! Requests out of every dialog: JS-05, JS-07, IV-16 (MESSAGE), IV-15 (OPTIONS), TX-06, TX-11, TR-10, AU-03, AU-04, TD-07,
//! SL-02, SL-05, SL-09, MS-16.

use patchcord::agent::{Capabilities, Command, Config, Interest};
use patchcord::usage::data::{FailureCode, RequestId, RequestOptions};
use patchcord::usage::question::{Answer, CredentialSource, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{ALLOW, Script, Text, alice, body, config, header, respond};

const BOB: &str = "sip:bob@example.test";

fn message(script: &mut Script) -> (RequestId, Text) {
    let options = RequestOptions { headers: Vec::new(), body: Some(body("text/plain", "hello")) };
    let id = script.send_request(BOB, "MESSAGE", options);
    (id, script.expect("MESSAGE sip:bob@example.test SIP/2.0\r\n"))
}

#[test]
fn iv_16_a_message_is_sent_and_its_final_response_told() {
    let mut script = Script::connected();
    let (id, message) = message(&mut script);
    assert_eq!((message.get("To").as_str(), message.tag("To")), ("<sip:bob@example.test>", None));
    assert_eq!((message.get("Content-Type"), message.body()), ("text/plain".to_owned(), "hello"));
    assert!(!message.has("Contact"), "RFC 3428 §4: no Contact in a MESSAGE");
    script.answer_request(&message, "100 Trying");
    assert!(!script.is_settled(id));
    script.answer_request(&message, "202 Accepted");
    assert_eq!(script.response(id).status, 202);
    script.silence_until(100_000);
    script.answer_request(&message, "486 Busy Here");
    script.expect_nothing();
}

#[test]
fn js_05_every_request_is_a_transaction_of_its_own() {
    let mut script = Script::connected();
    let sent: Vec<(RequestId, Text)> = (0..3).map(|_| message(&mut script)).collect();
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
        assert_ne!(sent[one].1.get("Call-ID"), sent[other].1.get("Call-ID"));
        assert_ne!(sent[one].1.tag("From"), sent[other].1.tag("From"));
    }
    for (at, status) in [(2, 200), (0, 404), (1, 503)] {
        script.answer_request(&sent[at].1, &format!("{status} So"));
        assert_eq!(script.response(sent[at].0).status, status);
    }
}

#[test]
fn iv_15_options_says_what_we_can_and_brings_what_the_peer_can() {
    let mut script = Script::connected();
    let id = script.send_request("bob", "OPTIONS", RequestOptions::default());
    let options = script.expect("OPTIONS sip:bob@example.test SIP/2.0\r\n");
    assert!(options.has("Contact"));
    assert_eq!((options.get("Allow"), options.get("Accept")), (ALLOW.to_owned(), "application/sdp".to_owned()));
    script.say(&Text::answer(&options, "200 OK").with("Allow", "INVITE, BYE").sdp());
    let response = script.response(id);
    assert!(response.message.headers.contains("Allow: INVITE, BYE\r\n"));
    assert_eq!(response.message.body.map(|body| body.content_type).as_deref(), Some("application/sdp"));
}

#[test]
fn js_05_what_says_who_we_are_and_what_we_can_is_ours_to_write() {
    let mut script = Script::connected();
    for name in ["Require", "Proxy-Require", "k", "Allow", "Timestamp", "RSeq", "Content-Type", "Proxy-Authorization"] {
        let id = script.end.request_id();
        let options = RequestOptions { headers: header(name, "x"), body: None };
        let (target, method) = ("bob".to_owned(), "OPTIONS".to_owned());
        assert!(
            script.misuse(Command::Request { id, target, method, options }).contains(&format!("`{name}`")),
            "{name}"
        );
    }
}

#[test]
fn js_05_a_custom_method_is_sent_as_it_is_spelled() {
    let mut script = Script::connected();
    let id = script.send_request("tel:+4930123", "FLURP", RequestOptions { headers: header("X-A", "1"), body: None });
    let flurp = script.expect("FLURP tel:+4930123 SIP/2.0\r\n");
    assert!(flurp.get("CSeq").ends_with(" FLURP"));
    script.answer_request(&flurp, "405 Method Not Allowed");
    assert_eq!(script.response(id).status, 405);
}

#[test]
fn sl_05_a_redirection_is_the_applications_to_follow() {
    let mut script = Script::connected();
    let (id, message) = message(&mut script);
    script.say(&Text::answer(&message, "302 Moved Temporarily").with("Contact", "<sip:carol@192.0.2.7>"));
    script.expect_nothing();
    let response = script.response(id);
    assert_eq!(response.status, 302);
    assert!(response.message.headers.contains("Contact: <sip:carol@192.0.2.7>"));
}

#[test]
fn tx_06_a_request_nobody_answers_fails_after_64_t1() {
    let mut script = Script::connected();
    let (id, message) = message(&mut script);
    script.silence_until(10_000);
    script.answer_request(&message, "100 Trying");
    script.silence_until(31_999);
    assert!(!script.is_settled(id));
    script.silence_until(32_000);
    assert_eq!(script.failure(id).code, FailureCode::Timeout);
    script.silence_until(100_000);
}

#[test]
fn tr_10_a_request_whose_connection_is_lost_fails_and_is_not_sent_again() {
    let mut script = Script::connected();
    let (id, _) = message(&mut script);
    script.cut();
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
    script.reopen();
    script.silence_until(script.now() + 100_000);
}

#[test]
fn au_03_a_challenged_request_is_sent_again_with_credentials_from_either_source() {
    let fixed = CredentialSource::Fixed { credentials: alice() };
    for source in [fixed, CredentialSource::Ask] {
        let mut script = Script::connected_as(Config { credentials: source.clone(), ..config() });
        let (id, first) = message(&mut script);
        let challenge = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"";
        script.say(&Text::challenge(&first, 407, &[challenge]));
        if source == CredentialSource::Ask {
            script.silence_until(20_000);
            let question = script.answer(Answer::Credentials { credentials: Some(alice()) });
            assert!(matches!(question, Question::Credentials { challenge } if challenge.realm == "r"));
        }
        let second = script.expect("MESSAGE ");
        assert_eq!((second.get("Call-ID"), second.tag("From")), (first.get("Call-ID"), first.tag("From")));
        assert_eq!((second.tag("To"), second.cseq()), (None, first.cseq() + 1));
        assert_eq!(second.body(), "hello");
        assert_eq!(second.digest("Proxy-Authorization", "nc").as_deref(), Some("00000001"));
        script.answer_request(&second, "200 OK");
        assert_eq!(script.response(id).status, 200);
        // AU-06: the next carries them unasked.
        let (_, third) = message(&mut script);
        assert_eq!(third.digest("Proxy-Authorization", "nc").as_deref(), Some("00000002"));
    }
}

#[test]
fn au_04_without_credentials_a_challenged_request_fails_with_the_challenge() {
    let mut script = Script::connected();
    let (id, message) = message(&mut script);
    script.say(&Text::challenge(&message, 401, &["Digest realm=\"r\", nonce=\"n\""]));
    let failure = script.failure(id);
    assert_eq!(failure.code, FailureCode::Authentication);
    assert_eq!(failure.response.map(|response| response.status), Some(401));
    script.expect_nothing();
}

#[test]
fn tr_10_a_connection_lost_while_credentials_are_asked_for_fails_the_request() {
    let mut script = Script::connected_as(Config { credentials: CredentialSource::Ask, ..config() });
    let (id, message) = message(&mut script);
    script.say(&Text::challenge(&message, 401, &["Digest realm=\"r\", nonce=\"n\""]));
    script.cut();
    script.answer(Answer::Credentials { credentials: Some(alice()) });
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
}

#[test]
fn td_07_close_settles_what_is_under_way_and_answers_what_is_open() {
    let mut script = Script::connected();
    script.interested(&[Interest::Messages]);
    let (id, _) = message(&mut script);
    let theirs = script.request("MESSAGE");
    script.say(&theirs);
    script.close(5_000);
    script.expect_response(487, "MESSAGE");
    assert_eq!(script.failure(id).code, FailureCode::Closed);
    let late = script.send_request(BOB, "MESSAGE", RequestOptions::default());
    assert_eq!(script.failure(late).code, FailureCode::Closed);
    script.advance(100_000);
    script.expect_nothing();
}

#[test]
fn sl_09_sips_is_not_asked_over_ws() {
    let servers = vec!["ws://edge.example.test".to_owned()];
    let mut script = Script::connected_as(Config { servers, allow_insecure: true, ..config() });
    let (id, options) = (RequestId(900), RequestOptions::default());
    let (target, method) = ("sips:bob@example.test".to_owned(), "OPTIONS".to_owned());
    assert!(script.misuse(Command::Request { id, target, method, options }).contains("sips"));
    script.expect_nothing();
}

#[test]
fn ms_16_line_ends_in_a_request_of_ones_own_and_targets_it_cannot_have_are_misuse() {
    const EVIL: &str = "x\r\nEvil: 1";
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let id = RequestId(900);
    let mut disposed = body("text/plain", "x");
    disposed.disposition = Some(EVIL.to_owned());
    for options in [
        RequestOptions { headers: header("X-A", EVIL), body: None },
        RequestOptions { headers: header("X-A", "a\0b"), body: None },
        RequestOptions { headers: header(EVIL, "x"), body: None },
        RequestOptions { headers: Vec::new(), body: Some(body(EVIL, "x")) },
        RequestOptions { headers: Vec::new(), body: Some(disposed) },
    ] {
        let method = "INFO".to_owned();
        script.misuse(Command::CallRequest { id, call, method: method.clone(), options: options.clone() });
        script.misuse(Command::Request { id, target: BOB.to_owned(), method, options });
    }
    for target in [format!("{BOB}{EVIL}"), format!("\"{EVIL}\" <{BOB}>"), "mailto:a@b".to_owned(), String::new()] {
        let (method, options) = ("INFO".to_owned(), RequestOptions::default());
        script.misuse(Command::Request { id, target, method, options });
    }
    script.expect_nothing();
    assert_eq!(script.news(), [""; 0]);
}

#[test]
fn iv_16_a_message_of_somebody_is_asked_about_where_somebody_listens_and_else_200() {
    let mut script = Script::connected();
    let theirs = script.request("MESSAGE").body_of("text/plain", "hi");
    script.say(&theirs);
    assert!(script.expect_response(200, "MESSAGE").tag("To").is_some());
    script.interested(&[Interest::Messages]);
    for (answer, status) in [(respond(200), 200), (respond(403), 403), (Answer::Usual, 200)] {
        let theirs = script.request("MESSAGE").body_of("text/plain", "hi");
        script.say(&theirs);
        let question = script.answer(answer);
        let Question::Request { call, method, from, message } = question else { panic!("{question:?}") };
        assert_eq!((call, method.as_str(), from.uri.as_str()), (None, "MESSAGE", "sip:bob@example.test"));
        assert_eq!(message.body, Some(body("text/plain", "hi")));
        let response = script.expect_response(status, "MESSAGE");
        assert!(response.tag("To").is_some() && !response.has("Contact"));
    }
}

#[test]
fn iv_16_a_message_of_a_type_nobody_understands_is_415_even_where_somebody_listens() {
    let mut script = Script::connected();
    script.interested(&[Interest::Messages]);
    for (kind, status) in [
        ("image/png", 415),
        ("application/sdp", 415),
        ("text/html", 0),
        ("TEXT/Plain;charset=utf-8", 0),
        ("message/cpim", 0),
        ("application/json", 0),
    ] {
        let theirs = script.request("MESSAGE").body_of(kind, "x");
        script.say(&theirs);
        if status == 415 {
            assert!(script.expect_response(415, "MESSAGE").has("Accept"));
        } else {
            script.answer(respond(202));
            script.expect_response(202, "MESSAGE");
        }
    }
}

#[test]
fn js_07_a_message_nobody_answers_is_100_then_200() {
    let mut script = Script::connected();
    script.interested(&[Interest::Messages]);
    let theirs = script.request("MESSAGE");
    script.say(&theirs);
    script.silence_until(3_500);
    script.expect_response(100, "MESSAGE");
    script.silence_until(30_000);
    script.expect_response(200, "MESSAGE");
    script.answer(respond(403));
    script.silence_until(100_000);
}

#[test]
fn sl_02_64_messages_may_wait_and_the_next_is_put_off() {
    let mut script = Script::connected();
    script.interested(&[Interest::Messages]);
    for _ in 0..64 {
        let theirs = script.request("MESSAGE");
        script.say(&theirs);
    }
    script.expect_nothing();
    let theirs = script.request("MESSAGE");
    script.say(&theirs);
    assert_eq!(script.expect_response(500, "MESSAGE").get("Retry-After"), "10");
    // A call's are counted for themselves.
    script.interested(&[Interest::Messages, Interest::Requests]);
    let (.., mut dialog) = script.outgoing();
    script.say_in(&mut dialog, "MESSAGE");
    script.expect_nothing();
    assert_eq!(script.end.asks.len(), 65);
}

#[test]
fn tx_11_a_message_is_looked_at_in_the_order_of_the_rfc() {
    let mut script = Script::connected();
    script.interested(&[Interest::Messages]);
    let wrong = |script: &mut Script| script.request("MESSAGE").with("Require", "rocket").body_of("image/png", "x");
    let tel = wrong(&mut script).started("MESSAGE tel:+49 SIP/2.0");
    script.say(&tel);
    script.expect_response(416, "MESSAGE");
    let rocket = wrong(&mut script);
    script.say(&rocket);
    assert_eq!(script.expect_response(420, "MESSAGE").get("Unsupported"), "rocket");
    let image = wrong(&mut script).without("Require");
    script.say(&image);
    script.expect_response(415, "MESSAGE");
    let capabilities = Capabilities { message: false, ..Capabilities::default() };
    let mut script = Script::connected_as(Config { capabilities, ..config() });
    let off = wrong(&mut script);
    script.say(&off);
    script.expect_response(405, "MESSAGE");
}

#[test]
fn iv_15_options_of_somebody_is_200_with_allow_and_accept() {
    let mut script = Script::connected();
    let theirs = script.request("OPTIONS");
    script.say(&theirs);
    let ok = script.expect_response(200, "OPTIONS");
    assert_eq!(ok.get("Allow"), ALLOW);
    assert!(ok.get("Accept").starts_with("application/sdp, "), "{}", ok.0);
}

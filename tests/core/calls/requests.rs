//! Requests an application sends in the dialog of a call: JS-05, DG-11, TR-10, SL-02.

use patchcord::agent::{Command, Config, Input};
use patchcord::usage::call::{Cause, EndedBy, RefreshMethod};
use patchcord::usage::data::{CallHandle, FailureCode, RequestId, RequestOptions};
use patchcord::usage::question::{Answer, CredentialSource, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::changes::{CHALLENGE, fixed};
use crate::sim::{Script, Text, alice, body, config, header};

#[test]
fn js_05_a_request_in_a_dialog_is_the_next_of_the_dialog_and_brings_its_final_response() {
    let mut script = Script::connected();
    let (call, invite, _) = script.outgoing();
    let options = RequestOptions { headers: header("X-Queue", "7"), body: Some(body("application/json", "{}")) };
    let id = script.call_request(call, "FLURP", options);
    let flurp = script.expect("FLURP sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(flurp.get("Call-ID"), invite.get("Call-ID"));
    assert_eq!((flurp.tag("From"), flurp.tag("To").as_deref()), (invite.tag("From"), Some("bobtag")));
    assert_eq!(flurp.get("CSeq"), format!("{} FLURP", invite.cseq() + 1));
    assert_eq!((flurp.get("X-Queue"), flurp.get("Content-Type")), ("7".to_owned(), "application/json".to_owned()));
    assert_eq!((flurp.body(), flurp.get("Content-Length")), ("{}", "2".to_owned()));
    script.answer_request(&flurp, "100 Trying");
    assert!(!script.is_settled(id), "a provisional response settles nothing");
    script.say(&Text::answer(&flurp, "299 Well").body_of("text/plain", "done").with("X-Back", "8"));
    let response = script.response(id);
    assert_eq!((response.status, response.phrase.as_str()), (299, "Well"));
    assert!(response.message.headers.contains("X-Back: 8\r\n"));
    assert_eq!(response.message.body, Some(body("text/plain", "done")));
    assert!(script.is_up(call));
}

#[test]
fn js_05_a_call_that_came_in_takes_requests_too() {
    let mut script = Script::connected();
    let (call, invite, _) = script.answered();
    let id = script.request_in(call, "MESSAGE");
    let message = script.expect("MESSAGE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!((message.get("To"), message.get("CSeq")), (invite.get("From"), "1 MESSAGE".to_owned()));
    script.answer_request(&message, "202 Accepted");
    assert_eq!(script.response(id).status, 202);
}

#[test]
fn js_05_methods_that_have_commands_of_their_own_and_words_that_are_none_are_misuse() {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let id = RequestId(900);
    for method in [
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "REGISTER",
        "UPDATE",
        "PRACK",
        "SUBSCRIBE",
        "NOTIFY",
        "REFER",
        "",
        "IN FO",
        "INFO\r\nEvil: 1",
        "IN:FO",
        "\u{e4}",
    ] {
        let (named, options) = (method.to_owned(), RequestOptions::default());
        for command in [
            Command::CallRequest { id, call, method: named.clone(), options: options.clone() },
            Command::Request { id, target: "bob".to_owned(), method: named, options },
        ] {
            let why = script.misuse(command);
            assert!(why.starts_with("method:"), "{method}: {why}");
        }
    }
    script.expect_nothing();
    assert_eq!(script.news(), [""; 0]);
}

#[test]
fn js_05_structural_headers_are_misuse() {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let id = RequestId(900);
    for name in [
        "Via",
        "From",
        "t",
        "Call-ID",
        "CSeq",
        "m",
        "Route",
        "Record-Route",
        "Max-Forwards",
        "l",
        "Content-Length",
        "not a name",
    ] {
        let options = RequestOptions { headers: header(name, "x"), body: None };
        let method = "INFO".to_owned();
        script.misuse(Command::CallRequest { id, call, method: method.clone(), options: options.clone() });
        script.misuse(Command::Request { id, target: "bob".to_owned(), method, options });
    }
    script.expect_nothing();
}

#[test]
fn iv_01_a_request_of_a_call_that_is_not_up_fails_and_sends_nothing() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let early = script.request_in(call, "INFO");
    assert_eq!(script.failure(early).code, FailureCode::WrongState);
    script.say(&Text::answer(&invite, "486 Busy Here").tagged("bobtag"));
    script.expect("ACK ");
    let late = script.request_in(call, "INFO");
    assert_eq!(script.failure(late).code, FailureCode::Ended);
    let never = script.request_in(CallHandle(4000), "INFO");
    assert_eq!(script.failure(never).code, FailureCode::Ended);
    let (incoming, _) = script.incoming();
    let unanswered = script.request_in(incoming, "INFO");
    assert_eq!(script.failure(unanswered).code, FailureCode::WrongState);
    script.expect_nothing();
}

#[test]
fn dg_07_a_request_nobody_answers_ends_the_call_after_64_t1() {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let id = script.request_in(call, "INFO");
    script.expect("INFO ");
    script.silence_until(32_000);
    script.expect("BYE ");
    assert_eq!(script.failure(id).code, FailureCode::Timeout);
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Timeout));
    script.silence_until(200_000);
}

#[test]
fn sl_02_sixteen_requests_of_a_call_may_be_under_way() {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let ids: Vec<RequestId> = (0..16).map(|_| script.request_in(call, "INFO")).collect();
    let sent: Vec<Text> = ids.iter().map(|_| script.expect("INFO ")).collect();
    let above = script.request_in(call, "INFO");
    assert_eq!(script.failure(above).code, FailureCode::Limit);
    script.expect_nothing();
    script.answer_request(&sent[7], "200 OK");
    assert_eq!(script.response(ids[7]).status, 200);
    assert!(ids.iter().enumerate().all(|(at, id)| (at == 7) == script.is_settled(*id)), "each has its own answer");
    script.request_in(call, "INFO");
    script.expect("INFO ");
}

#[test]
fn dg_11_retry_after_keeps_the_application_from_asking_again_so_long() {
    for (status, value, seconds) in [
        ("500 Server Internal Error", "10", 10),
        ("503 Service Unavailable", "10 (maintenance);duration=60", 10),
        ("600 Busy Everywhere", "1", 1),
        ("603 Decline", "99999999999999999999", 3600),
        ("503 Service Unavailable", "soon", 0),
        ("503 Service Unavailable", "0", 0),
        ("200 OK", "10", 0),
    ] {
        let mut script = Script::connected();
        let (call, ..) = script.outgoing();
        script.request_in(call, "INFO");
        let request = script.expect("INFO ");
        script.say(&Text::answer(&request, status).with("Retry-After", value));
        if seconds > 0 {
            script.silence_until(seconds * 1000 - 1);
            let again = script.request_in(call, "INFO");
            let failure = script.failure(again);
            assert_eq!(failure.code, FailureCode::Busy, "{status} {value}");
            assert!(failure.message.contains(" 1 s"), "{}", failure.message);
            script.expect_nothing();
            script.advance(1);
        }
        script.request_in(call, "INFO");
        script.expect("INFO ");
    }
}

#[test]
fn dg_11_the_quiet_covers_every_command_of_its_call_but_not_hangup_nor_other_calls() {
    let mut script = Script::connected();
    let (other, ..) = script.outgoing();
    let (call, _, mut dialog) = script.outgoing();
    script.request_in(call, "INFO");
    let request = script.expect("INFO ");
    script.say(&Text::answer(&request, "500 Server Internal Error").with("Retry-After", "60"));
    for id in [
        script.set_hold(call, true),
        script.renegotiate(call, RefreshMethod::Auto),
        script.dtmf(call, "1"),
        script.request_in(call, "INFO"),
    ] {
        assert_eq!(script.failure(id).code, FailureCode::Busy);
    }
    script.expect_nothing();
    script.say_in(&mut dialog, "OPTIONS");
    script.expect_response(200, "OPTIONS");
    script.request_in(other, "INFO");
    script.expect("INFO ");
    script.hangup(call);
    script.expect("BYE ");
}

#[test]
fn tr_10_a_request_without_a_connection_fails_at_once() {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let under_way = script.request_in(call, "INFO");
    script.expect("INFO ");
    script.cut();
    assert_eq!(script.failure(under_way).code, FailureCode::NotConnected);
    let offline = script.request_in(call, "INFO");
    assert_eq!(script.failure(offline).code, FailureCode::NotConnected);
    let alone = script.send_request("bob", "OPTIONS", RequestOptions::default());
    assert_eq!(script.failure(alone).code, FailureCode::NotConnected);
    assert!(script.is_up(call), "the dialog outlives the connection");
    script.reopen();
    script.request_in(call, "INFO");
    script.expect("INFO ");
}

#[test]
fn tr_10_a_full_buffer_takes_no_new_request_but_answers_and_byes() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    let flow = script.end.flow.unwrap();
    script.input(Input::Buffered { flow, bytes: (1 << 20) + 1 });
    for id in [
        script.request_in(call, "INFO"),
        script.send_request("bob", "MESSAGE", RequestOptions::default()),
        script.dtmf(call, "1"),
        script.set_hold(call, true),
        script.renegotiate(call, RefreshMethod::Auto),
    ] {
        assert_eq!(script.failure(id).code, FailureCode::Busy);
    }
    script.expect_nothing();
    script.say_in(&mut dialog, "INFO");
    script.expect_response(200, "INFO");
    script.input(Input::Buffered { flow, bytes: 1 << 20 });
    script.request_in(call, "INFO");
    script.expect("INFO ");
    script.input(Input::Buffered { flow, bytes: 2 << 20 });
    script.hangup(call);
    script.expect("BYE ");
}

#[test]
fn rc_04_hangup_ends_what_is_under_way_and_its_answer_changes_nothing() {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let id = script.request_in(call, "INFO");
    let request = script.expect("INFO ");
    script.hangup(call);
    let bye = script.expect("BYE ");
    assert_eq!(script.failure(id).code, FailureCode::Ended);
    script.answer_request(&request, "481 Gone");
    script.answer_request(&bye, "200 OK");
    script.silence_until(100_000);
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn au_03_a_challenged_request_is_sent_again_as_the_next_of_the_dialog() {
    let known = fixed().credentials;
    for (credentials, status) in [(known.clone(), 401), (known, 407), (CredentialSource::Ask, 401)] {
        let mut script = Script::connected_as(Config { credentials: credentials.clone(), ..config() });
        let (call, ..) = script.outgoing();
        let options = RequestOptions { headers: header("X-Kept", "1"), body: Some(body("text/plain", "kept")) };
        let id = script.call_request(call, "MESSAGE", options);
        let first = script.expect("MESSAGE ");
        script.say(&Text::challenge(&first, status, &[CHALLENGE]));
        if credentials == CredentialSource::Ask {
            script.expect_nothing();
            script.advance(5_000);
            let question = script.answer(Answer::Credentials { credentials: Some(alice()) });
            assert!(matches!(question, Question::Credentials { .. }));
        }
        let second = script.expect("MESSAGE ");
        assert_eq!(second.cseq(), first.cseq() + 1);
        assert_eq!((second.get("Call-ID"), second.get("To")), (first.get("Call-ID"), first.get("To")));
        assert_ne!(second.branch(), first.branch());
        assert_eq!((second.get("X-Kept"), second.body()), ("1".to_owned(), "kept"));
        let name = if status == 401 { "Authorization" } else { "Proxy-Authorization" };
        assert_eq!(second.digest(name, "nonce").as_deref(), Some("n"));
        script.answer_request(&second, "200 OK");
        assert_eq!(script.response(id).status, 200);
        assert!(script.is_up(call));
    }
}

#[test]
fn au_04_a_request_whose_challenge_is_not_met_fails_with_the_response_and_the_call_stays() {
    for credentials in [CredentialSource::None, CredentialSource::Ask] {
        let mut script = Script::connected_as(Config { credentials: credentials.clone(), ..config() });
        let (call, ..) = script.outgoing();
        let id = script.request_in(call, "INFO");
        let request = script.expect("INFO ");
        script.say(&Text::challenge(&request, 401, &[CHALLENGE]));
        if credentials == CredentialSource::Ask {
            script.silence_until(29_999);
            assert!(!script.is_settled(id));
            script.silence_until(30_000);
        }
        let failure = script.failure(id);
        assert_eq!(failure.code, FailureCode::Authentication);
        assert_eq!(failure.response.map(|response| response.status), Some(401));
        script.expect_nothing();
        assert!(script.is_up(call));
    }
}

#[test]
fn au_07_hangup_while_credentials_are_asked_for_withdraws_the_question() {
    let mut script = Script::connected_as(Config { credentials: CredentialSource::Ask, ..config() });
    let (call, ..) = script.outgoing();
    let id = script.request_in(call, "INFO");
    let request = script.expect("INFO ");
    script.say(&Text::challenge(&request, 401, &[CHALLENGE]));
    script.hangup(call);
    let bye = script.expect("BYE ");
    assert_eq!(script.failure(id).code, FailureCode::Ended);
    script.answer(Answer::Credentials { credentials: Some(alice()) });
    script.answer_request(&bye, "200 OK");
    script.expect_nothing();
}

//! Requests of the peer's in the dialog of a call that an application may answer: IV-16, JS-07, TX-07, TD-05.

use patchcord::agent::{Command, Interest};
use patchcord::usage::data::CallHandle;
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::races::ringing;
use crate::sim::{ALLOW, PeerDialog, Script, Text, body, header, respond};

/// A call that is up, whose requests the application wants to answer.
fn asked() -> (Script, CallHandle, PeerDialog) {
    let mut script = Script::connected();
    script.interested(&[Interest::Requests]);
    let (call, _, dialog) = script.outgoing();
    (script, call, dialog)
}

#[test]
fn iv_16_tones_by_info_are_told_and_answered_200_whoever_listens() {
    let relay = "application/dtmf-relay";
    let cases = [
        (relay, "Signal=5\r\nDuration=160\r\n", Some("5 160")),
        (relay, "Signal= *\r\nDuration= 90", Some("* 90")),
        (relay, "signal=a\nduration=100\n", Some("A 100")),
        (relay, "Duration=160\r\nSignal=#\r\n", Some("# 160")),
        (relay, "Signal=10\r\n", Some("* 250")),
        (relay, "Signal=11\r\nDuration=x\r\n", Some("# 250")),
        (relay, "Signal=!\r\nDuration=4294967296\r\n", Some("! 250")),
        (relay, "Signal=12\r\nDuration=160\r\n", None),
        (relay, "Signal=E\r\n", None),
        (relay, "Signal=\r\n", None),
        (relay, "Duration=160\r\n", None),
        ("application/dtmf", "7", Some("7 250")),
        ("APPLICATION/DTMF;charset=utf-8", " d\r\n", Some("D 250")),
        ("application/dtmf", "77", None),
        ("application/dtmf", "", None),
        ("text/plain", "7", None),
    ];
    for others in [&[][..], &[Interest::Requests]] {
        for (kind, text, told) in cases {
            let mut script = Script::connected();
            script.interested(others);
            let (call, _, mut dialog) = script.outgoing();
            let info = dialog.request(&mut script, "INFO").body_of(kind, text);
            script.say(&info);
            let heard = script.news_of(call).into_iter().find(|line| line.starts_with("dtmf"));
            assert_eq!(heard, told.map(|told| format!("dtmf {told}")), "{kind} {text:?}");
            if told.is_some() {
                script.expect_response(200, "INFO");
                assert_eq!(script.end.asks.len(), 0, "nobody is asked about a tone");
            }
        }
    }
}

#[test]
fn iv_16_tones_may_come_before_the_call_is_answered() {
    let mut script = Script::connected();
    let (call, invite) = ringing(&mut script);
    let info = PeerDialog::callee(&invite, "bobtag").request(&mut script, "INFO");
    script.say(&info.body_of("application/dtmf", "3"));
    script.expect_response(200, "INFO");
    assert!(script.was_told(&format!("call {} dtmf 3 250", call.0)));
}

#[test]
fn iv_16_a_tone_in_an_info_package_is_the_packages() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    let info = dialog.request(&mut script, "INFO").with("Info-Package", "dtmf").body_of("application/dtmf", "3");
    script.say(&info);
    let refusal = script.expect_response(469, "INFO");
    assert_eq!(refusal.get("Recv-Info"), "");
    assert_eq!(script.news_of(call), [""; 0]);
}

#[test]
fn iv_16_where_nobody_is_asked_requests_get_the_usual_answer_at_once() {
    let bodies = [("application/dtmf-relay", "x"), ("text/plain", "hi"), ("image/png", "x"), ("message/cpim", "x")];
    let usual = |method: &str, kind: &str| match (method, kind) {
        ("INFO", "application/dtmf-relay") | ("MESSAGE", "text/plain" | "message/cpim") => 200,
        ("INFO" | "MESSAGE", _) => 415,
        _ => 405,
    };
    for method in ["INFO", "MESSAGE", "FLURP"] {
        for (kind, text) in bodies {
            let mut script = Script::connected();
            let (call, _, mut dialog) = script.outgoing();
            let request = dialog.request(&mut script, method).body_of(kind, text);
            script.say(&request);
            let response = script.expect_response(usual(method, kind), method);
            assert_eq!(response.has("Accept"), response.kind() == "415", "{}", response.0);
            assert_eq!(response.has("Allow"), response.kind() == "405", "{}", response.0);
            assert_eq!((response.get("To"), response.get("Via")), (request.get("To"), request.get("Via")));
            assert_eq!(script.news_of(call), [""; 0]);
        }
        let mut script = Script::connected();
        let (.., mut dialog) = script.outgoing();
        script.say_in(&mut dialog, method);
        script.expect_response(if method == "FLURP" { 405 } else { 200 }, method);
    }
}

#[test]
fn iv_16_an_undeclared_body_is_415_with_what_is_accepted() {
    let mut script = Script::connected();
    let (.., mut dialog) = script.outgoing();
    let message = dialog.request(&mut script, "MESSAGE").body_of("image/png", "x");
    script.say(&message);
    let refusal = script.expect_response(415, "MESSAGE");
    assert!(refusal.get("Accept").starts_with("text/*"), "{}", refusal.0);
    let info = dialog.request(&mut script, "INFO").body_of("image/png", "x");
    script.say(&info);
    let refusal = script.expect_response(415, "INFO");
    assert_eq!(refusal.get("Accept"), "application/dtmf-relay, application/dtmf");
    // A body of no type at all is of none that is declared.
    let untyped = Text(format!("{}x", dialog.request(&mut script, "MESSAGE").0));
    script.say(&untyped);
    script.expect_response(415, "MESSAGE");
}

#[test]
fn iv_16_a_body_that_is_encoded_is_415_with_what_is_accepted_whoever_listens() {
    let mut script = Script::connected();
    script.interested(&[Interest::Requests, Interest::Messages]);
    let (_, _, mut dialog) = script.answered();
    for method in ["INFO", "MESSAGE"] {
        let request = dialog.request(&mut script, method).with("Content-Encoding", "gzip").body_of("text/plain", "x");
        script.say(&request);
        assert_eq!(script.expect_response(415, method).get("Accept-Encoding"), "identity");
    }
}

#[test]
fn dg_07_an_answer_that_would_end_the_call_at_the_peer_alone_is_not_given() {
    let mut script = Script::connected();
    script.interested(&[Interest::Requests]);
    let (call, _, mut dialog) = script.answered();
    for (status, sent) in [(404, 200), (481, 200), (480, 200), (403, 403), (603, 603)] {
        let info = dialog.request(&mut script, "INFO");
        script.say(&info);
        script.answer(respond(status));
        script.expect_response(sent, "INFO");
    }
    assert!(script.is_up(call));
}

#[test]
fn iv_16_a_listener_is_asked_and_answers_as_it_likes() {
    let (mut script, call, mut dialog) = asked();
    for method in ["INFO", "MESSAGE", "FLURP"] {
        let request = dialog.request(&mut script, method).with("X-One", "1").body_of("text/x-any", "hello");
        let request = if method == "INFO" { request.with("Info-Package", "any") } else { request };
        script.say(&request);
        script.expect_nothing();
        let answer =
            Answer::Response { status: 288, headers: header("X-Two", "2"), body: Some(body("text/plain", "well")) };
        let Question::Request { call: asked, method: named, from, message } = script.answer(answer) else {
            panic!("a question about a request")
        };
        assert_eq!((asked, named.as_str(), from.uri.as_str()), (Some(call), method, "sip:bob@example.test"));
        assert!(message.headers.contains("X-One: 1\r\n"));
        assert_eq!(message.body, Some(body("text/x-any", "hello")));
        let response = script.expect_response(288, method);
        assert_eq!((response.get("X-Two"), response.body()), ("2".to_owned(), "well"));
        assert_eq!(response.get("To"), request.get("To"), "the tag of the dialog");
    }
    assert!(script.is_up(call));
}

#[test]
fn iv_16_a_listener_may_refuse_or_leave_it_to_the_usual_answer() {
    for (method, answer, status) in [
        ("INFO", respond(403), 403),
        ("MESSAGE", respond(603), 603),
        ("FLURP", respond(200), 200),
        ("INFO", Answer::Usual, 200),
        ("MESSAGE", Answer::Usual, 200),
        ("FLURP", Answer::Usual, 405),
    ] {
        let (mut script, call, mut dialog) = asked();
        script.say_in(&mut dialog, method);
        script.answer(answer);
        script.expect_response(status, method);
        assert!(script.is_up(call));
    }
}

#[test]
fn iv_16_each_answer_goes_to_its_own_request() {
    let (mut script, _, mut dialog) = asked();
    let first = script.say_in(&mut dialog, "INFO");
    let second = script.say_in(&mut dialog, "INFO");
    script.end.asks.swap(0, 1);
    script.answer(respond(202));
    assert_eq!(script.expect_response(202, "INFO").branch(), second.branch());
    script.answer(respond(200));
    assert_eq!(script.expect_response(200, "INFO").branch(), first.branch());
}

#[test]
fn js_07_what_nobody_answers_gets_100_after_3_5_s_and_the_usual_answer_after_30_s() {
    for (method, status) in [("INFO", 200), ("MESSAGE", 200), ("FLURP", 405)] {
        let (mut script, call, mut dialog) = asked();
        let request = script.say_in(&mut dialog, method);
        script.silence_until(3_500);
        let trying = script.expect_response(100, method);
        assert_eq!(trying.branch(), request.branch());
        // TX-07: a repeat is told the same, and nobody is asked again.
        script.say(&request);
        script.expect_response(100, method);
        script.silence_until(30_000);
        assert_eq!(script.expect_response(status, method).branch(), request.branch());
        assert_eq!(script.end.asks.len(), 1);
        script.answer(respond(200));
        script.silence_until(100_000);
        assert!(script.is_up(call));
    }
}

#[test]
fn tx_07_a_status_that_cannot_answer_a_request_is_misuse_and_the_question_stays_open() {
    let (mut script, _, mut dialog) = asked();
    script.say_in(&mut dialog, "INFO");
    let (ask, _) = script.end.asks.pop_front().unwrap();
    for status in [0, 99, 100, 180, 199, 408, 700, 65535] {
        let why = script.misuse(Command::Answer { ask, answer: respond(status) });
        assert!(why.starts_with("status:"), "{status}: {why}");
    }
    script.expect_nothing();
    script.command(Command::Answer { ask, answer: respond(299) });
    script.expect_response(299, "INFO");
}

#[test]
fn sl_02_64_requests_may_wait_for_the_application_and_no_more() {
    let (mut script, call, mut dialog) = asked();
    for _ in 0..64 {
        script.say_in(&mut dialog, "MESSAGE");
    }
    script.expect_nothing();
    script.say_in(&mut dialog, "MESSAGE");
    // Never 200: the application would not know of a message that its sender takes for delivered.
    let refusal = script.expect_response(500, "MESSAGE");
    assert_eq!(refusal.get("Retry-After"), "10");
    assert!(script.was_told("diagnostic limit"));
    assert_eq!(script.end.asks.len(), 64);
    script.answer(respond(200));
    script.expect_response(200, "MESSAGE");
    script.say_in(&mut dialog, "MESSAGE");
    script.expect_nothing();
    assert!(script.is_up(call));
}

#[test]
fn td_05_what_the_application_has_not_answered_is_487_before_our_bye() {
    let (mut script, call, mut dialog) = asked();
    script.say_in(&mut dialog, "INFO");
    script.say_in(&mut dialog, "MESSAGE");
    script.hangup(call);
    script.expect_response(487, "INFO");
    script.expect_response(487, "MESSAGE");
    let bye = script.expect("BYE ");
    script.answer(respond(200));
    script.answer(respond(200));
    script.expect_nothing();
    script.answer_request(&bye, "200 OK");
    script.silence_until(100_000);
}

#[test]
fn td_05_also_where_an_answer_ends_the_call() {
    let (mut script, call, mut dialog) = asked();
    script.say_in(&mut dialog, "MESSAGE");
    script.request_in(call, "INFO");
    let info = script.expect("INFO ");
    script.answer_request(&info, "480 Temporarily Unavailable");
    script.expect_response(487, "MESSAGE");
    script.expect("BYE ");
}

#[test]
fn td_02_after_hangup_a_request_is_481_and_nobody_is_asked() {
    let (mut script, call, mut dialog) = asked();
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.news();
    script.say_in(&mut dialog, "INFO");
    script.expect_response(481, "INFO");
    script.answer_request(&bye, "200 OK");
    script.say_in(&mut dialog, "FLURP");
    script.expect_response(481, "FLURP");
    assert_eq!(script.news_of(call), ["Ended", "ended Local Hangup"]);
}

#[test]
fn tr_08_an_answer_after_the_socket_was_lost_goes_nowhere() {
    let (mut script, call, mut dialog) = asked();
    script.say_in(&mut dialog, "INFO");
    script.cut();
    script.reopen();
    script.answer(respond(200));
    script.expect_nothing();
    assert!(script.is_up(call));
    script.say_in(&mut dialog, "INFO");
    script.answer(respond(200));
    script.expect_response(200, "INFO");
}

#[test]
fn iv_16_who_listens_no_longer_is_not_asked() {
    let (mut script, _, mut dialog) = asked();
    script.interested(&[]);
    script.say_in(&mut dialog, "INFO");
    script.expect_response(200, "INFO");
    // Messages out of dialogs are another matter.
    script.interested(&[Interest::Messages]);
    script.say_in(&mut dialog, "MESSAGE");
    script.expect_response(200, "MESSAGE");
    assert_eq!(script.end.asks.len(), 0);
}

#[test]
fn tx_11_requests_that_have_no_meaning_out_of_a_dialog_are_405() {
    let mut script = Script::connected();
    script.interested(&[Interest::Requests, Interest::Messages]);
    script.outgoing();
    for method in ["INFO", "UPDATE", "FLURP", "REFER", "PRACK", "SUBSCRIBE", "PUBLISH", "REGISTER"] {
        let stray = script.request(method);
        script.say(&stray);
        assert_eq!(script.expect_response(405, method).get("Allow"), ALLOW);
    }
    assert_eq!(script.end.asks.len(), 0);
}

#[test]
fn dg_05_info_message_and_options_never_move_the_target() {
    let (mut script, call, mut dialog) = asked();
    for method in ["INFO", "MESSAGE", "OPTIONS", "FLURP"] {
        let request = dialog.request(&mut script, method).with("Contact", "<sip:evil@192.0.2.66>");
        script.say(&request);
        if method != "OPTIONS" {
            script.answer(respond(200));
        }
        script.expect_response(200, method);
    }
    script.hangup(call);
    script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
}

#[test]
fn ms_16_line_ends_in_the_answer_to_a_request_are_misuse() {
    const EVIL: &str = "x\r\nEvil: 1";
    let (mut script, _, mut dialog) = asked();
    script.say_in(&mut dialog, "INFO");
    let (ask, _) = script.end.asks.pop_front().unwrap();
    let with = |headers, body| Answer::Response { status: 200, headers, body };
    let mut disposed = body("text/plain", "x");
    disposed.disposition = Some(EVIL.to_owned());
    for answer in [
        with(header("X-A", EVIL), None),
        with(header(EVIL, "x"), None),
        with(header("To", "x"), None),
        with(Vec::new(), Some(body(EVIL, "x"))),
        with(Vec::new(), Some(disposed)),
    ] {
        script.misuse(Command::Answer { ask, answer });
    }
    script.expect_nothing();
    script.command(Command::Answer { ask, answer: with(header("X-A", "x"), Some(body("text/plain", EVIL))) });
    assert_eq!(script.expect_response(200, "INFO").body(), EVIL, "a body may say what it likes");
}

//! What a request that fails in a dialog leaves of it: the table of DG-07, row by row, and what it does to a call.

use patchcord::dialog::{Effect, Failed, Kind, effect};
use patchcord::message::{Method, StatusCode};
use patchcord::usage::call::{Cause, RefreshMethod};
use patchcord::usage::data::{CallHandle, FailureCode, RequestId};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{Script, Text};

/// What survives in a dialog with a call and a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Both.
    T,
    /// Both, and the request comes again with credentials.
    A,
    /// Both; the call does without the method.
    M,
    /// The subscription; the peer of the call gets a BYE.
    C,
    /// The subscription; the peer of the call gets nothing.
    Q,
    /// The call.
    S,
    /// Neither.
    D,
}
use Left::{A, C, D, M, Q, S, T};

/// Columns: INVITE, UPDATE, INFO, REFER, SUBSCRIBE, NOTIFY. What is not here is the affair of the transaction.
const TABLE: &[(&[u16], [Left; 6])] = &[
    (&[401, 407], [A, A, A, A, A, A]),
    (&[404, 410, 416, 484, 485, 604], [D, D, D, T, D, D]),
    (&[405, 501], [C, M, M, M, S, S]),
    (&[408], [C, C, C, C, T, S]),
    (&[480], [C, C, C, C, S, S]),
    (&[481], [C, C, Q, Q, S, S]),
    (&[482, 483, 502], [D, D, D, D, D, D]),
    (&[489], [T, T, T, T, S, S]),
];

/// Those of the catalogue's rows that are the transaction's alone, and codes nobody knows.
const HARMLESS: &[u16] = &[
    300, 301, 302, 305, 380, 399, 400, 402, 403, 406, 409, 412, 413, 414, 415, 417, 418, 420, 421, 422, 423, 428, 429,
    436, 437, 438, 440, 469, 486, 487, 488, 491, 493, 494, 499, 500, 503, 504, 505, 513, 599, 600, 603, 606, 607, 699,
];

fn methods() -> [Method; 6] {
    [Method::Invite, Method::Update, Method::Info, Method::Refer, Method::Subscribe, Method::Notify]
}

fn expected(left: Left, method: &Method) -> (Effect, Effect) {
    let of_call = !matches!(method, Method::Subscribe | Method::Notify);
    match left {
        T => (Effect::Transaction, Effect::Transaction),
        A if of_call => (Effect::Challenge, Effect::Transaction),
        A => (Effect::Transaction, Effect::Challenge),
        M => (Effect::Unsupported, Effect::Transaction),
        C => (Effect::Usage { farewell: true }, Effect::Transaction),
        Q => (Effect::Usage { farewell: false }, Effect::Transaction),
        S => (Effect::Transaction, Effect::Usage { farewell: false }),
        D => (Effect::Dialog, Effect::Dialog),
    }
}

fn effects(failed: Failed, method: &Method) -> (Effect, Effect) {
    (effect(failed, method, Kind::Call), effect(failed, method, Kind::Subscription))
}

#[test]
fn dg_07_every_code_leaves_of_a_dialog_what_the_table_says() {
    for code in 300..=699 {
        let status = Failed::Status(StatusCode::new(code).expect("a status code"));
        let row = TABLE.iter().find(|(codes, _)| codes.contains(&code)).map_or([T; 6], |(_, row)| *row);
        for (method, left) in methods().iter().zip(row) {
            assert_eq!(effects(status, method), expected(left, method), "{code} to {}", method.as_str());
        }
    }
}

#[test]
fn dg_07_silence_is_408_and_a_lost_connection_is_nothing() {
    for (method, left) in methods().iter().zip([C, C, C, C, T, S]) {
        assert_eq!(effects(Failed::Timeout, method), expected(left, method), "{}", method.as_str());
        assert_eq!(effects(Failed::Transport, method), expected(T, method), "{}", method.as_str());
    }
}

/// A request of this method in a call that is up is refused with `status` and this header: the call and the command.
fn refused(script: &mut Script, method: &str, status: &str, (name, value): (&str, &str)) -> (CallHandle, RequestId) {
    let (call, _) = script.live(true);
    let command = match method {
        "INVITE" => script.set_hold(call, true),
        "UPDATE" => script.renegotiate(call, RefreshMethod::Update),
        _ => script.request_in(call, method),
    };
    let request = script.expect(&format!("{method} "));
    script.say(&Text::answer(&request, status).with(name, value));
    if method == "INVITE" {
        script.expect("ACK ");
    }
    (call, command)
}

#[test]
fn dg_07_a_call_ends_with_or_without_bye_or_stays_as_the_table_says() {
    let codes = TABLE.iter().flat_map(|(codes, row)| codes.iter().map(move |code| (*code, *row)));
    let harmless = HARMLESS.iter().map(|code| (*code, [T; 6]));
    for (code, row) in codes.chain(harmless) {
        for (method, left) in ["INVITE", "UPDATE", "INFO"].into_iter().zip(row) {
            if code == 491 && method != "INFO" {
                // IV-09: it comes again.
                continue;
            }
            let mut script = Script::connected();
            let status = format!("{code} Whatever");
            let (call, command) = refused(&mut script, method, &status, ("Contact", "<sip:elsewhere@192.0.2.7>"));
            script.note(&format!("{code} to {method}"));
            if method == "INFO" && left != A {
                assert_eq!(script.response(command).status, code, "the application is told all the same");
            }
            match (left, method) {
                (C, _) => {
                    let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
                    assert!(!script.is_up(call), "{code} to {method}: ended at once");
                    script.say(&Text::answer(&bye, "481 Call/Transaction Does Not Exist"));
                }
                (Q | D, _) => assert!(!script.is_up(call), "{code} to {method}"),
                (M, "UPDATE") => {
                    let reinvite = script.expect("INVITE ");
                    script.say(&Text::agree(&reinvite, 1, "sendrecv"));
                    script.expect("ACK ");
                    assert!(script.is_up(call));
                    script.renegotiate(call, RefreshMethod::Update);
                    let again = script.expect("INVITE ");
                    script.say(&Text::answer(&again, "488 Not Acceptable Here"));
                    script.expect("ACK ");
                }
                (M | T | A | S, _) => assert!(script.is_up(call), "{code} to {method}"),
            }
            script.expect_nothing();
            if script.is_up(call) {
                script.hangup(call);
                let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
                script.say(&Text::answer(&bye, "200 OK"));
            }
            script.advance(100_000);
            script.assert_nothing_left();
        }
    }
}

#[test]
fn dg_07_a_call_that_ends_by_a_refused_change_says_why_and_settles_all_commands() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    let (hold, other) = (script.set_hold(call, true), script.renegotiate(call, RefreshMethod::Auto));
    let reinvite = script.expect("INVITE ");
    script.say(&Text::answer(&reinvite, "481 Call/Transaction Does Not Exist"));
    script.expect("ACK ");
    script.expect("BYE ");
    assert_eq!(script.failure(hold).code, FailureCode::Ended);
    assert_eq!(script.failure(other).code, FailureCode::Ended);
    assert_eq!(script.ended(call).response.map(|response| response.status), Some(481));
}

#[test]
fn dg_07_a_change_nobody_answers_ends_the_call_with_a_bye() {
    for (method, refresh) in [("INVITE ", RefreshMethod::Invite), ("UPDATE ", RefreshMethod::Update)] {
        let mut script = Script::connected();
        let (call, _) = script.live(true);
        let command = script.renegotiate(call, refresh);
        script.expect(method);
        script.silence_until(32_000);
        script.expect("BYE ");
        assert_eq!(script.ended(call).cause, Cause::Timeout);
        assert_eq!(script.failure(command).code, FailureCode::Timeout);
        script.advance(100_000);
        script.assert_nothing_left();
    }
}

#[test]
fn dg_11_a_peer_that_asks_to_be_left_alone_is_left_alone_whatever_it_refused() {
    for method in ["INVITE", "UPDATE", "INFO"] {
        for (value, seconds) in [("10", 10), ("10 (lunch);duration=60", 10), ("4000", 3600), ("soon", 0)] {
            let mut script = Script::connected();
            let (call, _) = refused(&mut script, method, "503 Service Unavailable", ("Retry-After", value));
            if seconds > 0 {
                script.silence_until(1_000 * seconds - 1);
                for id in [script.request_in(call, "INFO"), script.set_hold(call, true)] {
                    assert_eq!(script.failure(id).code, FailureCode::Busy, "{method}, Retry-After: {value}");
                }
                script.expect_nothing();
            }
            script.silence_until(1_000 * seconds);
            script.request_in(call, "INFO");
            script.expect("INFO ");
            assert!(script.is_up(call));
        }
    }
}

#[test]
fn dg_05_the_target_moves_with_what_agrees_and_not_with_what_refuses() {
    let elsewhere = "<sip:bob@moved.test>";
    for (refresh, status, moves) in [
        (RefreshMethod::Invite, "200 OK", true),
        (RefreshMethod::Update, "200 OK", true),
        (RefreshMethod::Invite, "488 Not Acceptable Here", false),
        (RefreshMethod::Update, "488 Not Acceptable Here", false),
    ] {
        let mut script = Script::connected();
        let (call, _) = script.live(true);
        script.renegotiate(call, refresh);
        let method = if refresh == RefreshMethod::Update { "UPDATE " } else { "INVITE " };
        let request = script.expect(method);
        let answer = Text::answer(&request, status).with("Contact", elsewhere).sdp();
        script.say(&answer);
        if refresh == RefreshMethod::Invite {
            script.expect("ACK ");
        }
        script.hangup(call);
        let host = if moves { "moved.test" } else { "192.0.2.9:5062;transport=ws" };
        script.expect(&format!("BYE sip:bob@{host} SIP/2.0\r\n"));
    }
}

#[test]
fn dg_05_the_peers_change_moves_its_target_only_when_it_succeeds() {
    for (method, status) in [("INVITE", 200), ("UPDATE", 200), ("INVITE", 488), ("UPDATE", 488)] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        let change = dialog.change(&mut script, method, 2, "sendonly").set("Contact", "<sip:bob@moved.test>");
        // IV-10: fewer streams than before are refused.
        let change = if status == 200 { change } else { Text(change.0.replace("m=audio", "x=audio")) };
        script.say(&change);
        script.expect_response(status, method);
        if method == "INVITE" {
            let ack = dialog.ack(&mut script, &change);
            script.say(&if status == 200 { ack } else { ack.set("Via", &change.get("Via")) });
        }
        script.hangup(call);
        let host = if status == 200 { "moved.test" } else { "192.0.2.9:5062;transport=ws" };
        script.expect(&format!("BYE sip:bob@{host} SIP/2.0\r\n"));
    }
}

#[test]
fn dg_05_a_change_without_a_usable_contact_is_400() {
    for method in ["INVITE", "UPDATE"] {
        for contact in [None, Some("<sip:bob@"), Some("*")] {
            let mut script = Script::connected();
            let (call, mut dialog) = script.live(true);
            let change = dialog.change(&mut script, method, 2, "sendonly").without("Contact");
            let change = contact.map_or(change.clone(), |contact| change.with("Contact", contact));
            script.say(&change);
            script.expect_response(400, method);
            assert!(script.is_up(call));
        }
    }
}

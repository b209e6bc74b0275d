//! Bad input from the wire: requirements MS-01, MS-02, MS-07, DG-05, TX-02, TX-11, TR-03, TR-04, SL-08.

use patchcord::agent::Input;
use patchcord::message::Frame;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{PeerDialog, Script, Text};

/// Nothing was told of a call: what was refused made none.
fn assert_no_call(script: &mut Script) {
    let told = script.news();
    assert!(!told.iter().any(|line| line.starts_with("call ")), "{told:?}");
}

#[test]
fn ms_07_a_request_without_a_mandatory_header_is_400_naming_it() {
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let mut script = Script::connected();
        let invite = script.request("INVITE").sdp().without(name);
        script.say(&invite);
        let refusal = script.expect(&format!("SIP/2.0 400 Missing {name}\r\n"));
        assert_eq!(refusal.get("Via"), invite.get("Via"));
        assert!(script.was_told("diagnostic malformed"));
        script.expect_nothing();
    }
}

#[test]
fn ms_07_a_request_with_a_bad_header_is_400_naming_it() {
    for (name, value) in [
        ("Via", "SIP/2.0"),
        ("From", "<sip:bob@example.test;tag=1"),
        ("To", "\"Alice <sip:alice@example.test>"),
        ("CSeq", "10 BYE"),
        ("CSeq", "4294967296 INVITE"),
        ("CSeq", "ten INVITE"),
        ("Max-Forwards", "256"),
        ("Content-Length", "-1"),
        ("Content-Length", "100000"),
        ("Contact", "<sip:bob@"),
    ] {
        let mut script = Script::connected();
        let invite = script.request("INVITE").sdp().set(name, value);
        script.say(&invite);
        let refusal = script.expect("SIP/2.0 400 ");
        assert!(refusal.start().contains(name), "{name}: {value} gets {}", refusal.start());
        script.silence_until(60_000);
        assert_no_call(&mut script);
    }
}

#[test]
fn ms_07_an_invite_without_a_usable_contact_is_400_naming_it() {
    for contact in [None, Some("*")] {
        let mut script = Script::connected();
        let invite = script.request("INVITE").sdp().without("Contact");
        let invite = contact.map_or(invite.clone(), |contact| invite.with("Contact", contact));
        script.say(&invite);
        let refusal = script.expect("SIP/2.0 400 ");
        assert!(refusal.start().contains("Contact"), "{}", refusal.start());
    }
}

#[test]
fn dg_05_an_invite_names_one_sip_contact_and_readable_routes() {
    for (name, value) in [
        ("Contact", "<sip:bob@192.0.2.1>, <sip:bob@192.0.2.2>"),
        ("Contact", "<tel:+4930123>"),
        ("Record-Route", "sip:proxy.example.test;lr"),
    ] {
        let mut script = Script::connected();
        let invite = script.request("INVITE").sdp().without("Contact");
        let invite = if name == "Contact" { invite } else { invite.with("Contact", "<sip:bob@192.0.2.1>") };
        script.say(&invite.with(name, value));
        script.expect(&format!("SIP/2.0 400 Bad {name}\r\n"));
    }
}

#[test]
fn tx_11_a_body_in_an_encoding_we_do_not_speak_is_415() {
    let mut script = Script::connected();
    script.listen();
    let invite = script.request("INVITE").sdp().with("Content-Encoding", "gzip");
    script.say(&invite);
    let refusal = script.expect("SIP/2.0 415 ");
    assert_eq!((refusal.get("Accept"), refusal.get("Accept-Encoding")), ("application/sdp".into(), "identity".into()));
}

/// What the agent says to an INVITE or OPTIONS at this Request-URI.
fn status_for(script: &mut Script, method: &str, uri: &str) -> u16 {
    let request = script.request(method).started(&format!("{method} {uri} SIP/2.0"));
    script.say(&request);
    let kind = script.expect("SIP/2.0 ").kind().to_owned();
    kind.parse().unwrap()
}

#[test]
fn tx_11_a_request_uri_that_is_ours_is_accepted_however_a_proxy_wrote_it() {
    let mut script = Script::connected();
    let contact = {
        script.call();
        script.expect("INVITE ").uri_in("Contact")
    };
    let host = contact.split_once('@').unwrap().1.to_owned();
    for uri in [
        "sip:alice@example.test",
        "sips:alice@example.test:5061;x=y",
        "sip:%61lice@192.0.2.7:50123;transport=ws",
        "sip:alice:secret@alias.example",
        "sip:alice@[2001:db8::1]",
        "sip:example.test",
        "sip:EXAMPLE.test:5060;transport=ws",
        contact.as_str(),
        &contact.replace(";transport=ws", ""),
        &format!("sip:{host}"),
        &format!("sip:anybody@{}", host.to_ascii_uppercase()),
    ] {
        assert_eq!(status_for(&mut script, "OPTIONS", uri), 200, "{uri}");
    }
}

#[test]
fn tx_11_a_request_uri_of_somebody_else_is_404() {
    let mut script = Script::connected();
    for uri in
        ["sip:carol@example.test", "sip:Alice@example.test", "sip:alice2@192.0.2.1", "sip:other.test", "sip:192.0.2.1"]
    {
        for method in ["OPTIONS", "INVITE"] {
            assert_eq!(status_for(&mut script, method, uri), 404, "{method} {uri}");
        }
    }
    assert_no_call(&mut script);
}

#[test]
fn tx_11_a_scheme_other_than_sip_is_416() {
    let mut script = Script::connected();
    for uri in ["tel:+15550100", "urn:service:sos", "http://example.test"] {
        assert_eq!(status_for(&mut script, "OPTIONS", uri), 416, "{uri}");
        assert_eq!(status_for(&mut script, "INVITE", uri), 416, "{uri}");
    }
}

#[test]
fn tx_11_a_method_that_is_not_allowed_is_405_and_says_which_are() {
    let mut script = Script::connected();
    for method in ["REGISTER", "PUBLISH", "NEWMETHOD", "invite", "SUBSCRIBE", "REFER"] {
        let request = script.request(method);
        script.say(&request);
        let allow = script.expect_response(405, method).get("Allow");
        assert!(allow.contains("INVITE") && allow.contains("OPTIONS") && !allow.contains(method), "{allow}");
    }
}

/// A request with what is wrong by these names.
fn faulty(script: &mut Script, wrong: &[&str]) -> Text {
    let pick = |name: &str, bad: &'static str, good: &'static str| if wrong.contains(&name) { bad } else { good };
    let method = pick("method", "PUBLISH", "INVITE");
    let (scheme, user) = (pick("scheme", "tel", "sip"), pick("user", "carol", "alice"));
    let request = script.request(method).started(&format!("{method} {scheme}:{user}@example.test SIP/2.0"));
    let request = if wrong.contains(&"merged") {
        request.set("Call-ID", "merged@peer").set("From", "<sip:bob@example.test>;tag=merged")
    } else {
        request
    };
    let request = if wrong.contains(&"require") { request.with("Require", "x1, x2") } else { request };
    if wrong.contains(&"body") { request.body_of("text/plain", "x") } else { request.sdp() }
}

#[test]
fn tx_11_a_request_that_fails_several_checks_gets_the_first() {
    let order = [("method", 405), ("scheme", 416), ("user", 404), ("merged", 482), ("require", 420), ("body", 415)];
    let names = order.map(|(name, _)| name);
    let mut script = Script::connected();
    let open = faulty(&mut script, &["merged"]);
    script.invited(&open);
    for (at, (name, status)) in order.iter().enumerate() {
        // This and everything behind it is wrong.
        let request = faulty(&mut script, &names[at..]);
        script.say(&request);
        let refusal = script.expect("SIP/2.0 ");
        assert_eq!(refusal.kind(), status.to_string(), "{name}");
        let told = ["Allow", "Unsupported", "Accept"].into_iter().find(|name| refusal.has(name));
        let due = match status {
            405 => Some("Allow"),
            420 => Some("Unsupported"),
            415 => Some("Accept"),
            _ => None,
        };
        assert_eq!(told, due, "{name}");
    }
    let request = faulty(&mut script, &[]);
    script.invited(&request);
}

#[test]
fn tx_11_what_is_required_of_an_ack_or_a_cancel_is_not_looked_at() {
    let mut script = Script::connected();
    let (_, invite) = script.incoming();
    script.say(&Text::cancel(&invite).with("Require", "x1"));
    script.expect_response(200, "CANCEL");
    let refused = script.expect_response(487, "INVITE");
    let line = format!("ACK {} SIP/2.0", invite.uri());
    script.say(&invite.started(&line).set("CSeq", "10 ACK").set("To", &refused.get("To")).with("Require", "x1"));
    script.expect_nothing();

    let (call, invite) = script.incoming();
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
    script.say(&ack.with("Require", "x1"));
    // Acknowledged: the 200 is not repeated.
    script.silence_until(40_000);
    assert!(script.is_up(call));
}

#[test]
fn tx_11_a_body_that_may_be_ignored_is() {
    let mut script = Script::connected();
    let options = script.request("OPTIONS").body_of("text/plain", "x");
    script.say(&options);
    script.expect_response(415, "OPTIONS");
    for disposition in ["session;handling=optional", "render ; Handling = OPTIONAL ; x=y"] {
        let options = script.request("OPTIONS").body_of("text/plain", "x").with("Content-Disposition", disposition);
        script.say(&options);
        script.expect_response(200, "OPTIONS");
    }
    let invite = script.request("INVITE").body_of("text/plain", "x").with("Content-Disposition", "x;handling=required");
    script.say(&invite);
    script.expect_response(415, "INVITE");
}

#[test]
fn tx_02_a_branch_without_the_magic_cookie_is_400() {
    for via in ["SIP/2.0/WSS edge.example.test;branch=abc", "SIP/2.0/WSS edge.example.test"] {
        let mut script = Script::connected();
        let options = script.request("OPTIONS").set("Via", via);
        script.say(&options);
        script.expect("SIP/2.0 400 Bad Via\r\n");
    }
}

#[test]
fn tr_04_a_response_with_a_second_via_is_dropped_with_a_diagnostic() {
    let mut script = Script::connected();
    script.call();
    let invite = script.expect("INVITE ");
    let ringing = Text::answer(&invite, "180 Ringing").tagged("b");
    script.say(&ringing.with("Via", "SIP/2.0/WSS other.example.test;branch=z9hG4bKother"));
    assert!(script.was_told("diagnostic foreign-response"));
    assert!(!script.was_told("progress 180"));
}

#[test]
fn tr_04_a_response_that_does_not_copy_its_request_is_dropped_with_a_diagnostic() {
    for (name, value) in
        [("CSeq", "99999 INVITE"), ("Call-ID", "another"), ("From", "<sip:alice@example.test>;tag=another")]
    {
        let mut script = Script::connected();
        script.call();
        let invite = script.expect("INVITE ");
        script.say(&Text::ok_to(&invite).set(name, value));
        assert!(script.was_told("diagnostic stray-response"), "{name}");
        script.expect_nothing();
        script.say(&Text::ok_to(&invite));
        script.expect("ACK ");
    }
}

#[test]
fn ms_02_another_version_is_505() {
    let mut script = Script::connected();
    let invite = script.request("INVITE").started("INVITE sip:alice@example.test SIP/7.0");
    script.say(&invite);
    script.expect_response(505, "INVITE");
}

#[test]
fn ms_07_a_malformed_ack_is_never_answered() {
    let mut script = Script::connected();
    let ack = script.request("ACK").without("To");
    script.say(&ack);
    script.expect_nothing();
    assert!(script.was_told("diagnostic malformed"));
}

#[test]
fn ms_07_a_malformed_response_is_dropped_with_a_diagnostic() {
    for (name, value) in [
        ("Via", None),
        ("From", None),
        ("To", None),
        ("Call-ID", None),
        ("CSeq", None),
        ("CSeq", Some("1 BYE INVITE")),
        ("To", Some("<sip:bob@example.test")),
        ("Content-Length", Some("99999")),
    ] {
        let mut script = Script::connected();
        let call = script.call();
        let invite = script.expect("INVITE ");
        let ringing = Text::answer(&invite, "180 Ringing").tagged("b").without(name);
        script.news();
        script.say(&value.map_or(ringing.clone(), |value| ringing.with(name, value)));
        script.expect_nothing();
        assert_eq!(script.news(), ["diagnostic malformed"], "{name}: {value:?}");
        script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
        assert_eq!(script.news_of(call), ["Ringing", "progress 180 b"], "the good one still counts");
    }
}

#[test]
fn tr_03_garbage_is_dropped_with_a_diagnostic_and_harms_nothing() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    for garbage in [
        "hello",
        "{}",
        "SIP/2.0",
        "SIP/2.0 999 Odd\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\0\u{1}",
        ":\r\n\r\n",
    ] {
        script.news();
        script.say_raw(garbage);
        assert!(script.news().iter().any(|line| line == "diagnostic malformed"), "{garbage:?}");
    }
    let flow = script.end.flow.unwrap();
    script.input(Input::Received { flow, frame: Frame::Binary(vec![0xff, 0xfe, 0, 13, 10, 13, 10]) });
    script.expect_nothing();
    script.say_in(&mut dialog, "OPTIONS");
    script.expect_response(200, "OPTIONS");
    assert!(script.is_up(call));
}

#[test]
fn ms_01_octets_behind_the_body_are_ignored_and_told() {
    let mut script = Script::connected();
    let options = script.request("OPTIONS").with("Content-Length", "0");
    script.say_raw(&format!("{}more", options.0));
    script.expect_response(200, "OPTIONS");
    assert!(script.was_told("diagnostic body-trailing"));
}

#[test]
fn sl_08_no_piece_of_a_real_message_makes_the_agent_panic() {
    let mut script = Script::connected();
    let invite = script.request("INVITE").sdp().with("Record-Route", "<sip:p;lr>").0;
    for end in 0..invite.len() {
        if let Some(piece) = invite.get(..end) {
            script.say_raw(piece);
            // TR-03: slowly enough that the socket is kept.
            script.advance(2_000);
        }
    }
    script.advance(300_000);
}

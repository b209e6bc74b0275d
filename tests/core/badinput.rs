//! Bad input from the wire and from the application: requirements MS-01, MS-02, MS-07, MS-14, MS-16, SL-08, SL-09, JS-01.

use patchcord::agent::{Command, Config, Input, RegistrationConfig, UserAgent};
use patchcord::message::{FlowId, Frame};
use patchcord::usage::call::{AcceptOptions, DialOptions, HangupOptions, ReasonData, RefusalOptions, RingOptions};
use patchcord::usage::data::{Body, CallHandle, Content, HeaderList, Limits, RequestId};
use patchcord::usage::question::{Answer, CredentialSource, Credentials};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Script, Text, alice, config, registering};

const EVIL: &str = "x\r\nEvil: 1";

fn headers(name: &str, value: &str) -> HeaderList {
    vec![(name.to_owned(), value.to_owned())]
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
        assert!(script.end.states.is_empty(), "no call of it");
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
    assert!(script.end.states.is_empty(), "no call of it");
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
    let line = format!("CANCEL {} SIP/2.0", invite.uri());
    let cancel = invite.clone().started(&line).set("CSeq", "10 CANCEL").with("Require", "x1");
    script.say(&cancel);
    script.expect_response(200, "CANCEL");
    let refused = script.expect_response(487, "INVITE");
    let line = format!("ACK {} SIP/2.0", invite.uri());
    script.say(&invite.started(&line).set("CSeq", "10 ACK").set("To", &refused.get("To")).with("Require", "x1"));
    script.expect_nothing();

    let (call, invite) = script.incoming();
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    let ack = super::sim::PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
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
    script.end.sent.clear();
    let flow = script.end.flow.unwrap();
    script.input(Input::Received { flow, frame: Frame::Binary(vec![0xff, 0xfe, 0, 13, 10, 13, 10]) });
    let options = dialog.request(&mut script, "OPTIONS");
    script.say(&options);
    script.end.sent.retain(|(_, _, frame)| String::from_utf8_lossy(frame.as_bytes()).starts_with("SIP/2.0 200"));
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

#[test]
fn ms_16_line_ends_in_what_the_application_says_are_misuse_and_send_nothing() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    let fresh = CallHandle(100);
    let target = "sip:bob@example.test".to_owned();
    let id = RequestId(900);
    let refusal = |phrase: Option<&str>, headers, body| RefusalOptions {
        status: 486,
        phrase: phrase.map(str::to_owned),
        retry_after: None,
        headers,
        body,
    };
    let reason = |protocol: &str, text: &str| HangupOptions {
        reason: Some(ReasonData { protocol: protocol.to_owned(), cause: 1, text: Some(text.to_owned()) }),
        ..HangupOptions::default()
    };
    let body = Body { content_type: EVIL.to_owned(), content: Content::Text("x".to_owned()), disposition: None };
    let credentials = |username: &str| CredentialSource::Fixed {
        credentials: Credentials { username: username.to_owned(), ..alice() },
    };
    for command in [
        Command::Call {
            call: fresh,
            target: target.clone(),
            options: DialOptions { headers: headers("X", EVIL), ..DialOptions::default() },
        },
        Command::Call {
            call: fresh,
            target,
            options: DialOptions { headers: headers(EVIL, "x"), ..DialOptions::default() },
        },
        Command::Call { call: fresh, target: format!("sip:bob@example.test{EVIL}"), options: DialOptions::default() },
        Command::Call {
            call: fresh,
            target: format!("\"{EVIL}\" <sip:bob@example.test>"),
            options: DialOptions::default(),
        },
        Command::Ring { id, call, options: RingOptions { status: 180, headers: headers("X", EVIL) } },
        Command::Accept { id, call, options: AcceptOptions { headers: headers("X", EVIL) } },
        Command::Reject { id, call, options: refusal(Some(EVIL), Vec::new(), None) },
        Command::Reject { id, call, options: refusal(None, headers("X", "a\0b"), None) },
        Command::Reject { id, call, options: refusal(None, Vec::new(), Some(body)) },
        Command::Hangup { id, call, options: reason(EVIL, "x") },
        Command::Hangup { id, call, options: reason("SIP", EVIL) },
        Command::Hangup {
            id,
            call,
            options: HangupOptions { headers: headers("X", EVIL), ..HangupOptions::default() },
        },
        Command::SetCredentials { credentials: credentials(EVIL) },
    ] {
        script.misuse(command);
    }
    script.expect_nothing();
    assert!(script.is_up(call));
    assert_eq!(script.news(), [""; 0], "nothing changed");
}

#[test]
fn ms_16_line_ends_in_the_configuration_are_misuse_that_names_the_field() {
    let registration = |params: Vec<(String, Option<String>)>, registrar: Option<&str>| {
        Some(RegistrationConfig {
            expires: 60,
            registrar: registrar.map(str::to_owned),
            contact_params: params,
            require_outbound: false,
        })
    };
    let param = |name: &str, value: &str| vec![(name.to_owned(), Some(value.to_owned()))];
    let credentials = Credentials { username: EVIL.to_owned(), ..alice() };
    for (field, config) in [
        ("aor", Config { aor: format!("sip:alice@example.test{EVIL}"), ..config() }),
        ("displayName", Config { display_name: Some(EVIL.to_owned()), ..config() }),
        ("userAgent", Config { user_agent: Some(EVIL.to_owned()), ..config() }),
        ("headers", Config { headers: headers("X", EVIL), ..config() }),
        ("instanceId", Config { instance_id: format!("urn:uuid:{EVIL}"), ..registering() }),
        ("registration.contactParams", Config { registration: registration(param("x", EVIL), None), ..config() }),
        ("registration.contactParams", Config { registration: registration(param(EVIL, "x"), None), ..config() }),
        ("registration.registrar", Config { registration: registration(Vec::new(), Some("sip:a\r\nb")), ..config() }),
        ("credentials", Config { credentials: CredentialSource::Fixed { credentials }, ..config() }),
    ] {
        let misuse = UserAgent::new(config, [1; 32]).map(|_| ()).expect_err(field).0;
        assert!(misuse.starts_with(&format!("{field}:")), "{field}: {misuse}");
    }
}

#[test]
fn js_02_a_configuration_that_cannot_work_is_misuse_that_names_the_field() {
    let registration = |expires| {
        Some(RegistrationConfig { expires, registrar: None, contact_params: Vec::new(), require_outbound: false })
    };
    for (field, config) in [
        ("aor", Config { aor: "alice".to_owned(), ..config() }),
        ("aor", Config { aor: "sip:example.test".to_owned(), ..config() }),
        ("aor", Config { aor: "tel:+15550100".to_owned(), ..config() }),
        ("aor", Config { aor: "sip:alice@example.test;transport=ws".to_owned(), ..config() }),
        ("servers", Config { servers: Vec::new(), ..config() }),
        ("servers", Config { servers: vec!["https://example.test".to_owned()], ..config() }),
        ("registration.expires", Config { registration: registration(0), ..config() }),
        ("instanceId", Config { instance_id: "me".to_owned(), ..registering() }),
        ("headers", Config { headers: headers("Via", "x"), ..config() }),
    ] {
        let misuse = UserAgent::new(config, [1; 32]).map(|_| ()).expect_err(field).0;
        assert!(misuse.starts_with(&format!("{field}:")), "{field}: {misuse}");
    }
}

#[test]
fn sl_09_ws_is_for_this_machine_only_and_sips_wants_wss() {
    let over = |server: &str| Config { servers: vec![server.to_owned()], ..config() };
    let works = |config: Config| UserAgent::new(config, [1; 32]).is_ok();
    for local in ["ws://localhost:5080/sip", "ws://127.0.0.1/", "ws://[::1]:80", "ws://a.localhost"] {
        assert!(works(over(local)), "{local}");
    }
    for far in [
        "ws://example.test",
        "ws://127.0.0.1.example.test",
        "ws://127.1.evil.test",
        "ws://127.evil.test",
        "ws://localhost.example.test/",
        "ws://localhost@example.test/",
        "ws://localhost:80@example.test/",
        "ws://example.test/@localhost",
        "ws://example.test\\@localhost",
        "ws://[2001:db8::1]/",
        "WS://example.test",
    ] {
        assert!(!works(over(far)), "{far}");
    }
    for no_socket in ["http://localhost", "localhost", "", ":", "sip:localhost", "wss:edge.example.test"] {
        assert!(!works(over(no_socket)), "{no_socket}");
    }
    assert!(works(over("WSS://edge.example.test")) && works(over("ws://LOCALHOST")));
    assert!(works(Config { allow_insecure: true, ..over("ws://example.test") }));
    assert!(!works(Config { aor: "sips:alice@example.test".to_owned(), ..over("ws://localhost") }));
    let mut script = Script::connected_as(over("ws://localhost"));
    let call = script.end.call_handle();
    let target = "sips:bob@example.test".to_owned();
    script.misuse(Command::Call { call, target, options: DialOptions::default() });
    script.expect_nothing();
}

#[test]
fn ms_15_headers_the_core_writes_itself_are_misuse() {
    let mut script = Script::connected();
    for name in [
        "Via",
        "v",
        "From",
        "To",
        "Call-ID",
        "i",
        "CSeq",
        "Contact",
        "Route",
        "Record-Route",
        "Content-Length",
        "Max-Forwards",
    ] {
        let options = DialOptions { headers: headers(name, "x"), ..DialOptions::default() };
        let target = "sip:bob@example.test".to_owned();
        let why = script.misuse(Command::Call { call: CallHandle(2), target, options });
        assert!(why.contains(name), "{why}");
    }
    script.expect_nothing();
}

#[test]
fn js_01_a_handle_is_even_and_fresh_or_misuse() {
    let mut script = Script::connected();
    let call = |handle| Command::Call {
        call: CallHandle(handle),
        target: "sip:bob@example.test".to_owned(),
        options: DialOptions::default(),
    };
    script.misuse(call(0));
    script.misuse(call(3));
    script.command(call(4));
    script.expect("INVITE ");
    script.misuse(call(4));
    script.misuse(call(2));
    script.expect_nothing();
    assert_eq!(script.end.states.len() + script.end.ended.len(), 0, "the call in progress is untouched");
}

#[test]
fn js_01_a_target_that_is_no_address_is_misuse() {
    let mut script = Script::connected();
    for target in [
        "",
        " ",
        "sip:",
        "sip:@example.test",
        "<sip:bob@example.test",
        "bob smith",
        "http://example.test",
        "a@b@c",
        "sip:bob@example.test?Subject=x",
    ] {
        let options = DialOptions::default();
        script.misuse(Command::Call { call: CallHandle(2), target: target.to_owned(), options });
    }
    script.expect_nothing();
}

#[test]
fn sl_08_flows_calls_and_questions_that_do_not_exist_are_harmless() {
    let mut script = Script::connected();
    script.input(Input::Received { flow: FlowId(77), frame: Frame::Text("x".to_owned()) });
    script.input(Input::Opened { flow: FlowId(77), protocol: None });
    script.input(Input::Closed { flow: FlowId(77), code: 0 });
    script.input(Input::Buffered { flow: FlowId(77), bytes: u32::MAX });
    let ask = patchcord::usage::data::AskId(99);
    script.command(Command::Answer { ask, answer: Answer::Applied });
    script.command(Command::MediaLost { call: CallHandle(99), detail: String::new() });
    let id = script.hangup(CallHandle(98));
    script.done(id);
    let id = script.accept(CallHandle(99));
    script.failure(id);
    script.expect_nothing();
    assert!(script.end.flow.is_some());
}

#[test]
fn sl_09_an_md5_digest_over_ws_warns() {
    let source = CredentialSource::Fixed { credentials: alice() };
    for (server, algorithm, warns) in [
        ("ws://localhost", "algorithm=MD5", true),
        ("ws://localhost", "opaque=\"x\"", true),
        ("ws://localhost", "algorithm=SHA-256", false),
        ("wss://edge.example.test", "algorithm=MD5", false),
    ] {
        let mut script =
            Script::connected_as(Config { servers: vec![server.to_owned()], credentials: source.clone(), ..config() });
        script.call();
        let invite = script.expect("INVITE ");
        let challenge = format!("Digest realm=\"r\", nonce=\"n\", {algorithm}");
        script.say(&Text::challenge(&invite, 401, &[&challenge]));
        script.expect("ACK ");
        script.expect("INVITE ");
        assert_eq!(script.was_told("diagnostic md5-over-ws"), warns, "{server} {algorithm}");
    }
}

#[test]
fn sl_06_every_tag_branch_call_id_and_cnonce_is_unique_also_over_agents() {
    let config = Config {
        credentials: CredentialSource::Fixed { credentials: alice() },
        limits: Limits { calls: 1_000, dialogs: 1_000, ..Limits::default() },
        ..config()
    };
    let mut seen = std::collections::BTreeSet::new();
    for seed in [1, 2] {
        let mut script = Script::seeded(config.clone(), seed);
        script.connect();
        script.open();
        script.call();
        let invite = script.expect("INVITE ");
        let challenge = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";
        script.say(&Text::challenge(&invite, 401, &[challenge]));
        script.expect("ACK ");
        script.expect("INVITE ");
        for _ in 0..200 {
            script.call();
            let invite = script.expect("INVITE ");
            let cnonce = invite.digest("Authorization", "cnonce").unwrap();
            for word in [invite.branch(), invite.tag("From").unwrap(), invite.get("Call-ID"), cnonce] {
                assert!(word.len() >= 16, "{word}");
                assert!(seen.insert(word), "made twice");
            }
        }
    }
    assert_eq!(seen.len(), 2 * 200 * 4);
}

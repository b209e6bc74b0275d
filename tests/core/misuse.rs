//! What the application asks for and cannot have: requirements MS-15, MS-16, JS-01, JS-02, SL-06, SL-08, SL-09.

use patchcord::agent::{Command, Config, Input, RegistrationConfig, UserAgent};
use patchcord::message::{FlowId, Frame};
use patchcord::usage::call::{AcceptOptions, DialOptions, HangupOptions, ReasonData, RefusalOptions, RingOptions};
use patchcord::usage::data::{AskId, CallHandle, Limits, RequestId};
use patchcord::usage::question::{Answer, CredentialSource, Credentials};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Script, Text, alice, body, config, header, registering};

const EVIL: &str = "x\r\nEvil: 1";

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
    let credentials = |username: &str| CredentialSource::Fixed {
        credentials: Credentials { username: username.to_owned(), ..alice() },
    };
    for command in [
        Command::Call {
            call: fresh,
            target: target.clone(),
            options: DialOptions { headers: header("X", EVIL), ..DialOptions::default() },
        },
        Command::Call {
            call: fresh,
            target,
            options: DialOptions { headers: header(EVIL, "x"), ..DialOptions::default() },
        },
        Command::Call { call: fresh, target: format!("sip:bob@example.test{EVIL}"), options: DialOptions::default() },
        Command::Call {
            call: fresh,
            target: format!("\"{EVIL}\" <sip:bob@example.test>"),
            options: DialOptions::default(),
        },
        Command::Ring { id, call, options: RingOptions { status: 180, headers: header("X", EVIL) } },
        Command::Accept { id, call, options: AcceptOptions { headers: header("X", EVIL) } },
        Command::Reject { id, call, options: refusal(Some(EVIL), Vec::new(), None) },
        Command::Reject { id, call, options: refusal(None, header("X", "a\0b"), None) },
        Command::Reject { id, call, options: refusal(None, Vec::new(), Some(body(EVIL, "x"))) },
        Command::Hangup { id, call, options: reason(EVIL, "x") },
        Command::Hangup { id, call, options: reason("SIP", EVIL) },
        Command::Hangup { id, call, options: HangupOptions { headers: header("X", EVIL), ..HangupOptions::default() } },
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
        ("headers", Config { headers: header("X", EVIL), ..config() }),
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
        ("headers", Config { headers: header("Via", "x"), ..config() }),
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
        let options = DialOptions { headers: header(name, "x"), ..DialOptions::default() };
        let target = "sip:bob@example.test".to_owned();
        let why = script.misuse(Command::Call { call: CallHandle(2), target, options });
        assert!(why.contains(&format!("`{name}`")), "{why}");
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
    let ask = AskId(99);
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

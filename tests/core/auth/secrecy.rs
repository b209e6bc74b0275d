//! SL-07, SL-09: no secret stands in a trace, an event, a diagnostic, a snapshot or anything printed for debugging.

use patchcord::agent::{Command, Config, Event, Interest};
use patchcord::message::{Name, mask};
use patchcord::usage::question::{Answer, CredentialSource, Credentials};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{BEARER, MD5, SHA, Script, Text, alice, asked, asking, knowing, sha256};

fn trace_of(event: &Event) -> Option<String> {
    let Event::Trace { message, .. } = event else { return None };
    Some(message.clone())
}

/// Everything an application or a log could see of an agent: its events, a snapshot, its own `Debug`.
fn seen(script: &mut Script) -> String {
    let snapshot = format!("{:?}", script.snapshot());
    format!("{:?}\n{snapshot}\n{:?}", script.end.events, script.end)
}

#[test]
fn sl_07_a_trace_shows_every_message_but_no_credentials() {
    let mut script = Script::new(knowing(alice()));
    script.command(Command::Interest { interests: vec![Interest::Trace] });
    script.connect();
    script.open();
    let register = script.expect("REGISTER ");
    script.say(&Text::challenge(&register, 401, &[SHA]));
    let again = script.bind();
    let traced: Vec<String> = script.end.events.iter().filter_map(trace_of).collect();
    assert_eq!(traced.len(), 4);
    let secret = again.digest("Authorization", "response").unwrap();
    assert!(traced.iter().all(|message| !message.contains(&secret) && !message.contains("secret")));
    assert!(traced[2].contains("Authorization: (masked)\r\n"));
    let shown = again.without("Authorization").0;
    assert!(shown.split("\r\n").all(|line| traced[2].contains(line)), "everything else is shown");
}

#[test]
fn sl_07_without_interest_nothing_is_traced() {
    let mut script = Script::registered();
    script.outgoing();
    assert!(script.end.events.iter().all(|event| trace_of(event).is_none()));
}

#[test]
fn sl_07_no_secret_is_seen_anywhere() {
    let password = Credentials { password: Some("pa55w0rd".to_owned()), token: Some("t0k3n".to_owned()), ..alice() };
    let hash = sha256("alice:example.test:pa55w0rd");
    let hashed = Credentials { password: None, ha1: Some(hash.clone()), ..password.clone() };
    for (credentials, challenges) in [
        (password.clone(), [SHA, MD5]),
        (password, [BEARER, SHA]),
        (hashed.clone(), [SHA, MD5]),
        (hashed, [BEARER, SHA]),
    ] {
        let mut script = Script::new(asked());
        script.command(Command::Interest { interests: vec![Interest::Trace, Interest::Calls] });
        script.connect();
        script.open();
        let register = script.expect("REGISTER ");
        script.say(&Text::challenge(&register, 401, &challenges));
        script.answer(Answer::Credentials { credentials: Some(credentials.clone()) });
        let register = script.expect("REGISTER ");
        let mut secrets = vec![hash.clone(), "pa55w0rd".to_owned(), "t0k3n".to_owned(), "n-next".to_owned()];
        if register.get("Authorization").starts_with("Digest ") {
            secrets.extend(["response", "cnonce", "nonce"].map(|part| register.digest("Authorization", part).unwrap()));
        }
        let info = "nextnonce=\"n-next\", rspauth=\"n-next\"";
        script.say(&Text::bound(&register).with("Authentication-Info", info));
        script.command(Command::SetCredentials {
            credentials: CredentialSource::Fixed { credentials: credentials.clone() },
        });
        script.call();
        let invite = script.expect("INVITE ");
        script.say(&Text::challenge(&invite, 407, &challenges));
        script.expect("ACK ");
        // The INVITE is left in flight, so that the agent holds it.
        let seen = seen(&mut script);
        for secret in secrets {
            assert!(!seen.contains(&secret), "{secret} is seen in {challenges:?}");
        }
        assert!(seen.contains("Proxy-Authorization: (masked)"), "the application's own view of its INVITE");
    }
}

#[test]
fn sl_07_debug_of_credentials_hides_every_secret() {
    let credentials = Credentials { ha1: Some("aaaa".to_owned()), token: Some("bbbb".to_owned()), ..alice() };
    let shown = format!("{:?}", Command::SetCredentials { credentials: CredentialSource::Fixed { credentials } });
    assert!(shown.contains("alice"));
    assert!(["secret", "aaaa", "bbbb"].iter().all(|secret| !shown.contains(secret)), "{shown}");
    assert!(!format!("{:?}", knowing(alice())).contains("secret"));
}

#[test]
fn sl_07_a_masked_challenge_still_says_who_asks_for_what() {
    for (line, shown) in [
        (
            "WWW-Authenticate: Digest realm=\"a, b\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256, opaque=\"o\", stale=true",
            "WWW-Authenticate: Digest realm=\"a, b\", nonce=(masked), qop=\"auth\", algorithm=SHA-256, opaque=(masked), stale=true",
        ),
        ("Proxy-Authenticate: Digest nonce=n,realm=r", "Proxy-Authenticate: Digest nonce=(masked), realm=r"),
        (
            "proxy-authenticate : Bearer realm=\"r\", error=\"invalid_token\"",
            "proxy-authenticate : Bearer realm=\"r\", error=\"invalid_token\"",
        ),
        ("WWW-Authenticate: Digest realm=\"open, nonce=n", "WWW-Authenticate: (masked)"),
        ("WWW-Authenticate: Negotiate abcdef", "WWW-Authenticate: (masked)"),
        (
            "Authentication-Info: nextnonce=\"n\", rspauth=\"r\", qop=auth, cnonce=\"c\", nc=00000001",
            "Authentication-Info: nextnonce=(masked), rspauth=(masked), qop=auth, cnonce=(masked), nc=00000001",
        ),
        ("Proxy-Authentication-Info: nextnonce=\"n\"", "Proxy-Authentication-Info: nextnonce=(masked)"),
        ("AUTHORIZATION: Bearer x", "AUTHORIZATION: (masked)"),
        ("Authorization:\r\n Digest username=\"u\",\r\n\tresponse=\"r\"", "Authorization: (masked)"),
        ("Subject: nonce=n", "Subject: nonce=n"),
    ] {
        let message = |line: &str| format!("SIP/2.0 401 No\r\n{line}\r\nCSeq: 1 X\r\n\r\nAuthorization: a body\r\n");
        assert_eq!(mask(&message(line)), message(shown).replace(" : (", ": ("), "{line}");
    }
    assert_eq!(mask("Authorization: x"), "Authorization: (masked)\r\n", "a message that was cut short");
    assert_eq!(mask("\r\n\r\n"), "\r\n\r\n");
    assert_eq!(Name::Authorization.shown("Digest x"), "(masked)");
}

#[test]
fn sl_09_md5_over_a_connection_in_the_clear_warns_and_sha_256_does_not() {
    for (server, challenge, warns) in [
        ("ws://localhost/sip", MD5, true),
        ("ws://localhost/sip", SHA, false),
        ("wss://edge.example.test/sip", MD5, false),
    ] {
        let (mut script, register, _) = asking(Config { servers: vec![server.to_owned()], ..knowing(alice()) });
        script.say(&Text::challenge(&register, 401, &[challenge]));
        script.bind();
        assert_eq!(script.was_told("diagnostic md5-over-ws"), warns, "{server} {challenge}");
    }
}

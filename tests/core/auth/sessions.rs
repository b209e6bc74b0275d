//! AU-06: credentials are sent unasked, each use of a nonce is counted, and a better nonce is taken up.

use patchcord::agent::Command;
use patchcord::usage::question::CredentialSource;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{SHA, Script, Text, alice, asking, assert_proves, caller, knowing, sha256};

/// Registered with n-sha; the next REGISTER would be the nonce's second use.
fn registered() -> Script {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    script.bind();
    script
}

/// Asks for another REGISTER, which is answered with a 200 that says this.
fn refresh(script: &mut Script, name: &str, value: &str) -> Text {
    script.ask_for(|id| Command::Register { id });
    let register = script.expect("REGISTER ");
    script.say(&Text::bound(&register).with(name, value));
    register
}

/// The nonce and count of the next REGISTER.
fn next(script: &mut Script) -> (String, String) {
    script.ask_for(|id| Command::Register { id });
    let register = script.bind();
    let part = |name: &str| register.digest("Authorization", name).unwrap();
    assert_proves(&register, "Authorization", sha256, &part("nonce"), &part("nc"));
    (part("nonce"), part("nc"))
}

#[test]
fn au_06_later_requests_carry_the_credentials_unasked_and_count_them() {
    let mut script = registered();
    for nc in ["00000002", "00000003"] {
        assert_eq!(next(&mut script), ("n-sha".to_owned(), nc.to_owned()));
    }
}

#[test]
fn au_06_cancel_copies_the_credentials_of_its_invite() {
    let mut script = caller(knowing(alice()));
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 407, &[SHA]));
    script.expect("ACK ");
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.hangup(call);
    let cancel = script.expect("CANCEL ");
    assert_eq!(cancel.get("Proxy-Authorization"), invite.get("Proxy-Authorization"));
    script.say(&Text::challenge(&cancel, 407, &[SHA]));
    script.expect_nothing();
}

#[test]
fn au_06_other_credentials_forget_what_was_negotiated_with_the_old() {
    let mut script = registered();
    let credentials = CredentialSource::Fixed { credentials: alice() };
    script.command(Command::SetCredentials { credentials });
    script.ask_for(|id| Command::Register { id });
    assert!(!script.expect("REGISTER ").has("Authorization"));
}

#[test]
fn au_06_the_registrars_credentials_do_not_go_to_those_we_call() {
    let mut script = registered();
    script.call();
    let invite = script.expect("INVITE ");
    assert!(!invite.has("Authorization"), "RFC 3261 §22.1: they are for requests to our own address");
    script.say(&Text::challenge(&invite, 401, &[&SHA.replace("n-sha", "n-bob")]));
    script.expect("ACK ");
    let invite = script.expect("INVITE ");
    assert_proves(&invite, "Authorization", sha256, "n-bob", "00000001");
    script.say(&Text::ok_to(&invite));
    assert_eq!(script.expect("ACK ").get("Authorization"), invite.get("Authorization"), "TX-04");
    script.ask_for(|id| Command::Register { id });
    assert_proves(&script.bind(), "Authorization", sha256, "n-sha", "00000002");
}

#[test]
fn au_06_a_dialog_and_further_calls_to_the_same_address_carry_its_credentials_unasked() {
    let mut script = caller(knowing(alice()));
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 401, &[SHA]));
    script.expect("ACK ");
    let invite = script.expect("INVITE ");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    script.hangup(call);
    assert_proves(&script.expect("BYE "), "Authorization", sha256, "n-sha", "00000002");
    script.call();
    assert_proves(&script.expect("INVITE "), "Authorization", sha256, "n-sha", "00000003");
}

#[test]
fn au_06_a_proxys_credentials_go_with_every_request() {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 407, &[SHA]));
    script.bind();
    script.call();
    assert_proves(&script.expect("INVITE "), "Proxy-Authorization", sha256, "n-sha", "00000002");
}

#[test]
fn au_06_the_next_nonce_is_taken_up_and_counted_from_one() {
    let mut script = registered();
    let register = refresh(&mut script, "Authentication-Info", "nextnonce=\"n-next\", qop=auth, rspauth=\"00\"");
    assert_proves(&register, "Authorization", sha256, "n-sha", "00000002");
    assert_eq!(next(&mut script), ("n-next".to_owned(), "00000001".to_owned()));
    assert_eq!(next(&mut script), ("n-next".to_owned(), "00000002".to_owned()));
}

#[test]
fn au_06_authentication_info_that_names_no_nonce_or_another_cnonce_changes_nothing() {
    for (name, value) in [
        ("Authentication-Info", "qop=auth, rspauth=\"00\", nc=00000001"),
        ("Authentication-Info", "nextnonce=\"n-next\", cnonce=\"nobody's\""),
        ("Authentication-Info", "nextnonce=\"n-next"),
        ("Proxy-Authentication-Info", "nextnonce=\"n-next\""),
    ] {
        let mut script = registered();
        refresh(&mut script, name, value);
        assert_eq!(next(&mut script), ("n-sha".to_owned(), "00000003".to_owned()), "{name}: {value}");
    }
}

#[test]
fn au_06_the_cnonce_tells_which_of_two_realms_gives_the_next_nonce() {
    let mut script = caller(knowing(alice()));
    script.call();
    let invite = script.expect("INVITE ");
    let (one, two) = (SHA.replace("example.test", "one.test"), SHA.replace("example.test", "two.test"));
    script.say(&Text::challenge(&invite, 407, &[&one, &two]));
    script.expect("ACK ");
    let again = script.expect("INVITE ");
    let second = again.all("Proxy-Authorization").remove(1);
    let cnonce = second.split("cnonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let info = format!("nextnonce=\"n-next\", cnonce=\"{cnonce}\"");
    script.say(&Text::ok_to(&again).with("Proxy-Authentication-Info", &info));
    script.expect("ACK ");
    script.call();
    let lines = script.expect("INVITE ").all("Proxy-Authorization");
    assert!(lines[0].contains("nonce=\"n-sha\"") && lines[0].ends_with("nc=00000002"), "{}", lines[0]);
    assert!(lines[1].contains("nonce=\"n-next\"") && lines[1].ends_with("nc=00000001"), "{}", lines[1]);
}

#[test]
fn au_06_an_older_answer_does_not_bring_an_older_nonce_back() {
    let mut script = caller(knowing(alice()));
    script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 407, &[SHA]));
    script.expect("ACK ");
    let first = script.expect("INVITE ");
    script.call();
    let second = script.expect("INVITE ");
    script.say(&Text::ok_to(&second).with("Proxy-Authentication-Info", "nextnonce=\"n-2\""));
    script.expect("ACK ");
    script.say(&Text::ok_to(&first).with("Proxy-Authentication-Info", "nextnonce=\"n-1\""));
    script.expect("ACK ");
    script.call();
    assert_proves(&script.expect("INVITE "), "Proxy-Authorization", sha256, "n-2", "00000001");
}

#[test]
fn au_06_two_requests_challenged_with_one_nonce_use_two_counts() {
    let mut script = caller(knowing(alice()));
    script.call();
    script.call();
    let (one, two) = (script.expect("INVITE "), script.expect("INVITE "));
    for (invite, nc) in [(one, "00000001"), (two, "00000002")] {
        script.say(&Text::challenge(&invite, 407, &[SHA]));
        script.expect("ACK ");
        assert_proves(&script.expect("INVITE "), "Proxy-Authorization", sha256, "n-sha", nc);
    }
}

#[test]
fn au_06_a_session_form_keeps_its_cnonce_and_others_do_not() {
    for (algorithm, keeps) in [("SHA-256-sess", true), ("SHA-256", false)] {
        let (mut script, register, _) = asking(knowing(alice()));
        script.say(&Text::challenge(&register, 401, &[&SHA.replace("SHA-256", algorithm)]));
        let first = script.bind();
        script.ask_for(|id| Command::Register { id });
        let second = script.bind();
        let cnonce = |request: &Text| request.digest("Authorization", "cnonce").unwrap();
        assert_eq!(cnonce(&first) == cnonce(&second), keeps, "{algorithm}");
        assert_eq!(second.digest("Authorization", "nc").as_deref(), Some("00000002"));
    }
}

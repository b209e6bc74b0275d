//! AU-01, AU-02: which challenge is answered, and with what.

use patchcord::agent::Config;
use patchcord::usage::data::FailureCode;
use patchcord::usage::question::Credentials;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{MD5, SHA, SHA_512, Text, alice, asking, assert_proves, caller, knowing, md5, sha256, sha512};

#[test]
fn au_01_the_topmost_algorithm_we_know_is_answered() {
    const TOKEN: &str = "Digest realm=\"example.test\", nonce=\"n-token\", qop=\"auth\", algorithm=TOKEN";
    for (challenges, hash, nonce) in [
        ([SHA, MD5], sha256 as fn(&str) -> String, "n-sha"),
        ([MD5, SHA], md5, "n-md5"),
        ([SHA_512, MD5], sha512, "n-512"),
        ([SHA, SHA_512], sha256, "n-sha"),
        ([TOKEN, MD5], md5, "n-md5"),
    ] {
        let (mut script, register, id) = asking(knowing(alice()));
        script.say(&Text::challenge(&register, 401, &challenges));
        let again = script.expect("REGISTER ");
        assert_proves(&again, "Authorization", hash, nonce, "00000001");
        assert_eq!(again.digest("Authorization", "opaque"), (nonce == "n-sha").then(|| "o".to_owned()));
        assert_eq!(again.all("Authorization").len(), 1, "one for the realm");
        script.say(&Text::bound(&again));
        script.done(id);
    }
}

#[test]
fn au_01_an_absent_algorithm_is_md5_and_is_left_absent() {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[&MD5.replace(", algorithm=MD5", "")]));
    let again = script.expect("REGISTER ");
    assert_proves(&again, "Authorization", md5, "n-md5", "00000001");
    assert_eq!(again.digest("Authorization", "algorithm"), None);
}

#[test]
fn au_01_without_md5_the_next_algorithm_is_answered() {
    let (mut script, register, _) = asking(Config { allow_md5: false, ..knowing(alice()) });
    script.say(&Text::challenge(&register, 401, &[MD5, &MD5.replace("MD5", "MD5-sess"), SHA]));
    assert_proves(&script.expect("REGISTER "), "Authorization", sha256, "n-sha", "00000001");
}

#[test]
fn au_01_without_an_algorithm_of_ours_the_request_fails_with_its_response() {
    let no_md5 = || Config { allow_md5: false, ..knowing(alice()) };
    for (config, challenge) in [
        (knowing(alice()), SHA.replace("SHA-256", "SHA3-256")),
        (knowing(alice()), "Basic realm=\"example.test\"".to_owned()),
        (no_md5(), MD5.to_owned()),
        (no_md5(), MD5.replace(", algorithm=MD5", "")),
        (no_md5(), MD5.replace("algorithm=MD5", "algorithm=MD5-sess")),
    ] {
        let (mut script, register, id) = asking(config);
        script.say(&Text::challenge(&register, 401, &[&challenge]));
        script.expect_nothing();
        let failure = script.failure(id);
        assert_eq!(failure.code, FailureCode::Authentication);
        assert_eq!(failure.response.map(|response| response.status), Some(401));
    }
}

#[test]
fn au_02_a_challenge_without_realm_or_nonce_is_as_good_as_none() {
    for broken in [SHA.replace("realm=\"example.test\", ", ""), SHA.replace("nonce=\"n-sha\", ", "")] {
        let (mut script, register, _) = asking(knowing(alice()));
        script.say(&Text::challenge(&register, 401, &[&broken, MD5]));
        assert_proves(&script.expect("REGISTER "), "Authorization", md5, "n-md5", "00000001");
        let (mut script, register, id) = asking(knowing(alice()));
        script.say(&Text::challenge(&register, 401, &[&broken]));
        script.expect_nothing();
        assert_eq!(script.failure(id).code, FailureCode::Authentication);
    }
}

/// The answer of an INVITE to this challenge, and what it must be by the formulas of RFC 7616 §3.4.
fn answered(challenge: &str, hash: fn(&str) -> String) -> (Text, String) {
    let mut script = caller(knowing(alice()));
    script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 401, &[challenge]));
    script.expect("ACK ");
    let again = script.expect("INVITE ");
    let part = |name: &str| again.digest("Authorization", name);
    let (nonce, cnonce) = (part("nonce").unwrap(), part("cnonce").unwrap_or_default());
    let mut a1 = hash("alice:example.test:secret");
    if part("algorithm").is_some_and(|algorithm| algorithm.ends_with("-sess")) {
        a1 = hash(&format!("{a1}:{nonce}:{cnonce}"));
    }
    let mut a2 = format!("INVITE:{}", again.uri());
    if part("qop").as_deref() == Some("auth-int") {
        a2 = format!("{a2}:{}", hash(again.body()));
    }
    let proof = match part("qop") {
        Some(qop) => format!("{a1}:{nonce}:{}:{cnonce}:{qop}:{}", part("nc").unwrap(), hash(&a2)),
        None => format!("{a1}:{nonce}:{}", hash(&a2)),
    };
    (again, hash(&proof))
}

#[test]
fn au_02_every_algorithm_form_and_quality_of_protection_is_answered_by_its_formula() {
    for (name, hash) in [("MD5", md5 as fn(&str) -> String), ("SHA-256", sha256), ("SHA-512-256", sha512)] {
        for session in ["", "-sess"] {
            for (offered, chosen) in [
                (", qop=\"auth\"", Some("auth")),
                (", qop=\"auth-int\"", Some("auth-int")),
                (", qop=\"auth-int,auth\"", Some("auth")),
                ("", None),
            ] {
                let challenge =
                    format!("Digest realm=\"example.test\", nonce=\"n\", algorithm={name}{session}{offered}");
                let (invite, expected) = answered(&challenge, hash);
                let part = |name: &str| invite.digest("Authorization", name);
                assert_eq!(part("response"), Some(expected), "{challenge}");
                assert_eq!(part("algorithm"), Some(format!("{name}{session}")), "{challenge}");
                assert_eq!((part("nonce").as_deref(), part("uri")), (Some("n"), Some(invite.uri())), "{challenge}");
                assert_eq!(part("qop").as_deref(), chosen, "{challenge}");
                assert_eq!(part("nc").as_deref(), chosen.map(|_| "00000001"), "{challenge}");
                assert_eq!(part("cnonce").is_some(), chosen.is_some() || session == "-sess", "{challenge}");
            }
        }
    }
}

#[test]
fn au_02_algorithm_qop_and_nc_stand_without_quotes_and_all_else_with() {
    let (invite, _) = answered(SHA, sha256);
    let line = invite.get("Authorization");
    for part in [", algorithm=SHA-256,", ", qop=auth,", ", nc=00000001"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    for part in ["username=\"", "realm=\"", "nonce=\"", "uri=\"", "response=\"", "cnonce=\"", "opaque=\"o\""] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[test]
fn au_02_quotes_backslashes_and_utf_8_are_escaped_on_the_wire_and_hashed_as_they_are() {
    let (user, realm, password) = ("J\u{e4}s \"\\n", "r\"\u{fc}\\", "p\u{e4}:\"\\");
    let escape = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let credentials = Credentials { username: user.to_owned(), password: Some(password.to_owned()), ..alice() };
    let (mut script, register, _) = asking(knowing(credentials));
    let challenge = format!("Digest realm=\"{}\", nonce=\"n\\\\\", algorithm=SHA-256", escape(realm));
    script.say(&Text::challenge(&register, 401, &[&challenge]));
    let again = script.expect("REGISTER ");
    let line = again.get("Authorization");
    for (name, text) in [("username", user), ("realm", realm), ("nonce", "n\\")] {
        let part = format!("{name}=\"{}\"", escape(text));
        assert!(line.contains(&part), "{part} in {line}");
    }
    let a1 = sha256(&format!("{user}:{realm}:{password}"));
    let a2 = sha256(&format!("REGISTER:{}", again.uri()));
    assert!(line.contains(&format!("response=\"{}\"", sha256(&format!("{a1}:n\\:{a2}")))), "{line}");
}

#[test]
fn au_02_the_uri_is_the_request_uri_as_sent_in_the_dialog_too() {
    let mut script = caller(knowing(alice()));
    let (call, _, _) = script.outgoing();
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.say(&Text::challenge(&bye, 407, &[SHA]));
    let again = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0");
    assert_proves(&again, "Proxy-Authorization", sha256, "n-sha", "00000001");
}

//! The edge: digest verification (AU-08), registrar (PX-15) and the checks of PX-01; what it forwards is in
//! `switchboard/proxy.rs`.

mod proxy;
mod support;

use patchcord::message::{Algorithm, FlowId};
use patchcord::time::Duration;
use support::{Bed, REALM, challenges, contact, credentials, first_line, register, request, status, value, values};

#[test]
fn au_08_a_registration_is_challenged_with_sha_256_before_md5() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    bed.send(flow, &register("alice", &contact("alice", "a1"), "c").replace("{auth}", "").replace("{cseq}", "1"));
    let answer = bed.one(flow);
    assert_eq!(first_line(&answer), "SIP/2.0 401 Unauthorized");
    let offers = challenges(&answer);
    let algorithms: Vec<_> = offers.iter().map(|offer| offer.algorithm.as_deref()).collect();
    assert_eq!(algorithms, [Some("SHA-256"), Some("MD5")]);
    assert!(offers.iter().all(|offer| offer.realm == REALM && offer.qop == ["auth"] && !offer.stale && !offer.proxy));
}

#[test]
fn au_08_either_algorithm_registers() {
    for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        let text = register("alice", &contact("alice", "a1"), "c");
        bed.ask_with(flow, ("alice", "alice-secret", algorithm), &text);
        assert_eq!(status(&bed.one(flow)), 200, "{algorithm:?}");
    }
}

#[test]
fn au_08_a_replayed_authorization_is_stale_and_a_higher_count_is_not() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    let text = register("alice", &contact("alice", "a1"), "c");
    bed.send(flow, &text.replace("{auth}", "").replace("{cseq}", "1"));
    let challenge = bed.one(flow);
    let login = ("alice", "alice-secret", Algorithm::Sha256);
    let mut ask = |cseq: u32, nc: u32| {
        let text = text.replace("{auth}", &credentials(&challenge, login, &text, nc));
        bed.send(flow, &text.replace("{cseq}", &cseq.to_string()).replace("{branch}", &format!("b{cseq}")));
        bed.one(flow)
    };
    assert_eq!(status(&ask(2, 1)), 200);
    let replayed = ask(3, 1);
    assert_eq!(status(&replayed), 401);
    assert!(challenges(&replayed).iter().all(|offer| offer.stale));
    assert_eq!(status(&ask(4, 2)), 200);
}

#[test]
fn au_08_a_nonce_is_stale_after_300_seconds() {
    for (seconds, expected) in [(299, 200), (300, 401)] {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        let text = register("alice", &contact("alice", "a1"), "c").replace("{cseq}", "1");
        bed.send(flow, &text.replace("{auth}", ""));
        let challenge = bed.one(flow);
        bed.pass(Duration::from_secs(seconds));
        let auth = credentials(&challenge, ("alice", "alice-secret", Algorithm::Sha256), &text, 1);
        bed.send(flow, &text.replace("{auth}", &auth).replace("{branch}", "b2"));
        let answer = bed.one(flow);
        assert_eq!(status(&answer), expected, "after {seconds} s");
        assert!(challenges(&answer).iter().all(|offer| offer.stale));
    }
}

#[test]
fn au_08_a_nonce_that_the_edge_did_not_make_is_challenged_as_if_there_were_none() {
    let forge = |nonce: &str, other: &str| match other {
        "" => {
            let mut letters: Vec<char> = nonce.chars().collect();
            letters[3] = if letters[3] == 'A' { 'B' } else { 'A' };
            letters.into_iter().collect()
        }
        other => other.to_owned(),
    };
    let mut elsewhere = Bed::seeded(9);
    let flow = elsewhere.open(1);
    let text = register("alice", &contact("alice", "a1"), "c").replace("{cseq}", "1");
    elsewhere.send(flow, &text.replace("{auth}", ""));
    let foreign = challenges(&elsewhere.one(flow))[0].nonce.clone();
    for other in ["", "n", "AAAA", foreign.as_str()] {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.send(flow, &text.replace("{auth}", ""));
        let challenge = bed.one(flow);
        let nonce = challenges(&challenge)[0].nonce.clone();
        let forged = challenge.replace(&nonce, &forge(&nonce, other));
        let auth = credentials(&forged, ("alice", "alice-secret", Algorithm::Sha256), &text, 1);
        bed.send(flow, &text.replace("{auth}", &auth).replace("{branch}", "b2"));
        let answer = bed.one(flow);
        assert_eq!(status(&answer), 401, "{other}");
        assert!(challenges(&answer).iter().all(|offer| !offer.stale), "{other}");
    }
}

#[test]
fn au_08_a_proxy_asks_by_its_own_headers_and_a_registrar_by_its() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    bed.send(
        flow,
        &request("MESSAGE", ("alice", "a1"), &format!("bob@{REALM}"), "m").replace("{auth}", "").replace("{cseq}", "1"),
    );
    let answer = bed.one(flow);
    assert_eq!(status(&answer), 407);
    assert!(challenges(&answer).iter().all(|offer| offer.proxy));
    // What a REGISTER proves in Proxy-Authorization proves nothing to a registrar.
    let text = register("alice", &contact("alice", "a1"), "c").replace("{cseq}", "1");
    bed.send(flow, &text.replace("{auth}", ""));
    let auth = credentials(&bed.one(flow), ("alice", "alice-secret", Algorithm::Sha256), &text, 1);
    bed.send(flow, &text.replace("{auth}", &format!("Proxy-{auth}")).replace("{branch}", "b3"));
    assert_eq!(status(&bed.one(flow)), 401);
}

#[test]
fn au_08_a_wrong_password_and_an_unknown_user_are_challenged_alike() {
    for user in ["alice", "mallory"] {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        let text = register("alice", &contact("alice", "a1"), "c");
        bed.ask_with(flow, (user, "guess", Algorithm::Sha256), &text);
        let answer = bed.one(flow);
        assert_eq!(status(&answer), 401);
        assert!(challenges(&answer).iter().all(|offer| !offer.stale));
    }
}

#[test]
fn au_08_malformed_credentials_are_400_naming_the_header() {
    let digest =
        format!("Digest username=\"alice\", realm=\"{REALM}\", nonce=\"n\", uri=\"sip:{REALM}\", response=\"r\"");
    let without_qop = format!("Authorization: {digest}\n");
    let other_uri =
        format!("Authorization: {digest}, qop=auth, nc=00000001, cnonce=\"c\"\n").replace("uri=\"sip:", "uri=\"sip:x");
    for line in ["Authorization: Digest\n", "Authorization: Digest username\n", &without_qop, &other_uri] {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.send(flow, &register("alice", &contact("alice", "a1"), "c").replace("{auth}", line).replace("{cseq}", "1"));
        assert_eq!(first_line(&bed.one(flow)), "SIP/2.0 400 Bad Authorization", "{line}");
    }
}

#[test]
fn au_08_credentials_of_another_realm_or_scheme_are_not_ours_to_judge() {
    let foreign = "Authorization: Digest username=\"a\", realm=\"x\", nonce=\"n\", uri=\"sip:x\", response=\"r\"\n";
    for line in [foreign, "Authorization: Bearer abc\n"] {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.send(flow, &register("alice", &contact("alice", "a1"), "c").replace("{auth}", line).replace("{cseq}", "1"));
        assert_eq!(status(&bed.one(flow)), 401, "{line}");
    }
}

#[test]
fn au_08_users_speak_only_for_themselves() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    bed.ask_with(flow, ("bob", "bob-secret", Algorithm::Sha256), &register("alice", &contact("alice", "a1"), "c"));
    assert_eq!(status(&bed.one(flow)), 403);
    let text = request("MESSAGE", ("alice", "a1"), &format!("bob@{REALM}"), "m");
    bed.ask_with(flow, ("bob", "bob-secret", Algorithm::Sha256), &text);
    assert_eq!(status(&bed.one(flow)), 403);
}

#[test]
fn px_15_every_contact_is_echoed_with_its_parameters_and_the_time_it_has_left() {
    let mut bed = Bed::new();
    let (one, two) = (bed.open(1), bed.open(2));
    bed.register(one, "alice", "a1");
    bed.pass(Duration::from_secs(100));
    let contacts = values(&bed.register(two, "alice", "a2"), "Contact");
    assert_eq!(contacts.len(), 2);
    for (contact, host, left) in [(&contacts[0], "a1", 500), (&contacts[1], "a2", 600)] {
        assert!(contact.starts_with(&format!("<sip:alice@{host}.invalid;transport=ws>;")), "{contact}");
        assert!(contact.contains(&format!(";+sip.instance=\"<urn:uuid:{host}>\"")), "{contact}");
        assert!(contact.contains(";reg-id=1") && contact.ends_with(&format!(";expires={left}")), "{contact}");
    }
}

#[test]
fn px_15_the_same_device_replaces_its_contact_and_the_same_uri_does_too() {
    let mut bed = Bed::new();
    let (one, two) = (bed.open(1), bed.open(2));
    bed.register(one, "alice", "a1");
    let moved = contact("alice", "a1").replace("a1.invalid", "elsewhere.invalid");
    bed.ask(two, "alice", &register("alice", &moved, "c2"));
    assert!(value(&bed.one(two), "Contact").starts_with("<sip:alice@elsewhere.invalid"));
    for (contact, call_id) in
        [("<sip:alice@A9.invalid;transport=ws>", "c3"), ("<sip:alice@a9.INVALID;transport=ws>", "c4")]
    {
        bed.ask(two, "alice", &register("alice", contact, call_id));
        assert_eq!(values(&bed.one(two), "Contact").len(), 2);
    }
}

#[test]
fn px_15_expires_has_a_floor_and_a_ceiling_and_a_default() {
    let rows = [
        ("30", "423"),
        ("59", "423"),
        ("60", "60"),
        ("3600", "3600"),
        ("3601", "3600"),
        ("4294967295", "3600"),
        ("x", "3600"),
    ];
    for (asked, expected) in rows {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.ask(flow, "alice", &register("alice", &format!("<sip:alice@a.invalid>;expires={asked}"), "c"));
        let answer = bed.one(flow);
        if expected == "423" {
            assert_eq!((status(&answer), value(&answer, "Min-Expires").as_str()), (423, "60"));
        } else {
            assert_eq!(value(&answer, "Contact"), format!("<sip:alice@a.invalid>;expires={expected}"), "{asked}");
        }
    }
}

#[test]
fn px_15_a_contact_without_expires_takes_the_header_and_then_the_longest() {
    for (header, expected) in [("\nExpires: 120", "120"), ("", "3600")] {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.ask(flow, "alice", &register("alice", &format!("<sip:alice@a.invalid>{header}"), "c"));
        assert_eq!(value(&bed.one(flow), "Contact"), format!("<sip:alice@a.invalid>;expires={expected}"));
    }
}

#[test]
fn px_15_contacts_go_by_expires_0_by_the_star_by_time_and_with_their_socket() {
    let gone = |how: &dyn Fn(&mut Bed, FlowId)| {
        let mut bed = Bed::new();
        let (one, two) = (bed.open(1), bed.open(2));
        bed.register(one, "alice", "a1");
        how(&mut bed, one);
        bed.taken(one);
        values(&bed.register(two, "alice", "a2"), "Contact").len() == 1
    };
    assert!(!gone(&|_, _| {}), "without a reason it stays");
    assert!(gone(&|bed, flow| bed.ask(
        flow,
        "alice",
        &register("alice", &contact("alice", "a1").replace("600", "0"), "x")
    )));
    assert!(gone(&|bed, flow| bed.ask(flow, "alice", &register("alice", "*\nExpires: 0", "x"))));
    assert!(gone(&|bed, _| bed.pass(Duration::from_secs(600))));
    assert!(gone(&|bed, flow| bed.close(flow)));
}

#[test]
fn px_15_a_bad_register_changes_nothing() {
    let star_and_time = "*\nExpires: 60";
    let one_of_two = "<sip:alice@b.invalid>, <sip:alice@c.invalid>;expires=5";
    for (contact, expected) in
        [(star_and_time, 400), ("<tel:+1>", 400), (one_of_two, 423), ("<sip:alice@", 400), ("*\nRequire: x", 420)]
    {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.register(flow, "alice", "a1");
        let text = register("alice", contact, "x");
        bed.send(flow, &text.replace("{auth}", "").replace("{cseq}", "1"));
        let first = bed.one(flow);
        if status(&first) == 401 {
            bed.ask(flow, "alice", &text.replace("CSeq: {cseq}", "CSeq: 7"));
            assert_eq!(status(&bed.one(flow)), expected, "{contact}");
        } else {
            assert_eq!(status(&first), expected, "{contact}");
        }
        bed.ask(flow, "alice", &register("alice", "", "q").replace("Contact: \n", ""));
        assert_eq!(values(&bed.one(flow), "Contact").len(), 1, "{contact}");
    }
}

#[test]
fn px_15_an_older_register_of_the_same_call_id_changes_nothing() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    let text = register("alice", "<sip:alice@a.invalid>;expires=600", "c");
    bed.ask(flow, "alice", &text.replace("CSeq: {cseq}", "CSeq: 9"));
    assert_eq!(status(&bed.one(flow)), 200);
    bed.ask(flow, "alice", &text.replace("CSeq: {cseq}", "CSeq: 8").replace("600", "0"));
    assert_eq!(status(&bed.one(flow)), 500);
    bed.ask(flow, "alice", &text.replace("CSeq: {cseq}", "CSeq: 10").replace("600", "0"));
    assert!(values(&bed.one(flow), "Contact").is_empty());
}

#[test]
fn px_15_a_user_has_at_most_twenty_contacts() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    for device in 0..20 {
        bed.register(flow, "alice", &format!("a{device}"));
    }
    bed.ask(flow, "alice", &register("alice", &contact("alice", "more"), "x"));
    assert_eq!(status(&bed.one(flow)), 403);
    assert_eq!(values(&bed.register(flow, "alice", "a7"), "Contact").len(), 20);
}

#[test]
fn px_01_what_cannot_be_forwarded_is_refused_with_the_reason() {
    let to = |uri: &str| request("INVITE", ("alice", "a1"), uri, "i");
    let bob = format!("bob@{REALM}");
    let rows = [
        (to(&bob).replace("Max-Forwards: 70", "Max-Forwards: 0"), 483, "no hop left"),
        (to(&bob).replace("INVITE sip:bob", "INVITE tel:bob"), 416, "scheme"),
        (to(&bob).replace("Max-Forwards: 70", "Max-Forwards: 256"), 400, "range"),
        (to(&bob).replace("Contact", "Proxy-Require: x\nContact"), 420, "extension"),
        (to(&bob).replace("Contact", "Route: <sip:elsewhere.example;lr>\nContact"), 403, "a route that is not ours"),
        (to(&bob).replace("Contact", "Route: <sip:dG9rZW4@switchboard.test;lr>\nContact"), 403, "a forged token"),
        (to(&bob).replace("CSeq: {cseq} INVITE", "CSeq: 1 BYE"), 400, "CSeq"),
        (to(&bob).replace("Call-ID: i\n", ""), 400, "no Call-ID"),
    ];
    for (text, expected, why) in rows {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.send(flow, &text.replace("{auth}", "").replace("{cseq}", "1"));
        assert_eq!(status(&bed.one(flow)), expected, "{why}");
    }
}

#[test]
fn px_01_who_is_nobody_is_404_and_who_is_not_here_is_480_but_only_users_are_told() {
    let rows =
        [(format!("nobody@{REALM}"), 404), ("bob@elsewhere.example".to_owned(), 404), (format!("bob@{REALM}"), 480)];
    for (uri, expected) in rows {
        let mut bed = Bed::new();
        let flow = bed.open(1);
        bed.ask(flow, "alice", &request("INVITE", ("alice", "a1"), &uri, "i"));
        assert_eq!(status(&bed.one(flow)), expected, "{uri}");
    }
}

#[test]
fn px_01_options_to_the_edge_itself_is_answered_even_without_a_hop_left() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    let text = request("OPTIONS", ("alice", "a1"), REALM, "o").replace("Max-Forwards: 70", "Max-Forwards: 0");
    bed.send(flow, &text.replace("{auth}", "").replace("{cseq}", "1"));
    assert_eq!(status(&bed.one(flow)), 200);
}

#[test]
fn ms_07_a_malformed_request_is_answered_with_the_header_it_is_about() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    let text =
        support::invite(("alice", "a1"), "bob", "i").replace("{auth}", "").replace("CSeq: {cseq} INVITE", "CSeq: x");
    bed.send(flow, &text);
    assert_eq!(first_line(&bed.one(flow)), "SIP/2.0 400 Bad CSeq");
    bed.send(flow, &text.replace("INVITE sip:bob", "ACK sip:bob"));
    assert!(bed.is_silent(flow), "nothing answers an ACK");
}

#[test]
fn tr_03_a_ping_is_answered_and_blanks_are_not() {
    let mut bed = Bed::new();
    let flow = bed.open(1);
    bed.raw(flow, "\r\n\r\n");
    assert_eq!(bed.one(flow), "\r\n");
    bed.raw(flow, "\r\n");
    bed.raw(flow, " ");
    assert!(bed.is_silent(flow) && bed.notes.is_empty());
}

#[test]
fn tr_03_ten_pieces_of_garbage_within_ten_seconds_close_the_socket() {
    let mut bed = Bed::new();
    let (slow, fast) = (bed.open(1), bed.open(2));
    for _ in 0..30 {
        bed.raw(slow, "hello");
        bed.pass(Duration::from_secs(2));
    }
    assert!(bed.closed.is_empty());
    assert_eq!(bed.notes.len(), 30, "each is noted");
    for _ in 0..10 {
        bed.raw(fast, "hello");
    }
    assert_eq!(bed.closed, [(fast, 1002)]);
}

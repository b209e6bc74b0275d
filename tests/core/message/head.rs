//! MS-07: what every message must carry, checked on its arrival.

use patchcord::message::{Fault, Name, StatusCode};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{HEAD, request, response};

/// The phrase that refuses an INVITE whose `line` was replaced by `by`.
fn phrase(line: &str, by: &str) -> String {
    let start = HEAD.find(line).unwrap();
    let end = start + HEAD[start..].find('\n').unwrap() + 1;
    let head = format!("{}{by}{}", &HEAD[..start], &HEAD[end..]);
    let fault = request(&format!("INVITE sip:bob@b.example SIP/2.0\n{head}\n")).head().unwrap_err();
    assert_eq!(fault.status, StatusCode::BAD_REQUEST);
    let same = response(&format!("SIP/2.0 200 OK\n{head}\n")).head();
    if !fault.detail.contains("start line") {
        assert_eq!(same.unwrap_err(), fault, "the same fault in a response");
    }
    fault.phrase()
}

#[test]
fn ms_07_a_head_holds_what_finds_transaction_and_dialog() {
    let head = request(&format!("INVITE sip:b@x SIP/2.0\n{HEAD}Via: SIP/2.0/UDP y\n\n")).head().unwrap();
    assert_eq!((head.via.branch(), head.via.sent_by().as_str()), (Some("z9hG4bK1"), "a1b2c3.invalid"));
    assert_eq!((head.from_tag(), head.to_tag()), (Some("a"), None));
    assert_eq!((head.call_id.as_str(), head.cseq.number), ("1@a", 1));
    assert_eq!(head.from.display_name.as_deref(), Some("Alice"));
}

#[test]
fn ms_07_a_missing_header_is_named() {
    for (line, expected) in [
        ("Via", "Missing Via"),
        ("From", "Missing From"),
        ("To", "Missing To"),
        ("Call-ID", "Missing Call-ID"),
        ("CSeq", "Missing CSeq"),
    ] {
        assert_eq!(phrase(line, ""), expected);
    }
}

#[test]
fn ms_07_a_header_that_may_stand_once_may_not_stand_twice() {
    for (line, twice) in [
        ("From", "From: <sip:alice@a.example>;tag=a\nf: <sip:alice@a.example>;tag=a\n"),
        ("To", "To: <sip:bob@b.example>\nt: <sip:bob@b.example>\n"),
        ("Call-ID", "Call-ID: 1@a\ni: 1@a\n"),
        ("CSeq", "CSeq: 1 INVITE\nCSeq: 1 INVITE\n"),
        ("Max-Forwards", "Max-Forwards: 70\nMax-Forwards: 70\n"),
    ] {
        assert_eq!(phrase(line, twice), format!("Bad {line}"));
    }
    for name in ["Expires", "Event", "Content-Type"] {
        assert_eq!(phrase("Max-Forwards", &format!("{name}: 1\n{name}: 1\n")), format!("Bad {name}"));
    }
}

#[test]
fn ms_07_a_malformed_header_is_named() {
    for (line, by) in [
        ("Via", "Via: SIP/2.0/WS\n"),
        ("Via", "Via: SIP/1.0/WS x;branch=z9hG4bK1\n"),
        ("Via", "Via: SIP/2.0/WS x;;,;,,\n"),
        ("Via", "Via: SIP/2.0/WS x y;branch=z9hG4bK1\n"),
        ("From", "From: \"Alice <sip:alice@a.example>;tag=a\n"),
        ("From", "From: <sip:alice@a.example>;tag\n"),
        ("From", "From: <sip:alice@a.example>;tag=\n"),
        ("From", "From: <sip:alice@a.example>;tag=a;tag=b\n"),
        ("To", "To: <sip:bob@b..example>\n"),
        ("To", "To:\n"),
        ("Call-ID", "Call-ID:\n"),
        ("Call-ID", "Call-ID: 1 @a\n"),
        ("CSeq", "CSeq: INVITE\n"),
        ("CSeq", "CSeq: 1\n"),
        ("CSeq", "CSeq: -1 INVITE\n"),
        ("CSeq", "CSeq: 2147483648 INVITE\n"),
        ("CSeq", "CSeq: 36893488147419103232 INVITE\n"),
        ("CSeq", "CSeq: 1 IN VITE\n"),
        ("Max-Forwards", "Max-Forwards: 256\n"),
        ("Max-Forwards", "Max-Forwards: -1\n"),
        ("Max-Forwards", "Max-Forwards: a\n"),
        ("Max-Forwards", "Max-Forwards:\n"),
    ] {
        assert_eq!(phrase(line, by), format!("Bad {line}"), "{by}");
    }
    assert_eq!(phrase("Max-Forwards", "Expires: 4294967296\n"), "Bad Expires");
    assert_eq!(phrase("Max-Forwards", "Expires: never\n"), "Bad Expires");
}

#[test]
fn ms_07_cseq_must_name_the_method_of_the_start_line() {
    assert_eq!(phrase("CSeq", "CSeq: 1 OPTIONS\n"), "Bad CSeq");
    assert_eq!(phrase("CSeq", "CSeq: 1 invite\n"), "Bad CSeq");
    assert!(response(&format!("SIP/2.0 200 OK\n{}\n", HEAD.replace("INVITE", "BYE"))).head().is_ok());
}

#[test]
fn ms_07_what_is_odd_but_in_range_is_tolerated() {
    for (line, by) in [
        ("Max-Forwards: 70\n", ""),
        ("Max-Forwards: 70\n", "Max-Forwards: 0\nExpires: 4294967295\n"),
        ("Max-Forwards: 70\n", "Max-Forwards: 00255\n"),
        ("CSeq: 1 INVITE\n", "CSeq: 2147483647 \t INVITE\n"),
        ("CSeq: 1 INVITE\n", "CSeq: 0009\n  INVITE\n"),
        (";tag=a\n", "\n"),
        ("Call-ID: 1@a\n", "Call-ID: word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\n"),
        ("Via: SIP/2.0/WS", "Via: sip /  2.0\n  /ws"),
        ("To: <sip:bob@b.example>\n", "To: isbn:2983792873\n"),
    ] {
        let head = HEAD.replacen(line, by, 1);
        assert_ne!(head, HEAD);
        let head = request(&format!("INVITE sip:b@x SIP/2.0\n{head}\n")).head();
        assert!(head.is_ok(), "{by} {head:?}");
    }
}

#[test]
fn ms_07_a_fault_says_what_is_wrong_in_its_phrase() {
    assert_eq!(Fault::missing(Name::Via).phrase(), "Missing Via");
    assert_eq!(Fault::bad(Name::SessionExpires, "x").phrase(), "Bad Session-Expires");
}

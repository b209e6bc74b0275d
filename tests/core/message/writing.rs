//! MS-15, MS-16: what is written.

use patchcord::message::{Message, Method, Name, Request, StatusCode, Uri, is_safe};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{request, wire};

const INVITE: &str = "INVITE sip:bob@b.example SIP/2.0\n\
    Record-Route: <sip:p2;lr>\n\
    v: SIP/2.0/WS p2.example;branch=z9hG4bK2;x=\"1\"\n\
    Max-Forwards: 69\n\
    CSeq: 007 INVITE\n\
    Record-Route: <sip:p1;lr>, <sip:p0;lr>\n\
    Via: SIP/2.0/WS a1b2c3.invalid;branch=z9hG4bK1 , SIP/2.0/WS y\n\
    t: Bob <sip:bob@b.example> ; x\n\
    Timestamp: 54.21\n\
    f: alice  <sip:alice@a.example>;tag=a\n\
    i: 1@a\n\
    Subject: hi\n\
    l: 2\n\nhi";

#[test]
fn ms_15_a_response_copies_what_it_must() {
    let ringing = request(INVITE).response(StatusCode::RINGING, None, Some("b"));
    let expected = "SIP/2.0 180 Ringing\n\
        Via: SIP/2.0/WS p2.example;branch=z9hG4bK2;x=\"1\"\n\
        Via: SIP/2.0/WS a1b2c3.invalid;branch=z9hG4bK1 , SIP/2.0/WS y\n\
        Record-Route: <sip:p2;lr>\n\
        Record-Route: <sip:p1;lr>, <sip:p0;lr>\n\
        From: alice  <sip:alice@a.example>;tag=a\n\
        To: Bob <sip:bob@b.example> ; x;tag=b\n\
        Call-ID: 1@a\n\
        CSeq: 007 INVITE\n\
        Timestamp: 54.21\n\
        Content-Length: 0\n\n";
    assert_eq!(ringing.to_bytes(), wire(expected));
}

#[test]
fn ms_15_a_100_gets_no_tag_and_no_route() {
    let trying = request(INVITE).response(StatusCode::TRYING, Some("Wait"), Some("b"));
    let expected = "SIP/2.0 100 Wait\n\
        Via: SIP/2.0/WS p2.example;branch=z9hG4bK2;x=\"1\"\n\
        Via: SIP/2.0/WS a1b2c3.invalid;branch=z9hG4bK1 , SIP/2.0/WS y\n\
        From: alice  <sip:alice@a.example>;tag=a\n\
        To: Bob <sip:bob@b.example> ; x\n\
        Call-ID: 1@a\n\
        CSeq: 007 INVITE\n\
        Timestamp: 54.21\n\
        Content-Length: 0\n\n";
    assert_eq!(trying.to_bytes(), wire(expected));
}

#[test]
fn ms_15_record_route_is_copied_where_a_dialog_may_begin() {
    for (method, code, is_copied) in [
        ("INVITE", 101, true),
        ("INVITE", 200, true),
        ("INVITE", 300, false),
        ("INVITE", 486, false),
        ("SUBSCRIBE", 200, true),
        ("NOTIFY", 200, true),
        ("REFER", 202, true),
        ("OPTIONS", 200, false),
        ("BYE", 200, false),
    ] {
        let response = request(&INVITE.replace("INVITE", method)).response(StatusCode::new(code).unwrap(), None, None);
        assert_eq!(response.headers.has(&Name::RecordRoute), is_copied, "{method} {code}");
    }
}

#[test]
fn ms_15_to_gets_a_tag_only_where_one_can_stand() {
    for (to, expected) in [
        ("<sip:b@x>;tag=1", "<sip:b@x>;tag=1"),
        ("sip:b@x;user=phone", "sip:b@x;user=phone;tag=n"),
        ("\"b;tag=1\" <sip:b@x;tag=2>", "\"b;tag=1\" <sip:b@x;tag=2>;tag=n"),
        ("\"b <sip:b@x>", "\"b <sip:b@x>"),
    ] {
        let mut request = request(INVITE);
        request.headers.set(Name::To, to);
        let response = request.response(StatusCode::OK, None, Some("n"));
        assert_eq!(response.headers.get(&Name::To).unwrap(), expected);
    }
}

#[test]
fn ms_15_content_length_is_computed_and_stands_once() {
    let mut message = Request::new(Method::Message, Uri::sip(Some("b"), "x"));
    message.headers.push(Name::ContentLength, "99");
    message.headers.push(Name::parse("x-odd").unwrap(), "");
    message.body = b"hello".to_vec();
    assert_eq!(message.to_bytes(), wire("MESSAGE sip:b@x SIP/2.0\nx-odd: \nContent-Length: 5\n\nhello"));
}

#[test]
fn ms_16_text_that_ends_a_line_is_not_safe() {
    assert!(is_safe("plain \t Ünicode \u{85}\u{2028}"));
    for text in ["a\r", "\nb", "a\0b", "\r\nEvil: 1"] {
        assert!(!is_safe(text));
    }
}

#[test]
fn ms_16_nothing_that_is_written_can_end_a_line() {
    let evil = "x\r\nEvil: 1\0";
    let mut message = Request::new(Method::Other(evil.into()), Uri::Other { scheme: evil.into(), rest: evil.into() });
    message.headers.push(Name::Subject, evil);
    message.headers.prepend(Name::Route, evil);
    message.headers.set(Name::Subject, evil);
    message.headers.set(Name::Via, evil);
    message.headers.push(Name::To, "<sip:b@x>");
    let response = message.response(StatusCode::OK, Some(evil), Some(evil));
    for octets in [message.to_bytes(), response.to_bytes()] {
        let text = String::from_utf8(octets).unwrap();
        assert!(text.contains("Evil: 1") && !text.contains('\0'));
        assert!(text.split("\r\n").all(|line| !line.starts_with("Evil") && is_safe(line)), "{text}");
    }
    assert!(Message::parse(&response.to_bytes()).is_ok());
}

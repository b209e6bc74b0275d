//! SL-01: how large a message may be, each bound met exactly and passed by one.

use patchcord::message::{Limits, Message, Uri};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{HEAD, invite_with, refusal, request, wire};

/// What is said of an INVITE with these lines: nothing when it is acted on.
fn verdict(lines: &str) -> Result<(), String> {
    match Message::parse(&wire(&invite_with(lines))) {
        Ok(Message::Request(request)) => request.head().map(|_| ()).map_err(|fault| fault.phrase()),
        Ok(Message::Response(_)) => panic!("a response"),
        Err(malformed) => Err(malformed.fault.phrase()),
    }
}

fn sized(size: usize) -> Vec<u8> {
    let head = wire(&invite_with(""));
    [&head[..], &vec![b'x'; size - head.len()]].concat()
}

#[test]
fn sl_01_a_message_has_at_most_64_kib_and_a_larger_request_can_still_be_answered_513() {
    assert!(Message::parse(&sized(65_536)).is_ok());
    assert_eq!(refusal(&sized(65_537)), (513, "Message Too Large".to_owned(), true));
    let salvaged = *Message::parse(&sized(65_537)).unwrap_err().request.unwrap();
    assert_eq!(salvaged.head().unwrap().call_id, "1@a");
    let ok = format!("SIP/2.0 200 OK\n{HEAD}\n{}", "x".repeat(65_536));
    assert_eq!(refusal(&wire(&ok)), (513, "Message Too Large".to_owned(), false));
}

#[test]
fn sl_01_the_size_of_a_message_is_what_matters_whatever_else_is_wrong() {
    let mut octets = wire(&format!("INVITE sip:b.example SIP/3.0\n{HEAD}l: x\nno header\n\n"));
    octets.resize(65_537, b' ');
    assert_eq!(refusal(&octets).0, 513);
    let endless = [&wire("INVITE sip:b.example SIP/2.0\nVia: x\n")[..], &vec![b'x'; 65_536]].concat();
    assert_eq!((refusal(&endless).0, refusal(&endless).2), (513, true), "a head that never ends");
}

#[test]
fn sl_01_the_limits_of_a_message_are_configurable() {
    let limits = Limits { message: 1_000, headers: 7 };
    assert!(Message::read(&sized(1_000), &limits).is_ok());
    assert_eq!(Message::read(&sized(1_001), &limits).unwrap_err().fault.status.code(), 513);
    assert!(Message::read(&wire(&invite_with("a: b\n")), &limits).is_ok());
    assert!(Message::read(&wire(&invite_with("a: b\nc: d\n")), &limits).is_err());
}

#[test]
fn sl_01_a_message_has_at_most_128_header_lines() {
    let own = HEAD.lines().count();
    let lines = |count: usize| "X: y\n z\n".repeat(count - own);
    assert_eq!(verdict(&lines(128)), Ok(()));
    assert_eq!(verdict(&lines(129)), Err("Bad Request (too many header lines)".to_owned()));
    let salvaged = *Message::parse(&wire(&invite_with(&lines(4_000)))).unwrap_err().request.unwrap();
    assert_eq!(salvaged.headers.iter().count(), 128);
}

#[test]
fn sl_01_a_header_line_has_at_most_8_kib() {
    let line = |size: usize| format!("X: {}\n", "y".repeat(size - 3));
    assert_eq!(verdict(&line(8_192)), Ok(()));
    assert_eq!(verdict(&line(8_193)), Err("Bad Request (a header line that is too long)".to_owned()));
    let folded = |size: usize| format!("X: {}\n {}\n", "y".repeat(4_000), "z".repeat(size - 4_004));
    assert_eq!(verdict(&folded(8_192)), Ok(()));
    assert_eq!(verdict(&folded(8_193)), Err("Bad Request (a header line that is too long)".to_owned()));
    let start = |size: usize| format!("SIP/2.0 200 {}\n{HEAD}\n", "x".repeat(size - 12));
    assert!(Message::parse(&wire(&start(8_192))).is_ok());
    assert!(Message::parse(&wire(&start(8_193))).is_err());
}

#[test]
fn sl_01_a_message_has_at_most_32_vias() {
    // One of its own.
    let vias = |count: usize| "Via: SIP/2.0/WSS x, SIP/2.0/WSS y\n".repeat(count / 2) + "v: SIP/2.0/WSS x\n";
    assert_eq!(verdict(&vias(30)), Ok(()));
    assert_eq!(verdict(&(vias(30) + "v: SIP/2.0/WSS x\n")), Err("Bad Via".to_owned()));
    let response = |count| format!("SIP/2.0 200 OK\n{HEAD}{}\n", vias(count));
    let head = |count| match Message::parse(&wire(&response(count))) {
        Ok(Message::Response(response)) => response.head().is_ok(),
        other => panic!("{other:?}"),
    };
    assert!(head(30) && !head(32));
}

#[test]
fn sl_01_a_message_has_at_most_16_routes() {
    for name in ["Route", "Record-Route"] {
        let routes = |count: usize| format!("{name}: {}\n", vec!["<sip:p,q@x;lr>"; count].join(","));
        assert_eq!(verdict(&routes(16)), Ok(()));
        assert_eq!(verdict(&routes(17)), Err(format!("Bad {name}")));
        assert_eq!(verdict(&(routes(8) + &routes(8))), Ok(()));
        assert_eq!(verdict(&(routes(8) + &routes(9))), Err(format!("Bad {name}")));
    }
}

#[test]
fn sl_01_a_value_has_at_most_64_parameters() {
    let params = |count: usize| ";a=b".repeat(count);
    // The branch is one.
    let via =
        |count| format!("INVITE sip:b.example SIP/2.0\n{HEAD}\n").replace("bK1\n", &format!("bK1{}\n", params(count)));
    assert!(request(&via(63)).head().is_ok());
    assert_eq!(request(&via(64)).head().unwrap_err().phrase(), "Bad Via");
    assert!(Uri::parse(&format!("sip:x{}", params(64))).is_ok());
    assert!(Uri::parse(&format!("sip:x{}", params(65))).is_err());
}

#[test]
fn sl_01_a_uri_has_at_most_2_kib() {
    for scheme in ["sip:", "x:"] {
        let uri = |size: usize| format!("{scheme}{}", "a".repeat(size - scheme.len()));
        assert!(Uri::parse(&uri(2_048)).is_ok());
        assert!(Uri::parse(&uri(2_049)).is_err());
        let start = |size| wire(&format!("INVITE {} SIP/2.0\n{HEAD}\n", uri(size)));
        assert!(Message::parse(&start(2_048)).is_ok());
        assert_eq!(refusal(&start(2_049)), (400, "Bad Request (a URI that is too long)".to_owned(), true));
    }
}

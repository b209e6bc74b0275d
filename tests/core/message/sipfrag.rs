//! MS-11: pieces of messages.

use patchcord::message::{Method, Name, Sipfrag, StartLine, StatusCode};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const WHOLE: &str = "SIP/2.0 603 Declined\r\nFrom: Watson\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy";

fn fragment(text: &str) -> Sipfrag {
    Sipfrag::parse(text.as_bytes()).unwrap_or_else(|bad| panic!("{bad:?}: {text:?}"))
}

#[test]
fn ms_11_a_status_line_needs_no_line_end() {
    for text in [
        "SIP/2.0 100 Trying",
        "SIP/2.0 100 Trying\r\n",
        "SIP/2.0 100 Trying\r\n\r\n",
        "SIP/2.0 100 Trying\n",
        "\r\nSIP/2.0 100 Trying",
    ] {
        let fragment = fragment(text);
        assert_eq!(fragment.status(), Some((StatusCode::TRYING, "Trying")), "{text:?}");
        assert_eq!((fragment.headers.iter().count(), fragment.body.len()), (0, 0), "{text:?}");
        assert_eq!(fragment.to_bytes(), b"SIP/2.0 100 Trying\r\n");
    }
}

#[test]
fn ms_11_every_prefix_that_ends_at_a_line_is_a_fragment() {
    for (at, _) in WHOLE.match_indices("\r\n") {
        for text in [&WHOLE[..at], &WHOLE[..at + 2]] {
            let fragment = fragment(text);
            assert_eq!(fragment.status().map(|(status, _)| status.code()), Some(603), "{text:?}");
            let lines = text.trim_end().matches("\r\n").count();
            assert_eq!((fragment.headers.iter().count(), fragment.body.len()), (lines, 0), "{text:?}");
        }
    }
}

#[test]
fn ms_11_a_body_is_what_is_there_of_it() {
    for (text, body) in [(WHOLE, "busy"), (&WHOLE[..WHOLE.len() - 2], "bu")] {
        assert_eq!(fragment(text).body, body.as_bytes());
    }
    assert_eq!(fragment(&format!("{WHOLE} and more")).body, b"busy");
}

#[test]
fn ms_11_a_fragment_may_start_with_a_request_line_or_a_header() {
    let invite = fragment("INVITE sip:alice@a.example SIP/2.0\r\nSubject: x");
    assert!(matches!(&invite.start, Some(StartLine::Request(Method::Invite, uri)) if uri.scheme() == "sip"));
    assert_eq!((invite.status(), invite.headers.get(&Name::Subject).as_deref()), (None, Some("x")));
    assert_eq!(invite.to_bytes(), b"INVITE sip:alice@a.example SIP/2.0\r\nSubject: x\r\n");
    let headers = fragment("From: <sip:a@x>\r\nTo : <sip:b@x>");
    assert_eq!((headers.start, headers.headers.iter().count()), (None, 2));
    let body = fragment("c: text/plain\r\n\r\nhello");
    assert_eq!(body.to_bytes(), b"Content-Type: text/plain\r\n\r\nhello");
}

#[test]
fn ms_11_what_is_empty_or_no_piece_of_a_message_is_refused() {
    for text in [
        "",
        "\r\n",
        " \r\n\r\n",
        "hello",
        "SIP/2.0",
        "SIP/2.0 99 x",
        "SIP/3.0 100 Trying",
        "SIP/2.0 100 Trying\r\nno header",
        "SIP/2.0 100 Trying\r\nFrom: a\nTo: b",
        "INVITE sip:x",
        "<xml/>",
    ] {
        assert!(Sipfrag::parse(text.as_bytes()).is_err(), "{text:?}");
    }
    assert!(Sipfrag::parse(b"SIP/2.0 100 \xff").is_err());
}

#[test]
fn ms_11_a_status_line_of_our_own_is_one_line_whatever_its_phrase() {
    let trying = Sipfrag::status_line(StatusCode::TRYING, None);
    assert_eq!(trying.to_bytes(), b"SIP/2.0 100 Trying\r\n");
    assert_eq!(Sipfrag::parse(&trying.to_bytes()), Ok(trying));
    let odd = Sipfrag::status_line(StatusCode::DECLINE, Some("no\r\nEvil: 1"));
    assert_eq!(odd.to_bytes(), b"SIP/2.0 603 no  Evil: 1\r\n");
}

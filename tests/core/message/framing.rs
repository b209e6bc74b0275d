//! MS-01, MS-02, MS-13: where a message starts and ends, its start line, its octets.

use patchcord::message::{Frame, Limits, Message, Method, Name, Uri};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{HEAD, invite_with, parse, refusal, request, response, wire};

#[test]
fn ms_01_the_body_is_as_long_as_content_length_says_and_the_rest_is_counted() {
    for (sent, kept, trailing) in [("0123456789", "0123456789", 0), ("0123456789abcde", "0123456789", 5)] {
        let parsed = Message::read(&wire(&(invite_with("Content-Length: 10\n") + sent)), &Limits::default()).unwrap();
        assert_eq!(parsed.message.body(), kept.as_bytes());
        assert_eq!(parsed.trailing, trailing);
    }
}

#[test]
fn ms_01_without_content_length_the_body_reaches_to_the_end() {
    let parsed = Message::read(&wire(&(invite_with("") + "v=0\n")), &Limits::default()).unwrap();
    assert_eq!((parsed.message.body(), parsed.trailing), (&b"v=0\r\n"[..], 0));
}

#[test]
fn ms_01_bad_content_length_is_answered_400_naming_it() {
    let longer = invite_with("Content-Length: 10\n") + "01234";
    let negative = invite_with("Content-Length: -1\n");
    let text = invite_with("l: ten\n");
    let empty = invite_with("l:\n");
    let differing = invite_with("Content-Length: 5\nContent-Length: 4\n") + "01234";
    let huge = invite_with("Content-Length: 99999999999999999999999\n");
    for case in [longer, negative, text, empty, differing, huge] {
        assert_eq!(refusal(&wire(&case)), (400, "Bad Content-Length".to_owned(), true), "{case}");
    }
    assert!(parse(&(invite_with("Content-Length: 5\nl: 5\n") + "01234")).is_ok());
}

#[test]
fn ms_01_bad_content_length_of_a_response_leaves_nothing_to_answer() {
    let (status, _, answerable) = refusal(&wire(&format!("SIP/2.0 200 OK\n{HEAD}l: 10\n\n")));
    assert_eq!((status, answerable), (400, false));
}

#[test]
fn ms_02_start_lines_that_are_well_formed() {
    for (line, method, uri) in [
        ("INVITE sip:bob@b.example SIP/2.0", Method::Invite, "sip:bob@b.example"),
        ("INVITE sip:john.doe@[2001:db8::1] sip/2.0", Method::Invite, "sip:john.doe@[2001:db8::1]"),
        ("invite sip:b.example SIP/2.0", Method::Other("invite".into()), "sip:b.example"),
        ("!x%*_+`'~.-1 sip:b.example SIP/2.0", Method::Other("!x%*_+`'~.-1".into()), "sip:b.example"),
        ("OPTIONS tel:+358-555-1234567 SIP/2.0", Method::Options, "tel:+358-555-1234567"),
        ("OPTIONS unheard.of://x SIP/2.0", Method::Options, "unheard.of://x"),
    ] {
        let request = request(&format!("{line}\n{HEAD}\n"));
        assert_eq!((request.method, request.uri.to_string()), (method, uri.to_owned()), "{line}");
    }
}

#[test]
fn ms_02_another_version_is_answered_505_whatever_else_is_wrong() {
    for line in ["INVITE sip:b.example SIP/3.0", "INVITE <sip:b.example> SIP/2.1", "INVITE sip:b.example  SIP/20"] {
        let text = format!("{line}\n{HEAD}bad header\n\n");
        assert_eq!(refusal(&wire(&text)), (505, "Version Not Supported".to_owned(), true), "{line}");
    }
    assert!(!refusal(&wire(&format!("SIP/3.0 200 OK\n{HEAD}\n"))).2);
}

#[test]
fn ms_02_blanks_and_brackets_in_the_start_line_are_answered_400() {
    for line in [
        "INVITE  sip:b.example SIP/2.0",
        "INVITE sip:b.example  SIP/2.0",
        "INVITE sip:b.example SIP/2.0 ",
        "INVITE sip:b.example SIP/2.0\t",
        "INVITE\tsip:b.example SIP/2.0",
        "INVITE sip:b.example; lr SIP/2.0",
        "INVITE <sip:b.example> SIP/2.0",
        "INVITE \"B\" SIP/2.0",
        "INVITE sip: SIP/2.0",
        "INVITE sip:b..example SIP/2.0",
        "INVITE sip:b.example?Route=%3Csip:x%3E SIP/2.0",
        "INVITE b.example SIP/2.0",
        "INVITE sip:b.example",
        "INVITE SIP/2.0",
        "INVITE",
    ] {
        let (status, phrase, answerable) = refusal(&wire(&format!("{line}\n{HEAD}\n")));
        assert_eq!((status, answerable), (400, true), "{line}");
        assert!(phrase.starts_with("Bad Request ("), "{phrase}");
    }
}

#[test]
fn ms_02_a_malformed_request_keeps_what_was_readable() {
    let text = format!("INVITE <sip:b.example> SIP/2.0\nno colon here\n{HEAD}: no name\n\n");
    let salvaged = *parse(&text).unwrap_err().request.unwrap();
    assert_eq!(salvaged.method, Method::Invite);
    assert_eq!(salvaged.uri, Uri::Other { scheme: String::new(), rest: "<sip:b.example>".to_owned() });
    assert_eq!(salvaged.headers.iter().count(), 6);
    assert_eq!(salvaged.head().unwrap().call_id, "1@a");
}

#[test]
fn ms_02_what_is_no_request_leaves_nothing_to_answer() {
    for text in [
        "GET / HTTP/1.1\nHost: b.example\n\n",
        "\u{1}\u{2}\u{3}",
        "",
        " INVITE sip:b.example SIP/2.0\nVia: x\n\n",
        "INVITE sip:b.example SIP/2.0\nFrom: <sip:a.example>\nno colon\n\n",
    ] {
        let (status, _, answerable) = refusal(&wire(text));
        assert_eq!((status, answerable), (400, false), "{text}");
    }
}

#[test]
fn ms_02_status_lines() {
    for (line, code, phrase) in [
        ("SIP/2.0 200 OK", 200, "OK"),
        ("sip/2.0 100 ", 100, ""),
        ("SIP/2.0 699", 699, ""),
        ("SIP/2.0 486 Занято  сейчас", 486, "Занято  сейчас"),
    ] {
        let response = response(&format!("{line}\n{HEAD}\n"));
        assert_eq!((response.status.code(), response.phrase.as_str()), (code, phrase));
    }
    for line in ["SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 4294967301 x", "SIP/2.0  200 OK", "SIP/2.0", "SIP/2.0 +20 x"]
    {
        let (status, _, answerable) = refusal(&wire(&format!("{line}\n{HEAD}\n")));
        assert_eq!((status, answerable), (400, false), "{line}");
    }
}

#[test]
fn ms_02_empty_lines_before_the_start_line_are_skipped() {
    assert!(parse(&format!("\n\n{}", invite_with(""))).is_ok());
}

#[test]
fn ms_02_line_feeds_alone_are_understood_only_where_nothing_else_ends_a_line() {
    let crlf = invite_with("Subject: x\n");
    assert_eq!(Message::parse(crlf.as_bytes()), parse(&crlf));
    let mixed = String::from_utf8(wire(&crlf)).unwrap();
    for text in [
        mixed.replacen("\r\n", "\n", 1),
        mixed.replace("Subject: x\r\n", "Subject: x\nEvil: 1\r\n"),
        mixed.replace("Subject: x\r\n", "Subject: x\rEvil: 1\r\n"),
        crlf.replace("Subject: x\n", "Subject: x\r\n"),
    ] {
        assert_eq!(refusal(text.as_bytes()), (400, "Bad Request (a CR or LF by itself)".to_owned(), true));
    }
}

#[test]
fn ms_02_a_head_that_is_cut_off_is_answered_400() {
    let whole = wire(&invite_with(""));
    for missing in 1..40 {
        let (status, _, answerable) = refusal(&whole[..whole.len() - missing]);
        assert_eq!((status, answerable), (400, true), "{missing} octets missing");
    }
}

#[test]
fn ms_13_text_and_binary_frames_read_the_same() {
    let octets = wire(&invite_with("Subject: grüße\n"));
    let (text, binary) = (Frame::from(octets.clone()), Frame::Binary(octets));
    assert!(matches!(text, Frame::Text(_)));
    assert_eq!(Message::parse(text.as_bytes()), Message::parse(binary.as_bytes()));
    assert!(matches!(Frame::from(vec![0xff]), Frame::Binary(octets) if octets == [0xff]));
}

#[test]
fn ms_13_octets_that_are_not_utf8_go_out_as_they_came_and_read_lossily() {
    let octets =
        [&wire("SIP/2.0 200 OK\nSubject: gr")[..], &[0xfc, 0xdf], b"e\r\nContent-Length: 2\r\n\r\n", &[0xff, 0]];
    let octets = octets.concat();
    let message = Message::parse(&octets).unwrap();
    assert_eq!(message.headers().get(&Name::Subject).unwrap(), "gr\u{fffd}\u{fffd}e");
    assert_eq!(message.headers().iter().next().unwrap().as_bytes(), b"gr\xfc\xdfe");
    assert_eq!(message.to_bytes(), octets);
}

#[test]
fn ms_13_octets_in_the_start_line_that_are_not_utf8_are_refused() {
    let mut octets = wire(&invite_with(""));
    octets[12] = 0xe4;
    assert_eq!((refusal(&octets).0, refusal(&octets).2), (400, true));
    assert!(!refusal(b"SIP/2.0 200 \xff\r\n\r\n").2);
}

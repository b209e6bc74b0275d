//! The cargo feature `rsip`: messages of the crate `rsip` and ours, converted both ways.

use std::convert::TryFrom as _;

use patchcord::message::{Headers, Message, Method, Name, NotConvertible, Request, Response, StatusCode, Uri};
use rsip::headers::UntypedHeader as _;
use rsip::{Header, SipMessage, headers};

fn parse(text: &str) -> Message {
    Message::parse(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

fn there(message: &Message) -> Result<SipMessage, NotConvertible> {
    SipMessage::try_from(message)
}

const HEAD: &str = "Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\n\
    From: \"A \\\"\" <sip:alice@a.example>;tag=a\n\
    To: <sip:bob@b.example>\n\
    Call-ID: 1@a\n\
    CSeq: 1 INVITE\n\
    Session-Expires: 90;refresher=uac\n\
    X-Odd: a,,b\n";

#[test]
fn rsip_every_message_comes_back_as_it_went() {
    for start in [
        "INVITE sip:b.example SIP/2.0",
        "INVITE sip:john.doe@example.com SIP/2.0",
        "PRACK sips:a%20b:pw@192.0.2.1:5061;lr;x=y;method=INVITE SIP/2.0",
        "OPTIONS sip:b@[2001:db8::1]:5060;gr=urn:uuid:1 SIP/2.0",
        "UPDATE sip:b@[::] SIP/2.0",
        "SIP/2.0 200 OK",
        "SIP/2.0 202 Accepted",
        "SIP/2.0 299 Anything at all",
        "SIP/2.0 699 ",
    ] {
        let message = parse(&format!("{start}\n{HEAD}Content-Length: 3\n\na\0b"));
        let back = Message::try_from(&there(&message).unwrap()).unwrap();
        assert_eq!(back.to_bytes(), message.to_bytes(), "{start}");
    }
}

#[test]
fn rsip_every_header_it_knows_arrives_as_its_own() {
    let names = [
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Alert-Info",
        "Allow",
        "Authentication-Info",
        "Authorization",
        "CSeq",
        "Call-ID",
        "Call-Info",
        "Contact",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Type",
        "Date",
        "Error-Info",
        "Event",
        "Expires",
        "From",
        "In-Reply-To",
        "Max-Forwards",
        "MIME-Version",
        "Min-Expires",
        "Organization",
        "Priority",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Require",
        "Record-Route",
        "Reply-To",
        "Require",
        "Retry-After",
        "Route",
        "Server",
        "Subject",
        "Subscription-State",
        "Supported",
        "Timestamp",
        "To",
        "Unsupported",
        "User-Agent",
        "Via",
        "Warning",
        "WWW-Authenticate",
    ];
    let lines: String = names.iter().map(|name| format!("{name}: {name} x\n")).collect();
    let message = parse(&format!("SIP/2.0 200 OK\n{lines}\n"));
    let SipMessage::Response(there) = there(&message).unwrap() else { panic!("a request") };
    let known: Vec<_> = there.headers.iter().filter(|header| !matches!(header, Header::Other(..))).collect();
    // … and Content-Length.
    assert_eq!(known.len(), names.len() + 1);
    let back = Response::try_from(&there).unwrap();
    assert_eq!(back.headers.iter().map(|field| field.name.to_string()).collect::<Vec<_>>(), names);
    assert!(back.headers.iter().all(|field| field.value() == format!("{} x", field.name)));
}

#[test]
fn rsip_gets_the_parts_of_the_request_uri_right_where_its_own_reader_does_not() {
    let message = parse(&format!("INVITE sip:john.doe@example.com;transport=ws SIP/2.0\n{HEAD}\n"));
    let SipMessage::Request(request) = there(&message).unwrap() else { panic!("a response") };
    assert_eq!((request.uri.user(), request.uri.host().to_string().as_str()), (Some("john.doe"), "example.com"));
    assert!(request.uri.params.contains(&rsip::Param::Transport(rsip::Transport::Ws)));
    let theirs = rsip::Request::try_from("INVITE sip:john.doe@example.com SIP/2.0\r\nCall-ID: a\r\n\r\n").unwrap();
    let ours = Request::try_from(&theirs).unwrap();
    assert_eq!(ours.uri.as_sip().unwrap().user.as_deref(), Some("john.doe"));
}

#[test]
fn rsip_a_content_length_is_computed_whatever_was_written() {
    let message = parse("SIP/2.0 200 OK\nl: 2\nSubject: x\n\nabc");
    let SipMessage::Response(response) = there(&message).unwrap() else { panic!("a request") };
    let lengths: Vec<_> = response.headers.iter().filter(|header| matches!(header, Header::ContentLength(_))).collect();
    assert_eq!(lengths, [&Header::ContentLength(headers::ContentLength::new("2"))]);
}

#[test]
fn rsip_the_phrase_of_a_known_code_is_the_registered_one() {
    let message = parse("SIP/2.0 486 Not now\n\n");
    let SipMessage::Response(response) = there(&message).unwrap() else { panic!("a request") };
    let back = Response::try_from(&response).unwrap();
    assert_eq!((back.status, back.phrase.as_str()), (StatusCode::BUSY_HERE, "Busy Here"));
}

#[test]
fn rsip_what_it_cannot_say_is_an_error_that_says_why() {
    let other = Method::parse("NEWMETHOD").unwrap();
    let lower = Method::parse("invite").unwrap();
    let cases = [
        ("NEWMETHOD sip:x SIP/2.0\n\n", NotConvertible::Method(other), "NEWMETHOD"),
        ("invite sip:x SIP/2.0\n\n", NotConvertible::Method(lower), "invite"),
        ("INVITE tel:+1 SIP/2.0\n\n", NotConvertible::Scheme("tel".to_owned()), "tel"),
    ];
    for (text, error, part) in cases {
        assert!(error.to_string().contains(part));
        assert_eq!(there(&parse(text)).unwrap_err(), error);
    }
    let octets = Message::parse(b"SIP/2.0 200 OK\r\nSubject: \xff\r\n\r\n").unwrap();
    assert_eq!(there(&octets).unwrap_err(), NotConvertible::Value(Name::Subject));
}

#[test]
fn rsip_what_we_do_not_let_through_is_an_error_that_says_why() {
    let request = |uri: rsip::Uri, version, headers: Vec<Header>| {
        let headers = headers.into();
        Request::try_from(&rsip::Request { method: rsip::Method::Invite, uri, version, headers, body: Vec::new() })
            .unwrap_err()
    };
    let uri = || rsip::Uri::try_from("sip:example.com").unwrap();
    let evil = Header::Subject(headers::Subject::new("x\r\nEvil: 1"));
    assert_eq!(request(uri(), rsip::Version::V1, Vec::new()), NotConvertible::Version);
    assert_eq!(request(uri(), rsip::Version::V2, vec![evil]), NotConvertible::Value(Name::Subject));
    let odd = Header::Other("no token".to_owned(), "x".to_owned());
    assert_eq!(request(uri(), rsip::Version::V2, vec![odd]), NotConvertible::Name("no token".to_owned()));
    let nowhere = rsip::Uri { scheme: None, ..uri() };
    assert_eq!(request(nowhere, rsip::Version::V2, Vec::new()), NotConvertible::Scheme(String::new()));
    let auth = Some(rsip::Auth { user: "a b".to_owned(), password: None });
    let blank = request(rsip::Uri { auth, ..uri() }, rsip::Version::V2, Vec::new());
    assert!(matches!(blank, NotConvertible::Uri(_)) && blank.to_string().contains("malformed user"));
    for (status_code, error) in [
        (rsip::StatusCode::Other(99, "x".to_owned()), NotConvertible::Status(99)),
        (rsip::StatusCode::Other(299, "x\ny".to_owned()), NotConvertible::Phrase),
    ] {
        let response = rsip::Response { status_code, ..rsip::Response::default() };
        assert_eq!(Response::try_from(&response).unwrap_err(), error);
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn rsip_an_address_of_its_own_gets_its_brackets() {
    let host = rsip::Host::IpAddr("2001:db8::1".parse().unwrap());
    let uri = rsip::Uri { scheme: Some(rsip::Scheme::Sips), ..rsip::Uri::from(rsip::HostWithPort::from(host)) };
    let request = rsip::Request {
        method: rsip::Method::Options,
        uri,
        version: rsip::Version::V2,
        headers: rsip::Headers::default(),
        body: Vec::new(),
    };
    let expected = Request {
        headers: Headers::default(),
        ..Request::new(Method::Options, Uri::parse("sips:[2001:db8::1]").unwrap())
    };
    assert_eq!(Request::try_from(&request), Ok(expected));
}

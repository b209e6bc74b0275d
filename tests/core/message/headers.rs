//! MS-03, MS-04: header names, folds, lists.

use patchcord::message::{Headers, Method, Name};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{invite_with, parse, request};

#[test]
fn ms_03_compact_forms_are_read_and_long_forms_written() {
    for (compact, long) in [
        ("a", "Accept-Contact"),
        ("b", "Referred-By"),
        ("c", "Content-Type"),
        ("d", "Request-Disposition"),
        ("e", "Content-Encoding"),
        ("f", "From"),
        ("i", "Call-ID"),
        ("j", "Reject-Contact"),
        ("k", "Supported"),
        ("l", "Content-Length"),
        ("m", "Contact"),
        ("o", "Event"),
        ("r", "Refer-To"),
        ("s", "Subject"),
        ("t", "To"),
        ("u", "Allow-Events"),
        ("v", "Via"),
        ("x", "Session-Expires"),
        ("y", "Identity"),
    ] {
        for name in [compact.to_owned(), compact.to_ascii_uppercase(), long.to_ascii_uppercase()] {
            assert_eq!(Name::parse(&name).unwrap().as_str(), long);
            let message = parse(&format!("SIP/2.0 200 OK\n{name} : 0\n\n")).unwrap();
            let written = String::from_utf8(message.to_bytes()).unwrap();
            assert!(written.contains(&format!("\r\n{long}: 0\r\n")), "{written}");
        }
    }
}

#[test]
fn ms_03_every_name_is_found_in_any_case() {
    let all = "Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info \
        Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language Content-Length \
        Content-Type CSeq Date Diversion Error-Info Event Expires Flow-Timer From History-Info Identity In-Reply-To \
        Info-Package Join Max-Breadth Max-Forwards MIME-Version Min-Expires Min-SE Organization P-Asserted-Identity \
        P-Preferred-Identity Path Priority Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason \
        Record-Route Recv-Info Refer-Events-At Refer-Sub Refer-To Referred-By Reject-Contact Replaces Reply-To \
        Request-Disposition Require Retry-After Route RSeq Server Service-Route Session-Expires Session-ID SIP-ETag \
        SIP-If-Match Subject Subscription-State Supported Suppress-If-Match Target-Dialog Timestamp To Unsupported \
        User-Agent Via Warning WWW-Authenticate";
    for text in all.split_ascii_whitespace() {
        for spelled in [text.to_owned(), text.to_ascii_lowercase(), text.to_ascii_uppercase()] {
            let name = Name::parse(&spelled).unwrap();
            assert!(!matches!(name, Name::Other(_)), "{text}");
            assert_eq!(name.as_str(), text);
        }
    }
}

#[test]
fn ms_03_an_unknown_name_is_kept_and_equal_in_any_case() {
    let mut headers = request(&invite_with("n: one\nX-Thing: two\n")).headers;
    assert_eq!(headers.get(&Name::parse("N").unwrap()).unwrap(), "one");
    assert_eq!(headers.get(&Name::parse("x-tHING").unwrap()).unwrap(), "two");
    assert_eq!(headers.iter().last().unwrap().name.as_str(), "X-Thing");
    assert_eq!(headers.remove(&Name::parse("X-THING").unwrap()), 1);
    assert_eq!(Name::parse("not a token"), None);
    assert_eq!(Name::parse(""), None);
}

#[test]
fn ms_03_what_an_application_may_not_set() {
    let structural: Vec<_> = ["v", "f", "t", "i", "CSeq", "m", "Route", "Record-Route", "Max-Forwards", "l"]
        .map(|name| Name::parse(name).unwrap().is_structural())
        .into();
    assert!(structural.into_iter().all(|is| is));
    assert!(!Name::Subject.is_structural() && !Name::parse("X-Via").unwrap().is_structural());
}

#[test]
fn ms_04_folds_are_one_blank() {
    let folded = request(&invite_with("Subject:  one \n \t two\n\tthree  \n   \nRoute:\n <sip:x.example;lr>\n"));
    assert_eq!(folded.headers.get(&Name::Subject).unwrap(), "one two three");
    assert_eq!(folded.headers.get(&Name::Route).unwrap(), "<sip:x.example;lr>");
    assert!(parse("INVITE sip:b.example SIP/2.0\n Via: x\n\n").is_err());
}

#[test]
fn ms_04_lines_of_one_name_equal_one_joined_line() {
    let two = request(&invite_with("Route: <sip:a,b@x;lr>\nRoute: \"C, \\\"D\" <sip:y;lr> ; z\n"));
    let one = request(&invite_with("Route: <sip:a,b@x;lr> , \"C, \\\"D\" <sip:y;lr> ; z\n"));
    assert_eq!(two.headers.list(&Name::Route).unwrap(), ["<sip:a,b@x;lr>", "\"C, \\\"D\" <sip:y;lr> ; z"]);
    assert_eq!(two.headers.list(&Name::Route), one.headers.list(&Name::Route));
    assert_eq!(two.headers.addresses(&Name::Route), one.headers.addresses(&Name::Route));
    assert_eq!(two.headers.count(&Name::Route), 2);
}

#[test]
fn ms_04_authentication_headers_are_never_split() {
    for name in ["Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate"] {
        let headers = request(&invite_with(&format!("{name}: Digest a=1, b=2\n{name}: Digest c=3\n"))).headers;
        let name = Name::parse(name).unwrap();
        assert_eq!(headers.list(&name).unwrap(), ["Digest a=1, b=2", "Digest c=3"]);
    }
}

#[test]
fn ms_04_a_quote_or_bracket_without_end_is_a_fault_naming_the_header() {
    for line in ["Route: <sip:x", "Route: \"x <sip:x>", "Route: <sip:y>, \"x\\\""] {
        let headers = request(&invite_with(&format!("{line}\n"))).headers;
        assert_eq!(headers.list(&Name::Route).unwrap_err().phrase(), "Bad Route");
        assert_eq!(headers.addresses(&Name::Route).unwrap_err().phrase(), "Bad Route");
    }
    let headers = request(&invite_with("Contact: \"Mr. X <sip:x>\n")).headers;
    assert_eq!(headers.contacts().unwrap_err().phrase(), "Bad Contact");
}

#[test]
fn ms_04_tokens_are_found_across_lines() {
    let headers = request(&invite_with("k: Timer , replaces\nSupported: GRUU;x=1\nAllow: INVITE,ack\n")).headers;
    for (token, is_there) in [("timer", true), ("REPLACES", true), ("gruu", true), ("time", false), ("", false)] {
        assert_eq!(headers.has_token(&Name::Supported, token), is_there, "{token}");
    }
    assert!(headers.allows(&Method::Invite) && !headers.allows(&Method::Ack) && !headers.allows(&Method::Bye));
}

#[test]
fn ms_04_the_topmost_value_can_be_taken_from_a_joined_line() {
    let via = "Via: SIP/2.0/WS a;x=\"1,2\" , SIP/2.0/WS b,SIP/2.0/WS c\nVia: SIP/2.0/WS d\n";
    let mut headers = request(&format!("INVITE sip:b.example SIP/2.0\n{via}\n")).headers;
    for expected in ["SIP/2.0/WS a;x=\"1,2\"", "SIP/2.0/WS b", "SIP/2.0/WS c", "SIP/2.0/WS d"] {
        assert_eq!(headers.remove_first(&Name::Via).unwrap(), expected);
    }
    assert_eq!(headers.remove_first(&Name::Via), None);
}

#[test]
fn ms_04_lines_keep_their_places_when_one_is_changed() {
    let mut headers = Headers::default();
    for (name, value) in [(Name::To, "t"), (Name::Via, "1"), (Name::From, "f"), (Name::Via, "2")] {
        headers.push(name, value);
    }
    headers.prepend(Name::Via, "0");
    headers.prepend(Name::Route, "r");
    let all = |headers: &Headers| -> String { headers.iter().map(|field| field.value().into_owned()).collect() };
    assert_eq!(all(&headers), "rt01f2");
    headers.set(Name::Via, "v");
    headers.set(Name::Subject, "s");
    assert_eq!(all(&headers), "rtvfs");
}

//! MS-09, MS-10 and the other headers with values of their own.

use patchcord::message::{
    Headers, MediaType, Method, Name, Reason, Refresher, Replaces, SessionExpires, StatusCode, Transport, Uri, Via,
    percent_decode, percent_encode_header, same_description,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{invite_with, request};

fn headers(lines: &str) -> Headers {
    request(&invite_with(lines)).headers
}

#[test]
fn ms_09_session_expires_is_read_in_any_case_and_keeps_what_it_does_not_know() {
    let value = headers("x: 1800 ; Refresher=UAC;foo=bar\n").session_expires().unwrap().unwrap();
    assert_eq!((value.interval, value.refresher), (1800, Some(Refresher::Uac)));
    assert_eq!(value.to_string(), "1800;refresher=uac;foo=bar");
    assert_eq!(SessionExpires::new(90, Some(Refresher::Uas)).to_string(), "90;refresher=uas");
    assert_eq!(headers("").session_expires(), Ok(None));
}

#[test]
fn ms_09_an_unknown_refresher_reads_as_absent() {
    for value in ["1800;refresher=both", "1800;refresher", "1800"] {
        let value = SessionExpires::parse(value).unwrap();
        assert_eq!((value.refresher, value.to_string().as_str()), (None, "1800"));
    }
}

#[test]
fn ms_09_bad_session_timer_headers_are_faults_naming_them() {
    for lines in ["x: soon\n", "x: -1\n", "x: 4294967296\n", "x:\n", "x: 90;;\n", "x: 90\nSession-Expires: 90\n"] {
        assert_eq!(headers(lines).session_expires().unwrap_err().phrase(), "Bad Session-Expires", "{lines}");
    }
    assert_eq!(headers("Min-SE: 120;a=b\n").min_se(), Ok(Some(120)));
    for lines in ["Min-SE: x\n", "Min-SE: 90 90\n", "Min-SE: 90\nmin-se: 90\n"] {
        assert_eq!(headers(lines).min_se().unwrap_err().phrase(), "Bad Min-SE", "{lines}");
    }
}

#[test]
fn ms_10_replaces_is_read_and_printed() {
    let text = "425928@bobster.example.org;from-tag=6472;x=\"y\" ;To-Tag=7743;early-only";
    let replaces = headers(&format!("Replaces: {text}\n")).replaces().unwrap().unwrap();
    assert_eq!((replaces.to_tag.as_str(), replaces.from_tag.as_str()), ("7743", "6472"));
    assert!(replaces.early_only);
    assert_eq!(replaces.to_string(), "425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only;x=\"y\"");
    assert_eq!(headers("").replaces(), Ok(None));
}

#[test]
fn ms_10_a_call_id_of_separators_survives_a_uri() {
    for call_id in ["a@b", "50%25;x@[::1]", "a;b=c;d", "%41&=?", "\"<>\\"] {
        let replaces = Replaces::new(call_id, "t", "f");
        let text = format!("sip:bob@b.example?Replaces={}&x=", replaces.to_uri_header());
        let uri = Uri::parse(&text).unwrap();
        assert_eq!(uri.to_string(), text);
        let header = uri.as_sip().unwrap().header("replaces").unwrap();
        assert_eq!(Replaces::parse(&header), Ok(replaces.clone()), "{text}");
        assert_eq!(Replaces::from_uri_header(&replaces.to_uri_header()), Ok(replaces));
    }
}

#[test]
fn ms_10_a_replaces_in_a_refer_to_is_decoded_once_and_goes_out_as_it_came() {
    for call_id in ["12345@192.168.118.3", "50%25;x@[::1]", "a%2540b", "a;to=b&c=d?e"] {
        let replaces = Replaces { early_only: true, ..Replaces::new(call_id, "t-1", "f.2") };
        let value =
            format!("<sip:bob@b.example;gr=x?Replaces={}&Require=replaces>;method=INVITE", replaces.to_uri_header());
        let headers = headers(&format!("r: {value}\n"));
        let refer_to = headers.address(&Name::ReferTo).unwrap().unwrap();
        assert_eq!(refer_to.to_string(), value);
        let uri = refer_to.uri.as_sip().unwrap();
        assert_eq!(Replaces::parse(&uri.header("Replaces").unwrap()), Ok(replaces));
        assert_eq!(uri.header("require").as_deref(), Some("replaces"));
    }
    let literal = headers("Refer-To: <sip:b@x?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag=2>\n");
    let uri = literal.address(&Name::ReferTo).unwrap().unwrap().uri;
    let replaces = Replaces::parse(&uri.as_sip().unwrap().header("Replaces").unwrap()).unwrap();
    assert_eq!(replaces, Replaces::new("a@b", "1", "2"), "`=` within the value needs no escape to be understood");
}

#[test]
fn ms_10_bad_replaces_are_faults_naming_it() {
    for value in [
        "",
        ";to-tag=1;from-tag=2",
        "a",
        "a;to-tag=1",
        "a;from-tag=1",
        "a;to-tag=1;from-tag",
        "a;to-tag=1;from-tag=2;to-tag=1",
        "a;to-tag=1;from-tag=2;from-tag=3",
        "a b;to-tag=1;from-tag=2",
    ] {
        assert_eq!(
            headers(&format!("Replaces: {value}\n")).replaces().unwrap_err().phrase(),
            "Bad Replaces",
            "{value}"
        );
    }
    let twice = "Replaces: a;to-tag=1;from-tag=2\nReplaces: b;to-tag=1;from-tag=2\n";
    assert_eq!(headers(twice).replaces().unwrap_err().phrase(), "Bad Replaces");
}

#[test]
fn ms_10_escapes_are_made_and_undone_once() {
    assert_eq!(percent_encode_header("a@b;c=d %41ü"), "a%40b%3Bc%3Dd%20%2541%C3%BC");
    assert_eq!(percent_decode("a%40b%2541%C3%BC"), "a@b%41ü");
    assert_eq!(percent_decode("50%-%4-%ff"), "50%-%4-\u{fffd}");
}

#[test]
fn ms_07_vias_are_read_and_printed() {
    let vias = headers(
        "v:  SIP  / 2.0  / TCP     spindle.example.com : 5060  ; branch  =   z9hG4bK9ikj8  ,\n \
         sip/2.0/sctp [2001:DB8::9];received=2001:db8::1;rport\n",
    )
    .vias()
    .unwrap();
    let printed: Vec<_> = vias.iter().map(Via::to_string).collect();
    assert_eq!(
        printed,
        [
            "SIP/2.0/WSS a1b2c3.invalid;branch=z9hG4bK1",
            "SIP/2.0/TCP spindle.example.com:5060;branch=z9hG4bK9ikj8",
            "SIP/2.0/sctp [2001:DB8::9];received=2001:db8::1;rport"
        ]
    );
    assert_eq!((vias[2].sent_by().as_str(), vias[1].sent_by().as_str()), ("[2001:db8::9]", "spindle.example.com:5060"));
    assert_eq!(vias[2].params.get("rport"), Some(None));
    assert_eq!(
        Via::new(Transport::Wss, "x.invalid:1", "z9hG4bKa").to_string(),
        "SIP/2.0/WSS x.invalid:1;branch=z9hG4bKa"
    );
}

#[test]
fn ms_07_numbers_of_seconds() {
    let all = headers("Expires: 3600\nMin-Expires: 1 h\nRetry-After: 18000;duration=3600 (lunch)\n");
    assert_eq!(all.seconds(&Name::Expires), Ok(Some(3600)));
    assert_eq!(all.seconds(&Name::FlowTimer), Ok(None));
    assert_eq!(all.seconds(&Name::MinExpires).unwrap_err().phrase(), "Bad Min-Expires");
    assert_eq!(all.retry_after(), Some(18000));
    assert_eq!(headers("Retry-After: 949302838503028349304023988\n").retry_after(), Some(u32::MAX));
    assert_eq!(headers("Retry-After: soon\n").retry_after(), None);
}

#[test]
fn ms_08_media_types_and_reasons() {
    let kind = headers("c: Application / SDP ; Charset=\"utf-8\"\n").content_type().unwrap();
    assert!(kind.is("application/sdp") && kind.is("Application/SDP") && !kind.is("application/json"));
    assert_eq!(kind.to_string(), "application/sdp;Charset=\"utf-8\"");
    assert_eq!(headers("c: sdp\n").content_type(), None);
    assert!(MediaType::parse("a/b c").is_err());

    let reasons =
        headers("Reason: SIP ;cause=200 ;text=\"Call, completed\", Q.850;cause=x\nReason: Q.850;cause=16\n").reasons();
    let (sip, q850) = (Some("Call, completed".to_owned()), None);
    assert_eq!(
        reasons,
        [
            Reason { protocol: "SIP".to_owned(), cause: Some(200), text: sip },
            Reason { protocol: "Q.850".to_owned(), cause: Some(16), text: q850 }
        ]
    );
    assert_eq!(reasons[0].to_string(), "SIP;cause=200;text=\"Call, completed\"");
}

#[test]
fn ms_08_methods_and_status_codes() {
    for name in
        "INVITE ACK BYE CANCEL REGISTER OPTIONS INFO UPDATE PRACK SUBSCRIBE NOTIFY REFER MESSAGE PUBLISH".split(' ')
    {
        let method = Method::parse(name).unwrap();
        assert!(!matches!(method, Method::Other(_)));
        assert_eq!(method.to_string(), name);
    }
    assert_eq!(Method::parse("a b"), None);
    assert_eq!((StatusCode::new(99), StatusCode::new(700)), (None, None));
    for (code, phrase) in [(100, "Trying"), (180, "Ringing"), (202, "Accepted"), (422, "Session Interval Too Small")] {
        assert_eq!(StatusCode::new(code).unwrap().phrase(), phrase);
    }
    let odd = StatusCode::new(299).unwrap();
    assert!(odd.is_success() && odd.is_final() && !odd.is_provisional());
    assert_eq!((odd.phrase(), odd.class(), odd.code()), ("Success", 2, 299));
}

#[test]
fn ms_08_descriptions_are_the_same_but_for_their_origin() {
    let one = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 9 RTP/AVP 0\r\n";
    assert!(same_description(one, "v=0\no=- 1 2 IN IP4 192.0.2.1\ns=-\nm=audio 9 RTP/AVP 0"));
    assert!(!same_description(one, &one.replace("audio 9", "audio 0")));
    assert!(!same_description(one, &format!("{one}a=sendonly\r\n")));
}

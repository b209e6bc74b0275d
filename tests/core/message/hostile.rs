//! MS-14: no input makes the parser panic.

use patchcord::message::{
    Authorization, Challenge, Headers, Limits, Message, Name, NameAddr, Reason, Replaces, StatusCode, Uri, Via,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{HEAD, invite_with, wire};

/// Reads everything there is to read, by every reader.
fn read_all(octets: &[u8]) {
    match Message::read(octets, &Limits::default()) {
        Ok(parsed) => {
            read_headers(parsed.message.headers());
            assert!(parsed.message.body().len() + parsed.trailing <= octets.len());
            let again = Message::parse(&parsed.message.to_bytes()).unwrap();
            assert_eq!(again.to_bytes(), parsed.message.to_bytes());
            match parsed.message {
                Message::Request(request) => {
                    let _ = request.head();
                    let response = request.response(StatusCode::OK, None, Some("t"));
                    assert!(Message::parse(&response.to_bytes()).is_ok());
                }
                Message::Response(response) => drop(response.head()),
            }
        }
        Err(malformed) => {
            assert!(!malformed.fault.phrase().is_empty());
            if let Some(request) = malformed.request {
                let response = request.response(malformed.fault.status, Some(&malformed.fault.phrase()), Some("t"));
                assert!(Message::parse(&response.to_bytes()).is_ok());
            }
        }
    }
}

fn read_headers(headers: &Headers) {
    let _ = (headers.contacts(), headers.vias(), headers.session_expires(), headers.min_se(), headers.replaces());
    let _ = (headers.challenges(), headers.content_type(), headers.reasons(), headers.retry_after());
    for field in headers.iter() {
        let _ = (headers.list(&field.name), headers.addresses(&field.name), headers.seconds(&field.name));
        let value = field.value();
        let _ = (NameAddr::parse_list(&value), Uri::parse(&value), Via::parse(&value), Reason::parse(&value));
        let _ = (Challenge::parse(false, &value), Authorization::parse(&value), Replaces::parse(&value));
        if let Ok(uri) = Uri::parse(&value) {
            assert!(uri.equivalent(&uri));
        }
    }
    headers.clone().remove_first(&Name::Via);
}

fn samples() -> [Vec<u8>; 3] {
    let rich = "Contact: \"B \\\"\" <sip:b:pw@[2001:db8::192.0.2.1]:5060;lr;a=b?c=%41>;+sip.instance=\"<urn:x>\"\n\
        Route: <sip:p;lr>,\n <sip:q>\nx: 90;refresher=uac\nReplaces: a@b;to-tag=1;from-tag=2;early-only\n\
        Reason: SIP;cause=200;text=\"ok\"\nc: a/b;c=d\nExpires: 60\n\
        WWW-Authenticate: Digest realm=\"r\\\"\", nonce=\"n\", qop=\"auth\"\n\
        Authorization: Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"0\", nc=00000001\n\
        l: 4\n";
    let ok = format!("SIP/2.0 200 OK\n{HEAD}Retry-After: 5 (x)\nContent-Length: 3\n\nabc");
    [wire(&(invite_with(rich) + "\nv=")), wire(&ok), invite_with("Subject: x\n").into_bytes()]
}

#[test]
fn ms_14_no_cut_makes_the_parser_panic() {
    for sample in samples() {
        for length in 0..=sample.len() {
            read_all(&sample[..length]);
            read_all(&sample[length..]);
        }
    }
}

#[test]
fn ms_14_no_changed_octet_makes_the_parser_panic() {
    let octets = b"\r\n\0 \t\"\\<>;:,=?@%[]/a0\x7f\x80\xff";
    for sample in samples() {
        for at in 0..sample.len() {
            // A fifth of them at each place, another fifth at the next.
            for octet in octets.iter().skip(at % 5).step_by(5) {
                let mut changed = sample.clone();
                changed[at] = *octet;
                read_all(&changed);
                changed[at] = sample[at];
                changed.insert(at, *octet);
                read_all(&changed);
            }
        }
    }
}

#[test]
fn ms_14_16_kib_of_one_thing_do_not_make_the_parser_panic() {
    const SIZE: usize = 1 << 14;
    let start = "INVITE sip:b.example SIP/2.0\r\n";
    for piece in ["a:\r\n", "Via: x\r\n", "a: b\r\n c\r\n \r\n", "Contact: <\r\n", "\r\n", "\r", "\n", ":\r\n", " \r\n"]
    {
        let text = format!("{start}{}\r\n\r\n", piece.repeat(SIZE / piece.len()));
        let _ = Message::parse(text.as_bytes()).map(|message| message.to_bytes());
    }
    for piece in [",", ";", "\"", "\\", "<", ";a", ",a", "\"\\\"\"", "%41", ";to-tag", " ", "<>,", "1", "::", "."] {
        let value = piece.repeat(SIZE / piece.len());
        for prefix in ["", "sip:x;a", "<sip:x>;a=1", "\"", "SIP/2.0/WS x;a", "Digest realm=", "sip:["] {
            let mut headers = Headers::default();
            headers.push(Name::Contact, format!("{prefix}{value}"));
            read_headers(&headers);
        }
    }
}

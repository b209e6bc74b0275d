//! MS-14: no input makes the parser panic, and what is read can be written and read again.

use patchcord::entropy::Entropy;
use patchcord::message::{
    Authorization, Challenge, Event, Headers, Limits, Message, Name, NameAddr, RAck, Reason, Replaces, Sipfrag,
    StatusCode, SubscriptionState, Uri, Via, sdp,
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
                // It copies all lines there are, which may be one less than its own Content-Length makes them.
                let limits = Limits { headers: 200, ..Limits::default() };
                assert!(Message::read(&response.to_bytes(), &limits).is_ok());
            }
        }
    }
}

/// Reads it as a body too.
fn read_body(octets: &[u8]) {
    if let Ok(fragment) = Sipfrag::parse(octets) {
        let _ = Sipfrag::parse(&fragment.to_bytes());
    }
    let text = String::from_utf8_lossy(octets);
    let _ = (sdp::direction(&text), sdp::with_origin_version(&text, 1), sdp::is_answer_to(&text, &text));
}

fn read_headers(headers: &Headers) {
    let _ = (headers.contacts(), headers.vias(), headers.session_expires(), headers.min_se(), headers.replaces());
    let _ = (headers.event(), headers.subscription_state(), headers.rack(), headers.rseq(), headers.is_body_optional());
    let _ = (headers.challenges(), headers.content_type(), headers.reasons(), headers.retry_after());
    for field in headers.iter() {
        let _ = (headers.list(&field.name), headers.addresses(&field.name), headers.seconds(&field.name));
        let value = field.value();
        let _ = (NameAddr::parse_list(&value), Uri::parse(&value), Via::parse(&value), Reason::parse(&value));
        let _ = (Event::parse(&value), SubscriptionState::parse(&value), RAck::parse(&value));
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
            read_body(&sample[length..]);
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
fn ms_14_64_kib_of_one_thing_do_not_make_the_parser_panic() {
    const SIZE: usize = 1 << 16;
    let start = "INVITE sip:b.example SIP/2.0\r\n";
    for piece in ["a:\r\n", "Via: x\r\n", "a: b\r\n c\r\n \r\n", "Contact: <\r\n", "\r\n", "\r", "\n", ":\r\n", " \r\n"]
    {
        let text = format!("{start}{}\r\n\r\n", piece.repeat(SIZE / piece.len() - 32));
        read_all(text.as_bytes());
    }
    for piece in [",", ";", "\"", "\\", "<", ";a", ",a", "\"\\\"\"", "%41", ";to-tag", " ", "<>,", "1", "::", "."] {
        // No value of a message that is read is longer than a line may be (SL-01).
        let value = piece.repeat((SIZE >> 3) / piece.len());
        for prefix in ["", "sip:x;a", "<sip:x>;a=1", "\"", "SIP/2.0/WS x;a", "Digest realm=", "sip:["] {
            let mut headers = Headers::default();
            headers.push(Name::Contact, format!("{prefix}{value}"));
            read_headers(&headers);
        }
    }
}

/// Up to 64 KiB, out of pieces of real messages and of octets of one kind.
fn mixture(chance: &mut Entropy) -> Vec<u8> {
    let mut below = |bound: usize| usize::try_from(chance.below(bound as u64)).unwrap();
    let samples = samples();
    let size = [64, 1 << 10, 1 << 16][below(3)];
    let size = 1 + below(size);
    let mut octets = Vec::new();
    while octets.len() < size {
        let bound = [8, 256, 4096][below(3)];
        let length = 1 + below(bound);
        let sample = &samples[below(samples.len())];
        let start = below(sample.len());
        match below(6) {
            // A piece of a message, more often than not whole lines of it.
            0..=2 => octets.extend(&sample[start..sample.len().min(start + length)]),
            3 => octets.extend((0..length).map(|_| u8::try_from(below(256)).unwrap())),
            4 => octets.extend((0..length).map(|_| b"\r\n\0 \t\"\\<>;:,=?@%[]/a0\x7f\x80\xff"[below(23)])),
            _ => octets.extend(std::iter::repeat_n(b"\r\n :;,\"<=%"[below(10)], length)),
        }
    }
    octets.truncate(size);
    octets
}

#[test]
fn ms_14_no_octets_at_all_make_the_parser_panic() {
    for number in 0..60_u64 {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let octets = mixture(&mut Entropy::new(seed));
        read_all(&octets);
        read_body(&octets);
    }
}

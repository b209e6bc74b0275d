//! Arbitrary octets into every reader of `message`: nothing panics, what is read goes out and comes back the same, and
//! what is malformed can still be answered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patchcord::message::{
    Authorization, Challenge, Event, Headers, Limits, MediaType, Message, Name, NameAddr, RAck, Reason, Replaces,
    Sipfrag, StatusCode, SubscriptionState, Uri, Via, is_safe, sdp,
};

fuzz_target!(|octets: &[u8]| {
    match Message::read(octets, &Limits::default()) {
        Ok(parsed) => {
            assert!(parsed.message.body().len() + parsed.trailing <= octets.len());
            round_trip(&parsed.message);
            read_headers(parsed.message.headers());
            match &parsed.message {
                Message::Request(request) => {
                    let _ = request.head();
                    answer(&request.response(StatusCode::OK, None, Some("t")).to_bytes());
                }
                Message::Response(response) => drop(response.head()),
            }
        }
        Err(malformed) => {
            let phrase = malformed.fault.phrase();
            if let Some(request) = malformed.request {
                answer(&request.response(malformed.fault.status, Some(&phrase), Some("t")).to_bytes());
            }
        }
    }
    if let Ok(fragment) = Sipfrag::parse(octets) {
        let _ = Sipfrag::parse(&fragment.to_bytes());
    }
    let text = String::from_utf8_lossy(octets);
    read_value(&text);
    read_description(&text);
});

/// MS-08
fn round_trip(message: &Message) {
    let octets = message.to_bytes();
    // A computed Content-Length may be the one line, and its octets the few, that are too many.
    let limits = Limits { message: usize::MAX, headers: 129 };
    let again = Message::read(&octets, &limits).expect("what was read reads again").message;
    assert_eq!(again.to_bytes(), octets);
    assert_eq!(again.body(), message.body());
}

/// A response of ours is a message, whatever the request was.
fn answer(octets: &[u8]) {
    let limits = Limits { message: usize::MAX, headers: 200 };
    assert!(Message::read(octets, &limits).is_ok(), "{}", String::from_utf8_lossy(octets));
}

fn read_headers(headers: &Headers) {
    let _ = (headers.contacts(), headers.vias(), headers.session_expires(), headers.min_se(), headers.replaces());
    let _ = (headers.challenges(), headers.content_type(), headers.reasons(), headers.retry_after());
    let _ = (headers.notification(), headers.rack(), headers.rseq(), headers.is_body_optional());
    for field in headers.iter() {
        let _ = (headers.list(&field.name), headers.addresses(&field.name), headers.seconds(&field.name));
        read_value(&field.value());
    }
    headers.clone().remove_first(&Name::Via);
}

/// What a value prints as reads as the same value, unless it holds what is never written (MS-16): NUL, and line ends.
fn read_value(text: &str) {
    if !is_safe(text) {
        let _ = (Uri::parse(text), NameAddr::parse_list(text), Via::parse(text), Replaces::parse(text));
        return;
    }
    if let Ok(uri) = Uri::parse(text) {
        assert_eq!(Uri::parse(&uri.to_string()).as_ref(), Ok(&uri));
        assert!(uri.equivalent(&uri));
    }
    if let Ok(address) = NameAddr::parse(text) {
        assert_eq!(NameAddr::parse(&address.to_string()), Ok(address));
    }
    if let Ok(via) = Via::parse(text) {
        assert_eq!(Via::parse(&via.to_string()), Ok(via));
    }
    if let Ok(event) = Event::parse(text) {
        assert_eq!(Event::parse(&event.to_string()), Ok(event));
    }
    if let Ok(state) = SubscriptionState::parse(text) {
        assert_eq!(SubscriptionState::parse(&state.to_string()), Ok(state));
    }
    if let Ok(rack) = RAck::parse(text) {
        assert_eq!(RAck::parse(&rack.to_string()), Ok(rack));
    }
    if let Ok(replaces) = Replaces::parse(text) {
        assert_eq!(Replaces::from_uri_header(&replaces.to_uri_header()), Ok(replaces));
    }
    let _ = (Challenge::parse(false, text), Authorization::parse(text), Reason::parse(text), MediaType::parse(text));
}

fn read_description(text: &str) {
    let _ = (sdp::direction(text), sdp::same_description(text, text));
    assert!(sdp::is_answer_to(text, text));
    assert_eq!(sdp::media(text).count(), sdp::media_count(text));
    let raised = sdp::with_origin_version(text, 7);
    if sdp::origin_version(text).is_some() {
        assert_eq!(sdp::origin_version(&raised), Some(7));
    }
}

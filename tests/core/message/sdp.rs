//! IV-10: what the signalling reads of session descriptions.

use patchcord::message::sdp::{
    MediaDirection, direction, is_answer_to, media, media_count, origin_version, with_origin_version,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use MediaDirection::{Inactive, RecvOnly, SendOnly, SendRecv};

/// A description with these lines of the session and these streams, written with bare line feeds.
fn sdp(session: &str, streams: &str) -> String {
    format!("v=0\no=- 7 3 IN IP4 192.0.2.1\ns=-\n{session}t=0 0\n{streams}").replace('\n', "\r\n")
}

#[test]
fn iv_10_the_version_is_read_and_rewritten_and_nothing_else() {
    let before = sdp("", "m=audio 9 RTP/AVP 0\na=o=- 1 1\n");
    assert_eq!(origin_version(&before), Some(3));
    let after = with_origin_version(&before, u64::MAX);
    assert_eq!(after, before.replacen("o=- 7 3 ", "o=- 7 18446744073709551615 ", 1));
    assert_eq!((origin_version(&after), with_origin_version(&after, 3)), (Some(u64::MAX), before));
    for lines_end in ["\n", "\r"] {
        let odd = format!("v=0{lines_end}o=a b 1{lines_end}s=-{lines_end}");
        assert_eq!((origin_version(&odd), with_origin_version(&odd, 20)), (Some(1), odd.replace('1', "20")));
    }
    assert_eq!(with_origin_version("o=- 7 1", 2), "o=- 7 2");
}

#[test]
fn iv_10_a_description_without_a_version_stays_as_it_is() {
    for text in ["", "v=0\r\ns=-\r\n", "v=0\r\no=\r\n", "v=0\r\no=- 7\r\n", "xo=- 7 1\r\n"] {
        assert_eq!((origin_version(text), with_origin_version(text, 2).as_str()), (None, text));
    }
    for version in ["x", "-1", "+1", "18446744073709551616", ""] {
        assert_eq!(origin_version(&format!("o=- 7 {version} IN IP4 x\r\n")), None, "{version}");
    }
}

#[test]
fn iv_10_an_answer_has_as_many_streams_as_the_offer() {
    let streams = ["", "m=audio 9 RTP/AVP 0\n", "m=audio 0 RTP/AVP 0\nm=video 9 RTP/AVP 31\n"];
    for (one, offer) in streams.iter().enumerate() {
        assert_eq!(media_count(&sdp("", offer)), one);
        for (two, answer) in streams.iter().enumerate() {
            assert_eq!(is_answer_to(&sdp("", answer), &sdp("", offer)), one == two, "{one} {two}");
        }
    }
}

#[test]
fn iv_10_a_direction_of_the_session_stands_for_streams_without_their_own() {
    for (session, own, way) in [
        ("", "", SendRecv),
        ("a=sendonly\n", "", SendOnly),
        ("a=sendonly\n", "a=sendrecv\n", SendRecv),
        ("a=inactive\n", "a=recvonly\n", RecvOnly),
        ("", "a=inactive\n", Inactive),
        ("", "a=sendonlyx\na=x:sendonly\n", SendRecv),
    ] {
        let text = sdp(session, &format!("m=audio 9 RTP/AVP 0\n{own}"));
        assert_eq!(media(&text).map(|stream| stream.direction).collect::<Vec<_>>(), [way], "{session} {own}");
        assert_eq!(direction(&text), way, "{session} {own}");
    }
}

#[test]
fn iv_10_an_unspecified_address_is_a_hold() {
    for address in ["IP4 0.0.0.0", "IP4 0.0.0.0/127", "IP6 ::", "IP6 0:0:0:0:0:0:0:0", "IP6 ::0", "IP6 0::0.0.0.0"] {
        for (attribute, way) in [("", SendOnly), ("a=recvonly\n", Inactive), ("a=sendonly\n", SendOnly)] {
            let stream = format!("m=audio 40000 RTP/AVP 0\nc=IN {address}\n{attribute}");
            assert_eq!(direction(&sdp("c=IN IP4 192.0.2.1\n", &stream)), way, "{address} {attribute}");
            let stream = format!("m=audio 40000 RTP/AVP 0\n{attribute}");
            assert_eq!(direction(&sdp(&format!("c=IN {address}\n"), &stream)), way, "{address} {attribute}");
        }
    }
    for address in ["IP4 0.0.0.1", "IP6 ::1", "IP4 example.com", "IP4", "", "IP6 :::"] {
        assert_eq!(direction(&sdp(&format!("c=IN {address}\n"), "m=audio 40000 RTP/AVP 0\n")), SendRecv, "{address}");
    }
    let own = "m=audio 40000 RTP/AVP 0\nc=IN IP4 192.0.2.1\n";
    assert_eq!(direction(&sdp("c=IN IP4 0.0.0.0\n", own)), SendRecv, "its own address counts");
}

#[test]
fn iv_10_an_unspecified_address_is_no_hold_where_ice_finds_the_real_one() {
    for (session, stream) in [
        ("c=IN IP4 0.0.0.0\n", "m=audio 9 UDP/TLS/RTP/SAVPF 111\n"),
        ("", "m=audio 40000 RTP/AVP 0\nc=IN IP4 0.0.0.0\na=ice-ufrag:F7gI\n"),
        ("a=ice-ufrag:F7gI\nc=IN IP6 ::\n", "m=audio 40000 RTP/AVP 0\n"),
    ] {
        assert_eq!(direction(&sdp(session, stream)), SendRecv, "{session} {stream}");
        assert_eq!(direction(&sdp(session, &format!("{stream}a=sendonly\n"))), SendOnly, "{session} {stream}");
    }
}

#[test]
fn iv_10_the_session_flows_as_its_streams_do_together() {
    let stream = |port: u16, way: &str| format!("m=audio {port} RTP/AVP 0\na={way}\n");
    for (one, two, together) in [
        ("sendonly", "recvonly", SendRecv),
        ("sendonly", "inactive", SendOnly),
        ("recvonly", "inactive", RecvOnly),
        ("inactive", "inactive", Inactive),
    ] {
        assert_eq!(direction(&sdp("", &(stream(9, one) + &stream(9, two)))), together, "{one} {two}");
    }
    assert_eq!(direction(&sdp("", &(stream(9, "sendonly") + &stream(0, "sendrecv")))), SendOnly, "refused: no part");
    assert_eq!(direction(&sdp("", "")), Inactive);
    assert_eq!(direction(""), Inactive);
}

#[test]
fn iv_10_streams_are_read_in_order() {
    let text = sdp("", "m=audio 49170/2 RTP/AVP 0\nm=video 0 RTP/AVP 31\na=inactive\nm=\nm=text x\n");
    let seen: Vec<_> = media(&text).map(|stream| (stream.kind, stream.port, stream.direction)).collect();
    let expected = [
        ("audio", Some(49170), SendRecv),
        ("video", Some(0), Inactive),
        ("", None, SendRecv),
        ("text", None, SendRecv),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn iv_10_a_hold_is_answered_with_the_mirrored_direction() {
    for (way, answer) in [(SendRecv, SendRecv), (SendOnly, RecvOnly), (RecvOnly, SendOnly), (Inactive, Inactive)] {
        assert_eq!((way.mirrored(), answer.mirrored()), (answer, way));
        assert_eq!(direction(&sdp("", &format!("m=audio 9 RTP/AVP 0\na={}\n", way.as_str()))), way);
        assert_eq!(MediaDirection::new(way.sends(), way.receives()), way);
    }
}

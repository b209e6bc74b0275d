//! The parser against that of the crate `rsip`, which others use: on canonical messages, as RFC 3261 §24 shows them, both
//! read the same. Where rsip 0.4 is known to misread (a user without a password, IPv6, folds, unknown methods, octets that
//! are not UTF-8) there is nothing to compare.

use std::convert::TryFrom as _;

use patchcord::message::{Message, Name};
use rsip::headers::{ToTypedHeader as _, UntypedHeader as _};
use rsip::message::HasHeaders as _;
use rsip::prelude::HeadersExt as _;
use rsip::{Header, SipMessage};

/// Canonical messages: long names, one blank behind the colon, names of hosts, known methods.
const MESSAGES: [&str; 8] = [
    "INVITE sip:biloxi.example.com SIP/2.0\n\
     Via: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9\n\
     Max-Forwards: 70\n\
     From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl\n\
     To: Bob <sip:bob@biloxi.example.com>\n\
     Call-ID: 3848276298220188511@atlanta.example.com\n\
     CSeq: 1 INVITE\n\
     Contact: <sip:alice@client.atlanta.example.com;transport=tcp>\n\
     Content-Type: application/sdp\n\
     Content-Length: 5\n\nv=0\n",
    "SIP/2.0 180 Ringing\n\
     Via: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9;received=192.0.2.101\n\
     From: \"Alice A.\" <sip:alice@atlanta.example.com>;tag=9fxced76sl\n\
     To: Bob <sip:bob@biloxi.example.com>;tag=8321234356\n\
     Call-ID: 3848276298220188511@atlanta.example.com\n\
     CSeq: 1 INVITE\n\
     Contact: <sip:bob@client.biloxi.example.com;transport=tcp>\n\
     Content-Length: 0\n\n",
    "SIP/2.0 200 OK\n\
     Via: SIP/2.0/WSS edge.example.com;branch=z9hG4bKa\n\
     Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKb\n\
     Record-Route: <sip:edge.example.com;lr>\n\
     From: <sip:alice@atlanta.example.com>;tag=1\n\
     To: <sip:bob@biloxi.example.com>;tag=2\n\
     Call-ID: a@b\n\
     CSeq: 314159 INVITE\n\
     Supported: timer\n\
     Content-Length: 0\n\n",
    "ACK sip:bob:pw@client.biloxi.example.com SIP/2.0\n\
     Via: SIP/2.0/UDP client.atlanta.example.com;branch=z9hG4bK74bd5\n\
     From: <sip:alice@atlanta.example.com>;tag=1\n\
     To: <sip:bob@biloxi.example.com>;tag=2\n\
     Call-ID: a@b\n\
     CSeq: 1 ACK\n\
     Content-Length: 0\n\n",
    "BYE sip:alice:pw@client.atlanta.example.com:5061;transport=tls SIP/2.0\n\
     Via: SIP/2.0/TLS client.biloxi.example.com:5061;branch=z9hG4bKnashds7\n\
     Max-Forwards: 69\n\
     From: <sips:bob@biloxi.example.com>;tag=2\n\
     To: <sips:alice@atlanta.example.com>;tag=1\n\
     Call-ID: a@b\n\
     CSeq: 2147483647 BYE\n\
     Content-Length: 0\n\n",
    "REGISTER sip:ss2.wcom.example.com SIP/2.0\n\
     Via: SIP/2.0/WS there.example.com;branch=z9hG4bKfw19b\n\
     Max-Forwards: 70\n\
     From: \"John \\\"JD\\\" Doe\" <sip:jd@there.example.com>;tag=456248\n\
     To: <sip:jd@there.example.com>\n\
     Call-ID: 843817637684230@998sdasdh09\n\
     CSeq: 1826 REGISTER\n\
     Contact: <sip:jd@110.111.112.113>\n\
     Expires: 7200\n\
     Authorization: Digest username=\"jd\", realm=\"atlanta.example.com\", nonce=\"ea9c8e88\", uri=\"sip:x\", response=\"dfe5\"\n\
     User-Agent: x/1 (y; z)\n\
     Content-Length: 0\n\n",
    "SIP/2.0 401 Unauthorized\n\
     Via: SIP/2.0/UDP there.example.com;branch=z9hG4bKfw19b\n\
     From: <sip:jd@there.example.com>;tag=456248\n\
     To: <sip:jd@there.example.com>;tag=1410948204\n\
     Call-ID: 843817637684230@998sdasdh09\n\
     CSeq: 1826 REGISTER\n\
     WWW-Authenticate: Digest realm=\"atlanta.example.com\", qop=\"auth\", nonce=\"ea9c8e88df84f1cec4341ae6cbe5a359\"\n\
     WWW-Authenticate: Digest realm=\"atlanta.example.com\", nonce=\"x\", algorithm=MD5\n\
     Retry-After: 5\n\
     Content-Length: 0\n\n",
    "MESSAGE sip:domain.example.com SIP/2.0\n\
     Via: SIP/2.0/TCP user1pc.domain.example.com;branch=z9hG4bK776sgdkse\n\
     Max-Forwards: 70\n\
     From: <sip:user1@domain.example.com>;tag=49583\n\
     To: <sip:user2@domain.example.com>\n\
     Call-ID: asd88asd77a@1.2.3.4\n\
     CSeq: 1 MESSAGE\n\
     X-Unknown: a;b=\"c, d\", <e>\n\
     Content-Type: text/plain\n\
     Content-Length: 18\n\nWatson, come here.",
];

/// Both readings of a message.
fn both(text: &str) -> (Message, SipMessage) {
    let octets = text.replace('\n', "\r\n").into_bytes();
    let theirs = SipMessage::try_from(octets.as_slice()).unwrap_or_else(|bad| panic!("{bad}: {text}"));
    (Message::parse(&octets).unwrap_or_else(|bad| panic!("{bad:?}: {text}")), theirs)
}

#[test]
fn ms_02_start_lines_and_bodies_read_as_rsip_reads_them() {
    for text in MESSAGES {
        match both(text) {
            (Message::Request(ours), SipMessage::Request(theirs)) => {
                assert_eq!(ours.method.to_string(), theirs.method.to_string());
                assert_eq!(ours.uri.to_string().to_ascii_lowercase(), theirs.uri.to_string().to_ascii_lowercase());
                let parts = ours.uri.as_sip().unwrap();
                assert_eq!(parts.user.as_deref(), theirs.uri.user());
                assert_eq!(parts.host, theirs.uri.host_with_port.host.to_string());
                assert_eq!(parts.port, theirs.uri.host_with_port.port.map(u16::from));
                assert_eq!(ours.body, theirs.body);
            }
            (Message::Response(ours), SipMessage::Response(theirs)) => {
                assert_eq!(ours.status.code(), theirs.status_code.code());
                assert_eq!(ours.body, theirs.body);
            }
            (ours, theirs) => panic!("{ours:?} and {theirs:?}"),
        }
    }
}

#[test]
fn ms_03_header_lines_read_as_rsip_reads_them_and_in_the_same_order() {
    for text in MESSAGES {
        let (ours, theirs) = both(text);
        let ours: Vec<_> = ours.headers().iter().map(|field| format!("{}: {}", field.name, field.value())).collect();
        let theirs: Vec<_> = theirs.headers().iter().map(Header::to_string).collect();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn ms_07_what_finds_transaction_and_dialog_reads_as_rsip_reads_it() {
    for text in MESSAGES {
        let (ours, theirs) = both(text);
        let head = match &ours {
            Message::Request(request) => request.head().unwrap(),
            Message::Response(response) => response.head().unwrap(),
        };
        let via = theirs.via_header().unwrap().typed().unwrap();
        assert_eq!(head.via.transport.as_str(), via.transport.to_string());
        assert_eq!(head.via.branch(), via.branch().map(|branch| branch.value()));
        let (host, port) = (via.uri.host_with_port.host.to_string(), via.uri.host_with_port.port.map(u16::from));
        assert_eq!((head.via.host.as_str(), head.via.port), (host.as_str(), port));
        let from = theirs.from_header().unwrap().typed().unwrap();
        assert_eq!(head.from_tag(), from.tag().map(|tag| tag.value()));
        let to = theirs.to_header().unwrap().typed().unwrap();
        assert_eq!(head.to_tag(), to.tag().map(|tag| tag.value()));
        assert_eq!(head.call_id, theirs.call_id_header().unwrap().value());
        let cseq = theirs.cseq_header().unwrap().typed().unwrap();
        assert_eq!((head.cseq.number, head.cseq.method.to_string()), (cseq.seq, cseq.method.to_string()));
        let hops = theirs.max_forwards_header().ok().map(|hops| hops.num().unwrap());
        assert_eq!(ours.headers().max_forwards().unwrap().map(u32::from), hops);
        let expires = theirs.expires_header().map(|expires| expires.seconds().unwrap());
        assert_eq!(ours.headers().seconds(&Name::Expires).unwrap(), expires);
    }
}

#[test]
fn ms_08_what_we_write_reads_in_rsip_as_what_we_read() {
    for text in MESSAGES {
        let (ours, theirs) = both(text);
        assert_eq!(SipMessage::try_from(ours.to_bytes()).unwrap(), theirs);
    }
}

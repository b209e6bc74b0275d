//! MS-14: the torture messages of RFC 4475 and RFC 5118, each read by the parser and sent to an agent that is connected
//! and listens for calls. One row is one test; how the rows are checked stands below them.
//!
//! The agent is a user agent, reached by WebSocket: REGISTER is a method it does not allow, and a Via without a unique
//! branch is refused (TX-02), which messages of RFC 2543 have to bear.

use patchcord::agent::{Config, Input};
use patchcord::message::{Contacts, FlowId, Frame, Message, Name, Request};
use patchcord::usage::data::CallHandle;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Script, config};

use Answer::{Dropped, Rings, Status};
use Reading::{Bad, Good, Malformed};

const RFC_4475: &str = include_str!("../vectors/rfc4475.txt");
const RFC_5118: &str = include_str!("../vectors/rfc5118.txt");

/// The address most of them are sent to.
const USER: &str = "sip:user@example.com";

/// What the parser makes of a message.
#[derive(Debug)]
enum Reading {
    /// It has everything that every layer needs.
    Good,
    /// It reads, but what every layer needs is wrong in the way of this phrase.
    Bad(&'static str),
    /// It does not read; what is salvaged can be answered with this status, unless it is a response.
    Malformed(u16),
}

/// What the agent does.
#[derive(Debug)]
enum Answer {
    /// It answers with this status, and this is in the answer.
    Status(u16, &'static str),
    /// It is told as an incoming call, and can be refused like any other.
    Rings,
    /// It is dropped with this diagnostic.
    Dropped(&'static str),
}

/// `test: the message, sent to the agent of this address, reads so => and is answered so`
macro_rules! torture {
    ($corpus:ident $($test:ident: $message:literal, $aor:expr, $reading:expr => $answer:expr;)*) => {
        $(#[test]
        fn $test() {
            check(&find($corpus, $message), $aor, $reading, $answer);
        })*
    };
}

// RFC 4475 §3.1.1: valid messages.
torture! { RFC_4475
    ms_14_a_short_tortuous_invite_is_read_and_refused_for_its_old_branch_only:
        "wsinv", "sip:vivekg@chair-dnrc.example.com", Good => Status(400, " 400 Bad Via\r\n");
    ms_14_a_method_of_all_characters_a_token_may_have_is_405:
        "intmeth", USER, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_an_invite_with_valid_escapes_rings:
        "esc01", "sip:sips%3Auser%40example.com@example.net", Good => Rings;
    ms_14_escaped_nulls_in_uris_are_read_and_register_is_405:
        "escnull", USER, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_percent_signs_in_a_method_are_no_escapes_so_it_is_405:
        "esc02", USER, Good => Status(405, "CSeq: 29344 RE%47IST%45R\r\n");
    ms_14_a_display_name_may_touch_the_bracket:
        "lwsdisp", USER, Good => Status(200, "\r\nAllow: INVITE");
    ms_14_long_values_are_read_but_more_vias_than_32_are_400:
        "longreq", USER, Bad("Bad Via") => Status(400, " 400 Bad Via\r\n");
    ms_14_octets_behind_the_body_are_ignored_and_register_is_405:
        "dblreq", "sip:example@example.com", Good => Status(405, "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
    ms_14_semicolons_in_the_user_part_belong_to_the_user:
        "semiuri", "sip:user;par=u%40example.net@example.com", Good => Status(200, "\r\nAccept: application/sdp");
    ms_14_unknown_transports_in_vias_are_tolerated:
        "transports", USER, Good => Status(200, "SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en");
    ms_14_a_multipart_body_of_octets_is_read_and_is_no_type_we_take_so_415:
        "mpart01", "sip:kumiko@example.org", Good => Status(415, "\r\nAccept: ");
    ms_14_an_unusual_reason_phrase_is_read_and_a_response_to_nothing_dropped:
        "unreason", USER, Good => Dropped("foreign-response");
    ms_14_an_empty_reason_phrase_is_read_and_a_response_to_nothing_dropped:
        "noreason", USER, Good => Dropped("foreign-response");
}

// RFC 4475 §3.1.2: invalid messages.
torture! { RFC_4475
    ms_14_extraneous_separators_are_400:
        "badinv01", USER, Bad("Bad Via") => Status(400, " 400 Bad Via\r\n");
    ms_14_a_content_length_larger_than_the_message_is_400:
        "clerr", USER, Malformed(400) => Status(400, " 400 Bad Content-Length\r\n");
    ms_14_a_negative_content_length_is_400:
        "ncl", USER, Malformed(400) => Status(400, " 400 Bad Content-Length\r\n");
    ms_14_overlarge_scalars_in_a_request_are_400:
        "scalar02", USER, Bad("Bad CSeq") => Status(400, " 400 Bad CSeq\r\n");
    ms_14_overlarge_scalars_in_a_response_drop_it:
        "scalarlg", USER, Bad("Bad CSeq") => Dropped("malformed");
    ms_14_an_unterminated_quote_in_a_display_name_is_400:
        "quotbal", USER, Bad("Bad To") => Status(400, " 400 Bad To\r\n");
    ms_14_brackets_around_the_request_uri_are_400:
        "ltgtruri", USER, Malformed(400) => Status(400, "ltgtruri.1@192.0.2.5");
    ms_14_a_blank_in_the_request_uri_is_400:
        "lwsruri", USER, Malformed(400) => Status(400, "lwsruri.asdfasdoeoi2323-asdfwrn23-asd834rk423");
    ms_14_several_blanks_between_the_elements_of_the_request_line_are_400:
        "lwsstart", USER, Malformed(400) => Status(400, " 400 Bad Request (extra blanks in the start line)\r\n");
    ms_14_blanks_at_the_end_of_the_request_line_are_400:
        "trws", "sip:remote-target@example.com", Malformed(400)
        => Status(400, " 400 Bad Request (extra blanks in the start line)\r\n");
    ms_14_escaped_headers_in_the_request_uri_are_400:
        "escruri", USER, Malformed(400) => Status(400, " 400 Bad Request (header components in the Request-URI)\r\n");
    ms_14_a_bad_date_is_tolerated_and_the_invite_rings:
        "baddate", USER, Good => Rings;
    ms_14_a_contact_that_needs_brackets_and_has_none_is_a_fault_and_register_is_405:
        "regbadct", USER, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_blanks_within_an_addr_spec_are_400:
        "badaspec", USER, Bad("Bad To") => Status(400, " 400 Bad To\r\n");
    ms_14_a_message_whose_last_empty_line_is_missing_is_400:
        "baddn", "sip:t.watson@example.org", Malformed(400)
        => Status(400, " 400 Bad Request (the head does not end in an empty line)\r\n");
    ms_14_an_unknown_protocol_version_is_505:
        "badvers", "sip:t.watson@example.org", Malformed(505) => Status(505, " 505 Version Not Supported\r\n");
    ms_14_a_cseq_of_another_method_is_400:
        "mismatch01", USER, Bad("Bad CSeq") => Status(400, " 400 Bad CSeq\r\n");
    ms_14_an_unknown_method_with_a_cseq_of_another_is_400:
        "mismatch02", USER, Bad("Bad CSeq") => Status(400, " 400 Bad CSeq\r\n");
    ms_14_an_overlarge_response_code_drops_the_response:
        "bigcode", USER, Malformed(400) => Dropped("malformed");
}

// RFC 4475 §3.2 to §3.4: transactions, applications, RFC 2543.
torture! { RFC_4475
    ms_14_a_branch_of_the_magic_cookie_alone_is_400:
        "badbranch", USER, Good => Status(400, " 400 Bad Via\r\n");
    ms_14_missing_required_headers_are_400:
        "insuf", USER, Bad("Missing From") => Status(400, " 400 Missing From\r\n");
    ms_14_a_request_uri_of_an_unknown_scheme_is_416:
        "unkscm", USER, Good => Status(416, " 416 Unsupported URI Scheme\r\n");
    ms_14_a_request_uri_of_a_known_but_atypical_scheme_is_416:
        "novelsc", USER, Good => Status(416, " 416 Unsupported URI Scheme\r\n");
    ms_14_unknown_schemes_in_headers_are_read_and_register_is_405:
        "unksm2", USER, Good => Status(405, "To: isbn:2983792873;tag=");
    ms_14_unknown_extensions_that_are_required_are_420:
        "bext01", USER, Good => Status(420, "Unsupported: nothingSupportsThis, nothingSupportsThisEither\r\n");
    ms_14_an_unknown_content_type_is_415:
        "invut", USER, Good => Status(415, "\r\nAccept: application/sdp\r\n");
    ms_14_an_unknown_authorization_scheme_is_read_and_register_is_405:
        "regaut01", USER, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_several_values_where_one_may_stand_are_400:
        "multi01", "sip:user@company.com", Bad("Bad From") => Status(400, " 400 Bad From\r\n");
    ms_14_several_content_lengths_are_400:
        "mcl01", USER, Malformed(400) => Status(400, " 400 Bad Content-Length\r\n");
    ms_14_a_200_with_a_broadcast_via_is_dropped:
        "bcast", USER, Good => Dropped("foreign-response");
    ms_14_max_forwards_of_zero_is_no_matter_where_the_request_ends:
        "zeromf", USER, Good => Status(200, "\r\nAllow: INVITE");
    ms_14_a_contact_with_a_header_parameter_is_read_and_register_is_405:
        "cparam01", USER, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_a_contact_with_a_uri_parameter_is_read_and_register_is_405:
        "cparam02", USER, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_a_contact_with_an_escaped_header_is_read_and_register_is_405:
        "regescrt", USER, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_an_accept_of_unknown_types_alone_is_tolerated_and_the_invite_rings:
        "sdp01", USER, Good => Rings;
    ms_14_an_invite_of_rfc_2543_is_read_and_refused_for_its_branch:
        "inv2543", "sip:UserB@example.com", Good => Status(400, " 400 Bad Via\r\n");
}

/// The address of those that are sent to an IPv6 reference.
const USER_6: &str = "sip:user@[2001:db8::10]";

// RFC 5118 §4.
torture! { RFC_5118
    ms_14_ipv6_references_are_read_and_register_is_405:
        "ipv6-good", USER_6, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_an_ipv6_address_without_brackets_in_the_request_uri_is_400:
        "ipv6-bad", USER_6, Malformed(400) => Status(400, "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111");
    ms_14_what_looks_like_a_port_within_the_brackets_belongs_to_the_address:
        "port-ambiguous", USER_6, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_a_port_behind_the_brackets_is_a_port:
        "port-unambiguous", USER_6, Good => Status(405, "\r\nAllow: INVITE");
    ms_14_a_received_with_brackets_is_tolerated:
        "via-received-param-with-delim", USER_6, Good => Status(481, ";received=[2001:db8::9:255];");
    ms_14_a_received_without_brackets_is_read:
        "via-received-param-no-delim", USER_6, Good => Status(200, ";received=2001:db8::9:255;");
    ms_14_an_invite_with_ipv6_addresses_in_its_description_rings:
        "ipv6-in-sdp", USER_6, Good => Rings;
    ms_14_vias_of_ipv4_and_ipv6_are_answered_in_order:
        "mult-ip-in-header", "sip:user@example.net", Good => Status(481, "Via: SIP/2.0/UDP 192.0.2.1;");
    ms_14_an_invite_with_ipv4_and_ipv6_streams_rings:
        "mult-ip-in-sdp", USER_6, Good => Rings;
    ms_14_an_invite_with_ipv4_mapped_ipv6_addresses_rings:
        "ipv4-mapped-ipv6", USER, Good => Rings;
    ms_14_a_third_colon_that_the_grammar_of_rfc_3261_could_write_is_tolerated:
        "ipv6-bug-abnf-3-colons", USER_6, Good => Status(200, "sip:user@[2001:db8:::192.0.2.1]");
    ms_14_two_colons_before_an_ipv4_address_are_right:
        "ipv6-correct-abnf-2-colons", USER_6, Good => Status(200, "sip:user@[2001:db8::192.0.2.1]");
}

// The details the RFCs point out ----------------------------------------------------------------------------------

#[test]
fn ms_14_the_corpora_are_whole_and_every_message_has_a_test() {
    let names = |corpus: &'static str| corpus.lines().filter(|line| line.starts_with("=== ")).count();
    assert_eq!((names(RFC_4475), names(RFC_5118)), (49, 12));
    let rows = include_str!("torture.rs");
    for line in RFC_4475.lines().chain(RFC_5118.lines()).filter(|line| line.starts_with("=== ")) {
        let name = line.rsplit(' ').next().unwrap();
        assert!(rows.contains(&format!("        \"{name}\", ")), "{name}");
    }
}

#[test]
fn ms_14_the_tortuous_invite_says_what_it_says() {
    let invite = request(RFC_4475, "wsinv");
    let head = invite.head().unwrap();
    assert_eq!((head.from.display_name.as_deref(), head.from_tag()), (Some("J Rosenberg \\\""), Some("98asjd8")));
    assert_eq!((head.to_tag(), head.cseq.number), (Some("1918181833n"), 9));
    assert_eq!(
        (invite.headers.max_forwards(), invite.headers.get(&Name::Subject).as_deref()),
        (Ok(Some(68)), Some(""))
    );
    let unknown = Name::parse("NewFangledHeader").unwrap();
    assert_eq!(invite.headers.get(&unknown).as_deref(), Some("newfangled value continued newfangled value"));
    let vias: Vec<_> = invite.headers.vias().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        vias,
        [
            "SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
            "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
            "SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239"
        ]
    );
    let Ok(Contacts::List(contacts)) = invite.headers.contacts() else { panic!("contacts") };
    assert_eq!(
        contacts[0].to_string(),
        "\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com>;newparam=newvalue;secondparam;q=0.33"
    );
    assert_eq!(invite.body.len(), 150);
}

#[test]
fn ms_14_the_tortuous_invite_with_a_new_branch_is_a_request_in_a_dialog_nobody_has() {
    let octets = find(RFC_4475, "wsinv");
    let text = String::from_utf8(octets).unwrap().replace("390skdjuw", "z9hG4bK390skdjuw");
    let mut script = agent("sip:vivekg@chair-dnrc.example.com");
    script.say_raw(&text);
    script.expect_response(481, "INVITE");
}

#[test]
fn ms_14_a_display_name_of_no_tokens_is_400() {
    // The empty line that the message lacks would hide what it is about.
    let octets = [&find(RFC_4475, "baddn")[..], b"\r\n"].concat();
    let answer = Status(400, " 400 Bad From\r\n");
    check(&octets, "sip:t.watson@example.org", Bad("Bad From"), answer);
}

#[test]
fn ms_14_the_long_request_reads_whole() {
    let long = request(RFC_4475, "longreq");
    assert_eq!(long.headers.vias().unwrap().len(), 34);
    let (from, to) = (long.headers.address(&Name::From), long.headers.address(&Name::To));
    assert!(from.unwrap().unwrap().tag().unwrap().len() > 90 && to.unwrap().unwrap().display_name.unwrap().len() > 90);
    assert!(long.headers.contacts().is_ok() && long.headers.cseq().is_ok());
}

#[test]
fn ms_14_contacts_are_read_as_rfc_4475_reads_them() {
    let contacts = |name: &str| request(RFC_4475, name).headers.contacts();
    let params = |name: &str| match contacts(name) {
        Ok(Contacts::List(list)) => {
            (list[0].params.has("unknownparam"), list[0].uri.as_sip().unwrap().params.has("unknownparam"))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((params("cparam01"), params("cparam02")), ((true, false), (false, true)));
    assert_eq!(contacts("regbadct").unwrap_err().phrase(), "Bad Contact");
    let Ok(Contacts::List(list)) = contacts("regescrt") else { panic!("contacts") };
    assert_eq!(list[0].uri.as_sip().unwrap().header("Route").as_deref(), Some("<sip:sip.example.com>"));
    let Ok(Contacts::List(list)) = contacts("esc02") else { panic!("contacts") };
    assert_eq!(list.len(), 2, "C%6Fntact is another header");
}

#[test]
fn ms_14_the_length_that_rfc_5118_prints_for_a_body_is_more_than_it_has_and_so_400() {
    let octets = find(RFC_5118, "ipv6-in-sdp");
    let mut script = agent(USER_6);
    script.say_raw(&String::from_utf8(octets).unwrap().replace("Content-Length: 251", "Content-Length: 268"));
    script.expect("SIP/2.0 400 Bad Content-Length\r\n");
}

// How a row is checked ----------------------------------------------------------------------------------------------

/// The octets of a message, from the notation that the head of its file explains.
fn find(corpus: &str, name: &str) -> Vec<u8> {
    let mut entries = corpus.split("\n=== ").skip(1);
    let is_it = |entry: &&str| entry.lines().next().is_some_and(|title| title.ends_with(&format!(" {name}")));
    let entry = entries.find(is_it).unwrap_or_else(|| panic!("no {name}"));
    let (_, text) = entry.split_once('\n').unwrap();
    // The line end before the next title is the last of this message; `split` took it, but for the last message.
    let text = text.strip_suffix('\n').filter(|_| corpus.ends_with(text)).unwrap_or(text);
    let text = format!("{text}\n").replace("\\&\n", "").replace('\n', "\r\n");
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                octets.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                after
            }
            (octet @ b'\\', [b'\\', after @ ..]) | (octet, after) => {
                octets.push(*octet);
                after
            }
        };
    }
    octets
}

fn request(corpus: &str, name: &str) -> Request {
    match Message::parse(&find(corpus, name)) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn agent(aor: &str) -> Script {
    Script::connected_as(Config { aor: aor.to_owned(), ..config() })
}

fn check(octets: &[u8], aor: &str, reading: Reading, answer: Answer) {
    check_reading(octets, reading);
    let (mut text, mut binary) = (agent(aor), agent(aor));
    deliver(&mut text, |flow| Input::Received { flow, frame: Frame::from(octets.to_vec()) });
    deliver(&mut binary, |flow| Input::Received { flow, frame: Frame::Binary(octets.to_vec()) });
    // MS-13
    assert_eq!(text.end.sent, binary.end.sent, "a text and a binary frame are answered alike");
    check_answer(&mut text, answer);
    let options = text.request("OPTIONS").started(&format!("OPTIONS {aor} SIP/2.0"));
    text.say(&options);
    text.expect_response(200, "OPTIONS");
}

fn deliver(script: &mut Script, input: impl FnOnce(FlowId) -> Input) {
    let flow = script.end.flow.unwrap();
    script.input(input(flow));
}

fn check_reading(octets: &[u8], reading: Reading) {
    let message = match (Message::parse(octets), reading) {
        (Ok(message), reading) => {
            let head = match &message {
                Message::Request(request) => request.head(),
                Message::Response(response) => response.head(),
            };
            match (head.map_err(|fault| fault.phrase()), &reading) {
                (Ok(_), Good) => {}
                (Err(phrase), Bad(expected)) => assert_eq!(phrase, *expected),
                (head, _) => panic!("{head:?}, not {reading:?}"),
            }
            message
        }
        (Err(malformed), Malformed(status)) => {
            assert_eq!(malformed.fault.status.code(), status);
            assert_eq!(malformed.request.is_some(), !octets.starts_with(b"SIP/"));
            return;
        }
        (Err(malformed), reading) => panic!("{malformed:?}, not {reading:?}"),
    };
    // MS-08: what was read goes out whole, with Content-Length at the end.
    let again = Message::parse(&message.to_bytes()).unwrap();
    let fields = |message: &Message| {
        let mut fields: Vec<_> = message.headers().iter().cloned().collect();
        fields.retain(|field| field.name != Name::ContentLength);
        fields
    };
    assert_eq!((fields(&again), again.body()), (fields(&message), message.body()));
}

fn check_answer(script: &mut Script, answer: Answer) {
    match answer {
        Status(status, part) => {
            let text = script.expect(&format!("SIP/2.0 {status} ")).0;
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
        Rings => {
            script.expect_nothing();
            let told = script.news().into_iter().find(|line| line.ends_with(" incoming")).expect("an incoming call");
            let number = told.split(' ').nth(1).and_then(|number| number.parse().ok()).expect("a handle");
            script.reject(CallHandle(number), 486);
            script.expect_response(486, "INVITE");
        }
        Dropped(code) => {
            script.expect_nothing();
            assert!(script.was_told(&format!("diagnostic {code}")));
        }
    }
}

//! What is written is read again as it was, under the names that the generated TypeScript declares.

use core::fmt::Debug;

use js_sys::{Object as Js, Reflect};
use tsify::Tsify;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::agent::{
    Capabilities, Command, Config, ConnectionState, Direction, Event, Interest, ReconnectConfig, RegistrationConfig,
    TimerConfig,
};
use crate::usage::call::{
    AcceptOptions, CallEnd, CallEvent, CallState, Cause, DialOptions, DialogData, DtmfOptions, EndedBy, HangupOptions,
    ReasonData, RefreshMethod, RefusalOptions, RenegotiateOptions, RingOptions,
};
use crate::usage::data::{
    Address, AskId, Body, CallHandle, Failure, FailureCode, Limits, Machine, MessageData, Outcome, RequestId,
    RequestOptions, ResponseData,
};
use crate::usage::question::{Answer, ChallengeData, CredentialSource, Credentials, Question};
use crate::usage::registration::{GruuData, RegistrationEvent, RegistrationState};

const ID: RequestId = RequestId(7);
const CALL: CallHandle = CallHandle(u32::MAX);
const AT: Instant = Instant(86_400_001);

/// Reads what was written, and finds every name in the declaration.
fn crosses<T: Object + Tsify + PartialEq + Debug>(value: &T) {
    let written = value.write();
    assert_eq!(read::<T>(&written, "value").as_ref(), Ok(value));
    if let Some(word) = written.as_string() {
        assert!(T::DECL.contains(&format!("\"{word}\"")), "{word} in {}", T::DECL);
        return;
    }
    let tag = Reflect::get(&written, &"type".into()).ok().and_then(|tag| tag.as_string());
    // The declaration of one variant, or all of it; comments may hold colons.
    let from = tag.as_ref().map_or(Some(0), |tag| T::DECL.find(&format!("type: \"{tag}\"")));
    let declared = T::DECL.split_at(from.unwrap_or_else(|| panic!("{tag:?} in {}", T::DECL))).1;
    let declared = declared.split(" } | {").next().unwrap_or_default();
    let lines = declared.split(['\n', ';', '{']).map(str::trim);
    let members = lines.filter_map(|line| line.split_once(':').map(|(name, _)| name.trim_end_matches('?')));
    let mut expected: Vec<String> =
        members.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric())).map(String::from).collect();
    let mut found: Vec<String> =
        Js::keys(written.unchecked_ref::<Js>()).iter().filter_map(|name| name.as_string()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{}", T::DECL);
}

fn headers() -> Vec<(String, String)> {
    vec![("X-One".into(), "1".into()), ("X-Two".into(), "ü€😀".into())]
}

fn body() -> Body {
    let content = Content::Binary(vec![0, 200, 255]);
    Body { content_type: "application/octet-stream".into(), content, disposition: Some("session".into()) }
}

fn message() -> MessageData {
    MessageData { headers: "Subject: lunch\r\n".into(), body: Some(body()) }
}

fn response() -> ResponseData {
    ResponseData { status: 486, phrase: "Busy Here".into(), message: message() }
}

fn address() -> Address {
    let params = vec![("tag".into(), Some("1".into())), ("lr".into(), None)];
    Address { uri: "sip:bob@example.com".into(), display_name: Some("Bob".into()), params }
}

fn reason() -> ReasonData {
    ReasonData { protocol: "SIP".into(), cause: 200, text: Some("elsewhere".into()) }
}

fn credentials() -> Credentials {
    let some = |text: &str| Some(text.to_string());
    let (password, ha1, realm, token) = (some("secret"), some("ha1"), some("realm"), some("token"));
    Credentials { username: "alice".into(), password, ha1, realm, token }
}

fn failure() -> Failure {
    Failure { code: FailureCode::WrongState, message: "no".into(), response: Some(response()) }
}

fn machine() -> Machine {
    Machine { machine: "call 2".into(), state: "ringing".into(), at: Some(AT.0), why: Some("give up".into()) }
}

fn config() -> Config {
    let registrar = Some("sip:example.com".into());
    let contact_params = vec![("q".into(), Some("0.5".into())), ("x".into(), None)];
    Config {
        aor: "sip:alice@example.com".into(),
        servers: vec!["wss://one.example".into(), "wss://two.example".into()],
        display_name: Some("Alice".into()),
        credentials: CredentialSource::Fixed { credentials: credentials() },
        registration: Some(RegistrationConfig { expires: 600, registrar, contact_params, require_outbound: true }),
        reconnect: ReconnectConfig {
            min_delay_ms: 1,
            max_delay_ms: 2,
            keep_alive_ms: 3,
            pong_timeout_ms: 4,
            no_retry_codes: vec![1008, 4001],
        },
        instance_id: "urn:uuid:0".into(),
        user_agent: Some("test".into()),
        headers: headers(),
        allow_md5: true,
        allow_insecure: false,
        limits: Limits::default(),
        timers: TimerConfig::default(),
        capabilities: Capabilities { update: true, info: false, message: true },
    }
}

#[wasm_bindgen_test]
fn js_01_every_object_crosses_under_its_declared_names() {
    crosses(&config());
    config().registration.iter().for_each(crosses);
    crosses(&config().reconnect);
    crosses(&config().limits);
    crosses(&config().timers);
    crosses(&credentials());
    crosses(&body());
    crosses(&message());
    crosses(&response());
    crosses(&address());
    crosses(&reason());
    crosses(&failure());
    crosses(&machine());
    crosses(&DialogData { call_id: "c".into(), local_tag: "l".into(), remote_tag: "r".into() });
    crosses(&ChallengeData { realm: "r".into(), algorithms: vec!["MD5".into()], proxy: true, stale: false });
    crosses(&DialOptions { headers: headers(), timeout_ms: 180_000, late_offer: true, follow_redirects: 5 });
    crosses(&RenegotiateOptions { ice_restart: true, method: RefreshMethod::Update, lasting: true });
    crosses(&DtmfOptions { tones: "1#".into(), duration_ms: 100, gap_ms: 70 });
    crosses(&RequestOptions { headers: headers(), body: Some(body()) });
    crosses(&config().capabilities);
    crosses(&RingOptions { status: 180, headers: headers() });
    crosses(&AcceptOptions { headers: headers() });
    crosses(&HangupOptions { reason: Some(reason()), status: Some(486), headers: headers() });
    crosses(&RefusalOptions {
        status: 486,
        phrase: Some("Busy".into()),
        retry_after: Some(5),
        headers: headers(),
        body: Some(body()),
    });
    let by = EndedBy::Remote;
    let (reason, response) = (vec![reason()], Some(response()));
    crosses(&CallEnd { by, cause: Cause::AnsweredElsewhere, reason, retry_after: Some(9), response, at: AT });
}

#[wasm_bindgen_test]
fn js_01_every_command_crosses_under_its_declared_names() {
    let headers = headers();
    crosses(&Command::Connect { id: ID });
    crosses(&Command::Reconnect);
    crosses(&Command::Disconnect { id: ID });
    crosses(&Command::Close { id: ID, timeout_ms: 5_000 });
    crosses(&Command::Register { id: ID });
    crosses(&Command::Unregister { id: ID, all: true });
    crosses(&Command::SetCredentials { credentials: CredentialSource::Ask });
    crosses(&Command::Interest { interests: vec![Interest::Trace, Interest::Calls] });
    let options = DialOptions { headers: headers.clone(), ..DialOptions::default() };
    crosses(&Command::Call { call: CALL, target: "bob".into(), options });
    crosses(&Command::Ring { id: ID, call: CALL, options: RingOptions { status: 183, headers: headers.clone() } });
    crosses(&Command::Accept { id: ID, call: CALL, options: AcceptOptions { headers: headers.clone() } });
    let options = RefusalOptions { status: 603, phrase: None, retry_after: None, headers, body: None };
    crosses(&Command::Reject { id: ID, call: CALL, options });
    crosses(&Command::Hangup { id: ID, call: CALL, options: HangupOptions::default() });
    let contacts = vec!["sip:carol@example.com".into()];
    crosses(&Command::Redirect { id: ID, call: CALL, contacts, permanent: true });
    crosses(&Command::SetHold { id: ID, call: CALL, held: true });
    crosses(&Command::Renegotiate { id: ID, call: CALL, options: RenegotiateOptions::default() });
    let options = DtmfOptions { tones: "1#".into(), duration_ms: 100, gap_ms: 70 };
    crosses(&Command::SendDtmf { id: ID, call: CALL, options });
    let options = RequestOptions { headers: Vec::new(), body: None };
    crosses(&Command::CallRequest { id: ID, call: CALL, method: "INFO".into(), options: options.clone() });
    crosses(&Command::Request { id: ID, target: "bob".into(), method: "MESSAGE".into(), options });
    crosses(&Command::MediaLost { call: CALL, detail: "gone".into() });
    crosses(&Command::Answer { ask: AskId(3), answer: Answer::Applied });
    crosses(&Command::Snapshot { id: ID });
}

#[wasm_bindgen_test]
fn js_01_every_question_and_answer_crosses_under_its_declared_names() {
    let challenge = ChallengeData { realm: "r".into(), algorithms: vec![], proxy: false, stale: true };
    crosses(&Question::Credentials { challenge });
    crosses(&Question::CreateOffer { call: CALL, hold: true, ice_restart: false });
    crosses(&Question::CreateAnswer { call: CALL, offer: "v=0".into(), hold: false });
    crosses(&Question::SetAnswer { call: CALL, answer: "v=0".into(), branch: "b".into(), provisional: true });
    crosses(&Question::Rollback { call: CALL });
    let message = message();
    crosses(&Question::Request { call: Some(CALL), method: "INFO".into(), from: address(), message });
    crosses(&Answer::Response { status: 200, headers: headers(), body: Some(body()) });
    crosses(&Answer::Usual);
    crosses(&Answer::Credentials { credentials: Some(credentials()) });
    crosses(&Answer::Sdp { sdp: "v=0\r\n".into() });
    crosses(&Answer::Applied);
    crosses(&Answer::MediaFailed { detail: "denied".into(), incompatible: true });
    crosses(&CredentialSource::None);
    crosses(&CredentialSource::Fixed { credentials: credentials() });
    crosses(&CredentialSource::Ask);
}

#[wasm_bindgen_test]
fn js_01_every_event_crosses_under_its_declared_names() {
    let text = || Some("text".to_string());
    crosses(&Event::Done { id: ID, outcome: Outcome::Done });
    crosses(&Event::Ask { id: AskId(3), question: Question::Rollback { call: CALL } });
    let state = ConnectionState::Waiting;
    crosses(&Event::Connection { state, server: text(), reason: text(), retry_at: Some(AT) });
    let gruu = GruuData { public: Some("sip:a@b;gr=1".into()), temporary: Some("sip:t@b;gr".into()) };
    crosses(&gruu);
    let refreshed = RegistrationEvent::Refreshed { expires_at: AT, contacts: vec![address()], gruu };
    crosses(&RegistrationEvent::Expired);
    crosses(&refreshed);
    crosses(&Event::Registration { event: refreshed });
    crosses(&Event::Call { call: CALL, event: CallEvent::State { state: CallState::Early } });
    crosses(&Event::Trace { direction: Direction::In, message: "m".into(), at: AT });
    crosses(&Event::Diagnostic { code: "c".into(), detail: "d".into() });
    crosses(&Outcome::Done);
    crosses(&Outcome::Failed { failure: failure() });
    crosses(&Outcome::Response { response: response() });
    crosses(&Outcome::Snapshot { machines: vec![machine()] });
    let state = RegistrationState::Waiting;
    crosses(&RegistrationEvent::State { state, response: Some(response()), retry_at: Some(AT) });
    crosses(&CallEvent::Incoming { remote: address(), invite: message() });
    crosses(&CallEvent::Invited { remote: address(), invite: message() });
    crosses(&CallEvent::State { state: CallState::Answering });
    crosses(&CallEvent::Progress { response: response(), branch: "b".into() });
    let dialog = DialogData { call_id: "c".into(), local_tag: "l".into(), remote_tag: "r".into() };
    crosses(&CallEvent::Established { dialog, response: Some(response()) });
    crosses(&CallEvent::Hold { by: EndedBy::Remote, held: true });
    crosses(&CallEvent::Dtmf { tone: "#".into(), duration_ms: 160 });
    let (by, cause) = (EndedBy::Local, Cause::Hangup);
    crosses(&CallEvent::Ended {
        end: CallEnd { by, cause, reason: vec![], retry_after: Some(1), response: Some(response()), at: AT },
    });
}

#[wasm_bindgen_test]
fn js_01_words_cross_under_their_declared_spelling() {
    [FailureCode::WrongState, FailureCode::NotConnected, FailureCode::Authentication].iter().for_each(crosses);
    [Cause::AnsweredElsewhere, Cause::Hangup, Cause::Closed].iter().for_each(crosses);
    [ConnectionState::Idle, ConnectionState::Closed].iter().for_each(crosses);
    [RegistrationState::Unregistered, RegistrationState::Rejected].iter().for_each(crosses);
    [CallState::Calling, CallState::Ended].iter().for_each(crosses);
    [RefreshMethod::Auto, RefreshMethod::Invite].iter().for_each(crosses);
    [EndedBy::Local, EndedBy::Network].iter().for_each(crosses);
    [Direction::In, Direction::Out].iter().for_each(crosses);
    [Interest::Trace, Interest::Calls, Interest::Messages, Interest::Requests].iter().for_each(crosses);
}

fn refusal<T: Object + Debug>(value: impl Into<JsValue>) -> String {
    match read::<T>(&value.into(), "value") {
        Ok(value) => panic!("{value:?} was accepted"),
        Err(Misuse(why)) => why,
    }
}

#[wasm_bindgen_test]
fn js_02_what_is_wrong_with_a_value_is_told_with_the_member_it_is_about() {
    assert_eq!(refusal::<Command>(JsValue::UNDEFINED), "value: an object is expected");
    assert_eq!(refusal::<Command>(Js::new()), "type: a string is expected");
    let command = Command::Close { id: ID, timeout_ms: 1 }.write();
    for (name, value, why) in [
        ("timeoutMs", JsValue::from_f64(0.5), "timeoutMs: a whole number within bounds is expected"),
        ("timeoutMs", JsValue::from_f64(-1.0), "timeoutMs: a whole number within bounds is expected"),
        ("timeoutMs", JsValue::from_f64(4_294_967_296.0), "timeoutMs: a whole number within bounds is expected"),
        ("timeoutMs", JsValue::from_f64(f64::NAN), "timeoutMs: a whole number within bounds is expected"),
        ("timeoutMs", JsValue::from_str("1"), "timeoutMs: a whole number within bounds is expected"),
        ("id", JsValue::NULL, "id: a whole number within bounds is expected"),
        ("type", JsValue::from_str("closed"), "type: “closed” is unknown"),
    ] {
        let wrong = Js::assign(&Js::new(), command.unchecked_ref::<Js>());
        Reflect::set(&wrong, &name.into(), &value).unwrap();
        assert_eq!(refusal::<Command>(wrong), why);
    }
}

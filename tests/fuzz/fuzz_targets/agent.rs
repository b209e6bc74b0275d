//! Arbitrary inputs and commands, in any order, into a user agent. Nothing panics, nothing spins, every command that a
//! promise waits for is settled exactly once, and after `Close` all of them are.
//!
//! The octets are a script. A letter is a step, the octets behind it are its parameters; what is no step is skipped.
//!
//! ```text
//! o open the socket   x the socket is lost   w sleep until something is due   t N  sleep 2^N ms
//! f N…  N octets arrive as a frame           h N  hint                        b N  octets wait in the socket
//! p N S F  a response to the N-th last request we sent: status, flags
//! q M N F  a request: method, CSeq number, flags: in the dialog of the last message we sent, or in none
//! c connect  d disconnect  g register  u unregister  k N  credentials  s snapshot  i N  interests
//! C N  call: 1 late offer, 2 follows redirects
//! R N  ring  A N  accept  J N  reject  D N  redirect  H N  hang up  M N  media lost         N names the call: from 128
//! O N K  hold: K  N N K  renegotiate: K  T N  tones  E N  a request in the dialog            on one of ours
//! e a request in no dialog
//! a N  answer the oldest question: N  how
//! ```
//! Flags: 1 a description, 2 a tag in To, 4 one octet (the next two: where, what) is changed, 8 within the dialog, 16 with
//! the branch of the request before.
#![no_main]

use std::collections::{BTreeMap, VecDeque};

use libfuzzer_sys::fuzz_target;
use patchcord::agent::{
    Capabilities, Command, Config, Event, Hint, Input, Output, ReconnectConfig, RegistrationConfig, TimerConfig,
    UserAgent,
};
use patchcord::message::{FlowId, Frame};
use patchcord::time::{Deadline, Instant};
use patchcord::usage::call::{
    AcceptOptions, CallEvent, DialOptions, DtmfOptions, HangupOptions, RefreshMethod, RefusalOptions,
    RenegotiateOptions, RingOptions,
};
use patchcord::usage::data::{AskId, CallHandle, Interest, Limits, RequestId, RequestOptions};
use patchcord::usage::question::{Answer, CredentialSource, Credentials, Question};

const SDP: &str =
    "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
const METHODS: [&str; 10] =
    ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "PRACK", "NEWMETHOD", "INFO", "MESSAGE"];
/// More than this without time passing is spinning.
const MANY: u32 = 10_000;

fuzz_target!(|script: &[u8]| {
    let mut world = World::new();
    let mut script = Script(script);
    while let Some(step) = script.next() {
        world.step(step, &mut script);
    }
    world.end();
});

struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

struct World {
    agent: UserAgent,
    now: Instant,
    wake: Option<Deadline>,
    flow: FlowId,
    sent: Vec<String>,
    asks: VecDeque<(AskId, Question)>,
    incoming: Vec<CallHandle>,
    outgoing: u32,
    /// How often each command was settled.
    settled: BTreeMap<RequestId, u32>,
    branches: u32,
}

impl World {
    fn new() -> Self {
        let agent = UserAgent::new(config(), [7; 32]).expect("a configuration that works");
        let (sent, incoming) = (Vec::new(), Vec::new());
        Self {
            agent,
            now: Instant(0),
            wake: None,
            flow: FlowId(0),
            sent,
            asks: VecDeque::new(),
            incoming,
            outgoing: 0,
            settled: BTreeMap::new(),
            branches: 0,
        }
    }

    fn step(&mut self, step: u8, script: &mut Script) {
        let flow = self.flow;
        match step {
            b'o' => self.input(Input::Opened { flow, protocol: Some("sip".to_owned()) }),
            b'x' => self.input(Input::Closed { flow, code: 1006 }),
            b'w' => self.sleep_until(self.wake.map_or(self.now, |wake| wake.at)),
            b't' => self.sleep_until(Instant(self.now.0 + (1 << (script.byte() % 24)))),
            b'f' => {
                let count = usize::from(script.byte());
                let frame = Frame::from(script.take(count).to_vec());
                self.input(Input::Received { flow, frame });
            }
            b'h' => {
                let hints = [Hint::Online, Hint::Offline, Hint::Resumed, Hint::Hidden];
                self.input(Input::Hint(hints[usize::from(script.byte() % 4)]));
            }
            b'b' => self.input(Input::Buffered { flow, bytes: u32::from(script.byte()) << 16 }),
            b'p' => self.respond(script),
            b'q' => self.request(script),
            _ => self.command(step, script),
        }
    }

    fn command(&mut self, step: u8, script: &mut Script) {
        let id = RequestId(u32::try_from(self.settled.len()).unwrap() + 1);
        let command = match step {
            b'c' => Command::Connect { id },
            b'd' => Command::Disconnect { id },
            b'g' => Command::Register { id },
            b'u' => Command::Unregister { id, all: false },
            b's' => Command::Snapshot { id },
            b'k' => Command::SetCredentials { credentials: credentials(script.byte()) },
            b'i' => {
                let all = [Interest::Calls, Interest::Trace, Interest::Messages, Interest::Requests];
                let kind = script.byte();
                let wanted = all.iter().enumerate().filter(|(at, _)| kind >> at & 1 == 1);
                Command::Interest { interests: wanted.map(|(_, interest)| *interest).collect() }
            }
            b'C' => {
                self.outgoing += 2;
                let (call, target) = (CallHandle(self.outgoing), "sip:bob@example.test".to_owned());
                let kind = script.byte();
                let (late_offer, follow_redirects) = (kind & 1 != 0, u32::from(kind & 2));
                let options =
                    DialOptions { late_offer, follow_redirects, timeout_ms: 180_000, ..DialOptions::default() };
                Command::Call { call, target, options }
            }
            b'R' => {
                let options = RingOptions { status: 180, headers: Vec::new() };
                Command::Ring { id, call: self.call(script), options }
            }
            b'A' => Command::Accept { id, call: self.call(script), options: AcceptOptions::default() },
            b'J' => {
                let (phrase, retry_after, headers, body) = (None, None, Vec::new(), None);
                let options = RefusalOptions { status: 486, phrase, retry_after, headers, body };
                Command::Reject { id, call: self.call(script), options }
            }
            b'H' => Command::Hangup { id, call: self.call(script), options: HangupOptions::default() },
            b'D' => {
                let contacts = vec!["sip:carol@example.test".to_owned()];
                Command::Redirect { id, call: self.call(script), contacts, permanent: false }
            }
            b'O' => Command::SetHold { id, call: self.call(script), held: script.byte() & 1 != 0 },
            b'N' => {
                let (call, kind) = (self.call(script), script.byte());
                let method = [RefreshMethod::Auto, RefreshMethod::Update, RefreshMethod::Invite][usize::from(kind % 3)];
                let options = RenegotiateOptions { ice_restart: kind & 1 != 0, method, lasting: kind & 2 != 0 };
                Command::Renegotiate { id, call, options }
            }
            b'T' => {
                let options = DtmfOptions { tones: "12#".to_owned(), duration_ms: 100, gap_ms: 70 };
                Command::SendDtmf { id, call: self.call(script), options }
            }
            b'E' => {
                let (call, method, options) = (self.call(script), "INFO".to_owned(), RequestOptions::default());
                Command::CallRequest { id, call, method, options }
            }
            b'e' => {
                let (target, method) = ("sip:bob@example.test".to_owned(), "OPTIONS".to_owned());
                Command::Request { id, target, method, options: RequestOptions::default() }
            }
            b'M' => Command::MediaLost { call: self.call(script), detail: "lost".to_owned() },
            b'a' => {
                let Some((ask, question)) = self.asks.pop_front() else { return };
                Command::Answer { ask, answer: answer(&question, script.byte()) }
            }
            _ => return,
        };
        self.obey(id, command);
    }

    /// A call that came in, or one of ours.
    fn call(&self, script: &mut Script) -> CallHandle {
        let number = usize::from(script.byte());
        let incoming = self.incoming.get(number % 8).copied();
        incoming.filter(|_| number < 128).unwrap_or(CallHandle(u32::try_from(number % 8 * 2).unwrap()))
    }

    fn obey(&mut self, id: RequestId, command: Command) {
        let is_waited_for = !matches!(
            &command,
            Command::Reconnect
                | Command::SetCredentials { .. }
                | Command::Interest { .. }
                | Command::Call { .. }
                | Command::MediaLost { .. }
                | Command::Answer { .. }
        );
        if is_waited_for {
            self.settled.insert(id, 0);
        }
        if self.agent.handle_command(self.now, command).is_err() && is_waited_for {
            self.settled.insert(id, 1);
        }
        self.drain();
    }

    fn input(&mut self, input: Input) {
        self.agent.handle_input(self.now, input);
        self.drain();
    }

    fn sleep_until(&mut self, until: Instant) {
        let mut spins = 0;
        while let Some(wake) = self.wake.filter(|wake| wake.at <= until) {
            spins = if wake.at > self.now { 0 } else { spins + 1 };
            assert!(spins < MANY, "spins: {}", wake.why);
            self.now = wake.at.max(self.now);
            self.input(Input::Tick);
        }
        self.now = until.max(self.now);
        self.input(Input::Tick);
    }

    fn drain(&mut self) {
        for count in 0.. {
            assert!(count < MANY, "outputs without end");
            match self.agent.poll_output() {
                Output::Open { flow, .. } => self.flow = flow,
                Output::Send { frame, .. } => {
                    self.sent.push(String::from_utf8_lossy(frame.as_bytes()).into_owned());
                }
                Output::Close { .. } => {}
                Output::Event(event) => self.note(event),
                Output::Wait(wake) => {
                    self.wake = wake;
                    return;
                }
            }
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Done { id, .. } => {
                let count = self.settled.get_mut(&id).expect("a command that nobody gave is settled");
                *count += 1;
                assert_eq!(*count, 1, "a command is settled twice");
            }
            Event::Ask { id, question } => self.asks.push_back((id, question)),
            Event::Call { call, event: CallEvent::Incoming { .. } } => self.incoming.push(call),
            _ => {}
        }
    }

    fn respond(&mut self, script: &mut Script) {
        let (number, status, flags) = (script.byte(), script.byte(), script.byte());
        let mut requests = self.sent.iter().rev().filter(|text| text.contains(" SIP/2.0\r\n"));
        let Some(request) = requests.nth(usize::from(number % 8)) else { return };
        let statuses = [100, 180, 183, 200, 202, 302, 401, 407, 408, 481, 486, 487, 491, 500, 503, 603];
        let mut lines = vec![format!("SIP/2.0 {} x", statuses[usize::from(status % 16)])];
        for name in ["Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "] {
            for line in request.split("\r\n").filter(|line| line.starts_with(name)) {
                let tag = if name == "To: " && flags & 2 != 0 && !line.contains(";tag=") { ";tag=b" } else { "" };
                lines.push(format!("{line}{tag}"));
            }
        }
        lines.push("Contact: <sip:bob@192.0.2.9;transport=ws>;expires=60".to_owned());
        lines.push("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"".to_owned());
        self.say(lines, flags, script);
    }

    fn request(&mut self, script: &mut Script) {
        let (method, number, flags) = (script.byte(), script.byte(), script.byte());
        let method = METHODS[usize::from(method % 10)];
        self.branches += 1;
        let mut lines = vec![format!("{method} sip:alice@example.test SIP/2.0")];
        // A CANCEL or an ACK of an INVITE has the branch of the request before it.
        let branch = if flags & 16 != 0 { self.branches - 1 } else { self.branches };
        lines.push(format!("Via: SIP/2.0/WSS edge.example.test;branch=z9hG4bK{branch}"));
        let last = self.sent.last().filter(|_| flags & 8 != 0);
        let value = |name: &str| last?.split("\r\n").find_map(|line| line.strip_prefix(name));
        // What we sent as a request has us in From, what we sent as a response has us in To.
        let is_response = last.is_some_and(|text| text.starts_with("SIP/2.0"));
        let (from, to) = if is_response { ("From: ", "To: ") } else { ("To: ", "From: ") };
        lines.push(format!("From: {}", value(from).unwrap_or("<sip:bob@example.test>;tag=b")));
        lines.push(format!("To: {}", value(to).unwrap_or("<sip:alice@example.test>")));
        lines.push(format!("Call-ID: {}", value("Call-ID: ").unwrap_or("a@b")));
        lines.push(format!("CSeq: {number} {method}"));
        lines.push("Contact: <sip:bob@192.0.2.9;transport=ws>".to_owned());
        self.say(lines, flags, script);
    }

    fn say(&mut self, mut lines: Vec<String>, flags: u8, script: &mut Script) {
        let body = if flags & 1 != 0 { SDP } else { "" };
        if !body.is_empty() {
            lines.push("Content-Type: application/sdp".to_owned());
        }
        let mut octets = format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes();
        if flags & 4 != 0 {
            let at = usize::from(script.byte()) * octets.len() / 256;
            octets[at] = script.byte();
        }
        let (flow, frame) = (self.flow, Frame::from(octets));
        self.input(Input::Received { flow, frame });
    }

    /// Closes, lets a day pass, and looks whether everything is settled.
    fn end(&mut self) {
        let id = RequestId(u32::try_from(self.settled.len()).unwrap() + 1);
        self.obey(id, Command::Close { id, timeout_ms: 2_000 });
        self.sleep_until(Instant(self.now.0 + 86_400_000));
        for (id, count) in &self.settled {
            assert_eq!(*count, 1, "request {} is settled once", id.0);
        }
        assert_eq!(self.wake, None, "nothing is waited for any more");
    }
}

fn answer(question: &Question, kind: u8) -> Answer {
    let failed = Answer::MediaFailed { detail: "no".to_owned(), incompatible: kind & 1 != 0 };
    match (question, kind % 4) {
        (Question::Credentials { .. }, 0) => Answer::Credentials { credentials: None },
        (Question::Credentials { .. }, _) => Answer::Credentials { credentials: Some(alice()) },
        (Question::Request { .. }, 0) => Answer::Usual,
        (Question::Request { .. }, _) => Answer::Response { status: 486, headers: Vec::new(), body: None },
        (_, 0) => failed,
        (Question::CreateOffer { .. } | Question::CreateAnswer { .. }, _) => Answer::Sdp { sdp: SDP.to_owned() },
        (Question::SetAnswer { .. } | Question::Rollback { .. }, _) => Answer::Applied,
    }
}

fn credentials(kind: u8) -> CredentialSource {
    match kind % 3 {
        0 => CredentialSource::None,
        1 => CredentialSource::Ask,
        _ => CredentialSource::Fixed { credentials: alice() },
    }
}

fn alice() -> Credentials {
    Credentials { username: "alice".to_owned(), password: Some("x".to_owned()), ha1: None, realm: None, token: None }
}

fn config() -> Config {
    Config {
        aor: "sip:alice@example.test".to_owned(),
        servers: vec!["wss://edge.example.test/sip".to_owned()],
        display_name: None,
        credentials: CredentialSource::Ask,
        registration: Some(RegistrationConfig {
            expires: 600,
            registrar: None,
            require_outbound: false,
            contact_params: Vec::new(),
        }),
        reconnect: ReconnectConfig {
            min_delay_ms: 2_000,
            max_delay_ms: 1_800_000,
            keep_alive_ms: 25_000,
            pong_timeout_ms: 10_000,
            no_retry_codes: vec![1008],
        },
        instance_id: "urn:uuid:0b6e3a52-3f1c-4d6e-9a57-2d0c5b1f7e11".to_owned(),
        user_agent: None,
        headers: Vec::new(),
        allow_md5: true,
        allow_insecure: false,
        limits: Limits { calls: 4, ..Limits::default() },
        timers: TimerConfig::default(),
        capabilities: Capabilities::default(),
    }
}

//! What a message and a tick cost an agent with ten calls, and one with ten thousand (requirement: flat within 2 ×).
//! Run by `cargo xtask bench`; exits with 1 when the ratio is above.
//!
//! ```text
//!   10 calls ─┐  in turns, so that a busy machine     least of all rounds ─▶ ratio ≤ 2
//!   10,000  ──┘  disturbs both alike
//! ```
#![allow(missing_docs, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
// Real time is what this measures.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;
use std::time::Instant as Clock;

use patchcord::agent::{
    Capabilities, Command, Config, Event, Input, Interest, Output, ReconnectConfig, TimerConfig, UserAgent,
};
use patchcord::message::{FlowId, Frame};
use patchcord::time::Instant;
use patchcord::usage::call::{AcceptOptions, CallEvent};
use patchcord::usage::data::{Limits, RequestId};
use patchcord::usage::question::{Answer, CredentialSource, Question};

/// The sizes that are compared.
const SIZES: [u32; 2] = [10, 10_000];
/// The larger may cost so many times the smaller.
const GATE: f64 = 2.0;
/// Rounds, of which the quickest counts, and how much is done in each.
const ROUNDS: u32 = 40;
const MESSAGES: u32 = 500;

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 40000 UDP/TLS/RTP/SAVPF 111\r\n";

/// A kind of work, measured at each size.
type Work = fn(&mut Desk);

/// What is measured.
const WORK: [(&str, Work); 5] = [
    ("OPTIONS in a dialog, 200 out", |desk| desk.ask("OPTIONS")),
    ("INFO in a dialog, 200 out", |desk| desk.ask("INFO")),
    ("re-INVITE in, answer out, ACK in", Desk::ask_again),
    ("a call in, 200 out, ACK, BYE", Desk::call_and_hang_up),
    ("a tick with nothing to do", Desk::tick),
];

fn main() -> ExitCode {
    // `cargo test --benches` asks what tests there are: none.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let mut desks = SIZES.map(Desk::with_calls);
    println!("{:<34} {:>10} {:>10} {:>7}", "microseconds each", "10 calls", "10,000", "ratio");
    let mut worst: f64 = 0.0;
    for (name, work) in WORK {
        let mut least = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            for (desk, least) in desks.iter_mut().zip(&mut least) {
                *least = least.min(desk.time(work));
            }
        }
        let ratio = least[1] / least[0];
        worst = worst.max(ratio);
        println!("{name:<34} {:>10.2} {:>10.2} {ratio:>7.2}", least[0], least[1]);
    }
    if worst > GATE {
        println!("the cost grows with the number of calls: {worst:.2} times, at most {GATE} are allowed");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// An agent with calls that are up, and the peer at the other end of all of them.
struct Desk {
    agent: UserAgent,
    now: Instant,
    /// The dialog of each call.
    calls: Vec<Dialog>,
    /// The call that is next.
    next: usize,
    requests: u32,
    last: String,
}

/// A dialog as the peer sees it.
struct Dialog {
    number: usize,
    tag: String,
    cseq: u32,
}

impl Desk {
    fn with_calls(count: u32) -> Self {
        let agent = UserAgent::new(config(count), [7; 32]).unwrap();
        let mut desk = Self { agent, now: Instant(0), calls: Vec::new(), next: 0, requests: 0, last: String::new() };
        desk.command(Command::Interest { interests: vec![Interest::Calls] });
        desk.command(Command::Connect { id: RequestId(1) });
        desk.input(Input::Opened { flow: FlowId(0), protocol: Some("sip".to_owned()) });
        for _ in 0..count {
            let dialog = desk.establish();
            desk.calls.push(dialog);
            desk.now.0 += 1;
        }
        // Nothing of the beginnings is left.
        desk.now.0 += 100_000;
        desk.tick();
        desk
    }

    /// Microseconds a piece.
    fn time(&mut self, work: Work) -> f64 {
        let start = Clock::now();
        for _ in 0..MESSAGES {
            work(self);
        }
        let taken = start.elapsed().as_secs_f64() * 1e6 / f64::from(MESSAGES);
        // The transactions of this round end.
        self.now.0 += 40_000;
        self.tick();
        taken
    }

    fn tick(&mut self) {
        self.input(Input::Tick);
    }

    /// A request in the dialog whose turn it is; it must be answered with 200.
    fn ask(&mut self, method: &str) {
        let at = self.turn();
        self.calls[at].cseq += 1;
        let request = request(method, &self.calls[at], self.requests, "");
        self.hear(request);
        assert!(self.last.starts_with("SIP/2.0 200 "), "{method}: {}", self.last);
    }

    fn ask_again(&mut self) {
        let at = self.turn();
        self.calls[at].cseq += 1;
        let invite = request("INVITE", &self.calls[at], self.requests, SDP);
        self.hear(invite);
        assert!(self.last.starts_with("SIP/2.0 200 "), "{}", self.last);
        let ack = request("ACK", &self.calls[at], self.requests, "");
        self.hear(ack);
    }

    fn call_and_hang_up(&mut self) {
        let mut dialog = self.establish();
        dialog.cseq += 1;
        self.requests += 1;
        let bye = request("BYE", &dialog, self.requests, "");
        self.hear(bye);
        assert!(self.last.starts_with("SIP/2.0 200 "), "{}", self.last);
    }

    fn turn(&mut self) -> usize {
        self.requests += 1;
        // Far from the last one, so that caches do not help.
        self.next = (self.next + 7_919) % self.calls.len();
        self.next
    }

    /// A call comes in, is accepted and acknowledged.
    fn establish(&mut self) -> Dialog {
        self.requests += 1;
        let number = self.requests as usize;
        let mut dialog = Dialog { number, tag: String::new(), cseq: 1 };
        let invite = request("INVITE", &dialog, self.requests, SDP);
        self.hear(invite);
        assert!(self.last.starts_with("SIP/2.0 200 "), "{}", self.last);
        dialog.tag = self.last.split_once("\r\nTo: ").unwrap().1.split_once(";tag=").unwrap().1[..16].to_owned();
        self.requests += 1;
        let ack = request("ACK", &dialog, self.requests, "");
        self.hear(ack);
        dialog
    }

    fn hear(&mut self, text: String) {
        self.input(Input::Received { flow: FlowId(0), frame: Frame::Text(text) });
    }

    fn input(&mut self, input: Input) {
        self.agent.handle_input(self.now, input);
        self.drain();
    }

    fn command(&mut self, command: Command) {
        self.agent.handle_command(self.now, command).unwrap();
        self.drain();
    }

    /// Takes everything out; accepts calls and makes descriptions as they are asked for.
    fn drain(&mut self) {
        let mut commands = Vec::new();
        loop {
            match self.agent.poll_output() {
                Output::Wait(_) => break,
                Output::Send { frame, .. } => self.last = String::from_utf8(frame.as_bytes().to_vec()).unwrap(),
                Output::Event(Event::Call { call, event: CallEvent::Incoming { .. } }) => {
                    self.requests += 1;
                    let id = RequestId(self.requests);
                    commands.push(Command::Accept { id, call, options: AcceptOptions::default() });
                }
                Output::Event(Event::Ask { id: ask, question: Question::CreateAnswer { .. } }) => {
                    commands.push(Command::Answer { ask, answer: Answer::Sdp { sdp: SDP.to_owned() } });
                }
                Output::Event(_) | Output::Open { .. } | Output::Close { .. } => {}
            }
        }
        for command in commands {
            self.command(command);
        }
    }
}

/// A request of the peer's, in the dialog or to open it.
fn request(method: &str, dialog: &Dialog, branch: u32, body: &str) -> String {
    let Dialog { number, tag, cseq } = dialog;
    let to_tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    let content_type = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:alice@example.test SIP/2.0\r\n\
         Via: SIP/2.0/WSS edge.example.test;branch=z9hG4bKpeer{branch}{method}\r\n\
         Max-Forwards: 69\r\n\
         From: <sip:bob{number}@example.test>;tag=bobtag{number}\r\n\
         To: <sip:alice@example.test>{to_tag}\r\n\
         Call-ID: call-{number}@peer\r\n\
         CSeq: {cseq} {method}\r\n\
         Contact: <sip:bob{number}@192.0.2.9:5062;transport=ws>\r\n\
         {content_type}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn config(calls: u32) -> Config {
    let most = calls * 2 + 1_000;
    Config {
        aor: "sip:alice@example.test".to_owned(),
        servers: vec!["wss://edge.example.test/sip".to_owned()],
        display_name: None,
        credentials: CredentialSource::None,
        registration: None,
        reconnect: ReconnectConfig {
            min_delay_ms: 2_000,
            max_delay_ms: 1_800_000,
            keep_alive_ms: 0,
            pong_timeout_ms: 10_000,
            no_retry_codes: Vec::new(),
        },
        instance_id: "urn:uuid:0b6e3a52-3f1c-4d6e-9a57-2d0c5b1f7e11".to_owned(),
        user_agent: None,
        headers: Vec::new(),
        allow_md5: true,
        allow_insecure: false,
        limits: Limits { calls: most, dialogs: most, transactions: most, ..Limits::default() },
        timers: TimerConfig::default(),
        capabilities: Capabilities::default(),
    }
}

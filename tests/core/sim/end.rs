//! One user agent with its queues and a clock that only the scenario moves. What must hold in every scenario is
//! checked here: outputs polled until Wait, one `Done` per request, one `ended` per call and nothing of it afterwards,
//! states that never go back, nothing sent but on the open socket, no spinning.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use patchcord::agent::{
    Capabilities, Command, Config, Direction, Event, Input, Output, ReconnectConfig, RegistrationConfig, TimerConfig,
    UserAgent,
};
use patchcord::message::{FlowId, Frame};
use patchcord::time::{Deadline, Instant};
use patchcord::usage::call::{CallEnd, CallEvent, CallState, EndedBy};
use patchcord::usage::data::{AskId, CallHandle, Limits, Outcome, RequestId};
use patchcord::usage::question::{Answer, CredentialSource, Credentials, Question};
use patchcord::usage::registration::RegistrationEvent;

use super::{Media, ladder};

/// What the fake media of an end offers.
pub(crate) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
    a=ice-ufrag:offr\r\n";
/// What it answers.
pub(crate) const ANSWER: &str = "v=0\r\no=- 2 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
    a=ice-ufrag:answ\r\n";

/// The methods it takes by default.
pub(crate) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, MESSAGE";

/// How often an end may act without time passing before it is said to spin.
const SPIN: u32 = 1000;

/// A user agent in virtual time.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) name: &'static str,
    agent: UserAgent,
    /// What the agent waits for.
    pub(crate) wake: Option<Deadline>,
    /// The socket that is open, and those that are to be opened.
    pub(crate) flow: Option<FlowId>,
    opening: Option<FlowId>,
    dying: Option<FlowId>,
    pub(crate) opens: VecDeque<(FlowId, String)>,
    pub(crate) closes: VecDeque<(FlowId, u16)>,
    /// What left, with its moment.
    pub(crate) sent: VecDeque<(Instant, FlowId, Frame)>,
    pub(crate) events: VecDeque<Event>,
    /// Questions nobody has answered yet.
    pub(crate) asks: VecDeque<(AskId, Question)>,
    /// Whether the fake media answers for the test.
    pub(crate) media: bool,
    /// The media that answers like a browser's, of the calls that have such.
    pub(crate) live: BTreeMap<CallHandle, Media>,
    requests: u32,
    calls: u32,
    issued: BTreeSet<RequestId>,
    pub(crate) settled: BTreeMap<RequestId, Outcome>,
    pub(crate) states: BTreeMap<CallHandle, CallState>,
    pub(crate) ended: BTreeMap<CallHandle, CallEnd>,
    /// Every question about media so far, and whose media.
    pub(crate) media_asks: BTreeMap<AskId, CallHandle>,
    /// Who holds whom, as the events told it last: the call, and whether it is our doing.
    held: BTreeMap<(CallHandle, bool), bool>,
}

impl End {
    pub(crate) fn new(name: &'static str, config: Config, seed: u8) -> Self {
        Self {
            name,
            agent: UserAgent::new(config, [seed; 32]).expect("a configuration that works"),
            wake: None,
            flow: None,
            opening: None,
            dying: None,
            opens: VecDeque::new(),
            closes: VecDeque::new(),
            sent: VecDeque::new(),
            events: VecDeque::new(),
            asks: VecDeque::new(),
            media: true,
            live: BTreeMap::new(),
            requests: 0,
            calls: 0,
            issued: BTreeSet::new(),
            settled: BTreeMap::new(),
            states: BTreeMap::new(),
            ended: BTreeMap::new(),
            media_asks: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// A fresh id for a command that a promise waits for.
    pub(crate) fn request_id(&mut self) -> RequestId {
        self.requests += 1;
        self.issued.insert(RequestId(self.requests));
        RequestId(self.requests)
    }

    /// A fresh handle for a call to be placed.
    pub(crate) fn call_handle(&mut self) -> CallHandle {
        self.calls += 2;
        CallHandle(self.calls)
    }

    /// The requests that have no `Done` yet.
    pub(crate) fn unsettled(&self) -> Vec<RequestId> {
        self.issued.iter().filter(|id| !self.settled.contains_key(id)).copied().collect()
    }

    pub(crate) fn input(&mut self, now: Instant, input: Input) {
        match &input {
            Input::Opened { flow, protocol } if self.opening == Some(*flow) && protocol.as_deref() == Some("sip") => {
                self.flow = self.opening.take();
            }
            // What was due before it hears of the loss may still be said to the dead socket.
            Input::Closed { flow, .. } if self.flow == Some(*flow) => self.dying = self.flow.take(),
            Input::Received { frame, .. } => ladder::note(now, self.name, &format!("◀── {}", headline(frame))),
            Input::Opened { .. } | Input::Closed { .. } | Input::Buffered { .. } | Input::Hint(_) | Input::Tick => {}
        }
        self.agent.handle_input(now, input);
        self.drain(now);
        self.dying = None;
    }

    /// # Errors
    /// What the agent says is wrong with the command.
    pub(crate) fn command(&mut self, now: Instant, command: Command) -> Result<(), String> {
        let refused = self.agent.handle_command(now, command);
        self.drain(now);
        refused.map_err(|misuse| misuse.0)
    }

    /// Acts on every deadline up to and including `until`, each at its instant; calls `acted` after each with it.
    pub(crate) fn run(&mut self, now: &mut Instant, until: Instant, mut acted: impl FnMut(&mut Self, Instant)) {
        let mut spins = 0;
        while let Some(wake) = self.wake.filter(|wake| wake.at <= until) {
            spins = if wake.at > *now { 0 } else { spins + 1 };
            assert!(spins < SPIN, "{} spins: {}", self.name, wake.why);
            *now = wake.at.max(*now);
            self.input(*now, Input::Tick);
            acted(self, *now);
        }
    }

    fn drain(&mut self, now: Instant) {
        loop {
            match self.agent.poll_output() {
                Output::Open { flow, url } => {
                    ladder::note(now, self.name, &format!("opens {url}"));
                    self.opening = Some(flow);
                    self.opens.push_back((flow, url));
                }
                Output::Send { flow, frame } => {
                    ladder::note(now, self.name, &format!("──▶ {}", headline(&frame)));
                    if self.dying == Some(flow) {
                        continue;
                    }
                    assert_eq!(Some(flow), self.flow, "{} sends on a socket that is not open", self.name);
                    self.sent.push_back((now, flow, frame));
                }
                Output::Close { flow, code } => {
                    ladder::note(now, self.name, &format!("closes its socket, code {code}"));
                    if self.flow == Some(flow) {
                        self.flow = None;
                    }
                    self.opens.retain(|(other, _)| *other != flow);
                    self.closes.push_back((flow, code));
                }
                Output::Event(event) => self.note(now, event),
                Output::Wait(wake) => {
                    self.wake = wake;
                    break;
                }
            }
        }
        self.answer_media(now);
    }

    fn note(&mut self, now: Instant, event: Event) {
        ladder::note(now, self.name, &format!("      {}", brief(&event)));
        match &event {
            Event::Done { id, outcome } => {
                assert!(self.issued.contains(id), "a Done for a request nobody made: {}", id.0);
                assert!(self.settled.insert(*id, outcome.clone()).is_none(), "a second Done for request {}", id.0);
            }
            Event::Call { call, event } => self.note_call(*call, event),
            Event::Ask { id, question } => {
                if let Some(call) = media_of(question) {
                    self.media_asks.insert(*id, call);
                }
                self.asks.push_back((*id, question.clone()));
            }
            Event::Connection { .. } | Event::Registration { .. } | Event::Trace { .. } | Event::Diagnostic { .. } => {}
        }
        self.events.push_back(event);
    }

    fn note_call(&mut self, call: CallHandle, event: &CallEvent) {
        assert!(!self.ended.contains_key(&call), "an event of call {} after its end: {event:?}", call.0);
        match event {
            CallEvent::State { state } => {
                let before = self.states.insert(call, *state).unwrap_or(CallState::Calling);
                assert!(*state > before, "call {} went from {before:?} to {state:?}", call.0);
            }
            CallEvent::Ended { end } => {
                assert_eq!(self.states.get(&call), Some(&CallState::Ended), "the state comes before the end");
                self.ended.insert(call, end.clone());
            }
            CallEvent::Hold { by, held } => {
                let before = self.held.insert((call, *by == EndedBy::Local), *held).unwrap_or(false);
                assert!(before != *held, "call {}: hold by {by:?} is told to be {held} twice", call.0);
            }
            CallEvent::Incoming { .. }
            | CallEvent::Invited { .. }
            | CallEvent::Progress { .. }
            | CallEvent::Dtmf { .. }
            | CallEvent::Established { .. } => {}
        }
    }

    fn answer_media(&mut self, now: Instant) {
        if !self.media {
            return;
        }
        while let Some(at) = self.asks.iter().position(|(_, question)| media_of(question).is_some()) {
            let Some((ask, question)) = self.asks.remove(at) else { return };
            let live = media_of(&question).and_then(|call| self.live.get_mut(&call));
            let answer = live.map_or_else(|| plausible(&question), |media| media.answer(&question));
            let Some(answer) = answer else { return };
            self.command(now, Command::Answer { ask, answer }).expect("answers are never misuse");
        }
    }
}

/// Whose media a question is about, if it is about media.
fn media_of(question: &Question) -> Option<CallHandle> {
    match question {
        Question::Credentials { .. } | Question::Request { .. } => None,
        Question::CreateOffer { call, .. }
        | Question::CreateAnswer { call, .. }
        | Question::SetAnswer { call, .. }
        | Question::Rollback { call } => Some(*call),
    }
}

/// What fake media says, none for a question that is not about media.
fn plausible(question: &Question) -> Option<Answer> {
    match question {
        Question::Credentials { .. } | Question::Request { .. } => None,
        Question::CreateOffer { .. } => Some(Answer::Sdp { sdp: OFFER.to_owned() }),
        Question::CreateAnswer { .. } => Some(Answer::Sdp { sdp: ANSWER.to_owned() }),
        Question::SetAnswer { .. } | Question::Rollback { .. } => Some(Answer::Applied),
    }
}

/// Alice of example.test, who does not register and sends no keep-alives.
pub(crate) fn config() -> Config {
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
            no_retry_codes: vec![1008],
        },
        instance_id: "urn:uuid:0b6e3a52-3f1c-4d6e-9a57-2d0c5b1f7e11".to_owned(),
        user_agent: None,
        headers: Vec::new(),
        allow_md5: true,
        allow_insecure: false,
        limits: Limits::default(),
        timers: TimerConfig::default(),
        capabilities: Capabilities::default(),
    }
}

/// What Alice knows: her password, for any realm.
pub(crate) fn alice() -> Credentials {
    let password = Some("secret".to_owned());
    Credentials { username: "alice".to_owned(), password, ha1: None, realm: None, token: None }
}

/// Alice, who registers for ten minutes at a time.
pub(crate) fn registering() -> Config {
    let registration =
        RegistrationConfig { expires: 600, registrar: None, contact_params: Vec::new(), require_outbound: false };
    Config { registration: Some(registration), ..config() }
}

/// An event in a few words, for ladders and for lists of what a scenario must tell.
pub(crate) fn brief(event: &Event) -> String {
    match event {
        Event::Done { id, outcome: Outcome::Failed { failure } } => format!("failed {} {:?}", id.0, failure.code),
        Event::Done { id, .. } => format!("done {}", id.0),
        Event::Ask { question, .. } => {
            format!("ask {}", format!("{question:?}").split([' ', '(']).next().unwrap_or_default())
        }
        Event::Connection { state, .. } => format!("connection {state:?}"),
        Event::Registration { event: RegistrationEvent::State { state, .. } } => format!("registration {state:?}"),
        Event::Registration { event: RegistrationEvent::Refreshed { expires_at, .. } } => {
            format!("refreshed until {}", expires_at.0)
        }
        Event::Registration { event: RegistrationEvent::Expired } => "expired".to_owned(),
        Event::Call { call, event } => format!("call {} {}", call.0, brief_call(event)),
        Event::Trace { direction: Direction::In, .. } => "trace in".to_owned(),
        Event::Trace { direction: Direction::Out, .. } => "trace out".to_owned(),
        Event::Diagnostic { code, .. } => format!("diagnostic {code}"),
    }
}

fn brief_call(event: &CallEvent) -> String {
    match event {
        CallEvent::Incoming { .. } => "incoming".to_owned(),
        CallEvent::Invited { .. } => "invited".to_owned(),
        CallEvent::State { state } => format!("{state:?}"),
        CallEvent::Progress { response, branch } => format!("progress {} {branch}", response.status),
        CallEvent::Established { .. } => "established".to_owned(),
        CallEvent::Hold { by, held } => format!("hold {by:?} {held}"),
        CallEvent::Dtmf { tone, duration_ms } => format!("dtmf {tone} {duration_ms}"),
        CallEvent::Ended { end } => format!("ended {:?} {:?}", end.by, end.cause),
    }
}

fn headline(frame: &Frame) -> String {
    let text = String::from_utf8_lossy(frame.as_bytes()).into_owned();
    match text.as_str() {
        "\r\n\r\n" => return "ping".to_owned(),
        "\r\n" => return "pong".to_owned(),
        _ => {}
    }
    let header = |name: &str| {
        let line = text.split("\r\n").find(|line| line.starts_with(name))?;
        line.split_once(": ").map(|(_, value)| value.to_owned())
    };
    let start = text.split("\r\n").next().unwrap_or_default();
    let cseq = header("CSeq").filter(|_| start.starts_with("SIP/2.0")).map(|cseq| format!(" ({cseq})"));
    let body = text.split_once("\r\n\r\n").is_some_and(|(_, body)| !body.is_empty());
    format!("{start}{}{}", cseq.unwrap_or_default(), if body { " +body" } else { "" })
}

//! One real end, and a peer that is nothing but text.

use patchcord::agent::{Command, Config, Hint, Input, Interest};
use patchcord::message::{FlowId, Frame};
use patchcord::time::Instant;
use patchcord::usage::call::{
    AcceptOptions, DialOptions, HangupOptions, RefreshMethod, RefusalOptions, RenegotiateOptions, RingOptions,
};
use patchcord::usage::data::{CallHandle, RequestId, RequestOptions};
use patchcord::usage::question::{Answer, Question};

use super::end::{End, config, registering};
use super::peer::BOB;
use super::{Media, PeerDialog, Text, ladder};

/// A scenario.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) end: End,
    now: Instant,
    branches: u32,
}

impl Script {
    /// An agent that has been told nothing yet, at 0 s.
    pub(crate) fn new(config: Config) -> Self {
        Self::seeded(config, 7)
    }

    /// … whose chance comes from this seed.
    pub(crate) fn seeded(config: Config, seed: u8) -> Self {
        ladder::begin();
        Self { end: End::new("alice", config, seed), now: Instant(0), branches: 0 }
    }

    /// A line in the ladder.
    pub(crate) fn note(&self, what: &str) {
        ladder::note(self.now, "test", what);
    }

    /// Connected at 0 s, listening for calls, without registration.
    pub(crate) fn connected() -> Self {
        Self::connected_as(config())
    }

    pub(crate) fn connected_as(config: Config) -> Self {
        Self::new(config).now_connected()
    }

    fn now_connected(mut self) -> Self {
        self.listen();
        let id = self.connect();
        self.open();
        self.done(id);
        self.news();
        self
    }

    /// Connected at 0 s, with chance that comes from this seed.
    pub(crate) fn connected_from(seed: u8) -> Self {
        Self::seeded(config(), seed).now_connected()
    }

    /// Connected and registered for ten minutes at 0 s, listening for calls.
    pub(crate) fn registered() -> Self {
        Self::registered_as(registering())
    }

    pub(crate) fn registered_as(config: Config) -> Self {
        let mut script = Self::new(config);
        script.listen();
        let id = script.connect();
        script.open();
        script.bind();
        script.done(id);
        script.news();
        script
    }

    // Time ---------------------------------------------------------------------------------------------------

    /// Milliseconds of virtual time.
    pub(crate) fn now(&self) -> u64 {
        self.now.0
    }

    /// Lets time pass to `ms`; every deadline up to and including it is acted on at its instant.
    pub(crate) fn advance_to(&mut self, ms: u64) {
        self.end.run(&mut self.now, Instant(ms), |_, _| {});
        self.now = self.now.max(Instant(ms));
    }

    /// Lets so many milliseconds pass.
    pub(crate) fn advance(&mut self, ms: u64) {
        self.advance_to(self.now.0 + ms);
    }

    /// Lets time pass to `ms` and asserts that nothing was sent before it. What leaves at `ms` itself can be expected
    /// afterwards.
    pub(crate) fn silence_until(&mut self, ms: u64) {
        self.expect_nothing();
        if let Some(before) = ms.checked_sub(1).map(Instant).filter(|before| *before >= self.now) {
            self.end.run(&mut self.now, before, |end, at| {
                let sent = end.sent.front().map(|(_, _, frame)| frame.clone());
                assert_eq!(sent, None, "something left at {} ms, before {ms} ms", at.0);
            });
        }
        self.advance_to(ms);
    }

    /// The host slept: not one tick until `ms`, then a single one.
    pub(crate) fn tick_late(&mut self, ms: u64) {
        self.now = Instant(ms);
        self.end.input(self.now, Input::Tick);
        self.advance_to(ms);
    }

    /// An input with a clock that shows less than before.
    pub(crate) fn tick_backwards(&mut self, ms: u64) {
        self.end.input(Instant(ms), Input::Tick);
    }

    // The socket ---------------------------------------------------------------------------------------------

    /// The socket the agent asked for opens and speaks SIP.
    pub(crate) fn open(&mut self) -> String {
        self.open_as(Some("sip"))
    }

    /// … with this subprotocol.
    pub(crate) fn open_as(&mut self, protocol: Option<&str>) -> String {
        let (flow, url) = self.end.opens.pop_front().expect("a socket to open");
        self.end.input(self.now, Input::Opened { flow, protocol: protocol.map(str::to_owned) });
        url
    }

    /// The socket the agent asked for cannot be opened.
    pub(crate) fn fail_to_open(&mut self) -> String {
        let (flow, url) = self.end.opens.pop_front().expect("a socket to open");
        self.end.input(self.now, Input::Closed { flow, code: 1006 });
        url
    }

    /// The open socket is lost.
    pub(crate) fn cut(&mut self) -> FlowId {
        self.cut_with(1006)
    }

    pub(crate) fn cut_with(&mut self, code: u16) -> FlowId {
        let flow = self.end.flow.expect("an open socket");
        ladder::note(self.now, "wire", &format!("the socket is lost, code {code}"));
        self.end.input(self.now, Input::Closed { flow, code });
        flow
    }

    /// Lets time pass until the agent tries to connect again, and lets it.
    pub(crate) fn reopen(&mut self) {
        let until = Instant(self.now.0 + 2_000);
        while self.end.opens.is_empty() {
            let wake = self.end.wake.expect("an attempt to connect").at;
            assert!(wake <= until, "no attempt within 2 s of the loss");
            self.advance_to(wake.0);
        }
        self.open();
    }

    pub(crate) fn hint(&mut self, hint: Hint) {
        self.end.input(self.now, Input::Hint(hint));
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.end.input(self.now, input);
    }

    // What goes over it --------------------------------------------------------------------------------------

    /// The peer says this.
    pub(crate) fn say(&mut self, text: &Text) {
        self.say_raw(&text.0);
    }

    /// The peer sends exactly these octets.
    pub(crate) fn say_raw(&mut self, text: &str) {
        let flow = self.end.flow.expect("an open socket");
        self.end.input(self.now, Input::Received { flow, frame: Frame::Text(text.to_owned()) });
    }

    /// The next thing that was sent, whose start line begins so.
    pub(crate) fn expect(&mut self, start: &str) -> Text {
        let Some((_, _, frame)) = self.end.sent.pop_front() else {
            panic!("nothing was sent, expected {start}");
        };
        let text = Text(String::from_utf8(frame.as_bytes().to_vec()).expect("UTF-8"));
        assert!(text.0.starts_with(start), "expected {start}, sent was:\n{}", text.0);
        text
    }

    /// … a response with this status to a request of this method.
    pub(crate) fn expect_response(&mut self, status: u16, method: &str) -> Text {
        let response = self.expect(&format!("SIP/2.0 {status} "));
        assert!(response.get("CSeq").ends_with(&format!(" {method}")), "to {method}: {}", response.0);
        response
    }

    pub(crate) fn expect_nothing(&mut self) {
        let sent = self.end.sent.front().map(|(_, _, frame)| frame.clone());
        assert_eq!(sent, None, "nothing should have been sent");
    }

    /// A branch of the peer's.
    pub(crate) fn branch(&mut self) -> String {
        self.branches += 1;
        format!("z9hG4bKpeer{}", self.branches)
    }

    /// A request of the peer's out of any dialog, to our own address.
    pub(crate) fn request(&mut self, method: &str) -> Text {
        let branch = self.branch();
        let number = self.branches;
        Text::new(&format!(
            "{method} sip:alice@example.test SIP/2.0\n\
             Via: SIP/2.0/WSS edge.example.test;branch={branch}\n\
             Max-Forwards: 69\n\
             From: <sip:bob@example.test>;tag=bobtag{number}\n\
             To: <sip:alice@example.test>\n\
             Call-ID: call-{number}@peer\n\
             CSeq: 10 {method}\n\
             Contact: {BOB}"
        ))
    }

    // Commands -----------------------------------------------------------------------------------------------

    pub(crate) fn command(&mut self, command: Command) {
        self.end.command(self.now, command).expect("no misuse");
    }

    /// A command the agent must refuse as the caller's fault: what it says.
    pub(crate) fn misuse(&mut self, command: Command) -> String {
        self.end.command(self.now, command).expect_err("misuse")
    }

    /// A command with a fresh request id.
    pub(crate) fn ask_for(&mut self, command: impl FnOnce(RequestId) -> Command) -> RequestId {
        let id = self.end.request_id();
        self.command(command(id));
        id
    }

    pub(crate) fn connect(&mut self) -> RequestId {
        self.ask_for(|id| Command::Connect { id })
    }

    pub(crate) fn listen(&mut self) {
        self.command(Command::Interest { interests: vec![Interest::Calls] });
    }

    /// Calls Bob.
    pub(crate) fn call(&mut self) -> CallHandle {
        self.call_with(DialOptions::default())
    }

    pub(crate) fn call_with(&mut self, options: DialOptions) -> CallHandle {
        let call = self.end.call_handle();
        self.command(Command::Call { call, target: "sip:bob@example.test".to_owned(), options });
        call
    }

    pub(crate) fn ring(&mut self, call: CallHandle) -> RequestId {
        self.ask_for(|id| Command::Ring { id, call, options: RingOptions { status: 180, headers: Vec::new() } })
    }

    pub(crate) fn accept(&mut self, call: CallHandle) -> RequestId {
        self.ask_for(|id| Command::Accept { id, call, options: AcceptOptions::default() })
    }

    pub(crate) fn reject(&mut self, call: CallHandle, status: u16) -> RequestId {
        let options = RefusalOptions { status, phrase: None, retry_after: None, headers: Vec::new(), body: None };
        self.ask_for(|id| Command::Reject { id, call, options })
    }

    pub(crate) fn hangup(&mut self, call: CallHandle) -> RequestId {
        self.ask_for(|id| Command::Hangup { id, call, options: HangupOptions::default() })
    }

    pub(crate) fn set_hold(&mut self, call: CallHandle, held: bool) -> RequestId {
        self.ask_for(|id| Command::SetHold { id, call, held })
    }

    pub(crate) fn renegotiate(&mut self, call: CallHandle, method: RefreshMethod) -> RequestId {
        let options = RenegotiateOptions { method, ..RenegotiateOptions::default() };
        self.ask_for(|id| Command::Renegotiate { id, call, options })
    }

    /// A request of the application's in the dialog of a call, with nothing added to it.
    pub(crate) fn request_in(&mut self, call: CallHandle, method: &str) -> RequestId {
        self.call_request(call, method, RequestOptions::default())
    }

    pub(crate) fn close(&mut self, timeout_ms: u32) -> RequestId {
        self.ask_for(|id| Command::Close { id, timeout_ms })
    }

    /// Answers the question that has waited longest.
    pub(crate) fn answer(&mut self, answer: Answer) -> Question {
        let (ask, question) = self.end.asks.pop_front().expect("a question");
        self.command(Command::Answer { ask, answer });
        question
    }

    // Usual openings -----------------------------------------------------------------------------------------

    /// Takes the REGISTER that was sent and binds its Contact for ten minutes.
    pub(crate) fn bind(&mut self) -> Text {
        let register = self.expect("REGISTER ");
        self.say(&Text::bound(&register));
        register
    }

    /// A call of ours that Bob has answered: the call, the INVITE, the dialog as Bob sees it.
    pub(crate) fn outgoing(&mut self) -> (CallHandle, Text, PeerDialog) {
        let call = self.call();
        let invite = self.expect("INVITE ");
        self.say(&Text::ok_to(&invite));
        self.expect("ACK ");
        let dialog = PeerDialog::callee(&invite, "bobtag");
        assert!(self.was_told(&format!("call {} established", call.0)));
        self.news();
        (call, invite, dialog)
    }

    /// The same with media like a browser's: `ours` says whether the call is.
    pub(crate) fn live(&mut self, ours: bool) -> (CallHandle, PeerDialog) {
        let next = CallHandle(if ours { 2 } else { 1 });
        self.end.live.insert(next, Media::default());
        let (call, _, dialog) = if ours { self.outgoing() } else { self.answered() };
        assert_eq!(call, next, "the first call");
        (call, dialog)
    }

    /// A call of Bob's that has come in: the call and the INVITE.
    pub(crate) fn incoming(&mut self) -> (CallHandle, Text) {
        let invite = self.request("INVITE").sdp();
        let call = self.invited(&invite);
        (call, invite)
    }

    /// This INVITE comes in and is told: the call.
    pub(crate) fn invited(&mut self, invite: &Text) -> CallHandle {
        self.news();
        self.say(invite);
        let told = self.news().into_iter().find(|line| line.ends_with(" incoming")).expect("an incoming call");
        CallHandle(told.split(' ').nth(1).and_then(|number| number.parse().ok()).expect("a handle"))
    }

    /// A call of Bob's that was accepted and acknowledged.
    pub(crate) fn answered(&mut self) -> (CallHandle, Text, PeerDialog) {
        let (call, invite) = self.incoming();
        self.accept(call);
        let ok = self.expect_response(200, "INVITE");
        let dialog = PeerDialog::caller(&invite, &ok);
        let ack = dialog.ack(self, &invite);
        self.say(&ack);
        self.news();
        (call, invite, dialog)
    }
}

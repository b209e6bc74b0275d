//! The model: random commands, messages and faults against an agent, and what must hold whatever happens.
//!
//! * one `ended` per call and nothing of it afterwards; one `Done` per request (checked by the simulation's `End`);
//! * the calls the agent keeps are those that were told and have not ended, as a naïve count knows them;
//! * in a dialog that a BYE has ended nothing leaves but ACK and BYE;
//! * one question about the media of a call is open at any time; hold is told when it changes (`End` again);
//! * nothing is left after close, and every request is settled; queues stay bounded; nothing panics.
//!
//! A failure prints its ladder, whose first line names the seed: `MODEL_SEED=… MODEL_STEPS=400 cargo test model` runs
//! that episode alone.

mod application;
mod peer;

use std::collections::{BTreeMap, BTreeSet};

use patchcord::agent::{Capabilities, Command, Config, Hint, Input, ReconnectConfig};
use patchcord::entropy::Entropy;
use patchcord::usage::data::{AskId, CallHandle, Limits, Machine};
use patchcord::usage::question::CredentialSource;

use super::sim::{PeerDialog, Script, Text, alice, config, registering};

/// Steps in one run of the tests, and in the life of one agent.
const STEPS: u64 = 100_000;
const EPISODE: u64 = 400;
/// More than an agent may send or tell in one step, whatever is asked of it.
const BURST: usize = 200;
/// What the agent keeps may grow with the calls of an episode, and no further.
const MACHINES: usize = 400;

/// What must have been told again and again: calls that come up, changes both ways, requests both ways.
const MARKS: [&str; 8] = [
    " established",
    " hold Local",
    " hold Remote",
    " dtmf ",
    "ask CreateAnswer",
    "ask Rollback",
    "ask Request",
    "ask Credentials",
];

type Seen = BTreeMap<&'static str, usize>;

/// One agent, its peer, and what has been seen.
struct Model {
    script: Script,
    chance: Entropy,
    /// Requests of the agent that may be answered, the youngest last.
    asked: Vec<Text>,
    /// Requests of the peer that may be repeated, cancelled or acknowledged.
    said: Vec<Text>,
    dialogs: Vec<PeerDialog>,
    /// INVITEs of the peer by Call-ID, until their 2xx has made a dialog.
    invites: BTreeMap<String, Text>,
    /// Dialogs that a BYE has ended: Call-ID and both tags, ours first.
    dead: BTreeSet<[String; 3]>,
    /// How often what proves that the model comes far was told.
    seen: Seen,
    /// Calls that were begun, as a naïve count knows them.
    begun: BTreeSet<CallHandle>,
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut octets = [0_u8; 32];
        octets[..8].copy_from_slice(&seed.to_le_bytes());
        let mut chance = Entropy::new(octets);
        let script = Script::seeded(some_config(&mut chance), u8::try_from(seed & 0xff).unwrap_or(0));
        script.note(&format!("MODEL_SEED={seed}"));
        let mut model = Self {
            script,
            chance,
            asked: Vec::new(),
            said: Vec::new(),
            dialogs: Vec::new(),
            invites: BTreeMap::new(),
            dead: BTreeSet::new(),
            seen: Seen::new(),
            begun: BTreeSet::new(),
        };
        model.script.listen();
        if !model.maybe(6) {
            model.script.connect();
            model.script.open();
        }
        model.take_notice();
        model
    }

    fn step(&mut self) {
        match self.chance.below(20) {
            0..=4 => self.some_command(),
            5..=9 => self.some_response(),
            10..=13 => self.some_request(),
            14 => self.some_fault(),
            15..=17 => self.some_answer(),
            _ => self.some_time(),
        }
        self.take_notice();
    }

    // What the world does -------------------------------------------------------------------------------------

    fn some_fault(&mut self) {
        match (self.chance.below(12), self.script.end.flow, self.script.end.opens.is_empty()) {
            (0..=6, None, false) => drop(self.script.open()),
            (7, None, false) => drop(self.script.open_as(None)),
            (8, None, false) => drop(self.script.fail_to_open()),
            (0, Some(_), _) => {
                let code = [1006, 1006, 1000, 1008][self.below(4)];
                self.script.cut_with(code);
            }
            (1, Some(_), _) => {
                for _ in 0..self.chance.below(12) {
                    if self.script.end.flow.is_some() {
                        self.script.say_raw("hello");
                    }
                }
            }
            (2, Some(_), _) => self.script.say_raw("\r\n\r\n"),
            (3, Some(_), _) => self.script.say_raw("\r\n"),
            (4, Some(flow), _) => {
                let bytes = if self.maybe(12) { 2 << 20 } else { 0 };
                self.script.input(Input::Buffered { flow, bytes });
            }
            (5, Some(_), _) => self.script.hint(Hint::Offline),
            (6, Some(_), _) => self.script.hint(Hint::Hidden),
            (9, ..) => self.script.hint(Hint::Online),
            (10, ..) => self.script.hint(Hint::Resumed),
            (11, ..) => self.script.tick_backwards(1),
            _ => {}
        }
    }

    fn some_time(&mut self) {
        let now = self.script.now();
        match self.chance.below(12) {
            0 if self.maybe(4) => self.script.tick_late(now + 3_600_000),
            1 if self.maybe(4) => self.script.advance(60_000),
            2 if self.maybe(2) => self.script.tick_late(now + self.chance.below(40_000)),
            // To the moment of a deadline, where races live.
            3 | 4 => {
                let wake = self.script.end.wake.map_or(now, |wake| wake.at.0.max(now));
                self.script.advance_to(wake.min(now + 600_000));
            }
            _ => self.script.advance(self.chance.below(1_500)),
        }
        if self.script.end.flow.is_none() && !self.script.end.opens.is_empty() && !self.maybe(4) {
            self.script.open();
        }
        if self.script.end.flow.is_none() && self.script.end.opens.is_empty() && self.maybe(2) {
            self.script.connect();
            self.script.command(Command::Reconnect);
        }
    }

    // What must hold ------------------------------------------------------------------------------------------

    /// Looks at what was sent and told in a step.
    fn take_notice(&mut self) {
        assert!(self.script.end.sent.len() < BURST, "{} messages in one step", self.script.end.sent.len());
        while let Some((_, _, frame)) = self.script.end.sent.pop_front() {
            let text = Text(String::from_utf8_lossy(frame.as_bytes()).into_owned());
            if text.0.trim().is_empty() {
                continue;
            }
            assert!(!text.0.contains("secret"), "a password left:\n{}", text.0);
            if text.is_response() { self.on_response(&text) } else { self.on_request(text) }
        }
        let told = self.script.news();
        for line in &told {
            if let Some(mark) = MARKS.iter().find(|mark| line.contains(**mark)) {
                *self.seen.entry(mark).or_default() += 1;
            }
        }
        assert!(told.len() < BURST, "{} events in one step", told.len());
        for line in told {
            if let Some(call) = line.strip_suffix(" incoming").and_then(|line| line.strip_prefix("call ")) {
                assert!(self.begun.insert(CallHandle(call.parse().unwrap())), "call {call} comes in twice");
            }
        }
    }

    fn on_request(&mut self, request: Text) {
        if let Some(remote) = request.tag("To") {
            let key = [request.get("Call-ID"), request.tag("From").unwrap_or_default(), remote];
            let method = request.kind();
            assert!(!self.dead.contains(&key) || ["ACK", "BYE"].contains(&method), "{method} in a dead dialog");
            if method == "BYE" {
                self.dead.insert(key);
            }
        }
        if request.kind() != "ACK" {
            self.asked.push(request);
        }
    }

    fn on_response(&mut self, response: &Text) {
        if response.kind() == "180"
            && let Some(invite) = self.invites.get(&response.get("Call-ID"))
        {
            self.dialogs.push(PeerDialog::caller(invite, response));
        }
        if response.kind() != "200" {
            return;
        }
        let Some(local) = response.tag("To") else { return };
        let cseq = response.get("CSeq");
        if cseq.ends_with(" BYE") {
            self.dead.insert([response.get("Call-ID"), local, response.tag("From").unwrap_or_default()]);
        } else if cseq.ends_with(" INVITE")
            && let Some(invite) = self.invites.remove(&response.get("Call-ID"))
        {
            let dialog = PeerDialog::caller(&invite, response);
            if !self.maybe(4) {
                let ack = dialog.ack(&mut self.script, &invite);
                let ack = if self.maybe(6) { ack } else { ack.sdp() };
                self.say(&ack);
            }
            self.dialogs.push(dialog);
        } else if cseq.ends_with(" INVITE")
            && let Some(at) = self.dialogs.iter().position(|dialog| dialog.has(response))
            && !self.maybe(5)
        {
            // A re-INVITE of the peer's, or its INVITE again.
            let ack = self.dialogs[at].ack(&mut self.script, response);
            let ack = if self.maybe(2) { ack } else { ack.sdp() };
            self.say(&ack);
        }
    }

    /// Compares what the agent keeps with the naïve count.
    fn compare(&mut self) {
        // What is due at this very moment would be done by the look itself, and the media would answer after it.
        self.script.advance(0);
        self.take_notice();
        let machines = self.script.snapshot();
        assert!(machines.len() < MACHINES, "{} machines", machines.len());
        let kept: BTreeSet<CallHandle> = machines
            .iter()
            .filter(|machine| machine.state != "parting")
            .filter_map(|machine| machine.machine.strip_prefix("call ")?.parse().ok().map(CallHandle))
            .collect();
        let alive: BTreeSet<CallHandle> =
            self.begun.iter().filter(|call| !self.script.end.ended.contains_key(call)).copied().collect();
        assert_eq!(kept, alive, "the calls that are alive");
        let up = machines.iter().any(|machine| machine.machine == "transport" && machine.state == "up");
        assert_eq!(up, self.script.end.flow.is_some(), "whether the socket is up");
        self.compare_questions(&machines);
        let earliest = machines.iter().filter_map(|machine| machine.at).min();
        assert_eq!(self.script.end.wake.map(|wake| wake.at.0), earliest, "what the agent waits for");
        self.script.news();
    }

    /// The media of a call is asked one thing at a time, and nothing for a call that is over.
    fn compare_questions(&self, machines: &[Machine]) {
        let mut asked = BTreeSet::new();
        for number in machines.iter().filter_map(|machine| machine.machine.strip_prefix("question ")) {
            let ask = AskId(number.parse().unwrap());
            if let Some(call) = self.script.end.media_asks.get(&ask) {
                assert!(asked.insert(*call), "two questions about the media of call {} are open", call.0);
                assert!(!self.script.end.ended.contains_key(call), "call {} has ended and is asked about", call.0);
            }
        }
    }

    /// Everybody hangs up and falls silent: nothing may be left of the calls, though nobody has closed anything.
    fn fall_silent(&mut self) {
        let alive: Vec<CallHandle> =
            self.begun.iter().filter(|call| !self.script.end.ended.contains_key(call)).copied().collect();
        for call in alive {
            self.script.hangup(call);
        }
        // A BYE may wait so long for a connection, and as long as a transaction lasts for its answer.
        for _ in 0..20 {
            self.script.advance(100_000);
            self.take_notice();
        }
        let left = self.script.snapshot();
        let memory = left.iter().find(|machine| machine.machine == "memory").map_or("", |machine| &machine.state);
        assert!(memory.starts_with("0 dialogs") && memory.ends_with(" 0 acknowledgements"), "{memory}");
        let calls = left.iter().filter(|machine| machine.machine.starts_with("call ")).count();
        assert_eq!(calls, 0, "calls that are kept");
    }

    /// The agent is closed: nothing may be left. What had been seen.
    fn finish(mut self) -> Seen {
        let close = self.script.close(5_000);
        self.script.advance(5_000);
        self.take_notice();
        self.script.done(close);
        for call in &self.begun {
            assert!(self.script.end.ended.contains_key(call), "call {} never ended", call.0);
        }
        assert_eq!(self.script.end.unsettled(), [], "every request is settled");
        self.script.advance(64_000);
        self.take_notice();
        let left = self.script.snapshot();
        let memory = left.iter().find(|machine| machine.machine == "memory").map(|machine| machine.state.as_str());
        assert_eq!(memory, Some("0 dialogs, 0 authentications, 0 acknowledgements"));
        let left: Vec<String> = left.into_iter().map(|machine| machine.machine).collect();
        let usual = ["transport", "errand", "registration", "memory"];
        assert!(left.iter().all(|name| usual.contains(&name.as_str())), "left after close: {left:?}");
        assert_eq!(self.script.end.wake, None, "nothing to wait for");
        self.seen
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound as u64)).unwrap_or(0)
    }

    /// True once in so many times.
    fn maybe(&mut self, times: u64) -> bool {
        self.chance.below(times) == 0
    }
}

fn some_config(chance: &mut Entropy) -> Config {
    let base = if chance.below(3) == 0 { config() } else { registering() };
    let credentials = match chance.below(3) {
        0 => CredentialSource::None,
        1 => CredentialSource::Ask,
        _ => CredentialSource::Fixed { credentials: alice() },
    };
    let keep_alive_ms = if chance.below(2) == 0 { 0 } else { 25_000 };
    let reconnect = ReconnectConfig { keep_alive_ms, ..base.reconnect };
    let servers = vec!["wss://one.example.test".to_owned(), "wss://two.example.test".to_owned()];
    let mut one_of = |numbers: [u32; 3]| numbers[usize::try_from(chance.below(3)).unwrap_or(0)];
    let limits = Limits {
        calls: one_of([2, 8, 32]),
        dialogs: one_of([8, 64, 64]),
        transactions: one_of([12, 256, 256]),
        ..Limits::default()
    };
    let mut is_on = || chance.below(6) != 0;
    let capabilities = Capabilities { update: is_on(), info: is_on(), message: is_on() };
    Config { credentials, reconnect, servers, limits, capabilities, ..base }
}

#[test]
fn model_whatever_happens_the_invariants_hold() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let steps = number("MODEL_STEPS").unwrap_or(STEPS);
    let first = number("MODEL_SEED").unwrap_or(1);
    let mut seen = Seen::new();
    for seed in first..first + steps.div_ceil(EPISODE) {
        let mut model = Model::new(seed);
        // Half of the episodes let the media answer at once, so that calls come further.
        model.script.end.media = seed % 2 == 0;
        for step in 0..EPISODE {
            model.step();
            if step % 5 == 0 {
                model.compare();
            }
        }
        if seed % 3 == 0 {
            model.fall_silent();
        }
        for (mark, times) in model.finish() {
            *seen.entry(mark).or_default() += times;
        }
    }
    println!("{steps} steps from seed {first}: {seen:?}");
    // A model that never comes far would prove little.
    let enough = |mark: &&str| seen.get(*mark).is_some_and(|times| *times as u64 > steps / 1_000);
    assert!(steps < STEPS || MARKS.iter().all(enough), "{seen:?}");
}

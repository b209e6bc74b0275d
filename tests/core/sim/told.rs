//! What an agent told, and what can be seen of it.

use patchcord::agent::Command;
use patchcord::usage::call::CallEnd;
use patchcord::usage::data::{CallHandle, Failure, Machine, Outcome, RequestId};

use super::Script;
use super::end::brief;

impl Script {
    /// What was told since this was asked last, in a few words each.
    pub(crate) fn news(&mut self) -> Vec<String> {
        self.end.events.drain(..).map(|event| brief(&event)).collect()
    }

    /// The part of [`Script::news`] that is about one call.
    pub(crate) fn news_of(&mut self, call: CallHandle) -> Vec<String> {
        let prefix = format!("call {} ", call.0);
        self.news().into_iter().filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned)).collect()
    }

    /// Whether this was told since [`Script::news`] was asked last.
    pub(crate) fn was_told(&self, line: &str) -> bool {
        self.end.events.iter().any(|event| brief(event) == line)
    }

    /// How a call ended.
    pub(crate) fn ended(&self, call: CallHandle) -> CallEnd {
        self.end.ended.get(&call).cloned().expect("the call has ended")
    }

    pub(crate) fn is_up(&self, call: CallHandle) -> bool {
        !self.end.ended.contains_key(&call)
    }

    /// Asserts that a request is settled, and well.
    pub(crate) fn done(&self, id: RequestId) {
        assert_eq!(self.end.settled.get(&id), Some(&Outcome::Done));
    }

    pub(crate) fn is_settled(&self, id: RequestId) -> bool {
        self.end.settled.contains_key(&id)
    }

    /// Why a request failed.
    pub(crate) fn failure(&self, id: RequestId) -> Failure {
        match self.end.settled.get(&id) {
            Some(Outcome::Failed { failure }) => failure.clone(),
            other => panic!("a failure expected, not {other:?}"),
        }
    }

    /// Every state machine.
    pub(crate) fn snapshot(&mut self) -> Vec<Machine> {
        let id = self.ask_for(|id| Command::Snapshot { id });
        match self.end.settled.get(&id) {
            Some(Outcome::Snapshot { machines }) => machines.clone(),
            other => panic!("a snapshot expected, not {other:?}"),
        }
    }

    /// Asserts that nothing is left of any call: no command without its Done, no machine, no memory.
    pub(crate) fn assert_nothing_left(&mut self) {
        assert_eq!(self.end.unsettled(), [], "every command is settled");
        let mut machines = self.snapshot();
        let Machine { machine, state, .. } = machines.pop().expect("a memory");
        assert_eq!((machine.as_str(), state.as_str()), ("memory", "0 dialogs, 0 authentications, 0 acknowledgements"));
        let is_ours = |machine: &Machine| ["transport", "errand", "registration"].contains(&machine.machine.as_str());
        assert!(machines.iter().all(is_ours), "no machine but those of the agent itself: {machines:?}");
    }
}

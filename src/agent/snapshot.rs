//! Every state machine with what it waits for, for a bug report (JS-08).

use super::UserAgent;
use crate::time::{Deadline, Timed as _};
use crate::usage::data::Machine;

impl UserAgent {
    pub(super) fn machines(&self) -> Vec<Machine> {
        let mut machines = vec![
            machine("transport", self.transport.state_name(), self.transport.next_deadline()),
            machine("errand", self.errand.name(), self.errand.deadline()),
        ];
        if let Some(registration) = &self.registration {
            machines.push(machine("registration", registration.state_name(), registration.deadline()));
        }
        for (call, phase, deadline) in self.calls.snapshot() {
            machines.push(machine(&format!("call {}", call.0), phase, deadline));
        }
        for (transaction, deadline) in self.cx.transactions.snapshot() {
            machines.push(machine(&transaction, "", deadline));
        }
        for (ask, deadline) in self.asks.ids() {
            machines.push(machine(&format!("question {}", ask.0), "open", deadline));
        }
        machines.push(machine("memory", &self.memory(), None));
        machines
    }

    /// What is kept beside the machines: it must come to nothing when they do.
    fn memory(&self) -> String {
        let (dialogs, authentications, acks) = (self.cx.dialogs.len(), self.cx.auth.followed(), self.cx.branches.len());
        format!("{dialogs} dialogs, {authentications} authentications, {acks} acknowledgements")
    }
}

fn machine(name: &str, state: &str, deadline: Option<Deadline>) -> Machine {
    Machine {
        machine: name.to_owned(),
        state: state.to_owned(),
        at: deadline.map(|deadline| deadline.at.0),
        why: deadline.map(|deadline| deadline.why.to_owned()),
    }
}

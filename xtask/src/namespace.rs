//! A private network for the browser test: a Linux network namespace with a loopback, one private address and no way out.
//!
//! In it the test is the same on every machine: ports are free, and Chromium, which gathers no loopback candidates, finds
//! one address to send audio from whatever the machine's own network or firewall is like. No right is needed where Linux
//! lets users make namespaces; where it does not, the test runs in the machine's network.

use crate::files::find_program;
use crate::progress::note;
use crate::run::Step;

/// Run by `sh` inside the new namespace; its arguments are the command that takes its place. The two ends of the
/// virtual cable are named so as to be recognised in `ip link`.
const ENTER: &str = r#"set -e
PATH="$PATH:/usr/sbin:/sbin"
ip link set lo up
ip link add cord0 type veth peer name cord1
ip address add 10.11.12.1/24 dev cord0
ip link set cord0 up
ip link set cord1 up
ip route add default dev cord0
exec "$@""#;

/// Where the browser test runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Network {
    /// In a namespace of its own.
    Private,
    /// In the machine's network.
    Shared,
}

impl Network {
    /// A private one if this system gives us one; says which it is, and why.
    pub(crate) fn find() -> Self {
        match try_private() {
            Ok(()) => {
                note("the browser gets a network namespace of its own");
                Self::Private
            }
            Err(why) => {
                note(&format!("no network namespace here ({why}): the browser uses this machine's network"));
                Self::Shared
            }
        }
    }

    /// The step as it is to be started to run there.
    pub(crate) fn run(self, step: Step) -> Step {
        match self {
            Self::Private => enter(step),
            Self::Shared => step,
        }
    }
}

fn try_private() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("only Linux has them".to_owned());
    }
    for tool in ["unshare", "ip"] {
        find_program(tool).ok_or_else(|| format!("`{tool}` is missing"))?;
    }
    let answer = enter(Step::new("true")).ask();
    answer.map(drop).map_err(|why| why.lines().next().unwrap_or_default().to_owned())
}

fn enter(step: Step) -> Step {
    let outer = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", ENTER, "sh"];
    step.behind(outer, "in a network namespace of its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_in_a_namespace_says_so() {
        let shown = Network::Private.run(Step::new("node").arg("demo.mjs")).shown();
        assert_eq!(shown, "node demo.mjs  # in a network namespace of its own");
    }

    #[test]
    fn without_a_namespace_the_command_stays_as_it_is() {
        let shown = Network::Shared.run(Step::new("node").arg("demo.mjs")).shown();
        assert_eq!(shown, "node demo.mjs");
    }

    #[test]
    fn a_namespace_has_its_private_address_where_there_can_be_one() {
        let Ok(()) = try_private() else { return };
        let addresses = enter(Step::new("ip").args(["-brief", "address"]));
        let addresses = addresses.ask().unwrap();
        assert!(addresses.contains("10.11.12.1/24"), "{addresses}");
    }
}

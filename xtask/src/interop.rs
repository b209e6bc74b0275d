//! What the interop tests need of the system: Kamailio with its modules, and linphone's console program. As root on
//! Debian they are installed; elsewhere the tests that need what is missing are left out, and name the command that
//! installs it.

use std::path::{Path, PathBuf};

use crate::debian;
use crate::failure::Failure;
use crate::files::find_program;
use crate::progress::note;
use crate::run::Step;

const CONFIG: &str = "tests/interop/kamailio/kamailio.cfg";
const PRESENCE: &str = "kamailio-presence-modules";
const WEBSOCKET: &str = "kamailio-websocket-modules";

/// The programs that patchcord is tested against, or what is missing, in words for people.
pub(crate) struct Peers {
    kamailio: Result<PathBuf, String>,
    linphone: Result<PathBuf, String>,
}

impl Peers {
    /// Finds them, after installing what is missing where that is ours to do.
    pub(crate) fn prepare() -> Result<Self, Failure> {
        let has = |name: &str| find_program(name).is_some();
        let missing = missing_packages(kamailio().is_some(), &has);
        if !missing.is_empty() && debian::is_ours() {
            debian::install(&missing, "see apt's message above")?;
        }
        let or_say = |found: Option<PathBuf>, what, packages: &[&str]| {
            found.ok_or_else(|| format!("it needs {what}: {}", debian::command(packages)))
        };
        let peers = Self {
            kamailio: or_say(
                kamailio(),
                "Kamailio with its WebSocket and presence modules",
                &["kamailio", WEBSOCKET, PRESENCE],
            ),
            linphone: or_say(find_program("linphonec"), "linphone's console program", &["linphone-cli"]),
        };
        for peer in [&peers.kamailio, &peers.linphone].into_iter().flatten() {
            note(&peer.display().to_string());
        }
        Ok(peers)
    }

    /// What tells the tests between browsers where their programs are.
    pub(crate) fn for_browsers(&self) -> Result<Vec<(&'static str, &Path)>, String> {
        let kamailio = self.kamailio.as_ref().map_err(Clone::clone)?;
        Ok(vec![("KAMAILIO", kamailio)])
    }

    /// The same for the tests with linphone.
    pub(crate) fn for_linphone(&self) -> Result<Vec<(&'static str, &Path)>, String> {
        let mut programs = self.for_browsers()?;
        programs.push(("LINPHONEC", self.linphone.as_ref().map_err(Clone::clone)?));
        Ok(programs)
    }
}

/// Kamailio, if it accepts our configuration: only then are all the modules there that this names.
fn kamailio() -> Option<PathBuf> {
    let program = find_program("kamailio")?;
    let given = ["SIP_PORT=5060", "WS_PORT=5062", "DB_URL=\"text:///\"", "PRES_ADDR=\"sip:presence@127.0.0.1\""];
    let check = Step::new(&program).args(["-c", "-f", CONFIG]).args(given.iter().flat_map(|value| ["-A", *value]));
    check.ask().is_ok().then_some(program)
}

/// The Debian packages that lack, given whether Kamailio is complete and which programs there are.
fn missing_packages(has_kamailio: bool, has: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let wanted = [
        (has_kamailio, &["kamailio", WEBSOCKET, PRESENCE][..]),
        (has("linphonec"), &["linphone-cli"]),
        // No test uses SIPp yet.
        (has("sipp"), &["sip-tester"]),
    ];
    wanted.into_iter().filter(|(there, _)| !there).flat_map(|(_, packages)| packages.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lacks_is_installed() {
        assert!(missing_packages(true, &|_| true).is_empty());
        assert_eq!(missing_packages(true, &|name| name == "sipp"), ["linphone-cli"]);
        assert_eq!(missing_packages(false, &|_| true), ["kamailio", WEBSOCKET, PRESENCE]);
    }

    #[test]
    fn tests_with_linphone_need_kamailio_too_and_each_lack_is_named() {
        let (found, lack) = (|| Ok(PathBuf::from("p")), |what: &str| Err(what.to_owned()));
        let without_linphone = Peers { kamailio: found(), linphone: lack("no linphone") };
        assert_eq!(without_linphone.for_browsers().unwrap(), [("KAMAILIO", Path::new("p"))]);
        assert_eq!(without_linphone.for_linphone().unwrap_err(), "no linphone");
        let without_kamailio = Peers { kamailio: lack("no Kamailio"), linphone: found() };
        assert_eq!(without_kamailio.for_browsers().unwrap_err(), "no Kamailio");
        assert_eq!(without_kamailio.for_linphone().unwrap_err(), "no Kamailio");
    }
}

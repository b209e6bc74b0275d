//! Registration and its refreshes: requirements RG-01 to RG-08, SL-10, TR-02, TR-09 and TR-12 in part.

mod bindings;
mod gruu;
mod leaving;
mod refresh;
mod refusals;
mod register;

use patchcord::agent::{Config, RegistrationConfig};
use patchcord::usage::data::RequestId;

use super::sim::{Script, Text, registering};

/// What stands in our Contact in every REGISTER.
const INSTANCE: &str = "+sip.instance=\"<urn:uuid:0b6e3a52-3f1c-4d6e-9a57-2d0c5b1f7e11>\"";

/// A REGISTER on its way, nothing answered.
fn asking() -> (Script, RequestId) {
    asking_as(registering())
}

fn asking_as(config: Config) -> (Script, RequestId) {
    let mut script = Script::new(config);
    let id = script.connect();
    script.open();
    (script, id)
}

fn with(registration: RegistrationConfig) -> Config {
    Config { registration: Some(registration), ..registering() }
}

fn usual() -> RegistrationConfig {
    registering().registration.unwrap()
}

fn granted(register: &Text, expires: u32) -> Text {
    granted_with(register, expires, "")
}

/// A 200 that binds our contact, with more parameters to it.
fn granted_with(register: &Text, expires: u32, params: &str) -> Text {
    let contact = format!("<{}>{params};expires={expires}", register.uri_in("Contact"));
    Text::answer(register, "200 OK").tagged("reg").with("Contact", &contact)
}

/// The refresh that is due next has left; when that is.
fn refreshing(script: &mut Script) -> (u64, Text) {
    let at = due(script);
    script.advance_to(at);
    (at, script.expect("REGISTER "))
}

/// When the registration acts next.
fn due(script: &mut Script) -> u64 {
    let machines = script.snapshot();
    machines.iter().find(|machine| machine.machine == "registration").and_then(|machine| machine.at).unwrap()
}

/// The part of the news that is about the registration.
fn news(script: &mut Script) -> Vec<String> {
    let is_ours = |line: &String| ["registration", "refreshed", "expired"].iter().any(|word| line.starts_with(word));
    script.news().into_iter().filter(is_ours).collect()
}

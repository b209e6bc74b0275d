//! The connection: requirements TR-01 to TR-10, TR-12, TD-07, RG-05; IV-04, JS-08 and SL-09 in part.

mod closing;
mod farewell;
mod frames;
mod handshake;
mod hints;
mod keepalive;
mod loss;
mod readiness;
mod reconnect;
mod wake;

use patchcord::agent::{Config, Event, ReconnectConfig};

use super::sim::{Script, config};

fn servers(count: usize) -> Config {
    Config { servers: (1..=count).map(|number| format!("wss://edge{number}.example.test/sip")).collect(), ..config() }
}

fn keeping_alive(ms: u32) -> Config {
    Config { reconnect: ReconnectConfig { keep_alive_ms: ms, ..config().reconnect }, ..config() }
}

/// The moment the agent waits for, and what it does then.
fn waits(script: &Script) -> (u64, &'static str) {
    script.end.wake.map_or((u64::MAX, ""), |wake| (wake.at.0, wake.why))
}

/// When the agent said it would connect again, the last time it said so.
fn retry_at(script: &Script) -> Option<u64> {
    let moment = |event: &Event| {
        let Event::Connection { retry_at, .. } = event else { return None };
        *retry_at
    };
    script.end.events.iter().rev().find_map(moment).map(|at| at.0)
}

/// Lets time pass until the agent connects again.
fn wait_for_retry(script: &mut Script) {
    let at = retry_at(script).unwrap();
    script.advance_to(at);
}

/// Asserts that a next attempt is due when TR-06 lets it be, after a failure that makes it wait `most` milliseconds.
pub(super) fn assert_backs_off(script: &Script, at: u64, most: u64) {
    let least = if most < 60_000 { 0 } else { most / 2 };
    let range = script.now() + least..=script.now() + most;
    assert!(range.contains(&at), "{at} at {}, for {most}", script.now());
}

/// Every message that was sent and not looked at: the method or the status, or that it is a ping.
fn sent(script: &mut Script) -> Vec<String> {
    let mut sent = Vec::new();
    while !script.end.sent.is_empty() {
        let text = script.expect("");
        sent.push(if text.0 == "\r\n\r\n" { "ping" } else { text.kind() }.to_owned());
    }
    sent
}

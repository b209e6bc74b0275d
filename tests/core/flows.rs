//! The connection: requirements TR-01, TR-03 to TR-10, TR-12, TD-07, RG-05.

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

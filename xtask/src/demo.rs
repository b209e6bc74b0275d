//! `cargo xtask demo`: the demo page, served together with a SIP edge until Ctrl-C; or, headless, driven by a script.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use clap::Args;

use crate::browser::CHROMIUM;
use crate::failure::{Failure, cannot};
use crate::namespace::Network;
use crate::progress::{heading, note, result};
use crate::run::{Running, Step, interrupted};
use crate::setup::{self, node_script};
use crate::{browser, package};

const SCRIPT: &str = "tests/e2e/demo.mjs";
const OUT: &str = "target/demo";
const SWITCHBOARD: &str = "target/debug/switchboard";
const PORT: u16 = 5080;
/// How long the edge may take to listen.
const START: Duration = Duration::from_secs(10);

/// How the demo is to be shown.
#[derive(Args)]
pub(crate) struct Options {
    /// Drive the page in headless Chromium: alice calls bob, audio flows, bob hangs up. Prints the SIP ladder, writes
    /// target/demo/demo.png and fails if any step does
    #[arg(long, conflicts_with = "server")]
    headless: bool,
    /// Let the page use this SIP server instead of the embedded one
    #[arg(long, value_name = "WSS-URL", value_parser = websocket_url)]
    server: Option<String>,
}

/// The command itself.
pub(crate) fn demo(options: &Options) -> Result<(), Failure> {
    let tools = setup::for_building()?;
    let audience = if options.headless { Some((browser::prepare([&CHROMIUM])?, Network::find())) } else { None };
    heading("package and demo page");
    package::build(&tools)?;
    heading("SIP edge");
    package::switchboard()?;
    match audience {
        Some(([chromium], network)) => {
            heading("headless demo");
            network.run(script()?.env("BROWSER", CHROMIUM.name).env(CHROMIUM.variable, chromium)).loud()
        }
        None => serve(options.server.as_deref()),
    }
}

/// The script that drives the page in a browser, and starts what it needs by itself.
pub(crate) fn script() -> Result<Step, Failure> {
    fs::create_dir_all(OUT).map_err(cannot(format!("make {OUT}")))?;
    Ok(node_script(SCRIPT)?.args(["--out", OUT]))
}

fn serve(server: Option<&str>) -> Result<(), Failure> {
    heading("demo");
    let edge = Step::new(format!("{SWITCHBOARD}{}", std::env::consts::EXE_SUFFIX)).args(edge_args(free_port()));
    let mut running = edge.start(Stdio::piped(), Stdio::inherit())?;
    let lines = running.stdout().map(lines_of).ok_or_else(|| Failure::new("the edge has no output"))?;
    let first = first_line(&mut running, &lines).map_err(|failure| failure.command(edge.shown()))?;
    let http =
        page_address(&first).ok_or_else(|| Failure::new(format!("the edge said {first:?}")).command(edge.shown()))?;
    if server.is_none() {
        result("Users alice, bob, carol and dave are ready; the password of alice is alice-secret, and so on.");
    }
    result(&format!("\n    {}\n\nCtrl-C ends the demo.", with_server(http, server)));
    thread::spawn(move || lines.iter().for_each(|line| result(&line)));
    match running.wait(None) {
        Ok(status) => Err(Failure::new(format!("the edge ended by itself with {status}")).command(edge.shown())),
        // Ctrl-C is how this command is meant to end.
        Err(failure) if failure.is_interruption() => Ok(()),
        Err(failure) => Err(failure),
    }
}

fn edge_args(port: u16) -> [String; 4] {
    ["--listen".to_owned(), format!("127.0.0.1:{port}"), "--static".to_owned(), "www/dist".to_owned()]
}

/// The port that the documentation names, or any (0) if something else listens there.
fn free_port() -> u16 {
    if TcpListener::bind(("127.0.0.1", PORT)).is_ok() {
        return PORT;
    }
    note(&format!("port {PORT} is taken: using another one"));
    0
}

fn lines_of(pipe: ChildStdout) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

/// The edge's first line, unless it ends, dawdles, or the user ends it before.
fn first_line(running: &mut Running, lines: &Receiver<String>) -> Result<String, Failure> {
    let slice = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    while waited < START {
        match lines.recv_timeout(slice) {
            Ok(line) => return Ok(line),
            Err(RecvTimeoutError::Timeout) if interrupted() => return Err(Failure::interrupted()),
            Err(RecvTimeoutError::Timeout) => waited += slice,
            Err(RecvTimeoutError::Disconnected) => {
                let status = running.wait(None)?;
                return Err(Failure::new(format!("the edge ended before it listened, with {status}")));
            }
        }
    }
    Err(Failure::new(format!("the edge does not listen after {} s", START.as_secs())))
}

/// From `listening http://127.0.0.1:5080 ws://127.0.0.1:5080/sip` the page's address.
fn page_address(line: &str) -> Option<&str> {
    line.strip_prefix("listening ")?.split(' ').next().filter(|address| address.starts_with("http://"))
}

fn with_server(http: &str, server: Option<&str>) -> String {
    server.map_or_else(|| format!("{http}/"), |server| format!("{http}/?server={}", percent_encoded(server)))
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn websocket_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("wss://").or_else(|| text.strip_prefix("ws://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if host.is_some_and(|host| !host.is_empty()) && !text.contains(char::is_whitespace) {
        return Ok(text.to_owned());
    }
    Err("a SIP server's WebSocket address looks like wss://sip.example.com/ws".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_address_comes_from_the_first_line() {
        let line = "listening http://127.0.0.1:5080 ws://127.0.0.1:5080/sip";
        assert_eq!(page_address(line), Some("http://127.0.0.1:5080"));
        assert_eq!(page_address("error: address in use"), None);
    }

    #[test]
    fn a_server_is_handed_to_the_page_percent_encoded() {
        assert_eq!(with_server("http://127.0.0.1:1", None), "http://127.0.0.1:1/");
        let url = with_server("http://127.0.0.1:1", Some("wss://sip.example.com/ws?a=b"));
        assert_eq!(url, "http://127.0.0.1:1/?server=wss%3A%2F%2Fsip.example.com%2Fws%3Fa%3Db");
    }

    #[test]
    fn only_websocket_addresses_are_servers() {
        assert!(websocket_url("wss://sip.example.com/ws").is_ok());
        assert!(websocket_url("ws://[::1]:5080").is_ok());
        for bad in ["", "wss://", "wss:///ws", "https://sip.example.com", "wss://a b", "sip.example.com"] {
            assert!(websocket_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_edge_serves_the_page_on_this_machine_only() {
        let args = edge_args(0);
        assert_eq!(args, ["--listen", "127.0.0.1:0", "--static", "www/dist"]);
    }
}

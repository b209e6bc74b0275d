//! The native driver of the development edge: sockets, files, clock and signals. What is said on the sockets is
//! decided in `patchcord::switchboard`.
//!
//! ```text
//! socket task ──Event──▶ ┌─────┐ ◀── timer, at the edge's deadline
//!      ▲                 │ hub │
//!      └──── Message ─── └─────┘ ──▶ stderr: notes, and with --log the first line of every message
//! ```
//! One port carries WebSocket (RFC 7118, any path) and static files.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use clap::Parser;
use patchcord::message::{FlowId, Frame};
use patchcord::switchboard::{Config, Input, Output, Switchboard};
use patchcord::time::{Deadline, Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower_http::services::ServeDir;

/// The largest WebSocket message taken; a larger one ends its connection with a close frame.
const MAX_MESSAGE: usize = 1 << 20;
/// The largest that is read at all, to be able to say so.
const MAX_READ: usize = 4 * MAX_MESSAGE;
/// RFC 6455 §7.4.1: the message is too big.
const TOO_BIG: u16 = 1009;
/// Messages that may wait for one slow client before it is given up.
const BACKLOG: usize = 1024;
/// RFC 6455 §7.4.1: the server goes away.
const GOING_AWAY: u16 = 1001;
/// How long a client may take to read one message.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long clients get to take their close frame when the edge stops.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long the hub sleeps when it waits for nothing.
const IDLE: Duration = Duration::from_secs(3600);

/// A small SIP edge (registrar and proxy over WebSocket) with a static file server.
///
/// For development, tests and demonstrations only. It is not an edge for the open internet: its users have well-known
/// passwords, it knows no TLS, keeps nothing, and limits nobody.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5080")]
    listen: SocketAddr,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    allow_remote: bool,
    /// Serve the files of this directory
    #[arg(long = "static", value_name = "DIRECTORY")]
    files: Option<PathBuf>,
    /// The host part of the users' addresses, and the realm they sign in to
    #[arg(long, value_name = "HOST", default_value = "switchboard.test", value_parser = domain)]
    domain: String,
    /// A user; may be repeated. Without any: alice, bob, carol and dave with passwords alice-secret and so on
    #[arg(long = "user", value_name = "NAME:PASSWORD", value_parser = user)]
    users: Vec<(String, String)>,
    /// Print the first line of every message, with time and socket, to stderr
    #[arg(long)]
    log: bool,
}

fn user(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok((name.to_owned(), password.to_owned()))
        }
        Some(_) | None => Err("a user is NAME:PASSWORD".to_owned()),
    }
}

fn domain(text: &str) -> Result<String, String> {
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let is_host = !text.is_empty() && text.bytes().all(is_label);
    is_host.then(|| text.to_ascii_lowercase()).ok_or_else(|| "a domain is a host name".to_owned())
}

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome =
        runtime.map_err(|error| format!("no runtime: {error}")).and_then(|runtime| runtime.block_on(run(args)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("switchboard: {message}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), String> {
    if !args.allow_remote && !args.listen.ip().is_loopback() {
        return Err(format!(
            "{} can be reached from other machines and this edge is for development only; \
             use 127.0.0.1, or add --allow-remote if you mean it",
            args.listen.ip()
        ));
    }
    if let Some(files) = args.files.as_ref().filter(|files| !files.is_dir()) {
        return Err(format!("--static {}: no such directory", files.display()));
    }
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        let is_taken = error.kind() == ErrorKind::AddrInUse;
        let hint = if is_taken { "; choose another with --listen, or port 0 for any free one" } else { "" };
        format!("cannot listen on {}: {error}{hint}", args.listen)
    })?;
    let address = listener.local_addr().map_err(|error| format!("no local address: {error}"))?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| format!("no random numbers: {error}"))?;

    let (events, inbox) = mpsc::channel(BACKLOG);
    let (alive, mut farewells) = mpsc::channel::<()>(1);
    let app = App { events, alive, files: args.files.as_ref().map(ServeDir::new) };
    let router = Router::new().fallback(answer).with_state(app);
    let hub = Hub::new(Switchboard::new(config(&args, address), seed), args.log);

    let mut stdout = std::io::stdout();
    let told = writeln!(stdout, "listening http://{address} ws://{address}/sip").and_then(|()| stdout.flush());
    told.map_err(|error| format!("stdout: {error}"))?;
    tokio::select! {
        result = axum::serve(listener, router) => result.map_err(|error| format!("cannot go on: {error}"))?,
        () = hub.run(inbox) => {}
        signal = stop() => signal.map_err(|error| format!("no signals: {error}"))?,
    }
    // The hub is gone, and with it every way to a client: each socket says farewell and drops its end of this channel.
    let _in_time = tokio::time::timeout(FAREWELL, farewells.recv()).await;
    Ok(())
}

fn config(args: &Args, address: SocketAddr) -> Config {
    let mut config = Config::new(&args.domain);
    config.aliases = vec![address.to_string(), format!("localhost:{}", address.port())];
    let mut users = args.users.clone();
    if users.is_empty() {
        users = ["alice", "bob", "carol", "dave"].map(|name| (name.to_owned(), format!("{name}-secret"))).to_vec();
    }
    users.iter().fold(config, |config, (name, password)| config.with_user(name, password))
}

/// Until the first SIGINT or SIGTERM.
async fn stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// What every HTTP request finds.
#[derive(Clone)]
struct App {
    events: mpsc::Sender<Event>,
    alive: mpsc::Sender<()>,
    files: Option<ServeDir>,
}

/// What a socket tells the hub.
enum Event {
    Opened { mailbox: mpsc::Sender<Message>, told: tokio::sync::oneshot::Sender<FlowId> },
    Received { flow: FlowId, frame: Frame },
    Closed { flow: FlowId },
}

/// WebSocket on every path, files otherwise.
async fn answer(
    State(app): State<App>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request<Body>,
) -> Response {
    let is_upgrade =
        request.headers().get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if !is_upgrade {
        return file(app.files, request).await;
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols(["sip"]).max_message_size(MAX_READ).max_frame_size(MAX_READ),
        Err(rejection) => return rejection.into_response(),
    };
    // RFC 7118 §4.1: without the subprotocol the two would not speak SIP.
    if upgrade.selected_protocol().is_none() {
        let message =
            "this is SIP over WebSocket (RFC 7118): offer the subprotocol \"sip\" in Sec-WebSocket-Protocol\n";
        return (StatusCode::BAD_REQUEST, message).into_response();
    }
    upgrade.on_upgrade(move |socket| serve_socket(app, socket))
}

async fn file(files: Option<ServeDir>, request: Request<Body>) -> Response {
    let mut response = match files {
        None => (StatusCode::NOT_FOUND, "no files here (--static); SIP clients connect by WebSocket\n").into_response(),
        Some(mut files) => match files.try_call(request).await {
            Ok(response) => response.map(Body::new),
            Err(error) => {
                let is_missing = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
                let status = if is_missing { StatusCode::NOT_FOUND } else { StatusCode::INTERNAL_SERVER_ERROR };
                (status, format!("{error}\n")).into_response()
            }
        },
    };
    // What is being developed changes from load to load.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// One client, from its connection to its end.
async fn serve_socket(app: App, mut socket: WebSocket) {
    let App { events, alive: _farewell, .. } = app;
    let (mailbox, mut letters) = mpsc::channel(BACKLOG);
    let (told, flow) = tokio::sync::oneshot::channel();
    if events.send(Event::Opened { mailbox, told }).await.is_err() {
        return;
    }
    let Ok(flow) = flow.await else { return };
    loop {
        tokio::select! {
            letter = letters.recv() => {
                let letter = letter.unwrap_or_else(|| close(GOING_AWAY));
                let is_last = matches!(letter, Message::Close(_));
                let sent = tokio::time::timeout(PATIENCE, socket.send(letter)).await;
                if !matches!(sent, Ok(Ok(()))) || is_last {
                    break;
                }
            }
            message = socket.recv() => {
                let frame = match message {
                    Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
                    Some(Ok(Message::Binary(octets))) => Frame::Binary(octets.to_vec()),
                    // The next read answers what needs an answer; after a close frame it is the last.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => continue,
                    Some(Err(_)) | None => break,
                };
                if frame.as_bytes().len() > MAX_MESSAGE {
                    let _gone = socket.send(close(TOO_BIG)).await;
                    break;
                }
                if events.send(Event::Received { flow, frame }).await.is_err() {
                    let _gone = socket.send(close(GOING_AWAY)).await;
                    break;
                }
            }
        }
    }
    let _hub_gone = events.send(Event::Closed { flow }).await;
}

fn close(code: u16) -> Message {
    Message::Close(Some(CloseFrame { code, reason: "".into() }))
}

/// The one owner of the edge: carries inputs in and outputs out, and keeps its time.
struct Hub {
    edge: Switchboard,
    mailboxes: BTreeMap<FlowId, mpsc::Sender<Message>>,
    flows: u64,
    started: tokio::time::Instant,
    is_logging: bool,
}

impl Hub {
    fn new(edge: Switchboard, is_logging: bool) -> Self {
        Self { edge, mailboxes: BTreeMap::new(), flows: 0, started: tokio::time::Instant::now(), is_logging }
    }

    async fn run(mut self, mut inbox: mpsc::Receiver<Event>) {
        let mut wait = None;
        loop {
            let until = self.wake_at(wait);
            wait = tokio::select! {
                event = inbox.recv() => match event {
                    Some(event) => self.handle(event),
                    None => return,
                },
                () = tokio::time::sleep_until(until) => self.feed(Input::Tick),
            };
        }
    }

    fn handle(&mut self, event: Event) -> Option<Deadline> {
        match event {
            Event::Opened { mailbox, told } => {
                self.flows += 1;
                let flow = FlowId(self.flows);
                // A socket task that ended meanwhile will not report the end.
                if told.send(flow).is_err() {
                    return self.feed(Input::Tick);
                }
                self.mailboxes.insert(flow, mailbox);
                self.log(flow, "opened");
                self.feed(Input::Opened { flow })
            }
            Event::Received { flow, frame } => {
                self.log_message(flow, '<', frame.as_bytes());
                self.feed(Input::Received { flow, frame })
            }
            Event::Closed { flow } => {
                self.mailboxes.remove(&flow);
                self.log(flow, "closed");
                self.feed(Input::Closed { flow })
            }
        }
    }

    fn feed(&mut self, input: Input) -> Option<Deadline> {
        let now = self.now();
        self.edge.handle_input(now, input);
        loop {
            match self.edge.poll_output() {
                Output::Send { flow, frame } => {
                    self.log_message(flow, '>', frame.as_bytes());
                    self.post(
                        flow,
                        match frame {
                            Frame::Text(text) => Message::text(text),
                            Frame::Binary(octets) => Message::binary(octets),
                        },
                    );
                }
                Output::Close { flow, code } => self.post(flow, close(code)),
                Output::Note { flow, text } => self.say(flow, &text),
                Output::Wait(deadline) => return deadline,
            }
        }
    }

    /// Never waits: a client that does not read must not hold up the others.
    fn post(&mut self, flow: FlowId, message: Message) {
        let Some(mailbox) = self.mailboxes.get(&flow) else {
            return;
        };
        if mailbox.try_send(message).is_err() {
            // Its socket task finds the mailbox closed, says so to the client, and reports the end.
            self.mailboxes.remove(&flow);
            self.say(flow, "given up: it does not read what it is sent");
        }
    }

    fn now(&self) -> Instant {
        Instant(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn wake_at(&self, wait: Option<Deadline>) -> tokio::time::Instant {
        let sleep = wait.map_or(IDLE, |deadline| deadline.at.since(self.now()).min(IDLE));
        tokio::time::Instant::now() + sleep
    }

    fn log(&self, flow: FlowId, text: &str) {
        if self.is_logging {
            self.say(flow, text);
        }
    }

    fn log_message(&self, flow: FlowId, arrow: char, octets: &[u8]) {
        if self.is_logging {
            let line = octets.split(|octet| *octet == b'\r').next().unwrap_or_default();
            let line =
                if octets.trim_ascii().is_empty() { "(keep-alive)".into() } else { String::from_utf8_lossy(line) };
            self.say(flow, &format!("{arrow} {line}"));
        }
    }

    fn say(&self, flow: FlowId, text: &str) {
        say(&format!("{:10.3} flow {} {text}", self.started.elapsed().as_secs_f64(), flow.0));
    }
}

/// A line on stderr, safe for a terminal. That nobody reads it is no reason to stop.
fn say(line: &str) {
    let line = line.replace(char::is_control, "?");
    let _unread = writeln!(std::io::stderr(), "{line}");
}

//! SL-08: what reading a message costs, in memory and in time. A binary of its own without a test harness, because it
//! counts what is allocated in all of it, and a harness has threads that allocate too; native only.
#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use std::time::Duration;

use patchcord::message::Message;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() {
    let tests: [(&str, fn()); 4] = [
        ("four times the size", sl_08_reading_holds_at_most_four_times_the_size_of_the_message),
        ("shortest lines", sl_08_the_shortest_lines_cost_no_more_than_their_table),
        ("beyond the limits", sl_08_what_is_more_than_a_limit_allows_is_not_kept),
        ("time", sl_08_the_time_to_read_grows_no_faster_than_the_message),
    ];
    for (name, test) in tests {
        test();
        println!("what reading costs, {name}: ok");
    }
}

/// The most octets that were held at once while this was read, the message itself aside.
fn peak(octets: &[u8]) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let read = Message::parse(octets);
    let peak = MEMORY.peak_usage().saturating_sub(before);
    drop(read);
    peak
}

const HEAD: &str = "INVITE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n";

/// A message with as many of these pieces behind this prefix as make it this large.
fn of_pieces(prefix: &str, piece: &str, size: usize) -> Vec<u8> {
    let mut octets = prefix.as_bytes().to_vec();
    while octets.len() + piece.len() + 4 <= size {
        octets.extend_from_slice(piece.as_bytes());
    }
    octets.extend_from_slice(b"\r\n\r\n");
    octets
}

/// Messages that are made of one thing, each of about this size.
fn hostile(size: usize) -> Vec<Vec<u8>> {
    let line = format!("X: {}\r\n", "y".repeat(8_000));
    let long_name = format!("{}: y\r\n", "x".repeat(500));
    let folded = format!("X: y\r\n{}", " z\r\n".repeat(2_000));
    let long_folded = format!("X: {}\r\n {}\r\n", "y".repeat(4_000), "z".repeat(4_000));
    let heads =
        ["a:\r\n", "a: b\r\n", &line, &long_name, &folded, &long_folded, " z\r\n", "\r", "\n", ":\r\n", "Via: x\r\n"];
    let bodies = ["x", "\r\n", "\0"];
    let starts = [" ", "x", "%", "sip:", "a=", ";a", "?a=b&", "SIP/2.0 ", "INVITE ", "\r\n"];
    let mut all: Vec<Vec<u8>> = heads.iter().map(|piece| of_pieces(HEAD, piece, size)).collect();
    all.extend(bodies.iter().map(|piece| of_pieces(&format!("{HEAD}\r\n"), piece, size)));
    all.extend(starts.iter().map(|piece| of_pieces("INVITE sip:x", piece, size)));
    all.extend(starts.iter().map(|piece| of_pieces("SIP/2.0 200 ", piece, size)));
    // Octets that are no UTF-8 read as three octets each.
    all.push([&b"INVITE "[..], &vec![0xff; size]].concat());
    all.push([&b"SIP/2.0 200 "[..], &vec![0xff; size]].concat());
    all.push([HEAD.as_bytes(), b"Subject: ", &vec![0xff; size.min(8_000)], b"\r\n\r\n"].concat());
    all
}

/// The messages of a file of vectors, as they stand there: what their escapes stand for makes no difference here.
fn vectors(text: &str) -> Vec<Vec<u8>> {
    let entries = text.split("\n=== ").skip(1).filter_map(|entry| entry.split_once('\n'));
    entries.map(|(_, text)| format!("{text}\n").replace('\n', "\r\n").into_bytes()).collect()
}

fn sl_08_reading_holds_at_most_four_times_the_size_of_the_message() {
    let real = [vectors(include_str!("../vectors/rfc4475.txt")), vectors(include_str!("../vectors/rfc5118.txt"))];
    let messages = real.into_iter().flatten().chain([16 << 10, 64 << 10].into_iter().flat_map(hostile));
    for octets in messages {
        let (peak, start) = (peak(&octets), String::from_utf8_lossy(octets.get(..100).unwrap_or(&octets)).into_owned());
        assert!(peak <= 4 * octets.len(), "{peak} octets held for a message of {}: {start:?}…", octets.len());
    }
}

fn sl_08_the_shortest_lines_cost_no_more_than_their_table() {
    // 40 octets for each of at most 128 lines, and half as much while the table grows.
    const TABLE: usize = 128 * 40 * 3 / 2;
    for size in [64, 200, 600, 1_500, 6_000] {
        for octets in hostile(size) {
            let peak = peak(&octets);
            assert!(peak <= 4 * octets.len() + TABLE, "{peak} octets held for a message of {}", octets.len());
        }
    }
}

fn sl_08_what_is_more_than_a_limit_allows_is_not_kept() {
    for octets in hostile(1 << 20) {
        assert!(peak(&octets) <= 4 * (64 << 10), "{} octets held for a message of 1 MiB", peak(&octets));
    }
}

/// The shortest of several times.
#[allow(clippy::disallowed_methods)] // A clock is what this is about.
fn time(octets: &[u8]) -> Duration {
    let once = || {
        let start = std::time::Instant::now();
        if let Ok(Message::Request(request)) = Message::parse(octets) {
            drop((request.head(), request.headers.contacts(), request.headers.vias()));
        }
        start.elapsed()
    };
    (0..25).map(|_| once()).min().unwrap()
}

fn sl_08_the_time_to_read_grows_no_faster_than_the_message() {
    // Seven times as much takes about seven times as long; what is quadratic takes fifty times.
    for (small, large) in hostile(9 << 10).into_iter().zip(hostile(64 << 10)) {
        let (short, long) = (time(&small).max(Duration::from_micros(5)), time(&large));
        let start = String::from_utf8_lossy(large.get(..100).unwrap_or_default()).into_owned();
        assert!(long < short * 25, "{short:?} for 9 KiB and {long:?} for 64 KiB: {start:?}…");
    }
}

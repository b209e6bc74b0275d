//! Which server is tried next (TR-06), and whether any of them speaks `sip` (TR-01).
//!
//! Every attempt goes to the next server of the list. The first of the list is the preferred one: as soon as it is due
//! again it is tried out of its turn, though never twice in a row, so that the others have theirs. A server that fails
//! is due again after a wait on the curve of RFC 5626 §4.5 by its own failures in a row, so that a preferred server
//! which stays away delays fail-over less and less often.
//! A connection that works is never given up for a better one, because calls live on it: failing back is left to
//! the next loss, or to the next `connect()`.

use crate::entropy::Entropy;
use crate::time::{Backoff, Instant};

/// The servers in order of preference.
#[derive(Debug)]
pub(super) struct Servers {
    list: Vec<Server>,
    /// Whose turn it is.
    next: usize,
    /// Who was tried last.
    last: usize,
    company: Company,
}

#[derive(Debug)]
struct Server {
    url: String,
    /// Attempts and connections in a row that came to nothing.
    failures: u32,
    due_at: Instant,
}

/// What has been met since `connect()`.
#[derive(Clone, Copy, Debug)]
enum Company {
    /// So many servers in a row that do not speak `sip`, and none that does.
    Strangers(usize),
    /// One that speaks it.
    Known,
}

impl Servers {
    pub(super) fn new(urls: Vec<String>) -> Self {
        let mut list = Vec::with_capacity(urls.len());
        for url in urls {
            list.push(Server { url, failures: 0, due_at: Instant::default() });
        }
        Self { list, next: 0, last: 0, company: Company::Strangers(0) }
    }

    pub(super) fn url(&self, server: usize) -> &str {
        self.list.get(server).map(|server| server.url.as_str()).unwrap_or_default()
    }

    /// All is forgotten: the preferred one is next.
    pub(super) fn restart(&mut self) {
        for server in &mut self.list {
            (server.failures, server.due_at) = (0, Instant::default());
        }
        (self.next, self.last, self.company) = (0, 0, Company::Strangers(0));
    }

    /// The server to try now.
    pub(super) fn take_next(&mut self, now: Instant) -> usize {
        let preferred_is_due = self.list.first().is_some_and(|preferred| preferred.due_at <= now);
        if preferred_is_due && self.last != 0 && self.next != 0 {
            self.last = 0;
        } else {
            self.last = self.next;
            self.next = (self.next + 1) % self.list.len().max(1);
        }
        self.last
    }

    /// This one came to nothing.
    pub(super) fn failed(&mut self, now: Instant, server: usize, backoff: &Backoff, entropy: &mut Entropy) {
        if let Some(server) = self.list.get_mut(server) {
            server.failures = server.failures.saturating_add(1);
            server.due_at = now + backoff.hold_off(server.failures, entropy);
        }
    }

    /// This one has proved good.
    pub(super) fn proved(&mut self, now: Instant, server: usize) {
        if let Some(server) = self.list.get_mut(server) {
            (server.failures, server.due_at) = (0, now);
        }
    }

    /// The connection to this one was good and is lost: most losses are the network's, so it is next.
    pub(super) fn lost(&mut self, server: usize) {
        self.next = server;
    }

    /// One speaks `sip`.
    pub(super) fn met_one(&mut self) {
        self.company = Company::Known;
    }

    /// One could not be reached, and might have spoken `sip`.
    pub(super) fn met_nobody(&mut self) {
        if let Company::Strangers(met) = &mut self.company {
            *met = 0;
        }
    }

    /// One does not speak `sip`. Whether that is so of all of them, one after the other, since `connect()`.
    pub(super) fn met_stranger(&mut self) -> bool {
        match &mut self.company {
            Company::Known => false,
            Company::Strangers(met) => {
                *met += 1;
                *met >= self.list.len()
            }
        }
    }
}

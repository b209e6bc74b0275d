//! What an edge is told when it starts.

use std::collections::BTreeMap;

use crate::time::Duration;
use crate::transaction::Timers;

/// Settings of a [`Switchboard`](super::Switchboard).
#[derive(Clone)]
pub struct Config {
    /// The host part of its users' addresses, and the realm of its challenges. Lower case.
    pub domain: String,
    /// Other names, `host` or `host:port`, under which a Route may mean this edge: what clients connect to.
    pub aliases: Vec<String>,
    /// Passwords by user name.
    pub users: BTreeMap<String, String>,
    /// The timers of its transactions.
    pub timers: Timers,
    /// Timer C, RFC 3261 §16.6: how long a called device may be silent after its last 101–199. More than 3 minutes.
    pub timer_c: Duration,
    /// The least registration granted, in seconds; less is refused with 423.
    pub min_expires: u32,
    /// The longest registration granted, in seconds; more is shortened to this.
    pub max_expires: u32,
    /// How many contacts a user may have.
    pub max_contacts: usize,
}

impl core::fmt::Debug for Config {
    /// Keeps passwords out of logs.
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let users: Vec<_> = self.users.keys().collect();
        out.debug_struct("Config").field("domain", &self.domain).field("users", &users).finish_non_exhaustive()
    }
}

impl Config {
    /// An edge for `domain` without users.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        Self {
            domain: domain.to_ascii_lowercase(),
            aliases: Vec::new(),
            users: BTreeMap::new(),
            timers: Timers::default(),
            timer_c: Duration::from_secs(185),
            min_expires: 60,
            max_expires: 3600,
            max_contacts: 20,
        }
    }

    /// Adds a user.
    #[must_use]
    pub fn with_user(mut self, name: &str, password: &str) -> Self {
        self.users.insert(name.to_owned(), password.to_owned());
        self
    }
}

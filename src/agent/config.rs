//! What a user agent is made with, as plain data, and how it is taken apart for the rooms; what cannot work is refused.

use super::check::{
    address_of_record, check_headers, check_limits, check_source, check_text, is_local, is_urn, with_plain_scheme,
};
use crate::entropy::Entropy;
use crate::message::{Name, NameAddr, SipUri, Uri};
use crate::time::{Backoff, Duration};
use crate::transaction::Timers;
use crate::transport;
use crate::usage::Profile;
use crate::usage::data::{Limits, Misuse};
use crate::usage::question::CredentialSource;
use crate::usage::registration::Account;

/// What a user agent is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct Config {
    /// Address of record: a sip or sips URI with a user part.
    pub aor: String,
    /// WebSocket URLs in order of preference, at least one.
    pub servers: Vec<String>,
    /// Shown to those we call.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub display_name: Option<String>,
    /// Where credentials come from.
    pub credentials: CredentialSource,
    /// How to register; nothing = not at all.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub registration: Option<RegistrationConfig>,
    /// Reconnecting and keep-alive.
    pub reconnect: ReconnectConfig,
    /// `urn:uuid:…`, the same for the same browser tab (RFC 5626 §4.1).
    pub instance_id: String,
    /// User-Agent header field.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub user_agent: Option<String>,
    /// Added to every request.
    pub headers: Vec<(String, String)>,
    /// Whether MD5 digests may be used.
    pub allow_md5: bool,
    /// Whether ws: is allowed to hosts other than this one.
    pub allow_insecure: bool,
    /// Which protocol features are offered.
    pub capabilities: Capabilities,
    /// How much of everything there may be.
    pub limits: Limits,
    /// Timers of the protocol.
    pub timers: TimerConfig,
}

/// Which protocol features are offered; one that is off is left out of Allow and Accept, and refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Capabilities {
    /// UPDATE (RFC 3311).
    pub update: bool,
    /// INFO (RFC 6086), DTMF among it.
    pub info: bool,
    /// MESSAGE (RFC 3428).
    pub message: bool,
}

impl Capabilities {
    /// The methods we take (RFC 3261 §20.5; IV-15).
    fn allow(self) -> String {
        let mut allow = "INVITE, ACK, BYE, CANCEL, OPTIONS".to_owned();
        for (is_on, method) in [(self.update, ", UPDATE"), (self.info, ", INFO"), (self.message, ", MESSAGE")] {
            if is_on {
                allow.push_str(method);
            }
        }
        allow
    }
}

impl Default for Capabilities {
    /// Everything.
    fn default() -> Self {
        Self { update: true, info: true, message: true }
    }
}

/// The timers all others follow from (RFC 3261 §17, table 4; RFC 4320 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct TimerConfig {
    /// The estimate of a round trip, in milliseconds; at least 1.
    pub t1_ms: u32,
    /// The longest time between two repeats, in milliseconds.
    pub t2_ms: u32,
    /// How long a message may live in the network, in milliseconds.
    pub t4_ms: u32,
    /// Whether requests other than INVITE are answered 100 when they are not answered otherwise by the time a client on
    /// an unreliable transport would repeat them every T2.
    pub non_invite_100: bool,
}

impl Default for TimerConfig {
    /// The values of RFC 3261: 500 ms, 4 s, 5 s; 100 is sent.
    fn default() -> Self {
        Self { t1_ms: 500, t2_ms: 4_000, t4_ms: 5_000, non_invite_100: true }
    }
}

impl TimerConfig {
    fn timers(self) -> Timers {
        Timers {
            t1: millis(self.t1_ms),
            t2: millis(self.t2_ms),
            t4: millis(self.t4_ms),
            sends_non_invite_100: self.non_invite_100,
        }
    }
}

/// How to register (RFC 3261 §10).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct RegistrationConfig {
    /// Seconds asked for, at least 1.
    pub expires: u32,
    /// The registrar's URI; by default the domain of the address of record.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub registrar: Option<String>,
    /// Added to our Contact; those whose names begin with `pn-` to its URI (RFC 8599 §4.1).
    pub contact_params: Vec<(String, Option<String>)>,
    /// Whether to be registered without outbound (RFC 5626) is no better than not at all.
    pub require_outbound: bool,
}

/// Reconnecting and keep-alive, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct ReconnectConfig {
    /// Bound of the first wait after a loss.
    pub min_delay_ms: u32,
    /// Bound of every wait.
    pub max_delay_ms: u32,
    /// Longest time between keep-alives where the server names none; 0 = none are sent.
    pub keep_alive_ms: u32,
    /// How long a pong may take.
    pub pong_timeout_ms: u32,
    /// WebSocket close codes after which no attempt is made.
    pub no_retry_codes: Vec<u16>,
}

/// A configuration taken apart for the rooms.
pub(super) struct Parts {
    pub(super) profile: Profile,
    pub(super) transport: transport::Settings,
    /// None: no registration is wanted.
    pub(super) account: Option<Account>,
    pub(super) timers: Timers,
    pub(super) limits: Limits,
}

impl Config {
    /// Checks the configuration and takes it apart for the rooms.
    ///
    /// # Errors
    /// [`Misuse`] that names the field and says what is wrong with it.
    pub(super) fn into_parts(mut self, entropy: &mut Entropy) -> Result<Parts, Misuse> {
        let aor = address_of_record(&self.aor)?;
        for server in &mut self.servers {
            *server = with_plain_scheme(server);
        }
        self.check_servers(&aor)?;
        check_limits(&self.limits)?;
        check_headers(&self.headers)?;
        check_source(&self.credentials)?;
        if self.timers.t1_ms == 0 {
            return Err(Misuse::new("timers.t1: must be at least 1 millisecond"));
        }
        for (field, text) in [("displayName", &self.display_name), ("userAgent", &self.user_agent)] {
            check_text(field, text.as_deref())?;
        }
        let domain = Uri::Sip(SipUri { user: None, password: None, ..aor.clone() });
        let sent_by = format!("{}.invalid", entropy.token(16));
        let contact = self.contact(&aor, &sent_by)?;
        let backoff = Backoff {
            first: millis(self.reconnect.min_delay_ms),
            longest: millis(self.reconnect.max_delay_ms.max(self.reconnect.min_delay_ms)),
        };
        let account = match &self.registration {
            None => None,
            Some(registration) => Some(self.account(registration, &contact, &domain, backoff)?),
        };
        let headers = self.headers.iter().filter_map(|(name, value)| Some((Name::parse(name)?, value.clone())));
        let profile = Profile {
            aor: NameAddr { display_name: self.display_name.clone(), ..NameAddr::new(Uri::Sip(aor)) },
            domain,
            contact,
            sent_by,
            user_agent: self.user_agent.clone(),
            headers: headers.collect(),
            allow: self.capabilities.allow(),
        };
        let transport = transport::Settings {
            servers: self.servers,
            backoff,
            keep_alive: millis(self.reconnect.keep_alive_ms),
            pong_timeout: millis(self.reconnect.pong_timeout_ms),
            no_retry_codes: self.reconnect.no_retry_codes,
        };
        Ok(Parts { profile, transport, account, timers: self.timers.timers(), limits: self.limits })
    }

    fn check_servers(&self, aor: &SipUri) -> Result<(), Misuse> {
        if self.servers.is_empty() {
            return Err(Misuse::new("servers: name at least one WebSocket URL"));
        }
        for server in &self.servers {
            let parts = server.split_once(':').and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?)));
            let fault = match parts {
                Some(("wss", _)) => continue,
                Some(("ws", _)) if aor.secure => "is not encrypted, as a sips address of record wants it; use wss:",
                Some(("ws", rest)) if self.allow_insecure || is_local(rest) => continue,
                Some(("ws", _)) => "is not encrypted; use wss:, or allowInsecure",
                Some(_) | None => "is no ws: or wss: URL",
            };
            return Err(Misuse::new(format!("servers: `{server}` {fault}")));
        }
        Ok(())
    }

    /// RFC 7118 §5.2: a host nobody can resolve, and `transport=ws` for ws and wss alike.
    fn contact(&self, aor: &SipUri, sent_by: &str) -> Result<NameAddr, Misuse> {
        let scheme = if aor.secure { "sips" } else { "sip" };
        let user = aor.user.as_deref().unwrap_or_default();
        let uri = Uri::parse(&format!("{scheme}:{user}@{sent_by};transport=ws"));
        uri.map(NameAddr::new).map_err(|_| Misuse::new("aor: its user part cannot stand in a Contact"))
    }

    fn account(
        &self,
        registration: &RegistrationConfig,
        contact: &NameAddr,
        domain: &Uri,
        backoff: Backoff,
    ) -> Result<Account, Misuse> {
        let registrar = match &registration.registrar {
            None => domain.clone(),
            Some(text) => Uri::parse(text).map_err(|_| Misuse::new("registration.registrar: is no SIP URI"))?,
        };
        if registration.expires == 0 {
            return Err(Misuse::new("registration.expires: must be at least 1 second"));
        }
        if !is_urn(&self.instance_id) {
            return Err(Misuse::new("instanceId: must be a URN such as urn:uuid:…"));
        }
        let contact = register_contact(contact, &self.instance_id, &registration.contact_params)?;
        Ok(Account {
            registrar,
            expires: registration.expires,
            require_outbound: registration.require_outbound,
            contact,
            backoff,
        })
    }
}

/// Our Contact in REGISTER: with what tells this device and this flow from others (RFC 5626 §4.2), and what the
/// application adds.
fn register_contact(
    plain: &NameAddr,
    instance_id: &str,
    params: &[(String, Option<String>)],
) -> Result<NameAddr, Misuse> {
    const OURS: [&str; 5] = ["+sip.instance", "reg-id", "expires", "pub-gruu", "temp-gruu"];
    let mut contact = plain.clone();
    contact.params.set("+sip.instance", Some(&format!("\"<{instance_id}>\"")));
    contact.params.set("reg-id", Some("1"));
    for (name, value) in params {
        let value = value.as_deref();
        check_text("registration.contactParams", Some(name))?;
        check_text("registration.contactParams", value)?;
        if OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
            return Err(Misuse::new(format!(
                "registration.contactParams: `{name}` is written by the user agent itself"
            )));
        }
        let is_push = name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("pn-"));
        match &mut contact.uri {
            // RFC 8599 §4.1: they are parameters of the URI.
            Uri::Sip(uri) if is_push => uri.set_param(name, value),
            Uri::Sip(_) | Uri::Other { .. } => contact.params.set(name, value),
        }
    }
    // Whatever the application added, it must still be one well-formed Contact.
    NameAddr::parse(&contact.to_string())
        .map_err(|_| Misuse::new("registration.contactParams: cannot stand in a Contact"))
}

fn millis(count: u32) -> Duration {
    Duration::from_millis(u64::from(count))
}

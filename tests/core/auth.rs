//! Authentication on the wire: requirements AU-01 to AU-07, SL-07; MS-16 and SL-09 in part. What a challenge must be
//! answered with is computed here from the hash functions alone.

mod algorithms;
mod secrecy;
mod sessions;
mod sources;
mod tries;

use md5::{Digest as _, Md5};
use patchcord::agent::Config;
use patchcord::usage::data::RequestId;
use patchcord::usage::question::{CredentialSource, Credentials};
use sha2::{Sha256, Sha512_256};

use super::sim::{Script, Text, alice, registering};

const SHA: &str = "Digest realm=\"example.test\", nonce=\"n-sha\", qop=\"auth\", algorithm=SHA-256, opaque=\"o\"";
const MD5: &str = "Digest realm=\"example.test\", nonce=\"n-md5\", qop=\"auth\", algorithm=MD5";
const SHA_512: &str = "Digest realm=\"example.test\", nonce=\"n-512\", qop=\"auth\", algorithm=SHA-512-256";
const BEARER: &str = "Bearer realm=\"example.test\", authz_server=\"https://login.example.test/\"";

fn knowing(credentials: Credentials) -> Config {
    Config { credentials: CredentialSource::Fixed { credentials }, ..registering() }
}

fn asked() -> Config {
    Config { credentials: CredentialSource::Ask, ..registering() }
}

/// One who calls and does not register.
fn caller(config: Config) -> Script {
    Script::connected_as(Config { registration: None, ..config })
}

/// Connected, with a REGISTER on its way: the REGISTER, and what waits for it.
fn asking(config: Config) -> (Script, Text, RequestId) {
    let mut script = Script::new(config);
    let id = script.connect();
    script.open();
    let register = script.expect("REGISTER ");
    (script, register, id)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn sha512(text: &str) -> String {
    hex(&Sha512_256::digest(text))
}

fn md5(text: &str) -> String {
    hex(&Md5::digest(text))
}

/// Asserts that a request carries the right answer to a challenge of example.test with qop=auth, for alice.
fn assert_proves(request: &Text, header: &str, hash: fn(&str) -> String, nonce: &str, nc: &str) {
    let part = |name: &str| request.digest(header, name).unwrap_or_else(|| panic!("{name} in:\n{}", request.0));
    assert_eq!((part("nonce").as_str(), part("nc").as_str(), part("qop").as_str()), (nonce, nc, "auth"));
    assert_eq!(part("uri"), request.uri());
    let a1 = hash("alice:example.test:secret");
    let a2 = hash(&format!("{}:{}", request.kind(), request.uri()));
    assert_eq!(part("response"), hash(&format!("{a1}:{nonce}:{nc}:{}:auth:{a2}", part("cnonce"))));
}

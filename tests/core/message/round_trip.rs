//! MS-08: whatever is read goes out as it came, over generated messages.

use patchcord::entropy::Entropy;
use patchcord::message::{Message, Name, NameAddr, Uri, Via};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Makes messages out of one seed.
struct Generator(Entropy);

impl Generator {
    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[usize::try_from(self.0.below(choices.len() as u64)).unwrap()]
    }

    fn word(&mut self) -> String {
        let length = 1 + usize::try_from(self.0.below(9)).unwrap();
        self.0.token(length)
    }

    fn params(&mut self) -> String {
        let mut all = String::new();
        for _ in 0..self.0.below(4) {
            let name = self.word();
            let value = match self.0.below(4) {
                0 => String::new(),
                1 => format!("=\"{} \\\"<,;>\\\\ ä\"", self.word()),
                2 => "=[2001:db8::1]".to_owned(),
                _ => format!("={}", self.word()),
            };
            all += &format!(";{name}{value}");
        }
        all
    }

    fn uri(&mut self) -> String {
        let scheme = self.pick(&["sip:", "sips:"]);
        let user = self.pick(&["", "alice@", "a%20b@", "+358-55;x=y@", "a/b?c:pw@"]);
        let host = self.pick(&["x", "a1-2.example.com", "192.0.2.255", "[2001:db8::1]", "[::]"]);
        let port = self.pick(&["", ":5060", ":1"]);
        let params = self.pick(&["", ";lr", ";transport=ws;gr=urn:uuid:1-2", ";a=[:/&+$];%6Cr=%20"]);
        let headers = self.pick(&["", "?Subject=a%3Bb", "?a=&b=c"]);
        format!("{scheme}{user}{host}{port}{params}{headers}")
    }

    fn name_addr(&mut self) -> String {
        let name = self.pick(&["", "\"Alice\" ", "\"A \\\"B\\\\ <,;> ü\" "]);
        format!("{name}<{}>{}", self.uri(), self.params())
    }

    fn via(&mut self) -> String {
        let transport = self.pick(&["WS", "WSS", "UDP", "TCP", "TLS", "SCTP"]);
        let sent_by = self.pick(&["x.invalid", "192.0.2.1:5060", "[2001:db8::9]:1"]);
        format!("SIP/2.0/{transport} {sent_by};branch=z9hG4bK{}{}", self.word(), self.params())
    }

    fn field(&mut self) -> (String, Vec<u8>) {
        match self.0.below(6) {
            0 => ("Via".to_owned(), self.via().into_bytes()),
            1 => {
                (self.pick(&["Contact", "Route", "Record-Route", "P-Thing"]).to_owned(), self.name_addr().into_bytes())
            }
            2 => (self.pick(&["Subject", "Supported", "x-y.z!%*_+`'~"]).to_owned(), Vec::new()),
            3 => (format!("X-{}", self.word()), self.octets()),
            4 => (self.word(), self.octets()),
            _ => ("Accept".to_owned(), b"application/sdp , x/y;q=0.1,,".to_vec()),
        }
    }

    /// Anything a line can hold, without blanks at its ends.
    fn octets(&mut self) -> Vec<u8> {
        let octet = |generator: &mut Self| match u8::try_from(generator.0.below(256)).unwrap() {
            b'\r' | b'\n' => b':',
            octet => octet,
        };
        let mut all = vec![b'<'];
        all.extend((0..self.0.below(40)).map(|_| octet(self)));
        all.push(b'"');
        all
    }

    /// A message in the very form the printer gives it.
    fn message(&mut self) -> Vec<u8> {
        let start = match self.0.below(2) {
            0 => {
                // Header components have no place in a Request-URI; in the user part a `?` is no such thing.
                let uri = self.uri().replace("?Subject=a%3Bb", "").replace("?a=&b=c", "");
                format!("{} {uri} SIP/2.0", self.pick(&["INVITE", "X-%1"]))
            }
            _ => format!("SIP/2.0 {} {}", 100 + self.0.below(600), self.pick(&["", "OK", "Käse  (\"x\")"])),
        };
        let mut octets = start.into_bytes();
        for _ in 0..self.0.below(30) {
            let (name, value) = self.field();
            // A generated word may happen to be a compact form, which is not how it goes out.
            let name = Name::parse(&name).unwrap();
            octets.extend([b"\r\n", name.as_str().as_bytes(), b": ", &value].concat());
        }
        let body: Vec<u8> = (0..self.0.below(200)).map(|at| u8::try_from(at).unwrap().wrapping_mul(37)).collect();
        octets.extend(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes());
        octets.extend(body);
        octets
    }
}

fn seed(number: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

#[test]
fn ms_08_generated_messages_go_out_as_they_came() {
    for number in 0..3000 {
        let octets = Generator(Entropy::new(seed(number))).message();
        let shown = || format!("seed {number}: {}", String::from_utf8_lossy(&octets));
        let message = Message::parse(&octets).unwrap_or_else(|bad| panic!("{bad:?} {}", shown()));
        assert_eq!(String::from_utf8_lossy(&message.to_bytes()), String::from_utf8_lossy(&octets), "{}", shown());
        assert_eq!(message.to_bytes(), octets, "{}", shown());
        assert_eq!(Message::parse(&message.to_bytes()).as_ref(), Ok(&message), "{}", shown());
    }
}

#[test]
fn ms_08_generated_values_go_out_as_they_came() {
    for number in 0..3000 {
        let mut generator = Generator(Entropy::new(seed(number)));
        let (uri, address, via) = (generator.uri(), generator.name_addr(), generator.via());
        assert_eq!(Uri::parse(&uri).map(|uri| uri.to_string()).as_deref(), Ok(&*uri), "seed {number}");
        assert_eq!(NameAddr::parse(&address).map(|it| it.to_string()).as_deref(), Ok(&*address), "seed {number}");
        assert_eq!(Via::parse(&via).map(|via| via.to_string()).as_deref(), Ok(&*via), "seed {number}");
        assert!(Uri::parse(&uri).unwrap().equivalent(&Uri::parse(&uri).unwrap()), "seed {number}");
    }
}

//! A SIP message as text: what an end sent, to be asserted on, or what the peer says, to be edited line by line. It
//! knows nothing of the parser under test.

/// A session description the peer sends.
pub(crate) const SDP: &str = "v=0\r\no=peer 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 40000 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n";

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl Text {
    /// A message written with bare line feeds.
    pub(crate) fn new(text: &str) -> Self {
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        Self(if text.contains("\r\n\r\n") { text } else { format!("{}\r\n\r\n", text.trim_end()) })
    }

    /// A template whose `{Header}` are taken from a message that was captured, and `{branch}` and `{tag}` (of From).
    pub(crate) fn fill(template: &str, captured: &Self) -> Self {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').expect("a `}` for every `{`");
            filled.push_str(before);
            filled.push_str(&match name {
                "branch" => captured.branch(),
                "tag" => captured.tag("From").expect("a From tag"),
                _ => captured.get(name),
            });
            rest = after;
        }
        Self::new(&(filled + rest))
    }

    /// A response to a captured request, with what every response copies (RFC 3261 §8.2.6).
    pub(crate) fn answer(request: &Self, status: &str) -> Self {
        let mut lines = vec![format!("SIP/2.0 {status}")];
        for name in ["Via", "Record-Route", "From", "To", "Call-ID", "CSeq"] {
            lines.extend(request.all(name).into_iter().map(|value| format!("{name}: {value}")));
        }
        Self::new(&lines.join("\n"))
    }

    /// Gives To a tag where it has none.
    pub(crate) fn tagged(self, tag: &str) -> Self {
        if self.tag("To").is_some() {
            return self;
        }
        let to = self.get("To");
        self.set("To", &format!("{to};tag={tag}"))
    }

    /// Adds a header line behind the others.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let (head, body) = self.split();
        Self(format!("{head}\r\n{name}: {value}\r\n\r\n{body}"))
    }

    /// Replaces the first line of a header, or adds it.
    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        let (head, body) = self.split();
        let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
        match lines.iter().position(|line| is_named(line, name)) {
            Some(at) => lines[at] = format!("{name}: {value}"),
            None => lines.push(format!("{name}: {value}")),
        }
        Self(format!("{}\r\n\r\n{body}", lines.join("\r\n")))
    }

    /// Takes all lines of a header away.
    pub(crate) fn without(self, name: &str) -> Self {
        let (head, body) = self.split();
        let lines: Vec<&str> = head.split("\r\n").filter(|line| !is_named(line, name)).collect();
        Self(format!("{}\r\n\r\n{body}", lines.join("\r\n")))
    }

    /// Another start line.
    pub(crate) fn started(self, line: &str) -> Self {
        let rest = self.0.split_once("\r\n").expect("a start line").1;
        Self(format!("{line}\r\n{rest}"))
    }

    /// A body of this type.
    pub(crate) fn body_of(self, content_type: &str, body: &str) -> Self {
        let text = self.set("Content-Type", content_type);
        let (head, _) = text.split();
        Self(format!("{head}\r\n\r\n{body}"))
    }

    /// [`SDP`] as its body.
    pub(crate) fn sdp(self) -> Self {
        self.body_of("application/sdp", SDP)
    }

    /// The start line.
    pub(crate) fn start(&self) -> &str {
        self.0.split("\r\n").next().unwrap_or_default()
    }

    /// The method of a request; the status code of a response.
    pub(crate) fn kind(&self) -> &str {
        let mut words = self.start().split(' ');
        let first = words.next().unwrap_or_default();
        if first == "SIP/2.0" { words.next().unwrap_or_default() } else { first }
    }

    /// The Request-URI.
    pub(crate) fn uri(&self) -> String {
        self.start().split(' ').nth(1).unwrap_or_default().to_owned()
    }

    pub(crate) fn is_response(&self) -> bool {
        self.start().starts_with("SIP/2.0 ")
    }

    /// The values of all lines of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let (head, _) = self.split();
        let lines = head.split("\r\n").filter(|line| is_named(line, name));
        lines.map(|line| line.split_once(':').map_or("", |(_, value)| value).trim().to_owned()).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        !self.all(name).is_empty()
    }

    /// The value of the only line of a header.
    pub(crate) fn get(&self, name: &str) -> String {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "one {name} in:\n{}", self.0);
        all[0].clone()
    }

    /// The tag of From or To.
    pub(crate) fn tag(&self, name: &str) -> Option<String> {
        let value = self.get(name);
        let tag = value.split_once(";tag=")?.1;
        Some(tag.split(';').next().unwrap_or_default().to_owned())
    }

    /// The branch of the topmost Via.
    pub(crate) fn branch(&self) -> String {
        let via = self.all("Via").into_iter().next().expect("a Via");
        via.split_once("branch=").expect("a branch").1.split([';', ',']).next().unwrap_or_default().to_owned()
    }

    /// The number in CSeq.
    pub(crate) fn cseq(&self) -> u32 {
        self.get("CSeq").split(' ').next().and_then(|number| number.parse().ok()).expect("a CSeq number")
    }

    /// The URI between the angle brackets of a header.
    pub(crate) fn uri_in(&self, name: &str) -> String {
        let value = self.get(name);
        value.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("brackets").0.to_owned()
    }

    /// A parameter of a digest challenge or of credentials, unquoted.
    pub(crate) fn digest(&self, name: &str, param: &str) -> Option<String> {
        let value = self.get(name);
        let list = value.strip_prefix("Digest ").expect("scheme Digest").to_owned();
        let pairs = list.split(", ").filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == param).map(|(_, value)| value.trim_matches('"').to_owned())
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    fn split(&self) -> (&str, &str) {
        self.0.split_once("\r\n\r\n").expect("an empty line behind the headers")
    }
}

fn is_named(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(known, _)| known.trim().eq_ignore_ascii_case(name))
}

/**
 * How long a message takes from JavaScript to JavaScript, through the built package and its engine:
 *
 * - an INVITE with a browser's SDP, from the socket's `onmessage` to the application's `call` listener;
 * - an OPTIONS, from the socket's `onmessage` to the 200 given to the socket's `send`.
 *
 * The socket is an object in memory, so no network and no timer is measured. Every INVITE is refused and its refusal
 * acknowledged before the next comes, outside the measured time, so that no state piles up.
 *
 *   node tests/bench/message.mjs
 *
 * Prints one line. Ends with 1 where something did not happen that was to be measured.
 */

import { readFile } from "node:fs/promises";

const DIST = new URL("../../pkg/dist/", import.meta.url);
/** Unmeasured first, so that the compilers are done. */
const WARM_UP = 3_000;
const MEASURED = 10_000;
/** Microtasks an event may take to arrive before it counts as lost. */
const PATIENCE = 50;

/** What Chrome offers for one microphone, with four candidates. */
const SDP = `v=0
o=- 7719284650231184407 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS 5b1f0c1e-6a43-4a0f-9a7a-0d9c2f2b6c11
m=audio 61273 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 203.0.113.77
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:2897165113 1 udp 2122260223 192.168.178.34 61273 typ host generation 0 network-id 1 network-cost 10
a=candidate:1534097821 1 udp 2122194687 10.8.0.6 50218 typ host generation 0 network-id 2 network-cost 50
a=candidate:3712048857 1 tcp 1518280447 192.168.178.34 9 typ host tcptype active generation 0 network-id 1
a=candidate:440192875 1 udp 1685987071 203.0.113.77 61273 typ srflx raddr 192.168.178.34 rport 61273 generation 0
a=ice-ufrag:q7Zd
a=ice-pwd:Xh2sJ0vY9bLw4TtKc8Re1uNf
a=ice-options:trickle
a=fingerprint:sha-256 3C:91:0A:EE:57:42:6B:D8:15:F0:7D:A9:C4:33:8E:60:B2:1F:94:5A:E7:08:CD:76:29:B1:4F:83:DA:52:6E:0B
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:5b1f0c1e-6a43-4a0f-9a7a-0d9c2f2b6c11 e0d87c52-3f1b-4c55-8a3e-7b6f5d1c9a20
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3104457782 cname:Wq8mT3vLx0RkYb5Z
`.replaceAll("\n", "\r\n");

/** Makes a message of `lines` and a body, as one flat string, which is what a network hands over. */
function message(lines, body = "") {
  const text = [...lines, `Content-Length: ${Buffer.byteLength(body)}`, "", body].join("\r\n");
  return Buffer.from(text).toString("latin1");
}

const invite = (number) =>
  message(
    [
      "INVITE sip:alice@edge.example;transport=ws SIP/2.0",
      `Via: SIP/2.0/WSS edge.example:443;branch=z9hG4bKe${number}.7f3a.0`,
      `Via: SIP/2.0/WSS 5rk0q2h8vd.invalid;branch=z9hG4bK${number}d2c41;received=198.51.100.9;rport=49822`,
      "Record-Route: <sip:edge.example:443;transport=ws;lr;flow=8c21>",
      "Max-Forwards: 69",
      `From: "Bob" <sip:bob@bench.example>;tag=b${number}`,
      "To: <sip:alice@bench.example>",
      `Call-ID: bench-${number}-q6s0vj`,
      "CSeq: 4711 INVITE",
      "Contact: <sip:bob@5rk0q2h8vd.invalid;transport=ws;ob>",
      "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REFER, NOTIFY, SUBSCRIBE, MESSAGE, INFO, UPDATE, PRACK",
      "Supported: timer, replaces, norefersub, outbound",
      "Session-Expires: 1800;refresher=uac",
      "Min-SE: 90",
      "User-Agent: bench/1.0",
      "Content-Type: application/sdp",
    ],
    SDP,
  );

const options = (number) =>
  message([
    "OPTIONS sip:alice@edge.example;transport=ws SIP/2.0",
    `Via: SIP/2.0/WSS edge.example:443;branch=z9hG4bKo${number}.91bd.0`,
    "Max-Forwards: 70",
    `From: <sip:edge@edge.example>;tag=o${number}`,
    "To: <sip:alice@bench.example>",
    `Call-ID: alive-${number}-w2k8`,
    `CSeq: ${number} OPTIONS`,
    "Accept: application/sdp",
  ]);

/** The ACK that the sender of an INVITE owes a refusal (RFC 3261 §17.1.1.3). */
function acknowledgement(number, refusal) {
  const header = (name) => new RegExp(`^${name}: (.*)\r$`, "m").exec(refusal)?.[1] ?? "";
  return message([
    "ACK sip:alice@edge.example;transport=ws SIP/2.0",
    `Via: SIP/2.0/WSS edge.example:443;branch=z9hG4bKe${number}.7f3a.0`,
    "Max-Forwards: 70",
    `From: ${header("From")}`,
    `To: ${header("To")}`,
    `Call-ID: ${header("Call-ID")}`,
    "CSeq: 4711 ACK",
  ]);
}

/** The interface of a WebSocket, and nothing behind it. */
class MemorySocket {
  protocol = "sip";
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  /** The last frame that was sent. */
  sent = "";

  send(frame) {
    this.sent = frame;
  }

  close() {
    this.readyState = 3;
  }
}

/** Turns microtasks until `done()`, and fails where it never comes. */
async function until(done, what) {
  for (let turn = 0; !done(); turn += 1) {
    if (turn > PATIENCE) throw new Error(`no ${what}`);
    await null;
  }
}

/** A connected user agent and the socket it believes in. */
async function connected() {
  const { UserAgent, init } = await import(new URL("index.js", DIST));
  await init({ wasm: await readFile(new URL("patchcord_bg.wasm", DIST)) });
  const socket = new MemorySocket();
  const media = {
    open() {
      throw new Error("no call is answered here");
    },
  };
  const agent = await UserAgent.create({
    aor: "sip:alice@bench.example",
    servers: "ws://localhost/",
    registration: false,
    media,
    webSocket: () => socket,
  });
  const ready = agent.connect();
  socket.readyState = 1;
  socket.onopen({ type: "open" });
  await ready;
  return { agent, socket };
}

/** Runs `once(number)`, which returns milliseconds, and gives back the median in microseconds. */
async function median(once) {
  const times = [];
  for (let number = 1; number <= WARM_UP + MEASURED; number += 1) {
    const time = await once(number);
    if (number > WARM_UP) times.push(time);
  }
  times.sort((one, other) => one - other);
  return times[times.length >> 1] * 1_000;
}

function measureInvite(agent, socket) {
  let call, seen;
  agent.addEventListener("call", (event) => {
    seen = performance.now();
    call = event.call;
  });
  return median(async (number) => {
    const data = invite(number);
    call = undefined;
    const start = performance.now();
    socket.onmessage({ type: "message", data });
    await until(() => call, `call for INVITE ${number}`);
    await call.reject({ status: 486 });
    const refusal = socket.sent;
    if (!refusal.startsWith("SIP/2.0 486 ")) throw new Error(`INVITE ${number} was answered by ${refusal}`);
    socket.onmessage({ type: "message", data: acknowledgement(number, refusal) });
    return seen - start;
  });
}

function measureOptions(socket) {
  return median(async (number) => {
    const data = options(number);
    socket.sent = "";
    const start = performance.now();
    socket.onmessage({ type: "message", data });
    await until(() => socket.sent, `answer to OPTIONS ${number}`);
    const time = performance.now() - start;
    if (!socket.sent.startsWith("SIP/2.0 200 ")) throw new Error(`OPTIONS ${number} was answered by ${socket.sent}`);
    return time;
  });
}

try {
  const { agent, socket } = await connected();
  const shown = (time) => `${time.toFixed(1)} µs (${Math.round(1e6 / time)}/s)`;
  const call = await measureInvite(agent, socket);
  const answer = await measureOptions(socket);
  console.log(
    `message in → event out: INVITE of ${invite(1).length} bytes to the call listener ${shown(call)}; ` +
      `OPTIONS of ${options(1).length} bytes to its 200 ${shown(answer)}; medians of ${MEASURED}`,
  );
  process.exit(0);
} catch (error) {
  console.error(`message in → event out: could not be measured: ${error?.message ?? error}`);
  process.exit(1);
}

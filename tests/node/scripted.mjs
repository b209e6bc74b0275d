// The other end of the wire played by the test, in fake time: a socket in memory, a registrar that takes everybody, and a peer
// that says what the test makes it say.

import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { UserAgent, init } from "../../pkg/dist/index.js";
import { plainMedia } from "./phone.mjs";

/** A socket whose other end is the function `server`, which is given each message and a way to answer. */
export function memorySocket(server) {
  return class MemorySocket {
    protocol = "sip";
    binaryType = "blob";
    bufferedAmount = 0;
    readyState = 0;
    onopen = null;
    onmessage = null;
    onclose = null;
    onerror = null;

    constructor(url) {
      this.url = url;
      setTimeout(() => {
        this.readyState = 1;
        this.onopen?.({});
      }, 10);
    }

    send(data) {
      const text = typeof data === "string" ? data : new TextDecoder().decode(data);
      setTimeout(() => server(text, (answer) => this.onmessage?.({ data: answer })), 5);
    }

    close(code = 1000) {
      this.readyState = 3;
      setTimeout(() => this.onclose?.({ code }), 5);
    }
  };
}

/** The first header field of that long name. */
export const field = (message, name) => new RegExp(`^${name}: *(.*)\r$`, "im").exec(message)?.[1] ?? "";

/** A response to `request` with further header fields and, where there is a body, SDP. */
export function respond(request, status, fields = [], body = "") {
  const vias = [...request.matchAll(/^Via:.*\r$/gim)].map(([line]) => line.trim());
  const to = field(request, "To");
  const lines = [
    `SIP/2.0 ${status}`,
    ...vias,
    `From: ${field(request, "From")}`,
    `To: ${/;tag=/.test(to) ? to : `${to};tag=server`}`,
    `Call-ID: ${field(request, "Call-ID")}`,
    `CSeq: ${field(request, "CSeq")}`,
    ...fields,
    ...described(body),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

const described = (body) => [...(body ? ["Content-Type: application/sdp"] : []), `Content-Length: ${body.length}`];

/**
 * Runs `work` with a registered user agent `ua` in fake time, whose `peer` is played. `pass(ms)` lets time pass. Afterwards
 * the user agent is closed and nothing must be left ticking.
 */
export async function withPeer(options, work) {
  await init();
  // Not setImmediate and the like: the test runner needs them.
  const toFake = ["setTimeout", "clearTimeout", "Date", "performance"];
  const clock = FakeTimers.install({ now: Date.UTC(2024, 0, 1), toFake });
  const peer = new Peer(clock);
  const Socket = memorySocket((message, answer) => peer.hear(message, answer));
  const ua = await UserAgent.create({
    aor: "sip:alice@example.com",
    servers: "wss://edge.example.com",
    media: plainMedia("alice"),
    webSocket: (url) => new Socket(url),
    ...options,
  });
  try {
    ua.connect();
    await clock.tickAsync(100);
    await work({ ua, peer, pass: (ms) => clock.tickAsync(ms) });
  } finally {
    const closed = ua.close();
    await clock.tickAsync(6000);
    await closed;
    const left = clock.countTimers();
    clock.uninstall();
    assert.equal(left, 0, "nothing is left ticking");
  }
}

/** Who plays the other end. Requests of its own are all in one dialog, which it opens by INVITE. */
class Peer {
  #clock;
  #answer;
  #contact = "";
  #heard = [];
  #cseq = 0;
  #remoteTag = "";

  constructor(clock) {
    this.#clock = clock;
  }

  /** A message of the user agent's has come. Registrations are taken, and 100 says nothing. */
  hear(message, answer) {
    this.#answer = answer;
    if (message === "\r\n\r\n") return answer("\r\n");
    if (message.startsWith("SIP/2.0 100 ")) return;
    if (!message.startsWith("REGISTER ")) return void this.#heard.push(message);
    this.#contact = /<([^>]+)>/.exec(field(message, "Contact"))[1];
    answer(respond(message, "200 OK", [`Contact: ${field(message, "Contact")};expires=600`]));
  }

  /** Says something, and gives the user agent time to act on it. */
  async say(message) {
    this.#answer(message);
    await this.#clock.tickAsync(20);
  }

  /** The next message of the user agent's, which must start like this. */
  async expect(start) {
    await this.#clock.tickAsync(20);
    const next = this.#heard.shift() ?? "silence";
    assert.ok(next.startsWith(start), `"${start}" is due, not "${next.split("\r\n", 1)[0]}"`);
    return next;
  }

  /** Nothing has been said. */
  async silence() {
    await this.#clock.tickAsync(20);
    assert.deepEqual(this.#heard, []);
  }

  /** Says a request in the dialog; gives its text. */
  async ask(method, fields = [], body = "") {
    if (method !== "ACK") this.#cseq += 1;
    const request = [
      `${method} ${this.#contact} SIP/2.0`,
      `Via: SIP/2.0/WS peer.invalid;branch=z9hG4bK-${method}-${this.#cseq}`,
      "Max-Forwards: 70",
      "From: <sip:bob@example.com>;tag=peer",
      `To: <sip:alice@example.com>${this.#remoteTag && `;tag=${this.#remoteTag}`}`,
      "Call-ID: call-of-bob",
      `CSeq: ${this.#cseq} ${method}`,
      "Contact: <sip:bob@peer.invalid;transport=ws>",
      ...fields,
      ...described(body),
    ];
    await this.say(`${request.join("\r\n")}\r\n\r\n${body}`);
  }

  /** Calls, and acknowledges what the user agent accepts by `accept`. */
  async call(offer, accept) {
    await this.ask("INVITE", [], offer);
    await accept();
    const response = await this.expect("SIP/2.0 200 ");
    this.#remoteTag = /;tag=([^;]+)/.exec(field(response, "To"))[1];
    await this.ask("ACK");
    return response;
  }
}

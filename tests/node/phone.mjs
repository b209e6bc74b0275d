// A user agent in Node for tests: sockets by the package ws, media by a plain object, everything that crosses to the
// engine cloned.

import { after } from "node:test";
import WebSocket from "ws";
import { UserAgent } from "../../pkg/dist/index.js";
import { startSwitchboard } from "../lib/switchboard.mjs";

globalThis[Symbol.for("patchcord.clone")] = true;

/** A description of one audio stream that names its maker and says which way sound goes. */
export function sdp(owner, direction = "sendrecv") {
  return [
    "v=0",
    `o=${owner} 1 1 IN IP4 192.0.2.1`,
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    "m=audio 4000 RTP/AVP 0",
    "a=rtpmap:0 PCMU/8000",
    `a=${direction}`,
    "",
  ].join("\r\n");
}

/** Which way sound goes in an SDP. */
export function direction(sdp) {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\r$/m.exec(sdp)?.[1];
}

/** How a direction is answered (RFC 3264 §6.1). */
const MIRRORED = { sendrecv: "sendrecv", sendonly: "recvonly", recvonly: "sendonly", inactive: "inactive" };
/** What of it is left for somebody who has put the other on hold. */
const HELD = { sendrecv: "sendonly", sendonly: "sendonly", recvonly: "inactive", inactive: "inactive" };

/** Media that only makes descriptions; `log` tells what it was asked. `overrides` replaces methods of its sessions. */
export function plainMedia(owner, overrides = {}) {
  const log = [];
  const open = () => ({
    createOffer: async ({ hold }) => (log.push(["createOffer"]), sdp(owner, hold ? "sendonly" : "sendrecv")),
    createAnswer: async (offer, { hold }) => {
      log.push(["createAnswer", offer]);
      const mirrored = MIRRORED[direction(offer) ?? "sendrecv"];
      return sdp(owner, hold ? HELD[mirrored] : mirrored);
    },
    setAnswer: async (answer, { provisional }) => void log.push(["setAnswer", answer, provisional]),
    rollback: async () => void log.push(["rollback"]),
    close: () => void log.push(["close"]),
    ...overrides,
  });
  return { log, open };
}

/** A user agent of `name` at the edge, not yet connected. */
export function phone(edge, name, options = {}) {
  return UserAgent.create({
    aor: `sip:${name}@switchboard.test`,
    servers: edge.ws,
    credentials: { username: name, password: `${name}-secret` },
    media: plainMedia(name),
    webSocket: (url) => new WebSocket(url, "sip"),
    ...options,
  });
}

/** The development edge for the tests of one file, and user agents at it, which are closed before it stops. */
export function atEdge() {
  const edge = startSwitchboard();
  const made = [];
  /** A user agent, not yet connected. */
  const offline = async (name, options) => {
    const ua = await phone(await edge, name, options);
    made.push(ua);
    return ua;
  };
  /** A connected one. */
  const online = async (name, options) => {
    const ua = await offline(name, options);
    await ua.connect();
    return ua;
  };
  after(async () => {
    await Promise.all(made.map((ua) => ua.close()));
    await (await edge).stop();
  });
  return { edge, offline, online };
}

/** The next event of that type, or the next that `fits`. */
export function next(emitter, type, fits = () => true) {
  return new Promise((resolve) => {
    const off = emitter.on(type, (event) => {
      if (!fits(event)) return;
      off();
      resolve(event);
    });
  });
}

/** Resolves when `call` is in `state`. */
export async function reached(call, state) {
  if (call.state !== state) await next(call, "statechange", (event) => event.state === state);
}

/** Somebody's call to bob, and bob's side of it once it has come in. */
export async function ringing(caller, bob, options) {
  const coming = next(bob, "call");
  const outgoing = caller.call("bob", options);
  const { call: incoming } = await coming;
  return { outgoing, incoming };
}

/** The same, accepted. */
export async function talking(caller, bob, options) {
  const calls = await ringing(caller, bob, options);
  await calls.incoming.accept();
  await Promise.all([calls.outgoing.established, calls.incoming.established]);
  return calls;
}

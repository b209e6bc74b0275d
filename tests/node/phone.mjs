// A user agent in Node for tests: sockets by the package ws, media by a plain object, everything that crosses to the
// engine cloned.

import WebSocket from "ws";
import { UserAgent } from "../../pkg/dist/index.js";

globalThis[Symbol.for("patchcord.clone")] = true;

/** A description of one audio stream that names its maker. */
export function sdp(owner) {
  return [
    "v=0",
    `o=${owner} 1 1 IN IP4 192.0.2.1`,
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    "m=audio 4000 RTP/AVP 0",
    "a=rtpmap:0 PCMU/8000",
    "a=sendrecv",
    "",
  ].join("\r\n");
}

/** Media that only makes descriptions; `log` tells what it was asked. `overrides` replaces methods of its sessions. */
export function plainMedia(owner, overrides = {}) {
  const log = [];
  const open = () => ({
    createOffer: async () => (log.push(["createOffer"]), sdp(owner)),
    createAnswer: async (offer) => (log.push(["createAnswer", offer]), sdp(owner)),
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

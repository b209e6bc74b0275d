// The face alone, over an engine played by the test: `told` is what the face has told the engine, `tell` is what the engine
// tells the face. Everything that crosses is cloned.

import assert from "node:assert/strict";
import { importSource } from "./source.mjs";

const ENGINE = `
  export default async function load() {}
  export class Engine {
    commands = []; hints = []; freed = false; fault = undefined;
    constructor(config, callbacks) { this.config = config; this.callbacks = callbacks; globalThis.engines.push(this); }
    command(command) { if (this.fault) throw this.fault; this.commands.push(command); }
    hint(hint) { this.hints.push(hint); }
    now() { return 1000; }
    free() { this.freed = true; }
  }`;
const EMPTY_WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
export const OFFER = "v=0\r\n";

globalThis.engines = [];
globalThis[Symbol.for("patchcord.clone")] = true;
export const { UserAgent, PatchcordError, Call, Registration, init } = await importSource("index.ts", ENGINE);

/** A user agent whose engine is played. */
export async function start(options = {}) {
  await init({ wasm: EMPTY_WASM });
  const ua = await UserAgent.create({
    aor: "sip:alice@example.com",
    servers: "wss://edge.example.com",
    media: { open: () => mediaSession() },
    webSocket: () => ({ readyState: 0, close() {} }),
    ...options,
  });
  const engine = globalThis.engines.at(-1);
  return {
    ua,
    engine,
    tell: (...events) => engine.callbacks.deliver(events, 0),
    /** The last command that is waited for is done. */
    done: (outcome = { type: "done" }) =>
      engine.callbacks.deliver([{ type: "done", id: engine.commands.findLast(({ id }) => id).id, outcome }], 0),
    told: (type) => engine.commands.filter((command) => command.type === type),
  };
}

/** The same with a call that we have placed and that stands. */
export async function talking(options, callOptions) {
  const phone = await start(options);
  const call = phone.ua.call("bob", callOptions);
  phone.tell(state(2, "established"), established(2, response(200, "OK")));
  return { ...phone, call };
}

/** Each act, given `args`, throws an error of that kind with a message like that, and the engine is asked for nothing. */
export function assertRefused(engine, wrong, ...args) {
  const before = engine.commands.length;
  for (const [act, kind, message] of wrong)
    assert.throws(() => act(...args), (error) => error instanceof kind && message.test(error.message), String(act));
  assert.equal(engine.commands.length, before, "nothing was asked for");
}

/** Runs `work`, of which no promise may be rejected without somebody to hear it. */
export async function killsNobody(work) {
  const unhandled = [];
  const onUnhandled = (error) => unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  try {
    await work();
    await settle();
    await settle();
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
  assert.deepEqual(unhandled, []);
}

/** Media that only makes descriptions; `overrides` replaces methods. */
export function mediaSession(overrides = {}) {
  return {
    createOffer: async () => OFFER,
    createAnswer: async () => OFFER,
    setAnswer: async () => {},
    rollback: async () => {},
    close: () => {},
    ...overrides,
  };
}

export const PEER = {
  uri: "sip:bob@example.com",
  displayName: "Bob",
  params: [
    ["tag", "b1"],
    ["lr", undefined],
  ],
};
export const INVITE = {
  headers: "From: <sip:bob@example.com>;tag=b1\r\nX-Queue: sales\r\nX-Queue: more\r\n",
  body: undefined,
};
export const response = (status, phrase) => ({ status, phrase, message: { headers: `CSeq: 1 INVITE\r\n`, body: undefined } });
export const incoming = (call) => ({ type: "call", call, event: { type: "incoming", remote: PEER, invite: INVITE } });
export const state = (call, to) => ({ type: "call", call, event: { type: "state", state: to } });
export const end = (call, facts) => ({
  type: "call",
  call,
  event: { type: "ended", end: { by: "remote", cause: "hangup", reason: [], at: 1000, ...facts } },
});
export const established = (call, response) => ({
  type: "call",
  call,
  event: { type: "established", dialog: { callId: "c", localTag: "l", remoteTag: "r" }, response },
});
export const settle = () => new Promise((resolve) => setImmediate(resolve));

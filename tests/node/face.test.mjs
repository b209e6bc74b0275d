// The face alone, over a played engine: what a user agent tells the engine, and what it makes of what it is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PEER, PatchcordError, end, incoming, killsNobody, response, settle, start, state } from "./played.mjs";

test("design_3_config_has_the_defaults_in_milliseconds", async () => {
  const { engine } = await start();
  const { instanceId, ...config } = engine.config;
  assert.match(instanceId, /^urn:uuid:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.deepEqual(config, {
    aor: "sip:alice@example.com",
    servers: ["wss://edge.example.com"],
    credentials: { type: "none" },
    registration: { expires: 600, contactParams: [], requireOutbound: false },
    reconnect: {
      minDelayMs: 2000,
      maxDelayMs: 1_800_000,
      keepAliveMs: 25_000,
      pongTimeoutMs: 10_000,
      noRetryCodes: [1008],
    },
    headers: [],
    allowMd5: true,
    allowInsecure: false,
    limits: { calls: 32, dialogs: 64, transactions: 256, messageBytes: 65_536, headers: 128 },
    timers: { t1Ms: 500, t2Ms: 4000, t4Ms: 5000, nonInvite100: true },
    capabilities: { update: true, info: true, message: true },
  });
});

test("design_3_config_carries_every_option", async () => {
  const { engine } = await start({
    servers: ["wss://a.example.com", "wss://b.example.com"],
    displayName: "Alice",
    credentials: { username: "alice", ha1: "0123456789ABCDEF0123456789abcdef", realm: "example.com", token: "t.o-k=" },
    registration: {
      expires: 60,
      registrar: "sip:reg.example.com",
      contactParams: { "pn-prid": "x", ob: null },
      requireOutbound: true,
    },
    reconnect: { minDelay: 0.5, maxDelay: 8, keepAlive: 0, pongTimeout: 3, noRetryCodes: [1008, 4001] },
    instanceId: "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
    userAgent: "desk/1",
    headers: { "X-Tenant": "42", "X-Many": ["a", "b"] },
    allowMd5: false,
    limits: { calls: 2, dialogs: 3, transactions: 4 },
    timers: { t1: 0.25, t2: 2, t4: 2.5, nonInvite100: false },
    capabilities: { info: false, message: undefined },
  });
  const { config } = engine;
  assert.deepEqual(config.capabilities, { update: true, info: false, message: true });
  assert.equal(config.instanceId, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  assert.deepEqual(config.credentials, {
    type: "fixed",
    credentials: { username: "alice", ha1: "0123456789abcdef0123456789abcdef", realm: "example.com", token: "t.o-k=" },
  });
  assert.deepEqual(config.registration, {
    expires: 60,
    registrar: "sip:reg.example.com",
    contactParams: [
      ["pn-prid", "x"],
      ["ob", undefined],
    ],
    requireOutbound: true,
  });
  assert.deepEqual(config.reconnect, {
    minDelayMs: 500,
    maxDelayMs: 8000,
    keepAliveMs: 0,
    pongTimeoutMs: 3000,
    noRetryCodes: [1008, 4001],
  });
  assert.deepEqual(config.headers, [
    ["X-Tenant", "42"],
    ["X-Many", "a"],
    ["X-Many", "b"],
  ]);
  assert.deepEqual(
    [config.displayName, config.userAgent, config.allowMd5],
    ["Alice", "desk/1", false],
  );
  assert.deepEqual(config.limits, { calls: 2, dialogs: 3, transactions: 4, messageBytes: 65_536, headers: 128 });
  assert.deepEqual(config.timers, { t1Ms: 250, t2Ms: 2000, t4Ms: 2500, nonInvite100: false });
});

test("design_1_interest_follows_the_listeners", async () => {
  const { ua, told } = await start();
  const interests = () => told("interest").at(-1)?.interests;
  assert.equal(interests(), undefined);
  const off = ua.on("trace", () => {});
  assert.deepEqual(interests(), ["trace"]);
  ua.addEventListener("call", () => {}, { once: true });
  assert.deepEqual(interests(), ["trace", "calls"]);
  ua.on("change", () => {});
  assert.equal(told("interest").length, 2);
  off();
  assert.deepEqual(interests(), ["calls"]);
});

test("connect_resolves_when_done_and_rejects_with_the_failure_and_its_response", async () => {
  const { ua, done } = await start();
  const first = ua.connect();
  done();
  assert.equal(await first, undefined);
  const second = ua.connect();
  done({ type: "failed", failure: { code: "rejected", message: "403", response: response(403, "Forbidden") } });
  await assert.rejects(
    second,
    (error) =>
      error instanceof PatchcordError &&
      error.code === "rejected" &&
      error.status === 403 &&
      error.response.phrase === "Forbidden",
  );
});

test("an_aborted_connect_rejects_with_the_reason_and_stops_connecting", async () => {
  const { ua, told } = await start();
  const controller = new AbortController();
  const connecting = ua.connect({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(connecting, /enough/);
  assert.equal(told("disconnect").length, 1);
  await assert.rejects(ua.connect({ signal: AbortSignal.abort(new Error("before")) }), /before/);
  assert.equal(told("connect").length, 1, "an aborted one asks for nothing");
});

test("an_aborted_connect_leaves_another_one_alone", async () => {
  const { ua, told } = await start();
  const controller = new AbortController();
  ua.connect();
  const connecting = ua.connect({ signal: controller.signal });
  controller.abort();
  await assert.rejects(connecting, { name: "AbortError" });
  assert.equal(told("disconnect").length, 0);
});

test("connection_events_become_state_server_and_dates", async () => {
  const { ua, tell } = await start();
  const seen = [];
  let changes = 0;
  ua.on("statechange", ({ state, server, reason, retryAt }) => seen.push({ state, server, reason, retryAt }));
  ua.on("change", () => (changes += 1));
  const before = Date.now();
  tell(
    { type: "connection", state: "connecting", server: "wss://edge.example.com" },
    { type: "connection", state: "waiting", reason: "1006", retryAt: 3000 },
  );
  assert.deepEqual(seen[0], {
    state: "connecting",
    server: "wss://edge.example.com",
    reason: undefined,
    retryAt: undefined,
  });
  assert.equal(seen[1].server, null);
  assert.ok(seen[1].retryAt.getTime() - before >= 2000 && seen[1].retryAt.getTime() - before < 3000);
  assert.equal(ua.state, "waiting");
  assert.equal(changes, 2);
});

const REFRESHED = {
  type: "registration",
  event: {
    type: "refreshed",
    expiresAt: 601_000,
    contacts: [PEER],
    gruu: { public: "sip:alice@example.com;gr=1", temporary: "sip:t1@example.com;gr" },
  },
};
const registrationState = (state, more = {}) => ({ type: "registration", event: { type: "state", state, ...more } });

test("rg_02_registration_mirrors_what_it_is_told", async () => {
  const { ua, tell, told, done } = await start();
  const { registration } = ua;
  assert.equal(ua.registration, registration);
  tell(REFRESHED, registrationState("registered", { response: response(200, "OK") }));
  assert.equal(registration.state, "registered");
  assert.ok(registration.expiresAt.getTime() > Date.now() + 590_000);
  assert.deepEqual(registration.contacts, [
    { uri: "sip:bob@example.com", displayName: "Bob", params: { tag: "b1", lr: null } },
  ]);
  assert.deepEqual(registration.gruu, { public: "sip:alice@example.com;gr=1", temporary: "sip:t1@example.com;gr" });
  const over = registration.unregister({ all: true });
  assert.equal(told("unregister")[0].all, true);
  done();
  await over;
  tell(registrationState("unregistered"));
  assert.deepEqual([registration.expiresAt, registration.contacts, registration.gruu], [null, [], {}]);
  assert.throws(() => registration.unregister({ everything: true }), /there is no option "everything"/);
});

test("rg_02_every_listener_sees_the_registration_as_it_is_and_change_comes_last", async () => {
  const { ua, tell } = await start();
  const { registration } = ua;
  const heard = [];
  for (const type of ["refreshed", "statechange", "change"])
    registration.on(type, () => heard.push([type, registration.state, registration.expiresAt !== null]));
  tell(REFRESHED, registrationState("registered"));
  assert.deepEqual(heard, [
    ["refreshed", "registered", true],
    ["change", "registered", true],
    ["statechange", "registered", true],
    ["change", "registered", true],
  ]);
});

test("rg_03_a_binding_that_has_ended_leaves_no_expiry_behind", async () => {
  const { ua, tell } = await start();
  const { registration } = ua;
  let changes = 0;
  tell(REFRESHED, registrationState("registered"), registrationState("waiting", { retryAt: 500_000 }));
  assert.ok(registration.state === "waiting" && registration.expiresAt, "the registrar still holds our contact");
  registration.on("change", () => changes++);
  tell({ type: "registration", event: { type: "expired" } });
  assert.deepEqual(
    [registration.state, registration.expiresAt, registration.contacts, registration.gruu, changes],
    ["waiting", null, [], {}, 1],
  );
});

test("au_credentials_are_asked_of_the_function_and_checked", async () => {
  const challenge = { realm: "example.com", algorithms: ["SHA-256", "MD5"], proxy: false, stale: false };
  const diagnostics = [];
  const answers = [{ username: "alice", password: "s" }, undefined, new Error("vault"), { username: "alice" }];
  const { ua, tell, told, engine } = await start({
    credentials: async (given) => {
      assert.deepEqual(given, challenge);
      const next = answers.shift();
      if (next instanceof Error) throw next;
      return next;
    },
  });
  ua.on("diagnostic", ({ code, detail }) => diagnostics.push(`${code}: ${detail}`));
  assert.deepEqual(engine.config.credentials, { type: "ask" });
  for (const id of [1, 2, 3, 4]) {
    tell({ type: "ask", id, question: { type: "credentials", challenge } });
    await settle();
  }
  assert.deepEqual(
    told("answer").map(({ answer }) => answer.credentials),
    [{ username: "alice", password: "s" }, undefined, undefined, undefined],
  );
  assert.equal(diagnostics.length, 3);
  assert.match(diagnostics[1], /^credentials: .*vault/);
  ua.setCredentials({ username: "bob", password: "" });
  assert.deepEqual(told("set-credentials")[0].credentials, {
    type: "fixed",
    credentials: { username: "bob", password: "" },
  });
});

test("js_07_a_listener_that_throws_becomes_a_diagnostic_and_stops_nobody", async () => {
  const { ua, tell } = await start();
  const details = [];
  ua.on("diagnostic", ({ code, detail }) => details.push([code, detail]));
  ua.on("call", ({ call }) => {
    call.on("statechange", () => {
      throw new Error("mine");
    });
    throw new Error("ours");
  });
  ua.registration.on("change", async () => {
    throw new Error("theirs");
  });
  tell(incoming(1), state(1, "ringing"), { type: "registration", event: { type: "state", state: "registering" } });
  await settle();
  assert.equal(ua.calls[0].state, "ringing");
  assert.deepEqual(
    details.map(([code]) => code),
    ["listener", "listener", "listener"],
  );
  assert.match(details.map(([, detail]) => detail).join(), /ours.*mine.*theirs/);
});

test("trace_and_diagnostic_are_passed_on", async () => {
  const { ua, tell } = await start();
  const seen = [];
  ua.on("trace", ({ direction, message, at }) => seen.push([direction, message, at instanceof Date]));
  ua.on("diagnostic", ({ code, detail }) => seen.push([code, detail]));
  tell(
    { type: "trace", direction: "out", message: "REGISTER", at: 1000 },
    { type: "diagnostic", code: "malformed", detail: "x" },
  );
  assert.deepEqual(seen, [
    ["out", "REGISTER", true],
    ["malformed", "x"],
  ]);
});

test("a_snapshot_has_dates", async () => {
  const { ua, done } = await start();
  const asked = ua.snapshot();
  done({
    type: "snapshot",
    machines: [
      { machine: "call 2", state: "calling", at: 1000, why: "give up" },
      { machine: "registration", state: "idle" },
    ],
  });
  const snapshot = await asked;
  assert.deepEqual(Object.keys(snapshot), ["state", "server", "registration", "machines"]);
  assert.ok(snapshot.machines[0].at instanceof Date);
  assert.equal(snapshot.machines[1].at, null);
});

test("close_settles_everything_once_and_is_final", async () => {
  const { ua, engine, told } = await start();
  const connecting = ua.connect();
  const call = ua.call("bob");
  const ended = [];
  call.on("ended", ({ cause }) => ended.push(cause));
  const closing = ua.close({ timeout: 2 });
  assert.equal(ua.close(), closing);
  assert.equal(told("close")[0].timeoutMs, 2000);
  assert.throws(() => ua.call("carol"), { code: "closed" });
  await assert.rejects(ua.connect(), { code: "closed" });
  engine.callbacks.deliver([{ type: "done", id: told("close")[0].id, outcome: { type: "done" } }], 0);
  assert.equal(await closing, undefined);
  await assert.rejects(connecting, { code: "closed" });
  await assert.rejects(call.established, { code: "closed" });
  assert.equal((await call.ended).cause, "closed");
  assert.deepEqual(ended, ["closed"]);
  assert.deepEqual([ua.state, engine.freed, ua.calls], ["closed", true, []]);
  engine.callbacks.deliver([incoming(7)], 0);
  assert.deepEqual(ua.calls, [], "a closed user agent hears nothing");
  assert.throws(() => ua.reconnect(), { code: "closed" });
  assert.throws(() => ua.setCredentials(undefined), { code: "closed" });
  ua.on("trace", () => {});
  await assert.rejects(ua.registration.register(), { code: "closed" });
  await ua[Symbol.asyncDispose]();
});

test("hangup_still_works_while_closing", async () => {
  const { ua, told } = await start();
  const call = ua.call("bob");
  ua.close();
  call.hangup();
  assert.equal(told("hangup").length, 1);
});

test("nothing_that_is_left_alone_kills_the_process", async () => {
  await killsNobody(async () => {
    const { ua, tell, done } = await start();
    ua.connect();
    done({ type: "failed", failure: { code: "authentication", message: "no" } });
    const call = ua.call("bob");
    tell(end(2, { cause: "busy" }));
    call.accept();
    ua.snapshot();
    ua.connect({ signal: AbortSignal.abort() });
    ua.registration.register();
    ua.disconnect();
    ua.close();
    tell({ type: "done", id: 1_000_000, outcome: { type: "done" } });
  });
});

// The last: after a trap no engine can be made any more.
test("sl_08_a_trap_is_fatal_settles_everything_and_closes_the_sockets", async () => {
  const closed = [];
  const { ua, engine, tell } = await start({
    webSocket: (url) => ({ readyState: 1, onmessage: () => {}, send: () => {}, close: () => closed.push(url) }),
  });
  const other = await start();
  const heard = [];
  ua.on("fatal", ({ error }) => heard.push(["fatal", error.code, ua.state]));
  const socket = engine.callbacks.open("wss://edge.example.com");
  const connecting = ua.connect();
  tell(incoming(1));
  const [call] = ua.calls;
  engine.fault = new WebAssembly.RuntimeError("unreachable");
  assert.throws(() => ua.call("bob"), { code: "engine" });
  assert.deepEqual(heard, [], "no event comes before the call that caused it returns");
  engine.callbacks.fatal("panicked");
  other.engine.callbacks.fatal("panicked");
  await assert.rejects(connecting, { code: "engine" });
  assert.equal((await call.ended).cause, "closed");
  assert.deepEqual(heard, [["fatal", "engine", "closed"]]);
  assert.deepEqual([closed, socket.onmessage, other.ua.state], [["wss://edge.example.com"], null, "closed"]);
  assert.equal(await ua.close(), undefined);
  await assert.rejects(start(), { code: "engine" });
});

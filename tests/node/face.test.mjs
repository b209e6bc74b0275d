// The face alone, over a played engine: what it tells the engine, and what it makes of what it is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Call,
  INVITE,
  OFFER,
  PEER,
  PatchcordError,
  Registration,
  UserAgent,
  end,
  established,
  incoming,
  mediaSession,
  response,
  settle,
  start,
  state,
} from "./played.mjs";

/** How a call is placed where nobody says otherwise. */
const DIAL = { headers: [], timeoutMs: 180_000, lateOffer: false, followRedirects: 0 };

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

test("an_outgoing_call_from_invite_to_bye", async () => {
  const { ua, tell, told } = await start();
  const heard = [];
  const before = ua.calls;
  const call = ua.call("bob", { timeout: 30, headers: { "X-Queue": "sales" } });
  assert.deepEqual(told("call"), [
    { type: "call", call: 2, target: "bob", options: { ...DIAL, headers: [["X-Queue", "sales"]], timeoutMs: 30_000 } },
  ]);
  assert.deepEqual([before, ua.calls], [[], [call]], "values are replaced, not changed");
  assert.deepEqual(
    [call.state, call.direction, call.remote, call.dialog],
    ["calling", "outgoing", { uri: "bob" }, null],
  );
  for (const type of ["statechange", "progress", "established", "ended", "change"])
    call.on(type, (event) => heard.push(event.state ?? event.type));
  tell(
    { type: "call", call: 2, event: { type: "invited", remote: PEER, invite: INVITE } },
    state(2, "ringing"),
    { type: "call", call: 2, event: { type: "progress", response: response(180, "Ringing"), branch: "r" } },
    state(2, "established"),
    established(2, response(200, "OK")),
  );
  assert.equal(call.invite.headers.get("x-queue"), "sales");
  assert.deepEqual(call.invite.headers.getAll("X-QUEUE"), ["sales", "more"]);
  assert.equal(call.invite.headers.get("f"), "<sip:bob@example.com>;tag=b1");
  assert.equal(call.invite.headers.has("constructor"), false);
  assert.equal([...call.invite.headers].length, 3);
  assert.equal(await call.established, call);
  assert.deepEqual(call.dialog, { callId: "c", localTag: "l", remoteTag: "r" });
  assert.ok(call.answeredAt instanceof Date);
  tell(state(2, "ending"), end(2, { reason: [{ protocol: "Q.850", cause: 16, text: undefined }] }));
  assert.deepEqual(heard, [
    "change",
    "ringing",
    "change",
    "progress",
    "established",
    "change",
    "established",
    "change",
    "ending",
    "change",
    "ended",
    "ended",
    "change",
  ]);
  assert.deepEqual(await call.ended, { by: "remote", cause: "hangup", reason: [{ protocol: "Q.850", cause: 16 }] });
  assert.deepEqual(ua.calls, []);
  assert.ok(call.endedAt instanceof Date);
});

test("progress_of_a_fork_tells_branches_apart_and_keeps_what_hangs_on_them", async () => {
  const { ua, tell } = await start();
  const call = ua.call("bob");
  const branches = [];
  call.on("progress", ({ branch }) => branches.push(branch));
  for (const branch of ["a", "b", "a"])
    tell({ type: "call", call: 2, event: { type: "progress", response: response(180, "Ringing"), branch } });
  assert.equal(branches[0], branches[2]);
  assert.notEqual(branches[0], branches[1]);
  assert.deepEqual([branches[1].remoteTag, branches[1].call], ["b", call]);
});

test("a_call_that_is_refused_rejects_established_and_resolves_ended", async () => {
  const { ua, tell } = await start();
  const cases = [
    ["busy", "rejected", 486],
    ["unanswered", "timeout", 480],
    ["cancelled", "ended", 487],
    ["authentication", "authentication", 403],
    ["transport", "not-connected", undefined],
  ];
  for (const [cause, code, status] of cases) {
    const call = ua.call("bob");
    tell(end(Number(call.id), { cause, response: status && response(status, "No"), retryAfter: status && 7 }));
    await assert.rejects(
      call.established,
      (error) => error.code === code && error.status === status && error.message.includes(cause),
    );
    const { by, ...ended } = await call.ended;
    assert.equal(by, "remote");
    assert.deepEqual(
      [ended.cause, ended.status, ended.phrase, ended.retryAfter],
      [cause, status, status && "No", status && 7],
    );
  }
});

test("handles_of_placed_calls_are_even_and_never_used_again", async () => {
  const { ua, engine, told } = await start();
  ua.call("bob");
  engine.fault = new Error("target: no URI");
  assert.throws(
    () => ua.call("sip:%"),
    (error) => error instanceof TypeError && error.message === "target: no URI",
  );
  engine.fault = undefined;
  ua.call("carol");
  assert.deepEqual(
    told("call").map(({ call }) => call),
    [2, 6],
  );
  assert.equal(ua.calls.length, 2, "what the engine refuses is no call");
});

test("an_incoming_call_is_handed_over_and_answered", async () => {
  const { ua, tell, told, done } = await start();
  let call;
  ua.on("call", (event) => (call = event.call));
  tell(incoming(1));
  assert.ok(call instanceof Call);
  assert.deepEqual(
    [call.direction, call.state, call.remote.displayName, ua.calls[0]],
    ["incoming", "calling", "Bob", call],
  );
  const rung = call.ring({ status: 183, headers: { "X-A": "b" } });
  assert.deepEqual(told("ring")[0].options, { status: 183, headers: [["X-A", "b"]] });
  done();
  await rung;
  const accepted = call.accept({ media: { audio: false } });
  tell({ type: "ask", id: 9, question: { type: "create-answer", call: 1, offer: OFFER, hold: false } });
  await settle();
  assert.deepEqual(told("answer")[0], { type: "answer", ask: 9, answer: { type: "sdp", sdp: OFFER } });
  tell(state(1, "established"), established(1), { type: "done", id: told("accept")[0].id, outcome: { type: "done" } });
  await accepted;
  assert.equal(await call.established, call);
});

test("refusing_and_hanging_up_say_what_they_were_told", async () => {
  const { ua, tell, told } = await start();
  tell(incoming(1), incoming(3));
  const [first, second] = ua.calls;
  first.reject();
  first.reject({ status: 603, phrase: "No", retryAfter: 60, body: { contentType: "text/plain", content: "later" } });
  second.hangup({ reason: { protocol: "SIP", cause: 200, text: "elsewhere" }, status: 486 });
  assert.deepEqual(
    told("reject").map(({ options }) => options),
    [
      { status: 486, headers: [] },
      { status: 603, phrase: "No", retryAfter: 60, headers: [], body: { contentType: "text/plain", content: "later" } },
    ],
  );
  assert.deepEqual(told("hangup")[0].options, {
    reason: { protocol: "SIP", cause: 200, text: "elsewhere" },
    status: 486,
    headers: [],
  });
});

test("what_the_wrong_state_forbids_is_refused_as_wrong_state", async () => {
  const { ua, tell } = await start();
  const outgoing = ua.call("bob");
  for (const act of ["ring", "accept", "reject"]) await assert.rejects(outgoing[act](), { code: "wrong-state" });
  await assert.rejects(outgoing.redirect(["carol"]), { code: "wrong-state" });
  tell(incoming(1), end(1));
  tell(incoming(3));
  const over = ua.calls.find(({ direction }) => direction === "incoming");
  tell(end(3));
  for (const act of ["ring", "accept", "reject", "renegotiate"])
    await assert.rejects(over[act](), { code: "wrong-state" });
  await assert.rejects(over.redirect(["carol"]), { code: "wrong-state" });
  await assert.rejects(over.setHold(true), { code: "wrong-state" });
  await assert.rejects(over.sendDtmf("1"), { code: "wrong-state" });
  await assert.rejects(over.request("INFO"), { code: "wrong-state" });
  assert.equal(await over.hangup(), undefined, "hanging up twice is harmless");
  assert.equal(await over.hangup(), undefined);
});

test("arguments_of_calls_are_refused_at_once_and_by_name", async () => {
  const { ua, tell, engine } = await start();
  tell(incoming(1));
  const [call] = ua.calls;
  const before = engine.commands.length;
  const wrong = [
    [() => ua.call(7), TypeError, /target/],
    [() => ua.call(""), TypeError, /target/],
    [() => ua.call("sip:bob@x\r\nEvil: 1"), TypeError, /CR, LF or NUL/],
    [() => ua.call("sip:a b@x"), TypeError, /target/],
    [() => ua.call("mailto:bob@example.com"), TypeError, /cannot be called/],
    [() => ua.call("bob", { timeout: "9" }), TypeError, /timeout/],
    [() => ua.call("bob", { timeOut: 9 }), TypeError, /"timeOut"/],
    [() => ua.call("bob", { lateOffer: 1 }), TypeError, /lateOffer/],
    [() => ua.call("bob", { followRedirects: 6 }), RangeError, /followRedirects/],
    [() => ua.call("bob", { followRedirects: -1 }), RangeError, /followRedirects/],
    [() => ua.call("bob", { followRedirects: 1.5 }), RangeError, /followRedirects/],
    [() => ua.call("bob", { sessionTimer: {} }), TypeError, /"sessionTimer"/],
    [() => ua.call("bob", { body: { contentType: "text/plain", content: "" } }), TypeError, /"body"/],
    [() => ua.call("bob", { media: { sound: true } }), TypeError, /media: .*"sound"/],
    [() => ua.call("bob", { headers: { "X-A": "a\nb" } }), TypeError, /X-A/],
    [() => ua.call("bob", { headers: { "X A": "a" } }), TypeError, /X A/],
    [() => ua.call("bob", { headers: { v: "SIP/2.0/WS x" } }), TypeError, /"v"/],
    [() => ua.call("bob", { signal: {} }), TypeError, /signal/],
    [() => ua.call("bob", { media: { audio: 1 } }), TypeError, /media.audio/],
    [() => ua.call("bob", { signal: AbortSignal.abort(new Error("late")) }), Error, /late/],
    [() => call.ring({ status: 200 }), RangeError, /status/],
    [() => call.accept({ timeout: 3 }), TypeError, /timeout/],
    [() => call.accept({ lateOffer: false }), TypeError, /lateOffer/],
    [() => call.accept({ followRedirects: 1 }), TypeError, /followRedirects/],
    [() => call.reject({ status: 200 }), RangeError, /status/],
    [() => call.reject({ status: 486.5 }), RangeError, /whole/],
    [() => call.reject({ phrase: "a\r\nb" }), TypeError, /phrase/],
    [() => call.reject({ body: { contentType: "text/plain", content: 7 } }), TypeError, /body.content/],
    [() => call.hangup({ reason: { protocol: "SIP" } }), TypeError, /reason.cause/],
    [() => call.hangup({ reason: { protocol: "SIP", cause: 70_000 } }), RangeError, /reason.cause/],
    [() => call.setMuted(), TypeError, /muted/],
    [() => call.setMuted({ audio: "yes" }), TypeError, /muted.audio/],
    [() => ua.connect({ signal: 1 }), TypeError, /signal/],
    [() => ua.close({ timeout: -1 }), RangeError, /timeout/],
    [() => ua.setCredentials({ username: "a" }), TypeError, /password or ha1/],
    [() => new Call(), TypeError, /UserAgent.call/],
    [() => new Registration(), TypeError, /UserAgent.create/],
    [() => new UserAgent(), TypeError, /UserAgent.create/],
  ];
  for (const [act, kind, message] of wrong)
    assert.throws(act, (error) => error instanceof kind && message.test(error.message), String(act));
  assert.equal(engine.commands.length, before, "nothing was asked for");
});

test("tx_12_a_ring_timeout_is_180_seconds_or_what_is_asked_for_and_never_negative", async () => {
  const { ua, engine } = await start();
  const before = engine.commands.length;
  for (const timeout of [-1, -0.001, NaN, Infinity])
    assert.throws(() => ua.call("bob", { timeout }), { name: "RangeError", message: /timeout/ });
  assert.equal(engine.commands.length, before, "nothing was asked for");
  for (const options of [{}, { timeout: 30 }, { timeout: 0 }]) ua.call("bob", options);
  const asked = engine.commands.filter(({ type }) => type === "call").map(({ options }) => options.timeoutMs);
  assert.deepEqual(asked, [180_000, 30_000, 0]);
});

test("sl_02_a_call_there_is_no_room_for_rejects_with_limit", async () => {
  const { ua, tell, engine } = await start({ limits: { calls: 2 } });
  const first = ua.call("bob");
  const { call: handle } = engine.commands.find(({ type }) => type === "call");
  tell(state(handle, "ended"), end(handle, { by: "local", cause: "rejected" }));
  await assert.rejects(first.established, { code: "limit" });
  ua.call("bob");
  ua.call("bob");
  assert.throws(() => ua.call("bob"), { code: "limit" });
});

test("sl_09_a_sips_target_over_ws_is_refused", async () => {
  const { ua } = await start({ servers: "ws://localhost:5080" });
  assert.throws(() => ua.call("sips:bob@example.com"), /use wss:/);
});

test("an_abort_signal_hangs_the_call_up_and_is_let_go_with_it", async () => {
  const { ua, tell, told } = await start();
  const controller = new AbortController();
  ua.call("bob", { signal: controller.signal });
  ua.call("carol", { signal: controller.signal });
  tell(end(4));
  controller.abort();
  assert.deepEqual(
    told("hangup").map(({ call }) => call),
    [2],
  );
});

test("media_is_asked_one_question_at_a_time_and_closed_with_the_call", async () => {
  const asked = [];
  const log =
    (name) =>
    async (...args) => {
      asked.push([name, ...args]);
      return OFFER;
    };
  const session = mediaSession({
    createOffer: log("createOffer"),
    setAnswer: log("setAnswer"),
    rollback: log("rollback"),
    close: () => asked.push(["close"]),
  });
  const contexts = [];
  const { ua, tell, told } = await start({ media: { open: (context) => (contexts.push(context), session) } });
  const call = ua.call("bob", { media: { video: true } });
  const heard = [];
  call.on("media", ({ media }) => heard.push(media));
  assert.equal(call.media, null);
  tell({ type: "ask", id: 1, question: { type: "create-offer", call: 2, hold: false, iceRestart: false } });
  await settle();
  tell({
    type: "ask",
    id: 2,
    question: { type: "set-answer", call: 2, answer: OFFER, branch: "r", provisional: true },
  });
  await settle();
  tell({ type: "ask", id: 3, question: { type: "rollback", call: 2 } });
  await settle();
  assert.deepEqual(heard, [session]);
  assert.equal(call.media, session);
  tell(state(2, "ending"));
  assert.deepEqual(asked.at(-1), ["close"], "not only when the peer confirms");
  assert.deepEqual([contexts.length, contexts[0].call, contexts[0].direction], [1, call.id, "outgoing"]);
  tell(end(2));
  assert.deepEqual(asked, [
    ["createOffer", { hold: false, iceRestart: false, constraints: { video: true } }],
    ["setAnswer", OFFER, { branch: "r", provisional: true }],
    ["rollback"],
    ["close"],
  ]);
  assert.deepEqual(
    told("answer").map(({ answer }) => answer.type),
    ["sdp", "applied", "applied"],
  );
});

test("js_06_media_errors_tell_devices_from_descriptions", async () => {
  const failing = (error) => ({
    open: () => mediaSession({ createAnswer: () => Promise.reject(error), createOffer: () => Promise.reject(error) }),
  });
  const cases = [
    [new DOMException("no", "NotAllowedError"), "create-answer", false],
    [new DOMException("no", "NotFoundError"), "create-answer", false],
    [new PatchcordError("media", "no"), "create-answer", false],
    [new DOMException("no", "InvalidAccessError"), "create-answer", true],
    [new Error("no codec"), "create-answer", true],
    [new Error("no codec"), "create-offer", false],
  ];
  for (const [error, type, incompatible] of cases) {
    const { tell, told } = await start({ media: failing(error) });
    tell(incoming(1), {
      type: "ask",
      id: 1,
      question: { type, call: 1, offer: OFFER, hold: false, iceRestart: false },
    });
    await settle();
    const { answer } = told("answer")[0];
    assert.deepEqual([answer.type, answer.incompatible], ["media-failed", incompatible], `${error.name} at ${type}`);
    assert.match(answer.detail, /no/);
  }
});

test("a_media_provider_that_throws_ends_the_call_and_says_why", async () => {
  const { ua, tell, told } = await start({
    media: {
      open() {
        throw new Error("no sound card");
      },
    },
  });
  const call = ua.call("bob");
  tell({ type: "ask", id: 1, question: { type: "create-offer", call: 2, hold: false, iceRestart: false } });
  await settle();
  assert.deepEqual(told("answer")[0].answer, {
    type: "media-failed",
    detail: "Error: no sound card",
    incompatible: false,
  });
  tell(end(2, { by: "local", cause: "media" }));
  await assert.rejects(call.established, (error) => error.code === "media" && /no sound card/.test(error.message));
});

test("lost_media_is_told_once_and_not_after_the_end", async () => {
  let context;
  const { tell, told } = await start({ media: { open: (given) => ((context = given), mediaSession()) } });
  tell(incoming(1), { type: "ask", id: 1, question: { type: "create-answer", call: 1, offer: OFFER, hold: false } });
  await settle();
  context.failed(new Error("ICE"));
  tell(end(1));
  context.failed(new Error("ICE"));
  assert.deepEqual(told("media-lost"), [{ type: "media-lost", call: 1, detail: "Error: ICE" }]);
});

test("muting_reaches_tracks_now_and_later_and_leaves_the_rest_alone", async () => {
  const tracks = [
    { kind: "audio", enabled: true },
    { kind: "video", enabled: false },
  ];
  const { ua, tell } = await start({
    media: { open: () => mediaSession({ localStream: { getTracks: () => tracks } }) },
  });
  const call = ua.call("bob");
  let changes = 0;
  call.on("change", () => (changes += 1));
  call.setMuted({ audio: true });
  assert.deepEqual(call.muted, { audio: true, video: false });
  tell({ type: "ask", id: 1, question: { type: "create-offer", call: 2, hold: false, iceRestart: false } });
  await settle();
  assert.deepEqual(
    tracks.map(({ enabled }) => enabled),
    [false, false],
  );
  call.setMuted(false);
  assert.deepEqual(
    tracks.map(({ enabled }) => enabled),
    [true, false],
    "what the application disabled stays so",
  );
  await settle();
  assert.equal(changes, 3, "two mutes and the media session");
});

test("a_session_without_tracks_cannot_be_muted_here", async () => {
  const { ua, tell } = await start();
  const call = ua.call("bob");
  tell({ type: "ask", id: 1, question: { type: "create-offer", call: 2, hold: false, iceRestart: false } });
  await settle();
  assert.throws(() => call.setMuted(true), { code: "media" });
  assert.deepEqual(call.muted, { audio: false, video: false });
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
  const unhandled = [];
  const onUnhandled = (error) => unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
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
  await settle();
  await settle();
  process.off("unhandledRejection", onUnhandled);
  assert.deepEqual(unhandled, []);
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

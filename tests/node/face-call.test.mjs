// Calls over a played engine: how they are placed, answered and ended, and what is refused at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Call,
  INVITE,
  OFFER,
  PEER,
  Registration,
  UserAgent,
  assertRefused,
  end,
  established,
  incoming,
  response,
  settle,
  start,
  state,
} from "./played.mjs";

/** How a call is placed where nobody says otherwise. */
const DIAL = { headers: [], timeoutMs: 180_000, lateOffer: false, followRedirects: 0 };

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
  assertRefused(engine, wrong);
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

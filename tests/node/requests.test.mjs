// Requests in and out of calls, messages and tones, over a played engine.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as played from "./played.mjs";
import { PEER, assertRefused, end, incoming, killsNobody, response, settle, start } from "./played.mjs";

const INFO = {
  headers: "Content-Type: application/json\r\nX-Seat: 7\r\n",
  body: { contentType: "application/json", content: "{}", disposition: undefined },
};
const asked = (id, facts = {}) => ({
  type: "ask",
  id,
  question: { type: "request", call: 2, method: "INFO", from: PEER, message: INFO, ...facts },
});
const message = (id, facts) => asked(id, { call: undefined, method: "MESSAGE", ...facts });
const answered = (response) => ({ type: "response", response });

/** A call of ours that stands; `answers` gives the answers to questions, `reports` the diagnostics. */
async function talking() {
  const phone = await played.talking();
  const reports = [];
  phone.ua.on("diagnostic", ({ code, detail }) => reports.push(`${code}: ${detail}`));
  return { ...phone, reports, answers: () => phone.told("answer").map(({ ask, answer }) => [ask, answer]) };
}

test("js_05_a_request_in_a_call_is_sent_and_resolves_with_any_final_response", async () => {
  const { call, told, done } = await talking();
  const body = { contentType: "application/json", content: "{}", disposition: "render" };
  const info = call.request("INFO", { headers: { "X-Seat": ["7", "8"] }, body });
  const [{ id, ...command }] = told("call-request");
  assert.deepEqual(command, {
    type: "call-request",
    call: 2,
    method: "INFO",
    options: { headers: [["X-Seat", "7"], ["X-Seat", "8"]], body },
  });
  done(answered(response(469, "Bad Info Package")));
  const { status, phrase, headers } = await info;
  assert.deepEqual([status, phrase, headers.get("CSeq")], [469, "Bad Info Package", "1 INVITE"]);
  const frob = call.request("x-FROB");
  assert.deepEqual([told("call-request")[1].method, told("call-request")[1].options], ["x-FROB", { headers: [] }]);
  done({ type: "failed", failure: { code: "timeout", message: "nobody answered" } });
  await assert.rejects(frob, { code: "timeout" });
});

test("js_05_a_request_out_of_calls_is_sent_and_resolves_with_any_final_response", async () => {
  const { ua, told, done } = await start();
  const options = ua.request("OPTIONS", { uri: "sip:bob@example.com" }, { headers: { Accept: "application/sdp" } });
  const [{ id, ...command }] = told("request");
  assert.deepEqual(command, {
    type: "request",
    target: "sip:bob@example.com",
    method: "OPTIONS",
    options: { headers: [["Accept", "application/sdp"]] },
  });
  done(answered(response(486, "Busy Here")));
  assert.equal((await options).status, 486);
});

test("js_05_what_the_protocol_sends_by_itself_is_refused_and_names_what_to_use", async () => {
  const { ua, call, engine } = await talking();
  const before = engine.commands.length;
  const own = {
    INVITE: /UserAgent\.call\(\)/,
    ACK: /by itself/,
    CANCEL: /hangup\(\)/,
    BYE: /hangup\(\)/,
    REGISTER: /register\(\)/,
    PRACK: /by itself/,
    UPDATE: /renegotiate\(\)/,
    SUBSCRIBE: /subscriptions/,
    NOTIFY: /subscriptions/,
    REFER: /transfers/,
  };
  for (const [method, instead] of Object.entries(own)) {
    for (const spelt of [method, method.toLowerCase()]) {
      const refused = (error) => /^TypeError: method: /.test(error) && instead.test(error);
      assert.throws(() => call.request(spelt), refused, spelt);
      assert.throws(() => ua.request(spelt, "bob"), refused, spelt);
    }
  }
  for (const method of ["", "IN FO", "INFO\r\nEvil: 1", "INFÖ", undefined, 7]) {
    assert.throws(() => call.request(method), /^TypeError: method/, String(method));
    assert.throws(() => ua.request(method, "bob"), /^TypeError: method/, String(method));
  }
  assert.equal(engine.commands.length, before, "nothing was asked for");
});

test("js_05_structural_headers_and_unknown_options_are_refused", async () => {
  const { ua, call, engine } = await talking();
  const text = { contentType: "text/plain", content: "" };
  const wrong = [
    [() => call.request("INFO", { headers: { "Call-ID": "x" } }), TypeError, /"Call-ID"/],
    [() => call.request("INFO", { headers: { m: "<sip:x>" } }), TypeError, /"m"/],
    [() => ua.request("OPTIONS", "bob", { headers: { Route: "<sip:x>" } }), TypeError, /"Route"/],
    [() => ua.message("bob", "hi", { headers: { "Content-Type": "x" } }), TypeError, /"Content-Type"/],
    [() => call.request("INFO", { content: "" }), TypeError, /"content"/],
    [() => call.request("INFO", { body: "text" }), TypeError, /body: an object/],
    [() => call.request("INFO", { body: { contentType: "text/plain" } }), TypeError, /body\.content/],
    [() => call.request("INFO", { body: { ...text, charset: "utf-8" } }), TypeError, /body: .*"charset"/],
    [() => call.request("INFO", { body: { ...text, contentType: "a\r\nb" } }), TypeError, /body\.contentType/],
    [() => call.request("INFO", { body: { ...text, disposition: "a\nb" } }), TypeError, /body\.disposition/],
    [() => call.request("INFO", { signal: {} }), TypeError, /signal/],
    [() => ua.request("OPTIONS"), TypeError, /target/],
    [() => ua.request("OPTIONS", "mailto:bob@example.com"), TypeError, /target/],
    [() => ua.message("bob"), TypeError, /body/],
    [() => ua.message("bob", 7), TypeError, /body/],
    [() => ua.message("bob", "hi", { body: text }), TypeError, /"body"/],
    [() => ua.message("", "hi"), TypeError, /target/],
    [() => call.sendDtmf(), TypeError, /tones/],
    [() => call.sendDtmf(""), TypeError, /tones/],
    [() => call.sendDtmf(12), TypeError, /tones/],
    [() => call.sendDtmf("12E"), TypeError, /tones: "12E"/],
    [() => call.sendDtmf("1 2"), TypeError, /tones/],
    [() => call.sendDtmf("1", { mode: "sip" }), TypeError, /mode: .*"rtp".*"info"/],
    [() => call.sendDtmf("1!", { mode: "rtp" }), TypeError, /"!".*"info"/],
    [() => call.sendDtmf("1", { durationMs: 39 }), RangeError, /durationMs/],
    [() => call.sendDtmf("1", { durationMs: 6001 }), RangeError, /durationMs/],
    [() => call.sendDtmf("1", { durationMs: 100.5 }), RangeError, /durationMs/],
    [() => call.sendDtmf("1", { gapMs: 29 }), RangeError, /gapMs/],
    [() => call.sendDtmf("1", { gapMs: 60_001 }), RangeError, /gapMs/],
    [() => call.sendDtmf("1", { duration: 100 }), TypeError, /"duration"/],
  ];
  assertRefused(engine, wrong);
});

test("sl_09_a_sips_target_over_ws_is_refused_for_requests_too", async () => {
  const { ua } = await start({ servers: "ws://localhost:5080" });
  assert.throws(() => ua.message("sips:bob@example.com", "hi"), /use wss:/);
  assert.throws(() => ua.request("OPTIONS", "sips:bob@example.com"), /use wss:/);
});

test("an_aborted_signal_rejects_with_its_reason_and_before_the_start_sends_nothing", async () => {
  const { ua, call, told, done } = await talking();
  const gone = AbortSignal.abort(new Error("before"));
  await assert.rejects(call.request("INFO", { signal: gone }), /before/);
  await assert.rejects(ua.message("bob", "hi", { signal: gone }), /before/);
  await assert.rejects(ua.request("OPTIONS", "bob", { signal: gone }), /before/);
  assert.deepEqual([told("call-request"), told("request")], [[], []]);
  const controller = new AbortController();
  const sent = ua.message("bob", "hi", { signal: controller.signal });
  controller.abort(new Error("enough"));
  done(answered(response(200, "OK")));
  await assert.rejects(sent, /enough/);
  const second = new AbortController();
  const answeredFirst = ua.message("bob", "hi", { signal: second.signal });
  done(answered(response(202, "Accepted")));
  assert.equal((await answeredFirst).status, 202);
  second.abort();
});

test("iv_16_a_message_is_sent_as_text_or_with_its_type", async () => {
  const { ua, told, done } = await start();
  const sent = ua.message("bob", "Grüße", { headers: { "X-Thread": "9" } });
  const [{ id, ...command }] = told("request");
  assert.deepEqual(command, {
    type: "request",
    target: "bob",
    method: "MESSAGE",
    options: { headers: [["X-Thread", "9"]], body: { contentType: "text/plain", content: "Grüße" } },
  });
  done(answered(response(202, "Accepted")));
  assert.equal((await sent).status, 202);
  const content = new Uint8Array([1, 2, 255]);
  ua.message("bob", { contentType: "application/octet-stream", content });
  assert.deepEqual(told("request")[1].options.body, { contentType: "application/octet-stream", content });
  ua.message("bob", "");
  assert.equal(told("request")[2].options.body.content, "", "an empty message is a message");
});

test("iv_16_tones_are_asked_of_the_engine_and_come_as_events", async () => {
  const { call, tell, told, done } = await talking();
  const sent = call.sendDtmf("1,23#*abcd!");
  assert.deepEqual(told("send-dtmf")[0].options, { tones: "1,23#*ABCD!", durationMs: 100, gapMs: 70 });
  done();
  assert.equal(await sent, undefined);
  call.sendDtmf("1", { mode: "info", durationMs: 6000, gapMs: 30 });
  assert.deepEqual(told("send-dtmf")[1].options, { tones: "1", durationMs: 6000, gapMs: 30 });
  const heard = [];
  let changes = 0;
  call.on("dtmf", ({ tone, durationMs }) => heard.push([tone, durationMs]));
  call.on("change", () => (changes += 1));
  tell({ type: "call", call: 2, event: { type: "dtmf", tone: "#", durationMs: 160 } });
  assert.deepEqual([heard, changes], [[["#", 160]], 0], "no property has changed");
});

test("js_05_a_listener_answers_a_request_at_once", async () => {
  const { call, tell, answers } = await talking();
  const seen = [];
  call.on("request", (event) => {
    seen.push([event.method, event.headers.get("x-seat"), event.body]);
    event.respond(202, { headers: { "X-A": "b" }, body: { contentType: "text/plain", content: "fine" } });
  });
  tell(asked(7));
  assert.deepEqual(seen, [["INFO", "7", { contentType: "application/json", content: "{}" }]]);
  assert.deepEqual(answers(), [
    [
      7,
      {
        type: "response",
        status: 202,
        headers: [["X-A", "b"]],
        body: { contentType: "text/plain", content: "fine" },
      },
    ],
  ]);
});

test("js_05_a_request_that_no_listener_answers_has_the_usual_answer_at_once", async () => {
  const { ua, call, tell, answers } = await talking();
  tell(asked(1));
  call.on("request", () => {});
  tell(asked(2));
  const other = ua.call("carol");
  assert.equal(other.id, "4");
  tell(asked(3, { call: 4 }), asked(4, { call: 99 }), asked(5, { call: undefined, method: "X-FROB" }));
  assert.deepEqual(
    answers(),
    [1, 2, 3, 4, 5].map((id) => [id, { type: "usual" }]),
  );
});

test("js_05_a_request_is_answered_later_where_its_default_is_prevented", async () => {
  const { call, tell, answers } = await talking();
  let event;
  call.on("request", (given) => {
    event = given;
    given.preventDefault();
  });
  tell(asked(1, { message: { headers: "", body: undefined } }));
  await settle();
  assert.deepEqual([answers(), event.body], [[], null]);
  event.respond(403);
  assert.deepEqual(answers(), [[1, { type: "response", status: 403, headers: [] }]]);
});

test("js_05_a_request_is_answered_once", async () => {
  const { call, tell, answers } = await talking();
  const events = [];
  const caught = [];
  call.on("request", (event) => {
    events.push(event);
    event.respond(200);
    try {
      event.respond(200);
    } catch (error) {
      caught.push([error.name, error.code]);
    }
  });
  tell(asked(1));
  assert.deepEqual(caught, [["PatchcordError", "wrong-state"]]);
  call.on("request", (event) => event.preventDefault(), { once: true });
  tell(asked(2));
  for (const event of events) assert.throws(() => event.respond(200), { code: "wrong-state" });
  assert.equal(answers().length, 2);
});

test("js_07_a_listener_that_answers_after_waiting_without_saying_so_is_told", async () => {
  const { call, tell, answers, reports } = await talking();
  call.on("request", async (event) => {
    await undefined;
    event.respond(403);
  });
  tell(asked(1));
  await settle();
  assert.deepEqual(answers(), [[1, { type: "usual" }]]);
  assert.match(reports.join(), /answered already.*prevent its default/);
});

test("js_05_wrong_answers_throw_at_once_and_leave_the_request_open", async () => {
  const { call, engine, tell, answers } = await talking();
  const wrong = [
    [(event) => event.respond(), TypeError, /status/],
    [(event) => event.respond(100), TypeError, /status/],
    [(event) => event.respond(404), RangeError, /over/],
    [(event) => event.respond(408), RangeError, /status/],
    [(event) => event.respond(700), RangeError, /status/],
    [(event) => event.respond(200.5), RangeError, /status/],
    [(event) => event.respond(200, { headers: { Via: "x" } }), TypeError, /"Via"/],
    [(event) => event.respond(200, { headers: { l: "9" } }), TypeError, /"l"/],
    [(event) => event.respond(200, { body: "x" }), TypeError, /body/],
    [(event) => event.respond(200, { phrase: "x" }), TypeError, /"phrase"/],
  ];
  call.on("request", (event) => {
    assertRefused(engine, wrong, event);
    event.respond(299);
  });
  tell(asked(1));
  assert.deepEqual(answers(), [[1, { type: "response", status: 299, headers: [] }]]);
});

test("js_07_a_listener_that_throws_becomes_a_diagnostic_and_the_usual_answer_is_sent", async () => {
  const { ua, call, tell, answers, reports } = await talking();
  call.on("request", () => {
    throw new Error("mine");
  });
  call.on("request", async () => {
    throw new Error("theirs");
  });
  ua.on("message", () => {
    throw new Error("ours");
  });
  tell(asked(1), message(2));
  await settle();
  assert.deepEqual(answers(), [
    [1, { type: "usual" }],
    [2, { type: "usual" }],
  ]);
  assert.match(reports.join(), /call 2.*"request".*mine.*ours.*theirs/s);
});

test("iv_16_a_message_is_an_event_and_accepted_unless_a_listener_rejects_it", async () => {
  const { ua, tell, answers } = await talking();
  const events = [];
  ua.on("message", (event) => {
    events.push(event);
    if (event.body.content === "spam") event.reject(403);
  });
  const headers = "Content-Type: text/plain\r\n";
  const text = (content) => ({ headers, body: { contentType: "text/plain", content, disposition: undefined } });
  tell(message(1, { message: text("hi") }), message(2, { message: text("spam") }));
  tell(message(3, { message: { headers: "", body: undefined } }));
  assert.deepEqual(answers(), [
    [1, { type: "usual" }],
    [2, { type: "response", status: 403, headers: [] }],
    [3, { type: "usual" }],
  ]);
  const [first, second, third] = events;
  assert.deepEqual(first.from, { uri: "sip:bob@example.com", displayName: "Bob", params: { tag: "b1", lr: null } });
  assert.equal(first.headers.get("content-type"), "text/plain");
  assert.deepEqual(third.body, { contentType: "text/plain", content: "" });
  for (const event of [first, second, third]) assert.throws(() => event.reject(403), { code: "wrong-state" });
});

test("iv_16_a_message_is_rejected_by_a_refusal_only", async () => {
  const { ua, tell, answers } = await talking();
  ua.on("message", (event) => {
    for (const status of [200, 302, 399, 700, 486.5]) assert.throws(() => event.reject(status), RangeError);
    assert.throws(() => event.reject("403"), TypeError);
    event.reject(600);
  });
  tell(message(1));
  assert.deepEqual(answers(), [[1, { type: "response", status: 600, headers: [] }]]);
});

test("design_1_interest_in_messages_and_requests_follows_the_listeners_and_is_told_on_change_only", async () => {
  const { ua, call, tell, told } = await talking();
  const interests = () => told("interest").map((command) => command.interests);
  assert.deepEqual(interests(), []);
  const off = [ua.on("message", () => {}), ua.on("message", () => 0)];
  assert.deepEqual(interests(), [["messages"]]);
  off.map((remove) => remove());
  assert.deepEqual(interests().slice(1), [[]]);
  const second = ua.call("carol");
  const quiet = call.on("request", () => {});
  second.on("request", () => {}, { once: true });
  assert.deepEqual(interests().slice(2), [["requests"]]);
  quiet();
  assert.equal(interests().length, 3, "the other call still listens");
  tell(asked(1, { call: 4 }));
  assert.deepEqual(interests().slice(3), [[]]);
  call.on("request", () => {});
  tell(end(2));
  assert.deepEqual(interests().slice(4), [["requests"], []], "a call that has ended wants nothing");
  call.on("request", () => {});
  assert.equal(interests().length, 6);
});

test("design_1_a_listener_that_is_added_while_a_call_comes_in_is_in_time", async () => {
  const { ua, tell, told, answers } = await talking();
  ua.on("call", ({ call }) => call.on("request", (event) => event.respond(299)));
  tell(incoming(1), asked(1, { call: 1 }));
  assert.deepEqual(told("interest").at(-1).interests, ["calls", "requests"]);
  assert.equal(answers()[0][1].status, 299);
});

test("requests_that_are_left_alone_or_cut_off_settle_and_kill_nobody", async () => {
  await killsNobody(async () => {
    const { ua, call, tell, told } = await talking();
    let event;
    call.on("request", (given) => {
      event = given;
      given.preventDefault();
    });
    tell(asked(1));
    const cut = [ua.message("bob", "hi"), call.request("INFO"), call.sendDtmf("1"), call.setHold(true)];
    ua.request("OPTIONS", "bob", { signal: AbortSignal.abort() });
    ua.message("bob", "hi", { signal: new AbortController().signal });
    const closing = ua.close();
    await assert.rejects(ua.message("bob", "late"), { code: "closed" });
    tell({ type: "done", id: 1_000_000, outcome: { type: "done" } });
    tell({ type: "done", id: told("close")[0].id, outcome: { type: "done" } });
    await closing;
    for (const promise of cut) await assert.rejects(promise, { code: "closed" });
    assert.equal(event.respond(200), undefined, "too late, and nobody is left to be told");
  });
});

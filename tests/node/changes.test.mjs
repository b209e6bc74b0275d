// Changes to a call over a played engine: hold, new media, redirection; and the questions about media that they bring.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as played from "./played.mjs";
import { OFFER, assertRefused, end, established, incoming, killsNobody, mediaSession, response, settle, start, state } from "./played.mjs";

const hold = (call, by, held) => ({ type: "call", call, event: { type: "hold", by, held } });
const ask = (id, question) => ({ type: "ask", id, question });
const createOffer = (id, facts) => ask(id, { type: "create-offer", call: 2, hold: false, iceRestart: false, ...facts });
const refused = { type: "failed", failure: { code: "rejected", message: "no", response: response(488, "No") } };

/** A call of ours that stands, with an audio track of a kind. */
const talking = (options) => played.talking(options, { media: { audio: { echoCancellation: true } } });

/** Media that notes what it is asked, and answers when the test lets it. */
function slowMedia() {
  const asked = [];
  const pending = [];
  const slowly =
    (name) =>
    (...args) => {
      asked.push([name, ...args]);
      return new Promise((resolve, reject) => pending.push({ resolve: () => resolve(OFFER), reject }));
    };
  const names = ["createOffer", "createAnswer", "setAnswer", "rollback"];
  const session = mediaSession(Object.fromEntries(names.map((name) => [name, slowly(name)])));
  return { asked, pending, names: () => asked.map(([name]) => name), media: { open: () => session } };
}

test("iv_10_hold_is_asked_for_and_shown_when_the_peer_has_agreed", async () => {
  const { call, tell, told, done } = await talking();
  const heard = [];
  call.on("hold", ({ by, held }) => heard.push([by, held, call.hold]));
  let changes = 0;
  call.on("change", () => (changes += 1));
  const before = call.hold;
  const held = call.setHold(true);
  assert.deepEqual(told("set-hold"), [{ type: "set-hold", id: told("set-hold")[0].id, call: 2, held: true }]);
  assert.deepEqual([before, call.hold], [{ local: false, remote: false }, before], "nothing has changed yet");
  tell(hold(2, "local", true));
  done();
  assert.equal(await held, undefined);
  tell(hold(2, "remote", true), hold(2, "local", false));
  assert.deepEqual(before, { local: false, remote: false }, "values are replaced, not changed");
  assert.deepEqual(heard, [
    ["local", true, { local: true, remote: false }],
    ["remote", true, { local: true, remote: true }],
    ["local", false, { local: false, remote: true }],
  ]);
  assert.equal(changes, 3);
});

test("iv_07_a_hold_that_is_refused_rejects_and_leaves_everything_as_it_was", async () => {
  const { call, done } = await talking();
  const before = call.hold;
  const held = call.setHold(true);
  done(refused);
  await assert.rejects(held, { code: "rejected", status: 488 });
  assert.equal(call.hold, before);
});

test("hold_silences_what_we_send_and_respects_what_is_muted_or_disabled", async () => {
  const tracks = [
    { kind: "audio", enabled: true },
    { kind: "video", enabled: true },
    { kind: "video", enabled: false },
  ];
  const localStream = { getTracks: () => tracks };
  const { call, tell } = await talking({ media: { open: () => mediaSession({ localStream }) } });
  tell(createOffer(1));
  await settle();
  const enabled = () => tracks.map((track) => track.enabled);
  tell(hold(2, "remote", true));
  assert.deepEqual(enabled(), [true, true, false], "the peer's hold silences nobody here");
  call.setMuted({ video: true });
  tell(hold(2, "local", true));
  assert.deepEqual(enabled(), [false, false, false]);
  call.setMuted(false);
  assert.deepEqual(enabled(), [false, false, false], "still on hold");
  call.setMuted({ audio: true });
  tracks.push({ kind: "audio", enabled: true });
  tell(createOffer(2));
  await settle();
  assert.equal(tracks[3].enabled, false, "a track that comes while on hold is silent");
  tell(hold(2, "local", false));
  assert.deepEqual(enabled(), [false, true, true, false]);
});

test("renegotiate_says_how_and_wishes_for_media_while_it_lasts", async () => {
  const { asked, media } = noting();
  const { call, tell, told, done } = await talking({ media });
  const first = call.renegotiate({ media: { video: true }, iceRestart: true, method: "update" });
  assert.deepEqual(told("renegotiate")[0].options, { iceRestart: true, method: "update", lasting: false });
  tell(createOffer(1, { iceRestart: true }));
  await settle();
  done(refused);
  await assert.rejects(first, { code: "rejected" });
  tell(createOffer(2));
  await settle();
  const second = call.renegotiate({ media: { video: true } });
  assert.deepEqual(told("renegotiate")[1].options, { iceRestart: false, method: "auto", lasting: false });
  done();
  assert.equal(await second, undefined);
  await settle();
  tell(createOffer(3, { hold: true }));
  await settle();
  const audio = { echoCancellation: true };
  assert.deepEqual(asked, [
    { hold: false, iceRestart: true, constraints: { audio, video: true } },
    { hold: false, iceRestart: false, constraints: { audio } },
    { hold: true, iceRestart: false, constraints: { audio, video: true } },
  ]);
});

test("a_wish_that_fails_takes_none_of_another_one_with_it", async () => {
  const { asked, media } = noting();
  const { call, tell, told, done } = await talking({ media });
  const first = call.renegotiate({ media: { video: true } });
  const second = call.renegotiate({ media: { audio: false } });
  tell({ type: "done", id: told("renegotiate")[0].id, outcome: refused });
  await assert.rejects(first, { code: "rejected" });
  tell(createOffer(1));
  await settle();
  done();
  await second;
  assert.deepEqual(asked, [{ hold: false, iceRestart: false, constraints: { audio: false } }]);
});

/** Media that notes how offers are asked for. */
function noting() {
  const asked = [];
  const createOffer = async (options) => (asked.push(options), OFFER);
  return { asked, media: { open: () => mediaSession({ createOffer }) } };
}

test("media_that_is_worn_is_renegotiated_and_a_failure_is_a_diagnostic", async () => {
  let context;
  const { ua, call, tell, told, done } = await talking({
    media: { open: (given) => ((context = given), mediaSession()) },
  });
  const reports = [];
  ua.on("diagnostic", ({ code, detail }) => reports.push([code, detail]));
  tell(createOffer(1));
  await settle();
  const renewed = context.renegotiate({ iceRestart: true });
  await settle();
  assert.deepEqual(told("renegotiate")[0].options, { iceRestart: true, method: "auto", lasting: true });
  done();
  await renewed;
  assert.deepEqual(reports, []);
  const again = context.renegotiate({ iceRestart: false });
  await settle();
  done(refused);
  await assert.rejects(again, { code: "rejected" });
  assert.equal(reports.length, 1);
  assert.match(reports[0].join(" "), /^media .*call 2.*renegotiated/);
  tell(end(2));
  await assert.rejects(context.renegotiate({ iceRestart: true }), { code: "ended" });
  assert.deepEqual([told("renegotiate").length, reports.length, call.state], [2, 1, "ended"]);
});

test("media_that_is_worn_before_the_call_is_answered_waits_for_the_answer_and_kills_nobody_when_none_comes", () =>
  killsNobody(async () => {
    const contexts = [];
    const { ua, tell, told } = await start({ media: { open: (given) => (contexts.push(given), mediaSession()) } });
    for (const call of [2, 4]) {
      ua.call("bob");
      tell(ask(call, { type: "create-offer", call, hold: false, iceRestart: false }));
    }
    await settle();
    for (const context of contexts) context.renegotiate({ iceRestart: true });
    await settle();
    assert.deepEqual(told("renegotiate"), []);
    tell(state(2, "established"), established(2, response(200, "OK")), state(4, "ended"), end(4));
    await settle();
    assert.deepEqual(told("renegotiate").map(({ call }) => call), [2]);
  }));

test("js_06_a_rollback_waits_until_the_offer_before_it_is_made", async () => {
  const { names, pending, media } = slowMedia();
  const { tell, told } = await talking({ media });
  tell(createOffer(1), ask(2, { type: "rollback", call: 2 }), ask(3, answerTo(OFFER)));
  await settle();
  assert.deepEqual(names(), ["createOffer"], "one question at a time");
  pending[0].reject(new Error("too late"));
  await settle();
  assert.deepEqual(names(), ["createOffer", "rollback"], "a failure does not stop what comes after it");
  pending[1].resolve();
  await settle();
  pending[2].resolve();
  await settle();
  assert.deepEqual(names(), ["createOffer", "rollback", "createAnswer"]);
  assert.deepEqual(
    told("answer").map(({ ask, answer }) => [ask, answer.type]),
    [
      [1, "media-failed"],
      [2, "applied"],
      [3, "sdp"],
    ],
  );
});

const answerTo = (offer) => ({ type: "create-answer", call: 2, offer, hold: false });

test("js_07_media_that_never_answers_blocks_no_hang_up", async () => {
  const closed = [];
  const never = mediaSession({ createOffer: () => new Promise(() => {}), close: () => closed.push("closed") });
  const { call, tell, told } = await talking({ media: { open: () => never } });
  tell(createOffer(1), ask(2, { type: "rollback", call: 2 }));
  await settle();
  assert.deepEqual(told("answer"), [], "the engine goes on without it");
  call.hangup();
  tell(end(2, { by: "local" }));
  assert.deepEqual([(await call.ended).cause, closed], ["hangup", ["closed"]]);
});

test("js_06_what_is_asked_of_media_after_the_end_is_answered_no", async () => {
  const { pending, names, media } = slowMedia();
  const { tell, told } = await talking({ media });
  tell(createOffer(1), ask(2, { type: "rollback", call: 2 }), state(2, "ending"));
  await settle();
  pending[0]?.resolve();
  await settle();
  assert.deepEqual(
    told("answer").map(({ ask, answer }) => [ask, answer.type]),
    [
      [1, "media-failed"],
      [2, "media-failed"],
    ],
  );
  assert.deepEqual(names(), []);
});

test("iv_13_late_offers_and_redirections_are_asked_of_the_engine", async () => {
  const { ua, told } = await start();
  ua.call("bob", { lateOffer: true, followRedirects: 5, timeout: 0 });
  assert.deepEqual(told("call")[0].options, { headers: [], timeoutMs: 0, lateOffer: true, followRedirects: 5 });
});

test("a_call_is_redirected_to_targets_of_every_kind", async () => {
  const { ua, tell, told, done } = await start();
  tell(incoming(1));
  const [call] = ua.calls;
  const sent = call.redirect(["carol", { uri: "sips:dave@example.com", displayName: "Dave" }, "tel:+4930"]);
  const [{ id, ...command }] = told("redirect");
  assert.deepEqual(command, {
    type: "redirect",
    call: 1,
    contacts: ["carol", "sips:dave@example.com", "tel:+4930"],
    permanent: false,
  });
  done();
  assert.equal(await sent, undefined);
  call.redirect(["carol"], { permanent: true });
  assert.equal(told("redirect")[1].permanent, true);
});

test("js_02_arguments_of_changes_are_refused_at_once_and_by_name", async () => {
  const { call, engine } = await talking();
  const wrong = [
    [() => call.setHold(), TypeError, /held/],
    [() => call.setHold("yes"), TypeError, /held/],
    [() => call.renegotiate({ video: true }), TypeError, /"video"/],
    [() => call.renegotiate({ media: { screen: true } }), TypeError, /media: .*"screen"/],
    [() => call.renegotiate({ media: { video: 1 } }), TypeError, /media\.video/],
    [() => call.renegotiate({ iceRestart: 1 }), TypeError, /iceRestart/],
    [() => call.renegotiate({ method: "UPDATE" }), TypeError, /method: .*"update"/],
    [() => call.redirect(), TypeError, /contacts/],
    [() => call.redirect([]), TypeError, /contacts/],
    [() => call.redirect("carol"), TypeError, /contacts/],
    [() => call.redirect(["carol", ""]), TypeError, /contacts\[1\]/],
    [() => call.redirect([{ uri: "http://x" }]), TypeError, /contacts\[0\]/],
    [() => call.redirect(["carol"], { status: 301 }), TypeError, /"status"/],
    [() => call.redirect(["carol"], { permanent: 1 }), TypeError, /permanent/],
  ];
  assertRefused(engine, wrong);
});

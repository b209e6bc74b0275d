// The media of calls over a played engine: what it is asked, how it fails, what muting does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OFFER, PatchcordError, end, incoming, mediaSession, settle, start, state, talking } from "./played.mjs";

const createOffer = { type: "ask", id: 1, question: { type: "create-offer", call: 2, hold: false, iceRestart: false } };

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
  tell(createOffer);
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
  tell(createOffer);
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
  tell(createOffer);
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
  tell(createOffer);
  await settle();
  assert.throws(() => call.setMuted(true), { code: "media" });
  assert.deepEqual(call.muted, { audio: false, video: false });
});

test("tones_go_by_the_media_where_it_can_and_by_info_where_it_cannot_or_a_flash_is_among_them", async () => {
  const sent = [];
  const session = mediaSession({ canSendDtmf: true, sendDtmf: async (tones, pace) => void sent.push([tones, pace]) });
  const { call, tell, told } = await talking({ media: { open: () => session } });
  const sentByInfo = () => told("send-dtmf").map(({ options }) => options.tones);
  await assert.rejects(call.sendDtmf("1", { mode: "rtp" }), { code: "media" }, "there is no media yet");
  tell(createOffer);
  await settle();
  await call.sendDtmf("1a");
  await call.sendDtmf("2", { mode: "rtp", durationMs: 40, gapMs: 30 });
  assert.deepEqual(sent, [
    ["1A", { durationMs: 100, gapMs: 70 }],
    ["2", { durationMs: 40, gapMs: 30 }],
  ]);
  call.sendDtmf("3!");
  call.sendDtmf("4", { mode: "info" });
  session.canSendDtmf = false;
  call.sendDtmf("5");
  assert.deepEqual([sentByInfo(), sent.length], [["3!", "4", "5"], 2]);
  tell(end(2));
  await assert.rejects(call.sendDtmf("6", { mode: "rtp" }), { code: "wrong-state" });
});

test("a_device_that_is_unplugged_is_told_by_the_call_and_what_nothing_replaces_by_a_diagnostic", async () => {
  let context;
  const { ua, call, tell } = await talking({ media: { open: (given) => ((context = given), mediaSession()) } });
  tell(createOffer);
  await settle();
  const heard = [];
  call.on("devicelost", ({ kind, label, replacement }) => heard.push([kind, label, replacement]));
  ua.on("diagnostic", ({ code, detail }) => heard.push([code, detail]));
  context.deviceLost({ kind: "audioinput", label: "Headset", replacement: null });
  context.report("nothing takes the place of Headset");
  assert.deepEqual(heard, [
    ["audioinput", "Headset", null],
    ["media", "call 2: nothing takes the place of Headset"],
  ]);
});

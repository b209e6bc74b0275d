// Two user agents in one page, with real media: what hold and renegotiation do to tracks and directions.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";

const dist = fileURLToPath(new URL("../../pkg/dist", import.meta.url));
let edge;
let started;
let page;

before(async () => {
  edge = await startSwitchboard({ args: ["--static", dist] });
  started = await startBrowser();
  page = await started.browser.newPage();
  await page.goto(`${edge.http}/index.js`);
  await page.evaluate(setUp, edge.ws);
});

after(async () => {
  await page?.evaluate(() => Promise.all([window.alice.close(), window.bob.close()]));
  await started?.close();
  await edge?.stop();
});

/** Runs in the page: alice and bob, bob accepting everything; `talk()` gives both sides of a new call. */
async function setUp(ws) {
  const { UserAgent, webrtc } = await import("/index.js");
  window.refusals = 0;
  const picky = {
    open(context) {
      const session = webrtc({ output: false, gatheringTimeoutMs: 500 }).open(context);
      const createAnswer = session.createAnswer.bind(session);
      session.createAnswer = (...args) =>
        window.refusals-- > 0 ? Promise.reject(new Error("not now")) : createAnswer(...args);
      return session;
    },
  };
  const make = async (name, media) => {
    const credentials = { username: name, password: `${name}-secret` };
    const ua = await UserAgent.create({ aor: `sip:${name}@switchboard.test`, servers: ws, credentials, media });
    await ua.connect();
    return ua;
  };
  window.alice = await make("alice", webrtc({ output: false, gatheringTimeoutMs: 500 }));
  window.bob = await make("bob", picky);
  window.talk = async (options, acceptOptions) => {
    const coming = new Promise((resolve) => window.bob.on("call", ({ call }) => resolve(call), { once: true }));
    const ours = window.alice.call("bob", options);
    const theirs = await coming;
    await theirs.accept(acceptOptions);
    await Promise.all([ours.established, theirs.established]);
    return { ours, theirs };
  };
  window.kinds = (stream) => stream.getTracks().map(({ kind }) => kind).sort().join();
  window.ways = ({ media }) => media.peerConnection.getTransceivers().map(({ currentDirection }) => currentDirection);
  /** Resolves once media of that kind arrives. */
  window.arrives = async ({ media }, kind) => {
    const counted = async () => {
      for (const { type, kind: own, bytesReceived } of (await media.stats()).values())
        if (type === "inbound-rtp" && own === kind) return bytesReceived;
      return 0;
    };
    const before = await counted();
    while ((await counted()) <= before) await new Promise(requestAnimationFrame);
  };
}

test("iv_10_hold_turns_the_directions_and_silences_the_microphone", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    await window.arrives(theirs, "audio");
    const [microphone] = ours.media.localStream.getAudioTracks();
    const told = [];
    const tell = () => told.push([window.ways(ours)[0], window.ways(theirs)[0], microphone.enabled, microphone.readyState]);
    await ours.setHold(true);
    tell();
    await theirs.setHold(true);
    tell();
    await ours.setHold(false);
    tell();
    await theirs.setHold(false);
    tell();
    await window.arrives(theirs, "audio");
    await ours.hangup();
    await theirs.ended;
    return told;
  });
  assert.deepEqual(seen, [
    ["sendonly", "recvonly", false, "live"],
    ["inactive", "inactive", false, "live"],
    ["recvonly", "sendonly", true, "live"],
    ["sendrecv", "sendrecv", true, "live"],
  ]);
});

test("js_06_video_is_added_and_ended_and_added_again_by_renegotiation", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk({}, { media: { video: true } });
    const told = [];
    const tell = () =>
      told.push([
        window.kinds(ours.media.localStream),
        window.kinds(theirs.media.remoteStream),
        ours.media.peerConnection.getTransceivers().length,
      ]);
    tell();
    for (const video of [true, false, true]) {
      await ours.renegotiate({ media: { video } });
      if (video) await window.arrives(theirs, "video");
      tell();
    }
    const [camera] = ours.media.localStream.getVideoTracks();
    await ours.hangup();
    await theirs.ended;
    return [told, camera.readyState];
  });
  assert.deepEqual(seen, [
    [
      ["audio", "audio", 1],
      ["audio,video", "audio,video", 2],
      ["audio", "audio", 2],
      ["audio,video", "audio,video", 2],
    ],
    "ended",
  ]);
});

test("js_06_a_renegotiation_that_is_refused_leaves_no_camera_on_and_the_call_as_it_was", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    const cameras = [];
    const { getUserMedia } = navigator.mediaDevices;
    navigator.mediaDevices.getUserMedia = async function (...args) {
      const stream = await getUserMedia.apply(this, args);
      cameras.push(...stream.getVideoTracks());
      return stream;
    };
    window.refusals = 1;
    const refused = await ours.renegotiate({ media: { video: true } }).catch(({ code, status }) => [code, status]);
    navigator.mediaDevices.getUserMedia = getUserMedia;
    const after = [refused, window.kinds(ours.media.localStream), cameras.map(({ readyState }) => readyState)];
    await window.arrives(theirs, "audio");
    await window.arrives(ours, "audio");
    await ours.setHold(true);
    const held = [window.ways(ours).filter(Boolean), window.kinds(theirs.media.remoteStream)];
    await ours.hangup();
    await theirs.ended;
    return [after, held];
  });
  assert.deepEqual(seen, [
    [["rejected", 488], "audio", ["ended"]],
    [["sendonly"], "audio"],
  ]);
});

test("js_06_a_call_with_video_is_answered_with_what_the_callee_gives", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk({ media: { video: true } }, { media: { audio: false, video: true } });
    await window.arrives(ours, "video");
    await window.arrives(theirs, "audio");
    const found = [window.kinds(ours.media.remoteStream), window.kinds(theirs.media.remoteStream)];
    await theirs.hangup();
    await ours.ended;
    return found;
  });
  assert.deepEqual(seen, ["video", "audio,video"]);
});

// Two user agents in one page, with real media: what hold and renegotiation do to tracks and directions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { packageFolder } from "./agents.mjs";
import { endTalk, talkingPage } from "./talk.mjs";

let edge;
let started;
let page;

before(async () => {
  edge = await startSwitchboard({ args: ["--static", packageFolder] });
  started = await startBrowser();
  page = await talkingPage(started.browser, edge, { output: false });
});

after(async () => {
  await endTalk(page);
  await started?.close();
  await edge?.stop();
});

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

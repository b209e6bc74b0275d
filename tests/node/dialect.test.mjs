// What webrtc() makes of SDP that other implementations write in the middle of a call.

import assert from "node:assert/strict";
import { test } from "node:test";
import { importSource } from "./source.mjs";

const { readableAnswer, readableOffer } = await importSource("webrtc/dialect.ts");

const sdp = (...lines) => lines.map((line) => `${line}\r\n`).join("");
const head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"];
const agreed = {
  local: sdp(...head, "a=group:BUNDLE 0 1", "m=audio 9 X 111", "a=mid:0", "a=setup:actpass", "m=video 9 X 96", "a=mid:1"),
  remote: sdp(...head, "m=audio 7 X 111", "a=fingerprint:sha-256 AA", "a=setup:passive", "m=video 7 X 96"),
};

test("an offer without names gets those of the streams in its places, and their bundle", () => {
  const offer = sdp(...head, "m=audio 7 X 111", "a=sendonly", "m=video 7 X 96", "m=audio 7 X 0");
  const read = sdp(...head, "a=group:BUNDLE 0 1", "m=audio 7 X 111", "a=sendonly", "a=mid:0", "m=video 7 X 96", "a=mid:1", "m=audio 7 X 0");
  assert.equal(readableOffer(offer, agreed), read);
});

test("an offer with names, and a first one, stay as they are", () => {
  const named = sdp(...head, "m=audio 7 X 111", "a=mid:a", "m=video 7 X 96");
  assert.equal(readableOffer(named, agreed), named);
  const bare = sdp(...head, "m=audio 7 X 111");
  assert.equal(readableOffer(bare, undefined), bare);
});

test("an answer that changes the role of a living DTLS association keeps the one it has", () => {
  const answer = sdp(...head, "m=audio 7 X 111", "a=setup:active", "a=fingerprint:SHA-256 aa", "m=video 7 X 96");
  assert.match(readableAnswer(answer, agreed), /^a=setup:passive\r$/m);
  const offered = { local: agreed.local.replace("actpass", "passive"), remote: agreed.remote.replace("passive", "actpass") };
  assert.match(readableAnswer(answer.replace("active", "passive"), offered), /^a=setup:active\r$/m);
});

test("an answer with another fingerprint begins another association, and chooses its role", () => {
  const answer = sdp(...head, "m=audio 7 X 111", "a=setup:active", "a=fingerprint:sha-256 BB", "m=video 7 X 96");
  assert.equal(readableAnswer(answer, agreed), answer);
  assert.equal(readableAnswer(answer, undefined), answer);
});

// Calls between patchcord and linphone, which speaks SIP over UDP, through Kamailio, patchcord calling and called.
//
// Two tests show what linphone 5.1 does wrong, and that patchcord can still end the call: whoever has called cannot be put
// on hold.

import assert from "node:assert/strict";
import { makeBed } from "../bed.mjs";
import { startLinphone } from "./linphone.mjs";

const bed = makeBed({ alice: "patchcord" }, ({ kamailio }) => startLinphone(kamailio, "dave"));

/** How a test's name begins, and what sets up the call: patchcord's side of it. */
const pairings = [
  ["patchcord calls linphone", callLinphone],
  ["linphone calls patchcord", answerLinphone],
];

for (const [pairing, setUp] of pairings) {
  bed.test(`${pairing}: sound goes both ways, until patchcord hangs up`, async ({ other: dave }) => {
    const call = await talk(setUp);
    await call.hangup();
    await dave.says(/^Call \d+ with .* ended/m);
  });

  bed.test(`${pairing}: sound goes both ways, until linphone hangs up`, async ({ other: dave }) => {
    const call = await talk(setUp);
    dave.do("terminate");
    await call.until("ended", { by: "remote", cause: "hangup" });
  });
}

bed.test("patchcord calls linphone: patchcord holds and resumes", async ({ other: dave }) => {
  const call = await talk(callLinphone);
  await call.hold();
  await call.direction("sendonly");
  await dave.says(/has been paused by/);
  await call.resume();
  await call.direction("sendrecv");
  await sound(call);
});

bed.test("linphone calls patchcord: linphone holds and resumes", async ({ other: dave }) => {
  const call = await talk(answerLinphone);
  dave.do("pause");
  await call.direction("recvonly");
  await call.until("hold", { by: "remote", held: true });
  await dave.says(/is now paused/);
  dave.do("resume");
  await call.direction("sendrecv");
  await call.until("hold", { by: "remote", held: false });
  await sound(call);
});

bed.test("linphone gives up a call before patchcord answers", async ({ alice, other: dave }) => {
  const call = await rung(alice, dave);
  await dave.says(/ringing/);
  dave.do("terminate");
  await call.until("ended", { by: "remote", cause: "cancelled" });
});

for (const [status, told] of [
  [486, /^Call \d+ with .* error\.$/m],
  [603, /^Call \d+ with .* ended \(Call declined\)/m],
]) {
  bed.test(`patchcord refuses linphone's call by ${status}, and linphone tells its user`, async ({ alice, other: dave }) => {
    const call = await rung(alice, dave);
    await call.reject(status);
    await dave.says(told);
  });
}

bed.test("linphone's fault: its hold gives up the bundle, which Chromium cannot answer", async ({ trace, other: dave }) => {
  const call = await talk(callLinphone);
  dave.do("pause");
  await trace.seen("alice", "out", /^SIP\/2\.0 488 /);
  const [offer] = trace.of("alice", "in", /^INVITE /);
  assert.doesNotMatch(offer, /^a=(group|mid):/m);
  await call.hangup();
  await dave.says(/^Call \d+ with .* ended/m);
});

bed.test("linphone's fault: its answer to a hold turns the DTLS roles round, which Chromium refuses", async ({ trace, other: dave }) => {
  const call = await talk(answerLinphone);
  await assert.rejects(call.hold(), /Failed to set SSL role/);
  const client = /^SIP\/2\.0 200 [^]*^a=setup:active/m;
  assert.equal(trace.of("alice", "out", client).length, 1, "patchcord has become the DTLS client");
  assert.equal(trace.of("alice", "in", client).length, 1, "linphone says that it is the client");
  await call.hangup();
  await dave.says(/^Call \d+ with .* ended/m);
});

/** A call that patchcord makes; linphone answers by itself. */
function callLinphone({ alice, other: dave }) {
  return alice.call(dave.address);
}

/** A call that linphone makes and patchcord answers. */
async function answerLinphone({ alice, other: dave }) {
  const call = await rung(alice, dave);
  await call.answer();
  return call;
}

/** A call that linphone makes, at patchcord. */
function rung(alice, dave) {
  dave.do(`call ${alice.address}`);
  return alice.incoming();
}

/** A call in which both hear the other: patchcord's side of it. */
async function talk(setUp) {
  const call = await setUp(bed);
  await call.until("established");
  await sound(call);
  return call;
}

/** Resolves once both hear the other. */
function sound(call) {
  return Promise.all([call.audio(), bed.other.audio()]);
}

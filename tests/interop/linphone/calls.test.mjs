// Calls between patchcord and linphone, which speaks SIP over UDP, through Kamailio, patchcord calling and called.
//
// linphone 5.1 changes a call in its own way: it holds by an offer without the names of streams and their bundle, and answers
// a hold as if the DTLS roles were open again. Chromium could follow neither, but for pkg/src/webrtc/dialect.ts.

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
    await end(await talk(setUp), dave);
  });

  bed.test(`${pairing}: sound goes both ways, until linphone hangs up`, async ({ other: dave }) => {
    const call = await talk(setUp);
    dave.do("terminate");
    await call.until("ended", { by: "remote", cause: "hangup" });
  });
}

for (const [pairing, setUp] of pairings) {
  bed.test(`${pairing}: patchcord holds and resumes`, async ({ other: dave }) => {
    const call = await talk(setUp);
    await call.hold();
    await call.direction("sendonly");
    await dave.says(/has been paused by/);
    await call.resume();
    await call.direction("sendrecv");
    await sound(call);
    await end(call, dave);
  });

  bed.test(`${pairing}: linphone holds and resumes`, async ({ other: dave }) => {
    const call = await talk(setUp);
    dave.do("pause");
    await call.direction("recvonly");
    await call.until("hold", { by: "remote", held: true });
    await dave.says(/is now paused/);
    dave.do("resume");
    await call.direction("sendrecv");
    await call.until("hold", { by: "remote", held: false });
    await sound(call);
    await end(call, dave);
  });
}

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

/** Patchcord hangs up, and linphone hears of it. */
async function end(call, dave) {
  await call.hangup();
  await dave.says(/^Call \d+ with .* ended/m);
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

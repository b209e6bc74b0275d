// Calls between patchcord and the other libraries for browsers, through Kamailio, patchcord calling and called.

import assert from "node:assert/strict";
import { makeBed } from "./bed.mjs";
import { over, pairings, phones, ring, sound, talk } from "./pairs.mjs";
import { addressOf } from "./user.mjs";

const bed = makeBed(phones);

for (const [pairing, caller, callee] of pairings) {
  const pair = () => [bed[caller], bed[callee]];

  bed.test(`${pairing}: sound goes both ways, also after hold by each side, until the caller hangs up`, async () => {
    const [ours, theirs] = await talk(...pair());
    await sound(ours, theirs);
    for (const [holder, held] of [
      [ours, theirs],
      [theirs, ours],
    ]) {
      await holder.hold();
      await Promise.all([holder.direction("sendonly"), held.direction("recvonly")]);
      await holder.resume();
      await Promise.all([ours.direction("sendrecv"), theirs.direction("sendrecv")]);
      await sound(ours, theirs);
    }
    await ours.hangup();
    await over(ours, theirs);
  });

  bed.test(`${pairing}: tones go both ways by INFO, until the called hangs up`, async () => {
    const [ours, theirs] = await talk(...pair());
    for (const [sender, receiver] of [
      [ours, theirs],
      [theirs, ours],
    ]) {
      await sender.dtmf("5");
      await receiver.until("dtmf", { tone: "5" });
    }
    await theirs.hangup();
    await over(ours, theirs);
  });

  bed.test(`${pairing}: a call that is given up stops ringing`, async () => {
    const [ours, theirs] = await ring(...pair());
    await ours.hangup();
    await over(ours, theirs);
    await bed.trace.seen(callee, "in", /^CANCEL /);
    await bed.trace.seen(caller, "in", /^SIP\/2\.0 487 [^]*CSeq: \d+ INVITE/);
    await bed.trace.seen(caller, "out", /^ACK /);
    assert.equal(bed.trace.of(caller, "out", /^BYE /).length, 0, "what is not answered is not ended by BYE");
  });

  for (const status of [486, 603]) {
    bed.test(`${pairing}: a refusal by ${status} is told as that`, async () => {
      const [ours, theirs] = await ring(...pair());
      await theirs.reject(status);
      await ours.until("ended", { status });
      await theirs.until("ended");
    });
  }
}

bed.test("a proxy challenges patchcord once (407), and then never again", async ({ alice, bob, carol, trace }) => {
  for (const callee of [bob, carol]) {
    const [ours, theirs] = await talk(alice, callee, addressOf(`auth-${callee.name}`));
    await ours.hangup();
    await over(ours, theirs);
  }
  const answers = trace.of("alice", "out", /^INVITE /).map((invite) => /^Proxy-Authorization: Digest /m.test(invite));
  assert.deepEqual(answers, [false, true, true]);
  assert.equal(trace.of("alice", "in", /^SIP\/2\.0 407 /).length, 1);
});

for (const name of ["bob", "carol"]) {
  bed.test(`a call that a proxy has challenged (407) comes in at patchcord: ${phones[name]}'s`, async ({ alice, [name]: caller, trace }) => {
    const [ours, theirs] = await talk(caller, alice, addressOf("auth-alice"));
    await sound(ours, theirs);
    await theirs.hangup();
    await over(ours, theirs);
    assert.equal(trace.of(name, "in", /^SIP\/2\.0 407 /).length, 1);
    assert.equal(trace.of("alice", "in", /^INVITE /).length, 1);
  });
}

// Kamailio closes patchcord's WebSocket in the middle of two calls: patchcord comes back by itself, and both stand.

import assert from "node:assert/strict";
import { makeBed } from "./bed.mjs";
import { over, pairings, phones, sound, talk } from "./pairs.mjs";

const bed = makeBed(phones);

for (const [pairing, caller, callee] of pairings) {
  bed.test(`${pairing}: calls outlive patchcord's socket, and either side ends them`, async ({ alice, kamailio }) => {
    const calls = [await talk(bed[caller], bed[callee]), await talk(bed[caller], bed[callee])];
    await sound(...calls.flat());
    await cut(alice, kamailio);
    await sound(...calls.flat());
    for (const [call, isEnder] of [
      [calls[0], ({ user }) => user === alice],
      [calls[1], ({ user }) => user !== alice],
    ]) {
      await call.find(isEnder).hangup();
      await over(...call);
    }
  });
}

/** Has Kamailio close the WebSocket that alice is registered on; resolves once she is registered on another. */
async function cut(alice, kamailio) {
  const socket = await bound(alice, kamailio);
  await alice.expecting("registered", {}, () => kamailio.rpc("ws.close", [socket]));
  assert.notEqual(await bound(alice, kamailio), socket, "alice is registered on another socket");
}

/** The number of the socket that alice is registered on. */
async function bound(alice, kamailio) {
  const { Contacts } = await kamailio.rpc("ul.lookup", ["location", alice.name]);
  assert.equal(Contacts.length, 1, "alice is registered once");
  return Contacts[0].Contact["Tcpconn-Id"];
}

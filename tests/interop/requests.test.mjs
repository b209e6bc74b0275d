// Requests outside calls between patchcord and the other libraries, through Kamailio, sent and received by patchcord.

import assert from "node:assert/strict";
import { makeBed } from "./bed.mjs";
import { directions, phones } from "./pairs.mjs";

const bed = makeBed(phones);

for (const [from, to, sender, receiver] of directions) {
  bed.test(`${from} sends ${to} a message`, async () => {
    const text = `Grüße von ${sender}`;
    assert.equal(await bed[sender].do("message", bed[receiver].address, text), 200);
    await bed[receiver].until("message", { text });
  });

  bed.test(`${from} asks ${to} what it can do`, async () => {
    const { status, allow } = await bed[sender].do("options", bed[receiver].address);
    assert.equal(status, 200);
    assert.deepEqual(["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"].filter((method) => !allow.includes(method)), []);
  });
}

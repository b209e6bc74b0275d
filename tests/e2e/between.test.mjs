// Calls from the browser under test to the other one, with real sound and the package's own defaults for media.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browserUnderTest, browsers, startBrowser } from "../lib/browser.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { openAgentPage, packageFolder } from "./agents.mjs";

const otherBrowser = browsers.find((name) => name !== browserUnderTest);
const both = `${browserUnderTest} calls ${otherBrowser}`;
let edge;
let started = [];
let caller;
let callee;

before(async () => {
  edge = await startSwitchboard({ args: ["--static", packageFolder] });
  caller = await openPhone(browserUnderTest, "alice");
  callee = await openPhone(otherBrowser, "bob");
});

after(async () => {
  for (const phone of [caller, callee]) await phone?.evaluate(() => window.ua.close());
  for (const { close } of started) await close();
  await edge?.stop();
});

test(`${both}: sound arrives on both sides until the caller hangs up`, async () => {
  await talk();
  await soundArrives(caller, callee);
  assert.deepEqual(await hangUp(caller, callee), ["local", "remote"]);
});

test(`${both}: the callee hangs up`, async () => {
  await talk();
  assert.deepEqual(await hangUp(callee, caller), ["local", "remote"]);
});

test(`${both}: the caller holds and resumes`, () => holdAndResume(caller, callee));

test(`${both}: the callee holds and resumes`, () => holdAndResume(callee, caller));

/** One of them holds the other, and takes it back. */
async function holdAndResume(holder, held) {
  await talk();
  await soundArrives(holder, held);
  await setHold(holder, held, true);
  assert.deepEqual([await ways(holder), await ways(held)], [["sendonly"], ["recvonly"]]);
  await setHold(holder, held, false);
  assert.deepEqual([await ways(holder), await ways(held)], [["sendrecv"], ["sendrecv"]]);
  await soundArrives(holder, held);
  await hangUp(holder, held);
}

/** A registered user agent in a browser of its own; `call` in the page is its last call. */
async function openPhone(name, user) {
  const browser = await startBrowser(name);
  started.push(browser);
  const page = await openAgentPage(browser.browser, edge);
  await page.evaluate(async (user) => {
    window.ua = await window.make(user);
    window.ua.on("call", ({ call }) => {
      window.call = call;
      void call.accept();
    });
  }, user);
  return page;
}

/** Resolves when there is a new call for both. */
async function talk() {
  await callee.evaluate(() => {
    window.coming = new Promise((resolve) => window.ua.on("call", ({ call }) => resolve(call.established), { once: true }));
  });
  await caller.evaluate(async () => {
    window.call = window.ua.call("bob");
    await window.call.established;
  });
  await callee.evaluate(async () => void (await window.coming));
}

// Octets also come from a microphone that is silent, and with them a thousandth of this energy within the limit.
async function soundArrives(...phones) {
  const heard = () => window.arrives(window.call, "audio", "totalAudioEnergy", 1e-5);
  await Promise.all(phones.map((phone) => phone.evaluate(heard)));
}

/** Resolves when both sides know. */
async function setHold(holder, held, hold) {
  const known = held.evaluate(async (hold) => {
    while (window.call.hold.remote !== hold) {
      await new Promise((resolve) => window.call.on("change", resolve, { once: true }));
    }
  }, hold);
  await holder.evaluate((hold) => window.call.setHold(hold), hold);
  await known;
}

function ways(phone) {
  return phone.evaluate(() => window.ways(window.call));
}

/** Ends the call; gives by whom it has ended in the eyes of each. */
async function hangUp(phone, other) {
  await phone.evaluate(() => window.call.hangup());
  const by = (one) => one.evaluate(async () => (await window.call.ended).by);
  return [await by(phone), await by(other)];
}

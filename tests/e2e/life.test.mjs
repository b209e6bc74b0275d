// What becomes of a call when its page is reloaded, closed, hidden, put to sleep and woken.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { browserUnderTest, startBrowser } from "../lib/browser.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { giveAgents, openAgentPage, packageFolder } from "./agents.mjs";

// Firefox closes a page's sockets before it says pagehide, if the page is reloaded: the peer notices when no media comes.
const mute = browserUnderTest === "firefox" && "Firefox lets a page that is left say nothing any more";
const unfrozen = browserUnderTest === "firefox" && "only Chromium puts a page to sleep when asked to";

let edge;
let started;
let alice;
let bob;

before(async () => {
  edge = await startSwitchboard({ args: ["--static", packageFolder] });
  started = await startBrowser();
});

after(async () => {
  await started?.close();
  await edge?.stop();
});

beforeEach(async () => {
  alice = await open("alice");
  bob = await open("bob");
});

afterEach(async () => {
  await alice.close();
  await bob.close();
});

/** A page with one user agent, in a browser context of its own; bob's accepts every call. */
async function open(name, options = {}) {
  const context = await started.browser.createBrowserContext();
  const page = await openAgentPage(context, edge);
  await page.evaluate(signIn, name, options);
  return { page, close: () => context.close() };
}

// Runs in the page.
async function signIn(name, options) {
  window.ua = await window.make(name, window.webrtc({ output: false }), options);
  window.ua.on("call", ({ call }) => {
    window.call = call;
    if (name === "bob") call.accept();
  });
}

async function talk() {
  await alice.page.evaluate(async () => {
    window.call = window.ua.call("bob");
    await window.call.established;
    await window.arrives(window.call, "audio");
  });
}

const ended = ({ page }) => page.evaluate(async () => (({ by, cause }) => [by, cause])(await window.call.ended));

test("a page that is reloaded hangs up first, and signs in again with the same instance", { skip: mute }, async () => {
  await talk();
  await alice.page.reload();
  assert.deepEqual(await ended(bob), ["remote", "hangup"]);
  await giveAgents(alice.page, edge);
  await alice.page.evaluate(signIn, "alice", {});
  await talk();
  const contacts = await alice.page.evaluate(() => window.ua.registration.contacts.length);
  assert.equal(contacts, 1, "the binding of the page before is replaced, not joined");
});

test("a page that is closed hangs up first", { skip: mute }, async () => {
  await talk();
  await alice.page.goto("about:blank");
  assert.deepEqual(await ended(bob), ["remote", "hangup"]);
});

test("a page that is left without hanging up lets the peer's call stand", async () => {
  const carol = await open("carol", { pagehide: "leave" });
  await carol.page.evaluate(async () => {
    window.call = window.ua.call("bob");
    await window.call.established;
  });
  await carol.page.goto("about:blank");
  const state = await bob.page.evaluate(async () => {
    await window.ua.request("OPTIONS", "alice");
    return window.call.state;
  });
  await carol.close();
  assert.equal(state, "established");
});

test("a hidden page goes on talking, and hears of a hang-up", async () => {
  await talk();
  const front = await alice.page.browserContext().newPage();
  await front.bringToFront();
  await alice.page.waitForFunction(() => document.visibilityState === "hidden", { polling: 50 });
  await alice.page.evaluate(() => window.arrives(window.call, "audio"));
  await bob.page.evaluate(() => void window.call.hangup());
  assert.deepEqual(await ended(alice), ["remote", "hangup"]);
  await front.close();
});

test("a page that was put to sleep under a call wakes to it, whatever was said meanwhile", { skip: unfrozen }, async () => {
  await talk();
  const devtools = await alice.page.createCDPSession();
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  await bob.page.evaluate(async () => {
    const sent = new Promise((resolve) => window.ua.on("trace", ({ message }) => message.startsWith("INVITE") && resolve()));
    window.held = window.call.setHold(true).catch(({ code }) => code);
    await sent;
  });
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  // Chromium may have closed the socket of a page that is frozen: then the change was refused with 430, and no more.
  await bob.page.evaluate(() => window.held);
  await alice.page.waitForFunction(() => window.ua.registration.state === "registered", { polling: 50 });
  await bob.page.evaluate(() => window.call.setHold(true));
  await bob.page.evaluate(() => window.call.setHold(false));
  await alice.page.evaluate(() => window.arrives(window.call, "audio"));
  await alice.page.evaluate(() => window.call.hangup());
  assert.deepEqual(await ended(bob), ["remote", "hangup"]);
});

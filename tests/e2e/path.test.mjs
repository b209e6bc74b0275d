// The path of a call's media breaks: the network changes under the call, or ICE gives up. It is renewed by re-INVITE, and
// only when that has failed too does the call end.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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
  await page.evaluate(setUp);
});

after(async () => {
  await endTalk(page);
  await started?.close();
  await edge?.stop();
});

// Runs in the page.
function setUp() {
  /** Lets a connection say that it is in this state, until `undefined` lets it say its own again. */
  window.pretend = ({ media: { peerConnection } }, state) => {
    for (const name of ["iceConnectionState", "connectionState"]) {
      if (state) Object.defineProperty(peerConnection, name, { value: state, configurable: true });
      else delete peerConnection[name];
    }
    peerConnection.dispatchEvent(new Event("connectionstatechange"));
  };
  window.credentials = ({ media }) => /^a=ice-ufrag:(.*)$/m.exec(media.peerConnection.localDescription.sdp)[1];
  /** Resolves with the next message of alice's that starts so. */
  window.says = (start) =>
    new Promise((resolve) => {
      const off = window.alice.on("trace", ({ direction, message }) => {
        if (direction !== "out" || !message.startsWith(start)) return;
        off();
        resolve(message);
      });
    });
}

/** Whether this is a network that is ours to change; see xtask/src/namespace.rs. */
function hasOwnNetwork() {
  try {
    return execFileSync("ip", ["-brief", "address", "show", "cord0"], { stdio: ["ignore", "pipe", "ignore"] }).length > 0;
  } catch {
    return false;
  }
}

/** Another network: its address comes, the old one goes. */
function moveTo(address, before) {
  const ip = (...args) => execFileSync("ip", args);
  ip("address", "add", address, "dev", "cord0");
  ip("address", "del", before, "dev", "cord0");
  ip("route", "replace", "default", "dev", "cord0");
}

test("a path that ICE gave up is renewed by re-INVITE, and the call goes on", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    const before = window.credentials(ours);
    const again = window.says("INVITE");
    window.pretend(ours, "failed");
    await again;
    while (window.credentials(theirs) === before || ours.media.peerConnection.signalingState !== "stable")
      await new Promise(requestAnimationFrame);
    window.pretend(ours, undefined);
    await window.arrives(ours, "audio");
    await window.arrives(theirs, "audio");
    const told = [window.credentials(ours) !== before, ours.state];
    await ours.hangup();
    return told;
  });
  assert.deepEqual(seen, [true, "established"]);
});

test("a call whose path is lost and whose peer refuses a new one ends for want of media", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    window.refusals = 1;
    window.pretend(ours, "failed");
    return [(await ours.ended).cause, (await theirs.ended).cause];
  });
  assert.deepEqual(seen, ["media", "hangup"]);
});

test("a path that only stutters is left alone, and a change of the network explains silence at once", async () => {
  const seen = await page.evaluate(async () => {
    const { ours } = await window.talk();
    const before = window.credentials(ours);
    window.pretend(ours, "disconnected");
    window.pretend(ours, undefined);
    await ours.renegotiate();
    const told = [window.credentials(ours) === before];
    const again = window.says("INVITE");
    window.dispatchEvent(new Event("online"));
    const began = performance.now();
    window.pretend(ours, "disconnected");
    await again;
    told.push(performance.now() - began < 3000);
    window.pretend(ours, undefined);
    await ours.hangup();
    return told;
  });
  assert.deepEqual(seen, [true, true]);
});

test("a path that is lost together with the connection is renewed right after re-registration", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    const before = window.credentials(ours);
    const requests = [];
    const off = window.alice.on("trace", ({ direction, message }) => {
      if (direction === "out" && !message.startsWith("SIP/2.0")) requests.push(message.split(" ")[0]);
    });
    const down = window.next(window.alice, "statechange");
    window.cutAlice();
    await down;
    window.pretend(ours, "failed");
    window.pretend(ours, undefined);
    const again = window.says("INVITE");
    window.alice.reconnect();
    await again;
    while (window.credentials(ours) === before) await new Promise(requestAnimationFrame);
    off();
    await window.arrives(ours, "audio");
    const told = [[...new Set(requests)], ours.state, theirs.state];
    await ours.hangup();
    return told;
  });
  assert.deepEqual(seen, [["REGISTER", "INVITE"], "established", "established"]);
});

// The last one: browsers take a while to see that the old network is back.
test("when the network changes under a call its audio comes back", { skip: !hasOwnNetwork() && "needs a network namespace" }, async () => {
  await page.evaluate(async () => {
    window.current = await window.talk();
    await window.arrives(window.current.ours, "audio");
    window.before = window.credentials(window.current.ours);
    window.again = window.says("INVITE");
  });
  moveTo("10.11.13.77/24", "10.11.12.1/24");
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = window.current;
    const { peerConnection } = ours.media;
    const invite = await window.again;
    while (peerConnection.connectionState !== "connected") await window.next(peerConnection, "connectionstatechange");
    await window.arrives(ours, "audio");
    await window.arrives(theirs, "audio");
    const told = [window.credentials(ours) !== window.before, ours.state, invite];
    await ours.hangup();
    return told;
  });
  assert.deepEqual(seen.slice(0, 2), [true, "established"]);
  assert.match(seen[2], /^a=candidate:.* 10\.11\.13\.77 .* typ host/m);
});

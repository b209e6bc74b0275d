// What goes wrong in an agent's day, and what the demo page says of it: microphone, sound, codecs, connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { atDesk, call, letGo, notInFirefox, reload, signIn, talk, until } from "./desk.mjs";

const { withPage, outsider } = atDesk();

for (const [error, words] of [
  ["NotAllowedError", /does not let this page use the microphone\. Allow it/],
  ["NotFoundError", /No microphone was found\. Plug one in/],
  ["NotReadableError", /in use by another program/],
]) {
  test(`a call that gets no microphone (${error}) says why and what to do, placed or answered`, () =>
    withPage(async ({ page, left: alice, right: bob }) => {
      await alice.register();
      await bob.register();
      await page.evaluate(refuseMicrophone, error);
      await call(alice, "bob", "none");
      await alice.is({ outcome: "media" });
      await alice.says("outcome", words);
      await withPage(async ({ left: carol }) => {
        await signIn(carol, "carol");
        await call(carol, "bob");
        await bob.click("answer");
        await bob.is({ call: "none", outcome: "media" });
        await bob.says("outcome", words);
        await carol.is({ call: "none" });
      });
    }));
}

test("while the browser asks for the microphone the call says so, and goes on once it is allowed", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    await alice.register();
    await bob.register();
    await page.evaluate(askForMicrophone);
    await call(alice, "bob", "calling");
    await alice.says("call-warning", /Waiting for your permission to use the microphone/);
    await page.evaluate(() => window.allow());
    await bob.click("answer");
    await alice.is({ call: "established" });
    assert.equal(await alice.text("call-warning"), "");
  }));

test("a call that waits for the microphone can be cancelled", () =>
  withPage(async ({ page, left: alice }) => {
    await alice.register();
    await page.evaluate(askForMicrophone);
    await call(alice, "bob", "calling");
    await alice.says("call-warning", /Waiting for your permission/);
    await alice.click("hangup");
    await alice.is({ call: "none", outcome: "cancelled" });
  }));

test("a peer without a common codec ends the call in words", () =>
  withPage(async ({ right: bob }) => {
    await bob.register();
    const carol = await outsider("carol"); // whose description has no encryption
    const placed = carol.call("bob");
    await bob.click("answer");
    await bob.is({ call: "none", outcome: "incompatible" });
    await bob.says("outcome", /no kind of sound in common/);
    assert.equal((await placed.ended).status, 488);
  }));

test("a call in which no sound arrives says so after a few seconds, and not while it is on hold", () =>
  withPage(async (desk) => {
    const { page, left: alice } = desk;
    await talk(desk);
    await alice.audio(2);
    assert.equal(await alice.text("call-warning"), "");
    await page.evaluate(() => {
      RTCPeerConnection.prototype.getStats = async () => new Map();
    });
    await alice.says("call-warning", /No sound arrives/);
    await alice.click("hold");
    await alice.says("call-warning", /^$/);
  }));

test("a browser that wants a click before it plays gets one", () =>
  withPage(async (desk) => {
    const { page, left: alice } = desk;
    await page.evaluate(() => {
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        return navigator.userActivation && window.clicked
          ? play.call(this)
          : Promise.reject(new DOMException("no gesture", "NotAllowedError"));
      };
    });
    await talk(desk);
    await alice.says("call-warning", /plays no sound before you ask/);
    await page.evaluate(() => (window.clicked = true));
    await alice.click("play");
    await alice.says("call-warning", /^$/);
    assert.equal(await page.$eval(alice.part("play"), ({ hidden }) => hidden), true);
  }));

test("a lost connection counts down to the next try, and Try now does not wait for it", () =>
  withPage(
    async ({ page, left: alice }) => {
      await alice.register();
      await page.evaluate(() => window.cut());
      await alice.is({ connection: "waiting" });
      await alice.says("problem", /^No connection to ws:/);
      await until(page, secondsLeft, alice.part("countdown"), 2, 10);
      assert.equal(await page.title(), "No connection – patchcord");
      // After three failures the waits are long enough to see that it is the button that helps.
      const seconds = await until(page, secondsLeft, alice.part("countdown"), 12, 120);
      await until(page, secondsLeft, alice.part("countdown"), 1, seconds - 1);
      await page.evaluate(() => window.mend());
      await alice.click("retry");
      await alice.is({ connection: "connected", registration: "registered" });
      assert.equal((await alice.text("problem")) + (await alice.text("countdown")), "");
      assert.equal(await page.title(), "patchcord");
      await letGo(page);
    },
    { prepare: breakSockets },
  ));

test("a server that was never there is tried again and again, and can be left", async () => {
  const gone = await startSwitchboard();
  await gone.stop();
  await withPage(
    async ({ left }) => {
      await left.fill("aor", "sip:zoe@example.test");
      await left.fill("password", "zoe-secret");
      await left.click("connect");
      await left.says("countdown", /^(Next try in \d+ s\.|Trying now…)$/);
      await left.click("disconnect");
      await left.is({ connection: "offline" });
      assert.equal(await left.text("countdown"), "");
    },
    { query: `?server=${encodeURIComponent(gone.ws)}` },
  );
});

test("a registration that is put off counts down, and Try now does not wait for it", () =>
  withPage(
    async ({ page, left: alice }) => {
      await alice.click("connect");
      await alice.is({ connection: "connected", registration: "waiting" });
      await alice.says("problem", /has not registered you \(503 Away\)/);
      await until(page, secondsLeft, alice.part("countdown"), 20, 600);
      await page.evaluate(() => (window.verdict = "200 OK"));
      await alice.click("retry");
      await alice.is({ registration: "registered" });
      assert.equal((await alice.text("problem")) + (await alice.text("countdown")), "");
    },
    { prepare: playRegistrar },
  ));

test("a page that is loaded anew in a call hangs up, signs in again, and can be called again", { skip: notInFirefox("Firefox lets a page that is left say nothing any more") }, () =>
  withPage(async ({ page, left: alice }) => {
    await alice.register();
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(carol, "alice");
      await alice.click("answer");
      await carol.is({ call: "established" });
      await reload(page);
      await carol.is({ call: "none", outcome: "hangup" });
      await alice.is({ registration: "registered", call: "none" });
      await call(carol, "alice");
      await alice.says("peer", /^carol$/);
    });
  }));

test("a call that comes while people look elsewhere is notified, if they want that, and only as long as it rings", () =>
  withPage(
    async ({ page, left: alice, right: bob }) => {
      await alice.register();
      await bob.register();
      await call(alice, "bob");
      assert.deepEqual(await page.evaluate(() => window.notified), []);
      await alice.click("hangup");
      await page.click('[data-testid="open-settings"]');
      await page.click('[data-testid="setting-notify"]');
      await until(page, () => document.querySelector('[data-testid="setting-notify"]').checked && window.asked);
      await page.click('[data-testid="close-settings"]');
      await call(alice, "bob");
      await until(page, () => window.notified.join() === "alice is calling");
      await bob.click("answer");
      await until(page, () => window.notified.join() === "");
    },
    { prepare: catchNotifications },
  ));

// The functions below run in the page.

function refuseMicrophone(name) {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused by the test", name));
}

function askForMicrophone() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const allowed = new Promise((resolve) => (window.allow = resolve));
  navigator.mediaDevices.getUserMedia = (constraints) => allowed.then(() => real(constraints));
  navigator.permissions.query = async () => ({ state: "prompt" });
}

// cut() ends every socket and lets no new one work, until mend().
function breakSockets() {
  const Real = WebSocket;
  const open = new Set();
  let broken = false;
  window.WebSocket = class extends Real {
    constructor(url, protocol) {
      super(broken ? "ws://127.0.0.1:9/" : url, protocol);
      open.add(this);
    }
  };
  window.cut = () => {
    broken = true;
    for (const socket of open) socket.close();
  };
  window.mend = () => (broken = false);
}

// The seconds that a countdown tells, once they are between two bounds.
function secondsLeft(selector, least, most) {
  const seconds = Number(/in (?:(\d+) min )?(\d+) s/.exec(document.querySelector(selector).textContent)?.[2] ?? 0);
  const minutes = Number(/in (\d+) min/.exec(document.querySelector(selector).textContent)?.[1] ?? 0);
  const left = minutes * 60 + seconds;
  return left >= least && left <= most && left;
}

// A server in the page itself that answers every REGISTER with `verdict`.
function playRegistrar() {
  window.verdict = "503 Away\r\nRetry-After: 40";
  const field = (text, name) => new RegExp(`^${name}: *(.*)\r$`, "im").exec(text)[1];
  window.WebSocket = class {
    protocol = "sip";
    readyState = 0;
    bufferedAmount = 0;
    constructor() {
      setTimeout(() => {
        this.readyState = 1;
        this.onopen?.({});
      });
    }
    send(data) {
      const text = typeof data === "string" ? data : new TextDecoder().decode(data);
      if (!text.startsWith("REGISTER ")) return;
      const same = ["Via", "From", "Call-ID", "CSeq", "Contact"]
        .map((name) => `${name}: ${field(text, name)}\r\n`)
        .join("");
      const answer = `SIP/2.0 ${window.verdict}\r\n${same}To: ${field(text, "To")};tag=1\r\nContent-Length: 0\r\n\r\n`;
      setTimeout(() => this.onmessage?.({ data: answer }));
    }
    close(code = 1000) {
      setTimeout(() => this.onclose?.({ code }));
    }
  };
}

// Notifications are allowed when asked for, and nobody looks at the page.
function catchNotifications() {
  window.notified = [];
  document.hasFocus = () => false;
  window.Notification = class {
    static permission = "default";
    static async requestPermission() {
      window.asked = true;
      return (this.permission = "granted");
    }
    constructor(title) {
      this.title = title;
      window.notified.push(title);
    }
    close() {
      window.notified = window.notified.filter((title) => title !== this.title);
    }
  };
}

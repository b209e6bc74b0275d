// What can be set on the demo page, what the browser keeps of it, and above all what not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { atDesk, call, kept, notInFirefox, reload, talk, until } from "./desk.mjs";

const { withPage } = atDesk();
const password = "zoe-secret";

test("settings and recent calls outlive a reload, and a phone signs in again by itself", () =>
  withPage(async ({ page, left: alice }) => {
    await page.click('[data-testid="panes"]');
    await page.click('[data-testid="wire-toggle"]');
    await page.click('[data-testid="open-settings"]');
    await page.select('[data-testid="setting-theme"]', "dark");
    await page.click('[data-testid="setting-ring"]');
    await alice.register();
    await call(alice, "dave", "none");
    await alice.says("recent-list", /dave/);
    await reload(page);
    await alice.is({ registration: "registered" });
    await alice.says("recent-list", /dave/);
    const now = await page.evaluate(() => ({
      theme: getComputedStyle(document.documentElement).colorScheme,
      wire: document.querySelector('[data-testid="wire-body"]').hidden,
      right: document.querySelector('[data-testid="phone-right"]').hidden,
      ring: document.querySelector('[data-testid="setting-ring"]').checked,
    }));
    assert.deepEqual(now, { theme: "dark", wire: true, right: true, ring: false });
    assert.ok(!(await kept(page)).includes("secret"));
  }));

test("a password is kept only where somebody asks for it, after a warning, and goes as soon as nobody does", () =>
  withOwnServer(async ({ page, left }, edge) => {
    await fillIn(left);
    await left.register();
    assert.ok((await kept(page)).includes("zoe@example.test"));
    assert.ok(!(await kept(page)).includes(password));
    await reload(page);
    await left.says("problem", /Enter your password/);
    assert.deepEqual([await left.value("aor"), await left.value("password")], ["sip:zoe@example.test", ""]);

    await left.click("keep-password");
    await left.says("keep-warning", /can read it/);
    assert.equal(await page.$eval(left.part("keep-warning"), ({ hidden }) => hidden), false);
    await left.fill("password", password);
    await left.register();
    assert.ok((await kept(page)).includes(password));
    await reload(page);
    await left.is({ registration: "registered" });

    await left.click("disconnect");
    await left.click("keep-password");
    assert.ok(!(await kept(page)).includes(password));
    assert.equal(edge.output().includes("panic"), false);
  }));

test("an identity and its password are offered at no other server", () =>
  withOwnServer(async ({ page, left }) => {
    await fillIn(left);
    await left.click("keep-password");
    await left.register();
    const other = await startSwitchboard({ args: ["--domain", "example.test"] });
    try {
      await page.goto(`${new URL(page.url()).origin}/?server=${encodeURIComponent(other.ws)}`);
      await page.waitForSelector(left.root);
      assert.deepEqual([await left.value("aor"), await left.value("password")], ["", ""]);
      await left.is({ connection: "offline" });
      assert.equal(other.output().includes("zoe"), false);
    } finally {
      await other.stop();
    }
  }));

test("what is forgotten is gone: from the browser, from the form, and from the server", () =>
  withOwnServer(async ({ page, left }) => {
    await fillIn(left);
    await left.click("keep-password");
    await left.register();
    await call(left, "nobody", "none");
    await left.says("recent-list", /nobody/);
    await page.click('[data-testid="open-settings"]');
    await page.click('[data-testid="forget"]');
    await left.is({ connection: "offline" });
    await until(
      page,
      () => localStorage.length === 0 && Object.keys(sessionStorage).every((key) => !key.includes("signed-in")),
    );
    await until(page, (selector) => document.querySelector(selector).value === "", left.part("aor"));
    assert.deepEqual([await left.value("password"), await left.text("recent-list")], ["", ""]);
  }));

test("nothing is kept where nothing is to be kept", () =>
  withPage(async ({ page, left: alice }) => {
    await page.click('[data-testid="open-settings"]');
    await page.click('[data-testid="setting-keep"]');
    await page.select('[data-testid="setting-theme"]', "dark");
    await alice.register();
    assert.equal(await kept(page), null);
  }));

test("storage that is forbidden is told where things are set, and the phone works", () =>
  withPage(
    async ({ page, left: alice, right: bob }) => {
      await page.click('[data-testid="open-settings"]');
      await page.select('[data-testid="setting-theme"]', "dark");
      await until(page, () =>
        /keeps nothing/.test(document.querySelector('[data-testid="settings-problem"]').textContent),
      );
      await page.click('[data-testid="close-settings"]');
      await talk({ left: alice, right: bob });
    },
    { prepare: forbidStorage },
  ));

for (const rubbish of [
  "{",
  "7",
  '{"theme":[],"panes":9,"identities":{"left":3},"recent":{"left":[{"uri":1},null,{"uri":"sip:x@y","at":1e99}]},"ice":{}}',
]) {
  test(`storage that holds rubbish (${rubbish.slice(0, 12)}) harms nobody`, () =>
    withPage(async ({ page, left: alice }) => {
      await page.evaluate((text) => localStorage.setItem("patchcord.phone", text), rubbish);
      await reload(page);
      await alice.register();
      assert.equal(await alice.text("recent-list"), "");
      assert.equal(JSON.parse(await kept(page)).theme, "system");
    }));
}

test("one phone or two: a server of one's own begins with one, and a phone that is not shown is not signed in", () =>
  withOwnServer(async ({ page, left, right }) => {
    const hidden = () => page.$eval(right.root, (phone) => phone.hidden);
    assert.equal(await hidden(), true);
    await page.click('[data-testid="panes"]');
    assert.equal(await hidden(), false);
    await fillIn(right);
    await right.register();
    await fillIn(left, "yan");
    await left.register();
    await call(left, "zoe");
    await page.click('[data-testid="panes"]');
    await until(page, () =>
      /Hang up there first/.test(document.querySelector('[data-testid="page-note"]').textContent),
    );
    assert.equal(await hidden(), false);
    await left.click("hangup");
    await right.is({ call: "none" });
    await page.click('[data-testid="panes"]');
    await right.is({ connection: "offline" });
    assert.equal(await hidden(), true);
  }));

test("another server is set in the page, goes before the one in its address, and holds from the next sign-in", () =>
  withOwnServer(async ({ page, left }) => {
    await fillIn(left);
    await left.register();
    await page.click('[data-testid="open-settings"]');
    await page.type('[data-testid="setting-server"]', "wss://other.example.test/sip");
    await page.keyboard.press("Tab");
    assert.equal(
      await page.$eval('[data-testid="server"]', ({ textContent }) => textContent),
      "wss://other.example.test/sip",
    );
    await left.is({ registration: "registered" });
    await page.click('[data-testid="close-settings"]');
    await left.click("disconnect");
    await left.is({ connection: "offline" });
    assert.equal(await left.value("aor"), "");
    assert.ok(!page.url().includes("server="));
  }));

test("STUN and TURN servers are used by the next call; wrong lines are told; TURN passwords are not kept", () =>
  withPage(
    async ({ page, left: alice }) => {
      await page.click('[data-testid="open-settings"]');
      await page.type(
        '[data-testid="setting-ice"]',
        "stun:stun.example.test\nturn:turn.example.test zoe top-secret\nhttp://nonsense",
      );
      await page.keyboard.press("Tab");
      await until(page, () =>
        /nonsense.*no address/.test(document.querySelector('[data-testid="settings-problem"]').textContent),
      );
      await page.click('[data-testid="close-settings"]');
      await alice.register();
      await call(alice, "dave", "none");
      assert.deepEqual(await page.evaluate(() => window.configured), [
        { urls: "stun:stun.example.test" },
        { urls: "turn:turn.example.test", username: "zoe", credential: "top-secret" },
      ]);
      assert.ok((await kept(page)).includes("turn:turn.example.test zoe"));
      assert.ok(!(await kept(page)).includes("top-secret"));
    },
    { prepare: noteConfiguration },
  ));

test("the microphone that is set is the one a call asks for", { skip: notInFirefox("Firefox makes up one microphone, which has a name") }, () =>
  withPage(async ({ page, left: alice }) => {
    const chosen = await until(
      page,
      () => document.querySelector('[data-testid="setting-microphone"] option:last-child').value,
    );
    await page.click('[data-testid="open-settings"]');
    await page.select('[data-testid="setting-microphone"]', chosen);
    await page.click('[data-testid="close-settings"]');
    await page.evaluate(() => {
      const { getUserMedia } = navigator.mediaDevices;
      navigator.mediaDevices.getUserMedia = function (constraints) {
        window.asked = constraints.audio.deviceId;
        return getUserMedia.call(this, constraints);
      };
    });
    await alice.register();
    await call(alice, "dave", "none");
    assert.equal(await page.evaluate(() => window.asked), chosen);
  }));

/** The page at a server of its own, where zoe and yan can sign in. */
async function withOwnServer(act) {
  const edge = await startSwitchboard({
    args: ["--domain", "example.test", "--user", `zoe:${password}`, "--user", "yan:yan-secret"],
  });
  try {
    await withPage((desk) => act(desk, edge), { query: `?server=${encodeURIComponent(edge.ws)}` });
  } finally {
    await edge.stop();
  }
}

async function fillIn(phone, name = "zoe") {
  await phone.fill("aor", `${name}@example.test`);
  await phone.fill("password", `${name}-secret`);
}

// The functions below run in the page.

function forbidStorage() {
  for (const kind of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, kind, {
      get() {
        throw new DOMException("forbidden by the test", "SecurityError");
      },
    });
  }
}

function noteConfiguration() {
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super();
      window.configured = configuration.iceServers;
    }
  };
}

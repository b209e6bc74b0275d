// The demo page in the browser under test, beyond the call that demo.mjs makes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browserUnderTest, startBrowser } from "../lib/browser.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { ladderEntries, openPage, pageFolder } from "./phone.mjs";

let edge;
let started;

before(async () => {
  edge = await startSwitchboard({ args: ["--static", pageFolder] });
  started = await startBrowser();
});

after(async () => {
  await started?.close();
  await edge?.stop();
});

test("a refused call is told to the caller and leaves both phones ready", () =>
  withPage(async ({ left: alice, right: bob }) => {
    await ring(alice, bob);
    await bob.click("refuse");
    await alice.is({ call: "none", outcome: "rejected" });
    await bob.is({ call: "none", outcome: "rejected" });
    await alice.says("outcome", /^bob refused the call/);
    await bob.says("outcome", /^You refused the call/);
    await alice.click("call");
    await bob.says("peer", /^alice$/);
  }));

test("a cancelled call stops ringing", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    await ring(alice, bob);
    await alice.click("hangup");
    await alice.is({ call: "none", outcome: "cancelled" });
    await bob.is({ call: "none", outcome: "cancelled" });
    await bob.says("outcome", /^alice cancelled the call/);
    const sent = (await ladderEntries(page)).map(({ who, message }) => `${who} ${message.split(" ", 1)[0]}`);
    assert.ok(sent.includes("alice CANCEL") && sent.includes("bob CANCEL"), sent.join(", "));
    assert.ok(!sent.includes("alice BYE"), "an unanswered call is not ended by BYE");
  }));

test("a call to somebody who is not signed in says so", () =>
  withPage(async ({ left: alice }) => {
    await alice.register();
    await alice.fill("dial", "dave");
    await alice.click("call");
    await alice.is({ call: "none", outcome: "unanswered" });
    await alice.says("outcome", /^dave cannot be reached/);
  }));

test("a wrong password is explained, and the right one works after it", () =>
  withPage(async ({ left: alice }) => {
    await alice.fill("password", "wrong");
    await alice.click("connect");
    await alice.says("problem", /password/);
    await alice.is({ connection: "offline" });
    await alice.fill("password", "alice-secret");
    await alice.register();
    assert.equal(await alice.text("problem"), "");
  }));

test("both phones cannot sign in with one address", () =>
  withPage(async ({ page, left, right }) => {
    await left.register();
    await page.select(right.part("user"), "alice");
    await right.click("connect");
    await right.says("problem", /other phone/);
    await right.is({ connection: "offline" });
  }));

test("the address ?server= is used, and nobody is signed in there by default", async () => {
  const other = await startSwitchboard({ args: ["--domain", "example.test", "--user", "zoe:zoe-secret"] });
  try {
    await withPage(async ({ page, left }) => {
      assert.equal(await page.$eval('[data-testid="server"]', (element) => element.textContent), other.ws);
      assert.deepEqual([await left.value("aor"), await left.value("password")], ["", ""]);
      assert.equal(await page.$eval(left.part("user-choice"), (element) => element.hidden), true);
      await left.fill("aor", "zoe@example.test");
      await left.fill("password", "zoe-secret");
      await left.register();
      assert.match((await ladderEntries(page))[0].message, /^REGISTER sip:example\.test SIP\/2\.0/);
    }, `?server=${encodeURIComponent(other.ws)}`);
  } finally {
    await other.stop();
  }
});

test("a server that does not answer is named, with what to check", async () => {
  const gone = await startSwitchboard();
  await gone.stop();
  await withPage(async ({ left }) => {
    await left.fill("aor", "sip:zoe@example.test");
    await left.fill("password", "zoe-secret");
    await left.click("connect");
    assert.ok((await left.says("problem", /No connection to/)).includes(gone.ws));
    await left.click("disconnect");
    await left.is({ connection: "offline" });
    assert.equal(await left.text("problem"), "");
  }, `?server=${encodeURIComponent(gone.ws)}`);
});

test("an address that is no WebSocket's is refused in words", () =>
  withPage(async ({ left }) => {
    await left.fill("aor", "sip:zoe@example.test");
    await left.fill("password", "zoe-secret");
    await left.click("connect");
    await left.says("problem", /https:\/\/example\.test/);
    await left.is({ connection: "offline" });
  }, "?server=https://example.test"));

test("the page fits from 320 px up, in both colour schemes, at rest and in a call", async () => {
  const backgrounds = new Set();
  const dark = await startBrowser(browserUnderTest, { colorScheme: "dark" });
  try {
    for (const { browser } of [started, dark]) {
      const look = async ({ page, left: alice, right: bob }) => {
        backgrounds.add(await fits(page));
        await ring(alice, bob);
        await bob.click("answer");
        await alice.is({ call: "established" });
        await page.click('[data-testid="ladder-entry"] summary');
        backgrounds.add(await fits(page));
      };
      await withPage(look, "", browser);
    }
  } finally {
    await dark.close();
  }
  assert.equal(backgrounds.size, 2, "one background for each colour scheme");
});

test("a call needs no mouse, and focus is never lost", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    for (const phone of [alice, bob]) {
      await tabTo(page, phone, "connect");
      await page.keyboard.press("Enter");
      await phone.is({ registration: "registered" });
      await hasFocus(page, phone);
    }
    await tabTo(page, alice, "dial");
    await page.keyboard.press("Enter");
    await bob.says("peer", /^alice$/);
    await hasFocus(page, alice);
    await tabTo(page, bob, "answer");
    await page.keyboard.press("Enter");
    await alice.is({ call: "established" });
    await bob.is({ call: "established" });
    await tabTo(page, bob, "mute");
    await page.keyboard.press(" ");
    await bob.says("call-state", /muted/);
    await tabTo(page, bob, "hangup");
    await page.keyboard.press("Enter");
    await alice.is({ call: "none", outcome: "hangup" });
    await bob.is({ call: "none", outcome: "hangup" });
    await hasFocus(page, bob);
  }));

/** Opens the page, runs `act`, and fails where a script of the page has failed. */
async function withPage(act, query = "", browser = started.browser) {
  const opened = await openPage(browser, `${edge.http}/${query}`);
  try {
    await act(opened);
    assert.deepEqual(opened.errors, []);
  } finally {
    await opened.close();
  }
}

/** Registers both phones and lets the second one ring. */
async function ring(caller, callee) {
  await caller.register();
  await callee.register();
  await caller.click("call");
  await callee.says("peer", /^alice$/);
}

/** Fails where the page is wider than its window; gives its background. */
async function fits(page) {
  for (const width of [320, 768, 1280]) {
    await page.setViewport({ width, height: 800 });
    const content = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(content <= width, `${content} px of content on a page of ${width} px`);
  }
  return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
}

/** Goes to the part by Tab, or Shift and Tab where it lies behind us, and makes sure that the focus on it shows. */
async function tabTo(page, phone, name) {
  for (let presses = 0; presses < 100; presses += 1) {
    const { outline, behind } = await page.$eval(phone.part(name), (element) => {
      const { activeElement } = document;
      const outline = element === activeElement && getComputedStyle(element).outlineStyle;
      return { outline, behind: activeElement.compareDocumentPosition(element) === Node.DOCUMENT_POSITION_PRECEDING };
    });
    if (outline) return assert.notEqual(outline, "none", `the focus on ${name} cannot be seen`);
    if (behind) await page.keyboard.down("Shift");
    await page.keyboard.press("Tab");
    if (behind) await page.keyboard.up("Shift");
  }
  assert.fail(`${name} cannot be reached by Tab`);
}

async function hasFocus(page, phone) {
  const inside = await page.$eval(phone.root, (element) => element.contains(document.activeElement));
  assert.ok(inside, `the phone ${phone.root} has lost the focus`);
}

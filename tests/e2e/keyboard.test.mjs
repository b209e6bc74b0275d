// The demo page without a mouse: shortcuts, where the focus is, and what is read out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { alt, atDesk, call, cardIs, cardOf, letGo, notInFirefox, signIn, talk, until } from "./desk.mjs";

const { withPage } = atDesk();

test("a call is made, muted, held, resumed and hung up by shortcuts alone", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    await alice.register();
    await bob.register();
    await letGo(page);
    await alt(page, "c");
    await page.keyboard.type("bob");
    await page.keyboard.press("Enter");
    await bob.says("peer", /^alice$/);
    await alt(page, "a");
    await bob.is({ call: "established" });
    await alice.is({ call: "established" });
    await until(page, (card) => document.querySelector(card) === document.activeElement, cardOf(alice, "bob"));
    for (const [key, words] of [
      ["m", /you are muted/],
      ["m", /^In call$/],
      ["o", /^On hold$/],
      ["o", /^In call$/],
    ]) {
      await alt(page, key);
      await alice.says("call-state", words);
    }
    await alt(page, "x");
    await alice.is({ call: "none", outcome: "hangup" });
    await bob.is({ call: "none", outcome: "hangup" });
  }));

test("the next call is taken up by a shortcut, and one that waits is answered by it", () =>
  withPage(async (desk) => {
    const { page, left: alice, right: bob } = desk;
    await talk(desk);
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(carol, "bob");
      await cardIs(bob, "carol", { waiting: "true" });
      await page.focus(cardOf(bob, "alice"));
      await alt(page, "n");
      await cardIs(bob, "carol", { current: "true", state: "established" });
      await cardIs(bob, "alice", { held: "true" });
      await alt(page, "n");
      await cardIs(bob, "alice", { current: "true", held: "false" });
      await cardIs(bob, "carol", { held: "true" });
    });
    await alice.is({ call: "established" });
  }));

test("no shortcut acts while somebody types in a field, and Esc leaves the field", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    await alice.register();
    await bob.register();
    await call(alice, "bob");
    await page.focus(bob.part("dial"));
    await alt(page, "a");
    await page.keyboard.type("?");
    await alt(page, "r");
    await bob.is({ call: "ringing" });
    assert.equal(await page.$eval('[data-testid="help"]', ({ open }) => open), false);
    assert.match(await bob.value("dial"), /\?$/);
    await page.keyboard.press("Escape");
    await alt(page, "r");
    await bob.is({ call: "none", outcome: "rejected" });
  }));

test("a question mark shows the keys, and Esc gives the focus back", () =>
  withPage(async ({ page, left: alice }) => {
    await page.focus(alice.part("connect"));
    await page.keyboard.type("?");
    await until(page, () => document.querySelector('[data-testid="help"]').contains(document.activeElement));
    const keys = await page.$eval('[data-testid="keys"]', (list) => list.innerText);
    for (const key of ["Alt+A", "Alt+X", "Alt+N"]) assert.ok(keys.includes(key), key);
    await page.keyboard.press("Escape");
    assert.equal(await page.$eval(alice.part("connect"), (button) => button === document.activeElement), true);
  }));

test("everything in a call can be reached by Tab, has a name, and shows the focus", { skip: notInFirefox("the Tab key of a driven Firefox leaves the page at its end") }, () =>
  withPage(async (desk) => {
    const { page, left: alice } = desk;
    await talk(desk);
    await alice.click("keypad");
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await page.click('[data-testid="open-settings"]');
    const wanted = await page.evaluate(markUsable);
    assert.ok(wanted.length > 60, `${wanted.length} controls`);
    await page.evaluate(() => document.body.focus());
    const reached = new Set();
    for (let presses = 0; presses < wanted.length * 2 && reached.size < wanted.length; presses += 1) {
      await page.keyboard.press("Tab");
      const { mark, name, outline } = await page.evaluate(lookAtFocus);
      if (mark === undefined) continue;
      assert.notEqual(outline, "none", `the focus on ${name} cannot be seen`);
      reached.add(mark);
    }
    assert.deepEqual(
      wanted.filter(({ mark }) => !reached.has(mark)),
      [],
    );
    assert.deepEqual(
      wanted.filter(({ name }) => !name),
      [],
    );
  }));

test("a change is read out once, and what counts by itself is not read out", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    await page.evaluate(noteAnnouncements, alice.part("announcement"));
    await alice.register();
    await bob.register();
    await call(alice, "bob");
    await bob.click("answer");
    await alice.is({ call: "established" });
    await alice.audio(4);
    await alice.click("hangup");
    await alice.is({ call: "none" });
    assert.deepEqual(await page.evaluate(() => window.announced), ["bob: Calling…", "bob: Ringing…", "bob: In call"]);
    const live = await page.$$eval(
      '[data-testid="timer"], [data-testid="meter"], [data-testid="countdown"]',
      (all) => all.filter((one) => one.closest('[role="status"], [role="alert"], [aria-live]')).length,
    );
    assert.equal(live, 0);
  }));

// Marks every control that can be seen, and gives the marks with their names.
function markUsable() {
  const nameOf = (one) => one.ariaLabel || one.labels?.[0]?.innerText || one.innerText || "";
  const all = document.querySelectorAll("button, input, select, textarea, summary");
  const usable = [...all].filter((one) => !one.disabled && one.getClientRects().length > 0);
  return usable.map((one, mark) => {
    one.dataset.mark = mark;
    return { mark: String(mark), name: nameOf(one).trim(), what: one.dataset.testid ?? one.tagName };
  });
}

function lookAtFocus() {
  const one = document.activeElement;
  return {
    mark: one.dataset.mark,
    name: one.dataset.testid ?? one.innerText,
    outline: getComputedStyle(one).outlineStyle,
  };
}

// Runs in the page: collects what a live region says.
function noteAnnouncements(selector) {
  window.announced = [];
  const region = document.querySelector(selector);
  new MutationObserver(() => window.announced.push(region.textContent)).observe(region, {
    childList: true,
    characterData: true,
    subtree: true,
  });
}

// How the demo page looks, as far as it can be measured: it fits, it can be read, it can be hit, and it can keep still.

import assert from "node:assert/strict";
import { test } from "node:test";
import { alt, atDesk, call, cardIs, letGo, signIn, talk, until } from "./desk.mjs";

const { withPage } = atDesk();
const contrast = 4.5; // WCAG 2.2, 1.4.3
const target = 24; // px: WCAG 2.2, 2.5.8
const comfortable = 40; // px: what buttons and fields have

for (const theme of ["light", "dark"]) {
  test(`in ${theme} colours everything fits from 320 px up, can be read, and can be hit`, () =>
    withPage(async (desk) => {
      const { page, left: alice, right: bob } = desk;
      await page.click('[data-testid="open-settings"]');
      await page.select('[data-testid="setting-theme"]', theme);
      await isFit(page);
      await page.click('[data-testid="close-settings"]');
      await talk(desk);
      await withPage(async ({ left: carol }) => {
        await signIn(carol, "carol");
        await call(carol, "bob");
        await cardIs(bob, "carol", { waiting: "true" });
        await isFit(page);
        await letGo(page);
        await alt(page, "a");
        await cardIs(bob, "carol", { state: "established" });
        await alice.click("keypad");
        await alice.click("dial-pad-toggle");
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
        await isFit(page);
        await carol.click("hangup");
      });
      await bob.is({ calls: "1" });
      await page.keyboard.type("?");
      await isFit(page);
    }));
}

test("a call that waits can be seen however long the page is", () =>
  withPage(async (desk) => {
    const { page, right: bob } = desk;
    await page.setViewport({ width: 320, height: 500 });
    await talk(desk);
    await page.evaluate((phone) => document.querySelector(phone).scrollIntoView(), bob.root);
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(carol, "bob");
      await until(page, () => {
        const { top, bottom } =
          document.querySelector('[data-waiting="true"] [data-testid="answer"]')?.getBoundingClientRect() ?? {};
        return top >= 0 && bottom <= innerHeight;
      });
    });
  }));

test("a page that is narrow closes its panel when somebody calls", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    await page.setViewport({ width: 320, height: 600 });
    await alice.register();
    await bob.register();
    await page.click('[data-testid="open-settings"]');
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(carol, "bob");
      await until(page, () => !document.querySelector('[data-testid="settings"]').open);
    });
  }));

/** Fails where something is wider than the page, too faint, or too small to hit, at three widths. */
async function isFit(page) {
  for (const width of [320, 768, 1440]) {
    await page.setViewport({ width, height: 800 });
    const found = await page.evaluate(measure);
    assert.ok(found.width <= width, `${found.width} px of content on a page of ${width} px`);
    assert.deepEqual(
      found.texts.filter(({ ratio }) => ratio < contrast),
      [],
      `too faint at ${width} px`,
    );
    assert.deepEqual(
      found.controls.filter(({ least }) => least < target),
      [],
      `too small at ${width} px`,
    );
    assert.deepEqual(
      found.controls.filter(({ what, high }) => /^(BUTTON|SELECT|INPUT-text)/.test(what) && high < comfortable),
      [],
      `not comfortable at ${width} px`,
    );
    assert.ok(found.texts.length > 20 && found.controls.length > 10);
  }
}

// Runs in the page: its width, the contrast of each text that can be seen, and the size of each control.
function measure() {
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    brush.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
    }
    return [...brush.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((part) =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const isSeen = (one) => one.checkVisibility() && one.getClientRects().length > 0 && !one.closest(".unseen");
  const ratioOf = (one) => {
    const grounds = [];
    for (let at = one; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
    const [light, dark] = [luminance(paint([...grounds, getComputedStyle(one).color])), luminance(paint(grounds))].sort(
      (a, b) => b - a,
    );
    return (light + 0.05) / (dark + 0.05);
  };
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const texts = [...document.querySelectorAll("body *")].filter(
    (one) => hasText(one) && isSeen(one) && !one.matches(":disabled, option, script, noscript"),
  );
  const sized = [...document.querySelectorAll("button, input, select, textarea, summary")].filter(isSeen).map((one) => {
    // A check box is hit by its label, too.
    const { width, height } = (one.type === "checkbox" ? one.closest("label") : one).getBoundingClientRect();
    const kind = one.tagName === "INPUT" ? `INPUT-${one.type}` : one.tagName;
    return {
      what: `${kind} ${one.dataset.testid ?? one.innerText}`,
      least: Math.round(Math.min(width, height)),
      high: Math.round(height),
    };
  });
  return {
    width: document.documentElement.scrollWidth,
    texts: texts.map((one) => ({ text: one.innerText.slice(0, 30), ratio: Math.round(ratioOf(one) * 100) / 100 })),
    controls: sized,
  };
}

// The SIP messages on the demo page: what of them is shown, and how they are taken away.

import assert from "node:assert/strict";
import { test } from "node:test";
import { atDesk, call, talk, until } from "./desk.mjs";

const { withPage } = atDesk();

test("messages are chosen by kind and by what they contain", () =>
  withPage(async (desk) => {
    const { page } = desk;
    await ringOnce(desk);
    assert.ok((await shown(page)).includes("REGISTER"));
    await page.select('[data-testid="ladder-kind"]', "calls");
    const calls = await shown(page);
    assert.ok(calls.includes("INVITE") && !calls.includes("REGISTER"), calls.join());
    await page.select('[data-testid="ladder-kind"]', "registration");
    const registration = await shown(page);
    assert.ok(
      registration.every((label) => /REGISTER/.test(label)),
      registration.join(),
    );
    await page.select('[data-testid="ladder-kind"]', "all");
    await page.type('[data-testid="ladder-search"]', "180 ringing");
    assert.deepEqual([...new Set(await shown(page))], ["180 Ringing (INVITE)"]);
    assert.match(await page.$eval('[data-testid="ladder-count"]', ({ textContent }) => textContent), /^2 of \d+$/);
    await page.click('[data-testid="ladder-clear"]');
    assert.deepEqual(await shown(page), []);
    assert.equal(await page.$eval('[data-testid="ladder-empty"]', ({ hidden }) => hidden), false);
  }));

test("what is shown is copied and saved as a flow and the messages in full, without secrets", () =>
  withPage(async (desk) => {
    const { page } = desk;
    await page.evaluate(catchText);
    await ringOnce(desk);
    await page.select('[data-testid="ladder-kind"]', "calls");
    await page.click('[data-testid="ladder-copy"]');
    await until(page, () => /^Copied/.test(document.querySelector('[data-testid="ladder-told"]').textContent));
    const copied = await page.evaluate(() => window.copied);
    const [head, ...lines] = copied.split("\n");
    assert.match(head, /^ +s {2}alice +server +bob$/);
    assert.match(lines[0], /^ +0\.000 {2}│ INVITE ─+▶ │ +│$/);
    assert.ok(copied.includes("\nINVITE sip:bob@switchboard.test SIP/2.0\n"), copied);
    assert.doesNotMatch(copied, /REGISTER sip|response="[0-9a-f]{32}"/);

    await page.click('[data-testid="ladder-save"]');
    const { name, text } = await until(page, () => window.saved);
    assert.match(name, /^patchcord-[\dT-]+\.txt$/);
    assert.equal(text, copied);
  }));

test("where there is no clipboard for pages, copying works all the same or says so", () =>
  withPage(async (desk) => {
    const { page } = desk;
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.execCommand = (command) => (
        (window.copied = command === "copy" && document.activeElement.value),
        window.works
      );
    });
    await ringOnce(desk);
    for (const [works, words] of [
      [true, /^Copied/],
      [false, /did not let/],
    ]) {
      await page.evaluate((value) => (window.works = value), works);
      await page.click('[data-testid="ladder-copy"]');
      await until(
        page,
        (source) => new RegExp(source).test(document.querySelector('[data-testid="ladder-told"]').textContent),
        words.source,
      );
    }
    assert.match(await page.evaluate(() => window.copied), /INVITE/);
  }));

test("a day's messages do not fill the page: the oldest go", () =>
  withPage(async (desk) => {
    const { page, left: alice } = desk;
    await talk(desk);
    const first = () => page.$eval('[data-testid="ladder-entry"]', ({ dataset: { at } }) => Number(at));
    const begin = await first();
    await page.evaluate(holdAgainAndAgain, alice.root, begin);
    assert.equal((await page.$$('[data-testid="ladder-entries"] > li')).length, 400);
    assert.ok((await first()) > begin);
  }));

/** alice calls bob, who refuses. */
async function ringOnce({ left: alice, right: bob }) {
  await alice.register();
  await bob.register();
  await call(alice, "bob");
  await bob.click("refuse");
  await alice.is({ call: "none" });
}

/** The arrows that can be seen. */
function shown(page) {
  return page.$$eval('[data-testid="ladder-entry"]:not([hidden]) .arrow', (arrows) =>
    arrows.map(({ lastChild }) => lastChild.textContent),
  );
}

// Runs in the page: keeps what is copied and saved.
function catchText() {
  navigator.clipboard.writeText = async (text) => void (window.copied = text);
  HTMLAnchorElement.prototype.click = async function () {
    window.saved = { name: this.download, text: await (await fetch(this.href)).text() };
  };
}

// Runs in the page: makes messages until the first of all, which left at `begin`, is gone.
async function holdAgainAndAgain(phone, begin) {
  const button = (name) => document.querySelector(`${phone} [data-testid="${name}"]`);
  const isHeld = () => document.querySelector(`${phone} [data-testid="call-card"]`).dataset.held === "true";
  const until = async (done) => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  for (let times = 0; times < 100; times += 1) {
    if (Number(document.querySelector('[data-testid="ladder-entry"]').dataset.at) > begin) return;
    const held = isHeld();
    button(held ? "resume" : "hold").click();
    await until(() => isHeld() !== held && button(held ? "hold" : "resume").ariaDisabled === "false");
  }
}

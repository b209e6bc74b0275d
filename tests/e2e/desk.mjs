// Browser and edge for the tests of one file about the demo page, and what an agent does at it by key, pad and list.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { browserUnderTest, startBrowser } from "../lib/browser.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { phone as nodePhone } from "../node/phone.mjs";
import { inFront, limit, openPage, pageFolder } from "./phone.mjs";

/**
 * `withPage(act, { query, prepare })` opens the page in a context of its own, runs `act` with what openPage gives, and
 * fails where a script of the page has failed. `prepare` runs in the page before its own scripts. `outsider(name)` is a
 * user agent in Node, connected to the same edge, which makes calls no page would make.
 */
export function atDesk() {
  let edge;
  let started;
  const outsiders = [];
  before(async () => {
    edge = await startSwitchboard({ args: ["--static", pageFolder] });
    started = await startBrowser();
  });
  after(async () => {
    await Promise.all(outsiders.map((ua) => ua.close()));
    await started?.close();
    await edge?.stop();
  });
  const outsider = async (name, options) => {
    const ua = await nodePhone(edge, name, options);
    outsiders.push(ua);
    await ua.connect();
    return ua;
  };
  const withPage = async (act, { query = "", prepare } = {}) => {
    const opened = await openPage(started.browser, `${edge.http}/${query}`);
    try {
      opened.page.on("dialog", (dialog) => dialog.accept()); // "leave this page?"
      if (prepare) {
        await opened.page.evaluateOnNewDocument(prepare);
        await reload(opened.page);
      }
      await act(opened);
      assert.deepEqual(opened.errors, []);
    } finally {
      await opened.close();
    }
  };
  return { withPage, outsider };
}

/** Loads the page anew, as a reader does. */
export async function reload(page) {
  await page.reload();
  await page.waitForSelector('[data-testid="phone-left"]');
}

/** Signs a phone in as one of the edge's users. */
export async function signIn(phone, name) {
  await phone.page.select(phone.part("user"), name);
  await phone.register();
}

/** Lets `caller` call a user; resolves once that rings, or whatever else is wanted. */
export async function call(caller, name, state = "ringing") {
  await caller.fill("dial", name);
  await caller.click("call");
  await caller.is({ call: state });
}

/** alice and bob of one page in a call. */
export async function talk({ left: alice, right: bob }) {
  await alice.register();
  await bob.register();
  await call(alice, "bob");
  await bob.click("answer");
  await Promise.all([alice, bob].map((phone) => phone.is({ call: "established" })));
}

/** The card of a phone's call with somebody: its selector, with attributes that it is to have. */
export function cardOf(phone, name, attributes = {}) {
  const wanted = Object.entries(attributes).map(([key, value]) => `[data-${key}="${value}"]`);
  return `${phone.root} [data-testid="call-card"][aria-label="Call with ${name}"]${wanted.join("")}`;
}

/** Resolves once that card has these attributes: `{ state: "established", held: "true" }`. */
export async function cardIs(phone, name, attributes) {
  const wanted = cardOf(phone, name, attributes);
  await phone.page.waitForSelector(wanted).catch(async (error) => {
    const cards = await phone.page.$$eval(`${phone.root} [data-testid="call-card"]`, (all) =>
      all.map((card) => [card.ariaLabel, { ...card.dataset }]),
    );
    throw new Error(`waited ${limit} ms for ${wanted}, but there are ${JSON.stringify(cards)}`, { cause: error });
  });
}

/** Clicks a button of that card. */
export async function clickIn(phone, name, button) {
  await inFront(phone.page);
  return phone.page
    .locator(`${cardOf(phone, name)} [data-testid="${button}"]`)
    .setTimeout(limit)
    .click();
}

/** Presses a key while Alt is down. */
export async function alt(page, key) {
  await page.keyboard.down("Alt");
  await page.keyboard.press(key);
  await page.keyboard.up("Alt");
}

/** For `skip`: why a test makes no sense in Firefox; false in other browsers. */
export const notInFirefox = (why) => browserUnderTest === "firefox" && why;

/** Puts the focus nowhere, as a click beside everything does. */
export function letGo(page) {
  return page.evaluate(() => document.activeElement.blur());
}

/** Runs `look` in the page until it gives something true, and gives that. */
export async function until(page, look, ...args) {
  const found = await page.waitForFunction(look, { timeout: 2 * limit }, ...args); // a phone may wait 14 s between two attempts
  return found.jsonValue();
}

/** What the browser keeps for the page. */
export function kept(page) {
  return page.evaluate(() => localStorage.getItem("patchcord.phone"));
}

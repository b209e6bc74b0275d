// Drives the demo page as a person would, by the data-testid names of its parts.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { browserUnderTest } from "../lib/browser.mjs";

/** The folder that holds the built page, for the edge's --static. */
export const pageFolder = join(fileURLToPath(import.meta.url), "../../../www/dist");

/** The longest any one thing may take, in milliseconds. */
export const limit = 15_000;

/**
 * Opens the page in a browser context of its own, so that no two tests share storage.
 * `errors` collects what the page's scripts throw; `close()` ends page and context.
 */
export async function openPage(browser, url, { width = 1280, height = 900 } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(limit);
  const errors = [];
  page.on("pageerror", (error) => isRemark(error) || errors.push(String(error)));
  await page.setViewport({ width, height });
  await page.goto(url);
  await page.waitForSelector('[data-testid="phone-right"]');
  return { page, errors, left: new Phone(page, "left"), right: new Phone(page, "right"), close: () => context.close() };
}

// What Firefox writes about a socket that could not be had or was cut off looks like an error of a script; it is none.
function isRemark({ message }) {
  return /^(Firefox can.t establish a|The) connection to .*\bwss?:/.test(message);
}

/** One of the page's two phones. */
export class Phone {
  constructor(page, side) {
    this.page = page;
    this.root = `[data-testid="phone-${side}"]`;
  }

  /** The selector of one of its parts. */
  part(name) {
    return `${this.root} [data-testid="${name}"]`;
  }

  /** Clicks a part once it can be clicked. */
  async click(name) {
    await inFront(this.page);
    return this.page.locator(this.part(name)).setTimeout(limit).click();
  }

  /** Writes into a field, in place of what stands there. */
  async fill(name, value) {
    await inFront(this.page);
    return this.page.locator(this.part(name)).setTimeout(limit).fill(value);
  }

  /** The text of a part. */
  text(name) {
    return this.page.$eval(this.part(name), (element) => element.textContent.trim());
  }

  /** The value of a field. */
  value(name) {
    return this.page.$eval(this.part(name), (element) => element.value);
  }

  /** Resolves once the phone's data attributes have these values: `{ registration: "registered", call: "none" }`. */
  async is(states) {
    const wanted = Object.entries(states).map(([name, value]) => `[data-${name}="${value}"]`);
    await this.page.waitForSelector(this.root + wanted.join("")).catch(async (error) => {
      const now = await this.page.$eval(this.root, (element) => ({ ...element.dataset }));
      throw new Error(`waited ${limit} ms for ${JSON.stringify(states)}, but the phone is ${JSON.stringify(now)}`, { cause: error });
    });
  }

  /** Resolves with the text of a part once it matches. */
  async says(name, pattern) {
    const matches = (selector, source) => new RegExp(source, "i").test(document.querySelector(selector)?.textContent ?? "");
    await this.page.waitForFunction(matches, {}, this.part(name), pattern.source).catch(async (error) => {
      throw new Error(`waited ${limit} ms for "${name}" to match ${pattern}, but it says "${await this.text(name)}"`, { cause: error });
    });
    return this.text(name);
  }

  /** Connects, and resolves once registered. */
  async register() {
    await this.click("connect");
    await this.is({ connection: "connected", registration: "registered" });
  }

  /** Resolves with the last `count` samples of the bytes received, once each was larger than the one before. */
  audio(count = 4) {
    return this.page.$eval(this.root, watchBytes, count, limit);
  }
}

/** A click waits until its target keeps still, which Firefox tells of no page that is behind another one. */
export async function inFront(page) {
  if (browserUnderTest === "firefox") await page.bringToFront();
}

/** The page's SIP messages in the form that tests/lib/ladder.mjs prints. */
export async function ladderEntries(page) {
  const entries = await page.$$eval('[data-testid="ladder-entry"]', (items) =>
    items.map(({ dataset: { at, who, direction }, lastElementChild }) => {
      return { at: Number(at), who, direction, message: lastElementChild.querySelector("pre").textContent };
    }),
  );
  const start = entries[0]?.at ?? 0;
  return entries.map(({ at, ...entry }) => ({ t: at - start, ...entry }));
}

// Runs in the page, which notes a sample each time it has asked the browser for its statistics.
function watchBytes(phone, count, limit) {
  return new Promise((resolve, reject) => {
    const samples = [];
    const settle = (finish) => {
      observer.disconnect();
      clearTimeout(timeout);
      finish();
    };
    const observer = new MutationObserver(() => {
      samples.push(Number(phone.dataset.bytesReceived));
      const last = samples.slice(-count);
      const grows = last.every((bytes, index) => bytes > (index === 0 ? 0 : last[index - 1]));
      if (last.length === count && grows) settle(() => resolve(last));
    });
    const timeout = setTimeout(
      () => settle(() => reject(new Error(`bytes received did not grow ${count} times in a row within ${limit} ms: ${samples.join(", ") || "no sample"}`))),
      limit,
    );
    observer.observe(phone, { attributeFilter: ["data-bytes-received"] });
  });
}

// The demo without hands: alice and bob register, alice calls bob, sound flows both ways, bob hangs up.
//
//   node tests/e2e/demo.mjs [--out DIR]
//
// Prints the SIP messages with their times and leaves demo.png (in the call) and ended.png (after it) in DIR. If a step
// fails: says which, prints what has passed so far, leaves failure.png, and ends with exit code 1.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { browserUnderTest, startBrowser } from "../lib/browser.mjs";
import { ladder } from "../lib/ladder.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { ladderEntries, openPage, pageFolder } from "./phone.mjs";

const { out } = parseArgs({ options: { out: { type: "string", default: "target/demo" } } }).values;
const started = performance.now();
let current = "start";

try {
  await mkdir(out, { recursive: true });
  await demo();
} catch (error) {
  console.error(`\nFAILED: ${current}\n${error.message}`);
  process.exitCode = 1;
}

async function demo() {
  const edge = await step("the SIP edge listens", () => startSwitchboard({ args: ["--static", pageFolder] }));
  try {
    const { browser, close } = await step(`${browserUnderTest} starts`, () => startBrowser());
    try {
      const demo = await step("the page opens", () => openPage(browser, edge.http));
      await call(demo).catch((error) => explain(error, demo, edge));
      await show(demo.page);
    } finally {
      await close();
    }
  } finally {
    await edge.stop();
  }
}

async function call({ page, errors, left: alice, right: bob }) {
  await step("alice registers", () => alice.register());
  await step("bob registers", () => bob.register());
  await step("alice calls bob, and bob's phone rings", async () => {
    await alice.click("call");
    await bob.says("peer", /^alice$/);
  });
  await step("bob answers", async () => {
    await bob.click("answer");
    await Promise.all([alice, bob].map((phone) => phone.is({ call: "established" })));
  });
  const heard = await step("sound arrives on both sides", () => Promise.all([alice.audio(), bob.audio()]));
  console.log(`           bytes received by alice: ${heard[0].join(" → ")}\n           bytes received by bob:   ${heard[1].join(" → ")}`);
  await step("a picture of the call is taken", () => picture(page, "demo.png"));
  await step("bob hangs up, and both calls end", async () => {
    await bob.click("hangup");
    await Promise.all([alice, bob].map((phone) => phone.is({ call: "none", outcome: "hangup" })));
  });
  await step("a picture of the end is taken", () => picture(page, "ended.png"));
  await step("no script of the page has failed", () => {
    if (errors.length > 0) throw new Error(errors.join("\n"));
  });
}

/** Runs one step and tells its time; whatever goes wrong in it is known by its name. */
async function step(name, act) {
  current = name;
  const result = await act();
  console.log(`${((performance.now() - started) / 1000).toFixed(3).padStart(8)}  ✓ ${name}`);
  return result;
}

async function show(page) {
  console.log(`\n${ladder(await ladderEntries(page))}\n\nPictures: ${join(out, "demo.png")}, ${join(out, "ended.png")}`);
}

/** Adds to a failure all that helps to understand it, as far as it can still be had. */
async function explain(error, { page, errors, left, right }, edge) {
  const told = [error.message];
  try {
    for (const phone of [left, right]) {
      told.push(`${await phone.text("name")}: ${await phone.text("state")} ${await phone.text("outcome")} ${await phone.text("problem")}`);
    }
    told.push(...errors, "", ladder(await ladderEntries(page)), "", `Picture: ${await picture(page, "failure.png")}`);
  } catch (failure) {
    told.push(`The page no longer answers: ${failure.message}`);
  }
  throw new Error([...told, "", "The edge said:", edge.output()].join("\n"), { cause: error });
}

async function picture(page, name) {
  const path = join(out, name);
  await page.screenshot({ path, fullPage: true });
  return path;
}

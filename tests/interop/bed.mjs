// The bed of a test file: Kamailio, headless Chromium, a page per user, and a trace of all their SIP messages. All is
// started once per file; a test that fails prints its messages as a ladder.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startChromium } from "../lib/browser.mjs";
import { startKamailio } from "./kamailio/start.mjs";
import { Trace } from "./trace.mjs";
import { User } from "./user.mjs";

const local = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Where the packed package is unpacked: drivers get it by its name, as the demo page does. */
const packages = local("../../www/node_modules");
const wasm = `${packages}/patchcord/dist/patchcord_bg.wasm`;
const flags = [
  // Pages that are not looked at must not become slow.
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
  // linphone fails on a ClientHello in two parts that overtakes the 200, and post-quantum keys make it that long.
  "--disable-features=WebRtcPqcForDtls",
];
const testLimit = 60_000; // ms

/**
 * Prepares a bed for the tests of this file. `phones` names the library of each user: `{ alice: "patchcord" }`.
 * `startOther` starts what else is needed, given the bed, and returns what has `begin()` and `stop()`.
 * The result has, once the tests run, `kamailio`, `trace`, a User by each name, and `other`, what else was started.
 * `test(name, act)` is a test that runs `act`, starts with a clear trace and leaves no call behind.
 */
export function makeBed(phones, startOther) {
  const bed = { trace: new Trace(), users: [] };
  bed.test = (name, act) => test(name, () => run(bed, name, act));
  before(async () => {
    bed.site = await startSite();
    bed.kamailio = await startKamailio();
    bed.chromium = await startChromium({ args: flags });
    await Promise.all(Object.entries(phones).map(([name, library]) => open(bed, name, library)));
    bed.other = await startOther?.(bed);
  });
  after(async () => {
    await bed.other?.stop();
    await bed.chromium?.close();
    await bed.kamailio?.stop();
    bed.site?.close();
  });
  return bed;
}

async function open(bed, name, library) {
  const page = await bed.chromium.browser.newPage();
  const user = new User(page, name, library);
  bed[name] = user;
  bed.users.push(user);
  await bed.trace.watch(page, name);
  await page.goto(`${bed.site.url}/${library}.html`);
  await page.waitForFunction(() => window.phone);
  await user.register(bed.kamailio.ws);
}

async function run(bed, name, act) {
  bed.trace.clear();
  await Promise.all([...bed.users, bed.other].map((one) => one?.begin()));
  try {
    await inTime(act(bed));
    const failed = bed.users.flatMap(({ library, errors }) => (library === "patchcord" ? errors : []));
    assert.deepEqual(failed, [], "no script of patchcord's page has failed");
  } catch (error) {
    error.message += `\n\n${bed.trace.ladder()}\n\nThe messages in full: ${bed.trace.save(name)}`;
    error.stack = `${error.message}\n${error.stack?.split("\n").filter((line) => /^ +at /.test(line)).join("\n")}`;
    throw error;
  } finally {
    await Promise.all(bed.users.map((user) => user.do("endAll")));
  }
}

/** What `done` gives, unless it takes too long: node's own limit would leave no time to show the ladder. */
async function inTime(done) {
  let limit;
  const late = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error(`the test is not over after ${testLimit} ms`)), testLimit);
  });
  await Promise.race([done, late]).finally(() => clearTimeout(limit));
}

/** Serves a page per driver, bundled in memory. */
async function startSite() {
  const { outputFiles } = await build({
    entryPoints: ["patchcord", "jssip", "sipjs"].map((name) => local(`drivers/${name}.js`)),
    outdir: "/",
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    define: { global: "globalThis" },
    nodePaths: [packages],
    logLevel: "warning",
  });
  const script = new Map(outputFiles.map(({ path, text }) => [/[^/\\]+$/.exec(path)[0], text]));
  const server = createServer(({ url }, response) => {
    const name = url.slice(1);
    const send = (type, body) => response.writeHead(200, { "Content-Type": type }).end(body);
    if (script.has(name)) return send("text/javascript", script.get(name));
    if (name === "patchcord_bg.wasm") return send("application/wasm", readFileSync(wasm));
    const [, library] = /^(\w+)\.html$/.exec(name) ?? [];
    if (library) return send("text/html", `<!doctype html><script type="module" src="${library}.js"></script>`);
    return response.writeHead(name === "favicon.ico" ? 204 : 404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

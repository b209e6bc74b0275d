// Starts Kamailio for a test, on free ports of the loopback interface, with kamailio.cfg beside this file.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atExit, endChild, hasEnded } from "../../lib/children.mjs";

/** The domain it serves; every NAME has the password NAME-secret there. */
export const domain = "interop.test";

const config = fileURLToPath(new URL("kamailio.cfg", import.meta.url));
const program = process.env.KAMAILIO || ["/usr/sbin/kamailio", "/usr/local/sbin/kamailio"].find(isFile) || "kamailio";
/** Empty tables that come with Kamailio's package: its presence server wants to see them. */
const tables = process.env.KAMAILIO_DBTEXT || "/usr/share/kamailio/dbtext/kamailio";
const startLimit = 10_000; // ms

/**
 * Resolves once it answers. The result has `ws` (the WebSocket's URL), `sipPort` (UDP and TCP), `rpc(method, params)`
 * and `stop()`. `defines` replaces the values in kamailio.cfg: `{ SST_MIN_SE: 90 }`.
 */
export async function startKamailio({ defines = {} } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "patchcord-kamailio-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  let child;
  try {
    const [sipPort, wsPort] = await freePorts(2);
    child = run(dir, { SIP_PORT: sipPort, WS_PORT: wsPort, ...defines });
    const forget = atExit(() => {
      kill(child);
      remove();
    });
    const log = () => readFileSync(join(dir, "log"), "utf8");
    const rpc = (method, params = []) => call(wsPort, method, params);
    await listening(child, rpc, log);
    const stop = async () => {
      await endChild(child);
      forget();
      remove();
    };
    return { ws: `ws://127.0.0.1:${wsPort}`, sipPort, rpc, stop };
  } catch (error) {
    if (child) kill(child);
    remove();
    throw error;
  }
}

/** Ports of the loopback interface that nothing listens on, all different. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function run(dir, defines) {
  mkdirSync(join(dir, "dbtext"));
  for (const name of ["version", "presentity", "active_watchers", "watchers", "xcap"]) {
    cpSync(join(tables, name), join(dir, "dbtext", name));
  }
  const own = { DB_URL: `"text://${dir}/dbtext"`, PRES_ADDR: `"sip:presence@127.0.0.1:${defines.SIP_PORT}"` };
  const values = Object.entries({ ...defines, ...own }).flatMap(([name, value]) => ["-A", `${name}=${value}`]);
  const args = ["-f", config, "-DD", "-E", "-Y", dir, "-m", "64", "-M", "8", "-P", join(dir, "pid"), ...values];
  const log = openSync(join(dir, "log"), "w");
  try {
    // A group of its own, so that its worker processes can be ended with it.
    return spawn(program, args, { stdio: ["ignore", log, log], detached: true });
  } finally {
    closeSync(log);
  }
}

async function listening(child, rpc, log) {
  const until = performance.now() + startLimit;
  const broken = new Promise((_, reject) => child.once("error", reject));
  broken.catch(() => {});
  for (;;) {
    const answer = await Promise.race([rpc("core.version").catch(() => null), broken]).catch(({ code, message }) => {
      const hint = code === "ENOENT" ? "install it, or name it in the environment variable KAMAILIO" : message;
      throw new Error(`${program} does not start: ${hint}`);
    });
    if (answer !== null) return;
    if (hasEnded(child)) throw new Error(`Kamailio ended before it listened:\n${log()}`);
    if (performance.now() > until) throw new Error(`Kamailio does not listen after ${startLimit} ms:\n${log()}`);
    await pause(20);
  }
}

async function call(port, method, params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(`http://127.0.0.1:${port}/RPC`, { method: "POST", body });
  const { result, error } = await response.json();
  if (error) throw new Error(`Kamailio refuses ${method}: ${error.message}`);
  return result;
}

function kill(child) {
  if (!hasEnded(child)) process.kill(-child.pid, "SIGKILL");
}

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

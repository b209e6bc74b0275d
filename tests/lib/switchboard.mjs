// Starts the development SIP edge for a test, on a port of its own.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { atExit, endChild } from "./children.mjs";

const suffix = process.platform === "win32" ? ".exe" : "";
const program = fileURLToPath(new URL(`../../target/debug/switchboard${suffix}`, import.meta.url));
const startLimit = 10_000; // ms

/**
 * Resolves once the edge listens.
 *
 * `args` are added to its command line (`["--static", "www/dist"]`). The result has `http` (`http://127.0.0.1:PORT`),
 * `ws` (`ws://127.0.0.1:PORT/sip`), `output()` (all it has written so far, for failure reports) and `stop()`.
 */
export async function startSwitchboard({ args = [] } = {}) {
  const child = spawn(program, ["--listen", "127.0.0.1:0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const forget = atExit(() => child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const stop = async () => {
    await endChild(child);
    forget();
  };
  try {
    const line = await firstLine(child, () => output);
    const [, http, ws] = /^listening (http:\/\/\S+) (ws:\/\/\S+)$/.exec(line) ?? [];
    if (ws === undefined) throw new Error(`switchboard: unexpected first line ${JSON.stringify(line)}`);
    return { http, ws, output: () => output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstLine(child, output) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    const fail = (why) => settle(() => reject(new Error(`switchboard: ${why}\n${output()}`.trimEnd())));
    const limit = setTimeout(() => fail(`does not listen after ${startLimit} ms`), startLimit);
    const onError = (error) =>
      fail(error.code === "ENOENT" ? `${program} is missing; build it: cargo build --features switchboard` : error.message);
    const onClose = (code, signal) => fail(`ended with ${signal ?? `exit code ${code}`} before it listened`);
    const settle = (finish) => {
      clearTimeout(limit);
      lines.close();
      child.off("error", onError).off("close", onClose);
      child.stdout.resume(); // closing the line reader paused it
      finish();
    };
    child.once("error", onError).once("close", onClose);
    lines.once("line", (line) => settle(() => resolve(line)));
  });
}

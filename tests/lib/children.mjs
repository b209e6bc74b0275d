// The processes a test has started: whatever ends the test also ends them, each by its own process id.

import { spawn } from "node:child_process";

const endings = new Set();

/** Runs `end` when this process exits or is told to; the function returned takes that back. */
export function atExit(end) {
  endings.add(end);
  return () => endings.delete(end);
}

/** Asks a child to end, insists after `grace` milliseconds, and resolves when it has ended. */
export function endChild(child, grace = 3000) {
  if (hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => {
    const insist = setTimeout(() => child.kill("SIGKILL"), grace);
    child.once("exit", () => {
      clearTimeout(insist);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/**
 * Has the process group of `leader` killed when this process is gone without a chance to do so, as by SIGKILL: a shell waits
 * for the end of what we write to it. The function returned takes that back. (Not on Windows.)
 */
export function endWithUs(leader) {
  if (process.platform === "win32") return () => {};
  const script = 'read -r word || kill -s KILL -- "-$1"';
  const options = { detached: true, stdio: ["pipe", "ignore", "ignore"] };
  const guard = spawn("sh", ["-c", script, "sh", String(leader)], options);
  guard.unref();
  guard.stdin.unref();
  guard.stdin.on("error", () => {}); // it is gone already
  return () => guard.stdin.end("over\n");
}

/** Whether a child is no longer there, or never was. */
export function hasEnded(child) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function endAll() {
  for (const end of endings) end();
  endings.clear();
}

process.once("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    endAll();
    process.kill(process.pid, signal); // once removed, the listener no longer keeps the signal from its usual effect
  });
}

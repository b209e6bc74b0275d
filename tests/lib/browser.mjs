// Starts a headless Chromium with a microphone that hums and asks no permission.

import { rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";
import { atExit, hasEnded } from "./children.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const places = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];
const flags = [
  "--headless=new",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/**
 * Starts Chromium with a profile of its own, `args` added to its flags; `executable` is by default what
 * `findChromium` finds. Resolves to puppeteer's `browser` and `close()`, which ends it and removes the profile.
 */
export async function startChromium({ args = [], executable = findChromium() } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "patchcord-chromium-"));
  const remove = () => rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  try {
    const browser = await launch(executable, profile, [...flags, ...args]);
    const forget = atExit(() => {
      kill(browser.process());
      remove();
    });
    const close = async () => {
      await browser.close();
      forget();
      remove();
    };
    return { browser, close };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The executable: the environment variable CHROMIUM, else the first of the usual names in PATH, else a usual place. */
export function findChromium() {
  const named = process.env.CHROMIUM;
  if (named) {
    if (!isFile(named)) throw new Error(`the environment variable CHROMIUM names ${named}, which is no file`);
    return named;
  }
  const path = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const found = [...names.flatMap((name) => path.map((dir) => join(dir, name))), ...places].find(isFile);
  if (!found) throw new Error("no Chromium or Chrome was found; install one or name it in the environment variable CHROMIUM");
  return found;
}

// Puppeteer starts Chromium as the leader of a process group of its own, except on Windows.
function kill(child) {
  if (!child || hasEnded(child)) return;
  if (process.platform === "win32") child.kill("SIGKILL");
  else process.kill(-child.pid, "SIGKILL");
}

// Chromium's sandbox does not work as root, and not on systems that keep namespaces from users.
async function launch(executablePath, userDataDir, args) {
  const common = { executablePath, userDataDir, headless: true };
  // Over a pipe Chromium notices by itself when we are gone. Signals are seen to in children.mjs.
  const hygiene = { pipe: true, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const start = (more) => puppeteer.launch({ ...common, ...hygiene, args: [...args, ...more] });
  if (process.getuid?.() === 0) return start(["--no-sandbox"]);
  try {
    return await start([]);
  } catch (error) {
    if (!/sandbox/i.test(String(error))) throw error;
    console.error("Chromium's sandbox does not work here; starting it without");
    return start(["--no-sandbox"]);
  }
}

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

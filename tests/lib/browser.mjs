// Starts a headless browser with a microphone that hums and a camera, asking no permission: Chromium or Firefox.
//
// Of what differs between the two, what a test would notice is kept here. Over WebDriver BiDi, by which Firefox is driven,
// no media feature can be emulated: the colour scheme is chosen when a browser starts, in both of them.

import { rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";
import { atExit, endWithUs, hasEnded } from "./children.mjs";

const chromium = {
  called: "Chromium",
  variable: "CHROMIUM",
  names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
  places: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  ],
};
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

const firefox = {
  called: "Firefox",
  variable: "FIREFOX",
  names: ["firefox-esr", "firefox"],
  places: [
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
    "C:\\Program Files (x86)\\Mozilla Firefox\\firefox.exe",
  ],
};
// Puppeteer's own preferences keep Firefox from reporting and updating.
const preferences = {
  "network.dns.forceResolve": "127.0.0.1", // for every name: what it asks its maker for all the same stays on this machine
  "media.navigator.streams.fake": true, // a microphone that hums, a camera that changes colour
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false, // names ending in .local need a network that answers
  "media.autoplay.default": 0, // allowed
};

/** The browsers under test, by the names that startBrowser takes. */
export const browsers = ["chromium", "firefox"];

/** The browser this run is about: the environment variable BROWSER, else Chromium. */
export const browserUnderTest = process.env.BROWSER || "chromium";

/**
 * Starts a browser, by default the one this run is about, with a profile of its own; `colorScheme` is "light" (the
 * default) or "dark". Resolves to puppeteer's `browser` and `close()`, which ends it and removes the profile.
 */
export async function startBrowser(name = browserUnderTest, options = {}) {
  if (name === "chromium") return startChromium(options);
  if (name === "firefox") return startFirefox(options);
  throw new Error(`BROWSER: one of ${browsers.join(", ")} is needed, not ${name}`);
}

/** As startBrowser. `args` are added to the flags; `executable` is by default what is found on this machine. */
export function startChromium({ args = [], executable = find(chromium), colorScheme = "light" } = {}) {
  const scheme = `--blink-settings=preferredColorScheme=${colorScheme === "dark" ? 0 : 1}`;
  return start(chromium, (profile) => launchChromium(executable, profile, [...flags, scheme, ...args]));
}

/** As startBrowser. `prefs` are added to the preferences; `executable` is by default what is found on this machine. */
export function startFirefox({ prefs = {}, executable = find(firefox), colorScheme = "light" } = {}) {
  const scheme = { "layout.css.prefers-color-scheme.content-override": colorScheme === "dark" ? 0 : 1 };
  const extraPrefsFirefox = { ...preferences, ...scheme, ...prefs };
  return start(firefox, (userDataDir) =>
    puppeteer.launch({ browser: "firefox", executablePath: executable, userDataDir, extraPrefsFirefox, ...common }),
  );
}

// Signals are seen to in children.mjs.
const common = { headless: true, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };

async function start({ called }, launch) {
  const profile = await mkdtemp(join(tmpdir(), `patchcord-${called.toLowerCase()}-`));
  const remove = () => rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  try {
    const browser = await launch(profile);
    const release = endWithUs(browser.process().pid);
    const kill = () => {
      killGroup(browser.process());
      release();
    };
    const forget = atExit(() => {
      kill();
      remove();
    });
    const close = async () => {
      await browser.close();
      kill(); // Firefox may not have ended when asked to
      forget();
      remove();
    };
    return { browser, close };
  } catch (error) {
    remove();
    throw error;
  }
}

// The executable: what the environment names, else the first of the usual names in PATH, else a usual place.
function find({ called, variable, names, places }) {
  const named = process.env[variable];
  if (named) {
    if (!isFile(named)) throw new Error(`the environment variable ${variable} names ${named}, which is no file`);
    return named;
  }
  const path = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const found = [...names.flatMap((name) => path.map((dir) => join(dir, name))), ...places].find(isFile);
  if (!found) throw new Error(`no ${called} was found; install it or name it in the environment variable ${variable}`);
  return found;
}

// Puppeteer starts a browser as the leader of a process group of its own, except on Windows.
function killGroup(child) {
  if (!child || hasEnded(child)) return;
  if (process.platform === "win32") child.kill("SIGKILL");
  else process.kill(-child.pid, "SIGKILL");
}

// Chromium's sandbox does not work as root, and not on systems that keep namespaces from users.
async function launchChromium(executablePath, userDataDir, args) {
  const launch = (more) => puppeteer.launch({ executablePath, userDataDir, pipe: true, ...common, args: [...args, ...more] });
  if (process.getuid?.() === 0) return launch(["--no-sandbox"]);
  try {
    return await launch([]);
  } catch (error) {
    if (!/sandbox/i.test(String(error))) throw error;
    console.error("Chromium's sandbox does not work here; starting it without");
    return launch(["--no-sandbox"]);
  }
}

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

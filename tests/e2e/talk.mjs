// A page with two user agents and real media, for tests of what a call does to tracks, directions, devices and paths.

import { fileURLToPath } from "node:url";

/** The folder that holds the built package, for the edge's --static. */
export const packageFolder = fileURLToPath(new URL("../../pkg/dist", import.meta.url));

/**
 * A page in which alice and bob are registered at `edge`, which serves the package. The page's `talk()` gives both sides
 * of a new call; bob accepts everything, but refuses as many offers as `refusals` says.
 */
export async function talkingPage(browser, edge, settings = {}) {
  const page = await browser.newPage();
  await page.goto(`${edge.http}/index.js`);
  await page.evaluate(setUp, edge.ws, settings);
  return page;
}

/** Ends both user agents. */
export async function endTalk(page) {
  await page?.evaluate(() => Promise.all([window.alice.close(), window.bob.close()]));
  await page?.close();
}

// Runs in the page.
async function setUp(ws, settings) {
  const { UserAgent, webrtc } = await import("/index.js");
  const sockets = {};
  // No browser lets a script unplug a microphone, and Firefox fires no made-up event at one.
  const plugs = new Map();
  const { addEventListener } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.addEventListener = function (type, listener, ...more) {
    if (type === "ended") plugs.set(this, [...(plugs.get(this) ?? []), listener]);
    addEventListener.call(this, type, listener, ...more);
  };
  window.unplug = (track) => plugs.get(track).forEach((listener) => listener(new Event("ended")));
  window.refusals = 0;
  const picky = {
    open(context) {
      const session = webrtc(settings).open(context);
      const createAnswer = session.createAnswer.bind(session);
      session.createAnswer = (...args) =>
        window.refusals-- > 0 ? Promise.reject(new Error("not now")) : createAnswer(...args);
      return session;
    },
  };
  const make = async (name, media) => {
    const credentials = { username: name, password: `${name}-secret` };
    const webSocket = (url) => (sockets[name] = new WebSocket(url, "sip"));
    const ua = await UserAgent.create({ aor: `sip:${name}@switchboard.test`, servers: ws, credentials, media, webSocket });
    await ua.connect();
    return ua;
  };
  window.webrtc = webrtc;
  /** Closes alice's connection under her. */
  window.cutAlice = () => sockets.alice.close();
  window.alice = await make("alice", webrtc(settings));
  window.bob = await make("bob", picky);
  window.talk = async (options, acceptOptions) => {
    const coming = new Promise((resolve) => window.bob.on("call", ({ call }) => resolve(call), { once: true }));
    const ours = window.alice.call("bob", options);
    const theirs = await coming;
    await theirs.accept(acceptOptions);
    await Promise.all([ours.established, theirs.established]);
    return { ours, theirs };
  };
  window.kinds = (stream) => stream.getTracks().map(({ kind }) => kind).sort().join();
  window.ways = ({ media }) => media.peerConnection.getTransceivers().map(({ currentDirection }) => currentDirection);
  window.wished = ({ media }) => media.peerConnection.getTransceivers().map(({ direction }) => direction);
  /** Resolves with the next event of that kind. */
  window.next = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
  /** Resolves once media of that kind arrives. */
  window.arrives = async ({ media }, kind) => {
    const counted = async () => {
      for (const { type, kind: own, bytesReceived } of (await media.stats()).values())
        if (type === "inbound-rtp" && own === kind) return bytesReceived;
      return 0;
    };
    const before = await counted();
    while ((await counted()) <= before) await new Promise(requestAnimationFrame);
  };
}

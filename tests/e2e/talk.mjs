// A page with two user agents and real media, for tests of what a call does to tracks, directions, devices and paths.

import { openAgentPage } from "./agents.mjs";

/**
 * A page in which alice and bob are registered at `edge`, which serves the package. The page's `talk()` gives both sides
 * of a new call; bob accepts everything, but refuses as many offers as `refusals` says.
 */
export async function talkingPage(browser, edge, settings = {}) {
  const page = await openAgentPage(browser, edge);
  await page.evaluate(setUp, settings);
  return page;
}

/** Ends both user agents. */
export async function endTalk(page) {
  await page?.evaluate(() => Promise.all([window.alice.close(), window.bob.close()]));
  await page?.close();
}

// Runs in the page.
async function setUp(settings) {
  const { webrtc } = window;
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
  /** Closes alice's connection under her. */
  window.cutAlice = () => sockets.alice.close();
  const webSocket = (url) => (sockets.alice = new WebSocket(url, "sip"));
  window.alice = await window.make("alice", webrtc(settings), { webSocket });
  window.bob = await window.make("bob", picky);
  window.talk = async (options, acceptOptions) => {
    const coming = new Promise((resolve) => window.bob.on("call", ({ call }) => resolve(call), { once: true }));
    const ours = window.alice.call("bob", options);
    const theirs = await coming;
    await theirs.accept(acceptOptions);
    await Promise.all([ours.established, theirs.established]);
    return { ours, theirs };
  };
  window.kinds = (stream) => stream.getTracks().map(({ kind }) => kind).sort().join();
  window.wished = ({ media }) => media.peerConnection.getTransceivers().map(({ direction }) => direction);
  /** Resolves with the next event of that kind. */
  window.next = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}

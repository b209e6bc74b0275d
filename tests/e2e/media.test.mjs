// The media of a call in a real browser: how long candidates are waited for, devices, tones, sound, refusals.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { startSwitchboard } from "../lib/switchboard.mjs";
import { packageFolder } from "./agents.mjs";
import { endTalk, talkingPage } from "./talk.mjs";

let edge;
let started;
let page;

before(async () => {
  edge = await startSwitchboard({ args: ["--static", packageFolder] });
  started = await startBrowser();
  page = await talkingPage(started.browser, edge);
});

after(async () => {
  await endTalk(page);
  await started?.close();
  await edge?.stop();
});

test("a hold waits for no candidates, since it takes the path that is there", async () => {
  const took = await page.evaluate(async () => {
    const { ours } = await window.talk();
    const began = performance.now();
    await ours.setHold(true);
    await ours.setHold(false);
    const took = performance.now() - began;
    await ours.hangup();
    return took;
  });
  assert.ok(took < 2000, `two changes took ${took} ms; waiting for candidates takes 3000 each`);
});

test("candidates are waited for 3 s at most, whatever a STUN server leaves unanswered", async () => {
  const [took, sdp] = await page.evaluate(async () => {
    const media = window.webrtc({ iceServers: [{ urls: "stun:127.0.0.1:3479" }], audio: false, output: false });
    const session = media.open({ call: "0", direction: "outgoing", failed() {}, renegotiate: async () => {} });
    const began = performance.now();
    const sdp = await session.createOffer({ hold: false, iceRestart: false });
    session.close();
    return [performance.now() - began, sdp];
  });
  assert.ok(took < 4500, `${took} ms`);
  assert.match(sdp, /^a=candidate:.* typ host/m);
});

test("a refused hold leaves audio flowing and the directions as they were", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    window.refusals = 1;
    const refused = await ours.setHold(true).catch(({ code }) => code);
    const told = [refused, window.wished(ours), window.ways(ours), ours.hold.local];
    await window.arrives(ours, "audio");
    await window.arrives(theirs, "audio");
    await ours.hangup();
    return told;
  });
  assert.deepEqual(seen, ["rejected", ["sendrecv"], ["sendrecv"], false]);
});

test("local and remote stream are the same objects after every renegotiation", async () => {
  const same = await page.evaluate(async () => {
    const { ours } = await window.talk({}, { media: { video: true } });
    const { localStream, remoteStream } = ours.media;
    await ours.renegotiate({ media: { video: true } });
    await ours.renegotiate({ iceRestart: true });
    await ours.setHold(true);
    const same = ours.media.localStream === localStream && ours.media.remoteStream === remoteStream;
    await ours.hangup();
    return same;
  });
  assert.equal(same, true);
});

test("another microphone takes over in mid-call, muted if the one before was, and the peer hears it", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    const devices = await navigator.mediaDevices.enumerateDevices();
    const microphone = devices.filter(({ kind }) => kind === "audioinput").at(-1);
    const [first] = ours.media.localStream.getTracks();
    ours.setMuted(true);
    await ours.media.setInput(microphone.deviceId);
    const [second] = ours.media.localStream.getTracks();
    const told = [
      first.readyState,
      second.readyState,
      second !== first,
      second.getSettings().deviceId === microphone.deviceId,
      second.enabled,
      ours.media.localStream.getTracks().length,
    ];
    ours.setMuted(false);
    told.push(second.enabled);
    await window.arrives(theirs, "audio");
    await ours.hangup();
    told.push(second.readyState);
    return told;
  });
  assert.deepEqual(seen, ["ended", "live", true, true, false, 1, true, "ended"]);
});

test("a microphone that cannot be had leaves the one in use", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    const [before] = ours.media.localStream.getTracks();
    const refused = await ours.media.setInput("no-such-device").catch(({ code, message }) => [code, message]);
    const kept = ours.media.localStream.getTracks()[0] === before && before.readyState === "live";
    await window.arrives(theirs, "audio");
    await ours.hangup();
    return [...refused, kept];
  });
  assert.deepEqual([seen[0], seen[2]], ["media", true]);
  assert.match(seen[1], /microphone/);
});

test("a microphone that is unplugged is told, and the system's takes its place", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    const [lost] = ours.media.localStream.getTracks();
    const told = window.next(ours, "devicelost");
    window.unplug(lost);
    const { kind, label, replacement } = await told;
    const [now] = ours.media.localStream.getTracks();
    await window.arrives(theirs, "audio");
    await ours.hangup();
    return [kind, label === lost.label, replacement === now.label, now !== lost];
  });
  assert.deepEqual(seen, ["audioinput", true, true, true]);
});

test("an unplugged microphone that nothing can replace is told as such, and the call stays", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    const { getUserMedia } = navigator.mediaDevices;
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("gone", "NotFoundError"));
    const told = window.next(ours, "devicelost");
    window.unplug(ours.media.localStream.getTracks()[0]);
    const { kind, replacement } = await told;
    navigator.mediaDevices.getUserMedia = getUserMedia;
    await ours.media.setInput("default");
    await window.arrives(theirs, "audio");
    await ours.hangup();
    return [kind, replacement];
  });
  assert.deepEqual(seen, ["audioinput", null]);
});

test("a loudspeaker is chosen in mid-call, and told when it is unplugged", async () => {
  const seen = await page.evaluate(async () => {
    const { ours } = await window.talk();
    const sinks = [];
    const { setSinkId } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.setSinkId = async (id) => void sinks.push(id);
    const { enumerateDevices } = navigator.mediaDevices;
    let present = [{ kind: "audiooutput", deviceId: "headset", label: "Headset" }];
    navigator.mediaDevices.enumerateDevices = async () => present;
    await ours.media.setOutput("headset");
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
    const told = window.next(ours, "devicelost");
    present = [{ kind: "audiooutput", deviceId: "other", label: "Other" }];
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
    const { kind, label } = await told;
    Object.assign(HTMLMediaElement.prototype, { setSinkId });
    Object.assign(navigator.mediaDevices, { enumerateDevices });
    await ours.hangup();
    return [sinks, kind, label];
  });
  assert.deepEqual(seen, [["headset", ""], "audiooutput", "Headset"]);
});

test("a loudspeaker that is not there is refused in words", async () => {
  const [code, message] = await page.evaluate(async () => {
    const { ours } = await window.talk();
    const refused = await ours.media.setOutput("no-such-device").catch(({ code, message }) => [code, message]);
    await ours.media.setOutput("default");
    await ours.hangup();
    return refused;
  });
  assert.equal(code, "media");
  assert.match(message, /loudspeaker/);
});

test("sound that the browser blocks is told, and plays by play()", async () => {
  const seen = await page.evaluate(async () => {
    const { play } = HTMLMediaElement.prototype;
    let blocked = true;
    HTMLMediaElement.prototype.play = function () {
      return blocked ? Promise.reject(new DOMException("a gesture first", "NotAllowedError")) : play.call(this);
    };
    const coming = new Promise((resolve) => window.bob.on("call", ({ call }) => resolve(call), { once: true }));
    const ours = window.alice.call("bob");
    const told = window.next(ours, "playbackblocked");
    await (await coming).accept();
    await told;
    const again = await ours.media.play().catch(({ name }) => name);
    blocked = false;
    await ours.media.play();
    const element = [...document.querySelectorAll("audio")].find(({ srcObject }) => srcObject === ours.media.remoteStream);
    const playing = !element.paused;
    HTMLMediaElement.prototype.play = play;
    await ours.hangup();
    return [again, playing, document.querySelectorAll("audio").length];
  });
  assert.deepEqual(seen.slice(0, 2), ["NotAllowedError", true]);
});

test("tones go within the media one sequence after the other, and no INFO is sent", async () => {
  const seen = await page.evaluate(async () => {
    const { ours } = await window.talk();
    await window.arrives(ours, "audio");
    const tones = [];
    const [sender] = ours.media.peerConnection.getSenders();
    sender.dtmf.addEventListener("tonechange", ({ tone }) => tones.push(tone));
    const sent = [];
    const off = window.alice.on("trace", ({ direction, message }) => direction === "out" && sent.push(message.split(" ")[0]));
    await Promise.all([ours.sendDtmf("12"), ours.sendDtmf("#a", { durationMs: 40, gapMs: 30 })]);
    off();
    await ours.hangup();
    return [tones, sent];
  });
  assert.deepEqual(seen, [["1", "2", "", "#", "A", ""], []]);
});

test("tones that the peer's hold or the end of the call cuts short fail, and so do those after them", async () => {
  const seen = await page.evaluate(async () => {
    const { ours, theirs } = await window.talk();
    await window.arrives(ours, "audio");
    const code = (sent) => sent.catch(({ code }) => code);
    const cut = code(ours.sendDtmf("1,2"));
    await theirs.setHold(true);
    const told = [await cut, ours.media.canSendDtmf, await code(ours.sendDtmf("3", { mode: "rtp" }))];
    const heard = window.next(theirs, "dtmf");
    await ours.sendDtmf("4");
    told.push((await heard).tone);
    await theirs.setHold(false);
    const over = [code(ours.sendDtmf("1,2")), code(ours.sendDtmf("3"))];
    await ours.hangup();
    return [...told, ...(await Promise.all(over))];
  });
  assert.deepEqual(seen, ["media", false, "media", "4", "ended", "ended"]);
});

test("early media of one branch does not keep the answer of another from being taken", async () => {
  const seen = await page.evaluate(async () => {
    const context = { call: "0", direction: "outgoing", failed() {}, renegotiate: async () => {} };
    const open = () => window.webrtc({ output: false }).open(context);
    const [caller, early, final] = [open(), open(), open()];
    const offer = await caller.createOffer({ hold: false, iceRestart: false });
    await caller.setAnswer(await early.createAnswer(offer, { hold: false }), { branch: "a", provisional: true });
    // Firefox plays no early media.
    if (caller.peerConnection.signalingState === "have-remote-pranswer") await window.arrives({ media: early }, "audio");
    await caller.setAnswer(await final.createAnswer(offer, { hold: false }), { branch: "b", provisional: false });
    early.close();
    await window.arrives({ media: final }, "audio");
    await window.arrives({ media: caller }, "audio");
    const state = caller.peerConnection.connectionState;
    caller.close();
    final.close();
    return state;
  });
  assert.equal(seen, "connected");
});

test("a refused microphone answers the caller at once, and is explained to the callee", async () => {
  const seen = await page.evaluate(async () => {
    const { getUserMedia } = navigator.mediaDevices;
    let first = true;
    navigator.mediaDevices.getUserMedia = function (...args) {
      if (first) return (first = false), getUserMedia.apply(this, args);
      return Promise.reject(new DOMException("no", "NotAllowedError"));
    };
    const coming = new Promise((resolve) => window.bob.on("call", ({ call }) => resolve(call), { once: true }));
    const ours = window.alice.call("bob");
    const theirs = await coming;
    const why = await theirs.accept().catch(({ code, message }) => [code, message]);
    const { cause, status } = await ours.ended;
    navigator.mediaDevices.getUserMedia = getUserMedia;
    return [...why, cause, status, (await theirs.ended).cause];
  });
  assert.deepEqual([seen[0], ...seen.slice(2)], ["media", "unanswered", 480, "media"]);
  assert.match(seen[1], /allow it in the browser's settings/);
});

test("a permission that is pending while the caller gives up leaves no microphone on", async () => {
  const seen = await page.evaluate(async () => {
    const { getUserMedia } = navigator.mediaDevices;
    let first = true;
    let grant;
    const asked = new Promise((resolve) => {
      navigator.mediaDevices.getUserMedia = function (...args) {
        if (first) return (first = false), getUserMedia.apply(this, args);
        return new Promise((given) => {
          grant = async () => given(await getUserMedia.apply(this, args));
          resolve();
        });
      };
    });
    const coming = new Promise((resolve) => window.bob.on("call", ({ call }) => resolve(call), { once: true }));
    const ours = window.alice.call("bob");
    const theirs = await coming;
    const accepted = theirs.accept().catch(({ code }) => code);
    await asked;
    const state = theirs.state;
    await ours.hangup();
    const { cause } = await theirs.ended;
    navigator.mediaDevices.getUserMedia = getUserMedia;
    const { stop } = MediaStreamTrack.prototype;
    const stopped = new Promise((resolve) => {
      MediaStreamTrack.prototype.stop = function () {
        MediaStreamTrack.prototype.stop = stop;
        this.stop();
        resolve(this.readyState);
      };
    });
    await grant();
    return [state, await accepted, cause, await stopped];
  });
  assert.deepEqual(seen, ["answering", "ended", "cancelled", "ended"]);
});

test("a peer without a common codec is refused with 488, and so is SDP that the browser cannot read", async () => {
  const seen = await page.evaluate(async () => {
    const { UserAgent } = await import("/index.js");
    let spoil;
    const strange = {
      open(context) {
        const session = window.webrtc({ output: false }).open(context);
        const make = session.createOffer.bind(session);
        session.createOffer = async (options) => spoil(await make(options));
        return session;
      },
    };
    const carol = await UserAgent.create({
      aor: "sip:carol@switchboard.test",
      servers: window.alice.server,
      credentials: { username: "carol", password: "carol-secret" },
      media: strange,
    });
    await carol.connect();
    const offer = async (how) => {
      spoil = how;
      const coming = new Promise((resolve) => window.bob.on("call", ({ call }) => resolve(call), { once: true }));
      const ours = carol.call("bob");
      const why = await (await coming).accept().catch(({ code }) => code);
      const { cause, status } = await ours.ended;
      return [why, cause, status];
    };
    const told = [
      await offer((sdp) =>
        sdp
          .replace(/^a=(rtpmap|fmtp|rtcp-fb):.*\r\n/gm, "")
          .replace(/^(m=audio \d+ \S+) .*\r\n/m, "$1 77\r\na=rtpmap:77 telegraph/8000\r\n"),
      ),
      await offer((sdp) => sdp.replace(/^a=fingerprint:.*$/gm, "a=fingerprint:none")),
    ];
    await carol.close();
    return told;
  });
  assert.deepEqual(seen, [
    ["media", "incompatible", 488],
    ["media", "incompatible", 488],
  ]);
});

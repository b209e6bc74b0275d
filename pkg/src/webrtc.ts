/**
 * Media by the browser's RTCPeerConnection, with safe defaults: audio on, video off, remote sound played, ICE gathering
 * bounded in time. Everything is standard WebRTC; SIP knows only the SDP.
 */

import { captureOptions } from "./call-options.js";
import * as check from "./check.js";
import { PatchcordError } from "./errors.js";
import { gathered } from "./gather.js";
import type { MediaContext, MediaProvider, MediaSession } from "./media.js";
import { Senders } from "./senders.js";
import type { Kind } from "./senders.js";
import { Sound } from "./sound.js";
import type { Output } from "./sound.js";
import type { MediaConstraints } from "./types.js";

/** How WebRTC is used. */
export interface WebRtcOptions {
  /** STUN and TURN servers; in place of those of `rtcConfiguration`. */
  iceServers?: RTCIceServer[];
  /** For RTCPeerConnection. */
  rtcConfiguration?: RTCConfiguration;
  /** Longest wait for candidates; once one usable candidate is there, 1000 ms more. Default 3000. */
  gatheringTimeoutMs?: number;
  /** What to capture where a call does not say otherwise. Default true; false = listen only. */
  audio?: MediaTrackConstraints | boolean;
  /** Default false. */
  video?: MediaTrackConstraints | boolean;
  /** A stream of the application's own, in place of capture. Its tracks are never stopped here. */
  stream?: MediaStream;
  /** Where remote sound goes. Default "auto": an element of our own. false: nowhere; play `remoteStream` yourself. */
  output?: "auto" | HTMLMediaElement | false;
}

/** The media of one call. */
export interface WebRtcSession extends MediaSession {
  readonly peerConnection: RTCPeerConnection;
  /** What we send. The same object for the whole call; tracks come and go. */
  readonly localStream: MediaStream;
  /** What we hear and see. The same object for the whole call; tracks come and go. */
  readonly remoteStream: MediaStream;
  /** Plays remote sound; call it from a user gesture after `playbackblocked`. */
  play(): Promise<void>;
  /** As RTCPeerConnection.getStats(). */
  stats(): Promise<RTCStatsReport>;
}

/**
 * RTCPeerConnection with safe defaults: audio on, video off, remote sound played, ICE gathering bounded in time.
 *
 * @throws TypeError or RangeError at once for an option that is wrong or does not exist.
 *
 * @example
 * const ua = await UserAgent.create({ aor, servers, media: webrtc({ iceServers: [{ urls: "stun:stun.example.com" }] }) });
 */
export function webrtc(options?: WebRtcOptions): MediaProvider<WebRtcSession> {
  const settings = webRtcSettings(options);
  return {
    open(context) {
      if (typeof RTCPeerConnection === "undefined") {
        throw new PatchcordError(
          "media",
          "there is no RTCPeerConnection here; give UserAgent.create() a media provider that suits this environment",
        );
      }
      return new PeerSession(context, settings);
    },
  };
}

interface WebRtcSettings {
  readonly configuration: RTCConfiguration;
  readonly gatheringTimeoutMs: number;
  readonly capture: MediaConstraints;
  readonly output: Output;
}

function webRtcSettings(options: WebRtcOptions | undefined): WebRtcSettings {
  const known = ["iceServers", "rtcConfiguration", "gatheringTimeoutMs", "audio", "video", "stream", "output"];
  const given = check.record(options, "webrtc", known);
  const { iceServers, rtcConfiguration = {}, gatheringTimeoutMs = 3000, output = "auto" } = given;
  if (iceServers !== undefined && !Array.isArray(iceServers))
    throw new TypeError('iceServers: an array like [{ urls: "stun:stun.example.com" }] is needed');
  if (typeof rtcConfiguration !== "object" || rtcConfiguration === null)
    throw new TypeError("rtcConfiguration: an object is needed");
  const plays =
    output === "auto" || output === false || typeof (output as Partial<HTMLMediaElement> | null)?.play === "function";
  if (!plays) throw new TypeError('output: "auto", false or a media element is needed');
  return {
    configuration: { ...rtcConfiguration, ...(iceServers && { iceServers: iceServers as RTCIceServer[] }) },
    gatheringTimeoutMs: check.whole(gatheringTimeoutMs, "gatheringTimeoutMs", 0, 60_000),
    capture: captureOptions(given, "webrtc"),
    output: output as Output,
  };
}

class PeerSession implements WebRtcSession {
  readonly peerConnection: RTCPeerConnection;
  readonly localStream: MediaStream;
  readonly remoteStream = new MediaStream();
  readonly #settings: WebRtcSettings;
  readonly #sound: Sound;
  readonly #senders: Senders;
  #capture: MediaConstraints = {};
  #closed = false;

  constructor(context: MediaContext, settings: WebRtcSettings) {
    this.#settings = settings;
    this.peerConnection = new RTCPeerConnection(settings.configuration);
    this.#senders = new Senders(this.peerConnection);
    this.localStream = this.#senders.stream;
    this.#sound = new Sound(settings.output, this.remoteStream, () => context.playbackBlocked?.());
    this.peerConnection.addEventListener("track", ({ track }) => {
      this.remoteStream.addTrack(track);
      if (track.kind === "audio") this.#sound.start();
    });
    this.peerConnection.addEventListener("connectionstatechange", () => {
      if (this.peerConnection.connectionState === "failed")
        context.failed(new PatchcordError("media", "no media gets through: every ICE candidate pair has failed"));
    });
  }

  async createOffer(options: { hold: boolean; iceRestart: boolean; constraints?: MediaConstraints }): Promise<string> {
    const pc = this.peerConnection;
    try {
      await this.#gather(options.constraints, ["audio", "video"]);
      if (!pc.getTransceivers().some((transceiver) => kindOf(transceiver) === "audio"))
        pc.addTransceiver("audio", { direction: "recvonly" });
      this.#direct(options.hold);
      const offer = await pc.createOffer({ iceRestart: options.iceRestart });
      return await this.#described(offer);
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  async createAnswer(offer: string, options: { hold: boolean; constraints?: MediaConstraints }): Promise<string> {
    const pc = this.peerConnection;
    await pc.setRemoteDescription({ type: "offer", sdp: offer });
    try {
      const offered = pc
        .getTransceivers()
        .filter(({ direction }) => direction !== "stopped")
        .map(kindOf);
      await this.#gather(options.constraints, offered);
      this.#direct(options.hold);
      const answer = await pc.createAnswer();
      if (!/^m=\S+ [1-9]/m.test(answer.sdp ?? ""))
        throw new Error("nothing in the peer's offer can be answered: no media or codec in common");
      const sdp = await this.#described(answer);
      this.#agreed();
      return sdp;
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  async setAnswer(answer: string, { provisional }: { branch: string; provisional: boolean }): Promise<void> {
    const pc = this.peerConnection;
    // The first early media is kept: a browser cannot listen to two branches of one offer.
    if (provisional && pc.signalingState === "have-remote-pranswer") return;
    await pc.setRemoteDescription({ type: provisional ? "pranswer" : "answer", sdp: answer });
    if (!provisional) this.#agreed();
  }

  async rollback(): Promise<void> {
    const { signalingState } = this.peerConnection;
    if (signalingState === "have-local-offer") await this.peerConnection.setLocalDescription({ type: "rollback" });
    if (signalingState === "have-remote-offer") await this.peerConnection.setRemoteDescription({ type: "rollback" });
    this.#senders.undo();
  }

  close(): void {
    this.#closed = true;
    this.#senders.close();
    this.#sound.stop();
    this.peerConnection.close();
  }

  play(): Promise<void> {
    return this.#sound.play();
  }

  stats(): Promise<RTCStatsReport> {
    return this.peerConnection.getStats();
  }

  /** Drafts that we send what is wanted of these kinds, and nothing else. */
  async #gather(constraints: MediaConstraints | undefined, offered: readonly Kind[]): Promise<void> {
    this.#capture = { audio: true, video: false, ...this.#settings.capture, ...constraints };
    const { stream } = this.#capture;
    const wants = (kind: Kind) => stream !== undefined || Boolean(this.#capture[kind]);
    const sent = this.#senders.kinds;
    for (const kind of sent) if (!wants(kind)) this.#senders.drop(kind);
    const missing = offered.filter((kind) => !sent.has(kind) && wants(kind));
    if (missing.length === 0) return;
    const wanted = (kind: Kind) => missing.includes(kind) && (this.#capture[kind] ?? false);
    const found = stream ?? (await capture({ audio: wanted("audio"), video: wanted("video") }));
    if (this.#closed) {
      if (!stream) for (const track of found.getTracks()) track.stop();
      throw new PatchcordError("media", "the call ended before there was media");
    }
    for (const kind of missing) {
      const track = found.getTracks().find((one) => one.kind === kind);
      if (track) await this.#senders.add(track, !stream);
    }
  }

  /** What goes which way. Audio is heard even if we send none; video only flows where it was asked for. */
  #direct(hold: boolean): void {
    for (const transceiver of this.peerConnection.getTransceivers()) {
      if (transceiver.direction === "stopped") continue;
      const sends = this.#senders.carries(transceiver.sender);
      const hears = !hold && (kindOf(transceiver) === "audio" || sends || Boolean(this.#capture.video));
      transceiver.direction = sends ? (hears ? "sendrecv" : "sendonly") : hears ? "recvonly" : "inactive";
    }
  }

  /** Sets our description and waits for candidates; gives the description with them. */
  async #described(description: RTCSessionDescriptionInit): Promise<string> {
    const pc = this.peerConnection;
    const candidates = gathered(pc, this.#settings.gatheringTimeoutMs);
    try {
      await pc.setLocalDescription(description);
      await candidates.enough;
    } finally {
      candidates.stop();
    }
    return pc.localDescription?.sdp ?? "";
  }

  /** What was drafted holds; and what is not received any more goes out of the remote stream. */
  #agreed(): void {
    this.#senders.keep();
    const heard = this.peerConnection
      .getTransceivers()
      .filter(({ currentDirection }) => currentDirection === "sendrecv" || currentDirection === "recvonly");
    const tracks = heard.map(({ receiver }) => receiver.track);
    for (const track of this.remoteStream.getTracks())
      if (!tracks.includes(track)) this.remoteStream.removeTrack(track);
  }
}

function kindOf(transceiver: RTCRtpTransceiver): Kind {
  return transceiver.receiver.track.kind as Kind;
}

async function capture(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const devices = globalThis.navigator?.mediaDevices;
  if (!devices)
    throw new PatchcordError(
      "media",
      "microphone and camera are only to be had on pages served by https: or from localhost",
    );
  try {
    return await devices.getUserMedia(constraints);
  } catch (error) {
    const what = constraints.video ? (constraints.audio ? "microphone or camera" : "camera") : "microphone";
    const name = error instanceof Error ? error.name : "";
    throw new PatchcordError("media", refusals(what)[name] ?? `the ${what} could not be had: ${String(error)}`, {
      cause: error,
    });
  }
}

function refusals(what: string): Readonly<Record<string, string>> {
  return {
    NotAllowedError: `the use of the ${what} was refused; the user can allow it in the browser's settings for this site`,
    NotFoundError: `no ${what} was found; connect one, or listen only with audio: false`,
    NotReadableError: `the ${what} is in use by another program, or the system refuses it`,
    OverconstrainedError: `no ${what} fits the constraints asked for`,
    SecurityError: `this page may not use the ${what}: its Permissions-Policy forbids it`,
  };
}

/**
 * The media of one call: an RTCPeerConnection, and the rules by which it makes and takes SDP. What is drafted with an offer
 * or answer, tracks and directions alike, holds when both sides have agreed, and is taken back when they have not.
 */

import { PatchcordError, explain } from "../errors.js";
import type { MediaContext } from "../media.js";
import type { MediaConstraints } from "../types.js";
import type { WebRtcSession } from "../webrtc.js";
import { capture, constraintsOf } from "./capture.js";
import type { Devices } from "./capture.js";
import { readableAnswer, readableOffer } from "./dialect.js";
import type { Agreed } from "./dialect.js";
import { describe } from "./gather.js";
import { Path } from "./path.js";
import { Senders } from "./senders.js";
import type { Kind } from "./senders.js";
import { Sound } from "./sound.js";
import type { Output } from "./sound.js";
import { Tones } from "./tones.js";
import type { Pace } from "./tones.js";

/** Options of webrtc(), checked. */
export interface WebRtcSettings {
  readonly configuration: RTCConfiguration;
  readonly gatheringTimeoutMs: number;
  readonly capture: MediaConstraints;
  readonly output: Output;
}

/** The session. */
export class PeerSession implements WebRtcSession {
  readonly peerConnection: RTCPeerConnection;
  readonly localStream: MediaStream;
  readonly remoteStream = new MediaStream();
  readonly #context: MediaContext;
  readonly #settings: WebRtcSettings;
  readonly #sound: Sound;
  readonly #senders: Senders;
  readonly #tones: Tones;
  readonly #path: Path;
  #wanted: MediaConstraints = {};
  #devices: Devices = {};
  /** Directions as they were before the offer or answer under way. */
  #before: ReadonlyMap<RTCRtpTransceiver, RTCRtpTransceiverDirection> | undefined;
  /** When the device chosen before is in use. */
  #chosen: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(context: MediaContext, settings: WebRtcSettings) {
    this.#context = context;
    this.#settings = settings;
    const pc = (this.peerConnection = new RTCPeerConnection(settings.configuration));
    this.#senders = new Senders(pc, (track, own) => void this.#onLost(track, own));
    this.localStream = this.#senders.stream;
    this.#sound = new Sound(settings.output, this.remoteStream, {
      blocked: () => context.playbackBlocked?.(),
      lost: (label) => context.deviceLost?.({ kind: "audiooutput", label, replacement: "" }),
    });
    this.#tones = new Tones(() => this.#senders.of("audio")?.dtmf);
    this.#path = new Path(pc, context);
    pc.addEventListener("track", ({ track }) => {
      this.remoteStream.addTrack(track);
      if (track.kind === "audio") this.#sound.start();
    });
  }

  async createOffer(options: { hold: boolean; iceRestart: boolean; constraints?: MediaConstraints }): Promise<string> {
    const pc = this.peerConnection;
    this.#remember();
    try {
      await this.#gather(options.constraints, ["audio", "video"]);
      if (!pc.getTransceivers().some((transceiver) => kindOf(transceiver) === "audio"))
        pc.addTransceiver("audio", { direction: "recvonly" });
      this.#direct(options.hold);
      const offer = await pc.createOffer({ iceRestart: options.iceRestart });
      return await describe(pc, offer, this.#settings.gatheringTimeoutMs);
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  async createAnswer(offer: string, options: { hold: boolean; constraints?: MediaConstraints }): Promise<string> {
    const pc = this.peerConnection;
    this.#remember();
    try {
      await pc.setRemoteDescription({ type: "offer", sdp: readableOffer(offer, this.#inForce()) });
      const offered = pc
        .getTransceivers()
        .filter(({ direction }) => direction !== "stopped")
        .map(kindOf);
      await this.#gather(options.constraints, offered);
      this.#direct(options.hold);
      const answer = await pc.createAnswer();
      if (!/^m=\S+ [1-9]/m.test(answer.sdp ?? ""))
        throw new Error("nothing in the peer's offer can be answered: no media or codec in common");
      const sdp = await describe(pc, answer, this.#settings.gatheringTimeoutMs);
      this.#agreed();
      return sdp;
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  async setAnswer(answer: string, { provisional }: { branch: string; provisional: boolean }): Promise<void> {
    const pc = this.peerConnection;
    if (!provisional) {
      await pc.setRemoteDescription({ type: "answer", sdp: readableAnswer(answer, this.#inForce()) });
      return this.#agreed();
    }
    // The first early media is kept: a browser cannot listen to two branches of one offer.
    if (pc.signalingState !== "have-local-offer") return;
    try {
      await pc.setRemoteDescription({ type: "pranswer", sdp: answer });
    } catch (error) {
      // Firefox knows no provisional answers. One set for good would shut out the branch that answers in the end.
      if (!(error instanceof Error) || error.name !== "NotSupportedError") throw error;
    }
  }

  async rollback(): Promise<void> {
    const { signalingState } = this.peerConnection;
    if (signalingState === "have-local-offer") await this.peerConnection.setLocalDescription({ type: "rollback" });
    if (signalingState === "have-remote-offer") await this.peerConnection.setRemoteDescription({ type: "rollback" });
    this.#senders.undo();
    for (const [transceiver, direction] of this.#before ?? [])
      if (transceiver.direction !== "stopped") transceiver.direction = direction;
    this.#before = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#path.close();
    this.#tones.close();
    this.#senders.close();
    this.#sound.stop();
    this.peerConnection.close();
  }

  setInput(deviceId: string, kind: Kind = "audio"): Promise<void> {
    if (typeof deviceId !== "string") throw new TypeError("deviceId: that of a MediaDeviceInfo is needed");
    if (kind !== "audio" && kind !== "video") throw new TypeError('kind: "audio" or "video" is needed');
    const chosen = this.#chosen.then(() => this.#choose(deviceId, kind));
    this.#chosen = chosen.catch(() => {});
    return chosen;
  }

  async setOutput(deviceId: string): Promise<void> {
    if (typeof deviceId !== "string") throw new TypeError("deviceId: that of a MediaDeviceInfo is needed");
    await this.#sound.route(deviceId);
  }

  get canSendDtmf(): boolean {
    return this.#tones.ready;
  }

  sendDtmf(tones: string, pace: Pace): Promise<void> {
    return this.#tones.send(tones, pace);
  }

  play(): Promise<void> {
    return this.#sound.play();
  }

  stats(): Promise<RTCStatsReport> {
    return this.peerConnection.getStats();
  }

  #inForce(): Agreed | undefined {
    const { currentLocalDescription: local, currentRemoteDescription: remote } = this.peerConnection;
    return local && remote ? { local: local.sdp, remote: remote.sdp } : undefined;
  }

  #remember(): void {
    const all = this.peerConnection.getTransceivers();
    this.#before ??= new Map(all.map((transceiver) => [transceiver, transceiver.direction]));
  }

  /** Drafts that we send what is wanted of these kinds, and nothing else. */
  async #gather(constraints: MediaConstraints | undefined, offered: readonly Kind[]): Promise<void> {
    this.#wanted = { audio: true, video: false, ...this.#settings.capture, ...constraints };
    const { stream } = this.#wanted;
    const wants = (kind: Kind) => stream !== undefined || Boolean(this.#wanted[kind]);
    const sent = this.#senders.kinds;
    for (const kind of sent) if (!wants(kind)) this.#senders.drop(kind);
    const missing = offered.filter((kind) => !sent.has(kind) && wants(kind));
    if (missing.length === 0) return;
    const ask = (kind: Kind) => missing.includes(kind) && constraintsOf(kind, this.#wanted, this.#devices);
    const found = stream ?? (await this.#captured({ audio: ask("audio"), video: ask("video") }));
    for (const kind of missing) {
      const track = found.getTracks().find((one) => one.kind === kind);
      if (track) await this.#senders.add(track, !stream);
    }
  }

  /** Captures, unless the call ends before the user has decided. */
  async #captured(constraints: MediaStreamConstraints): Promise<MediaStream> {
    const found = await capture(constraints);
    if (!this.#closed) return found;
    for (const track of found.getTracks()) track.stop();
    throw new PatchcordError("media", "the call ended before there was media");
  }

  /** Captures by that device from now on; in place of the one in use, if one is. */
  async #choose(deviceId: string, kind: Kind): Promise<void> {
    const devices = { ...this.#devices, [kind]: deviceId };
    if (this.#senders.of(kind)) {
      const asked = constraintsOf(kind, { [kind]: true, ...whatIs(this.#wanted, kind) }, devices);
      const [track] = (await this.#captured({ [kind]: asked })).getTracks();
      if (track && !(await this.#senders.replace(track))) track.stop();
    }
    this.#devices = devices;
  }

  /** A device in use was unplugged: where it is ours to choose, what the system prefers takes its place. */
  async #onLost({ kind, label }: MediaStreamTrack, own: boolean): Promise<void> {
    const lost = kind === "video" ? ("videoinput" as const) : ("audioinput" as const);
    let replacement: string | null = null;
    if (own) {
      try {
        await this.setInput("default", kind as Kind);
        replacement = this.localStream.getTracks().find((track) => track.kind === kind)?.label ?? null;
      } catch (error) {
        this.#context.report?.(`nothing takes the place of ${label || `the ${kind} input`}: ${explain(error)}`);
      }
    }
    if (!this.#closed) this.#context.deviceLost?.({ kind: lost, label, replacement });
  }

  /** What goes which way. Audio is heard even if we send none; video only flows where it was asked for. */
  #direct(hold: boolean): void {
    for (const transceiver of this.peerConnection.getTransceivers()) {
      if (transceiver.direction === "stopped") continue;
      const sends = this.#senders.carries(transceiver.sender);
      const hears = !hold && (kindOf(transceiver) === "audio" || sends || Boolean(this.#wanted.video));
      transceiver.direction = sends ? (hears ? "sendrecv" : "sendonly") : hears ? "recvonly" : "inactive";
    }
  }

  /** What was drafted holds; and what is not received any more goes out of the remote stream. */
  #agreed(): void {
    this.#before = undefined;
    this.#senders.keep();
    this.#tones.changed();
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

/** What was asked of a kind, where that says more than yes or no. */
function whatIs(wanted: MediaConstraints, kind: Kind): MediaConstraints {
  const asked = wanted[kind];
  return typeof asked === "object" ? { [kind]: asked } : {};
}

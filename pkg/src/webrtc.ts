/**
 * Media by the browser's RTCPeerConnection, with safe defaults: audio on, video off, remote sound played, ICE gathering
 * bounded in time. Everything is standard WebRTC; SIP knows only the SDP.
 */

import { captureOptions } from "./call-options.js";
import * as check from "./check.js";
import { PatchcordError } from "./errors.js";
import type { MediaProvider, MediaSession } from "./media.js";
import { PeerSession } from "./webrtc/session.js";
import type { WebRtcSettings } from "./webrtc/session.js";
import type { Output } from "./webrtc/sound.js";

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
  /** To look at; what it negotiates is the call's business. */
  readonly peerConnection: RTCPeerConnection;
  /** What we send. The same object for the whole call; tracks come and go. */
  readonly localStream: MediaStream;
  /** What we hear and see. The same object for the whole call; tracks come and go. */
  readonly remoteStream: MediaStream;
  /**
   * Captures by this device, in the middle of the call; "default" is the one the system prefers. The peer is not told, and
   * what is muted stays so. Where nothing of that kind is sent it counts from the next time something is.
   * @param deviceId As `navigator.mediaDevices.enumerateDevices()` tells it.
   * @param kind Default "audio".
   * @returns Rejects with PatchcordError `media` when the device cannot be had; then everything is as it was.
   *
   * @example
   * const [headset] = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "audioinput");
   * await call.media?.setInput(headset.deviceId);
   */
  setInput(deviceId: string, kind?: "audio" | "video"): Promise<void>;
  /**
   * Plays remote sound by this loudspeaker, "default" being the system's.
   * @returns Rejects with PatchcordError `media` when the device cannot be had, or the browser can use the system's only;
   *   with TypeError when `output` is false.
   */
  setOutput(deviceId: string): Promise<void>;
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

/**
 * What makes and takes SDP: the interfaces by which WebRTC, or anything else, is plugged in.
 */

import type { MediaConstraints } from "./types.js";

/** Opens a media session per call. */
export interface MediaProvider<M extends MediaSession = MediaSession> {
  /** Called when a call first needs media. May throw: then the call ends with cause "media". */
  open(context: MediaContext): M;
}

/** What a media session knows of its call. */
export interface MediaContext {
  /** `id` of the call. */
  call: string;
  direction: "incoming" | "outgoing";
  /** Media is lost for good: the call ends with cause "media". */
  failed(error: Error): void;
  /**
   * The path must be renewed (ICE failed, or the network has changed): the call is renegotiated as soon as it is established
   * and there is a connection to its server. Resolves when both sides have agreed; rejects with a PatchcordError when the
   * peer has refused, or the call is over. Both may be left unobserved.
   */
  renegotiate(options: { iceRestart: boolean }): Promise<void>;
  /** @internal The browser refused to play sound before a user gesture. */
  playbackBlocked?(): void;
  /** @internal A device in use is gone. */
  deviceLost?(device: LostDevice): void;
  /** @internal What goes wrong and nobody waits for. */
  report?(detail: string): void;
}

/** A device that was unplugged while a call used it. */
export interface LostDevice {
  readonly kind: MediaDeviceKind;
  /** Its name, as far as the browser tells it. */
  readonly label: string;
  /** The name of what has taken its place by itself; empty where the browser does not tell; null where nothing has. */
  readonly replacement: string | null;
}

/**
 * All SDP of a call goes through here, one question at a time; a rejection refuses that offer or answer, not the call
 * that stands. An error named NotAllowedError, NotFoundError or NotReadableError, as getUserMedia's are, or a
 * PatchcordError `media`, says that devices are at fault; any other says that the peer's description is (488).
 */
export interface MediaSession {
  createOffer(options: { hold: boolean; iceRestart: boolean; constraints?: MediaConstraints }): Promise<string>;
  createAnswer(offer: string, options: { hold: boolean; constraints?: MediaConstraints }): Promise<string>;
  /** provisional: early media of that branch; another branch's answer may follow. */
  setAnswer(answer: string, options: { branch: string; provisional: boolean }): Promise<void>;
  /** Back to before the last unanswered offer, directions included. */
  rollback(): Promise<void>;
  /** Nothing is asked any more. */
  close(): void;
  /** Whether {@link sendDtmf} can work now. A session without it lets tones go by INFO. */
  readonly canSendDtmf?: boolean;
  /** Sends tones within the media (RFC 4733), those of an earlier call of it first; resolves when the last has sounded. */
  sendDtmf?(tones: string, options: { durationMs: number; gapMs: number }): Promise<void>;
}

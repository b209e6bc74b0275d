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
   * The path must be renewed (ICE failed, or the network has changed): the call is renegotiated, if it is established. What
   * comes of it is told by further questions to the session; where nothing can, by the user agent's event `diagnostic`.
   */
  renegotiate(options: { iceRestart: boolean }): void;
  /** @internal The browser refused to play sound before a user gesture. */
  playbackBlocked?(): void;
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
}

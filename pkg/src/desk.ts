/**
 * The desk at which the engine's questions about one call's media are answered: it opens a session at the first
 * question, passes one question at a time, keeps the mute, and closes the session with the call.
 */

import { PatchcordError, explain } from "./errors.js";
import type { Answer, Question } from "./host.js";
import type { MediaSession } from "./media.js";
import type { MediaConstraints } from "./types.js";

/** A question about media. */
export type MediaQuestion = Extract<Question, { call: number }>;

/** Which of our kinds of media are silenced. */
export interface Muted {
  readonly audio: boolean;
  readonly video: boolean;
}

/** One call's media. */
export class MediaDesk<M extends MediaSession> {
  /** What to capture. */
  constraints: MediaConstraints | undefined;
  readonly #open: () => M;
  #session: M | null = null;
  #muted: Muted = { audio: false, video: false };
  #failure: Error | null = null;
  #closed = false;

  /** `open` makes the session; it is called at most once. */
  constructor(open: () => M) {
    this.#open = open;
  }

  get session(): M | null {
    return this.#session;
  }

  get muted(): Muted {
    return this.#muted;
  }

  /** What last went wrong. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Answers a question. Never rejects. */
  async answer(question: MediaQuestion): Promise<Answer> {
    if (this.#closed) return { type: "media-failed", detail: "the call has ended", incompatible: false };
    try {
      this.#session ??= this.#open();
      const answer = await this.#ask(this.#session, question);
      this.#silence();
      return answer;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      return { type: "media-failed", detail: explain(error), incompatible: judges(question) && !isDeviceError(error) };
    }
  }

  /** Silences our tracks, now and as they come. Throws PatchcordError `media` where the session has no tracks to silence. */
  mute(muted: Muted): void {
    if (this.#session && !localTracks(this.#session)) {
      throw new PatchcordError(
        "media",
        "this media session has no localStream, so it cannot be muted here; mute it where it is made",
      );
    }
    const before = this.#muted;
    this.#muted = muted;
    // Only what changes: a track the application itself has disabled stays so.
    for (const track of this.#tracks()) {
      const kind = kindOf(track);
      if (muted[kind] !== before[kind]) track.enabled = !muted[kind];
    }
  }

  /** Closes the session, once; from then on every answer is no. May throw what the session throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#session?.close();
  }

  async #ask(session: M, question: MediaQuestion): Promise<Answer> {
    const capture = this.constraints && { constraints: this.constraints };
    switch (question.type) {
      case "create-offer": {
        const { hold, iceRestart } = question;
        return sdp(await session.createOffer({ hold, iceRestart, ...capture }), "createOffer");
      }
      case "create-answer":
        return sdp(await session.createAnswer(question.offer, { hold: question.hold, ...capture }), "createAnswer");
      case "set-answer":
        await session.setAnswer(question.answer, { branch: question.branch, provisional: question.provisional });
        return { type: "applied" };
      case "rollback":
        await session.rollback();
        return { type: "applied" };
    }
  }

  /** Tracks that came after mute() was called. */
  #silence(): void {
    for (const track of this.#tracks()) {
      if (this.#muted[kindOf(track)]) track.enabled = false;
    }
  }

  #tracks(): readonly MediaStreamTrack[] {
    return (this.#session && localTracks(this.#session)) ?? [];
  }
}

function kindOf(track: MediaStreamTrack): keyof Muted {
  return track.kind === "video" ? "video" : "audio";
}

function sdp(value: unknown, method: string): Answer {
  if (typeof value !== "string" || value === "")
    throw new PatchcordError("media", `the media session's ${method}() must resolve with SDP`);
  return { type: "sdp", sdp: value };
}

function judges(question: MediaQuestion): boolean {
  return question.type === "create-answer" || question.type === "set-answer";
}

function isDeviceError(error: unknown): boolean {
  if (error instanceof PatchcordError) return error.code === "media";
  return (
    error instanceof Error &&
    ["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError", "SecurityError"].includes(
      error.name,
    )
  );
}

/** The tracks we send, where the session shows them as WebRtcSession does. */
function localTracks(session: MediaSession): readonly MediaStreamTrack[] | undefined {
  const { localStream } = session as { localStream?: Partial<MediaStream> };
  return localStream?.getTracks?.();
}

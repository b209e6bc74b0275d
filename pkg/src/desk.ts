/**
 * The desk at which the engine's questions about one call's media are answered: it opens a session at the first
 * question, passes one question at a time, keeps what is to be captured and the mute, and closes the session with the
 * call.
 */

import { PatchcordError, explain } from "./errors.js";
import type { Answer, Question } from "./host.js";
import type { MediaContext, MediaProvider, MediaSession } from "./media.js";
import type { MediaConstraints } from "./types.js";

/** A question about media. */
export type MediaQuestion = Extract<Question, { call: number }>;

/** Which of our kinds of media are silenced. */
export interface Muted {
  readonly audio: boolean;
  readonly video: boolean;
}

/** What the desk needs of its call. */
export interface MediaDeskParts<M extends MediaSession> {
  readonly provider: MediaProvider<M>;
  readonly context: MediaContext;
  /** What to capture until something else is wished for. */
  readonly capture: MediaConstraints | undefined;
  /** There is a session. */
  opened(session: M): void;
}

/** One call's media. */
export class MediaDesk<M extends MediaSession> {
  readonly #parts: MediaDeskParts<M>;
  #capture: MediaConstraints | undefined;
  /** Wishes not yet granted, oldest first. */
  #wishes: readonly MediaConstraints[] = [];
  /** When the question before has been answered. */
  #turn: Promise<unknown> = Promise.resolve();
  #session: M | null = null;
  #muted: Muted = { audio: false, video: false };
  /** The peer is on hold, so that it hears nothing of us either. */
  #held = false;
  #failure: Error | null = null;
  #closed = false;

  constructor(parts: MediaDeskParts<M>) {
    this.#parts = parts;
    this.#capture = parts.capture;
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

  /** Captures what is wished, over what is captured so far; if `granted` rejects, as before. */
  wish(wish: MediaConstraints | undefined, granted: Promise<unknown>): void {
    if (!wish) return;
    this.#wishes = [...this.#wishes, wish];
    const settle = () => {
      this.#wishes = this.#wishes.filter((other) => other !== wish);
    };
    granted.then(() => {
      settle();
      this.#capture = { ...this.#capture, ...wish };
    }, settle);
  }

  /**
   * Answers a question, when those before it have been answered: a rollback may be asked for while an offer is still being
   * made. Never rejects.
   */
  answer(question: MediaQuestion): Promise<Answer> {
    const answer = this.#turn.then(() => this.#answer(question));
    this.#turn = answer;
    return answer;
  }

  async #answer(question: MediaQuestion): Promise<Answer> {
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
    this.#change(() => {
      this.#muted = muted;
    });
  }

  /** Silences all our tracks while the peer is on hold, whatever is muted. */
  hold(held: boolean): void {
    this.#change(() => {
      this.#held = held;
    });
  }

  /** Closes the session, once; from then on every answer is no. May throw what the session throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#session?.close();
  }

  #open(): M {
    const { provider, context, opened } = this.#parts;
    const session = provider.open(context);
    opened(session);
    return session;
  }

  async #ask(session: M, question: MediaQuestion): Promise<Answer> {
    const wanted = [this.#capture, ...this.#wishes].filter((one) => one !== undefined);
    const capture = wanted.length > 0 && { constraints: Object.assign({}, ...wanted) as MediaConstraints };
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

  #silences(track: MediaStreamTrack): boolean {
    return this.#held || this.#muted[kindOf(track)];
  }

  /** Changes what is silent. Only such tracks are touched: one that the application itself has disabled stays so. */
  #change(change: () => void): void {
    const before = this.#tracks().map((track) => ({ track, silent: this.#silences(track) }));
    change();
    for (const { track, silent } of before) {
      if (this.#silences(track) !== silent) track.enabled = silent;
    }
  }

  /** Tracks that came later than what silences them. */
  #silence(): void {
    for (const track of this.#tracks()) {
      if (this.#silences(track)) track.enabled = false;
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

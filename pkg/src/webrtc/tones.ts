/**
 * Tones within the media (RFC 4733), one sequence after the other: the browser has a buffer of its own, but a second
 * sequence would take the place of the first.
 */

import { PatchcordError } from "../errors.js";

/** How long tones and the silence between them last, in milliseconds. */
export interface Pace {
  readonly durationMs: number;
  readonly gapMs: number;
}

/** What a comma stands for (WebRTC §7.2). */
const COMMA_MS = 2000;
/** What a browser may be late by, over all, and how much slower than asked. */
const SLACK_MS = 5000;
const SLOWNESS = 3;

/** The tones of one call. */
export class Tones {
  readonly #find: () => RTCDTMFSender | null | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #give: ((reason: PatchcordError) => void) | undefined;
  #over: PatchcordError | undefined;

  /** `find` gives what sends tones now. */
  constructor(find: () => RTCDTMFSender | null | undefined) {
    this.#find = find;
  }

  /** Whether tones can be sent now: the peer takes them, and sound flows its way. */
  get ready(): boolean {
    return this.#over === undefined && this.#find()?.canInsertDTMF === true;
  }

  /** Sends tones after those before them; resolves when the last has sounded. */
  send(tones: string, pace: Pace): Promise<void> {
    const sent = this.#turn.then(() => this.#play(tones, pace));
    this.#turn = sent.catch(() => {});
    return sent;
  }

  /** What is agreed with the peer has changed: it may take no tones any more, and then the browser says nothing of it. */
  changed(): void {
    if (!this.ready) this.#give?.(silenced());
  }

  /** No tone sounds any more. */
  close(): void {
    this.#over = new PatchcordError("ended", "the call ended before all tones were sent");
    this.#give?.(this.#over);
  }

  #play(tones: string, { durationMs, gapMs }: Pace): Promise<void> {
    if (this.#over) return Promise.reject(this.#over);
    const sender = this.#find();
    if (!sender?.canInsertDTMF) return Promise.reject(silenced());
    const commas = tones.split(",").length - 1;
    const usual = (tones.length - commas) * (durationMs + gapMs) + commas * COMMA_MS;
    const over = new AbortController();
    const played = new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(silenced()), usual * SLOWNESS + SLACK_MS);
      over.signal.addEventListener("abort", () => clearTimeout(limit));
      this.#give = reject;
      const onTone = ({ tone }: RTCDTMFToneChangeEvent) => {
        if (tone === "") resolve();
      };
      sender.addEventListener("tonechange", onTone, { signal: over.signal });
      sender.insertDTMF(tones, durationMs, gapMs);
    });
    return played.finally(() => {
      over.abort();
      this.#give = undefined;
    });
  }
}

function silenced(): PatchcordError {
  return new PatchcordError(
    "media",
    'no tones can be sent within the media: the peer does not take them, or is on hold; try mode: "info"',
  );
}

/**
 * Where a call's remote sound goes: an audio element of our own that nobody sees, one the application gave, or nowhere.
 */

/** "auto" = an element of our own, false = none. */
export type Output = "auto" | HTMLMediaElement | false;

/** Remote sound of one call. */
export class Sound {
  readonly #output: Output;
  readonly #stream: MediaStream;
  readonly #blocked: () => void;
  #element: HTMLMediaElement | undefined;

  /** `blocked` is called when the browser wants a user gesture first. */
  constructor(output: Output, stream: MediaStream, blocked: () => void) {
    this.#output = output;
    this.#stream = stream;
    this.#blocked = blocked;
  }

  /** Starts to play, once. */
  start(): void {
    if (this.#output === false || this.#element) return;
    this.#element = this.#output === "auto" ? ownElement() : this.#output;
    this.#element.srcObject = this.#stream;
    this.#element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === "NotAllowedError") this.#blocked();
    });
  }

  /** Plays, if there is sound yet; rejects with what the browser says. */
  async play(): Promise<void> {
    if (this.#output === false)
      throw new TypeError("play(): output is false; play remoteStream where the application plays it");
    await this.#element?.play();
  }

  /** Stops, and lets go of the element. */
  stop(): void {
    const element = this.#element;
    this.#element = undefined;
    if (!element) return;
    element.pause();
    if (element.srcObject === this.#stream) element.srcObject = null;
    if (this.#output === "auto") element.remove();
  }
}

function ownElement(): HTMLMediaElement {
  const element = document.createElement("audio");
  element.autoplay = true;
  element.hidden = true;
  document.body?.append(element);
  return element;
}

/**
 * Where a call's remote sound goes: an audio element of our own that nobody sees, one the application gave, or nowhere;
 * and by which loudspeaker.
 */

import { PatchcordError } from "../errors.js";
import { refusal } from "./capture.js";

/** "auto" = an element of our own, false = none. */
export type Output = "auto" | HTMLMediaElement | false;

/** What a call's sound has to tell. */
export interface SoundParts {
  /** The browser wants a user gesture first. */
  blocked(): void;
  /** The loudspeaker that was chosen is gone; the system's takes its place. */
  lost(label: string): void;
}

/** Remote sound of one call. */
export class Sound {
  readonly #output: Output;
  readonly #stream: MediaStream;
  readonly #parts: SoundParts;
  readonly #over = new AbortController();
  #element: HTMLMediaElement | undefined;
  #plays = false;
  /** The loudspeaker that was chosen. */
  #sink: MediaDeviceInfo | undefined;

  constructor(output: Output, stream: MediaStream, parts: SoundParts) {
    this.#output = output;
    this.#stream = stream;
    this.#parts = parts;
    const devices = globalThis.navigator?.mediaDevices;
    if (output !== false)
      devices?.addEventListener?.("devicechange", () => void this.#onDevices(), { signal: this.#over.signal });
  }

  /** Starts to play, once. */
  start(): void {
    if (this.#output === false || this.#plays || this.#over.signal.aborted) return;
    const element = this.#ready(this.#output);
    this.#plays = true;
    element.srcObject = this.#stream;
    element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === "NotAllowedError") this.#parts.blocked();
    });
  }

  /** Plays, if there is sound yet; rejects with what the browser says. */
  async play(): Promise<void> {
    if (this.#output === false)
      throw new TypeError("play(): output is false; play remoteStream where the application plays it");
    if (this.#plays) await this.#ready(this.#output).play();
  }

  /** Plays by this loudspeaker; "" or "default" is the system's. */
  async route(deviceId: string): Promise<void> {
    if (this.#output === false)
      throw new TypeError("setOutput(): output is false; call setSinkId() where the application plays remoteStream");
    const element = this.#ready(this.#output);
    if (typeof element.setSinkId !== "function")
      throw new PatchcordError("media", "this browser plays by the system's loudspeaker only: it has no setSinkId()");
    const sink = deviceId === "default" ? "" : deviceId;
    try {
      await element.setSinkId(sink);
    } catch (error) {
      throw refusal(error, REFUSALS, "the loudspeaker could not be used");
    }
    this.#sink = sink === "" ? undefined : (await outputs()).find((device) => device.deviceId === sink);
  }

  /** Stops, and lets go of the element. */
  stop(): void {
    this.#over.abort();
    const element = this.#element;
    this.#element = undefined;
    if (!element) return;
    element.pause();
    if (element.srcObject === this.#stream) element.srcObject = null;
    if (this.#output === "auto") element.remove();
  }

  #ready(output: "auto" | HTMLMediaElement): HTMLMediaElement {
    if (this.#over.signal.aborted) throw new PatchcordError("ended", "the call is over, and its sound with it");
    return (this.#element ??= output === "auto" ? ownElement() : output);
  }

  async #onDevices(): Promise<void> {
    const sink = this.#sink;
    if (!sink) return;
    const present = await outputs();
    if (this.#sink !== sink || present.some(({ deviceId }) => deviceId === sink.deviceId)) return;
    this.#sink = undefined;
    await this.#element?.setSinkId("").catch(() => {});
    this.#parts.lost(sink.label);
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  NotAllowedError: "this page may not use that loudspeaker: the user or its Permissions-Policy forbids it",
  NotFoundError: "there is no such loudspeaker; it may have been unplugged",
};

async function outputs(): Promise<readonly MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === "audiooutput");
}

function ownElement(): HTMLMediaElement {
  const element = document.createElement("audio");
  element.autoplay = true;
  element.hidden = true;
  document.body?.append(element);
  return element;
}

/**
 * The sound of an incoming call, made by Web Audio: no file, and no timer that a tab in the background would hold up. A
 * browser lets a page sound only after somebody has clicked or typed in it; until then `blocked` tells so.
 */

import type { Preferences } from "./preferences.js";

/** How to ring: aloud, or with a soft sign while somebody is speaking already. */
export type Ring = "aloud" | "softly" | null;

type Sinkable = AudioContext & { setSinkId?(id: string): Promise<void> };

/** Whether this browser lets a page choose where that sound goes. */
export const canChooseRinger = typeof AudioContext === "function" && "setSinkId" in AudioContext.prototype;

/** Rings. */
export class Ringer {
  readonly #preferences: Preferences;
  #context: Sinkable | null = null;
  #source: AudioBufferSourceNode | null = null;
  #gain: GainNode | null = null;
  #wanted: Ring = null;

  constructor(preferences: Preferences) {
    this.#preferences = preferences;
    for (const gesture of ["pointerdown", "keydown"])
      document.addEventListener(gesture, () => void this.#wake(), { capture: true });
    preferences.follow(() => this.#set());
  }

  /** Whether the browser would not let it sound now. */
  get blocked(): boolean {
    return navigator.userActivation?.hasBeenActive === false;
  }

  /** How it rings just now, as far as the browser lets it. */
  get ringing(): Ring {
    return this.#source ? this.#wanted : null;
  }

  /** Rings so from now on. */
  ring(how: Ring): void {
    if (how === this.#wanted) return;
    this.#wanted = how;
    this.#stop();
    if (how) this.#start(how);
  }

  /** One ring, whatever is set. */
  async try(): Promise<void> {
    await this.#wake();
    if (this.#wanted) return;
    this.#start("aloud");
    const source = this.#source;
    setTimeout(() => source === this.#source && !this.#wanted && this.#stop(), 2000);
  }

  #start(how: "aloud" | "softly"): void {
    const context = (this.#context ??= newContext());
    if (!context) return;
    this.#set();
    const gain = new GainNode(context, { gain: this.#volume * (how === "softly" ? 0.35 : 1) });
    const source = new AudioBufferSourceNode(context, {
      buffer: how === "aloud" ? ringing(context) : knocking(context),
      loop: true,
    });
    source.connect(gain).connect(context.destination);
    source.start();
    [this.#source, this.#gain] = [source, gain];
    void this.#wake();
  }

  #stop(): void {
    this.#source?.stop();
    this.#gain?.disconnect();
    [this.#source, this.#gain] = [null, null];
    // A context that runs keeps the loudspeaker open all day.
    void this.#context?.suspend().catch(() => {});
  }

  async #wake(): Promise<void> {
    try {
      if (this.#source && this.#context?.state === "suspended") await this.#context.resume();
    } catch {
      // Not yet: the next click tries again.
    }
  }

  #set(): void {
    if (this.#gain) this.#gain.gain.value = this.#volume * (this.#wanted === "softly" ? 0.35 : 1);
    this.#context?.setSinkId?.(this.#preferences.values.ringDevice).catch(() => {}); // gone: it rings where it did
  }

  get #volume(): number {
    return this.#preferences.values.ringVolume;
  }
}

function newContext(): AudioContext | null {
  try {
    return new AudioContext();
  } catch {
    return null; // no sound in this browser, or on this machine
  }
}

/** Two bursts and a pause, 3 s. */
function ringing(context: AudioContext): AudioBuffer {
  return tune(context, 3, [523, 659], (t) => burst(t, 0, 0.4) + burst(t, 0.6, 0.4));
}

/** One short sign in 4 s. */
function knocking(context: AudioContext): AudioBuffer {
  return tune(context, 4, [440], (t) => burst(t, 0, 0.15));
}

function tune(
  context: AudioContext,
  seconds: number,
  hertz: readonly number[],
  loudness: (t: number) => number,
): AudioBuffer {
  const { sampleRate } = context;
  const buffer = new AudioBuffer({ length: Math.ceil(seconds * sampleRate), sampleRate });
  const samples = buffer.getChannelData(0);
  for (let index = 0; index < samples.length; index += 1) {
    const t = index / sampleRate;
    const sum = hertz.reduce((total, one) => total + Math.sin(2 * Math.PI * one * t), 0);
    samples[index] = (0.5 * loudness(t) * sum) / hertz.length;
  }
  return buffer;
}

/** Rises and falls within 20 ms, so that it does not click. */
function burst(t: number, from: number, length: number): number {
  const [before, left] = [t - from, from + length - t];
  return Math.min(1, Math.max(0, before / 0.02), Math.max(0, left / 0.02));
}

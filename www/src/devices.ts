/** Microphones and loudspeakers: which there are, which is to be used, and media that uses it. */

import { webrtc, type MediaProvider, type WebRtcSession } from "patchcord";
import { iceServers } from "./ice.js";
import type { Preferences } from "./preferences.js";

/** Kinds of devices for sound. */
export type SoundKind = "audioinput" | "audiooutput";

/** Whether this browser lets a page choose where sound goes. */
export const canChooseOutput = "setSinkId" in HTMLMediaElement.prototype;

/** The devices of this machine, as far as the browser tells: without permission it tells no names. */
export class Devices {
  readonly #listeners = new Set<() => void>();
  #found: readonly MediaDeviceInfo[] = [];

  constructor() {
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.refresh());
    void this.refresh();
  }

  /** Whether the browser keeps their names to itself. */
  get nameless(): boolean {
    return !this.#found.some(({ label }) => label !== "");
  }

  /** Looks which there are. */
  async refresh(): Promise<void> {
    try {
      this.#found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    } catch {
      this.#found = [];
    }
    for (const tell of this.#listeners) tell();
  }

  /** Asks for the microphone, so that the browser tells names; the microphone is let go at once. */
  async askForNames(): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    await this.refresh();
  }

  /** Runs `listener` now and whenever a device comes or goes, until the function returned is called. */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    listener();
    return () => this.#listeners.delete(listener);
  }

  /** Fills a select with the devices of a kind; one that is chosen but gone stays in it, and is named so. */
  fill(select: HTMLSelectElement, kind: SoundKind, chosen: string): void {
    const named = this.#found.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default");
    const what = kind === "audioinput" ? "Microphone" : "Loudspeaker";
    const options = named.map(({ deviceId, label }, index) => new Option(label || `${what} ${index + 1}`, deviceId));
    if (chosen && !named.some(({ deviceId }) => deviceId === chosen))
      options.push(new Option("the chosen one, which is not there", chosen));
    select.replaceChildren(new Option("as the system says", ""), ...options);
    select.value = chosen;
  }
}

/** Media that is made anew for each call from what is set by then. */
export function mediaAsSet(preferences: Preferences): MediaProvider<WebRtcSession> {
  return {
    open(context) {
      const { ice, microphone } = preferences.values;
      // Not `exact`: a headset that is not there today must not stop the call.
      const audio = microphone ? { deviceId: microphone } : true;
      return webrtc({ audio, iceServers: iceServers(ice).servers }).open(context);
    },
  };
}

/** Whether the microphone may be used, as far as the browser tells. */
export async function microphonePermission(): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: "microphone" as PermissionName })).state;
  } catch {
    return "unknown";
  }
}

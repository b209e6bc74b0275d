/** The sound of one call: how much arrives, what is wrong with it, and which devices it uses. */

import type { Call, LostDevice } from "patchcord";
import { canChooseOutput, type Devices } from "./devices.js";
import { part, say, show } from "./dom.js";
import { watchSound } from "./meter.js";
import type { Preferences } from "./preferences.js";
import { deviceLost, errorWords, noSound } from "./words.js";

/** What it needs of its card. */
export interface SoundParts {
  devices: Devices;
  preferences: Preferences;
  failed(message: string): void;
  heard(bytes: number): void;
  changed(): void;
}

/** The sound of one call. */
export class CallSound {
  /** Whether the browser wants a click before it plays anything. */
  blocked = false;
  readonly #call: Call;
  readonly #root: HTMLElement;
  readonly #parts: SoundParts;
  #silent = false;
  #lost = "";

  constructor(call: Call, root: HTMLElement, parts: SoundParts) {
    this.#call = call;
    this.#root = root;
    this.#parts = parts;
    this.#tell(0);
    call.addEventListener("established", () => void watchSound(call, (reading) => this.#read(reading)));
    call.addEventListener("playbackblocked", () => this.#change(() => (this.blocked = true)));
    call.addEventListener("devicelost", (lost) => this.#onLost(lost));
    call.addEventListener("media", () => void this.#startOutput());
    part(root, "play").addEventListener("click", () => void this.#play());
    this.#offerDevices();
  }

  /** What is wrong with it, in words; empty: nothing. */
  get warning(): string {
    if (this.#call.state !== "established") return "";
    if (this.blocked) return "The browser plays no sound before you ask for it.";
    return this.#lost || (this.#silent ? noSound : "");
  }

  #read({ bytes, silent }: { bytes: number; silent: boolean }): void {
    this.#parts.heard(bytes);
    this.#tell(bytes);
    if (silent !== this.#silent) this.#change(() => (this.#silent = silent));
  }

  #tell(bytes: number): void {
    say(part(this.#root, "meter"), `Sound in: ${(bytes / 1000).toFixed(1)} kB`);
  }

  #onLost(lost: LostDevice): void {
    part(this.#root, "sound", HTMLDetailsElement).open = true;
    this.#change(() => (this.#lost = deviceLost(lost)));
  }

  async #play(): Promise<void> {
    try {
      await this.#call.media?.play();
      this.#change(() => (this.blocked = false));
    } catch (error) {
      this.#parts.failed(errorWords(error));
    }
  }

  /** Where a call's sound goes at first; a loudspeaker that is gone leaves it where the system says. */
  async #startOutput(): Promise<void> {
    const { speaker } = this.#parts.preferences.values;
    if (speaker && canChooseOutput) await this.#use("speaker", speaker, true);
  }

  #offerDevices(): void {
    const { devices, preferences } = this.#parts;
    const [microphone, speaker] = ["microphone", "speaker"].map((name) =>
      part(this.#root, name, HTMLSelectElement),
    ) as [HTMLSelectElement, HTMLSelectElement];
    show(part(this.#root, "call-speaker-choice"), canChooseOutput);
    const stop = devices.follow(() => {
      devices.fill(microphone, "audioinput", microphone.value || preferences.values.microphone);
      devices.fill(speaker, "audiooutput", speaker.value || preferences.values.speaker);
    });
    microphone.addEventListener("change", () => void this.#use("microphone", microphone.value));
    speaker.addEventListener("change", () => void this.#use("speaker", speaker.value));
    void this.#call.ended.then(stop);
  }

  async #use(what: "microphone" | "speaker", deviceId: string, quietly = false): Promise<void> {
    try {
      if (what === "microphone") await this.#call.media?.setInput(deviceId || "default");
      else await this.#call.media?.setOutput(deviceId || "default");
      this.#change(() => (this.#lost = ""));
    } catch (error) {
      if (!quietly) this.#parts.failed(errorWords(error));
    }
  }

  #change(change: () => void): void {
    change();
    this.#parts.changed();
  }
}

/**
 * One call as people see it: who, where it stands, how long, what can be done, and whether sound arrives. The current
 * call is shown in full, every other one in short. What later belongs to a call gets a part of its own in the template.
 */

import type { Call } from "patchcord";
import { isWaiting, type CallDesk } from "./call-desk.js";
import { CallSound } from "./call-sound.js";
import type { Devices } from "./devices.js";
import { copyOf, keepFocus, part, say, show } from "./dom.js";
import { fillHeaders, tellingHeaders } from "./invite-headers.js";
import { watchMicrophone } from "./microphone.js";
import { fillPad, toneOf } from "./pad.js";
import type { Preferences } from "./preferences.js";
import { Tones } from "./tones.js";
import { callWords, changeWords, duration, microphoneWords, nameOf } from "./words.js";

/** What a card needs of its pane. */
export interface CardParts {
  desk: CallDesk;
  devices: Devices;
  preferences: Preferences;
  failed(message: string): void;
  /** Told twice a second how many bytes of sound have arrived. */
  heard(bytes: number): void;
  changed(): void;
}

/** The card of one call. */
export class CallCard {
  readonly root = document.createElement("article");
  readonly call: Call;
  /** Whether it rings without a sound. */
  silenced = false;
  readonly #parts: CardParts;
  readonly #tones: Tones;
  readonly #sound: CallSound;
  #keypad = false;
  #unfolded = false; // the details of the call
  #microphone = ""; // what the microphone is waiting for

  constructor(call: Call, parts: CardParts) {
    this.call = call;
    this.#parts = parts;
    this.root.className = "call";
    this.root.tabIndex = -1;
    this.root.role = "group";
    this.root.dataset["testid"] = "call-card";
    this.root.append(copyOf("call"));
    this.#tones = new Tones(call, (error) => this.#failed(error));
    this.#sound = new CallSound(call, this.root, { ...parts, changed: () => this.render() });
    this.#wire();
    call.addEventListener("established", () => void this.#tick());
    watchMicrophone(call, (permission) => {
      this.#microphone = permission ? microphoneWords(permission) : "";
      this.render();
    });
  }

  /** Brings the card in line with the call. */
  render(): void {
    const { call, root } = this;
    const { desk } = this.#parts;
    const current = desk.current === call;
    const waiting = isWaiting(call);
    const changing = desk.changing(call);
    root.ariaLabel = `Call with ${nameOf(call.remote)}`;
    Object.assign(root.dataset, { state: call.state, current, waiting, held: call.hold.local });
    root.toggleAttribute("data-focus", current && !waiting);
    say(this.#part("peer"), nameOf(call.remote));
    say(this.#part("peer-address"), call.remote.uri);
    say(this.#part("call-state"), changing || callWords(call));
    say(this.#part("badge"), waiting ? (current ? "Incoming call" : "Call waiting") : "");
    say(this.#part("call-warning"), this.#microphone || this.#sound.warning);
    this.#renderTimer();
    this.#renderHeaders(waiting && current);
    this.#renderButtons({ current, waiting, changing: changing !== "" });
  }

  /** Sends a tone, as the keypad does. */
  press(tone: string): void {
    if (this.call.state !== "established") return;
    this.#tones.send(tone);
    this.#part("tones-sent").append(tone);
  }

  toggleMute(): void {
    this.call.setMuted({ audio: !this.call.muted.audio });
  }

  toggleKeypad(): void {
    this.#keypad = !this.#keypad;
    this.render();
    if (this.#keypad) this.root.focus();
  }

  #renderButtons({ current, waiting, changing }: { current: boolean; waiting: boolean; changing: boolean }): void {
    const { call } = this;
    const { desk, preferences } = this.#parts;
    const established = call.state === "established";
    const { spoken } = desk;
    keepFocus(this.root, () => {
      show(this.#part("answer"), waiting);
      say(this.#part("answer"), spoken && spoken !== call ? "Hold and answer" : "Answer");
      show(this.#part("refuse"), waiting);
      show(this.#part("silence"), waiting && current && preferences.values.ring && !this.silenced);
      show(this.#part("hangup"), !waiting);
      say(this.#part("hangup"), established ? "Hang up" : "Cancel");
      show(this.#part("hold"), established && !call.hold.local);
      show(this.#part("resume"), established && (call.hold.local || !current));
      for (const name of ["hold", "resume"]) this.#part(name).ariaDisabled = String(changing);
      show(this.#part("mute"), established && current);
      show(this.#part("keypad"), established && current);
      show(this.#part("play"), established && this.#sound.blocked);
      show(this.#part("tones"), established && current && this.#keypad);
      show(this.#part("sound"), established && current);
    });
    this.#part("mute").ariaPressed = String(call.muted.audio);
    this.#part("keypad").ariaExpanded = String(this.#keypad);
  }

  /** Unfolded where somebody has to decide by them, folded once that is done; in between as people like it. */
  #renderHeaders(unfolded: boolean): void {
    const headers = part(this.root, "headers", HTMLDetailsElement);
    const fields = this.call.direction === "incoming" ? tellingHeaders(this.call) : [];
    show(headers, fields.length > 0);
    if (!this.#part("header-list").hasChildNodes()) fillHeaders(this.#part("header-list"), fields);
    if (unfolded !== this.#unfolded) headers.open = unfolded;
    this.#unfolded = unfolded;
  }

  #renderTimer(): void {
    const { state, answeredAt } = this.call;
    const seconds = answeredAt ? Math.max(0, (Date.now() - answeredAt.getTime()) / 1000) : 0;
    say(this.#part("timer"), state === "established" ? duration(seconds) : "");
  }

  async #tick(): Promise<void> {
    while (this.call.state === "established") {
      this.#renderTimer();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  #wire(): void {
    const { call } = this;
    const { desk, changed } = this.#parts;
    this.#button("answer", () => void desk.answer(call));
    this.#button("refuse", () => desk.refuse(call));
    this.#button("hangup", () => desk.hangup(call));
    this.#button("hold", () => void desk.hold(call));
    this.#button("resume", () => void desk.resume(call));
    this.#button("mute", () => this.toggleMute());
    this.#button("keypad", () => this.toggleKeypad());
    this.#button("silence", () => {
      this.silenced = true;
      changed();
    });
    fillPad(this.#part("tone-pad"), (key) => this.press(key));
    this.root.addEventListener("keydown", (event) => {
      const tone = event.target instanceof HTMLSelectElement ? null : toneOf(event);
      if (tone) this.press(tone);
    });
  }

  #button(name: string, act: () => void): void {
    this.#part(name).addEventListener("click", ({ currentTarget }) => {
      if ((currentTarget as HTMLElement).ariaDisabled !== "true") act();
    });
  }

  #failed(error: unknown): void {
    this.#parts.failed(changeWords(error, nameOf(this.call.remote)));
  }

  #part(name: string): HTMLElement {
    return part(this.root, name);
  }
}

/** Whom to call: typed, pasted, by number pad, or one of the last again. */

import { part, show } from "./dom.js";
import { fillPad } from "./pad.js";
import { targetOf } from "./target-text.js";

/** The form that makes calls. */
export class Dial {
  readonly #root: HTMLElement;
  readonly #field: HTMLInputElement;
  readonly #last: () => readonly string[];
  #recalled = -1; // how far back ArrowUp has gone

  /** `call` is told whom; `last` gives the last ones, newest first. */
  constructor(root: HTMLElement, call: (target: string) => void, last: () => readonly string[]) {
    this.#root = part(root, "dial-form");
    this.#field = part(this.#root, "dial", HTMLInputElement);
    this.#last = last;
    this.#root.addEventListener("submit", (event) => {
      event.preventDefault();
      const target = targetOf(this.#field.value);
      if (!target) return this.focus();
      this.value = target;
      call(target);
    });
    this.#field.addEventListener("paste", (event) => this.#paste(event));
    this.#field.addEventListener("keydown", (event) => this.#recall(event));
    this.#offerPad();
  }

  set value(target: string) {
    this.#field.value = target;
    this.#recalled = -1;
  }

  focus(): void {
    this.#field.focus();
    this.#field.select();
  }

  /** What is pasted comes in clean, so that people see what will be called. */
  #paste(event: ClipboardEvent): void {
    const pasted = targetOf(event.clipboardData?.getData("text/plain") ?? "");
    if (!pasted) return;
    event.preventDefault();
    this.#insert(pasted);
  }

  /** ArrowUp and ArrowDown go through the last ones, as in a terminal. */
  #recall(event: KeyboardEvent): void {
    const step = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (!step) return;
    const targets = [...new Set(this.#last())];
    const wanted = Math.min(Math.max(this.#recalled + step, 0), targets.length - 1);
    const target = targets[wanted];
    if (target === undefined) return;
    event.preventDefault();
    this.value = target;
    this.#recalled = wanted;
  }

  #offerPad(): void {
    const [toggle, pad] = [part(this.#root, "dial-pad-toggle"), part(this.#root, "dial-pad")];
    toggle.addEventListener("click", () => {
      show(pad, Boolean(pad.hidden));
      toggle.ariaExpanded = String(!pad.hidden);
    });
    fillPad(pad, (key) => (key === "⌫" ? this.#erase() : this.#insert(key)), [
      { key: "+", name: "plus" },
      { key: "⌫", name: "erase" },
    ]);
  }

  #insert(text: string): void {
    const { selectionStart, selectionEnd, value } = this.#field;
    this.#field.setRangeText(text, selectionStart ?? value.length, selectionEnd ?? value.length, "end");
    this.#recalled = -1;
  }

  #erase(): void {
    const { selectionStart, selectionEnd, value } = this.#field;
    const end = selectionEnd ?? value.length;
    const start = selectionStart !== null && selectionStart < end ? selectionStart : Math.max(0, end - 1);
    this.#field.setRangeText("", start, end, "end");
  }
}

/** A panel beside the phones, which stay usable: opened by a button, closed by another or by Esc, focus given back. */

import { part } from "./dom.js";

/** The panel `name`, its title `name-title`, its buttons `open-name` and `close-name`. */
export class Panel {
  readonly root: HTMLDialogElement;
  readonly #name: string;
  #from: Element | null = null;

  constructor(name: string) {
    this.#name = name;
    this.root = part(document, name, HTMLDialogElement);
    part(document, `open-${name}`).addEventListener("click", () => (this.root.open ? this.close() : this.open()));
    part(document, `close-${name}`).addEventListener("click", () => this.close());
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  open(): void {
    if (this.root.open) return;
    this.#from = document.activeElement;
    this.root.show();
    part(this.root, `${this.#name}-title`).focus();
  }

  close(): void {
    if (!this.root.open) return;
    const inside = this.root.contains(document.activeElement);
    this.root.close();
    if (inside && this.#from instanceof HTMLElement) this.#from.focus();
  }
}

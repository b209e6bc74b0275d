/**
 * The SIP messages of the phones as a ladder. Every message passes between one phone and the server:
 *
 *      alice        server        bob
 *        │ ─ INVITE ─▶ │           │
 *        │             │ INVITE ─▶ │
 */

import { element, part, say, show } from "./dom.js";
import { ladderText, summary } from "./ladder-text.js";
import { copyText, saveText } from "./take-away.js";

/** Which phone. */
export type Side = "left" | "right";

/** A message as the `trace` event tells it, and whose it is. */
export interface Traced {
  side: Side;
  who: string;
  direction: "in" | "out";
  message: string;
  at: Date;
}

/** What a row shows: a message, or a remark without one. */
interface Row {
  item: HTMLElement;
  traced: Traced | null;
}

const LIMIT = 400; // entries kept, for a day has thousands

/** The ladder below the phones. */
export class Ladder {
  readonly #page: ParentNode;
  readonly #root: HTMLElement;
  readonly #entries: HTMLElement;
  readonly #kind: HTMLSelectElement;
  readonly #search: HTMLInputElement;
  #rows: Row[] = [];
  #names: Record<Side, string> = { left: "", right: "" };
  #start = 0; // ms: the instant of the first message, from which the others are counted

  constructor(page: ParentNode) {
    this.#page = page;
    this.#root = part(page, "ladder");
    this.#entries = part(this.#root, "ladder-entries");
    this.#kind = part(page, "ladder-kind", HTMLSelectElement);
    this.#search = part(page, "ladder-search", HTMLInputElement);
    this.#kind.addEventListener("change", () => this.#filter());
    this.#search.addEventListener("input", () => this.#filter());
    part(page, "ladder-clear").addEventListener("click", () => this.#clear());
    part(page, "ladder-copy").addEventListener("click", () => void this.#copy());
    part(page, "ladder-save").addEventListener("click", () => this.#save());
  }

  /** Writes a phone's name above its column. */
  name(side: Side, who: string): void {
    this.#names[side] = who;
    say(part(this.#root, `ladder-${side}`), who);
  }

  /** Adds a message. */
  add(traced: Traced): void {
    const { side, who, direction, message, at } = traced;
    const { label, kind } = summary(message);
    const rightward = (side === "left") === (direction === "out");
    const arrow = element("span", `arrow ${side} ${rightward ? "rightward" : "leftward"} ${kind}`, label);
    arrow.title = label;
    const route = element("span", "unseen", direction === "out" ? `${who} to server: ` : `server to ${who}: `);
    arrow.prepend(route);

    const line = element("summary", "");
    line.append(this.#time(at), arrow);
    const details = element("details", "");
    details.append(line, element("pre", "", message));
    const entry = this.#append(details, "ladder-entry", traced);
    Object.assign(entry.dataset, { at: at.getTime(), who, direction });
  }

  /** Adds a remark of the SDK: something it tolerated or could not act on. */
  note(who: string, text: string): void {
    const line = element("p", "note", `${who}: ${text}`);
    line.prepend(this.#time(new Date()));
    this.#append(line, "ladder-note", null);
  }

  #time(at: Date): HTMLElement {
    this.#start ||= at.getTime();
    const time = element("time", "", ((at.getTime() - this.#start) / 1000).toFixed(3));
    time.dateTime = at.toISOString();
    return time;
  }

  #append(content: HTMLElement, testid: string, traced: Traced | null): HTMLElement {
    const list = this.#entries;
    const following = list.scrollHeight - list.scrollTop - list.clientHeight < 8;
    const item = element("li", "");
    item.dataset["testid"] = testid;
    item.append(content);
    list.append(item);
    const row = { item, traced };
    this.#rows.push(row);
    if (this.#rows.length > LIMIT) this.#rows.shift()?.item.remove();
    show(item, this.#fits(row));
    if (following) list.scrollTop = list.scrollHeight;
    this.#count();
    return item;
  }

  #fits({ traced, item }: Row): boolean {
    const wanted = this.#search.value.trim().toLowerCase();
    if (wanted && !(traced?.message ?? item.textContent ?? "").toLowerCase().includes(wanted)) return false;
    return this.#kind.value === "all" || this.#kind.value === kindOf(traced);
  }

  #filter(): void {
    for (const row of this.#rows) show(row.item, this.#fits(row));
    this.#count();
  }

  #count(): void {
    const shown = this.#rows.filter(({ item }) => !item.hidden).length;
    const all = this.#rows.length;
    const count = all === 0 ? "" : shown === all ? String(all) : `${shown} of ${all}`;
    say(part(this.#page, "ladder-count"), count);
    show(part(this.#root, "ladder-empty"), all === 0);
  }

  #clear(): void {
    this.#entries.replaceChildren();
    this.#rows = [];
    this.#start = 0;
    this.#count();
    this.#tell("");
  }

  /** What is shown, as text. */
  get #text(): string {
    const shown = this.#rows.filter(({ item }) => !item.hidden).flatMap(({ traced }) => traced ?? []);
    return ladderText(shown, this.#names);
  }

  async #copy(): Promise<void> {
    const copied = await copyText(this.#text);
    this.#tell(
      copied
        ? "Copied: the flow and the messages that are shown."
        : "The browser did not let the page copy. Save them instead.",
    );
  }

  #save(): void {
    saveText(`patchcord-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.txt`, this.#text);
    this.#tell("Saved: the flow and the messages that are shown.");
  }

  #tell(text: string): void {
    say(part(this.#page, "ladder-told"), text);
  }
}

/** What of the select's kinds a message is of. */
function kindOf(traced: Traced | null): string {
  const { method } = summary(traced?.message ?? "");
  if (method === "REGISTER") return "registration";
  return ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "INFO", "REFER"].includes(method) ? "calls" : "other";
}

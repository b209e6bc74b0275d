/**
 * The SIP messages of both phones as a ladder. Every message passes between one phone and the server:
 *
 *      alice        server        bob
 *        │ ─ INVITE ─▶ │           │
 *        │             │ INVITE ─▶ │
 */

import { part, show } from "./dom.js";

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

const LIMIT = 300; // entries kept

/** The ladder below the phones. */
export class Ladder {
  readonly #root: HTMLElement;
  readonly #entries: HTMLElement;
  #start = 0; // ms: the instant of the first message, from which the others are counted

  constructor(page: ParentNode) {
    this.#root = part(page, "ladder");
    this.#entries = part(this.#root, "ladder-entries");
    part(page, "ladder-clear").addEventListener("click", () => this.#clear());
  }

  /** Writes a phone's name above its column. */
  name(side: Side, who: string): void {
    part(this.#root, `ladder-${side}`).textContent = who;
  }

  /** Adds a message. */
  add({ side, who, direction, message, at }: Traced): void {
    const { label, kind } = summary(message);
    const rightward = (side === "left") === (direction === "out");
    const arrow = element("span", `arrow ${side} ${rightward ? "rightward" : "leftward"} ${kind}`, label);
    arrow.title = label;
    const route = element("span", "unseen", direction === "out" ? `${who} to server: ` : `server to ${who}: `);
    arrow.prepend(route);

    const line = document.createElement("summary");
    line.append(this.#time(at), arrow);
    const details = document.createElement("details");
    details.append(line, element("pre", "", message));
    const entry = this.#append(details, "ladder-entry");
    Object.assign(entry.dataset, { at: at.getTime(), who, direction });
  }

  /** Adds a remark of the SDK: something it tolerated or could not act on. */
  note(who: string, text: string): void {
    const line = element("p", "note", `${who}: ${text}`);
    line.prepend(this.#time(new Date()));
    this.#append(line, "ladder-note");
  }

  #time(at: Date): HTMLElement {
    this.#start ||= at.getTime();
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = ((at.getTime() - this.#start) / 1000).toFixed(3);
    return time;
  }

  #append(content: HTMLElement, testid: string): HTMLElement {
    const list = this.#entries;
    const following = list.scrollHeight - list.scrollTop - list.clientHeight < 8;
    const entry = document.createElement("li");
    entry.dataset["testid"] = testid;
    entry.append(content);
    list.append(entry);
    while (list.children.length > LIMIT) list.firstElementChild?.remove();
    if (following) list.scrollTop = list.scrollHeight;
    show(part(this.#root, "ladder-empty"), false);
    return entry;
  }

  #clear(): void {
    this.#entries.replaceChildren();
    this.#start = 0;
    show(part(this.#root, "ladder-empty"), true);
  }
}

/** A message in few words, "INVITE" or "200 OK (INVITE)", and what kind it is, for its colour. */
function summary(message: string): { label: string; kind: "request" | "provisional" | "success" | "failure" } {
  const [, status, phrase] = /^SIP\/2\.0 (\d{3}) ?(.*)/i.exec(message) ?? [];
  if (!status) return { label: /^\S+/.exec(message)?.[0] ?? "keep-alive", kind: "request" };
  const method = /^cseq\s*:\s*\d+\s+(\S+)/im.exec(message)?.[1];
  const label = [status, phrase?.trim(), method && `(${method})`].filter(Boolean).join(" ");
  return { label, kind: status < "200" ? "provisional" : status < "300" ? "success" : "failure" };
}

function element(tag: string, className: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** The last calls of a phone, each to be called again. */

import { element, part, show } from "./dom.js";
import type { RecentCall } from "./preferences.js";
import { duration } from "./words.js";

/** Shows them in `root`; `call` is told whom to call again. */
export function showRecent(root: HTMLElement, calls: readonly RecentCall[], call: (recent: RecentCall) => void): void {
  const list = part(root, "recent-list");
  show(part(root, "recent"), calls.length > 0);
  list.replaceChildren(...calls.map((recent) => row(recent, () => call(recent))));
}

function row(recent: RecentCall, again: () => void): HTMLElement {
  const { name, uri, at } = recent;
  const missed = recent.direction === "incoming" && recent.seconds === 0;
  const item = element("li", missed ? "missed" : "");
  const arrow = element("span", "way", recent.direction === "incoming" ? "↙" : "↗");
  arrow.ariaHidden = "true";
  const who = element("span", "who", name);
  who.title = uri;
  const facts = element("span", "hint", `${kindWords(recent)}, ${whenWords(new Date(at))}`);
  const button = element("button", "quiet", "Call");
  button.type = "button";
  button.ariaLabel = `Call ${name} again`;
  button.dataset["testid"] = "again";
  button.addEventListener("click", again);
  item.append(arrow, who, facts, button);
  return item;
}

function kindWords({ direction, seconds }: RecentCall): string {
  if (seconds > 0) return `${direction === "incoming" ? "in" : "out"}, ${duration(seconds)}`;
  return direction === "incoming" ? "missed" : "not answered";
}

function whenWords(at: Date): string {
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString()} ${time}`;
}

/** The header fields of a call that tell an agent something: who calls, for whom, about what. */

import type { Call } from "patchcord";
import { element } from "./dom.js";

const TELLING = [
  "from",
  "to",
  "subject",
  "diversion",
  "history-info",
  "referred-by",
  "reply-to",
  "organization",
  "priority",
  "alert-info",
  "call-info",
  "remote-party-id",
];
const MOST = 40; // fields shown

/** The fields to show, in the order they came. */
export function tellingHeaders({ invite }: Call): (readonly [name: string, value: string])[] {
  const tells = (name: string) => TELLING.includes(name.toLowerCase()) || /^[xp]-/i.test(name) || /^[fts]$/i.test(name);
  const fields = [...invite.headers].filter(([name]) => tells(name)).slice(0, MOST);
  // The tag tells nothing to people.
  return fields.map(([name, value]) => [name, value.replace(/;tag=[^;]*/i, "")]);
}

/** Fills a dl with them. */
export function fillHeaders(list: HTMLElement, fields: readonly (readonly [string, string])[]): void {
  list.replaceChildren(...fields.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
}

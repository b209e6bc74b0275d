/**
 * The ladder as text, to be sent to somebody: first the flow, then every message in full.
 *
 *        s  alice                     server                      bob
 *    0.000  │ ─ INVITE ─────────────▶ │                           │
 */

import type { Traced } from "./ladder.js";

const SPAN = 34; // characters from one column to the next

/** A message in few words, "INVITE" or "200 OK (INVITE)", and what kind it is, for its colour. */
export function summary(message: string): {
  label: string;
  method: string;
  kind: "request" | "provisional" | "success" | "failure";
} {
  const [, status, phrase] = /^SIP\/2\.0 (\d{3}) ?(.*)/i.exec(message) ?? [];
  const method = /^cseq\s*:\s*\d+\s+(\S+)/im.exec(message)?.[1] ?? "";
  if (!status) return { label: /^\S+/.exec(message)?.[0] ?? "keep-alive", method, kind: "request" };
  const label = [status, phrase?.trim(), method && `(${method})`].filter(Boolean).join(" ");
  return { label, method, kind: status < "200" ? "provisional" : status < "300" ? "success" : "failure" };
}

/** The text of the messages; `names` are those of the two sides. */
export function ladderText(messages: readonly Traced[], names: { left: string; right: string }): string {
  const start = messages[0]?.at.getTime() ?? 0;
  const time = ({ at }: Traced) => ((at.getTime() - start) / 1000).toFixed(3).padStart(9);
  const head = `${"s".padStart(9)}  ${names.left.padEnd(SPAN)}${"server".padEnd(SPAN)}${names.right}`;
  const rows = messages.map((traced) => `${time(traced)}  │${spans(traced).join("│")}│`);
  const full = messages.map((traced) => {
    const way = traced.direction === "out" ? `${traced.who} to server` : `server to ${traced.who}`;
    return `--- ${traced.at.toISOString()}  ${way}\n${traced.message.replace(/\r\n/g, "\n").trimEnd()}\n`;
  });
  return [head, ...rows, "", ...full].join("\n");
}

function spans({ side, direction, message }: Traced): [string, string] {
  const label = summary(message).label.slice(0, SPAN - 7);
  const line = "─".repeat(SPAN - 6 - label.length);
  const rightward = (side === "left") === (direction === "out");
  const drawn = rightward ? ` ${label} ${line}─▶ ` : ` ◀─${line} ${label} `;
  const empty = " ".repeat(SPAN - 1);
  return side === "left" ? [drawn, empty] : [empty, drawn];
}

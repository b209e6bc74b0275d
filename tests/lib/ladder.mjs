// Prints SIP messages as a call flow: a column per participant, an arrow per message, the time in front.
//
//        s  alice                                switchboard                          bob
//    0.000  │ INVITE sip:bob@switchboard.test ─▶ │                                    │
//    0.003  │                                    │ INVITE sip:bob@example.invalid ──▶ │
//    1.012  │                                    │ ◀───────────────── 200 OK (INVITE) │

const narrow = 30; // characters from one column to the next, at least
const wide = 60; // … and at most

/**
 * The ladder as text. Each entry is `{ t, who, direction, message }`: milliseconds, the participant that reports it,
 * "out" or "sent" if it sent the message, "in" or "received" if it got it, and the message's text. The other end of
 * every arrow is `centre`. Participants stand left and right of it in the order of their first message.
 */
export function ladder(entries, { centre = "switchboard", width = 110 } = {}) {
  const people = [...new Set(entries.map(({ who }) => who))];
  const columns = people.toSpliced(Math.ceil(people.length / 2), 0, centre);
  const gap = Math.min(wide, Math.max(narrow, Math.floor(width / Math.max(1, columns.length - 1))));
  const ordered = entries.map((entry) => ({ ...entry, ...arrow(columns, entry, centre) })).sort((a, b) => a.t - b.t);
  return [header(columns, gap), ...ordered.map((step) => row(columns.length, gap, step))].join("\n");
}

/** The first line of a message in few words: `INVITE sip:bob@example.com`, `200 OK (INVITE)`. */
export function summary(message) {
  const [first = "", ...headers] = message.split(/\r?\n/);
  const response = /^SIP\/2\.0 (\d{3} ?.*)$/i.exec(first);
  if (!response) return first.replace(/ SIP\/2\.0$/i, "") || "(keep-alive)";
  const end = headers.indexOf("");
  const cseq = (end < 0 ? headers : headers.slice(0, end)).find((line) => /^cseq\s*:/i.test(line));
  const method = cseq && /^cseq\s*:\s*\d+\s+(\S+)/i.exec(cseq)?.[1];
  return method ? `${response[1].trim()} (${method})` : response[1].trim();
}

function arrow(columns, { who, direction, message }, centre) {
  const [own, other] = [columns.indexOf(who), columns.indexOf(centre)];
  const sent = direction === "out" || direction === "sent";
  if (!sent && direction !== "in" && direction !== "received") throw new Error(`ladder: direction ${direction}`);
  return { from: sent ? own : other, to: sent ? other : own, label: summary(message) };
}

function header(columns, gap) {
  const names = columns.map((name, index) => (index < columns.length - 1 ? cut(name, gap - 1).padEnd(gap) : name));
  return `       s  ${names.join("")}`;
}

function row(count, gap, { t, from, to, label }) {
  const cells = Array.from({ length: count - 1 }, () => " ".repeat(gap - 1));
  const [left, right] = from < to ? [from, to] : [to, from];
  const inside = (right - left) * gap - 1;
  const text = cut(label, inside - 5);
  const line = "─".repeat(inside - [...text].length - 4);
  const drawn = from < to ? ` ${text} ${line}▶ ` : ` ◀${line} ${text} `;
  cells.splice(left, right - left, drawn);
  return `${(t / 1000).toFixed(3).padStart(8)}  │${cells.join("│")}│`;
}

function cut(text, length) {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

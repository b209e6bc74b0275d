/**
 * What can be done by keys wherever the focus is, except in a field. Alt with letters that no browser's menu uses (Alt+D,
 * E, F, and Firefox's B, H, S, T, V do), and a question mark.
 */

import { element, isTyping } from "./dom.js";
import { isWaiting } from "./call-desk.js";
import type { PhonePane } from "./phone-pane.js";

/** One shortcut: does what it says in `phone`, and tells whether there was something to do. */
interface Shortcut {
  letter: string;
  words: string;
  act(phone: PhonePane): boolean;
}

const SHORTCUTS: readonly Shortcut[] = [
  {
    letter: "a",
    words: "Answer; whoever you speak with is put on hold",
    act: (phone) => ofWaiting(phone, (call) => void phone.desk.answer(call)),
  },
  {
    letter: "r",
    words: "Refuse the incoming call",
    act: (phone) => ofWaiting(phone, (call) => phone.desk.refuse(call)),
  },
  { letter: "x", words: "Hang up, or cancel", act: (phone) => ofCurrent(phone, ({ call }) => phone.desk.hangup(call)) },
  {
    letter: "o",
    words: "Hold, or resume",
    act: (phone) =>
      ofEstablished(phone, ({ call }) => void (call.hold.local ? phone.desk.resume(call) : phone.desk.hold(call))),
  },
  { letter: "m", words: "Mute, or speak again", act: (phone) => ofEstablished(phone, (card) => card.toggleMute()) },
  { letter: "n", words: "Next call: speak there, and hold this one", act: (phone) => ofNext(phone) },
  {
    letter: "k",
    words: "Keypad; with the focus in a call, digits are sent at once",
    act: (phone) => ofEstablished(phone, (card) => card.toggleKeypad()),
  },
  { letter: "c", words: "To the field for a new call", act: (phone) => phone.focusDial() },
];

/** Listens for the shortcuts. `phones` are those on the page; `help` shows what there is. */
export function listenForShortcuts(phones: () => readonly PhonePane[], help: () => void): void {
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    if (event.key === "?" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      return help();
    }
    const shortcut = SHORTCUTS.find(({ letter }) => letter === letterOf(event));
    if (!shortcut || event.repeat) return;
    event.preventDefault();
    inOrder(phones()).some((phone) => shortcut.act(phone));
  });
}

/** Fills the list of keys. */
export function listShortcuts(list: HTMLElement): void {
  const more: [string, string][] = [
    ["0 … 9 * #", "Send a tone, with the focus in a call"],
    ["↑ ↓", "In the field for a new call: the last ones you called"],
    ["Esc", "Leave a field, or close a panel"],
    ["?", "These keys"],
  ];
  const all = [
    ...SHORTCUTS.map(({ letter, words }): [string, string] => [`Alt+${letter.toUpperCase()}`, words]),
    ...more,
  ];
  list.replaceChildren(
    ...all.flatMap(([keys, words]) => {
      const term = document.createElement("dt");
      term.append(element("kbd", "", keys));
      return [term, element("dd", "", words)];
    }),
  );
}

/** The letter pressed with Alt alone. A Mac's Alt makes another character of it; AltGr counts as Ctrl and Alt. */
function letterOf({ altKey, ctrlKey, metaKey, shiftKey, key, code }: KeyboardEvent): string {
  if (!altKey || ctrlKey || metaKey || shiftKey) return "";
  return /^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace(/^Key/, "").toLowerCase();
}

/** The phone that has the focus first. */
function inOrder(phones: readonly PhonePane[]): readonly PhonePane[] {
  const focused = phones.filter(({ root }) => root.contains(document.activeElement));
  return [...focused, ...phones.filter((phone) => !focused.includes(phone))];
}

type Call = PhonePane["cards"][number]["call"];

function ofWaiting(phone: PhonePane, act: (call: Call) => void): boolean {
  const call = phone.desk.calls.find(isWaiting);
  if (call) act(call);
  return call !== undefined;
}

function ofCurrent(phone: PhonePane, act: (card: NonNullable<PhonePane["card"]>) => void): boolean {
  const { card } = phone;
  if (!card || isWaiting(card.call)) return false;
  act(card);
  return true;
}

function ofEstablished(phone: PhonePane, act: (card: NonNullable<PhonePane["card"]>) => void): boolean {
  return phone.card?.call.state === "established" && ofCurrent(phone, act);
}

function ofNext(phone: PhonePane): boolean {
  const { next } = phone.desk;
  if (next) void (isWaiting(next) ? phone.desk.answer(next) : phone.desk.resume(next));
  return next !== null;
}

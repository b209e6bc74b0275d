/** A number pad: twelve keys, and others where they are wanted. */

import { element } from "./dom.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LETTERS: Record<string, string> = {
  "2": "abc",
  "3": "def",
  "4": "ghi",
  "5": "jkl",
  "6": "mno",
  "7": "pqrs",
  "8": "tuv",
  "9": "wxyz",
};

/** Fills `root` with keys; `press` is told which. */
export function fillPad(
  root: HTMLElement,
  press: (key: string) => void,
  more: readonly { key: string; name: string }[] = [],
): void {
  for (const { key, name } of [...KEYS.map((key) => ({ key, name: key })), ...more]) {
    const button = element("button", "", key);
    button.type = "button";
    button.dataset["key"] = key;
    button.ariaLabel = name === "*" ? "star" : name === "#" ? "hash" : name;
    if (LETTERS[key]) button.append(element("small", "", LETTERS[key]));
    button.addEventListener("click", () => press(key));
    root.append(button);
  }
}

/** The tone that a key of the keyboard stands for; null for every other key. */
export function toneOf({ key, ctrlKey, altKey, metaKey }: KeyboardEvent): string | null {
  return !ctrlKey && !altKey && !metaKey && /^[\d*#]$/.test(key) ? key : null;
}

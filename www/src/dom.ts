/** How the code finds and shows the parts of the page: by their data-testid, the same names the tests use. */

/** The part called `name` inside `root`. Throws where the page has none, or one of another kind. */
export function part<T extends HTMLElement = HTMLElement>(root: ParentNode, name: string, kind?: new () => T): T {
  const found = root.querySelector(`[data-testid="${name}"]`);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`index.html has no fitting element with data-testid="${name}"`);
  return found as T;
}

/** Shows or hides an element. */
export function show(element: HTMLElement, visible: boolean): void {
  element.hidden = !visible;
}

/** Changes a text only if it differs, so that screen readers do not repeat it. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Runs `change`. If it hides or disables the focused element of `root`, focus moves on to the next thing to do there (the
 * first usable element with data-focus, else the first usable one of all) instead of getting lost.
 */
export function keepFocus(root: HTMLElement, change: () => void): void {
  const focused = document.activeElement;
  change();
  if (!focused || !root.contains(focused) || isUsable(focused)) return;
  const usable = [...root.querySelectorAll<HTMLElement>("button, input")].filter(isUsable);
  (usable.find((element) => "focus" in element.dataset) ?? usable[0])?.focus();
}

function isUsable(element: Element): boolean {
  return !element.closest("[hidden]") && !element.matches(":disabled");
}

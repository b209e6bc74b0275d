/** How the code finds, makes and shows the parts of the page: by their data-testid, the same names the tests use. */

/** The part called `name` inside `root`. Throws where the page has none, or one of another kind. */
export function part<T extends HTMLElement = HTMLElement>(root: ParentNode, name: string, kind?: new () => T): T {
  const found = root.querySelector(`[data-testid="${name}"]`);
  if (!(found instanceof (kind ?? HTMLElement)))
    throw new Error(`index.html has no fitting element with data-testid="${name}"`);
  return found as T;
}

/** A copy of what the template `id` holds. */
export function copyOf(id: string): DocumentFragment {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`index.html has no template "${id}"`);
  return document.importNode(template.content, true);
}

/** An element with a class and a text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
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
 * Runs `change`. If it hides, disables or removes the focused element of `root`, focus moves on to the next thing to do
 * there (the first usable element with data-focus, `root` itself or within it, else the first usable one of all) instead
 * of getting lost.
 */
export function keepFocus(root: HTMLElement, change: () => void): void {
  const focused = document.activeElement;
  const inside = focused !== null && root.contains(focused);
  change();
  if (!inside || (root.contains(focused) && isUsable(focused))) return;
  const own = "focus" in root.dataset ? [root] : [];
  const usable = [...own, ...root.querySelectorAll<HTMLElement>("button, input, [data-focus]")].filter(isUsable);
  (usable.find((element) => "focus" in element.dataset) ?? usable[0])?.focus({ preventScroll: true });
}

/** Whether keys typed now go into a field. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return (
    target instanceof HTMLInputElement && !["checkbox", "radio", "range", "button", "submit"].includes(target.type)
  );
}

function isUsable(element: Element): boolean {
  return !element.closest("[hidden]") && !element.matches(":disabled");
}

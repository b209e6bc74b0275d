/**
 * A place in the browser's storage that holds one value. Storage may be forbidden, full, or hold what somebody else wrote:
 * nothing here throws.
 */

/** One value under one key. */
export interface Shelf {
  /** What is kept; undefined where there is nothing that can be read. */
  read(): unknown;
  /** Whether it is kept now. */
  write(value: unknown): boolean;
  clear(): void;
}

/** The shelf called `key` in the browser's ("localStorage") or this tab's ("sessionStorage") storage. */
export function shelf(kind: "localStorage" | "sessionStorage", key: string): Shelf {
  return {
    read: () => attempt(() => JSON.parse(window[kind].getItem(key) ?? "null") ?? undefined),
    write: (value) => attempt(() => (window[kind].setItem(key, JSON.stringify(value)), true)) ?? false,
    clear: () => void attempt(() => window[kind].removeItem(key)),
  };
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

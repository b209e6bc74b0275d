/**
 * The page around us: what it tells about network, sleep and its own end, and the instance id that its tab keeps.
 * Everything here is optional: Node and workers have less of it, and then less is known.
 */

/** What a page can tell. */
export interface PageWatcher {
  hint(hint: "online" | "offline" | "resumed" | "hidden"): void;
  /** The page is being closed or put away; what is to be done must be done before this returns. */
  leaving(): void;
}

/** Watches the page until the function returned is called. */
export function watchPage({ hint, leaving }: PageWatcher): () => void {
  const over = new AbortController();
  const watch = (target: EventTarget | undefined, type: string, then: () => void) =>
    target?.addEventListener?.(type, then, { signal: over.signal });
  const page = typeof document === "undefined" ? undefined : document;
  const scope: EventTarget | undefined =
    typeof addEventListener === "function" ? (globalThis as unknown as EventTarget) : undefined;
  watch(scope, "online", () => hint("online"));
  watch(scope, "offline", () => hint("offline"));
  watch(scope, "pageshow", () => hint("resumed"));
  watch(scope, "pagehide", leaving);
  watch(page, "resume", () => hint("resumed"));
  watch(page, "visibilitychange", () => hint(page?.visibilityState === "hidden" ? "hidden" : "resumed"));
  return () => over.abort();
}

let instance: Promise<string> | undefined;

/** This tab's `urn:uuid:…`, the same after a reload (RFC 5626 §4.1); a new one for each process in Node. */
export function tabInstance(): Promise<string> {
  return (instance ??= findInstance());
}

const KEY = "patchcord.instance";
/** How long a reloaded page waits for the page before it to let go of the lock. A duplicated tab waits in vain. */
const HANDOVER_MS = 300;

async function findInstance(): Promise<string> {
  const fresh = `urn:uuid:${uuid()}`;
  const storage = tabStorage();
  if (!storage) return fresh;
  const kept = storage.getItem(KEY);
  if (kept && /^urn:uuid:[\da-f-]{36}$/.test(kept) && (await claim(kept))) return kept;
  try {
    storage.setItem(KEY, fresh);
  } catch {
    // Full or forbidden: a reload gets another one.
  }
  await claim(fresh);
  return fresh;
}

function tabStorage(): Storage | undefined {
  try {
    return typeof sessionStorage === "undefined" || typeof document === "undefined" ? undefined : sessionStorage;
  } catch {
    return undefined;
  }
}

/** Whether the id is ours alone. A duplicated tab has a copy of the storage, but not of the lock. */
function claim(id: string): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), HANDOVER_MS);
    const held = locks.request(`patchcord:${id}`, { signal: late.signal }, () => {
      clearTimeout(timer);
      resolve(true);
      // Held until the page is gone.
      return new Promise<never>(() => {});
    });
    held.catch(() => resolve(!late.signal.aborted));
  });
}

/** RFC 9562 §5.4. SL-06: nothing else will do for chance. (crypto.randomUUID is missing where a page is not served securely.) */
function uuid(): string {
  const crypto: Crypto | undefined = globalThis.crypto;
  if (typeof crypto?.getRandomValues !== "function")
    throw new Error("crypto.getRandomValues is missing here, and without it no tag or nonce would be safe");
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

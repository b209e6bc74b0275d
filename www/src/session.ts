/** Who is signed in in this tab, so that a reload can sign in again: the fact alone, and at which server. */

import type { Side } from "./ladder.js";
import { shelf } from "./store.js";

const kept = (side: Side) => shelf("sessionStorage", `patchcord.signed-in.${side}`);

/** Notes that `aor` is signed in at `server`; null = nobody any more. */
export function noteSignedIn(side: Side, who: { aor: string; server: string } | null): void {
  if (who) kept(side).write([who.aor, who.server]);
  else kept(side).clear();
}

/** Whether that one was signed in when the tab was reloaded. */
export function wasSignedIn(side: Side, { aor, server }: { aor: string; server: string }): boolean {
  const noted = kept(side).read();
  return Array.isArray(noted) && noted[0] === aor && noted[1] === server;
}

/** Whether sound arrives in a call: the browser's own statistics, looked at twice a second. */

import type { Call } from "patchcord";

const REFRESH = 500; // ms between two looks
const PATIENCE = 4000; // ms without sound before it is said

/** What a look has found. */
export interface Reading {
  /** Bytes of sound that have arrived. */
  bytes: number;
  /** Whether none has arrived for a while, though it should. */
  silent: boolean;
}

/** Watches an established call until it is established no longer. */
export async function watchSound(call: Call, tell: (reading: Reading) => void): Promise<void> {
  let [last, since] = [0, performance.now()];
  while (call.state === "established") {
    const bytes = await bytesReceived(call);
    const now = performance.now();
    if (bytes > last || call.hold.local || call.hold.remote) since = now;
    last = bytes;
    tell({ bytes, silent: now - since >= PATIENCE });
    await new Promise((resolve) => setTimeout(resolve, REFRESH));
  }
}

async function bytesReceived(call: Call): Promise<number> {
  let bytes = 0;
  try {
    const report = await call.media?.stats();
    report?.forEach((entry) => {
      if (entry.type === "inbound-rtp" && entry.kind === "audio") bytes += entry.bytesReceived;
    });
  } catch {
    // The connection has just been closed: there is nothing more to count.
  }
  return bytes;
}

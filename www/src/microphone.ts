/** Tells what a call is waiting for while the browser has not given it a microphone yet. */

import type { Call } from "patchcord";
import { microphonePermission } from "./devices.js";

const PATIENCE = 700; // ms before anything is said: usually the microphone is there at once
const REFRESH = 500; // ms between two looks

/** Tells the permission while `call` waits for the microphone, and null when it does no longer. */
export function watchMicrophone(call: Call, tell: (permission: PermissionState | "unknown" | null) => void): void {
  let watching = false;
  const look = async () => {
    if (watching || !waits(call)) return;
    watching = true;
    await pause(PATIENCE);
    while (waits(call)) {
      tell(await microphonePermission());
      await pause(REFRESH);
    }
    watching = false;
    tell(null);
  };
  call.addEventListener("media", () => void look());
  call.addEventListener("change", () => void look());
}

/** Whether media has been asked for and there is no microphone in it yet. */
function waits({ state, direction, media, invite }: Call): boolean {
  if (!media || media.localStream.getAudioTracks().length > 0) return false;
  if (direction === "incoming") return state === "answering";
  return state === "calling" && [...invite.headers].length === 0; // an INVITE leaves once there is an offer
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

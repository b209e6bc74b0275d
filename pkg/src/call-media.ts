/**
 * What a call and its media session have to say to each other, but for the questions of the engine: what the session finds
 * out by itself reaches the call by its context.
 */

import type { CallDoor } from "./call-door.js";
import type { CallEvents } from "./call-events.js";
import type { Call } from "./call.js";
import { MediaDesk } from "./desk.js";
import type { Owner } from "./emitter.js";
import { PatchcordError, explain, handled, soon } from "./errors.js";
import type { MediaSession } from "./media.js";
import type { MediaConstraints } from "./types.js";

/** The desk of a call; `capture` is what to capture until something else is wished for. */
export function mediaDesk<M extends MediaSession>(
  call: Call<M>,
  door: CallDoor<M>,
  events: Owner<CallEvents<M>>,
  capture: MediaConstraints | undefined,
): MediaDesk<M> {
  const opened = (media: M) => {
    events.fire("media", { media });
    events.fire("change", {});
  };
  return new MediaDesk<M>({
    provider: door.provider,
    capture,
    opened: (media) => soon(() => opened(media)),
    context: {
      call: call.id,
      direction: call.direction,
      failed: (error) => lost(call, door, error),
      renegotiate: (options) => handled(renew(call, door, options?.iceRestart === true)),
      playbackBlocked: () => events.fire("playbackblocked", {}),
      deviceLost: (device) => events.fire("devicelost", device),
      report: (detail) => door.report("media", `call ${call.id}: ${detail}`),
    },
  });
}

function lost<M extends MediaSession>(call: Call<M>, door: CallDoor<M>, error: Error): void {
  if (call.state === "ended") return;
  try {
    door.send({ type: "media-lost", call: door.handle, detail: explain(error) });
  } catch (failure) {
    // The provider that told us is not at fault.
    door.report("media", `the loss of call ${call.id}'s media could not be told: ${explain(failure)}`);
  }
}

/** Waits for whatever it has to: for the call to be answered, for the connection, for a peer that is busy. */
async function renew<M extends MediaSession>(call: Call<M>, door: CallDoor<M>, iceRestart: boolean): Promise<void> {
  await call.established;
  if (call.state !== "established") throw new PatchcordError("ended", "the call is over");
  try {
    const options = { iceRestart, method: "auto", lasting: true } as const;
    await door.request((id) => ({ type: "renegotiate", id, call: door.handle, options }));
  } catch (failure) {
    // The end of a call tells its reason itself.
    if (call.state === "established")
      door.report("media", `the media of call ${call.id} could not be renegotiated: ${explain(failure)}`);
    throw failure;
  }
}

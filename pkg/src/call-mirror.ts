/**
 * What the engine has told of one call: where it stands, who is on the other side, when it was answered and ended. Values
 * are replaced, never changed, and each change is told by the call's events.
 */

import type { CallDoor } from "./call-door.js";
import type { CallEvents, ForkBranch } from "./call-events.js";
import type { Call } from "./call.js";
import { callEnd, message, nameAddr, sipResponse, unanswered } from "./convert.js";
import type { MediaDesk } from "./desk.js";
import type { Owner } from "./emitter.js";
import { deferred, explain } from "./errors.js";
import { sipHeaders } from "./headers.js";
import type { CallEvent } from "./host.js";
import type { MediaSession } from "./media.js";
import type { Body, CallEnd, NameAddr, SipHeaders } from "./types.js";

/** Whose mirror it is, and what it has to do with. */
export interface MirrorParts<M extends MediaSession> {
  readonly call: Call<M>;
  readonly door: CallDoor<M>;
  readonly desk: MediaDesk<M>;
  readonly events: Owner<CallEvents<M>>;
}

/** The mirror of a call. */
export class CallMirror<M extends MediaSession> {
  state: Call["state"] = "calling";
  remote: NameAddr;
  invite: { headers: SipHeaders; body: Body | null } = { headers: sipHeaders(""), body: null };
  answeredAt: Date | null = null;
  endedAt: Date | null = null;
  dialog: { callId: string; localTag: string; remoteTag: string } | null = null;
  hold: { local: boolean; remote: boolean } = { local: false, remote: false };
  readonly established = deferred<void>();
  readonly ended = deferred<CallEnd>();
  readonly #parts: MirrorParts<M>;
  readonly #branches = new Map<string, ForkBranch<M>>();

  constructor(parts: MirrorParts<M>) {
    this.#parts = parts;
    this.remote = parts.door.remote;
  }

  /** Takes what has happened. */
  receive(event: CallEvent): void {
    const { events } = this.#parts;
    switch (event.type) {
      case "incoming":
      case "invited":
        this.remote = nameAddr(event.remote);
        this.invite = message(event.invite);
        break;
      case "state":
        this.#move(event.state);
        break;
      case "progress":
        return events.fire("progress", {
          response: sipResponse(event.response),
          branch: this.#branch(event.branch),
        });
      case "established":
        this.#onEstablished(event);
        break;
      case "hold":
        this.#onHold(event);
        break;
      case "dtmf":
        return events.fire("dtmf", { tone: event.tone, durationMs: event.durationMs });
      case "ended":
        this.#onEnded(event);
        break;
    }
    events.fire("change", {});
  }

  #move(state: Call["state"]): void {
    if (state === this.state) return;
    this.state = state;
    if (state === "ending" || state === "ended") this.#closeMedia();
    this.#parts.events.fire("statechange", { state });
  }

  /** Microphone and sound stop when the call is over for the user, however long the peer takes to confirm. */
  #closeMedia(): void {
    const { call, desk, door } = this.#parts;
    try {
      desk.close();
    } catch (error) {
      door.report("media", `the media session of call ${call.id} failed to close: ${explain(error)}`);
    }
  }

  #onEstablished({ dialog, response }: Extract<CallEvent, { type: "established" }>): void {
    this.dialog = dialog;
    this.answeredAt = new Date();
    this.#move("established");
    this.established.resolve();
    this.#parts.events.fire("established", response ? { response: sipResponse(response) } : {});
  }

  #onHold({ by, held }: Extract<CallEvent, { type: "hold" }>): void {
    const { desk, events } = this.#parts;
    const side = by === "local" ? "local" : "remote";
    this.hold = { ...this.hold, [side]: held };
    if (side === "local") desk.hold(held);
    events.fire("hold", { by: side, held });
  }

  #onEnded({ end: data }: Extract<CallEvent, { type: "ended" }>): void {
    const { desk, door, events } = this.#parts;
    const end = callEnd(data);
    this.endedAt = door.date(data.at);
    door.ended();
    this.#move("ended");
    this.established.reject(unanswered(end, desk.failure, door.direction));
    this.ended.resolve(end);
    events.fire("ended", end);
  }

  #branch(remoteTag: string): ForkBranch<M> {
    let branch = this.#branches.get(remoteTag);
    if (!branch) {
      branch = { remoteTag, call: this.#parts.call, data: new Map() };
      this.#branches.set(remoteTag, branch);
    }
    return branch;
  }
}

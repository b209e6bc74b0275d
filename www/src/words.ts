/** States, ends and errors in words that tell people what happened and what they can do. */

import {
  PatchcordError,
  type Call,
  type CallEnd,
  type LostDevice,
  type NameAddr,
  type SipResponse,
  type UserAgent,
} from "patchcord";

/** A caller's name: the display name, else the user part of the address. */
export function nameOf({ displayName, uri }: NameAddr): string {
  return displayName || userOf(uri);
}

/** The user part of an address: "alice" of "sip:alice@example.com". */
export function userOf(uri: string): string {
  const user = /^(?:sips?:|tel:)?([^@;?]+)/i.exec(uri)?.[1] ?? uri;
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}

/** Where a user agent stands, in a word or two. */
export function connectionWords({ state, registration }: UserAgent): string {
  switch (state) {
    case "idle":
    case "connecting":
      return "Connecting…";
    case "waiting":
      return "No connection";
    case "closed":
      return "Signed out";
    case "connected":
      return registrationWords[registration.state];
  }
}

const registrationWords: Record<UserAgent["registration"]["state"], string> = {
  unregistered: "Connected, not registered",
  registering: "Registering…",
  registered: "Registered",
  waiting: "Not registered, trying again",
  rejected: "Registration refused",
};

/** Why there is no connection, and what to check. */
export function noConnection(server: string, reason: string | undefined, inCall: boolean): string {
  const why = reason ? ` (${reason})` : "";
  const calls = inCall
    ? " The call goes on as long as its sound does; what you change reaches the other side later or not at all."
    : "";
  return `No connection to ${server}${why}.${calls} Check your network, and that the server's address is right.`;
}

/** Why the registrar does not have us. */
export function noRegistration(response: SipResponse | undefined, final: boolean): string {
  const why = response ? ` (${response.status} ${response.phrase})` : "";
  return final
    ? `The server refused the registration${why}: nobody can call you. Ask whoever runs it, or sign out and in again.`
    : `The server has not registered you${why}: nobody can call you yet.`;
}

/** How long until then: "in 12 s", "in 3 min 20 s". */
export function untilWords(instant: Date): string {
  const seconds = Math.ceil((instant.getTime() - Date.now()) / 1000);
  if (seconds <= 0) return "Trying now…";
  const minutes = Math.floor(seconds / 60);
  return minutes ? `Next try in ${minutes} min ${seconds % 60} s.` : `Next try in ${seconds} s.`;
}

/** Where a call stands, in a few words. */
export function callWords({ state, direction, muted, hold }: Call): string {
  switch (state) {
    case "calling":
    case "ringing":
    case "early":
      if (direction === "incoming") return "is calling you";
      return state === "calling" ? "Calling…" : "Ringing…";
    case "answering":
      return "Connecting…";
    case "established":
      if (hold.local) return hold.remote ? "On hold, on both sides" : "On hold";
      if (hold.remote) return "The other side has put you on hold";
      return muted.audio ? "In call, you are muted" : "In call";
    case "ending":
      return "Hanging up…";
    case "ended":
      return "Ended";
  }
}

/** What the microphone is waiting for before a call can go out or be answered. */
export function microphoneWords(permission: PermissionState | "unknown"): string {
  if (permission === "granted") return "Opening the microphone…";
  if (permission === "denied") return "The microphone is not allowed. Allow it in the browser's site settings.";
  return "Waiting for your permission to use the microphone… Answer the browser's question, above or beside the address.";
}

/** What a call without incoming sound may suffer from. */
export const noSound =
  "No sound arrives. Ask whether the other side is muted; if it hears you neither, hang up and call again, or ask for a TURN server.";

/** A device went away in a call. */
export function deviceLost({ kind, label, replacement }: LostDevice): string {
  const what = kind === "audiooutput" ? "loudspeaker" : kind === "videoinput" ? "camera" : "microphone";
  const gone = `The ${what} ${label ? `"${label}" ` : ""}is gone.`;
  if (replacement !== null)
    return `${gone} ${replacement ? `"${replacement}"` : "Another one"} has taken its place; you can choose below.`;
  return kind === "audioinput"
    ? `${gone} The other side does not hear you: plug it in again, or choose another one below.`
    : `${gone} Plug it in again, or choose another one below.`;
}

/** How long, as 3:05 or 1:02:09. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** What of a call its end depends on. */
export type Ended = Pick<Call, "direction" | "answeredAt" | "remote">;

/** Why a call has ended; `error` is what its media failed with before it was answered, where it did. */
export function endWords(end: CallEnd, { direction, answeredAt, remote }: Ended, error?: unknown): string {
  const peer = nameOf(remote);
  const { by, cause, status, phrase, retryAfter } = end;
  const mine = by === "local";
  const answer = status ? ` (${status} ${phrase ?? ""})`.replace(" )", ")") : "";
  const later = retryAfter ? ` The server asks to wait ${retryAfter} s.` : "";
  switch (cause) {
    case "hangup":
      return mine ? "You hung up." : `${peer} hung up.`;
    case "cancelled":
      return mine ? "You cancelled the call." : `${peer} cancelled the call before you answered.`;
    case "rejected":
      if (mine) return "You refused the call.";
      return status === 404
        ? `The server knows no ${peer}. Check the spelling and call again.`
        : `${peer} refused the call${answer}.${later}`;
    case "busy":
      return mine ? `You were busy when ${peer} called.` : `${peer} is busy. Try again later.${later}`;
    case "unanswered":
      if (direction === "incoming") return `You missed a call from ${peer}.`;
      if (mine) return `${peer} did not answer. Try again later.`;
      return `${peer} cannot be reached: not signed in, or nobody answers${answer}.${later}`;
    case "redirected":
      return `${peer} has moved to another address${answer}.`;
    case "answered-elsewhere":
      return "You answered on another phone.";
    case "authentication":
      return `The server did not let you call${answer}. Check your password.`;
    case "incompatible":
      return `No call with ${peer}: the two sides have no kind of sound in common${answer}. Ask whoever runs the server which codecs are allowed.`;
    case "media":
      if (answeredAt) return `The sound broke off and no other way to ${peer} was found. Check the network, and call again.`;
      return deviceWords(error);
    case "transport":
      return "The connection to the server was lost. Call again once you are registered.";
    case "timeout":
      return `${peer} no longer answers, so the call was ended.`;
    case "closed":
      return "The call ended because you signed out.";
    default:
      return `The call was ended: ${cause}${answer}.`;
  }
}

/** What a microphone failed with, and what to do about it: the browser's own error is behind the one we are given. */
export function deviceWords(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const words = deviceRefusals[cause.name];
    if (words) return words;
    if (/ICE|gets through/.test(cause.message))
      return "No sound gets through between the two sides. Check the network, and whether a TURN server is set.";
  }
  return "The microphone could not be used. Allow it in the browser's site settings, check that one is plugged in, and call again.";
}

const deviceRefusals: Record<string, string> = {
  NotAllowedError:
    "The browser does not let this page use the microphone. Allow it in the browser's site settings (beside the address), and call again.",
  NotFoundError: "No microphone was found. Plug one in, or choose another one in the settings, and call again.",
  OverconstrainedError:
    "The chosen microphone is not there. Plug it in, or choose another one in the settings, and call again.",
  NotReadableError:
    "The microphone is in use by another program. Close that one, or choose another microphone, and call again.",
};

/** What went wrong, and what to do about it. */
export function errorWords(error: unknown): string {
  if (!(error instanceof PatchcordError)) return error instanceof Error ? error.message : String(error);
  switch (error.code) {
    case "authentication":
      return "The server did not accept this address and password. Correct them and sign in again.";
    case "media":
      return deviceWords(error);
    case "not-connected":
      return "There is no connection to the server. Wait until the phone is registered and try again.";
    case "rejected":
      return `The server refused: ${error.status ?? ""} ${error.response?.phrase ?? error.message}. Check the address and the password.`;
    case "timeout":
      return "The server or the other side did not answer in time. Try again.";
    case "limit":
      return "There are too many calls already. Hang one up first.";
    case "engine":
      return `The phone has broken down. Reload the page. (${error.message})`;
    default:
      return error.message;
  }
}

/** What could not be done within a call; `holding`: put it on hold, on which something else may have waited. */
export function changeWords(error: unknown, peer: string, holding = false): string {
  const what = holding ? `${peer} could not be put on hold, so nothing else was done. ` : "";
  if (error instanceof PatchcordError && error.code === "rejected")
    return `${what}${peer}'s side refused that (${error.status ?? ""} ${error.response?.phrase ?? ""}). The call is as it was.`;
  return what + errorWords(error);
}

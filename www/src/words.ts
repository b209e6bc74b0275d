/** States, ends and errors in words that tell people what happened and what they can do. */

import { PatchcordError, type Call, type CallEnd, type NameAddr, type UserAgent } from "patchcord";

/** A caller's name: the display name, else the user part of the address. */
export function nameOf({ displayName, uri }: NameAddr): string {
  return displayName || userOf(uri);
}

/** The user part of an address: "alice" of "sip:alice@example.com". */
export function userOf(uri: string): string {
  return /^(?:sips?:|tel:)?([^@;?]+)/i.exec(uri)?.[1] ?? uri;
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
      return "Disconnected";
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

/** Where a call stands, in a word or two. */
export function callWords({ state, direction, muted }: Call): string {
  switch (state) {
    case "calling":
    case "ringing":
    case "early":
      if (direction === "incoming") return "is calling you";
      return state === "calling" ? "Calling…" : "Ringing…";
    case "answering":
      return "Connecting…";
    case "established":
      return muted.audio ? "In call, you are muted" : "In call";
    case "ending":
      return "Hanging up…";
    case "ended":
      return "Ended";
  }
}

/** Why a call has ended. */
export function endWords({ by, cause, status, phrase }: CallEnd, peer: string): string {
  const mine = by === "local";
  const answer = status ? ` (${status} ${phrase ?? ""})`.replace(" )", ")") : "";
  switch (cause) {
    case "hangup":
      return mine ? "You hung up." : `${peer} hung up.`;
    case "cancelled":
      return mine ? "You cancelled the call." : `${peer} cancelled the call before you answered.`;
    case "rejected":
      if (mine) return "You refused the call.";
      return status === 404 ? `The server knows no ${peer}. Check the spelling and call again.` : `${peer} refused the call${answer}.`;
    case "busy":
      return mine ? `You were busy when ${peer} called.` : `${peer} is busy. Try again later.`;
    case "unanswered":
      return mine ? `You missed a call from ${peer}.` : `${peer} cannot be reached: not signed in, or nobody answers${answer}.`;
    case "redirected":
      return `${peer} has moved to another address${answer}.`;
    case "answered-elsewhere":
      return "You answered on another phone.";
    case "authentication":
      return `The server did not let you call${answer}. Check your password.`;
    case "incompatible":
      return `The call needs a kind of sound that one side does not have${answer}.`;
    case "media":
      return "The microphone could not be used. Allow it in the browser's site settings, check that one is plugged in, and call again.";
    case "transport":
      return "The connection to the server was lost. Call again once you are registered.";
    case "timeout":
      return `${peer} no longer answers, so the call was ended.`;
    case "closed":
      return "The call ended because the phone was disconnected.";
    default:
      return `The call was ended: ${cause}${answer}.`;
  }
}

/** What went wrong, and what to do about it. */
export function errorWords(error: unknown): string {
  if (!(error instanceof PatchcordError)) return error instanceof Error ? error.message : String(error);
  switch (error.code) {
    case "authentication":
      return "The server did not accept this address and password. Correct them and connect again.";
    case "media":
      return `The microphone could not be used. Allow it in the browser's site settings and try again. (${error.message})`;
    case "not-connected":
      return "There is no connection to the server. Wait until the phone is registered and try again.";
    case "rejected":
      return `The server refused: ${error.status ?? ""} ${error.response?.phrase ?? error.message}. Check the address and the password.`;
    case "engine":
      return `The phone has broken down. Connect again. (${error.message})`;
    default:
      return error.message;
  }
}

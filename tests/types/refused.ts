// What must not compile.

import { Call, PatchcordError, UserAgent } from "patchcord";
import type { CallEnd, SipHeaders, UserAgentOptions } from "patchcord";

declare const base: { aor: string; servers: string };
declare const ua: UserAgent;
declare const call: Call;
declare const end: CallEnd;
declare const headers: SipHeaders;

// @ts-expect-error there is no such event
ua.on("calls", () => {});
// @ts-expect-error nor has a call this one
call.addEventListener("refreshed", () => {});
// @ts-expect-error nor a registration
ua.registration.on("ended", () => {});
// @ts-expect-error the event carries no such fact
ua.on("call", ({ callee }) => console.log(callee));
// @ts-expect-error facts are read-only
call.on("statechange", (event) => (event.state = "ended"));
// @ts-expect-error listeners are functions
call.on("ended", { handleEvent: () => {} });

// @ts-expect-error an emitter is no EventTarget: event names would not be checked
const target: EventTarget = call;
// @ts-expect-error user agents are made by create()
new UserAgent();
// @ts-expect-error both are needed
UserAgent.create({ aor: "sip:alice@example.com" });
// @ts-expect-error there is no such option
UserAgent.create({ ...base, sever: "x" });
// @ts-expect-error nor is this one there yet
const timers: UserAgentOptions = { ...base, sessionTimer: {} };
// @ts-expect-error a session must make and take SDP
UserAgent.create({ ...base, media: { open: () => ({ close() {} }) } });

// @ts-expect-error members of later versions are not there
call.refer("carol");
// @ts-expect-error nor are modes of sending tones that there are not
call.sendDtmf("1", { mode: "sip" });
// @ts-expect-error nor are features
const features: UserAgentOptions = { ...base, capabilities: { refer: true } };
// @ts-expect-error a call is on hold because setHold() says so
call.hold = { local: true, remote: false };
// @ts-expect-error there is no such method of renegotiating
call.renegotiate({ method: "UPDATE" });
// @ts-expect-error a response has nothing to abort
call.on("request", ({ respond }) => respond(200, { signal: AbortSignal.abort() }));
// @ts-expect-error a message has one body
ua.message("bob", "hi", { body: { contentType: "text/plain", content: "" } });
// @ts-expect-error an INVITE has no body but its offer
ua.call("bob", { body: { contentType: "text/plain", content: "" } });
// @ts-expect-error contacts are a list
call.redirect("sip:carol@example.com");
// @ts-expect-error properties are read-only
call.state = "ended";
// @ts-expect-error lists are too
ua.calls.push(call);
// @ts-expect-error 200 is not for ring()
call.ring({ status: 200 });
// @ts-expect-error there is no such cause
if (end.cause === "bored") console.log(end);
// @ts-expect-error there is no such code
if (new PatchcordError("closed", "").code === "open") console.log(end);
// @ts-expect-error header fields are read by get()
console.log(headers["From"]);
// @ts-expect-error null where there is none
const from: string = headers.get("From");

export { features, from, target, timers };

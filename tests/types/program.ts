// A program that uses the API as applications do. It is compiled, never run.

import { Emitter, PatchcordError, UserAgent, init, webrtc } from "patchcord";
import type {
  Call,
  CallEnd,
  CallOptions,
  DtmfOptions,
  MediaProvider,
  MediaSession,
  NameAddr,
  RefreshMethod,
  Registration,
  RenegotiateOptions,
  ResponseOptions,
  SipHeaders,
  SipResponse,
  Target,
  UaEvent,
  UserAgentOptions,
  WebRtcSession,
} from "patchcord";

const options = {
  aor: "sip:alice@example.com",
  servers: ["wss://a.example.com", "wss://b.example.com"],
  displayName: "Alice",
  credentials: async ({ realm, algorithms, proxy, stale }) => ({
    username: `${realm} ${algorithms.join()} ${proxy} ${stale}`,
    password: "",
    token: "",
  }),
  registration: {
    expires: 300,
    registrar: "sip:example.com",
    contactParams: { ob: null, "pn-prid": "x" },
    requireOutbound: false,
  },
  reconnect: { minDelay: 1, maxDelay: 60, keepAlive: 0, pongTimeout: 5, noRetryCodes: [4001] },
  media: webrtc({
    iceServers: [{ urls: "stun:stun.example.com" }],
    gatheringTimeoutMs: 500,
    audio: { echoCancellation: true },
    output: false,
  }),
  host: "inline" as const,
  headers: { "X-Tenant": "42", "X-Many": ["a", "b"] },
  pagehide: "leave" as const,
  webSocket: (url: string) => new WebSocket(url, "sip"),
  limits: { calls: 4, dialogs: 8, transactions: 64 },
  timers: { t1: 0.5, t2: 4, t4: 5, nonInvite100: true },
  capabilities: { update: true, info: true, message: false },
} satisfies UserAgentOptions;

export async function softphone(): Promise<void> {
  await init();
  await init({ wasm: new URL("patchcord_bg.wasm", import.meta.url) });
  await using ua = await UserAgent.create(options);
  const state: "idle" | "connecting" | "connected" | "waiting" | "closed" = ua.state;
  const server: string | null = ua.server;
  ua.on("statechange", ({ state, server, reason, retryAt }) =>
    console.log(state, server, reason?.length, retryAt?.getTime()),
  );
  ua.on("call", ({ call }) => void answer(call), { once: true });
  ua.on("trace", ({ direction, message, at }) => console.log(direction === "in", message.length, at.getTime()));
  ua.on("message", ({ from, body, headers, reject }) => {
    if (body.content.length > 1000 || headers.has("X-Spam")) reject(403);
    console.log(from.displayName ?? from.uri, body.contentType);
  });
  ua.on("diagnostic", ({ code, detail }) => console.log(`${code}: ${detail}`));
  ua.on("fatal", ({ error }) => console.log(error.code));
  await ua.connect({ signal: AbortSignal.timeout(5000) });
  ua.setCredentials({ username: "alice", ha1: "0".repeat(64) });
  ua.setCredentials(undefined);
  await registration(ua.registration);
  const target: Target = { uri: "sip:bob@example.com" };
  await requests(ua, target);
  await outgoing(ua.call(target, { timeout: 30, media: { audio: true }, headers: { "X-Queue": "sales" } }));
  await outgoing(ua.call(target, { lateOffer: true, followRedirects: 5 }));
  const shown: object = await ua.snapshot();
  ua.reconnect();
  await ua.disconnect();
  await ua.close({ timeout: 1 });
  console.log(state, server, shown);
}

async function requests(ua: UserAgent, target: Target): Promise<void> {
  const sent: SipResponse = await ua.message(target, "Lunch?", { signal: AbortSignal.timeout(5000) });
  await ua.message("bob", { contentType: "application/json", content: new Uint8Array(2), disposition: "render" });
  const body = { contentType: "text/plain", content: "?" };
  const found = await ua.request("OPTIONS", target, { headers: { Accept: "application/sdp" }, body });
  console.log(sent.status, found.status, found.phrase, found.headers.getAll("Allow"), found.body?.content);
}

async function registration(registration: Registration): Promise<void> {
  const off: () => void = registration.on("refreshed", ({ expiresAt }) => console.log(expiresAt.getTime()));
  registration.on("statechange", ({ state, response, retryAt }) =>
    console.log(state === "rejected", response?.status, retryAt),
  );
  await registration.unregister({ all: true });
  await registration.register();
  const contacts: readonly NameAddr[] = registration.contacts;
  console.log(contacts[0]?.params?.["expires"], registration.gruu.public, registration.expiresAt?.getTime());
  off();
}

async function answer(call: Call): Promise<void> {
  await call.ring({ status: 183 });
  const queue: string | null = call.invite.headers.get("X-Queue");
  if (queue === null) return call.reject({ status: 603, phrase: "Decline", retryAfter: 60 });
  if (queue === "moved") return call.redirect(["carol", { uri: "sip:dave@example.com" }], { permanent: true });
  await call.accept({ media: { audio: true }, headers: { "X-Desk": "7" } });
  call.setMuted(true);
  call.setMuted({ video: false });
  const both: { audio: boolean; video: boolean } = call.muted;
  call.data.set("ticket", both);
  await changes(call);
}

async function changes(call: Call): Promise<void> {
  call.on("hold", ({ by, held }) => console.log(by === "remote" && held));
  call.on("dtmf", ({ tone, durationMs }) => console.log(tone.length, durationMs.toFixed()));
  call.on("request", (event) => {
    const response: ResponseOptions = { headers: { "X-A": "b" }, body: { contentType: "text/plain", content: "" } };
    if (event.method === "INFO" && event.body === null) return event.respond(200, response);
    event.preventDefault();
    setTimeout(() => event.respond(404), 1000);
  });
  await call.setHold(!call.hold.local && !call.hold.remote);
  const method: RefreshMethod = "update";
  const anew: RenegotiateOptions = { media: { video: true }, iceRestart: true, method };
  await call.renegotiate(anew);
  await call.renegotiate();
  const slow: DtmfOptions = { mode: "info", durationMs: 400, gapMs: 100 };
  await call.sendDtmf("1,2#", slow);
  await call.sendDtmf("#", { mode: "rtp" });
  call.on("devicelost", ({ kind, label, replacement }) => console.log(kind === "audioinput", label, replacement ?? "nothing"));
  await call.media?.setInput("default");
  await call.media?.setInput("camera", "video");
  await call.media?.setOutput("");
  const options = { headers: { "Info-Package": "x" }, signal: AbortSignal.timeout(5000) };
  console.log((await call.request("INFO", options)).status);
}

async function outgoing(call: Call): Promise<void> {
  call.on("statechange", ({ state }) => console.log(state === "ringing"));
  call.on("progress", ({ response, branch }) => console.log(response.status, branch.remoteTag, branch.call === call));
  call.on("established", ({ response }) => console.log(response?.headers.getAll("Contact")));
  call.on("media", ({ media }) => attach(media));
  call.on("playbackblocked", () => void call.media?.play());
  call.on("ended", ({ by, cause, status, phrase, reason, retryAfter, response }) =>
    console.log(by, cause, status, phrase, reason?.[0]?.cause, retryAfter, response?.body?.content),
  );
  try {
    const same: Call = await call.established;
    console.log(same.dialog?.callId, same.answeredAt?.getTime());
  } catch (error) {
    if (error instanceof PatchcordError && error.code === "rejected") console.log(error.status, error.response?.phrase);
  }
  await call.hangup({ reason: { protocol: "SIP", cause: 200, text: "done" } });
  const end: CallEnd = await call.ended;
  console.log(end.cause);
}

function attach(media: WebRtcSession): void {
  const video = document.createElement("video");
  video.srcObject = media.remoteStream;
  console.log(media.localStream.id, media.peerConnection.connectionState);
  void media.stats().then((report) => report.forEach((entry) => console.log(entry)));
}

/** Media that is no WebRTC keeps its own type. */
interface Recorder extends MediaSession {
  readonly seconds: number;
}

declare const recorders: MediaProvider<Recorder>;

export async function recorder(): Promise<number | undefined> {
  const ua = await UserAgent.create({ ...options, media: recorders });
  const call: Call<Recorder> = ua.call("bob");
  ua.on("call", ({ call }) => console.log(call.media?.seconds));
  return call.media?.seconds;
}

export async function plainObject(): Promise<boolean> {
  const ua = await UserAgent.create({
    aor: "sip:alice@example.com",
    servers: "wss://a.example.com",
    media: {
      open: ({ call, direction, failed, renegotiate }) => ({
        label: `${call} ${direction}`,
        createOffer: async ({ hold, iceRestart }: { hold: boolean; iceRestart: boolean }) => `${hold} ${iceRestart}`,
        createAnswer: async (offer: string) => offer,
        setAnswer: async () => failed(new Error("no")),
        rollback: async () => renegotiate({ iceRestart: true }),
        close: () => {},
      }),
    },
  });
  return ua.call("bob").media?.label === "1 outgoing";
}

/** Values of the package can be passed about. */
export function use(
  headers: SipHeaders,
  emitter: Emitter<{ tone: UaEvent<{ pitch: number }> }>,
  options: CallOptions,
): number {
  for (const [name, value] of headers) console.log(name, value);
  emitter.addEventListener("tone", ({ pitch, type }) => console.log(pitch, type), { signal: AbortSignal.abort() });
  return [...headers].length + (options.timeout ?? 0);
}

// Driver for patchcord, as a page gets it: the packed package, by its name. common.js says what a driver is.

import { UserAgent } from "patchcord";
import { Calls, offer, tell } from "./common.js";

const calls = new Calls();
let ua;

function track(call) {
  const id = calls.add(call);
  call.on("progress", ({ response }) => response.status === 180 && tell("ringing", { call: id }));
  call.on("established", () => tell("established", { call: id }));
  call.on("dtmf", ({ tone }) => tell("dtmf", { call: id, tone }));
  call.on("hold", ({ by, held }) => tell("hold", { call: id, by, held }));
  call.on("ended", ({ by, cause, status }) => tell("ended", { call: id, by, cause, status }));
  return id;
}

offer({
  async start({ ws, aor, password }) {
    const [, username] = /^sip:(.*)@/.exec(aor);
    ua = await UserAgent.create({ aor, servers: ws, credentials: { username, password } });
    ua.on("call", ({ call }) => {
      void call.ring();
      tell("incoming", { call: track(call) });
    });
    ua.on("statechange", ({ state, reason }) => tell(state === "waiting" ? "disconnected" : state, { reason }));
    ua.on("message", ({ body }) => tell("message", { text: body.content }));
    ua.on("diagnostic", ({ code, detail }) => tell("diagnostic", { code, detail }));
    ua.registration.on("statechange", ({ state }) => tell(state));
    await ua.connect();
  },
  call: (target) => track(ua.call(target)),
  answer: (id) => calls.at(id).accept(),
  reject: (id, status) => calls.at(id).reject({ status }),
  hangup: (id) => calls.at(id).hangup(),
  hold: (id) => calls.at(id).setHold(true),
  resume: (id) => calls.at(id).setHold(false),
  dtmf: (id, tone) => calls.at(id).sendDtmf(tone, { mode: "info" }),
  message: async (target, text) => (await ua.message(target, text)).status,
  async options(target) {
    const { status, headers } = await ua.request("OPTIONS", target);
    return { status, allow: headers.getAll("Allow").join(", ") };
  },
  peerConnection: (id) => calls.at(id).media?.peerConnection,
  endAll: () => Promise.all(ua.calls.map((call) => call.hangup())),
});

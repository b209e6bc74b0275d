// Driver for JsSIP. common.js says what a driver is.

import * as JsSIP from "jssip";
import { Calls, offer, tell } from "./common.js";

const calls = new Calls();
const media = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };
let ua;

function track(session) {
  const id = calls.add(session);
  session.on("progress", ({ response }) => response?.status_code === 180 && tell("ringing", { call: id }));
  session.on("confirmed", () => tell("established", { call: id }));
  session.on("newDTMF", ({ originator, dtmf: { tone } }) => {
    if (originator === "remote") tell("dtmf", { call: id, tone });
  });
  // JsSIP tells the end of an established call and of any other by two events.
  for (const end of ["ended", "failed"]) {
    session.on(end, ({ originator: by, cause, message }) => {
      tell("ended", { call: id, by, cause, status: message?.status_code });
    });
  }
  return id;
}

/** hold() or unhold(), which call back when the peer has agreed and answer false when they cannot be done now. */
function change(id, method) {
  return new Promise((resolve, reject) => {
    if (!calls.at(id)[method]({}, resolve)) reject(new Error(`JsSIP cannot ${method} now`));
  });
}

/** Sends a request outside calls; resolves with its final response. */
function answered(send, target, body) {
  return new Promise((resolve, reject) => {
    const told = ({ response, cause }) => (response ? resolve(response) : reject(new Error(cause)));
    ua[send](target, body, { eventHandlers: { succeeded: told, failed: told } });
  });
}

offer({
  start({ ws, aor, password }) {
    return new Promise((resolve, reject) => {
      ua = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(ws)], uri: aor, password, register_expires: 300 });
      ua.on("registered", () => {
        tell("registered");
        resolve();
      });
      ua.on("registrationFailed", ({ cause }) => reject(new Error(cause)));
      ua.on("disconnected", () => tell("disconnected"));
      ua.on("newRTCSession", ({ originator, session }) => {
        if (originator === "remote") tell("incoming", { call: track(session) });
      });
      ua.on("newMessage", ({ originator, request }) => {
        if (originator === "remote") tell("message", { text: request.body });
      });
      ua.start();
    });
  },
  call: (target) => track(ua.call(target, media)),
  answer: (id) => calls.at(id).answer(media),
  reject: (id, status) => calls.at(id).terminate({ status_code: status }),
  hangup: (id) => calls.at(id).terminate(),
  hold: (id) => change(id, "hold"),
  resume: (id) => change(id, "unhold"),
  dtmf: (id, tone) => calls.at(id).sendDTMF(tone),
  message: async (target, text) => (await answered("sendMessage", target, text)).status_code,
  async options(target) {
    const response = await answered("sendOptions", target, "");
    return { status: response.status_code, allow: response.getHeader("Allow") };
  },
  peerConnection: (id) => calls.at(id).connection,
  endAll() {
    for (const session of calls.all) if (!session.isEnded()) session.terminate();
  },
});

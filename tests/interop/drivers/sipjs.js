// Driver for SIP.js. common.js says what a driver is.

import { Inviter, Messager, Registerer, RegistererState, SessionState, UserAgent } from "sip.js";
import { Calls, offer, tell } from "./common.js";

const calls = new Calls();
const media = { sessionDescriptionHandlerOptions: { constraints: { audio: true, video: false } } };
let ua;

function track(session) {
  const id = calls.add(session);
  session.stateChange.addListener((state) => {
    if (state === SessionState.Established) tell("established", { call: id });
    if (state !== SessionState.Terminated) return;
    // SIP.js says that a call has ended just before it says by which answer.
    queueMicrotask(() => tell("ended", { call: id, status: session.refusedWith }));
  });
  // With a delegate SIP.js answers none of these by itself.
  session.delegate = {
    onBye: (bye) => void bye.accept(),
    onInfo(info) {
      tell("dtmf", { call: id, tone: /Signal=\s*(\S)/i.exec(info.request.body)?.[1] });
      info.accept();
    },
  };
  return id;
}

function invite(target) {
  const session = new Inviter(ua, UserAgent.makeURI(target), media);
  const id = track(session);
  const onProgress = ({ message }) => message.statusCode === 180 && tell("ringing", { call: id });
  const onReject = ({ message }) => {
    session.refusedWith = message.statusCode;
  };
  const failed = (error) => tell("failed", { call: id, error: String(error) });
  session.invite({ requestDelegate: { onProgress, onReject } }).catch(failed);
  return id;
}

/** Sends a request by `send`, which is given the delegate that will be told the answer; resolves with that. */
function answered(send) {
  return new Promise((resolve, reject) => {
    const told = ({ message }) => resolve({ status: message.statusCode, message });
    Promise.resolve(send({ onAccept: told, onReject: told })).catch(reject);
  });
}

/** The same for a request that the peer is to accept. */
async function accepted(send) {
  const { status } = await answered(send);
  if (status >= 300) throw new Error(`the peer refuses with ${status}`);
}

/** A re-INVITE that holds or resumes. */
function change(id, hold) {
  const session = calls.at(id);
  session.sessionDescriptionHandlerOptionsReInvite = { ...media.sessionDescriptionHandlerOptions, hold };
  return accepted((requestDelegate) => session.invite({ requestDelegate }));
}

function hangup(session) {
  if (session.state === SessionState.Established) return session.bye().then(() => {});
  return session instanceof Inviter ? session.cancel() : session.reject();
}

offer({
  async start({ ws, aor, password }) {
    const uri = UserAgent.makeURI(aor);
    ua = new UserAgent({
      uri,
      authorizationUsername: uri.user,
      authorizationPassword: password,
      transportOptions: { server: ws },
      logLevel: "warn",
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
      delegate: {
        onDisconnect: () => tell("disconnected"),
        onInvite: (session) => tell("incoming", { call: track(session) }),
        onMessage(message) {
          tell("message", { text: message.request.body });
          message.accept();
        },
      },
    });
    await ua.start();
    const registerer = new Registerer(ua, { expires: 300 });
    await new Promise((resolve, reject) => {
      registerer.stateChange.addListener((state) => state === RegistererState.Registered && resolve());
      const onReject = ({ message }) => reject(new Error(`not registered: ${message.statusCode}`));
      registerer.register({ requestDelegate: { onReject } }).catch(reject);
    });
    tell("registered");
  },
  call: invite,
  answer: (id) => calls.at(id).accept(media),
  reject: (id, status) => calls.at(id).reject({ statusCode: status }),
  hangup: (id) => hangup(calls.at(id)),
  hold: (id) => change(id, true),
  resume: (id) => change(id, false),
  dtmf(id, tone) {
    const content = `Signal=${tone}\r\nDuration=100`;
    const body = { contentDisposition: "render", contentType: "application/dtmf-relay", content };
    return accepted((requestDelegate) => calls.at(id).info({ requestOptions: { body }, requestDelegate }));
  },
  async message(target, text) {
    const messager = new Messager(ua, UserAgent.makeURI(target), text);
    return (await answered((requestDelegate) => messager.message({ requestDelegate }))).status;
  },
  async options(target) {
    const { userAgentCore: core } = ua;
    const [to, from] = [UserAgent.makeURI(target), core.configuration.aor];
    const request = core.makeOutgoingRequestMessage("OPTIONS", to, from, to, {});
    const { status, message } = await answered((delegate) => void core.request(request, delegate));
    return { status, allow: message.getHeader("Allow") };
  },
  peerConnection: (id) => calls.at(id).sessionDescriptionHandler?.peerConnection,
  async endAll() {
    for (const session of calls.all) if (session.state !== SessionState.Terminated) await hangup(session);
  },
});

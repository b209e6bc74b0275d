/**
 * patchcord: a SIP user agent for browsers, over WebSocket and WebRTC. Importing this does nothing; everything starts
 * with {@link UserAgent.create}.
 */

export { init } from "./init.js";
export { UserAgent } from "./user-agent.js";
export type { UserAgentEvents } from "./user-agent-events.js";
export { Registration } from "./registration.js";
export type { RegistrationEvents } from "./registration.js";
export { Call } from "./call.js";
export type { CallEvents, ForkBranch } from "./call-events.js";
export { Emitter } from "./emitter.js";
export type { UaEvent } from "./emitter.js";
export { PatchcordError } from "./errors.js";
export type { PatchcordErrorCode } from "./errors.js";
export type { LostDevice, MediaContext, MediaProvider, MediaSession } from "./media.js";
export { webrtc } from "./webrtc.js";
export type { WebRtcOptions, WebRtcSession } from "./webrtc.js";
export type {
  Body,
  CallEnd,
  CallOptions,
  Challenge,
  Credentials,
  DtmfOptions,
  HeaderInit,
  Limits,
  MediaConstraints,
  NameAddr,
  Reason,
  ReconnectOptions,
  RefreshMethod,
  RegistrationOptions,
  RejectOptions,
  RenegotiateOptions,
  RequestOptions,
  ResponseOptions,
  RingOptions,
  SipHeaders,
  SipResponse,
  Target,
  TerminateOptions,
  TimerOptions,
  UserAgentOptions,
} from "./types.js";

/**
 * How long to wait for ICE candidates. SIP sends them all with the SDP, so the wait is felt as the delay before a call
 * goes out; a STUN server that does not answer would make it 10 s and more.
 */

/** What a candidate after the first usable one is waited for. */
const GRACE_MS = 1000;

/**
 * Watches the gathering of `pc`, from before setLocalDescription. `enough` resolves when it is complete, `limitMs` have
 * passed, or 1000 ms since the first usable candidate: with STUN or TURN servers one of theirs, else any.
 */
export function gathered(pc: RTCPeerConnection, limitMs: number): { readonly enough: Promise<void>; stop(): void } {
  const over = new AbortController();
  const { signal } = over;
  const served = (pc.getConfiguration().iceServers ?? []).length > 0;
  let grace: ReturnType<typeof setTimeout> | undefined;
  let limit: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => {
    limit = setTimeout(resolve, limitMs);
    const onState = () => {
      if (pc.iceGatheringState === "complete" || pc.signalingState === "closed") resolve();
    };
    const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent) => {
      if (candidate?.candidate && isUsable(candidate, served)) grace ??= setTimeout(resolve, GRACE_MS);
    };
    pc.addEventListener("icegatheringstatechange", onState, { signal });
    pc.addEventListener("signalingstatechange", onState, { signal });
    pc.addEventListener("icecandidate", onCandidate, { signal });
  });
  const stop = () => {
    over.abort();
    clearTimeout(grace);
    clearTimeout(limit);
  };
  return { enough, stop };
}

function isUsable(candidate: RTCIceCandidate, served: boolean): boolean {
  return !served || / typ (srflx|relay)/.test(candidate.candidate);
}

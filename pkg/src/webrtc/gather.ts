/**
 * How long to wait for ICE candidates. SIP sends them all with the SDP, so the wait is felt as the delay before a call
 * goes out; a STUN server that does not answer would make it 10 s and more.
 */

/** What a candidate after the first usable one is waited for. */
const GRACE_MS = 1000;

/**
 * Sets a description of ours, waits for candidates, and gives the description with them. Waits until there are all,
 * `limitMs` have passed, or 1000 ms since the first usable one: with STUN or TURN servers one of theirs, else any. A
 * description that keeps to the path there is needs no candidates, and waits for nothing.
 */
export async function describe(
  pc: RTCPeerConnection,
  description: RTCSessionDescriptionInit,
  limitMs: number,
): Promise<string> {
  const before = paths(pc.localDescription?.sdp);
  const candidates = gathering(pc, limitMs);
  try {
    await pc.setLocalDescription(description);
    const now = paths(pc.localDescription?.sdp);
    if ([...now].some((path) => !before.has(path))) await candidates.enough;
  } finally {
    candidates.stop();
  }
  return pc.localDescription?.sdp ?? "";
}

/** Each path has credentials of its own (RFC 8839 §5.4). */
function paths(sdp: string | undefined): ReadonlySet<string> {
  return new Set(sdp?.match(/^a=ice-ufrag:.+$/gm) ?? []);
}

function gathering(pc: RTCPeerConnection, limitMs: number): { readonly enough: Promise<void>; stop(): void } {
  const over = new AbortController();
  const { signal } = over;
  const served = (pc.getConfiguration().iceServers ?? []).length > 0;
  let grace: ReturnType<typeof setTimeout> | undefined;
  let limit: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => {
    limit = setTimeout(resolve, limitMs);
    // Only what happens counts: until a new gathering begins the state tells of the one before.
    const onState = () => {
      if (pc.iceGatheringState === "complete" || pc.signalingState === "closed") resolve();
    };
    const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent) => {
      if (candidate?.candidate && isUsable(candidate, served)) grace ??= setTimeout(resolve, GRACE_MS);
    };
    pc.addEventListener("icegatheringstatechange", onState, { signal });
    pc.addEventListener("icecandidate", onCandidate, { signal });
    // A connection that is closed fires no event.
    signal.addEventListener("abort", () => resolve());
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

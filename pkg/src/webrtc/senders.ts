/**
 * What one call sends by WebRTC: at most one track of a kind. A change is a draft until both sides have agreed: then it is
 * kept, or else undone. (A track that is to go is sent until then; what the SDP says of it is another thing.) Another
 * device in place of one is no such change: the other side does not hear of it.
 */

export type Kind = "audio" | "video";

/** What a call sends. */
export class Senders {
  /** The tracks. The same object for the whole call. */
  readonly stream = new MediaStream();
  readonly #pc: RTCPeerConnection;
  readonly #sent = new Map<RTCRtpSender, MediaStreamTrack>();
  /** Tracks we have captured ourselves, to be stopped when they are let go. */
  readonly #own = new Set<MediaStreamTrack>();
  /** Senders that have let go of their track and may carry another one. */
  readonly #idle = new Set<RTCRtpSender>();
  readonly #added = new Set<RTCRtpSender>();
  readonly #dropped = new Set<RTCRtpSender>();
  readonly #lost: (track: MediaStreamTrack, own: boolean) => void;

  /** `lost` is called when the device of a track that is sent is gone. */
  constructor(pc: RTCPeerConnection, lost: (track: MediaStreamTrack, own: boolean) => void) {
    this.#pc = pc;
    this.#lost = lost;
  }

  /** The kinds that are sent, as drafted. */
  get kinds(): ReadonlySet<Kind> {
    const left = [...this.#sent].filter(([sender]) => !this.#dropped.has(sender));
    return new Set(left.map(([, track]) => track.kind as Kind));
  }

  /** Whether something is sent there, as drafted; by whomever. */
  carries(sender: RTCRtpSender): boolean {
    return sender.track !== null && !this.#dropped.has(sender);
  }

  /** What sends that kind, as drafted. */
  of(kind: Kind): RTCRtpSender | undefined {
    for (const [sender, track] of this.#sent) if (track.kind === kind && this.carries(sender)) return sender;
    return undefined;
  }

  /** Drafts that `track` is sent; `own` says that it is ours to stop. */
  async add(track: MediaStreamTrack, own: boolean): Promise<void> {
    this.#take(track, own);
    const idle = this.#pc
      .getTransceivers()
      .find(({ sender, receiver }) => this.#idle.has(sender) && receiver.track.kind === track.kind)?.sender;
    const sender = idle ?? this.#pc.addTrack(track, this.stream);
    this.#idle.delete(sender);
    this.#sent.set(sender, track);
    this.#added.add(sender);
    await idle?.replaceTrack(track);
  }

  /** Sends `track`, which is ours to stop, in place of what is sent of its kind; as silent as that. Gives whether anything was. */
  async replace(track: MediaStreamTrack): Promise<boolean> {
    const sender = this.of(track.kind as Kind);
    const before = sender && this.#sent.get(sender);
    if (!sender || !before) return false;
    track.enabled = before.enabled;
    await sender.replaceTrack(track);
    // Whatever has happened to it meanwhile.
    if (this.#sent.get(sender) !== before) return false;
    track.enabled = before.enabled;
    this.#sent.set(sender, track);
    this.#release(before);
    this.#take(track, true);
    return true;
  }

  /** Drafts that nothing of that kind is sent. */
  drop(kind: Kind): void {
    for (const [sender, track] of this.#sent) if (track.kind === kind) this.#dropped.add(sender);
  }

  /** Both sides have agreed. */
  keep(): void {
    for (const sender of this.#dropped) this.#letGo(sender);
    this.#settle();
  }

  /** They have not. */
  undo(): void {
    for (const sender of this.#added) this.#letGo(sender);
    this.#settle();
  }

  /** Nothing is sent any more. */
  close(): void {
    for (const track of this.#own) track.stop();
  }

  #settle(): void {
    this.#added.clear();
    this.#dropped.clear();
  }

  #take(track: MediaStreamTrack, own: boolean): void {
    this.stream.addTrack(track);
    if (own) this.#own.add(track);
    // Not fired for one that was stopped here.
    track.addEventListener("ended", () => {
      if (this.stream.getTracks().includes(track)) this.#lost(track, own);
    });
  }

  #release(track: MediaStreamTrack): void {
    this.stream.removeTrack(track);
    if (this.#own.delete(track)) track.stop();
  }

  #letGo(sender: RTCRtpSender): void {
    const track = this.#sent.get(sender);
    if (!track) return;
    this.#sent.delete(sender);
    this.#release(track);
    const transceiver = this.#pc.getTransceivers().find((one) => one.sender === sender);
    // One that the other side has never heard of need not stay.
    if (transceiver?.mid === null) return transceiver.stop();
    this.#idle.add(sender);
    // Refused only by a connection that is closed.
    sender.replaceTrack(null).catch(() => {});
  }
}

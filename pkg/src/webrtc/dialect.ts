/**
 * SDP as other implementations write it in the middle of a call, and browsers do not read it. What was agreed before says
 * what is meant; a browser that cannot follow could not go back either, and the call would never change again.
 */

/** What is in force. */
export interface Agreed {
  readonly local: string;
  readonly remote: string;
}

/**
 * The peer's offer, with the names of its streams and their bundle where it leaves them out: streams keep their place (RFC
 * 3264 §8), and those that share a path go on to.
 */
export function readableOffer(offer: string, agreed: Agreed | undefined): string {
  if (!agreed || /^a=mid:/m.test(offer)) return offer;
  const known = media(agreed.local).map((section) => attribute(section, "mid"));
  const [session, ...sections] = split(offer);
  const named = sections.map((section, index) =>
    known[index] === undefined ? section : `${section}a=mid:${known[index]}\r\n`,
  );
  const bundle = attribute(split(agreed.local)[0] ?? "", "group");
  const grouped = bundle === undefined || /^a=group:/m.test(offer) ? "" : `a=group:${bundle}\r\n`;
  return [session, grouped, ...named].join("");
}

/**
 * The peer's answer, with the role in DTLS it has: while the association lives, which the fingerprint tells, roles do not
 * change (RFC 8842 §5.5), whatever an answer says.
 */
export function readableAnswer(answer: string, agreed: Agreed | undefined): string {
  if (!agreed) return answer;
  const before = media(agreed.remote);
  const ours = media(agreed.local);
  const [session, ...sections] = split(answer);
  const read = sections.map((section, index) => {
    const role = roleOf(before[index], ours[index]);
    const same = fingerprint(section) === fingerprint(before[index] ?? "");
    return role === undefined || !same ? section : section.replace(/^a=setup:.*$/m, `a=setup:${role}`);
  });
  return [session, ...read].join("");
}

/** What the peer is in DTLS, by its own word or by ours. */
function roleOf(theirs: string | undefined, ours: string | undefined): string | undefined {
  const own = attribute(theirs ?? "", "setup");
  if (own === "active" || own === "passive") return own;
  const other = attribute(ours ?? "", "setup");
  if (other === "active") return "passive";
  return other === "passive" ? "active" : undefined;
}

/** Browsers write what they have been given in their own case (RFC 8122 §5). */
function fingerprint(section: string): string | undefined {
  return attribute(section, "fingerprint")?.toLowerCase();
}

function media(sdp: string): string[] {
  return split(sdp).slice(1);
}

/** The part about the session, and one for each stream. */
function split(sdp: string): string[] {
  return sdp.split(/^(?=m=)/m);
}

function attribute(section: string, name: string): string | undefined {
  return new RegExp(`^a=${name}:(.*?)\\r?$`, "m").exec(section)?.[1];
}

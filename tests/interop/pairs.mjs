// Who talks to whom in the tests between browsers, and the steps that their calls have in common.

/** The users of these tests, and each one's library. */
export const phones = { alice: "patchcord", bob: "jssip", carol: "sipjs" };

/** Who does something to whom: the libraries' names and the users'. */
export const directions = [
  ["patchcord", "JsSIP", "alice", "bob"],
  ["JsSIP", "patchcord", "bob", "alice"],
  ["patchcord", "SIP.js", "alice", "carol"],
  ["SIP.js", "patchcord", "carol", "alice"],
];
/** The same as calls: how a test's name begins, the caller, the callee. */
export const pairings = directions.map(([from, to, caller, callee]) => [`${from} calls ${to}`, caller, callee]);

/** A call that rings: the caller's side and the callee's. `number` is what is dialled, if not the callee's address. */
export async function ring(caller, callee, number = callee.address) {
  const ours = await caller.call(number);
  const theirs = await callee.incoming();
  await ours.until("ringing");
  return [ours, theirs];
}

/** A call that has been answered. */
export async function talk(...people) {
  const [ours, theirs] = await ring(...people);
  await theirs.answer();
  await Promise.all([ours.until("established"), theirs.until("established")]);
  return [ours, theirs];
}

/** Resolves once both sides hear the other. */
export function sound(...sides) {
  return Promise.all(sides.map((side) => side.audio()));
}

/** Resolves once the call has ended on both sides. */
export function over(...sides) {
  return Promise.all(sides.map((side) => side.until("ended")));
}

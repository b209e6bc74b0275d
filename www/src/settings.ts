/** Which SIP server the page talks to, and who is ready to sign in there. */

/** What the page works with. */
export interface Settings {
  /** Address of the server's WebSocket. */
  server: string;
  /** Users the page knows the passwords of. */
  users: readonly User[];
}

/** One who can sign in. */
export interface User {
  name: string;
  aor: string;
  password: string;
}

/** `?server=wss://…` names a server of the reader's own, where the page knows nobody. Without it: the server the page came from, with the development edge's users. */
export function settings(page: Location): Settings {
  const own = new URLSearchParams(page.search).get("server");
  if (own) return { server: own, users: [] };
  const scheme = page.protocol === "https:" ? "wss" : "ws";
  return { server: `${scheme}://${page.host}/sip`, users: ["alice", "bob", "carol", "dave"].map(readyUser) };
}

function readyUser(name: string): User {
  return { name, aor: `sip:${name}@switchboard.test`, password: `${name}-secret` };
}

/** Which SIP server the page talks to, and who is ready to sign in there. */

/** Where to sign in. */
export interface Place {
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

/** `?server=wss://…` goes before what is set. Both name a server of the reader's own, where the page knows nobody. Without them: the server the page came from, with the development edge's users. */
export function place(page: Location, preferred: string): Place {
  const scheme = page.protocol === "https:" ? "wss" : "ws";
  const edge = `${scheme}://${page.host}/sip`;
  const server = new URLSearchParams(page.search).get("server") || preferred || edge;
  return { server, users: server === edge ? ["alice", "bob", "carol", "dave"].map(readyUser) : [] };
}

function readyUser(name: string): User {
  return { name, aor: `sip:${name}@switchboard.test`, password: `${name}-secret` };
}

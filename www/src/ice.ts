/** STUN and TURN servers as people write them: one a line, `turn:host:port user password`. */

/** The servers, and the lines that name none, with what is wrong. */
export function iceServers(lines: string): { servers: RTCIceServer[]; problems: string[] } {
  const servers: RTCIceServer[] = [];
  const problems: string[] = [];
  for (const line of lines
    .split("\n")
    .map((one) => one.trim())
    .filter(Boolean)) {
    const [urls = "", username, ...rest] = line.split(/\s+/);
    const credential = rest.join(" ");
    if (!/^(stuns?|turns?):[^\s/]+$/i.test(urls))
      problems.push(`"${urls}" is no address of a STUN or TURN server; write it like stun:stun.example.com`);
    else if (/^stun/i.test(urls)) servers.push({ urls });
    else if (!username || !credential) problems.push(`"${urls}" needs a user name and a password behind it`);
    else servers.push({ urls, username, credential });
  }
  return { servers, problems };
}

// linphone's console program as a user: registered by UDP, without a sound card. It plays a tone from one WAV file and
// writes what it hears to another. It answers calls by itself.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { atExit, endChild, hasEnded } from "../../lib/children.mjs";
import { domain, freePorts } from "../kamailio/start.mjs";
import { addressOf, limit } from "../user.mjs";

const program = process.env.LINPHONEC || "linphonec";
/** Of 32768: more than the noise of a codec, less than any tone. */
const audible = 500;
/** Octets before the first sample of a WAV file. */
const header = 44;

/** Resolves once it is registered at Kamailio as `name`. */
export async function startLinphone(kamailio, name) {
  const dir = await mkdtemp(join(tmpdir(), "patchcord-linphone-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  writeFileSync(join(dir, "in.wav"), tone(30));
  for (const folder of [".local/share/linphone", "linphone"]) mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, "linphonerc"), await settings(kamailio, name));
  const child = spawn(program, ["-a", "-c", join(dir, "linphonerc")], {
    cwd: dir,
    env: { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir, XDG_DATA_HOME: dir },
  });
  const forget = atExit(() => {
    child.kill("SIGKILL");
    remove();
  });
  const linphone = new Linphone(child, name, join(dir, "out.wav"), () => {
    forget();
    remove();
  });
  try {
    await once(child, "spawn").catch(({ message }) => {
      throw new Error(`${program} does not start: ${message}; install it, or name it in the environment variable LINPHONEC`);
    });
    await linphone.says(/^linphonec> /m);
    linphone.do("soundcard use files");
    linphone.do(`play ${join(dir, "in.wav")}`);
    linphone.do(`record ${join(dir, "out.wav")}`);
    await registered(kamailio, name);
    return linphone;
  } catch (error) {
    await linphone.stop();
    throw error;
  }
}

async function registered(kamailio, name) {
  const until = performance.now() + limit;
  while (!(await kamailio.rpc("ul.lookup", ["location", name]).catch(() => null))) {
    if (performance.now() > until) throw new Error(`linphone is not registered after ${limit} ms`);
    await pause(50);
  }
}

class Linphone {
  #child;
  #record;
  #forget;
  #output = "";
  #from = 0;

  constructor(child, name, record, forget) {
    this.#child = child;
    this.#record = record;
    this.#forget = forget;
    this.name = name;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#output += text;
      });
    }
    child.stdin.on("error", () => {}); // that it has ended is noticed by what it does not say
  }

  get address() {
    return addressOf(this.name);
  }

  /** Ends its calls; what it has written so far is of no more interest. */
  async begin() {
    this.do("terminate all");
    this.do("calls");
    await this.says(/^No active call\./m);
    this.#from = this.#output.length;
  }

  /** A command of its console. */
  do(command) {
    this.#child.stdin.write(`${command}\n`);
  }

  /** Resolves once it has written something like that since `begin()`. */
  async says(pattern) {
    const until = performance.now() + limit;
    while (!pattern.test(this.#said)) {
      const late = performance.now() > until;
      if (late || hasEnded(this.#child)) throw new Error(`linphone says nothing like ${pattern}, but:\n${this.#said}`);
      await pause(20);
    }
  }

  /** Resolves once it has heard something that is no silence, from now on. */
  async audio() {
    const until = performance.now() + limit;
    const from = this.#recorded().length & ~1; // samples have two octets
    for (;;) {
      const recorded = this.#recorded();
      // Each call is written from the file's beginning.
      if (isAudible(recorded.subarray(recorded.length < from ? header : from))) return;
      if (performance.now() > until) throw new Error(`linphone hears nothing within ${limit} ms:\n${this.#said}`);
      await pause(20);
    }
  }

  async stop() {
    await endChild(this.#child);
    this.#forget();
  }

  get #said() {
    return this.#output.slice(this.#from);
  }

  #recorded() {
    return existsSync(this.#record) ? readFileSync(this.#record) : Buffer.alloc(0);
  }
}

/** Whether there is anything but silence in a piece of a WAV file. */
function isAudible(piece) {
  for (let at = 0; at + 1 < piece.length; at += 2) {
    if (Math.abs(piece.readInt16LE(at)) > audible) return true;
  }
  return false;
}

/** A quiet hum as a WAV file. */
function tone(seconds, rate = 48_000) {
  const samples = seconds * rate;
  const file = Buffer.alloc(header + samples * 2);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write("WAVEfmt ", 8);
  // PCM, one channel; samples and octets per second; octets per frame, bits per sample.
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index += 1) {
    file.writeInt16LE(Math.round(3000 * Math.sin(index / 17)), header + 2 * index);
  }
  return file;
}

async function settings(kamailio, name) {
  const [sipPort, rtpPort] = await freePorts(2);
  return `[sip]
sip_port=${sipPort}
sip_tcp_port=0
sip_tls_port=0
guess_hostname=0
use_ipv6=0
use_info=0
default_proxy=0
register_only_when_network_is_up=0
media_encryption=dtls
media_encryption_mandatory=0
inc_timeout=30
[rtp]
audio_rtp_port=${rtpPort}
audio_adaptive_jitt_comp_enabled=1
rtcp_mux=1
rtp_bundle=1
[net]
mtu=1300
[sound]
echocancellation=0
[video]
enabled=0
capture=0
display=0
[misc]
uuid=0f0e0d0c-0b0a-4908-8706-050403020100
[proxy_0]
reg_proxy=<sip:127.0.0.1:${kamailio.sipPort};transport=udp>
reg_route=<sip:127.0.0.1:${kamailio.sipPort};transport=udp;lr>
reg_identity=sip:${name}@${domain}
reg_expires=300
reg_sendregister=1
publish=0
avpf=1
avpf_rr_interval=1
nat_policy_ref=p
[nat_policy_0]
ref=p
protocols=ice
[auth_info_0]
username=${name}
passwd=${name}-secret
realm=${domain}
domain=${domain}
`;
}

// @ts-check
/**
 * Verdicts of other machines that run classic BPF: libpcap's interpreter and the running Linux kernel. Builds
 * `peer.c`, whose head says how it is spoken to, with gcc into `dist/peers`.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { endianness } from 'node:os';
import { fileURLToPath } from 'node:url';

/** @typedef {{ code: number, jt: number, jf: number, k: number }} Instruction */
/** @typedef {{ bytes: Uint8Array, wirelen: number }} CapturedPacket */
/**
 * What a machine says of one program: `status` is 0, or the errno with which it refuses the program; then there are
 * no verdicts, else one for each packet.
 * @typedef {{ status: number, verdicts: Uint32Array }} Verdicts
 */
/**
 * @callback Machine
 * @param {readonly (readonly Instruction[])[]} programs
 * @param {readonly CapturedPacket[]} packets
 * @returns {Verdicts[]} one for each program
 */
/** @typedef {{ machine: Machine, lacking?: undefined } | { machine?: undefined, lacking: string }} Peer */

/** @param {string} path from the project's root */
const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const options = { libpcap: ['-lpcap'], kernel: ['-DKERNEL'] };

/**
 * A machine to ask, or why it cannot be asked here.
 * @param {keyof typeof options} name
 * @returns {Peer}
 */
export function peer(name) {
  if (endianness() !== 'LE') return { lacking: 'this machine is big-endian' };
  if (name === 'kernel' && process.platform !== 'linux') return { lacking: 'this is not Linux' };
  const binary = inProject(`dist/peers/${name}`);
  mkdirSync(inProject('dist/peers'), { recursive: true });
  // Others may be building it too.
  const own = `${binary}.${process.pid}`;
  try {
    execFileSync('gcc', ['-O2', '-Wall', '-o', own, inProject('scripts/peer.c'), ...options[name]], { stdio: 'pipe' });
  } catch (error) {
    const text = String(/** @type {{ stderr?: unknown }} */ (error).stderr ?? '');
    if (text === '') return { lacking: 'gcc is not installed' };
    const missing = /fatal error: (\S+): No such file|cannot find -l(pcap)/.exec(text);
    if (missing !== null) return { lacking: `${missing[1] ?? 'libpcap'} is not installed` };
    throw error;
  }
  renameSync(own, binary);
  /** @type {Machine} */
  const machine = (programs, packets) => {
    const output = execFileSync(binary, { input: written(programs, packets), maxBuffer: 2 ** 30 });
    return read(output, programs.length, packets.length);
  };
  // A sandbox may refuse filters, or take and forget them.
  const [trial] = machine([[{ code: 6, jt: 0, jf: 0, k: 1 }]], [{ bytes: Uint8Array.of(1, 2), wirelen: 2 }]);
  if (trial?.status !== 0) return { lacking: `${name} refuses every program, errno ${trial?.status}` };
  if (trial.verdicts[0] !== 1) return { lacking: `${name} does not run the programs that it takes` };
  return { machine };
}

/** @param {readonly (readonly Instruction[])[]} programs @param {readonly CapturedPacket[]} packets */
function written(programs, packets) {
  const instructions = programs.reduce((sum, program) => sum + program.length, 0);
  const bytes = packets.reduce((sum, packet) => sum + packet.bytes.length, 0);
  const input = Buffer.alloc(8 + 4 * programs.length + 8 * instructions + 8 * packets.length + bytes);
  let at = input.writeUInt32LE(programs.length);
  for (const program of programs) {
    at = input.writeUInt32LE(program.length, at);
    for (const { code, jt, jf, k } of program) {
      at = input.writeUInt16LE(code, at);
      at = input.writeUInt8(jt, at);
      at = input.writeUInt8(jf, at);
      at = input.writeUInt32LE(k, at);
    }
  }
  at = input.writeUInt32LE(packets.length, at);
  for (const packet of packets) {
    at = input.writeUInt32LE(packet.wirelen, at);
    at = input.writeUInt32LE(packet.bytes.length, at);
    input.set(packet.bytes, at);
    at += packet.bytes.length;
  }
  return input;
}

/** @param {Buffer} output @param {number} programs @param {number} packets @returns {Verdicts[]} */
function read(output, programs, packets) {
  const words = new Uint32Array(output.buffer.slice(output.byteOffset, output.byteOffset + output.length));
  let at = 0;
  return Array.from({ length: programs }, () => {
    const status = words[at++];
    if (status === undefined) throw new Error('the machine answered too little');
    const verdicts = words.subarray(at, status === 0 ? at + packets : at);
    at += verdicts.length;
    return { status, verdicts };
  });
}

// @ts-check
/**
 * The interpreter beside libpcap's bpf_filter(), on the classic programs of W1 and W2: nanoseconds a packet and their
 * ratio, the two in turn, the best of all rounds. Packets are in memory: random draws from 2,000 of them.
 *
 *   npm run bench [-- ROUNDS]
 *
 * Needs gcc and libpcap's headers; without them it prints our figures alone. The capture is the deterministic one of
 * ../shared/anchors where that folder is at hand, else made of this project's random packets.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureReader, PcapWriter } from '../dist/capture/index.js';
import { load, parseClassicText, State } from '../dist/vm/index.js';
import { randomPacket, rng } from '../scripts/packets.mjs';

const ports = [22, 25, 53, 80, 110, 143, 179, 389, 443, 445, 636, 993, 995, 3306, 3389, 5432, 6379, 8080, 8443, 9200];
const workloads = [
  ['W1', 'tcp port 80'],
  ['W2', `ip and (dst net 10.1.0.0/16 or dst net 192.168.0.0/16) and tcp and (dst port ${ports.join(' or ')})`],
];
const packets = 2000;
const draws = 200_000;
const rounds = Number(process.argv[2] ?? 9);
const here = fileURLToPath(new URL('.', import.meta.url));
const anchors = join(here, '../../shared/anchors/gen.mjs');

/** @param {string} path */
function makeCapture(path) {
  if (existsSync(anchors)) {
    execFileSync(process.execPath, [anchors, path, String(packets)], { stdio: 'ignore' });
    return 'the capture of ../shared/anchors';
  }
  /** @type {Uint8Array[]} */
  const parts = [];
  const writer = new PcapWriter((bytes) => parts.push(bytes.slice()), { linktype: 1 });
  const random = rng(1);
  for (let i = 0; i < packets; i++) {
    const { bytes, wirelen } = randomPacket(random);
    writer.write({ bytes, start: 0, caplen: bytes.length, wirelen, time: BigInt(i) });
  }
  writer.flush();
  writeFileSync(path, Buffer.concat(parts));
  return 'random packets of this project';
}

/** @param {string} path */
function readPackets(path) {
  const reader = new CaptureReader();
  reader.push(readFileSync(path));
  reader.end();
  const list = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
    const { bytes, start, caplen, wirelen } = packet;
    list.push({ bytes, start, caplen, wirelen });
  }
  return list;
}

/** @param {string} folder */
function buildPeer(folder) {
  const binary = join(folder, 'bpf_filter');
  try {
    execFileSync('gcc', ['-O2', '-o', binary, join(here, 'bpf_filter.c'), '-lpcap'], { stdio: 'pipe' });
    return binary;
  } catch {
    return undefined;
  }
}

const order = new Uint32Array(draws);
for (let i = 0, seed = 12345; i < draws; i++) {
  seed = (seed * 16807) % 2147483647;
  order[i] = seed % packets;
}

/**
 * @param {import('../dist/vm/index.js').Interpreter} filter
 * @param {ReturnType<typeof readPackets>} list
 */
function measure(filter, list) {
  let best = Number.POSITIVE_INFINITY;
  let accepted = 0;
  for (let round = 0; round < 3; round++) {
    const start = process.hrtime.bigint();
    accepted = 0;
    for (let i = 0; i < draws; i++) {
      const packet = list[order[i] ?? 0];
      if (packet !== undefined && filter.run(packet.bytes, packet.start, packet.caplen, packet.wirelen) !== 0)
        accepted++;
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / draws);
  }
  return { ns: best, accepted };
}

const folder = mkdtempSync(join(tmpdir(), 'luabpf-bench-'));
try {
  const capture = join(folder, 'packets.pcap');
  const what = makeCapture(capture);
  const list = readPackets(capture);
  const peer = buildPeer(folder);
  console.log(`ns a packet, ${draws} draws from ${list.length} packets (${what}), best of ${rounds} rounds in turn`);
  if (peer === undefined) console.log('libpcap: missing (gcc and libpcap-dev)');
  for (const [name, expression] of workloads) {
    if (name === undefined || expression === undefined || peer === undefined) continue;
    const text = execFileSync(peer, ['dump', expression], { encoding: 'utf8' });
    const { program } = parseClassicText(text);
    const { filter } = load(/** @type {NonNullable<typeof program>} */ (program), {}, new State(), {
      engine: 'interpreter',
    });
    if (filter === undefined) throw new Error(`${name} was refused`);
    const ours = { ns: Number.POSITIVE_INFINITY, accepted: 0 };
    const theirs = { ns: Number.POSITIVE_INFINITY, accepted: 0 };
    for (let round = 0; round < rounds; round++) {
      const mine = measure(filter, list);
      const [ns, accepted] = execFileSync(peer, ['run', expression, capture, String(packets), String(draws)], {
        encoding: 'utf8',
      })
        .split(' ')
        .map(Number);
      Object.assign(ours, { ns: Math.min(ours.ns, mine.ns), accepted: mine.accepted });
      Object.assign(theirs, { ns: Math.min(theirs.ns, ns ?? 0), accepted });
    }
    if (ours.accepted !== theirs.accepted)
      throw new Error(`${name}: we accept ${ours.accepted} packets, libpcap ${theirs.accepted}`);
    const ratio = (ours.ns / theirs.ns).toFixed(2);
    console.log(
      `${name}  interpreter ${ours.ns.toFixed(1)}  bpf_filter() ${theirs.ns.toFixed(1)}  ratio ${ratio}  accepted ${ours.accepted}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

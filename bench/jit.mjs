// @ts-check
/**
 * The compiled engine beside C and other peers, on W1 to W5: ratios of the best times of many rounds. In a round each
 * engine runs in a process of its own, all on one core where there is `taskset`, native code first and last: where its
 * two best times differ by more than 5%, the machine is too noisy for a figure to count.
 *
 *   npm run bench:jit [-- ROUNDS=15]
 *
 * Writes `bench/results/jit.json`, from which docs/performance.md is made, and prints the tables. The folder
 * ../shared/anchors has the capture, the C of W1 to W5 and LuaJIT's filters; without it the packets are random ones of
 * this project and the C is its own. Needs gcc and libpcap-dev; clang, lld and luajit where they are there;
 * PFLUA_SRC=<pflua>/src and UBPF_DIR=<ubpf> name checkouts, ANCHORS=<folder> another place of the anchors. CPU=<n>
 * chooses the core.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PcapWriter } from '../dist/capture/index.js';
import { randomPacket, rng } from '../scripts/packets.mjs';
import { anchorFolder, buildPeers, has, linesOf } from './jit/peers.mjs';
import { compilingTable, engineTable, setting, targetTable, tolerance } from './jit/report.mjs';

const rounds = Number(process.argv[2] ?? 15);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`jit: ROUNDS is a number from 1 on, not ${process.argv[2]}`);
  process.exit(2);
}
const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const ours = [process.execPath, path('jit/ours.mjs')];
const pin = has('taskset') ? ['taskset', '-c', process.env.CPU ?? String(cpus().length - 1)] : [];

/** @param {string} file */
function writeRandomCapture(file) {
  /** @type {Uint8Array[]} */
  const parts = [];
  const writer = new PcapWriter((bytes) => parts.push(bytes.slice()), { linktype: 1 });
  const random = rng(1);
  for (let i = 0; i < 20_000; i++) {
    const { bytes, wirelen } = randomPacket(random);
    writer.write({ bytes, start: 0, caplen: bytes.length, wirelen, time: BigInt(i) });
  }
  writer.flush();
  writeFileSync(file, Buffer.concat(parts));
}

/** Throws unless C and we say the same of every packet. @param {readonly string[]} native @param {string} capture */
function checkVerdicts([native = ''], capture) {
  const mine = new Map(linesOf([...ours, 'verdicts', capture]).map(({ workload, verdicts }) => [workload, verdicts]));
  for (const { workload, verdicts } of linesOf([native, capture, 'verdicts'])) {
    const own = [workload, ...(workload === 'w4' ? ['w4f'] : [])].map((name) => mine.get(name));
    for (const digits of own) {
      const at = [...verdicts].findIndex((digit, i) => digit !== digits?.[i]);
      if (at >= 0 || digits?.length !== verdicts.length)
        throw new Error(`${workload}: C differs from us on packet ${at}`);
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'luabpf-bench-'));
try {
  const random = join(folder, 'random.pcap');
  writeRandomCapture(random);
  const capture = anchorFolder === undefined ? random : join(folder, 'anchors.pcap');
  if (anchorFolder !== undefined)
    execFileSync(process.execPath, [join(anchorFolder, 'gen.mjs'), capture], { stdio: 'ignore' });
  const { engines: peers, missing: absent } = buildPeers(folder, capture);
  const native = peers.find(({ name }) => name === 'native');
  if (native === undefined) throw new Error(`there is no C to compare with: ${absent.native}`);
  for (const file of new Set([capture, random])) checkVerdicts(native.command, file);

  const liftoff = [process.execPath, '--liftoff-only', ...ours.slice(1), 'batch', capture];
  const engines = [
    ...peers,
    { name: 'batch', command: [...ours, 'batch', capture] },
    { name: 'call', command: [...ours, 'call', capture] },
    { name: 'batch, Liftoff only', command: liftoff },
    { name: 'native again', command: native.command },
  ];
  /** By engine and workload, the best. @type {Record<string, Record<string, number>>} */
  const best = {};
  /** @type {Map<string, number>} */
  const accepted = new Map();
  /** @type {any[]} */
  const compiling = [];
  /** @type {Map<string, { filter: string, length: number, ns: number }>} */
  const scaling = new Map();
  for (let round = 1; round <= rounds; round++) {
    for (const { name, command } of engines)
      for (const line of linesOf([...pin, ...command])) {
        const workload = line.workload.replace('w4f', 'w4');
        const other = accepted.get(workload) ?? line.accepted;
        if (line.accepted !== other)
          throw new Error(`${name} accepts ${line.accepted} draws of ${workload}, not ${other}`);
        accepted.set(workload, other);
        const times = (best[name] ??= {});
        times[line.workload] = Math.min(times[line.workload] ?? Number.POSITIVE_INFINITY, line.ns);
      }
    compiling.push(...linesOf([process.execPath, path('jit/compiling.mjs')]));
    for (const point of linesOf([...pin, ...ours, 'scaling'])) {
      const key = `${point.filter} ${point.length}`;
      if (point.ns < (scaling.get(key)?.ns ?? Number.POSITIVE_INFINITY)) scaling.set(key, point);
    }
    process.stderr.write(`\rround ${round} of ${rounds}`);
  }
  process.stderr.write('\n');

  const { native: one = {}, 'native again': again = {}, ...rest } = best;
  const names = Object.keys(one);
  /** @param {(a: number, b: number) => number} of */
  const both = (of) => Object.fromEntries(names.map((name) => [name, of(one[name] ?? 0, again[name] ?? 0)]));
  const quickest = (/** @type {'first' | 'warm'} */ what) =>
    compiling.reduce((least, each) => (each[what] < least[what] ? each : least));
  const [first, warm] = [quickest('first'), quickest('warm')];
  const refused = peers
    .filter(({ name }) => best[name] === undefined)
    .map(({ name }) => [name, 'it refuses the filters']);
  const [cpu] = cpus();
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpu?.model ?? process.arch}, ${cpus().length} cores${pin.length > 0 ? ', pinned to one' : ''}`,
    versions: {
      Node: process.versions.node,
      gcc: execFileSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' }).trim(),
    },
    capture: anchorFolder === undefined ? 'random packets of this project' : 'the capture of ../shared/anchors',
    rounds,
    best: { native: both(Math.min), ...rest },
    missing: { ...absent, ...Object.fromEntries(refused) },
    disagreement: both((a, b) => Number((Math.abs(a - b) / Math.min(a, b)).toFixed(4))),
    compiling: { ...first, warm: warm.warm, warmStages: warm.warmStages },
    scaling: [...scaling.values()],
  };
  mkdirSync(path('results'), { recursive: true });
  writeFileSync(path('results/jit.json'), `${JSON.stringify(results, null, 2)}\n`);
  for (const part of [setting, targetTable, engineTable, compilingTable]) console.log(`\n${part(results)}`);
  if (Object.values(results.disagreement).some((difference) => difference > tolerance))
    console.log('\nThe machine is too noisy: run it again when it is quiet.');
} catch (error) {
  console.error(`jit: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

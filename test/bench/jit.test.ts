/** The bench of the compiled engine: its C means what our filters mean, and its tables say what was measured. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { plot } from '../../bench/jit/plot.mjs';
import { engineTable, type Results, setting, targets } from '../../bench/jit/report.mjs';
import { generatedPackets, inProject, mixed, pcapOf } from '../examples/files.ts';
import { runCompiled } from '../support/run.ts';

const seed = 47;
const folder = mkdtempSync(join(tmpdir(), 'luabpf-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The C peer with the C of this project; whether it could be built. */
const native = join(folder, 'native');
const sources = inProject('bench/jit');
const isBuilt = spawnSync('gcc', ['-I', sources, '-o', native, join(sources, 'native.c'), '-lpcap']).status === 0;
const why = isBuilt ? '' : ' (skipped: takes gcc and libpcap-dev)';

describe.skipIf(!isBuilt)(`the C of the workloads${why}`, () => {
  const whole = generatedPackets(seed, 3000);
  const cut = whole.map(({ bytes, wirelen }, i) => ({ bytes: bytes.subarray(0, 12 + (i % 90)), wirelen }));
  const packets = [...mixed, ...whole, ...cut];
  const digits = new Map<string, string>();
  if (isBuilt) {
    const capture = join(folder, 'packets.pcap');
    writeFileSync(capture, pcapOf(packets));
    for (const line of execFileSync(native, [capture, 'verdicts'], { encoding: 'utf8' }).trim().split('\n')) {
      const { workload, verdicts } = JSON.parse(line) as { workload: string; verdicts: string };
      digits.set(workload, verdicts);
    }
  }

  test.each(['w1', 'w2', 'w3', 'w4', 'w5', 'w1i', 'w2i', 'w4f'])(
    `%s says what the filter says (seed ${seed})`,
    (name) => {
      const source = readFileSync(inProject(`bench/filters/${name}.lua`), 'latin1');
      const ours = runCompiled(source, packets).map(({ verdict }) => (verdict === 0 ? '0' : '1'));
      const theirs = digits.get(name.replace('w4f', 'w4'))!;
      expect(
        packets.filter((_, i) => ours[i] !== theirs[i]).map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      ).toEqual([]);
      expect(theirs.length).toBe(packets.length);
    },
  );
});

describe('the tables', () => {
  const all = (ns: number): Record<string, number> =>
    Object.fromEntries(['w1', 'w2', 'w3', 'w4', 'w5', 'w1i', 'w2i'].map((workload) => [workload, ns]));
  const stages = { compile: 0.1 };
  const results: Results = {
    date: '2000-01-01',
    machine: 'a machine',
    versions: {},
    capture: 'packets',
    rounds: 1,
    best: {
      native: all(10),
      batch: { ...all(12), w4f: 2.25 },
      call: all(17),
      'batch, Liftoff only': all(15),
      libpcap: { w1: 24, w2: 36 },
    },
    missing: { ubpf: 'not there' },
    disagreement: { ...all(0), w2: 0.06 },
    compiling: { first: 7, warm: 0.5, firstStages: stages, warmStages: stages, moduleBytes: 2049 },
    scaling: [],
  };
  const target = (what: string) => targets(results).find((row) => row.what.includes(what))!;

  test('a figure meets its goal, what it must, or neither', () => {
    expect(target('slowest of W1')).toMatchObject({ value: 1.2, verdict: 'goal, but too noisy: w2' });
    expect(target('W1i and W2i')).toMatchObject({ value: 1.2, verdict: 'goal' });
    expect(target('pkt:find')).toMatchObject({ value: 0.225, verdict: 'must' });
    expect(target('one call')).toMatchObject({ verdict: 'short, but too noisy: w2' });
    expect(target('warm')).toMatchObject({ value: 0.5, verdict: 'short' });
    expect(target('module')).toMatchObject({ value: 2049, verdict: 'short' });
  });

  test('where more is better, the worst of the workloads counts', () => {
    expect(target("libpcap's")).toMatchObject({ value: 2, verdict: 'goal, but too noisy: w2' });
  });

  test('a peer that is missing is said to be, and the known ratio stands for it', () => {
    expect(engineTable(results)).toContain('| ubpf: missing | 1.53* | 1.42* | 1.35* | 1.72* | 1.35* |');
    expect(target('ubpf').value).toBeCloseTo(1.35 / 1.2);
    expect(setting(results)).toContain('Missing: ubpf (not there).');
  });

  test('a machine that is too noisy is called so', () => {
    expect(setting(results)).toContain('too noisy: two equal runs of native code differ by 6% on w2.');
    expect(setting({ ...results, disagreement: all(0.05) })).toContain('agree within 5%');
  });
});

test('a plot has its ticks where they belong, on logarithmic axes', () => {
  const axis = {
    title: 'x',
    ticks: [
      [1, 'one'],
      [10, 'ten'],
      [100, 'hundred'],
    ],
  } as const;
  const svg = plot(
    'lines',
    [
      {
        name: 'line',
        points: [
          [1, 1],
          [10, 10],
          [100, 100],
        ],
      },
    ],
    axis,
    axis,
  );
  expect(svg).toContain('<title>lines</title>');
  expect(svg).toContain('points="70,370 320,200 570,30"');
  expect(svg).toContain('<text x="320" y="388" text-anchor="middle">ten</text>');
});

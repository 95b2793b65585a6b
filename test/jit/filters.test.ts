/**
 * Random filters as people write them, with state too, compiled and run three ways: interpreted, as WebAssembly packet by
 * packet, and many packets at a time. What Lua says of them is compared in test/compiler/.
 */
import { expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import {
  type Fault,
  faults,
  type Interpreter,
  Jit,
  load,
  MachineMemory,
  printFunctions,
  State,
} from '../../vm/index.ts';
import { Batch } from '../support/batch.ts';
import { randomFilter } from '../support/filters.ts';
import { statefulFilter } from '../support/stateful.ts';
import { seed } from '../vm/random.ts';

const filters = 160;
const packetsEach = 60;
const memory = new MachineMemory(2 ** 24);
const room = new Batch(memory);

interface Outcome {
  readonly verdicts: number[];
  /** Without the pcs of faults of bounds: of a run of loads the first may raise it. */
  readonly faults: (readonly [index: number, code: number, pc: number, argument: number])[];
  printed: string;
  kept: string;
}

/** What a way of running a program's packets says; `run` gets a filter and its packets. */
function outcomeOf<Kind extends 'interpreter' | 'jit'>(
  engine: Kind,
  bytes: Uint8Array,
  allowWrite: boolean,
  run: (filter: Interpreter | Jit, outcome: Outcome, onFault: (index: number, fault: Fault) => void) => void,
): Outcome {
  const outcome: Outcome = { verdicts: [], faults: [], printed: '', kept: '' };
  const functions = printFunctions((text) => {
    outcome.printed += text;
  });
  const state = new State(engine === 'jit' ? memory : undefined);
  const host = { functions, allowWrite, budget: 100_000 };
  const options = { engine, memory } as { readonly engine: 'jit'; readonly memory: MachineMemory };
  const { filter, problem, refusals } = load(bytes, host, state, options);
  if (filter === undefined) throw new Error(JSON.stringify(problem ?? refusals));
  run(filter, outcome, (index, { code, pc, argument }) => {
    outcome.faults.push([index, code, code === 1 ? -1 : pc, argument]);
  });
  const entries = state.objects.map(({ name, entries }) => [name, ...entries()]);
  outcome.kept = JSON.stringify(entries, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  return outcome;
}

test(`random filters mean the same on both engines (seed ${seed})`, () => {
  const random = rng(seed);
  const packets = Array.from({ length: packetsEach }, () => randomPacket(random));
  const ends = new Map<string, number>();
  let rejected = 0;
  for (let i = 0; i < filters; i++) {
    const own = rng(seed + 1 + i);
    const { text: source, stores } =
      i % 4 === 3 ? { text: statefulFilter(own), stores: false } : randomFilter(own, 'bits64');
    const { bytes } = compile(source);
    if (bytes === undefined) {
      rejected++;
      continue;
    }
    const copies = () => packets.map((packet) => ({ ...packet, bytes: packet.bytes.slice() }));
    const one: Parameters<typeof outcomeOf>[3] = (filter, { verdicts }, onFault) => {
      for (const [index, { bytes, wirelen }] of copies().entries()) {
        verdicts.push(filter.run(bytes, 0, bytes.length, wirelen));
        if (filter.fault !== undefined) onFault(index, filter.fault);
      }
    };
    const all: typeof one = (filter, { verdicts }, onFault) => {
      const slots = copies().map(({ bytes, wirelen }) => ({ bytes, start: 0, caplen: bytes.length, wirelen }));
      const found = new Uint32Array(slots.length);
      expect(filter).toBeInstanceOf(Jit);
      room.run(filter as Jit, slots, slots.length, found, onFault);
      verdicts.push(...found);
    };
    const wanted = outcomeOf('interpreter', bytes, stores, one);
    expect(outcomeOf('jit', bytes, stores, one), source).toEqual(wanted);
    expect(outcomeOf('jit', bytes, stores, all), source).toEqual(wanted);
    const note = (end: string, count: number): void => void ends.set(end, (ends.get(end) ?? 0) + count);
    for (const [, code] of wanted.faults) note(faults[code as 1].name, 1);
    note('accept', wanted.verdicts.filter((verdict) => verdict > 0).length);
    note('reject', wanted.verdicts.filter((verdict) => verdict === 0).length - wanted.faults.length);
    if (wanted.printed !== '') note('with prints', 1);
    if (wanted.kept !== '[]') note('with state', 1);
  }
  console.info(`random filters on both engines: ${rejected} rejected; ${JSON.stringify(Object.fromEntries(ends))}`);
  const runs = (filters - rejected) * packetsEach;
  expect(rejected).toBeLessThan(filters * 0.05);
  expect(ends.get('accept')! + ends.get('reject')!).toBeGreaterThan(runs * 0.5);
  for (const end of ['accept', 'reject', 'with prints', 'with state', 'packet-bounds'])
    expect(ends.get(end), end).toBeGreaterThan(20);
});

/** Runs the tests that are data, on the interpreter and on the model, and sees that nothing is without any. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decode, defaultHost, instructionText } from '../../vm/index.ts';
import { mnemonics, rows } from '../../vm/isa/instructions.ts';
import { registerNumber } from '../../vm/isa/registers.ts';
import { type Case, hostFor, parseCases, readCases } from './cases.ts';
import { interpret, isModelled } from './model.ts';
import { loaded, program, refusalsOf } from './words.ts';

const cases = readCases();
const programOf = (c: Case) => ({
  ...(c.onFatal === undefined ? {} : { onFatal: c.onFatal }),
  ...program(c.code, c.profile),
  entry: c.entry,
  headerless: c.headerless,
  imports: c.imports,
});

describe.each([...new Set(cases.map(({ file }) => file))])('%s', (file) => {
  test.each(cases.filter((c) => c.file === file).map((c) => [c.name, c] as const))('%s', (_, c) => {
    expect(c.texts).toEqual(c.code.map(instructionText));
    const refusals = refusalsOf(programOf(c), hostFor(c)).map((r) => `${r.code} ${r.fault} at ${r.pc}: ${r.message}`);
    expect(refusals).toEqual(c.refusals);
    if (c.refusals.length > 0) return;
    expect(c.verdict !== undefined || c.registers.size > 0, 'a case must expect something').toBe(true);
    onInterpreter(c);
    if (c.profile === 'bpf64' && c.onFatal === undefined && c.code.every(isModelled)) onModel(c);
  });
});

function expectRegisters(c: Case, register: (number: number) => bigint): void {
  for (const [name, value] of c.registers) expect(register(registerNumber(name)!), name).toBe(value);
}

function onInterpreter(c: Case): void {
  const host = hostFor(c);
  const filter = loaded(programOf(c), host, true);
  const packet = c.packet.slice();
  const verdict = filter.run(packet, 0, packet.length, c.wirelen);
  expect(filter.fault).toEqual(c.fault);
  if (c.verdict !== undefined) expect(verdict).toBe(c.verdict);
  expectRegisters(c, (number) => filter.register(number));
  if (c.door !== undefined) expect(filter.door).toBe(c.door);
  for (const [name, { after }] of c.segments) expect(host.segments[name]!.bytes, `segment ${name}`).toEqual(after);
  expect(packet).toEqual(c.packetAfter ?? c.packet);
}

function onModel(c: Case): void {
  const { packet, wirelen, entry } = c;
  const outcome = interpret(c.code, { ...defaultHost, ...c.host, packet, wirelen, entry });
  expect(outcome.fault).toEqual(c.fault);
  if (c.verdict !== undefined) expect(outcome.verdict).toBe(c.verdict);
  expectRegisters(c, outcome.register);
  if (c.door !== undefined) expect(outcome.door).toBe(c.door);
  expect(outcome.packet).toEqual(c.packetAfter ?? c.packet);
}

describe('no gaps', () => {
  test('every ready row is run by some case', () => {
    const run = new Set(
      cases.filter((c) => c.refusals.length === 0).flatMap((c) => c.code.map((word) => decode(word)?.mnemonic)),
    );
    const missing = mnemonics.filter((mnemonic) => rows[mnemonic].ready && !run.has(mnemonic));
    expect(missing).toEqual([]);
  });

  test('every fault that a run can raise has a case', () => {
    const raised = new Set(cases.flatMap(({ fault }) => (fault === undefined ? [] : [fault.code])));
    const known = [1, 3, 4, 9, 10, 11, 13, 15];
    if (rows['ld.seg.abs'].ready) known.push(2);
    if (rows.host.ready || rows.cop.ready) known.push(12);
    expect([...raised].sort((a, b) => a - b)).toEqual(known.sort((a, b) => a - b));
  });

  test('every refusal in the source of the validator has a case, and no case another', () => {
    const folder = new URL('../../vm/validate/', import.meta.url);
    const source = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    // What `refuse` is called with, and what is chosen before it is called.
    const inSource = [
      ...source.matchAll(/refuse(?:d)?\(\s*'([a-z-]+)'/g),
      ...source.matchAll(/\bcode: '([a-z-]+)'/g),
      ...source.matchAll(/\['([a-z-]+)', "/g),
    ].map((match) => match[1]!);
    // Nothing earns `not-ready` where all rows are ready.
    const wanted = inSource.filter((code) => code !== 'not-ready' || mnemonics.some((name) => !rows[name].ready));
    const inData = cases.flatMap(({ refusals }) => refusals.map((line) => line.split(' ')[0]!));
    expect([...new Set(inData)].sort()).toEqual([...new Set(wanted)].sort());
    expect(new Set(inData).size).toBeGreaterThan(20);
  });

  test('a file that is no data is refused', () => {
    expect(() => parseCases('x', '== a\nnonsense')).toThrow('"nonsense" is not a line of a case');
    expect(() => parseCases('x', '== a\nverdct 1')).toThrow('"verdct" is not a setting');
  });
});

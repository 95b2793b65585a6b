/** Which programs are compiled: the longest of simple instructions, and so many calls and accesses as weigh no more. */
import { expect, test } from 'vitest';
import { defaultHost, encode, Interpreter, isCompilable, load, State, validate, type Word } from '../../vm/index.ts';
import { program } from '../vm/words.ts';

const most = 2 ** 16;
const exitA = encode('exit', 0x10, {});
const none = new Uint8Array(0);

test.each<[string, number, (pc: number) => Word, Word[]]>([
  ['additions', most - 1, () => encode('add', 0, { reg: 32, k: 1 }), []],
  ['loads', most / 4 - 1, () => encode('ld.abs', 0, { reg: 0, k: 0 }), []],
  ['calls', most / 16 - 1, (pc) => encode('call', 0, { k: -pc - 1 }), [exitA]],
])('%s: as many as are compiled, and one more', (_, count, make, callee) => {
  const entry = callee.length;
  const judged = (length: number): boolean => {
    const code = [...callee, ...Array.from({ length }, (_, i) => make(entry + i)), exitA];
    return isCompilable(validate({ ...program(code), entry }, defaultHost).validated!);
  };
  expect(judged(count)).toBe(true);
  expect(judged(count + 1)).toBe(false);
});

test('what is heavier is interpreted, and an engine that is asked for says so', () => {
  const code = [...Array.from({ length: most }, () => encode('add', 0, { reg: 32, k: 1 })), exitA];
  const { filter } = load(program(code));
  expect(filter).toBeInstanceOf(Interpreter);
  expect(filter!.run(none, 0, 0, 0)).toBe(most);
  expect(() => load(program(code), {}, new State(), { engine: 'jit' })).toThrow('use the interpreter');
});

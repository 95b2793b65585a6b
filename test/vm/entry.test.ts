/** The compiled function itself: `entry`. */
import { expect, test } from 'vitest';
import { defaultHost, encode, Jit, MachineMemory, validate, type Word } from '../../vm/index.ts';
import { program } from './words.ts';

const memory = new MachineMemory();

function compiled(code: readonly Word[]): Jit {
  const { validated, refusals } = validate(program(code), defaultHost);
  if (validated === undefined) throw new Error(JSON.stringify(refusals));
  return new Jit(validated, defaultHost, { memory });
}

/** Accepts what the packet begins with: fault 1 where it is cut. */
const firstWord = [encode('ld.abs', 0, { reg: 0, k: 0 }), encode('exit', 0x10, {})];

test('it gives the verdict of run, signed', () => {
  const jit = compiled(firstWord);
  const { at } = memory.allocate(4);
  memory.bytes.set([0xff, 0xff, 0xff, 0xfe], at);
  expect(jit.entry(4)(at, 4, 4)).toBe(-2);
  expect(jit.entry()(at, 4, 4)).toBe(-2);
  expect(jit.runAt(at, 4, 4)).toBe(2 ** 32 - 2);
});

test('its fault is a verdict, and shows in no other run', () => {
  const jit = compiled(firstWord);
  const other = compiled([encode('exit', 0, { k: 5, high: 0 })]);
  const { at } = memory.allocate(4);
  expect(jit.entry(4)(at, 3, 3)).toBe(0);
  expect(other.runAt(at, 3, 3)).toBe(5);
  expect(other.fault).toBeUndefined();
  jit.runAt(at, 3, 3);
  expect(jit.fault?.code).toBe(1);
});

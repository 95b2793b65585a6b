/**
 * Random code that makes the count of a LOOP of what a packet holds: loads, masks, shifts, sums, differences, and
 * compares, of which one that fails leads past the loop. The count is left in AA or X.
 */
import { encode, type Word } from '../../vm/index.ts';
import type { Random } from './random.ts';

const XF = 0x100;
const SRC_X = 8;
/** A to D; of either width. */
const registers = [0, 1, 2, 3];

/** `skip` is a jump past the loop, which is put in where that lies. */
export type CountCode = readonly (Word | 'skip')[];

export interface MadeCount {
  readonly code: CountCode;
  /** SRC of the LOOP: X or AA. */
  readonly source: 0x08 | 0x10;
}

/** `base` is where packet bytes may be read. */
export function madeCount(random: Random, base: number): MadeCount {
  const register = (): number => random.pick(registers) + (random.chance(0.7) ? 32 : 0);
  const small = (): number => random.pick([0, 1, 2, 3, 4, 5, 7, 8, 15, 31, 60, 255]);
  const load = (): Word[] => {
    const reg = random.pick(registers);
    const k = base + random.below(40);
    return random.pick([
      () => [encode('ld.abs', random.pick([0, 8, 0x10, 0x10, 0x18]), { reg, k })],
      () => [encode('ld.abs', random.pick([8, 0x10]), { reg, k, signed: true })],
      () => [encode(random.pick(['ld.caplen', 'ld.caplen', 'ld.len'] as const), 0, { reg })],
      () => [encode('ldx.msh', 0, { reg: 0, k }), encode('txa', 0, { reg, high: 0 })],
    ])();
  };
  const change = (): Word[] => {
    const [reg, k] = [register(), small()];
    const mnemonic = random.pick([
      'and',
      'and',
      'rsh',
      'sub',
      'sub',
      'add',
      'mod',
      'div',
      'mul',
      'lsh',
      'arsh',
      'or',
      'neg',
    ] as const);
    if (mnemonic === 'neg') return [encode('neg', 0, { reg })];
    const divides = mnemonic === 'mod' || mnemonic === 'div';
    if (random.chance(0.5)) {
      const wanted = mnemonic === 'mul' || mnemonic === 'lsh' ? k % 4 : divides ? k || 3 : k;
      return [encode(mnemonic, XF, { reg, jf: register(), k: wanted, signed: random.chance(0.2) })];
    }
    if (divides || mnemonic === 'lsh') return [encode('mov', XF | SRC_X, { reg, jf: register() })];
    return [encode(mnemonic, XF | SRC_X, { reg, jf: register(), jt: register() })];
  };
  const compare = (): (Word | 'skip')[] => {
    const mnemonic = random.pick(['jgt', 'jge', 'jsgt', 'jsge', 'jeq', 'jset'] as const);
    const holds = mnemonic !== 'jeq' && random.chance(0.5);
    const way = holds ? { jt: 1, jf: 0 } : { jt: 0, jf: 1 };
    const word = random.chance(0.5)
      ? encode(mnemonic, 0, { reg: register(), k: random.pick([small(), 0xfff0, 64]), ...way })
      : encode(mnemonic, XF | SRC_X, { reg: register(), k: register(), ...way });
    return [word, 'skip'];
  };
  const memory = (): Word[] => {
    const k = 110 + random.below(4);
    const size = random.pick([0, 0x18]);
    return [
      encode('st.mem', size, { reg: random.pick(registers), k }),
      encode('ld.mem', size, { reg: random.pick(registers), k }),
    ];
  };
  const code: (Word | 'skip')[] = [...load(), ...load()];
  for (let left = 1 + random.below(6); left > 0; left--)
    code.push(...random.pick([change, change, change, load, compare, compare, memory])());
  const source = random.pick([0x08, 0x10] as const);
  const from = random.pick(registers);
  if (random.chance(0.5)) code.push(encode('and', 0, { reg: from + 32, k: random.pick([3, 7, 15]) }));
  code.push(
    source === 0x10 ? encode('mov', XF | SRC_X, { reg: 32, jf: from + 32 }) : encode('tax', 0, { reg: from, high: 0 }),
  );
  return { code, source };
}

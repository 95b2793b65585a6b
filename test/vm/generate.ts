/**
 * Random programs that the validator lets through and that mostly end without a fault: divisors are seldom 0, indices
 * are masked before most accesses, loops are short, what is read mostly lies behind the door. Several functions, calls
 * between them from bodies too, and backward jumps that nest. All that is ready may stand in them, but for `notGenerated`.
 */
import { encode, type Program, type Word } from '../../vm/index.ts';
import { mnemonics } from '../../vm/isa/instructions.ts';
import { madeCount } from './counts.ts';
import type { Random } from './random.ts';

const XF = 0x100;
const SRC_X = 8;
const L = 0x100;
const alu = ['add', 'sub', 'mul', 'or', 'and', 'lsh', 'rsh', 'xor', 'arsh', 'div', 'mod', 'sdiv', 'smod'] as const;
const jumps = ['jeq', 'jgt', 'jge', 'jset', 'jsgt', 'jsge'] as const;
const constants = [0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 255, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];
const sizes = [0, 8, 0x10, 0x18] as const;
/** Bytes that a packet must have for accesses without a fault. */
export const packetBytes = 256;
/** Where reads begin in most programs with backward jumps: these seldom are more. */
const behindDoor = packetBytes - 64;
/** Rows that have generators of their own, or none. */
export const notGenerated: ReadonlySet<string> = new Set(
  mnemonics.filter((name) => /seg|rodata|literal|^(jtbl|host|cop|copx)$/.test(name)),
);

/** A function that those behind it may call. */
interface Callee {
  readonly inputs: number;
  /** Loop bodies and functions that may run in it at once, itself included. */
  readonly frames: number;
}

interface Scene {
  readonly random: Random;
  /** Windowed registers that the prolog declares. */
  readonly open: number;
  /** Loop bodies around. */
  readonly depth: number;
  /** Loop bodies that may be around at most. */
  readonly deepest: number;
  /** Where accesses of the packet begin. */
  readonly base: number;
  /** Backward jumps: none, each counted, or some that only the door ends. */
  readonly turns: 'none' | 'counted' | 'endless';
  /** Loops by backward jumps around. */
  readonly around: number;
  readonly callees: readonly Callee[];
  /** What a CALL calls, by its word: put in when the functions stand where they will. */
  readonly calls: Map<Word, number>;
  /** Whether what a packet holds makes the counts of loops, or small numbers do. */
  readonly counts: 'small' | 'made';
  /** Loops by backward jumps so far: each counts in a word of M[] of its own. */
  readonly counters: { next: number };
}

const constant = ({ random }: Scene): number => (random.chance(0.8) ? random.pick(constants) : random.u32());

/** A register to write, of either width. */
function target({ random, open }: Scene): number {
  const low = random.chance(0.1) ? random.pick([26, 27]) : random.below(8 + open);
  return low >= 26 || random.chance(0.4) ? low : low + 32;
}

/** A register, a loop counter or a pseudo-register to read. */
function source(scene: Scene): number {
  const { random, depth } = scene;
  if (random.chance(0.1)) return 0x80 + random.below(128);
  if (depth > 0 && random.chance(0.15)) return 28 + random.below(Math.min(depth, 4));
  return target(scene);
}

function arithmetic(scene: Scene): Word[] {
  const { random } = scene;
  const reg = target(scene);
  const way = random.below(20);
  if (way === 0) return [encode('neg', XF, { reg, jf: source(scene) })];
  if (way === 1) return [encode('mov', XF | SRC_X, { reg, jf: source(scene) })];
  if (way === 2) return [encode('mov', 0, { reg, k: constant(scene), signed: random.chance(0.5) })];
  if (way === 3) {
    const k = random.pick(reg < 32 ? [16, 32] : [16, 32, 64]);
    return [encode('endian', random.pick([0, SRC_X, 0x200]) | XF, { reg, jf: source(scene), k })];
  }
  const operation = random.pick(alu);
  const divides = alu.indexOf(operation) > 8;
  if (random.chance(0.5) || (divides && random.chance(0.97))) {
    const k = divides ? constant(scene) || 5 : constant(scene);
    const three = random.chance(0.5);
    const from = three ? { jf: source(scene) } : {};
    return [encode(operation, three ? XF : 0, { reg, k, signed: random.chance(0.4), ...from })];
  }
  if (random.chance(0.2)) return [encode(operation, SRC_X, { reg })];
  return [encode(operation, XF | SRC_X, { reg, jf: source(scene), jt: source(scene) })];
}

/** A packet access, its index register masked first, but for a few. */
function access(scene: Scene): Word[] {
  const { random, open, base } = scene;
  const store = random.chance(0.25);
  const special = random.chance(0.3);
  const size = random.pick(special ? sizes.slice(0, 3) : sizes);
  const choice = size | (random.chance(0.4) ? L : 0);
  const reg = special ? random.below(7) : random.below(8);
  const fields = { reg, k: random.chance(0.98) ? base + random.below(48) : random.u32() };
  const signed = !store && size !== 0x18 && random.chance(0.3);
  const cls = `${store ? 'st' : 'ld'}${special ? 'x' : ''}` as 'ld';
  const mode = random.pick(['abs', 'ind', 'ind_y'] as const);
  const index = mode === 'ind_y' ? 27 : random.pick([26, 27, 1 + random.below(7 + open), 33 + random.below(7 + open)]);
  const jt = mode !== 'ind' || index === 26 ? 0 : index;
  const mask = encode('and', 0, { reg: index, k: 7 });
  const masked = mode === 'abs' || random.chance(0.03) ? [] : [mask];
  if (random.chance(0.1)) return [mask, encode('ldx.mshx', 0, { reg: random.below(7), k: fields.k, jt: index })];
  return [...masked, encode(`${cls}.${mode}`, choice, { ...fields, jt, signed })];
}

function memory({ random }: Scene): Word[] {
  const k = random.pick([0, 1, 15, 127]);
  const wide = random.chance(0.5) ? 0x18 : 0;
  return random.pick([
    () => [encode('st.mem', wide, { reg: random.below(8), k })],
    () => [encode('ld.mem', wide, { reg: random.below(8), k, signed: wide === 0 && random.chance(0.5) })],
    () => [encode('stx.mem', 0, { reg: random.below(7), k })],
    () => [encode('ldx.mem', 0, { reg: random.below(7), k, signed: random.chance(0.5) })],
  ])();
}

function simple(scene: Scene): Word[] {
  const { random, base } = scene;
  const special = random.below(7);
  return random.pick([
    () => [encode('ld.imm', 0, { reg: random.below(8), k: constant(scene), signed: random.chance(0.5) })],
    () => [encode('ldx.imm', 0, { reg: special, k: constant(scene), signed: random.chance(0.5) })],
    () => [encode(random.pick(['ld.len', 'ld.caplen'] as const), 0, { reg: random.below(8) })],
    () => [encode(random.pick(['ldx.len', 'ldx.caplen'] as const), 0, { reg: special })],
    () => [encode('ldx.msh', 0, { reg: special, k: base + random.below(60) })],
    () => [encode('tax', 0, { reg: random.below(8), high: special })],
    () => [encode('txa', 0, { reg: random.below(8), high: special })],
  ])();
}

function exit(scene: Scene, early: boolean): Word {
  const { random, depth } = scene;
  const choice = random.pick([0, 0, 8, 0x10]);
  const k = choice === 0 ? random.pick([1, 1, 2, 3, 0xffffffff]) : 0;
  if (early && random.chance(0.08)) return encode('exit', choice, { k, high: 4 });
  if (depth === 0) return encode('exit', choice, { k, high: random.chance(0.2) ? 3 : 0 });
  if (early && random.chance(0.2)) return encode('exit', choice, { k, high: 3 });
  const high = random.pick([0, 0, 1, 2]);
  const jt = early && depth > 1 && random.chance(0.3) ? random.below(depth) : 0;
  // NEXT by a register is a fault where that is 0, so nearly all are by k.
  if (high === 1 && random.chance(0.95)) return encode('exit', 0, { k: 1 + random.below(3), high, jt });
  return encode('exit', choice, { k, high, jt });
}

function comparison(scene: Scene): { readonly word: Word; readonly make: (jt: number, jf: number) => Word } {
  const { random } = scene;
  const mnemonic = random.pick(jumps);
  const reg = target(scene);
  const way = random.below(3);
  const k = way === 2 ? source(scene) : way === 0 ? constant(scene) : 0;
  const signed = way === 0 && random.chance(0.4);
  const make = (jt: number, jf: number): Word =>
    encode(mnemonic, [0, SRC_X, XF | SRC_X][way]!, { reg, jt, jf, k, signed });
  return { word: make(0, 0), make };
}

function loop(scene: Scene): Word[] {
  const { random, depth } = scene;
  const body = region({ ...scene, depth: depth + 1 }, 2 + random.below(5));
  const skip = encode('ja', 0, { k: body.length });
  if (scene.counts === 'made') {
    const { code, source } = madeCount(random, scene.base);
    const over = (at: number): Word => encode('ja', 0, { k: code.length - at - 1 + 2 + body.length });
    const made = code.map((word, at) => (word === 'skip' ? over(at) : word));
    return [...made, encode('loop', source, { jt: 1 }), skip, ...body];
  }
  const masked = random.pick([
    () => [encode('loop', 0, { k: random.below(5), jt: 1 })],
    () => [encode('and', 0, { reg: 26, k: 3 }), encode('loop', 8, { jt: 1 })],
    () => [encode('and', 0, { reg: 32, k: 3 }), encode('loop', 0x10, { jt: 1 })],
    ...(random.chance(0.05) ? [() => [encode('loop', 8, { jt: 1 })]] : []),
  ])();
  return [...masked, skip, ...body];
}

/** Pieces that a backward jump runs again, counted down to 0 in M[], or (seldom) for as long as the door lets it. */
function turn(scene: Scene): Word[] {
  const { random, turns, counters } = scene;
  const inside = pieces({ ...scene, around: scene.around + 1 }, 1 + random.below(4));
  if (turns === 'endless' && random.chance(0.5)) {
    const back = encode('ja', 0, { k: -inside.length - 2 });
    return [...inside, comparison(scene).make(1, 0), back];
  }
  const reg = random.below(8);
  const k = 20 + (counters.next++ % 100);
  const count = [encode('ld.imm', 0, { reg, k: 1 + random.below(4) }), encode('st.mem', 0, { reg, k })];
  const down = [
    encode('ld.mem', 0, { reg, k }),
    encode('sub', 0, { reg, k: 1 }),
    encode('st.mem', 0, { reg, k }),
    encode('jeq', 0, { reg, k: 0, jt: 1, jf: 0 }),
  ];
  return [...count, ...inside, ...down, encode('ja', 0, { k: -inside.length - down.length - 1 })];
}

function call({ random, open, depth, callees, calls }: Scene): Word[] {
  const callee = random.below(callees.length);
  const { inputs, frames } = callees[callee] ?? { inputs: 99, frames: 0 };
  if (inputs > open || depth + 1 + frames > 32) return [];
  const word = encode('call', 0, { high: random.below(open - inputs + 1) });
  calls.set(word, callee);
  return [word];
}

/** A function or a body: pieces and an exit. */
const region = (scene: Scene, count: number): Word[] => [...pieces(scene, count), exit(scene, false)];

/** Pieces and jumps forward between them. */
function pieces(scene: Scene, count: number): Word[] {
  const { random, depth } = scene;
  const list = Array.from({ length: count }, (): Word[] => {
    const way = random.below(100);
    if (way < 32) return arithmetic(scene);
    if (way < 48) return access(scene);
    if (way < 56) return memory(scene);
    if (way < 67) return simple(scene);
    if (way < 71) return [comparison(scene).make(1, 0), exit(scene, true)];
    if (way < 78 && depth < scene.deepest && scene.around < 2) return loop(scene);
    if (way < 86 && scene.turns !== 'none' && scene.around < 2 && depth < 3) return turn(scene);
    if (way < 95) return call(scene);
    return [];
  });
  // A piece left empty is a jump over some of those behind it, which are there first.
  for (let i = count - 1; i >= 0; i--) {
    if (list[i]!.length > 0) continue;
    const over = (): number => {
      const length = list.slice(i + 1, i + 1 + random.below(4)).reduce((sum, piece) => sum + piece.length, 0);
      return length > 255 ? 0 : length;
    };
    list[i] = [random.chance(0.2) ? encode('ja', 0, { k: over() }) : comparison(scene).make(over(), over())];
  }
  return list.flat();
}

/** A function: its PROLOG, if it has one, values from the packet, pieces. */
function randomFunction(scene: Scene, inputs: number, values: number, count: number): Word[] {
  const { random, open, base } = scene;
  const outputs = random.below(open - inputs + 1);
  const opening = open > 0 ? [encode('prolog', 0, { jf: inputs, high: open - inputs - outputs, jt: outputs })] : [];
  const loads = Array.from({ length: values }, (_, reg) => encode('ld.abs', 0x18, { reg, k: base + random.below(56) }));
  return [...opening, ...loads, ...region(scene, count)];
}

/** A program and how it lies: where its entry is, or that it has no header. */
export interface RandomProgram {
  readonly code: readonly Word[];
  readonly layout: Pick<Program, 'entry' | 'headerless'>;
}

/** `wanted` are backward jumps that only the door ends; `counts`, where those of loops come from. */
export function randomProgram(random: Random, wanted?: 'endless', counts: Scene['counts'] = 'small'): RandomProgram {
  const turns = wanted ?? (random.chance(0.5) ? 'counted' : 'none');
  const base = turns !== 'none' && random.chance(0.85) ? behindDoor : 0;
  const calls = new Map<Word, number>();
  const counters = { next: 0 };
  const common = { random, depth: 0, base, turns, around: 0, calls, counters, counts } as const;
  const functions: Word[][] = [];
  const callees: Callee[] = [];
  for (let left = random.chance(0.6) ? random.below(5) : 0; left > 0; left--) {
    const open = random.chance(0.8) ? random.below(19) : 0;
    const inputs = random.below(Math.min(open, 4) + 1);
    const scene: Scene = { ...common, open, deepest: 1 + random.below(2), callees: [...callees] };
    functions.push(randomFunction(scene, inputs, 0, 1 + random.below(8)));
    const inner = Math.max(0, ...callees.map(({ frames }) => frames));
    callees.push({ inputs, frames: 1 + scene.deepest + inner });
  }
  const open = random.chance(0.7) ? random.below(19) : 0;
  functions.push(randomFunction({ ...common, open, deepest: 5, callees }, 0, 3, 4 + random.below(14)));
  return assembled(random, functions, calls);
}

/** Functions that nothing calls would be dead code of the ones before them, a PROLOG in it an error: they go. */
function assembled(random: Random, all: readonly Word[][], calls: ReadonlyMap<Word, number>): RandomProgram {
  const needed = new Set([all.length - 1]);
  for (let i = all.length - 1; i >= 0; i--)
    if (needed.has(i)) for (const word of all[i]!) if (calls.has(word)) needed.add(calls.get(word)!);
  const headerless = random.chance(0.2);
  const first = headerless && needed.size > 1 ? 1 : 0;
  const starts = new Map<number, number>();
  let at = first;
  for (const [i, { length }] of all.entries()) {
    if (!needed.has(i)) continue;
    starts.set(i, at);
    at += length;
  }
  const entry = starts.get(all.length - 1)!;
  const code = all.flatMap((words, i) => (needed.has(i) ? words : []));
  const linked = code.map((word, i) => {
    const callee = calls.get(word);
    return callee === undefined ? word : { ...word, k: (starts.get(callee)! - (first + i) - 1) >>> 0 };
  });
  if (first === 1) linked.unshift(encode('ja', 0, { k: entry - 1 }));
  return { code: linked, layout: headerless ? { entry: 0, headerless } : { entry } };
}

/**
 * The control-flow graph of a program that the validator let through: functions and loop bodies that nest, blocks of
 * instructions in them, and every way from one block to another. Data only: how it is drawn is the business of `dot.ts`.
 */
import { defaultHost, type Host } from '../host/host.ts';
import { decode, type Instruction } from '../isa/codec.ts';
import type { KeyRange, Table } from '../isa/tables.ts';
import type { Program } from '../program/program.ts';
import { bodyOf, isBackward, successors, targetOf } from '../validate/flow.ts';
import type { Region, Validated } from '../validate/index.ts';

/**
 * How control gets from one block to another: onward (`next`), by a jump (`jump`), where a comparison holds or does not
 * (`true`, `false`), by a key of a jump table or by one that it does not have (`case`, `miss`), back through the door
 * (`back`), into a pass of a loop's body (`pass`), into a function (`call`). Exits, which leave those two, are no edges.
 */
export type EdgeKind = 'next' | 'jump' | 'true' | 'false' | 'case' | 'miss' | 'back' | 'pass' | 'call';

export interface Edge {
  /** The pc of the instruction that goes: the last of its block, but for a CALL. */
  readonly at: number;
  /** The pc that it goes to: the first of a block. */
  readonly to: number;
  readonly kind: EdgeKind;
  /**
   * Of a `case`: the keys that lead there, ascending, the first thousand ranges of them; none where the table names a
   * place that no key reaches.
   */
  readonly keys?: readonly Keys[];
}

/** Keys from `low` to `high`, both included. */
export type Keys = Pick<KeyRange, 'low' | 'high'>;

/** Instructions that run one after the other, entered at the first, left behind the last. Calls in it come back. */
export interface Block {
  readonly first: number;
  readonly last: number;
}

export type Passes = number | 'X' | 'AA';

/** A function or a loop's body: a range of pcs, `last` included. */
export interface Cluster {
  readonly kind: 'function' | 'body';
  readonly first: number;
  readonly last: number;
  /** Of a body: how many passes its LOOP asks for, by a number or in a register. */
  readonly passes?: Passes;
  /** Those that lie in no body inside; by ascending pc, as all lists here. */
  readonly blocks: readonly Block[];
  /** The bodies directly inside. */
  readonly bodies: readonly Cluster[];
}

export interface FlowGraph {
  /** Where a run begins: the first pc of a block. */
  readonly entry: number;
  /** Where the program's own function begins: at the entry, but for a program whose first JA leads there. */
  readonly main: number;
  readonly functions: readonly Cluster[];
  readonly edges: readonly Edge[];
}

/** The graph of a program. Instructions that nothing leads to are in it too; data between instructions are not. */
export function flowGraph({ code, program, entry: main, regions }: Validated): FlowGraph {
  const jumps = code.map((instruction, pc) => (instruction === undefined ? [] : edgesOf(instruction, pc)));
  const starts = new Set([program.entry, ...jumps.flat().map(({ to }) => to)]);
  const functions: OpenCluster[] = [];
  const clusters = new Map<Region, OpenCluster>();
  const passes = new Map<number, Passes>();
  const edges: Edge[] = [];
  let open: { first: number; last: number } | undefined;
  for (const [pc, instruction] of code.entries()) {
    if (instruction === undefined) continue;
    const region = regions[pc]!;
    if (!clusters.has(region)) {
      const cluster = opened(region, passes.get(region.first));
      clusters.set(region, cluster);
      (region.parent === undefined ? functions : clusters.get(region.parent)!.bodies).push(cluster);
    }
    if (open === undefined) clusters.get(region)!.blocks.push((open = { first: pc, last: pc }));
    else open.last = pc;
    if (instruction.mnemonic === 'loop') passes.set(bodyOf(instruction, pc), passesOf(instruction));
    edges.push(...jumps[pc]!);
    const goesOn = isPlain(instruction);
    if (goesOn && starts.has(pc + 1)) edges.push({ at: pc, to: pc + 1, kind: 'next' });
    if (!goesOn || starts.has(pc + 1)) open = undefined;
  }
  return { entry: program.entry, main, functions, edges };
}

type OpenCluster = Cluster & { readonly blocks: Block[]; readonly bodies: Cluster[] };

function opened({ first, last, parent }: Region, passes: Passes | undefined): OpenCluster {
  const kind = parent === undefined ? 'function' : 'body';
  return { kind, first, last, ...(passes === undefined ? {} : { passes }), blocks: [], bodies: [] };
}

/** Whether control goes on with the next instruction, and may go nowhere else but into a function and back. */
function isPlain({ mnemonic, row }: Instruction): boolean {
  return row.class !== 'JMP' && row.layout !== 'length' && mnemonic !== 'exit' && mnemonic !== 'loop';
}

/** The edges of an instruction, but for the one to the next instruction that a plain one has. */
function edgesOf(instruction: Instruction, pc: number): Edge[] {
  const { mnemonic, table } = instruction;
  const edge = (kind: EdgeKind, to: number): Edge => ({ at: pc, to, kind });
  if (table !== undefined) return tableEdges(table, pc);
  if (mnemonic === 'call') return [edge('call', targetOf(instruction, pc))];
  if (mnemonic === 'loop') return [edge('next', pc + 1), edge('pass', bodyOf(instruction, pc))];
  if (isPlain(instruction)) return [];
  const [to, otherwise] = successors(instruction, pc);
  if (to === undefined) return [];
  if (otherwise !== undefined) return [edge('true', to), edge('false', otherwise)];
  if (mnemonic === 'ja') return [edge(isBackward(instruction) ? 'back' : 'jump', to)];
  return [edge('next', to)];
}

/** An edge to every place that the table names; the place of a miss may be that of keys too. */
function tableEdges(table: Table, pc: number): Edge[] {
  const keys = new Map<number, Keys[]>(table.targets.map((target) => [target, []]));
  for (const { low, high, target } of keyRanges(table)) {
    const list = keys.get(target)!;
    const before = list.at(-1);
    if (before?.high === low - 1) list[list.length - 1] = { low: before.low, high };
    else if (list.length < mostKeys) list.push({ low, high });
  }
  const cases = [...keys].filter(([to, list]) => to !== table.miss || list.length > 0);
  return [
    ...cases.map(([to, list]): Edge => ({ at: pc, to, kind: 'case', keys: list })),
    { at: pc, to: table.miss, kind: 'miss' },
  ];
}

/** Ranges of keys that an edge tells at most: a bitset may have millions, and nobody reads them. */
const mostKeys = 1000;
const keyEnd = { B: 2 ** 8, H: 2 ** 16, W: 2 ** 32, DW: 2 ** 64 } as const;

/** The keys that a table has, ascending, with where they lead. */
function* keyRanges(table: Table): Iterable<KeyRange> {
  const end = keyEnd[table.size];
  if (table.kind === 'ranges') yield* table.ranges;
  else if (table.kind === 'index') {
    for (const [key, target] of table.slots.entries())
      if (key < end && target !== table.miss) yield { low: key, high: key, target };
  } else {
    const { base, bits, match } = table;
    for (let bit = 0, key = base; bit < bits.length * 8 && key < end; bit++, key++)
      if (((bits[bit >> 3]! >> (bit & 7)) & 1) === 1) yield { low: key, high: key, target: match };
  }
}

function passesOf({ variant, k }: Instruction): Passes {
  if (variant.k === 'constant') return k;
  return variant.bits === LOOP_X ? 'X' : 'AA';
}

const LOOP_X = 0x68;

/** A host with all that a program may call or import by name, to draw what no host here runs. */
export function hostNaming({ code, imports = [] }: Program): Host {
  const called = code.flatMap((word) => (decode(word)?.mnemonic === 'host' ? [String(word.k)] : []));
  const named = (kind: 'function' | 'segment'): string[] =>
    imports.filter((wanted) => wanted.kind === kind).map(({ name }) => name);
  const aFunction = { inputs: 0, cost: { base: 0, perByte: 0 }, call: () => undefined };
  const aSegment = { bytes: new Uint8Array(0), readable: true, writable: true };
  return {
    ...defaultHost,
    functions: Object.fromEntries([...called, ...named('function')].map((name) => [name, aFunction])),
    segments: Object.fromEntries(named('segment').map((name) => [name, aSegment])),
  };
}

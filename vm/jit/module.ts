/** A program as a WebAssembly module: its functions, callees first, then the one that runs a packet. */
import type { Host } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { exitClasses } from '../isa/instructions.ts';
import { A, X } from '../isa/registers.ts';
import { isBackward, targetOf } from '../validate/flow.ts';
import { accessesPacket } from '../validate/ranges/effect.ts';
import type { Validated } from '../validate/validated.ts';
import { inputSlots } from './control.ts';
import { type Facts, findFacts } from './facts.ts';
import { writeFinders } from './find.ts';
import { Frame, type ImportName, type ProgramContext } from './frame.ts';
import { hashIn, writeHashes } from './hash.ts';
import { faultEntry, layout, type MachineMemory, record } from './memory.ts';
import { type FunctionPlan, planFunctions } from './plan.ts';
import { placeIn } from './segment.ts';
import { BUDGET, isVectorSlot, type Slot, wordSlot } from './slots.ts';
import { writeRegion } from './translate.ts';
import { F64, FunctionBody, type FunctionType, I32, I64, ModuleBuilder, op, type ValueType } from './wasm.ts';

/** What the imported functions take and give; `jit.ts` has them. */
const importTypes: Readonly<Record<ImportName, FunctionType>> = {
  // number, start, caplen, wirelen: how it ended.
  host: { parameters: [I32, I32, I32, I32], results: [I32] },
  // number, A, start, caplen, wirelen: how it ended.
  cop: { parameters: [I32, I32, I32, I32, I32], results: [I32] },
  // number, A, X, start, caplen, wirelen: how it ended.
  ancillary: { parameters: [I32, I32, I32, I32, I32, I32], results: [I32] },
  // start, caplen, wirelen, A, X, offset from the network header: offset from the packet's start.
  place: { parameters: [I32, I32, I32, I32, I32, I32], results: [I32] },
  // number: length, or -1.
  segment: { parameters: [I32], results: [I32] },
  // number, offset, what is asked: fault code, or 0.
  read: { parameters: [I32, I32, I32], results: [I32] },
  // number, offset, bytes.
  write: { parameters: [I32, I32, I32], results: [] },
};

export interface ModuleOptions {
  /** What the module exports. */
  readonly entry: 'run' | 'batch';
  /** What the module's code reaches: state that lies there needs no host. */
  readonly memory: MachineMemory | undefined;
  /** Where the copy of the code is in the memory, if the program reads it. */
  readonly codeAt: number;
  /** Whether a run keeps count of its budget. */
  readonly isCounted: boolean;
  /** Whether a run leaves what its slots held in the memory. */
  readonly isObserved: boolean;
  /** See `ProgramContext`. */
  readonly onLoop?: ProgramContext['onLoop'];
  /** Whether the door is left out, proven or not: to see what it costs, not to run. */
  readonly isOpen?: boolean;
}

/** Parameters that every function has first. */
const packetParameters: readonly ValueType[] = [I32, I32, I32];
const packet = { start: 0, caplen: 1, wirelen: 2 } as const;

/** The bytes of the module. */
export function moduleBytes(validated: Validated, host: Host, options: ModuleOptions): Uint8Array<ArrayBuffer> {
  const { code, entry } = validated;
  const { codeAt, isCounted, memory } = options;
  const module = new ModuleBuilder();
  const imports = new Map(importsOf(validated, memory).map((name) => [name, module.import(name, importTypes[name])]));
  const roots = calledFrom(validated);
  const facts = findFacts(validated, new Set(roots), {
    hoists: !options.isObserved,
    allowWrite: host.allowWrite,
  });
  const needsDoor = keepsDoorIn(validated, roots, facts) || (options.isObserved && code.some(jumpsBack));
  const keepsDoor = needsDoor && options.isOpen !== true;
  const plans = planFunctions(validated, { keepsDoor, facts, isCounted });
  const add = (body: FunctionBody): number => module.add(body);
  const finders = writeFinders(validated, facts, add);
  const hashes = writeHashes(validated, memory, add);
  const context: ProgramContext = {
    validated,
    host,
    codeAt,
    plans,
    written: new Map(),
    keepsDoor,
    countsTurns: options.isObserved,
    isCounted,
    facts,
    finders,
    hashes,
    memory,
    imports,
    onLoop: options.onLoop,
  };
  for (const root of roots)
    if (root !== entry) context.written.set(root, module.add(writeFunction(context, plans.get(root)!)));
  const plan = plans.get(entry)!;
  module.add(options.entry === 'run' ? writeRun(context, plan, options) : writeBatch(context, plan), options.entry);
  return module.bytes();
}

const jumpsBack = (i: Instruction | undefined): boolean => i !== undefined && isBackward(i);

/** Whether the door may stand in somebody's way. */
function keepsDoorIn({ code, regions }: Validated, roots: readonly number[], { meetsDoor }: Facts): boolean {
  const reached = new Set(roots);
  return code.some(
    (i, pc) =>
      i !== undefined && (isBackward(i) || accessesPacket(i)) && reached.has(regions[pc]!.root) && meetsDoor(pc),
  );
}

/** What the program needs of its host: each import that is there takes time when a module is loaded. */
export function importsOf({ code, bindings }: Validated, memory: MachineMemory | undefined): readonly ImportName[] {
  const needed = new Set<ImportName>();
  for (const i of code) {
    if (i === undefined) continue;
    const { mnemonic, variant, variation } = i;
    if (mnemonic === 'host' && hashIn(bindings.functions.get(i.k)!, memory) === undefined) needed.add('host');
    if (mnemonic === 'cop' || mnemonic === 'copx') needed.add('cop');
    if (variation?.kind === 'ancillary') needed.add('ancillary');
    if (variation?.kind === 'signed') needed.add('place');
    if (variant.jf !== 'segment' || placeIn(i, bindings, memory) !== undefined) continue;
    needed.add(mnemonic.endsWith('.len') ? 'segment' : 'read');
    if (mnemonic.startsWith('st')) needed.add('write');
  }
  return [...needed];
}

/** The roots of functions that a run may get to, ascending. */
export function calledFrom({ code, entry, functions, regions }: Validated): number[] {
  const found = new Set<number>();
  const work = [entry];
  const roots = [...functions.keys()].sort((a, b) => a - b);
  for (let root = work.pop(); root !== undefined; root = work.pop()) {
    if (found.has(root)) continue;
    found.add(root);
    for (let pc = root; pc < code.length && regions[pc]!.root === root; pc++)
      if (code[pc]?.mnemonic === 'call') work.push(targetOf(code[pc]!, pc));
  }
  return roots.filter((root) => found.has(root));
}

/** A function that others call: its inputs and what it has in common with them come and go. */
function writeFunction(context: ProgramContext, plan: FunctionPlan): FunctionBody {
  const shared = (slots: readonly Slot[]): ValueType[] => slots.map((slot) => typeOf(slot, plan));
  const inputs = inputSlots(plan.inputs);
  const w = new FunctionBody(
    [...packetParameters, ...shared(inputs), ...shared(plan.used)],
    [...shared(inputs), ...shared(plan.written), I32],
  );
  const f = new Frame(context, plan, w, packet);
  for (const [at, slot] of [...inputs, ...plan.used].entries()) f.bind(slot, packetParameters.length + at);
  const code = w.local(I32);
  f.done = w.open('block');
  f.fault = w.open('block', I32);
  writeRegion(f, plan.root);
  w.close();
  w.set(code);
  w.close();
  for (const slot of [...inputs, ...plan.written]) w.get(f.local(slot));
  w.get(code);
  return w;
}

const typeOf = (slot: Slot, plan: FunctionPlan): ValueType =>
  slot === BUDGET ? F64 : isVectorSlot(slot) || plan.wide.has(slot) ? I64 : I32;

/** `run`: over one packet. */
function writeRun(context: ProgramContext, plan: FunctionPlan, { isObserved }: ModuleOptions): FunctionBody {
  const w = new FunctionBody(packetParameters, [I32]);
  const f = new Frame(context, plan, w, packet);
  writePacket(f, (fault) => {
    w.i32(0).get(fault).memory(op.i32_store, layout.fault);
    writeArgument(f, () => w.i32(0), layout.argument);
  });
  if (isObserved) leaveSlots(f);
  return w;
}

/**
 * `batch`: over `count` records that lie one behind another, each the place of a packet and its lengths; it gets its
 * verdict. Faults are listed, each with its record's place. Returns how many packets were accepted, and leaves in the
 * memory where the list ends.
 */
function writeBatch(context: ProgramContext, plan: FunctionPlan): FunctionBody {
  const w = new FunctionBody([I32, I32, I32], [I32]);
  const [at, count, list] = [0, 1, 2];
  const locals = { start: w.local(I32), caplen: w.local(I32), wirelen: w.local(I32) };
  const f = new Frame(context, plan, w, locals);
  const [end, accepted, verdict] = [w.local(I32), w.local(I32), w.local(I32)];
  w.get(at).get(count).i32(record.size).op(op.i32_mul, op.i32_add).set(end);
  const none = w.open('block');
  w.get(count).op(op.i32_eqz).brIf(none);
  const next = w.open('loop');
  for (const field of ['start', 'caplen', 'wirelen'] as const) {
    const mark = w.mark();
    w.get(at).memory(op.i32_load, record[field]).set(locals[field], mark);
  }
  for (const slot of [...plan.used, ...inputSlots(plan.open)]) f.clear(slot);
  writePacket(f, (fault) => {
    w.get(list).get(at).memory(op.i32_store, faultEntry.record);
    w.get(list).get(fault).memory(op.i32_store, faultEntry.fault);
    writeArgument(f, () => w.get(list), faultEntry.argument);
    w.get(list).i32(faultEntry.size).op(op.i32_add).set(list);
  });
  w.set(verdict);
  w.get(at).get(verdict).memory(op.i32_store, record.verdict);
  w.get(accepted).get(verdict).i32(0).op(op.i32_ne, op.i32_add).set(accepted);
  w.get(at).i32(record.size).op(op.i32_add).tee(at).get(end).op(op.i32_lt_u).brIf(next);
  w.close();
  w.close();
  w.i32(0).get(list).memory(op.i32_store, layout.fault);
  w.get(accepted);
  return w;
}

/** The program's own function over the packet in the frame's locals; puts the verdict on the stack. */
function writePacket(f: Frame, onFault: (fault: number) => void): void {
  const { w, context, plan } = f;
  if (context.isCounted && plan.used.includes(BUDGET)) w.f64(context.host.budget).set(f.local(BUDGET));
  f.givesVerdict = true;
  f.done = w.open('block', I32);
  f.fault = w.open('block', I32);
  writeRegion(f, plan.root);
  w.close();
  const fault = f.scratch('fault', I32);
  w.set(fault);
  onFault(fault);
  if (context.validated.onFatal === undefined) w.i32(0);
  else writeOnFatal(f, context.validated.onFatal, fault);
  w.close();
}

/** Leaves the argument of fault 13, if the program can raise it: to others A matters no more. */
function writeArgument(f: Frame, address: () => void, offset: number): void {
  if (!f.context.validated.code.some((i) => i?.mnemonic === 'exit' && exitClasses[i.high] === 'error')) return;
  address();
  f.get(A, false);
  f.w.memory(op.i32_store, offset);
}

/** Leaves what slots hold in the memory, as 64 bits each. */
function leaveSlots(f: Frame): void {
  const { w } = f;
  for (const slot of f.slots) {
    if (slot === BUDGET) continue;
    w.i32(layout.slots);
    f.getSlot(slot, true);
    w.memory(op.i64_store, 8 * slot);
  }
}

/** Words of M[] that on_fatal sees: those of a classic program. */
const visibleWords = 16;

/** The classic program that makes the verdict of a run that ended by a fault, which is in a local; puts the verdict on the stack. */
function writeOnFatal(run: Frame, validated: Validated, fault: number): void {
  const { w } = run;
  const facts = findFacts(validated, new Set(), { hoists: false, allowWrite: false });
  const own = { facts, keepsDoor: false, isCounted: false };
  const plan = planFunctions(validated, own).get(validated.entry)!;
  const context = { ...run.context, ...own, validated };
  const f = new Frame(context, plan, w, run.packet);
  run.get(A, false);
  w.i32(0).get(fault).i32(15).op(op.i32_and).i32(13).op(op.i32_eq, op.select);
  f.set(A, false);
  w.get(fault).i32(15).op(op.i32_and);
  f.set(X, false);
  for (let word = 0; word < visibleWords; word++) {
    const slot = wordSlot(word);
    if (!plan.used.includes(slot)) continue;
    if (run.plan.used.includes(slot)) run.getSlot(slot, false);
    else w.i32(0);
    f.setSlot(slot, false);
  }
  f.givesVerdict = true;
  f.done = w.open('block', I32);
  f.fault = w.open('block', I32);
  writeRegion(f, validated.entry);
  w.close();
  // It has nothing that could fail.
  w.op(op.unreachable);
  w.close();
}

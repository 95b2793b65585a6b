/**
 * From instructions to WebAssembly, one by one, in the order in which they stand: a row an entry, and the type makes a
 * row that is ready and missing here an error.
 */
import type { AluOperation, JumpOperation } from '../isa/arithmetic.ts';
import { type Instruction, sizeOf } from '../isa/codec.ts';
import { type ReadyMnemonic, rows } from '../isa/instructions.ts';
import { AS, isVector, specialRegister } from '../isa/registers.ts';
import { type Code, isBackward, successors, targetOf } from '../validate/flow.ts';
import { arithmetic, comparison, endian } from './arithmetic.ts';
import { beginTurns, call, endTurns, exit, jumpBack, leavesTurns, loop, prolog } from './control.ts';
import type { Frame } from './frame.ts';
import { ancillaryLoad, coprocessorCall, hostCall } from './host.ts';
import { headerLength, packetLoad, packetStore, setLoaded } from './packet.ts';
import { rodata } from './rodata.ts';
import { segmentLength, segmentLoad, segmentStore } from './segment.ts';
import { type Place, shapeOf } from './shape.ts';
import { wordSlot } from './slots.ts';
import { tableJump } from './table.ts';
import { vectorArithmetic, vectorComparison, vectorMemory } from './vector.ts';
import { op } from './wasm.ts';

/** Writes an instruction; `next` is the one that follows without a jump. */
type Writer = (f: Frame, i: Instruction, pc: number, next: number) => void;

const alu =
  (operation: AluOperation): Writer =>
  (f, i, pc) => {
    if (isVector(i.reg)) vectorArithmetic(f, operation, i);
    else arithmetic(f, operation, i, pc);
  };

function goTo(f: Frame, pc: number, target: number, next: number): void {
  endTurns(f, pc, target);
  if (target !== next) f.w.br(f.labelOf(target));
}

const jump =
  (operation: JumpOperation): Writer =>
  (f, i, pc, next) => {
    const yes = pc + 1 + i.jt;
    const no = pc + 1 + i.jf;
    if (yes === no) return goTo(f, pc, yes, next);
    const isWanted = yes !== next;
    if (isVector(i.reg)) vectorComparison(f, i, isWanted);
    else comparison(f, operation, i, isWanted);
    const target = isWanted ? yes : no;
    f.w.open('if');
    endTurns(f, pc, target);
    f.w.br(f.labelOf(target)).close();
    if (isWanted) goTo(f, pc, no, next);
  };

const immediate: Writer = (f, i) => {
  const mark = f.w.mark();
  f.w.i32(i.k);
  setLoaded(f, i, mark);
};

const fromMemory: Writer = (f, i) => {
  if (isVector(i.reg)) return vectorMemory(f, i, false);
  const isDouble = sizeOf(i) === 'DW';
  const mark = f.w.mark();
  f.getSlot(wordSlot(i.k), isDouble);
  if (isDouble) f.set(i.reg, true, mark);
  else setLoaded(f, i, mark);
};

const toMemory: Writer = (f, i) => {
  if (isVector(i.reg)) return vectorMemory(f, i, true);
  const isDouble = sizeOf(i) === 'DW';
  const mark = f.w.mark();
  f.get(i.reg, isDouble);
  f.setSlot(wordSlot(i.k), isDouble, mark);
};

const length =
  (of: 'wirelen' | 'caplen'): Writer =>
  (f, i) => {
    const mark = f.w.mark();
    f.w.get(f.packet[of]);
    setLoaded(f, { ...i, signed: false }, mark);
  };

const transfer =
  (toSpecial: boolean): Writer =>
  (f, i) => {
    const special = specialRegister(i.high);
    const [from, to] = toSpecial ? [i.reg, special] : [special, i.reg];
    const mark = f.w.mark();
    f.get(from, false);
    if (to >= AS) f.w.i32(0xffff).op(op.i32_and);
    f.set(to, false, mark);
  };

const jumpAlways: Writer = (f, i, pc, next) => {
  if (isBackward(i)) jumpBack(f, i, pc);
  else goTo(f, pc, targetOf(i, pc), next);
};

const skip: Writer = (f, i, pc, next) => goTo(f, pc, successors(i, pc)[0]!, next);

const load: Writer = (f, i, pc) => {
  if (i.variation?.kind === 'ancillary') ancillaryLoad(f, i.variation.name, pc);
  else packetLoad(f, i, pc);
};

const writers: Readonly<Record<ReadyMnemonic, Writer>> = {
  'ld.imm': immediate,
  'ld.rodata': rodata,
  'ld.abs': load,
  'ld.ind': load,
  'ld.ind_y': load,
  'ld.mem': fromMemory,
  'ld.len': length('wirelen'),
  'ld.caplen': length('caplen'),
  'ld.seg.abs': segmentLoad,
  'ld.seg.ind': segmentLoad,
  'ld.seg.ind_y': segmentLoad,
  'ld.seg.len': segmentLength,
  'ldx.imm': immediate,
  'ldx.rodata': rodata,
  'ldx.abs': load,
  'ldx.ind': load,
  'ldx.ind_y': load,
  'ldx.mem': fromMemory,
  'ldx.len': length('wirelen'),
  'ldx.caplen': length('caplen'),
  'ldx.msh': headerLength,
  'ldx.mshx': headerLength,
  'ldx.seg.abs': segmentLoad,
  'ldx.seg.ind': segmentLoad,
  'ldx.seg.ind_y': segmentLoad,
  'ldx.seg.len': segmentLength,
  'st.mem': toMemory,
  'st.abs': packetStore,
  'st.ind': packetStore,
  'st.ind_y': packetStore,
  'st.seg.abs': segmentStore,
  'st.seg.ind': segmentStore,
  'st.seg.ind_y': segmentStore,
  'stx.mem': toMemory,
  'stx.abs': packetStore,
  'stx.ind': packetStore,
  'stx.ind_y': packetStore,
  'stx.seg.abs': segmentStore,
  'stx.seg.ind': segmentStore,
  'stx.seg.ind_y': segmentStore,
  add: alu('add'),
  sub: alu('sub'),
  mul: alu('mul'),
  div: alu('div'),
  or: alu('or'),
  and: alu('and'),
  lsh: alu('lsh'),
  rsh: alu('rsh'),
  neg: alu('neg'),
  mod: alu('mod'),
  xor: alu('xor'),
  mov: alu('mov'),
  arsh: alu('arsh'),
  endian: (f, i) => endian(f, i),
  sdiv: alu('sdiv'),
  smod: alu('smod'),
  ja: jumpAlways,
  jeq: jump('jeq'),
  jgt: jump('jgt'),
  jge: jump('jge'),
  jset: jump('jset'),
  jtbl: (f, i) => tableJump(f, i, (target) => f.labelOf(target)),
  jsgt: jump('jsgt'),
  jsge: jump('jsge'),
  exit,
  call,
  host: hostCall,
  prolog: (f, i) => prolog(f, i),
  loop: (f, i, pc, next) => {
    loop(f, i, pc, (first) => writeRegion(f, first));
    goTo(f, pc, pc + 1, next);
  },
  tax: transfer(true),
  txa: transfer(false),
  cop: coprocessorCall,
  copx: coprocessorCall,
  literal: skip,
  'literal.long': skip,
};

/** Writes a function's own code, or a loop's body, so that no path runs off its end. */
export function writeRegion(f: Frame, first: number): void {
  const { w } = f;
  const { code } = f.context.validated;
  const { blocks, places } = shapeOf(f.context.validated, first);
  const openBlocks = (targets: readonly number[]): void => {
    for (const target of targets) f.forward.set(target, w.open('block'));
  };
  openBlocks(blocks);
  f.unswapped.clear();
  let before = -1;
  for (const place of places) {
    if (place.endsBlock) w.close();
    if (place.endsBlock) f.join(place.pc, fallsIn(code, before, place.pc));
    if (place.loop !== undefined) f.unswapped.clear();
    if (leavesTurns(f, place.pc)) f.turns = undefined;
    if (place.loop !== undefined) {
      beginTurns(f, place.pc);
      f.backward.set(place.pc, w.open('loop'));
      const { position } = w;
      f.context.onLoop?.(place.pc, () => w.instructionsIn(position));
      openBlocks(place.loop);
    }
    write(f, code[place.pc]!, place);
    before = place.pc;
    for (let ended = 0; ended < place.loopsEnded; ended++) w.close();
  }
  f.unswapped.clear();
  w.op(op.unreachable);
}

/** Whether control goes from an instruction to the one that is written next without a jump of WebAssembly. */
function fallsIn(code: Code, before: number, pc: number): boolean {
  const i = code[before];
  return i !== undefined && i.table === undefined && !isBackward(i) && successors(i, before).includes(pc);
}

function write(f: Frame, i: Instruction, { pc, next }: Place): void {
  const { mnemonic } = i;
  if (!(mnemonic in writers) || !rows[mnemonic].ready) throw new RangeError(`${mnemonic} was not refused`);
  writers[mnemonic as ReadyMnemonic](f, i, pc, next);
}

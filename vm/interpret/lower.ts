/**
 * From a validated instruction to a step of a run: a closure over its operands that returns the next pc. One entry a
 * row; the type makes a row that is ready and missing here an error. Clarity first: the only speed taken here is that
 * registers, constants and sizes are looked up once, at load.
 */
import {
  type AluOperation,
  alu32,
  alu64,
  type JumpOperation,
  jump32,
  jump64,
  jumpConstant32,
} from '../isa/arithmetic.ts';
import { type Instruction, sizeOf } from '../isa/codec.ts';
import { exitClasses, type ReadyMnemonic, S_ALU, SRC_X, XF } from '../isa/instructions.ts';
import { A, isPseudo, isVector, pseudoValue, R0, specialRegister, X, Y } from '../isa/registers.ts';
import { isBackward, targetOf } from '../validate/flow.ts';
import { ancillaryLoad, hostLowerings } from './host.ts';
import { rodata, skip } from './literal.ts';
import {
  copySlots,
  enterFunction,
  enterLoop,
  fault,
  jumpBack,
  leaveFunction,
  leaveLoop,
  type Machine,
  nextPass,
  STOP,
  slotOf,
} from './machine.ts';
import { headerLength, load, store } from './packet.ts';
import { decide } from './run.ts';
import { segmentLowerings } from './segment.ts';
import { type Context, clipped, type Lower, type Step } from './step.ts';
import { tableJump } from './table.ts';
import { vectorArithmetic, vectorEqual, vectorFromMemory, vectorToMemory } from './vector.ts';

const X2 = X * 2;

/** k as the instruction means it: S sign-extends, else zero-extended. */
const constantOf = ({ k, signed }: Instruction): bigint => (signed ? BigInt(k | 0) : BigInt(k));

/** The slot that holds a source operand; a pseudo-register is a constant. */
const source = (operand: number, context: Context): number =>
  isPseudo(operand) ? context.constant(pseudoValue(operand)) : slotOf(operand);

/**
 * A 64-bit operation may name a 32-bit source, whose upper half then counts as 0 whatever its twin holds. Such a
 * source is copied to a slot of its own first.
 */
function narrowed(
  operands: readonly number[],
  wide: boolean,
  context: Context,
): { slots: number[]; copies: [number, number][] } {
  const copies: [number, number][] = [];
  const slots = operands.map((operand, i) => {
    const slot = source(operand, context);
    if (!wide || isPseudo(operand) || operand >= 32 || operand === X || operand === Y) return slot;
    copies.push([slot, copySlots[i]!]);
    return copySlots[i]!;
  });
  return { slots, copies };
}

function withCopies(copies: readonly [number, number][], step: Step): Step {
  if (copies.length === 0) return step;
  return (m) => {
    for (const [from, to] of copies) {
      m.u32[to * 2] = m.u32[from * 2]!;
      m.u32[to * 2 + 1] = 0;
    }
    return step(m);
  };
}

const alu =
  (operation: AluOperation): Lower =>
  (i, context) => {
    if (isVector(i.reg)) return vectorArithmetic(operation, i, context.pc);
    const wide = i.reg >= 32;
    const isRegister = (i.variant.bits & SRC_X) !== 0;
    const three = (i.variant.bits & XF) !== 0;
    const left = three ? i.jf : i.reg;
    // MOV and NEG have one source: what others have on the right, NEG and XF's MOV on the left.
    const single = operation === 'neg' || (operation === 'mov' && three);
    const { slots, copies } = narrowed(isRegister && !single ? [left, three ? i.jt : X] : [left], wide, context);
    const right = slots[1] ?? context.constant(constantOf(i));
    const from = operation === 'mov' && !three ? right : slots[0]!;
    return withCopies(copies, (wide ? alu64 : alu32)[operation](slotOf(i.reg), from, right, context.pc + 1));
  };

const endian: Lower = (i, context) => {
  const from = (i.variant.bits & XF) !== 0 ? i.jf : i.reg;
  const swaps = (i.variant.bits & (SRC_X | S_ALU)) !== 0;
  const { slots, copies } = narrowed([from], i.reg >= 32, context);
  const a = slots[0]! * 2;
  const d = slotOf(i.reg) * 2;
  const bits = i.k;
  const next = context.pc + 1;
  return withCopies(copies, (m) => {
    const low = m.u32[a]!;
    const high = bits === 64 ? m.u32[a + 1]! : 0;
    if (bits === 16) m.u32[d] = swaps ? swap32(low) >>> 16 : low & 0xffff;
    else m.u32[d] = swaps ? swap32(bits === 64 ? high : low) : low;
    m.u32[d + 1] = bits < 64 ? 0 : swaps ? swap32(low) : high;
    return next;
  });
};
const swap32 = (v: number): number => (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);

const jump =
  (operation: JumpOperation): Lower =>
  (i, context) => {
    if (isVector(i.reg)) return vectorEqual(i, context.pc);
    const wide = i.reg >= 32;
    const isRegister = (i.variant.bits & SRC_X) !== 0;
    const right = (i.variant.bits & XF) !== 0 ? i.k : X;
    const { slots, copies } = narrowed(isRegister ? [i.reg, right] : [i.reg], wide, context);
    const b = slots[1] ?? context.constant(constantOf(i));
    const next = context.pc + 1;
    const { run } = context;
    if (run !== undefined) return (m) => decide(m.u32[run.slot * 2]!, run);
    if (!wide && !isRegister) return jumpConstant32[operation](slots[0]!, i.k, next + i.jt, next + i.jf);
    return withCopies(copies, (wide ? jump64 : jump32)[operation](slots[0]!, b, next + i.jt, next + i.jf));
  };

/** LDX: X and Y have no upper half, a selector 16 bits. */
const loadSpecial: Lower = (i, context) => clipped(i.reg, load(i, context));

const immediate: Lower = (i, { pc }) => {
  const d = slotOf(i.reg) * 2;
  const high = i.signed && (i.k | 0) < 0 ? 0xffffffff : 0;
  const { k } = i;
  const next = pc + 1;
  return (m) => {
    m.u32[d] = k;
    m.u32[d + 1] = high;
    return next;
  };
};

const fromMemory: Lower = (i, { pc }) => {
  const d = slotOf(i.reg) * 2;
  const word = i.k * 2;
  const next = pc + 1;
  if (sizeOf(i) === 'DW')
    return (m) => {
      m.u32[d] = m.memory[word]!;
      m.u32[d + 1] = m.memory[word + 1]!;
      return next;
    };
  const { signed } = i;
  return (m) => {
    const value = m.memory[word]!;
    m.u32[d] = value;
    m.u32[d + 1] = signed && value > 0x7fffffff ? 0xffffffff : 0;
    return next;
  };
};

const toMemory: Lower = (i, { pc }) => {
  const from = slotOf(i.reg) * 2;
  const word = i.k * 2;
  const wide = sizeOf(i) === 'DW';
  const next = pc + 1;
  return (m) => {
    m.memory[word] = m.u32[from]!;
    m.memory[word + 1] = wide ? m.u32[from + 1]! : 0;
    return next;
  };
};

const length =
  (of: 'wirelen' | 'caplen'): Lower =>
  (i, { pc }) => {
    const d = slotOf(i.reg) * 2;
    const next = pc + 1;
    return (m) => {
      m.u32[d] = m[of];
      m.u32[d + 1] = 0;
      return next;
    };
  };

/** TAX and TXA: between a 32-bit register and a special one. */
const transfer =
  (toSpecial: boolean): Lower =>
  (i, { pc }) => {
    const special = specialRegister(i.high);
    const [from, to] = toSpecial ? [i.reg, special] : [special, i.reg];
    const a = slotOf(from) * 2;
    const d = slotOf(to) * 2;
    const next = pc + 1;
    return clipped(to, (m) => {
      m.u32[d] = m.u32[a]!;
      return next;
    });
  };

/** K and X set A before anything else; A leaves all of AA as it is. */
function setA(i: Instruction): (m: Machine) => void {
  const choice = i.variant.bits & 0x18;
  const { k } = i;
  if (choice === 0x10) return () => {};
  return (m) => {
    m.u32[A] = choice === 0 ? k : m.u32[X2]!;
    m.u32[A + 1] = 0;
  };
}

/** EXIT K where there is nothing to go back to. */
const verdict =
  (k: number): Step =>
  (m) => {
    m.u32[A] = k;
    m.u32[A + 1] = 0;
    return STOP;
  };

const exit: Lower = (i, { region, functions }) => {
  const set = setA(i);
  const levels = i.jt;
  const name = exitClasses[i.high]!;
  const { depth } = region;
  if (name === 'error')
    return (m) => {
      set(m);
      return fault(13);
    };
  if (name === 'return' || depth === 0) {
    // How nearly every filter ends, with nothing to call.
    if (functions.size === 1 && i.variant.bits === 0) return verdict(i.k);
    return (m) => {
      set(m);
      m.frames -= depth;
      return leaveFunction(m);
    };
  }
  return (m) => {
    set(m);
    m.frames -= levels;
    if (name === 'last') return leaveLoop(m);
    if (name === 'ok') return nextPass(m, 1);
    const passes = m.u32[A]!;
    return passes === 0 ? fault(9) : nextPass(m, passes);
  };
};

const loop: Lower = (i, { pc }) => {
  const next = pc + 1;
  const body = next + i.jt;
  const choice = i.variant.bits & 0x18;
  const { k } = i;
  if (choice === 0) return (m) => enterLoop(m, k, body, next);
  if (choice === 0x08) return (m) => enterLoop(m, m.u32[X2]!, body, next);
  return (m) => enterLoop(m, m.u32[A + 1]! * 0x1_0000_0000 + m.u32[A]!, body, next);
};

/** Private registers and outputs start at 0; inputs hold what the caller put there. */
const prolog: Lower = (i, { pc }) => {
  const next = pc + 1;
  const from = slotOf(R0) + i.jf;
  const to = from + i.high + i.jt;
  return (m) => {
    for (let slot = from; slot < to; slot++) m.u64[slot] = 0n;
    return next;
  };
};

const call: Lower = (i, { pc, region, functions }) => {
  const target = targetOf(i, pc);
  const window = { shift: i.high, inputs: functions.get(target)!.inputs, open: functions.get(region.root)!.open };
  const next = pc + 1;
  return (m) => enterFunction(m, window, target, next);
};

const jumpAlways: Lower = (i, { pc }) => {
  const target = targetOf(i, pc);
  return isBackward(i) ? (m) => jumpBack(m, target) : () => target;
};

const lowerings: Readonly<Record<ReadyMnemonic, Lower>> = {
  'ld.imm': immediate,
  'ld.rodata': rodata,
  'ld.abs': load,
  'ld.ind': load,
  'ld.ind_y': load,
  'ld.mem': (i, context) => (isVector(i.reg) ? vectorFromMemory : fromMemory)(i, context),
  'ld.len': length('wirelen'),
  'ld.caplen': length('caplen'),
  'ldx.imm': (i, context) => clipped(i.reg, immediate(i, context)),
  'ldx.rodata': (i, context) => clipped(i.reg, rodata(i, context)),
  'ldx.abs': loadSpecial,
  'ldx.ind': loadSpecial,
  'ldx.ind_y': loadSpecial,
  'ldx.mem': (i, context) => clipped(i.reg, fromMemory(i, context)),
  'ldx.len': (i, context) => clipped(i.reg, length('wirelen')(i, context)),
  'ldx.caplen': (i, context) => clipped(i.reg, length('caplen')(i, context)),
  'ldx.msh': headerLength,
  'ldx.mshx': headerLength,
  'st.mem': (i, context) => (isVector(i.reg) ? vectorToMemory : toMemory)(i, context),
  'st.abs': store,
  'st.ind': store,
  'st.ind_y': store,
  'stx.mem': toMemory,
  'stx.abs': store,
  'stx.ind': store,
  'stx.ind_y': store,
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
  endian,
  sdiv: alu('sdiv'),
  smod: alu('smod'),
  ja: jumpAlways,
  jeq: jump('jeq'),
  jgt: jump('jgt'),
  jge: jump('jge'),
  jset: jump('jset'),
  jtbl: tableJump,
  jsgt: jump('jsgt'),
  jsge: jump('jsge'),
  exit,
  call,
  prolog,
  loop,
  tax: transfer(true),
  txa: transfer(false),
  literal: skip,
  'literal.long': skip,
  ...segmentLowerings,
  ...hostLowerings,
};

const isReady = (mnemonic: string): mnemonic is ReadyMnemonic => mnemonic in lowerings;

/** A shift of A by X modulo 32, which is what JavaScript's shifts do. */
const shiftModulo: Lower = ({ mnemonic }, { pc }) => {
  const isLeft = mnemonic === 'lsh';
  const next = pc + 1;
  return ({ u32 }) => {
    u32[A * 2] = isLeft ? u32[A * 2]! << u32[X2]! : u32[A * 2]! >>> u32[X2]!;
    u32[A * 2 + 1] = 0;
    return next;
  };
};

export function lower(instruction: Instruction, context: Context): Step {
  const { variation } = instruction;
  if (variation?.kind === 'ancillary') return ancillaryLoad(variation.name, context);
  if (variation?.kind === 'modulo') return shiftModulo(instruction, context);
  if (!isReady(instruction.mnemonic)) throw new RangeError(`${instruction.mnemonic} was not refused`);
  return lowerings[instruction.mnemonic](instruction, context);
}

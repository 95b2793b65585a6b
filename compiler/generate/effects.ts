/** Expressions that are there for what they do: errors, stores, prints. */
import { SIZE } from '../../vm/isa/instructions.ts';
import type { ConstantValue, Expression } from '../check/tree.ts';
import { BOOLEAN, FALSY, has, INTEGER, isU32, NIL, only, SLICE, STRING, without } from '../check/types.ts';
import { callHost, evaluateList } from './calls.ts';
import { integerOf, narrowed, unowned, value } from './expressions.ts';
import { type Generator, low } from './generator.ts';
import { FALSE_CODE, NIL_CODE, type Operand, TRUE_CODE, tagOf } from './operand.ts';
import { chooseText, withSlice } from './text.ts';

type Node<Kind extends Expression['kind']> = Expression & { readonly kind: Kind };

/** Lua's own message where `assert` gets none, and where `error` does. */
const failed = 'assertion failed!';
const noMessage = 'nil';

/** Ends the run with a message: one of those that it can be. */
export function raise(g: Generator, message: Expression | undefined): void {
  if (message === undefined) return g.region.error(noMessage);
  raiseOperand(g, value(g, message));
}

function raiseOperand(g: Generator, operand: Operand): void {
  if (operand.kind === 'constant') return g.region.error(String(operand.value));
  chooseText(g, operand, (text) => g.region.error(text));
}

export function assertion(g: Generator, { condition, message }: Node<'assert'>): Operand {
  const operand = g.park(value(g, condition));
  const text = message === undefined ? undefined : g.park(value(g, message));
  const fine = g.emit.label();
  const wrong = g.emit.label();
  g.branchTruth(unowned(operand), fine, wrong);
  g.emit.place(wrong);
  if (text === undefined) g.region.error(failed);
  else raiseOperand(g, text);
  g.emit.place(fine);
  return operand.kind === 'constant' ? operand : narrowed(g, operand, without(operand.type, FALSY));
}

/** A store to the packet; what was known of its headers is not any more. */
export function store(g: Generator, { offset, size, value: what }: Node<'store'>): void {
  const text = 'attempt to compare';
  const at = g.park(integerOf(g, offset, text));
  const stored = g.register(integerOf(g, what, text));
  const choice = { 1: SIZE.B, 2: SIZE.H, 4: SIZE.W }[size];
  if (at.kind === 'constant') {
    const k = at.value as bigint;
    g.emit.op('st.abs', choice, { reg: stored.register, k: k >= 0n && k <= 0xffffffffn ? Number(k) : 0xffffffff });
  } else {
    const index = g.index(at);
    const jt = isU32(at.type) ? low(index.register) : index.register;
    g.emit.op('st.ind', choice, { reg: stored.register, jt });
    if (index.owned) g.registers.release(index);
  }
  if (stored.owned) g.registers.release(stored);
  g.forgetPacket();
}

/**
 * Prints a line: text that is known by then is one call, with the tabs and the end of the line in it; every value that
 * is not is a call of its own. All are evaluated before any is printed.
 */
export function print(g: Generator, { values }: Node<'print'>): void {
  const operands = evaluateList(g, values).map((operand) => g.park(operand));
  let text = '';
  const flush = (): void => {
    if (text !== '') callHost(g, { name: 'print.text' }, g.literal(text));
    text = '';
  };
  for (const [i, operand] of operands.entries()) {
    if (i > 0) text += '\t';
    if (operand.kind === 'constant') {
      text += textOf(operand.value);
      continue;
    }
    flush();
    printOperand(g, operand);
    g.release(operand);
  }
  text += '\n';
  flush();
}

const textOf = (value: ConstantValue): string => (value === null ? 'nil' : String(value));

/** Prints a value by what it turns out to be. */
function printOperand(g: Generator, operand: Operand & { kind: 'plain' | 'pair' }): void {
  const { type } = operand;
  const done = g.emit.label();
  const word = operand.kind === 'pair' ? operand.tag : operand.at;
  /** Prints where the word is a code, or the tag, and goes on with what else it may be. */
  const when = (mnemonic: 'jeq' | 'jge', code: number, write: () => void): void => {
    const is = g.emit.label();
    const next = g.emit.label();
    const at = g.inRegister({ ...word, owned: false });
    g.compare(mnemonic, at.register, BigInt(code), false, is, next);
    if (at.owned) g.registers.release(at);
    g.emit.place(is);
    write();
    g.emit.jump(done);
    g.emit.place(next);
  };
  const constant = (text: string) => (): void => callHost(g, { name: 'print.text' }, g.literal(text));
  if (has(type, NIL)) when('jeq', NIL_CODE, constant('nil'));
  if (has(type, BOOLEAN)) {
    when('jeq', FALSE_CODE, constant('false'));
    when('jeq', TRUE_CODE, constant('true'));
  }
  const kinds = [INTEGER, STRING, SLICE].filter((atom) => has(type, atom));
  for (const [i, atom] of kinds.entries()) {
    // The printing of one kind does not use up what the others print.
    const at = { ...operand.at, owned: false };
    const write = (): void => printPayload(g, { kind: 'plain', at, type: only(type, atom) }, atom);
    if (i === kinds.length - 1) write();
    else when('jeq', tagOf(only(type, atom)), write);
  }
  g.emit.place(done);
}

function printPayload(g: Generator, operand: Operand & { kind: 'plain' }, atom: number): void {
  if (atom === INTEGER) return callHost(g, { name: 'print.integer' }, [operand.at]);
  if (atom === SLICE)
    return withSlice(g, operand, (offset, length) => callHost(g, { name: 'print.slice' }, [offset, length]));
  const done = g.emit.label();
  chooseText(g, operand, (text) => {
    callHost(g, { name: 'print.text' }, g.literal(text));
    g.emit.jump(done);
  });
  g.emit.place(done);
}

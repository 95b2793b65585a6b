/** Programs and hosts for tests. */
import {
  defaultHost,
  type Fault,
  type Host,
  Interpreter,
  instructionText,
  isCompilable,
  Jit,
  type JitOptions,
  type Program,
  type Refusal,
  type Validated,
  validate,
  type Word,
} from '../../vm/index.ts';
import { operandName, windowIndex } from '../../vm/isa/registers.ts';

export const word = (code: number, jt = 0, jf = 0, k = 0): Word => ({ code, jt, jf, k: k >>> 0 });

export const program = (code: readonly Word[], profile: Program['profile'] = 'bpf64'): Program => ({
  profile,
  code,
  entry: 0,
  strings: Uint8Array.of(0),
});

/** What the validator says of a program: nothing for one that it lets through. */
export const refusalsOf = (of: Program, host: Partial<Host> = {}): readonly Refusal[] =>
  validate(of, { ...defaultHost, ...host }).refusals ?? [];

function validated(of: Program, host: Host): Validated {
  const { validated, refusals } = validate(of, host);
  if (validated === undefined) throw new Error(refusals.map(({ message }) => message).join('\n'));
  return validated;
}

/** A program on the interpreter alone; throws what the validator says of one that it refuses. */
export function interpreted(of: Program, host: Partial<Host> = {}): Interpreter {
  const whole = { ...defaultHost, ...host };
  return new Interpreter(validated(of, whole), whole);
}

/** A program compiled, alone; throws what the validator says of one that it refuses. */
export function compiled(of: Program, options: JitOptions = {}, host: Partial<Host> = {}): Jit {
  const whole = { ...defaultHost, ...host };
  return new Jit(validated(of, whole), whole, options);
}

/**
 * A program on all engines, which must agree on every run; throws what the validator says of one that it refuses.
 * Compiled as it is for filters it runs by `isThorough`, or by chance.
 */
export function loaded(of: Program, host: Partial<Host> = {}, isThorough = false): Engines {
  const whole = { ...defaultHost, ...host };
  return new Engines(validated(of, whole), whole, isThorough);
}

/** Programs that were loaded. */
let made = 0;

/**
 * The interpreter, and each time the compiled program from the same start: what it leaves must be the same. Host functions
 * are called by both.
 */
class Engines {
  readonly #interpreter: Interpreter;
  /** None for a program that is too long. */
  readonly #jit: Jit | undefined;
  /** The same as it runs filters: with nothing left to look at, and checks put together. */
  readonly #plain: Jit | undefined;
  readonly #validated: Validated;
  readonly #segments: readonly Uint8Array[];
  /** Whether the window can be compared: not that of a function in which a fault ended the run. */
  #seesWindow = true;

  constructor(validated: Validated, host: Host, isThorough: boolean) {
    this.#interpreter = new Interpreter(validated, host);
    this.#jit = isCompilable(validated) ? new Jit(validated, host, { isObserved: true }) : undefined;
    // To compile takes most of the time of tests with thousands of programs: a fourth of these must do.
    this.#plain = isThorough || made++ % 4 === 0 ? this.#jit && new Jit(validated, host) : undefined;
    this.#validated = validated;
    this.#segments = Object.values(host.segments).map(({ bytes }) => bytes);
  }

  run(bytes: Uint8Array, start: number, caplen: number, wirelen: number): number {
    const interpreter = this.#interpreter;
    const others = [this.#jit, this.#plain].flatMap((jit) => (jit === undefined ? [] : [jit]));
    const before = this.#segments.map((segment) => segment.slice());
    const results = others.map((jit) => {
      const copy = bytes.slice();
      const verdict = jit.run(copy, start, caplen, wirelen);
      const after = this.#segments.map((segment) => segment.slice());
      for (const [i, segment] of this.#segments.entries()) segment.set(before[i]!);
      return { jit, verdict, copy, after };
    });
    const verdict = interpreter.run(bytes, start, caplen, wirelen);
    const left = interpreter.fault;
    for (const { jit, verdict: other, copy, after } of results) {
      const right = jit.fault;
      const isPlain = jit === this.#plain;
      const isPlace = left?.pc === right?.pc || (isPlain && left?.code === 1 && right!.pc < left.pc);
      const same =
        verdict === other &&
        left?.code === right?.code &&
        isPlace &&
        left?.argument === right?.argument &&
        (isPlain || interpreter.door === jit.door) &&
        isEqual(bytes, copy) &&
        this.#segments.every((segment, i) => isEqual(segment, after[i]!));
      const told = [other, right, isPlain ? 'plain' : jit.door];
      if (!same) this.#differ(JSON.stringify([verdict, left, interpreter.door]), JSON.stringify(told));
    }
    this.#seesWindow = left === undefined || this.#validated.regions[left.pc]!.root === this.#validated.entry;
    return verdict;
  }

  get fault(): Fault | undefined {
    return this.#interpreter.fault;
  }

  get door(): number {
    return this.#interpreter.door;
  }

  register(number: number): bigint {
    const value = this.#interpreter.register(number);
    const other = this.#jit?.register(number) ?? value;
    if (value !== other && (this.#seesWindow || windowIndex(number) < 0))
      this.#differ(`${operandName(number)} ${value}`, `${other}`);
    return value;
  }

  #differ(interpreter: string, jit: string): never {
    const { code } = this.#validated.program;
    const listing = code.map((word, pc) => `${pc}: ${instructionText(word, pc)}`).join('\n');
    throw new Error(`interpreter: ${interpreter}\nJIT: ${jit}\n${listing}`);
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

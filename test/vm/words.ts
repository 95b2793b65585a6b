/** Programs and hosts for tests. */
import {
  defaultHost,
  type Host,
  Interpreter,
  Jit,
  type Program,
  type Refusal,
  type Validated,
  validate,
  type Word,
} from '../../vm/index.ts';

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

/** A validated program and its whole host; throws what the validator says of one that it refuses. */
function validated(of: Program, host: Partial<Host>): { readonly validated: Validated; readonly whole: Host } {
  const whole = { ...defaultHost, ...host };
  const { validated, refusals } = validate(of, whole);
  if (validated === undefined) throw new Error(refusals.map(({ message }) => message).join('\n'));
  return { validated, whole };
}

/** A program on the interpreter. */
export function loaded(of: Program, host: Partial<Host> = {}): Interpreter {
  const { validated: program, whole } = validated(of, host);
  return new Interpreter(program, whole);
}

/** A program compiled to WebAssembly, whose registers can be looked at. */
export function compiled(of: Program, host: Partial<Host> = {}): Jit {
  const { validated: program, whole } = validated(of, host);
  return new Jit(program, whole, { isObserved: true });
}

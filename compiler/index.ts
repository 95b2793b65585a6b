/** The compiler's side of luabpf: Lua text in, a program for the machine out. Runs anywhere; knows no files. */
import { writeProgram } from '../vm/program/file.ts';
import type { Program } from '../vm/program/program.ts';
import type { FindModule, LoopKinds, RequiredModule } from './check/context.ts';
import { check } from './check/index.ts';
import type { WideValue } from './check/types.ts';
import type { Diagnostic } from './diagnostics.ts';
import { generate } from './generate/index.ts';
import { type Ast, parse } from './parse.ts';

export type { FindModule, LoopKinds, RequiredModule } from './check/context.ts';
export type { WideValue } from './check/types.ts';
export {
  catalogue,
  type Diagnostic,
  type DiagnosticCode,
  type Edit,
  explanation,
  type Span,
  type Step,
} from './diagnostics.ts';
export { type Field, fieldsOf, foundIn, placesOf } from './protocols/fields.ts';
export { type HeaderName, type HeaderRow, headers } from './protocols/table.ts';
export { type BundledFile, bundle, shim, shimFiles, shimMark } from './shim/index.ts';
export { stubFiles, stubMark } from './stubs.ts';

export interface CompileOptions {
  /** The link type (LINKTYPE_ number) of the packets; 1, Ethernet, if absent. */
  readonly linktype?: number;
  /** What messages and the debug section call the source; `filter.lua` if absent. */
  readonly file?: string;
  /** Which loops are allowed: all (`door`), those that count their turns, none; `door` if absent. */
  readonly loops?: LoopKinds;
  /**
   * Finds the module that a file names in `require`: its text, one character a byte, and what messages call it. None is
   * found if absent, but for those that the compiler brings.
   */
  readonly findModule?: FindModule;
  /** What `require "args"` gives: integers, booleans and strings by name. */
  readonly args?: ReadonlyMap<string, bigint | boolean | string>;
}

export type CompileResult = {
  /** The text of each file by its name: the filter's own, and the modules'. One character a byte. */
  readonly sources: ReadonlyMap<string, string>;
} & (
  | {
      readonly program: Program;
      /** Its file, which is made when it is asked for: who runs the program needs none. */
      readonly bytes: Uint8Array;
      readonly ast: Ast;
      /** The first value that can leave 32 bits, signed: a Lua with 32-bit integers may run the filter differently. */
      readonly exceeds32: WideValue | undefined;
      /** What it and its modules name in `require`, and what was found. */
      readonly required: readonly RequiredModule[];
      /** What may go wrong when it runs, in the order of the source. */
      readonly warnings: readonly Diagnostic[];
      readonly diagnostics?: never;
    }
  | {
      readonly diagnostics: readonly Diagnostic[];
      readonly warnings?: never;
      readonly required?: never;
      readonly program?: never;
      readonly bytes?: never;
      readonly ast?: never;
      readonly exceeds32?: never;
    }
);

/**
 * Compiles a filter. The source is bytes: a Uint8Array, or a string of one character a byte (latin1). Gives the
 * program and its file, or every rejection of the source, in its order.
 */
export function compile(source: string | Uint8Array, options: CompileOptions = {}): CompileResult {
  const text = typeof source === 'string' ? source : Array.from(source, (byte) => String.fromCharCode(byte)).join('');
  const { linktype = 1, file = 'filter.lua', loops = 'door', findModule = () => undefined, args = new Map() } = options;
  const parsed = parse(text);
  if (parsed.problem !== undefined) return { diagnostics: [parsed.problem], sources: new Map([[file, text]]) };
  const { ast } = parsed;
  const checked = check(ast, text, { linktype, file, loops, findModule, args });
  const sources = new Map(checked.files.map((each) => [each.name, each.text]));
  if (checked.diagnostics !== undefined) return { diagnostics: checked.diagnostics, sources };
  const { program, problem } = generate(checked.filter, linktype);
  if (problem !== undefined) return { diagnostics: [problem], sources };
  const { warnings, exceeds32, required } = checked;
  let bytes: Uint8Array | undefined;
  return {
    program,
    get bytes() {
      bytes ??= writeProgram(program);
      return bytes;
    },
    ast,
    warnings,
    exceeds32,
    required,
    sources,
  };
}

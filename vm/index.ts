/**
 * The machine's side of luabpf: program bytes in, verdicts out. Runs anywhere ECMAScript 2023 does; knows no Lua, no
 * files, no Node.
 */

import { packetFunctions, printFunctions } from './host/functions.ts';
import { defaultHost, type Host } from './host/host.ts';
import type { StateMemory } from './host/place.ts';
import { State } from './host/state.ts';
import { Interpreter } from './interpret/interpreter.ts';
import { Jit, type JitOptions } from './jit/jit.ts';
import { sharedMemory } from './jit/memory.ts';
import { webAssembly } from './jit/webassembly.ts';
import { isCompilable } from './jit/weight.ts';
import { type FileProblem, readProgram } from './program/file.ts';
import type { Program } from './program/program.ts';
import { type Refusal, validate } from './validate/index.ts';

export { type DotOptions, graphDot } from './graph/dot.ts';
export {
  type Block,
  type Cluster,
  type Edge,
  type EdgeKind,
  type FlowGraph,
  flowGraph,
  hostNaming,
  type Keys,
  type Passes,
} from './graph/graph.ts';
export { ethernetAncillary } from './host/ancillary.ts';
export { type Dialect, type DialectName, dialects } from './host/dialect.ts';
export { type Fault, type FaultCode, faults } from './host/faults.ts';
export { packetFunctions, printFunctions } from './host/functions.ts';
export {
  type Ancillary,
  type AncillaryValue,
  type Coprocessor,
  type Cost,
  defaultHost,
  type Host,
  type HostFunction,
  type HostRun,
  hostFailure,
  literalSlice,
  packetSlice,
  type Segment,
} from './host/host.ts';
export type { Room, StateMemory } from './host/place.ts';
export { State, type StateKind, type StateObject, stateBytes, stateLimits } from './host/state.ts';
export { Interpreter, type TraceStep } from './interpret/interpreter.ts';
export { type AncillaryName, ancillaryOf } from './isa/ancillary.ts';
export { decode, encode, type Instruction, type Word } from './isa/codec.ts';
export { instructions, type Mnemonic, type Row } from './isa/instructions.ts';
export { Jit, type JitOptions } from './jit/jit.ts';
export { MachineMemory, record, sharedMemory } from './jit/memory.ts';
export { type JitReport, jitReport, type LoopReport } from './jit/report.ts';
export { isCompilable } from './jit/weight.ts';
export { type FileProblem, isProgramFile, type ReadResult, readProgram, writeProgram } from './program/file.ts';
export {
  type Attribute,
  type DebugInfo,
  type Declaration,
  fileOf,
  type Import,
  type LineEntry,
  lineAt,
  type Profile,
  type Program,
  stringAt,
  type VariableEntry,
} from './program/program.ts';
export { type AssembleOptions, type AssembleResult, assemble } from './text/assemble.ts';
export { assemblyText } from './text/assembly.ts';
export {
  classicDecimal,
  classicInitialisers,
  classicLine,
  classicListing,
  classicText,
  isClassicText,
  parseClassicText,
  type TextProblem,
  type TextResult,
} from './text/classic.ts';
export {
  disassemble,
  instructionText,
  type ListingLine,
  type ListingOptions,
  wordText,
} from './text/disassemble.ts';
export type { AssemblyProblem } from './text/lexer.ts';
export { nearest } from './text/nearest.ts';
export { type Bound, bound } from './validate/cost.ts';
export { type Refusal, type Validated, type ValidateResult, validate } from './validate/index.ts';

const silent = printFunctions(() => {});

/** `defaultHost` with what is given in place of its own; to the functions come what packets can do, and prints that go nowhere. */
export const hostWith = (host: Partial<Host> = {}): Host => ({
  ...defaultHost,
  ...host,
  functions: { ...packetFunctions, ...silent, ...host.functions },
});

/**
 * `hostWith`, and the state that a program asks for: what `state` has from other programs, or new objects. What `host`
 * has itself by the same names goes before it. Refuses what cannot be made.
 */
export function hostFor(
  { imports = [] }: Program,
  host: Partial<Host>,
  state: State,
): { readonly host: Host; readonly refusals: readonly Refusal[] } {
  const { segments, functions, problems } = state.serve(imports);
  return {
    host: hostWith({
      ...host,
      segments: { ...segments, ...host.segments },
      functions: { ...functions, ...host.functions },
    }),
    refusals: problems.map(({ name, message }) => ({
      code: 'import-state',
      fault: 12,
      pc: 0,
      message: `import "${name}": ${message}`,
    })),
  };
}

/** Memory that a compiled program reaches; undefined where there is none. */
const memoryOf = ({ memory }: JitOptions): StateMemory | undefined =>
  memory ?? (webAssembly === undefined ? undefined : sharedMemory());

/** What runs a program: both engines have more. */
export type Filter = Pick<Interpreter, 'run' | 'fault' | 'time'>;

/** Compiled where it can be, unless one is named; then it is that one, or an error that says why it cannot be. */
export interface LoadOptions extends JitOptions {
  readonly engine?: 'interpreter' | 'jit';
}

/**
 * A program that is ready to run, and what it keeps from packet to packet; or why it is not: what is wrong with the file,
 * or what the machine refuses.
 */
export type LoadResult<F = Interpreter | Jit> =
  | {
      readonly filter: F;
      readonly program: Program;
      readonly state: State;
      readonly problem?: never;
      readonly refusals?: never;
    }
  | {
      readonly problem: FileProblem;
      readonly filter?: never;
      readonly program?: never;
      readonly state?: never;
      readonly refusals?: never;
    }
  | {
      readonly refusals: readonly Refusal[];
      readonly filter?: never;
      readonly program?: never;
      readonly state?: never;
      readonly problem?: never;
    };

/**
 * Reads, validates and loads a BPF64 file, or a program that has been read already (a classic one).
 * `host` overrides what `hostWith` has; programs that are loaded with the same `state` share what they call alike.
 */
export function load(
  program: Uint8Array | Program,
  host: Partial<Host>,
  state: State,
  options: LoadOptions & { readonly engine: 'interpreter' },
): LoadResult<Interpreter>;
export function load(
  program: Uint8Array | Program,
  host?: Partial<Host>,
  state?: State,
  options?: LoadOptions,
): LoadResult;
export function load(
  program: Uint8Array | Program,
  host: Partial<Host> = {},
  state?: State,
  { engine, ...options }: LoadOptions = {},
): LoadResult {
  const { programSize = defaultHost.programSize } = host;
  const read = program instanceof Uint8Array ? readProgram(program, programSize) : { program };
  if (read.program === undefined) return { problem: read.problem };
  const kept = state ?? new State(engine === 'interpreter' ? undefined : memoryOf(options));
  const made = hostFor(read.program, host, kept);
  if (made.refusals.length > 0) return { refusals: made.refusals };
  const { validated, refusals } = validate(read.program, made.host);
  if (validated === undefined) return { refusals };
  const compiles = webAssembly !== undefined && isCompilable(validated);
  const filter =
    (engine ?? (compiles ? 'jit' : 'interpreter')) === 'jit'
      ? new Jit(validated, made.host, options)
      : new Interpreter(validated, made.host);
  return { filter, program: read.program, state: kept };
}

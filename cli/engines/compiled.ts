/** Filters compiled to programs, which the machine runs: as WebAssembly, or interpreted. */
import {
  type Fault,
  faults,
  fileOf,
  Jit,
  lineAt,
  MachineMemory,
  type Program,
  printFunctions,
  State,
  sharedMemory,
  stateBytes,
  stringAt,
} from '../../vm/index.ts';
import { loaded, programFor } from '../source.ts';
import { type Engine, type EngineSettings, type Failure, newMemory } from './engine.ts';

/** `engine` is what `load` is told. */
export function compiledEngine(
  engine: 'interpreter' | undefined,
  { print, host = () => ({}) }: EngineSettings,
): Engine {
  let memory: MachineMemory | undefined;
  const common: Engine = {
    prepare(source, linktype, kept = newMemory(), allowWrite = false) {
      const program = programFor(source, linktype);
      const own = host(linktype);
      const functions = { ...printFunctions(print), ...own.functions };
      const options = { ...(engine === undefined ? {} : { engine }), ...(memory === undefined ? {} : { memory }) };
      kept.state ??= new State(engine === undefined ? (memory ?? sharedMemory()) : undefined);
      const filter = loaded(source, program, { ...own, functions, allowWrite }, kept.state, options);
      // A packet's time takes longer to make than a simple filter to run.
      const asksTime = program.imports?.some(({ name }) => name === 'packet.time') === true;
      const jit = filter instanceof Jit && memory !== undefined && !asksTime ? filter : undefined;
      const known = failuresOf(program);
      return {
        run: (packet) => {
          const { bytes, start, caplen, wirelen } = packet;
          if (asksTime) filter.time = packet.time ?? 0n;
          return filter.run(bytes, start, caplen, wirelen);
        },
        get failure() {
          return filter.fault === undefined ? undefined : known(filter.fault);
        },
        batch:
          jit &&
          (({ table, count, longest }, onFailure) =>
            void jit.batch(table.byteOffset, count, longest, (index, fault) => onFailure(index, known(fault)))),
        close: () => {},
      };
    },
    refusal: () => undefined,
  };
  if (engine !== undefined) return common;
  return {
    ...common,
    buffer: (bytes) => {
      memory ??= new MachineMemory(memoryBytes);
      const { at } = memory.allocate(bytes);
      return memory.bytes.subarray(at, at + bytes);
    },
  };
}

/**
 * What nobody touches takes no room. As it does not grow, what captures are read to stays where it is: twice the longest
 * packet there is, and what was read to before it came.
 */
const memoryBytes = 2 ** 30 + stateBytes;

/** What faults are called, each made once: millions of packets may meet the same few. */
function failuresOf(program: Program): (fault: Fault) => Failure {
  const known = new Map<number, Failure>();
  return (fault) => {
    // An error has a text of its own.
    if (fault.code === 13) return failureOf(fault, program);
    const key = fault.pc * 16 + fault.code;
    const failure = known.get(key) ?? failureOf(fault, program);
    known.set(key, failure);
    return failure;
  };
}

/** Two instructions of a line are one place. */
function failureOf({ code, pc, argument }: Fault, program: Program): Failure {
  const own = code === 13 ? stringAt(program.strings, argument) : undefined;
  const line = lineAt(program.debug, pc);
  return {
    cause: own || faults[code].text,
    place: line === undefined ? `instruction ${pc}` : `${fileOf(program.debug!, line)}:${line.line}`,
  };
}

/** The reference engine: the filter compiled, and its program interpreted. */
import { type Fault, faults, fileOf, lineAt, type Program, printFunctions, stringAt } from '../../vm/index.ts';
import { loaded, programFor } from '../source.ts';
import { type Engine, type EngineSettings, type Failure, newMemory } from './engine.ts';

export const interpreter = ({ print, host = () => ({}) }: EngineSettings): Engine => ({
  prepare(source, linktype, { state } = newMemory()) {
    const program = programFor(source, linktype);
    const own = host(linktype);
    const functions = { ...printFunctions(print), ...own.functions };
    const filter = loaded(source, program, { ...own, functions }, state);
    // A packet's time takes longer to make than a simple filter to run.
    const asksTime = program.imports?.some(({ name }) => name === 'packet.time') === true;
    return {
      run: (packet) => {
        const { bytes, start, caplen, wirelen } = packet;
        if (asksTime) filter.time = packet.time ?? 0n;
        return filter.run(bytes, start, caplen, wirelen);
      },
      get failure() {
        return filter.fault === undefined ? undefined : failureOf(filter.fault, program);
      },
      close: () => {},
    };
  },
  refusal: () => undefined,
});

/** Two instructions of a line are one place. */
function failureOf({ code, pc, argument }: Fault, program: Program): Failure {
  const own = code === 13 ? stringAt(program.strings, argument) : undefined;
  const line = lineAt(program.debug, pc);
  return {
    cause: own || faults[code].text,
    place: line === undefined ? `instruction ${pc}` : `${fileOf(program.debug!, line)}:${line.line}`,
  };
}

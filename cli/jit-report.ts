/** `luabpf check --jit-report`: what the compiled engine makes of a filter. */
import {
  type DebugInfo,
  hostFor,
  type JitReport,
  jitReport,
  lineAt,
  type Program,
  State,
  validate,
} from '../vm/index.ts';
import { count, plural } from './render.ts';
import { refused } from './source.ts';

/** Places by which a loop is said to meet the door at most. */
const mostPlaces = 3;

/** The report of a program on the command line's host; fails with what the machine refuses. */
export function jitReportOf(name: string, program: Program): JitReport {
  const { host, refusals: unmade } = hostFor(program, {}, new State());
  const { validated, refusals = unmade } = validate(program, host);
  if (validated === undefined) throw refused(name, refusals);
  return jitReport(validated, host);
}

export function jitReportText({ debug }: Program, report: JitReport): string {
  const { moduleBytes, accesses, checked, loops } = report;
  const text = [
    `  ${count(moduleBytes)} bytes of WebAssembly`,
    `  accesses of the packet: ${count(accesses)}, the bounds of ${count(checked)} of them checked`,
    ...loops.flatMap((loop) => loopText(debug, report, loop)),
  ];
  return `${text.join('\n')}\n`;
}

const place = (debug: DebugInfo | undefined, pc: number): string => {
  const line = lineAt(debug, pc)?.line;
  return line === undefined ? `instruction ${pc}` : `line ${line}`;
};

function loopText(
  debug: DebugInfo | undefined,
  { meetDoor: everywhere }: JitReport,
  { head, instructions, withoutDoor, meetDoor }: JitReport['loops'][number],
): string[] {
  const title = `  the loop at ${place(debug, head)}: ${plural(instructions, 'instruction')}`;
  if (everywhere.length === 0) return [`${title}, none for the door: it never meets it`];
  const own = instructions - withoutDoor;
  const more = `${title}, ${own === 0 ? 'none' : own} of them for the door`;
  const why = (pcs: readonly number[]): string =>
    [...new Set(pcs.map((pc) => place(debug, pc)))].slice(0, mostPlaces).join(', ');
  if (meetDoor.length === 0) {
    const how = own === 0 ? 'told by how far it has come when it is left' : 'counted';
    return [more, `    its turns are ${how}, because of ${why(everywhere)}`];
  }
  return [more, `    a turn may not go on a byte, or reads behind its position: ${why(meetDoor)}`];
}

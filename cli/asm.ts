/** `luabpf asm`: assembly to a program, or to the text that `tcpdump -ddd` would print. */
import {
  assemble,
  classicDecimal,
  hostWith,
  isClassicText,
  type Program,
  validate,
  writeProgram,
} from '../vm/index.ts';
import { displayName, readWhole, refuseSameFile, writeWhole } from './files.ts';
import { describe } from './listing.ts';
import { failure, type Problem, problemText } from './problem.ts';
import { plural } from './render.ts';

export interface AsmOptions {
  readonly o: string;
  readonly ddd?: true;
}

/** Whether a path is assembly's: by its name, since no content tells it from a filter. */
export const isAssemblyPath = (path: string): boolean => /\.bpfasm$/i.test(path);

/** The program of an assembly text (one character a byte), or all that is wrong with it. */
export function assembled(name: string, text: string): Program {
  const { program, problems } = assemble(Buffer.from(text, 'latin1').toString('utf8'), { file: name });
  if (program !== undefined) return program;
  const all = problems.slice(0, mostProblems).map(
    ({ code, message, hint, line, column }): Problem => ({
      code,
      message,
      place: `${name}:${line}:${column}`,
      ...(hint === undefined ? {} : { hint }),
    }),
  );
  const left = problems.length - all.length;
  if (left > 0) all.push({ code: 'asm-more', message: `and ${plural(left, 'more problem')}`, place: name });
  throw failure(...(all as [Problem, ...Problem[]]));
}

/** Problems of one text that are printed. */
const mostProblems = 20;

/** Refuses what is no assembly at all, rather than every line of it. */
function refuseOther(name: string, text: string): void {
  const isOther = text.includes('\0')
    ? 'a binary file'
    : isClassicText(text)
      ? 'a program as tcpdump prints it'
      : undefined;
  if (isOther !== undefined)
    throw failure({
      code: 'asm-other',
      message: `not assembly, but ${isOther}`,
      place: name,
      hint: 'assembly is what `luabpf disasm --asm` prints; see docs/assembly.md',
    });
}

export async function asm(path: string | undefined, options: AsmOptions): Promise<void> {
  if (path === undefined)
    throw failure({ code: 'usage', message: 'a file is missing', hint: 'luabpf asm FILE -o OUT' });
  refuseSameFile(path, options.o);
  const name = displayName(path);
  const text = Buffer.from(await readWhole(path)).toString('latin1');
  refuseOther(name, text);
  const program = assembled(name, text);
  const bytes = programBytes(name, program, options.ddd === true);
  writeWhole(options.o, bytes);
  if (options.o !== '-') process.stdout.write(`${options.o}: ${describe(program)}, ${plural(bytes.length, 'byte')}\n`);
  warn(name, program);
}

function programBytes(name: string, program: Program, isDecimal: boolean): Uint8Array {
  if (program.profile === 'classic' && !isDecimal)
    throw failure({
      code: 'asm-classic',
      message: 'a BPF64 file cannot hold a classic program',
      place: name,
      hint: 'write it as text by --ddd, or drop `.profile classic`',
    });
  if (program.profile !== 'classic' && isDecimal)
    throw failure({
      code: 'asm-not-classic',
      message: '--ddd writes classic programs',
      place: name,
      hint: 'begin the file with `.profile classic`, or drop --ddd',
    });
  return isDecimal ? Buffer.from(classicDecimal(program.code)) : writeProgram(program);
}

/** An assembler writes what it is told to; what a machine would refuse is said all the same. */
function warn(name: string, program: Program): void {
  const { refusals = [] } = validate(program, hostWith());
  for (const { code, message, pc } of refusals) {
    // What it imports is the business of the host that will run it.
    if (code.startsWith('import-')) continue;
    const line = program.debug?.lines.find((entry) => entry.pc === pc)?.line;
    const place = line === undefined ? name : `${name}:${line}`;
    process.stderr.write(
      `${problemText({ code: 'asm-refused', message: `warning: the machine will refuse this: ${message}`, place })}\n`,
    );
  }
}

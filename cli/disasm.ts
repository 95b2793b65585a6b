/** `luabpf disasm`: a filter or program as a listing, as assembly, or in the formats of tcpdump. */
import { assemblyText, classicDecimal, classicInitialisers, classicListing, type Program } from '../vm/index.ts';
import { refuseSameFile } from './files.ts';
import { drawGraph, graphFormat } from './graph.ts';
import { listing } from './listing.ts';
import { failure } from './problem.ts';
import { compiled, type LuaOptions, readSource } from './source.ts';

export interface DisasmOptions extends LuaOptions {
  readonly linktype: number;
  readonly asm?: true;
  /** The file to draw the control-flow graph to. */
  readonly graph?: string;
  /** How often it was given. */
  readonly d: number;
}

/** By the number of d's. */
const classicFormats = [classicListing, classicInitialisers, classicDecimal] as const;

export async function disasm(path: string | undefined, options: DisasmOptions): Promise<void> {
  if (options.graph !== undefined) {
    if (options.asm === true || options.d > 0)
      throw failure({ code: 'usage', message: '--graph goes with neither --asm nor -d' });
    // A file that cannot be drawn to is told before anything is read.
    graphFormat(options.graph);
    if (path !== undefined) refuseSameFile(path, options.graph);
  }
  const source = await readSource(path, options);
  const program = source.kind === 'program' ? source.program : compiled(source, options.linktype).program;
  if (options.graph !== undefined) return drawGraph(source, program, options.graph);
  if (options.asm === true && options.d > 0)
    throw failure({ code: 'usage', message: `--asm and -${'d'.repeat(options.d)} exclude each other` });
  if (options.asm === true) process.stdout.write(assemblyText(program));
  else if (options.d > 0) process.stdout.write(classicText(program, source.name, options.d));
  else process.stdout.write(listing(program, source.name, source.kind === 'lua' ? source.text : undefined));
}

function classicText(program: Program, name: string, times: number): string {
  const format = classicFormats[times - 1];
  if (format === undefined)
    throw failure({ code: 'usage', message: 'there are -d, -dd and -ddd, no more', hint: 'as tcpdump has them' });
  if (program.profile !== 'classic')
    throw failure({
      code: 'not-classic',
      message: `-${'d'.repeat(times)} shows classic programs; this one is BPF64`,
      place: name,
      hint: 'leave the option out, or use --asm',
    });
  return format(program.code);
}

/**
 * What a user names as a filter: a Lua file, a BPF64 program, `tcpdump -ddd` text, standard input, or text on the
 * command line. Found out by content, not by name.
 */

import { linktypeName } from '../capture/index.ts';
import { type CompileOptions, type CompileResult, compile, type LoopKinds } from '../compiler/index.ts';
import {
  type Host,
  type Interpreter,
  isClassicText,
  isProgramFile,
  type Jit,
  type LoadOptions,
  load,
  type Program,
  parseClassicText,
  type Refusal,
  readProgram,
  State,
} from '../vm/index.ts';
import { assembled, isAssemblyPath } from './asm.ts';
import { displayName, readWhole } from './files.ts';
import { folderOf, moduleFinder, type Settings } from './modules.ts';
import { failure, type Problem, renderedFailure } from './problem.ts';
import { renderDiagnostics } from './render.ts';

export type Source =
  /** `text` is one character a byte; `options` is what else the compiler is told. */
  | { readonly kind: 'lua'; readonly name: string; readonly text: string; readonly options?: CompileOptions }
  | { readonly kind: 'program'; readonly name: string; readonly program: Program };

/** What the command line says of a Lua filter. */
export interface LuaOptions {
  /** The filter itself, in place of a file. */
  readonly e?: string;
  readonly loops?: LoopKinds;
  /** Folders that have modules, besides the filter's own. */
  readonly path?: readonly string[];
  /** What `require "args"` gives. */
  readonly set?: Settings;
}

/** Text given by `-e`, or the content of the file. */
export async function readSource(path: string | undefined, options: LuaOptions): Promise<Source> {
  const { e: text, loops = 'door', path: folders = [], set: args = new Map() } = options;
  const findModule = moduleFinder([folderOf(text === undefined ? path : undefined), ...folders]);
  const lua = (name: string, text: string): Source => ({
    kind: 'lua',
    name,
    text,
    options: { loops, findModule, args },
  });
  if (text !== undefined) return lua('-e', Buffer.from(text, 'utf8').toString('latin1'));
  if (path === undefined)
    throw failure({
      code: 'usage',
      message: 'a filter is missing: name a file, - for standard input, or give one by -e',
    });
  const bytes = await readWhole(path);
  const name = displayName(path);
  if (isProgramFile(bytes)) {
    const { program, problem } = readProgram(bytes);
    if (program === undefined)
      throw failure({ code: problem.code, message: problem.message, place: `${name}, byte ${problem.offset}` });
    return { kind: 'program', name, program };
  }
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (isAssemblyPath(path)) return { kind: 'program', name, program: assembled(name, content) };
  if (isClassicText(content)) {
    const { program, problem } = parseClassicText(content);
    if (program === undefined)
      throw failure({ code: problem.code, message: problem.message, place: `${name}:${problem.line}` });
    return { kind: 'program', name, program };
  }
  if (/\.(bpf64|ddd)$/i.test(path) || isBinary(bytes))
    throw failure({
      code: 'filter-unknown',
      message: 'not a filter: neither Lua, nor a BPF64 program, nor tcpdump -ddd text',
      place: name,
      hint: 'a program is what `luabpf build` writes; a Lua filter returns a function',
    });
  return lua(name, content);
}

/** A source that must be Lua. */
export async function readLua(path: string | undefined, options: LuaOptions): Promise<Source & { kind: 'lua' }> {
  const source = await readSource(path, options);
  if (source.kind === 'lua') return source;
  throw failure({
    code: 'not-lua',
    message: 'a program, not a Lua filter',
    place: source.name,
    hint: `luabpf disasm ${source.name} shows what is in it`,
  });
}

/** Lua has no NUL and no other control characters outside strings: a file full of them is something else. */
function isBinary(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 512);
  return head.includes(0);
}

/** The source as a program for packets of a link type. */
export function programFor(source: Source, linktype: number): Program {
  if (source.kind === 'program') {
    const { program, name } = source;
    if (program.linktype !== undefined && program.linktype !== linktype)
      throw failure({
        code: 'linktype-mismatch',
        message: `made for ${linktypeName(program.linktype)} packets, but these are ${linktypeName(linktype)}`,
        place: name,
        hint: 'run the Lua filter itself: it is compiled for the link type of the capture',
      });
    return program;
  }
  return compiled(source, linktype).program;
}

/** What the compiler says of a source. */
export const compileSource = ({ name, text, options }: Source & { kind: 'lua' }, linktype: number): CompileResult =>
  compile(text, { ...options, file: name, linktype });

/** Compiles, or fails with all rejections. Warnings go to standard error, each list of them once. */
export function compiled(source: Source & { kind: 'lua' }, linktype: number): CompileResult & { program: Program } {
  const result = compileSource(source, linktype);
  const { diagnostics, warnings = [], sources } = result;
  if (diagnostics !== undefined) throw renderedFailure(renderDiagnostics(source.name, diagnostics, sources));
  const text = warnings.length === 0 ? '' : `${renderDiagnostics(source.name, warnings, sources)}\n`;
  if (!said.has(text)) process.stderr.write(text);
  said.add(text);
  return result;
}
/** A filter is compiled once for each link type and engine. */
const said = new Set<string>(['']);

/**
 * A program ready to run, or the failure that says what the machine refuses; `host` overrides its defaults, and `state`
 * is what it keeps from packet to packet.
 */
export function loaded(
  source: Source,
  program: Program,
  host: Partial<Host> = {},
  state = new State(),
  options: LoadOptions = {},
): Interpreter | Jit {
  const { filter, refusals = [] } = load(program, host, state, options);
  if (filter !== undefined) return filter;
  throw refused(source.name, refusals);
}

/** The failure that says what the machine refuses. */
export function refused(name: string, refusals: readonly Refusal[]): Error {
  const problems: Problem[] = refusals.map(({ code, message }) => ({
    code,
    message: `refused: ${message}`,
    place: name,
  }));
  return failure(...(problems as [Problem, ...Problem[]]));
}

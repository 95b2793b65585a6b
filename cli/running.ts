/** The commands that run a filter over packets: what they read, and where what they find goes. */
import { type DialectName, defaultHost } from '../vm/index.ts';
import { dialectOf, hostOf } from './dialect.ts';
import { type EngineName, engines } from './engines/index.ts';
import { displayName, refuseSameFile } from './files.ts';
import { decompressed } from './input/compressed.ts';
import { isPipe, openFile } from './input/file.ts';
import type { OpenInput } from './input/input.ts';
import { openLive } from './input/live.ts';
import { captureSink } from './output.ts';
import { failure } from './problem.ts';
import { runCaptures } from './run.ts';
import { endIfInterrupted, interruption } from './signals.ts';
import { type LuaOptions, readSource } from './source.ts';
import { summaryText } from './summary.ts';

/** What is common to the commands that run a filter over packets. */
interface RunningOptions extends LuaOptions {
  readonly w?: string;
  readonly c?: number;
  readonly skip?: number;
  readonly allowWrite?: true;
  readonly engine: EngineName;
  readonly budget?: number;
  readonly luaStatePackets: number;
  readonly dialect?: DialectName;
}

/** `luabpf run`. */
export async function run(
  filter: string | undefined,
  captures: readonly string[],
  options: RunningOptions & { readonly follow?: true },
): Promise<void> {
  // With -e all arguments are captures.
  const paths = options.e === undefined || filter === undefined ? captures : [filter, ...captures];
  const filterPath = options.e === undefined ? filter : undefined;
  const usage = 'luabpf run FILTER CAPTURE';
  if (filterPath === undefined && options.e === undefined)
    throw failure({ code: 'usage', message: 'a filter is missing', hint: usage });
  if (paths.length === 0) throw failure({ code: 'usage', message: 'a capture is missing', hint: usage });
  if ([filterPath, ...paths].filter((path) => path === '-').length > 1)
    throw failure({
      code: 'usage',
      message:
        filterPath === '-'
          ? 'filter and capture cannot both be standard input'
          : 'standard input can be read only once',
    });
  for (const path of paths) if (options.w !== undefined) refuseSameFile(path, options.w);
  const follows = (path: string): boolean => options.follow === true && path === paths.at(-1);
  const inputs = paths.map((path) => async () => decompressed(openFile(path, follows(path))));
  const grows = options.follow === true || paths.some(isPipe);
  await runOver(inputs, paths.map(displayName), grows, filterPath, options);
}

/** `luabpf live`. */
export async function live(
  filter: string | undefined,
  options: RunningOptions & { readonly i?: string },
): Promise<void> {
  const { e, i: device } = options;
  if (e !== undefined && filter !== undefined)
    throw failure({ code: 'usage', message: `a filter stands in -e already; what is ${filter} for?` });
  if (device === undefined)
    throw failure({
      code: 'usage',
      message: 'an interface is missing',
      hint: 'luabpf live FILTER -i INTERFACE; tcpdump -D or dumpcap -D lists them',
    });
  await runOver([() => openLive(device)], [device], true, filter, options);
}

async function runOver(
  inputs: readonly OpenInput[],
  names: readonly string[],
  grows: boolean,
  filter: string | undefined,
  options: RunningOptions,
): Promise<void> {
  const { w: path, c: limit, skip, allowWrite = false } = options;
  if (filter !== undefined && path !== undefined) refuseSameFile(filter, path);
  const source = await readSource(filter, options);
  const output = path === '-' ? process.stderr : process.stdout;
  const dialect = dialectOf(source, options.dialect);
  const engine = await engines[options.engine]({
    ...options,
    print: (text) => output.write(text, 'latin1'),
    host: (linktype) => ({ budget: options.budget ?? defaultHost.budget, ...hostOf(dialect, linktype) }),
  });
  const sinks = path === undefined ? [] : [captureSink(path, { wants: 'accepted', grows, joins: inputs.length > 1 })];
  const summary = await runCaptures(source, engine, inputs, sinks, {
    ...(limit === undefined ? {} : { limit }),
    ...(skip === undefined ? {} : { skip }),
    allowWrite,
    signal: interruption(),
  });
  const text = summaryText(summary, {
    filter: source.name,
    captures: names,
    output: path === '-' ? undefined : path,
  });
  // Of what came too late, nothing is awaited.
  output.write(text, endIfInterrupted);
}

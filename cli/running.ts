/** The commands that run a filter over packets: what they read, and where what they find goes. */
import { type DialectName, defaultHost } from '../vm/index.ts';
import { painter } from './colour.ts';
import { dialectOf, hostOf } from './dialect.ts';
import { type EngineName, engines } from './engines/index.ts';
import { displayName, refuseSameFile } from './files.ts';
import { decompressed } from './input/compressed.ts';
import { isPipe, openFile } from './input/file.ts';
import type { OpenInput } from './input/input.ts';
import { openLive } from './input/live.ts';
import { listSink } from './list.ts';
import { captureSink } from './output.ts';
import { failure } from './problem.ts';
import { bytesOf, progressOn } from './progress.ts';
import { runCaptures } from './run.ts';
import { endIfInterrupted, interruption } from './signals.ts';
import type { Sink } from './sink.ts';
import { type LuaOptions, readSource } from './source.ts';
import { splitSink } from './split.ts';
import { summaryData, summaryText } from './summary.ts';

/** What is common to the commands that run a filter over packets. */
interface RunningOptions extends LuaOptions {
  readonly w?: string;
  readonly W?: string;
  readonly split?: string;
  readonly list?: true;
  readonly json?: true;
  readonly count?: true;
  readonly quiet?: true;
  readonly exitCode?: true;
  readonly c?: number;
  readonly skip?: number;
  readonly engine: EngineName;
  readonly budget?: number;
  readonly luaStatePackets: number;
  readonly dialect?: DialectName;
  readonly allowWrite?: true;
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
  const follows = (path: string): boolean => options.follow === true && path === paths.at(-1);
  const inputs = paths.map((path) => async () => decompressed(openFile(path, follows(path))));
  const grows = options.follow === true || paths.some(isPipe);
  await runOver(inputs, paths, grows, filterPath, options);
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
  paths: readonly string[],
  grows: boolean,
  filter: string | undefined,
  options: RunningOptions,
): Promise<void> {
  const { c: limit, skip } = options;
  const names = paths.map(displayName);
  const { w: accepted, W: rejected, split, list, json, count, quiet } = options;
  checkOutputs(options);
  const read = [...paths, ...(filter === undefined ? [] : [filter])];
  for (const path of [accepted, rejected])
    if (path !== undefined) for (const input of read) refuseSameFile(input, path);
  const source = await readSource(filter, options);
  // What other programs read from standard output has it for itself.
  const isTaken = [accepted, rejected].includes('-') || list === true || json === true || count === true;
  const output = isTaken ? process.stderr : process.stdout;
  const progress = progressOn({ stream: process.stderr, total: bytesOf(paths) });
  const dialect = dialectOf(source, options.dialect);
  const engine = await engines[options.engine]({
    ...options,
    print: (text) => {
      progress.clear();
      output.write(text, 'latin1');
    },
    host: (linktype) => ({ budget: options.budget ?? defaultHost.budget, ...hostOf(dialect, linktype) }),
  });
  const common = { grows, joins: inputs.length > 1 };
  const parts = split === undefined ? undefined : splitSink(split, read, common);
  const sinks: Sink[] = [];
  if (accepted !== undefined) sinks.push(captureSink(accepted, { wants: 'accepted', ...common }));
  if (rejected !== undefined) sinks.push(captureSink(rejected, { wants: 'rejected', ...common }));
  if (parts !== undefined) sinks.push(parts);
  if (list === true) sinks.push(listSink({ names, json: json === true, paint: painter(process.stdout) }));
  const showsProgress = !(list === true && process.stdout.isTTY === true);
  const summary = await runCaptures(source, engine, inputs, sinks, {
    ...(limit === undefined ? {} : { limit }),
    ...(skip === undefined ? {} : { skip }),
    ...(showsProgress ? { onRead: progress.read } : {}),
    signal: interruption(),
    allowWrite: options.allowWrite === true,
    whole: split !== undefined,
  }).finally(progress.clear);
  const files = [accepted, rejected, ...(parts?.paths() ?? [])];
  const outputs = files.filter((path) => path !== undefined && path !== '-') as string[];
  const about = { filter: source.name, captures: names, outputs };
  if (options.exitCode === true && summary.accepted === 0) process.exitCode = 1;
  // Of what came too late, nothing is awaited.
  if (count === true) process.stdout.write(`${summary.accepted}\n`, endIfInterrupted);
  else if (quiet === true) endIfInterrupted();
  else if (json === true) process.stdout.write(`${JSON.stringify(summaryData(summary, about))}\n`, endIfInterrupted);
  else output.write(summaryText(summary, about, painter(output)), endIfInterrupted);
}

/** Refuses outputs that go to the same place, or mean different things. */
function checkOutputs({ w, W, split, list, json, count }: RunningOptions): void {
  const usage = (message: string, hint: string): Error => failure({ code: 'usage', message, hint });
  const toStandard = [w === '-' ? '-w -' : '', W === '-' ? '-W -' : '', count ? '--count' : ''].filter(
    (name) => name !== '',
  );
  if (list === true) toStandard.push('--list');
  else if (json === true) toStandard.push('--json');
  if (toStandard.length > 1)
    throw usage(`${toStandard.join(' and ')} both go to standard output`, 'write one of them to a file, or run twice');
  if (count === true && json === true)
    throw usage('--count and --json both say how many', '--json has it as `accepted`');
  if (split === '-') throw usage('--split writes several files, which standard output cannot hold', '--split out.pcap');
  if (split?.endsWith('.pcapng') === true) throw usage('--split writes pcap, not pcapng', '--split out.pcap');
  if (w !== undefined && w !== '-' && w === W) throw usage('-w and -W name the same file', 'name two');
}

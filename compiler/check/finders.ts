/**
 * The functions that find headers: of the modules in `compiler/modules`, which are checked like any other, but once in a
 * process for each way that packets start, and only those that are asked for.
 */
import { moduleTexts } from '../modules/texts.ts';
import { innerStarts, type LinkStart, linkStarts } from '../protocols/linktypes.ts';
import { type HeaderName, headers } from '../protocols/table.ts';
import { type CheckContext, createContext, type SourceFunction } from './context.ts';
import { type Argument, instanceOf } from './functions.ts';
import { moduleOf } from './modules.ts';
import type { Instance, Searches } from './tree.ts';
import { constantType, type PacketKind, packetType } from './types.ts';

/** What has been found for packets that start alike. */
interface Finders {
  readonly context: CheckContext;
  readonly instances: Map<string, Instance>;
}
const known = new Map<LinkStart, Finders>();

/** What gives where a header starts in packets that start like this, or nil. */
export const headerSearch = (start: LinkStart, name: HeaderName): Instance => search(start, headers[name].module, name);

/** What a function of a module is for packets of these kinds, of which the filter's own starts like this. */
export const searchesFor = (kinds: readonly PacketKind[], start: LinkStart, module: string, name: string): Searches =>
  new Map(
    kinds.map((kind) => {
      if (kind !== 'outer') return [kind, search(innerStarts[kind], module, name, { type: packetType([kind]) })];
      return [kind, search(start, module, name)];
    }),
  );

/** What gives something in a header, of the filter's own packet and perhaps of a text. */
export const foundSearch = (start: LinkStart, name: HeaderName, member: string, text?: string): Instance =>
  search(start, headers[name].module, member, undefined, text);

// SPEC: more than a filter has; a process that compiles many does not keep them all.
const mostTexts = 500;

function search(
  start: LinkStart,
  module: string,
  name: string,
  packet: Argument = { value: { kind: 'packet', start } },
  text?: string,
): Instance {
  const finders = known.get(start) ?? { context: moduleContext(start), instances: new Map() };
  known.set(start, finders);
  const { context, instances } = finders;
  const key = `${module}.${name} ${packet.type?.packets ?? ''} ${text ?? ''}`;
  const called = functionOf(context, module, name);
  if (called.instances.size >= mostTexts) {
    called.instances.clear();
    instances.clear();
  }
  const given = text === undefined ? [packet] : [packet, { type: constantType(text) }];
  const instance = instances.get(key) ?? checked(context, called, given);
  if (instance === undefined) throw new Error(`compiler/modules: ${key}: ${JSON.stringify(context.diagnostics)}`);
  instances.set(key, instance);
  return instance;
}

function moduleContext(start: LinkStart): CheckContext {
  const findModule = (name: string) => {
    const file = name === 'link' ? start : (name as keyof typeof moduleTexts);
    return { text: moduleTexts[file], file, findsHeaders: true };
  };
  const file = { number: 0, name: '', text: '', findsHeaders: true };
  const linktype = [...linkStarts].find(([, other]) => other === start)![0];
  return createContext({ linktype, file: '', loops: 'door', findModule, args: new Map() }, file);
}

function functionOf(context: CheckContext, module: string, name: string): SourceFunction {
  const binding = moduleOf(context, module);
  const found = binding?.kind === 'table' ? binding.functions.get(name) : undefined;
  if (found === undefined) throw new Error(`compiler/modules: ${module} has no ${name}`);
  return found;
}

const checked = (context: CheckContext, called: SourceFunction, given: readonly Argument[]): Instance | undefined =>
  instanceOf(context, called, given, called.name, {
    start: 0,
    end: 0,
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 1,
  });

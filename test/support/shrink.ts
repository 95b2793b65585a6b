/**
 * Makes a failing filter and its packet smaller: statements go, statements give way to their bodies and expressions to
 * their parts or to constants, as long as it fails in the same way.
 */
import luaparse from 'luaparse';
import type { Filter, OraclePacket } from '../oracle/lua.ts';

/** Whether a filter fails on packets, one after another, the way that is looked for. */
export type Fails = (filter: Filter, packets: readonly OraclePacket[]) => Promise<boolean>;

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly range: readonly [number, number];
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'range' in value;

const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

const constants = ['nil', 'true', '1', '""'];

/** What may stand in a node's place, the shortest first. */
function replacements(source: string, node: Node): string[] {
  const text = (inner: Node): string => source.slice(...inner.range);
  const inner = childrenOf(node);
  if (/Statement$|FunctionDeclaration$/.test(node.type)) {
    const bodies = [node, ...inner].flatMap((part) => ('body' in part && Array.isArray(part.body) ? [part.body] : []));
    const kept = bodies.map((body: Node[]) => body.map(text).join('\n'));
    return ['', ...(node.type === 'FunctionDeclaration' ? [] : kept), ...kept.map((body) => `do\n${body}\nend`)];
  }
  if (/Clause$/.test(node.type)) return node.type === 'IfClause' ? [] : [''];
  if (/Expression$/.test(node.type))
    return [...constants, ...inner.map(text), ...inner.map((part) => `(${text(part)})`)];
  return /Literal$|^Identifier$/.test(node.type) ? constants : [];
}

/** Every edit, those of the largest pieces first. */
function edits(source: string): Edit[] {
  const chunk = luaparse.parse(source, { luaVersion: '5.3', ranges: true, encodingMode: 'pseudo-latin1' });
  const found: Edit[] = [];
  const queue = childrenOf(chunk as unknown as Node);
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const [from, to] = node.range;
    for (const text of replacements(source, node)) if (text.length < to - from) found.push({ from, to, text });
    queue.push(...childrenOf(node));
  }
  return found.sort((a, b) => b.to - b.from - b.text.length - (a.to - a.from - a.text.length));
}

/** Tries this many edits at most. */
const patience = 6000;

async function shrinkSource(source: string, fails: (source: string) => Promise<boolean>): Promise<string> {
  let best = source;
  for (let tries = 0, found = true; found && tries < patience; ) {
    found = false;
    for (const { from, to, text } of edits(best)) {
      const shorter = `${best.slice(0, from)}${text}${best.slice(to)}`;
      if (++tries > patience) break;
      if (!(await fails(shorter))) continue;
      best = shorter;
      found = true;
      break;
    }
  }
  return best.replace(/\n\s*\n+/g, '\n');
}

/** Shortens a packet, then sets its bytes to 0. */
async function shrinkPacket(packet: OraclePacket, fails: (packet: OraclePacket) => Promise<boolean>) {
  let best = packet;
  const attempt = async (bytes: Uint8Array): Promise<boolean> => {
    const smaller = { ...best, bytes };
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  for (let cut = best.bytes.length; cut > 0; )
    if (cut > best.bytes.length || !(await attempt(best.bytes.slice(0, best.bytes.length - cut)))) cut >>= 1;
  for (let at = 0; at < best.bytes.length; at++) if (best.bytes[at] !== 0) await attempt(best.bytes.with(at, 0));
  return best;
}

/** Leaves out packets: large parts first, then one by one. The last stays. */
async function fewerPackets(
  all: readonly OraclePacket[],
  fails: (packets: readonly OraclePacket[]) => Promise<boolean>,
) {
  let best = all;
  for (let size = best.length - 1; size > 0; size = Math.min(size >> 1, best.length - 1))
    for (let at = 0; at + size < best.length; ) {
      const fewer = [...best.slice(0, at), ...best.slice(at + size)];
      if (await fails(fewer)) best = fewer;
      else at += size;
    }
  return best;
}

/** Shrinks the filter's own text, then its modules; what it does without is left out. */
async function shrinkFilter(filter: Filter, fails: (filter: Filter) => Promise<boolean>): Promise<Filter> {
  let best = { ...filter, text: await shrinkSource(filter.text, (text) => fails({ ...filter, text })) };
  for (const part of ['modules', 'args'] as const)
    for (const name of Object.keys(best[part] ?? {})) {
      const { [name]: _, ...rest } = best[part]!;
      const without = { ...best, [part]: rest };
      if (await fails(without)) best = without;
    }
  for (const name of Object.keys(best.modules ?? {})) {
    const changed = (text: string) => ({ ...best, modules: { ...best.modules, [name]: text } });
    best = changed(await shrinkSource(best.modules![name]!, (text) => fails(changed(text))));
  }
  return best;
}

/** The smallest that was found to fail as the given ones do. */
export async function shrink(
  filter: Filter,
  packets: readonly OraclePacket[],
  fails: Fails,
): Promise<{ filter: Filter; packets: readonly OraclePacket[] }> {
  let fewer = await fewerPackets(packets, (some) => fails(filter, some));
  const shorter = await shrinkFilter(filter, (each) => fails(each, fewer));
  for (const i of fewer.keys())
    fewer = fewer.with(i, await shrinkPacket(fewer[i]!, (packet) => fails(shorter, fewer.with(i, packet))));
  return { filter: await shrinkFilter(shorter, (each) => fails(each, fewer)), packets: fewer };
}

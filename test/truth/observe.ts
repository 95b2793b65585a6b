/** What compiled filters see of packets, and what tshark shows, in the same words. */
import { type HeaderName, headers } from '../../compiler/index.ts';
import type { Layer } from '../../scripts/tshark.mjs';
import { load, printFunctions, State } from '../../vm/index.ts';
import { compiledFilter } from '../support/run.ts';
import {
  type Difference,
  type DissectedPacket,
  differences,
  incomparable,
  type Shown,
  unshown,
  valueDifferences,
} from './differences.ts';
import { protocolsOf, type Row, rowsOf } from './rows.ts';

export const headerNames = Object.keys(headers) as HeaderName[];

/** Layers behind which another packet begins. */
const tunnels: ReadonlySet<string> = new Set(['gre', 'vxlan', 'geneve', 'gtp']);
const networks: ReadonlySet<string> = new Set(['ip', 'ipv6']);

/** The layers of the packet itself: without those of a packet within it. */
export function outermost(layers: readonly Layer[]): readonly Layer[] {
  const inner = layers.findIndex(({ protocol }, i) => {
    const around = layers.slice(0, i);
    return (
      (protocol === 'eth' && i > 0) ||
      (networks.has(protocol) && around.some((each) => networks.has(each.protocol))) ||
      around.some((each) => tunnels.has(each.protocol))
    );
  });
  return inner < 0 ? layers : layers.slice(0, inner);
}

/**
 * Where each header starts and what each row is of it, a line each, as a filter prints it; undefined where the packet has
 * no such header.
 */
function observed(
  header: HeaderName,
  packets: readonly DissectedPacket[],
  engine: 'interpreter' | 'jit',
): (readonly string[] | undefined)[] {
  const rows = rowsOf(header);
  const printed = [
    'h.offset',
    ...rows.map(({ path, isAddress }) => (isAddress ? `shown[h.${path}] or "another"` : `h.${path}`)),
  ];
  const source = `local net = require "net"
local shown = {
${addressesIn(header, packets)
  .map((text) => `  [net.ip "${text}"] = "${text}",`)
  .join('\n')}
}
return function(pkt)
  local h = pkt.${header}
  if h then
${printed.map((value) => `    print(${value})`).join('\n')}
  end
end
`;
  let output = '';
  const functions = printFunctions((text) => {
    output += text;
  });
  const { bytes } = compiledFilter(source, { linktype: packets[0]!.linktype });
  const { filter, problem, refusals } = load(bytes, { functions }, new State(), { engine });
  if (filter === undefined) throw new Error(`refused ${JSON.stringify(problem ?? refusals)}`);
  return packets.map((packet, i) => {
    output = '';
    filter.run(packet.bytes, 0, packet.bytes.length, packet.wirelen);
    const lines = output.split('\n').slice(0, -1);
    if (filter.fault !== undefined || (lines.length > 0 && lines.length !== printed.length))
      throw new Error(`packet ${i + 1}, ${header}: fault ${filter.fault?.code}, ${lines.length} lines`);
    return lines.length === 0 ? undefined : lines;
  });
}

/** The IPv6 addresses that tshark shows of a header, as text: what a filter compares with, since it prints none. */
function addressesIn(header: HeaderName, packets: readonly DissectedPacket[]): readonly string[] {
  const rows = rowsOf(header).filter(({ isAddress }) => isAddress);
  const shown = packets.map((packet) => shownIn(header, packet)?.layer);
  const texts = rows.flatMap((row) => shown.map((layer) => layer && shownOf(row, layer)));
  return [...new Set(texts.filter((text) => text !== undefined))];
}

/** A value of tshark's as `print` writes it: numbers in decimal, addresses of up to 48 bits as numbers. */
function printedAs(shown: string): string {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(shown)) return String(BigInt(shown));
  if (/^(\d+\.){3}\d+$/.test(shown)) return joined(shown.split('.').map(Number), 8n);
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(shown)) return String(BigInt(`0x${shown.replaceAll(':', '')}`));
  return shown;
}
const joined = (parts: readonly number[], bits: bigint): string =>
  String(parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n));

/** Wireshark's booleans are numbers, or words from version 4.2 on. */
const truths: Readonly<Record<string, readonly string[]>> = { true: ['1', 'True'], false: ['0', 'False'] };

/** What tshark shows of a row in a layer: its first occurrence, undefined where there is none. */
const shownOf = ({ names }: Row, { fields }: Layer): string | undefined =>
  names.map((name) => fields[name]?.[0]).find((value) => value !== undefined);

const isSame = (value: string, shown: string | undefined): boolean =>
  shown === undefined
    ? value === 'nil'
    : value === shown || value === printedAs(shown) || (truths[value]?.includes(shown) ?? false);

function shownIn(header: HeaderName, packet: DissectedPacket): Shown | undefined {
  const { layers } = packet;
  const at = layers.findIndex(({ protocol }) => protocolsOf(header).includes(protocol));
  const layer = layers[at];
  return layer && { header, layer, around: layers.slice(0, at), packet };
}

const differenceOf = (shown: Shown): Difference | undefined => differences.find(({ when }) => when(shown));

/** Whether a filter has other headers than tshark shows in a packet. */
export const differs = (packet: DissectedPacket): boolean =>
  unshown.some(({ when }) => when(packet)) ||
  headerNames.some((header) => {
    const shown = shownIn(header, packet);
    return shown !== undefined && differenceOf(shown) !== undefined;
  });

/** What came of a comparison: what differs, in words, the rows that had a value but 0 and false, the differences met. */
export interface Comparison {
  readonly failures: readonly string[];
  readonly seen: ReadonlySet<string>;
  readonly met: ReadonlySet<object>;
}

/** Compares one header of packets of a link type, which are at least one, on an engine. */
export function compareHeader(
  header: HeaderName,
  packets: readonly DissectedPacket[],
  engine: 'interpreter' | 'jit',
): Comparison {
  const failures: string[] = [];
  const seen = new Set<string>();
  const met = new Set<object>();
  const meet = <T extends object>(difference: T | undefined): T | undefined => {
    if (difference !== undefined) met.add(difference);
    return difference;
  };
  for (const [i, values] of observed(header, packets, engine).entries()) {
    const packet = packets[i]!;
    const { layers, place = `packet ${i + 1}` } = packet;
    const fail = (what: string) => failures.push(`${place}, ${what}`);
    const shown = shownIn(header, packet);
    const isMissing = shown === undefined || meet(differenceOf(shown)) !== undefined;
    const isUnshown = (): boolean => meet(unshown.find(({ when }) => when(packet))) !== undefined;
    if (values === undefined || isMissing) {
      const chain = layers.map(({ protocol }) => protocol).join(' ');
      if (values === undefined && !isMissing) fail(`${header}: nil; tshark: ${chain}`);
      if (values !== undefined && !(shown === undefined && isUnshown())) fail(`${header}: there; tshark: ${chain}`);
      continue;
    }
    const [offset, ...rest] = values;
    const at = String(shown.layer.at);
    const moved = meet(
      valueDifferences.find((each) => each.name === `${header}.offset` && each.instead(at, shown) !== undefined),
    );
    const start = moved === undefined ? at : moved.instead(at, shown);
    if (offset !== start) fail(`${header}.offset: ${offset}; tshark: ${start}`);
    for (const [k, row] of rowsOf(header).entries()) {
      const name = `${header}.${row.path}`;
      const value = rest[k]!;
      if (Object.hasOwn(incomparable, name)) continue;
      const said = shownOf(row, shown.layer);
      const other = meet(
        valueDifferences.find((each) => each.name === name && each.instead(said, shown) !== undefined),
      );
      const wanted = other === undefined ? said : other.instead(said, shown);
      if (wanted === undefined && value !== 'nil' && isUnshown()) continue;
      if (!isSame(value, wanted)) fail(`${name}: ${value}; tshark: ${wanted ?? 'nothing'}`);
      else if (!['0', 'false', 'nil'].includes(value)) seen.add(name);
    }
  }
  return { failures, seen, met };
}

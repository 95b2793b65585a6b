/** Packets in packets: every tunnel of nested.pcap, against what tshark shows behind the first packet's layers. */
import { expect, test } from 'vitest';
import { unpacked } from '../../scripts/make-tshark-fixtures.mjs';
import type { Layer } from '../../scripts/tshark.mjs';
import { runCompiled } from '../support/run.ts';
import { outermost } from './observe.ts';
import { captures } from './recorded.ts';

const nested = captures.find(({ name }) => name === 'nested')!;
const recorded = (JSON.parse(nested.text) as { packets: readonly Parameters<typeof unpacked>[0][] }).packets;

/** What is compared of a header: where it starts, and a field by tshark's name. */
const compared = { eth: 'eth.type', ip: 'ip.len', ipv6: 'ipv6.plen', tcp: 'tcp.dstport', udp: 'udp.dstport' } as const;

const filter = `local function inner(p)
  local ip, ipv6, gre, vxlan, geneve, gtpu = p.ip, p.ipv6, p.gre, p.vxlan, p.geneve, p.gtpu
  return gre and gre.inner or vxlan and vxlan.inner or geneve and geneve.inner or gtpu and gtpu.inner
    or ip and ip.inner or ipv6 and ipv6.inner
end
return function(pkt)
  local p = inner(pkt)
  if not p then return false end
${Object.entries(compared)
  .map(([name, field]) => `  if p.${name} then print("${name}", p.${name}.offset, p.${field}) end`)
  .join('\n')}
  return true
end
`;

/** What begins a packet in a packet: not what ICMP quotes. */
const carriers: ReadonlySet<string> = new Set(['gre', 'vxlan', 'geneve', 'gtp', 'ip', 'ipv6']);

/** The layers of the packet in a packet. */
function innerOf(layers: readonly Layer[]): readonly Layer[] {
  const outer = outermost(layers);
  return carriers.has(outer.at(-1)?.protocol ?? '') ? outermost(layers.slice(outer.length)) : [];
}

/** As the filter prints them. */
function shown(layers: readonly Layer[]): string {
  const start = layers[0]?.at ?? 0;
  return Object.entries(compared)
    .flatMap(([name, field]) => {
      const layer = layers.find(({ protocol }) => protocol === name);
      return layer === undefined ? [] : `${name}\t${layer.at - start}\t${Number(layer.fields[field]![0])}\n`;
    })
    .join('');
}

test('what a packet in a packet starts with, and what is in it', () => {
  const expected = recorded.map((packet) => shown(innerOf(unpacked(packet))));
  const verdicts = runCompiled(filter, nested.packets);
  expect(verdicts.map(({ printed = '' }) => printed)).toEqual(expected);
  expect(verdicts.map(({ verdict }) => verdict > 0)).toEqual(expected.map((text) => text !== ''));
  expect(expected.filter((text) => text !== '').length).toBeGreaterThan(15);
});

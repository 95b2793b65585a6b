/**
 * A filter in place of a Wireshark display filter accepts the packets that tshark accepts by it, as far as the language
 * has the headers; those that it does not have yet do not compile.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile, type HeaderName, headers } from '../../compiler/index.ts';
import { linkStarts } from '../../compiler/protocols/linktypes.ts';
import { acceptedOf, comparedOn, displayFilters } from '../../scripts/make-tshark-fixtures.mjs';
import { tsharkVersion } from '../../scripts/tshark.mjs';
import { inProject } from '../examples/files.ts';
import { runCompiled } from '../support/run.ts';
import { differs } from './observe.ts';
import { captures } from './recorded.ts';
import { rowsOf } from './rows.ts';

interface Recorded {
  readonly display: string;
  /** By capture, where there are any. */
  readonly accepted: Readonly<Record<string, readonly number[]>>;
}
const { tshark, filters: recorded } = JSON.parse(
  readFileSync(inProject('test/data/tshark/display-filters.json'), 'utf8'),
) as { readonly tshark: string; readonly filters: readonly Recorded[] };
const filters = displayFilters().map((filter, i) => ({ ...filter, recorded: recorded[i] }));
const present = filters.filter(({ later }) => later === undefined);

const sourceOf = (body: string): string => `local net = require "net"
local web = { [80] = true, [443] = true, [8080] = true }
local servers, lan = net.cidr "198.51.100.0/24", net.cidr "2001:db8:2::/48"
return function(pkt)
  ${body.replaceAll('\n', '\n  ')}
end
`;

/** Whether the table has `tcp` or `tcp.options.mss`. */
function isKnown(name: string): boolean {
  const [header = '', ...path] = name.split('.');
  if (!Object.hasOwn(headers, header)) return false;
  return path.length === 0 || rowsOf(header as HeaderName).some((row) => row.path === path.join('.'));
}

test('each is recorded, and there are at least 60', () => {
  expect(recorded.map(({ display }) => display)).toEqual(filters.map(({ display }) => display));
  expect(new Set(filters.map(({ display }) => display)).size).toBe(filters.length);
  expect(present.length).toBeGreaterThanOrEqual(60);
});

describe.each(present)('$display', (filter) => {
  test('accepts the packets that tshark accepts', () => {
    const source = sourceOf(filter.body);
    const counts = { accepted: 0, packets: 0 };
    for (const { name, linktype, packets } of captures.filter(({ linktype }) => linkStarts.has(linktype))) {
      if (!comparedOn(filter).some((each) => each.name === name)) continue;
      const numbers = packets.flatMap((packet, i) =>
        packet.bytes.length < packet.wirelen || differs(packet) ? [] : [i + 1],
      );
      const verdicts = runCompiled(
        source,
        numbers.map((number) => packets[number - 1]!),
        { linktype },
      );
      const ours = numbers.filter((_, i) => verdicts[i]!.verdict > 0);
      expect(verdicts.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(ours, name).toEqual((filter.recorded!.accepted[name] ?? []).filter((number) => numbers.includes(number)));
      counts.accepted += ours.length;
      counts.packets += numbers.length;
    }
    expect(counts.accepted).toBeGreaterThan(0);
    expect(counts.accepted).toBeLessThan(counts.packets);
  });
});

describe.each(filters.filter(({ later }) => later !== undefined))('$display (later: $later)', (filter) => {
  test('does not compile yet; some packets are waiting for it', () => {
    expect(isKnown(filter.later!), `${filter.later} is there now: take the mark away`).toBe(false);
    expect(compile(sourceOf(filter.body)).diagnostics?.length ?? 0).toBeGreaterThan(0);
    expect(Object.keys(filter.recorded!.accepted).length).toBeGreaterThan(0);
  });
});

const version = tsharkVersion();
const lacking = version === undefined ? 'tshark is not installed' : `recorded of ${tshark}, ${version} is installed`;
const skipped = version === tshark ? '' : ` (skipped: ${lacking})`;
const some = filters.filter((_, i) => i % 20 === 0);
test.skipIf(skipped !== '')(`${some.length} of them are recorded as the installed tshark has them${skipped}`, () => {
  for (const filter of some) expect(acceptedOf(filter), filter.display).toEqual(filter.recorded!.accepted);
});

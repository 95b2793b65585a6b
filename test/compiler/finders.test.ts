/** The modules that find headers: that what they compile to cannot fault, and that the compiler has their texts. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from '../../compiler/check/index.ts';
import { compile, type HeaderName, headers } from '../../compiler/index.ts';
import { parse } from '../../compiler/parse.ts';
import { linkStarts } from '../../compiler/protocols/linktypes.ts';
import { moduleTexts, textsFile } from '../../scripts/make-modules.mjs';
import { decode } from '../../vm/isa/codec.ts';

const names = Object.keys(headers) as HeaderName[];

test('the compiler has the texts of its modules: node scripts/make-modules.mjs', () => {
  expect(readFileSync(textsFile, 'utf8')).toBe(moduleTexts());
});

describe.each([...linkStarts.keys()])('on link type %d', (linktype) => {
  test.each(names)('a search for %s ends in a verdict, never in an error', (name) => {
    const { program, diagnostics } = compile(`return function(pkt) return pkt.${name} end`, { linktype });
    expect(diagnostics).toBeUndefined();
    const exits = program!.code.map(decode).filter((found) => found?.mnemonic === 'exit');
    expect(exits.length).toBeGreaterThan(0);
    // Class 4 of EXIT is an error.
    for (const exit of exits) expect(exit!.high & 7).toBeLessThan(4);
  });

  test.each(names)('nor does one for %s in a packet in it', (name) => {
    const source = `return function(pkt) return pkt:from(20, "ip").${name} or pkt:from(20, "ethernet").${name} end`;
    const { program } = compile(source, { linktype });
    const exits = program!.code.map(decode).filter((found) => found?.mnemonic === 'exit');
    for (const exit of exits) expect(exit!.high & 7).toBeLessThan(4);
  });

  test('lengths by the network header do not fault either', () => {
    const source = 'return function(pkt) return pkt.tcp and pkt.tcp.payload_len or pkt.udp and pkt.udp.payload_len end';
    const { program } = compile(source, { linktype });
    expect(program!.strings?.length ?? 0).toBeLessThan(2);
  });
});

test('their code comes from the place that asks', () => {
  const source = 'return function(pkt)\n  return pkt.tcp\nend\n';
  const { program } = compile(source);
  expect(new Set(program!.debug!.lines.map(({ line }) => line))).toEqual(new Set([1, 2]));
});

describe('a sum that is compared says what its variable can be', () => {
  const typeOf = (condition: string, load = 'pkt:u32(0)'): string => {
    const source = `return function(pkt) local n = ${load} if ${condition} then return n end return 0 end`;
    const { ast } = parse(source);
    const options = { linktype: 1, file: '', loops: 'door', findModule: () => undefined, args: new Map() } as const;
    const { filter } = check(ast!, source, options);
    const [, branch] = filter!.body;
    if (branch?.kind !== 'if') throw new Error('no if');
    const [statement] = branch.clauses[0]!.body;
    if (statement?.kind !== 'return') throw new Error('no return');
    const { low, high } = statement.values.nodes[0]!.type;
    return `${low} to ${high}`;
  };
  test.each([
    ['n + 4 <= 100', '0 to 96'],
    ['n + 4 < 100', '0 to 95'],
    ['100 >= n + 4', '0 to 96'],
    ['n + 4 > 100', '97 to 4294967295'],
    ['not (n + 4 > 100)', '0 to 96'],
    ['n + -4 >= 100', '104 to 4294967295'],
    ['n + 0x7fffffffffffffff <= 100', '0 to 4294967295'],
  ])('%s', (condition, range) => {
    expect(typeOf(condition)).toBe(range);
  });

  test('one that wraps is less though its variable is the largest', () => {
    expect(typeOf('n + 10 < 20', 'pkt:u64(0)')).toBe(`${-(2n ** 63n)} to ${2n ** 63n - 1n}`);
  });
});

/** Filters that need more registers than there are: what lives long goes to M[], and they mean what stock Lua says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { rng } from '../../scripts/packets.mjs';
import { decode } from '../../vm/isa/codec.ts';
import { essence, generatedPackets } from '../examples/files.ts';
import type { Oracle } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { runCompiled } from '../support/run.ts';

const seed = 5;
const packets = generatedPackets(seed, 12).filter(({ bytes }) => bytes.length >= 40);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const filter = (body: string, before = ''): string => `${before}\nreturn function(pkt)\n${body}\nend`;

/** Nested to the right, so that every left operand waits. */
const nested = (depth: number, leaf: (i: number) => string): string =>
  depth === 0 ? leaf(0) : `${leaf(depth)} ${['-', '~', '+'][depth % 3]} (${nested(depth - 1, leaf)})`;
const byte = (i: number): string => `pkt:u8(${i % 40})`;
const locals = (count: number): string =>
  range(count)
    .map((i) => `local v${i} = ${byte(i)} + ${i}`)
    .join('\n');
const sum = (count: number): string =>
  range(count)
    .map((i) => `v${i}`)
    .join(' + ');

const many = range(18).map((i) => `a${i}`);
const weigh = `local function weigh(${many.join(', ')})
  local n = 0
  for i = 1, 3 do n = n * 3 + ${many.map((name, i) => `(${name} ~ (i + ${i}))`).join(' * 3 + ')} end
  return n & 0xffff
end`;

const cases: Readonly<Record<string, string>> = {
  '140 locals at once': filter(`${locals(140)}\nreturn (${sum(140)}) & 0xffff`),
  '190 locals, of which few are needed at once': filter(
    `${range(190)
      .map((i) => `local v${i} = ${i < 2 ? byte(i) : `v${i - 1} ~ v${i - 2} * 3 + ${byte(i)}`}`)
      .join('\n')}
return v189 & 0xffff`,
  ),
  'an expression 85 deep': filter(`return (${nested(85, byte)}) & 0xffff`),
  'an expression 60 deep among 60 locals': filter(
    `${locals(60)}\nlocal x = ${nested(60, (i) => `v${i % 60}`)}\nreturn (x + ${sum(60)}) & 0xffff`,
  ),
  'loops 20 deep, each with its counter': filter(
    `local n = 0\n${range(20)
      .map((i) => `for i${i} = ${i}, ${i + (i % 5 === 0 ? 1 : 0)} do`)
      .join(' ')}
n = n * 3 + ${range(20)
      .map((i) => `i${i}`)
      .join(' + ')} ${'end '.repeat(20)}\nreturn n & 0xffff`,
  ),
  'a call with 18 arguments, twice nested': filter(
    `return weigh(${range(17).map(byte).join(', ')}, weigh(${range(17).map(byte).join(', ')}, ${byte(3)}))`,
    weigh,
  ),
  'a function with 18 parameters that calls one': filter(
    `return outer(${range(18).map(byte).join(', ')}) + outer(${range(18)
      .map((i) => byte(i + 1))
      .join(', ')})`,
    `${weigh}
local function outer(${many.join(', ')})
  local n = weigh(${many.toReversed().join(', ')})
  for i = 1, 2 do n = n + weigh(${many.join(', ')}) * i end
  return (n + ${many.join(' + ')}) & 0xffff
end`,
  ),
  '60 values printed': filter(`print(${range(60)
    .map((i) => (i % 3 === 0 ? byte(i) : `pkt.ip and ${byte(i)}`))
    .join(', ')})
return 1`),
  'a list within many locals': filter(
    `${locals(70)}
for i, each in ipairs(list) do v3 = v3 + each * i + v69 end
return (${sum(70)}) & 0xffff`,
    'local list = { 3, 1, 4, -1, 5 }',
  ),
  'mixed values at once': filter(
    `${range(30)
      .map((i) => `local v${i} = pkt:u8(${i}) > 99 and pkt:u32(${i})`)
      .join('\n')}
return (${range(30)
      .map((i) => `(v${i} or ${i})`)
      .join(' + ')}) & 0xffff`,
  ),
  'headers among many locals': filter(
    `${locals(100)}
local tcp, udp, ip = pkt.tcp, pkt.udp, pkt.ip
local port = (tcp or udp) and (tcp or udp).srcport or ip and ip.ttl or 1
return (port + ${sum(100)}) & 0xffff`,
  ),
};

const random = rng(seed);
function randomFilterOfMany(): string {
  const count = 20 + random.below(100);
  const term = (depth: number): string => {
    if (depth === 0) return random.below(3) === 0 ? byte(random.below(40)) : `v${random.below(count)}`;
    return `(${term(depth - 1)} ${['+', '-', '*', '~', '&', '|'][random.below(6)]} ${term(depth - 1 - random.below(depth))})`;
  };
  const steps = range(15).map(() =>
    random.below(2) === 0
      ? `v${random.below(count)} = ${term(6)}`
      : `if ${term(3)} > ${term(3)} then v${random.below(count)} = ${term(4)} end`,
  );
  return filter(`${locals(count)}\n${steps.join('\n')}\nreturn (${sum(count)}) & 0xffff`);
}

describe(`more values than registers (seed ${seed})`, () => {
  let lua: Oracle;
  beforeAll(async () => {
    lua = await wasmoon();
  });
  afterAll(() => lua.close());
  const same = async (source: string): Promise<void> =>
    expect(runCompiled(source, packets).map(essence), source).toEqual((await lua.run(source, packets)).map(essence));

  test.each(Object.keys(cases))('%s', (name) => same(cases[name]!));

  test('40 random filters', async () => {
    for (let i = 0; i < 40; i++) await same(randomFilterOfMany());
  });

  test('loops behind each other need no more than one of them', () => {
    const loop = (i: number): string => `for i = n & 3, ${byte(i)} do n = n + i end`;
    const { program } = compile(filter(`local n = 0\n${range(30).map(loop).join('\n')}\nreturn n`));
    const stores = program!.code.filter((word) => decode(word)?.mnemonic === 'st.mem');
    expect(stores).toEqual([]);
  });

  test('more than the machine has is refused at its place', () => {
    const { diagnostics } = compile(filter(`${locals(180)}\nreturn ${sum(180)}`));
    expect(diagnostics?.map(({ code }) => code)).toEqual(['too-complex']);
  });
});

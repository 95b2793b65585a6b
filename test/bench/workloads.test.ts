/** The benches' workloads mean what stock Lua says. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accepted, essence, generatedPackets, inProject, mixed } from '../examples/files.ts';
import type { Oracle } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { runCompiled } from '../support/run.ts';

const seed = 43;
const packets = [...mixed, ...generatedPackets(seed, 1000)];
const folder = inProject('bench/filters');
const workloads = readdirSync(folder).filter((file) => file.endsWith('.lua'));

/** The module `net` as far as the workloads use it: the compiler reads it, stock Lua has none. */
const netInLua = `local prefixes = { ["10.1.0.0/16"] = 0x0a01, ["192.168.0.0/16"] = 0xc0a8 }
local function require()
  return {
    cidr = function(text)
      return { contains = function(_, address) return address >> 16 == prefixes[text] end }
    end,
  }
end
`;

describe(`workloads, on mixed.pcap and 1000 generated packets (seed ${seed})`, () => {
  let lua: Oracle;
  beforeAll(async () => {
    lua = await wasmoon();
  });
  afterAll(() => lua.close());

  test('W1 to W5 are there', () => {
    expect(workloads).toEqual(expect.arrayContaining([1, 2, 3, 4, 5].map((n) => `w${n}.lua`)));
  });

  test.each(workloads)('%s', async (file) => {
    const source = readFileSync(`${folder}/${file}`, 'latin1');
    const verdicts = runCompiled(source, packets);
    expect(verdicts.map(essence)).toEqual((await lua.run(netInLua + source, packets)).map(essence));
    expect(accepted(verdicts).length).toBeLessThan(packets.length / 2);
  });
});

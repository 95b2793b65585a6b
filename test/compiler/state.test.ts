/**
 * State, compiled and in stock Lua 5.4: verdicts, what is printed, where a run fails, and after all packets what is kept,
 * of a hash in the order of its use. No lua_State lives for all packets.
 */
import { describe, expect, test } from 'vitest';
import { type Engine, engines, newMemory } from '../../cli/engines/index.ts';
import { compile, load } from '../../cli/library.ts';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { keptText } from '../support/run.ts';
import { statefulFilter } from '../support/stateful.ts';

const seed = Number(process.env.SEED ?? 1);
const count = Number(process.env.FILTERS ?? 120);
const random = rng(seed);
const packets = Array.from({ length: 40 }, (_, i) => ({
  ...randomPacket(random),
  time: 1_700_000_000_123_456_789n + BigInt(i) * 1_000_000_007n,
}));

interface Outcome {
  readonly said: readonly string[];
  readonly kept: string;
}

let printed = '';
const settings = {
  luaStatePackets: 15,
  print: (piece: string): void => {
    printed += piece;
  },
};
const compiling = await engines.interpreter(settings);
const lua = await engines.lua(settings);

function outcome(engine: Engine, text: string): Outcome {
  const memory = newMemory();
  const runner = engine.prepare({ kind: 'lua', name: 'filter.lua', text }, 1, memory);
  const said = packets.map(({ bytes, wirelen, time }) => {
    printed = '';
    const verdict = runner.run({ bytes, start: 0, caplen: bytes.length, wirelen, time });
    return `${verdict} ${runner.failure?.place ?? ''} ${JSON.stringify(printed)}`;
  });
  const kept = memory.holder?.save() ?? keptText(memory.state!);
  runner.close();
  return { said, kept };
}

/** By title, whole filters, and what is kept at the end, where that is worth a look. */
const filters: Readonly<Record<string, string>> = {
  'the counter of the overview': `
    local seen = state.hash(65536)
    local bytes = state.array(256)
    local total = state.counter()
    return function(pkt)
      local ip = pkt.ip
      if not ip then return false end
      bytes[ip.proto] = bytes[ip.proto] + #pkt
      local n = (seen[ip.src] or 0) + 1
      seen[ip.src] = n
      total:add(1)
      return n > 2
    end`,
  'a hash that overflows: get, set and add touch': `
    local h = state.hash(3)
    return function(pkt)
      local k = pkt:u8(13) & 7
      h:get(1)
      h[k] = (h[k] or 0) + 1
      h:add(k ~ 3, 1)
      if k == 5 then h[4] = nil end
      if k == 6 then h:delete(2) end
      print(h[k], h:get(k ~ 3), h[0])
      return h:add(9, 1)
    end`,
  'keys of several parts': `
    local flows = state.hash(4, 5)
    return function(pkt)
      local tcp, ip = pkt.tcp, pkt.ip
      if not (tcp and ip) then return 0 end
      flows:add(ip.src, ip.dst, ip.proto, tcp.srcport, tcp.dstport, #pkt)
      flows:set(1, 2, 3, 4, 5, flows:get(1, 2, 3, 4, 5))
      flows:set(5, 4, 3, 2, 1, 7)
      return flows:get(ip.src, ip.dst, ip.proto, tcp.srcport, tcp.dstport)
    end`,
  'assignments of several': `
    local a = state.array(8)
    local h = state.hash(8)
    local function two(x) a:add(0, 1) return x, x + 1 end
    return function(pkt)
      local i = pkt:u8(13) & 3
      i, a[i] = i + 1, 20
      a[i], i = 30, i + 1
      a[i], a[i + 1] = a[i + 1], a[i]
      a[1], a[1] = 5, 6
      h[i], a[a[1]] = two(i)
      h[a[0]], h[a[0] + 1] = a:add(0, 1), nil
      a[2], h[2], i = two(7)
      print(i, a[0], a[1], a[2], a[5], h[2])
      return a[0]
    end`,
  'an index outside an array stops the run, and undoes nothing': `
    local a = state.array(3)
    local c = state.counter()
    return function(pkt)
      c:add(1)
      local i = pkt:u8(13) % 5 - 1
      a[i] = c:get()
      c:add(100)
      return a[i]
    end`,
  'keys and values that are nil, and that are not': `
    local a = state.array(3)
    local h = state.hash(3)
    local c = state.counter()
    return function(pkt)
      local k = pkt.tcp and pkt.tcp.dstport
      local v = pkt:u8(13) > 3 and 5 or nil
      c:add(1)
      h[1] = v
      h[2] = pkt.caplen
      h:set(3, v)
      c:add(1)
      if pkt:u8(12) == 8 then h[k] = 1 end
      c:add(1)
      a[1] = v
      return h[k]
    end`,
  'a value that may be a boolean': `
    local h = state.hash(3)
    local a = state.array(3)
    return function(pkt)
      local b = pkt:u8(13) == 6
      local v = b or 3
      h:add(9, 1)
      h[1] = v
      a[0] = v
      return h[1]
    end`,
  'objects as arguments, and under other names': `
    local first, second = state.hash(2), state.hash(2)
    local array = state.array(2)
    local other = array
    local function bump(object, k, n)
      local again = object
      return again:add(k, n)
    end
    local function swap(x, y, k)
      x[k], y[k] = y[k], x[k]
    end
    return function(pkt)
      local h, k = first, pkt:u8(13) & 3
      bump(h, k, 1)
      bump(second, k, 10)
      bump(other, k & 1, 100)
      swap(first, second, k)
      print(first[k], second[k], array[0], array[1])
      return first[k]
    end`,
  'loops over state': `
    local a = state.array(16)
    local h = state.hash(5)
    return function(pkt)
      for i = 0, 15 do
        if i >= pkt.caplen then break end
        a[i] = a[i] + pkt:u8(i)
        if a[i] % 7 == 3 then goto next end
        h[a[i] & 7] = i
        ::next::
      end
      local n = 0
      while a:add(15, 1) % 5 ~= 0 do n = n + 1 end
      repeat n = n + 1 until (h:add(0, 1) & 3) == 0
      return n
    end`,
  'many values at once': `
    local h = state.hash(6, 3)
    local a = state.array(4)
    return function(pkt)
      local p, q, r, s, t, u, v, w = 1, 2, 3, 4, 5, 6, 7, pkt:u8(13)
      for i = 1, w & 3 do p, q, r, s, t, u, v = q, r, s, t, u, v, p + i end
      local m, n, o = h:add(p, q, r, s + t), h:get(s, t, u), h:get(p, q, r)
      local x = a:add(p & 3, h:add(u, v, w, a:add(q & 3, h:add(w, v, u, r))))
      h:set(p + q, r + s, t + u, (n or 0) + (o or 0) + m)
      print(m, n, o, x, p, q, r, s, t, u, v, w, a[0], a[1], a[2], a[3])
      return x + m + p + q + r + s + t + u + v + w
    end`,
  'values of 64 bits': `
    local a = state.array(2)
    local h = state.hash(4)
    local c = state.counter()
    return function(pkt)
      local v = pkt:u64(0)
      a[0], a[1] = math.mininteger, v
      h[v], h[-1], h[math.mininteger] = -v, math.mininteger, math.maxinteger
      c:add(v)
      a:add(0, -1)
      print(a[0], a[1], h[v], h[-1], h:add(math.mininteger, 1), c:get())
      return c:get()
    end`,
  'what a dead branch and a short circuit leave alone': `
    local h = state.hash(4)
    return function(pkt)
      local x = pkt.udp and h:add(1, 1) or pkt.tcp and h:add(2, 1)
      if x and h:add(3, 1) > 3 and h:add(4, 1) > 3 then return 7 end
      return x
    end`,
  'the time': `
    local last = state.counter()
    return function(pkt)
      local gap = pkt.time - last:get()
      last:add(gap)
      print(gap, pkt.time // 1000000000)
      return gap == 1000000007 or pkt.time > last:get()
    end`,
};

const withModule = (body: string): string => `local state = require "state"\n${body.replace(/^ {4}/gm, '').trim()}`;

describe('state is what stock Lua says', () => {
  test.each(Object.entries(filters))('%s', (_, body) => {
    const source = withModule(body);
    const compiled = outcome(compiling, source);
    expect(compiled).toEqual(outcome(lua, source));
    expect(new Set(compiled.said).size).toBeGreaterThan(1);
    expect(compiled.kept).toMatch(/=/);
  });

  test(`in ${count} random filters (seed ${seed})`, { timeout: 120_000 }, () => {
    let failures = 0;
    for (let i = 0; i < count; i++) {
      const source = statefulFilter(rng(seed * 1_000_003 + i));
      const compiled = outcome(compiling, source);
      expect(compiled, `filter ${i}\n${source}`).toEqual(outcome(lua, source));
      failures += compiled.said.filter((said) => said.includes('filter.lua:')).length;
    }
    // Errors are met, and most runs come to an end without one.
    expect(failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan((count * packets.length) / 2);
  });
});

describe('objects', () => {
  const objectsOf = (body: string) => {
    const { bytes, diagnostics } = compile(withModule(body));
    if (bytes === undefined) throw new Error(diagnostics.map(({ message }) => message).join());
    const { state, refusals } = load(bytes);
    if (state === undefined) throw new Error(JSON.stringify(refusals));
    return state.objects.map(({ name, kind, size, parts }) => ({ name, kind, size, parts }));
  };

  test('have the names of their locals, and are there even if nothing uses them', () => {
    expect(
      objectsOf('local h, a = state.hash(7, 2), state.array(3)\nlocal c = state.counter()\nreturn function(pkt) end'),
    ).toEqual([
      { name: 'state.h', kind: 'hash', size: 7, parts: 2 },
      { name: 'state.a', kind: 'array', size: 3, parts: 1 },
      { name: 'state.c', kind: 'counter', size: 1, parts: 1 },
    ]);
  });

  test('of one name are several', () => {
    const twice = 'local x = state.counter()\nlocal x = state.counter()\nreturn function(pkt) return x:add(1) end';
    expect(objectsOf(twice)?.map(({ name }) => name)).toEqual(['state.x', 'state.x_2']);
  });

  test('of a name that is very long are numbered, too', () => {
    const long = 'x'.repeat(300);
    const source = `local ${long}1, ${long}2 = state.hash(1), state.hash(2)\nreturn function(pkt) return ${long}2[1] end`;
    expect(objectsOf(source)?.map(({ name }) => name)).toEqual([
      `state.${'x'.repeat(64)}`,
      `state.${'x'.repeat(64)}_2`,
    ]);
  });
});

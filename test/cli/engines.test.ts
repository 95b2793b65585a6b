/** `luabpf run --engine`: filters uncompiled in stock Lua say what compiled ones say. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pcapHeader } from '../../capture/index.ts';
import { fengari } from '../../cli/engines/fengari.ts';
import { type LuaMachine, luaEngine } from '../../cli/engines/lua.ts';
import { wasmoon } from '../../cli/engines/wasmoon.ts';
import { bundled } from '../oracle/lua.ts';
import { luabpf, root, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const mixed = 'examples/captures/mixed.pcap';

/** A summary without its first line and its times. */
const figures = (text: string): string =>
  text
    .split('\n')
    .slice(1)
    .filter((line) => !line.startsWith('  time'))
    // The compiled filter's message says more.
    .map((line) => line.replace(/, for \S+/, ''))
    .join('\n');

/** One that faults in every way it can, and that returns what a call gives: a tail call, of which Lua keeps no line. */
const faulty = `return function(pkt)
  local b = pkt:u8(50)
  local x = pkt.udp and 1
  if b == 3 then
    return math.max(3,
      x)
  end
  if b == 4 then return 1 // (b - 4) end
  if b > 200 then return pkt:u8(400) end
  if b == 80 then return x + 1 end
  return pkt.tcp.srcport
end
`;

describe.each(['lua', 'fengari'] as const)('--engine=%s', (engine) => {
  test('accepts the packets that the compiled filter accepts, and says the same', () => {
    const compiled = luabpf(['run', 'examples/web.lua', mixed, '-w', '-']);
    const { status, bytes, stderr } = luabpf(['run', `--engine=${engine}`, 'examples/web.lua', mixed, '-w', '-']);
    expect(status).toBe(0);
    expect(Buffer.compare(bytes, compiled.bytes)).toBe(0);
    expect(figures(stderr)).toBe(figures(compiled.stderr));
  });

  test('faults have the cause and the line of a compiled run', () => {
    const compiled = luabpf(['run', '-', mixed], faulty).stdout;
    expect(compiled.match(/<stdin>:/g)?.length).toBeGreaterThanOrEqual(4);
    const { status, stdout } = luabpf(['run', `--engine=${engine}`, '-', mixed], faulty);
    expect(status).toBe(0);
    expect(figures(stdout)).toBe(figures(compiled));
  });

  test('what the checker rejects is rejected', () => {
    const text = 'x = 1\nreturn function(pkt) return pcall end';
    const { status, stderr } = luabpf(['run', `--engine=${engine}`, '-', mixed], text);
    expect(status).toBe(2);
    expect(stderr).toBe(luabpf(['run', '-', mixed], text).stderr);
  });

  test('a program is refused', () => {
    const program = join(folder, `${engine}.bpf64`);
    luabpf(['build', 'examples/web.lua', '-o', program]);
    const { status, stderr } = luabpf(['run', `--engine=${engine}`, program, mixed]);
    expect(status).toBe(2);
    expect(stderr).toContain(`--engine=${engine} runs Lua filters, and this is a program`);
  });

  test('a capture without packets is fine', () => {
    const empty = join(folder, 'empty.pcap');
    writeFileSync(empty, pcapHeader({ linktype: 1 }));
    expect(luabpf(['run', `--engine=${engine}`, 'examples/web.lua', empty]).status).toBe(0);
  });

  test('new states change nothing', () => {
    const run = (n: string) =>
      luabpf(['run', `--engine=${engine}`, '--lua-state-packets', n, '-', mixed], faulty).stdout;
    expect(figures(run('50'))).toBe(figures(run('100000')));
  });
});

test.each([
  ['an engine that there is not', ['--engine=jit2'], /Allowed choices are jit, interpreter, lua, fengari/],
  ['no packets', ['--lua-state-packets', '0'], /not a number of packets: 0/],
  ['a number that is none', ['--lua-state-packets', '1e3'], /not a number of packets: 1e3/],
])('%s', (_, args, message) => {
  const { status, stderr } = luabpf(['run', ...args, 'examples/web.lua', mixed]);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test('fengari refuses a filter in which a value can leave 32 bits, and says where', () => {
  const { status, stdout, stderr } = luabpf(['run', '--engine=fengari', 'examples/text-payload.lua', mixed]);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(
    /^examples\/text-payload\.lua:4:10: --engine=fengari has integers of 32 bits, and this can be anything from 0 to 4294967295$/m,
  );
});

describe.each<[string, () => Promise<LuaMachine>]>([
  ['wasmoon', wasmoon],
  ['fengari', async () => fengari()],
])('%s', (_, start) => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const packet = { bytes, start: 1, caplen: 2, wirelen: 60 };

  test('a run that does not end is stopped, and the next one is not', async () => {
    const source = 'return function(pkt)\n  while pkt:u8(0) == 2 do\n  end\n  return #pkt\nend';
    const state = (await start()).start(bundled(source), 1000);
    const { verdict, error } = state.run(packet, 1);
    expect(verdict).toBe(0);
    expect(error).toMatchObject({ class: 'budget', message: 'the limit of 1000 instructions' });
    expect(['filter:2', 'filter:3']).toContain(error?.place);
    expect(state.run({ ...packet, start: 0 }, 1)).toMatchObject({ verdict: 60, printed: '' });
    state.close();
  });

  test('what is printed comes with the run that printed it', async () => {
    const source = `return function(pkt)
      print(pkt.caplen, true, nil)
      print("\\xff\\0")
      return pkt:u8(0) + pkt.tcp.srcport
    end`;
    const state = (await start()).start(bundled(source), 1000);
    const printed = '2\ttrue\tnil\n\xff\0\n';
    const error = { class: 'type', place: 'filter:4' };
    expect(state.run(packet, 1)).toMatchObject({ verdict: 0, printed, error });
    expect(state.run(packet, 1)).toMatchObject({ verdict: 0, printed, error });
    state.close();
  });

  test('a filter reaches nothing but its packet', async () => {
    const names = 'pcall xpcall load loadfile dofile coroutine debug os io package string table getmetatable _G js';
    const source = `return function(pkt) return not (${names.split(' ').join(' or ')}) end`;
    const state = (await start()).start(bundled(source), 1000);
    expect(state.run(packet, 1)).toMatchObject({ verdict: 0xffffffff });
    state.close();
    const requiring = (await start()).start(bundled('return function(pkt) return require "os" end'), 1000);
    expect(requiring.run(packet, 1).error?.message).toContain("there is no module 'os'");
    requiring.close();
  });

  test('a state lives for as many packets as it is told, and less where it has grown too large', async () => {
    const machine = await start();
    const starts: number[] = [];
    let open = 0;
    let packets = 0;
    let kilobytes = 0;
    const counting: LuaMachine = {
      ...machine,
      start(source, limit) {
        starts.push(packets);
        open++;
        const state = machine.start(source, limit);
        return {
          run: (...args) => {
            packets++;
            return { ...state.run(...args), kilobytes };
          },
          save: () => state.save(),
          close() {
            open--;
            state.close();
          },
        };
      },
    };
    const engine = luaEngine(counting, { luaStatePackets: 3, print: () => {} });
    const text = readFileSync(join(root, 'examples/web.lua'), 'latin1');
    const runner = engine.prepare({ kind: 'lua', name: 'web.lua', text }, 1);
    for (let i = 0; i < 7; i++) runner.run(packet);
    expect(starts).toEqual([0, 3, 6]);
    kilobytes = 1e6;
    for (let i = 0; i < 3; i++) runner.run(packet);
    expect(starts).toEqual([0, 3, 6, 8]);
    // What it has taken from the start is not its packets' doing.
    kilobytes = 2e6;
    for (let i = 0; i < 2; i++) runner.run(packet);
    expect(starts).toEqual([0, 3, 6, 8, 11]);
    expect(open).toBe(1);
    runner.close();
    expect(open).toBe(0);
  });
});

test('what a state takes grows with its packets, and a new one begins again', async () => {
  const machine = await wasmoon();
  const sizes: number[] = [];
  const measuring: LuaMachine = {
    ...machine,
    start(source, limit) {
      const state = machine.start(source, limit);
      const run: typeof state.run = (...args) => {
        const reply = state.run(...args);
        sizes.push(reply.kilobytes);
        return reply;
      };
      return { ...state, run };
    },
  };
  const text = readFileSync(join(root, 'examples/web.lua'), 'latin1');
  const runner = luaEngine(measuring, { luaStatePackets: 500, print: () => {} }).prepare(
    { kind: 'lua', name: 'web.lua', text },
    1,
  );
  const packet = { bytes: new Uint8Array(1500), start: 0, caplen: 1500, wirelen: 1500 };
  for (let i = 0; i < 2000; i++) runner.run(packet);
  runner.close();
  const [first, ...later] = [0, 500, 1000, 1500].map((at) => sizes.slice(at, at + 500));
  expect(first!.every((size, i) => i === 0 || size > first![i - 1]!)).toBe(true);
  for (const sizesOfState of later) expect(sizesOfState).toEqual(first);
});

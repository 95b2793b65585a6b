/** `luabpf init`: what it writes, what it leaves alone, and whether editors learn all of the language from it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packetMethods } from '../../compiler/check/packet.ts';
import { compile, fieldsOf, foundIn, type HeaderName, headers, placesOf, stubFiles } from '../../compiler/index.ts';
import { parse } from '../../compiler/parse.ts';
import { ipProtocols, protocolNumbers, servicePorts } from '../../compiler/protocols/numbers.ts';
import { hasLua54 } from '../oracle/lua54.ts';
import { luabpf, root, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const stubs = [...stubFiles().keys()];
const read = (...path: readonly string[]): string => readFileSync(join(folder, ...path), 'utf8');

describe('luabpf init', () => {
  test('writes stubs and settings; the second time the stubs alone, and says so', () => {
    const path = join(folder, 'new/filters');
    const said = (how: string, settings: string) => [
      ...stubs.map((name) => `${join(path, '.luabpf', name)}: ${how}`),
      `${join(path, '.luarc.json')}: ${settings}`,
    ];
    const lines = () =>
      luabpf(['init', path])
        .stdout.split('\n')
        .slice(0, stubs.length + 1);
    expect(lines()).toEqual(said('written', 'written'));
    expect(readdirSync(path).toSorted()).toEqual(['.luabpf', '.luarc.json']);
    expect(JSON.parse(read('new/filters/.luarc.json'))).toMatchObject({ 'workspace.library': ['.luabpf'] });
    expect(lines()).toEqual(said('written anew', 'left as it is'));
  });

  test("leaves a user's own settings, and says what to add to them", () => {
    const path = join(folder, 'settings');
    mkdirSync(path);
    writeFileSync(join(path, '.luarc.json'), '{}\n');
    const { status, stdout } = luabpf(['init', path]);
    expect(status).toBe(0);
    expect(stdout).toContain('.luarc.json: left as it is; add ".luabpf" to its "workspace.library"\n');
    expect(read('settings/.luarc.json')).toBe('{}\n');
  });

  test('writes nothing where a file of the name is not its own', () => {
    const path = join(folder, 'own');
    mkdirSync(join(path, '.luabpf'), { recursive: true });
    writeFileSync(join(path, '.luabpf/state.lua'), 'return {}\n');
    const { status, stdout, stderr } = luabpf(['init', path]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('state.lua: is there already, and is not the work of `luabpf init`\n');
    expect(readdirSync(path)).toEqual(['.luabpf']);
    expect(readdirSync(join(path, '.luabpf'))).toEqual(['state.lua']);
  });

  test('says what is wrong with a folder', () => {
    writeFileSync(join(folder, 'file'), '');
    const { status, stderr } = luabpf(['init', join(folder, 'file')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/file\/\.luabpf: a part of its path is not a directory\n$/);
  });
});

/** Fields and their types by class, as the annotations have them. */
function classesIn(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const classes = new Map<string, Map<string, string>>();
  let fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name] = /^---@class (\S+)/.exec(line) ?? [];
    if (name !== undefined) {
      fields = new Map();
      classes.set(name, fields);
    }
    const [, field, type] = /^---@field (\S+) (\S+)/.exec(line) ?? [];
    if (field !== undefined && type !== undefined) fields.set(field, type);
  }
  return classes;
}

describe('the stubs', () => {
  const files = stubFiles();
  const classes = classesIn(files.get('luabpf.lua')!);
  const types = {
    integer: 'integer',
    boolean: 'boolean',
    address: 'luabpf.Address',
    packet: 'luabpf.Packet?',
  } as const;

  test('have every header, group and field, each with its type, and no other', () => {
    const expected = new Map<string, Map<string, string>>();
    const at = (name: string): Map<string, string> => {
      const fields = expected.get(name) ?? new Map<string, string>();
      expected.set(name, fields);
      return fields;
    };
    for (const header of Object.keys(headers) as HeaderName[]) {
      at('luabpf.Packet').set(header, `luabpf.${header}?`);
      for (const { path, type } of [...fieldsOf(header), ...placesOf(header)]) {
        const names = path.split('.');
        for (const [depth, name] of names.entries()) {
          const around = ['luabpf', header, ...names.slice(0, depth)].join('.');
          at(around).set(name, depth === names.length - 1 ? types[type] : `${around}.${name}`);
        }
      }
    }
    for (const header of Object.keys(headers) as HeaderName[])
      for (const { path, gives, takes } of foundIn(header))
        at(`luabpf.${header}`).set(path, takes === undefined ? `${gives}?` : 'fun(self:');
    at('luabpf.Packet').set('caplen', 'integer').set('time', 'integer');
    at('luabpf.Address');
    expect(classes).toEqual(expected);
    expect(classes.get('luabpf.tcp.flags')?.get('syn')).toBe('boolean');
  });

  test('have every method of a packet and every protocol number', () => {
    const methods = [...files.get('luabpf.lua')!.matchAll(/^function Packet:(\w+)\(/gm)].map(([, name]) => name);
    expect(methods.toSorted()).toEqual(packetMethods.toSorted());
    const net = classesIn(files.get('net.lua')!);
    const names = (of: string): string[] =>
      [...net.get(of)!.keys()].map((field) => field.replace(/^\["(.*)"\]$/, '$1')).toSorted();
    expect(names('luabpf.net')).toEqual([...ipProtocols.keys(), 'port', 'proto'].toSorted());
    expect(names('luabpf.net.port')).toEqual([...servicePorts.keys()].toSorted());
    expect(names('luabpf.net.proto')).toEqual([...protocolNumbers.keys()].toSorted());
  });

  test.each([
    ['Array', 'state.array(1)'],
    ['Hash', 'state.hash(1)'],
    ['Counter', 'state.counter()'],
  ])('have every operation of a luabpf.%s', (name, made) => {
    const source = `local state = require "state"\nlocal s = ${made}\nreturn function(pkt) return s:nonsense() end`;
    const { hint = '' } = compile(source).diagnostics?.[0] ?? {};
    const known = [...hint.matchAll(/`s:(\w+)`/g)].map(([, operation]) => operation);
    const listed = [...files.get('state.lua')!.matchAll(new RegExp(`^function ${name}:(\\w+)`, 'gm'))];
    expect(known.length).toBeGreaterThan(1);
    expect(listed.map(([, operation]) => operation)).toEqual(known);
  });

  test.each([...files])('%s is Lua', (_, text) => {
    expect(parse(text).problem).toBeUndefined();
  });

  const modules = stubs.filter((name) => name !== 'luabpf.lua').map((name) => name.replace('.lua', ''));
  test.skipIf(!hasLua54)(
    `have what modules have in Lua${hasLua54 ? '' : ' (skipped: lua5.4 is not installed)'}`,
    () => {
      const path = join(folder, 'modules');
      expect(luabpf(['init', path]).status).toBe(0);
      expect(luabpf(['shim', join(path, 'shim')]).status).toBe(0);
      const functions = (at: string): string => {
        const source = `for _, name in ipairs { ${modules.map((name) => `"${name}"`).join(', ')} } do
  local names = {}
  for key, value in pairs(require(name)) do
    if type(value) == "function" then names[#names + 1] = name .. "." .. key end
  end
  table.sort(names)
  print(table.concat(names, " "))
end`;
        const env = { ...process.env, LUA_PATH: `${join(path, at)}/?.lua`, LUA_PATH_5_4: `${join(path, at)}/?.lua` };
        const { stdout, stderr } = spawnSync('lua5.4', ['-e', source], { env });
        expect(stderr.toString()).toBe('');
        return stdout.toString();
      };
      const real = functions('shim');
      expect(real).toContain('net.cidr net.cidrs net.ip net.mac');
      expect(functions('.luabpf')).toBe(real);
    },
  );

  const hasServer = spawnSync('lua-language-server', ['--version']).status === 0;
  const lacking = hasServer ? '' : ' (skipped: lua-language-server is not installed)';
  test.skipIf(!hasServer)(`teach lua-language-server a filter, and its mistakes${lacking}`, () => {
    const path = join(folder, 'server');
    expect(luabpf(['init', path]).status).toBe(0);
    const check = (filter: string): { status: number | null; text: string } => {
      writeFileSync(join(path, 'filter.lua'), filter);
      const given = ['--check', path, '--checklevel=Warning', '--logpath', join(path, 'log')];
      const { status, stdout } = spawnSync('lua-language-server', given, { cwd: root });
      return { status, text: stdout.toString() };
    };
    const fine = `local net = require "net"
local lan = net.cidr "10.0.0.0/8"
---@param pkt luabpf.Packet
return function(pkt)
  local ip, tcp = pkt.ip, pkt.tcp
  return ip and lan:contains(ip.src) and tcp and tcp.flags.syn and pkt:u8(tcp.payload) == 22
end
`;
    expect(check(fine).status).toBe(0);
    expect(check(fine.replace('flags.syn', 'flags.sin')).text).toContain('undefined-field');
  });
});

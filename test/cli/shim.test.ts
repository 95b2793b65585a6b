/** `luabpf shim`: the folder it writes, and filters in an installed Lua by way of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shim } from '../../compiler/index.ts';
import { ethernet, ipv4, tcp } from '../../scripts/packets.mjs';
import { hasLua54 } from '../oracle/lua54.ts';
import { luabpf, root, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const names = ['README.md', 'args.lua', 'bytes.lua', 'luabpf.lua', 'net.lua', 'state.lua'];
const textOf = (...path: readonly string[]): string => readFileSync(join(folder, ...path), 'utf8');

describe('luabpf shim', () => {
  test('writes a folder, and writes it anew', () => {
    const path = join(folder, 'a/b');
    for (const _ of ['first', 'again']) {
      const { status, stdout } = luabpf(['shim', path]);
      expect(status).toBe(0);
      expect(stdout.trim().split('\n').sort()).toEqual(names.map((name) => join(path, name)));
      expect(readdirSync(path).sort()).toEqual(names);
    }
    expect(textOf('a/b/luabpf.lua')).toContain(shim());
    expect(textOf('a/b/README.md')).toContain('luabpf.hex "ff ff …"');
  });

  test('leaves alone what is not its own, and writes nothing then', () => {
    const path = join(folder, 'own');
    mkdirSync(path);
    writeFileSync(join(path, 'state.lua'), 'return {}\n');
    const { status, stderr } = luabpf(['shim', path]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${join(path, 'state.lua')}: is there already, and is not the work of \`luabpf shim\``);
    expect(readdirSync(path)).toEqual(['state.lua']);
    expect(textOf('own/state.lua')).toBe('return {}\n');
  });

  test('says what is wrong with a folder', () => {
    writeFileSync(join(folder, 'file'), '');
    const said = (...args: readonly string[]): string => {
      const { status, stdout, stderr } = luabpf(['shim', ...args]);
      return `${status} ${stdout}${stderr}`;
    };
    expect(said(join(folder, 'file'))).toBe(`2 ${join(folder, 'file')}: is not a folder\n  name another\n`);
    expect(said(join(folder, 'file/below'))).toMatch(/^2 .*file\/below: a part of its path is not a directory\n$/);
    expect(said()).toBe('2 luabpf: a folder is missing\n  luabpf shim DIR\n');
  });
});

const ends = { src: '192.0.2.1', dst: '198.51.100.10' };
const title = hasLua54 ? 'lua5.4' : 'lua5.4 (skipped: not installed)';

/** A TCP segment to port 443 of 198.51.100.10. */
const web = Buffer.from(
  ethernet({ type: 0x0800 }, ipv4({ ...ends, proto: 6 }, tcp({ ...ends, srcport: 40_000, dstport: 443 }))),
).toString('hex');

describe.skipIf(!hasLua54)(title, () => {
  const path = join(folder, 'shim');
  luabpf(['shim', path]);
  /** What a chunk prints that has the shim and the folder's other files on its path. */
  const printed = (text: string): string => {
    const { stdout, stderr } = spawnSync('lua5.4', ['-e', text], {
      cwd: folder,
      env: { ...process.env, LUA_PATH: `${path}/?.lua;${folder}/?.lua;;` },
      encoding: 'utf8',
    });
    return stdout + stderr;
  };
  const run = (text: string): string => printed(`local luabpf = require "luabpf" ${text}`);

  test('does what the page beside it says', () => {
    const blocks = [...textOf('shim/README.md').matchAll(/^```lua\n-- (\S+)\n([\s\S]*?)^```/gm)];
    expect(blocks.map(([, name]) => name)).toEqual(['arp.lua', 'arp_test.lua']);
    for (const [, name, text] of blocks) writeFileSync(join(folder, name!), text!);
    expect(printed('dofile "arp_test.lua" print "passed"')).toBe('passed\n');
    // So does the page of the language, of the same filter.
    const page = readFileSync(join(root, 'docs/language.md'), 'utf8').split('## Under stock Lua')[1]!;
    const lines = page.split('\n').filter((line) => line.startsWith('    '));
    expect(lines.at(-1)).toContain('assert(');
    expect(printed(`${lines.join('\n')}\nprint "passed"`)).toBe('passed\n');
  });

  test('a filter with every module says what the compiled one says', () => {
    writeFileSync(
      join(folder, 'ports.lua'),
      'local M = { web = 80 }\nfunction M.of(t) return t.dstport end\nreturn M\n',
    );
    writeFileSync(
      join(folder, 'all.lua'),
      `local net, args, state, ports = require "net", require "args", require "state", require "ports"
local lan, home = net.cidr "198.51.100.0/24", net.cidrs { "10.0.0.0/8", "192.0.2.0/24" }
local peer = net.mac "02:00:00:00:00:01"
local seen = state.hash(4)
return function(pkt)
  local ip, tcp = pkt.ip, pkt.tcp
  if not (ip and tcp and lan:contains(ip.dst) and home:contains(ip.src) and pkt.eth.src == peer) then return false end
  return seen:add(ip.src, ports.of(tcp) == args.port and ip.proto == net.TCP and 1 or ports.web)
end

--@test hex "${web}" returns 1
`,
    );
    const once = `require("args").port = 443
local filter, pkt = dofile "all.lua", luabpf.packet(luabpf.hex "${web}")
print(luabpf.verdict(filter, pkt), luabpf.verdict(filter, pkt))`;
    expect(run(once)).toBe('1\t2\n');
    expect(luabpf(['test', join(folder, 'all.lua'), '--set', 'port=443']).status).toBe(0);
  });

  test('packets are what they are said to be', () => {
    const filter = 'local f = function(p) return p.caplen * 1000000 + #p * 1000 + p.time end';
    expect(run(`${filter} print(luabpf.verdict(f, luabpf.packet("abc", { wirelen = 60, time = 7 })))`)).toBe(
      '3060007\n',
    );
    const raw = 'luabpf.hex "45000014 00000000 40060000 c0000201 c6336401"';
    expect(run(`local p = luabpf.packet(${raw}, { linktype = 101 }) print(p.eth, p.ip.ttl, p:u8(9))`)).toBe(
      'nil\t64\t6\n',
    );
    const store = 'function(p) p:set_u8(0, 9) return p:u8(0) end';
    expect(run(`print(luabpf.verdict(${store}, luabpf.packet("a", { writable = true })))`)).toBe('9\n');
    expect(
      run(`local p = luabpf.packet("ab", { writable = true }) luabpf.verdict(${store}, p) print(luabpf.bytes_of(p))`),
    ).toBe('\tb\n');
    expect(run(`print(select("#", luabpf.verdict(${store}, luabpf.packet "a")))`)).toBe('3\n');
    expect(run('print(luabpf.verdict(function(p) return p:u8(0) end, luabpf.packet ""))')).toMatch(
      /^0\tbounds\t.*read of 1 bytes at 0 is outside the 0 captured bytes\n$/,
    );
  });

  test.each([
    ['luabpf.packet(5)', 'a packet is a string of bytes, not number'],
    ['luabpf.packet("ab", { wire = 5 })', "a packet has no option 'wire'"],
    ['luabpf.packet("ab", { wirelen = 1 })', 'wirelen is 1, and 2 bytes are captured'],
    ['luabpf.packet("ab", { time = 1.5 })', 'time is of type integer, not float'],
    ['luabpf.packet("ab", { writable = 1 })', 'writable is of type boolean, not integer'],
    ['luabpf.hex "0g"', "'g' is no hexadecimal digit"],
    ['luabpf.hex "012"', '3 hexadecimal digits are no whole bytes'],
    ['require("net").ip "1.2.3.04"', '"1.2.3.04" is no IPv4 address'],
    ['require("net").mac "00:00:5e-00:53:01"', '"00:00:5e-00:53:01" is no MAC address'],
    ['require("net").cidr "10.0.0.1/8"', '"10.0.0.1/8" is no IPv4 network'],
    ['require("net").cidrs { "10.0.0.0/8", "fe80::1/10" }', '"fe80::1/10" is no IPv6 network'],
    ['require("net").cidrs {}', 'net.cidrs takes a list of one network or more'],
  ])('%s says where it is wrong', (text, message) => expect(run(text)).toContain(`(command line):1: ${message}`));
});

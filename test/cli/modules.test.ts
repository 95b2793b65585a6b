/** `require`, `--path` and `--set`, as a user meets them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { luabpf, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const capture = 'examples/captures/mixed.pcap';

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const filter = file(
  'port.lua',
  `local ports = require "lib.ports"
local args = require "args"
local wanted = args.port or ports.web
return function(pkt)
  return pkt.tcp and ports.has(pkt.tcp, wanted)
end
`,
);
file(
  'lib/ports.lua',
  `local M = { web = 80 }
function M.has(header, port) return header.srcport == port or header.dstport == port end
function M.is_web(header) return header.srcport == M.web or header.dstport == M.web end
return M
`,
);

/** The packets that a filter accepts. */
const accepted = (...args: readonly string[]): string | undefined =>
  /accepted +(\d+)/.exec(luabpf(['run', ...args]).stdout)?.[1];
const twin = (port: number): string | undefined =>
  accepted(
    '-e',
    `return function(p) local t = p.tcp return t and (t.srcport == ${port} or t.dstport == ${port}) end`,
    capture,
  );

describe('modules', () => {
  test('stand beside the filter, in folders by dots, whatever the current folder is', () => {
    expect(accepted(filter, capture)).toBe(twin(80));
    expect(twin(80)).not.toBe(twin(443));
  });

  test('every command that takes a filter finds them', () => {
    expect(luabpf(['check', filter]).status).toBe(0);
    expect(luabpf(['disasm', filter]).status).toBe(0);
    const program = join(folder, 'port.bpf64');
    expect(luabpf(['build', filter, '--set', 'port=443', '-o', program]).status).toBe(0);
    expect(accepted(program, capture)).toBe(twin(443));
  });

  test('come from --path too, the first folder that has one', () => {
    const text = 'local p = require "ports" return function(pkt) return pkt.tcp and p.has(pkt.tcp, p.web) end';
    file('other/ports.lua', 'return {}');
    expect(accepted('-e', text, '--path', join(folder, 'lib'), '--path', join(folder, 'other'), capture)).toBe(
      twin(80),
    );
  });

  test.each(['../port', '/etc/passwd', 'lib/ports', 'lib..ports', '.lib.ports', ''])('no file is named %j', (name) => {
    const { status, stderr } = luabpf([
      'check',
      file('names.lua', `local m = require "${name}" return function(p) end`),
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('names.lua:1:19: rejected [require-missing]');
  });

  test('one that cannot be read is named', () => {
    mkdirSync(join(folder, 'folder.lua'));
    const { status, stderr } = luabpf([
      'check',
      file('reads.lua', 'local m = require "folder" return function(p) end'),
    ]);
    expect([status, stderr]).toEqual([2, `${join(folder, 'folder.lua')}: is a directory\n`]);
  });

  test('what is wrong in one is shown there, with the call that led to it', () => {
    const { status, stderr } = luabpf(['check', filter, '--set', 'port=eighty']);
    expect(status).toBe(2);
    expect(stderr).toContain('lib/ports.lua:2:37: rejected [type-equal]');
    expect(stderr).toContain('port.lua:5:22: called as');
  });

  test.each(['lua', 'fengari'])('are what they were when it was compiled under --engine=%s', (engine) => {
    const text = `local net = require "net"
local ports = require "lib.ports"
local args = require "args"
return function(pkt)
  local ip = pkt.ip
  print(ports.web, args.port, args.name, args.none, net.TCP)
  return ip and ip.proto == net.TCP and pkt.tcp and (ports.is_web(pkt.tcp) or pkt.tcp.dstport == args.port)
end
`;
    const sum = ['--set', 'port=443', '--set', 'name=a\\"\n'];
    const run = (name: string): string =>
      luabpf(['run', `--engine=${name}`, file('engines.lua', text), capture, ...sum]).stdout.replace(/^ *time.*/m, '');
    expect(run(engine)).toBe(run('interpreter'));
    expect(run(engine)).toMatch(/^80\t443\ta\\"$/m);
  });

  test('a module is evaluated once, and one of the name of a bundled one hides it', () => {
    file('shared.lua', 'local state = require "state"\nlocal seen = state.counter()\nreturn seen\n');
    file('other/shared2.lua', 'local seen = require "shared"\nreturn seen\n');
    file('other/net.lua', 'return { TCP = 7 }\n');
    const path = file(
      'twice.lua',
      `local a, b, net = require "shared", require "shared2", require "net"
return function(pkt)
  a:add(1)
  return b:add(1) == 2 and net.TCP == 7
end

--@test hex "00" accepts
`,
    );
    const { status, stdout } = luabpf(['test', path, '--path', join(folder, 'other'), '--engine=lua']);
    expect([status, stdout]).toEqual([0, expect.stringContaining('1 test: all passed (lua 1)')]);
    expect(luabpf(['test', path, '--path', join(folder, 'other'), '--engine=interpreter']).status).toBe(0);
    // What modules keep goes over to the next lua_State.
    expect(accepted('--engine=lua', '--lua-state-packets', '7', '--path', join(folder, 'other'), path, capture)).toBe(
      '1',
    );
  });

  test('a fault in one is counted at its line', () => {
    file('reader.lua', 'local M = {}\nfunction M.at(pkt)\n  local x = pkt:u8(9999)\n  return x\nend\nreturn M\n');
    const path = file('reads2.lua', 'local r = require "reader"\nreturn function(pkt) return r.at(pkt) end\n');
    for (const engine of ['jit', 'interpreter', 'lua', 'fengari'])
      expect(luabpf(['run', `--engine=${engine}`, path, capture]).stdout).toContain(
        `${join(folder, 'reader.lua')}:3 (first on packet 1)`,
      );
  });

  test('fengari refuses addresses that are negative there, and says where', () => {
    file('wide.lua', 'local M = {}\nfunction M.first(pkt) return pkt:u32(0) == 1 end\nreturn M\n');
    const refusal = (text: string): string => {
      const path = file('narrow.lua', `local net = require "net"\n${text}\n`);
      const { status, stderr } = luabpf(['run', '--engine=fengari', path, capture]);
      return status === 2 ? stderr.replaceAll(`${folder}/`, '') : `${status}`;
    };
    const range = (place: string, value: string): string =>
      `${place}: --engine=fengari has integers of 32 bits, and this ${value}\n  run it by --engine=lua, which has 64\n`;
    const filter = 'return function(pkt) return n:contains(pkt:u8(0)) end';
    expect(refusal('local a = net.ip "127.255.255.255" return function(pkt) return pkt:u16(0) == a end')).toBe('0');
    expect(refusal('local a = net.ip "128.0.0.0" return function(pkt) return pkt:u16(0) == a end')).toBe(
      range('narrow.lua:2:11', 'is 2147483648'),
    );
    expect(refusal('local a = net.mac "00:00:7f:ff:ff:ff" return function(pkt) return pkt:u16(0) == a end')).toBe('0');
    expect(refusal('local a = net.mac "00:00:80:00:00:00" return function(pkt) return pkt:u16(0) == a end')).toBe(
      range('narrow.lua:2:11', 'is 2147483648'),
    );
    expect(refusal(`local n = net.cidr "64.0.0.0/2" ${filter}`)).toBe('0');
    expect(refusal(`local n = net.cidr "64.0.0.0/1" ${filter}`)).toContain('rejected [net-text]');
    expect(refusal(`local n = net.cidr "192.0.2.0/24" ${filter}`)).toBe(
      range('narrow.lua:2:20', 'can be anything from 3221225984 to 3221226239'),
    );
    expect(refusal(`local n = net.cidrs { "0.0.0.0/2", "64.0.0.0/2" } ${filter}`)).toBe('0');
    expect(refusal(`local n = net.cidrs { "64.0.0.0/2", "192.0.2.0/24" } ${filter}`)).toBe(
      range('narrow.lua:2:37', 'can be anything from 3221225984 to 3221226239'),
    );
    // What is negative in both is in no network of either.
    const negative = 'return function(pkt) return n:contains(pkt:i8(0)) end';
    expect(refusal(`local n = net.cidr "64.0.0.0/2" ${negative}`)).toBe('0');
    expect(refusal(`local n = net.cidr "128.0.0.0/1" ${negative}`)).toMatch(/^narrow\.lua:2:20: --engine=fengari/);
    expect(refusal('local w = require "wide" return function(pkt) return w.first(pkt) end')).toBe(
      range('wide.lua:2:30', 'can be anything from 0 to 4294967295'),
    );
  });
});

describe('--set', () => {
  /** What a filter prints of one setting. */
  const printed = (...settings: readonly string[]): string | undefined => {
    const text = 'local args = require "args" return function(pkt) print(args.x) error() end';
    return luabpf(['run', '-e', text, ...settings.flatMap((each) => ['--set', each]), capture]).stdout.split('\n')[0];
  };

  test.each([
    ['x=443', '443'],
    ['x=-9223372036854775808', '-9223372036854775808'],
    ['x=0xff', '255'],
    ['x=-0x10', '-16'],
    ['x=true', 'true'],
    ['x=false', 'false'],
    ['x=', ''],
    ['x=a=b', 'a=b'],
    ['x=1.5', '1.5'],
    ['x=True', 'True'],
    ['y=1', 'nil'],
  ])('%s is read as %s', (setting, value) => expect(printed(setting)).toBe(value));

  test('the last one counts', () => expect(printed('x=1', 'x=2')).toBe('2'));

  test.each(['x', '=1', '1x=1', 'a b=1', 'x=9223372036854775808', 'x=0x10000000000000000'])(
    '%s is refused',
    (setting) => {
      const { status, stdout, stderr } = luabpf(['check', '-e', 'return function(p) end', '--set', setting]);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^luabpf: --set .*\n {2}\S/);
    },
  );
});

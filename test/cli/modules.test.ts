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

  test('the Lua engines say that they run one file', () => {
    const { status, stderr } = luabpf(['run', '--engine=lua', filter, capture]);
    expect(status).toBe(2);
    expect(stderr).toContain('--engine=lua runs filters of one file, and this one requires "lib.ports"');
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

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load } from '../../vm/index.ts';
import { luabpf, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const bad = ['local limit = 1.5', 'return function(pkt)', '  return pkt.tpc', 'end'].join('\n');

describe('check', () => {
  test('a filter that is fine', () => {
    const { status, stdout, stderr } = luabpf(['check', 'examples/web.lua']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^examples\/web\.lua: fine \(BPF64, \d+ instructions for ETHERNET\)\n$/);
  });

  test('all rejections, each with its line, a caret, the reason and what to do', () => {
    const { status, stdout, stderr } = luabpf(['check', '-'], bad);
    expect([status, stdout]).toEqual([2, '']);
    const [first] = stderr.split('\n\n');
    expect(first).toBe(
      [
        '<stdin>:1:15: rejected [float]: 1.5 is a float; the filter language has integers only',
        '  1 | local limit = 1.5',
        '    |               ^^^',
        '    = write an integer; from 2^63 up, in hexadecimal',
        '    = see docs/errors.md#float',
      ].join('\n'),
    );
    expect(stderr).toContain('did you mean `tcp`?');
    expect(stderr).toContain('<stdin>: 2 rejections');
  });

  test('as JSON: code, message, hint, byte and line ranges', () => {
    const { status, stdout } = luabpf(['check', '--json', '-'], bad);
    expect(status).toBe(2);
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({
      file: '<stdin>',
      ok: false,
      diagnostics: [
        {
          code: 'float',
          severity: 'error',
          start: { offset: 14, line: 1, column: 15 },
          end: { offset: 17, line: 1, column: 18 },
        },
        { code: 'packet-member', hint: 'did you mean `tcp`?' },
      ],
    });
    expect(JSON.parse(luabpf(['check', '--json', 'examples/web.lua']).stdout)).toEqual({
      file: 'examples/web.lua',
      ok: true,
      diagnostics: [],
    });
  });

  const looping =
    'return function(pkt)\n  local o = 0\n  while pkt:u8(o) ~= 0 do o = o + 1 end\n  return pkt.ip\nend\n';

  test('a suggestion is shown as the line that it makes, and the calls that led there', () => {
    const text = 'local function f(x) return x / 2 end\nreturn function(pkt) return f(#pkt) end\n';
    const { status, stderr } = luabpf(['check', '-'], text);
    expect(status).toBe(2);
    expect(stderr).toBe(
      [
        '<stdin>:1:28: rejected [division]: `/` gives a float',
        '  1 | local function f(x) return x / 2 end',
        '    |                            ^^^^^',
        '  1 + local function f(x) return x // 2 end',
        '    = use `//`, which rounds down',
        '    = <stdin>:2:29: called as `f(an integer)`',
        '',
        '<stdin>: 1 rejection',
        '',
      ].join('\n'),
    );
    expect(JSON.parse(luabpf(['check', '--json', '-'], text).stdout)).toMatchObject({
      diagnostics: [
        {
          code: 'division',
          file: '<stdin>',
          help: 'docs/errors.md#division',
          path: [{ message: 'called as `f(an integer)`', file: '<stdin>', start: { line: 2, column: 29 } }],
          suggestion: { text: '//', start: { offset: 29 }, end: { offset: 30 } },
        },
      ],
    });
  });

  test('a warning is shown, and the filter is fine', () => {
    const { status, stdout, stderr } = luabpf(['check', '-'], looping);
    expect(status).toBe(0);
    expect(stdout).toContain('<stdin>: fine');
    expect(stderr).toContain('<stdin>:4:10: warning [door-closed]: the search for `pkt.ip` may come too late');
    expect(stderr).toContain('= <stdin>:3:3: each turn of this loop closes a byte');
    expect(stderr).toContain('<stdin>: 1 warning\n');
    expect(JSON.parse(luabpf(['check', '--json', '-'], looping).stdout)).toMatchObject({
      ok: true,
      diagnostics: [{ code: 'door-closed', severity: 'warning' }],
    });
  });

  test('run says it once, however many link types there are, and runs', () => {
    const { status, stdout, stderr } = luabpf(['run', '-', 'examples/captures/mixed.pcap'], looping);
    expect(status).toBe(0);
    expect(stdout).toContain('packets');
    expect(stderr.split('warning [door-closed]').length - 1).toBe(1);
  });

  test.each(['check', 'disasm'])('%s --loops refuses loops', (command) => {
    const { status, stderr } = luabpf([command, '--loops', 'counted', '-'], looping);
    expect(status).toBe(2);
    expect(stderr).toContain('<stdin>:3:3: rejected [loop-refused]: `while` is not allowed here: --loops=counted');
    expect(luabpf([command, '--loops=door', '-'], looping).status).toBe(0);
    expect(luabpf([command, '--loops=some', '-'], looping)).toMatchObject({ status: 2, stdout: '' });
  });

  test('build and run take --loops too', () => {
    const path = join(folder, 'loops.bpf64');
    expect(luabpf(['build', '--loops=none', '-o', path, '-'], looping).status).toBe(2);
    expect(existsSync(path)).toBe(false);
    expect(luabpf(['run', '--loops=none', '-', 'examples/captures/mixed.pcap'], looping).status).toBe(2);
  });

  test('the caret stands under the place behind tabs and bytes above ASCII', () => {
    const { stderr } = luabpf(['check', '-'], '--é\n\t--[[é]] return 1');
    const [, line, caret] = stderr.split('\n');
    expect(line).toContain('return');
    expect(caret!.indexOf('^')).toBe(line!.indexOf('return'));
  });
});

describe('build', () => {
  test('writes a program that the machine loads', () => {
    const path = join(folder, 'web.bpf64');
    const { status, stdout } = luabpf(['build', 'examples/web.lua', '-o', path]);
    expect(status).toBe(0);
    const bytes = readFileSync(path);
    expect(stdout).toMatch(new RegExp(`${bytes.length.toLocaleString('en-US')} bytes\n$`));
    expect(load(bytes).program?.linktype).toBe(1);
  });

  test('the same source gives the same bytes', () => {
    const [first, second] = [1, 2].map(() => luabpf(['build', 'examples/web.lua', '-o', '-']).bytes);
    expect(first!.length).toBeGreaterThan(500);
    expect(Buffer.compare(first!, second!)).toBe(0);
  });

  test('a rejected filter leaves no file, and an old one as it was', () => {
    const [path, old] = [join(folder, 'none.bpf64'), join(folder, 'old.bpf64')];
    writeFileSync(old, 'old');
    expect(luabpf(['build', '-', '-o', path], bad).status).toBe(2);
    expect(luabpf(['build', '-', '-o', old], bad).status).toBe(2);
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(old, 'utf8')).toBe('old');
  });

  test('says what is missing', () => {
    const { status, stderr } = luabpf(['build', 'examples/web.lua']);
    expect(status).toBe(2);
    expect(stderr).toContain("required option '-o <file>'");
  });

  test('a link type by name or number, or a message', () => {
    expect(luabpf(['build', 'examples/web.lua', '-o', '-', '--linktype', 'raw']).status).toBe(0);
    expect(luabpf(['build', 'examples/web.lua', '-o', '-', '--linktype', '101']).status).toBe(0);
    const { status, stderr } = luabpf(['build', 'examples/web.lua', '-o', '-', '--linktype', 'carrier-pigeon']);
    expect(status).toBe(2);
    expect(stderr).toContain('there is no link type carrier-pigeon');
  });
});

describe('disasm', () => {
  test('a Lua filter: its lines beside the instructions', () => {
    const { status, stdout } = luabpf(['disasm', 'examples/web.lua']);
    expect(status).toBe(0);
    expect(stdout).toContain('; 6 |   return tcp and (web[tcp.srcport] or web[tcp.dstport])\n');
    expect(stdout).toMatch(/^ +0 {2}[0-9a-f]{4} 00 00 00000000 +prolog in=0 private=\d+ out=0$/m);
  });

  test('a program: line numbers', () => {
    const path = join(folder, 'lines.bpf64');
    luabpf(['build', 'examples/web.lua', '-o', path]);
    expect(luabpf(['disasm', path]).stdout).toContain('; line 6\n');
  });

  test('a classic program as tcpdump -d writes it', () => {
    const { status, stdout } = luabpf(['disasm', '-'], '4\n40 0 0 12\n21 0 1 2048\n6 0 0 262144\n6 0 0 0\n');
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(1)).toEqual([
      '(000) ldh      [12]',
      '(001) jeq      #0x800           jt 2\tjf 3',
      '(002) ret      #262144',
      '(003) ret      #0',
      '',
    ]);
  });
});

test('help and version go to standard output, a wrong command to standard error', () => {
  expect(luabpf(['--version'])).toMatchObject({ status: 0, stderr: '' });
  expect(luabpf(['--help']).stdout).toContain('Filters packets of captures by small Lua programs');
  expect(luabpf(['run', '--help']).stdout).toContain(
    'luabpf run examples/web.lua examples/captures/mixed.pcap -w out.pcap',
  );
  expect(luabpf(['frobnicate'])).toMatchObject({ status: 2, stdout: '' });
  expect(luabpf(['help'])).toMatchObject({ status: 2 });
});

describe('asm on what is no assembly', () => {
  test.each([
    ['a capture', readFileSync('examples/captures/mixed.pcap'), 'a binary file'],
    ['tcpdump -ddd text', '1\n6 0 0 1\n', 'a program as tcpdump prints it'],
  ])('%s: one message', (_, input, what) => {
    const { status, stderr } = luabpf(['asm', '-', '-o', '-'], input);
    expect(status).toBe(2);
    expect(stderr).toContain(`not assembly, but ${what}`);
  });

  test('a text of nothing but mistakes is told as the first 20', () => {
    const { status, stderr } = luabpf(['asm', '-', '-o', '-'], 'frobnicate\n'.repeat(50));
    expect(status).toBe(2);
    expect(stderr).toContain('and 30 more problems');
    expect(stderr.split('\n').length).toBeLessThan(60);
  });
});

/** `luabpf test`: the tests that filter files carry. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileTests } from '../../cli/testing/directives.ts';
import { mismatches, type Outcome } from '../../cli/testing/judge.ts';
import { examples } from '../examples/files.ts';
import { luabpf, root, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const captures = join(relative(folder, root), 'examples/captures');
const mixed = `"${captures}/mixed.pcap"`;

/** Writes a filter with tests; gives its path. */
function filter(name: string, body: string, ...tests: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, [`return function(pkt) ${body} end`, ...tests.map((line) => `--@test ${line}`), ''].join('\n'));
  return path;
}

const arp = 'hex "00 00 00 00 00 00  00 00 00 00 00 00  08 06"';

describe('the examples', () => {
  test('pass their own tests', () => {
    const { status, stdout, stderr } = luabpf(['test', ...examples.map(({ name }) => `examples/${name}.lua`)]);
    expect(stderr).toBe('');
    expect(status, stdout).toBe(0);
    for (const { name } of examples)
      expect(stdout).toMatch(new RegExp(`^examples/${name}\\.lua +\\d+ tests?, passed`, 'm'));
    expect(stdout).toMatch(/^\d+ tests: all passed \(jit \d+, interpreter \d+, lua \d+, fengari \d+\)$/m);
  });

  test('a folder stands for the filters in it', () => {
    const { status, stdout } = luabpf(['test', '--engine', 'interpreter', 'examples']);
    expect(status).toBe(0);
    expect(stdout.match(/^examples\/.*passed$/gm)).toHaveLength(examples.length);
  });
});

describe('a test that fails', () => {
  test('shows the line, the packet, what was expected and what came, once for engines that agree', () => {
    const path = filter('fails.lua', 'return pkt:u16(12) == 0x806', `${arp} accepts`, `${arp} rejects`);
    const { status, stdout, stderr } = luabpf(['test', path]);
    expect(status).toBe(1);
    expect(stderr).toBe('');
    expect(stdout).toContain(
      [
        `${path}  2 tests, 1 FAILED`,
        '',
        `${path}:3: failed on jit, interpreter, lua, fengari`,
        `  --@test ${arp} rejects`,
        '  packet 1, 14 bytes',
        '    expected: rejects',
        '    got:      accepts',
        '      0000  00 00 00 00 00 00 00 00 00 00 00 00 08 06',
        '',
        '2 tests: 1 failed (jit 2, interpreter 2, lua 2, fengari 2)',
      ].join('\n'),
    );
  });

  test('on a capture shows three packets, and the numbers of the others', () => {
    const path = filter('capture.lua', 'return pkt.tcp', `${mixed} rejects`);
    const { status, stdout } = luabpf(['test', '--engine=lua', path]);
    expect(status).toBe(1);
    expect(stdout.match(/^ {2}packet \d+, \d+ bytes$/gm)).toHaveLength(3);
    expect(stdout).toMatch(/^ {2}and \d+ more packets: [\d,-]+/m);
  });

  test('by a number shows how many, and which', () => {
    const { status, stdout } = luabpf(['test', filter('count.lua', 'return pkt.vlan', `${mixed} accepts 5`)]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/expected: accepts 5 packets\n {4}got: {6}accepts \d+: \d+-\d+,/);
  });

  test('is in the JSON with all packets', () => {
    const path = filter('json.lua', 'return pkt:u8(0)', `${arp} returns 7`, `${arp} rejects`);
    const { status, stdout } = luabpf(['test', '--json', path]);
    expect(status).toBe(1);
    const { ok, files } = JSON.parse(stdout);
    expect(ok).toBe(false);
    const [failed, passed] = files[0].tests;
    expect(failed).toMatchObject({ line: 2, ok: false });
    expect(failed.engines.map(({ engine }: { engine: string }) => engine)).toEqual([
      'jit',
      'interpreter',
      'lua',
      'fengari',
    ]);
    expect(failed.engines[0].failures).toEqual([
      { packet: 1, bytes: '0000000000000000000000000806', expected: 'returns 7', got: 'returns 0' },
    ]);
    expect(passed).toMatchObject({ line: 3, ok: true });
  });
});

test('a fault is no rejection, and has a message', () => {
  const body = 'return pkt:u8(20) > 0';
  const good = filter('fault.lua', body, `${arp} faults`, `${arp} faults with "past the captured bytes"`);
  expect(luabpf(['test', good]).status).toBe(0);
  const { status, stdout } = luabpf(['test', filter('reject.lua', body, `${arp} rejects`)]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/got: {6}faults: read past the captured bytes \(.*reject\.lua:1\)/);
});

test('lengths and link types are what the line says', () => {
  const path = filter(
    'options.lua',
    'return pkt.ip and #pkt',
    `hex "45${' 00'.repeat(19)}" wirelen 99 linktype RAW returns 99`,
  );
  expect(luabpf(['test', '--engine=interpreter', path]).status).toBe(0);
  expect(luabpf(['test', '--engine=lua', path]).status).toBe(0);
});

describe('stores', () => {
  const body = 'pkt:set_u8(1, pkt:u8(1) + 1) return pkt:u8(2) > 0';

  test('are allowed where the line says so, or what the packet becomes, and each engine begins anew', () => {
    const path = filter(
      'store.lua',
      body,
      'hex "05 05 01" becomes "05 06 01" accepts',
      'hex "05 00 00" writable rejects',
      `${mixed} writable faults 0`,
      `${mixed} faults with "does not permit"`,
    );
    const { status, stdout } = luabpf(['test', path]);
    expect(stdout).toContain('4 tests: all passed (jit 4, interpreter 4, lua 4, fengari 4)');
    expect(status).toBe(0);
  });

  test('that are not what the line says are shown', () => {
    const { status, stdout } = luabpf(['test', filter('stored.lua', body, 'hex "05 00 01" becomes "05 07 01"')]);
    expect(status).toBe(1);
    expect(stdout).toContain('failed on jit, interpreter, lua, fengari');
    expect(stdout).toMatch(/expected: becomes 05 07 01\n {4}got: {6}05 01 01\n/);
  });
});

test('fengari is left out where values leave 32 bits, and says where', () => {
  const path = filter('wide.lua', 'return pkt:u32(0) == 0', `${arp} accepts`);
  const { status, stdout } = luabpf(['test', path]);
  expect(status).toBe(0);
  expect(stdout).toContain(`1 test, passed (not on fengari, see ${path}:1:29)`);
  expect(stdout).toContain('1 test: all passed (jit 1, interpreter 1, lua 1)');
  const alone = luabpf(['test', '--engine=fengari', path]);
  expect(alone.status).toBe(2);
  expect(alone.stderr).toMatch(/wide\.lua:1:29: --engine=fengari has integers of 32 bits/);
});

describe('bad input: exit code 2', () => {
  test('lines that are no tests, all at once, with what to write', () => {
    const lines: readonly (readonly [line: string, column: number, message: string])[] = [
      ['--@tset hex "00" accepts', 1, '`--@tset` means nothing\n  did you mean `--@test`?'],
      ['--@test', 8, 'an input is missing'],
      ['--@test accepts 3', 9, 'an input is missing before `accepts`'],
      ['--@test a.pcap', 15, 'nothing is expected'],
      ['--@test hex "0" accepts', 13, 'not bytes in hexadecimal'],
      ['--@test hex 00 accepts', 13, 'the bytes must stand in quotes\n  write "00"'],
      ['--@test hex "00" acepts', 18, '`acepts` means nothing here\n  did you mean `accepts`?'],
      ['--@test hex "00" accepts 4', 26, 'a hex input is a single packet'],
      ['--@test hex "00" wirelen 0 accepts', 26, '1 bytes are captured of 0 on the wire'],
      ['--@test hex "00" linktype ETHERNT accepts', 27, 'there is no link type ETHERNT'],
      ['--@test a.pcap wirelen 5 accepts', 16, '`wirelen` is for hex packets'],
      ['--@test a.pcap becomes "00"', 16, '`becomes` is for hex packets'],
      ['--@test hex "00" becomes "0"', 26, 'not bytes in hexadecimal'],
      ['--@test a.pcap accepts 3-1', 24, '3-1 does not say which packets'],
      ['--@test a.pcap accepts 0-1', 24, '0-1 does not say which packets'],
      ['--@test a.pcap accepts 1..3', 24, '1..3 does not say which packets'],
      ['--@test hex "00', 13, 'a string that does not end'],
      ['--@test hex "00" returns -1', 26, '-1 is not a verdict'],
      ['--@test hex "00" returns', 25, 'a verdict is missing'],
      ['--@test hex "00" prints "\\q"', 25, '`\\q` is no escape'],
      ['--@test hex "00" accepts with "x"', 26, '`with` follows `faults`, not `accepts`'],
    ];
    const path = join(folder, 'lines.lua');
    writeFileSync(path, ['return function(pkt) return true end', ...lines.map(([line]) => line)].join('\r\n'));
    const { status, stdout, stderr } = luabpf(['test', path]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    for (const [i, [, column, message]] of lines.entries())
      expect(stderr).toContain(`${path}:${i + 2}:${column}: ${message}`);
    expect(stderr.match(/^\S+\.lua:\d+:\d+: /gm)).toHaveLength(lines.length);
  });

  test('a filter, a capture, or a file that is wrong does not hide the others', () => {
    const good = filter('good.lua', 'return true', `${arp} accepts`);
    const rejected = filter('rejected.lua', 'x = 1', `${arp} accepts`);
    const lost = filter('lost.lua', 'return true', 'none.pcap accepts 1');
    const text = filter('text.lua', 'return true', 'good.lua accepts 1');
    const { status, stdout, stderr } = luabpf(['test', join(folder, 'none.lua'), rejected, lost, text, good]);
    expect(status).toBe(2);
    expect(stdout).toContain(`${good}  1 test, passed`);
    expect(stderr).toMatch(/none\.lua: no such file/);
    expect(stderr).toMatch(/rejected\.lua:1:22: rejected \[global-write\]/);
    expect(stderr).toMatch(/lost\.lua:2:9: .*none\.pcap: no such file/);
    expect(stderr).toMatch(/text\.lua:2:9: .*good\.lua, byte 0: not a capture/);
    expect(stderr).not.toMatch(/internal error|^\s+at /m);
  });

  test('nothing to test', () => {
    const plain = filter('plain.lua', 'return true');
    const { status, stdout, stderr } = luabpf(['test', plain]);
    expect(status).toBe(2);
    expect(stdout).toBe(`${plain}  no tests\n`);
    expect(stderr).toMatch(/there are no tests/);
    expect(luabpf(['test']).stderr).toMatch(/a filter is missing/);
    mkdirSync(join(folder, 'empty'));
    expect(luabpf(['test', join(folder, 'empty')]).stderr).toMatch(/no \*\.lua in this folder/);
  });
});

describe('what is expected', () => {
  const expectationOf = (text: string) => fileTests('f.lua', `--@test a.pcap ${text}`)[0]!.expectations[0]!;
  const bytes = Uint8Array.of(1);
  const outcomes: readonly Outcome[] = [
    { number: 1, verdict: 0xffffffff, failure: undefined, bytes },
    { number: 2, verdict: 0, failure: undefined, bytes },
    { number: 3, verdict: 0, failure: { cause: 'division by zero', place: 'f.lua:2' }, bytes },
    { number: 4, verdict: 64, failure: undefined, bytes },
  ];
  const wrong = (text: string, printed = '') =>
    mismatches(expectationOf(text), outcomes, printed).map(({ packet }) => packet ?? 'all');

  test.each([
    ['accepts 2', []],
    ['accepts 3', ['all']],
    ['accepts 1-1,4', []],
    ['accepts 1-2', [2, 4]],
    ['accepts 1,4-5', ['all']],
    ['rejects 2-2', []],
    ['rejects 1', []],
    ['rejects', [1, 3, 4]],
    ['faults 3-3 with "by zero"', []],
    ['faults 1 with "past"', [3]],
    ['returns 64', [1, 2, 3]],
    ['prints "a\\tb\\x41\\n"', ['all']],
  ] as const)('%s: wrong are %j', (text, packets) => {
    expect(wrong(text)).toEqual(packets);
  });

  test('what is printed, without its last newline', () => {
    expect(wrong('prints "a\\tb\\nc"', 'a\tb\nc\n')).toEqual([]);
    expect(wrong('prints ""', '')).toEqual([]);
    expect(wrong('prints "a"', 'b\n')).toEqual(['all']);
  });
});

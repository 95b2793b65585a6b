/** `luabpf asm`, and `disasm` in the forms that it and tcpdump read. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProgram } from '../../vm/index.ts';
import { luabpf, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const ddd = '4\n40 0 0 12\n21 0 1 2048\n6 0 0 262144\n6 0 0 0\n';
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

test('a filter as assembly is assembled to the same instructions', () => {
  const { stdout } = luabpf(['disasm', '--asm', 'examples/web.lua']);
  const [source, first, second] = [write('web.bpfasm', stdout), join(folder, 'web.bpf64'), join(folder, 'lua.bpf64')];
  const { status, stdout: said, stderr } = luabpf(['asm', source, '-o', first]);
  expect([status, stderr]).toEqual([0, '']);
  expect(said).toMatch(/web\.bpf64: BPF64, \d+ instructions for ETHERNET, [\d,]+ bytes\n$/);
  luabpf(['build', 'examples/web.lua', '-o', second]);
  const [assembled, built] = [first, second].map((path) => readProgram(readFileSync(path)).program!);
  expect(assembled!.code).toEqual(built!.code);
  expect(assembled!.linktype).toBe(1);
  // Where a filter is read, assembly is too.
  const accepted = (path: string): string | undefined =>
    /accepted +(\d+)/.exec(luabpf(['run', path, 'examples/captures/mixed.pcap']).stdout)?.[1];
  expect(accepted(source)).toBe(accepted('examples/web.lua'));
});

test('a text comes back from its file as it was, and so does every one after it', () => {
  const filter = write('errors.lua', 'return function(pkt) return pkt.tcp.srcport + pkt.udp.length end');
  const text = (file: string): string => luabpf(['disasm', '--asm', file]).stdout;
  const first = text(filter);
  expect(first).toContain('.string "attempt to index a nil value');
  expect(first).not.toContain('.string "filter"');
  const source = write('errors.bpfasm', first);
  const program = join(folder, 'errors.bpf64');
  expect(luabpf(['asm', source, '-o', program]).status).toBe(0);
  expect(text(program)).toBe(first);
  const built = join(folder, 'built.bpf64');
  luabpf(['build', filter, '-o', built]);
  expect(text(built)).toBe(first);
});

describe('classic programs', () => {
  test.each([['-d'], ['-dd'], ['-ddd']])('%s is read back', (option) => {
    const { status, stdout } = luabpf(['disasm', option, '-'], ddd);
    expect(status).toBe(0);
    expect(luabpf(['disasm', '-ddd', '-'], stdout).stdout).toBe(ddd);
  });

  test('go through assembly', () => {
    const path = write('classic.bpfasm', luabpf(['disasm', '--asm', '-'], ddd).stdout);
    expect(luabpf(['asm', '--ddd', path, '-o', '-']).stdout).toBe(ddd);
    const { status, stderr } = luabpf(['asm', path, '-o', '-']);
    expect(status).toBe(2);
    expect(stderr).toContain('a BPF64 file cannot hold a classic program\n  write it as text by --ddd');
  });

  test('are told from others', () => {
    const { status, stderr } = luabpf(['disasm', '-dd', 'examples/web.lua']);
    expect([status, stderr]).toEqual([
      2,
      'examples/web.lua: -dd shows classic programs; this one is BPF64\n  leave the option out, or use --asm\n',
    ]);
    expect(luabpf(['asm', '--ddd', write('a.bpfasm', 'exit 0'), '-o', '-']).stderr).toContain('--ddd writes classic');
    expect(luabpf(['disasm', '-dddd', '-'], ddd).stderr).toContain('there are -d, -dd and -ddd, no more');
    expect(luabpf(['disasm', '-d', '--asm', '-'], ddd).stderr).toContain('--asm and -d exclude each other');
  });
});

test('all that is wrong, by line and column, and nothing is written', () => {
  const path = write('wrong.bpfasm', 'A += 1\n  gotto L1\nCCC += 1\nexit 0\n');
  const { status, stdout, stderr } = luabpf(['asm', path, '-o', join(folder, 'wrong.bpf64')]);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toBe(
    [
      `${path}:2:3: no instruction begins with \`gotto\``,
      '  did you mean `goto`?',
      `${path}:3:1: no instruction begins with \`CCC\``,
      '  did you mean CC?',
      '',
    ].join('\n'),
  );
});

test('what the machine will refuse is written all the same, with a warning', () => {
  const path = write('refused.bpfasm', 'A += 1\nr58 := 0\nexit 0\n');
  const { status, stdout, stderr } = luabpf(['asm', path, '-o', '-']);
  expect(status).toBe(0);
  expect(stdout.length).toBeGreaterThan(100);
  expect(stderr).toBe(`${path}:2: warning: the machine will refuse this: mov at 1: there is no register 58\n`);
});

test('a fault is told by its line of the assembly', () => {
  const path = write('fault.bpfasm', '; too far\nAA = P[9999:B]\nexit 1\n');
  expect(luabpf(['run', path, 'examples/captures/mixed.pcap']).stdout).toContain('fault.bpfasm:2 (first on packet 1)');
});

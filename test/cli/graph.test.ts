/** `luabpf disasm --graph`: drawings and Graphviz text, of whatever a filter can be; and what it says instead. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { luabpf, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);
const write = (name: string, text: string): string => {
  writeFileSync(inFolder(name), text);
  return inFolder(name);
};

/** The text of an XML document without its tags, which must nest; and the names of its elements. */
function readXml(xml: string): { readonly text: string; readonly names: readonly string[] } {
  const open: string[] = [];
  const names: string[] = [];
  const body = xml.replace(/^<\?xml[^>]*\?>\s*<!DOCTYPE[^>]*>/, '').replace(/<!--(?:(?!--)[\s\S])*-->/g, '');
  const text = body.replace(
    /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
    (_, close, name, __, empty) => {
      if (close === '/') expect(open.pop()).toBe(name);
      else {
        names.push(name);
        if (empty === '') open.push(name);
      }
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(text).not.toMatch(/[<>]|&(?!(?:\w+|#\d+|#x[\da-f]+);)/i);
  const characters = text
    .replaceAll('&#160;', ' ')
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"');
  return { text: characters.replaceAll('&#45;', '-').replaceAll('&amp;', '&'), names };
}

test('a Lua filter as a drawing: instructions under the lines that they come from', () => {
  const path = inFolder('web.svg');
  const { status, stdout, stderr } = luabpf(['disasm', '--graph', path, 'examples/web.lua']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/web\.svg: \d+ blocks, \d+ edges\n$/);
  const { text, names } = readXml(readFileSync(path, 'utf8'));
  expect(names[0]).toBe('svg');
  expect(text).toContain('examples/web.lua: BPF64, ');
  expect(text).toContain('6 | return tcp and (web[tcp.srcport] or web[tcp.dstport])');
  expect(text).toContain('prolog in=0');
  expect(text).toContain('loop body at ');
});

test('a filter on the command line, with characters that mean something in XML and DOT', () => {
  const path = inFolder('e.svg');
  const lua = 'return function(pkt) --[[ é "x" <b> \\ ]] return pkt:u8(0) < 3 and pkt:u8(1) > 4 end';
  expect(luabpf(['disasm', '-e', lua, '--graph', path]).status).toBe(0);
  expect(readXml(readFileSync(path, 'utf8')).text).toContain('1 | return function(pkt) --[[ é "x" <b> \\ ]] return');
});

describe('DOT', () => {
  test('of a program file: line numbers', () => {
    const [program, path] = [inFolder('syn.bpf64'), inFolder('syn.DOT')];
    luabpf(['build', 'examples/syn.lua', '-o', program]);
    expect(luabpf(['disasm', '--graph', path, program]).status).toBe(0);
    const dot = readFileSync(path, 'utf8');
    expect(dot).toMatch(/^digraph filter \{[\s\S]*<B>[^<]*syn\.bpf64: BPF64, /);
    expect(dot).toMatch(/<I>lines? \d+/);
  });

  test('of assembly: functions, bodies and the door', () => {
    const source = write(
      'all.bpfasm',
      '.entry main\nf:\n  exit ok 1\nmain:\n  call f\n  loop 8 body\n  goto back\nback:\n  A += 1\n  if A > 9 goto out\n  goto back\nout:\n  exit 1\nbody:\n  exit 1\n',
    );
    const path = inFolder('all.gv');
    expect(luabpf(['disasm', source, '--graph', path])).toMatchObject({ status: 0, stderr: '' });
    const dot = readFileSync(path, 'utf8');
    for (const title of ['function at 0', 'main at 1', 'loop body at 8, at most 8 passes'])
      expect(dot).toContain(title);
    expect(dot).toMatch(/b6 -> b4 \[.*<B>door<\/B>/);
    expect(dot).toMatch(/b1 -> b8 \[.*lhead=cluster_8/);
    expect(dot).toMatch(/b1 -> b0 \[.*style=dotted.*lhead=cluster_0/);
  });

  test('of a classic program: as tcpdump -d has it', () => {
    const path = inFolder('classic.dot');
    luabpf(['disasm', '-', '--graph', path], '4\n40 0 0 12\n21 0 1 2048\n6 0 0 262144\n6 0 0 0\n');
    expect(readFileSync(path, 'utf8')).toContain('(001) jeq #0x800 jt 2 jf 3');
  });
});

describe('what cannot be drawn is told, and leaves no file', () => {
  test.each([
    [
      'a file of another kind',
      ['--graph', 'out.png', 'examples/web.lua'],
      "out.png: a graph's file ends in .svg, .dot or .gv, not .png",
    ],
    ['a file without ending', ['--graph', 'graph', 'examples/web.lua'], 'not nothing'],
    ['standard output', ['--graph', '-', 'examples/web.lua'], '--graph writes to a file'],
    [
      'another format besides',
      ['--asm', '--graph', 'out.svg', 'examples/web.lua'],
      '--graph goes with neither --asm nor -d',
    ],
    ['a folder that is not there', ['--graph', 'no/such/out.svg', 'examples/web.lua'], 'no/such/out.svg: no such file'],
    ['a filter that is rejected', ['--graph', 'out.svg', '-e', 'return 1.5'], 'rejected [chunk-return-value]'],
  ])('%s', (_, args, message) => {
    const { status, stdout, stderr } = luabpf(['disasm', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    for (const name of ['out.svg', 'out.png', 'graph', '-']) expect(existsSync(name)).toBe(false);
  });

  test('a program that the machine refuses: why, and where', () => {
    const source = write('refused.bpfasm', '  goto +7\n  exit 0\n');
    const { status, stderr } = luabpf(['disasm', '--graph', inFolder('refused.svg'), source]);
    expect(status).toBe(2);
    expect(stderr).toContain('refused.bpfasm: refused: ja at 0: goes to 8, the last instruction is 1');
  });

  test('a file over the filter itself', () => {
    const source = write('own.dot', readFileSync('examples/web.lua', 'utf8'));
    expect(luabpf(['disasm', '--graph', source, source])).toMatchObject({ status: 2, stdout: '' });
    expect(readFileSync(source, 'utf8')).toBe(readFileSync('examples/web.lua', 'utf8'));
  });

  test('a graph that no drawing can show: as DOT it can be had', () => {
    const source = write('large.bpfasm', `${'  if A == 1 goto +0\n'.repeat(2000)}  exit 0\n`);
    const { status, stderr } = luabpf(['disasm', '--graph', inFolder('large.svg'), source]);
    expect(status).toBe(2);
    expect(stderr).toContain('2,001 blocks and 4,000 edges; a drawing takes 1,500 blocks');
    expect(luabpf(['disasm', '--graph', inFolder('large.dot'), source]).status).toBe(0);
  });

  test('no file is left half written', () => {
    expect(readdirSync(folder).filter((name) => /part$|refused\.svg|large\.svg/.test(name))).toEqual([]);
  });
});

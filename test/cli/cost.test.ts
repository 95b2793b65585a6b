import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { luabpf, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const file = (name: string, ...lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};
/** Each turn of the door runs a loop over what is captured. */
const scanning = file('scan.bpfasm', 'Turn: X = caplen', 'loop X Body', 'goto Turn', 'Body: exit A');
const mixed = 'examples/captures/mixed.pcap';

describe('check --cost', () => {
  test('a filter: words, figures, and its lines with their text', () => {
    const { status, stdout, stderr } = luabpf(['check', '--cost', 'examples/web.lua']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^at most \d+ instructions a packet$/m);
    expect(stdout).toContain('none can use it up, so it is not counted');
    expect(stdout).toMatch(/^ +\d+ % {2}line 5 \| local tcp = pkt\.tcp$/m);
  });

  test('a program by backward jumps: what each byte adds, from where it is counted, lines by number', () => {
    const { status, stdout } = luabpf(['check', '--cost', '--budget', '1000', scanning]);
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(1)).toEqual([
      'at most 3 instructions a packet, 1 more for each captured byte, 3 more for each captured byte through the door, ' +
        'and the square of the captured length through the door',
      '  captured bytes     64      1,500         65,535         262,144',
      '  instructions    4,355  2,256,003  4,295,098,368  68,720,525,315',
      '  2 frames, 18 registers, 0 words of M[]',
      '  a budget of 1,000 units a packet: counted from 30 captured bytes on; a shorter packet cannot use it up',
      '  where 1,500 bytes are captured, they are spent on',
      `   100 %  ${scanning}:4`,
      '',
    ]);
  });

  test('what no number can tell, and a budget that is always counted', () => {
    const loops = Array.from({ length: 4 }, (_, i) => [`B${i}: loop 262144 B${i + 1}`, 'exit A']).flat();
    const { stdout } = luabpf(['check', '--cost', '--budget', '9', file('deep.bpfasm', ...loops, 'B4: exit A')]);
    expect(stdout).toContain('\nno bound below 2^53 instructions a packet\n');
    expect(stdout).toMatch(/^ {2}instructions +> 2\^53 +> 2\^53 +> 2\^53 +> 2\^53$/m);
    expect(stdout).toContain('a budget of 9 units a packet: counted for every packet');
  });

  test('a classic program, which says no lines', () => {
    const { status, stdout } = luabpf(['check', '--cost', '-'], '4\n40 0 0 12\n21 0 1 2048\n6 0 0 262144\n6 0 0 0\n');
    expect(status).toBe(0);
    expect(stdout).toContain('<stdin>: fine (classic BPF, 4 instructions)\nat most 3 instructions a packet\n');
    expect(stdout).not.toContain('spent on');
  });

  test('--json: the same as data', () => {
    const { cost, ok } = JSON.parse(luabpf(['check', '--cost', '--json', scanning]).stdout);
    expect(ok).toBe(true);
    expect(cost).toMatchObject({
      instructions: [{ caplen: 64, most: 4355 }, { caplen: 1500 }, { caplen: 65535 }, { caplen: 262144 }],
      once: [3, 1],
      aJump: [3, 1],
      frames: 2,
      budget: 2 ** 24,
      longestUncounted: 4094,
    });
    expect(cost.lines[0]).toMatchObject({ file: scanning, line: 4 });
    const plain = JSON.parse(luabpf(['check', '--cost', '--json', 'examples/web.lua']).stdout);
    expect(plain.cost.longestUncounted).toBeNull();
    expect(JSON.parse(luabpf(['check', '--json', 'examples/web.lua']).stdout).cost).toBeUndefined();
  });

  test('a filter that is rejected has no cost; a program that the machine refuses says why', () => {
    const bad = luabpf(['check', '--cost', '-'], 'return 1');
    expect(bad).toMatchObject({ status: 2, stdout: '' });
    expect(bad.stderr).toContain('rejected');
    const refused = luabpf(['check', '--cost', file('bad.bpfasm', 'A := 1')]);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('refused: mov at 0: the last instruction must be an exit');
  });
});

describe('--budget', () => {
  const capture = (budget: string) => luabpf(['run', '--budget', budget, scanning, mixed]);

  test('ends what costs more, and only that', () => {
    const { status, stdout } = capture('100');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +\d+ {2}.*scan\.bpfasm:4: the budget is used up \(first on packet 1\)$/m);
    // Enough for all: what is left is the door.
    expect(capture('16777216').stdout).toMatch(
      /^ +364 {2}.*scan\.bpfasm:3: the door: a closed byte, or more turns than captured bytes/m,
    );
  });

  test('says nothing of a check that asks for no cost', () => {
    const { status, stdout, stderr } = luabpf(['check', '--budget', '9', 'examples/web.lua']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('--budget says nothing without --cost');
  });

  test.each(['x', '-1', '1.5', '', '9007199254740992'])('%j is none', (budget) => {
    const { status, stdout, stderr } = luabpf(['run', `--budget=${budget}`, scanning, mixed]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('--budget takes a whole number of units a packet');
  });
});

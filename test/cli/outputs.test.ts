/** What `luabpf run` gives beside its summary: captures, lists, JSON, exit codes; progress and colours on a terminal. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CaptureReader, pcapHeader, pcapRecord } from '../../capture/index.ts';
import { progressOn, progressText } from '../../cli/progress.ts';
import { luabpf, main, root, temporaryFolder } from './luabpf.ts';
import { problemsOf } from './schema.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);
const mixed = 'examples/captures/mixed.pcap';
const web = 'examples/web.lua';
const all = packetsOf(readFileSync(join(root, mixed)));

interface Summary {
  readonly packets: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly truncated: number;
  readonly faults: number;
  readonly written: readonly string[];
  readonly causes: readonly object[];
}

/** Packets as times, which tell them apart, and captured bytes. */
function packetsOf(file: Uint8Array): string[] {
  const reader = new CaptureReader();
  reader.push(file);
  reader.end();
  const packets: string[] = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next())
    packets.push(`${packet.time} ${packet.caplen}/${packet.wirelen}`);
  expect(reader.problem).toBeUndefined();
  return packets;
}

/** The lines of a run with --json: packets, and the summary. */
function jsonOf(...args: readonly string[]): { packets: Record<string, unknown>[]; summary: Summary } {
  const { status, stdout, stderr } = luabpf(['run', '--json', ...args]);
  expect([status, stderr]).toEqual([0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { packets: lines.slice(0, -1), summary: lines.at(-1) as unknown as Summary };
}

describe('captures', () => {
  test('-w and -W part a capture', () => {
    const [accepted, rejected] = [inFolder('accepted.pcap'), inFolder('rejected.pcap')];
    const { status, stdout } = luabpf(['run', web, mixed, '-w', accepted, '-W', rejected]);
    expect(status).toBe(0);
    const parts = [accepted, rejected].map((path) => packetsOf(readFileSync(path)));
    expect(parts.map(({ length }) => length)).toEqual([186, all.length - 186]);
    expect(parts.flat().sort()).toEqual([...all].sort());
    expect(stdout).toContain(`written   ${accepted}\n            ${rejected}\n`);
  });

  test('--split writes a file for each number, of whole packets', () => {
    const filter = 'return function(pkt) return pkt.tcp and (pkt.ipv6 or 4) or pkt.udp and 17 end';
    const { summary } = jsonOf('-e', filter, mixed, '--split', inFolder('part.pcap'));
    const names = ['part-4.pcap', 'part-17.pcap', 'part-true.pcap'];
    expect(summary.written).toEqual(names.map(inFolder));
    const parts = names.map((name) => packetsOf(readFileSync(inFolder(name))));
    const accepted = (text: string): number =>
      jsonOf('-e', `return function(pkt) return ${text} end`, mixed).summary.accepted;
    expect(parts.map(({ length }) => length)).toEqual([
      accepted('pkt.tcp and pkt.ip'),
      accepted('pkt.udp'),
      accepted('pkt.tcp and pkt.ipv6'),
    ]);
    expect(parts.flat().filter((packet) => !all.includes(packet))).toEqual([]);
  });

  test('--split stops at more files than anybody wants, and leaves none', () => {
    const filter = 'return function(pkt) return pkt:u8(#pkt - 1) + 256 * pkt:u8(#pkt - 2) + 1 end';
    const capture = inFolder('numbers.pcap');
    const packet = (number: number): Uint8Array =>
      pcapRecord({ bytes: Uint8Array.of(number >> 8, number), start: 0, caplen: 2, wirelen: 2, time: 0n });
    writeFileSync(
      capture,
      Buffer.concat([pcapHeader(), ...Array.from({ length: 300 }, (_, number) => packet(number))]),
    );
    const { status, stderr } = luabpf(['run', '-e', filter, capture, '--split', inFolder('many.pcap')]);
    expect(status).toBe(2);
    expect(stderr).toContain('the filter returns more than 256 different numbers');
    expect(readdirSync(folder).filter((name) => name.startsWith('many'))).toEqual([]);
  });

  test.each([
    ['-w', 'input.pcap', 'true'],
    ['-W', 'input.pcap', 'false'],
    ['--split', 'input.pcap', '1'],
  ])('%s never overwrites its input', (option, name, verdict) => {
    // The split file of number 1 is the input itself.
    const input = inFolder(option === '--split' ? 'input-1.pcap' : name);
    copyFileSync(join(root, mixed), input);
    const filter = `return function(pkt) return ${verdict} end`;
    const { status, stderr } = luabpf(['run', '-e', filter, input, option, inFolder(name)]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('the output is the input itself')]);
    expect(Buffer.compare(readFileSync(input), readFileSync(join(root, mixed)))).toBe(0);
  });
});

describe('lists', () => {
  test('a line a packet, and the summary beside it', () => {
    const { status, stdout, stderr } = luabpf(['run', web, mixed, '--list']);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(186);
    expect(lines[0]).toBe('    25  2026-01-05 08:00:04.179391       66  TCP 192.0.2.10:40001 > 198.51.100.80:80 SYN');
    expect(stderr).toMatch(/accepted +186/);
  });

  test('says what there is of other packets, and how much is kept', () => {
    const { stdout } = luabpf(['run', '-e', 'return function(pkt) return 20 end', mixed, '--list']);
    for (const part of ['  20/42  ARP\n', ' ICMP 192.0.2.10 > ', ' UDP [2001:db8::20]:56687 > [2001:db8:3::53]:53\n'])
      expect(stdout).toContain(part);
    expect(stdout.trimEnd().split('\n')).toHaveLength(all.length);
  });

  test('with several captures, the numbers have their names', () => {
    const { stdout } = luabpf(['run', web, mixed, mixed, '--list']);
    expect(stdout.split('\n').filter((line) => line.startsWith(`${mixed}:25  2026`))).toHaveLength(2);
  });

  test('whoever reads them may stop early', () => {
    const line = `'${process.execPath}' '${main}' run -e 'return function(pkt) return true end' ${Array(60).fill(mixed).join(' ')} --list | head -n 1`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { cwd: root, encoding: 'utf8' });
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).not.toMatch(/EPIPE|internal error/);
  });

  test('what the filter prints does not come between', () => {
    const { stdout, stderr } = luabpf([
      'run',
      '-e',
      'return function(pkt) print("seen") return pkt.udp end',
      mixed,
      '--count',
    ]);
    expect(stdout).toBe('41\n');
    expect(stderr.split('\n').filter((line) => line === 'seen')).toHaveLength(all.length);
  });
});

describe('JSON', () => {
  const schema = JSON.parse(readFileSync(join(root, 'docs/run.schema.json'), 'utf8')) as Record<string, unknown>;
  const divides = 'return function(pkt) return pkt:u8(80) // (pkt:u8(80) & 1) >= 0 end';

  test('is as docs/run.schema.json says, for packets and summaries', () => {
    for (const args of [
      [web, mixed],
      ['-e', 'return function(pkt) return 20 end', mixed],
      ['-e', divides, mixed],
    ]) {
      const { packets, summary } = jsonOf('--list', ...args);
      expect(packets).toHaveLength(summary.accepted);
      expect([...packets, summary].flatMap((line) => problemsOf(line, schema))).toEqual([]);
    }
  });

  test('the schema refuses what is not so', () => {
    const { packets, summary } = jsonOf('--list', web, mixed, '-c', '1');
    const { src: _, ...sourceless } = packets[0]!;
    for (const wrong of [
      {},
      sourceless,
      { ...packets[0], more: 1 },
      { ...summary, faults: -1 },
      { ...summary, packets: '1' },
    ])
      expect(problemsOf(wrong, schema), JSON.stringify(wrong)).not.toEqual([]);
  });

  test('the summary is told apart: short packets, and faults with causes', () => {
    const { summary } = jsonOf('-e', divides, mixed);
    const { packets, accepted, rejected, truncated, faults } = summary;
    expect([packets, accepted + rejected + truncated + faults]).toEqual([all.length, all.length]);
    expect([truncated, faults]).toEqual([203, expect.any(Number)]);
    expect(faults).toBeGreaterThan(10);
    expect(summary.causes).toEqual([
      { cause: 'read past the captured bytes', place: '-e:1', count: 203, first: { capture: mixed, number: 1 } },
      {
        cause: 'division by zero',
        place: '-e:1',
        count: faults,
        first: { capture: mixed, number: expect.any(Number) },
      },
    ]);
    const { stdout } = luabpf(['run', '-e', divides, mixed]);
    expect(stdout).toMatch(
      /^ {2}truncated 203 {2}.*\n {12}203 {2}-e:1 \(first on packet 1\)\n {2}faults +\d+ {2}rejected too/m,
    );
    expect(luabpf(['run', web, mixed]).stdout).not.toContain('truncated');
  });
});

describe('exit codes and quiet', () => {
  const nothing = 'return function(pkt) return false end';

  test('--exit-code is 1 if nothing is accepted', () => {
    expect(luabpf(['run', '-e', nothing, mixed, '--exit-code', '--quiet'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: '',
    });
    expect(luabpf(['run', web, mixed, '--exit-code', '--quiet'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(luabpf(['run', '-e', nothing, mixed, '--count'])).toMatchObject({ status: 0, stdout: '0\n' });
  });

  test.each([
    [['--list', '-w', '-'], '-w - and --list both go to standard output'],
    [['--count', '--list'], '--count and --list both go to standard output'],
    [['--count', '--json'], '--count and --json both go to standard output'],
    [['-w', '-', '-W', '-'], '-w - and -W - both go to standard output'],
    [['--split', '-'], '--split writes several files'],
    [['--split', 'x.pcapng'], '--split writes pcap, not pcapng'],
    [['-w', 'never.pcap', '-W', 'never.pcap'], '-w and -W name the same file'],
  ])('%j is refused', (options, message) => {
    const { status, stdout, stderr } = luabpf(['run', web, mixed, ...options]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`luabpf: ${message}`);
    expect(existsSync(join(root, 'never.pcap'))).toBe(false);
  });
});

describe('progress', () => {
  /** A terminal with a clock: what it was told, by read. */
  function shown(isTTY: boolean, times: readonly number[]): string[] {
    let time = 0;
    const texts: string[] = [];
    const stream = { isTTY, write: (text: string) => void texts.push(text) };
    const progress = progressOn({ stream, total: 4_000_000, now: () => time });
    for (time of times) progress.read(1_000_000);
    progress.clear();
    return texts;
  }

  test('comes after half a second, and goes', () => {
    expect(shown(true, [100, 400])).toEqual([]);
    expect(shown(true, [100, 1000, 1050])).toEqual(['\r2.0 MB of 4.0 MB (50 %), 2.0 MB/s, 1 s left\x1b[K', '\r\x1b[K']);
    expect(shown(false, [100, 1000, 1050])).toEqual([]);
  });

  test('in words', () => {
    expect(progressText(1.5e9, 1.2e11, 3)).toBe('1.5 GB of 120.0 GB (1 %), 500.0 MB/s, 3 min 57 s left');
    expect(progressText(5000, undefined, 1)).toBe('5.0 kB, 5.0 kB/s');
    expect(progressText(5000, 100, 1)).toBe('5.0 kB, 5.0 kB/s');
  });
});

describe('colours', () => {
  const painted = (...args: readonly string[]): boolean => {
    const { stdout, stderr } = luabpf(args);
    return `${stdout}${stderr}`.includes('\x1b[');
  };

  test('--color asks for them or not, wherever output goes', () => {
    expect(painted('run', web, mixed)).toBe(false);
    expect(painted('run', '--color', 'always', web, mixed)).toBe(true);
    expect(painted('run', '--color=always', '--list', web, mixed)).toBe(true);
    expect(painted('check', '--color=always', '-e', 'x')).toBe(true);
    expect(painted('check', '-e', 'x')).toBe(false);
    expect(luabpf(['run', '--color=blue', web, mixed])).toMatchObject({ status: 2, stdout: '' });
  });

  const hasScript = spawnSync('script', ['--version']).status === 0;
  /** What a command writes to a terminal. */
  const atTerminal = (env: Record<string, string>, ...args: readonly string[]): string => {
    const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ');
    const { NO_COLOR: _, ...rest } = process.env;
    return spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: root,
      encoding: 'utf8',
      input: '',
      env: { ...rest, ...env },
    }).stdout;
  };

  test.skipIf(!hasScript)(
    `on a terminal, unless NO_COLOR is set${hasScript ? '' : ' (skipped: script is not installed)'}`,
    () => {
      const term = { TERM: 'xterm' };
      expect(atTerminal(term, 'run', web, mixed)).toContain('\x1b[1m');
      for (const plain of [
        atTerminal({ ...term, NO_COLOR: '1' }, 'run', web, mixed),
        atTerminal({ TERM: 'dumb' }, 'run', web, mixed),
        atTerminal(term, 'run', '--color=never', web, mixed),
      ]) {
        expect(plain).toMatch(/accepted +186/);
        // A slow machine shows progress, which is no colour.
        expect(plain).not.toContain('\x1b[1m');
        expect(plain).not.toContain('\x1b[3');
      }
    },
  );
});

/** Where captures come from, and what becomes of their packets on the way: by the built command. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { CaptureReader, pcapHeader, pcapRecord } from '../../capture/index.ts';
import { concat, data, enhanced, entries, interfaceBlock, pcapFile, pcapngFile, section } from '../capture/files.ts';
import { luabpf, main, root, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);
const mixed = join(root, 'examples/captures/mixed.pcap');
const capture = new Uint8Array(readFileSync(mixed));
const all = ['-e', 'return function(pkt) return true end'];
const tcp = ['-e', 'return function(pkt) return pkt.tcp end'];
const accepted = (text: string): number => Number(/^ *accepted +([\d,]+)/m.exec(text)?.[1]?.replaceAll(',', ''));
const packets = (text: string): number => Number(/^ *packets +([\d,]+)/m.exec(text)?.[1]?.replaceAll(',', ''));

/** A file in the folder. */
function written(name: string, bytes: Uint8Array): string {
  writeFileSync(inFolder(name), bytes);
  return inFolder(name);
}

/** How many whole packets a capture has, and whether that is all it has. */
function read(bytes: Uint8Array): { readonly count: number; readonly problem: string | undefined } {
  const reader = new CaptureReader();
  reader.push(bytes);
  reader.end();
  let count = 0;
  while (reader.next() !== undefined) count++;
  return { count, problem: reader.problem?.code };
}

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** The command, running: what it has said so far, and how it ends. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, ...args], { cwd: root, env: { ...process.env, ...env } });
  children.add(child);
  const said = { out: Buffer.alloc(0), error: '' };
  child.stdout.on('data', (piece: Buffer) => {
    said.out = Buffer.concat([said.out, piece]);
  });
  child.stderr.on('data', (piece: Buffer) => {
    said.error += piece.toString();
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said, ended };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('what is accepted whole goes out as the bytes that it was', () => {
  test.each([
    ['a pcap file', capture],
    ['one with nanoseconds', pcapFile({ little: true, magic: 0xa1b23c4d })],
    ['one of the other byte order', pcapFile({ little: false })],
  ])('%s', (_, bytes) => {
    const input = written('same.pcap', bytes);
    const { status, bytes: out } = luabpf(['run', ...all, input, '-w', '-']);
    expect(status).toBe(0);
    expect(Buffer.compare(out, bytes)).toBe(0);
  });

  test('a pcapng file, all its blocks, link types and sections; only the lengths of sections are left open', () => {
    for (const little of [true, false]) {
      const bytes = pcapngFile(little);
      const { status, bytes: out } = luabpf(['run', ...all, written('same.pcapng', bytes), '-w', '-']);
      expect(status).toBe(0);
      expect(Buffer.compare(out, bytes)).toBe(0);
    }
  });
});

describe('formats', () => {
  const two = concat(
    section(true),
    interfaceBlock(true, 1, 0),
    interfaceBlock(true, 101, 0),
    enhanced(true, 0, 5n, data(1, 30)),
    enhanced(true, 1, 6n, data(2, 20)),
  );

  test('the name of the output says which, else it is that of the input', () => {
    const magics = ['out.pcap', 'out.pcapng', 'out'].map((name) => {
      expect(luabpf(['run', ...tcp, mixed, '-w', inFolder(name)]).status).toBe(0);
      return readFileSync(inFolder(name)).readUInt32LE(0);
    });
    expect(magics).toEqual([0xa1b2c3d4, 0x0a0d0d0a, 0xa1b2c3d4]);
    expect(read(readFileSync(inFolder('out.pcapng')))).toEqual(read(readFileSync(inFolder('out.pcap'))));
  });

  test('several link types need pcapng, and a pcap output says so', () => {
    const input = written('two.pcapng', two);
    const refused = luabpf(['run', ...all, input, '-w', inFolder('two.pcap')]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /has ETHERNET packets, and one of RAW is to come\n {2}write to a file named \*\.pcapng/,
    );
    expect(existsSync(inFolder('two.pcap'))).toBe(false);
    expect(Buffer.compare(luabpf(['run', ...all, input, '-w', '-']).bytes, two)).toBe(0);
  });

  test('several captures follow one another, of any format', () => {
    const nanoseconds = written('nano.pcap', pcapFile({ little: false, magic: 0xa1b23c4d, snaplen: 100 }));
    const output = inFolder('joined.pcap');
    const { stdout } = luabpf(['run', ...all, mixed, nanoseconds, mixed, '-w', output]);
    const count = 2 * read(capture).count + entries.length;
    expect([packets(stdout), read(readFileSync(output))]).toEqual([count, { count, problem: undefined }]);
    const wide = luabpf(['run', ...all, written('two.pcapng', two), mixed, '-w', '-']);
    expect(read(wide.bytes)).toEqual({ count: 2 + read(capture).count, problem: undefined });
  });
});

describe('compressed captures', () => {
  const plain = luabpf(['run', ...tcp, mixed, '-w', '-']).bytes;
  const same = (bytes: Uint8Array, input: Uint8Array | string = ''): void => {
    const path = input === '' ? written('compressed', bytes) : '-';
    const { status, stderr, bytes: out } = luabpf(['run', ...tcp, path, '-w', '-'], input);
    expect(stderr).toContain('accepted');
    expect([status, Buffer.compare(out, plain)]).toEqual([0, 0]);
  };

  test('gzip, in a file, through a pipe, and in several members', () => {
    const bytes = gzipSync(capture);
    same(bytes);
    same(bytes, bytes);
    same(concat(gzipSync(capture.subarray(0, 9999)), gzipSync(capture.subarray(9999))));
  });

  test('gzip that is cut or damaged says how far it got', () => {
    const bytes = gzipSync(capture);
    const cut = luabpf(['run', ...tcp, written('cut.gz', bytes.subarray(0, 9000)), '-w', inFolder('never.pcap')]);
    expect(cut.stderr).toMatch(
      /cut\.gz: the gzip data ends too early: 9,000 bytes of it gave [\d,]+\n {2}was it copied/,
    );
    // The checksum at the end.
    bytes[bytes.length - 6]! ^= 0x55;
    const bad = luabpf(['run', ...tcp, written('bad.gz', bytes), '-w', inFolder('never.pcap')]);
    expect(bad.stderr).toMatch(/bad\.gz: the gzip data is damaged/);
    expect([cut.status, bad.status, existsSync(inFolder('never.pcap'))]).toEqual([2, 2, false]);
  });

  const zstd = (bytes: Uint8Array, ...options: string[]): Buffer =>
    spawnSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 2 ** 28 }).stdout;
  const isZstd = zstd(Uint8Array.of(1)) !== null;

  test.skipIf(!isZstd)(`Zstandard${isZstd ? '' : ' (needs zstd)'}`, () => {
    same(zstd(capture));
    same(zstd(capture), zstd(capture));
    same(zstd(capture, '-19', '--no-check'));
    same(
      concat(
        zstd(capture.subarray(0, 9999)),
        [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3],
        zstd(capture.subarray(9999)),
      ),
    );
    const cut = luabpf(['run', ...tcp, written('cut.zst', zstd(capture).subarray(0, 9000))]);
    expect([cut.status, cut.stderr]).toEqual([2, expect.stringMatching(/cut\.zst: the Zstandard data ends too early/)]);
  });

  test('Zstandard that claims much memory, or is none, is refused', () => {
    const magic = [0x28, 0xb5, 0x2f, 0xfd];
    // A window of 2 GiB; a block of the type that is reserved.
    const large = luabpf(['run', ...tcp, '-'], Uint8Array.from([...magic, 0x00, 0xa8, 1, 0, 0]));
    expect(large.stderr).toMatch(/needs 2,147,483,648 bytes of memory to unpack, the limit is 134,217,728\n/);
    const wrong = luabpf(['run', ...tcp, '-'], Uint8Array.from([...magic, 0x00, 0x58, 7, 0, 0]));
    expect(wrong.stderr).toMatch(/the Zstandard data is damaged/);
    expect([large.status, wrong.status]).toEqual([2, 2]);
  });
});

describe('how many packets', () => {
  test('-c ends after so many accepted ones, and runs the filter on none behind them', () => {
    const filter = ['-e', 'return function(pkt) print(pkt.caplen) return pkt.tcp end'];
    for (const engine of ['jit', 'interpreter']) {
      const { stdout } = luabpf(['run', ...filter, '-c', '5', '--engine', engine, mixed]);
      const lines = stdout.split('\n').filter((line) => /^\d+$/.test(line));
      expect([accepted(stdout), packets(stdout)]).toEqual([5, lines.length]);
      expect(lines.length).toBeLessThan(100);
    }
    const output = luabpf(['run', ...tcp, '-c', '300', mixed, mixed, '-w', '-']).bytes;
    expect(read(output)).toEqual({ count: 300, problem: undefined });
  });

  test('--skip leaves out the first ones, which the filter never sees', () => {
    const count = read(capture).count;
    const { stdout } = luabpf(['run', ...all, '--skip', '100', mixed]);
    expect(packets(stdout)).toBe(count - 100);
    const { stdout: more } = luabpf(['run', ...all, '--skip', String(count + 1), mixed, mixed]);
    expect(packets(more)).toBe(count - 1);
    const fault = luabpf(['run', '-e', 'return function(pkt) return pkt.tcp.srcport end', '--skip', '20', mixed]);
    const first = Number(/first on packet (\d+)/.exec(fault.stdout)?.[1]);
    expect(first).toBeGreaterThan(20);
  });

  test.each(['0', '-1', 'x', '1.5'])('-c %s is refused', (value) => {
    const { status, stderr } = luabpf(['run', ...all, '-c', value, mixed]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('not a number of packets')]);
  });
});

describe('pipes', () => {
  const [first, second] = [1, 2].map((index) => {
    const bytes = Uint8Array.from(data(index, 60));
    return pcapRecord({ bytes, start: 0, caplen: 60, wirelen: 60, time: 0n });
  });

  test('each packet is passed on at once, the summary goes to standard error', async () => {
    const { child, said, ended } = start(['run', ...all, '-', '-w', '-']);
    child.stdin.write(concat(pcapHeader(), first!));
    await until(() => said.out.length === 24 + 76);
    child.stdin.write(second!.subarray(0, 50));
    child.stdin.write(second!.subarray(50));
    await until(() => said.out.length === 24 + 2 * 76);
    child.stdin.end();
    expect(await ended).toBe(0);
    expect(accepted(said.error)).toBe(2);
  });

  test('a reader that stops early is no error', () => {
    const pipe = `"${process.execPath}" "${main}" run ${all[0]} '${all[1]}' ${Array(60).fill(mixed).join(' ')} -w - | head -c 30 | wc -c`;
    const { stdout, stderr } = spawnSync('sh', ['-c', pipe], { encoding: 'utf8' });
    expect([stdout.trim(), stderr]).toEqual(['30', '']);
  });

  test('an interrupt closes a whole output, prints the summary, and exits with 130', async () => {
    const output = inFolder('interrupted.pcap');
    const { child, said, ended } = start(['run', ...all, '-', '-w', output]);
    child.stdin.write(concat(pcapHeader(), first!, second!.subarray(0, 30)));
    await until(() => existsSync(output) && statSync(output).size === 24 + 76);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(read(readFileSync(output))).toEqual({ count: 1, problem: undefined });
    expect(accepted(said.out.toString())).toBe(1);
  });

  test('an interrupt while the first bytes are awaited', async () => {
    // Until the command is there, the signal kills it: then it is given more time.
    for (let pause = 100; pause < 10_000; pause *= 2) {
      const { child, said, ended } = start(['run', ...all, '-', '-w', '-']);
      child.stdin.write(pcapHeader().subarray(0, 2));
      await new Promise((resolve) => setTimeout(resolve, pause));
      child.kill('SIGINT');
      const status = await ended;
      if (status === null || said.out.length === 0) continue;
      expect([status, read(said.out)]).toEqual([130, { count: 0, problem: undefined }]);
      return;
    }
    throw new Error('it has never been ready');
  });

  test('--follow reads what is appended, until an interrupt', async () => {
    const path = written('growing.pcap', concat(pcapHeader(), first!));
    const { child, said, ended } = start(['run', ...all, path, '--follow', '-w', '-']);
    await until(() => said.out.length === 24 + 76);
    writeFileSync(path, second!, { flag: 'a' });
    await until(() => said.out.length === 24 + 2 * 76);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(accepted(said.error)).toBe(2);
  });
});

describe('luabpf live', () => {
  /** A folder with a program of that name which writes a capture and waits. */
  function program(name: string, script: string): NodeJS.ProcessEnv {
    writeFileSync(inFolder(name), `#!/bin/sh\n${script}\n`);
    chmodSync(inFolder(name), 0o755);
    return { PATH: `${folder}${delimiter}${process.env.PATH}` };
  }

  test('filters what dumpcap captures on the interface', async () => {
    const env = program('dumpcap', `echo "$@" >&2; cat '${mixed}'; exec sleep 60`);
    const { child, said, ended } = start(['live', ...tcp, '-i', 'eth7', '-w', '-'], env);
    const expected = luabpf(['run', ...tcp, mixed, '-w', '-']).bytes;
    await until(() => said.out.length === expected.length);
    expect(Buffer.compare(said.out, expected)).toBe(0);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(accepted(said.error)).toBe(read(expected).count);
  });

  test('says what the program said where it cannot capture', async () => {
    const env = program('dumpcap', 'echo "no such device" >&2; exit 3');
    const { said, ended } = start(['live', ...tcp, '-i', 'eth7'], env);
    expect(await ended).toBe(2);
    expect(said.error).toMatch(
      /^eth7 \(dumpcap\): the capture ended: no such device\n {2}to see its interfaces: tcpdump -D/,
    );
  });

  test('says what to install where there is none, and which interface is missing', async () => {
    const { said, ended } = start(['live', ...tcp, '-i', 'eth7'], { PATH: '/nonexistent' });
    expect(await ended).toBe(2);
    expect(said.error).toMatch(
      /^luabpf: neither dumpcap nor tcpdump is installed.*\n {2}install one: apt install tcpdump/,
    );
    const { status, stderr } = luabpf(['live', ...tcp]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('an interface is missing')]);
  });
});

describe('ends that nobody chose', () => {
  test('of a run that is killed, the output is readable up to its last whole record', async () => {
    const large = written('large.pcap', concat(capture, ...Array(60).fill(capture.subarray(24))));
    const total = read(readFileSync(large)).count;
    let found = 0;
    // More rounds by LUABPF_KILLS.
    for (let round = 0; round < Number(process.env.LUABPF_KILLS ?? 20); round++) {
      const output = inFolder(`killed-${round}`);
      const { child, ended } = start(['run', ...all, '-', '-w', output]);
      child.stdin.end(readFileSync(large));
      await until(() => existsSync(output) && statSync(output).size > (round * 1e5) % 2e6);
      child.kill('SIGKILL');
      await ended;
      const { count, problem } = read(readFileSync(output));
      expect(problem === undefined || problem === 'capture-truncated', `${problem}`).toBe(true);
      expect(count).toBeLessThanOrEqual(total);
      found += count;
    }
    expect(found).toBeGreaterThan(0);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk says so', () => {
    const { status, stderr } = luabpf(['run', ...tcp, mixed, '-w', '/dev/full']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('/dev/full: no space left on the device')]);
    expect(readdirSync('/dev').filter((name) => name.startsWith('full.'))).toEqual([]);
  });
});

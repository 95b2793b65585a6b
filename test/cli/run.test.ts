import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CaptureReader, type Packet, pcapHeader, pcapRecord } from '../../capture/index.ts';
import { concat, enhanced, interfaceBlock, section } from '../capture/files.ts';
import { luabpf, root, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const mixed = 'examples/captures/mixed.pcap';
const inFolder = (name: string): string => join(folder, name);

/** Times (which identify packets of mixed.pcap) and captured bytes of a capture's packets. */
function packetsOf(file: Uint8Array): { time: bigint; caplen: number; wirelen: number }[] {
  const reader = new CaptureReader();
  reader.push(file);
  reader.end();
  const packets: { time: bigint; caplen: number; wirelen: number }[] = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
    const { time, caplen, wirelen }: Packet = packet;
    packets.push({ time, caplen, wirelen });
  }
  expect(reader.problem).toBeUndefined();
  return packets;
}

/** The captured bytes of a capture's packets. */
function framesOf(file: Uint8Array): Buffer[] {
  const reader = new CaptureReader();
  reader.push(file);
  reader.end();
  const frames: Buffer[] = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next())
    frames.push(Buffer.from(packet.bytes.subarray(packet.start, packet.start + packet.caplen)));
  return frames;
}

const numbers = (text: string, row: string): number =>
  Number(new RegExp(`^ *${row} +([\\d,]+)`, 'm').exec(text)?.[1]?.replaceAll(',', ''));

describe('the main job', () => {
  test('writes the accepted packets and says how many', () => {
    const output = inFolder('out.pcap');
    const { status, stdout, stderr } = luabpf(['run', 'examples/web.lua', mixed, '-w', output]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const written = packetsOf(readFileSync(output));
    const all = packetsOf(readFileSync(join(root, mixed)));
    expect(numbers(stdout, 'packets')).toBe(all.length);
    expect(numbers(stdout, 'accepted')).toBe(written.length);
    expect(numbers(stdout, 'rejected') + numbers(stdout, 'faults')).toBe(all.length - written.length);
    expect(written.length).toBeGreaterThan(100);
    const known = new Set(all.map(({ time }) => time));
    expect(written.every(({ time }) => known.has(time))).toBe(true);
    expect(stdout).toContain(`written   ${output}`);
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
  });

  test('cuts packets to the verdict and keeps their length on the wire', () => {
    const output = inFolder('cut.pcap');
    const { status, stdout } = luabpf(['run', '-e', 'return function(pkt) return 20 end', mixed, '-w', output]);
    expect(status).toBe(0);
    const all = packetsOf(readFileSync(join(root, mixed)));
    const written = packetsOf(readFileSync(output));
    expect(written).toEqual(all.map((packet) => ({ ...packet, caplen: Math.min(20, packet.caplen) })));
    const bytes = written.reduce((sum, { caplen }) => sum + caplen, 0);
    expect(stdout).toContain(`${bytes.toLocaleString('en-US')} bytes`);
  });

  test('counts faults by cause and Lua line, with the first packet', () => {
    const filter = ['return function(pkt)', '  local b = pkt:u8(50)', '  return pkt.tcp.srcport > 0', 'end'].join('\n');
    const { status, stdout } = luabpf(['run', '-', mixed], filter);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +\d+ {2}<stdin>:2: read past the captured bytes \(first on packet \d+\)$/m);
    expect(stdout).toMatch(/^ +\d+ {2}<stdin>:3: attempt to index a nil value .* \(first on packet \d+\)$/m);
  });

  test('writes what the filter has stored, where it may store, on every engine', () => {
    const filter = `return function(pkt)
  local ip = pkt.ip
  if not ip then return false end
  pkt:set_u8(ip.offset + 8, ip.ttl - 1)
  return true
end`;
    const before = framesOf(readFileSync(join(root, mixed)));
    const isPlain = (frame: Buffer): boolean => frame.length >= 34 && frame.readUInt16BE(12) === 0x0800;
    const expected = before.filter(isPlain);
    expect(expected.length).toBeGreaterThan(100);
    for (const frame of expected) frame[22]! -= 1;
    for (const engine of ['jit', 'interpreter', 'lua', 'fengari']) {
      const args = ['run', '-', mixed, '--allow-write', `--engine=${engine}`, '-w', '-'];
      const written = framesOf(luabpf(args, filter).bytes);
      // Behind VLAN tags the field is elsewhere.
      const untagged = written.filter(isPlain);
      expect(
        untagged.map((frame) => frame.toString('hex')),
        engine,
      ).toEqual(expected.map((frame) => frame.toString('hex')));
    }
    const { stdout } = luabpf(['run', '-', mixed], filter);
    expect(numbers(stdout, 'accepted')).toBe(0);
    expect(stdout).toMatch(/<stdin>:4: access that the host does not permit .*\n +--allow-write lets the filter store/);
  });

  test('reads a capture from standard input and writes one to standard output', () => {
    const { status, bytes, stderr } = luabpf(
      ['run', 'examples/web.lua', '-', '-w', '-'],
      readFileSync(join(root, mixed)),
    );
    expect(status).toBe(0);
    expect(packetsOf(bytes).length).toBe(numbers(stderr, 'accepted'));
  });

  test('a built program gives the same as its source', () => {
    const program = inFolder('web.bpf64');
    expect(luabpf(['build', 'examples/web.lua', '-o', program]).status).toBe(0);
    const [built, source] = [program, 'examples/web.lua'].map(
      (filter) => luabpf(['run', filter, mixed, '-w', '-']).bytes,
    );
    expect(Buffer.compare(built!, source!)).toBe(0);
  });

  test('a capture without packets gives an output without packets', () => {
    const [empty, output] = [inFolder('empty.pcap'), inFolder('empty-out.pcap')];
    writeFileSync(empty, pcapHeader({ linktype: 1 }));
    const { status, stdout } = luabpf(['run', 'examples/web.lua', empty, '-w', output]);
    expect(status).toBe(0);
    expect(numbers(stdout, 'packets')).toBe(0);
    expect(packetsOf(readFileSync(output))).toEqual([]);
  });
});

describe('classic programs', () => {
  /** `tcpdump -ddd -i eth0 vlan`, which asks Linux for the tag and then the packet. */
  const vlan =
    '8\n48 0 0 4294963248\n21 4 0 1\n40 0 0 12\n21 2 0 33024\n21 1 0 34984\n21 0 1 37120\n6 0 0 262144\n6 0 0 0\n';

  test('what tcpdump compiles for Linux is named, and runs by --dialect linux', () => {
    const plain = luabpf(['run', '-', mixed], vlan);
    expect(plain.status).toBe(0);
    expect(numbers(plain.stdout, 'accepted')).toBe(0);
    expect(plain.stderr).toMatch(/^<stdin>: warning: instruction 0 reads vlan_tag_present, .*\n {2}--dialect linux /);
    const linux = luabpf(['run', '--dialect', 'linux', '-', mixed], vlan);
    expect([linux.status, linux.stderr]).toEqual([0, '']);
    expect(numbers(linux.stdout, 'accepted')).toBe(87);
  });

  test('what a capture does not know is refused, and so is a dialect for anything else', () => {
    const output = inFolder('dialect.pcap');
    const mark = luabpf(['run', '--dialect', 'linux', '-', mixed, '-w', output], '2\n32 0 0 4294963220\n22 0 0 0\n');
    expect([mark.status, mark.stdout, existsSync(output)]).toEqual([2, '', false]);
    expect(mark.stderr).toBe(
      '<stdin>: refused: ld.abs at 0: loads mark, which this host does not know of its packets\n',
    );
    const lua = luabpf(['run', '--dialect', 'linux', 'examples/web.lua', mixed]);
    expect([lua.status, lua.stderr]).toEqual([
      2,
      'examples/web.lua: --dialect is for classic programs, as tcpdump -ddd prints them; this filter is none\n',
    ]);
    const unknown = luabpf(['run', '--dialect', 'beos', '-', mixed], vlan);
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('openbsd')]);
  });

  test('protochain runs behind the door, and is refused in the dialect of a kernel', () => {
    const { programs } = JSON.parse(readFileSync(join(root, 'test/data/classic/protochain.json'), 'utf8')) as {
      programs: { expression: string; program: string }[];
    };
    const { program } = programs.find(({ expression }) => expression === 'ip6 protochain 6')!;
    const door = luabpf(['run', '-', mixed], program);
    expect([door.status, door.stderr]).toEqual([0, '']);
    // As many as `tcpdump -r` counts.
    expect(numbers(door.stdout, 'accepted')).toBe(57);
    const kernel = luabpf(['run', '--dialect', 'freebsd', '-', mixed], program);
    expect(kernel.status).toBe(2);
    expect(kernel.stderr).toContain('<stdin>: refused: ja at 18: goes back to 4; this host takes no backward jumps');
  });
});

describe('link types', () => {
  /** The IPv4 packet of a frame, as raw IP. */
  const raw = (linktype: number): Uint8Array => {
    const packet = { bytes: Uint8Array.of(0x45, ...Array(19).fill(0)), start: 0, caplen: 20, wirelen: 20, time: 0n };
    return Buffer.concat([pcapHeader({ linktype }), pcapRecord(packet)]);
  };

  test('a Lua filter is compiled for the link type of the capture', () => {
    const { status, stdout } = luabpf(['run', '-e', 'return function(pkt) return pkt.ip end', '-'], raw(101));
    expect(status).toBe(0);
    expect(numbers(stdout, 'accepted')).toBe(1);
  });

  test('a program for another link type is refused', () => {
    const program = inFolder('linktype.bpf64');
    luabpf(['build', 'examples/web.lua', '-o', program]);
    const { status, stderr } = luabpf(['run', program, '-'], raw(101));
    expect(status).toBe(2);
    expect(stderr).toContain('made for ETHERNET packets, but these are RAW');
  });

  test('a capture may have many', () => {
    const types = Array.from({ length: 100 }, (_, linktype) => linktype);
    const blocks = types.map((linktype) => interfaceBlock(true, linktype, 0));
    const packets = types.map((id) => enhanced(true, id, 0n, [id, 2, 3, 4]));
    const capture = inFolder('many.pcapng');
    writeFileSync(capture, concat(section(true), ...blocks, ...packets, ...packets));
    // ldb [0]; jge #50; ret
    const filter = '4\n48 0 0 0\n53 0 1 50\n6 0 0 65535\n6 0 0 0\n';
    const { status, stdout, stderr } = luabpf(['run', '-', capture], filter);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(numbers(stdout, 'accepted')).toBe(100);
  });

  test('a header on a link type without it is rejected, raw loads are not', () => {
    const header = luabpf(['run', '-e', 'return function(pkt) return pkt.tcp end', '-'], raw(147));
    expect(header.status).toBe(2);
    expect(header.stderr).toContain('rejected [linktype]');
    const load = luabpf(['run', '-e', 'return function(pkt) return pkt:u8(0) == 0x45 end', '-'], raw(147));
    expect(load.status).toBe(0);
    expect(numbers(load.stdout, 'accepted')).toBe(1);
  });
});

describe('bad input: one message on standard error, exit code 2, no output', () => {
  const output = inFolder('never.pcap');
  const cases: readonly [name: string, args: () => string[], input: string | Uint8Array, message: RegExp][] = [
    ['a filter that is not there', () => ['none.lua', mixed], '', /^none\.lua: no such file$/m],
    ['a capture that is not there', () => ['examples/web.lua', 'none.pcap'], '', /^none\.pcap: no such file$/m],
    ['a folder as a capture', () => ['examples/web.lua', 'examples'], '', /^examples: is a directory$/m],
    ['a folder as a filter', () => ['examples', mixed], '', /^examples: is a directory$/m],
    ['a text as a capture', () => ['examples/web.lua', 'examples/web.lua'], '', /not a capture: it looks like text/],
    ['an empty capture', () => ['examples/web.lua', '-'], '', /^<stdin>, byte 0: the capture is empty/m],
    ['a gzipped capture', () => ['examples/web.lua', '-'], Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip/],
    ['a Lua syntax error', () => ['-', mixed], 'return function(pkt', /^<stdin>:1:\d+: rejected \[syntax\]/m],
    ['a rejected construct', () => ['-', mixed], 'x = 1', /rejected \[chunk-statement\]/],
    ['a damaged program', () => [damaged(), mixed], '', /uuid/],
    ['a program cut short', () => [cut(), mixed], '', /damaged\.bpf64|cut\.bpf64/],
    ['a binary that is no filter', () => ['-', mixed], Uint8Array.of(1, 0, 2, 0), /not a filter/],
    ['a wrong -ddd text', () => ['-', mixed], '2\n6 0 0 1\n', /says 2 instructions, 1 follow/],
    ['a -ddd text that the machine refuses', () => ['-', mixed], '1\n255 0 0 1\n', /refused: .*opcode/],
    ['both as standard input', () => ['-', '-'], '', /cannot both be standard input/],
    ['no capture', () => ['examples/web.lua'], '', /a capture is missing/],
    ['nothing at all', () => [], '', /a filter is missing/],
    ['standard input twice', () => ['examples/web.lua', '-', '-'], '', /standard input can be read only once/],
    ['an unknown option', () => ['--frobnicate'], '', /unknown option/],
  ];
  function damaged(): string {
    const path = inFolder('damaged.bpf64');
    luabpf(['build', 'examples/web.lua', '-o', path]);
    const bytes = readFileSync(path);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(path, bytes);
    return path;
  }
  function cut(): string {
    const path = inFolder('cut.bpf64');
    luabpf(['build', 'examples/web.lua', '-o', path]);
    truncateSync(path, 501);
    return path;
  }

  test.each(cases)('%s', (_, args, input, message) => {
    const { status, stdout, stderr } = luabpf(['run', ...args(), '-w', output], input);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(stderr).not.toContain('internal error');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(existsSync(output)).toBe(false);
  });

  test('a capture that ends in a packet leaves no output', () => {
    const path = inFolder('short.pcap');
    copyFileSync(join(root, mixed), path);
    truncateSync(path, 30000);
    const { status, stderr } = luabpf(['run', 'examples/web.lua', path, '-w', output]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/short\.pcap, byte \d+: the file ends in packet \d+/);
    expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([]);
  });

  test('the input is never the output, by any name', () => {
    const [path, link] = [inFolder('both.pcap'), inFolder('link.pcap')];
    copyFileSync(join(root, mixed), path);
    symlinkSync(path, link);
    const { status, stderr } = luabpf(['run', 'examples/web.lua', path, '-w', link]);
    expect(status).toBe(2);
    expect(stderr).toContain('the output is the input itself');
    expect(Buffer.compare(readFileSync(path), readFileSync(join(root, mixed)))).toBe(0);
  });

  test('the filter is never the output', () => {
    const path = inFolder('mine.lua');
    copyFileSync(join(root, 'examples/web.lua'), path);
    for (const args of [
      ['run', path, mixed, '-w', path],
      ['build', path, '-o', path],
    ]) {
      const { status, stderr } = luabpf(args);
      expect(status).toBe(2);
      expect(stderr).toContain('the output is the input itself');
    }
    expect(readFileSync(path, 'utf8')).toBe(readFileSync(join(root, 'examples/web.lua'), 'utf8'));
  });

  test('an output that cannot be made', () => {
    const { status, stderr } = luabpf(['run', 'examples/web.lua', mixed, '-w', inFolder('none/out.pcap')]);
    expect(status).toBe(2);
    expect(stderr).toContain('no such file');
  });

  test.skipIf(!existsSync('/dev/full'))('a device without room says so', () => {
    const { status, stderr } = luabpf(['run', 'examples/web.lua', mixed, '-w', '/dev/full']);
    expect(status).toBe(2);
    expect(stderr).toContain('no space left');
  });
});

import { describe, expect, it } from 'vitest';
import {
  CaptureReader,
  linktypeName,
  linktypeNumber,
  PcapWriter,
  pcapHeader,
  pcapRecord,
} from '../../capture/index.ts';
import { concat, data, entries, pcapFile, pcapngFile, randomFile, readAll, rng } from './files.ts';

const orders = [true, false];

describe('pcap in', () => {
  for (const little of orders) {
    for (const [magic, nanoseconds] of [
      [0xa1b2c3d4, false],
      [0xa1b23c4d, true],
    ] as const) {
      it(`reads ${little ? 'little' : 'big'}-endian ${nanoseconds ? 'nanoseconds' : 'microseconds'}`, () => {
        const outcome = readAll(pcapFile({ little, magic }));
        expect(outcome).toMatchObject({
          problem: undefined,
          format: 'pcap',
          linktype: 1,
          snaplen: 262144,
          nanoseconds,
        });
        const unit = nanoseconds ? 1n : 1000n;
        expect(outcome.packets).toEqual(
          entries.map((entry, index) => ({
            number: index + 1,
            data: entry.data,
            wirelen: entry.wirelen,
            time: BigInt(entry.seconds) * 1_000_000_000n + BigInt(entry.fraction) * unit,
            linktype: 1,
          })),
        );
      });
    }
  }

  it('masks the check sequence length off the link type', () => {
    expect(readAll(pcapFile({ little: true, linktype: 0x4400_0071 })).linktype).toBe(113);
  });

  it('reads the swapped lengths of versions before 2.4', () => {
    const swapped = entries.map((entry) => ({ ...entry, data: data(0, 20), wirelen: 20 }));
    expect(readAll(pcapFile({ little: true, version: [2, 2] }, swapped)).packets).toHaveLength(5);
    const file = pcapFile({ little: false, version: [2, 3] }, swapped.slice(0, 1));
    new DataView(file.buffer).setUint32(24 + 8, 99);
    expect(readAll(file).packets).toMatchObject([{ data: data(0, 20), wirelen: 99 }]);
  });

  it('cuts a packet to the snaplen and finds the next one', () => {
    const outcome = readAll(pcapFile({ little: true, snaplen: 40 }));
    expect(outcome.packets.map((packet) => packet.data.length)).toEqual([40, 0, 40, 1, 40]);
    expect(outcome.packets.map((packet) => packet.wirelen)).toEqual(entries.map((entry) => entry.wirelen));
    expect(outcome.problem).toBeUndefined();
  });

  it('takes a snaplen of 0 and one over 31 bits for no limit', () => {
    expect(readAll(pcapFile({ little: true, snaplen: 0 })).snaplen).toBe(262144);
    expect(readAll(pcapFile({ little: true, snaplen: 0xffff_ffff })).snaplen).toBe(262144);
  });

  it('is content with a file without packets', () => {
    expect(readAll(pcapFile({ little: true }, []))).toMatchObject({ packets: [], problem: undefined, linktype: 1 });
  });

  it('refuses a length beyond belief, with the place', () => {
    const file = pcapFile({ little: true });
    new DataView(file.buffer).setUint32(24 + 76 + 8, 0x7fff_fff0, true);
    const { packets, problem } = readAll(file);
    expect(packets).toHaveLength(1);
    expect(problem).toMatchObject({ code: 'capture-record', offset: 100 });
    expect(problem?.message).toBe('packet 2 at byte 100 claims 2147483632 captured bytes, the limit is 262144');
  });

  it('names the version it does not know', () => {
    const { problem } = readAll(pcapFile({ little: true, version: [3, 0] }));
    expect(problem).toMatchObject({ code: 'capture-version', message: 'pcap version 3.0 at byte 0 is not known' });
  });
});

describe('what is no capture', () => {
  const problemOf = (bytes: number[]) => readAll(Uint8Array.from(bytes)).problem;
  const text = (value: string) => [...value].map((character) => character.charCodeAt(0));

  it('says that an empty file is empty', () => {
    expect(problemOf([])).toMatchObject({ code: 'capture-empty', offset: 0 });
  });

  for (const [what, bytes, message, hint] of [
    ['gzip', [0x1f, 0x8b, 8, 0, 0], /gzip/, /decompress/],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd], /Zstandard/, /decompress/],
    ['snoop', text('snoop\0\0\0'), /snoop/, /editcap/],
    ['text', text('tcp port 80\n'), /text/, /tcpdump -w/],
    ['two bytes', [1, 2], /first bytes are 01 02/, /pcap/],
    ['zeros', [0, 0, 0, 0, 0], /first bytes are 00 00 00 00/, /pcap/],
    ['modified pcap', [0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0], /a1b2cd34/, /editcap/],
    ['modified pcap, big-endian', [0xa1, 0xb2, 0xcd, 0x34], /a1b2cd34/, /editcap/],
  ] as const) {
    it(`refuses ${what}`, () => {
      const problem = problemOf([...bytes]);
      expect(problem?.code).toBe('capture-unknown');
      expect(problem?.message).toMatch(message);
      expect(problem?.hint).toMatch(hint);
    });
  }
});

describe('delivery', () => {
  const files: [string, Uint8Array][] = orders.flatMap((little): [string, Uint8Array][] => [
    [`pcap, ${little ? 'little' : 'big'}-endian`, pcapFile({ little })],
    [`pcapng, ${little ? 'little' : 'big'}-endian first`, pcapngFile(little)],
  ]);

  for (const [name, file] of files) {
    const expected = readAll(file);

    it(`${name}: any split gives the same packets`, () => {
      expect(readAll(file, () => 1)).toEqual(expected);
      for (let seed = 1; seed <= 100; seed++) {
        const random = rng(seed);
        const most = random.pick([3, 20, 100, 400]);
        expect(
          readAll(file, () => random.range(1, most)),
          `seed ${seed}`,
        ).toEqual(expected);
      }
    });

    it(`${name}: a cut anywhere leaves the whole packets before it`, () => {
      let whole = 0;
      for (let length = 0; length <= file.length; length++) {
        const { packets, problem } = readAll(file.slice(0, length), () => 50);
        expect(packets).toEqual(expected.packets.slice(0, packets.length));
        expect(packets.length).toBeGreaterThanOrEqual(whole);
        whole = packets.length;
        if (problem) expect(problem.code).toMatch(/^capture-(truncated|empty|unknown)$/);
        if (problem) expect(problem.offset).toBeLessThanOrEqual(length);
      }
      expect(whole).toBe(expected.packets.length);
    });

    it(`${name}: damaged bytes never throw`, () => {
      for (let seed = 1; seed <= 1500; seed++) {
        const random = rng(seed);
        const damaged = file.slice();
        for (let count = random.range(1, 6); count > 0; count--) {
          const value = random.pick([0, 0xff, 0x7f, 0x80, random.below(256)]);
          damaged[random.below(damaged.length)] = value;
        }
        for (const packet of readAll(damaged, () => random.range(1, 300)).packets) {
          expect(packet.data.length, `seed ${seed}`).toBeLessThanOrEqual(file.length);
        }
      }
    });
  }

  it('tells where and in which packet the file ends', () => {
    const file = pcapFile({ little: true });
    expect(readAll(file.slice(0, 24 + 10)).problem).toMatchObject({
      code: 'capture-truncated',
      message: 'the file ends in packet 1 at byte 24, after 10 bytes',
    });
    expect(readAll(file.slice(0, -1)).problem).toMatchObject({
      message: 'the file ends in packet 5 at byte 213, after 348 of its 349 bytes',
      offset: 213,
    });
    expect(readAll(file.slice(0, 23)).problem?.message).toBe('the file ends in its header, after 23 of 24 bytes');
  });

  it('keeps no more memory than what a claimed length has brought in', () => {
    const head = pcapFile({ little: true }, []);
    const reader = new CaptureReader();
    reader.push(concat(head, new Uint8Array(8), [0, 0, 4, 0], [0, 0, 4, 0], [1, 2, 3]));
    expect(reader.next()).toBeUndefined();
    reader.push(Uint8Array.of(4));
    expect(reader.next()).toBeUndefined();
    reader.end();
    reader.next();
    expect(reader.problem?.message).toBe('the file ends in packet 1 at byte 24, after 20 of its 262160 bytes');
  });

  it('hands out a packet that points into the chunk, without a copy', () => {
    const reader = new CaptureReader();
    const file = pcapFile({ little: true });
    reader.push(file);
    const packet = reader.next();
    expect(packet?.bytes).toBe(file);
    expect(packet?.start).toBe(40);
    expect(reader.next()).toBe(packet);
  });
});

describe('pcap out', () => {
  it('comes back as it went', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const file = randomFile(rng(seed), 40);
      const { packets, problem } = readAll(file, () => 999);
      expect(problem).toBeUndefined();
      const again = packets.map((packet) => {
        const bytes = Uint8Array.from(packet.data);
        return pcapRecord({ ...packet, bytes, start: 0, caplen: bytes.length });
      });
      expect(concat(pcapHeader(), ...again), `seed ${seed}`).toEqual(file);
    }
  });

  it('keeps nanoseconds where asked to', () => {
    const packet = { bytes: Uint8Array.of(9, 1, 2, 3, 9), start: 1, caplen: 3, wirelen: 70, time: 5_000_000_789n };
    const fine = concat(
      pcapHeader({ nanoseconds: true, linktype: 101, snaplen: 96 }),
      pcapRecord(packet, 2, { nanoseconds: true }),
    );
    expect(readAll(fine)).toMatchObject({
      packets: [{ data: [1, 2], wirelen: 70, time: 5_000_000_789n, linktype: 101 }],
      snaplen: 96,
      nanoseconds: true,
    });
    expect(readAll(concat(pcapHeader(), pcapRecord(packet, 262144))).packets).toMatchObject([
      { data: [1, 2, 3], time: 5_000_000_000n },
    ]);
  });

  it('keeps every nanosecond, also near whole seconds', () => {
    const packet = { bytes: new Uint8Array(0), start: 0, caplen: 0, wirelen: 0 };
    const random = rng(3);
    const header = pcapHeader({ nanoseconds: true });
    for (let count = 0; count < 3000; count++) {
      const seconds = BigInt(random.pick([0, 1, 0x7fff_ffff, 0xffff_ffff, random.next()]));
      const fraction = BigInt(random.pick([0, 1, 500, 999_999_500, 999_999_999, random.below(1_000_000_000)]));
      const time = seconds * 1_000_000_000n + fraction;
      const file = concat(header, pcapRecord({ ...packet, time }, 0, { nanoseconds: true }));
      expect(readAll(file).packets[0]?.time).toBe(time);
    }
  });

  it('gathers records into pieces of the same file', () => {
    const { packets } = readAll(randomFile(rng(9), 50));
    for (const size of [64, 100, 1000, 100_000]) {
      const pieces: Uint8Array[] = [];
      const writer = new PcapWriter((bytes) => pieces.push(bytes.slice()), { linktype: 113 }, size);
      const records = packets.map((packet) => {
        const record = { ...packet, bytes: Uint8Array.from(packet.data), start: 0, caplen: packet.data.length };
        writer.write(record, 60);
        return pcapRecord(record, 60);
      });
      writer.flush();
      writer.flush();
      expect(concat(...pieces), `size ${size}`).toEqual(concat(pcapHeader({ linktype: 113 }), ...records));
    }
  });

  it('wraps times that pcap cannot hold', () => {
    const packet = { bytes: new Uint8Array(0), start: 0, caplen: 0, wirelen: 0 };
    const timeOf = (time: bigint) => readAll(concat(pcapHeader(), pcapRecord({ ...packet, time }))).packets[0]?.time;
    expect(timeOf(-1000n)).toBe(0xffff_ffffn * 1_000_000_000n + 999_999_000n);
    expect(timeOf((2n ** 32n + 7n) * 1_000_000_000n)).toBe(7_000_000_000n);
  });
});

describe('link types', () => {
  it('go by number and by name', () => {
    expect(linktypeName(1)).toBe('ETHERNET');
    expect(linktypeName(276)).toBe('LINUX_SLL2');
    expect(linktypeName(9999)).toBe('LINKTYPE 9999');
    expect(linktypeNumber('raw')).toBe(101);
    expect(linktypeNumber('toString')).toBeUndefined();
  });
});

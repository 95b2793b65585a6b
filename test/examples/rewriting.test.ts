/** The example that changes packets: what it writes, judged by sums of our own, and by tcpdump where that is installed. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CaptureReader } from '../../capture/index.ts';
import { tcpdumpVersion } from '../../scripts/make-tcpdump-counts.mjs';
import { checksum, u16, u32 } from '../../scripts/packets.mjs';
import { load, State } from '../../vm/index.ts';
import { luabpf, root, temporaryFolder } from '../cli/luabpf.ts';
import { compiled } from './compiled.ts';
import { examples, mixed, odd } from './files.ts';

const { source } = examples.find(({ name }) => name === 'tcp-timestamp-incr')!;

interface Segment {
  readonly start: number;
  /** Of the pseudo-header and what there is of the segment, with its checksum in it. */
  readonly sum: number;
  /** Where the value of the timestamps option stands. */
  readonly value: number | undefined;
}

/** The TCP segment of an Ethernet frame, behind tags and IPv6 options, if its header is there and its options end well. */
function segmentOf(frame: Uint8Array): Segment | undefined {
  const word = (at: number): number => (frame[at]! << 8) | frame[at + 1]!;
  let at = 12;
  for (let tags = 0; tags < 4 && [0x8100, 0x88a8, 0x9100].includes(word(at)); tags++) at += 4;
  const type = word(at);
  at += 2;
  let [proto, end, start] = [0, 0, 0];
  let addresses: Uint8Array;
  if (type === 0x0800 && frame.length >= at + 20) {
    if ((word(at + 6) & 0x1fff) !== 0) return undefined;
    [proto, end, start] = [frame[at + 9]!, at + word(at + 2), at + (frame[at]! & 15) * 4];
    addresses = frame.subarray(at + 12, at + 20);
  } else if (type === 0x86dd && frame.length >= at + 40) {
    [proto, end, start] = [frame[at + 6]!, at + 40 + word(at + 4), at + 40];
    addresses = frame.subarray(at + 8, at + 40);
    for (let chained = 0; [0, 43, 51, 60].includes(proto) && start + 8 <= frame.length; chained++) {
      if (chained === 32) return undefined;
      const size = proto === 51 ? (frame[start + 1]! + 2) * 4 : (frame[start + 1]! + 1) * 8;
      [proto, start] = [frame[start]!, start + size];
    }
  } else return undefined;
  if (proto !== 6 || start + 20 > frame.length) return undefined;
  const payload = start + (frame[start + 12]! >> 4) * 4;
  if (payload < start + 20 || payload > frame.length) return undefined;
  const pseudo = [...addresses, ...u32(end - start), ...u32(6)];
  const segment = frame.subarray(start, end);
  const options = frame.subarray(start + 20, payload);
  let value: number | undefined;
  for (let o = 0; o < options.length && options[o] !== 0; o += options[o] === 1 ? 1 : options[o + 1]!) {
    if (options[o] !== 1 && (options[o + 1] ?? 0) < 2) return undefined;
    if (options[o] === 8) value ??= start + 20 + o + 2;
  }
  return { start, sum: checksum(pseudo, segment), value };
}

test('the timestamp is one more, the sum as right as it was, and nothing else has changed', () => {
  const state = new State();
  const { program } = compiled(source, 'examples/tcp-timestamp-incr.lua');
  const { filter } = load(program, { allowWrite: true }, state, { engine: 'interpreter' });
  let changed = 0;
  for (const { bytes, wirelen } of [...mixed, ...odd]) {
    const after = bytes.slice();
    filter!.run(after, 0, after.length, wirelen);
    if (Buffer.compare(bytes, after) === 0) continue;
    changed++;
    const [old, now] = [segmentOf(bytes)!, segmentOf(after)!];
    const at = old.value!;
    const view = (frame: Uint8Array) => new DataView(frame.buffer, frame.byteOffset);
    expect(view(after).getUint32(at)).toBe((view(bytes).getUint32(at) + 1) >>> 0);
    expect(u16(now.sum)).toEqual(u16(old.sum));
    const restored = after.slice();
    restored.set(bytes.subarray(at, at + 4), at);
    restored.set(bytes.subarray(old.start + 16, old.start + 18), old.start + 16);
    expect(Buffer.compare(restored, bytes)).toBe(0);
  }
  const counts = state.objects.map(({ entries }) => Number([...entries()][0]!.value));
  const [incremented, notTcp, cutShort, malformed, without] = counts;
  expect(incremented).toBe(changed);
  expect(changed).toBeGreaterThan(100);
  for (const count of [notTcp, cutShort, malformed, without]) expect(count).toBeGreaterThan(0);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(mixed.length + odd.length);
  // Every segment that our own parser finds, whole and with the option, has been changed.
  const found = [...mixed, ...odd].filter(({ bytes }) => segmentOf(bytes)?.value !== undefined);
  expect(found.length).toBe(changed);
});

const hasTcpdump = tcpdumpVersion() !== undefined;
const title = 'tcpdump finds the sums of what the command has written as it found them before';
test.skipIf(!hasTcpdump)(hasTcpdump ? title : `${title} (skipped: tcpdump is not installed)`, () => {
  const output = join(temporaryFolder(), 'changed.pcap');
  for (const name of ['mixed', 'odd']) {
    const input = `examples/captures/${name}.pcap`;
    const run = luabpf(['run', 'examples/tcp-timestamp-incr.lua', input, '--allow-write', '-w', output]);
    expect(run.status).toBe(0);
    const reader = new CaptureReader();
    reader.push(readFileSync(output));
    expect(reader.next()).toBeDefined();
    const told = (file: string) =>
      spawnSync('tcpdump', ['-nvvr', file], { cwd: root, encoding: 'utf8' }).stdout.match(/cksum 0x\w+ \(\w+/g) ?? [];
    const wrong = (file: string) => told(file).filter((text) => text.includes('incorrect')).length;
    expect(told(output).length).toBeGreaterThan(15);
    expect(wrong(output)).toBe(wrong(input));
  }
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mixedCapture, oddCapture } from '../../scripts/make-captures.mjs';
import { checksum, randomPacket, rng } from '../../scripts/packets.mjs';
import { readAll } from './files.ts';

const file = new Uint8Array(readFileSync(new URL('../../examples/captures/mixed.pcap', import.meta.url)));

describe('the captures that come with the examples', () => {
  it('are what scripts/make-captures.mjs makes', () => {
    expect(Buffer.compare(file, mixedCapture())).toBe(0);
    const odd = readFileSync(new URL('../../examples/captures/odd.pcap', import.meta.url));
    expect(Buffer.compare(odd, oddCapture())).toBe(0);
  });

  it('have a whole Ethernet capture, every packet with a time of its own', () => {
    const { packets, problem, linktype } = readAll(file, () => 4096);
    expect(problem).toBeUndefined();
    expect(linktype).toBe(1);
    expect(packets.length).toBeGreaterThanOrEqual(300);
    expect(packets.length).toBeLessThanOrEqual(500);
    expect(new Set(packets.map((packet) => packet.time)).size).toBe(packets.length);
    expect(packets.some((packet) => packet.data.length < packet.wirelen)).toBe(true);
  });
});

describe('random packets', () => {
  it('are the same for the same seed, and of many kinds', () => {
    const make = (seed: number) => {
      const random = rng(seed);
      return Array.from({ length: 2000 }, () => randomPacket(random));
    };
    const packets = make(5);
    expect(make(5)).toEqual(packets);
    for (const { bytes, wirelen } of packets) expect(bytes.length).toBeLessThanOrEqual(wirelen);
    for (const type of [0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x9100]) {
      const count = packets.filter(
        ({ bytes }) => bytes.length > 13 && ((bytes[12]! << 8) | bytes[13]!) === type,
      ).length;
      expect(count, type.toString(16)).toBeGreaterThan(40);
    }
  });

  it('mostly have the right IPv4 checksum', () => {
    const random = rng(6);
    const headers = Array.from({ length: 1000 }, () => randomPacket(random).bytes)
      .filter((bytes) => bytes.length >= 74 && bytes[12] === 8 && bytes[13] === 0)
      .map((bytes) => bytes.subarray(14, 14 + (bytes[14]! & 15) * 4));
    const right = headers.filter((header) => checksum(header) === 0);
    expect(right.length).toBeGreaterThan(headers.length * 0.8);
  });
});

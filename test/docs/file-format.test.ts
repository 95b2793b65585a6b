/** docs/file-format.md: the file that it shows byte by byte is what the writer makes, and the tables are the machine's. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encode, instructionText, load, type Program, readProgram, wordText, writeProgram } from '../../vm/index.ts';
import { sectionTypes } from '../../vm/program/sections.ts';

const page = readFileSync(new URL('../../docs/file-format.md', import.meta.url), 'utf8');
const [, dump] = /## A file, byte by byte[\s\S]*?```\n([\s\S]*?)```/.exec(page)!;
const lines = dump!
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [, offset, hex, text] = /^([0-9a-f]{4}) {2}([0-9a-f]{2}(?: [0-9a-f]{2})*) {2,}(\S.*)$/.exec(line)!;
    return { offset: Number.parseInt(offset!, 16), hex: hex!, text: text! };
  });

const program: Program = {
  profile: 'bpf64',
  code: [encode('ld.abs', 8, { reg: 0, k: 12 }), encode('exit', 0x10, {})],
  entry: 0,
  linktype: 1,
  strings: Uint8Array.of(0),
};
const file = writeProgram(program);
const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

test('the dump is the file, byte for byte and in order', () => {
  let at = 0;
  for (const { offset, hex, text } of lines) {
    const length = hex.split(' ').length;
    expect([offset, hex], text).toEqual([at, hexOf(file.subarray(at, at + length))]);
    expect(text.length).toBeGreaterThan(3);
    at += length;
  }
  expect(at).toBe(file.length);
  expect(page).toContain(`${file.length} bytes.`);
});

test('the file is read, loaded, and does what is said of it', () => {
  expect(readProgram(file).program).toMatchObject({ ...program, strings: expect.anything() });
  const packet = new Uint8Array(64);
  packet.set([0x86, 0xdd], 12);
  expect(load(file).filter!.run(packet, 0, 64, 64)).toBe(0x86dd);
});

test('the instructions are written as the disassembler has them', () => {
  const texts = lines.slice(-2).map(({ text }) => text);
  expect(texts).toEqual(program.code.map((word, pc) => `${wordText(word)}: ${instructionText(word, pc)}`));
});

test('the sections are those of the machine', () => {
  const [, table] = /\| type \| \| \|\n\|---\|---\|---\|\n([\s\S]*?)\n\n/.exec(page)!;
  const rows = table!.split('\n').map((row) => row.split(' | ').slice(0, 2).join(' ').slice(2));
  expect(rows).toEqual(Object.entries(sectionTypes).map(([name, type]) => `${type} ${name}`));
});

import { describe, expect, test } from 'vitest';
import { fieldsOf, foundIn, type HeaderName, headers } from '../../compiler/index.ts';
import { luabpf } from './luabpf.ts';

const names = Object.keys(headers) as HeaderName[];

describe('luabpf fields', () => {
  test('lists every header', () => {
    const { status, stdout, stderr } = luabpf(['fields']);
    expect([status, stderr]).toEqual([0, '']);
    for (const name of names) {
      const { title, about } = headers[name];
      const line = stdout.split('\n').find((each) => each.startsWith(`pkt.${name} `));
      expect(line).toMatch(new RegExp(`^pkt\\.${name} +${fieldsOf(name).length + foundIn(name).length} +`));
      expect(line).toContain(`${title}: ${about}`);
    }
  });

  test.each(['tcp', 'pkt.tcp'])('%s: every field with its type, its bits and what it is', (name) => {
    const { status, stdout } = luabpf(['fields', name]);
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('pkt.tcp: TCP (RFC 9293)');
    expect(lines).toContain('tcp.hdr_len            integer  4     header length in bytes');
    expect(lines).toContain('tcp.flags.syn          boolean  1     synchronize sequence numbers');
    expect(lines).toContain('tcp.payload_len        integer        how long that is by the length fields');
    for (const { path } of fieldsOf('tcp')) expect(stdout).toContain(`\ntcp.${path} `);
    expect(luabpf(['fields', 'ipv6']).stdout).toMatch(/^ipv6\.src +address +128 +source address$/m);
  });

  test('a group, and a field', () => {
    const lines = luabpf(['fields', 'ip.flags']).stdout.trim().split('\n');
    expect(lines.slice(1).map((line) => line.split(' ', 1)[0])).toEqual([
      'ip.flags.value',
      'ip.flags.rb',
      'ip.flags.df',
      'ip.flags.mf',
    ]);
    expect(luabpf(['fields', 'udp.offset']).stdout).toContain('udp.offset  integer');
  });

  test.each([
    ['tpc', 'luabpf: there is no header tpc\n  did you mean tcp?\n'],
    ['nonsense', `luabpf: there is no header nonsense\n  there are ${names.join(', ')}\n`],
    ['tcp.flgas', 'luabpf: tcp has no field flgas\n  did you mean tcp.flags?\n'],
    ['tcp.nonsense', 'luabpf: tcp has no field nonsense\n  luabpf fields tcp shows all\n'],
    ['constructor', `luabpf: there is no header constructor\n  there are ${names.join(', ')}\n`],
  ])('%s: says what there is', (name, message) => {
    expect(luabpf(['fields', name])).toMatchObject({ status: 2, stdout: '', stderr: message });
  });
});

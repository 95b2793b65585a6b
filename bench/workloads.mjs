// @ts-check
/**
 * The workloads W1 to W5 as Lua filters with raw loads (bench/filters/w1.lua …), W1 and W2 with header fields too (w1i,
 * w2i), W4 by a search too (w4f): how many packets of a capture they accept, instructions on the longest path over 1,500
 * bytes, and in all.
 *
 *   node bench/workloads.mjs [CAPTURE.pcap]
 *
 * Without a capture, on the 200,000 packets of ../shared/anchors, where that folder is at hand, of which it is known how
 * many they must accept.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureReader } from '../dist/capture/index.js';
import { compile } from '../dist/compiler/index.js';
import { bound, hostWith, load, validate } from '../dist/vm/index.js';

/** What the raw forms accept of the known capture. @type {Readonly<Record<string, number | undefined>>} */
const known = { w1: 11182, w2: 14227, w3: 60753, w4: 2119, w4f: 2119, w5: 9627 };
const names = ['w1', 'w2', 'w3', 'w4', 'w4f', 'w5', 'w1i', 'w2i'];

const anchors = fileURLToPath(new URL('../../shared/anchors/gen.mjs', import.meta.url));
const given = process.argv[2];
if (given === undefined && !existsSync(anchors)) throw new Error('name a capture: ../shared/anchors is not there');
const folder = mkdtempSync(join(tmpdir(), 'luabpf-bench-'));
try {
  const path = given ?? join(folder, 'packets.pcap');
  if (given === undefined) execFileSync(process.execPath, [anchors, path], { stdio: 'ignore' });
  const file = readFileSync(path);
  const host = hostWith();
  console.log('| filter | accepts | longest path | size |\n|---|---|---|---|');
  for (const name of names) {
    const { program, bytes, diagnostics } = compile(readFileSync(new URL(`filters/${name}.lua`, import.meta.url)));
    if (program === undefined) throw new Error(`${name}: ${JSON.stringify(diagnostics)}`);
    const { filter } = load(bytes);
    const { validated } = validate(program, host);
    if (filter === undefined || validated === undefined) throw new Error(`${name} was refused`);
    const reader = new CaptureReader();
    reader.push(file);
    reader.end();
    let accepted = 0;
    for (let packet = reader.next(); packet !== undefined; packet = reader.next())
      if (filter.run(packet.bytes, packet.start, packet.caplen, packet.wirelen) !== 0) accepted++;
    const wanted = given === undefined ? known[name] : undefined;
    if (wanted !== undefined && accepted !== wanted) throw new Error(`${name} accepts ${accepted}, not ${wanted}`);
    console.log(`| ${name} | ${accepted} | ${bound(validated, host).at(1500)} | ${program.code.length} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

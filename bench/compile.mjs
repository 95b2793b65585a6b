// @ts-check
/**
 * How long compiling takes: filters of several shapes with 100 to 10,000 lines, then sets of 1,000 addresses, ports and
 * networks, and of 10,000 networks, beside libpcap. The best of some rounds, in milliseconds.
 *
 *   node bench/compile.mjs [ROUNDS]
 *
 * Needs tcpdump for the figures of libpcap, which compiles one filter of many hosts slower than another of few: what it
 * takes for 1,000 is extrapolated from up to 300 hosts.
 */
import { execFileSync } from 'node:child_process';
import { compile } from '../dist/compiler/index.js';
import { rng } from '../scripts/packets.mjs';

const rounds = Number(process.argv[2] ?? 3);
/** @param {number} count @param {(i: number) => string} line */
const lines = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join('\n');

/** By shape, a filter of about so many lines. @type {Readonly<Record<string, (count: number) => string>>} */
const shapes = {
  tests: (count) => `return function(pkt)
${lines(count, (i) => `  if pkt:u8(${i % 60}) == ${i % 256} then return ${1 + (i % 9)} end`)}
end`,
  'else-if': (count) => `return function(pkt)
  local port = pkt:u16(36)
  if port == 1 then return true
${lines(count, (i) => `  elseif port == ${i} then return ${1 + (i % 9)}`)}
  end
end`,
  variables: (count) => `return function(pkt)
  local a, b, c = pkt:u8(0), pkt:u8(1), 0
${lines(count, (i) => (i % 2 === 0 ? `  a = b + ${i}` : '  if a > 9 then c = a & 255 end'))}
  return c
end`,
  blocks: (count) => `return function(pkt)
  local n = 0
${lines(count / 4, (i) => `  do\n    local x = pkt:u16(${i % 60})\n    if x > ${i} then n = n + x end\n  end`)}
  return n & 255
end`,
  labels: (count) => `return function(pkt)
  local n = 0
${lines(count / 4, (i) => `  do\n    if pkt:u8(${i % 60}) == 1 then goto done end\n    n = n + 1\n    ::done:: end`)}
  return n & 255
end`,
  headers: (count) => `return function(pkt)
  local tcp, ip = pkt.tcp, pkt.ip
${lines(count, (i) => `  if ${i % 2 === 0 ? 'tcp and tcp.dstport' : 'ip and ip.ttl'} == ${i} then return ${1 + (i % 9)} end`)}
end`,
  loops: (count) => `return function(pkt)
  local n = 0
${lines(count / 3, (i) => `  for i = 1, ${1 + (i % 9)} do\n    n = n + pkt:u8(i)\n  end`)}
  return n & 255
end`,
  functions: (count) => `local M = {}
${lines(count / 4, (i) => `function M.f${i}(x)\n  return x > ${i} and x * 3 + ${i} or x\nend`)}
return function(pkt)
  local n = 0
${lines(count / 4, (i) => `  n = M.f${i}(n & 255)`)}
  return n
end`,
  calls: (count) => `local function f(a, b)
  local x = a
  for i = 1, b do x = x + i end
  return x
end
return function(pkt)
  local n = 0
${lines(count, (i) => `  n = n + f(pkt:u8(${i % 60}), ${i % 7})`)}
  return n & 255
end`,
};
const sizes = [100, 1000, 10_000];

/** The least of some rounds, in ms. @param {number} rounds @param {() => void} run */
function least(rounds, run) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
  }
  return best;
}

/** @param {string} source */
function compiled(source) {
  const { program, diagnostics } = compile(source);
  if (program === undefined) throw new Error(`${JSON.stringify(diagnostics?.[0])}\n${source.slice(0, 400)}`);
  return program;
}

/** Numbers that look random, each once. @param {number} count @param {number} below */
function numbers(count, below) {
  const random = rng(count);
  const set = new Set();
  while (set.size < count) set.add(random.below(below));
  return [...set];
}

/** @param {readonly number[]} keys @param {string} key */
const setOf = (keys, key) => `local set = {\n${keys.map((each) => `  [${each}] = true,\n`).join('')}}
return function(pkt) return pkt:u16(12) == 0x0800 and set[${key}] end`;

/** Networks of 16 to 32 bits. @param {number} count */
function networksOf(count) {
  const random = rng(count);
  const texts = Array.from({ length: count }, () => {
    const length = random.range(16, 32);
    const bytes = [0, 8, 16, 24].map((at) => (random.below(256) << (8 - Math.min(8, Math.max(0, length - at)))) & 255);
    return `  "${bytes.join('.')}/${length}",\n`;
  });
  return `local net = require "net"
local set = net.cidrs {\n${texts.join('')}}
return function(pkt) return pkt:u16(12) == 0x0800 and set:contains(pkt:u32(30)) end`;
}

const sets = [
  ['1,000 addresses', setOf(numbers(1000, 2 ** 32), 'pkt:u32(30)')],
  ['1,000 networks of 24 bits', setOf(numbers(1000, 2 ** 24), 'pkt:u32(30) >> 8')],
  ['1,000 networks of 16 to 32 bits', networksOf(1000)],
  ['10,000 networks of 16 to 32 bits', networksOf(10_000)],
  ['1,000 ports', setOf(numbers(1000, 2 ** 16), 'pkt:u16(36)')],
];

for (const shape of Object.values(shapes)) compiled(shape(1000));
console.log('\n| lines of | 100 | 1,000 | 10,000 | 10,000 / 1,000 |');
console.log('|---|---|---|---|---|');
for (const [name, shape] of Object.entries(shapes)) {
  const times = sizes.map((count) => {
    const source = shape(count);
    return least(rounds, () => compiled(source));
  });
  const ratio = (times[2] ?? 0) / (times[1] ?? 1);
  console.log(`| ${name} | ${times.map((ms) => `${ms.toFixed(1)} ms`).join(' | ')} | ${ratio.toFixed(1)} |`);
}

console.log('\n| a set of | | instructions |');
console.log('|---|---|---|');
for (const [name, source] of sets) {
  if (source === undefined) continue;
  const ms = least(10 * rounds, () => compiled(source));
  console.log(`| ${name} | ${ms.toFixed(1)} ms | ${compiled(source).code.length} |`);
}

/** @param {number} count */
function hostsInTcpdump(count) {
  const hosts = numbers(count, 2 ** 24).map((n) => `host 10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  return least(1, () => execFileSync('tcpdump', ['-y', 'EN10MB', '-d', hosts.join(' or ')], { stdio: 'ignore' }));
}
try {
  const counts = [10, 100, 300];
  const times = counts.map(hostsInTcpdump);
  for (const [i, count] of counts.entries()) console.log(`| libpcap: ${count} hosts | ${times[i]?.toFixed(0)} ms | |`);
  // How the time grows from 100 to 300 hosts, as a power of their number.
  const power = Math.log((times[2] ?? 0) / (times[1] ?? 1)) / Math.log(3);
  const all = (times[2] ?? 0) * (1000 / 300) ** power;
  console.log(`| libpcap: 1,000 hosts, extrapolated | ${(all / 1000).toFixed(0)} s | |`);
} catch (error) {
  if (/** @type {{ code?: string }} */ (error).code !== 'ENOENT') throw error;
  console.log('libpcap: tcpdump is not installed');
}

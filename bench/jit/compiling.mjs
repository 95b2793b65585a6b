// @ts-check
/**
 * From the text of examples/web.lua to its first verdict, imports not counted: first of a process, then the median of
 * 300 when it is warm; and how long each stage takes then. A line of JSON, in milliseconds; `moduleBytes` is the length
 * of the WebAssembly module.
 *
 * Engines of WebAssembly keep what they compiled by its bytes, so every text has another port.
 */
import { readFileSync } from 'node:fs';
import { compile } from '../../dist/compiler/index.js';
import { hostWith, Jit, MachineMemory, validate } from '../../dist/vm/index.js';
import { ethernet, ipv4, join, u16, u32 } from '../../scripts/packets.mjs';
import { webAssembly } from './webassembly.mjs';

const text = readFileSync(new URL('../../examples/web.lua', import.meta.url), 'utf8');
if (!text.includes('[8080]')) throw new Error('examples/web.lua has no port 8080 that could be another');
const tcp = join(u16(1024), u16(443), u32(1), u32(1), [0x50, 0x18], u16(65535), u16(0), u16(0));
const packet = ethernet({ type: 0x0800 }, ipv4({ src: '192.0.2.1', dst: '198.51.100.10', proto: 6 }, tcp));
const memory = new MachineMemory();

/** Of the last module: its length, and how long WebAssembly took over it, in ms. */
let moduleBytes = 0;
let inWebAssembly = 0;

/** @template T @param {() => T} make */
function counted(make) {
  const begin = performance.now();
  const made = make();
  inWebAssembly += performance.now() - begin;
  return made;
}
webAssembly.Module = new Proxy(webAssembly.Module, {
  construct(target, /** @type {[Uint8Array]} */ values) {
    moduleBytes = values[0].length;
    return counted(() => Reflect.construct(target, values));
  },
});
webAssembly.Instance = new Proxy(webAssembly.Instance, {
  construct: (target, values) => counted(() => Reflect.construct(target, values)),
});

const stages = /** @type {const} */ (['compile', 'validate', 'translate', 'WebAssembly', 'run']);

/** What each stage took, in ms. @param {number} port */
function once(port) {
  const source = text.replace('[8080]', `[${port}]`);
  inWebAssembly = 0;
  const times = [performance.now()];
  const { program } = compile(source);
  times.push(performance.now());
  const host = hostWith();
  const { validated } = validate(/** @type {NonNullable<typeof program>} */ (program), host);
  times.push(performance.now());
  const jit = new Jit(/** @type {NonNullable<typeof validated>} */ (validated), host, { memory });
  times.push(performance.now());
  jit.run(packet, 0, packet.length, packet.length);
  times.push(performance.now());
  const [compiled = 0, judged = 0, made = 0, ran = 0] = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  return [compiled, judged, made - inWebAssembly, inWebAssembly, ran];
}

/** @param {readonly number[]} values */
const sum = (values) => values.reduce((a, b) => a + b, 0);
/** @param {readonly number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const first = once(8080);
for (let i = 1; i <= 300; i++) once(8080 + i);
const warm = Array.from({ length: 300 }, (_, i) => once(9000 + i));
console.log(
  JSON.stringify({
    first: sum(first),
    warm: median(warm.map(sum)),
    firstStages: Object.fromEntries(stages.map((stage, i) => [stage, first[i]])),
    warmStages: Object.fromEntries(stages.map((stage, i) => [stage, median(warm.map((times) => times[i] ?? 0))])),
    moduleBytes,
  }),
);

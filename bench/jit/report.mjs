// @ts-check
/** What `bench/jit.mjs` measured, as tables: all of them are made from its JSON. */

/** Milliseconds. @typedef {Readonly<Record<string, number>>} Stages */
/**
 * @typedef {object} Results
 * @property {string} date
 * @property {string} machine
 * @property {Readonly<Record<string, string>>} versions
 * @property {string} capture
 * @property {number} rounds
 * @property {Readonly<Record<string, Readonly<Record<string, number>>>>} best by engine and workload, ns a packet
 * @property {Readonly<Record<string, string>>} missing engines that were not at hand, and why
 * @property {Readonly<Record<string, number>>} disagreement by workload, by how much of itself the two natives differ
 * @property {{ first: number, warm: number, firstStages: Stages, warmStages: Stages, moduleBytes: number }} compiling
 * @property {readonly { filter: string, length: number, ns: number }[]} scaling
 */

export const raw = ['w1', 'w2', 'w3', 'w4', 'w5'];
const fields = ['w1i', 'w2i'];
const columns = [...raw, ...fields];
/** Where the two natives differ by more, a figure does not count. */
export const tolerance = 0.05;

/** Ratios to native C in ../shared/anchors/README.md, for peers that are not at hand. @type {Readonly<Record<string, readonly (number | undefined)[]>>} */
const anchorRatios = {
  libpcap: [2.28, 2.55],
  pflua: [1.44, 1.4],
  luajit: [1.49, 1.49, 2.94, 1.63, 3.39],
  ubpf: [1.53, 1.42, 1.35, 1.72, 1.35],
  'clang wasm, batch': [1.32, 1.34, 1.26, 1.59, 1.21],
  'clang wasm, call': [1.6, 1.62, 1.5, 1.57, 1.47],
};
const engines = ['batch', 'call', 'batch, Liftoff only', ...Object.keys(anchorRatios)];

/** @param {Results} results @param {string} engine @param {string} workload */
const measured = ({ best }, engine, workload) => best[engine]?.[workload];

/**
 * The time of an engine to that of native C, or what the anchors say; NaN if neither is known.
 * @param {Results} results @param {string} engine @param {string} workload
 */
function ratio(results, engine, workload) {
  const ns = measured(results, engine, workload);
  const native = measured(results, 'native', workload === 'w4f' ? 'w4' : workload);
  if (ns !== undefined && native !== undefined) return ns / native;
  return anchorRatios[engine]?.[raw.indexOf(workload)] ?? Number.NaN;
}

/** @param {readonly number[]} values */
const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/**
 * What is measured against what it must be and should be.
 * @param {Results} results
 */
export function targets(results) {
  /** @param {string} engine @param {readonly string[]} workloads */
  const ratios = (engine, workloads) => workloads.map((workload) => ratio(results, engine, workload));
  /** By how much we are faster, at least. @param {string} engine @param {readonly string[]} workloads */
  const faster = (engine, workloads) =>
    Math.min(...workloads.map((workload) => ratio(results, engine, workload) / ratio(results, 'batch', workload)));
  const liftoff = ['w1', 'w2', ...fields].map(
    (workload) => ratio(results, 'batch, Liftoff only', workload) / ratio(results, 'batch', workload),
  );
  const { first, warm, moduleBytes } = results.compiling;
  /** @type {readonly { what: string, value: number, must: number, goal: number, isMore?: boolean, unit?: string, of: readonly string[] }[]} */
  const rows = [
    {
      what: 'batch, geometric mean of W1 to W5',
      value: geometricMean(ratios('batch', raw)),
      must: 1.45,
      goal: 1.15,
      of: raw,
    },
    {
      what: 'batch, the slowest of W1 to W5',
      value: Math.max(...ratios('batch', raw)),
      must: 1.45,
      goal: 1.25,
      of: raw,
    },
    {
      what: 'batch, the slower of W1i and W2i',
      value: Math.max(...ratios('batch', fields)),
      must: 1.6,
      goal: 1.3,
      of: fields,
    },
    {
      what: 'one call a packet, geometric mean of W1 to W5',
      value: geometricMean(ratios('call', raw)),
      must: 1.65,
      goal: 1.45,
      of: raw,
    },
    {
      what: 'W4 by `pkt:find`, to C byte by byte',
      value: ratio(results, 'batch', 'w4f'),
      must: 0.25,
      goal: 0.2,
      of: ['w4'],
    },
    {
      what: "W1, W2: faster than libpcap's interpreter, at least",
      value: faster('libpcap', ['w1', 'w2']),
      must: 1.6,
      goal: 2,
      isMore: true,
      of: ['w1', 'w2'],
    },
    {
      what: 'W1, W2: faster than pflua, at least',
      value: faster('pflua', ['w1', 'w2']),
      must: 1,
      goal: 1.2,
      isMore: true,
      of: ['w1', 'w2'],
    },
    {
      what: 'W3, W5: faster than LuaJIT with ffi, at least',
      value: faster('luajit', ['w3', 'w5']),
      must: 2,
      goal: 3,
      isMore: true,
      of: ['w3', 'w5'],
    },
    {
      what: "W1 to W5: faster than ubpf's JIT, at least",
      value: faster('ubpf', raw),
      must: 1,
      goal: 1.2,
      isMore: true,
      of: raw,
    },
    {
      what: '`--liftoff-only` to itself without, header filters, at most',
      value: Math.max(...liftoff),
      must: 1.3,
      goal: 1.2,
      of: ['w1', 'w2', ...fields],
    },
    { what: 'source to first verdict, warm', value: warm, must: 0.4, goal: 0.4, unit: ' ms', of: [] },
    { what: 'source to first verdict, first of a process', value: first, must: 8, goal: 8, unit: ' ms', of: [] },
    { what: 'module of examples/web.lua', value: moduleBytes, must: 2048, goal: 2048, unit: ' B', of: [] },
  ];
  return rows.map((row) => {
    const { value, isMore = false } = row;
    /** @param {number} limit */
    const isMet = (limit) => (isMore ? value >= limit : value <= limit);
    const noisy = row.of.filter((workload) => (results.disagreement[workload] ?? 1) > tolerance);
    const verdict = isMet(row.goal) ? 'goal' : isMet(row.must) ? 'must' : 'short';
    return { ...row, verdict: noisy.length > 0 ? `${verdict}, but too noisy: ${noisy.join(', ')}` : verdict };
  });
}

/** @param {number} value */
const figure = (value) => (Number.isNaN(value) ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(2));

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** @param {Results} results */
export const targetTable = (results) =>
  table(
    ['what, as a ratio to gcc -O2 unless said', 'measured', 'must', 'goal', 'met'],
    targets(results).map(({ what, value, must, goal, unit = '', isMore = false, verdict }) => {
      /** @param {number} limit */
      const limit = (limit) => `${isMore ? '≥' : '≤'} ${limit}${unit}`;
      return [what, `${figure(value)}${unit}`, limit(must), limit(goal), verdict];
    }),
  );

/** @param {Results} results */
export function engineTable(results) {
  const native = [
    'gcc -O2',
    ...columns.map((workload) => `${measured(results, 'native', workload)?.toFixed(1)} ns`),
    '',
  ];
  const rows = engines.map((engine) => {
    const cells = [...columns, 'w4f'].map((workload) => {
      const text = figure(ratio(results, engine, workload));
      return text === '' || measured(results, engine, workload) !== undefined ? text : `${text}*`;
    });
    return [engine in results.missing ? `${engine}: missing` : engine, ...cells];
  });
  const head = ['engine', ...columns.map((workload) => workload.replace('w', 'W')), 'W4 by find'];
  return table(head, [native, ...rows]);
}

/** @param {Results} results */
export function compilingTable({ compiling: { firstStages, warmStages, first, warm } }) {
  /** @param {number | undefined} ms */
  const time = (ms) => `${ms?.toFixed(2)} ms`;
  const rows = Object.keys(warmStages).map((stage) => [stage, time(warmStages[stage]), time(firstStages[stage])]);
  return table(['stage', 'warm', 'first of a process'], [...rows, ['all', time(warm), time(first)]]);
}

/** On what it was measured. @param {Results} results */
export function setting({ machine, versions, capture, rounds, date, missing, disagreement }) {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const noisy = Object.entries(disagreement).filter(([, difference]) => difference > tolerance);
  return [
    `${machine}; ${names.join(', ')}; ${date}; ${rounds} rounds, ${capture}.`,
    ...(noisy.length === 0
      ? ['The two runs of native code in a round agree within 5% on every workload.']
      : [
          `The machine was too noisy: two equal runs of native code differ by ${noisy
            .map(([workload, difference]) => `${(100 * difference).toFixed(0)}% on ${workload}`)
            .join(', ')}.`,
        ]),
    ...Object.entries(missing).map(([engine, why]) => `Missing: ${engine} (${why}).`),
  ].join('\n');
}

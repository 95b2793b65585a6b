// @ts-check
/** The tables that docs/performance.md has of bench/results/cli.json. */

/** @typedef {{ seconds: number, megabytes: number }} Best */
/** @typedef {{ machine: string, date: string, rounds: number, bytes: number, best: Record<string, Best> }} CliResults */

/** @param {CliResults} results */
export const cliSetting = ({ machine, date, rounds, bytes }) =>
  `${machine}; ${date}; the best of ${rounds} rounds, ${(bytes / 1e9).toFixed(2)} GB, pinned to one core.`;

/** @param {CliResults} results */
export function cliTable({ best }) {
  /** @param {string} name */
  const of = (name) => {
    const found = best[name];
    if (found === undefined) throw new Error(`no measurement of ${name}`);
    return found;
  };
  const ms = (/** @type {number} */ seconds) => `${Math.round(seconds * 1000)} ms`;
  /** @type {(what: string, a: string, b: string) => string} */
  const row = (what, ours, theirs) => {
    const [a, b] = [of(ours), of(theirs)];
    return `| ${what} | ${ms(a.seconds)} | ${ms(b.seconds)} | ${(a.seconds / b.seconds).toFixed(2)} | ${a.megabytes} MB |`;
  };
  const start = of('luabpf, a small capture').seconds - of('node -e 0').seconds;
  const rate = of('luabpf to /dev/null').seconds / of('luabpf from a pipe').seconds;
  return [
    '| W1 | luabpf | tcpdump | ratio | memory |',
    '|---|---|---|---|---|',
    row('a file to /dev/null', 'luabpf to /dev/null', 'tcpdump to /dev/null'),
    row('a file to a file', 'luabpf to a file', 'tcpdump to a file'),
    row('a pipe to /dev/null', 'luabpf from a pipe', 'tcpdump from a pipe'),
    '',
    `From start to the end of a small capture: ${ms(start)} beyond \`node -e 0\`. From a pipe: ${Math.round(rate * 100)}% of the rate from a file.`,
  ].join('\n');
}

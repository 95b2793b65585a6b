// @ts-check
/**
 * The long campaign: random filters compiled and in stock Lua, then random programs interpreted and as WebAssembly, for
 * so many minutes and from a seed of its own: `node scripts/campaign.mjs [minutes] [seed] [filters|programs]`, 10 minutes,
 * the time of day and both if not given. Each engine of Lua has all of the minutes, and the programs have them. Of filters,
 * what differs is shrunk to a file in test/data/regress/, which the tests replay from then on; a program is printed, with
 * its number. The exit code is 1 then.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @type {Readonly<Record<string, string>>} */
const tests = { filters: 'test/compiler/differential.test.ts', programs: 'test/jit/fuzz.test.ts' };
const [minutes = '10', seed = String(Math.floor(Date.now() / 1000) % 1_000_000), part] = process.argv.slice(2);
const chosen = Object.keys(tests).filter((name) => part === undefined || name === part);
if (!(Number(minutes) > 0) || !/^\d+$/.test(seed) || chosen.length === 0) {
  console.error(
    'usage: node scripts/campaign.mjs [minutes] [seed] [filters|programs], a number above 0 and a whole one',
  );
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
console.log(`${minutes} minutes an engine, seed ${seed}`);
const statuses = chosen.map((name) => {
  const { status } = spawnSync(process.execPath, [vitest, 'run', tests[name] ?? ''], {
    cwd: root,
    env: { ...process.env, MINUTES: minutes, SEED: seed },
    stdio: 'inherit',
  });
  return status;
});
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;

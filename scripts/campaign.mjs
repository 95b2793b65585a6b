// @ts-check
/**
 * The long campaign: random filters compiled and in stock Lua, for so many minutes and from a seed of its own:
 * `node scripts/campaign.mjs [minutes] [seed]`, 10 minutes and the time of day if not given. Each engine of Lua has all
 * of the minutes. What differs is shrunk to a file in test/data/regress/, which the tests replay from then on; the exit
 * code is 1 then.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [minutes = '10', seed = String(Math.floor(Date.now() / 1000) % 1_000_000)] = process.argv.slice(2);
if (!(Number(minutes) > 0) || !/^\d+$/.test(seed)) {
  console.error('usage: node scripts/campaign.mjs [minutes] [seed], a number above 0 and a whole one');
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
console.log(`${minutes} minutes an engine, seed ${seed}`);
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/compiler/differential.test.ts'], {
  cwd: root,
  env: { ...process.env, MINUTES: minutes, SEED: seed },
  stdio: 'inherit',
});
process.exitCode = status === 0 ? 0 : 1;

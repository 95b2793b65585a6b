/** `luabpf test`: finds filter files, runs the tests in them, and says what came of it. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineName, engineNames, engines } from '../engines/index.ts';
import { failure, failureText } from '../problem.ts';
import { type LuaOptions, readLua } from '../source.ts';
import { passed, reportData, reportText } from './report.ts';
import { type FileResult, runFileTests, type TestEngine } from './run.ts';

export interface TestOptions extends Pick<LuaOptions, 'path' | 'set'> {
  /** The only engine, rather than all. */
  readonly engine?: EngineName;
  readonly json?: true;
  readonly luaStatePackets: number;
}

/** How it ended: all as expected, or not, or a file could not be tested. */
export type TestEnding = 'passed' | 'failed' | 'error';

/** What is wrong with a file does not keep the others from being tested. */
export async function testFiles(paths: readonly string[], options: TestOptions): Promise<TestEnding> {
  if (paths.length === 0) throw failure({ code: 'usage', message: 'a filter is missing', hint: 'luabpf test FILE…' });
  const testEngines = await startEngines(options);
  const results: FileResult[] = [];
  let isWrong = false;
  for (const path of paths.flatMap(filtersAt)) {
    try {
      results.push(await runFileTests(await readLua(path, options), path, testEngines));
    } catch (error) {
      const text = failureText(error);
      if (text === undefined) throw error;
      process.stderr.write(`${text}\n`);
      isWrong = true;
    }
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(reportData(results), null, 2)}\n`);
  else if (results.length > 0) process.stdout.write(reportText(results));
  if (isWrong) return 'error';
  // Testing nothing is a mistake that nobody would see otherwise.
  if (results.every(({ tests }) => tests.length === 0))
    throw failure({
      code: 'test-none',
      message: 'there are no tests in what is named',
      hint: 'a test is a line of the filter file: --@test captures/web.pcap accepts 43',
    });
  return results.every(({ tests }) => tests.every(passed)) ? 'passed' : 'failed';
}

async function startEngines({ engine, luaStatePackets }: TestOptions): Promise<TestEngine[]> {
  const names = engine === undefined ? engineNames : [engine];
  return Promise.all(
    names.map(async (name): Promise<TestEngine> => {
      let output = '';
      const print = (text: string): void => {
        output += text;
      };
      const printed = (): string => {
        const text = output;
        output = '';
        return text;
      };
      return { name, engine: await engines[name]({ luaStatePackets, print }), printed };
    }),
  );
}

/** A file is itself; a folder stands for the `*.lua` in it and below, by name. */
function filtersAt(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lua'));
  if (found.length === 0) throw failure({ code: 'test-folder', message: 'no *.lua in this folder', place: path });
  return found.sort().map((name) => join(path, name));
}

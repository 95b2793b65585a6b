/** What a filter's `require` finds: files beside it and in the folders of `--path`, and the values of `--set`. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FindModule } from '../compiler/index.ts';
import { failure, fileFailure } from './problem.ts';

/** Parts with dots between, as in Lua: no part can be `..`, and no name leads out of the folders that are searched. */
const moduleName = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/**
 * Finds modules in folders, the first that has one: `a.b` is `a/b.lua`. One that is there and cannot be read is a
 * failure, not a reason to look further.
 */
export const moduleFinder =
  (folders: readonly string[]): FindModule =>
  (name) => {
    if (!moduleName.test(name)) return undefined;
    const path = `${name.replaceAll('.', '/')}.lua`;
    const file = folders
      .map((folder) => join(folder, path))
      .find((each) => statSync(each, { throwIfNoEntry: false }) !== undefined);
    if (file === undefined) return undefined;
    try {
      return { text: readFileSync(file, 'latin1'), file };
    } catch (error) {
      throw fileFailure(file, error);
    }
  };

/** The folder that a filter's modules stand in: that of its file, or the current one where it has none. */
export const folderOf = (path: string | undefined): string =>
  path === undefined || path === '-' ? '.' : dirname(path);

export type Settings = ReadonlyMap<string, bigint | boolean | string>;

/** Adds `name=value` of one `--set` to those before it; a name that is given twice has its last value. */
export function addSetting(text: string, before: Settings): Settings {
  const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw failure({
      code: 'setting',
      message: `--set ${text} is not name=value`,
      hint: 'the name is one that Lua could have: --set port=8080',
    });
  return new Map([...before, [name, settingValue(name, value)]]);
}

/** An integer, a boolean, or else a string, whose characters become their bytes in UTF-8. */
function settingValue(name: string, text: string): bigint | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  if (!/^-?(\d+|0[xX][0-9a-fA-F]+)$/.test(text)) return Buffer.from(text, 'utf8').toString('latin1');
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  if (BigInt.asIntN(64, value) === value) return value;
  throw failure({
    code: 'setting',
    message: `--set ${name}: ${text} has more than 64 bits`,
    hint: 'an integer lies between -9223372036854775808 and 9223372036854775807',
  });
}

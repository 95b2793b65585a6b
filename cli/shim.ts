/** `luabpf shim`: writes the folder that makes filters run in a stock Lua of the user's own. */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shimFiles, shimMark } from '../compiler/index.ts';
import { OutputFile } from './files.ts';
import { failure, fileFailure } from './problem.ts';

/**
 * Writes the files of the shim into a folder, which is made where it is missing; gives their paths. A file of that name
 * that is not the shim's own is left alone, and nothing is written.
 */
export function writeShim(folder: string): string[] {
  makeFolder(folder);
  const files = [...shimFiles()].map(([name, text]) => ({ path: join(folder, name), text }));
  for (const { path } of files) refuseForeign(path);
  const written: OutputFile[] = [];
  try {
    for (const { path, text } of files) {
      const file = new OutputFile(path);
      written.push(file);
      file.write(Buffer.from(text, 'utf8'));
    }
    // Only when all are whole does the first take its name.
    for (const file of written) file.finish();
  } catch (error) {
    for (const file of written) file.discard();
    throw error;
  }
  return files.map(({ path }) => path);
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isTaken
      ? failure({ code: 'shim-folder', message: 'is not a folder', place: folder, hint: 'name another' })
      : fileFailure(folder, error);
  }
}

function refuseForeign(path: string): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing === undefined) return;
  if (existing.isFile() && firstLine(path).includes(shimMark)) return;
  throw failure({
    code: 'shim-foreign',
    message: 'is there already, and is not the work of `luabpf shim`',
    place: path,
    hint: 'name another folder, or move it away',
  });
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'latin1').split('\n', 1)[0]!;
  } catch (error) {
    throw fileFailure(path, error);
  }
}

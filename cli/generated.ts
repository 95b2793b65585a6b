/** Files that a command writes into a folder of the user's, and writes anew, and which are told from others by a mark. */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OutputFile } from './files.ts';
import { failure, fileFailure } from './problem.ts';

/**
 * Writes files, by their names in a folder, which is made where it is missing; gives their paths. A file of that name
 * whose first line does not have `mark` is left alone, and nothing is written: it is not the work of `luabpf command`.
 */
export function writeGenerated(
  folder: string,
  given: ReadonlyMap<string, string>,
  { mark, command }: { readonly mark: string; readonly command: string },
): string[] {
  makeFolder(folder, command);
  const files = [...given].map(([name, text]) => ({ path: join(folder, name), text }));
  for (const { path } of files) {
    if (isForeign(path, mark))
      throw failure({
        code: `${command}-foreign`,
        message: `is there already, and is not the work of \`luabpf ${command}\``,
        place: path,
        hint: 'name another folder, or move it away',
      });
  }
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

function makeFolder(folder: string, command: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isTaken
      ? failure({ code: `${command}-folder`, message: 'is not a folder', place: folder, hint: 'name another' })
      : fileFailure(folder, error);
  }
}

function isForeign(path: string, mark: string): boolean {
  const existing = statSync(path, { throwIfNoEntry: false });
  return existing !== undefined && !(existing.isFile() && firstLine(path).includes(mark));
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'latin1').split('\n', 1)[0]!;
  } catch (error) {
    throw fileFailure(path, error);
  }
}

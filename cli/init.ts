/** `luabpf init`: makes a folder of filters one in which an editor knows the language. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stubFiles, stubMark } from '../compiler/index.ts';
import { writeWhole } from './files.ts';
import { writeGenerated } from './generated.ts';
import { fileFailure } from './problem.ts';

/** Where the stubs are, in the folder of filters. */
const library = '.luabpf';

/** Standard libraries that filters do not have; `package` has `require`. */
const missing = ['coroutine', 'debug', 'io', 'os', 'string', 'table', 'utf8'];

/** The settings of lua-language-server, for this folder. */
const settings = `${JSON.stringify(
  {
    'runtime.version': 'Lua 5.4',
    'runtime.builtin': Object.fromEntries(missing.map((name) => [name, 'disable'])),
    'workspace.library': [library],
  },
  null,
  2,
)}\n`;

const usage = `
In an editor with lua-language-server, this line above a filter makes its packet known:

  ---@param pkt luabpf.Packet
  return function(pkt)
`;

/**
 * Writes the stubs, anew where they are its own, and the editor's settings where there are none. Gives what it has done,
 * as text.
 */
export function initFolder(folder: string): string {
  const stubs = stubFiles();
  const old = new Set([...stubs.keys()].map((name) => join(folder, library, name)).filter((path) => existsSync(path)));
  const paths = writeGenerated(join(folder, library), stubs, { mark: stubMark, command: 'init' });
  const written = paths.map((path) => `${path}: written${old.has(path) ? ' anew' : ''}\n`);
  const path = join(folder, '.luarc.json');
  return [...written, `${path}: ${writeSettings(path)}\n`, usage].join('');
}

/** A user's own settings stay. */
function writeSettings(path: string): string {
  const existing = existingText(path);
  if (existing !== undefined)
    return `left as it is${existing.includes(`"${library}"`) ? '' : `; add "${library}" to its "workspace.library"`}`;
  writeWhole(path, Buffer.from(settings, 'utf8'));
  return 'written';
}

function existingText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw fileFailure(path, error);
  }
}

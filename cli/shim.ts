/** `luabpf shim`: writes the folder that makes filters run in a stock Lua of the user's own. */
import { shimFiles, shimMark } from '../compiler/index.ts';
import { writeGenerated } from './generated.ts';

/** Writes the files of the shim into a folder; gives their paths. */
export const writeShim = (folder: string): string[] =>
  writeGenerated(folder, shimFiles(), { mark: shimMark, command: 'shim' });

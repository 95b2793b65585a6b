// @ts-check
/**
 * Writes `compiler/modules/texts.ts`, the texts of the modules beside it, since the compiler also runs where there are no
 * files. Run it after a change to one of them: `node scripts/make-modules.mjs`.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../compiler/modules/', import.meta.url));

/** What the file is to say. */
export function moduleTexts() {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .map((file) => file.slice(0, -'.lua'.length))
    .sort();
  const rows = names.map((name) => {
    const text = readFileSync(`${folder}${name}.lua`, 'latin1');
    return `  ${name}: \`${text.replaceAll(/[\\`$]/g, '\\$&')}\`,\n`;
  });
  return `/** The modules in this folder, by name: written by scripts/make-modules.mjs. */
export const moduleTexts = {
${rows.join('')}} as const satisfies Readonly<Record<string, string>>;
`;
}

export const textsFile = `${folder}texts.ts`;

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(textsFile, moduleTexts());

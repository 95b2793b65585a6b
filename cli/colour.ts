/** Colours on terminals: where they are wanted, and which there are. */

export const colourChoices = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof colourChoices)[number];

let choice: ColourChoice = 'auto';

/** What `--color` says, for all that is painted from now on. */
export function chooseColours(chosen: ColourChoice): void {
  choice = chosen;
}

export interface Painter {
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/**
 * Paints what goes to a stream: by `auto` where that is a terminal that is not dumb, and NO_COLOR is not set
 * (https://no-color.org). The colours are the terminal's own, so that they can be read on light and dark.
 */
export function painter(stream: { readonly isTTY?: boolean }): Painter {
  const { NO_COLOR = '', TERM = '' } = process.env;
  const isAuto = stream.isTTY === true && NO_COLOR === '' && TERM !== 'dumb';
  const paints = choice === 'always' || (choice === 'auto' && isAuto);
  const by =
    (code: number) =>
    (text: string): string =>
      paints && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { red: by(31), yellow: by(33), green: by(32), bold: by(1), dim: by(2) };
}

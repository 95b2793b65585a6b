/** Short forms that people expect, as what they stand for: each gives the tokens of a line that the table has. */
import { raise, type Token, tokenize } from './lexer.ts';

/** Words that open a short form. */
export const macroNames = ['nop', 'not', 'accept', 'reject', 'ret'] as const;

/** Tokens of a text, all at the place of the token that they stand for. */
const words = (text: string, { line, column }: Token): Token[] =>
  tokenize(text, line)
    .slice(0, -1)
    .map((token) => ({ ...token, line, column }));

/** Comparisons that are others with their targets swapped. */
const opposites: Readonly<Record<string, string>> = {
  '!=': '==',
  '<=': '>',
  '<': '>=',
  's<=': 's>',
  's<': 's>=',
  '!&': '&',
};

/** The line itself, where it is no short form. */
export function expandMacro(tokens: readonly Token[]): readonly Token[] {
  const [first] = tokens as [Token];
  const rest = tokens.slice(1);
  switch (first.text.toLowerCase()) {
    case 'nop':
      return [...words('goto +0', first), ...rest];
    case 'accept':
      return [...words('exit 0xffffffff', first), ...rest];
    case 'reject':
      return [...words('exit 0', first), ...rest];
    case 'ret':
      return [...words('exit', first), ...rest];
    case 'not':
      // NOT R: R ^ 64 ones.
      return complement(rest.slice(0, -1), rest.slice(0, -1), first, rest.at(-1)!);
    case 'if':
      return completeIf(tokens);
    default: {
      const isNot = tokens[1]?.text === '=' && tokens[2]?.text.toLowerCase() === 'not';
      return isNot ? complement([first], tokens.slice(3, -1), tokens[2]!, tokens.at(-1)!) : tokens;
    }
  }
}

const complement = (to: readonly Token[], from: readonly Token[], at: Token, end: Token): Token[] => [
  ...to,
  ...words('=', at),
  ...from,
  ...words('^ ones 64', at),
  end,
];

/** `else` may be left out for the next instruction, and the comparisons of `opposites` swap the targets. */
function completeIf(tokens: readonly Token[]): readonly Token[] {
  const to = tokens.findIndex(({ text }) => text === 'goto');
  if (to < 0) return tokens;
  const other = tokens.findIndex(({ text, kind }, i) => i > to + 1 && text === 'else' && kind === 'word');
  const end = tokens.at(-1)!;
  const yes = tokens.slice(to + 1, other < 0 ? -1 : other);
  const no = other < 0 ? words('+0', end) : tokens.slice(other + 1, -1);
  const at = tokens.findIndex(({ text, kind }, i) => i < to && kind === 'symbol' && opposites[text] !== undefined);
  if (other >= 0 && no.length === 0) raise('syntax', end, 'expected a label behind `else`');
  const test = tokens.slice(0, to);
  const targets = at < 0 ? [yes, no] : [no, yes];
  if (at >= 0) test.splice(at, 1, ...words(opposites[test[at]!.text]!, test[at]!));
  const elseToken = other < 0 ? words('else', end) : [tokens[other]!];
  return [...test, tokens[to]!, ...targets[0]!, ...elseToken, ...targets[1]!, end];
}

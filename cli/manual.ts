/** `luabpf manual`: the manual page, in the macros of man(7), made from what the parser and the help know. */
import { examples } from './examples.ts';
import type { ArgumentFacts, CommandFacts, OptionFacts } from './interface.ts';

/** Text between macros: backslashes, hyphens that are to be typed, and lines that would be requests. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '\\&...')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replace(/^\./gm, '\\&.');

/** The same in a sentence, where only options are typed: what stands between backticks is set in bold. */
const prose = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? `\\fB${roff(part.slice(1, -1))}\\fR` : roff(part)))
    .join('');

/** The page; `version` is the package's. */
export function manual(commands: readonly CommandFacts[], version: string): string {
  return `${[
    `.TH LUABPF 1 "" "luabpf ${version}" "User Commands"`,
    '.SH NAME',
    'luabpf \\- packet filters in a subset of Lua, compiled to BPF64',
    '.SH SYNOPSIS',
    ...commands.map(({ name, usage }) => `.B luabpf ${name}\n${roff(usage)}\n.br`),
    '.B luabpf \\-\\-help\n.br\n.B luabpf \\-\\-version',
    '.SH DESCRIPTION',
    ...paragraphs.map((text, index) => `${index === 0 ? '' : '.PP\n'}${prose(text)}`),
    '.SH COMMANDS',
    ...commands.flatMap(command),
    '.SH EXIT STATUS',
    ...exits.flatMap(([code, text]) => ['.TP', `.B ${code}`, prose(text)]),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, text]) => ['.TP', `.B ${name}`, prose(text)]),
    '.SH EXAMPLES',
    'Paths are those of a clone of the repository, and of the installed package.',
    ...(examples[''] ?? []).concat(examples.run ?? []).flatMap(exampleRows),
    '.SH SEE ALSO',
    '.BR tcpdump (1),',
    '.BR pcap\\-filter (7),',
    '.BR lua (1)',
    '.PP',
    prose(
      'The pages in the folder docs of the package: `language.md`, what a filter can say; `errors.md`, every message of the compiler; `architecture.md`, the house.',
    ),
  ].join('\n')}\n`;
}

const paragraphs = [
  'A filter is a Lua file that returns a function of a packet: `return function(pkt) return pkt.tcp end`. What the function returns says whether the packet is accepted: nil, false and 0 reject it, a number accepts so many bytes of it, anything else all of it.',
  'FILTER is a Lua file, a program that `luabpf build` wrote, or text that `tcpdump -ddd` prints, told apart by their content. `-` stands for standard input, or standard output where something is written. CAPTURE is a pcap or pcapng file.',
  'A packet on which the filter cannot finish, say because it reads past the captured bytes, is rejected, and counted with the reason and the line.',
];

export const exits: readonly (readonly [number, string])[] = [
  [0, 'all went well'],
  [1, 'a test failed'],
  [
    2,
    'something is wrong with the arguments, a file or a filter: standard error says what, and no output is left half written',
  ],
  [130, 'interrupted'],
];

const environment = [
  ['NO_COLOR', 'set to anything, keeps colours out of messages on a terminal'],
  ['LUABPF_DEBUG', 'set to anything, adds a stack trace to an internal error'],
] as const;

function command({ name, does, usage, arguments: args, options }: CommandFacts): string[] {
  const groups = [...new Set(options.map(({ group }) => group))];
  return [
    `.SS "luabpf ${name}"`,
    `${sentence(prose(does))}`,
    '.PP',
    `.B luabpf ${name}`,
    roff(usage),
    ...args.flatMap(argument),
    ...groups.flatMap((group) => [
      ...(groups.length > 1 ? ['.PP', `.I ${roff(group)}`] : []),
      ...options.filter((each) => each.group === group).flatMap(option),
    ]),
  ];
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const argument = ({ name, does }: ArgumentFacts): string[] => ['.TP', `.I ${roff(name.toUpperCase())}`, prose(does)];

function option({ names, does, value, completes, otherwise }: OptionFacts): string[] {
  const forms = names.map((name) => `\\fB${roff(name)}\\fR${value === undefined ? '' : ` \\fI${roff(value)}\\fR`}`);
  const words = typeof completes !== 'string' && completes.length < 10 ? ` One of ${completes.join(', ')}.` : '';
  const absent = otherwise === undefined ? '' : ` If it is not given: ${otherwise}.`;
  return ['.TP', forms.join(', '), prose(`${sentence(does)}${words}${absent}`)];
}

const exampleRows = ({ does, lines }: (typeof examples)[string][number]): string[] => [
  '.PP',
  `${sentence(prose(does)).slice(0, -1)}:`,
  '.PP',
  '.EX',
  ...lines.map((line) => `    ${roff(line)}`),
  '.EE',
];

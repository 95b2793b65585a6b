/** What the commands are, as data read off the parser: what completions and the manual are made from. */
import type { Argument, Command, Option } from 'commander';
import { linktypes } from '../capture/index.ts';

export interface CommandFacts {
  readonly name: string;
  readonly does: string;
  /** What follows the name, as help has it. */
  readonly usage: string;
  readonly options: readonly OptionFacts[];
  readonly arguments: readonly ArgumentFacts[];
}

export interface OptionFacts {
  /** `-w`, `--engine`: one, or both forms. */
  readonly names: readonly string[];
  readonly does: string;
  /** The heading that help has it under. */
  readonly group: string;
  /** What it takes, in words; undefined where it takes nothing. */
  readonly value: string | undefined;
  readonly completes: Completes;
  readonly repeats: boolean;
  /** What it is if it is not given, in words. */
  readonly otherwise: string | undefined;
}

export interface ArgumentFacts {
  readonly name: string;
  readonly does: string;
  readonly completes: Completes;
}

/** What can stand in a place: one of these words, a file, a folder, or what nobody but the user knows. */
export type Completes = readonly string[] | 'file' | 'folder' | 'other';

/** The commands of a parser, in its order. */
export const commandsOf = (root: Command): CommandFacts[] =>
  root.commands.map((command) => ({
    name: command.name(),
    does: command.description(),
    usage: command.usage(),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionFacts), help],
    arguments: command.registeredArguments.map(argumentFacts),
  }));

const help: OptionFacts = {
  names: ['-h', '--help'],
  does: 'show this help',
  group: 'Options:',
  value: undefined,
  completes: 'other',
  repeats: false,
  otherwise: undefined,
};

function optionFacts(option: Option): OptionFacts {
  const { short, long, description, argChoices, required, flags, helpGroupHeading, defaultValue } = option;
  const value = required ? /<(.+)>/.exec(flags)?.[1] : undefined;
  return {
    names: [short, long].filter((name) => name !== undefined),
    does: description,
    group: helpGroupHeading ?? 'Options:',
    value,
    completes: long === '--linktype' ? Object.keys(linktypes) : (argChoices ?? placeholders[value ?? ''] ?? 'other'),
    repeats: description.endsWith('(repeatable)'),
    otherwise:
      value === undefined || defaultValue === undefined
        ? undefined
        : (option.defaultValueDescription ?? String(defaultValue)),
  };
}

const placeholders: Readonly<Record<string, Completes>> = { file: 'file', dir: 'folder' };

const argumentFacts = (argument: Argument): ArgumentFacts => ({
  name: argument.name(),
  does: argument.description,
  completes: argument.argChoices ?? (argument.name() === 'dir' ? 'folder' : 'file'),
});

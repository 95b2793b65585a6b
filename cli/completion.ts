/** `luabpf completion`: what makes a shell complete commands, options and their values. */
import type { CommandFacts, Completes, OptionFacts } from './interface.ts';

/** By shell, its script for these commands. */
export const completions = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} as const satisfies Record<string, (commands: readonly CommandFacts[]) => string>;

export type Shell = keyof typeof completions;
export const shells = Object.keys(completions) as Shell[];

const isWords = (completes: Completes): completes is readonly string[] => typeof completes !== 'string';

/** Words where these are to be had, else files, as bash does by itself where a function gives nothing. */
function bashCompletion(commands: readonly CommandFacts[]): string {
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter(({ value, completes }) => value !== undefined && (isWords(completes) || completes === 'other'))
      .map(({ names, completes }) => {
        const patterns = names.map((option) => `'${name} ${option}'`).join(' | ');
        return `    ${patterns}) ${isWords(completes) ? `words='${completes.join(' ')}'` : 'compopt +o default 2>/dev/null'} ;;`;
      }),
  );
  const own = commands.map(({ name, options, arguments: [first] }) => {
    const words = options.flatMap(({ names }) => names).join(' ');
    const others = first !== undefined && isWords(first.completes) ? first.completes.join(' ') : '';
    return `    '${name} '*) if [[ $current == -* ]]; then words='${words}'; else words='${others}'; fi ;;`;
  });
  return `# bash completion for luabpf, by: source <(luabpf completion bash)
_luabpf() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words=
  # bash takes --engine=jit for three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    words='${commands.map(({ name }) => name).join(' ')} --help --version'
  else case "\${COMP_WORDS[1]} $previous" in
${values.join('\n')}
${own.join('\n')}
  esac fi
  [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _luabpf luabpf
`;
}

/** Of `_arguments`: brackets and colons have a meaning there, quotes in the shell. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");

const zshAction = (completes: Completes): string => {
  if (isWords(completes)) return `(${completes.join(' ')})`;
  return { file: '_files', folder: '_files -/', other: '' }[completes];
};

function zshOption({ names, does, value, completes, repeats }: OptionFacts): string[] {
  return names.map((name) => {
    const takes = value === undefined ? '' : `:${zshText(value)}:${zshAction(completes)}`;
    const attached = value !== undefined && name.startsWith('--') ? '=' : '';
    return `'${repeats ? '*' : ''}${name}${attached}[${zshText(does)}]${takes}'`;
  });
}

function zshCompletion(commands: readonly CommandFacts[]): string {
  const own = commands.map(({ name, options, arguments: args }) => {
    const specs = [
      ...options.flatMap(zshOption),
      ...args.map(({ name: argument, completes }) => `'*:${zshText(argument)}:${zshAction(completes)}'`).slice(0, 1),
    ];
    return `    ${name}) _arguments \\\n      ${specs.join(' \\\n      ')} ;;`;
  });
  return `#compdef luabpf
# zsh completion for luabpf: as _luabpf in a folder of $fpath, or by: source <(luabpf completion zsh)
_luabpf() {
  local -a commands=(
    ${commands.map(({ name, does }) => `'${name}:${zshText(does)}'`).join('\n    ')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${own.join('\n')}
  esac
}
if [[ $funcstack[1] == _luabpf ]]; then _luabpf "$@"; else compdef _luabpf luabpf; fi
`;
}

const fishText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function fishCompletion(commands: readonly CommandFacts[]): string {
  const first = commands.map(
    ({ name, does }) => `complete -c luabpf -n __fish_use_subcommand -f -a ${name} -d ${fishText(does)}`,
  );
  const own = commands.flatMap(({ name, options, arguments: args }) => {
    const here = `complete -c luabpf -n '__fish_seen_subcommand_from ${name}'`;
    const words = args.flatMap(({ completes }) => (isWords(completes) ? completes : []));
    return [
      ...(words.length > 0 ? [`${here} -f -a ${fishText(words.join(' '))}`] : []),
      ...options.map(({ names, does, value, completes }) => {
        const forms = names.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`));
        const files = completes === 'file' || completes === 'folder';
        const takes =
          value === undefined
            ? ''
            : isWords(completes)
              ? ` -x -a ${fishText(completes.join(' '))}`
              : files
                ? ' -r -F'
                : ' -x';
        return `${here} ${forms.join(' ')}${takes} -d ${fishText(does)}`;
      }),
    ];
  });
  return `# fish completion for luabpf, by: luabpf completion fish | source\n${[...first, ...own].join('\n')}\n`;
}

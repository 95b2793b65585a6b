/** What tells users what there is: help, versions, the manual page, completions, and the examples in them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examples } from '../../cli/examples.ts';
import { luabpf, main, root, temporaryFolder } from './luabpf.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);

// A place as a clone is, where the command has its name and nothing is written to the user's own home.
for (const name of ['bin', '.config/fish/completions']) mkdirSync(inFolder(name), { recursive: true });
symlinkSync(join(root, 'examples'), inFolder('examples'));
writeFileSync(inFolder('bin/luabpf'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
chmodSync(inFolder('bin/luabpf'), 0o755);
const env = {
  ...process.env,
  HOME: folder,
  PATH: `${inFolder('bin')}:${process.env.PATH}`,
  NO_COLOR: '1',
  TERM: 'dumb',
};

function shell(command: string, ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(command, args, { cwd: folder, env, encoding: 'utf8', timeout: 60_000 });
}

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** A test that takes a program: where that is not there, its title says so. */
const needing = (program: string, title: string, body: () => void): void =>
  has(program) ? test(title, body) : test.skip(`${title} (skipped: ${program} is not installed)`, () => {});

/** The help of a command. */
const helps = new Map<string, string>();
const helpOf = (name: string): string => {
  const text = helps.get(name) ?? luabpf([name, '--help']).stdout;
  helps.set(name, text);
  return text;
};

const commands = [...luabpf(['--help']).stdout.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name!);

test('every command has help with an example, and every example a command', () => {
  expect(commands).toContain('run');
  for (const name of commands) {
    expect(helpOf(name), name).toMatch(/^Examples:\n {2}# /m);
  }
  expect(Object.keys(examples).filter((name) => name !== '' && !commands.includes(name))).toEqual([]);
});

describe('examples do what they say', () => {
  // What captures from an interface goes on until it is interrupted.
  const all = Object.entries(examples).flatMap(([name, rows]) => (name === 'live' ? [] : rows));
  for (const { does, lines } of all) {
    const programs = lines.flatMap((line) =>
      line.split(/ \| /).map((part) => part.replace(/^\w+="[^"]*" /, '').split(' ')[0]!),
    );
    const missing = ['bash', ...programs].filter((name) => !['luabpf', 'source'].includes(name) && !has(name));
    const title = `${does}: ${lines.join('; ')}`;
    if (missing.length > 0) test.skip(`${title} (skipped: ${missing.join()} is not installed)`, () => {});
    else
      test(title, () => {
        const { status, stdout, stderr } = shell('bash', '-eo', 'pipefail', '-c', lines.join('\n'));
        // tcpdump says what it reads.
        expect([status, stderr.replace(/^reading from file .*\n/, '')]).toEqual([0, '']);
        expect(stdout !== '' || lines.some((line) => /[<>]/.test(line))).toBe(true);
      });
  }
});

test('--version names the engine and Node', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(luabpf(['--version']).stdout).toMatch(
    new RegExp(`^luabpf ${version}\nengine jit, by WebAssembly\nNode ${process.versions.node}, V8 \\S+, \\w+ \\w+\n$`),
  );
});

describe('the manual page', () => {
  const path = join(root, 'docs/luabpf.1');
  const { stdout: page } = luabpf(['manual']);

  test('in docs is what the command prints', () => {
    if (process.env.UPDATE_GOLDENS === '1') writeFileSync(path, page);
    expect(readFileSync(path, 'utf8')).toBe(page);
  });

  test('has every command and option', () => {
    for (const name of commands) {
      expect(page).toContain(`.SS "luabpf ${name}"`);
      const options = [...helpOf(name).matchAll(/^ {2}(--?\w[\w-]*)/gm)].map(([, option]) => option!);
      const own = page.slice(page.indexOf(`.SS "luabpf ${name}"`)).split('\n.SS ')[0]!;
      expect(options.filter((option) => !own.includes(`\\fB${option.replaceAll('-', '\\-')}\\fR`))).toEqual([]);
    }
  });

  needing('groff', 'is set by groff without a warning', () => {
    const { status, stdout, stderr } = shell('groff', '-man', '-ww', '-Tascii', '-P-c', path);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain("luabpf run -e 'return function(pkt) return pkt.udp end' examples/");
  });

  needing('mandoc', 'has no error for mandoc', () => {
    const { status, stdout } = shell('mandoc', '-T', 'lint', '-W', 'error', path);
    expect([status, stdout]).toEqual([0, '']);
  });
});

describe('completions', () => {
  const script = (name: string): string => {
    const path = inFolder(`luabpf.${name}`);
    writeFileSync(path, luabpf(['completion', name]).stdout);
    return path;
  };

  /** Words as typed, the last to be completed, and what is offered. */
  const cases: readonly [words: readonly string[], offered: readonly string[]][] = [
    [[''], [...commands, '--help', '--version']],
    [['dis'], ['disasm']],
    [['run', '--allow'], ['--allow-write']],
    [
      ['run', '--engine', ''],
      ['jit', 'interpreter', 'lua', 'fengari'],
    ],
    [['run', '--engine', '=', 'f'], ['fengari']],
    [
      ['build', '--linktype', 'LINUX'],
      ['LINUX_SLL', 'LINUX_SLL2'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['run', 'ex'], []],
  ];

  needing('bash', 'in bash', () => {
    const path = script('bash');
    for (const [words, offered] of cases) {
      const typed = ['luabpf', ...words];
      const line = `. ${path}; COMP_WORDS=("$@"); COMP_CWORD=${words.length}; _luabpf; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = shell('bash', '-c', line, 'bash', ...typed);
      expect([stdout.split('\n').filter((word) => word !== ''), stderr], typed.join(' ')).toEqual([offered, '']);
    }
  });

  needing('fish', 'in fish', () => {
    const path = script('fish');
    const offered = (line: string): string[] =>
      shell('fish', '-c', `source ${path}; complete -C ${JSON.stringify(line)}`)
        .stdout.trimEnd()
        .split('\n')
        .map((row) => row.split('\t')[0]!);
    expect(offered('luabpf ').sort()).toEqual([...commands].sort());
    expect(offered('luabpf run --allow')).toEqual(['--allow-write']);
    expect(offered('luabpf run --engine ').sort()).toEqual(['fengari', 'interpreter', 'jit', 'lua']);
    expect(offered('luabpf build --linktype LINUX_')).toEqual(['LINUX_SLL', 'LINUX_SLL2']);
    expect(offered('luabpf run exa')).toEqual(['examples/']);
  });

  needing('zsh', 'in zsh, at a terminal', () => {
    const path = script('zsh');
    // Each read waits for what is to come: a completion that does not come ends in the time limit.
    const session = [
      'zmodload zsh/zpty; zpty z zsh -f -i',
      `zpty -w z "PS1=; autoload -Uz compinit; compinit -u -D; source ${path}; echo REA''DY"`,
      "zpty -r z out '*READY*'",
      "zpty -w -n z $'luabpf run --allow\\t'; zpty -r z out '*allow-write*'; print one",
      "zpty -w -n z $' --engine=fen\\t'; zpty -r z out '*=fengari*'; print two",
      "zpty -w -n z $'\\x15luabpf disa\\t'; zpty -r z out '*disasm*'; print three",
      'zpty -d z',
    ];
    expect(shell('zsh', '-f', '-c', session.join('\n')).stdout).toBe('one\ntwo\nthree\n');
  });

  test('an unknown shell is refused, with those there are', () => {
    const { status, stderr } = luabpf(['completion', 'tcsh']);
    expect(status).toBe(2);
    expect(stderr).toContain('bash, zsh, fish');
    expect(luabpf(['completion']).status).toBe(2);
  });
});

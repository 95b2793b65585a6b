#!/usr/bin/env node
/** The command line: arguments, exit codes, where text goes. What commands do is in the files beside this one. */
import { createRequire } from 'node:module';
import { Argument, Command, CommanderError, Option } from 'commander';
import { linktypeNumber } from '../capture/index.ts';
import type { LoopKinds } from '../compiler/index.ts';
import { defaultHost, writeProgram } from '../vm/index.ts';
import { asm } from './asm.ts';
import { checkReport } from './check-report.ts';
import { type ColourChoice, chooseColours, colourChoices } from './colour.ts';
import { completions, type Shell, shells } from './completion.ts';
import { costOf, costReport, costText } from './cost.ts';
import { dialectNames } from './dialect.ts';
import { disasm } from './disasm.ts';
import { defaultStatePackets, engineNames } from './engines/index.ts';
import { examplesText } from './examples.ts';
import { fieldsText } from './fields.ts';
import { refuseSameFile, writeWhole } from './files.ts';
import { initFolder } from './init.ts';
import { commandsOf } from './interface.ts';
import { jitReportOf, jitReportText } from './jit-report.ts';
import { describe } from './listing.ts';
import { manual } from './manual.ts';
import { addSetting, type Settings } from './modules.ts';
import { failure, failureText, fileFailure, problemsOf } from './problem.ts';
import { count, plural, renderDiagnostics } from './render.ts';
import { live, run } from './running.ts';
import { writeShim } from './shim.ts';
import { onSignals } from './signals.ts';
import { compiled, compileSource, type LuaOptions, loaded, readLua, readSource } from './source.ts';
import { type TestOptions, testFiles } from './testing/command.ts';

const exitCodes = { fine: 0, failed: 1, error: 2 } as const;

interface LinktypeOption {
  readonly linktype: number;
}

const packageVersion = (): string => {
  const { version } = createRequire(import.meta.url)('luabpf/package.json') as { version: string };
  return version;
};

/** The version, what compiles and runs filters by default, and what runs all of it: what a report of a bug has to name. */
function versions(): string {
  const engine = 'WebAssembly' in globalThis ? 'jit, by WebAssembly' : 'interpreter, as this Node has no WebAssembly';
  const { node, v8 } = process.versions;
  return `luabpf ${packageVersion()}\nengine ${engine}\nNode ${node}, V8 ${v8}, ${process.platform} ${process.arch}`;
}

function parseLinktype(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : linktypeNumber(text.toUpperCase());
  if (number !== undefined && number <= 0xffff) return number;
  throw failure({
    code: 'linktype',
    message: `there is no link type ${text}`,
    hint: 'name one, such as ETHERNET, RAW or LINUX_SLL, or give its number',
  });
}

function parseCount(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number >= 1 && Number.isSafeInteger(number)) return number;
  throw failure({ code: 'count', message: `not a number of packets: ${text}`, hint: 'give a whole number from 1 up' });
}

function parseBudget(text: string): number {
  const units = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (units <= Number.MAX_SAFE_INTEGER) return units;
  throw failure({
    code: 'budget',
    message: `${text} is no budget`,
    hint: `--budget takes a whole number of units a packet; without it there are ${count(defaultHost.budget)}`,
  });
}

/** Headings of the help that gather options. */
const filterGroup = 'The filter:';
const runningGroup = 'How it runs:';
const inputGroup = 'What goes in:';
const outputGroup = 'What comes out:';

const budgetOption = (): Option =>
  new Option(
    '--budget <units>',
    `how much work a packet may take, in calls, turns of loops and backward jumps (default: ${defaultHost.budget})`,
  )
    .argParser(parseBudget)
    .helpGroup(runningGroup);
const textOption = (): Option => new Option('-e <lua>', 'the filter itself, in place of FILTER').helpGroup(filterGroup);
const loopsOption = (): Option =>
  new Option('--loops <kind>', 'loops that a Lua filter may have: door for all, counted for those with `for`, none')
    .choices(['door', 'counted', 'none'] satisfies LoopKinds[])
    .helpGroup(filterGroup);
const pathOption = (): Option =>
  new Option('--path <dir>', "a folder in which `require` looks, after the filter's own (repeatable)")
    .argParser((folder, before: readonly string[] = []) => [...before, folder])
    .helpGroup(filterGroup);
const setOption = (): Option =>
  new Option('--set <name=value>', 'what `require "args"` gives: a number, true, false, text (repeatable)')
    .argParser((text, before: Settings = new Map()) => addSetting(text, before))
    .helpGroup(filterGroup);
const linktypeOption = (): Option =>
  new Option('--linktype <name>', 'what the packets begin with, by its name or number in capture files')
    .argParser(parseLinktype)
    .default(1, 'ETHERNET')
    .helpGroup(filterGroup);

const stateOption = (): Option =>
  new Option('--lua-state-packets <n>', 'with lua and fengari: packets after which Lua starts anew, to free its memory')
    .argParser(parseCount)
    .default(defaultStatePackets)
    .helpGroup(runningGroup);

/** What `run` and `live` can give. */
const outputOptions = (): Option[] =>
  [
    new Option(
      '-w <file>',
      'write the accepted packets, each cut to what the filter accepts of it (- for standard output)',
    ),
    new Option('-W <file>', 'write the rejected packets, whole (- for standard output)'),
    new Option(
      '--split <file>',
      'write accepted packets whole to a pcap file for each number that the filter returns: out.pcap becomes out-1.pcap, out-2.pcap',
    ),
    new Option('--list', 'print a line for each accepted packet: number, time in UTC, bytes, addresses and ports'),
    new Option('--json', 'print the summary as JSON, and with --list the packets, each on a line (docs/run.md)'),
    new Option('--count', 'print how many packets are accepted, and no more'),
    new Option('--quiet', 'print no summary'),
    new Option('--exit-code', 'exit with 1 if no packet is accepted'),
  ].map((option) => option.helpGroup(outputGroup));
/** What `run` and `live` have in common, in the order of their help. */
const runningOptions = (): Option[] => [
  new Option('-c <n>', 'end after n accepted packets').argParser(parseCount).helpGroup(inputGroup),
  new Option('--allow-write', 'let the filter store to packets: -w writes what it has made of them').helpGroup(
    runningGroup,
  ),
  new Option(
    '--engine <name>',
    'what runs the filter: jit compiles it to machine code, interpreter goes step by step, lua (5.4) and fengari (5.3, 32 bits) take the Lua as it stands',
  )
    .choices(engineNames)
    .default('jit')
    .helpGroup(runningGroup),
  budgetOption(),
  stateOption(),
  new Option('--dialect <name>', 'whose classic BPF `tcpdump -ddd` text is (default: pcap)')
    .choices(dialectNames)
    .helpGroup(filterGroup),
  loopsOption(),
  pathOption(),
  setOption(),
  textOption(),
  ...outputOptions(),
];

const colourOption = (): Option =>
  new Option('--color <when>', 'colours: auto is on a terminal, unless NO_COLOR is set')
    .choices(colourChoices)
    .default('auto');

function program(): Command {
  const root = new Command('luabpf')
    .description('Filters packets of captures by small Lua programs, which are compiled and always end.')
    .version(versions(), '-V, --version', 'show the versions of luabpf and Node, and the engine')
    .helpOption('-h, --help', 'show this help')
    .usage('COMMAND [options] …')
    .addHelpText('after', '\nluabpf COMMAND --help says more of a command, luabpf manual all there is.')
    .showHelpAfterError('(luabpf --help shows what there is)')
    .helpCommand(false)
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      argumentTerm: (argument) => argument.name().toUpperCase(),
    })
    .exitOverride();

  root
    .command('run')
    .description('run a filter over a capture')
    .usage('[options] FILTER CAPTURE…')
    .argument('[filter]', 'a Lua filter, a BPF64 program, `tcpdump -ddd` text, or - for standard input')
    .argument('[captures...]', 'pcap or pcapng files, also as gzip or zstd, one after the other; - for standard input')
    .optionsGroup(inputGroup)
    .option('--skip <n>', 'leave out the first n packets', parseCount)
    .option('--follow', 'at the end of the last capture wait for more, until an interrupt')
    .action(run);

  root
    .command('live')
    .description('run a filter over the packets of a network interface, until an interrupt')
    .usage('[options] FILTER -i INTERFACE')
    .argument('[filter]', 'as `run` takes it')
    .option('-i <interface>', 'where to capture; dumpcap or tcpdump does it, and has to be installed')
    .action(live);

  root
    .command('build')
    .description('compile a filter to a BPF64 program')
    .usage('[options] FILTER -o FILE')
    .argument('[filter]', 'a Lua filter, or - for standard input')
    .requiredOption('-o <file>', 'the program to write (- for standard output)')
    .addOption(linktypeOption())
    .addOption(loopsOption())
    .addOption(pathOption())
    .addOption(setOption())
    .addOption(textOption())
    .action(build);

  root
    .command('check')
    .description('say what is wrong with a filter, and what it can cost')
    .usage('[options] FILTER')
    .argument('[filter]', 'a Lua filter, or - for standard input; with --cost or --jit-report, any program too')
    .option('--json', 'as JSON, for editors and scripts')
    .option('--cost', 'how many instructions a packet can take at most, and on which lines')
    .option('--jit-report', 'what the compiled engine makes of it: checks that are left, and loops that meet the door')
    .addOption(budgetOption())
    .addOption(linktypeOption())
    .addOption(loopsOption())
    .addOption(pathOption())
    .addOption(setOption())
    .addOption(textOption())
    .action(check);

  root
    .command('test')
    .description('run the tests in filter files')
    .usage('[options] FILE…')
    .argument('[files...]', 'Lua filters, or folders of them')
    .option('--json', 'as JSON, for scripts')
    .addOption(new Option('--engine <name>', 'run on this engine only').choices(engineNames))
    .addOption(stateOption())
    .addOption(pathOption())
    .addOption(setOption())
    .addHelpText(
      'after',
      '\nA test is a line of the filter file:\n  --@test captures/web.pcap accepts 43\n  --@test hex "45 00 00 14" linktype RAW rejects\ndocs/language.md has them all. Exits with 1 if a test fails.',
    )
    .action(test);

  root
    .command('disasm')
    .description('show a filter or program as instructions')
    .usage('[options] FILTER')
    .argument(
      '[filter]',
      'a Lua filter, a BPF64 program, assembly (*.bpfasm), tcpdump -d text, or - for standard input',
    )
    .option('--asm', 'as assembly that `luabpf asm` reads back')
    .addOption(
      new Option('-d', 'a classic program as `tcpdump -d` prints it; -dd as C initialisers, -ddd as decimal numbers')
        .argParser((_, times: number) => times + 1)
        .default(0, 'a listing'),
    )
    .option('--graph <file>', 'draw the control-flow graph: out.svg, or out.dot for Graphviz')
    .addOption(linktypeOption())
    .addOption(loopsOption())
    .addOption(pathOption())
    .addOption(setOption())
    .addOption(textOption())
    .action(disasm);

  root
    .command('asm')
    .description('assemble a program')
    .usage('[options] FILE -o FILE')
    .argument('[file]', 'assembly (docs/assembly.md), or - for standard input')
    .requiredOption('-o <file>', 'the program to write (- for standard output)')
    .option('--ddd', 'a classic program, as `tcpdump -ddd` text')
    .action(asm);

  root
    .command('shim')
    .description('write Lua files with which filters run in stock Lua, for its test runners')
    .usage('DIR')
    .argument('[dir]', 'the folder to write them to')
    .action(shim);

  root
    .command('fields')
    .description('list the headers that a filter can ask for, or the fields of one')
    .usage('[NAME]')
    .argument('[name]', 'a header, as tcp, or a group of its fields, as tcp.flags')
    .action((name: string | undefined) => void process.stdout.write(fieldsText(name)));

  root
    .command('init')
    .description('make a folder of filters known to editors: stubs and settings for lua-language-server')
    .usage('[DIR]')
    .argument('[dir]', 'the folder of the filters; the current one if absent')
    .action((folder: string | undefined) => void process.stdout.write(initFolder(folder ?? '.')));

  root
    .command('completion')
    .description('print what makes a shell complete luabpf: bash, zsh or fish')
    .usage('SHELL')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) => void process.stdout.write(completions[shell](commandsOf(root))));

  root
    .command('manual')
    .description('print the manual page, for man')
    .usage('| man -l -')
    .action(() => void process.stdout.write(manual(commandsOf(root), packageVersion())));

  for (const command of root.commands) {
    if (['run', 'live'].includes(command.name())) for (const option of runningOptions()) command.addOption(option);
    if (!['completion', 'manual'].includes(command.name())) command.addOption(colourOption());
  }
  root.hook('preAction', (_, command) => chooseColours(command.opts<{ color?: ColourChoice }>().color ?? 'auto'));
  for (const command of [root, ...root.commands])
    command.addHelpText('after', examplesText(command === root ? '' : command.name()));
  return root;
}

async function build(
  path: string | undefined,
  options: LuaOptions & LinktypeOption & { readonly o: string },
): Promise<void> {
  if (path !== undefined) refuseSameFile(path, options.o);
  const source = await readLua(path, options);
  const { program: built } = compiled(source, options.linktype);
  loaded(source, built);
  const bytes = writeProgram(built);
  writeWhole(options.o, bytes);
  if (options.o !== '-') process.stdout.write(`${options.o}: ${describe(built)}, ${plural(bytes.length, 'byte')}\n`);
}

async function check(
  path: string | undefined,
  options: LuaOptions &
    LinktypeOption & {
      readonly budget?: number;
      readonly json?: true;
      readonly cost?: true;
      readonly jitReport?: true;
    },
): Promise<void> {
  if (options.cost !== true && options.budget !== undefined)
    throw failure({ code: 'usage', message: '--budget says nothing without --cost', hint: 'add --cost' });
  const source = await (options.cost === true || options.jitReport === true ? readSource : readLua)(path, options);
  const { name } = source;
  const result = source.kind === 'lua' ? compileSource(source, options.linktype) : undefined;
  const built = source.kind === 'program' ? source.program : result?.program;
  const diagnostics = result?.diagnostics ?? result?.warnings ?? [];
  const cost =
    built === undefined || options.cost !== true
      ? undefined
      : costOf(name, built, options.budget ?? defaultHost.budget);
  const jit = built === undefined || options.jitReport !== true ? undefined : jitReportOf(name, built);
  const text = source.kind === 'lua' ? source.text : undefined;
  if (options.json === true) {
    const report = {
      ...checkReport(name, diagnostics),
      ...(cost === undefined ? {} : { cost: costReport(cost) }),
      ...(jit === undefined ? {} : { jit }),
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else if (result !== undefined && diagnostics.length > 0)
    process.stderr.write(`${renderDiagnostics(name, diagnostics, result.sources)}\n`);
  if (options.json !== true && built !== undefined) {
    process.stdout.write(`${name}: fine (${describe(built)})\n`);
    if (cost !== undefined) process.stdout.write(costText(cost, text));
    if (jit !== undefined && built !== undefined) process.stdout.write(jitReportText(built, jit));
  }
  if (built === undefined) process.exitCode = exitCodes.error;
}

async function test(paths: readonly string[], options: TestOptions): Promise<void> {
  const endings = { passed: exitCodes.fine, failed: exitCodes.failed, error: exitCodes.error } as const;
  process.exitCode = endings[await testFiles(paths, options)];
}

function shim(folder: string | undefined): void {
  if (folder === undefined) throw failure({ code: 'usage', message: 'a folder is missing', hint: 'luabpf shim DIR' });
  for (const path of writeShim(folder)) process.stdout.write(`${path}\n`);
}

/** Ends with a message and exit code 2: never with a stack trace, unless LUABPF_DEBUG asks for one. */
function report(error: unknown): void {
  // Who reads our output may stop early, as `head` does.
  const isUnread = problemsOf(error)?.[0]?.code === 'file-epipe';
  process.exitCode = isUnread ? exitCodes.fine : exitCodes.error;
  if (isUnread) return;
  const known = failureText(error);
  if (known !== undefined) {
    process.stderr.write(`${known}\n`);
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`luabpf: internal error: ${message}\n  this is a bug in luabpf; LUABPF_DEBUG=1 shows where\n`);
  if ((process.env.LUABPF_DEBUG ?? '') !== '' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

onSignals();
process.stdout.on('error', (error) => {
  report(fileFailure('<stdout>', error));
  process.exit();
});

try {
  await program().parseAsync();
} catch (error) {
  // Commander has printed what was wrong with the arguments, or the help or version that was asked for.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.fine : exitCodes.error;
  else report(error);
}

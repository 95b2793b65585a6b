/**
 * The import rules of docs/architecture.md, which says what each zone may know. Imports of types count like any others.
 */

const engines = '^vm/(interpret|jit)/';
/** A call is checked and written with the function's body, whose statements hold expressions; a module is a chunk. */
const walks =
  '^compiler/(check/(expressions|calls|packet|inner|finders|found|values|functions|statements|loops|state|tables|chunk|modules)' +
  '|generate/(addresses|expressions|packets|loads|locate|arithmetic|conditions|calls|effects|text|state|statements|loops))\\.ts$';
const entries = '^(vm|compiler|capture)/index\\.ts$|^cli/(main|library)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    // Zones.
    {
      name: 'vm-alone',
      comment: 'The machine knows nothing of the other zones.',
      severity: 'error',
      from: { path: '^vm/' },
      to: { path: '^(compiler|capture|cli|web|bench|examples)/' },
    },
    {
      name: 'compiler-on-words',
      comment:
        'Of the machine, the compiler uses the instructions, the program file and the text: never what runs them.',
      severity: 'error',
      from: { path: '^compiler/' },
      to: { path: '^(vm|capture|cli|web|bench|examples)/', pathNot: '^vm/(isa|program|text)/' },
    },
    {
      name: 'capture-alone',
      comment: 'Captures know nothing of the other zones.',
      severity: 'error',
      from: { path: '^capture/' },
      to: { path: '^(vm|compiler|cli|web|bench|examples)/' },
    },
    {
      name: 'public-indexes',
      comment: 'What is built on the three libraries uses their public index files, as any user does.',
      severity: 'error',
      from: { path: '^(cli|web|bench)/' },
      to: { path: '^(vm|compiler|capture)/', pathNot: '^(vm|compiler|capture)/index\\.ts$' },
    },
    {
      name: 'tests-last',
      comment: 'Only tests and benches use scripts, and only tests use tests; a script may use another.',
      severity: 'error',
      from: { pathNot: '^(test|scripts|bench)/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'scripts-without-tests',
      severity: 'error',
      from: { path: '^scripts/' },
      to: { path: '^(test|vm|compiler|capture|cli|web|bench)/' },
    },

    // Inside the machine.
    {
      name: 'isa-lowest',
      comment: 'The instruction table is what everything else is made from.',
      severity: 'error',
      from: { path: '^vm/isa/' },
      to: { path: '^vm/', pathNot: '^vm/isa/' },
    },
    {
      name: 'program-is-data',
      comment: 'A program and its text are read and written without judging or running it.',
      severity: 'error',
      from: { path: '^vm/(program|text)/' },
      to: { path: '^vm/', pathNot: '^vm/(isa|program|text)/' },
    },
    {
      name: 'host-lowest',
      comment: 'What a host offers is told to the validator and the engines, and needs neither.',
      severity: 'error',
      from: { path: '^vm/host/' },
      to: { path: '^vm/', pathNot: '^vm/(isa|host)/' },
    },
    {
      name: 'validator-before-engines',
      comment: 'The validator judges for every engine, and the graph draws what it found, so they use none.',
      severity: 'error',
      from: { path: '^vm/(validate|graph)/' },
      to: { path: engines },
    },
    {
      name: 'graph-for-readers',
      comment: 'The graph is for people: nothing is judged or run by it.',
      severity: 'error',
      from: { path: '^vm/', pathNot: '^vm/(graph/|index\\.ts$)' },
      to: { path: '^vm/graph/' },
    },
    {
      name: 'engines-apart',
      comment: 'Two engines are compared with each other; what they shared could be wrong in both.',
      severity: 'error',
      from: { path: '^vm/(interpret|jit)/' },
      to: { path: engines, pathNot: '^vm/$1/' },
    },

    // Node and npm.
    {
      name: 'no-node',
      comment: 'Files, arguments and exit codes are the business of the command line.',
      severity: 'error',
      from: { pathNot: '^(cli|scripts|test|bench)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'vm-packages',
      severity: 'error',
      from: { path: '^vm/' },
      to: { path: 'node_modules/', pathNot: 'node_modules/@noble/hashes/' },
    },
    {
      name: 'compiler-packages',
      severity: 'error',
      from: { path: '^compiler/' },
      to: { path: 'node_modules/', pathNot: 'node_modules/(@types/)?luaparse/' },
    },
    {
      name: 'cli-packages',
      severity: 'error',
      from: { path: '^cli/', pathNot: '^cli/(engines/(wasmoon|fengari)|input/zstd)' },
      to: { path: 'node_modules/', pathNot: 'node_modules/(commander|@hpcc-js/wasm-graphviz)/' },
    },
    {
      name: 'graphviz-late',
      comment: 'Graphviz is large: only what draws loads it, when it draws.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: 'node_modules/@hpcc-js/', dependencyTypesNot: ['dynamic-import', 'type-import', 'type-only'] },
    },
    {
      name: 'engine-packages',
      comment: 'A Lua is known by one file.',
      severity: 'error',
      from: { path: '^cli/engines/(wasmoon|fengari)' },
      to: { path: 'node_modules/', pathNot: 'node_modules/$1/' },
    },
    {
      name: 'zstd-packages',
      comment: 'How Zstandard is unpacked is known by one file.',
      severity: 'error',
      from: { path: '^cli/input/zstd' },
      to: { path: 'node_modules/', pathNot: 'node_modules/fzstd/' },
    },
    {
      name: 'lua-when-asked',
      comment: 'Who runs compiled filters does not wait for a Lua to load.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^cli/engines/(wasmoon|fengari)\\.ts$', dynamic: false },
    },
    {
      name: 'no-packages',
      comment: 'Only the bundler is a package: it is loaded once packages are installed.',
      severity: 'error',
      from: { path: '^(capture|scripts)/', pathNot: '^scripts/bundle\\.mjs$' },
      to: { path: 'node_modules/' },
    },
    {
      name: 'undeclared-package',
      comment: 'A package that package.json does not name is there by luck.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },

    // Everywhere.
    {
      name: 'no-cycles',
      comment: 'But for the two walks over the tree, which are recursive across the files they are written in.',
      severity: 'error',
      from: {},
      to: { circular: true, via: { pathNot: walks } },
    },
    {
      name: 'unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'orphan',
      comment: 'Nothing uses this file, and it uses nothing.',
      severity: 'error',
      from: { orphan: true, pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'unused',
      comment: 'No entry of the package leads to this file.',
      severity: 'error',
      from: { path: entries },
      to: { path: '^(vm|compiler|capture|cli)/', pathNot: [entries, '\\.d\\.ts$'], reachable: false },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};

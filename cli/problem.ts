/** What a command tells the user when it cannot go on: one problem, rendered once, by `main.ts`. */

export interface Problem {
  /** Stable, for scripts. */
  readonly code: string;
  readonly message: string;
  /** File, and where in it, as far as known: `web.lua:7:3`, `out.pcap`. */
  readonly place?: string;
  /** What to do. */
  readonly hint?: string;
}

/** An error that carries problems, and no more: `main.ts` prints them and exits with 2. */
export function failure(...problems: readonly [Problem, ...Problem[]]): Error {
  return new Error(problems[0].message, { cause: { problems } });
}

/** Text that stands in place of problems, already rendered (a list of diagnostics with their source lines). */
export function renderedFailure(text: string): Error {
  return new Error(text, { cause: { rendered: text } });
}

/** The text to print for an error of the two kinds above, or undefined for any other. */
export function failureText(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== 'object' || cause === null) return undefined;
  if ('rendered' in cause && typeof cause.rendered === 'string') return cause.rendered;
  return problemsOf(error)
    ?.map((problem) => problemText(problem))
    .join('\n');
}

/** The problems that a `failure` carries, or undefined for any other error. */
export function problemsOf(error: unknown): readonly Problem[] | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== 'object' || cause === null || !('problems' in cause)) return undefined;
  return cause.problems as readonly Problem[];
}

export function problemText({ message, place, hint }: Problem): string {
  return `${place === undefined ? 'luabpf' : place}: ${message}${hint === undefined ? '' : `\n  ${hint}`}`;
}

/** The reasons that people meet, in words; others by the system's own name. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
};

/** Whether an error is one of the system's, or of a library that names its errors as the system does. */
export const isSystemError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string';

/** A failure of the file system at a path. */
export function fileFailure(path: string, error: unknown): Error {
  const code = isSystemError(error) ? error.code : 'unknown';
  return failure({
    code: `file-${code.toLowerCase()}`,
    message: reasons[code] ?? `cannot be used (${code})`,
    place: path,
  });
}

/**
 * What `luabpf check --json` prints. Offsets are bytes from 0, `end` exclusive; lines and columns count from 1, in
 * bytes. `ok` says whether the filter compiles: warnings do not keep it from that.
 */
import { type Diagnostic, explanation, type Span } from '../compiler/index.ts';

export const checkReport = (filter: string, diagnostics: readonly Diagnostic[]) => ({
  file: filter,
  ok: diagnostics.every(({ severity }) => severity === 'warning'),
  diagnostics: diagnostics.map(
    ({ code, severity = 'error', message, hint, span, file = filter, path, suggestion }) => ({
      code,
      severity,
      message,
      hint,
      /** A page of the documentation, and its anchor. */
      help: explanation(code),
      file,
      ...range(span),
      /** What led there, the first one first: calls, or loops. */
      path: (path ?? []).map((step) => ({ message: step.text, file: step.file, ...range(step.span) })),
      /** An edit of the same file: `text` in place of what stands from `start` to `end`. */
      ...(suggestion === undefined ? {} : { suggestion: { text: suggestion.text, ...range(suggestion.span) } }),
    }),
  ),
});

const range = (span: Span) => ({
  start: { offset: span.start, line: span.line, column: span.column },
  end: { offset: span.end, line: span.endLine, column: span.endColumn },
});

/**
 * Interrupts. A run that is under way ends as at the end of its input, so that its output is whole; anything else, and a
 * run that is interrupted twice, ends at once and leaves nothing half-written.
 */
import { discardUnfinished } from './files.ts';

const controller = new AbortController();
let isAwaited = false;
let exitCode = 0;

export function onSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => {
      exitCode = code;
      if (isAwaited && !controller.signal.aborted) {
        controller.abort();
        return;
      }
      discardUnfinished();
      process.exit(code);
    });
}

/** Tells a run of an interrupt. */
export function interruption(): AbortSignal {
  isAwaited = true;
  return controller.signal;
}

/** Ends the process if the run was interrupted: its input may have more to come. */
export function endIfInterrupted(): void {
  if (controller.signal.aborted) process.exit(exitCode);
}

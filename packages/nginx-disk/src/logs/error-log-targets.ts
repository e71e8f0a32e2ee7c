import { ConfError, type Configuration, core, http, type Scope } from '@pinwheel/nginx-conf';
import type { ErrorLogTarget } from './error-log.js';
import type { LogFile } from './log-file.js';
import type { LogFiles } from './log-files.js';
import { logPath, type Paths } from '../files/paths.js';
import { fileFailureMessage } from '../files/system-failure.js';

/** The error logs of a configuration. */
export interface ErrorLogTargets {
  readonly process: readonly ErrorLogTarget[];
  /** The logs for requests: those of the `http` block, or those of the process when it names none. */
  readonly requests: readonly ErrorLogTarget[];
  /** All logs; they are open. */
  readonly files: readonly LogFile[];
}

/**
 * Opens the error logs that a configuration names, or the one of the command line when it names none.
 *
 * @throws ConfError in nginx's words when one cannot be opened
 */
export function openErrorLogs({ main }: Configuration, paths: Paths, files: LogFiles): ErrorLogTargets {
  const openAll = (scope: Scope): ErrorLogTarget[] => {
    const named = scope.list(core.error_log);
    const all = named.length > 0 ? named : [{ target: paths.errorLog, level: 'error' as const }];
    return all.map(({ target, level }) => {
      const path = logPath(target, paths.prefix);
      try {
        return { file: files.open(path), level };
      } catch (error) {
        throw new ConfError(fileFailureMessage(path, error));
      }
    });
  };
  const block = main.blocks(http.http)[0];
  const own = openAll(main);
  const requests = block === undefined ? own : openAll(block.scope);
  return { process: own, requests, files: [...own, ...requests].map(({ file }) => file) };
}

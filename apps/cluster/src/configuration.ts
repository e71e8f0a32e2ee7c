import { fileOptions } from '@pinwheel/balancer';
import { isSystemError } from '@pinwheel/cli';
import type { GivenProxyOptions } from '@pinwheel/proxy';
import { ClusterFailure } from './cluster-failure.js';

/**
 * The balancer's options from the file of `--config`.
 *
 * @throws ClusterFailure with the file and line of what is wrong in it
 */
export function readConfiguration(file: string, log: NonNullable<GivenProxyOptions['log']>): GivenProxyOptions {
  try {
    return fileOptions(file, log);
  } catch (error) {
    // A ConfError as a text is `pinwheel: [emerg] message in FILE:LINE`; the program puts its name before it itself.
    throw new ClusterFailure(`--config: ${String(error).replace(/^pinwheel: /, '')}`, { cause: error });
  }
}

/** What to say when a listener of the file cannot be bound; any other error as it is. */
export function cannotServe(error: unknown, file: string): unknown {
  return isSystemError(error)
    ? new ClusterFailure(`${error.message}: change "listen" in ${file}`, { cause: error })
    : error;
}

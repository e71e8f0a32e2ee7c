import type { BalancerNow, ProcessStatus, StatusSource } from '@pinwheel/admin';
import { ConfError } from '@pinwheel/nginx-conf';
import type { ProxyHistory, ProxyStatus } from '@pinwheel/proxy';
import { packageVersion, PORT, UsageError } from '@pinwheel/cli';
import { bindFailure } from './bind-failure.js';

/** nginx.conf has no directive for the admin listener: the environment gives its port. */
const VARIABLE = 'PINWHEEL_ADMIN_PORT';

/** The status of one process that serves. */
export interface ServingStatus {
  readonly process: ProcessStatus;
  /** Undefined while it listens nowhere. */
  readonly proxy: ProxyStatus | undefined;
}

/** Asks every process that serves. A process that does not answer in time is left out. */
export interface ServingProcesses {
  /** The role of the process with the admin listener: `alone` serves clients itself. */
  readonly role: 'master' | 'alone';
  /** @param ownProcess the process with the admin listener */
  readonly statuses: (ownProcess: ProcessStatus) => Promise<readonly ServingStatus[]>;
  readonly histories: () => Promise<readonly ProxyHistory[]>;
}

/**
 * Opens the admin listener if the environment gives a port; 0 takes a free one.
 *
 * @throws ConfError when the port is not a port or cannot be bound
 */
export async function openAdmin(
  serving: ServingProcesses,
  log: (level: 'notice' | 'error', message: string) => void,
): Promise<void> {
  const text = process.env[VARIABLE] ?? '';
  if (text === '') return;
  const port = readPort(text);
  const { balancerRoutes, listenAdmin, ProcessMeter, sumHistory, sumStatus } = await import('@pinwheel/admin');
  const meter = new ProcessMeter(serving.role);
  const source: StatusSource<BalancerNow> = {
    async status() {
      const own = meter.read();
      const all = await serving.statuses(own);
      return {
        proxy: sumStatus(all.map(({ proxy }) => proxy).filter((one) => one !== undefined)),
        processes: [...(serving.role === 'master' ? [own] : []), ...all.map((one) => one.process)],
      };
    },
    history: async () => sumHistory(await serving.histories()),
  };
  try {
    const { url } = await listenAdmin({
      port,
      routes: balancerRoutes(packageVersion(import.meta.url), source),
      log: (line) => log('error', `admin ${line}`),
    });
    log('notice', `admin listener ${url}`);
  } catch (error) {
    const message = bindFailure(error);
    throw message === undefined ? error : new ConfError(`${VARIABLE}: ${message}`);
  }
}

function readPort(text: string): number {
  try {
    return PORT.read(VARIABLE, text);
  } catch (error) {
    throw error instanceof UsageError ? new ConfError(error.message) : error;
  }
}

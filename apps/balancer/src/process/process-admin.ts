import type { BalancerNow, ProcessStatus, StatusSource } from '@pinwheel/admin';
import { ConfError } from '@pinwheel/nginx-conf';
import type { ProxyHistory, ProxyStatus } from '@pinwheel/proxy';
import { packageVersion, PORT, UsageError } from '@pinwheel/cli';
import { bindFailure } from './bind-failure.js';

/** nginx.conf has no word for the admin listener: whoever starts the program says where it is. */
const VARIABLE = 'PINWHEEL_ADMIN_PORT';

/** What a process that serves tells of itself. */
export interface ServingStatus {
  readonly process: ProcessStatus;
  /** Undefined while it listens nowhere. */
  readonly proxy: ProxyStatus | undefined;
}

/** Asks every process that serves; what one does not tell in time is left out. */
export interface ServingProcesses {
  /** The role of the process that has the admin listener: `alone` is one that serves itself. */
  readonly role: 'master' | 'alone';
  readonly statuses: () => Promise<readonly ServingStatus[]>;
  readonly histories: () => Promise<readonly ProxyHistory[]>;
}

/**
 * Opens the admin listener where the environment names a port; 0 takes a free one.
 *
 * @throws ConfError for something that is no port, or one that cannot be bound
 */
export async function openAdmin(
  serving: ServingProcesses,
  log: (level: 'notice' | 'error', message: string) => void,
): Promise<void> {
  const text = process.env[VARIABLE] ?? '';
  if (text === '') return;
  const port = readPort(text);
  const { balancerRoutes, listenAdmin, ProcessMeter, sumHistory, sumStatus } = await import('@pinwheel/admin');
  const own = serving.role === 'master' ? new ProcessMeter('master') : undefined;
  const source: StatusSource<BalancerNow> = {
    async status() {
      const all = await serving.statuses();
      return {
        proxy: sumStatus(all.map(({ proxy }) => proxy).filter((one) => one !== undefined)),
        processes: [...(own === undefined ? [] : [own.read()]), ...all.map((one) => one.process)],
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

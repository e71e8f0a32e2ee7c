import { ConfError } from '@pinwheel/nginx-conf';
import type { ProxyStatus } from '@pinwheel/proxy';
import { readInteger } from '../flags.js';
import { UsageError } from '../usage-error.js';
import { packageVersion } from '../version.js';
import { bindFailure } from './bind-failure.js';

/** nginx.conf has no word for the admin listener: whoever starts the program says where it is. */
const VARIABLE = 'PINWHEEL_ADMIN_PORT';

/**
 * Opens the admin listener where the environment names a port; 0 takes a free one.
 *
 * @param statuses of every process that serves; undefined where one does not
 * @throws ConfError for something that is no port, or one that cannot be bound
 */
export async function openAdmin(
  statuses: () => readonly (ProxyStatus | undefined)[] | Promise<readonly (ProxyStatus | undefined)[]>,
  log: (level: 'notice' | 'error', message: string) => void,
): Promise<void> {
  const text = process.env[VARIABLE] ?? '';
  if (text === '') return;
  const port = readPort(text);
  const [{ listenAdmin }, { balancerRoutes }, { sumStatus }] = await Promise.all([
    import('../admin/admin-listener.js'),
    import('../admin/balancer-routes.js'),
    import('../admin/sum-status.js'),
  ]);
  const status = async (): Promise<ProxyStatus> => {
    return sumStatus((await statuses()).filter((one) => one !== undefined));
  };
  try {
    const { url } = await listenAdmin({
      port,
      routes: balancerRoutes(packageVersion(new URL('../main.js', import.meta.url).href), status),
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
    return readInteger(VARIABLE, text, 0, 65_535);
  } catch (error) {
    throw error instanceof UsageError ? new ConfError(error.message) : error;
  }
}

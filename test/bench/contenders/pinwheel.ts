import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { descendants } from '@pinwheel/testing/program';
import { writeCertificate } from '../process/certificate.js';
import { launchInFolder } from '../process/folder.js';
import { findProgram, launch } from '../process/launch.js';
import type { Contender } from './contender.js';
import { OVER_TLS, PLAIN } from './contender.js';
import { nginxConf } from './nginx-conf.js';

const BALANCER = join(dirname(createRequire(import.meta.url).resolve('@pinwheel/balancer')), 'main.js');

function contender(tls: boolean): Contender {
  return {
    ...(tls ? OVER_TLS : PLAIN),
    name: tls ? 'pinwheel TLS' : 'pinwheel tunnel',
    balances: true,
    missing: () => Promise.resolve(tls && findProgram('openssl') === undefined ? 'apt-get install openssl' : undefined),
    async start(backends) {
      const program = await launchInFolder(async (folder, port) => {
        if (tls) writeCertificate(folder);
        await writeFile(join(folder, 'nginx.conf'), nginxConf(port, backends, tls));
        const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log', '-g', 'error_log error.log;'];
        return launch(process.execPath, [BALANCER, ...args], port);
      });
      return {
        urls: [`${tls ? 'https' : 'http'}://127.0.0.1:${program.port}`],
        proxy: [program.pid, ...descendants(program.pid)],
        stop: () => program.stop(),
      };
    },
  };
}

/** The balancer as a separate program that relays bytes; it runs the same file as nginx. */
export const pinwheelTunnel = contender(false);
/** The balancer as a separate program that terminates TLS. */
export const pinwheelTls = contender(true);

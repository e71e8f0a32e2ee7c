import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { descendants } from '@pinwheel/testing/program';
import { writeCertificate } from '../process/certificate.js';
import { launchInFolder } from '../process/folder.js';
import { findProgram, launch } from '../process/launch.js';
import type { Contender } from './contender.js';
import { OVER_TLS, PLAIN } from './contender.js';
import { nginxConf } from './nginx-conf.js';

function contender(tls: boolean): Contender {
  return {
    ...(tls ? OVER_TLS : PLAIN),
    name: tls ? 'nginx TLS' : 'nginx',
    balances: true,
    missing() {
      if (findProgram('nginx') === undefined) return Promise.resolve('apt-get install nginx');
      return Promise.resolve(tls && findProgram('openssl') === undefined ? 'apt-get install openssl' : undefined);
    },
    async start(backends) {
      const program = await launchInFolder(async (folder, port) => {
        if (tls) writeCertificate(folder);
        const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
          .map((name) => `${name}_temp_path ${folder}/${name};`)
          .join(' ');
        await writeFile(join(folder, 'nginx.conf'), nginxConf(port, backends, tls, temporary));
        return launch(
          findProgram('nginx') ?? 'nginx',
          ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log', '-g', 'error_log error.log;'],
          port,
        );
      });
      return {
        urls: [`${tls ? 'https' : 'http'}://127.0.0.1:${program.port}`],
        proxy: [program.pid, ...descendants(program.pid)],
        stop: () => program.stop(),
      };
    },
  };
}

/** nginx with one worker. */
export const nginx = contender(false);
/** nginx with one worker that terminates TLS. */
export const nginxTls = contender(true);

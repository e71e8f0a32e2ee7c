import { expect, test } from 'vitest';
import { loadConfiguration } from '../load.js';
import { proxyOptions } from './proxy-options.js';

function optionsOf(http: string): ReturnType<typeof proxyOptions> {
  const files = { read: () => ({ text: `events { } http { access_log off; ${http} }` }), glob: () => [] };
  const around = { prefix: '/srv/', accessLog: () => () => undefined, readFile: () => '', hostname: 'here' };
  return proxyOptions(loadConfiguration(files, '/nginx.conf'), around);
}

const LOCATION = 'location / { proxy_pass http://127.0.0.1:1; }';

test('servers on one address share a listener', () => {
  const { listeners, servers } = optionsOf(
    `server { listen 8080; ${LOCATION} } server { listen 8080 default_server; server_name b; ${LOCATION} }`,
  );
  expect(listeners.map(({ host, port }) => [host, port])).toEqual([['0.0.0.0', 8080]]);
  expect(servers?.map((server) => [server.listeners, server.defaultFor])).toEqual([
    [[0], []],
    [[0], [0]],
  ]);
});

test.each([
  ['keepalive_time', `keepalive_time 1s; server { ${LOCATION} }`],
  ['send_timeout', `server { send_timeout 1s; ${LOCATION} } server { listen 81; ${LOCATION} }`],
])('%s is refused where the proxy would not follow it', (name, http) => {
  expect(() => optionsOf(http)).toThrow(`the "${name}" directive is not served by pinwheel`);
});

test('the keepalive directives of an upstream are followed', () => {
  const { upstreams } = optionsOf('upstream a { server 127.0.0.1:1; keepalive 4; keepalive_time 5s; }');
  expect(upstreams[0]?.keepalive).toMatchObject({ connections: 4, time: 5_000 });
});

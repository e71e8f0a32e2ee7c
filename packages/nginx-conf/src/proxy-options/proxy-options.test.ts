import { expect, test } from 'vitest';
import { loadConfiguration } from '../check/load.js';
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

test('the keepalive directives of an upstream become options', () => {
  const { upstreams } = optionsOf('upstream a { server 127.0.0.1:1; keepalive 4; keepalive_time 5s; }');
  expect(upstreams[0]?.keepalive).toMatchObject({ connections: 4, time: 5_000 });
});

test.each([
  ['', '/srv/html'],
  ['root html/;', '/srv/html'],
  ['root a/b;', '/srv/a/b'],
  ['root /data//;', '/data/'],
  ['root /;', ''],
])('"%s" are the files of %j', (line, root) => {
  const [server] = optionsOf(`${line} server { location / { } }`).servers ?? [];
  expect(server?.otherwise?.root).toBe(root);
  expect(server?.locations.map((one) => one.root)).toEqual([root]);
});

test('a location uses its own root, types and index, else those around it', () => {
  const { servers } = optionsOf(
    `root out; index a b; server { location /x { root in; } location /y { index c; } location /z { stub_status; } }`,
  );
  const locations = servers?.[0]?.locations ?? [];
  expect(locations.map(({ root, files }) => [root, files?.indexes])).toEqual([
    ['/srv/in', ['a', 'b']],
    ['/srv/out', ['c']],
    ['/srv/out', undefined],
  ]);
  expect(locations[2]?.stubStatus).toBe(true);
});

test('limits for heads come from the default server of an address, limits for connections from the nearest level', () => {
  const { listeners, servers } = optionsOf(
    `keepalive_timeout 5s 9; client_header_timeout 3s;
     server { listen 80; client_header_timeout 1s; ${LOCATION} }
     server { listen 80 default_server; large_client_header_buffers 2 1k; underscores_in_headers on;
       location /a { keepalive_timeout 0; send_timeout 7s; proxy_pass http://127.0.0.1:1; } ${LOCATION} }`,
  );
  expect(listeners.map(({ head }) => head)).toEqual([
    {
      timeout: 3_000,
      line: 1_024,
      fieldLine: 8_192,
      head: 32_768,
      fields: 1_000,
      invalidNames: 'ignore',
      underscores: true,
    },
  ]);
  expect(servers?.[1]?.locations.map(({ connection }) => connection)).toEqual([
    expect.objectContaining({ keepaliveTimeout: 0, keepaliveHeader: 9, sendTimeout: 7_000 }),
    expect.objectContaining({ keepaliveTimeout: 5_000, keepaliveHeader: 9 }),
  ]);
});

test.each([
  ['$host', true],
  ['$proxy_host:$server_port', true],
  ['$http_x and $cookie_y', true],
  ['$proxy_add_x_forwarded_for', true],
  ['$upgrade', true],
  ['$request_uri', false],
  ['$arg_x', false],
  ['$request_id', false],
  ['$connection_requests', false],
  ['$grouped', false],
  ['$of_target', false],
  ['$assigned', false],
  ['$both', false],
  ['$both_map', false],
  ['$1', false],
])('a field with the value %s is the same for requests with the same fields: %s', (value, steady) => {
  const { servers } = optionsOf(
    `map $http_upgrade $upgrade { default upgrade; '' ''; }
     map $http_x $grouped { ~(a) $1; }
     map $uri $of_target { default a; }
     map $http_x $to_target { default $uri; }
     map $http_x $both { default a; }
     map $both $both_map { default a; }
     server { set $both b; set $assigned c;
       location / { proxy_set_header X '${value}'; proxy_set_header Y $to_target; proxy_pass http://127.0.0.1:1; } }`,
  );
  const fields = servers?.[0]?.locations[0]?.fields;
  expect(fields?.map((field) => field.steady)).toEqual([steady, false, undefined]);
});

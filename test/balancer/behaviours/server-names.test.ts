import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, NO_NGINX, Pair } from './pair.js';

const server = (names: string, text: string, rest = ''): string =>
  `server { listen 127.0.0.1:PORT0; server_name ${names}; location / { return 200 "${text} $host|$server_name"; } ${rest} }`;

const CONF = `events {}
http { access_log off; default_type text/plain; server_names_hash_bucket_size 128;
  ${server('first.test', 'first')}
  ${server('exact.test alias.test', 'exact')}
  ${server('*.wild.test', 'wild')}
  ${server('*.deep.wild.test', 'deeper')}
  ${server('.dot.test', 'dot')}
  ${server('www.end.*', 'end')}
  ${server('www.*', 'www')}
  ${server('~^re(\\d+)\\.test$', 'expression $1', 'location ~ ^/x(.*)$ { return 200 "both $1"; }')}
  ${server('~^(?<sub>.+)\\.named\\.test$', 'named $sub')}
  ${server('"~^q(?<n>\\d{2})\\.test$"', 'quantified $n')}
  ${server('~^both ~^cap(.)\\.test$', 'two expressions $1')}
  ${server('""', 'nobody')}
  ${server('$hostname', 'this machine')}
  ${server('UPPER.Test', 'capitals')}
  ${server('127.0.0.1 localhost', 'addresses')}
  ${server('[::1]', 'literal')}
  ${server('under_score.test xn--bcher-kva.test', 'signs')}
  ${server('*.first.test exact2.test www.second.*', 'mixed')}
  server { listen 127.0.0.1:PORT1; server_name one.test; return 200 "one"; }
  server { listen 127.0.0.1:PORT1 default_server; server_name two.test; return 200 "default $host $server_name"; }
  server { listen 127.0.0.1:PORT1; return 200 "without a name"; }
  server { listen 127.0.0.1:PORT2; return 200 "alone [$host] [$server_name]"; }
  server { listen 127.0.0.1:PORT3; server_name ~^(?<a>.)(?<b>.).test$; location / { return 200 "$a$b $1$2"; }
    location ~ ^/(?<a>.) { return 200 "$a$b $1$2"; } }
}`;

const HOSTS: readonly { readonly fact: string; readonly hosts: readonly string[]; readonly port?: number }[] = [
  {
    fact: 'an exact name is found in any case',
    hosts: ['first.test', 'exact.test', 'EXACT.test', 'alias.test', 'UPPER.TEST'],
  },
  { fact: 'an unknown name reaches the first server', hosts: ['none.test', 'wild.test', '-', '*.wild.test', '~'] },
  {
    fact: 'a port and one dot at the end are ignored',
    hosts: ['exact.test.', 'exact.test:80', 'exact.test:', 'exact.test.:80', 'upper.test.'],
  },
  {
    fact: '*.name matches what is below it, the longest first',
    hosts: ['a.wild.test', 'a.b.wild.test', 'deep.wild.test', 'a.deep.wild.test'],
  },
  {
    fact: '.name matches the name itself too',
    hosts: ['dot.test', 'a.dot.test', 'a.b.dot.test', 'DOT.TEST', 'a.first.test', 'exact2.test'],
  },
  {
    fact: 'name.* matches every end',
    hosts: ['www.end.com', 'www.end.co.uk', 'www.end', 'www.x', 'www.end.', 'www', 'www.second.test'],
  },
  {
    fact: 'expressions are tried last, in order',
    hosts: ['re12.test', 'RE12.TEST', 're.test', 'both.x', 'capx.test', 'q12.test', 'q1.test'],
  },
  { fact: 'named groups of an expression are variables', hosts: ['x.named.test', 'X.Y.named.test'] },
  { fact: '$hostname is the name of the machine', hosts: [hostname()] },
  { fact: 'an address can be a name', hosts: ['127.0.0.1', '127.0.0.1:PORT0', 'localhost', '[::1]', '[::1]:90'] },
  {
    fact: 'a name may contain letters, signs and escapes',
    hosts: ['under_score.test', 'xn--bcher-kva.test', 'ex%41ct.test', 'a,b', '$'],
  },
  { fact: 'an invalid host is refused', hosts: ['a b', 'a/b', '', '..', 'a..b', '.', 'a\tb'] },
  { fact: 'default_server gets unknown names', hosts: ['one.test', 'two.test', 'x'], port: 1 },
  { fact: 'a single server gets all names', hosts: ['x', 'Q:1'], port: 2 },
  { fact: 'a group of a location takes precedence over one of the name', hosts: ['xy.test', 'no'], port: 3 },
];

describe.skipIf(NO_NGINX)('servers are chosen as nginx chooses them (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF);
  });

  afterAll(() => pair.stop());

  it.each(HOSTS)('$fact', async ({ hosts, port = 0 }) => {
    for (const host of hosts) await pair.same(get('/', host), port);
  });

  it('a request without Host reaches the server without a name, anywhere in the file', async () => {
    expect(await pair.same('GET / HTTP/1.0\n\n')).toMatch(/\n\nnobody \|$/);
    expect(await pair.same('GET / HTTP/1.0\n\n', 1)).toMatch(/\n\nwithout a name$/);
    expect(await pair.same('GET / HTTP/1.0\n\n', 2)).toMatch(/\n\nalone \[\] \[\]$/);
    await pair.same('GET / HTTP/1.0\nHost: exact.test\n\n');
    await pair.same('GET / HTTP/1.1\nConnection: close\n\n');
  });

  it('the host of the request target takes precedence over Host', async () => {
    expect(await pair.same('GET http://exact.test/ HTTP/1.1\nHost: first.test\nConnection: close\n\n')).toContain(
      'exact ',
    );
    await pair.same('GET http://EXACT.test:99/ HTTP/1.0\n\n');
    await pair.same('GET http://exact.test HTTP/1.1\nConnection: close\n\n');
  });

  it('Host may be in any case and have blanks, but appears only once', async () => {
    await pair.same('GET / HTTP/1.1\nHOST:exact.test\nConnection: close\n\n');
    await pair.same('GET / HTTP/1.1\nHost:   exact.test  \nConnection: close\n\n');
    await pair.same('GET / HTTP/1.1\nHost: exact.test\nHost: exact.test\nConnection: close\n\n');
  });

  it('expressions of a server name and a location have separate groups', async () => {
    await pair.same('GET /xabc HTTP/1.1\nHost: re12.test\nConnection: close\n\n');
    await pair.same('GET /z HTTP/1.1\nHost: xy.test\nConnection: close\n\n', 3);
  });
});

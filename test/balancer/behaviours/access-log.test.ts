import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ok } from './backend.js';
import type { SeenRequest } from './backend.js';
import { get, NO_NGINX, Pair } from './pair.js';

/** Variables whose values are the same in both; the length of own pages is not, as they hold the product's name. */
const VARIABLES =
  `args connection_requests content_type document_uri host http_cookie http_host http_missing http_user_agent
  http_x_custom https is_args proxy_add_x_forwarded_for proxy_host query_string realip_remote_addr remote_addr remote_user
  request request_completion request_method request_uri scheme server_addr server_name server_port server_protocol status
  uri upstream_status upstream_http_x_up upstream_cookie_sess cookie_a cookie_B cookie_none arg_x arg_y arg_none
  request_length pipe sent_http_content_type sent_http_location sent_http_x_added sent_http_cache_control`
    .trim()
    .split(/\s+/);

const CONF = `events {}
http { default_type text/plain; proxy_http_version 1.1; proxy_set_header Connection "";
  log_format all '${VARIABLES.map((one) => `${one}=$${one}`).join(';')}';
  log_format json escape=json '{"a":"$arg_x","u":"$uri","ua":"$http_user_agent","m":"$http_missing","r":"$request"}';
  log_format none escape=none '[$arg_x][$uri][$http_user_agent][$http_missing]';
  log_format usual '[$arg_x] [$uri] "$http_user_agent" [$http_missing] $request';
  log_format parts 'a' "b $status" ' c';
  log_format body '$request $status $body_bytes_sent';
  map $status $is_bad { ~^2 0; default 1; }
  map $arg_log $wanted { 1 1; 2 yes; 0 0; default ""; }
  access_log logs/http.log parts;
  server { listen 127.0.0.1:PORT0; server_name name.test;
    access_log logs/all.log all; access_log logs/json.log json; access_log logs/none.log none;
    access_log logs/usual.log usual;
    add_header X-Added "$request_method" always;
    location / { return 200 "hello"; }
    location /r { return 302 /elsewhere; }
    location /e { return 404; }
    location /p/ { proxy_pass http://BACKEND; }
    location /x/ { proxy_pass http://BACKEND/y?z=; proxy_set_header Host $host; proxy_set_header Connection ""; }
    location /gone/ { proxy_pass http://127.0.0.1:1; }
    location /small { client_max_body_size 5; return 200 small; }
    location /passed-small { client_max_body_size 5; proxy_pass http://BACKEND; }
  }
  server { listen 127.0.0.1:PORT1;
    location / { return 200 one; }
    location /off { access_log off; return 200 off; }
    location /own { access_log logs/own.log parts; return 201; }
    location /if { access_log logs/bad.log parts if=$is_bad; access_log logs/wanted.log body if=$wanted; return 200 x; }
    location /ifnot { access_log logs/bad.log parts if=$is_bad; return 404 no; }
    location /both { access_log logs/both.log parts; access_log off; return 200 b; }
    location /sizes { access_log logs/sizes.log body; return 200 "0123456789"; }
    location /sizes/p/ { access_log logs/sizes.log body; proxy_pass http://BACKEND; }
    location /sizes/bare { access_log logs/sizes.log body; return 204; }
  }
}`;

const REQUESTS: readonly string[] = [
  get(
    '/?x=1&y=2',
    'name.test',
    'X-Custom: c\nCookie: a=1; b=two\nUser-Agent: ua "q" \\ \xe9\tz\nAuthorization: Basic dXNlcjpw\n',
  ),
  get('/?', 'NAME.test:80'),
  get('/?x=%22"\\'),
  'GET / HTTP/1.0\n\n',
  'HEAD / HTTP/1.1\nHost: a\nConnection: close\n\n',
  'GET / HTTP/1.1\nHost: a\n\nGET /2 HTTP/1.1\nHost: a\nX-Custom: 2\n\nGET /3 HTTP/1.0\n\n',
  'POST / HTTP/1.1\nHost: a\nContent-Type: text/x\nContent-Length: 3\nConnection: close\n\nabc',
  `POST / HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc${get('/after')}`,
  `POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n${get('/after')}`,
  get('/r?x'),
  get('/e'),
  get('/p/length?x=q', 'name.test', 'X-Forwarded-For: 1.1.1.1\n'),
  get('/p/chunked'),
  get('/p/204'),
  get('/p/304'),
  get('/p/cookie'),
  'HEAD /p/length HTTP/1.1\nHost: a\nConnection: close\n\n',
  'POST /p/length HTTP/1.1\nHost: a\nContent-Length: 5\nConnection: close\n\nhello',
  'POST /p/length HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nConnection: close\n\n5\nhello\n0\n\n',
  get('/x/abc?d'),
  get('/gone/x'),
  'POST /small HTTP/1.1\nHost: a\nContent-Length: 6\n\nhello!',
  'POST /small HTTP/1.1\nHost: a\nContent-Length: 5\nConnection: close\n\nhello',
  // A body over the limit is refused since 1.29, not by 1.22.
  'POST /small HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nConnection: close\n\n5\nhello\n0\n\n',
  'POST /passed-small HTTP/1.1\nHost: a\nContent-Length: 6\n\nhello!',
  'POST /passed-small HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n6\nhello!\n0\n\n',
  'GET /a b HTTP/1.1\nHost: a\n\n',
  get('/last'),
];
/** Some entries are two or three fields. */
const LINES = REQUESTS.length + 2 + 1 + 1;

function answer({ head }: SeenRequest): string {
  if (head.startsWith('HEAD')) return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
  if (head.includes('/chunked'))
    return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Up: u\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
  if (head.includes('/204')) return 'HTTP/1.1 204 No Content\r\n\r\n';
  if (head.includes('/304')) return 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n';
  if (head.includes('/cookie')) {
    return ok('c', 'Set-Cookie: other=1; Path=/\r\nSet-Cookie: sess=abc; HttpOnly\r\nCache-Control: no-cache\r\n');
  }
  return ok('ok', 'X-Up: up\r\n');
}

describe.skipIf(NO_NGINX)('access logs have the lines that nginx writes (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF, answer);
    for (const raw of REQUESTS) await pair.both(raw);
  });

  afterAll(() => pair.stop());

  async function both(name: string, count: number): Promise<{ ours: string[]; theirs: string[] }> {
    const [ours, theirs] = await Promise.all([pair.ours.lines(name, count), pair.theirs.lines(name, count)]);
    return { ours, theirs };
  }

  it('every variable has the value that nginx gives it', async () => {
    const { ours, theirs } = await both('logs/all.log', LINES);
    expect(theirs).toHaveLength(LINES);
    expect(ours.map((line) => line.split(';'))).toEqual(theirs.map((line) => line.split(';')));
  });

  it.each(['json', 'none', 'usual'])('values are escaped: %s', async (name) => {
    const { ours, theirs } = await both(`logs/${name}.log`, LINES);
    expect(ours).toEqual(theirs);
  });

  it('a location has its own logs, none, or inherited ones', async () => {
    for (const path of ['/', '/off', '/own', '/both', '/']) await pair.same(get(path), 1);
    for (const [name, count] of [
      ['http', 2],
      ['own', 1],
      ['both', 0],
    ] as const) {
      const { ours, theirs } = await both(`logs/${name}.log`, count);
      expect([name, ...theirs]).toHaveLength(count + 1);
      expect(ours).toEqual(theirs);
    }
  });

  it('a condition of "" or 0 writes no line', async () => {
    for (const path of ['/if?log=1', '/if?log=2', '/if?log=0', '/if', '/ifnot']) await pair.same(get(path), 1);
    const wanted = await both('logs/wanted.log', 2);
    expect(wanted.ours).toEqual(['GET /if?log=1 HTTP/1.1 200 1', 'GET /if?log=2 HTTP/1.1 200 1']);
    expect(wanted.ours).toEqual(wanted.theirs);
    const bad = await both('logs/bad.log', 1);
    expect(bad.ours).toEqual(['ab 404 c']);
    expect(bad.ours).toEqual(bad.theirs);
  });

  it('bodies are counted as sent on the wire', async () => {
    const requests = [
      get('/sizes'),
      get('/sizes/bare'),
      'HEAD /sizes HTTP/1.1\nHost: a\nConnection: close\n\n',
      get('/sizes/p/length'),
      get('/sizes/p/chunked'),
      'HEAD /sizes/p/length HTTP/1.1\nHost: a\nConnection: close\n\n',
      `GET /sizes HTTP/1.1\nHost: a\n\n${get('/sizes/p/x')}`,
    ];
    for (const raw of requests) await pair.sameProxied(raw, 1);
    const { ours, theirs } = await both('logs/sizes.log', 8);
    expect(ours).toEqual(theirs);
    expect(theirs.map((line) => line.split(' ').at(-1))).toEqual(['10', '0', '0', '2', '15', '0', '10', '2']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_NGINX, Pair } from './pair.js';

const CONF = `events {}
http { absolute_redirect off; proxy_http_version 1.1; proxy_set_header Connection "";
  server { listen 127.0.0.1:PORT0; server_name whole other.test; absolute_redirect on; error_page 400 /moved;
    location /slash/ { proxy_pass http://BACKEND; }
    location "/sla sh/" { proxy_pass http://BACKEND; }
    location /by-variable/ { proxy_pass http://$arg_b; }
    location /moved { return 301 /there; }
    location /moved/named { return 302 /there; server_name_in_redirect on; }
    location /moved/portless { return 307 /there; port_in_redirect off; }
    location /away { return 301 http://elsewhere.test/; }
    location /passed/ { proxy_pass http://BACKEND/; proxy_redirect http://inner/ /outer/; absolute_redirect off; }
    location /passed/whole/ { proxy_pass http://BACKEND/; proxy_redirect http://inner/ /outer/; server_name_in_redirect on; }
  }
  server { listen 127.0.0.1:PORT0; server_name path;
    location /slash/ { proxy_pass http://BACKEND; }
    location '/marks "#%<>?\\^\`{|}/' { proxy_pass http://BACKEND; }
    location /moved { return 301 /there; }
  }
}`;

const get = (path: string, host: string): string => `GET ${path} HTTP/1.0\nHost: ${host}\n\n`;

describe.skipIf(NO_NGINX)('clients are redirected as by nginx (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF, () => 'HTTP/1.0 302 Found\r\nLocation: http://inner/x\r\nContent-Length: 0\r\n\r\n');
  });

  afterAll(() => pair.stop());

  it.each([
    ['/slash', 'whole', 'http://whole:PORT0/slash/'],
    ['/slash?a=b', 'other.test', 'http://other.test:PORT0/slash/?a=b'],
    ['/sla%20sh', 'whole', 'http://whole:PORT0/sla%20sh/'],
    ['/by-variable', 'whole', 'http://whole:PORT0/by-variable/'],
    ['/moved', 'whole', 'http://whole:PORT0/there'],
    ['/moved/named', 'other.test', 'http://whole:PORT0/there'],
    ['/moved/portless', 'other.test', 'http://other.test/there'],
    ['/away', 'whole', 'http://elsewhere.test/'],
    ['/anything', '.', 'http://127.0.0.1:PORT0/there'],
    ['/slash', 'path', '/slash/'],
    ['/slash?a=b', 'path', '/slash/?a=b'],
    ['/marks%20%22%23%25%3C%3E%3F%5C%5E%60%7B%7C%7D', 'path', '/marks%20%22%23%25%3C%3E%3F%5C%5E%60%7B%7C%7D/'],
    ['/moved', 'path', '/there'],
  ])('%s of %s redirects to %s', async (path, host, place) => {
    expect(await pair.same(get(path, host))).toContain(`\nLocation: ${place}\n`);
  });

  it.each([
    ['/passed/x', '/outer/x'],
    ['/passed/whole/x', 'http://whole:PORT0/outer/x'],
  ])('a peer’s redirect %s becomes %s', async (path, place) => {
    expect(await pair.sameProxied(get(path, 'whole'))).toContain(`\nLocation: ${place}\n`);
  });
});

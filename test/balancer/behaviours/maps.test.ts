import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, NO_NGINX, Pair } from './pair.js';

const CONF = `events {}
http { access_log off; default_type text/plain;
  map $arg_a $plain {
    default "def $arg_b"; one 1; "two" "2 $arg_b"; Three 3; "" empty; \\default escaped;
    ~^re(\\d)$ "re $1"; ~*^ci(?<grp>.)$ "ci $grp"; star* "literal star"; include maps.inc;
  }
  map $arg_a $no_default { x y; }
  map $http_host $by_host {
    hostnames; default none; exact.test exact; *.wild.test wild; .dot.test dot; www.end.* end; ~re re;
  }
  map "$arg_a:$arg_b" $two { default "c"; "1:2" onetwo; ~^(?<l>\\w+):(?<r>\\w+)$ "$r-$l"; }
  map $uri $fresh { volatile; default $1; ~^/(v)/ "m$1"; }
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  map $plain $chained { "1" "one!"; default "chain:$plain"; }
  map $status $is_bad { ~^[23] 0; default 1; }
  map $arg_n $number { 10 ten; 010 octal; default $arg_n; }
  map $request_method $method { GET get; default other; }
  map $arg_e $escaped { "a b" space; "q\\"q" quote; 'it;x' semicolon; default no; }
  log_format m escape=none '$request|$plain|$no_default|$chained|$is_bad|$grp';
  server { listen 127.0.0.1:PORT0; access_log logs/maps.log m;
    location / { return 200 "$plain|$no_default|$by_host|$two|$connection_upgrade|$chained|$number|$method|$escaped|$grp|$l|$r"; }
    location ~ ^/cap(.) { return 200 "before $1 map $plain after $1 $grp"; }
    location ~ ^/v/(.*) { return 200 "$fresh $1 $fresh"; }
    location /bad { return 500; }
  }
}`;

const FILES = { 'conf/maps.inc': 'inc included;\n"inc2" "included $arg_b";\n' };

describe.skipIf(NO_NGINX)('maps have the values that nginx computes (apt-get install nginx)', () => {
  let pair: Pair;
  let requests = 0;

  beforeAll(async () => {
    pair = await Pair.start(CONF, undefined, FILES);
  });

  afterAll(() => pair.stop());

  async function same(...raw: readonly string[]): Promise<void> {
    for (const one of raw) {
      requests++;
      await pair.same(one);
    }
  }

  it('keys are compared without case, then expressions, then the default applies', async () => {
    const values = ['one', 'ONE', 'two', 'three', 'THREE', '', 'default', 're5', 're', 'ciX', 'CIx', 'star*', 'starx'];
    for (const a of [...values, 'inc', 'INC2', 'x', 'nothing', 'a%20b']) await same(get(`/?a=${a}&b=B`));
  });

  it('hostnames supports wildcards and a dot at the end', async () => {
    for (const host of ['exact.test', 'exact.test.', 'EXACT.TEST', 'exact.test:80', 'xrex', 'none']) {
      await same(get('/', host));
    }
    for (const host of ['a.wild.test', 'wild.test', 'dot.test', 'x.dot.test', 'www.end.org'])
      await same(get('/', host));
  });

  it('a source may consist of several variables', () => same(get('/?a=1&b=2'), get('/?b=2&a=w'), get('/?a=1')));

  it('arguments are found by name, the first of several', () =>
    same(get('/'), get('/?a'), get('/?A=one'), get('/?a=one&a=two'), get('/?aa=1&a=one'), get('/?xa=1;a=one')));

  it('numbers are compared as texts', () => same(get('/?n=10'), get('/?n=010'), get('/?n=10.0')));

  it('keys may be quoted', () => same(get('/?e=q"q'), get('/?e=it;x'), get('/?e=a%20b')));

  it('groups of a map’s expression are available to the request', () =>
    same(get('/capX?a=re7'), get('/capX?a=ciq'), get('/capX?a=no'), get('/v/abc')));

  it('a map works in conditions of a request and of its log', async () => {
    await same(get('/', 'a', 'Upgrade: x\n'), get('/bad'), 'POST / HTTP/1.1\nHost: a\nConnection: close\n\n');
    const [ours, theirs] = await Promise.all([
      pair.ours.lines('logs/maps.log', requests),
      pair.theirs.lines('logs/maps.log', requests),
    ]);
    expect(ours).toEqual(theirs);
    expect(theirs).toHaveLength(requests);
  });
});

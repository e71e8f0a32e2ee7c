import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRequestHead } from '../../http1/request-head.js';
import { readProxyOptions } from '../../options/proxy.js';
import type { GivenPeer, PolicyName } from '../../options/proxy.js';
import { RealIp } from '../../origin/real-ip.js';
import { Upstream } from '../upstream.js';
import { Tried } from './policy.js';

const LIMITS = { line: 8_192, head: 32_768, fields: 100, invalidNames: 'refuse', underscores: true } as const;

/** Servers named by their place; `dead` ones refuse every connection. */
type Server = Partial<GivenPeer> & { readonly dead?: boolean };

interface Setup {
  readonly policy: PolicyName;
  readonly servers: readonly Server[];
}

const setups = {
  equal: { policy: 'ip_hash', servers: [{}, {}, {}] },
  weighted: { policy: 'ip_hash', servers: [{ weight: 3 }, { weight: 5, down: true }, {}, { weight: 2 }, {}] },
  // max_fails=0: every request finds out anew, so that the second choice is asked of nginx each time.
  dead: {
    policy: 'ip_hash',
    servers: [{ maxFails: 0 }, { maxFails: 0, dead: true, weight: 4 }, { maxFails: 0 }, { maxFails: 0, weight: 2 }],
  },
  turns: {
    policy: 'round_robin',
    servers: [{ weight: 5 }, { weight: 1 }, { weight: 1 }, { down: true }, { weight: 3 }],
  },
  idle: { policy: 'least_conn', servers: [{ weight: 5 }, { weight: 1 }, { weight: 2 }] },
} as const satisfies Readonly<Record<string, Setup>>;
type SetupName = keyof typeof setups;

const SERVERS = 5;
const TRUSTED = ['10.0.0.0/8', '192.168.0.0/16', '2001:db8:1::/48'];

// Unix sockets in a folder of its own: no port to find, none to lose.
function configuration(folder: string): string {
  const socket = (name: string): string => `unix:${join(folder, name)}.sock`;
  const server = (one: Server, index: number): string => {
    const options = [
      ...(one.weight === undefined ? [] : [`weight=${one.weight}`]),
      ...(one.maxFails === undefined ? [] : [`max_fails=${one.maxFails}`]),
      ...(one.down === true ? ['down'] : []),
    ];
    return `server ${socket(one.dead === true ? 'nobody' : `server${index}`)} ${options.join(' ')};`;
  };
  const upstreams = Object.entries(setups).map(([name, { policy, servers }]) => {
    const method = policy === 'round_robin' ? '' : `${policy};`;
    return `upstream ${name} { ${method} ${servers.map(server).join(' ')} }`;
  });
  const locations = Object.keys(setups).map((name) => `location /${name} { proxy_pass http://${name}; }`);
  const backends = Array.from(
    { length: SERVERS },
    (_, index) => `server { listen ${socket(`server${index}`)}; return 200 ${index}; }`,
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log crit;
    events { worker_connections 256; }
    http {
      access_log off; ${temporary.join(' ')}
      ${upstreams.join('\n')}
      ${backends.join('\n')}
      server {
        listen ${socket('front')};
        real_ip_header X-Forwarded-For; real_ip_recursive on; keepalive_requests 100000;
        ${['unix:', ...TRUSTED].map((block) => `set_real_ip_from ${block};`).join(' ')}
        ${locations.join('\n')}
        location /address { return 200 $remote_addr; }
      }
    }`;
}

const nginx = spawnSync('nginx', ['-v']).status === 0;

describe.skipIf(!nginx)('balancing compared with nginx (needs nginx: apt-get install -y nginx)', () => {
  let folder = '';
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nginx-'));
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder));
    const errors: string[] = [];
    const started = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    started.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    const seen = new AbortController();
    const ended = once(started, 'exit', { signal: seen.signal }).then(() => {
      throw new Error(`nginx did not start: ${errors.join('')}`);
    });
    await Promise.race([listening(join(folder, 'nginx.pid')), ended]);
    ended.catch(() => undefined);
    seen.abort();
  });

  afterAll(async () => {
    agent.destroy();
    if (child !== undefined && child.exitCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  function ask(path: string, forwardedFor?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
      get({ socketPath: join(folder, 'front.sock'), path, agent, headers }, (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve(text));
      }).on('error', reject);
    });
  }

  test.each(['equal', 'weighted', 'dead'] as const)(
    'ip_hash places 1,200 addresses as nginx does, with %s servers',
    async (name) => {
      const pick = picker(name);
      const ours: number[] = [];
      const theirs: number[] = [];
      for (const address of addresses()) {
        ours.push(pick(address));
        theirs.push(Number(await ask(`/${name}`, address)));
      }
      expect(ours).toEqual(theirs);
      expect(new Set(ours).size).toBe(
        setups[name].servers.filter((one: Server) => one.down !== true && one.dead !== true).length,
      );
    },
  );

  test.each(['turns', 'idle'] as const)('60 requests go to the same peers as in nginx, setup "%s"', async (name) => {
    const pick = picker(name);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < 60; i++) {
      ours.push(pick(''));
      theirs.push(Number(await ask(`/${name}`)));
    }
    expect(ours).toEqual(theirs);
  });

  test('the client address behind trusted proxies is that of nginx', async () => {
    const realIp = new RealIp({ from: [...TRUSTED, '127.0.0.1'], header: 'X-Forwarded-For', recursive: true });
    const entries = [
      '203.0.113.9',
      '10.1.2.3',
      '192.168.3.4',
      '2001:db8:1::5',
      '2001:db8:2::5',
      '[2001:db8:1::6]:443',
      '203.0.113.7:1234',
      '10.9.9.9:80',
      'unknown',
      '_hidden',
      '300.1.1.1',
      '',
    ];
    const ours: string[] = [];
    const theirs: string[] = [];
    for (let i = 0; i < 600; i++) {
      const count = i % 4;
      // An empty first entry stops nginx; for us it is as empty as any other.
      const first = entries[i % (entries.length - 1)] ?? '';
      const drawn = Array.from(
        { length: count },
        (_, k) => entries[(i * 7 + k * 5 + (i >> 3) * k) % entries.length] ?? '',
      );
      const forwardedFor = [first, ...drawn].join(i % 2 === 0 ? ', ' : ',');
      // Over a Unix socket nginx says `unix:` where our listener would say 127.0.0.1.
      const head = readRequestHead(`GET / HTTP/1.0\nX-Forwarded-For: ${forwardedFor}\n\n`, 0, LIMITS);
      const found = head === undefined ? undefined : realIp.find('127.0.0.1', head, undefined);
      ours.push(`${forwardedFor} -> ${found?.address ?? '127.0.0.1'}`);
      const answer = await ask('/address', forwardedFor);
      theirs.push(`${forwardedFor} -> ${answer === 'unix:' ? '127.0.0.1' : answer}`);
    }
    expect(ours).toEqual(theirs);
  });
});

/** What we pick for one request, trying on where the server is dead; every request ends before the next. */
function picker(name: SetupName): (address: string) => number {
  const { policy, servers }: Setup = setups[name];
  const peers = servers.map(({ weight = 1, maxFails = 1, down = false }, index) => ({
    host: '127.0.0.1',
    port: index + 1,
    weight,
    maxFails,
    down,
  }));
  const [options] = readProxyOptions({ listeners: [{ port: 0 }], upstreams: [{ name, policy, peers }] }).upstreams;
  if (options === undefined) throw new Error('expected one upstream');
  const upstream = new Upstream(options);
  return (address) => {
    const tried = new Tried();
    for (;;) {
      const peer = upstream.pick({ clientAddress: address, opens: undefined, tried, facts: noFacts });
      if (peer === undefined) return -1;
      peer.acquire();
      const dead = servers[peer.index]?.dead === true;
      peer.release(!dead);
      if (!dead) return peer.index;
      tried.add(peer);
    }
  };
}

function noFacts(): never {
  throw new Error('no policy here asks for them');
}

/** 1,000 IPv4 and 200 IPv6 addresses, the same in every run, spread by a linear congruential generator. */
function addresses(): string[] {
  let state = 20_250_101;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
  const ipv4 = Array.from({ length: 1_000 }, () =>
    [next(), next(), next(), next()].map((word) => word & 255).join('.'),
  );
  const ipv6 = Array.from({ length: 200 }, () =>
    Array.from({ length: 8 }, (_, i) => (i === 0 ? 0x2001 : next()).toString(16)).join(':'),
  );
  return [...ipv4, ...ipv6];
}

/** nginx binds its sockets and then writes its pid. */
async function listening(file: string): Promise<void> {
  const folder = watch(dirname(file), { persistent: false });
  try {
    while (!existsSync(file)) await once(folder, 'change');
  } finally {
    folder.close();
  }
}

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { BIG, conf, FILES } from './served-files.js';
import { isMissing, Recipe, type Runner, RUNNERS } from '../classics/recipe.js';

/** One time for all files, so that their ETags are the same. */
const MODIFIED = 1_700_000_000;
const ETAG = '"6553f100-a"';
const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';
const EARLIER = 'Tue, 14 Nov 2023 22:13:19 GMT';

/** Facts and their requests. `~` stands for CRLF. */
const REQUESTS: readonly (readonly [why: string, request: string])[] = [
  ['a file is sent with its type, length, time and tag', 'GET /ten.txt'],
  ['its head alone', 'HEAD /ten.txt'],
  ['to HTTP/1.0 too', 'GET /ten.txt HTTP/1.0'],
  ['an empty file gives an empty body', 'GET /empty.html'],
  ['the type depends on the extension, in any case', 'GET /UPPER.HTML'],
  ['a dot at the beginning of a name starts no extension', 'GET /.html'],
  ['a dot in the name of a folder starts no extension', 'GET /a.b/plain'],
  ['the decoded bytes of a path are the name', 'GET /gr%C3%BC%C3%9F.txt'],
  ['"types" replaces the built-in types', 'GET /types/a.xyz'],
  ['"default_type" applies to all other extensions', 'GET /types/a.html'],
  ['an empty "default_type" sends no Content-Type', 'GET /untyped/a'],
  ['a missing file is 404', 'GET /missing'],
  ['a path below a file is 404', 'GET /ten.txt/below'],
  ['a file with a slash at the end is 404', 'GET /ten.txt/'],
  ['a name that is too long is refused', `GET /${'n'.repeat(300)}`],
  ['a file that is not regular is 404', 'GET /fifo'],
  ['an unreadable file is 403', 'GET /secret.txt'],
  ['a file in an unreadable folder is 403', 'GET /secret/x'],
  ['the index of an unreadable folder is 403', 'GET /secret/'],

  ['a folder is answered with its index', 'GET /dir/'],
  ['HEAD of a folder has the head of its index', 'HEAD /dir/'],
  ['a folder without a slash is redirected to the one with it', 'GET /dir'],
  ['the redirect to a folder keeps the arguments', 'GET /dir?a=1&b=%20'],
  ['a blank in a path is escaped in Location', 'GET /a%20b'],
  ['quotes and angle brackets are escaped in Location', 'GET /q%22%3Cx%3E'],
  ['a folder without index is 403', 'GET /noindex/'],
  ['the root folder without an index is 403', 'GET /'],
  ['the index of a missing folder is 404', 'GET /missing/'],
  ['the first existing index is served', 'GET /first/'],
  ['an index may have variables', 'GET /first/?a=one'],
  ['an absolute index is served without a check', 'GET /absolute/'],
  ['an index applies to its own location only', 'GET /elsewhere/?a=b'],
  ['an index that leads to itself is an error', 'GET /loop/'],
  ['an index that is a folder is redirected there', 'GET /isdir/'],

  ['POST on a file is 405', 'POST /ten.txt~Content-Length: 3~~abc'],
  ['POST on a folder is redirected', 'POST /dir'],
  ['POST on an index is 405', 'POST /dir/'],
  ['POST on a missing file is 404', 'POST /missing'],
  ['other methods are 405', 'PUT /ten.txt~Content-Length: 0'],
  ['other methods on folders are 405', 'DELETE /noindex/'],

  ['If-Modified-Since with the same time is 304', `GET /ten.txt~If-Modified-Since: ${DATE}`],
  ['If-Modified-Since with an earlier time is 200', `GET /ten.txt~If-Modified-Since: ${EARLIER}`],
  ['an invalid If-Modified-Since is ignored', 'GET /ten.txt~If-Modified-Since: x'],
  ['If-None-Match with the same tag is 304', `GET /ten.txt~If-None-Match: "x", W/${ETAG}`],
  ['If-None-Match with the same tag is 304 for HEAD', `HEAD /ten.txt~If-None-Match: ${ETAG}`],
  ['If-None-Match: * is 304', 'GET /ten.txt~If-None-Match: *'],
  [
    'If-None-Match with another tag is 200, with any time',
    `GET /ten.txt~If-None-Match: "x"~If-Modified-Since: ${DATE}`,
  ],
  ['If-Match with the same tag is 200', `GET /ten.txt~If-Match: ${ETAG}`],
  ['If-Match with another tag is 412', 'GET /ten.txt~If-Match: "x"'],
  ['If-Unmodified-Since with an earlier time is 412', `GET /ten.txt~If-Unmodified-Since: ${EARLIER}`],
  ['If-Unmodified-Since with the same time is 200', `GET /ten.txt~If-Unmodified-Since: ${DATE}`],
  ['conditions do not apply to a missing file', 'GET /missing~If-Match: "x"'],
  ['If-None-Match: * on a response without a tag', 'GET /text~If-None-Match: *'],
  ['If-Match on a response without a tag', 'GET /text~If-Match: "x"'],

  ['a range', 'GET /ten.txt~Range: bytes=2-4'],
  ['HEAD of a range', 'HEAD /ten.txt~Range: bytes=2-4'],
  ['a range of the last bytes', 'GET /ten.txt~Range: bytes=-3'],
  ['a range without an end', 'GET /ten.txt~Range: bytes=8-'],
  ['a range beyond the end', 'GET /ten.txt~Range: bytes=8-99'],
  ['several ranges', 'GET /ten.txt~Range: bytes=0-0,5-6, -1'],
  ['several ranges, one of them beyond the end', 'GET /ten.txt~Range: bytes=0-0,50-60,7-7'],
  ['HEAD of several ranges', 'HEAD /ten.txt~Range: bytes=0-0,5-6'],
  ['several ranges of a file without a type', 'GET /untyped/a~Range: bytes=0-0,2-2'],
  ['ranges longer than the file', 'GET /ten.txt~Range: bytes=0-9,0-0'],
  ['other units are ignored', 'GET /ten.txt~Range: lines=0-1'],
  ['a range of an empty file', 'GET /empty.html~Range: bytes=0-'],
  ['If-Range with the same tag', `GET /ten.txt~Range: bytes=0-1~If-Range: ${ETAG}`],
  ['If-Range with another tag', 'GET /ten.txt~Range: bytes=0-1~If-Range: "x"'],
  ['If-Range with the same time', `GET /ten.txt~Range: bytes=0-1~If-Range: ${DATE}`],
  ['If-Range with an earlier time', `GET /ten.txt~Range: bytes=0-1~If-Range: ${EARLIER}`],
  ['304 takes precedence over a range', `GET /ten.txt~Range: bytes=0-1~If-None-Match: *`],

  ['as many ranges as "max_ranges" allows', 'GET /ranges/two.txt~Range: bytes=0-0,2-2'],
  ['ranges beyond the end do not count towards "max_ranges"', 'GET /ranges/two.txt~Range: bytes=0-0,2-2,50-60'],
  ['more ranges than "max_ranges" give the whole file', 'GET /ranges/two.txt~Range: bytes=0-0,2-2,4-4'],
  ['"max_ranges 0" sends no Accept-Ranges', 'GET /ranges/none/a.txt~Range: bytes=0-0'],
  [
    '"if_modified_since before": a later time',
    `GET /since/before/a.txt~If-Modified-Since: Tue, 19 Jan 2038 03:14:07 GMT`,
  ],
  ['"if_modified_since before": an earlier time', `GET /since/before/a.txt~If-Modified-Since: ${EARLIER}`],
  ['"if_modified_since off": the same time', `GET /since/off/a.txt~If-Modified-Since: ${DATE}`],
  ['"etag off" sends no ETag', 'GET /untagged/a.txt'],
  ['"etag off" ignores a tag in If-None-Match', `GET /untagged/a.txt~If-None-Match: ${ETAG}`],
  ['"etag off" with If-None-Match: *', 'GET /untagged/a.txt~If-None-Match: *'],

  ['a file is served as an error page', 'GET /error/missing'],
  [
    'an error page is served whole, without ranges and conditions',
    `GET /error/missing~Range: bytes=0-1~If-None-Match: *`,
  ],
  ['an error page is served for other methods', 'POST /error/missing~Content-Length: 0'],
  ['an error page with "=" is served as if it had been requested', 'GET /equal/missing~Range: bytes=0-1'],
  ['a missing error page is 404', 'GET /badpage/missing'],

  ['"alias" replaces the path of its location', 'GET /alias/ten.txt'],
  ['"alias" with a folder', 'GET /alias/dir'],
  ['"alias" with the index of a folder', 'GET /alias/dir/'],
  ['"alias" in a nested location', 'GET /alias/deep/x'],
  ['"alias" in a nested expression', 'GET /alias/inner/'],
  ['"alias" of an exact location', 'GET /alias-one'],
  ['"alias" of a part of a name', 'GET /cutir/'],
  ['"alias" in an expression replaces the whole path', 'GET /by/ten.txt'],
  ['"alias" is in the variables of the path', 'GET /alias/names/index.html'],
  ['"alias" is in the variables of a missing path', 'GET /alias/names/missing'],
  ['"alias" may be relative to the prefix', 'GET /relative/ten.txt'],

  ['a root may have variables', 'GET /var/file.txt?r=other'],
  ['variables contain the name of the served file', 'GET /names/x%20y?z'],
];

const NOT_SATISFIABLE = ['bytes=10-', 'bytes=x', 'bytes=4', 'bytes=3-2', 'bytes=-0', 'bytes=1-2 3-4'];

const NOTHING = /(?!)/;

class Site {
  constructor(
    readonly runner: Runner,
    readonly recipe: Recipe,
    readonly port: number,
  ) {}

  static async start(runner: Runner): Promise<Site> {
    const port = await freePort();
    const recipe = await Recipe.start(runner, conf(port), port, FILES);
    for (const name of Object.keys(FILES)) utimesSync(join(recipe.prefix, name), MODIFIED, MODIFIED);
    // Only root may read these, and a server started by root serves as another user.
    chmodSync(recipe.prefix, 0o755);
    for (const name of ['html/secret.txt', 'html/secret']) chmodSync(join(recipe.prefix, name), 0);
    execFileSync('mkfifo', [join(recipe.prefix, 'html/fifo')]);
    return new Site(runner, recipe, port);
  }

  /** The whole response, without what differs between two servers: their names, folders and the time. */
  async answer(request: string): Promise<string> {
    const [first = '', ...more] = request.split('~');
    const line = first.includes(' HTTP/') ? first : `${first} HTTP/1.1`;
    const fields = more.indexOf('');
    const lines = fields < 0 ? more : more.slice(0, fields);
    const body = fields < 0 ? '' : more.slice(fields + 1).join('\r\n');
    const socket = connect(this.port, '127.0.0.1');
    socket.write([line, 'Host: name.test', 'Connection: close', ...lines, '', body].join('\r\n'), 'latin1');
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += chunk;
    const differs = text.includes('<center>') || text.includes(this.recipe.prefix);
    return text
      .replace(/^(?:Server|Date): .*\r\n/gm, '')
      .replaceAll(String(this.port), 'PORT')
      .replaceAll(this.recipe.prefix, 'PREFIX')
      .replace(/<center>(?:nginx\/[\d.]+|pinwheel)<\/center>/, '<center>SERVER</center>')
      .replaceAll(/\d{20}/g, 'BOUNDARY')
      .replace(differs ? /^Content-Length: .*$/m : NOTHING, 'Content-Length: N');
  }
}

describe.skipIf(isMissing('nginx'))('requests for files are answered as by nginx (apt-get install nginx)', () => {
  const sites: Site[] = [];

  beforeAll(async () => {
    for (const runner of RUNNERS) sites.push(await Site.start(runner));
  }, 20_000);

  afterAll(async () => {
    for (const { recipe } of sites) await recipe.stop();
  });

  it.each(REQUESTS)('%s: %s', async (_, request) => {
    const [ours, theirs] = await Promise.all(sites.map((site) => site.answer(request)));
    expect(ours).toMatch(/^HTTP\/1\.1 \d/);
    expect(ours).toBe(theirs);
  });

  it.each(NOT_SATISFIABLE)('"Range: %s" is not satisfiable', async (range) => {
    const answers = await Promise.all(sites.map((site) => site.answer(`GET /ten.txt~Range: ${range}`)));
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 416 Requested Range Not Satisfiable\r\n/);
      expect(answer).toContain('Content-Range: bytes */10\r\n');
    }
  });

  it('the error log and the access log equal nginx’s', async () => {
    const logs = await Promise.all(
      sites.map(async ({ recipe, port }) => {
        await ask(port, 'GET /last HTTP/1.1');
        await recipe.has('access.log', 'GET /last');
        const errors = recipe
          .read('logs/error.log')
          .split('\n')
          .flatMap((line) => /\[(?:error|crit)\] .*/.exec(line)?.[0] ?? [])
          .map((line) => line.replace(/\d+#\d+: \*\d+ /, '').replaceAll(recipe.prefix, 'PREFIX'));
        return {
          errors: errors.toSorted(),
          accesses: recipe.read('access.log').replaceAll(recipe.prefix, 'PREFIX').split('\n').toSorted(),
        };
      }),
    );
    const [ours, theirs] = logs;
    expect(ours?.errors.length).toBeGreaterThan(10);
    expect(ours).toEqual(theirs);
  });
});

describe.each(RUNNERS)('files and counts, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let site: Site;

    beforeAll(async () => {
      site = await Site.start(runner);
    }, 20_000);

    afterAll(() => site.recipe.stop());

    it('stub_status counts connections by state', async () => {
      const count = async (): Promise<readonly number[]> => {
        const { body } = await ask(site.port, 'GET /stub HTTP/1.1');
        expect(body).toMatch(
          /^Active connections: \d+ \nserver accepts handled requests\n \d+ \d+ \d+ \nReading: \d+ Writing: \d+ Waiting: \d+ \n$/,
        );
        return (body.match(/\d+/g) ?? []).map(Number);
      };
      const [, accepted = 0, , requests = 0] = await count();
      expect(await count()).toEqual([1, accepted + 1, accepted + 1, requests + 1, 0, 1, 0]);
      const other = connect(site.port, '127.0.0.1');
      await once(other, 'connect');
      other.write('GET /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(other, 'data');
      expect(await count()).toEqual([2, accepted + 3, accepted + 3, requests + 3, 0, 1, 1]);
      other.write('GET /ten.txt HTTP/1.1\r\n');
      await until('a connection that is reading', async () => (await count())[4] === 1);
      other.end();
      await once(other.resume(), 'close');
    });

    it('stub_status answers GET and HEAD only', async () => {
      expect((await ask(site.port, 'HEAD /stub HTTP/1.1')).head).toMatch(/^HTTP\/1\.1 200 .*Content-Length: \d+\r\n/s);
      expect((await ask(site.port, 'POST /stub HTTP/1.1')).head).toMatch(/^HTTP\/1\.1 405 Not Allowed\r\n/);
    });

    it('the $connections_ variables equal the counts of stub_status', async () => {
      expect((await ask(site.port, 'GET /counts HTTP/1.1')).body).toBe('1 0 1 0');
    });

    it('pipelined requests for files are answered in order', async () => {
      const socket = connect(site.port, '127.0.0.1');
      const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
      const asked = ['/ten.txt', '/dir/', '/missing', '/first/two.html', '/text'];
      socket.write(asked.map((path) => request(path)).join('') + request('/UPPER.HTML', 'Connection: close\r\n'));
      let text = '';
      for await (const chunk of socket.setEncoding('latin1')) text += chunk;
      const bodies = text.match(/0123456789|<p>index|<h1>404|\btwo$|no file|upper$|two(?=HTTP)/g);
      expect(bodies).toEqual(['0123456789', '<p>index', '<h1>404', 'two', 'no file', 'upper']);
    });

    it('a slow client gets all of a large file', async () => {
      const socket = await stalled(site.port);
      let length = 0;
      let end = '';
      for await (const chunk of socket.setEncoding('latin1')) {
        length += String(chunk).length;
        end = String(chunk).slice(-20);
      }
      expect(length).toBeGreaterThan(BIG);
      expect(length).toBeLessThan(BIG + 1_000);
      expect(end).toBe('b'.repeat(20));
    });

    it.skipIf(!canSeeOpenFiles)('a file is closed when its client leaves in the middle', async () => {
      const socket = await stalled(site.port);
      await until('the file is open', () => openFiles(site).length === 1);
      socket.destroy();
      await until('the file is closed', () => openFiles(site).length === 0);
    });

    it('a file that shrinks while it is sent is not sent as complete', async () => {
      const name = join(site.recipe.prefix, 'html/short.bin');
      writeFileSync(name, Buffer.alloc(BIG));
      const socket = await stalled(site.port, '/short.bin');
      truncateSync(name, 100);
      let length = 0;
      socket.on('data', (bytes: Buffer) => {
        length += bytes.length;
      });
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      await closed;
      expect(length).toBeLessThan(BIG);
      expect((await ask(site.port, 'GET /ten.txt HTTP/1.1')).body).toBe('0123456789');
    });

    it('a changed file is sent with its new contents', async () => {
      mkdirSync(join(site.recipe.prefix, 'html/now'));
      const name = join(site.recipe.prefix, 'html/now/a.txt');
      expect((await ask(site.port, 'GET /now/a.txt HTTP/1.1')).head).toMatch(/ 404 /);
      writeFileSync(name, 'first');
      expect((await ask(site.port, 'GET /now/a.txt HTTP/1.1')).body).toBe('first');
      writeFileSync(name, 'second');
      expect((await ask(site.port, 'GET /now/a.txt HTTP/1.1')).body).toBe('second');
    });

    it('the body of a request for a file is read and dropped', async () => {
      const socket = connect(site.port, '127.0.0.1');
      socket.write('GET /ten.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
      await once(socket, 'data');
      socket.write('cdeGET /dir/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      let text = '';
      for await (const chunk of socket.setEncoding('latin1')) text += chunk;
      expect(text).toMatch(/<p>index$/);
    });
  });
});

const canSeeOpenFiles = process.platform === 'linux';

/** The open descriptors of the large file in the server and its workers. */
function openFiles({ recipe }: Site): readonly string[] {
  const pid = recipe.read('logs/nginx.pid').trim();
  const children = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([child = '', parent]) => (parent === pid ? [child] : []));
  return [pid, ...children].flatMap((one) => {
    const folder = `/proc/${one}/fd`;
    return readdirSync(folder)
      .map((fd) => {
        try {
          return readlinkSync(join(folder, fd));
        } catch {
          // It has been closed meanwhile.
          return '';
        }
      })
      .filter((target) => target.endsWith('/big.bin'));
  });
}

/** A client that has requested a large file and reads only its beginning. */
async function stalled(port: number, path = '/big.bin'): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await once(socket, 'readable');
  return socket;
}

async function ask(port: number, line: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${line}\r\nHost: a\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk;
  const end = text.indexOf('\r\n\r\n');
  return { head: text.slice(0, end + 2), body: text.slice(end + 4) };
}

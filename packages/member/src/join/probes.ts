import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HealthDocument, ReadyDocument } from '@pinwheel/protocol';

/** The state that probes answer with. */
export interface ProbedMember {
  readonly server: string;
  readonly tag: string;
  ready(): Promise<ReadyDocument>;
}

/** Answers `GET` and `HEAD` of `/healthz` and `/readyz`. True when the request was for one of them. */
export function answerProbe(member: ProbedMember, request: IncomingMessage, response: ServerResponse): boolean {
  const url = request.url ?? '';
  // Other requests cost two comparisons only.
  if (isPath(url, '/healthz')) {
    if (!isRead(request, response)) return true;
    const health: HealthDocument = {
      status: 'alive',
      tag: member.tag,
      server: member.server,
      uptime: Math.round(process.uptime() * 1_000) / 1_000,
    };
    send(response, 200, health);
    return true;
  }
  if (isPath(url, '/readyz')) {
    if (!isRead(request, response)) return true;
    member.ready().then(
      (document) => send(response, document.ready ? 200 : 503, document),
      () => response.destroy(),
    );
    return true;
  }
  return false;
}

function isPath(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === '?');
}

function isRead(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' });
  response.end('405: this address answers GET and HEAD\n');
  return false;
}

function send(response: ServerResponse, status: number, document: HealthDocument | ReadyDocument): void {
  const body = `${JSON.stringify(document)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  // A response to a HEAD request leaves the body out.
  response.end(body);
}

import { ProxyError } from '../../errors.js';
import { answerHeadText, contentLines } from '../../http1/reply.js';
import type { Location } from '../../route/location.js';
import { normalPath } from '../../http1/target.js';
import type { Responder, Turn } from '../../client/turn.js';
import type { FileHead } from './file-answer.js';
import type { FileBodyUser } from './file-body.js';
import { FileBody } from './file-body.js';
import type { FilePlan } from './file-plan.js';
import { readFilePlan } from './file-plan.js';
import type { FilesOptions } from '../../options/files.js';

/** Answers a request with a file, or with the page or redirect that replaces it. */
export class FileResponse implements Responder, FileBodyUser {
  readonly #turn: Turn;
  readonly #location: Location;
  readonly #files: FilesOptions;
  #body: FileBody | undefined;
  #keepAlive = false;

  constructor(turn: Turn, files: FilesOptions) {
    this.#turn = turn;
    this.#location = turn.location;
    this.#files = files;
  }

  /** @throws ProxyError `bad_target`, or an error of the location that an index file redirects to */
  start(): void {
    const { head, statusOverride } = this.#turn;
    const facts = this.#turn.getFacts();
    const uri = normalPath(head.target);
    const request = {
      method: head.method,
      uri,
      args: facts.args,
      path: this.#location.documentRoot(() => facts) + this.#location.belowRoot(uri),
      statusOverride,
      field: (name: string) => head.get(name),
      facts: this.#turn.getFacts,
    };
    const plan = readFilePlan(request, this.#files);
    if (plan.kind === 'file') this.#send(plan);
    else this.#passOn(plan);
  }

  /** Lets another location, a redirect or an error page answer. */
  #passOn(plan: Exclude<FilePlan, { kind: 'file' }>): void {
    const turn = this.#turn;
    switch (plan.kind) {
      case 'internal':
        turn.redirect(plan.uri, turn.getFacts().args);
        break;
      case 'redirect':
        turn.reply({ status: 301, text: plan.location, contentType: 'text/html' });
        break;
      case 'error':
        if (plan.log !== undefined) turn.log(plan.log.level, plan.log.message);
        turn.answerError(plan.status, undefined, plan.last);
    }
  }

  #send({ head, body, fd }: Extract<FilePlan, { kind: 'file' }>): void {
    const turn = this.#turn;
    this.#keepAlive = turn.mayKeepAlive;
    turn.continueBody();
    turn.status = head.status;
    turn.begin(this.#headText(head));
    // The first bytes of a file go out with the head.
    if (fd === undefined) {
      this.onFileSent();
    } else {
      this.#body = new FileBody(fd, turn, this);
      this.#body.start(body);
    }
  }

  #headText({ status, contentType, contentLength, lastModified, etag, rangeLine }: FileHead): string {
    const modified = lastModified === '' ? '' : `Last-Modified: ${lastModified}\r\n`;
    const added = this.#location.addedTo(status, this.#turn.getFacts);
    const keepAliveLine = this.#keepAlive ? this.#location.keepAliveLine : '';
    const last = `${keepAliveLine}${etag === undefined ? '' : `ETag: ${etag}\r\n`}${added}${rangeLine}`;
    return answerHeadText(status, contentLines(contentType, contentLength) + modified, this.#keepAlive, last);
  }

  onFileSent(): void {
    this.#turn.end(this.#keepAlive);
  }

  onFileFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#turn.log('crit', `sending a file failed: ${reason}`);
    this.#turn.fail(new ProxyError('file_truncated', reason));
  }

  onClientDrain(): void {
    this.#body?.onDrain();
  }

  abort(): void {
    this.#body?.abort();
  }

  /** The request's body is read and discarded. */
  requestBody(): void {}

  requestBodyEnd(): void {}

  flush(): void {}
}

import { ProxyError } from '../../errors.js';
import type { Exchange } from '../../client/exchange.js';
import { answerHeadText, contentLines } from '../../http1/reply.js';
import type { Location } from '../../route/location.js';
import { normalPath } from '../../http1/target.js';
import type { Responder } from '../../client/turn.js';
import type { Wire } from '../../net/wire.js';
import type { FileHead } from './file-answer.js';
import type { FileBodyUser } from './file-body.js';
import { FileBody } from './file-body.js';
import type { FilePlan } from './file-plan.js';
import { readFilePlan } from './file-plan.js';
import type { FilesOptions } from '../../options/files.js';

/** One request answered with a file, or with what became of looking for it. */
export class FileResponse implements Responder, FileBodyUser {
  responseStarted = false;
  readonly #exchange: Exchange;
  readonly #location: Location;
  readonly #files: FilesOptions;
  #body: FileBody | undefined;
  #keepAlive = false;

  /** @param location one that has files */
  constructor(exchange: Exchange, location: Location) {
    const { files } = location.options;
    if (files === undefined) throw new TypeError('a location without files sends none');
    this.#files = files;
    this.#exchange = exchange;
    this.#location = location;
  }

  get wire(): Wire {
    return this.#exchange.client.wire;
  }

  /** @throws ProxyError `bad_target`, or of the location that an index leads to */
  start(): void {
    const { head, facts, toldStatus: told } = this.#exchange;
    const uri = normalPath(head.target);
    const request = {
      method: head.method,
      uri,
      args: facts.args,
      path: this.#location.documentRoot(() => facts) + this.#location.belowRoot(uri),
      told,
      field: (name: string) => head.get(name),
      facts: () => this.#exchange.facts,
    };
    const plan = readFilePlan(request, this.#files);
    if (plan.kind === 'file') this.#send(plan);
    else this.#turn(plan);
  }

  /** The answer is another one's. */
  #turn(plan: Exclude<FilePlan, { kind: 'file' }>): void {
    const exchange = this.#exchange;
    switch (plan.kind) {
      case 'internal':
        exchange.redirect(plan.uri, exchange.facts.args);
        break;
      case 'redirect':
        exchange.reply({ status: 301, text: plan.location });
        break;
      case 'error':
        if (plan.log !== undefined) exchange.log(plan.log.level, plan.log.message);
        exchange.answerError(plan.status, undefined, plan.last);
    }
  }

  #send({ head, body, fd }: Extract<FilePlan, { kind: 'file' }>): void {
    const exchange = this.#exchange;
    this.#keepAlive = exchange.mayKeepAlive(exchange.head);
    this.responseStarted = true;
    exchange.status = head.status;
    exchange.sentHead = this.#headText(head);
    exchange.continueBody();
    if (!exchange.head.isOld) this.wire.put(exchange.sentHead);
    // The first bytes of a file go out with the head.
    if (fd === undefined) {
      this.onFileSent();
    } else {
      this.#body = new FileBody(fd, this);
      this.#body.start(body);
    }
  }

  #headText({ status, contentType, contentLength, lastModified, etag, rangeLine }: FileHead): string {
    const modified = lastModified === '' ? '' : `Last-Modified: ${lastModified}\r\n`;
    const added = this.#location.addedTo(status, () => this.#exchange.facts);
    const kept = this.#keepAlive ? this.#location.keepAliveLine : '';
    const last = `${kept}${etag === undefined ? '' : `ETag: ${etag}\r\n`}${added}${rangeLine}`;
    return answerHeadText(status, contentLines(contentType, contentLength) + modified, this.#keepAlive, last);
  }

  onFileHeld(): void {
    this.#exchange.client.deadline.set(this.#exchange.client.settings.sendTimeout);
  }

  onFileSent(): void {
    this.wire.flush();
    this.#exchange.client.onExchangeEnd(this.#keepAlive);
  }

  onFileFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#exchange.log('crit', `sending a file failed: ${reason}`);
    this.#exchange.fail(new ProxyError('file_truncated', reason));
  }

  onClientDrain(): void {
    if (this.#body === undefined) return;
    this.#exchange.client.deadline.clear();
    this.#body.onDrain();
  }

  abort(): void {
    this.#body?.abort();
  }

  /** A body that comes with the request is read and dropped. */
  requestBody(): void {}

  requestBodyEnd(): void {}

  flush(): void {}
}

import { ProxyError } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { answerHeadText, contentLines } from '../http1/reply.js';
import type { Location } from '../location.js';
import { normalPath } from '../normal-path.js';
import type { Responder } from '../responder.js';
import type { Wire } from '../wire.js';
import type { FileHead } from './file-answer.js';
import type { FileBodyUser } from './file-body.js';
import { FileBody } from './file-body.js';
import type { FilePlan } from './file-plan.js';
import { readFilePlan } from './file-plan.js';
import type { FilesOptions } from './files-options.js';

/** One request answered with a file, or with what became of looking for it. */
export class FileResponse implements Responder, FileBodyUser {
  responseStarted = false;
  readonly #exchange: Exchange;
  readonly #location: Location;
  #body: FileBody | undefined;
  #keepAlive = false;
  #ended = false;

  constructor(exchange: Exchange, location: Location) {
    this.#exchange = exchange;
    this.#location = location;
  }

  get wire(): Wire {
    return this.#exchange.wire;
  }

  /**
   * @param told the status that the answer has to have; 0 for its own
   * @throws ProxyError `bad_target`
   */
  start(files: FilesOptions, told: number): void {
    const { head, facts, documentRoot } = this.#exchange;
    const uri = normalPath(head.target);
    const request = {
      method: head.method,
      uri,
      args: facts.args,
      path: documentRoot + uri,
      told,
      field: (name: string) => head.get(name),
      facts: () => this.#exchange.facts,
    };
    void readFilePlan(request, files).then((plan) => this.#follow(plan));
  }

  #follow(plan: FilePlan): void {
    if (this.#ended) {
      if (plan.kind === 'file') plan.file?.close().catch(() => undefined);
      return;
    }
    try {
      if (plan.kind === 'file') {
        this.#send(plan);
      } else {
        this.#ended = true;
        this.#turn(plan);
      }
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      this.#exchange.fail(error);
    }
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

  #send({ head, body, file }: Extract<FilePlan, { kind: 'file' }>): void {
    const exchange = this.#exchange;
    this.#keepAlive = exchange.mayKeepAlive(exchange.head);
    this.responseStarted = true;
    exchange.status = head.status;
    exchange.sentHead = this.#headText(head);
    this.wire.put(exchange.sentHead);
    // The first bytes of a file go out with the head.
    if (file === undefined) this.onFileSent();
    else this.#body = new FileBody(file, body, this);
  }

  #headText({ status, contentType, contentLength, lastModified, etag, rangeLine }: FileHead): string {
    const modified = lastModified === '' ? '' : `Last-Modified: ${lastModified}\r\n`;
    const added = this.#location.addedTo(status, () => this.#exchange.facts);
    const last = `ETag: ${etag}\r\n${added}${rangeLine}`;
    return answerHeadText(status, contentLines(contentType, contentLength) + modified, this.#keepAlive, last);
  }

  onFileHeld(): void {
    this.#exchange.deadline.set(this.#exchange.sendTimeout);
  }

  onFileSent(): void {
    this.#ended = true;
    this.wire.flush();
    this.#exchange.onExchangeEnd(this.#keepAlive);
  }

  onFileFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#exchange.log('crit', `sending a file failed: ${reason}`);
    this.#exchange.fail(new ProxyError('file_truncated', reason));
  }

  onClientDrain(): void {
    if (this.#body === undefined) return;
    this.#exchange.deadline.clear();
    this.#body.onDrain();
  }

  abort(): void {
    this.#ended = true;
    this.#body?.abort();
  }

  /** A body that comes with the request is read and dropped. */
  requestBody(): void {}

  requestBodyEnd(): void {}

  flush(): void {}
}

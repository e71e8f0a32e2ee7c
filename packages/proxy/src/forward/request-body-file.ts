import { Buffer } from 'node:buffer';
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { fileFailure } from '../log/file-failure.js';

let files = 0;

/** The body of one request in a file of its own, written when somebody asks for it (nginx: `$request_body_file`). */
export class RequestBodyFile {
  /** A byte string (latin1), as all paths. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * @param folder made when it is not there
   * @param body a byte string
   * @throws Error of the file system, when there is no writing
   */
  static write(folder: string, body: string): RequestBodyFile {
    for (;;) {
      const path = `${folder}/${String(++files).padStart(10, '0')}`;
      try {
        writeFileSync(Buffer.from(path, 'latin1'), body, { encoding: 'latin1', flag: 'wx', mode: 0o600 });
        return new RequestBodyFile(path);
      } catch (error) {
        const { code } = fileFailure(error);
        // Another process counts too, and files that were kept are still there.
        if (code === 'ENOENT') mkdirSync(Buffer.from(folder, 'latin1'), { recursive: true, mode: 0o700 });
        else if (code !== 'EEXIST') throw error;
      }
    }
  }

  remove(): void {
    try {
      unlinkSync(Buffer.from(this.path, 'latin1'));
    } catch (error) {
      // Somebody else has taken it away: so it is gone as it should.
      if (fileFailure(error).code !== 'ENOENT') throw error;
    }
  }
}

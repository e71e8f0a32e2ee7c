/** A request that the admin listener refuses: an HTTP status, a stable code and one line for the operator. */
export class AdminFailure extends Error {
  override readonly name = 'AdminFailure';
  readonly status: number;
  readonly code: string;
  /** With status 405: the methods that the path has (RFC 9110 10.2.1). */
  readonly allow: string | undefined;

  constructor(status: number, code: string, message: string, allow?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.allow = allow;
  }
}

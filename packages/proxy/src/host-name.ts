/** `Host` without port and without the dot of a fully qualified name, in lower case (nginx: `$host`). */
export function hostName(host: string): string {
  return host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}

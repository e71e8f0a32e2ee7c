/** `Host` without port and without the dot of a fully qualified name, in lower case (nginx: `$host`). */
export function hostName(host: string): string {
  // What stands in brackets has colons of its own.
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = end > 0 ? host.slice(0, end) : host;
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

/**
 * True for a command line in nginx's form: its first word begins with one dash. It has a file of its own because `main.ts`
 * loads nothing else before it has decided.
 */
export function isNginxForm(args: readonly string[]): boolean {
  return /^-[^-]/.test(args[0] ?? '');
}

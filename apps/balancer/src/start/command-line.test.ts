import { expect, test } from 'vitest';
import { CommandLineError, readCommandLine } from './command-line.js';
import { isNginxForm } from './nginx-form.js';

test('letters may be joined, and a value follows its letter or is the next word', () => {
  expect(readCommandLine(['-tqc', 'a.conf', '-p/srv', '-e', 'stderr', '-gdaemon off;', '-s', 'quit'])).toEqual({
    help: false,
    version: false,
    build: false,
    test: true,
    dump: false,
    quiet: true,
    signal: 'quit',
    prefix: '/srv',
    confFile: 'a.conf',
    errorLog: 'stderr',
    directives: 'daemon off;',
  });
});

test('the last of several values wins, and all text after a value letter is its value', () => {
  expect(readCommandLine(['-c', 'a', '-ct']).confFile).toBe('t');
  expect(readCommandLine(['-c', '-t'])).toMatchObject({ confFile: '-t', test: false });
});

test('a single dash is ignored, as in nginx', () => {
  expect(readCommandLine(['-'])).toMatchObject({ test: false, version: false });
});

test('values become byte strings', () => {
  expect(readCommandLine(['-p', '/é']).prefix).toBe('/\xc3\xa9');
});

test.each(['-s', '-sstop now', '-z', 'word', '--test'])('%j is refused', (word) => {
  expect(() => readCommandLine([word])).toThrow(CommandLineError);
});

test("a flag among nginx's options is refused by its name", () => {
  expect(() => readCommandLine(['-c', 'a.conf', '--upstream=a:1'])).toThrow(
    "--upstream cannot be mixed with nginx's options: give flags (see --help) or options (see -h)",
  );
  expect(readCommandLine(['-c', '--upstream']).confFile).toBe('--upstream');
  expect(() => readCommandLine(['-c', 'a.conf', '--'])).toThrow('invalid option: "-"');
});

test('one dash begins nginx’s form, two dashes begin flags', () => {
  expect(isNginxForm(['-t'])).toBe(true);
  expect(isNginxForm(['-?'])).toBe(true);
  expect(isNginxForm(['--listen', '1'])).toBe(false);
  expect(isNginxForm(['word', '-t'])).toBe(false);
  expect(isNginxForm([])).toBe(false);
});

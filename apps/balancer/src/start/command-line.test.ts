import { expect, test } from 'vitest';
import { CommandLineError, readCommandLine } from './command-line.js';
import { isNginxForm } from './nginx-form.js';

test('letters may be joined, and a value stands behind its letter or in the next word', () => {
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

test('of several the last one wins, and what follows a value letter is its value', () => {
  expect(readCommandLine(['-c', 'a', '-ct']).confFile).toBe('t');
  expect(readCommandLine(['-c', '-t'])).toMatchObject({ confFile: '-t', test: false });
});

test('a single dash is no option and no error, as in nginx', () => {
  expect(readCommandLine(['-'])).toMatchObject({ test: false, version: false });
});

test('what it takes becomes a byte string', () => {
  expect(readCommandLine(['-p', '/é']).prefix).toBe('/\xc3\xa9');
});

test.each(['-s', '-sstop now', '-z', 'word', '--test'])('%j is refused', (word) => {
  expect(() => readCommandLine([word])).toThrow(CommandLineError);
});

test('one dash makes the form: two are flags, none is neither', () => {
  expect(isNginxForm(['-t'])).toBe(true);
  expect(isNginxForm(['-?'])).toBe(true);
  expect(isNginxForm(['--listen', '1'])).toBe(false);
  expect(isNginxForm(['word', '-t'])).toBe(false);
  expect(isNginxForm([])).toBe(false);
});

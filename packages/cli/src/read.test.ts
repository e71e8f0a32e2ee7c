import { describe, expect, test } from 'vitest';
import { integer, list, PORT, text, time, word, ZERO_OR_ONE } from './kinds.js';
import { defaultsOf, type Input, readCommand } from './read.js';
import { HELP, settings, VERSION } from './settings.js';

const SETTINGS = settings({
  nodes: { value: integer(1, 64), default: '2', help: 'how many nodes' },
  nodePort: { value: PORT, help: 'the first port', excludes: { config: 'set "listen" in the file' } },
  config: { value: text('FILE'), help: 'a file' },
  trust: { value: list(text('CIDR')), many: 'repeated', help: 'who is trusted' },
  assert: { value: text("'M<N'"), many: 'words', help: 'what has to hold' },
  step: { value: time(100), default: '15s', needs: 'ramp', help: 'how long a step is' },
  ramp: { value: text('FROM:BY:TO'), help: 'clients step by step' },
  adapter: { value: word(['redis', 'streams']), default: 'redis', variable: 'ADAPTER', help: 'how rooms are shared' },
  server: { value: text('NAME', /./, 'a name'), variable: 'SERVER', variableOnly: true, emptyIsValue: true, help: '' },
  controls: { value: ZERO_OR_ONE, variable: 'CONTROLS', variableOnly: true, help: 'buttons' },
  dry: { help: 'changes nothing' },
  help: HELP,
  version: VERSION,
});

function run(args: string, input: Input = {}) {
  const command = readCommand(SETTINGS, { args: args === '' ? [] : args.split(' '), ...input });
  if (command.kind !== 'run') throw new Error(`the command is ${command.kind}`);
  return command;
}

describe('a command line', () => {
  test('has the declared defaults without flags', () => {
    expect(run('').values).toEqual({
      nodes: 2,
      nodePort: undefined,
      config: undefined,
      trust: [],
      assert: [],
      step: 15_000,
      ramp: undefined,
      adapter: 'redis',
      server: undefined,
      controls: undefined,
      dry: false,
      help: false,
      version: false,
    });
    expect(defaultsOf(SETTINGS)).toEqual(run('').values);
  });

  test('takes --name value and --name=value, the last of several counting', () => {
    expect(run('--nodes 3 --node-port=0 --nodes=4 --dry').values).toMatchObject({ nodes: 4, nodePort: 0, dry: true });
  });

  test('repeats a flag that may be repeated, and splits lists at commas', () => {
    expect(run('--trust a,b --trust c').values.trust).toEqual([['a', 'b'], ['c']]);
  });

  test('gives a flag all words up to the next flag or to a word that ends them', () => {
    const input = { maxWords: 1, endsWords: (one: string) => one.includes('://') };
    const { values, words } = run('--assert a<1 b==0 http://x --dry --assert c>2', input);
    expect([values.assert, words]).toEqual([['a<1', 'b==0', 'c>2'], ['http://x']]);
  });

  test('reports which settings were given', () => {
    expect(run('--dry', { variables: { ADAPTER: 'streams' } }).given).toEqual(new Set(['dry', 'adapter']));
  });

  test.each(['--help', '-h', '--nodes 0 --help', '--version --help'])('asks for the help text by %s', (args) => {
    expect(readCommand(SETTINGS, { args: args.split(' ') })).toEqual({ kind: 'help' });
  });

  test('asks for the version by --version', () => {
    expect(readCommand(SETTINGS, { args: ['--version'] })).toEqual({ kind: 'version' });
  });

  test.each([
    ['--ndoes 3', 'unknown flag --ndoes (did you mean --nodes? see --help)'],
    ['--wat', 'unknown flag --wat (see --help)'],
    ['-x', 'unknown flag -x (see --help)'],
    ['--controls 1', 'unknown flag --controls (see --help)'],
    ['--__proto__ 1', 'unknown flag --__proto__ (see --help)'],
    ['4', 'unexpected argument "4" (see --help)'],
    ['-- 4', 'unexpected argument "--" (see --help)'],
    ['--nodes', '--nodes needs a value'],
    ['--nodes --dry', '--nodes needs a value, got "--dry"'],
    ['--dry=yes', '--dry takes no value, got "yes"'],
    ['--nodes= ', '--nodes: expected a whole number from 1 to 64, got nothing'],
    ['--nodes -1', '--nodes: expected a whole number from 1 to 64, got "-1"'],
    ['--step 3s', '--step needs --ramp'],
    ['--config a --node-port 1', '--node-port cannot be combined with --config: set "listen" in the file'],
    [
      '--step 1ms --ramp 1',
      '--step: expected a time such as 500ms, 20s or 1m30s, at least 100ms, at most 24h, got "1ms"',
    ],
  ])('with %s is refused', (args, message) => {
    expect(() => run(args.trim())).toThrow(message);
  });
});

describe('the environment', () => {
  test('gives a value that no flag gives', () => {
    const input = { variables: { ADAPTER: 'streams', CONTROLS: '1', SERVER: 'a' } };
    expect(run('', input).values).toMatchObject({ adapter: 'streams', controls: true, server: 'a' });
    expect(run('--adapter redis', input).values.adapter).toBe('redis');
  });

  test('leaves the default where a variable is empty, unless an empty one is a value', () => {
    expect(run('', { variables: { ADAPTER: '', CONTROLS: '' } }).values).toMatchObject({ adapter: 'redis' });
    expect(() => run('', { variables: { SERVER: '' } })).toThrow('SERVER: expected a name, got nothing');
  });

  test('is named in an error about its value', () => {
    expect(() => run('', { variables: { ADAPTER: 'x' } })).toThrow('ADAPTER: expected one of redis, streams, got "x"');
  });
});

test('a setting that is required is named with its example when it is missing', () => {
  const table = settings({ upstream: { value: text('PEER'), required: true, example: 'app1:3100', help: 'the peer' } });
  expect(() => readCommand(table)).toThrow('--upstream is missing, such as --upstream app1:3100 (see --help)');
});

test('a declaration cannot name a setting that does not exist', () => {
  expect(() => settings({ step: { help: 'a step', needs: 'ramp' } })).toThrow('setting step names ramp');
});

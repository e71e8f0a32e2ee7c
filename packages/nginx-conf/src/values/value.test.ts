import { describe, expect, it } from 'vitest';
import { request } from '../testing/request.js';
import type { Facts } from '@pinwheel/proxy';
import { ConfError } from '../text/error.js';
import { Variables } from './user-variables.js';
import { ComplexValue } from './value.js';

const PLACE = { file: 'f', line: 3 };

function compile(source: string, variables = new Variables()): ComplexValue {
  const value = variables.add(new ComplexValue(source, PLACE));
  variables.link();
  return value;
}

function valueOf(source: string, facts: Partial<Facts> & { headers?: Record<string, string> } = {}): string {
  return compile(source).evaluate(request(facts));
}

it('a value without variables is a constant, ready before the rest is read', () => {
  expect(new ComplexValue('plain', PLACE).value).toBe('plain');
  expect(compile('').value).toBe('');
});

it.each([
  ['$host:$server_port', 'example.com:80'],
  ['${host}x', 'example.comx'],
  ['$HOST-$Host', 'example.com-example.com'],
  ['a$is_args$args', 'a?x=1'],
  ['$scheme://$host$request_uri', 'http://example.com/a?x=1'],
  ['[$http_none]', '[]'],
])('%s is %s', (source, expected) => {
  expect(valueOf(source)).toBe(expected);
});

it('a capture is that of the last expression that matched', () => {
  const facts = request();
  facts.setCaptures(['ab', 'a', undefined]);
  expect(compile('[$1][$2][$3][$10]').evaluate(facts)).toBe('[a][][][a0]');
});

it.each([
  ['$', 'invalid variable name'],
  ['a$$b', 'invalid variable name'],
  ['${}', 'invalid variable name'],
  ['${', 'invalid variable name'],
  ['${a', 'the closing bracket in "a" variable is missing'],
  ['${a-b}', 'the closing bracket in "a" variable is missing'],
  ['$nope', 'unknown "nope" variable'],
  ['$0', 'unknown "0" variable'],
  ['$limit_rate', 'the "limit_rate" variable is not served by pinwheel'],
])('%s is refused', (source, message) => {
  expect(() => compile(source)).toThrow(expect.objectContaining({ message, file: 'f', line: 3 }));
});

describe('variables of the configuration', () => {
  it('variables are found in any case, also when declared after their use', () => {
    const variables = new Variables();
    const value = variables.add(new ComplexValue('[$Later]', PLACE));
    const slot = variables.declare('LATER', PLACE, '');
    variables.link();
    const facts = request();
    expect(value.evaluate(facts)).toBe('[]');
    facts.setVariable(slot, 'x');
    expect(value.evaluate(facts)).toBe('[x]');
    expect(variables.slots).toBe(1);
  });

  it('variables may hide a field of the request, but not one of nginx’s variables', () => {
    const variables = new Variables();
    const slot = variables.declare('http_x', PLACE, '');
    const facts = request({ headers: { x: 'field' } });
    facts.setVariable(slot, 'own');
    expect(compile('$http_x', variables).evaluate(facts)).toBe('own');
    expect(() => variables.declare('Host', PLACE)).toThrow(new ConfError('the duplicate "host" variable', PLACE));
  });
});

describe('nginx’s variables', () => {
  const attempts = [
    {
      addr: '10.0.0.1:80',
      status: 502,
      responseLength: 0,
      bytesReceived: 0,
      bytesSent: 50,
      connectTime: 1,
      responseTime: 3,
    },
    {
      addr: '10.0.0.2:80',
      status: 200,
      responseLength: 7,
      bytesReceived: 90,
      bytesSent: 50,
      connectTime: 0,
      headerTime: 40,
      responseTime: 1_042,
    },
    { addr: 'unix:/s', status: 0, responseLength: 0, bytesReceived: 0, bytesSent: 0, afterRedirect: true },
  ];
  const facts = {
    upstreamAttempts: attempts,
    upstreamSetCookies: ['other=1; Path=/', 'SID=abc; Path=/'],
    headers: {
      cookie: 'a=1; SID=q=2;b=3',
      'x-forwarded-for': '10.1.1.1',
      authorization: 'Basic dXNlcjpwdw==',
      'user-agent': 'curl',
    },
    responseHeader: (name: string) => (name === 'content-type' ? 'text/html' : undefined),
    upstreamHeader: (name: string) => (name === 'server' ? 'ws' : undefined),
    args: 'a=%20&Key=v&b',
  };

  it.each([
    ['$upstream_addr', '10.0.0.1:80, 10.0.0.2:80 : unix:/s'],
    ['$upstream_status', '502, 200 : -'],
    ['$upstream_response_time', '0.003, 1.042 : -'],
    ['$upstream_connect_time', '0.001, 0.000 : -'],
    ['$upstream_header_time', '-, 0.040 : -'],
    ['$upstream_bytes_received/$upstream_bytes_sent', '0, 90 : 0/50, 50 : 0'],
    ['$upstream_response_length', '0, 7 : 0'],
    ['$upstream_http_server', 'ws'],
    ['$upstream_cookie_sid', 'abc'],
    ['$cookie_sid $cookie_b', 'q=2 3'],
    ['$arg_a,$arg_key,$arg_b', '%20,v,'],
    ['$proxy_add_x_forwarded_for', '10.1.1.1, 192.0.2.7'],
    ['$remote_user', 'user'],
    ['$http_user_agent', 'curl'],
    ['$sent_http_content_type', 'text/html'],
    ['$request_time $msec', '0.042 1790596800.042'],
    ['$status $bytes_sent $body_bytes_sent', '200 300 100'],
    ['$connection $connection_requests $connection_time', '9 2 1.042'],
    ['$realip_remote_addr:$realip_remote_port', '198.51.100.1:40000'],
    ['$binary_remote_addr', '\xc0\x00\x02\x07'],
    ['$https|$pipe|$request_completion', '|.|OK'],
  ])('%s is %s', (source, expected) => {
    expect(valueOf(source, facts)).toBe(expected);
  });

  it('the bytes of an IPv6 address are sixteen', () => {
    expect(valueOf('$binary_remote_addr', { remoteAddr: '2001:db8::1' })).toBe(
      `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01`,
    );
    expect(valueOf('$binary_remote_addr', { remoteAddr: '::ffff:192.0.2.1' })).toBe(
      `${'\0'.repeat(10)}\xff\xff\xc0\0\x02\x01`,
    );
    expect(valueOf('$binary_remote_addr', { remoteAddr: 'unix:' })).toBe('unix:');
  });

  it('times are written in the local zone', () => {
    const now = new Date(2026, 8, 8, 7, 6, 5);
    const local = valueOf('$time_local|$time_iso8601', { now: () => now.getTime() });
    expect(local).toMatch(/^08\/Sep\/2026:07:06:05 [+-]\d{4}\|2026-09-08T07:06:05[+-]\d\d:\d\d$/);
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { createConsoleLogger, noopLogger, tagLogger } from './logger.ts';

const spies = () => ({
  debug: vi.spyOn(console, 'debug').mockImplementation(() => {}),
  warn: vi.spyOn(console, 'warn').mockImplementation(() => {}),
  error: vi.spyOn(console, 'error').mockImplementation(() => {}),
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the console logger', () => {
  it('writes warnings and errors behind its prefix', () => {
    const { warn, error } = spies();
    const logger = createConsoleLogger();
    logger.warn('slow', { ms: 5 });
    logger.error('broken');
    expect(warn.mock.calls).toEqual([['[state-sync]', 'slow', { ms: 5 }]]);
    expect(error.mock.calls).toEqual([['[state-sync]', 'broken']]);
  });

  it('drops debug lines unless asked for them', () => {
    const { debug } = spies();
    createConsoleLogger().debug('quiet');
    expect(debug).not.toHaveBeenCalled();
    createConsoleLogger({ debug: true, prefix: '[app]' }).debug('loud', 1);
    expect(debug.mock.calls).toEqual([['[app]', 'loud', 1]]);
  });
});

describe('the no-op logger', () => {
  it('writes nothing', () => {
    const all = spies();
    noopLogger.debug('a');
    noopLogger.warn('b');
    noopLogger.error('c', new Error('d'));
    for (const spy of Object.values(all)) expect(spy).not.toHaveBeenCalled();
  });
});

describe('a tagged logger', () => {
  it('passes the tags when a line has no extra, merges a plain object, and puts anything else beside them', () => {
    const lines: unknown[] = [];
    const base = {
      debug: (...line: unknown[]) => lines.push(['debug', ...line]),
      warn: (...line: unknown[]) => lines.push(['warn', ...line]),
      error: (...line: unknown[]) => lines.push(['error', ...line]),
    };
    const logger = tagLogger(base, { topic: 'settings' });
    const failure = new Error('x');
    logger.debug('bare');
    logger.warn('object', { attempt: 2 });
    logger.error('error', failure);
    logger.error('null', null);
    logger.error('list', [1]);
    logger.error('zero', 0);
    expect(lines).toEqual([
      ['debug', 'bare', { topic: 'settings' }],
      ['warn', 'object', { topic: 'settings', attempt: 2 }],
      ['error', 'error', { topic: 'settings', extra: failure }],
      ['error', 'null', { topic: 'settings', extra: null }],
      ['error', 'list', { topic: 'settings', extra: [1] }],
      ['error', 'zero', { topic: 'settings', extra: 0 }],
    ]);
  });

  it('lets a line override a tag', () => {
    const warn = vi.fn();
    tagLogger({ ...noopLogger, warn }, { topic: 'a' }).warn('m', { topic: 'b' });
    expect(warn).toHaveBeenCalledWith('m', { topic: 'b' });
  });
});

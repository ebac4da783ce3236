// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { watchContentSecurityPolicy } from './csp.ts';

const warnings = vi.fn();

function violate(blockedURI: string, effectiveDirective = 'connect-src') {
  document.dispatchEvent(
    Object.assign(new Event('securitypolicyviolation'), { blockedURI, effectiveDirective }),
  );
}

beforeEach(() => {
  warnings.mockReset();
  vi.spyOn(console, 'warn').mockImplementation(warnings);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("a violation of the page's Content-Security-Policy", () => {
  test.each([
    'ipc',
    'ipc://localhost/x',
    'http://ipc.localhost/x',
    'https://ipc.localhost/x',
  ])('by %s is warned of once, naming the directive and what to add', (blocked) => {
    const stop = watchContentSecurityPolicy();
    violate(blocked);
    violate(blocked);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls[0]?.[0]).toContain('connect-src');
    expect(warnings.mock.calls[0]?.[0]).toContain('ipc: http://ipc.localhost');
    stop();
  });

  test('by anything else is none of our business', () => {
    const stop = watchContentSecurityPolicy();
    for (const blocked of ['https://example.com/ipc', 'inline', 'eval', 'http://ipc.example.com', '']) {
      violate(blocked);
    }
    expect(warnings).not.toHaveBeenCalled();
    stop();
  });

  test('after the watch was stopped is not heard', () => {
    watchContentSecurityPolicy()();
    violate('ipc');
    expect(warnings).not.toHaveBeenCalled();
  });

  test('from before the watch is heard where the page keeps reports', () => {
    let deliver = (_reports: unknown[]) => {};
    const disconnect = vi.fn();
    vi.stubGlobal(
      'ReportingObserver',
      class {
        disconnect = disconnect;
        constructor(callback: (reports: unknown[]) => void, options: unknown) {
          expect(options).toEqual({ types: ['csp-violation'], buffered: true });
          deliver = callback;
        }
        observe() {}
      },
    );
    watchContentSecurityPolicy();
    deliver([{ body: { blockedURL: 'ipc', effectiveDirective: 'default-src' } }, { body: null }]);
    violate('ipc');
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls[0]?.[0]).toContain('default-src');
    expect(disconnect).toHaveBeenCalled();
  });
});

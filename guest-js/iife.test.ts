// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, describe, expect, test } from 'vitest';
import { setDefaultClient } from './client/default.ts';
import type * as main from './index.ts';
import { createMemoryHost } from './testing/index.ts';

const script = readFileSync(join(import.meta.dirname, '../api-iife.js'), 'utf8');

interface Page {
  __TAURI__?: { statesync?: typeof main };
}

function page(): Page {
  return window as unknown as Page;
}

function evaluate() {
  new Function('window', script)(window);
}

afterEach(() => {
  clearMocks();
  setDefaultClient(undefined)?.close();
  delete page().__TAURI__;
});

describe('the global script', () => {
  test('does nothing in a page without withGlobalTauri', () => {
    evaluate();
    expect(page().__TAURI__).toBe(undefined);
  });

  test('puts the API at window.__TAURI__.statesync, and it works', async () => {
    page().__TAURI__ = {};
    evaluate();
    const api = page().__TAURI__?.statesync;
    expect(Object.keys(api ?? {}).sort()).toEqual([
      'StateSyncError',
      'inspect',
      'stats',
      'subscribe',
      'topic',
    ]);
    const host = createMemoryHost();
    host.register('a', 'value');
    const behind = host.transport();
    mockIPC(async (command, payload) => {
      const { request } = payload as { request: Parameters<typeof behind.subscribe>[0] };
      return command === 'plugin:statesync|subscribe' ? await behind.subscribe(request, () => {}) : undefined;
    });
    const live = await api?.subscribe<string>('a');
    expect(live?.value).toBe('value');
    live?.stop();
  });
});

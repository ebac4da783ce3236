// The plugin's script for pages, run as a page does, and the guest that takes what it leaves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { takeFirstPaint } from './first-paint.ts';

const script = readFileSync(join(import.meta.dirname, '../../src/first-paint.js'), 'utf8');
const KEY = Symbol.for('tauri-plugin-statesync.first-paint');

interface Answer {
  status?: 'ok' | 'error';
  text?: string;
  blocked?: boolean;
}

/** What Tauri puts into a page, as far as the script touches it, and a request that is answered at once. */
function page({ status = 'ok', text = '', blocked = false }: Answer, pattern = 'brownfield') {
  const sent: unknown[] = [];
  const fetch = vi.fn();
  const window = globalThis as unknown as Record<PropertyKey, unknown>;
  class Request {
    readonly #headers: Record<string, string> = {};
    #call: unknown[] = [];
    responseText = text;
    open(...call: unknown[]) {
      this.#call = call;
    }
    setRequestHeader(name: string, value: string) {
      this.#headers[name] = value;
    }
    send(body: unknown) {
      sent.push([...this.#call, this.#headers, body]);
      if (blocked) throw new Error('blocked by the Content-Security-Policy');
    }
    getResponseHeader = (name: string) => (name === 'Tauri-Response' ? status : null);
  }
  const internals = {
    __TAURI_PATTERN__: { pattern },
    postMessage(message: { cmd: string }) {
      const address = `ipc://localhost/${encodeURIComponent(message.cmd)}`;
      const headers = new Headers({ 'Tauri-Invoke-Key': 'key' });
      (window.fetch as typeof fetch)(address, { method: 'POST', body: '{}', headers }).then(() => {});
    },
  };
  return { sent, fetch, Request, internals };
}

function run({ Request, internals, fetch }: ReturnType<typeof page>): void {
  vi.stubGlobal('fetch', fetch);
  const window = globalThis as unknown as Record<string, unknown>;
  window.__TAURI_INTERNALS__ = internals;
  new Function('window', 'XMLHttpRequest', script)(window, Request);
  expect(window.fetch).toBe(fetch);
  expect(fetch).not.toHaveBeenCalled();
}

afterEach(() => {
  vi.unstubAllGlobals();
  delete (globalThis as unknown as Record<string, unknown>).__TAURI_INTERNALS__;
  takeFirstPaint();
});

describe("the plugin's script for pages", () => {
  test('sends the call that Tauri makes, synchronously, and leaves the answer for the guest, once', () => {
    const one = page({ text: '{"epoch":"e"}' });
    run(one);
    expect(one.sent).toEqual([
      [
        'POST',
        'ipc://localhost/plugin%3Astatesync%7Cfirst_paint',
        false,
        { 'tauri-invoke-key': 'key' },
        '{}',
      ],
    ]);
    expect(takeFirstPaint()).toBe('{"epoch":"e"}');
    expect(takeFirstPaint()).toBe(undefined);
  });

  test('leaves text, whatever is in it: nothing of it is ever run or becomes part of a document', () => {
    const text = '{"a":"</script><script>boom()</script><!--\u2028","__proto__":{}}';
    run(page({ text }));
    expect(takeFirstPaint()).toBe(text);
  });

  test('leaves nothing when the window was refused', () => {
    run(page({ status: 'error', text: '"statesync.first_paint not allowed"' }));
    expect(KEY in globalThis).toBe(false);
  });

  test('leaves nothing, and throws nothing, when the page may not make the call', () => {
    run(page({ blocked: true }));
    expect(takeFirstPaint()).toBe(undefined);
  });

  test('makes no call in the isolation pattern, nor outside Tauri', () => {
    const isolated = page({}, 'isolation');
    run(isolated);
    expect(isolated.sent).toEqual([]);
    new Function('window', script)({});
  });
});

// Keeps no call waiting for ever (`no-hang`) and loses nothing: a late call is abandoned, not aborted, because the
// webview sends aborted calls a second time. Its late answer goes nowhere.

import type { Topic } from '../core/index.ts';
import type { PageClock } from './environment.ts';
import { StateSyncError } from './error.ts';

/** Settles as `call` does, or rejects with kind `timeout` after `ms`. A throw inside `call` is a rejection. */
export function withDeadline<T>(
  clock: PageClock,
  ms: number,
  what: string,
  call: () => Promise<T>,
  topic?: Topic,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      reject(new StateSyncError('timeout', `${what} was not answered within ${ms} ms.`, { topic }));
    }, ms);
    const settle = (report: () => void) => {
      clock.clearTimeout(timer);
      report();
    };
    let answer: Promise<T>;
    try {
      answer = Promise.resolve(call());
    } catch (error) {
      answer = Promise.reject(error);
    }
    answer.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}

import { describe, expect, test } from 'vitest';
import { StateSyncError, toStateSyncError } from './error.ts';

describe('an error', () => {
  test("of the host keeps kind, topic and revision, and the host's own words", () => {
    const error = toStateSyncError({
      kind: 'conflict',
      message: 'somebody was faster',
      topic: 'a',
      revision: '7',
    });
    expect(error).toBeInstanceOf(StateSyncError);
    expect(error).toMatchObject({ kind: 'conflict', topic: 'a', revision: '7', permanent: false });
    expect(error.message).toContain('somebody was faster');
    expect(error.message).toContain('"a"');
  });

  test('that is the plain string of the access control is forbidden and says what to add', () => {
    const error = toStateSyncError('statesync.pull not allowed. Permissions associated with this command: x');
    expect(error).toMatchObject({ kind: 'forbidden', permanent: true });
    expect(error.message).toContain('statesync:default');
  });

  test('that is anything else is a failed call and worth another try', () => {
    for (const reason of [new Error('gone'), 'gone', undefined, null, 7, { message: 'gone' }]) {
      expect(toStateSyncError(reason)).toMatchObject({ kind: 'transport', permanent: false });
    }
  });

  test('that is one already stays itself', () => {
    const error = new StateSyncError('timeout', 'too late.');
    expect(toStateSyncError(error)).toBe(error);
  });
});

// Keeps one process with the real Rust core (./host). A line of commands goes in, a line of results comes out, and
// nothing else happens meanwhile: the two pipes are read and written synchronously.

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a call comes from, and what that window's capabilities allow for it. */
export interface Place {
  window: string;
  allow: readonly string[];
  deny: readonly string[];
}

/** The oracle's own reading of a scope. */
export function readable({ allow, deny }: Place, topic: string): boolean {
  const covers = (pattern: string) =>
    pattern.endsWith('*') ? topic.startsWith(pattern.slice(0, -1)) : topic === pattern;
  return allow.some(covers) && !deny.some(covers);
}

export interface Document {
  /** Added to by whoever wants. */
  count: number;
  /** One field for each window, which writes nothing but its own. */
  notes: Record<string, number>;
  pad: string;
  /** Counts the updates of a pair of topics. */
  pair: number;
  /** Names the write; no two have the same. */
  stamp: number;
}

/** What pages send as patches here. */
export type Operation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string };

export type How =
  | 'set'
  | 'update'
  | 'tryUpdate'
  | 'compareAndSet'
  | 'conflict'
  | 'refuse'
  | 'panic'
  | 'reentrant';

export interface Limits {
  maxSignalBytes: number;
  maxValueBytes: number;
  maxOperationsPerPage: number;
}

export type Command =
  | { do: 'reset'; epoch: string; floor: string; limits: Limits; public: readonly string[] }
  | { do: 'register'; topic: string; value: Document }
  | { do: 'write'; topic: string; how: How; value: Document; times: number }
  | { do: 'subscribe'; at: Place; request: unknown; sink: number }
  | { do: 'pull'; at: Place; request: unknown }
  | { do: 'snapshot'; at: Place; topic: string }
  | { do: 'set'; at: Place; request: unknown; value: unknown }
  | { do: 'patch'; at: Place; request: unknown; patch: readonly Operation[] }
  | { do: 'action'; at: Place; request: unknown; args: unknown }
  | { do: 'remove'; topic: string }
  | { do: 'transaction'; parts: [string, Document][]; fails: boolean }
  | { do: 'pageLoads'; window: string }
  | { do: 'windowGone'; window: string }
  | { do: 'flush'; nowMs: number }
  | { do: 'inspect' }
  | { do: 'truth' };

export interface HostError {
  kind: string;
  message: string;
  topic?: string;
  revision?: string;
  epoch?: string;
  data?: unknown;
}

export type Result = { ok: unknown } | { error: HostError };

export interface Reply {
  results: Result[];
  /** The core asked for a flush. */
  wake: boolean;
  /** The sinks it let go of. */
  gone: number[];
}

export class Host {
  readonly #in: number;
  readonly #out: number;
  readonly #chunk = Buffer.alloc(1 << 16);
  #rest = '';
  /** To end it when it hangs. */
  readonly pid: number | undefined;

  constructor(path: string) {
    const folder = mkdtempSync(join(tmpdir(), 'statesync-sim-'));
    try {
      const [commands, results] = ['in', 'out'].map((name) => join(folder, name)) as [string, string];
      execFileSync('mkfifo', [commands, results]);
      // Opened for both directions, a named pipe does not wait for its other end.
      const both = [openSync(commands, 'r+'), openSync(results, 'r+')];
      // The process gets one direction of each only, so that it ends when this one does.
      const theirs = [openSync(commands, 'r'), openSync(results, 'w')] as const;
      this.#in = openSync(commands, 'w');
      this.#out = openSync(results, 'r');
      const process = spawn(path, { stdio: [...theirs, 'inherit'] });
      process.unref();
      this.pid = process.pid;
      for (const end of [...both, ...theirs]) closeSync(end);
      globalThis.process.on('exit', () => process.kill());
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  call(commands: readonly Command[]): Reply {
    writeSync(this.#in, `${JSON.stringify(commands)}\n`);
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return JSON.parse(line) as Reply;
      }
      const bytes = readSync(this.#out, this.#chunk);
      if (bytes === 0) throw new Error('the Rust process has ended');
      this.#rest += this.#chunk.toString('latin1', 0, bytes);
    }
  }
}

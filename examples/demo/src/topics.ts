// What the topics hold, as `src-tauri/src/topics.rs` defines it.

export interface Usage {
  total: number;
  used: number;
}

export interface Point {
  at: number;
  cpu: number;
}

export interface System {
  sampledAt: number;
  machine: { hostName: string; system: string; processor: string };
  uptimeSeconds: number;
  cpu: number;
  cores: number[];
  memory: Usage;
  swap: Usage;
  load: [number, number, number] | null;
  history: Point[];
}

export interface Process {
  pid: number;
  parent: number | null;
  name: string;
  command: string;
  user: string;
  cpu: number;
  memory: number;
  status: string;
  runSeconds: number;
}

export interface Processes {
  sampledAt: number;
  list: Process[];
}

export type Theme = 'auto' | 'light' | 'dark';
export type Column = 'name' | 'pid' | 'user' | 'cpu' | 'memory' | 'status' | 'time';

export interface Sort {
  column: Column;
  descending: boolean;
}

export interface Pin {
  pid: number;
  name: string;
}

export interface Settings {
  refreshMs: number;
  paused: boolean;
  theme: Theme;
  sort: Sort;
  pinned: Pin[];
}

export interface Burst {
  count: number;
  updatedAt: number;
}

export interface TopicValues {
  system: System;
  processes: Processes;
  settings: Settings;
  burst: Burst;
}

export type TopicName = keyof TopicValues;

/** When Rust made the value, for the topics that say so. */
export function madeAt(value: TopicValues[TopicName]): number | undefined {
  if ('sampledAt' in value) return value.sampledAt || undefined;
  if ('updatedAt' in value) return value.updatedAt || undefined;
  return undefined;
}

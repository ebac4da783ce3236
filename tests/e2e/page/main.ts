// A page that imports the guest, as an app does.
import './witness.ts';
import './ledger.ts';
import { stats, subscribe } from 'tauri-plugin-statesync-api';
import { serve } from './orders.ts';
import type { Guest } from './watch.ts';
import { writing } from './write.ts';

await serve({ subscribe } as unknown as Guest, { ...writing, stats });

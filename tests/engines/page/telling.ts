// Windows that tell each other what they save, and a stranger who speaks into their channel.
//
// Keeps: the one membership of this page, and what was applied and heard in it since it joined.
import {
  clearPersistedData,
  createCrossTabSync,
  createPersistenceApplier,
  type DisposablePersistenceApplier,
} from 'tauri-plugin-statesync-api/persistence';
import { until } from './expect.ts';
import { Applied, revisionOf, spotIn } from './keeping.ts';
import { type Deeds, pageName } from './line.ts';

const NONSENSE: readonly unknown[] = [
  null,
  7,
  'snapshot',
  [],
  {},
  { type: 'snapshot', tabId: 'x' },
  { type: 'snapshot', tabId: 'x', payload: null },
  { type: 'snapshot', tabId: 'x', payload: { revision: '007', data: {} } },
  { type: 'snapshot', tabId: 'x', payload: { revision: 99, data: {} } },
  { type: 'snapshot', tabId: 'x', payload: { revision: '99999999999999999999', data: {} } },
  { type: 'snapshot', tabId: 'x', payload: { revision: '-9', data: {} } },
  { type: 'snapshot', tabId: 'x', payload: { revision: '98' } },
  { type: 'snapshot', payload: { revision: '97', data: {} } },
  { type: 'constructor', tabId: 'x' },
];

let member: DisposablePersistenceApplier<unknown> | undefined;
let applied = new Applied();
let heard = { cleared: 0, refreshes: 0 };

/** Speaks into a channel by the platform's own interface. */
function speak(channel: string, messages: readonly unknown[]): void {
  const stranger = new BroadcastChannel(channel);
  for (const message of messages) stranger.postMessage(message);
  stranger.close();
}

/** Publishes, and catches under which name this page does that. */
async function ownName(channel: string, revision: string): Promise<string> {
  const names: string[] = [];
  const ear = new BroadcastChannel(channel);
  ear.onmessage = ({ data }) => {
    if (data?.payload?.revision === revision) names.push(data.tabId);
  };
  await publish(revision);
  await until(() => names.length > 0);
  ear.close();
  return names[0] ?? '';
}

async function publish(revision: string, epoch?: string): Promise<void> {
  const snapshot = { revision: revisionOf(revision), data: { from: pageName } };
  await member?.apply(epoch === undefined ? snapshot : { ...snapshot, epoch });
  await member?.flush();
}

function join({ channel = '', place = '', receive = 'yes', tell = 'yes' }: Record<string, string>): void {
  leave();
  applied = new Applied();
  heard = { cleared: 0, refreshes: 0 };
  const mine = heard;
  member = createPersistenceApplier<unknown>({
    storage: spotIn(place, channel).backend,
    applier: applied,
    crossTabSync: { channelName: channel, receiveUpdates: receive === 'yes', broadcastSaves: tell === 'yes' },
    onRefreshNeeded: () => {
      mine.refreshes += 1;
    },
  });
  member.on('cleared', () => {
    mine.cleared += 1;
  });
}

function leave(): void {
  member?.dispose();
  member = undefined;
}

export const telling: Deeds = {
  join,
  leave,
  publish: ({ revision = '', epoch }) => publish(revision, epoch),
  heard: () => heard,
  untilHeard: () => until(() => heard.cleared + heard.refreshes > 0),
  clear: ({ channel = '', place = '' }) =>
    clearPersistedData(spotIn(place, channel).backend, { channelName: channel }),
  applied: () => applied.revisions,
  untilApplied: ({ revision = '' }) => until(() => applied.revisions.includes(revision)),
  say: ({ channel = '', revision = '', tab = 'stranger', epoch }) =>
    speak(channel, [{ type: 'snapshot', tabId: tab, payload: { revision, data: { from: tab }, epoch } }]),
  sayNonsense: ({ channel = '' }) => speak(channel, NONSENSE),
  ownName: ({ channel = '', revision = '' }) => ownName(channel, revision),
  answerSync: ({ channel = '' }) => {
    const sync = createCrossTabSync<unknown>({
      channelName: channel,
      onSyncRequest: () => sync.broadcast({ revision: revisionOf('1'), data: `from ${pageName}` }),
    });
  },
  askForSync: ({ channel = '' }) =>
    new Promise((resolve) => {
      const sync = createCrossTabSync<unknown>({
        channelName: channel,
        onSnapshot: ({ data }) => {
          if (data === 'from main') resolve(data);
        },
      });
      sync.requestSync();
    }),
};

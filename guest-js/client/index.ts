/**
 * The plugin's own client: one session per page, one shared engine per topic.
 */
export type { PulledTopic } from './ask.ts';
export {
  type ClientOptions,
  createClient,
  StateSyncClient,
} from './client.ts';
export { defaultClient, setDefaultClient } from './default.ts';
export {
  documentVisibility,
  type PageClock,
  pageClock,
  type VisibilityCause,
  type VisibilitySource,
} from './environment.ts';
export {
  type HostErrorKind,
  type PageErrorKind,
  StateSyncError,
  type StateSyncErrorDetails,
  type StateSyncErrorKind,
} from './error.ts';
export type {
  ActionOptions,
  ActionTable,
  ArgsOf,
  Change,
  LiveTopic,
  PatchOptions,
  ResultOf,
  SetOptions,
  SubscribeOptions,
  TopicHandle,
  TopicStatus,
  UpdateOptions,
} from './handle.ts';
export { DEFAULT_TIMES, type SessionTimes } from './session.ts';
export type { ClientStatistics, TopicStatistics } from './statistics.ts';
export type { TopicHandler, TopicInfo } from './subscriber.ts';
export type { PluginTransport } from './transport.ts';
export * from './wire.ts';

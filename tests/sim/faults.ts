// Keeps how often each thing went wrong, and with which probability it does now. A kind that never struck in all the
// runs proves nothing, so the program fails when a count is zero.

import type { Chance } from './chance.ts';

/** What the network does by chance, and how often at most. */
const RATES = {
  signalLost: 0.35,
  signalDoubled: 0.3,
  signalDelayed: 0.4,
  callLost: 0.2,
  callRejected: 0.25,
  callDelayed: 0.3,
  callDoubled: 0.3,
  answerLost: 0.2,
  answerRejected: 0.2,
  answerDelayed: 0.3,
  answerLate: 0.15,
  eventLost: 0.3,
  eventDoubled: 0.3,
  eventDelayed: 0.4,
  flushDelayed: 0.3,
  handlerThrows: 0.15,
  applyThrows: 0.2,
  applyRefuses: 0.15,
  applyHangs: 0.15,
} as const;

/** What the scenario does on purpose, or what follows from all of the above. */
const DEEDS = [
  'signalOvertaken',
  'signalBehindGap',
  'answerOvertaken',
  'answerAfterTimeout',
  'reload',
  'reloadUnnoticed',
  'close',
  'closeUnnoticed',
  'lateWindow',
  'lateTopic',
  'forbiddenTopic',
  'epochChange',
  'staleLife',
  'sessionLost',
  'sessionGivenUp',
  'pageBlocked',
  'pageHidden',
  'stoppedInFlight',
  'restarted',
  'updatePanicked',
  'updateRefused',
  'updateReentrant',
  'badValue',
  'writeConflict',
  'writeRepeated',
  'writeWithoutSession',
  'writeUnknown',
  'updateRebased',
  'patchRefused',
  'actionRefused',
  'actionPanicked',
  'answerWritten',
  'overlayShown',
  'thriftyWrite',
  'topicRemoved',
  'transaction',
  'transactionFailed',
  'writeInvalid',
  'writeForbidden',
  'signalOfAll',
  'eventMistaken',
] as const;

export type Rate = keyof typeof RATES;
export type FaultKind = Rate | (typeof DEEDS)[number];
export type FaultCounts = Record<FaultKind, number>;

export function noFaults(): FaultCounts {
  const kinds = [...Object.keys(RATES), ...DEEDS] as FaultKind[];
  return Object.fromEntries(kinds.map((kind) => [kind, 0])) as FaultCounts;
}

export class Faults {
  readonly counts = noFaults();
  readonly #chance: Chance;
  readonly #rates = new Map<Rate, number>();

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Chooses which kinds strike in this run, and how hard. */
  begin(): void {
    const severity = this.#chance.pick([0, 0.3, 1, 1]);
    for (const kind of Object.keys(RATES) as Rate[]) {
      if (severity > 0 && this.#chance.hit(0.4)) {
        this.#rates.set(kind, RATES[kind] * severity * this.#chance.next());
      }
    }
  }

  /** From now on nothing goes wrong any more; what already did may still arrive. */
  end(): void {
    this.#rates.clear();
  }

  strikes(kind: Rate): boolean {
    const rate = this.#rates.get(kind);
    if (rate === undefined || !this.#chance.hit(rate)) return false;
    this.counts[kind] += 1;
    return true;
  }

  count(kind: FaultKind): void {
    this.counts[kind] += 1;
  }
}

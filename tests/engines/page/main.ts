// The page of every window of these tests: obeys the runner.
//
// Keeps nothing: see the modules of its deeds.
import { CLAIMS } from './claims.ts';
import { keeping } from './keeping.ts';
import { serve } from './line.ts';
import { telling } from './telling.ts';
import { upgrading } from './upgrades.ts';

/** The address of another page of ours. */
const address = (name: string) => `/?page=${encodeURIComponent(name)}`;

void serve({
  ...keeping,
  ...telling,
  ...upgrading,
  claims: () => CLAIMS.map(({ name }) => name),
  claim: ({ name }) => CLAIMS.find((claim) => claim.name === name)?.hold(),
  window: ({ name = '' }) => {
    if (!window.open(address(name), '_blank', 'popup,width=400,height=300'))
      throw new Error('no window opened');
  },
  frame: ({ name = '', sandbox }) => {
    const frame = document.createElement('iframe');
    if (sandbox !== undefined) frame.sandbox.value = sandbox;
    frame.src = address(name);
    document.body.append(frame);
  },
});

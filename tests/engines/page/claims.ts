// The claims one page can try alone, in the order they are tried.
//
// Keeps nothing.
import { firstPaint } from './claims/first-paint.ts';
import { quota } from './claims/quota.ts';
import { saving } from './claims/saving.ts';
import { storing } from './claims/storing.ts';
import { trouble } from './claims/trouble.ts';
import type { Claim } from './expect.ts';

export const CLAIMS: readonly Claim[] = [...storing, ...saving, ...trouble, ...quota, ...firstPaint];

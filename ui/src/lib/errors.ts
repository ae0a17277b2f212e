// Failures as people read them: what happened, why, and what to do next.

import en from "../i18n/en.json";
import type { Failure } from "./host/bindings";

export interface Explanation {
  /** What happened, in one sentence. */
  what: string;
  /** Why, in the app's own words; empty where it would say the same again. */
  why: string;
  /** What to do next, the likeliest first. */
  next: string[];
  /** The stable code, for whoever is asked for help. */
  code: string;
}

const SENTENCES: Record<string, string> = en.errors;
const NEXT: Record<string, string> = en.next;

/** Whether a code has a sentence. */
export function isTranslated(code: string): boolean {
  return Object.hasOwn(SENTENCES, code);
}

/** A failure in words. One with an unknown code still shows the app's message. */
export function explain(failure: Failure): Explanation {
  const { code, message, hints } = failure;
  const known = isTranslated(code) ? SENTENCES[code] : undefined;
  const what = known ?? (message === "" ? SENTENCES["internal.error"]! : sentence(message));
  const why = known === undefined || message === "" ? "" : sentence(message);
  const fallback = Object.hasOwn(NEXT, code) ? NEXT[code] : undefined;
  const next = hints.length > 0 ? hints : fallback === undefined ? [] : [fallback];
  return { what, why, next, code };
}

function sentence(text: string): string {
  // An address or an id at the start stays as it is written.
  const start = /^[a-z]+[\s,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

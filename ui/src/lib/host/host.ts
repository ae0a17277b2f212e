// What the page needs of whatever shows it. The page knows nothing else of the world outside.

import type { Commands, Event, Failure } from "./bindings";

export type CommandName = keyof Commands;
export type Args<K extends CommandName> = Commands[K]["args"];
export type Result<K extends CommandName> = Commands[K]["result"];

export interface Host {
  /** Runs a command of the app. Rejects with a `Refusal` and with nothing else. */
  call<K extends CommandName>(name: K, args: Args<K>): Promise<Result<K>>;
  /** Hears every event until the returned function is called. */
  onEvent(hear: (event: Event) => void): () => void;
  /** The address of an icon, by its digest. */
  iconUrl(digest: string): string;
  /** Writes a file where the person finds it. Answers where it is, or null where the browser decides. Rejects with a `Refusal`. */
  saveFile(file: SavedFile): Promise<string | null>;
  /** Opens a web address outside of the window. */
  openExternal(url: string): void;
}

/** A file to write: its name without a folder, and what stands in it. */
export interface SavedFile {
  name: string;
  base64: string;
}

/** A command that failed, with the reason that the app gave. */
export class Refusal extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "Refusal";
    this.failure = failure;
  }
}

/** Whatever was thrown, as a failure that can be shown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Refusal) return thrown.failure;
  if (isFailure(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal.error", message, hints: [] };
}

/** Whether a value has the shape of a failure. */
export function isFailure(value: unknown): value is Failure {
  if (typeof value !== "object" || value === null) return false;
  const { code, message, hints } = value as Record<string, unknown>;
  return typeof code === "string" && typeof message === "string" && Array.isArray(hints);
}

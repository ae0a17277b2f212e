// The host inside the desktop window. Only this file knows Tauri.

import { convertFileSrc, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Event } from "./bindings";
import { failureOf, Refusal, type Args, type CommandName, type Host, type Result, type SavedFile } from "./host";

/** Whether the page is shown by the desktop shell. */
export function insideShell(): boolean {
  return "__TAURI_INTERNALS__" in window;
}

export function tauriHost(): Host {
  // No command is sent before its events can be heard, or the first of them would be lost.
  let listening: Promise<unknown> = Promise.resolve();
  return {
    async call<K extends CommandName>(name: K, args: Args<K>): Promise<Result<K>> {
      try {
        await listening;
        return await invoke<Result<K>>("call", { name, args });
      } catch (thrown) {
        throw new Refusal(failureOf(thrown));
      }
    },

    onEvent(hear: (event: Event) => void): () => void {
      let wanted = true;
      const subscription = listen<Event>("event", ({ payload }) => {
        if (wanted) hear(payload);
      });
      listening = subscription;
      return () => {
        wanted = false;
        void subscription.then((unlisten) => unlisten());
      };
    },

    // `scrip-icon://localhost/DIGEST`, or what stands for it where the engine knows no schemes of its own.
    iconUrl: (digest) => convertFileSrc(digest, "scrip-icon"),

    async saveFile({ name, base64 }: SavedFile): Promise<string | null> {
      try {
        return await invoke<string>("save_file", { name, base64 });
      } catch (thrown) {
        throw new Refusal(failureOf(thrown));
      }
    },

    openExternal(url: string): void {
      void invoke("open_external", { url }).catch((thrown: unknown) => console.warn("the address was not opened", url, thrown));
    },
  };
}

// The host of a browser that talks to the real app core through a bridge on this computer: for tests only.

import type { Event } from "./bindings";
import { failureOf, isFailure, Refusal, type Args, type CommandName, type Host, type Result, type SavedFile } from "./host";

const JSON_HEADERS = { "content-type": "application/json" };

export function httpHost(bridge: string): Host {
  const base = bridge.replace(/\/+$/, "");
  return {
    async call<K extends CommandName>(name: K, args: Args<K>): Promise<Result<K>> {
      let answer: Response;
      let body: unknown;
      try {
        answer = await fetch(`${base}/call`, { method: "POST", headers: JSON_HEADERS, body: JSON.stringify({ name, args }) });
        body = await answer.json();
      } catch (thrown) {
        throw new Refusal(failureOf(thrown));
      }
      if (answer.ok) return body as Result<K>;
      throw new Refusal(isFailure(body) ? body : failureOf(new Error(`the bridge answered ${answer.status}`)));
    },

    onEvent(hear: (event: Event) => void): () => void {
      const stream = new EventSource(`${base}/events`);
      stream.onmessage = ({ data }) => hear(JSON.parse(data as string) as Event);
      return () => stream.close();
    },

    iconUrl: (digest) => `${base}/icons/${digest}`,

    saveFile({ name, base64 }: SavedFile): Promise<string | null> {
      const link = document.createElement("a");
      link.href = `data:application/octet-stream;base64,${base64}`;
      link.download = name;
      link.click();
      return Promise.resolve(null);
    },

    openExternal(url: string): void {
      window.open(url, "_blank", "noopener");
    },
  };
}

import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, describe, expect, it, vi } from "vitest";

import { failureOf, type Event } from "../../src/lib/host";
import { httpHost } from "../../src/lib/host/http";
import { insideShell, tauriHost } from "../../src/lib/host/tauri";

const REFUSED = { code: "wallet.insufficient", message: "40 tokens are missing", hints: ["Add them."] };

describe("the host of the desktop window", () => {
  afterEach(clearMocks);

  it("calls the one command, and hears before it speaks", async () => {
    const order: string[] = [];
    mockIPC((command, payload) => {
      order.push(command);
      return command === "call" ? payload : 1;
    });
    expect(insideShell()).toBe(true);
    const host = tauriHost();
    host.onEvent(() => {});
    expect(await host.call("product.view", { product: "p" })).toEqual({ name: "product.view", args: { product: "p" } });
    expect(order).toEqual(["plugin:event|listen", "call"]);
  });

  it("rejects with the app's failure, whole", async () => {
    mockIPC(() => Promise.reject(REFUSED as unknown as Error));
    const thrown: unknown = await tauriHost().call("wallet.view", {}).catch((error: unknown) => error);
    expect(failureOf(thrown)).toEqual(REFUSED);
  });

  it("saves a file where the shell says", async () => {
    mockIPC((command, payload) => (command === "save_file" ? `/tmp/${(payload as { name: string }).name}` : null));
    expect(await tauriHost().saveFile({ name: "request.scrip", base64: "YQ==" })).toBe("/tmp/request.scrip");
    mockIPC(() => Promise.reject(REFUSED as unknown as Error));
    expect(failureOf(await tauriHost().saveFile({ name: "x", base64: "" }).catch((error: unknown) => error))).toEqual(REFUSED);
  });

  it("gives a rejection of the window itself a code too", async () => {
    mockIPC(() => Promise.reject("not allowed by ACL" as unknown as Error));
    const thrown: unknown = await tauriHost().call("wallet.view", {}).catch((error: unknown) => error);
    expect(failureOf(thrown)).toEqual({ code: "internal.error", message: "not allowed by ACL", hints: [] });
  });
});

describe("the host behind a bridge", () => {
  const answer = (status: number, body: unknown): void => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status }))));
  };
  afterEach(() => vi.unstubAllGlobals());

  it("posts the command and reads the answer", async () => {
    answer(200, { balance: 7, confirmed_at: "2026-11-22T12:00:00Z" });
    expect((await httpHost("http://127.0.0.1:1/").call("wallet.view", {})).balance).toBe(7);
    expect(fetch).toHaveBeenCalledWith("http://127.0.0.1:1/call", expect.objectContaining({ body: '{"name":"wallet.view","args":{}}' }));
  });

  it("rejects with the app's failure, or with what went wrong on the way", async () => {
    const host = httpHost("http://127.0.0.1:1");
    answer(400, REFUSED);
    expect(failureOf(await host.call("wallet.view", {}).catch((error: unknown) => error))).toEqual(REFUSED);
    answer(502, "no");
    expect(failureOf(await host.call("wallet.view", {}).catch((error: unknown) => error)).message).toBe("the bridge answered 502");
  });

  it("hears events until it is told to stop", () => {
    const streams: { onmessage: ((message: { data: string }) => void) | null; closed: boolean }[] = [];
    vi.stubGlobal(
      "EventSource",
      class {
        onmessage = null;
        closed = false;
        constructor() {
          streams.push(this);
        }
        close(): void {
          this.closed = true;
        }
      },
    );
    const heard: Event[] = [];
    const stop = httpHost("http://127.0.0.1:1").onEvent((event) => heard.push(event));
    streams[0]?.onmessage?.({ data: '{"kind":"library_changed"}' });
    expect(heard).toEqual([{ kind: "library_changed" }]);
    stop();
    expect(streams[0]?.closed).toBe(true);
  });
});

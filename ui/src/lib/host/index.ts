import type { Host } from "./host";
import { insideShell, tauriHost } from "./tauri";

/** The host of this page: the desktop shell; in builds for a browser also a bridge (`?bridge=URL`) or an invented one. */
export async function chooseHost(): Promise<Host> {
  if (insideShell()) return tauriHost();
  if (import.meta.env.DEV || import.meta.env.VITE_BRIDGE === "1") {
    const query = new URLSearchParams(window.location.search);
    const bridge = query.get("bridge");
    if (bridge !== null) return (await import("./http")).httpHost(bridge);
    return (await import("./fake/fake")).FakeHost.fromQuery(query);
  }
  throw new Error("this page is shown by the Scrip app and cannot run by itself");
}

export * from "./host";
export type * from "./bindings";

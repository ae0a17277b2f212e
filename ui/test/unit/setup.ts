import { cleanup, configure } from "@testing-library/svelte";
import { afterEach, vi } from "vitest";

// A missing control is named in one line, without the whole page behind it.
// Waits are for busy machines; what is expected comes at once.
configure({ asyncUtilTimeout: 20_000, getElementError: (message) => new Error(message ?? "no such element") });

// The engine of these tests lays nothing out: a window of a known size stands in for it.
Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 900 });
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 700 });

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  window.location.hash = "";
  window.localStorage.clear();
});

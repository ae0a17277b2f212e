import { render, screen } from "@testing-library/svelte";

import Page from "../../src/Page.svelte";
import { FakeHost, type FakeOptions } from "../../src/lib/host/fake/fake";
import { App } from "../../src/lib/state/app.svelte";

export interface World {
  app: App;
  host: FakeHost;
}

/** The whole page on an invented app. */
export async function open(options: Partial<FakeOptions> = {}, hash = "#/browse", prepare: (host: FakeHost) => void = () => {}): Promise<World> {
  window.location.hash = hash;
  const host = new FakeHost({ products: 400, ...options });
  prepare(host);
  const app = new App(host);
  render(Page, { app });
  await app.begin();
  return { app, host };
}

export const hook = (id: string): Promise<HTMLElement> => screen.findByTestId(id);
export const maybe = (id: string): HTMLElement | null => screen.queryByTestId(id);

/** What was asked of the app, by command. */
export function asked(host: FakeHost, name: string): unknown[] {
  return host.calls.filter((call) => call.name === name).map((call) => call.args);
}

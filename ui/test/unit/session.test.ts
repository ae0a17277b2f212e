import { describe, expect, it } from "vitest";

import { FakeHost } from "../../src/lib/host/fake/fake";
import { Session } from "../../src/lib/state/session.svelte";

describe("the session", () => {
  it("does not let an answer on its way undo news that came first", async () => {
    const host = new FakeHost({ products: 1 });
    const session = new Session(host);
    host.onEvent((event) => {
      if (event.kind === "session_changed") session.take(event);
    });
    const call = host.call.bind(host);
    host.call = async (name, args) => {
      const answer = await call(name, args);
      // The server is lost while the answer is on its way.
      host.setOnline(false);
      return answer;
    };
    await session.refresh();
    expect(session.known).toBe(true);
    expect(session.state.online).toBe(false);
  });
});

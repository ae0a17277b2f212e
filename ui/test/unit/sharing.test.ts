import { fireEvent, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import type { FakeHost } from "../../src/lib/host/fake/fake";
import { asked, hook, maybe, open } from "./world";

async function click(id: string): Promise<void> {
  const control = await hook(id);
  await waitFor(() => expect(control).not.toHaveProperty("disabled", true));
  await fireEvent.click(control);
}
const write = async (id: string, value: string): Promise<boolean> => fireEvent.input(await hook(id), { target: { value } });
const alive = (host: FakeHost): void => host.liveAWhile();

describe("sending tokens", () => {
  it("names the recipient before anything is sent, and can be taken back", async () => {
    const { host } = await open({}, "#/wallet/send");
    await write("send-to", "grace@example.org");
    await write("send-tokens", "25");
    await click("send-look");
    expect((await hook("recipient-name")).textContent).toBe("Grace Hopper");
    expect(asked(host, "transfers.send")).toEqual([]);
    host.fail("transfers.send", { code: "server.unreachable" });
    await click("send-now");
    await hook("failure");
    await click("send-now");
    await click("take-back");
    const [first, second] = asked(host, "transfers.send") as { command: string }[];
    expect(second).toEqual(first);
    await waitFor(async () => expect((await hook("balance")).dataset["balance"]).toBe("500"));
    await waitFor(async () => expect((await hook("transfer")).dataset["state"]).toBe("canceled"));
  });

  it("does not offer what runs out", async () => {
    await open({}, "#/wallet/send", alive);
    await write("send-to", "grace@example.org");
    await write("send-tokens", "400");
    await waitFor(async () => expect((await hook("send-form")).textContent).toContain("300 tokens at most"));
    expect(await hook("send-look")).toHaveProperty("disabled", true);
  });
});

describe("gifts", () => {
  it("are accepted into the library", async () => {
    const { app, host } = await open({}, "#/wallet/gifts", alive);
    await click("gift-accept");
    await waitFor(() => expect(host.licenses.has("org.musescore.MuseScore")).toBe(true));
    await waitFor(() => expect(app.router.route).toEqual({ page: "product", id: "org.musescore.MuseScore" }));
  });

  it("are given at the price that was shown, to the person whose name was", async () => {
    const { host } = await open({}, "#/product/org.gimp.GIMP");
    await click("gift-open");
    await write("gift-to", "alan@example.org");
    await click("gift-look");
    expect((await hook("recipient-name")).textContent).toBe("Alan Turing");
    await click("gift-now");
    await waitFor(() => expect(maybe("gift")).toBeNull());
    expect(asked(host, "gifts.give")).toMatchObject([{ to: "alan@example.org", name: "Alan Turing", product: "org.gimp.GIMP", expected_price: 110 }]);
  });
});

describe("a team's wallet", () => {
  it("is drawn from within the monthly limit", async () => {
    const { host } = await open({}, "#/wallet/teams", (fake) => {
      alive(fake);
      fake.sharing.teams = fake.sharing.teams.filter(({ role }) => role === "member");
    });
    await click("team-draw");
    await write("team-amount", "90");
    expect(await hook("team-move")).toHaveProperty("disabled", true);
    await write("team-amount", "70");
    await click("team-move");
    await waitFor(() => expect(host.sharing.teams[0]?.drawn).toBe(250));
    await waitFor(async () => expect((await hook("balance")).dataset["balance"]).toBe("570"));
  });

  it("is shared with whoever is invited", async () => {
    const { host } = await open({}, "#/wallet/teams");
    await click("team-open");
    await write("team-name", "Family");
    await click("team-create");
    await click("team-more");
    await write("invite-email", "mary@example.org");
    await click("invite-send");
    await waitFor(() => expect(host.sharing.teams[0]?.members.map(({ name }) => name)).toContain("Mary Somerville"));
  });
});

describe("the history", () => {
  it("is filtered by kind and days, and saved as it is shown", async () => {
    const { host } = await open({}, "#/wallet", alive);
    await hook("history");
    await fireEvent.change(await hook("history-kind"), { target: { value: "grant" } });
    await waitFor(async () => expect((await hook("history")).querySelectorAll("tbody tr")).toHaveLength(2));
    await fireEvent.change(await hook("history-from"), { target: { value: "2020-01-01" } });
    await click("history-csv");
    await waitFor(() => expect(host.saved.map(({ name }) => name)).toEqual([expect.stringMatching(/^scrip-history-.*\.csv$/)]));
    expect(asked(host, "wallet.history_csv")).toEqual([{ kind: "grant", from: new Date(2020, 0, 1).toISOString() }]);
    await click("history-clear");
    await waitFor(async () => expect((await hook("history")).querySelectorAll("tbody tr").length).toBeGreaterThan(5));
  });

  it.each([
    ["json", "wallet.statement"],
    ["pdf", "wallet.statement_pdf"],
  ])("comes as a signed statement: %s", async (kind, command) => {
    const { host } = await open({}, "#/wallet", alive);
    await click("statement-open");
    await fireEvent.input(await hook("statement-from"), { target: { value: "2020-01-01" } });
    await fireEvent.input(await hook("statement-until"), { target: { value: "2020-01-31" } });
    await click(`statement-${kind}`);
    await waitFor(() => expect(host.saved.map(({ name }) => name)).toEqual([`scrip-statement-2020-01-01-2020-01-31.${kind}`]));
    expect(asked(host, command)).toEqual([{ from: new Date(2020, 0, 1).toISOString(), until: new Date(2020, 1, 1).toISOString() }]);
    await waitFor(() => expect(maybe("statement")).toBeNull());
  });
});

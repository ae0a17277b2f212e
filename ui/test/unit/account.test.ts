import { fireEvent, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { asked, hook, maybe, open } from "./world";

async function click(id: string): Promise<void> {
  const control = await hook(id);
  await waitFor(() => expect(control).not.toHaveProperty("disabled", true));
  await fireEvent.click(control);
}
const write = async (id: string, value: string): Promise<boolean> => fireEvent.input(await hook(id), { target: { value } });

describe("the account", () => {
  it("is corrected, exported, and ends other sessions", async () => {
    const { host } = await open({}, "#/account");
    await waitFor(async () => expect(await hook("account-name")).toHaveProperty("value", "Ada Lovelace"));
    expect(await hook("account-save")).toHaveProperty("disabled", true);
    await write("account-name", "Ada King");
    await click("account-save");
    await waitFor(() => expect(host.accounts.details.name).toBe("Ada King"));
    await click("account-export");
    await waitFor(() => expect(host.saved).toHaveLength(1));
    await click("sessions-end");
    await waitFor(() => expect(host.accounts.sessions).toHaveLength(1));
  });

  it("is erased only by somebody who means it", async () => {
    const { app, host } = await open({}, "#/account");
    await click("account-erase");
    await write("erase-password", "long enough");
    expect(await hook("erase-confirm")).toHaveProperty("disabled", true);
    await fireEvent.click(await hook("erase-sure"));
    await click("erase-confirm");
    await waitFor(() => expect(app.session.signedIn).toBe(false));
    expect(asked(host, "account.erase")).toEqual([{ password: "long enough", forfeit: 500 }]);
  });

  it("asks for the code of an authenticator app where there is one", async () => {
    const { app } = await open({ signedIn: false }, "#/sign-in");
    await write("sign-in-email", "careful@example.org");
    await write("sign-in-password", "long enough");
    await click("sign-in-submit");
    await write("sign-in-code", "123456");
    expect(maybe("failure")).toBeNull();
    await click("sign-in-submit");
    await waitFor(() => expect(app.session.signedIn).toBe(true));
  });

  it("is signed in by the browser, or not when that was given up", async () => {
    const { app, host } = await open({ signedIn: false }, "#/sign-in");
    await click("sign-in-browser");
    await click("browser-cancel");
    await hook("sign-in-email");
    expect(maybe("failure")).toBeNull();
    host.accounts.browserMs = 5;
    await click("sign-in-browser");
    await waitFor(() => expect(app.session.signedIn).toBe(true));
  });

  it("is verified by the code of the mail, right after it was opened", async () => {
    const { app, host } = await open({ signedIn: false }, "#/sign-in", (fake) => void (fake.accounts.verified = false));
    await fireEvent.click(await hook("register-toggle"));
    await write("sign-in-name", "Ada Lovelace");
    await write("sign-in-email", "new@example.org");
    await write("sign-in-password", "long enough");
    await click("sign-in-submit");
    await waitFor(async () => expect((await hook("sign-in")).dataset["way"]).toBe("verify"));
    expect(asked(host, "session.register")).toEqual([{ email: "new@example.org", password: "long enough", name: "Ada Lovelace" }]);
    await click("account-mail-again");
    await write("account-code", "9aaaabbbbbcccccddddd");
    await click("account-verify");
    expect((await hook("failure")).dataset["code"]).toBe("account.code_wrong");
    await write("account-code", "aaaaabbbbbcccccddddd");
    await click("account-verify");
    await waitFor(() => expect(app.router.route.page).toBe("browse"));
    expect(host.accounts.verified).toBe(true);
  });

  it("is recovered by a code that is mailed, and claimed by one that was told", async () => {
    const { app, host } = await open({ signedIn: false }, "#/sign-in");
    await click("recover-open");
    await write("recover-email", "ada@example.org");
    await click("recover-ask");
    expect((await hook("recover-mailed")).textContent).toContain("ada@example.org");
    await write("code-typed", "aaaaabbbbbcccccddddd");
    await write("new-password", "longer than before");
    await click("new-password-save");
    await hook("sign-in-email");
    expect(asked(host, "account.recover_finish")).toEqual([{ code: "AAAAA-BBBBB-CCCCC-DDDDD", password: "longer than before" }]);
    await click("claim-open");
    await write("code-typed", "12345678901234567890");
    await write("new-password", "long enough");
    await click("new-password-save");
    await waitFor(() => expect(app.session.signedIn).toBe(true));
  });

  it("gets another address by its password and a code", async () => {
    const { host } = await open({}, "#/account");
    await click("email-change");
    await write("email-next", "lovelace@example.org");
    await write("email-password", "long enough");
    await click("email-save");
    await write("account-code", "aaaaabbbbbcccccddddd");
    await click("account-verify");
    await waitFor(() => expect(maybe("email")).toBeNull());
    expect(asked(host, "account.email")).toEqual([{ email: "lovelace@example.org", password: "long enough" }]);
  });
});

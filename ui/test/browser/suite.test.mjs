// The page in a real browser: accessibility of every page in both themes, layout, scrolling and the journeys.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { hook, open, PICTURES, visit } from "./world.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const GIMP = "org.gimp.GIMP";

let world;
before(async () => (world = await open()), { timeout: 120_000 });
after(() => world?.close());

/** Opens the page, runs the steps, and fails on anything that the browser complained about. */
async function on(options, steps) {
  const { page, context, complaints } = await visit(world, options);
  try {
    await steps(page);
    assert.deepEqual(complaints, [], "the browser complained");
  } finally {
    await context.close();
  }
}

async function assertAccessible(page) {
  // The policy of the page forbids scripts from elsewhere: the checker is evaluated instead.
  await page.evaluate((await import("node:fs")).readFileSync(AXE, "utf8"));
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations);
  assert.deepEqual(found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`), []);
}

const product = async (page) => hook(page, "main-action").waitFor();

/** Name, address, query of the invented host, and what to do first. */
const PAGES = [
  ["browse", "#/browse", ""],
  ["browse-nothing", "#/browse", "", async (page) => {
    await hook(page, "search").fill("zzzz");
    await hook(page, "clear-search").waitFor();
  }],
  ["product", `#/product/${GIMP}`, "", product],
  ["product-rented", "#/product/org.kde.krita", "", product],
  ["product-owned", "#/product/org.inkscape.Inkscape", "", product],
  ["product-offline", "#/product/org.inkscape.Inkscape", "offline", product],
  ["product-unknown", "#/product/no.such.product", "", (page) => hook(page, "failure").waitFor()],
  ["confirm", `#/product/${GIMP}`, "", async (page) => {
    await hook(page, "main-action").click();
    await hook(page, "confirm-after").locator(".amount").waitFor();
  }],
  ["confirm-insufficient", `#/product/${GIMP}`, "balance=20", async (page) => {
    await hook(page, "main-action").click();
    await hook(page, "short-exact").waitFor();
  }],
  ["confirm-waiting", `#/product/${GIMP}`, "balance=20&pay=never", async (page) => {
    await hook(page, "main-action").click();
    await hook(page, "buy-missing").click();
    await hook(page, "purchase-wait").waitFor();
  }],
  ["buy-tokens", "#/wallet/buy", "", (page) => hook(page, "bill-total").waitFor()],
  ["buy-tokens-waiting", "#/wallet/buy", "pay=never", async (page) => {
    await hook(page, "buy-pay").click();
    await hook(page, "purchase-wait").waitFor();
  }],
  ["buy-tokens-unsold", "#/wallet/buy", "unsold", (page) => page.getByText("not sold").first().waitFor()],
  ["wallet-filtered", "#/wallet", "", async (page) => {
    await hook(page, "lot").first().waitFor();
    await hook(page, "history-kind").selectOption("grant");
    await hook(page, "history-clear").waitFor();
  }],
  ["statement", "#/wallet", "", (page) => hook(page, "statement-open").click()],
  ["send", "#/wallet/send", "", (page) => hook(page, "take-back").waitFor()],
  ["send-confirm", "#/wallet/send", "", async (page) => {
    await hook(page, "send-to").fill("grace@example.org");
    await hook(page, "send-tokens").fill("25");
    await hook(page, "send-look").click();
    await hook(page, "recipient-name").waitFor();
  }],
  ["gifts", "#/wallet/gifts", "", (page) => hook(page, "gift-accept").waitFor()],
  ["gift-give", `#/product/${GIMP}`, "", (page) => hook(page, "gift-open").click()],
  ["teams", "#/wallet/teams", "", async (page) => {
    await hook(page, "team-more").first().click();
    await hook(page, "member").first().waitFor();
  }],
  ["team-draw", "#/wallet/teams", "", (page) => hook(page, "team-draw").last().click()],
  ["paper-order", "#/wallet/buy", "", async (page) => {
    await hook(page, "bill-total").waitFor();
    await hook(page, "way-purchase_order").click();
    await hook(page, "buy-pay").click();
    await hook(page, "paper-send").waitFor();
  }],
  ["bills", "#/wallet/bills", "", (page) => hook(page, "bills").waitFor()],
  ["bills-none", "#/wallet/bills", "new"],
  ["purchases", "#/wallet/purchases", "", (page) => hook(page, "past-org.kde.krita").waitFor()],
  ["take-back", "#/wallet/purchases", "", async (page) => {
    await hook(page, "take-back-org.kde.krita").click();
    await hook(page, "take-back-tokens").locator(".amount").waitFor();
  }],
  ["take-back-refused", "#/wallet/purchases", "", async (page) => {
    await hook(page, "take-back-org.inkscape.Inkscape").click();
    await hook(page, "failure").waitFor();
  }],
  ["alert", "#/wallet", "low=600", async (page) => {
    await hook(page, "runs-low").waitFor();
    await hook(page, "alert-open").click();
  }],
  ["email", "#/account", "", (page) => hook(page, "email-change").click()],
  ["register", "#/sign-in", "signed-out", (page) => hook(page, "register-toggle").click()],
  ["recover", "#/sign-in", "signed-out", async (page) => {
    await hook(page, "recover-open").click();
    await hook(page, "recover-email").fill("ada@example.org");
    await hook(page, "recover-ask").click();
    await hook(page, "recover-mailed").waitFor();
  }],
  ["claim", "#/sign-in", "signed-out", (page) => hook(page, "claim-open").click()],
  ["verify", "#/sign-in", "signed-out&unverified", async (page) => {
    await hook(page, "register-toggle").click();
    await hook(page, "sign-in-email").fill("new@example.org");
    await hook(page, "sign-in-password").fill("long enough");
    await hook(page, "sign-in-submit").click();
    await hook(page, "verify").waitFor();
  }],
  ["account", "#/account", "unverified", (page) => hook(page, "session").first().waitFor()],
  ["account-erase", "#/account", "", (page) => hook(page, "account-erase").click()],
  ["sign-in-browser", "#/sign-in", "signed-out&browser=never", async (page) => {
    await hook(page, "sign-in-browser").click();
    await hook(page, "browser-waiting").waitFor();
  }],
  ["progress", `#/product/${GIMP}`, "step=300", async (page) => {
    await hook(page, "main-action").click();
    await hook(page, "confirm-pay").click();
    await page.locator(`[data-testid="progress-${GIMP}"][data-stage="downloading"] .bytes`).waitFor();
  }],
  ["cart-empty", "#/cart", ""],
  ["cart", `#/product/${GIMP}`, "", async (page) => {
    await hook(page, "add-to-cart").click();
    await hook(page, "in-cart").click();
    await hook(page, "cart-total").waitFor();
  }],
  ["library", "#/library", "", (page) => hook(page, "license-org.kde.krita").waitFor()],
  ["library-empty", "#/library", "new"],
  ["code", "#/library", "", async (page) => {
    await hook(page, "code-org.inkscape.Inkscape").click();
    await hook(page, "code-text").waitFor();
  }],
  ["license", "#/license/org.ardour.Ardour", "", async (page) => {
    await hook(page, "seats-taken").waitFor();
    await hook(page, "usage-chart").waitFor();
  }],
  ["license-grace", "#/license/org.videolan.VLC", "", (page) => hook(page, "seats-taken").waitFor()],
  ["license-paused", "#/license/org.qgis.qgis", "", (page) => hook(page, "seats-taken").waitFor()],
  ["license-owned", "#/license/org.inkscape.Inkscape", "", (page) => hook(page, "seats-taken").waitFor()],
  ["license-suspended", "#/license/org.wireshark.Wireshark", "", (page) => hook(page, "seats-taken").waitFor()],
  ["license-offline", "#/license/org.ardour.Ardour", "offline", (page) => hook(page, "launch-org.ardour.Ardour").waitFor()],
  ["license-end", "#/license/org.ardour.Ardour", "", async (page) => {
    await hook(page, "end-early").click();
    await hook(page, "end-equity-after").locator(".amount").waitFor();
  }],
  ["license-give", "#/license/org.inkscape.Inkscape", "", (page) => hook(page, "give-away").click()],
  ["license-renewal", "#/license/org.kde.krita", "", (page) => hook(page, "renewal-on").click()],
  ["license-dead-computer", "#/license/org.ardour.Ardour", "", (page) => page.locator('[data-testid^="release-"]').nth(2).click()],
  ["code-picture", "#/license/org.ardour.Ardour", "", async (page) => {
    await hook(page, "show-code").click();
    await hook(page, "code-as-qr").click();
    await hook(page, "qr").waitFor();
  }],
  ["import", "#/library", "", async (page) => {
    await hook(page, "library-import").click();
    await hook(page, "import-text").fill("nonsense");
    await hook(page, "failure").waitFor();
  }],
  ["usage", "#/usage", "", (page) => hook(page, "usage-of-org.ardour.Ardour").waitFor()],
  ["notices", "#/notices", "", (page) => hook(page, "notice").first().waitFor()],
  ["notices-empty", "#/notices", "signed-out"],
  ["computers", "#/computers", "", (page) => hook(page, "clock").getByText("Right").waitFor()],
  ["computers-clock-wrong", "#/computers", "clock-wrong", (page) => hook(page, "ways-out").waitFor()],
  ["offline-ask", "#/offline", "", (page) => hook(page, "ask-product").waitFor()],
  ["offline-asked", "#/offline", "", async (page) => {
    await hook(page, "ask-product").selectOption("org.kde.krita");
    await hook(page, "ask-what").selectOption("week");
    await hook(page, "ask-make").click();
    await hook(page, "request-qr").click();
    await hook(page, "qr").waitFor();
  }],
  ["offline-hand-in", "#/offline", "", (page) => hook(page, "step-hand-in").click()],
  ["offline-bring", "#/offline", "", async (page) => {
    await hook(page, "ask-make").click();
    await hook(page, "request-made").waitFor();
    await hook(page, "step-bring").click();
    await hook(page, "waiting").waitFor();
  }],
  ["product-upgrade", "#/product/org.inkscape.Inkscape2", "", product],
  ["wallet", "#/wallet", "", (page) => hook(page, "history").waitFor()],
  ["wallet-signed-out", "#/wallet", "signed-out"],
  ["sign-in", "#/sign-in", "signed-out&file-keystore"],
  ["register-refused", "#/sign-in", "signed-out", async (page) => {
    await hook(page, "register-toggle").click();
    await hook(page, "sign-in-email").fill("taken@example.org");
    await hook(page, "sign-in-password").fill("long enough");
    await hook(page, "sign-in-submit").click();
    await hook(page, "failure").waitFor();
  }],
];

describe("every page is accessible, in light and dark", () => {
  for (const theme of ["light", "dark"]) {
    for (const [name, hash, query, prepare] of PAGES) {
      it(`${name}, ${theme}`, () =>
        on({ hash, query, theme }, async (page) => {
          await prepare?.(page);
          await page.screenshot({ path: join(PICTURES, `${name}-${theme}.png`) });
          await assertAccessible(page);
        }));
    }
  }
});

describe("the smallest window", () => {
  for (const [name, hash, query, prepare] of PAGES.filter(([name]) => ["browse", "product-rented", "library", "wallet", "buy-tokens", "send", "gifts", "teams", "bills", "purchases", "paper-order", "confirm-insufficient", "account", "cart", "confirm", "license", "license-end", "usage", "notices", "computers-clock-wrong", "offline-ask", "offline-asked", "code-picture"].includes(name))) {
    it(`holds ${name} without scrolling sideways`, () =>
      on({ hash, query, width: 800, height: 560 }, async (page) => {
        await prepare?.(page);
        await page.screenshot({ path: join(PICTURES, `${name}-small.png`) });
        const wide = await page.evaluate(() => [...document.querySelectorAll("main, main *, dialog, dialog *")].filter((e) => e.scrollWidth > e.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowX)).map((e) => e.className));
        assert.deepEqual(wide, []);
      }));
  }
});

describe("the catalog", () => {
  it("scrolls through thousands of products with few of them on the page, and comes back to where it was", () =>
    on({ query: "products=3000" }, async (page) => {
      const grid = hook(page, "grid");
      const most = await grid.evaluate(async (box) => {
        let cards = 0;
        for (let top = 0; top < box.scrollHeight; top += 9_000) {
          box.scrollTop = top;
          await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
          cards = Math.max(cards, box.querySelectorAll("[data-index]").length);
        }
        box.scrollTop = box.scrollHeight;
        return cards;
      });
      assert.ok(most > 9 && most < 80, `${most} cards were on the page`);
      await page.locator('[data-index="2999"] a').waitFor();
      const top = await grid.evaluate((box) => box.scrollTop);
      await page.locator('[data-index="2999"] a').click();
      await hook(page, "main-action").waitFor();
      await hook(page, "back").click();
      await page.locator('[data-index="2999"] a').waitFor();
      assert.equal(await hook(page, "grid").evaluate((box) => box.scrollTop), top);
    }));

  it("shows what was typed within two frames, however long a frame takes", () =>
    on({ query: "products=3000" }, async (page) => {
      await hook(page, "search").focus();
      const frames = await page.evaluate(async () => {
        const field = document.querySelector('[data-testid="search"]');
        const shown = () => document.querySelector('[data-testid="result-count"]').dataset.total;
        const taken = [];
        for (const [words, total] of [["krita", "1"], ["zzzz", "0"], ["kri", "1"], ["zzz", "0"], ["krita", "1"]]) {
          field.value = words;
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
          let count = 0;
          while (shown() !== total && count < 60) {
            await new Promise((go) => requestAnimationFrame(go));
            count += 1;
          }
          taken.push(count);
        }
        return taken;
      });
      assert.ok(frames.every((count) => count <= 2), `frames from key to screen: ${frames}`);
    }));

  it("does not move anything while it is being filled", () =>
    on({}, async (page) => {
      const moved = await page.evaluate(
        () =>
          new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) sum += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 200);
          }),
      );
      assert.ok(moved < 0.01, `layout shift ${moved}`);
    }));
});

describe("short news", () => {
  /** Where the page begins and ends, what it shows first, and the news below it. */
  const places = (page) =>
    page.evaluate(() => {
      const box = (one) => one && (({ left, top, right, bottom }) => ({ left, top, right, bottom }))(one.getBoundingClientRect());
      return { main: box(document.querySelector("main")), button: box(document.querySelector('[data-testid="in-cart"], [data-testid="add-to-cart"]')), news: box(document.querySelector(".news")) };
    });

  for (const size of [{ width: 1180, height: 780 }, { width: 800, height: 560 }]) {
    it(`lie over nothing, move nothing and go away by Escape, ${size.width} pixels wide`, () =>
      on({ hash: `#/product/${GIMP}`, ...size }, async (page) => {
        await product(page);
        await hook(page, "add-to-cart").scrollIntoViewIfNeeded();
        const before = await places(page);
        await hook(page, "add-to-cart").click();
        await hook(page, "toast").waitFor();
        await assertAccessible(page);
        await page.screenshot({ path: join(PICTURES, `news-${size.width}.png`) });
        const during = await places(page);
        assert.ok(during.news.bottom > during.news.top + 20, "the news have a row");
        assert.ok(during.main.bottom <= during.news.top, "the page ends where they begin");
        assert.deepEqual([during.main.top, during.main.left, during.main.right], [before.main.top, before.main.left, before.main.right]);
        assert.equal(during.button.top, before.button.top);
        await page.keyboard.press("Escape");
        await hook(page, "toast").waitFor({ state: "detached" });
        assert.deepEqual((await places(page)).main, before.main);
      }));
  }

  it("leave the form of a page where it is, in a high window, too", () =>
    on({ query: "signed-out", hash: "#/sign-in", width: 1180, height: 1000 }, async (page) => {
      await hook(page, "recover-open").click();
      await hook(page, "recover-have-code").click();
      await hook(page, "code-typed").fill("AAAAA-BBBBB-CCCCC-DDDDD");
      await hook(page, "new-password").fill("a long new password");
      await page.keyboard.press("Enter");
      await hook(page, "toast").waitFor();
      const form = () => hook(page, "sign-in").boundingBox();
      const during = await form();
      await page.keyboard.press("Escape");
      await hook(page, "toast").waitFor({ state: "detached" });
      assert.deepEqual(await form(), during);
    }));

  it("go away by their button", () =>
    on({ hash: "#/wallet" }, async (page) => {
      await hook(page, "history-csv").click();
      await hook(page, "toast-dismiss").click();
      await hook(page, "toast").waitFor({ state: "detached" });
    }));
});

describe("the keyboard alone", () => {
  it("finds, opens and buys a program", () =>
    on({}, async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type("gimp");
      await page.locator(`[data-testid="product-card-${GIMP}"]`).waitFor();
      await page.keyboard.press("ArrowDown");
      await page.waitForFunction((id) => document.activeElement?.dataset.testid === id, `product-card-${GIMP}`);
      await page.keyboard.press("Enter");
      await hook(page, "main-action").focus();
      await page.keyboard.press("Enter");
      await page.locator('[data-testid="confirm-pay"]:enabled').waitFor();
      await page.keyboard.press("Escape");
      await hook(page, "confirm").waitFor({ state: "detached" });
      assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), "main-action");
    }));

  it("stays inside an open dialog", () =>
    on({ hash: `#/product/${GIMP}` }, async (page) => {
      await hook(page, "main-action").click();
      await page.locator('[data-testid="confirm-pay"]:enabled').waitFor();
      for (let at = 0; at < 8; at += 1) {
        await page.keyboard.press("Tab");
        assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null));
      }
    }));
});

describe("a journey", () => {
  it("rents, follows the download, converts, and finds it in library and wallet", () =>
    on({ hash: `#/product/${GIMP}`, query: "step=5" }, async (page) => {
      await hook(page, "offer-week").click();
      assert.match(await hook(page, "main-action").innerText(), /^Rent 7 days for 11 tokens$/);
      await hook(page, "main-action").click();
      await hook(page, "confirm-pay").click();
      await page.locator('[data-testid="main-action"][data-act="launch"]').waitFor();
      await hook(page, "convert").click();
      await hook(page, "confirm-pay").click();
      await page.getByText("Yours for good").first().waitFor();
      assert.equal(await hook(page, "balance").getAttribute("data-balance"), String(500 - 11 - 105));
      await hook(page, "nav-library").click();
      await hook(page, `launch-${GIMP}`).waitFor();
      await hook(page, "nav-wallet").click();
      await hook(page, "history").getByText("GIMP").first().waitFor();
    }));
});

// What a person does in the window: look for a control, read it, press it. Everything waits for its condition.

import assert from "node:assert/strict";
import { join } from "node:path";

import { downloads, keepPicture, PASSWORD, setting, until } from "./world.mjs";

const selector = (id) => `[data-testid="${id.replace(/["\\]/g, "\\$&")}"]`;

export class Page {
  constructor(driver) {
    this.driver = driver;
  }

  /** What a script answers in the page. */
  run(script, ...values) {
    return this.driver.executeScript(script, ...values);
  }

  /** The visible control with the test id, or null. */
  find(id) {
    return this.run("return [...document.querySelectorAll(arguments[0])].find((one) => one.checkVisibility({ visibilityProperty: true })) ?? null", selector(id));
  }

  has(id, max) {
    return until(`${id} is shown`, () => this.find(id), max);
  }

  gone(id, max) {
    return until(`${id} is gone`, async () => (await this.find(id)) === null, max);
  }

  /** Presses the control once it is enabled and nothing lies over it. */
  press(id, max) {
    return until(`${id} can be pressed`, async () => {
      const element = await this.find(id);
      if (!element || !(await element.isEnabled())) return false;
      await element.click();
      return true;
    }, max);
  }

  /** Fills a field. */
  async fill(id, text) {
    const field = await this.has(id);
    await field.clear();
    await field.sendKeys(text);
  }

  /** Waits until an attribute of the control has the value, or for any value. */
  attribute(id, name, wanted, max) {
    return until(`${id} has ${name}${wanted === undefined ? "" : ` = ${wanted}`}`, async () => {
      const value = await (await this.find(id))?.getAttribute(name);
      return value !== null && value !== undefined && (wanted === undefined || value === String(wanted)) ? value : null;
    }, max);
  }

  async number(id, name) {
    const value = Number(await this.attribute(id, name));
    assert.ok(Number.isInteger(value), `${id} has a number in ${name}`);
    return value;
  }

  /** Waits until the control's text matches. */
  text(id, wanted = /\S/, max) {
    return until(`${id} says ${wanted}`, async () => {
      const element = await this.find(id);
      const text = element && (await this.driver.executeScript("return arguments[0].innerText", element));
      return text !== null && wanted.test(text) ? text : null;
    }, max);
  }

  /** Gives a file to a control that takes files, as choosing it does. */
  async choose(id, path) {
    const chooser = await until(`${id} is there`, () => this.run("return document.querySelector(arguments[0])", selector(id)));
    await chooser.sendKeys(path);
  }

  /** Presses what saves a file, and gives its path, which the page must tell. */
  async save(id) {
    const before = downloads();
    await this.press(id);
    const name = await until(`${id} saves a file`, () => downloads().find((one) => !before.includes(one)) ?? null);
    await this.text("toast", new RegExp(name.replace(/[^\w]/g, "\\$&")));
    return join(setting.downloads, name);
  }

  /** Fills in what opens an account, up to the last button. */
  async askToRegister(email) {
    await this.press("nav-sign-in");
    await this.press("register-toggle");
    await this.fill("sign-in-email", email);
    await this.fill("sign-in-password", PASSWORD);
  }

  /** Goes to a page by the navigation at the side. */
  async go(page) {
    await this.press(`nav-${page}`);
    await until(`the page ${page}`, () => this.driver.executeScript("return document.querySelector('main')?.dataset.page === arguments[0]", page));
  }

  /** Finds a product by searching and opens its page. */
  async open(product, words) {
    await this.go("browse");
    await this.fill("search", words);
    await this.press(`product-card-${product}`);
    await this.attribute("product-page", "data-product", product);
    await this.has("this-computer");
  }

  /** Confirms the payment that is being asked for, and gives its total. */
  async pay() {
    const total = await this.number("confirm-total", "data-total");
    await this.press("confirm-pay");
    await this.gone("confirm-pay");
    return total;
  }

  /** Waits until nothing moves, and keeps two pictures: light and dark. */
  async pictures(name) {
    for (const theme of ["light", "dark"]) {
      await this.driver.executeScript("document.documentElement.dataset.theme = arguments[0]", theme);
      await this.rest();
      keepPicture(`${name}-${theme}`);
    }
    await this.driver.executeScript("document.documentElement.dataset.theme = 'light'");
  }

  rest() {
    return until("the page is at rest", () =>
      this.driver.executeAsyncScript(`
        const done = arguments[arguments.length - 1];
        const moving = () => document.getAnimations().some((one) => one.playState === "running" && one.effect?.getTiming().iterations !== Infinity);
        const loading = () => [...document.images].some((image) => image.loading !== "lazy" && !image.complete);
        requestAnimationFrame(() => requestAnimationFrame(() => done(!moving() && !loading())));
      `));
  }
}

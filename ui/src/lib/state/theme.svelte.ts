export type Choice = "system" | "light" | "dark";

const KEY = "scrip.theme";

/** Light or dark: as the system, unless the person chose. */
export class Theme {
  choice = $state<Choice>(stored());
  readonly #system = window.matchMedia("(prefers-color-scheme: dark)");

  constructor() {
    this.#system.addEventListener("change", this.#apply);
    this.#apply();
  }

  close(): void {
    this.#system.removeEventListener("change", this.#apply);
  }

  choose(choice: Choice): void {
    this.choice = choice;
    try {
      window.localStorage.setItem(KEY, choice);
    } catch (thrown) {
      console.warn("the choice of appearance is not kept", thrown);
    }
    this.#apply();
  }

  #apply = (): void => {
    const dark = this.choice === "dark" || (this.choice === "system" && this.#system.matches);
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  };
}

function stored(): Choice {
  try {
    const choice = window.localStorage.getItem(KEY);
    return choice === "light" || choice === "dark" ? choice : "system";
  } catch {
    return "system";
  }
}

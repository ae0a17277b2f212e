import { failureOf, type Category, type Failure, type Host, type ProductCard, type SearchArgs, type SearchResult, type Show } from "../host";

/** Results that are asked for at once: more than a screen, little enough to arrive within a frame. */
export const PAGE = 120;

/** The catalog as it is searched: results by position, fetched as they come into view. */
export class Browse {
  words = $state("");
  category = $state<string | null>(null);
  show = $state<Show>("all");
  total = $state(0);
  categories = $state.raw<readonly Category[]>([]);
  cards = $state.raw<readonly (ProductCard | undefined)[]>([]);
  failure = $state.raw<Failure | null>(null);
  /** Whether the first answer has come. */
  known = $state(false);
  /** Counts the searches that began at the top, so that the list scrolls there. */
  searches = $state(0);
  /** Where the list was scrolled to when it was last shown. */
  scrollTop = 0;
  /** The card that had the focus when the list was last shown. */
  focusedCard: number | null = null;

  readonly #host: Host;
  readonly #told: (card: ProductCard) => void;
  #generation = 0;
  #running = false;
  #again = false;
  #pages = new Set<number>();
  #visible = 0;
  /** The question that the cards of now answer. */
  #answered = "";

  constructor(host: Host, told: (card: ProductCard) => void = () => {}) {
    this.#host = host;
    this.#told = told;
  }

  get filtered(): boolean {
    return this.words !== "" || this.category !== null || this.show !== "all";
  }

  search(change: Partial<Pick<Browse, "words" | "category" | "show">>): void {
    Object.assign(this, change);
    this.scrollTop = 0;
    this.focusedCard = null;
    this.#visible = 0;
    this.searches += 1;
    void this.refresh();
  }

  /** Asks again for what is in view. While an answer is awaited, only the newest question waits behind it. */
  async refresh(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    try {
      do {
        this.#again = false;
        this.#generation += 1;
        await this.#first(this.#generation);
      } while (this.#again);
    } finally {
      this.#running = false;
    }
  }

  /** Fetches what is missing between two positions. */
  need(first: number, last: number): void {
    this.#visible = Math.floor(Math.max(0, first) / PAGE);
    for (let page = this.#visible; page <= Math.floor(Math.min(last, this.total - 1) / PAGE); page += 1) {
      if (!this.#pages.has(page)) void this.#fetch(page, this.#generation);
    }
  }

  async #first(generation: number): Promise<void> {
    const page = this.#visible;
    const question = JSON.stringify([this.words, this.category, this.show]);
    try {
      const result = await this.#host.call("catalog.search", this.#question(page));
      this.#pages = new Set([page]);
      // The same question again: the cards of the other pages stay until newer ones come.
      const same = question === this.#answered && result.total === this.cards.length;
      this.#answered = question;
      this.total = result.total;
      this.#count(result.categories);
      this.cards = placed(same ? [...this.cards] : new Array<ProductCard | undefined>(result.total).fill(undefined), page, result);
      this.failure = null;
      for (const card of result.items) this.#told(card);
      if (result.items.length === 0 && page > 0 && generation === this.#generation) {
        this.#visible = 0;
        this.#again = true;
      }
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.known = true;
  }

  async #fetch(page: number, generation: number): Promise<void> {
    this.#pages.add(page);
    try {
      const result = await this.#host.call("catalog.search", this.#question(page));
      if (generation !== this.#generation) return;
      this.cards = placed([...this.cards], page, result);
      for (const card of result.items) this.#told(card);
    } catch (thrown) {
      if (generation !== this.#generation) return;
      this.#pages.delete(page);
      this.failure = failureOf(thrown);
    }
  }

  /** Every category that was ever seen stays in the list, so that it does not jump while one types. */
  #count(found: readonly Category[]): void {
    const counts = new Map(this.categories.map(({ id }) => [id, 0]));
    for (const { id, products } of found) counts.set(id, products);
    this.categories = [...counts].map(([id, products]) => ({ id, products }));
  }

  #question(page: number): SearchArgs {
    return { words: this.words, category: this.category, show: this.show, offset: page * PAGE, limit: PAGE };
  }
}

function placed(cards: (ProductCard | undefined)[], page: number, { items }: SearchResult): readonly (ProductCard | undefined)[] {
  items.forEach((card, at) => {
    if (page * PAGE + at < cards.length) cards[page * PAGE + at] = card;
  });
  return cards;
}

/** The idempotency key of a wish: the same for every repetition of it, another for another wish. */
export class Once {
  #wish = "";
  #command = "";

  /** The key under which this wish is sent. */
  command(wish: unknown): string {
    const text = JSON.stringify(wish);
    if (text !== this.#wish) {
      this.#wish = text;
      this.#command = crypto.randomUUID();
    }
    return this.#command;
  }

  /** After a wish came true: the same one again is a new one. */
  done(): void {
    this.#wish = "";
  }
}

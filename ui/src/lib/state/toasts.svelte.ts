import { explain } from "../errors";
import type { Failure } from "../host";

export interface Toast {
  id: number;
  tone: "good" | "bad";
  title: string;
  detail: string;
}

const GOOD_MS = 5_000;
const BAD_MS = 12_000;
const MOST = 4;

/** Short news at the edge of the window. */
export class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #last = 0;

  good(title: string, detail = ""): void {
    this.#add({ tone: "good", title, detail }, GOOD_MS);
  }

  bad(failure: Failure): void {
    const { what, why, next } = explain(failure);
    this.#add({ tone: "bad", title: what, detail: next[0] ?? why }, BAD_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, "id">, ms: number): void {
    this.#last += 1;
    const id = this.#last;
    const others = this.list.filter((other) => other.title !== toast.title || other.detail !== toast.detail);
    this.list = [...others, { ...toast, id }].slice(-MOST);
    setTimeout(() => this.dismiss(id), ms);
  }
}

import { failureOf, type Acquired, type Event, type Failure, type Host, type Stage } from "../host";

export interface Task {
  product: string;
  stage: Stage;
  doneBytes: number;
  totalBytes: number;
  failure: Failure | null;
  /** What the person asked for, to try it again. */
  update: boolean;
}

type Progress = Extract<Event, { kind: "progress" }>;

const ENDED: readonly Stage[] = ["done", "failed", "cancelled"];

/** Downloads and installations: one at a time, the others wait in line. */
export class Activity {
  tasks = $state.raw<readonly Task[]>([]);
  readonly #host: Host;
  readonly #finished: (acquired: Acquired) => void;
  #line: Promise<void> = Promise.resolve();

  constructor(host: Host, finished: (acquired: Acquired) => void) {
    this.#host = host;
    this.#finished = finished;
  }

  of(product: string): Task | null {
    return this.tasks.find((task) => task.product === product) ?? null;
  }

  busy(product: string): boolean {
    const task = this.of(product);
    return task !== null && !ENDED.includes(task.stage);
  }

  /** Puts a product in line, on a borrowed seat where that is wanted; resolves when its turn is over, however it ended. */
  start(product: string, update: boolean, floating = false): Promise<void> {
    if (this.busy(product)) return this.#line;
    this.#put({ product, stage: "queued", doneBytes: 0, totalBytes: 0, failure: null, update });
    this.#line = this.#line.then(() => this.#carryOut(product, update, floating));
    return this.#line;
  }

  hear({ product, stage, done_bytes, total_bytes, failure }: Progress): void {
    const task = this.of(product);
    if (ENDED.includes(stage) && !task) return;
    if (stage === "done" || stage === "cancelled") {
      this.dismiss(product);
      return;
    }
    this.#put({ product, stage, doneBytes: done_bytes, totalBytes: total_bytes, failure, update: task?.update ?? false });
  }

  async cancel(product: string): Promise<void> {
    const task = this.of(product);
    if (!task) return;
    if (ENDED.includes(task.stage)) {
      this.dismiss(product);
      return;
    }
    try {
      await this.#host.call("acquire.cancel", { product });
      if (task.stage === "queued") this.dismiss(product);
    } catch (thrown) {
      const now = this.of(product);
      if (now) this.#put({ ...now, failure: failureOf(thrown) });
    }
  }

  dismiss(product: string): void {
    this.tasks = this.tasks.filter((task) => task.product !== product);
  }

  async #carryOut(product: string, update: boolean, floating: boolean): Promise<void> {
    // Cancelled while it stood in line.
    if (!this.of(product)) return;
    try {
      const acquired = await this.#host.call("acquire.start", { product, update, ...(floating ? { floating } : {}) });
      this.dismiss(product);
      this.#finished(acquired);
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure.code === "install.cancelled") this.dismiss(product);
      else this.#put({ product, stage: "failed", doneBytes: 0, totalBytes: 0, failure, update });
    }
  }

  #put(task: Task): void {
    const known = this.tasks.some((other) => other.product === task.product);
    this.tasks = known ? this.tasks.map((other) => (other.product === task.product ? task : other)) : [...this.tasks, task];
  }
}

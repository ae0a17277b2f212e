// Downloads and installations that only pretend, step by step, and can be cancelled at each.

import type { AcquireArgs, Acquired, Failure, Plan, Stage } from "../bindings";
import { failureOf, Refusal } from "../host";
import type { FakeHost } from "./fake";
import { refuse } from "./rules";

const STEPS_OF_DOWNLOAD = 24;

export class Acquisitions {
  readonly #host: FakeHost;
  readonly #cancelled = new Set<string>();
  readonly #running = new Set<string>();

  constructor(host: FakeHost) {
    this.#host = host;
  }

  plan(id: string): Plan {
    const { product, detection } = this.#host.stocked(id);
    const action = detection.status === "installed" ? "authorize" : detection.status === "outdated" ? "update" : "install";
    const artifact = action === "authorize" ? null : (product.artifacts[0] ?? null);
    const obstacle: Failure | null =
      action === "install" && !artifact
        ? { code: "artifact.none_for_platform", message: `the vendor publishes no file of ${product.name} for linux on x86_64`, hints: ["Install it by other means; Scrip then recognises it."] }
        : null;
    return { product: id, action, download_bytes: artifact?.size ?? 0, artifact, evidence: detection.evidence, detection, obstacle };
  }

  async start({ product: id, update }: AcquireArgs): Promise<Acquired> {
    if (this.#running.has(id)) refuse("install.busy", `${id} is being installed already`);
    if (!this.#host.licenses.has(id)) refuse("license.not_found", `you have no license for ${id}`);
    const plan = this.plan(id);
    this.#running.add(id);
    this.#cancelled.delete(id);
    try {
      if (plan.obstacle) throw new Refusal(plan.obstacle);
      return await this.#carryOut(plan, plan.action === "install" || (plan.action === "update" && update));
    } catch (thrown) {
      const failure = failureOf(thrown);
      const cancelled = failure.code === "install.cancelled";
      this.#tell(plan, cancelled ? "cancelled" : "failed", 0, cancelled ? null : failure);
      throw thrown;
    } finally {
      this.#running.delete(id);
    }
  }

  cancel(id: string): null {
    this.#cancelled.add(id);
    return null;
  }

  async #carryOut(plan: Plan, fetches: boolean): Promise<Acquired> {
    const { product, detection } = this.#host.stocked(plan.product);
    await this.#step(plan, "queued", 0);
    if (fetches) {
      for (let at = 0; at <= STEPS_OF_DOWNLOAD; at += 1) await this.#step(plan, "downloading", at / STEPS_OF_DOWNLOAD);
      await this.#step(plan, "verifying", 1);
      await this.#step(plan, "installing", 1);
      Object.assign(detection, {
        status: "installed",
        version: product.latest_version,
        source: "dpkg",
        location: `/usr/bin/${product.id.split(".").at(-1)?.toLowerCase()}`,
        evidence: [`Scrip installed ${plan.artifact?.file_name ?? product.name}.`],
        launch: { kind: "desktop_entry", id: `${product.id}.desktop` },
      });
      this.#host.installedHere.add(product.id);
      await this.#step(plan, "detecting", 1);
    }
    await this.#step(plan, "authorizing", 1);
    this.#host.authorized.add(product.id);
    this.#tell(plan, "done", 1, null);
    this.#host.tell({ kind: "library_changed" });
    return { product: product.id, action: plan.action, downloaded_bytes: fetches ? plan.download_bytes : 0, version: detection.version, evidence: detection.evidence };
  }

  async #step(plan: Plan, stage: Stage, part: number): Promise<void> {
    this.#tell(plan, stage, part, null);
    const { stepMs } = this.#host.options;
    await new Promise<void>((go) => (stepMs > 0 ? setTimeout(go, stepMs) : queueMicrotask(go)));
    if (this.#cancelled.has(plan.product)) throw new Refusal({ code: "install.cancelled", message: "it was cancelled", hints: [] });
  }

  #tell(plan: Plan, stage: Stage, part: number, failure: Failure | null): void {
    const total = plan.action === "authorize" ? 0 : plan.download_bytes;
    this.#host.tell({ kind: "progress", product: plan.product, stage, done_bytes: Math.round(total * part), total_bytes: total, failure });
  }
}

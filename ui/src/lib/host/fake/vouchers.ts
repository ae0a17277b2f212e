// Vouchers of an invented vendor. Every code whose first symbol is a digit from 1 to 9 is worth a hundred tokens for each.

import type { Redeemed } from "..";
import type { FakeHost, Table } from "./fake";
import { refuse } from "./rules";

export type VoucherCommand = "voucher.redeem";

export class Vouchers {
  readonly #host: FakeHost;
  readonly #redeemed = new Map<string, { command: string; answer: Redeemed }>();

  constructor(host: FakeHost) {
    this.#host = host;
  }

  commands(): Pick<Table, VoucherCommand> {
    return {
      "voucher.redeem": ({ code, command }) => {
        this.#host.needServer();
        const account = this.#host.needAccount();
        const worth = Number(code.charAt(0)) * 100;
        if (!(worth > 0)) refuse("voucher.unknown", "there is no such voucher", ["Compare it with the paper."]);
        const earlier = this.#redeemed.get(code);
        if (earlier?.command === command) return earlier.answer;
        if (earlier) refuse("voucher.redeemed", "this voucher was redeemed already");
        this.#host.changeBalance(worth, "voucher", "Voucher");
        const answer: Redeemed = { tokens: worth, balance_after: account.balance, transfer: this.#host.history[0]?.transfer ?? "" };
        this.#redeemed.set(code, { command, answer });
        return answer;
      },
    };
  }
}

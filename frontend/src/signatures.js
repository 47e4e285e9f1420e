// Where parts may be sent: to the portal's own address, or straight to the object store by a signed one, asked for many at a time.
const AT_ONCE = 200;
const SPARE = 5 * 60 * 1000; // milliseconds for which a signature must still work

export class Signatures {
  // ask(parts) returns the server's answer; transfers: what is sent, in that order.
  constructor({ ask, partUrl, transfers }) {
    Object.assign(this, { ask, partUrl, transfers });
    this.signed = new Map();
    this.asking = null;
  }

  async of(transfer, number) {
    if (!transfer.isDirect) return { url: this.partUrl(transfer.code, number) };
    const key = `${transfer.code} ${number}`;
    for (;;) {
      const found = this.signed.get(key);
      if (found && Date.parse(found.expires_at) - Date.now() > SPARE) return { url: found.url, headers: found.headers };
      // Those who need one meanwhile wait for the same answer.
      this.asking ??= this.sign(transfer, number).finally(() => { this.asking = null; });
      await this.asking;
    }
  }

  // The address did not work: the next try gets another.
  drop(transfer, number) {
    this.signed.delete(`${transfer.code} ${number}`);
  }

  async sign(transfer, number) {
    const wanted = [{ upload: transfer.code, number }];
    const begin = this.transfers.indexOf(transfer);
    for (const each of this.transfers.slice(begin)) {
      if (wanted.length >= AT_ONCE) break;
      const others = each.missing.filter((other) => !(each === transfer && other === number) && !this.signed.has(`${each.code} ${other}`));
      wanted.push(...others.slice(0, AT_ONCE - wanted.length).map((other) => ({ upload: each.code, number: other })));
    }
    const { parts } = await this.ask(wanted);
    for (const part of parts) this.signed.set(`${part.upload} ${part.number}`, part);
  }
}

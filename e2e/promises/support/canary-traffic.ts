/**
 * Traffic full of canaries: three people who only send, three who receive, in all nine directions;
 * letters that are read, letters that stay, and all that is refused, stale or malformed.
 */
import { NETWORKS } from '@isthmus/runtime/address'
import { randomBytes } from 'node:crypto'
import {
  callDirectory,
  devicesOf,
  sealFor,
  type Letter,
  type Reachable,
} from '../../harness/people.ts'
import type { Canary } from './canaries.ts'
import { sendMalformed } from './canary-malformed.ts'
import { credentialsOf, signUpCanary, word, type CanaryPerson } from './canary-people.ts'
import { ACCEPTED } from './client.ts'
import type { CodeBox } from './code-box.ts'
import { Phone } from './phone.ts'

const need = <T>(value: T | undefined): T => {
  if (value === undefined) throw new RangeError('it was not made')
  return value
}

export class CanaryTraffic {
  readonly #relay: Reachable
  readonly senders: readonly CanaryPerson[]
  readonly receivers: readonly CanaryPerson[]
  readonly #planted: Canary[] = []
  /** The sealed letters that nobody took. */
  readonly waiting: Letter[] = []

  private constructor(
    relay: Reachable,
    senders: readonly CanaryPerson[],
    receivers: readonly CanaryPerson[],
  ) {
    this.#relay = relay
    this.senders = senders
    this.receivers = receivers
  }

  static async begin(relay: Reachable, codes: CodeBox): Promise<CanaryTraffic> {
    const everywhere = (): Promise<CanaryPerson[]> =>
      Promise.all(NETWORKS.map((network) => signUpCanary(relay, codes, network)))
    return new CanaryTraffic(relay, await everywhere(), await everywhere())
  }

  /** All that must not be found. */
  get canaries(): readonly Canary[] {
    return [...this.senders, ...this.receivers]
      .flatMap(({ canaries }) => canaries)
      .concat(this.#planted)
  }

  /** Something that is typed, said or sent somewhere. */
  plant(name: string, value = `canary-${word()}`): string {
    this.#planted.push({ name, value })
    return value
  }

  /** Twice from everybody to everybody; the first of the two is read and acknowledged. */
  async nineDirections(): Promise<void> {
    const readers = await Promise.all(
      this.receivers.map((who) => Phone.reading(this.#relay, credentialsOf(who))),
    )
    for (const sender of this.senders) {
      const phone = await Phone.connect(this.#relay, credentialsOf(sender))
      for (const [index, receiver] of this.receivers.entries()) {
        await this.#send(phone, sender, receiver)
        await need(readers[index]).take()
      }
      await phone.close()
    }
    await Promise.all(readers.map((reader) => reader.close()))
    for (const sender of this.senders) {
      const phone = await Phone.connect(this.#relay, credentialsOf(sender))
      for (const receiver of this.receivers) {
        this.waiting.push(...(await this.#send(phone, sender, receiver)))
      }
      await phone.close()
    }
  }

  async #send(phone: Phone, from: CanaryPerson, to: CanaryPerson): Promise<readonly Letter[]> {
    const { account } = to.device
    const text = this.plant('a plaintext', `Ψ plain text ${word()}`)
    const devices = await devicesOf(this.#relay, from.device, account)
    const letters = await sealFor(from.device, account, devices, text)
    const id = this.plant('a submission id', `submission-${word()}`)
    for (const answer of [phone.send(account, id, letters), phone.send(account, id, letters)]) {
      if ((await answer).error !== ACCEPTED.error) throw new Error('not accepted')
    }
    return letters
  }

  /** Nobody at the address, a stale device list, a recipient who blocked the sender. */
  async refusals(): Promise<void> {
    for (const [index, sender] of this.senders.entries()) {
      const receiver = need(this.receivers[index])
      const { account } = receiver.device
      const phone = await Phone.connect(this.#relay, credentialsOf(sender))
      const letters = await sealFor(sender.device, account, [], 'never sent')
      const stranger = {
        network: 'instagram',
        handle: this.plant('a stranger', `nobody_${word()}`),
      }
      const sealed = randomBytes(100)
      const clear = Buffer.from(this.plant('a letter in the clear', `Ψ in the clear ${word()}`))
      const other = [{ device: need(this.receivers[(index + 1) % 3]).device.id, sealed }]
      const mine = [{ device: receiver.device.id, sealed }]
      const said = [
        await phone.send({ ...stranger, network: 'instagram' }, this.plant('an id'), mine),
        await phone.send(account, this.plant('an id'), other),
        await phone.send(account, this.plant('an id'), letters),
        await phone.send(account, this.plant('an id'), [
          { device: receiver.device.id, sealed: clear },
        ]),
      ]
      const path = `/v1/consents/${sender.device.account.network}/${sender.device.account.handle}`
      await this.#ask(receiver, 'PUT', path, { consent: 'blocked' })
      said.push(await phone.send(account, this.plant('an id'), mine))
      const expected = [
        'UNKNOWN_RECIPIENT',
        'STALE_DEVICES',
        'STALE_DEVICES',
        'NOT_SEALED',
        'REFUSED',
      ]
      const errors = said.map(({ error }) => error)
      if (String(errors) !== String(expected))
        throw new Error(`refused otherwise: ${String(errors)}`)
      await phone.close()
    }
  }

  /** The directory, asked rightly and wrongly. */
  async directory(): Promise<void> {
    for (const person of [...this.senders, ...this.receivers]) {
      const { address, handle, network } = person.device.account
      await this.#ask(person, 'POST', '/v1/certificates', { address })
      await this.#ask(person, 'GET', '/v1/devices')
      const stranger = `instagram/${this.plant('somebody looked up', `gone_${word()}`)}`
      await this.#ask(person, 'GET', `/v1/people/${stranger}/devices`)
      await this.#ask(person, 'PUT', `/v1/consents/${stranger}`, { consent: 'allowed' })
      await this.#ask(person, 'PUT', '/v1/reach', { policy: this.plant('a policy') })
      await this.#ask(person, 'GET', `/v1/devices?token=${this.plant('a token in a URL')}`)
      const password = this.plant('a wrong password')
      const body =
        network === 'whatsapp' ? { phone: `+${handle}`, code: '000000' } : { handle, password }
      await this.#ask(person, 'POST', `/v1/${network}/sign-in`, body)
      const broken = { handle: this.plant('a bad handle'), [this.plant('a bad key')]: { $ne: 1 } }
      await this.#ask(person, 'POST', '/v1/instagram/sign-up', broken)
    }
    await fetch(`${this.#relay.urls.directory}/v1/instagram/sign-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-canary': this.plant('a header') },
      body: `{"handle": "${this.plant('broken JSON')}`,
    })
  }

  /** Answers, good or bad, are not of interest here. */
  async #ask(as: CanaryPerson, method: string, path: string, body?: object): Promise<void> {
    await callDirectory(this.#relay, method, path, as.device.token, body).catch(() => undefined)
  }

  /** Broken frames of every protocol. */
  async malformed(): Promise<void> {
    await sendMalformed(this.#relay, (name, value) => this.plant(name, value), this.senders)
  }
}

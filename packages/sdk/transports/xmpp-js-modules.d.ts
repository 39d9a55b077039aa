/** The parts of xmpp.js 0.14 that the SDK uses; its packages bring no types. */
declare module '@xmpp/client-core' {
  export interface Element {
    readonly name: string
    readonly attrs: Record<string, string | undefined>
    is(name: string, xmlns?: string): boolean
    getChild(name: string, xmlns?: string): Element | undefined
    getChildElements(): Element[]
    getNS(): string | undefined
    text(): string
  }

  export interface ClientOptions {
    /** Where to connect, `ws://` or `wss://`. */
    readonly service: string
    readonly domain: string
    /** Milliseconds for each step of opening and closing. */
    readonly timeout: number
  }

  export class Client {
    constructor(options: ClientOptions)
    on(event: 'element' | 'stanza' | 'nonza', listener: (element: Element) => void): unknown
    on(event: 'error', listener: (error: Error) => void): unknown
    on(event: 'disconnect', listener: (context: { readonly reason?: unknown }) => void): unknown
    send(element: Element): Promise<void>
    start(): Promise<unknown>
    stop(): Promise<unknown>
  }

  export function xml(
    name: string,
    attrs?: Record<string, string | number | undefined>,
    ...children: (Element | string)[]
  ): Element
}

declare module '@xmpp/websocket' {
  import type { Client } from '@xmpp/client-core'
  export default function websocket(parts: { readonly entity: Client }): void
}

declare module '@xmpp/middleware' {
  import type { Client } from '@xmpp/client-core'
  export interface Middleware {
    use(handler: unknown): unknown
  }
  export default function middleware(parts: { readonly entity: Client }): Middleware
}

declare module '@xmpp/stream-features' {
  import type { Middleware } from '@xmpp/middleware'
  export interface StreamFeatures {
    use(name: string, xmlns: string, handler: unknown): unknown
  }
  export default function streamFeatures(parts: { readonly middleware: Middleware }): StreamFeatures
}

declare module '@xmpp/iq/caller.js' {
  import type { Client } from '@xmpp/client-core'
  import type { Middleware } from '@xmpp/middleware'
  export interface IqCaller {
    set(element: unknown): Promise<unknown>
  }
  export default function iqCaller(parts: {
    readonly middleware: Middleware
    readonly entity: Client
  }): IqCaller
}

declare module '@xmpp/iq/callee.js' {
  import type { Client } from '@xmpp/client-core'
  import type { Middleware } from '@xmpp/middleware'
  export interface IqCallee {
    get(xmlns: string, name: string, answer: () => object): void
  }
  export default function iqCallee(parts: {
    readonly middleware: Middleware
    readonly entity: Client
  }): IqCallee
}

declare module 'saslmechanisms' {
  export default class SASLFactory {
    use(mechanism: unknown): this
  }
}

declare module '@xmpp/sasl-plain' {
  import type SASLFactory from 'saslmechanisms'
  export default function saslPlain(factory: SASLFactory): void
}

declare module '@xmpp/sasl' {
  import type { StreamFeatures } from '@xmpp/stream-features'
  import type SASLFactory from 'saslmechanisms'
  export interface SaslCredentials {
    readonly username: string
    readonly password: string
  }
  export default function sasl(
    parts: { readonly streamFeatures: StreamFeatures; readonly saslFactory: SASLFactory },
    onAuthenticate: (
      authenticate: (credentials: SaslCredentials, mechanism: string) => Promise<void>,
    ) => Promise<void>,
  ): void
}

declare module '@xmpp/stream-management' {
  import type { Client, Element } from '@xmpp/client-core'
  import type { Middleware } from '@xmpp/middleware'
  import type { StreamFeatures } from '@xmpp/stream-features'
  export interface StreamManagement {
    /** Stanzas handled: the `h` of the acknowledgements that the library sends. */
    inbound: number
    on(event: 'ack', listener: (stanza: Element) => void): unknown
  }
  export default function streamManagement(parts: {
    readonly streamFeatures: StreamFeatures
    readonly entity: Client
    readonly middleware: Middleware
  }): StreamManagement
}

declare module '@xmpp/resource-binding' {
  import type { IqCaller } from '@xmpp/iq/caller.js'
  import type { StreamFeatures } from '@xmpp/stream-features'
  export default function resourceBinding(parts: {
    readonly iqCaller: IqCaller
    readonly streamFeatures: StreamFeatures
  }): void
}

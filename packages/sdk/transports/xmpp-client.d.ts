/**
 * The part of @xmpp/client 0.14 that the SDK uses; the package brings no types. Declared for its
 * file, so that an application's own declarations for the package do not meet these.
 */
declare module '@xmpp/client/index.js' {
  export interface Element {
    readonly name: string
    readonly attrs: Record<string, string | undefined>
    is(name: string, xmlns?: string): boolean
    getChild(name: string, xmlns?: string): Element | undefined
    getChildElements(): Element[]
    getNS(): string | undefined
    text(): string
    toString(): string
  }

  export interface StreamManagement {
    /** Stanzas handled: the `h` of the acknowledgements that the library sends. */
    inbound: number
    on(event: 'ack', listener: (stanza: Element) => void): unknown
  }

  export interface Client {
    readonly reconnect: { stop(): void }
    readonly streamManagement: StreamManagement
    on(event: 'element' | 'stanza' | 'nonza', listener: (element: Element) => void): unknown
    on(event: 'error', listener: (error: Error) => void): unknown
    on(event: 'disconnect', listener: (context: { readonly reason?: unknown }) => void): unknown
    send(element: Element): Promise<void>
    start(): Promise<unknown>
    stop(): Promise<unknown>
  }

  export interface ClientOptions {
    readonly service: string
    readonly domain: string
    readonly username: string
    readonly password: string
    /** Milliseconds for each step of opening and closing. */
    readonly timeout?: number
  }

  export function client(options: ClientOptions): Client

  export function xml(
    name: string,
    attrs?: Record<string, string | number | undefined>,
    ...children: (Element | string)[]
  ): Element
}

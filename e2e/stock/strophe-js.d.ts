/** What the stories use of strophe.js; its own types need the DOM's and do not resolve here. */
declare module 'strophe.js' {
  export interface StanzaElement {
    readonly nodeName: string
    readonly namespaceURI: string | null
    readonly textContent: string | null
    readonly childNodes: ArrayLike<StanzaElement>
    getAttribute(name: string): string | null
    getElementsByTagName(name: string): ArrayLike<StanzaElement>
  }

  export interface Builder {
    c(name: string, attributes?: Readonly<Record<string, string>>, text?: string): Builder
    t(text: string): Builder
    up(): Builder
  }

  export interface SmState {
    readonly unacked: readonly { readonly stanza: string }[]
  }

  export interface StropheConnection {
    readonly sm: { readonly state: SmState; requestAck(): void }
    connect(
      jid: string,
      password: string,
      callback: (status: number, condition: string | null) => void,
    ): void
    disconnect(reason?: string): void
    send(stanza: Builder): void
    addHandler(
      handler: (stanza: StanzaElement) => boolean,
      namespace: string | null,
      name: string,
    ): unknown
    hasResumed(): boolean
  }

  export const Strophe: {
    readonly Connection: new (
      service: string,
      options: {
        readonly enableStreamManagement: boolean
        readonly streamManagement: { readonly storage: object }
      },
    ) => StropheConnection
    readonly MemoryStorageBackend: new () => object
    readonly Status: Readonly<Record<string, number>>
    readonly LogLevel: Readonly<Record<string, number>>
    setLogLevel(level: number | undefined): void
  }

  export const $msg: (attributes: Readonly<Record<string, string>>) => Builder
  export const $pres: () => Builder
}
